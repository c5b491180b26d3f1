"""One study in three countries: packed, run where the panels are, sent back as packages, compared.

The panels are drawn. The Netherlands call their columns by other names and protect by stricter rules.
"""

from __future__ import annotations

import csv
import hashlib
import json
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmtrade import archive
from firmtrade.cli import app
from firmtrade.combine import combined, read_package, read_packages, write_package
from firmtrade.errors import ColumnMissing, DataError, DisclosureError, FirmtradeError, StudyError
from firmtrade.publish import write
from firmtrade.publish.released import FILE, read_release, release_json
from firmtrade.study import Study, read_study
from firmtrade.study_file import read_raw
from firmtrade.study_pack import toml, write_pack
from support_custodian import CANARY, HEAD, STUDY
from support_traces import contents, traces

FURTHER = """
[measures.own-turnover]
title = "Turnover in millions"
expr = "sum(turnover)"
unit = "EUR"
source = "own"

[tables.table-03]
title = "Turnover by region and size"
sample = "smes"
period = 2002
measures = ["own-turnover"]
by = { region = "all", size = ["0-9", "10-49"] }
chart = { kind = "bar", x = "region", color = "size" }

[tables.figure-04]
title = "Turnover by region, size and age"
sample = "smes"
period = 2002
measures = ["own-turnover"]
by = { region = "all", size = ["0-9", "10-49"], age = ["10-14", "_T"] }
chart = { kind = "bar", x = "region", color = "size", facet = "age" }
"""
#: How the Netherlands read their panel and what they hide: all else is the pack's.
DUTCH = """
extends = "exporters.pack"
source = "the Dutch panel"
[panel]
classification = "NACE 1.1"
[panel.columns]
turnover = "OMZET"
[protect]
profile = "research-output"
hide = [{ table = "table-02", measure = "value-added" }]
"""


