"""A run of belgium-2002 with rounded or perturbed numbers of firms, from the panel to the custodian."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from firmtrade.errors import StudyError
from firmtrade.protect.custodian import attacked
from firmtrade.study import Study
from reference.panels import random_panel
from support_quick import without_reports

SECRET = b"a canary: 4f1b9c6e0d7a, not to be seen"
METHODS = {
    "small-3": ("small-count-rounding", "base = 3"),
    "small-5": ("small-count-rounding", "base = 5"),
    "controlled": ("controlled-rounding", "base = 3"),
    "cell-key": ("cell-key", 'secret = "../kept/key"'),
}
#: Numbers and shares of the same firms, of which the report prints one or the other.
OWN = """
[tables.own-numbers]
sample = "manufacturing"
period = 2002
measures = "firms"
by = ["size", "region"]

[tables.own-shares]
sample = "manufacturing"
period = 2002
measures = ["firms", "participation"]
by = { size = ["0-9", "10-49"], region = ["BE1", "BE2", "BE3"], flow = ["export", "import", "any"] }
"""
FIXED = {"table", "measure", "value", "unit", "decimals", "confidentiality"}


def study_file(folder: Path, method: str, option: str) -> Path:
    """A study that protects belgium-2002 with another method; the secret lies outside its folder."""
    (folder / "kept").mkdir(exist_ok=True)
    (folder / "kept" / "key").write_bytes(SECRET + b"\n")
    (folder / "study").mkdir(exist_ok=True)
    path = folder / "study" / f"{method}.toml"
    text = f'extends = "belgium-2002"\n[protect]\nmethod = "{method}"\n{option}\n{OWN}'
    path.write_text(text, "utf-8")
    return path


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    """A random panel, and the same with its rows in another order."""
    folder = tmp_path_factory.mktemp("panel")
    drawn = random_panel(3, 1500)
    drawn.to_parquet(folder / "panel.parquet")
    drawn.sample(frac=1, random_state=3).to_parquet(folder / "shuffled.parquet")
    return folder


@pytest.fixture(scope="module", params=METHODS)
def run(request, panel, tmp_path_factory):
    """(the method's name, the folder of its release, the study file)."""
    folder = tmp_path_factory.mktemp(request.param)
    path = study_file(folder, *METHODS[request.param])
    return request.param, Study(path, str(panel / "panel.parquet")).run(folder / "out"), path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def keyed(cells):
    """Value of each figure by everything that tells it apart but its table; None where it is not printed."""
    found = {}
    for cell in cells:
        codes = frozenset((name, code) for name, code in cell.items() if name not in FIXED and code != "_T")
        found[cell["measure"], codes] = float(cell["value"]) if cell["value"] else None
    return found


def true_and_printed(out: Path):
    """(true, printed) of each number of firms, from the custodian's folder."""
    kept = rows(out.with_name("out-custody") / "counts.csv")
    assert kept
    return [(int(row["value"]), int(row["printed"])) for row in kept]


def test_printed_numbers_of_firms_are_what_the_method_promises(run) -> None:
    name, out, _ = run
    counts = [c for c in rows(out / "tables.csv") if c["unit"] == "count"]
    assert len(counts) > 150
    assert {cell["confidentiality"] for cell in counts} == {"F"}, "a changed number is not a hidden one"
    printed = [float(cell["value"]) for cell in counts]
    pairs = true_and_printed(out)
    assert any(true in (1, 2) for true, _ in pairs) and any(true != shown for true, shown in pairs)
    if name.startswith("small"):
        base = int(name[-1])
        assert not [value for value in printed if 0 < value < base]
    if name == "controlled":
        assert not [value for value in printed if value % 3]
        assert all(abs(true - shown) < 3 for true, shown in pairs)
    if name == "cell-key":
        assert all(abs(true - shown) <= 3 and shown >= 0 and (true or not shown) for true, shown in pairs)
    assert set(printed) <= {float(shown) for _, shown in pairs} | {0.0}
    assert any(shown != true for true, shown in pairs if true > 2)


def test_shares_are_those_of_the_printed_numbers(run) -> None:
    _, out, _ = run
    found = keyed(rows(out / "tables.csv"))
    inside = {
        (row["table"], row["sample"], row["period"], row["codes"]): float(row["value"])
        for row in rows(out.with_name("out-custody") / "figures.csv")
        if row["measure"] == "participation" and row["value"]
    }
    assert inside
    compared = 0
    for (measure, codes), share in found.items():
        part = found.get(("firms", codes))
        whole = found.get(("firms", frozenset(pair for pair in codes if pair[0] != "flow")))
        if measure == "participation" and part is not None and whole is not None:
            assert share == (pytest.approx(100 * part / whole, abs=1e-9) if whole else None)
            compared += 1
    moved = 0
    for cell in rows(out / "tables.csv"):
        if cell["measure"] == "participation" and cell["value"]:
            names = sorted(set(cell) - FIXED - {"sample", "period"})
            codes = "; ".join(f"{name}={cell[name]}" for name in names if cell[name] != "_T")
            true = inside.get((cell["table"], cell["sample"], cell["period"], codes))
            moved += true is not None and abs(true - float(cell["value"])) > 1e-9
    assert compared >= 15 and moved > 10


def test_totals_add_up_where_it_is_said(run) -> None:
    """Size classes with the firms whose class is unknown make the total, unless noise was added."""
    name, out, _ = run
    found = keyed(rows(out / "tables.csv"))
    sums: dict[frozenset, list[float]] = {}
    for (measure, codes), value in found.items():
        if measure == "firms" and "size" in dict(codes):
            sums.setdefault(frozenset(pair for pair in codes if pair[0] != "size"), []).append(value)
    whole = {
        rest: (parts, found[("firms", rest)]) for rest, parts in sums.items() if ("firms", rest) in found
    }
    whole = {rest: pair for rest, pair in whole.items() if len(pair[0]) == 5}
    assert whole
    off = [rest for rest, (parts, total) in whole.items() if sum(parts) != total]
    assert bool(off) == (name == "cell-key")


def test_readers_are_told_and_the_audit_is_kept(run) -> None:
    name, out, _ = run
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    said = manifest["protection"]
    assert "Numbers of firms are " in said and "worked out from the printed numbers" in said
    assert ("may not add up" in said) == (name == "cell-key")
    assert said in (out / "report.html").read_text("utf-8").replace("&#39;", "'")
    summary = json.loads((out.with_name("out-custody") / "summary.json").read_text("utf-8"))["counts"]
    kept = rows(out.with_name("out-custody") / "counts.csv")
    assert summary["method"] == METHODS[name][0]
    assert summary["unsafe"] == sum(row["rules"] != "" for row in kept) > 0
    assert summary["under-protected"] == sum(row["protected"] == "no" for row in kept)
    assert summary["exact"] == summary["exact for insiders"] == 0
    for row in kept:
        assert int(row["known low"]) <= int(row["value"]) <= int(row["known high"])
        if row["rules"]:
            assert int(row["attack low"]) <= int(row["value"]) <= int(row["attack high"])
            assert row["attack low"] != row["attack high"]


def test_the_custodian_attacks_the_release(run, tmp_path: Path) -> None:
    _, out, _ = run
    assert attacked(out, None, None)[0] == 0
    # A true number in place of a printed one is noticed.
    cells = rows(out / "tables.csv")
    for cell in cells:
        if cell["unit"] == "count" and cell["value"]:
            cell["value"] = str(float(cell["value"]) + 1)
            break
    changed = tmp_path / "tables.csv"
    with changed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(cells[0]))
        writer.writeheader()
        writer.writerows(cells)
    assert attacked(changed, out.with_name("out-custody"), None)[0] > 0


