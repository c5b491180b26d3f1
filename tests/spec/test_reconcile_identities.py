"""What the auditor knows about figures, drawn small: each test is a few printed cells and what they imply."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest

from firmtrade.errors import DataError, StudyError
from firmtrade.reconcile import Audit, Figure, Finding, audit, read_figures, setting
from firmtrade.study import read_study

SPEC = read_study("belgium-2002")
WORDS = setting(SPEC.catalog, SPEC.windows, "NACE 1.1")


def cells(text: str, sample: str = "manufacturing", period: str = "2002") -> list[Figure]:
    """Lines 'table; name=code name=code; measure; value; unit'; the decimals are those that are written."""
    found = []
    for line, row in enumerate(text.strip().splitlines(), 2):
        table, codes, measure, value, *unit = (part.strip() for part in row.split(";"))
        pairs = [tuple(pair.split("=")) for pair in codes.split()]
        at = {name: code for name, code in pairs if name in ("sample", "period")}
        rest = tuple(sorted((n, c) for n, c in pairs if n not in at))
        decimals = len(value.partition(".")[2])
        found.append(Figure(line, table, at.get("sample", sample), at.get("period", period), rest, measure,
                            Fraction(value), unit[0] if unit else "count", decimals))  # fmt: skip
    return found


def checked(text: str, sample: str = "manufacturing", period: str = "2002") -> Audit:
    return audit(cells(text, sample, period), SPEC.tables, WORDS)


def only(found: Audit) -> Finding:
    assert len(found.violated) == 1, [(f.kind, f.about) for f in found.violated]
    return found.violated[0]


def test_modes_add_up_to_the_total() -> None:
    found = checked("""
        t1; ; firms; 100
        t1; mode=none; firms; 60
        t1; mode=both; firms; 10
        t1; mode=import-only; firms; 20
        t1; mode=export-only; firms; 10
    """)
    assert [f.kind for f in found.findings] == ["sum"] and not found.violated and not found.proven


def test_parts_above_the_whole_are_a_contradiction() -> None:
    found = checked("""
        t1; mode=both; firms; 10
        t1; mode=both scope=intra; firms; 4
        t1; mode=both scope=extra; firms; 4
        t1; mode=both scope=both; firms; 4
    """)
    assert only(found).verdict == "nothing explains it" and only(found).misses == 2
    assert found.proven and len(found.contradictions) == 1


def test_firms_of_unknown_size_explain_parts_below_the_whole() -> None:
    found = checked("""
        t4; ; firms; 100
        t4; size=0-9; firms; 50
        t4; size=10-49; firms; 20
        t4; size=50-99; firms; 10
        t4; size=100-249; firms; 5
    """)
    assert only(found).verdict == "a smaller subsample can explain it"
    assert (only(found).misses, only(found).why) == (15, "firms of unknown size")
    assert not found.proven and found.explainable


def test_a_sector_is_never_unknown_in_a_sample_of_sectors() -> None:
    parts = "\n".join(f"t3; activity={code}; firms; 2" for code in range(15, 38))
    assert not checked(f"t3; sample=core-manufacturing; firms; 46\n{parts}").violated
    assert (
        only(checked(f"t3; sample=core-manufacturing; firms; 47\n{parts}")).verdict == "nothing explains it"
    )


def test_a_share_must_be_one_of_whole_firms() -> None:
    found = checked("""
        t3; activity=16; firms; 3
        t3; activity=16 flow=export; participation; 50; percent
    """)
    assert (
        only(found).kind == "whole firms" and only(found).why == "no whole number of firms gives this share"
    )
    assert not checked("t3; ; firms; 3\nt3; flow=export; participation; 33; percent").violated


def test_conditional_shares_turn_round() -> None:
    ring = """
        t2; given=import-intra flow=import-extra; participation; {0}; percent
        t2; given=import-extra flow=export-intra; participation; 40.0; percent
        t2; given=export-intra flow=import-intra; participation; 30.0; percent
        t2; given=import-extra flow=import-intra; participation; 50.0; percent
        t2; given=export-intra flow=import-extra; participation; 40.0; percent
        t2; given=import-intra flow=export-intra; participation; 30.0; percent
    """
    assert not checked(ring.format("50.0")).violated
    assert only(checked(ring.format("52.0"))).kind == "ring of quotients"


def test_all_firms_with_a_flow_have_it() -> None:
    found = checked("t2; given=export flow=export; participation; 99.9; percent")
    assert only(found).kind == "certain"


GROWTH = """
    t6; flow=export status=traders; employment-growth; 1.1; percent/year
    t6; flow=export status=traders; value-added-growth; {0}; percent/year
    t6; flow=export status=traders; productivity-growth; 2.0; percent/year
    t5; flow=export status=traders period=1998; productivity; 53.1; kEUR/FTE
    t5; flow=export status=traders period=2003; productivity; 58.7; kEUR/FTE
    t5; flow=export status=traders; productivity-change; 10.5; percent
