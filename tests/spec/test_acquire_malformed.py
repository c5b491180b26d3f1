"""Input that cannot be read whole: the error names file, place and remedy, and nothing is swallowed."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from firmtrade.errors import DataError, MissingExtra, StudyError
from support_panels import (
    ROWS,
    content,
    opened,
    write_csv,
    write_excel,
    write_parquet,
    write_sqlite,
    write_statistics,
)

HEADER = b"firm,year,turnover\n"


def refused(source: str | Path | None = None, base: Path = Path(), **panel: object) -> str:
    """The text of the error that opening raises."""
    with pytest.raises(DataError) as caught, opened(source, base, **panel):
        pass
    return str(caught.value)


TEXTS = {
    "too few cells": (b"a,2001,1\nb,2002\n", ("line 3", "2 cells where the header has 3")),
    "too many cells": (b"a,2001,1\nb,2002,2,3\n", ("line 3", "4 cells")),
    "one delimiter too many": (b"a,2001,1\nb,2002,2,\nc,2003,3\n", ("line 3", "4 cells")),
    "unclosed quote": (b'a,2001,1\n"b,2002,2\nc,2003,3\n', ("line 3", "quote")),
    "text after a quote": (b'a,2001,1\n"b"x,2002,2\n', ("line 3", "quote")),
    "nul byte": (b"a,2001,1\nb,2002,\0\n", ("line 3", "NUL")),
    "bad encoding": (b"a,2001,1\nM\xfcller,2002,2\n", ("line 3", "not utf-8", 'encoding = "latin-1"')),
    "spaces for a line": (b"a,2001,1\n   \nb,2002,2\n", ("line 3", "1 cells")),
    "cut off": (b"a,2001,1\nb,20", ("line 3", "2 cells")),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_a_bad_line_is_named(tmp_path: Path, name: str) -> None:
    body, words = TEXTS[name]
    path = tmp_path / "panel.csv"
    path.write_bytes(HEADER + body)
    # Without `encoding` in the study, bytes that are not UTF-8 are read as Latin-1.
    text = refused(path, encoding="utf-8")
    assert "panel.csv" in text
    for word in words:
        assert word in text


def test_a_bad_line_far_down_is_named(tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    lines = [f"f{n},2001,{n}" for n in range(30_000)]
    lines[25_000] += ","
    path.write_text("firm,year,turnover\n" + "\n".join(lines) + "\n")
    assert "line 25002" in refused(path)


def test_lines_after_a_quoted_line_end_keep_their_number(tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    path.write_bytes(HEADER + b'"two\nlines",2001,1\n\nb,2002,x\nc,2003,4\n')
    with opened(path) as it:
        (problem,) = it.report().stops
    assert problem.examples[0].place == "panel.csv, line 5"
    assert problem.examples[0].value == "x"


def test_quoted_cells_may_hold_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    path.write_bytes(
        b'"firm","year","turnover"\r\n"a;b,c","2001","1.5"\r\n"say ""x""","2002",""\r\n"d\r\ne","2003",2\r\n'
    )
    assert [row[0] for row in content(path)] == ["a;b,c", "d\r\ne", 'say "x"']


def test_a_stray_quote_inside_a_cell_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    path.write_bytes(HEADER + b'pipes 2",2001,1\npipes 3",2002,2\npipes 4",2003,3\n')
    assert [row[0] for row in content(path)] == ['pipes 2"', 'pipes 3"', 'pipes 4"']


def test_every_line_becomes_a_row(tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    lines = [f'"f{n}\n2",2001,{n}' if n % 1000 == 0 else f"f{n},2001,{n}" for n in range(50_000)]
    path.write_text("firm,year,turnover\n" + "\n".join(lines))  # no line end at the end
    with opened(path) as it:
        found = it.engine.rows("select count(*), sum(turnover) from panel")
    assert found == [(50_000, sum(range(50_000)))]


HEADERS = {
    "twice": (b"firm,year,Firm\na,2001,1\n", "stands twice"),
    "without a name": (b"firm,year,\na,2001,1\n", "column 3 has no name"),
    "empty": (b"\na,2001,1\n", "line 1 is empty"),
    "quote": (b'"firm,year\na,2001\n', "quote in the header"),
    "alone": (b"firm,year\n", "no rows"),
    "utf-16": ("firm,year\na,2001\n".encode("utf-16"), "utf-16"),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADERS)
def test_a_bad_header_is_named(tmp_path: Path, name: str) -> None:
    body, words = HEADERS[name]
    path = tmp_path / "panel.csv"
    path.write_bytes(body)
    text = refused(path)
    assert "panel.csv" in text and words in text


def test_firm_and_year_are_required(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "panel.csv", [("a", 2001)], ("firmid", "year"))
    text = refused(path)
    assert "no column 'firm'" in text and "Did you mean 'firmid'?" in text


def test_a_mapping_to_a_column_that_is_not_there(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "panel.csv", [("a", 2001, 1)], ("firm", "year", "fte_total"))
    text = refused(path, columns={"employment": "fte_totl"})
    assert "employment" in text and "Did you mean 'fte_total'?" in text


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    write_csv(tmp_path / "panel_2001.csv")
    text = refused(None, tmp_path, files="panel_2002.csv")
    assert "panel_2002.csv" in text and "Did you mean 'panel_2001.csv'?" in text
    assert "No file matches" in refused(None, tmp_path, files="*.dta")


def test_no_files_at_all() -> None:
    with pytest.raises(StudyError, match="names no files"), opened():
        pass


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".dta", ".sav", ".xlsx", ".xpt"])
def test_an_empty_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"panel{suffix}"
    path.write_bytes(b"")
    text = refused(path)
    assert path.name in text and "0 bytes" in text