def test_same_bytes_from_rows_in_another_order(run, panel, tmp_path: Path) -> None:
    _, out, path = run
    with without_reports():
        again = Study(path, str(panel / "shuffled.parquet"), threads=1).run(tmp_path / "out")
    assert (again / "tables.csv").read_bytes() == (out / "tables.csv").read_bytes()
    kept, same = out.with_name("out-custody"), tmp_path / "out-custody"
    # Cells that are kept for the next run go by the file that they were read from.
    names = sorted(p.name for p in kept.iterdir() if p.is_file())
    assert names == sorted(p.name for p in same.iterdir() if p.is_file()) and names
    assert all((same / name).read_bytes() == (kept / name).read_bytes() for name in names)


def test_the_secret_is_nowhere(run) -> None:
    _, out, path = run
    spoken = repr(Study(path).spec)
    for place in (out, out.with_name("out-custody")):
        for file in (file for file in place.rglob("*") if file.is_file()):
            held = file.read_bytes()
            assert SECRET not in held and SECRET.hex().encode() not in held and b"kept/key" not in held
    assert SECRET.decode() not in spoken and "kept/key" not in spoken


def test_the_same_group_has_the_same_noise_in_another_study(panel, tmp_path: Path) -> None:
    """Two studies with tables of their own over the same firms; another secret gives other noise."""
    words = "[samples.made]\ntitle = 'Made'\nexpr = 'manufacturing'\nsource = 'own'\n"
    table = "[tables.own]\nsample = 'made'\nperiod = 2002\nmeasures = 'firms'\nby = ['size', 'region']\n"
    one = study_file(tmp_path, *METHODS["cell-key"])
    alone = tmp_path / "study" / "alone.toml"
    alone.write_text(f'extends = "{one.name}"\n{words}{table}', "utf-8")
    source = str(panel / "panel.parquet")

    def figures(path: Path):
        release = Study(path, source).release()
        cells = [cell for made in release.tables for cell in made.cells if cell.measure == "firms"]
        return {(c.sample, c.period, *sorted(c.codes.items())): c.value for c in cells}

    first, second = figures(one), figures(alone)
    # A sample of another name is the same group of firms.
    made = {key[1:]: value for key, value in second.items() if key[0] == "made"}
    shared = {key[1:]: value for key, value in first.items() if key[0] == "manufacturing" and key[1:] in made}
    assert len(shared) >= 10
    assert {key: made[key] for key in shared} == shared
    (tmp_path / "kept" / "key").write_bytes(b"quite another secret, and long enough")
    assert figures(alone) != second