def panel(path: Path, seed: int, head: str = HEAD) -> Path:
    """A drawn panel; each has a firm alone in its region."""
    draw = random.Random(seed)
    rows = [head, f"{CANARY},2002,1511,BE100,1990,7.7,{7777777.77},7777777.77,true,1,2,3,4"]
    for number in range(60 + seed):
        money = [draw.randrange(1000, 900_000) for _ in range(6)]
        rows.append(
            f"f{number:03},2002,{draw.choice(['1511', '2911'])},{draw.choice(['BE211', 'BE300'])},1990,"
            f"{draw.choice([3, 5, 8, 20, 30])},{money[0] + 10_000_000},{money[1]},true,"
            f"{money[2]},{money[3]},{money[4]},{money[5]}"
        )
    rows += [f"m{n},2002,1511,BE300,1990,{size},20000000,{500_000 + n},true,1,1,1,1"
             for n, size in enumerate((60, 70, 120, 130, 140))]  # fmt: skip
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@dataclass(frozen=True)
class Place:
    """A folder with the pack, a release folder for each country and its package."""

    folder: Path

    def pkg(self, country: str) -> Path:
        return self.folder / f"{country}.pkg"

    @property
    def pkgs(self) -> list[Path]:
        return [self.pkg(country) for country in ("NL", "BE", "FR")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    made = Place(tmp_path_factory.mktemp("countries"))
    (made.folder / "exporters.toml").write_text(STUDY + FURTHER, encoding="utf-8")
    done = CliRunner().invoke(
        app, ["pack", str(made.folder / "exporters.toml"), "-o", str(made.folder / "exporters.pack")]
    )
    assert done.exit_code == 0, done.output
    (made.folder / "nl.toml").write_text(DUTCH, encoding="utf-8")
    heads = {"BE": HEAD, "NL": HEAD.replace("turnover", "OMZET"), "FR": HEAD}
    for seed, (country, head) in enumerate(heads.items()):
        data = panel(made.folder / f"{country}.csv", seed, head)
        study = made.folder / ("nl.toml" if country == "NL" else "exporters.pack")
        Study(study, str(data)).run(made.folder / country)
        write_package(made.folder / country, made.pkg(country), country)
    return made


def test_a_pack_holds_the_questions_and_nothing_of_a_panel(place: Place, tmp_path: Path) -> None:
    with zipfile.ZipFile(place.folder / "exporters.pack") as packed:
        assert packed.namelist() == ["pack.json", "study.toml"]
        text = packed.read("study.toml").decode("utf-8")
    assert "BE211" not in text and "panel.csv" not in text and str(place.folder) not in text

    raw, name, _, _ = read_raw(place.folder / "exporters.toml")
    catalog = read_study(place.folder / "exporters.toml").catalog.hash()
    write_pack(tmp_path / "again.pack", raw, name, catalog)
    assert (tmp_path / "again.pack").read_bytes() == (place.folder / "exporters.pack").read_bytes()
    ours, theirs = read_study(place.folder / "exporters.toml"), read_study(place.folder / "exporters.pack")
    assert (theirs.name, theirs.tables, theirs.windows) == (ours.name, ours.tables, ours.windows)
    assert theirs.catalog.hash() == ours.catalog.hash()


@pytest.mark.parametrize("study", ["belgium-2002", "belgium-models", "tec", "exporter-dynamics"])
def test_every_built_in_study_is_packed_and_read_back(study: str, tmp_path: Path) -> None:
    raw, name, _, file = read_raw(study)
    ours = read_study(study)
    write_pack(tmp_path / "x.pack", raw, name, ours.catalog.hash())
    theirs = read_study(tmp_path / "x.pack")
    for part in ("name", "title", "windows", "tables", "models", "dynamics", "profile", "rules"):
        said = str(getattr(theirs, part)).replace("x.pack", file)
        assert said == str(getattr(ours, part)), part
    assert theirs.catalog.hash() == ours.catalog.hash()
    if ours.published.get("file"):
        read, own = (Path(spec.published["file"]).read_bytes() for spec in (theirs, ours))
        assert read == own


def test_what_toml_can_hold_is_written_so_that_it_is_read_again() -> None:
    import tomllib

    raw = {
        "title": 'a "quoted" \\ line\nand\ttab \x7f é',
        "panel": {"columns": {"a b": "ü"}, "year_offset": 1},
        "tables": {"t": {"by": {"size": ["0-9", "_T"]}, "cells": [{"by": {}}, {"n": 1.5e-7, "b": True}]}},
        "empty": {},
    }
    assert tomllib.loads(toml(raw)) == raw


def test_the_package_holds_the_release_and_nothing_of_the_custodian(place: Place) -> None:
    with zipfile.ZipFile(place.pkg("BE")) as package:
        assert package.namelist() == ["package.json", "manifest.json", "release.json"]
        assert package.read(FILE) == release_json(read_release(place.folder / "BE"))
    assert traces(contents_of(place.pkg("BE"))) == []


def contents_of(path: Path) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as file:
        return [(name, file.read(name)) for name in file.namelist()]


def test_figures_stand_as_each_country_released_them(place: Place, tmp_path: Path) -> None:
    packages = read_packages(place.pkgs)
    made = combined(packages)
    assert [package.country for package in packages] == ["BE", "FR", "NL"]
    hidden = {}
    for package in packages:
        for table in package.release.tables:
            joined = [
                t for t in made.tables if t.name in (table.name, f"{table.name}-{package.country.lower()}")
            ]
            here = [
                replace(cell, codes={k: v for k, v in cell.codes.items() if k != "country"})
                for t in joined
                for cell in t.cells
                if cell.codes["country"] == package.country
            ]
            assert here == list(table.cells)
            hidden[package.country] = hidden.get(package.country, 0) + sum(
                cell.confidentiality != "F" for cell in here
            )
    assert hidden["NL"] > hidden["BE"] > 0, "each by the rules of its own office"
    assert all(cell.codes.get("country") in ("BE", "NL", "FR") for t in made.all_tables for cell in t.cells)
    assert made.protected and "Output of research" in made.protection and "Netherlands:" in made.protection


def test_charts_tell_countries_apart(place: Place) -> None:
    charts = {t.name: t.chart for t in combined(read_packages(place.pkgs)).tables if t.chart}
    assert charts["figure-01"].color == "country"
    assert (charts["table-03"].color, charts["table-03"].facet) == ("size", "country")
    # Where colour and panels are taken each country has a figure of its own.
    assert "figure-04" not in charts and charts["figure-04-be"].facet == "age"
    compared = charts["table-01-countries"]
    assert (compared.x, compared.color) == ("region", "country")


def test_the_command_writes_the_report_and_says_who_protected_how(place: Place, tmp_path: Path) -> None:
    out = tmp_path / "joint"
    done = CliRunner().invoke(app, ["combine", *map(str, place.pkgs), "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert "NL  Netherlands:" in done.output and "nothing proves who made them" in done.output
    written = {path.name for path in out.rglob("*") if path.is_file()}
    assert {"report.html", "report.pdf", "tables.xlsx", "tables.csv", FILE, "manifest.json"} <= written
    with (out / "tables.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["country"] for row in rows} == {"BE", "NL", "FR"}
    assert traces(contents(out)) == []
    assert read_release(out).protected
    # The order in which packages are named changes nothing.
    write(combined(read_packages(place.pkgs[::-1])), tmp_path / "again")
    assert (tmp_path / "again" / FILE).read_bytes() == (out / FILE).read_bytes()
    assert (tmp_path / "again" / "report.html").read_bytes() == (out / "report.html").read_bytes()


def test_no_figure_is_about_several_countries(place: Place) -> None:
    made = combined(read_packages(place.pkgs))
    assert all(cell.codes["country"] != "_T" for table in made.all_tables for cell in table.cells)


# -- what is refused -------------------------------------------------------------------------------------


def rewritten(source: Path, path: Path, change: Callable[[dict[str, bytes]], None], sealed: bool) -> Path:
    """A package with other contents; `sealed`: by somebody who writes the hashes anew too."""
    files = dict(contents_of(source))
    change(files)
    if sealed:
        facts = json.loads(files["package.json"])
        facts["files"] = {
            name: hashlib.sha256(content).hexdigest()
            for name, content in files.items()
            if name not in ("package.json", "signature")
        }
        files["package.json"] = json.dumps(facts).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def swap(name: str, before: bytes, after: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        assert before in files[name]
        files[name] = files[name].replace(before, after, 1)

    return change


@pytest.mark.parametrize("name", ["release.json", "manifest.json"])
def test_a_changed_file_is_refused(name: str, place: Place, tmp_path: Path) -> None:
    found = rewritten(place.pkg("BE"), tmp_path / "x.pkg", swap(name, b"protect", b"Protect"), sealed=False)
    with pytest.raises(DataError, match=f"{name} is not what was put in"):
        read_package(found)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (swap("package.json", b'"country": "BE"', b'"country": "Belgium"'), "no code of a country"),
        (swap("package.json", b'"study": "exporters"', b'"study": "another"'), "its study is not that"),
        (swap("package.json", b'"code": "', b'"code": "9'), "its code is not that"),
        (swap("package.json", b'"made_by": "firmtrade"', b'"made_by": "x"'), "not a package of firmtrade"),
        (swap("package.json", b'"format": 1', b'"format": 2'), "has format 2"),
        (swap("package.json", b"{", b""), "not a package of firmtrade"),
        (lambda files: files.pop("package.json"), "has no package.json"),
        (lambda files: files.pop("manifest.json"), "list of its files"),
        (lambda files: files.update({"../evil": b"x"}), "no part of a package"),
        (lambda files: files.update({"/etc/passwd": b"x"}), "no part of a package"),
        (lambda files: files.update({"signature": b"x" * 101}), "larger than"),
        (lambda files: files.update({"release.json": b" " * 40_000_000}), "larger than such a file can be"),
    ],
)
def test_a_changed_cover_is_refused(change, said: str, place: Place, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=said):
        read_package(rewritten(place.pkg("BE"), tmp_path / "x.pkg", change, sealed=False))


def test_who_writes_the_hashes_anew_is_found_by_the_key_only(place: Place, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"0123456789abcdef0123456789abcdef")
    for country in ("BE", "NL"):
        write_package(place.folder / country, tmp_path / f"{country}.pkg", country, archive.read_key(key))

    def change(files: dict[str, bytes]) -> None:
        before = files[FILE]
        files[FILE] = before.replace(b"Exports by region", b"Exports by Region")
        digests = [hashlib.sha256(content).hexdigest().encode() for content in (before, files[FILE])]
        files["manifest.json"] = files["manifest.json"].replace(*digests)

    forged = rewritten(tmp_path / "BE.pkg", tmp_path / "forged.pkg", change, sealed=True)
    assert read_package(forged).country == "BE", "without a key a hash guards against accident only"
    with pytest.raises(DataError, match="not signed with this key"):
        read_package(forged, archive.read_key(key))
    with pytest.raises(DataError, match="is not signed, and a key was given"):
        read_package(place.pkg("BE"), archive.read_key(key))
    both = [str(tmp_path / "BE.pkg"), str(tmp_path / "NL.pkg"), "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(app, ["combine", *both, "--key", str(key)])
    assert done.exit_code == 0 and "All packages are signed with the key." in done.output
    assert b"0123456789abcdef" not in b"".join(c for _, c in contents_of(tmp_path / "BE.pkg"))
    key.write_bytes(b"short")
    with pytest.raises(DataError, match="fewer than 16 bytes"):
        archive.read_key(key)


def test_a_hidden_figure_that_is_told_is_refused(place: Place, tmp_path: Path) -> None:
    def change(files: dict[str, bytes]) -> None:
        whole = json.loads(files[FILE])
        cells = [cell for table in whole["release"]["tables"] for cell in table["cells"]]
        next(cell for cell in cells if cell["confidentiality"] != "F")["value"] = 1.0
        files[FILE] = json.dumps(whole).encode()

    with pytest.raises(DisclosureError, match="still has a value"):
        read_package(rewritten(place.pkg("BE"), tmp_path / "x.pkg", change, sealed=True))


def test_a_country_twice_and_one_alone_are_refused(place: Place, tmp_path: Path) -> None:
    write_package(place.folder / "NL", tmp_path / "NL.pkg", "BE")
    with pytest.raises(DataError, match="are both of Belgium"):
        read_packages([place.pkg("BE"), tmp_path / "NL.pkg"])
    with pytest.raises(DataError, match="at least two packages"):
        read_packages([place.pkg("BE")])


def remade(place: Place, path: Path, country: str, **changed: str) -> Path:
    """A package whose release says that it was made otherwise."""
    package = read_package(place.pkg(country))
    made = replace(package.release, provenance=replace(package.release.provenance, **changed))
    content = release_json(made)
    files = {FILE: content, "manifest.json": b"{}"}
    files["manifest.json"] = json.dumps({"outputs": {FILE: hashlib.sha256(content).hexdigest()}}).encode()
    where = made.provenance
    facts = {
        "country": country, "study": made.study, "code": where.code, "catalog": where.pack_catalog,
        "pack": where.pack,
    }  # fmt: skip
    archive.write_archive(path, archive.PACKAGE, facts, files)
    return path


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"code": "9.9.9"}, "version of firmtrade: 9.9.9"),
        ({"pack": "0" * 64}, "same pack"),
        ({"pack_catalog": "0" * 64}, "catalog of definitions"),
    ],
)
def test_other_versions_words_and_questions_are_refused(changed, said, place: Place, tmp_path: Path) -> None:
    other = remade(place, tmp_path / "x.pkg", "NL", **changed)
    with pytest.raises(DataError, match=said):
        read_packages([place.pkg("BE"), other])


