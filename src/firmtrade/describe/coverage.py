"""Which population of a trade register a table is about: said under every table of such a study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from firmtrade.describe.spec import ALL, Table

#: The dimension whose codes are the populations.
COVERAGE = "coverage"


def with_coverage(tables: Iterable[Table], titles: Mapping[str, str]) -> tuple[Table, ...]:
    """The tables with a note that says whom they cover; `titles` are those of the populations."""
    return tuple(replace(table, notes=(*table.notes, _note(table, titles))) for table in tables)


def _note(table: Table, titles: Mapping[str, str]) -> str:
    asked = [dict(block.by).get(COVERAGE, ()) for block in table.blocks]
    if not all(asked):
        return "Covers all firms of the sample, whether they declare trade or not, of known activity or not."
    codes = dict.fromkeys(code for found in asked for code in found)
    if ALL in codes:
        return "Covers each population of the trade register by itself."
    parts = dict.fromkeys(part.strip() for code in codes for part in code.split("|"))
    return f"Covers {'; '.join(titles.get(part, part) for part in parts)}."
