"""Activity codes of several vintages: what leads where, how a code is settled, the audit."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.classification import divisions
from firmtrade.acquire.correspondence import published, table
from firmtrade.acquire.source import PanelSpec
from firmtrade.acquire.vintage import Vintage
from firmtrade.assemble.panel import open_panel
from firmtrade.cli import app
from firmtrade.errors import DataError, StudyError
from firmtrade.study import Study
from support_trade import linked, write

OLD = {"classification": "NACE 1.1", "until": 2007}
FIRMS = """firm,year,activity,turnover
own,2006,22.11,100
own,2008,58.11,100
single,2006,16.00,10
modal,2006,2213,50
also,2006,22.13,50
seen,2007,22.13,5
seen,2008,59.20,5
moved,2006,30.00,70
moved,2008,46.51,70
none,2006,99.9,1
none,2007,00.1,1
blank,2006,,1
late,2008,10.11,9
"""


def _read(tmp_path: Path, text: str, **spec: Any) -> dict[tuple[str, int], tuple[Any, ...]]:
    (tmp_path / "firms.csv").write_text(text, encoding="utf-8")
    read = PanelSpec.read({"files": "firms.csv", "classification": "NACE 2", "vintages": [OLD], **spec})
    engine = DuckDB()
    panel = open_panel(engine, read, None, tmp_path)
    assert {"activity_reported", "activity_basis", "activity_choices"} <= set(panel.columns)
    rows = engine.rows("select firm, year, activity, activity_basis, activity_reported from panel")
    return {(firm, year): tuple(rest) for firm, year, *rest in rows}


def test_a_code_is_settled_by_the_first_rule_that_holds(tmp_path: Path) -> None:
    found = _read(tmp_path, FIRMS)
    assert found["own", 2006] == ("5811", "own", "2211")  # its own code of the nearest year
    assert found["own", 2008] == ("5811", "reported", "5811")
    assert found["single", 2006] == ("12", "single", "1600")
    # The only firm of class 22.13 that is seen in both went to 59; without it most links of 22 lead to 58.
    assert found["modal", 2006] == ("59", "modal", "2213")
    alone = "\n".join(line for line in FIRMS.splitlines() if not line.startswith("seen")) + "\n"
    assert _read(tmp_path, alone)["modal", 2006] == ("58", "modal", "2213")
    assert found["seen", 2007] == ("5920", "own", "2213")
    # Its later code is no code that 30 may be: it has changed its activity, which tells nothing of 2006.
    assert found["moved", 2006] == ("26", "modal", "3000")
    assert found["none", 2006] == ("99", "single", "999")
    assert found["none", 2007] == (None, "unlisted", "001")
    assert found["blank", 2006] == (None, None, None)
    assert found["late", 2008] == ("1011", "reported", "1011")


def test_only_own_codes_settle_where_the_study_says_so(tmp_path: Path) -> None:
    found = _read(tmp_path, FIRMS, recode="own")
    assert found["modal", 2006] == (None, "ambiguous", "2213")
    assert found["single", 2006][1] == "single"
    assert found["own", 2006][1] == "own"


def test_weighted_firms_are_drawn_by_the_shares_and_the_same_in_any_order(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("from;to;w\n22.13;59.20;3\n22.13;58.19;1\n", encoding="utf-8")
    vintage = {**OLD, "file": "own.csv", "weight": "w"}
    rows = [f"f{number},2006,22.13,1" for number in range(4000)]
    found = {}
    for name, order in (("forth", rows), ("back", rows[::-1])):
        text = "\n".join(["firm,year,activity,turnover", *order, ""])
        found[name] = _read(tmp_path, text, vintages=[vintage], recode="weighted")
    assert found["forth"] == found["back"]
    counted = Counter(activity for activity, _, _ in found["forth"].values())
    # 3,000 are expected; a standard deviation is 27.
    assert set(counted) == {"5819", "5920"}
    assert abs(counted["5920"] - 3000) < 110
    assert {basis for _, basis, _ in found["forth"].values()} == {"weighted"}


def test_shares_of_the_studys_own_outweigh_the_firms_that_are_seen(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("from,to,weight\n2213,5920,0.4\n2213,5819,0.6\n", encoding="utf-8")
    found = _read(tmp_path, FIRMS, vintages=[{**OLD, "file": "own.csv", "weight": "weight"}])
    assert found["modal", 2006] == ("5819", "modal", "2213")
    assert found["seen", 2007] == ("5920", "own", "2213")
    assert found["single", 2006] == (None, "unlisted", "1600")
    without = _read(tmp_path, FIRMS, vintages=[{**OLD, "file": "own.csv"}])
    assert without["modal", 2006] == ("5920", "modal", "2213")  # where the firm seen in both went


def test_back_to_an_older_classification(tmp_path: Path) -> None:
    text = "firm,year,activity\na,2007,22.11\na,2008,58.11\nb,2008,26.20\n"
    new = {"classification": "NACE 2", "from": 2008}
    found = _read(tmp_path, text, classification="NACE 1.1", vintages=[new])
    assert found["a", 2008] == ("2211", "own", "5811")
    assert found["b", 2008][1] == "modal"
    assert found["b", 2008][0] in ("24", "25", "30", "31", "32", "33")


@pytest.mark.parametrize(
    ("old", "wanted", "code", "into"),
    [
        ("NACE 1.1", "NACE 2", "16", {"12"}),
        ("NACE 1.1", "NACE 2", "6420", {"53", "61", "82"}),  # division 64, post and telecommunications
        ("ISIC 3.1", "ISIC 4", "6420", {"6110", "6120", "6130", "6190"}),
        ("ISIC 3.1", "ISIC 4", "642", {"611", "612", "613", "619"}),
        ("ISIC 4", "ISIC 3.1", "6110", {"6420"}),
        ("NACE 2", "NACE 2.1", "6201", {"6210"}),
        ("NACE 2", "NACE 2.1", "45", {"46", "47", "95"}),
        ("NACE 2", "ISIC 4", "2611", {"26"}),
        ("NACE 1.1", "NACE 2.1", "61", {"50"}),  # water transport, by way of three tables
    ],
)
def test_what_a_code_may_be(old: str, wanted: str, code: str, into: set[str]) -> None:
    found = table(Vintage(classification=old), wanted, Path()).of(code)
    assert set(found) == into
    assert sum(found.values()) == pytest.approx(1, abs=1e-12)


def test_the_published_tables_are_whole() -> None:
    """Each division of either side is there, and every code begins with a division of its classification."""
    for names, links in published().items():
        for name, codes in zip(names, (links, {t for found in links.values() for t in found}), strict=True):
            assert {code[:2] for code in codes} == set(divisions(name)), name
    isic = published()["ISIC 3.1", "ISIC 4"]
    assert (len(isic), sum(map(len, isic.values()))) == (298, 737)
    assert len({target for found in isic.values() for target in found}) == 419  # the classes of ISIC Rev. 4


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"classification": ""}, "which classification is wanted"),
        ({"vintages": [{**OLD, "classification": "NACE 2"}]}, "the wanted classification already"),
        ({"vintages": [OLD, {"classification": "ISIC 3.1"}]}, "is in two of them"),
        ({"vintages": [{**OLD, "classification": "NACE 3"}]}, "Did you mean"),
        ({"vintages": [{**OLD, "till": 2007}]}, "'till' is not known"),
        ({"vintages": [{**OLD, "from": 2010}]}, "from 2010 is after until 2007"),
        ({"vintages": [{**OLD, "column": "nace_old"}]}, "there is no column 'nace_old'"),
        ({"vintages": [{**OLD, "classification": "ISIC 2"}]}, "No correspondence from ISIC 2 to NACE 2"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, spec: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        _read(tmp_path, FIRMS, **spec)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "has no column 'from'"),
        ("from,to,weight\n15,10,x\n", "the weight 'x' is no number"),
        ("from,to,weight\n15,,1\n", "line 2: a code is missing"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "own.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        _read(tmp_path, FIRMS, vintages=[{**OLD, "file": "own.csv", "weight": "weight"}])
    with pytest.raises(DataError, match=r"no correspondence table 'gone\.csv'"):
        _read(tmp_path, FIRMS, vintages=[{**OLD, "file": "gone.csv"}])


def test_a_firms_own_code_is_found_under_another_identifier(tmp_path: Path) -> None:
    write(tmp_path / "t.csv", [("new", "2008", "export", "DE", "01", 5, 1)])
    columns = ("firm", "year", "activity")
    write(tmp_path / "r.csv", [("old", 2007, "22.13"), ("new", 2008, "59.20"), ("b", 2007, "22.11")], columns)
    write(tmp_path / "i.csv", [("old", "new")], ("old", "new"))
    parts = {"transactions": {"files": "t.csv"}, "identifiers": {"files": "i.csv"},
             "register": {"files": "r.csv", "classification": "NACE 2", "vintages": [OLD]}}  # fmt: skip
    with linked(tmp_path, **parts) as it:
        found = it.rows("firm, year, activity, activity_basis")
    assert found == [
        ("b", 2007, "58", "modal"),
        ("new", 2007, "5920", "own"),
        ("new", 2008, "5920", "reported"),
    ]


STUDY = """
[panel]
files = "firms.csv"
classification = "NACE 2"
vintages = [{ classification = "NACE 1.1", until = 2007 }]

[protect]
synthetic = "drawn"

[tables.basis]
title = "How codes were settled"
sample = "all-firms"
period = 2006
measures = ["firms"]
by = { activity-basis = ["_T", "all", "unknown"] }
"""


def test_the_audit_tells_the_firms_that_break_by_sector(tmp_path: Path) -> None:
    (tmp_path / "firms.csv").write_text(FIRMS, encoding="utf-8")
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    asked = ["check", str(tmp_path / "firms.csv"), "--study", str(tmp_path / "study.toml")]
    found = CliRunner().invoke(app, asked)
    assert "22: 2 of 4 firms (49 % of turnover)" in found.output, found.output
    assert "30: 1 of 1 firms (100 % of turnover)" in found.output
    assert "the firm's own code of another year: 2 of 2 firms, turnover 105" in found.output
    (result,) = Study(tmp_path / "study.toml").tables()
    counted = {cell.codes["activity-basis"]: cell.value for cell in result.cells if cell.codes}
    assert {code: n for code, n in counted.items() if n} == {"own": 1, "single": 2, "modal": 3, "unknown": 1}
