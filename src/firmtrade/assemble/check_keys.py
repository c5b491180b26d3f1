"""Firm and year as key: duplicate firm-years, gaps in a firm's years, number of firms and years.

A firm's years are one number with a bit for each year, so one grouping by firm tells duplicates (more
rows than bits) and gaps (a hole between the bits), exactly and without sorting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from firmtrade._engine.engine import Engine
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

    def problems(self, engine: Engine, panel: Panel) -> Iterator[Problem]:
        """The duplicate firm-years, each with the places of its rows."""
        if not self.duplicated:
            return
        known = f"{panel.rows} where firm is not null and year is not null"
        twice = f"select firm, year, count(*) as n from {known} group by firm, year having count(*) > 1"
        ((count,),) = engine.rows(f"select count(*) from ({twice}) as twice")
        first = f"select * from ({twice}) as twice order by firm, year limit {_SHOWN}"
        place = "row_number() over (partition by firm, year order by __file, __row)"
        placed = (
            f"select firm, year, n, __file, __row, {place} as place "
            f"from {panel.rows} as seen join ({first}) as first_ones using (firm, year)"
        )
        found: dict[tuple[str, int, int], list[tuple[int, int]]] = {}
        for firm, year, n, file, row in engine.rows(
            f"select firm, year, n, __file, __row from ({placed}) as placed where place <= {_PLACES} "
            f"order by firm, year, __file, __row"
        ):
            found.setdefault((firm, year, n), []).append((file, row))
        remedy = "A firm has one row a year. Remove or add up the rows, or name the column of the firm."
        shown = tuple(_example(panel, *key, places) for key, places in found.items())
        title = "firm-years that stand more than once"
        yield Problem("duplicate-firm-year", "stop", title, count, remedy, "firm", shown)

    def notes(self) -> Iterator[Problem]:
        """Gaps: no mistake, but a window over them loses the firm."""
        if self.gaps:
            remedy = "Nothing to do: a firm without a record in a year is not counted in that year."
            yield Problem("gaps", "info", "firms with a gap in their years", self.gaps, remedy, "year")


def _example(panel: Panel, firm: str, year: int, count: int, places: list[tuple[int, int]]) -> Example:
    shown = [panel.place(file, row) for file, row in places]
    rest = "; ..." if count > len(shown) else ""
    return Example(shown[0], firm, year, f"{count} rows: {'; '.join(shown)}{rest}")


def check_keys(engine: Engine, panel: Panel, first: int | None, last: int | None, complete: bool) -> Keys:
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
    bits, count_if = engine.dialect.bits, engine.dialect.count_if
    # seen & -seen is the lowest bit; added to bits without a hole it carries past them all.
    twice = count_if(f"n <> {bits('seen')}")
    holes = count_if("((seen + (seen & -seen)) & seen) <> 0")
    counted = f"count(*), coalesce({bits('bit_or(seen)')}, 0), {twice}, {holes}"
    return Keys(*_counts(engine, f"select {counted} from ({by_firm}) as firms"))


def _counts(engine: Engine, sql: str) -> tuple[int, ...]:
    return tuple(int(count or 0) for count in engine.rows(sql)[0])


def _slow(engine: Engine, panel: Panel, known: str) -> Keys:
    """The same for years too far apart for the bits (which the check reports as impossible)."""
    by_firm = (
        f"select count(*) as n, count(distinct year) as years, max(year) - min(year) + 1 as span "
        f"from {panel.rows}{known} group by firm"
    )
    count_if = engine.dialect.count_if
    firms, twice, gaps = _counts(
        engine,
        f"select count(*), {count_if('n <> years')}, {count_if('span > years')} from ({by_firm}) as firms",
    )
    (years,) = _counts(engine, f"select count(distinct year) from {panel.rows}{known}")
    return Keys(firms, years, twice, gaps)
