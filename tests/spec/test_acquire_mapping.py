"""How a study maps names, units, codes and missing values; how its mistakes are worded."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from firmtrade.acquire.classification import CLASSIFICATIONS, division_length, divisions
from firmtrade.acquire.source import PanelSpec
from firmtrade.errors import DataError, StudyError
from support_panels import content, opened, write_csv, write_excel, write_parquet, write_statistics

ENTRIES: list[tuple[dict[str, Any], str]] = [
    ({"fils": "x.csv"}, "'fils' is not known. Did you mean 'files'?"),
    ({"format": "parket"}, "format"),
    ({"classification": "NACE 1.2"}, "Did you mean 'NACE 1.1'?"),
    ({"encoding": "utf-9"}, "Did you mean 'utf-8'?"),
    ({"units": {"turnver": 1000}}, "Did you mean 'turnover'?"),
    ({"units": {"turnover": -1}}, "must be a positive number"),
    ({"units": {"turnover": "thousand"}}, "units.turnover"),
    ({"codes": {"domestc": {"1": True}}}, "Did you mean 'domestic'?"),
    ({"missing": {"employmnt": [-1]}}, "Did you mean 'employment'?"),
    ({"columns": {"VAT_NR": "firm"}}, "On the left stands our name"),
    ({"columns": {"year": "y"}, "constant": {"year": 2002}}, "in columns and in constant"),
    ({"decimal": ",", "thousands": ","}, "cannot be the same"),
    ({"decimal": ";"}, "decimal"),
    ({"drop": [{"column": "d_e"}]}, "give one of equals, below and missing"),
    ({"drop": [{"colum": "d_e", "below": 0}]}, "Did you mean 'column'?"),
    ({"year_offset": "1900 years"}, "year_offset"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "words"), ENTRIES, ids=lambda value: str(value)[:40])
def test_a_mistake_in_the_study_is_a_study_error(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError) as caught:
        PanelSpec.read(entry)
    assert words in str(caught.value)
    assert "[panel]" in str(caught.value)


def test_the_panel_entry_is_frozen() -> None:
    spec = PanelSpec.read({"files": "a.csv"})
    assert spec.files == ("a.csv",)
    with pytest.raises(Exception, match="frozen"):
        spec.files = ("b.csv",)  # type: ignore[misc]


def test_names_units_codes_and_missing_values(tmp_path: Path) -> None:
    rows = [("1", 98, 12.5, "1", -9.0, 3.25), ("2", 99, 2.5, "2", 4.0, -9.0), ("3", 99, -9.0, "", 0.0, 0.0)]
    entry: dict[str, Any] = {
        "columns": {"firm": "VAT", "year": "yr", "employment": "fte", "domestic": "owner",
                    "turnover": "sales", "wages": "wage"},
        "units": {"turnover": 1000, "wages": 1000},
        "codes": {"domestic": {"1": True, "2": False}},
        "missing": {"*": [-9]},
        "year_offset": 1900,
    }  # fmt: skip
    columns = ("VAT", "yr", "fte", "owner", "sales", "wage")
    expected = [
        ("1", 1998, Decimal("12.5"), True, None, Decimal(3250)),
        ("2", 1999, Decimal("2.5"), False, Decimal(4000), None),
        ("3", 1999, None, None, Decimal(0), Decimal(0)),
    ]
    types = {"VAT": "varchar", "yr": "integer", "owner": "varchar"}
    for path in (
        write_csv(tmp_path / "panel.csv", rows, columns),
        write_parquet(tmp_path / "panel.parquet", rows, columns, types),
        write_excel(tmp_path / "panel.xlsx", rows, columns),
    ):
        with opened(path, **entry) as it:
            assert it.rows("firm, year, employment, domestic, turnover, wages") == expected
            assert not it.report().stops


def test_value_maps_of_numbers(tmp_path: Path) -> None:
    rows = [("a", 2001, 1.0, 1.0), ("b", 2001, 2.0, 0.0), ("c", 2001, None, None)]
    columns = ("firm", "year", "domestic", "export_intra")
    codes = {"domestic": {"1": True, "2": False}, "export_intra": {"1": True, "0": False}}
    whole = [("a", 2001, 1, 1), ("b", 2001, 2, 0), ("c", 2001, None, None)]
    paths = [
        write_statistics(tmp_path / "panel.dta", rows, columns),
        write_csv(tmp_path / "panel.csv", rows, columns),
        write_csv(tmp_path / "whole.csv", whole, columns),
        write_parquet(tmp_path / "panel.parquet", rows, columns, {"domestic": "double"}),
    ]  # fmt: skip
    for path in paths:
        with opened(path, codes=codes) as it:
            assert it.panel.flags == {"export_intra"}
            assert it.rows("domestic, export_intra") == [
                (True, Decimal(1)),
                (False, Decimal(0)),
                (None, None),
            ]


def test_codes_of_regions_and_activities(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "p.csv", [("a", 2001, "Brussels", "food")], ("firm", "year", "region", "activity")
    )
    codes = {"region": {"Brussels": "BE1"}, "activity": {"food": "15"}}
    assert content(path, codes=codes) == [("a", 2001, "15", "BE1")]


def test_a_constant_for_a_file_of_one_year(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", [("a", 5.0)], ("firm", "turnover"))
    with opened(path, constant={"year": 2002, "domestic": True, "activity": "15"}) as it:
        assert it.rows() == [("a", 2002, "15", Decimal(5), True)]


def test_further_columns_are_numbers_or_text(tmp_path: Path) -> None:
    columns = ("firm", "year", "wage", "legal", "zip", "listed")
    rows = [("a", 2001, 1.5, "nv", "0100", True), ("b", 2001, None, "sa", "2000", False)]
    further = {name: name for name in columns[2:]}
    types = {"legal": "varchar", "zip": "varchar", "listed": "boolean"}
    for path in (
        write_csv(tmp_path / "p.csv", rows, columns),
        write_parquet(tmp_path / "p.parquet", rows, columns, types),
    ):
        with opened(path, columns=further) as it:
            kinds = [it.panel.columns[name] for name in further]
            assert kinds == ["DECIMAL(18,6)", "VARCHAR", "VARCHAR", "BOOLEAN"]
            assert it.rows("wage, legal, zip, listed") == [
                (Decimal("1.5"), "nv", "0100", True), (None, "sa", "2000", False),
            ]  # fmt: skip


def test_rows_that_stand_for_nothing_are_dropped_and_counted(tmp_path: Path) -> None:
    rows = [
        ("a", 2001, 1, 5.0),
        ("a", 2002, -1, 0.0),
        ("b", 2001, -1, 0.0),
        ("b", 2002, 0, None),
        ("c", 2002, 0, 1.0),
    ]
    columns = ("firm", "year", "d_e", "employment")
    for path in (
        write_csv(tmp_path / "p.csv", rows, columns),
        write_parquet(tmp_path / "p.parquet", rows, columns, {"d_e": "integer"}),
    ):
        with opened(
            path, drop=[{"column": "d_e", "below": 0}, {"column": "firm", "equals": ["c", "d"]}]
        ) as it:
            assert it.rows("firm, year") == [("a", 2001), ("b", 2002)]
            assert it.panel.dropped == {"d_e below 0": 2, "firm is c or d": 1}
            assert "left out: 2 rows, d_e below 0" in it.report().text()
        with opened(path, drop=[{"column": "year", "below": 3000}]) as it:
            assert [problem.rule for problem in it.report().stops] == ["no-rows"]
    with (
        pytest.raises(DataError, match="Did you mean 'd_e'"),
        opened(path, drop=[{"column": "d_ee", "below": 0}]),
    ):
        pass


def test_names_in_another_case(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", [("a", 2001, 5.0)], ("FIRM", "Year", "Employment"))
    with opened(path) as it:
        assert it.rows() == [("a", 2001, Decimal(5))]


def test_columns_that_are_not_there_are_named_with_the_nearest(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "p.csv", [("a", 2001, 5.0, 1.0, 2.0)], ("firm", "year", "omzet", "employmnt", "exp_eu")
    )
    with opened(path) as it:
        missing = it.panel.missing
        text = it.report().text()
    assert missing["turnover"] == "omzet"
    assert missing["employment"] == "employmnt"
    assert missing["export_intra"] == "exp_eu"
    assert missing["region"] == ""
    assert "no column turnover (turnover in currency units). The nearest name there is 'omzet'." in text


def test_two_columns_that_differ_in_case_only(tmp_path: Path) -> None:
    path = write_excel(tmp_path / "p.xlsx", [("a", 2001, 1, 2)], ("firm", "year", "x", "X"))
    with pytest.raises(DataError, match="upper and lower case"), opened(path):
        pass


def test_dates_give_their_year(tmp_path: Path) -> None:
    rows = [("a", 2001, "1998-05-01"), ("b", 2001, None)]
    for path in (
        write_csv(tmp_path / "p.csv", rows, ("firm", "year", "founded")),
        write_parquet(tmp_path / "p.parquet", rows, ("firm", "year", "founded"), {"founded": "date"}),
    ):
        with opened(path) as it:
            assert it.rows("founded") == [(1998,), (None,)]
            assert not it.report().stops


def test_one_digit_is_a_division_only_where_divisions_have_two(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", [("a", 2001, "1"), ("b", 2001, "311")], ("firm", "year", "activity"))
    with opened(path, classification="NACE 2") as it:
        assert it.rows("activity") == [("01",), ("311",)]
    with opened(path, classification="ISIC 2") as it:
        assert it.rows("activity") == [("1",), ("311",)]


@pytest.mark.parametrize(
    ("name", "count"),
    [("NACE 1.1", 62), ("NACE 2", 88), ("NACE 2.1", 87), ("ISIC 2", 73), ("ISIC 3.1", 62), ("ISIC 4", 88)],
)
def test_classifications_are_closed_lists(name: str, count: int) -> None:
    codes = divisions(name)
    assert name in CLASSIFICATIONS
    assert len(codes) == count
    assert {len(code) for code in codes} == {division_length(name)}
    assert all(title and title[0].isupper() for title in codes.values())


def test_an_unknown_classification() -> None:
    assert divisions("") == {}
    with pytest.raises(StudyError, match="Did you mean 'NACE 2'"):
        divisions("NACE2")


def test_the_divisions_of_nace_are_those_of_the_reference(shared: Path) -> None:
    import csv

    for name, file, key in (("NACE 2", "nace2_en.csv", "nace2"), ("NACE 2.1", "nace21_en.csv", "nace21")):
        path = shared / "data" / "reference" / file
        if not path.exists():
            pytest.skip(f"{file} is not in the folder of shared data")
        with path.open(encoding="utf-8") as lines:
            theirs = {row[key]: row["NAME"] for row in csv.DictReader(lines) if len(row[key]) == 2}
        ours = divisions(name)
        assert {code for code in theirs if code.isdigit()} == set(ours)
        assert all(" ".join(theirs[code].split()) == ours[code] for code in ours)


def test_the_chilean_plants(shared: Path) -> None:
    path = shared / "data" / "chile-enia" / "panel.tsv"
    if not path.exists():
        pytest.skip("data/chile-enia/panel.tsv is not in the folder of shared data")
    entry: dict[str, Any] = {
        "classification": "ISIC 2", "year_offset": 1900, "drop": [{"column": "d_e", "below": 0}],
        "columns": {"firm": "padron", "activity": "ciiu", "employment": "L", "exporter": "d_e"},
    }  # fmt: skip
    with opened(path, **entry) as it:
        report = it.report()
        assert (report.rows, report.firms, report.years) == (34_981, 7_231, 7)
        assert it.panel.dropped == {"d_e below 0": 15_636}
        assert not report.stops
        assert it.engine.rows("select count(*), sum(exporter) from panel where year = 1990") == [(4_584, 760)]


def test_a_value_map_keeps_leading_zeros_apart(tmp_path: Path) -> None:
    rows = [("a", 2001, "151"), ("b", 2001, "0151"), ("c", 2001, "151.0")]
    path = write_csv(tmp_path / "p.csv", rows, ("firm", "year", "activity"))
    with opened(path, codes={"activity": {"151": "15", "0151": "01"}}) as it:
        assert it.rows("activity") == [("15",), ("01",), ("15",)]