"""


def test_growth_is_a_product_and_agrees_with_levels() -> None:
    assert not checked(GROWTH.format("3.2"), "manufacturing-stayers", "1998-2003").violated
    wrong = checked(GROWTH.format("4.2"), "manufacturing-stayers", "1998-2003")
    assert {f.kind for f in wrong.violated} == {"product of growth", "ring of quotients"}
    assert all("4.2" in "".join(map(str, f.figures)) for f in wrong.violated)


def test_a_whole_grows_between_its_parts() -> None:
    rows = "\n".join(
        f"t6; flow=export status={status}; employment-growth; {rate}; percent/year"
        for status, rate in (("traders", "{0}"), ("constant", "1.0"), ("new", "3.0"))
    )
    assert not checked(rows.format("2.0"), "manufacturing-stayers", "1998-2003").violated
    found = only(checked(rows.format("3.2"), "manufacturing-stayers", "1998-2003"))
    assert found.kind == "weights of parts" and found.misses == pytest.approx(0.1, abs=0.02)


def test_the_export_side_and_the_import_side_are_the_same_firms() -> None:
    found = checked(
        """
        t5; flow=export status=traders; firms; 30
        t5; flow=export status=non-traders; firms; 70
        t12; flow=import status=traders; firms; 40
        t12; flow=import status=non-traders; firms; 50
    """,
        "manufacturing-stayers",
        "1998-2003",
    )
    assert (only(found).misses, only(found).verdict) == (10, "a smaller subsample can explain it")


def test_a_sample_with_one_more_condition_is_not_larger() -> None:
    text = "a; sample=services; firms; {0}\nb; sample=services-any-owner; firms; 100"
    assert only(checked(text.format(90))).why == "the condition domestic"
    assert only(checked(text.format(110))).why == "a part exceeds its whole"


def test_what_is_printed_twice_is_the_same() -> None:
    found = checked("t5; ; firms; 10\nt6; ; firms; 11")
    assert only(found).kind == "printed twice" and only(found).misses == 1
    assert only(checked("a; ; median-employment; 5.0; FTE\nb; ; median-employment; 5.2; FTE")).misses > 0


def test_a_union_is_not_below_its_parts() -> None:
    found = checked("t; flow=export; firms; 10\nt; flow=export-intra; firms; 12")
    assert only(found).kind == "part and whole"


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("table,sample,value\n", DataError, "line 1: the column period is missing"),
        ("t,manufacturing,2002,firms,ten,count,0\n", DataError, "line 2: value 'ten'"),
        ("t,manufacturing,2002,firms,10,count\n", DataError, "line 2: the number of fields"),
        ("t,manufacturing,2002,frims,10,count,0\n", StudyError, "Did you mean 'firms'"),
        ("t,manufacturin,2002,firms,10,count,0\n", StudyError, "Did you mean 'manufacturing'"),
        ("t,manufacturing,1998-2003,firms,10,count,0\n", DataError, "is not a year"),
        ("t,manufacturing-stayers,2001,firms,10,count,0\n", DataError, "no window of the study"),
    ],
)
def test_errors_name_the_line(tmp_path: Path, text: str, error: type[Exception], said: str) -> None:
    head = "" if text.startswith("table") else "table,sample,period,measure,value,unit,decimals\n"
    path = tmp_path / "p.csv"
    path.write_text(head + text, encoding="utf-8")
    with pytest.raises(error, match=said.replace("(", r"\(")):
        audit(read_figures(path), SPEC.tables, WORDS)


def test_an_empty_value_is_a_missing_figure(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [("table", "sample", "period", "measure", "value", "unit", "decimals"),
             ("t", "manufacturing", "2002", "firms", "", "count", "0")]
        )  # fmt: skip
    found = audit(read_figures(path), SPEC.tables, WORDS)
    assert found.figures[0].text == "missing" and not found.findings
