"""Count and check the lines of a delimited text file without an engine."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from firmtrade.errors import DataError

_CHUNK = 1 << 24
_LONGEST_CELL = 1 << 20


@dataclass(frozen=True)
class Count:
    """What one pass over the bytes found.

    `rows` and `delimiters` leave out what stands in quotes; the header and blank lines are no rows.
    `plain`: one kind of line end, no quote left open. `one_line_a_row`: row n stands on line n + 2.
    """

    rows: int
    delimiters: int
    plain: bool
    one_line_a_row: bool


def is_utf8(encoding: str) -> bool:
    """Whether the name means UTF-8 (ASCII is part of it)."""
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")


def transcode(path: Path, encoding: str, copy: Path) -> None:
    """Copy the file as UTF-8; raises DataError that names the line of a character that cannot be."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    with path.open("rb") as old, copy.open("wb") as new:
        while True:
            block = old.read(_CHUNK)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeError as error:
                before = block[: getattr(error, "start", 0)].count(b"\n")
                raise not_encoded(path, encoding, lines + before) from None
            lines += text.count("\n")
            new.write(text.encode("utf-8"))
            if not block:
                return


def changes_encoding(path: Path) -> int:
    """The first line that is not in the encoding of those before it, UTF-8 or another; 0 if there is none.

    Hardly any text of an older encoding is UTF-8 by chance as soon as it has a letter beyond ASCII.
    """
    before: bool | None = None
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.isascii():
                continue
            utf8 = _is_utf8_text(line)
            if before is not None and utf8 != before:
                return number
            before = utf8
    return 0


def _is_utf8_text(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def read_header(path: Path, name: str) -> str:
    """The first line of a UTF-8 file, without its end; `name` is what errors call the file."""
    with path.open("rb") as file:
        start = file.read(_LONGEST_CELL)
    line = start.replace(b"\r", b"\n").split(b"\n", 1)[0]
    if b"\0" in line:
        raise DataError(
            f'{name}, line 1: a NUL byte. If it is UTF-16, write  encoding = "utf-16"  in [panel].'
        )
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise not_encoded(Path(name), "utf-8", 1) from None
    if not text.strip():
        raise DataError(f"{name}, line 1 is empty. The first line must name the columns.")
    return text


def count_file(path: Path, name: str, delimiter: str) -> Count:
    """One pass over a UTF-8 file; raises DataError for other bytes and for NUL."""
    tally = _Tally(delimiter.encode())
    with path.open("rb") as file:
        for chunk in _chunks(file):
            at = chunk.find(b"\0")
            if at >= 0:
                line = tally.newlines + chunk[:at].count(b"\n") + 1
                raise DataError(f"{name}, line {line}: a NUL byte. The file is damaged: export it again.")
            try:
                chunk.decode("utf-8")
            except UnicodeDecodeError as error:
                line = tally.newlines + chunk[: error.start].count(b"\n") + 1
                raise not_encoded(Path(name), "utf-8", line) from None
            tally.add(chunk)
    return tally.count()


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    """Pieces of the file that end at a line's end (the last one perhaps not)."""
    rest = b""
    while block := file.read(_CHUNK):
        block = rest + block
        end = block.rfind(b"\n") + 1
        rest = block[end:]
        if end:
            yield block[:end]
    if rest:
        yield rest


class _Tally:
    """Counts over pieces that end at a line's end."""

    def __init__(self, delimiter: bytes) -> None:
        self._delimiter = delimiter
        self._inside = False  # a quoted cell is open at the end of the piece
        self._ended = True
        self.newlines = 0
        self._lines = self._blank = self._delimiters = self._pairs = self._returns = 0

    def add(self, chunk: bytes) -> None:
        self.newlines += chunk.count(b"\n")
        self._pairs += chunk.count(b"\r\n")
        self._returns += chunk.count(b"\r")
        quoted = self._inside or b'"' in chunk
        for piece in self._outside(chunk) if quoted else [chunk]:
            self._lines += piece.count(b"\n")
            self._delimiters += piece.count(self._delimiter)
        self._blank += _blank_lines(chunk)
        self._ended = chunk.endswith(b"\n")

    def _outside(self, chunk: bytes) -> list[bytes]:
        """What does not stand in quotes; a doubled quote closes and opens again, which changes nothing."""
        pieces = chunk.split(b'"')
        first = 1 if self._inside else 0
        self._inside = (len(pieces) - 1 + first) % 2 == 1
        return pieces[first::2]

    def count(self) -> Count:
        lines = self._lines - self._blank + (0 if self._ended else 1)
        one_kind = self._returns == 0 or self._pairs == self._returns == self.newlines
        return Count(
            rows=lines - 1, delimiters=self._delimiters, plain=one_kind and not self._inside,
            one_line_a_row=self._lines == self.newlines and self._blank == 0,
        )  # fmt: skip


def _blank_lines(chunk: bytes) -> int:
    """Lines without a character: a line's end at the start or directly after another."""
    if b"\r" in chunk:
        chunk = chunk.replace(b"\r\n", b"\n")
    found, at = int(chunk.startswith(b"\n")), chunk.find(b"\n\n")
    while at >= 0:
        found += 1
        at = chunk.find(b"\n\n", at + 1)
    return found


def first_fault(path: Path, delimiter: str, width: int) -> str:
    """The first line that is not a row of `width` cells: 'line 7: ...'; empty if there is none."""
    old = csv.field_size_limit(_LONGEST_CELL)
    last = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            for row in reader:
                if row and len(row) != width:
                    return (
                        f"line {last + 1}: {len(row)} cells where the header has {width}. A delimiter is "
                        f"missing or too many, or a cell with a delimiter in it is not in quotes."
                    )
                last = reader.line_num
    except csv.Error as error:
        return (
            f"line {last + 1}: a quoted cell is not closed properly ({error}). "
            f"Write a quote inside a cell twice."
        )
    finally:
        csv.field_size_limit(old)
    return ""


def rewrite(path: Path, delimiter: str, copy: Path) -> Count:
    """Copy a file without faults with each cell in quotes and one kind of line end."""
    rows, plain = -1, True
    with (
        path.open(encoding="utf-8-sig", newline="") as old,
        copy.open("w", encoding="utf-8", newline="") as new,
    ):
        writer = csv.writer(new, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
        reader = csv.reader(old, delimiter=delimiter, strict=True)
        for row in reader:
            if row:
                writer.writerow(row)
                rows += 1
                plain = plain and reader.line_num == rows + 1
    return Count(rows, 0, plain=True, one_line_a_row=plain)


def line_of(path: Path, encoding: str, delimiter: str, row: int, count: Count) -> int:
    """The line on which data row `row` (from 0) starts."""
    if count.one_line_a_row:
        return row + 2
    last, seen = 0, -2
    with path.open(encoding="utf-8-sig" if is_utf8(encoding) else encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        for cells in reader:
            seen += bool(cells)
            if cells and seen == row:
                break
            last = reader.line_num
    return last + 1


def not_encoded(path: Path, encoding: str, line: int) -> DataError:
    """The error for a byte that is no character of the encoding."""
    other = "latin-1" if is_utf8(encoding) else "utf-8"
    return DataError(
        f"{path.name}, line {line}: a character that is not {encoding}. If the file comes from another "
        f'program, write  encoding = "{other}"  in [panel].'
    )