def test_what_cannot_be_meant_is_refused(panel, tmp_path: Path) -> None:
    source = str(panel / "panel.parquet")
    for method, option, said in (
        ("cell-keys", "", "no method 'cell-keys'. Did you mean 'cell-key'"),
        ("small-count-rounding", "base = 4", "one of 3, 5"),
        ("suppression", "base = 3", "not asked for"),
        ("cell-key", "", "secret is the path"),
        ("controlled-rounding", 'secret = "../kept/key"', "no other method does"),
    ):
        with pytest.raises(StudyError) as error:
            Study(study_file(tmp_path, method, option))
        assert said in str(error.value)
    inside = study_file(tmp_path, "cell-key", 'secret = "key"')
    (inside.parent / "key").write_bytes(SECRET)
    with pytest.raises(StudyError, match="goes where the study goes"):
        Study(inside, source).release()
    for text, said in ((SECRET.decode(), "goes where"), ("../kept/none", "can be read")):
        with pytest.raises(StudyError, match=said) as error:
            Study(study_file(tmp_path, "cell-key", f'secret = "{text}"'), source).release()
        assert text not in str(error.value), "what was written may be the secret"
    short = study_file(tmp_path, *METHODS["cell-key"])
    (tmp_path / "kept" / "key").write_bytes(b"too short")
    with pytest.raises(StudyError, match="fewer than 16"):
        Study(short, source).release()
