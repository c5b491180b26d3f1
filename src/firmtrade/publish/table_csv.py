"""tables.csv: every figure of the release in long form, for machines. The columns are the contract's."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from firmtrade.publish.numbers import csv_value
from firmtrade.publish.only import only_release, only_table
from firmtrade.result import DIMENSIONS, TOTAL, Release, ReleasedCell, ReleasedTable, Unknown

FIXED = ("measure", "value", "unit", "decimals", "confidentiality")


def columns(release: Release) -> tuple[str, ...]:
    """Column names; dimensions beyond the contract's stand after `venture`, in the study's order."""
    further = [n for n in dict.fromkeys((*release.dimensions, *used(release.tables))) if n not in DIMENSIONS]
    return ("table", "sample", "period", *DIMENSIONS, *further, *FIXED)


def used(tables: Iterable[ReleasedTable]) -> list[str]:
    """The dimensions that the figures of these tables have, and their numbers of unknown firms."""
    codes = [cell.codes for table in tables for cell in table.cells]
    codes += [item.codes for table in tables for item in table.unknowns]
    return list(dict.fromkeys(name for each in codes for name in sorted(each)))


def tables_csv(release: Release, only: ReleasedTable | None = None) -> bytes:
    """The release (or one table) as CSV: UTF-8, LF, `_T` for 'not broken down', empty for no value."""
    only_release(release)
    names = columns(release)
    return _csv(names, _rows(release.tables if only is None else (only,), names))


def models_csv(release: Release, only: ReleasedTable | None = None) -> bytes:
    """The models' figures (or those of one of their tables) in the same form; `model` stands first."""
    only_release(release)
    tables = [table for model in release.models for table in model.tables]
    names = ("table", "sample", "period", *used(tables), *FIXED)
    lines = [
        [model.name, *line]
        for model in release.models
        for line in _rows([t for t in model.tables if only is None or t.name == only.name], names)
    ]
    return _csv(("model", *names), lines)


def _rows(tables: Iterable[ReleasedTable], names: Sequence[str]) -> Iterable[list[str]]:
    return [line for table in tables for line in _lines(table, names)]


def _csv(names: Sequence[str], lines: Iterable[list[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(lines)
    return text.getvalue().encode("utf-8")


def _lines(table: ReleasedTable, names: Sequence[str]) -> Iterable[list[str]]:
    return [[_field(table, cell, name) for name in names] for cell in figures(table)]


def figures(table: ReleasedTable) -> list[ReleasedCell]:
    """The table's figures, then its numbers of unknown firms (unless a figure says the same)."""
    only_table(table)
    known = {_key(cell) for cell in table.cells}
    return [*table.cells, *(c for c in map(_figure, table.unknowns) if _key(c) not in known)]


def _key(cell: ReleasedCell) -> tuple[object, ...]:
    codes = sorted((name, code) for name, code in cell.codes.items() if code != TOTAL)
    return (cell.sample, cell.period, tuple(codes), cell.measure)


def _figure(item: Unknown) -> ReleasedCell:
    status = "F" if item.firms is not None else "C"
    return ReleasedCell(item.sample, item.period, item.codes, item.measure, item.firms, item.unit, 0, status)


def _field(table: ReleasedTable, cell: ReleasedCell, name: str) -> str:
    if name == "table":
        return table.name
    if name == "value":
        return csv_value(cell.value, cell.unit)
    if name in ("unit", "decimals", "confidentiality"):
        return str(getattr(cell, name))
    return cell.attribute(name)
