"""A CSV file or a workbook as rows of cells, each with its line. Nothing is guessed or dropped."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from firmtrade.errors import DataError, MissingExtra, nearest

#: A workbook that unpacks to more than this is not read.
UNPACKED = 200 * 1024**2


@dataclass(frozen=True)
class Sheet:
    """`rows` are (line in the file, cells); `digest` is the SHA-256 of the file and the sheet's name.

    `text`: a CSV file, where a row with fewer cells than the header was cut off. `skipped`: columns that
    are not read.
    """

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Any, ...]], ...]
    digest: str
    text: bool = False
    skipped: frozenset[str] = frozenset()

    def without(self, names: Sequence[str]) -> Sheet:
        """The sheet with some columns not read, which is another sheet. DataError for one that it lacks."""
        for name in names:
            if name not in self.header:
                raise DataError(f"{self.file} has no column '{name}' to skip.{nearest(name, self.header)}")
        skipped = frozenset(names)
        told = "|".join([self.digest, *sorted(skipped)]) if skipped else self.digest
        digest = hashlib.sha256(told.encode()).hexdigest() if skipped else told
        return replace(self, skipped=skipped, digest=digest)


def read_sheet(path: Path, sheet: str | None = None) -> Sheet:
    """The file's cells: text from CSV, values from a workbook; an empty cell is None, an empty row is no row.

    Raises DataError for a file that cannot be read whole.
    """
    if path.suffix.lower() in (".xls", ".xlsb", ".ods"):
        raise DataError(f"{path.name}: workbooks of this kind are not read. Save it as .xlsx or .csv.")
    text = path.suffix.lower() not in (".xlsx", ".xlsm")
    if not text:
        name, lines = _workbook(path, sheet)
    else:
        name, lines = "", _csv(path)
    if not lines:
        raise DataError(f"{path.name} is empty. Its first row names the columns.")
    header = tuple(str(cell or "").strip() for cell in lines[0][1])
    while header and not header[-1]:
        header = header[:-1]
    rows = tuple((line, cells) for line, cells in lines[1:] if any(cell is not None for cell in cells))
    digest = hashlib.sha256(path.read_bytes() + name.encode()).hexdigest()
    return Sheet(path.name, header, rows, digest, text)


def _csv(path: Path) -> list[tuple[int, tuple[Any, ...]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise DataError(f"{path.name}, line {line}: this is not UTF-8. Save the file as CSV UTF-8.") from None
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=lambda sign: (first.count(sign), sign == ","))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    return list(_lines(path, reader))


def _lines(path: Path, reader: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    start = 1
    try:
        for cells in reader:
            yield start, tuple(cell.strip() or None for cell in cells)
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path.name}, line {start}: {error}. Look for a quotation mark that is not closed."
        ) from None


def _workbook(path: Path, sheet: str | None) -> tuple[str, list[tuple[int, tuple[Any, ...]]]]:
    try:
        import openpyxl
    except ImportError:
        raise MissingExtra(f"Reading {path.name}", "files") from None
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > UNPACKED:
            raise DataError(f"{path.name} is too large for a workbook ({unpacked:,} bytes). Save it as .csv.")
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise DataError(f"{path.name} is not a whole workbook ({error}). Save it again as .xlsx.") from None
    try:
        name = sheet or _only(path, book.sheetnames)
        if name not in book.sheetnames:
            raise DataError(f"{path.name} has no sheet '{name}'.{nearest(name, book.sheetnames)}")
        lines = [
            (number, tuple(cell if cell != "" else None for cell in cells))
            for number, cells in enumerate(book[name].iter_rows(values_only=True), 1)
        ]
        return name, [line for line in lines if any(cell is not None for cell in line[1])]
    finally:
        book.close()


def _only(path: Path, names: list[str]) -> str:
    if len(names) != 1:
        raise DataError(f"{path.name} has several sheets ({', '.join(names)}). Say which: --sheet {names[0]}")
    return names[0]
