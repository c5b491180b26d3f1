"""The study tec from the command line: as docs/tec.md says, open for made-up data and protected for other."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmtrade.cli import app
from firmtrade.errors import StudyError
from firmtrade.study import Study, read_study
from firmtrade.synthesize.transactions import write_register
from support_trade import write

PAGE = "docs/tec.md"


def _rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / "tables.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["table"] == table]


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tec") / "register"
    write_register(folder, 3000, 7)
    return folder


def _run(register: Path, study: str, out: Path) -> None:
    told = ["--transactions", str(register / "transactions" / "*.parquet")]
    told += [
        "--register",
        str(register / "register.parquet"),
        "--accounts",
        str(register / "accounts.parquet"),
    ]
    ran = CliRunner().invoke(app, ["run", study, *told, "--out", str(out)])
    assert ran.exit_code == 0, ran.output


@pytest.mark.slow
def test_values_add_up_over_sides_and_enterprises_do_not(register: Path, tmp_path: Path) -> None:
    _run(register, "tec", tmp_path / "out")
    for flow in ("export", "import"):
        rows = [r for r in _rows(tmp_path / "out", f"ext-tec03-{flow}") if r["tec-activity"] == "_T"]
        firms = {r["partner"]: float(r["value"]) for r in rows if r["measure"] == "firms"}
        value = {r["partner"]: float(r["value"] or 0) for r in rows if r["measure"] == "value-traded"}
        sides = ("INT_EU", "EXT_EU", "NAL")
        assert value["WORLD"] == pytest.approx(sum(value[side] for side in sides), abs=0.01)
        assert max(firms[side] for side in sides) <= firms["WORLD"] <= sum(firms[side] for side in sides)
        total = next(r for r in _rows(tmp_path / "out", f"ext-tec01-{flow}") if r["measure"] == "firms")
        assert float(total["value"]) == firms["WORLD"]


@pytest.mark.slow
def test_other_data_are_protected(register: Path, tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text('extends = "tec"\nwithout = ["protect"]\n', encoding="utf-8")
    _run(register, str(study), tmp_path / "out")
    hidden = [r for r in _rows(tmp_path / "out", "ext-tec10-export") if r["confidentiality"] != "F"]
    assert hidden
    assert all(not row["value"] for row in hidden)
    assert (tmp_path / "out-custody" / "custodian.html").exists()


MANY = (
    "DE",
    "FR",
    "NL",
    "IT",
    "ES",
    "PL",
    "AT",
    "SE",
    "DK",
    "FI",
    "IE",
    "PT",
    "CZ",
    "HU",
    "RO",
    "BG",
    "GR",
    "SK",
    "SI",
    "LT",
)


@pytest.mark.slow
@pytest.mark.parametrize(("apart", "shown"), [(False, False), (True, True)])
def test_an_enterprise_is_judged_by_all_its_rows(tmp_path: Path, apart: bool, shown: bool) -> None:
    """Twenty exports of 10 by one firm are 200 of 215; by twenty firms they are nobody's."""
    (tmp_path / "mine.toml").write_text(
        'extends = "tec"\nwithout = ["protect", "tables"]\n', encoding="utf-8"
    )
    rows = [
        (f"A{n if apart else ''}", "202101", "export", code, "01012100", 10, 1) for n, code in enumerate(MANY)
    ]
    rows += [(firm, "202101", "export", "DE", "01012100", 5, 1) for firm in "BCD"]
    write(tmp_path / "t.csv", rows)
    firms = sorted({row[0] for row in rows})
    write(tmp_path / "r.csv", [(firm, 2021, "2511") for firm in firms], ("firm", "year", "activity"))
    write(tmp_path / "a.csv", [(firm, 2021, 5) for firm in firms], ("firm", "year", "employment"))
    with (tmp_path / "mine.toml").open("a", encoding="utf-8") as file:
        file.write(
            '[tables.sides]\nsample = "exports-by-partner"\nperiod = "latest"\nmeasures = ["value-traded"]\n'
            'by = { partner = ["WORLD", "INT_EU"] }\n'
        )
    sources = {part: str(tmp_path / f"{part[0]}.csv") for part in ("transactions", "register", "accounts")}
    Study(tmp_path / "mine.toml", threads=1, sources=sources).run(tmp_path / "out")
    assert [bool(row["value"]) for row in _rows(tmp_path / "out", "sides")] == [shown, shown]