@pytest.mark.parametrize("suffix", [".parquet", ".dta", ".sav", ".xlsx"])
def test_a_truncated_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"panel{suffix}"
    write = {".parquet": write_parquet, ".xlsx": write_excel}.get(suffix, write_statistics)
    write(path, ROWS * 50)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    text = refused(path)
    assert path.name in text and ("again" in text)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".dta", ".sav", ".xlsx"])
def test_columns_without_rows(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"panel{suffix}"
    write = {".parquet": write_parquet, ".xlsx": write_excel, ".csv": write_csv}.get(suffix, write_statistics)
    write(path, [])
    text = refused(path)
    assert path.name in text and "no rows" in text


def test_a_file_that_is_something_else(tmp_path: Path) -> None:
    for suffix in (".parquet", ".dta", ".sav", ".xlsx", ".sas7bdat"):
        path = tmp_path / f"panel{suffix}"
        path.write_text("firm,year\na,2001\n" * 100)
        assert path.name in refused(path)


def test_a_folder_without_data(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "readme.md").write_text("nothing here")
    assert "holds no data file" in refused(tmp_path / "empty")


def test_a_folder_with_several_kinds(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv")
    write_parquet(tmp_path / "b.parquet")
    assert "several kinds" in refused(tmp_path)


def test_an_unknown_ending(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "panel.data")
    assert 'format = "csv"' in refused(path)
    assert len(content(path, format="csv")) == len(ROWS)


def test_files_of_different_shape(tmp_path: Path) -> None:
    columns = ("firm", "year", "turnover")
    for name, write in (("p", write_parquet), ("c", write_csv), ("s", write_statistics), ("x", write_excel)):
        suffix = {"p": ".parquet", "c": ".csv", "s": ".dta", "x": ".xlsx"}[name]
        (tmp_path / name).mkdir()
        write(tmp_path / name / f"one{suffix}", [("a", 2001, 1.0)], columns)
        write(tmp_path / name / f"two{suffix}", [("a", 2002, 1.0)], (*columns[:2], "sales"))
        text = refused(tmp_path / name)
        assert "one" in text and "two" in text and ("'sales'" in text or "'turnover'" in text)


def test_text_in_one_file_and_numbers_in_the_other(tmp_path: Path) -> None:
    columns = ("firm", "year", "turnover")
    write_parquet(tmp_path / "p" / "one.parquet", [("a", 2001, 1.0)], columns)
    write_parquet(tmp_path / "p" / "two.parquet", [("a", 2002, "1")], columns, {"turnover": "varchar"})
    text = refused(tmp_path / "p")
    assert "two.parquet" in text and "'turnover' is VARCHAR, but DOUBLE in one.parquet" in text


def test_workbooks_that_are_too_large_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (60 * 1024**2))
    assert "too large" in refused(path)


def test_workbooks_with_several_sheets(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "panel.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("Notes").write(0, 0, "hello")
        sheet = book.add_worksheet("Panel")
        sheet.write_row(0, 0, ["firm", "year"])
        sheet.write_row(1, 0, ["a", 2001])
    assert 'sheet = "Notes"' in refused(path)
    assert "Did you mean 'Panel'?" in refused(path, sheet="Panle")
    assert content(path, sheet="Panel") == [("a", 2001)]


def test_errors_and_formulas_in_workbooks_are_not_missing_values(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "panel.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["firm", "year", "turnover"])
        sheet.write_row(1, 0, ["a", 2001, 5])
        sheet.write_row(3, 0, ["b", 2001])
        sheet.write_formula(3, 2, "=1/0", None, "#DIV/0!")
    with opened(path) as it:
        (problem,) = it.report().stops
    assert str(problem.examples[0]) == "panel.xlsx, row 4: firm b, 2001: #DIV/0!"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["firm", "year", "turnover"])
        sheet.write_row(1, 0, ["a", 2001])
        sheet.write_formula(1, 2, "=2+3", None, "")
    assert "row 2, column 3: a formula without a value" in refused(path)


def test_databases(tmp_path: Path) -> None:
    path = write_sqlite(tmp_path / "panel.db")
    assert "There is no file" in refused(f"sqlite:///{tmp_path / 'other.db'}")
    assert not (tmp_path / "other.db").exists()
    assert "Did you mean 'panel'?" in refused(f"sqlite:///{path}", table="pannel")
    assert "no rows" in refused(f"sqlite:///{write_sqlite(tmp_path / 'empty.db', [])}")
    assert "no database 'nosuch'. Examples: sqlite:///panel.db" in refused("nosuch://user:secret@host/db")
    text = refused("postgresql+psycopg://user:secret@127.0.0.1:1/db")
    assert "secret" not in text and "cannot be read" in text


def test_a_damaged_database(tmp_path: Path) -> None:
    path = tmp_path / "panel.db"
    path.write_bytes(b"not a database at all" * 100)
    assert "cannot be read" in refused(f"sqlite:///{path}")


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [("p.dta", "pyreadstat", "files"), ("p.xlsx", "openpyxl", "files"), ("p.db", "sqlalchemy", "database")],
)
def test_an_optional_part_that_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str, extra: str
) -> None:
    path = tmp_path / name
    write = {"p.dta": write_statistics, "p.xlsx": write_excel, "p.db": write_sqlite}[name]
    write(path)
    monkeypatch.setitem(sys.modules, module, None)
    source = f"sqlite:///{path}" if name == "p.db" else path
    with pytest.raises(MissingExtra, match=rf"pip install 'firmtrade\[{extra}\]'"), opened(source):
        pass


def test_without_arrow_the_rows_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_excel(tmp_path / "p.xlsx")
    expected = content(path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert content(path) == expected
