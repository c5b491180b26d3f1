"""Years in which a series breaks, told under the tables and on the charts that cross them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from firmtrade.classify.window import Window
from firmtrade.describe.cells import years_of
from firmtrade.describe.spec import Block, Table


@dataclass(frozen=True)
class Break:
    """From `year` on a figure means something else; `text` says what has changed."""

    year: int
    text: str


def with_breaks(
    tables: Iterable[Table], breaks: Iterable[Break], windows: Mapping[str, Window]
) -> tuple[Table, ...]:
    """The tables, those that cross a break with a note and, where drawn over years, a rule on the chart."""
    known = sorted(breaks, key=lambda one: (one.year, one.text))
    return tuple(_marked(table, known, windows) for table in tables)


def _marked(table: Table, breaks: list[Break], windows: Mapping[str, Window]) -> Table:
    crossed = [one for one in breaks if any(a < one.year <= b for a, b in _spans(table, windows))]
    if not crossed:
        return table
    notes = tuple(f"Series break in {one.year}: {one.text}" for one in crossed)
    chart = table.chart
    if chart is not None and chart.x == "period":
        chart = replace(chart, breaks=tuple(dict.fromkeys(str(one.year) for one in crossed)))
    return replace(table, notes=(*table.notes, *notes), chart=chart)


def _spans(table: Table, windows: Mapping[str, Window]) -> Iterator[tuple[int, int]]:
    """(first year, last year) of the years that a reader of the table compares."""
    years = [year for block in table.blocks for year in _years(block)]
    if years:
        yield min(years), max(years)
    for block in table.blocks:
        window = windows.get(block.window)
        if window is None and not block.periods and len(windows) == 1:
            window = next(iter(windows.values()))
        if window is not None:
            yield window.t0, window.outcome


def _years(block: Block) -> Iterator[int]:
    for period in block.periods if not block.window else ():
        yield from (int(year) for year in years_of(period, "period"))
