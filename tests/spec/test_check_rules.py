"""The check on entry: each rule with the row that causes it, everything at once, nothing invented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firmtrade.assemble.check_report import CheckReport
from support_panels import COLUMNS, ROWS, check, opened, write_csv, write_excel, write_parquet

#: One sound firm-year; a test changes what it is about.
SOUND: dict[str, Any] = {
    "firm": "a", "year": 2001, "activity": "15.12", "region": "BE10", "founded": 1990, "employment": 10.0,
    "turnover": 1e6, "value_added": 4e5, "domestic": True, "import_intra": 0.0, "import_extra": 0.0,
    "export_intra": 5.0, "export_extra": 0.0,
}  # fmt: skip
ENTRY: dict[str, Any] = {"classification": "NACE 1.1", "regions": ["BE1", "BE2", "BE3"]}


def row(**changes: Any) -> tuple[Any, ...]:
    return tuple({**SOUND, **changes}.values())


def both(folder: Path, *rows: tuple[Any, ...]) -> list[CheckReport]:
    """The report on these rows as text and as Parquet."""
    return [
        check(write_csv(folder / "panel.csv", rows), **ENTRY),
        check(write_parquet(folder / "panel.parquet", rows), **ENTRY),
    ]


def test_a_sound_panel_has_no_problem(tmp_path: Path) -> None:
    for report in both(tmp_path, row(), row(year=2002), row(firm="b")):
        assert report.problems == ()
        assert (report.rows, report.firms, report.years) == (3, 2, 2)
        assert "3 firm-years of 2 firms in 2 years (2001-2002)" in report.text()
        assert "No problem was found." in report.text()


RULES: list[tuple[str, str, dict[str, Any], str]] = [
    ("missing-firm", "stop", {"firm": None}, "(no firm), 2001: (empty)"),
    ("missing-year", "stop", {"year": None}, "firm a, (no year): (empty)"),
    ("impossible-year", "stop", {"year": 98, "founded": None}, "firm a, 98: 98"),
    ("negative-employment", "stop", {"employment": -1.0}, "firm a, 2001: -1.000000000"),
    ("negative-export-extra", "stop", {"export_extra": -5.0}, "firm a, 2001: -5.000000"),
    ("negative-import-intra", "stop", {"import_intra": -0.5}, "firm a, 2001: -0.500000"),
    ("impossible-founded", "warn", {"founded": 2002}, "firm a, 2001: 2002"),
    ("impossible-founded", "warn", {"founded": 190}, "firm a, 2001: 190"),
    ("impossible-founded", "warn", {"founded": 9999}, "firm a, 2001: 9999"),
    ("negative-turnover", "warn", {"turnover": -7.0}, "firm a, 2001: -7.000000"),
    ("unknown-activity", "warn", {"activity": "38.11"}, "firm a, 2001: 3811"),
    ("unknown-region", "warn", {"region": "FR10"}, "firm a, 2001: FR10"),
    ("value-added-above-turnover", "info", {"value_added": 2e6}, ""),
]


@pytest.mark.parametrize(("rule", "severity", "change", "shown"), RULES)
def test_each_rule_names_the_row(
    tmp_path: Path, rule: str, severity: str, change: dict[str, Any], shown: str
) -> None:
    text, parquet = both(tmp_path, row(firm="b"), row(firm="c"), row(**change))
    for report, place in ((text, "panel.csv, line 4"), (parquet, "panel.parquet, row 3")):
        (problem,) = report.problems
        assert (problem.rule, problem.severity, problem.count) == (rule, severity, 1)
        assert problem.remedy
        if severity != "info":
            (example,) = problem.examples
            assert str(example) == f"{place}: {shown}"
            assert str(example) in report.text()
    assert bool(text.stops) == (severity == "stop")
    assert bool(text.warnings) == (severity == "warn")


def test_a_division_that_lost_its_zero_is_known(tmp_path: Path) -> None:
    for report in both(tmp_path, row(activity="1"), row(firm="b", activity="01.1")):
        assert report.problems == ()


def test_duplicate_firm_years_name_all_their_rows(tmp_path: Path) -> None:
    rows = [row(), row(firm="b"), row(firm="b", year=2002), row(), row(firm="b"), row(firm="b")]
    for report, place in zip(
        both(tmp_path, *rows), ("panel.csv, line {}", "panel.parquet, row {}"), strict=True
    ):
        (problem,) = report.stops
        first = 2 if "line" in place else 1
        at = [place.format(number + first) for number in range(6)]
        assert (problem.rule, problem.count) == ("duplicate-firm-year", 2)
        assert str(problem.examples[0]) == f"{at[0]}: firm a, 2001: 2 rows: {at[0]}; {at[3]}"
        assert str(problem.examples[1]) == f"{at[1]}: firm b, 2001: 3 rows: {at[1]}; {at[4]}; {at[5]}"


def test_duplicates_are_found_over_any_span_of_years(tmp_path: Path) -> None:
    rows = [row(year=1900), row(year=2100, founded=None), row(year=1900)]
    for report in both(tmp_path, *rows):
        assert "duplicate-firm-year" in [problem.rule for problem in report.stops]


def test_duplicates_across_files(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    write_csv(tmp_path / "parts" / "one.csv", [row(), row(firm="b")])
    write_csv(tmp_path / "parts" / "two.csv", [row(firm="c"), row()])
    (problem,) = check(tmp_path / "parts", **ENTRY).stops
    assert "one.csv, line 2; two.csv, line 3" in str(problem.examples[0])


def test_gaps_are_counted(tmp_path: Path) -> None:
    rows = [row(year=1998), row(year=2000), row(firm="b", year=1999), row(firm="b", year=2000)]
    for report in both(tmp_path, *rows):
        (problem,) = report.problems
        assert (problem.rule, problem.severity, problem.count) == ("gaps", "info", 1)
        assert report.facts["gaps"] == 1


def test_values_that_do_not_fit_their_column_stop(tmp_path: Path) -> None:
    bad = {"year": "2oo1", "employment": "ten", "turnover": "1.000.000", "domestic": "maybe"}
    bad |= {"founded": "1990.5", "export_intra": "inf"}
    path = write_csv(tmp_path / "panel.csv", [row(firm="b"), row(**bad), row(firm="c", turnover="1_000")])
    report = check(path, **ENTRY)
    found = {problem.column: problem for problem in report.stops if problem.rule.startswith("unusable")}
    assert set(found) == set(bad)
    assert [str(example) for example in found["employment"].examples] == [
        "panel.csv, line 3: firm a, (no year): ten"
    ]
    assert found["turnover"].count == 2
    assert [example.value for example in found["turnover"].examples] == ["1.000.000", "1_000"]
    assert "missing = { employment" in found["employment"].remedy
    assert "codes = { domestic" in found["domestic"].remedy


def test_text_and_fractions_in_typed_columns_stop(tmp_path: Path) -> None:
    rows = [row(), row(firm="b", year=2001.5, founded=1e12, employment=float("inf"), export_intra="x")]
    types = {"year": "double", "founded": "double", "export_intra": "varchar"}
    report = check(write_parquet(tmp_path / "panel.parquet", rows, types=types), **ENTRY)
    found = {problem.column: problem.count for problem in report.stops if problem.rule.startswith("unusable")}
    assert found == {"year": 1, "founded": 1, "employment": 1, "export_intra": 1}


def test_values_outside_the_value_map_stop(tmp_path: Path) -> None:
    rows = [row(domestic="1"), row(firm="b", domestic="3"), row(firm="c", domestic="")]
    path = write_csv(tmp_path / "panel.csv", rows)
    (problem,) = check(path, codes={"domestic": {"1": True, "2": False}}, **ENTRY).stops
    assert (problem.rule, problem.count, problem.examples[0].value) == ("unusable-domestic", 1, "3")
    assert "not in its value map" in problem.title


def test_a_number_in_a_column_of_true_and_false_stops(tmp_path: Path) -> None:
    rows = [row(export_intra="true"), row(firm="b", export_intra="12.5"), row(firm="c", export_intra="false")]
    (problem,) = check(write_csv(tmp_path / "panel.csv", rows), **ENTRY).stops
    assert problem.examples[0].value == "12.5"


def test_a_decimal_point_where_commas_are_declared_stops(tmp_path: Path) -> None:
    """1.234 may be 1234 there: it is not guessed."""
    rows = [("a", 2001, "1,5"), ("b", 2001, "1.234")]
    path = write_csv(tmp_path / "panel.csv", rows, ("firm", "year", "turnover"), delimiter=";")
    (problem,) = check(path, decimal=",").stops
    assert problem.examples[0].value == "1.234"


def test_everything_is_reported_at_once(tmp_path: Path) -> None:
    rows = [
        row(),
        row(),
        row(firm="b", employment=-1.0),
        row(firm="c", founded=2090, region="XX"),
        row(firm=None),
    ]
    report = check(write_csv(tmp_path / "panel.csv", rows), **ENTRY)
    assert {problem.rule for problem in report.stops} == {
        "duplicate-firm-year",
        "negative-employment",
        "missing-firm",
    }
    assert {problem.rule for problem in report.warnings} == {"impossible-founded", "unknown-region"}
    severities = [problem.severity for problem in report.problems]
    assert severities == sorted(severities, key=["stop", "warn", "info"].index)
    assert report.text().count("STOP") == 3


def test_only_five_rows_are_shown_and_the_rest_is_counted(tmp_path: Path) -> None:
    rows = [row(firm=f"f{number}", employment=-1.0) for number in range(12)]
    report = check(write_csv(tmp_path / "panel.csv", rows), **ENTRY)
    assert len(report.stops[0].examples) == 5
    assert "STOP: 12 negative employment" in report.text()
    assert "... and 7 more" in report.text()


def test_rows_of_workbooks_keep_their_number(tmp_path: Path) -> None:
    rows = [row(), tuple(None for _ in COLUMNS), tuple(None for _ in COLUMNS), row(firm="b", employment=-1.0)]
    (problem,) = check(write_excel(tmp_path / "panel.xlsx", rows), **ENTRY).stops
    assert problem.examples[0].place == "panel.xlsx, row 5"


def test_missing_columns_are_warnings(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "panel.csv", [("a", 2001, 5.0)], ("firm", "year", "omzet"))
    report = check(path)
    named, rest = (problem for problem in report.warnings if problem.rule == "missing-column")
    assert "no column turnover" in named.title and "'omzet'" in named.title
    assert 'columns = { turnover = "omzet" }' in named.remedy
    assert "region" in rest.title and "employment" in rest.title


def test_without_classification_and_regions_codes_are_not_judged(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "panel.csv", [row(activity="XX", region="YY")])
    assert check(path).problems == ()


def test_major_groups_of_isic_2_and_what_starts_one_are_known(tmp_path: Path) -> None:
    rows = [
        row(firm=str(number), activity=code) for number, code in enumerate(("3112", "311", "31", "3", "399"))
    ]
    report = check(write_csv(tmp_path / "panel.csv", rows), classification="ISIC 2")
    (problem,) = report.warnings
    assert [example.value for example in problem.examples] == ["399"]


def test_the_check_changes_nothing(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "panel.parquet", ROWS)
    with opened(path, **ENTRY) as it:
        before = it.rows()
        assert it.report() == it.report()
        assert it.rows() == before
