"""Delimited text (CSV): read as text with explicit options, and every line accounted for.

The engine's reader is fast and lenient in places (it takes a line with one delimiter too many, and NUL
bytes), so each file is first counted byte by byte. Where the two disagree, or the engine gives up,
Python's slower csv reader says which line is to blame; if it finds none (as with mixed line ends), the
file is rewritten plainly for the engine.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.lines import (
    Count,
    count_file,
    first_fault,
    is_utf8,
    line_of,
    read_header,
    rewrite,
    transcode,
)
from firmtrade.acquire.locate import Located
from firmtrade.acquire.read import Source, literal, quoted, relation
from firmtrade.acquire.source import PanelSpec
from firmtrade.disk import Scratch, writing
from firmtrade.errors import DataError

#: Bytes of the longest line; and what is read at once, which would be many times that, and a lot of memory.
_LONGEST = 16777216
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class _File:
    """One file as the engine will read it: `readable` is the file itself or its plain copy."""

    path: Path
    readable: Path
    header: tuple[str, ...]
    delimiter: str
    count: Count

    @property
    def whole(self) -> bool:
        """Whether the counts leave no doubt that the engine may read the file as it is."""
        delimiters = (len(self.header) - 1) * (self.count.rows + 1)
        return self.count.plain and self.count.rows > 0 and self.count.delimiters == delimiters


def open_text(engine: DuckDB, spec: PanelSpec, located: Located) -> Source:
    """A view over the files, all columns text; whoever reads it compares with `Source.rows`."""
    scratch = Scratch()
    files: list[_File] = []

    def repair(error: Exception | None) -> tuple[int, ...]:
        """Name the line that is to blame, or rewrite the files so that the engine can read them."""
        for number, file in enumerate(files):
            files[number] = _plain(file, scratch.path / f"{number}-plain.csv")
        return _view(engine, relation(spec), files)

    try:
        files += [_prepare(path, spec, scratch.path / f"{n}.csv") for n, path in enumerate(located.files)]
        _same_header(files)
        rows = _view(engine, relation(spec), files)
    except BaseException:
        scratch.remove()
        raise

    def place(number: int, row: int) -> str:
        file = files[number]
        line = line_of(file.path, spec.encoding, file.delimiter, row, file.count)
        return f"{located.label(number)}, line {line}"

    return Source(located=located, columns=dict.fromkeys(files[0].header, "VARCHAR"), lazy=False, place=place,
                  rows=rows, repair=repair, close=scratch.remove)  # fmt: skip


def _prepare(path: Path, spec: PanelSpec, copy: Path) -> _File:
    readable = path
    if not is_utf8(spec.encoding):
        with writing(copy.parent, "TMPDIR"):
            transcode(path, spec.encoding, copy)
        readable = copy
    delimiter, header = _header(readable, path.name, spec)
    file = _File(path, readable, header, delimiter, count_file(readable, path.name, delimiter))
    if not file.whole:
        file = _plain(file, copy.with_suffix(".plain.csv"))
    if file.count.rows < 1:
        raise DataError(f"{path.name} has a header but no rows.")
    return file


def _plain(file: _File, copy: Path) -> _File:
    """The file rewritten for the engine, unless a line is to blame."""
    fault = first_fault(file.readable, file.delimiter, len(file.header))
    if fault:
        raise DataError(f"{file.path.name}, {fault}")
    with writing(copy.parent, "TMPDIR"):
        return replace(file, count=rewrite(file.readable, file.delimiter, copy), readable=copy)


def _header(path: Path, name: str, spec: PanelSpec) -> tuple[str, tuple[str, ...]]:
    """The delimiter (the commonest of the four in the header unless stated) and the column names."""
    line = read_header(path, name)
    if line.lower().startswith("sep=") and len(line.strip()) < 6:
        raise DataError(f"{name}, line 1: '{line.strip()}' is a note to Excel. Take the line out.")
    delimiter = spec.delimiter or max(_DELIMITERS, key=line.count)
    if delimiter not in line:
        sign = f"no {delimiter!r}" if spec.delimiter else "none of , ; | and no tab"
        raise DataError(
            f"{name}, line 1 names one column only: there is {sign} in it. The first line must name the "
            f'columns (take out lines above it); another sign is  delimiter = "..."  in [panel].'
        )
    try:
        names = tuple(cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, strict=True)))
    except csv.Error:
        raise DataError(f"{name}, line 1: a quote in the header is not closed.") from None
    for position, title in enumerate(names, start=1):
        if not title:
            raise DataError(f"{name}, line 1: column {position} has no name. Give each column a name.")
        if title.lower() in (other.lower() for other in names[: position - 1]):
            raise DataError(
                f"{name}, line 1: the name '{title}' stands twice in the header. Rename one column."
            )
    return delimiter, names


def _same_header(files: list[_File]) -> None:
    first = files[0]
    for file in files[1:]:
        for name in sorted(set(first.header) ^ set(file.header)):
            has, lacks = (first, file) if name in first.header else (file, first)
            raise DataError(
                f"{lacks.path.name} has no column '{name}', which {has.path.name} has. Give all files the "
                f"same columns, or name only the files that belong together."
            )


def _view(engine: DuckDB, name: str, files: list[_File]) -> tuple[int, ...]:
    parts = " union all by name ".join(_select(file, number) for number, file in enumerate(files))
    engine.execute(f"create or replace view {name} as {parts}")
    return tuple(file.count.rows for file in files)


def _select(file: _File, number: int) -> str:
    """The file as the engine reads it: nothing guessed, every column text, an empty cell NULL."""
    names = ", ".join(f"c{n} as {quoted(name)}" for n, name in enumerate(file.header))
    types = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(len(file.header)))
    return (
        f"select {names}, {number} as __file from read_csv({literal(str(file.readable))}, "
        f"auto_detect = false, header = true, columns = {{{types}}}, delim = {literal(file.delimiter)}, "
        f"quote = '\"', escape = '\"', strict_mode = true, null_padding = false, ignore_errors = false, "
        f"max_line_size = {_LONGEST}, buffer_size = {_LONGEST})"
    )
