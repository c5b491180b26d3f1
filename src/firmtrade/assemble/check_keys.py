"""Firm and year as key: duplicate firm-years, gaps in a firm's years, number of firms and years.

A firm's years are one number with a bit for each year, so one grouping by firm tells duplicates (more
rows than bits) and gaps (fewer bits than the span), exactly and without sorting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from firmtrade._engine.duckdb import DuckDB
from firmtrade.assemble.check_report import Example, Problem
from firmtrade.assemble.panel import Panel

#: Years that fit into one number.
_BITS = 60
_SHOWN = 5


@dataclass(frozen=True)
class Keys:
    """What the grouping found. `duplicates` are firm-years that stand more than once."""

    firms: int
    years: int
    duplicated_firms: int
    gaps: int

    def problems(self, engine: DuckDB, panel: Panel) -> Iterator[Problem]:
        """The duplicate firm-years, each with all places of its rows."""
        if not self.duplicated_firms:
            return
        twice = (
            f"select firm, year, count(*) as n from {panel.rows} where firm is not null and year is not null "
            f"group by firm, year having count(*) > 1"
        )
        ((count,),) = engine.rows(f"select count(*) from ({twice})")
        first = f"select * from ({twice}) order by firm, year limit {_SHOWN}"
        found = engine.rows(
            f"select firm, year, n, list(struct_pack(file := __file, line := __row) order by __file, __row)[:4] "
            f"from {panel.rows} join ({first}) using (firm, year) group by firm, year, n order by firm, year"
        )
        yield Problem(
            "duplicate-firm-year", "stop", "firm-years that stand more than once", count,
            "A firm has one row a year. Add up or remove the rows; if firm is an establishment, name the firm's column.",
            "firm", tuple(_example(panel, *row) for row in found),
        )  # fmt: skip

    def notes(self) -> Iterator[Problem]:
        """Gaps: no mistake, but a window over them loses the firm."""
        if self.gaps:
            yield Problem("gaps", "info", "firms with a gap in their years", self.gaps,
                          "Nothing to do: a firm without a record in a year is not counted in that year.", "year")  # fmt: skip


def _example(panel: Panel, firm: str, year: int, count: int, places: list[dict[str, int]]) -> Example:
    shown = [panel.place(place["file"], place["line"]) for place in places]
    return Example(
        shown[0], firm, year, f"{count} rows: " + "; ".join(shown) + ("; ..." if count > len(shown) else "")
    )


def check_keys(engine: DuckDB, panel: Panel, first: int | None, last: int | None) -> Keys:
    """Count firms, years, duplicates and gaps."""
    if first is None or last is None:
        return Keys(0, 0, 0, 0)
    if last - first >= _BITS:
        return _slow(engine, panel)
    by_firm = (
        f"select count(*) as n, bit_or(cast(1 as bigint) << (year - {first})) as seen from {panel.rows} "
        f"where firm is not null and year is not null group by firm"
    )
    # seen & -seen is the lowest bit; seen without holes plus it is a power of two.
    firms, seen, twice, gaps = engine.rows(
        f"select count(*), coalesce(bit_count(bit_or(seen)), 0), count(*) filter (n <> bit_count(seen)), "
        f"count(*) filter (((seen + (seen & -seen)) & seen) <> 0) from ({by_firm})"
    )[0]
    return Keys(firms, seen, twice, gaps)


def _slow(engine: DuckDB, panel: Panel) -> Keys:
    """The same for years too far apart (which the check reports as impossible)."""
    by_firm = (
        f"select count(*) as n, count(distinct year) as years, max(year) - min(year) + 1 as span from {panel.rows} "
        f"where firm is not null and year is not null group by firm"
    )
    firms, twice, gaps = engine.rows(
        f"select count(*), count(*) filter (n <> years), count(*) filter (span > years) from ({by_firm})"
    )[0]
    ((years,),) = engine.rows(f"select count(distinct year) from {panel.rows}")
    return Keys(firms, years, twice, gaps)