def test_a_pack_of_another_version_or_other_words_is_not_run(place: Place, tmp_path: Path) -> None:
    files = dict(contents_of(place.folder / "exporters.pack"))
    facts = json.loads(files["pack.json"])
    for name, value, said in (
        ("code", "9.9.9", "made with firmtrade 9.9.9"),
        ("catalog", "0" * 64, "other def"),
    ):
        archive.write_archive(
            tmp_path / "x.pack", archive.PACK, {**facts, name: value}, {"study.toml": files["study.toml"]}
        )
        with pytest.raises(StudyError, match=said):
            read_study(tmp_path / "x.pack")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('extends = "exporters.pack"\n[tables.table-01]\ntitle = "x"', "'tables' is the pack's"),
        ('extends = "exporters.pack"\nwithout = ["tables"]', "'without' is the pack's"),
        ('extends = "exporters.pack"\n[measures.x]\ntitle = "x"', "'measures' is the pack's"),
        ('[pack]\nhash = "x"', "'pack' is not a part of a study"),
    ],
)
def test_a_partner_changes_no_question(text: str, said: str, place: Place) -> None:
    file = place.folder / "own.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=said):
        read_study(file)


def test_a_release_of_no_pack_and_a_folder_that_is_none_give_no_package(place: Place, tmp_path: Path) -> None:
    Study(place.folder / "exporters.toml", str(place.folder / "BE.csv")).run(tmp_path / "plain")
    with pytest.raises(DataError, match="was not made with a pack"):
        write_package(tmp_path / "plain", tmp_path / "x.pkg", "BE")
    with pytest.raises(DataError):
        write_package(place.folder / "BE-custody", tmp_path / "x.pkg", "BE")
    write(combined(read_packages(place.pkgs)), tmp_path / "joint")
    with pytest.raises(DataError, match="is of several countries"):
        write_package(tmp_path / "joint", tmp_path / "x.pkg", "BE")
    with pytest.raises(DataError, match="would lie in the release"):
        write_package(place.folder / "BE", place.folder / "BE" / "x.pkg", "BE")
    with pytest.raises(DataError, match=r"Did you mean 'BE'\?"):
        write_package(place.folder / "BE", tmp_path / "x.pkg", "be")


