"""SAS data sets (.sas7bdat): the same panel, dates, missing values with a letter, encodings, cut files."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from firmtrade.errors import DataError
from support_panels import COLUMNS, ROWS, content, opened, write_parquet
from support_sas import write_sas


def refused(path: Path) -> str:
    with pytest.raises(DataError) as caught, opened(path):
        pass
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252"])
def test_the_same_panel_as_from_parquet(tmp_path: Path, encoding: str) -> None:
    """A data set says its encoding, so the study need not."""
    expected = content(write_parquet(tmp_path / "p.parquet"))
    assert content(write_sas(tmp_path / "p.sas7bdat", ROWS, COLUMNS, encoding)) == expected


def test_another_reader_finds_the_same(tmp_path: Path) -> None:
    """pandas reads SAS by itself: the writer of these tests is not only understood by one reader."""
    import pandas as pd

    path = write_sas(tmp_path / "p.sas7bdat", ROWS * 100, COLUMNS)
    found = pd.read_sas(path, encoding="utf-8")
    assert list(found.columns) == list(COLUMNS) and len(found) == 500
    assert found["turnover"].dropna().tolist() == [row[6] for row in ROWS * 100 if row[6] is not None]


def test_every_row_of_many_pages(tmp_path: Path) -> None:
    rows = [(f"f{n}", 2001, float(n)) for n in range(10_000)]
    path = write_sas(tmp_path / "p.sas7bdat", rows, ("firm", "year", "turnover"))
    with opened(path) as it:
        assert it.engine.rows("select count(*), sum(turnover) from panel") == [(10_000, Decimal(49_995_000))]


def test_dates_and_missing_values_with_a_letter(tmp_path: Path) -> None:
    rows = [("a", 15_000, 1.5, 14_000.0), ("b", 15_400, ".A", None), ("c", 15_400, None, None)]
    columns = ("firm", "year", "turnover", "founded")
    path = write_sas(tmp_path / "p.sas7bdat", rows, columns, formats={"year": "YYMMDD", "founded": "DATE"})
    with opened(path) as it:
        assert it.rows() == [
            ("a", 2001, 1998, Decimal("1.5")),
            ("b", 2002, None, None),
            ("c", 2002, None, None),
        ]
        assert not it.report().stops


def test_problems_name_the_row(tmp_path: Path) -> None:
    rows = [("a", 2001, 5.0, "x"), ("a", 2001, -1.0, "3")]
    path = write_sas(tmp_path / "p.sas7bdat", rows, ("firm", "year", "employment", "turnover"))
    with opened(path) as it:
        found = {problem.rule: problem.examples[0] for problem in it.report().stops}
    assert set(found) == {"duplicate-firm-year", "negative-employment", "unusable-turnover"}
    assert found["negative-employment"].place == "p.sas7bdat, row 2"


def test_files_that_are_cut_or_empty(tmp_path: Path) -> None:
    path = write_sas(tmp_path / "p.sas7bdat", ROWS * 500, COLUMNS)
    whole = path.read_bytes()
    for size in (500, 5_000, len(whole) // 2, len(whole) - 100):
        path.write_bytes(whole[:size])
        assert "p.sas7bdat" in refused(path)
    assert "no rows" in refused(write_sas(tmp_path / "p.sas7bdat", [], ("firm", "year")))


def test_a_file_that_sas_wrote() -> None:
    """FIRMTRADE_SAS names any data set from SAS itself, such as the iris of the R package haven."""
    file = os.environ.get("FIRMTRADE_SAS")
    if not file:
        pytest.skip("no data set written by SAS: set FIRMTRADE_SAS to one")
    import pyreadstat

    _, about = pyreadstat.read_sas7bdat(file, metadataonly=True)
    first = about.column_names[0]
    with opened(file, columns={"firm": first}, constant={"year": 2001}) as it:
        ((rows,),) = it.engine.rows("select count(*) from panel")
    assert rows == about.number_rows > 0
