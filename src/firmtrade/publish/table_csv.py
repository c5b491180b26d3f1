"""tables.csv: every figure of the release in long form, for machines. The columns are the contract's."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from firmtrade.publish.numbers import csv_value
from firmtrade.result import DIMENSIONS, Release, ReleasedCell, ReleasedTable, Unknown


def columns(release: Release) -> tuple[str, ...]:
    """Column names; dimensions beyond the contract's stand after `venture`, in the study's order."""
    codes = [cell.codes for table in release.tables for cell in table.cells]
    codes += [item.codes for table in release.tables for item in table.unknowns]
    used = dict.fromkeys(name for each in codes for name in sorted(each))
    further = [n for n in dict.fromkeys((*release.dimensions, *used)) if n not in DIMENSIONS]
    return (
        "table",
        "sample",
        "period",
        *DIMENSIONS,
        *further,
        "measure",
        "value",
        "unit",
        "decimals",
        "confidentiality",
    )


def tables_csv(release: Release, only: ReleasedTable | None = None) -> bytes:
    """The release (or one table) as CSV: UTF-8, LF, `_T` for 'not broken down', empty for no value."""
    names = columns(release)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    tables = release.tables if only is None else (only,)
    for table in tables:
        writer.writerows(_lines(table, names))
    return text.getvalue().encode("utf-8")


def _lines(table: ReleasedTable, names: Sequence[str]) -> Iterable[list[str]]:
    """The table's figures, then its numbers of unknown firms (unless a figure says the same)."""
    figures = [[_field(table, cell, name) for name in names] for cell in table.cells]
    unknowns = [[_field(table, _figure(item), name) for name in names] for item in table.unknowns]
    key = slice(0, names.index("value"))
    known = {tuple(line[key]) for line in figures}
    return [*figures, *(line for line in unknowns if tuple(line[key]) not in known)]


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