def _exporters(folder: Path, number: int) -> dict[str, str]:
    """A register of so many exporters, each with the same exports to Germany."""
    firms = [f"F{n}" for n in range(number)]
    rows = [(firm, "202101", "export", "DE", "01012100", 10, 1) for firm in firms]
    write(folder / "t.csv", rows)
    write(folder / "r.csv", [(firm, 2021, "2511") for firm in firms], ("firm", "year", "activity"))
    return {part: str(folder / f"{part[0]}.csv") for part in ("transactions", "register")}


@pytest.mark.slow
@pytest.mark.parametrize(("number", "shown"), [(5, "100.0"), (7, ""), (20, "25.0")])
def test_the_largest_five_are_told_where_the_rest_is_none_or_enough(
    tmp_path: Path, number: int, shown: str
) -> None:
    (tmp_path / "mine.toml").write_text(
        'extends = "tec"\nwithout = ["protect", "tables", "accounts"]\n'
        '[tables.top]\nsample = "exporting-firms"\nperiod = "latest"\nmeasures = ["largest-5-exports"]\n',
        encoding="utf-8",
    )
    Study(tmp_path / "mine.toml", threads=1, sources=_exporters(tmp_path, number)).run(tmp_path / "out")
    assert [row["value"] for row in _rows(tmp_path / "out", "top")] == [shown]


def test_a_ledger_does_not_follow_partners(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'extends = "tec"\nwithout = ["protect", "accounts"]\n', encoding="utf-8"
    )
    asked = Study(
        tmp_path / "mine.toml", sources=_exporters(tmp_path, 4), ledger=tmp_path / "ledger", label="first"
    )
    with pytest.raises(StudyError, match="compares runs firm by firm"):
        asked.release()


def _examples(root: Path) -> list[str]:
    text = (root / PAGE).read_text(encoding="utf-8")
    return [part.split("```")[0] for part in text.split("```toml\n")[1:]]


@pytest.mark.slow
def test_the_table_of_breaks_of_the_page_counts_pairs(root: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(_examples(root)[1], encoding="utf-8")
    codes = {"A": ("2511", "2512"), "B": ("2511", "4690"), "C": ("6201", "4690"), "D": ("6201", None)}
    books = [(firm, year, code) for firm, found in codes.items()
             for year, code in zip((2020, 2021), found, strict=True) if code]  # fmt: skip
    write(tmp_path / "r.csv", books, ("firm", "year", "activity"))
    write(tmp_path / "t.csv", [("A", f"{year}01", "export", "DE", "01012100", 5, 1) for year in (2020, 2021)])
    write(tmp_path / "a.csv", [("A", 2021, 5)], ("firm", "year", "employment"))
    sources = {part: str(tmp_path / f"{part[0]}.csv") for part in ("transactions", "register", "accounts")}
    table = Study(tmp_path / "mine.toml", threads=1, sources=sources).table("activity-breaks")
    pairs = {
        (c.codes.get("tec-activity"), c.codes.get("activity-after")): c.value for c in table.cells if c.value
    }
    inside = {pair: number for pair, number in pairs.items() if None not in pair}
    told = {("B-E", "B-E"): 1, ("B-E", "G"): 1, ("A_F_H-U", "G"): 1, ("A_F_H-U", "unknown"): 1}
    assert inside == told


def test_the_extended_study_of_the_page_can_be_read(root: Path, tmp_path: Path) -> None:
    text = (root / PAGE).read_text(encoding="utf-8")
    asked = _examples(root)[0]
    tomllib.loads(asked)
    (tmp_path / "mine.toml").write_text(asked, encoding="utf-8")
    spec = read_study(tmp_path / "mine.toml")
    assert "france-or-germany" in [table.name for table in spec.tables]
    named = {part.strip("`") for part in text.split() if part.startswith("`ext-tec")}
    assert {name.rstrip("`,") for name in named} <= {table.name for table in spec.tables}
