"""Excel workbooks (.xlsx, .xlsm), read with openpyxl.

A faster reader was tried and left: it gives an empty cell for an error such as #DIV/0!, which would
turn a mistake into 'missing' without a word.
"""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.insert import Inserter, as_text, refuse_twins
from firmtrade.acquire.locate import Located
from firmtrade.acquire.read import Source, relation
from firmtrade.acquire.source import PanelSpec
from firmtrade.errors import DataError, MissingExtra, nearest

#: A workbook is read whole by any reader, so its size is looked at before.
LARGEST = 512 * 1024**2
RATIO, UNPACKED = 100, 50 * 1024**2
_CHUNK = 20_000
#: What reading a workbook ends with that is not whole, or no workbook (a part that is not XML: SyntaxError).
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, SyntaxError, KeyError, IndexError, ValueError, TypeError,
    AttributeError, NotImplementedError, OverflowError, RuntimeError, OSError,
)  # fmt: skip


@dataclass
class _Sheet:
    """One sheet: `blank` are the numbers of its empty rows, which are no data rows."""

    path: Path
    name: str
    header: tuple[str, ...]
    blank: list[int]


def open_excel(engine: DuckDB, spec: PanelSpec, located: Located) -> Source:
    """Names from the first row of each file's sheet; `Source.fetch` reads the rows."""
    sheets = [_sheet(path, spec) for path in located.files]
    for sheet in sheets[1:]:
        for name in sorted(set(sheets[0].header) ^ set(sheet.header)):
            raise DataError(
                f"{sheets[0].path.name} and {sheet.path.name} do not have the same columns: '{name}' is in "
                f"one of them only. Give all files the same columns."
            )

    def fetch(names: Sequence[str], limit: int | None = None) -> tuple[int, ...]:
        table = Inserter(engine, relation(spec), dict.fromkeys(names, "VARCHAR"))
        asked = sheets[:1] if limit else sheets
        return tuple(_read(table, sheet, names, number, limit) for number, sheet in enumerate(asked))

    def place(file: int, row: int) -> str:
        number = row + 2
        for blank in sheets[file].blank:
            number += blank <= number
        return f"{sheets[file].path.name}, row {number}"

    columns = dict.fromkeys(sheets[0].header, "VARCHAR")
    return Source(located=located, columns=columns, lazy=False, place=place, fetch=fetch)


def _workbook(path: Path, values: bool = True) -> Any:
    try:
        import openpyxl
    except ImportError:
        raise MissingExtra(f"Reading {path.name}", "files") from None
    _refuse_large(path)
    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=values)
    except (*_DAMAGE, openpyxl.utils.exceptions.InvalidFileException) as error:
        raise _damaged(path, error) from None


def _refuse_large(path: Path) -> None:
    if path.suffix.lower() in (".xls", ".xlsb", ".ods"):
        raise DataError(f"{path.name}: workbooks of this kind are not read. Save it as .xlsx or .csv.")
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            declares = next((part.filename for part in parts if _declares(archive, part)), "")
    except _DAMAGE as error:
        raise _damaged(path, error) from None
    if declares:
        raise DataError(
            f"{path.name}: the part {declares} declares entities, which no program writes into a workbook. "
            "It is not read. Save it again as .xlsx, or as .csv."
        )
    packed = max(1, sum(part.compress_size for part in parts))
    unpacked = sum(part.file_size for part in parts)
    if path.stat().st_size > LARGEST or (unpacked > UNPACKED and unpacked > RATIO * packed):
        raise DataError(
            f"{path.name} is too large for a workbook ({unpacked / 1024**2:,.0f} MB unpacked from "
            f"{packed / 1024**2:,.1f} MB). Save it as .csv or Parquet."
        )