@pytest.mark.parametrize(
    "content", [b"", b"PK\x05\x06" + b"\0" * 18, b"not a zip", b"PK\x03\x04" + b"x" * 50]
)
def test_what_is_no_package_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.pkg").write_bytes(content)
    with pytest.raises(DataError, match="not a package of firmtrade"):
        read_package(tmp_path / "x.pkg")
    with pytest.raises(DataError, match="There is no file"):
        read_package(tmp_path / "none.pkg")


def test_no_cut_and_no_changed_byte_is_a_traceback(place: Place, tmp_path: Path) -> None:
    whole, draw = place.pkg("BE").read_bytes(), random.Random(5)
    good = read_package(place.pkg("BE"))
    for _ in range(60):
        at = draw.randrange(len(whole))
        broken = bytearray(whole)
        broken[at] ^= 1 << draw.randrange(8)
        (tmp_path / "x.pkg").write_bytes(draw.choice([bytes(broken), whole[:at]]))
        try:
            read = read_package(tmp_path / "x.pkg")
        except FirmtradeError:
            continue
        # A bit that says nothing, such as a date in the zip: what is read is what was written.
        assert read.hash == good.hash and read.release == good.release


#: The panel of an office that calls its columns otherwise, and the lines that say so.
FOREIGN = HEAD.replace("firm,", "KBO,").replace("turnover", "OMZET")
LINES = """
    extends = "exporters.pack"

    [panel.columns]
    firm = "KBO"
    turnover = "OMZET"
"""


