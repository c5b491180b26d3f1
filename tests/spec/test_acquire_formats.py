"""The same panel in every format: identical content, to the last digit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from support_panels import (
    COLUMNS,
    ROWS,
    content,
    opened,
    write_csv,
    write_excel,
    write_parquet,
    write_sqlite,
    write_statistics,
)


@pytest.fixture
def expected(tmp_path: Path) -> list[tuple[Any, ...]]:
    return content(write_parquet(tmp_path / "expected.parquet"))


def test_parquet_gives_the_contract(tmp_path: Path) -> None:
    with opened(write_parquet(tmp_path / "panel.parquet")) as it:
        assert dict(it.panel.columns) == {
            "firm": "VARCHAR", "year": "INTEGER", "activity": "VARCHAR", "region": "VARCHAR",
            "founded": "INTEGER", "employment": "DECIMAL(18,9)", "turnover": "DECIMAL(18,6)",
            "value_added": "DECIMAL(18,6)", "domestic": "BOOLEAN", "import_intra": "DECIMAL(18,6)",
            "import_extra": "DECIMAL(18,6)", "export_intra": "DECIMAL(18,6)", "export_extra": "DECIMAL(18,6)",
        }  # fmt: skip
        first = dict(zip(COLUMNS, it.rows()[0], strict=True))
    assert first == {
        "firm": "0100", "year": 2001, "activity": "1512", "region": "BE10", "founded": 1990,
        "employment": Decimal("9.900000000"), "turnover": Decimal("1234567.891234"),
        "value_added": Decimal("0.300000"), "domestic": True, "import_intra": Decimal("0.000000"),
        "import_extra": Decimal("0.000001"), "export_intra": Decimal("12.500000"), "export_extra": None,
    }  # fmt: skip


def test_codes_and_regions_are_tidied(expected: list[tuple[Any, ...]]) -> None:
    tidy = [row[2:4] for row in expected]
    assert tidy == [("1512", "BE10"), ("1512", "BE10"), ("0150", "BE2"), (None, None), ("74", "BE3")]


@pytest.mark.parametrize(
    ("delimiter", "decimal", "encoding", "end"),
    [
        (",", ".", "utf-8", "\n"), (";", ",", "latin-1", "\r\n"), ("\t", ".", "utf-8-sig", "\r\n"),
        ("|", ",", "cp1252", "\n"), (";", ".", "utf-16", "\n"), (",", ".", "utf-8", "\r"),
    ],
)  # fmt: skip
def test_delimited_text(
    tmp_path: Path, expected: list[tuple[Any, ...]], delimiter: str, decimal: str, encoding: str, end: str
) -> None:
    path = write_csv(tmp_path / "panel.csv", delimiter=delimiter, decimal=decimal, encoding=encoding, end=end)
    assert content(path, decimal=decimal, encoding=encoding) == expected


def test_latin_1_and_a_decimal_comma_are_recognised(tmp_path: Path, expected: list[tuple[Any, ...]]) -> None:
    path = write_csv(tmp_path / "panel.csv", delimiter=";", decimal=",", encoding="latin-1", end="\r\n")
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n", 2))
    with opened(path) as it:
        assert it.rows() == expected
        notes = [problem.title for problem in it.report().problems if problem.rule == "settled"]
    assert len(notes) == 2 and "Latin-1" in notes[0] and "decimal comma" in notes[1]


def test_a_comma_that_may_separate_thousands_is_no_decimal_comma(tmp_path: Path) -> None:
    rows = [("a", 2001, "1,234"), ("b", 2001, "2,345")]
    path = write_csv(tmp_path / "panel.csv", rows, ("firm", "year", "turnover"), delimiter=";")
    with opened(path) as it:
        assert [problem.count for problem in it.report().stops] == [2]


def test_text_with_both_kinds_of_line_end(tmp_path: Path, expected: list[tuple[Any, ...]]) -> None:
    path = write_csv(tmp_path / "panel.csv", end="\r\n")
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n", 2))
    assert content(path) == expected


def test_text_with_thousands(tmp_path: Path) -> None:
    rows = [("1", 2001, "1.234.567,5"), ("2", 2001, "12,25"), ("3", 2001, "1.000")]
    path = write_csv(tmp_path / "panel.csv", rows, ("firm", "year", "turnover"), delimiter=";")
    with opened(path, decimal=",", thousands=".") as it:
        found = [row[2] for row in it.rows()]
    assert found == [Decimal("1234567.5"), Decimal("12.25"), Decimal("1000")]


@pytest.mark.parametrize("suffix", [".dta", ".sav", ".xpt"])
def test_statistics_files(tmp_path: Path, expected: list[tuple[Any, ...]], suffix: str) -> None:
    if suffix == ".xpt":  # SAS transport files hold numbers in another base: 14 digits are safe
        short = tuple(tuple(round(v, 6) if isinstance(v, float) else v for v in row) for row in ROWS)
        found = content(write_statistics(tmp_path / "panel.xpt", short))
        assert found == content(write_parquet(tmp_path / "short.parquet", short))
    else:
        assert content(write_statistics(tmp_path / f"panel{suffix}")) == expected


def test_excel(tmp_path: Path, expected: list[tuple[Any, ...]]) -> None:
    assert content(write_excel(tmp_path / "panel.xlsx")) == expected


def test_sqlite(tmp_path: Path, expected: list[tuple[Any, ...]]) -> None:
    path = write_sqlite(tmp_path / "panel.db")
    assert content(f"sqlite:///{path}") == expected
    assert content(None, tmp_path, files="sqlite:///panel.db", table="panel") == expected


def test_many_parquet_files(tmp_path: Path, expected: list[tuple[Any, ...]]) -> None:
    for year in (2001, 2002):
        write_parquet(tmp_path / "parts" / f"p{year}.parquet", [row for row in ROWS if row[1] == year])
    assert content(tmp_path / "parts") == expected
    assert content(None, tmp_path, files="parts/*.parquet") == expected
    assert content(None, tmp_path, files=["parts/p2002.parquet", "parts/p2001.parquet"]) == expected


def test_a_partitioned_folder(tmp_path: Path, expected: list[tuple[Any, ...]]) -> None:
    columns = [name for name in COLUMNS if name != "year"]
    for year in (2001, 2002):
        rows = [(row[0], *row[2:]) for row in ROWS if row[1] == year]
        write_parquet(tmp_path / "hive" / f"year={year}" / "part-0.parquet", rows, columns)
    (tmp_path / "hive" / "_SUCCESS").write_text("")
    assert content(tmp_path / "hive") == expected


def test_many_csv_files_with_columns_in_another_order(
    tmp_path: Path, expected: list[tuple[Any, ...]]
) -> None:
    (tmp_path / "parts").mkdir()
    write_csv(tmp_path / "parts" / "a.csv", ROWS[:2])
    backwards = [tuple(reversed(row)) for row in ROWS[2:]]
    write_csv(tmp_path / "parts" / "b.csv", backwards, tuple(reversed(COLUMNS)), delimiter=";")
    assert content(tmp_path / "parts") == expected


@pytest.mark.parametrize(
    "types",
    [
        {"year": "bigint", "founded": "double", "firm": "varchar"},
        {"year": "double", "founded": "smallint"},
        dict.fromkeys(COLUMNS, "varchar"),
    ],
)
def test_other_types_in_parquet(
    tmp_path: Path, expected: list[tuple[Any, ...]], types: dict[str, str]
) -> None:
    assert content(write_parquet(tmp_path / "other.parquet", types=types)) == expected


def test_numeric_identifiers_and_codes_become_text(tmp_path: Path) -> None:
    rows = [(1001.0, 2001, 1512), (1002.0, 2001, 1)]
    for types in ({"firm": "double", "activity": "integer"}, {"firm": "bigint", "activity": "double"}):
        path = write_parquet(tmp_path / "numbers.parquet", rows, ("firm", "year", "activity"), types)
        with opened(path, classification="NACE 1.1") as it:
            assert it.rows() == [("1001", 2001, "1512"), ("1002", 2001, "01")]
    path = write_csv(tmp_path / "numbers.csv", rows, ("firm", "year", "activity"))
    with opened(path, classification="NACE 1.1") as it:
        assert it.rows() == [("1001", 2001, "1512"), ("1002", 2001, "01")]


def test_nan_is_missing_everywhere(tmp_path: Path) -> None:
    rows = [("a", 2001, float("nan")), ("b", 2001, 2.0)]
    expected = [("a", 2001, None), ("b", 2001, Decimal(2))]
    for path in (
        write_parquet(tmp_path / "nan.parquet", rows, ("firm", "year", "turnover")),
        write_csv(tmp_path / "nan.csv", rows, ("firm", "year", "turnover")),
    ):
        with opened(path) as it:
            assert it.rows() == expected
            assert not it.report().stops


def test_large_amounts_are_not_clipped(tmp_path: Path) -> None:
    rows = [("a", 2001, 5e12), ("b", 2001, 1.5)]
    for path in (
        write_parquet(tmp_path / "large.parquet", rows, ("firm", "year", "turnover")),
        write_csv(tmp_path / "large.csv", rows, ("firm", "year", "turnover")),
    ):
        with opened(path) as it:
            assert it.panel.columns["turnover"] == "DECIMAL(38,6)"
            assert it.rows("turnover") == [(Decimal("5000000000000"),), (Decimal("1.5"),)]


def test_boolean_flows_are_flags(tmp_path: Path) -> None:
    rows = [("a", 2001, True, 5.0), ("b", 2001, False, None), ("c", 2001, None, 0.0)]
    columns = ("firm", "year", "export_intra", "export_extra")
    for path in (
        write_parquet(tmp_path / "flags.parquet", rows, columns, {"export_intra": "boolean"}),
        write_csv(tmp_path / "flags.csv", rows, columns),
        write_excel(tmp_path / "flags.xlsx", rows, columns),
    ):
        with opened(path) as it:
            assert it.panel.flags == {"export_intra"}
            assert it.rows("export_intra") == [(Decimal(1),), (Decimal(0),), (None,)]


def test_what_a_panel_says_of_itself(tmp_path: Path) -> None:
    one = write_parquet(tmp_path / "parts" / "one.parquet", ROWS[:2], synthetic="belgium, seed 1")
    with opened(one) as it:
        assert it.panel.synthetic == "belgium, seed 1"
        assert it.panel.name == "one.parquet"
        assert it.panel.files == (one,)
        assert [len(digest) for digest in it.panel.hashes().values()] == [64]
    write_parquet(tmp_path / "parts" / "two.parquet", ROWS[2:])
    with opened(tmp_path / "parts") as it:  # one real file makes the panel a real one
        assert it.panel.synthetic == ""
        assert list(it.panel.hashes()) == ["one.parquet", "two.parquet"]