def _declares(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Whether a part of XML has a document type: entities in it could grow without end, or read files."""
    if not part.filename.lower().endswith((".xml", ".rels", ".vml")):
        return False
    with archive.open(part) as file:
        return b"<!DOCTYPE" in file.read(1 << 16).replace(b"\0", b"").upper()


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(
        f"{path.name} is not a whole Excel workbook ({error}). Save it again as .xlsx, or as .csv."
    )


def _sheet(path: Path, spec: PanelSpec) -> _Sheet:
    book = _workbook(path)
    try:
        name = spec.sheet or book.sheetnames[0]
        if name not in book.sheetnames:
            known = ", ".join(book.sheetnames)
            raise DataError(
                f"{path.name} has no sheet '{name}'.{nearest(name, book.sheetnames)} Sheets: {known}."
            )
        if spec.sheet is None and len(book.sheetnames) > 1:
            known = ", ".join(book.sheetnames)
            raise DataError(
                f'{path.name} has several sheets ({known}). Say which:  sheet = "{name}"  in [panel].'
            )
        with closing(_rows(book[name], path)) as rows:
            header = _header(next(rows, ()), path)
            if not any(cell is not None for row in rows for cell in row):
                raise DataError(f"{path.name}, sheet {name}, has a header but no rows.")
        return _Sheet(path, name, header, [])
    finally:
        book.close()


def _rows(sheet: Any, path: Path) -> Generator[tuple[Any, ...]]:
    if not hasattr(sheet, "reset_dimensions"):
        raise DataError(f"{path.name}: '{sheet.title}' is a chart, not a sheet of cells.")
    # Some programs write a wrong size of the sheet; to believe it would lose rows.
    try:
        sheet.reset_dimensions()
        yield from sheet.iter_rows(values_only=True)
    except _DAMAGE as error:
        raise _damaged(path, error) from None


def _header(row: Sequence[Any], path: Path) -> tuple[str, ...]:
    cells = list(row)
    while cells and cells[-1] is None:
        cells.pop()
    if not cells:
        raise DataError(f"{path.name}, row 1 is empty. The first row must name the columns.")
    names = tuple((as_text(cell) or "").strip() for cell in cells)
    if "" in names:
        position = names.index("") + 1
        raise DataError(f"{path.name}, row 1: column {position} has no name. Give each column a name.")
    if len(names) == 1:
        raise DataError(
            f"{path.name}, row 1 names one column only ('{names[0]}'). The first row must name the columns: "
            f"take out titles above it."
        )
    refuse_twins(names, f"{path.name}, row 1")
    return names


def _read(table: Inserter, sheet: _Sheet, names: Sequence[str], number: int, limit: int | None) -> int:
    positions = [sheet.header.index(name) for name in names]
    sheet.blank.clear()
    rows: list[tuple[Any, ...]] = []
    total = 0
    book = _workbook(sheet.path)
    try:
        with warnings.catch_warnings(), closing(_rows(book[sheet.name], sheet.path)) as cells:
            # A number formatted as a date that is none comes as '#VALUE!': the casts show it with its row.
            warnings.filterwarnings("ignore", "Cell .* is marked as a date", UserWarning)
            next(cells)
            for line, row in enumerate(islice(_calculated(cells, sheet), limit), start=2):
                if all(cell is None for cell in row):
                    sheet.blank.append(line)
                    continue
                _refuse_wide(row, line, sheet)
                rows.append(tuple(row[at] if at < len(row) else None for at in positions))
                if len(rows) == _CHUNK:
                    total += _insert(table, rows, number)
        return total + _insert(table, rows, number)
    finally:
        book.close()


def _insert(table: Inserter, rows: list[tuple[Any, ...]], number: int) -> int:
    added = table.add([[as_text(cell) for cell in column] for column in zip(*rows, strict=True)], number)
    rows.clear()
    return added


def _refuse_wide(row: Sequence[Any], line: int, sheet: _Sheet) -> None:
    for at in range(len(sheet.header), len(row)):
        if row[at] is not None:
            raise DataError(
                f"{sheet.path.name}, row {line}: a value in column {at + 1}, which has no name in the header."
            )


def _calculated(cells: Iterator[tuple[Any, ...]], sheet: _Sheet) -> Iterator[tuple[Any, ...]]:
    """The rows, after making sure that each formula has a value in the file.

    A program that writes formulas without calculating them leaves cells that look empty.
    """
    if not _has_formulas(sheet.path):
        yield from cells
        return
    book = _workbook(sheet.path, values=False)
    try:
        with closing(_rows(book[sheet.name], sheet.path)) as formulas:
            next(formulas)
            for line, (row, written) in enumerate(zip_longest(cells, formulas, fillvalue=()), start=2):
                _refuse_uncalculated(row, written, line, sheet)
                yield row
    finally:
        book.close()


def _refuse_uncalculated(row: Sequence[Any], written: Sequence[Any], line: int, sheet: _Sheet) -> None:
    for at, formula in enumerate(written):
        empty = at >= len(row) or row[at] is None
        if empty and isinstance(formula, str) and formula.startswith("="):
            raise DataError(
                f"{sheet.path.name}, row {line}, column {at + 1}: a formula without a value. Open the "
                f"workbook in Excel, save it, and try again."
            )


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        for part in archive.infolist():
            if not part.filename.startswith("xl/worksheets/"):
                continue
            with archive.open(part) as file:
                rest = b""
                while block := file.read(1 << 20):
                    if b"<f>" in rest + block or b"<f " in rest + block:
                        return True
                    rest = block[-3:]
    return False