def test_other_names_of_columns_are_answered_with_the_lines_to_write(place: Place, tmp_path: Path) -> None:
    data = panel(tmp_path / "NL.csv", 1, FOREIGN)
    packed = place.folder / "exporters.pack"
    ask = ["run", str(packed), "--panel", str(data), "--out", str(tmp_path / "NL"), "--no-cache"]
    refused = CliRunner().invoke(app, ask)
    assert refused.exit_code != 0 and isinstance(refused.exception, ColumnMissing)
    said = str(refused.exception)
    assert LINES in said, said
    assert "region" not in said.partition("extends")[2], "only what the study needs and the panel lacks"

    written = [line.strip() for line in LINES.splitlines()]
    own = place.folder / "own-names.toml"
    own.write_text("\n".join([*written, "[panel]", 'classification = "NACE 1.1"']), encoding="utf-8")
    done = CliRunner().invoke(app, ["run", str(own), *ask[2:]])
    assert done.exit_code == 0, done.exception


def test_a_table_that_lacks_a_renamed_column_is_told_the_same(place: Place, tmp_path: Path) -> None:
    data = panel(tmp_path / "NL.csv", 1, HEAD.replace("turnover", "OMZET"))
    out = ["--panel", str(data), "--out", str(tmp_path / "NL")]
    refused = CliRunner().invoke(app, ["run", str(place.folder / "exporters.pack"), *out])
    assert LINES.replace('    firm = "KBO"\n', "") in str(refused.exception)
    assert "Columns that nothing reads yet: OMZET." in str(refused.exception)

    own = place.folder / "own-study.toml"
    own.write_text('extends = "exporters.pack"\n', encoding="utf-8")
    refused = CliRunner().invoke(app, ["run", str(own), *out])
    assert 'write  columns = { turnover = "OMZET" }  in [panel].' in str(refused.exception)
    assert "own.toml" not in str(refused.exception), "it has a file of its own already"


def test_check_tells_the_lines_too(place: Place, tmp_path: Path) -> None:
    data = panel(tmp_path / "NL.csv", 1, HEAD.replace("turnover", "OMZET"))
    told = CliRunner().invoke(app, ["check", str(data), "--study", str(place.folder / "exporters.pack")])
    assert 'turnover = "OMZET"\n\nand name own.toml in the place of exporters.pack.' in told.output


def test_a_built_in_study_is_extended_in_the_same_way(tmp_path: Path) -> None:
    data = panel(tmp_path / "NL.csv", 1, FOREIGN)
    refused = CliRunner().invoke(
        app, ["run", "belgium-2002", "--panel", str(data), "--out", str(tmp_path / "o")]
    )
    assert LINES.replace("exporters.pack", "belgium-2002") in str(refused.exception)
