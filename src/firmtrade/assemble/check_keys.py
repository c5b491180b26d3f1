"""Firm and year as key: duplicate firm-years, gaps in a firm's years, number of firms and years.

A firm's years are one number with a bit for each year, so one grouping by firm tells duplicates (more
rows than bits) and gaps (a hole between the bits), exactly and without sorting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from firmtrade._engine.duckdb import DuckDB
from firmtrade.assemble.check_report import Example, Problem
from firmtrade.assemble.panel import Panel

#: Years that fit into one number.
_BITS = 60
_SHOWN = 5
_PLACES = 4  # rows named for one duplicate firm-year


@dataclass(frozen=True)
class Keys:
    """What the grouping found: firms, different years, firms with a year twice, firms with a gap."""

    firms: int
    years: int
    duplicated: int
    gaps: int

    def problems(self, engine: DuckDB, panel: Panel) -> Iterator[Problem]:
        """The duplicate firm-years, each with the places of its rows."""
        if not self.duplicated:
            return
        known = f"{panel.rows} where firm is not null and year is not null"
        twice = f"select firm, year, count(*) as n from {known} group by firm, year having count(*) > 1"
        ((count,),) = engine.rows(f"select count(*) from ({twice})")
        first = f"select * from ({twice}) order by firm, year limit {_SHOWN}"
        places = f"list([__file, __row] order by __file, __row)[:{_PLACES}]"
        found = engine.rows(
            f"select firm, year, n, {places} from {panel.rows} join ({first}) using (firm, year) "
            f"group by firm, year, n order by firm, year"
        )
        remedy = "A firm has one row a year. Remove or add up the rows, or name the column of the firm."
        shown = tuple(_example(panel, *row) for row in found)
        title = "firm-years that stand more than once"
        yield Problem("duplicate-firm-year", "stop", title, count, remedy, "firm", shown)

    def notes(self) -> Iterator[Problem]:
        """Gaps: no mistake, but a window over them loses the firm."""
        if self.gaps:
            remedy = "Nothing to do: a firm without a record in a year is not counted in that year."
            yield Problem("gaps", "info", "firms with a gap in their years", self.gaps, remedy, "year")


def _example(panel: Panel, firm: str, year: int, count: int, places: list[Any]) -> Example:
    shown = [panel.place(file, row) for file, row in places]
    rest = "; ..." if count > len(shown) else ""
    return Example(shown[0], firm, year, f"{count} rows: {'; '.join(shown)}{rest}")


def check_keys(engine: DuckDB, panel: Panel, first: int | None, last: int | None, complete: bool) -> Keys:
    """Count firms, years, duplicates and gaps; `complete` says that every row has a firm and a year."""
    if first is None or last is None:
        return Keys(0, 0, 0, 0)
    known = "" if complete else " where firm is not null and year is not null"
    if last - first >= _BITS:
        return _slow(engine, panel, known)
    by_firm = (
        f"select count(*) as n, bit_or(cast(1 as bigint) << (year - {first})) as seen "
        f"from {panel.rows}{known} group by firm"
    )
    # seen & -seen is the lowest bit; added to bits without a hole it carries past them all.
    firms, years, twice, gaps = _counts(
        engine,
        f"select count(*), coalesce(bit_count(bit_or(seen)), 0), count_if(n <> bit_count(seen)), "
        f"count_if(((seen + (seen & -seen)) & seen) <> 0) from ({by_firm})",
    )
    return Keys(firms, years, twice, gaps)


def _counts(engine: DuckDB, sql: str) -> tuple[int, ...]:
    return tuple(int(count or 0) for count in engine.rows(sql)[0])


def _slow(engine: DuckDB, panel: Panel, known: str) -> Keys:
    """The same for years too far apart for the bits (which the check reports as impossible)."""
    by_firm = (
        f"select count(*) as n, count(distinct year) as years, max(year) - min(year) + 1 as span "
        f"from {panel.rows}{known} group by firm"
    )
    firms, twice, gaps = _counts(
        engine, f"select count(*), count_if(n <> years), count_if(span > years) from ({by_firm})"
    )
    (years,) = _counts(engine, f"select count(distinct year) from {panel.rows}{known}")
    return Keys(firms, years, twice, gaps)
