"""Files as they come: compressed, titled, partitioned, damaged, with thousands separated."""

from __future__ import annotations

import gzip
import os
from decimal import Decimal
from pathlib import Path

import pytest

from firmtrade.errors import DataError
from support_panels import COLUMNS, ROWS, check, content, opened, write_csv, write_excel, write_parquet

SHORT = ("firm", "year", "turnover")


def refused(source: Path) -> str:
    with pytest.raises(DataError) as caught, opened(source):
        pass
    return str(caught.value)


def test_a_compressed_file_is_to_be_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "panel.csv.gz"
    path.write_bytes(gzip.compress(b"firm,year\na,2001\n"))
    assert "unpack it first" in refused(path)


def test_a_file_of_duckdb_is_to_be_exported(tmp_path: Path) -> None:
    (tmp_path / "panel.duckdb").write_bytes(b"x" * 100)
    assert "copy panel to 'panel.parquet'" in refused(tmp_path / "panel.duckdb")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_csv(tmp_path / "panel.csv")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may read everything
    assert "panel.csv may not be read" in refused(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Panel of firms\nfirm,year\na,2001\n", "line 1 names one column only"),
        ("# made by x\nfirm,year\na,2001\n", "take out lines above it"),
        ("firm    year\na    2001\n", 'delimiter = "..."'),
        ("<html><body>log in</body></html>\n", "line 1 names one column only"),
        ("sep=;\nfirm;year\na;2001\n", "is a note to Excel"),
    ],
)
def test_what_stands_above_the_header(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "panel.csv").write_text(text)
    assert words in refused(tmp_path / "panel.csv")


def test_a_title_above_the_header_of_a_workbook(tmp_path: Path) -> None:
    path = write_excel(tmp_path / "panel.xlsx", [("firm", "year")], ("Panel of firms",))
    assert "row 1 names one column only ('Panel of firms')" in refused(path)


@pytest.mark.parametrize(
    ("written", "thousands", "decimal"),
    [
        ("1,234,567.5", ",", "."), ("1.234.567,5", ".", ","), ("1 234 567,5", " ", ","),
        ("1\xa0234\xa0567,5", " ", ","), ("1\u202f234\u202f567,5", " ", ","), ("1'234'567.5", "'", "."),
    ],
)  # fmt: skip
def test_thousands_are_read_as_the_remedy_says(
    tmp_path: Path, written: str, thousands: str, decimal: str
) -> None:
    path = write_csv(tmp_path / "panel.csv", [("a", 2001, written)], SHORT, delimiter=";")
    (stop,) = check(path).stops
    assert f'thousands = "{thousands}", decimal = "{decimal}"' in stop.remedy
    assert content(path, thousands=thousands, decimal=decimal)[0][2] == Decimal("1234567.5")


def test_the_remedy_names_the_value(tmp_path: Path) -> None:
    rows = [("a", 2001, "NA", "sim"), ("b", 2001, 5, "nao")]
    path = write_csv(tmp_path / "panel.csv", rows, (*SHORT, "domestic"))
    remedies = {problem.column: problem.remedy for problem in check(path).stops}
    assert 'missing = { turnover = ["NA"] }' in remedies["turnover"]
    assert 'codes = { domestic = { "sim" = true } }' in remedies["domestic"]
    found = check(path, missing={"turnover": ["NA"]}, codes={"domestic": {"sim": True, "nao": False}})
    assert not found.stops


def test_a_value_of_a_size_that_cannot_be_is_shown_with_the_rest(tmp_path: Path) -> None:
    rows = [("a", 2001, 1e35), ("b", 2001, 5.0), ("b", 2001, 6.0)]
    for path in (
        write_parquet(tmp_path / "panel.parquet", rows, SHORT),
        write_csv(tmp_path / "panel.csv", rows, SHORT),
    ):
        with opened(path) as it:
            found = {problem.rule: problem for problem in it.report().stops}
            assert it.rows("turnover") == [(None,), (Decimal(5),), (Decimal(6),)]
        assert set(found) == {"unusable-turnover", "duplicate-firm-year"}
        assert found["unusable-turnover"].examples[0].firm == "a"


def test_a_damaged_parquet_file_is_said_without_the_query(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "panel.parquet", ROWS * 20)
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + bytes(80) + whole[180:])
    text = refused(path)
    assert "panel.parquet cannot be read whole" in text and "again" in text and "select" not in text


def test_a_folder_does_not_overrule_its_file(tmp_path: Path) -> None:
    """A file in year=2001 that has rows of 2002 keeps them; they were read as 2001."""
    write_parquet(tmp_path / "panel" / "year=2001" / "p.parquet")
    assert content(tmp_path / "panel") == content(write_parquet(tmp_path / "p.parquet"))
    columns = [name for name in COLUMNS if name != "region"]
    rows = [tuple(cell for cell, name in zip(row, COLUMNS, strict=True) if name != "region") for row in ROWS]
    write_parquet(tmp_path / "both" / "year=2001" / "region=BE1" / "p.parquet", rows, columns)
    assert "Take 'year' out" in refused(tmp_path / "both")


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    columns = ("firm", "turnover")  # the year is in the folder's name
    write_parquet(tmp_path / "year=2001" / "p.parquet", [("b", 1.0)], columns)
    write_parquet(tmp_path / "year=2002" / "p.parquet", [("a", 1.0), ("a", 2.0)], columns)
    report = check(tmp_path)
    assert report.name == "2 files, year=2001/p.parquet to year=2002/p.parquet"
    twice = "2 rows: year=2002/p.parquet, row 1; year=2002/p.parquet, row 2"
    assert report.stops[0].examples[0].value == twice


def test_sqlite_is_known_by_its_ending(tmp_path: Path) -> None:
    from support_panels import write_sqlite

    path = write_sqlite(tmp_path / "panel.db")
    assert content(path) == content(write_parquet(tmp_path / "p.parquet"))
    assert content(None, tmp_path, files="panel.db") == content(path)


def test_value_labels_that_may_be_the_codes_are_said(tmp_path: Path) -> None:
    """pandas writes a column of categories to Stata as 0, 1, ... with labels: 15.11 is then number 0."""
    import pandas as pd

    data = pd.DataFrame(
        {"firm": ["a", "b"], "year": [2001.0, 2001.0], "nace": pd.Categorical(["15.11", "74"])}
    )
    path = tmp_path / "panel.dta"
    data.to_stata(path, write_index=False)
    notes = [problem.title for problem in check(path, columns={"activity": "nace"}).problems]
    assert any("not from their labels (15.11, 74)" in note for note in notes)
    codes = {"activity": {"0": "15.11", "1": "74"}}
    report = check(path, columns={"activity": "nace"}, codes=codes)
    assert not any("labels" in problem.title for problem in report.problems)
    with opened(path, columns={"activity": "nace"}, codes=codes) as it:
        assert it.rows("activity") == [("1511",), ("74",)]
