"""Charts over countries: the study's own figures with country as a colour or a panel, and comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from firmtrade.publish.charts import PALETTE
from firmtrade.publish.layout import label
from firmtrade.result import Chart, ReleasedCell, ReleasedTable

COUNTRY = "country"
#: Colours that can be told apart; with more countries each has a panel.
COLOURS = len(PALETTE)
#: The most groups along the axis, and the most panels, of a comparison that is still read.
GROUPS, PANELS = 12, 9
_NOT_DRAWN_TOGETHER = ("stacked",)


def with_country(table: ReleasedTable) -> Iterator[ReleasedTable]:
    """A table over countries; a figure tells countries apart by colour, else by panel, else each has its own.

    Bars that are stacked are never stacked over countries.
    """
    chart = table.chart
    if chart is None:
        yield table
        return
    countries = _codes(table.cells, COUNTRY)
    colour = chart.color is None and len(countries) <= COLOURS and chart.kind not in _NOT_DRAWN_TOGETHER
    if colour:
        yield replace(table, chart=replace(chart, color=COUNTRY))
    elif chart.facet is None:
        yield replace(table, chart=replace(chart, facet=COUNTRY))
    else:
        for country in countries:
            cells = tuple(cell for cell in table.cells if cell.codes.get(COUNTRY) == country)
            unknowns = tuple(item for item in table.unknowns if item.codes.get(COUNTRY) == country)
            title = f"{table.title}: {table.labels[COUNTRY][country]}"
            name = f"{table.name}-{country.lower()}"
            yield replace(table, name=name, title=title, cells=cells, unknowns=unknowns)


def compared(table: ReleasedTable) -> ReleasedTable | None:
    """A figure that puts countries beside each other: a table's first rate or value, in its last period.

    None where the table is a figure, or has too many groups to be read.
    """
    if table.chart is not None:
        return None
    cells = _one_measure(table)
    names = [n for n in dict.fromkeys((*table.rows, *table.columns)) if n not in (COUNTRY, "measure")]
    apart = [name for name in names if len(_codes(cells, name)) > 1]
    countries = _codes(cells, COUNTRY)
    if len(countries) < 2 or len(apart) > 2 or all(cell.value is None for cell in cells):
        return None
    chart = _chart(table, cells, apart, len(countries))
    if chart is None or not _alone(cells, chart):
        return None
    return replace(
        table, name=f"{table.name}-countries", title=f"Countries compared: {table.title}", cells=cells,
        unknowns=(), chart=chart, notes=(),
    )  # fmt: skip


def _one_measure(table: ReleasedTable) -> tuple[ReleasedCell, ...]:
    units = {cell.measure: cell.unit for cell in table.cells}
    chosen = next((name for name, unit in units.items() if unit != "count"), next(iter(units), ""))
    cells = [cell for cell in table.cells if cell.measure == chosen]
    last = max((cell.period for cell in cells), default="")
    return tuple(cell for cell in cells if cell.period == last)


def _chart(
    table: ReleasedTable, cells: Sequence[ReleasedCell], apart: Sequence[str], countries: int
) -> Chart | None:
    """Groups along the axis, countries by colour, a second dimension, that of the longer words, by panel."""

    def widest(name: str) -> int:
        return max(len(label(table.labels, name, code)) for code in _codes(cells, name))

    sizes = {name: len(_codes(cells, name)) for name in apart}
    if not apart:
        return Chart("bar", COUNTRY)
    x, *rest = sorted(apart, key=lambda name: (sizes[name] > GROUPS, widest(name)))
    if sizes[x] > GROUPS or any(sizes[name] > PANELS for name in rest):
        return None
    if countries <= COLOURS:
        return Chart("bar", x, color=COUNTRY, facet=rest[0] if rest else None)
    return Chart("bar", COUNTRY, facet=x) if not rest and sizes[x] <= PANELS else None


def _alone(cells: Sequence[ReleasedCell], chart: Chart) -> bool:
    """Whether each mark of the chart is one figure."""
    axes = [name for name in (chart.x, chart.color, chart.facet) if name]
    marks = [tuple(cell.attribute(name) for name in axes) for cell in cells]
    return len(set(marks)) == len(marks)


def _codes(cells: Sequence[ReleasedCell], name: str) -> list[str]:
    return list(dict.fromkeys(cell.attribute(name) for cell in cells))
