"""Charts of the release's pages: a table or a group of cells as a picture, the same numbers beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from firmtrade.publish import intervals
from firmtrade.publish.numbers import typeset
from firmtrade.result import TOTAL, Chart, ReleasedCell, ReleasedTable, Word
from firmtrade.serve.draw import Picture, Point, Series
from firmtrade.serve.pages.cells import Group
from firmtrade.serve.pages.said import cell_said, label_said, title_said, unit_said, value_said
from firmtrade.serve.speak import Tongue

Words = Mapping[str, Word]
_KINDS = {"bar": "bars", "stacked": "stacked", "line": "lines"}


def measured(tongue: Tongue, words: Words, measure: str, unit: str) -> str:
    """'Share of firms (%)': what the axis says."""
    said = unit_said(tongue, unit)
    title = title_said(tongue, words, measure)
    return f"{title} ({said})" if said else title


def series(
    cells: Iterable[ReleasedCell], like: ReleasedTable, x: str, color: str, words: Words, tongue: Tongue
) -> tuple[Series, ...]:
    """The cells as series: places by the attribute `x`, a series for each code of `color` ('' for one)."""
    found: dict[str, list[Point]] = {}
    for cell in cells:
        name = label_said(tongue, like, color, cell.attribute(color)) if color else ""
        place = label_said(tongue, like, x, cell.attribute(x))
        found.setdefault(name, []).append(Point(place, cell.value, cell_said(tongue, cell, words)))
    return tuple(Series(name, tuple(points)) for name, points in found.items())


def picture_of(
    group: Group, x: str, color: str, kind: str, words: Words, tongue: Tongue, title: str
) -> Picture | None:
    """A group of one measure as a chart; None where no cell has a figure."""
    if not any(cell.value is not None for cell in group.cells):
        return None
    first = group.cells[0]
    return Picture(
        title=title,
        series=series(_ordered(group, x, color), group.like, x, color, words, tongue),
        kind=kind,
        axis=measured(tongue, words, first.measure, first.unit),
        description=tongue.say("pages.chart_help"),
        number=lambda value, decimals: value_said(tongue, value, decimals),
    )


def _ordered(group: Group, x: str, color: str) -> list[ReleasedCell]:
    """By series and place, as their dimensions order their codes."""
    places = group.codes(x)
    rank = group.codes(color) if color else ()
    return sorted(
        group.cells,
        key=lambda c: (rank.index(c.attribute(color)) if color else 0, places.index(c.attribute(x))),
    )


def drawn(table: ReleasedTable, words: Words, tongue: Tongue, guess: bool) -> list[Picture]:
    """The charts of a table: one, or one for each panel; none where it has nothing to draw.

    With `guess` a table that is printed is drawn too where it lends itself: its rows along the axis, its
    columns as series.
    """
    chart = table.chart or (_guessed(table) if guess else None)
    if chart is None or not any(cell.value is not None for cell in table.cells):
        return []
    if chart.kind in intervals.KINDS:
        return _bounded(table, chart, words, tongue)
    cells = _one_measure(table, chart)
    if table.chart is None:
        cells = tuple(cell for cell in cells if not _is_margin(cell, chart))
    panels = dict.fromkeys(cell.attribute(chart.facet) if chart.facet else "" for cell in cells)
    return [
        picture
        for panel in panels
        if (picture := _panel(table, chart, [c for c in cells if not chart.facet or
                                             c.attribute(chart.facet) == panel], panel, words, tongue))
    ]  # fmt: skip


def _panel(
    table: ReleasedTable, chart: Chart, cells: list[ReleasedCell], panel: str, words: Words, tongue: Tongue
) -> Picture | None:
    if not any(cell.value is not None for cell in cells):
        return None
    title = typeset(tongue.word(table.title))
    axis = measured(tongue, words, cells[0].measure, cells[0].unit)
    name = label_said(tongue, table, chart.facet, panel) if chart.facet else ""
    return Picture(
        title=f"{title}: {name}" if name else title,
        series=series(cells, table, chart.x, chart.color or "", words, tongue),
        kind=_KINDS[chart.kind],
        axis=f"{name}: {axis}" if name else axis,
        description=tongue.say("pages.chart_help"),
        number=lambda value, decimals: value_said(tongue, value, decimals),
        breaks=chart.breaks,
    )


def _one_measure(table: ReleasedTable, chart: Chart) -> tuple[ReleasedCell, ...]:
    """The cells of the first measure that is no count: two measures on one axis cannot be compared."""
    if "measure" in (chart.x, chart.color, chart.facet):
        return table.cells
    units = {cell.measure: cell.unit for cell in table.cells}
    chosen = next((name for name, unit in units.items() if unit != "count"), next(iter(units)))
    return tuple(cell for cell in table.cells if cell.measure == chosen)


def _guessed(table: ReleasedTable) -> Chart | None:
    """Bars for a table whose rows and columns each are one attribute, its measure aside."""
    rows = [name for name in table.rows if name != "measure" and _varies(table, name)]
    columns = [name for name in table.columns if name != "measure" and _varies(table, name)]
    if not 1 <= len(rows) + len(columns) <= 2:
        return None
    axes = [*rows, *columns]
    chart = Chart("line" if axes[0] == "period" else "bar", axes[0], axes[1] if len(axes) > 1 else None)
    cells = _one_measure(table, chart)
    marks = [tuple(cell.attribute(name) for name in axes) for cell in cells]
    clear = len(set(marks)) == len(marks) and len({cell.attribute(axes[0]) for cell in cells}) <= 12
    return chart if clear else None


def _is_margin(cell: ReleasedCell, chart: Chart) -> bool:
    """The total beside its parts: in the table, but on no axis of parts."""
    axes = [name for name in (chart.x, chart.color) if name and name not in ("period", "sample", "measure")]
    return bool(axes) and all(cell.attribute(name) == TOTAL for name in axes)


def _varies(table: ReleasedTable, name: str) -> bool:
    return len({cell.attribute(name) for cell in table.cells}) > 1


def _bounded(table: ReleasedTable, chart: Chart, words: Words, tongue: Tongue) -> list[Picture]:
    """Points with their bounds, of a model; each panel by itself."""
    found: dict[str, dict[str, list[Point]]] = {}
    bounds = {_place(c): {} for c in table.cells}  # type: dict[tuple[str, ...], dict[str, ReleasedCell]]
    for cell in table.cells:
        bounds[_place(cell)][cell.measure] = cell
    main = next((c for c in table.cells if c.measure == chart.measure), None)
    if main is None:
        return []
    for cells in bounds.values():
        if (chart.measure or "") not in cells:
            continue
        cell = cells[chart.measure or ""]
        panel = label_said(tongue, table, chart.facet, cell.attribute(chart.facet)) if chart.facet else ""
        name = label_said(tongue, table, chart.color, cell.attribute(chart.color)) if chart.color else ""
        low, high = (_value(cells.get(bound or "")) for bound in (chart.low, chart.high))
        x = label_said(tongue, table, chart.x, cell.attribute(chart.x))
        point = Point(x, cell.value, cell_said(tongue, cell, words), low, high)
        found.setdefault(panel, {}).setdefault(name, []).append(point)
    axis = measured(tongue, words, main.measure, main.unit)
    title = typeset(tongue.word(table.title))
    return [
        Picture(
            title=f"{title}: {panel}" if panel else title,
            series=tuple(Series(name, tuple(points)) for name, points in named.items()),
            kind="steps" if chart.kind == "steps" else "intervals",
            axis=f"{panel}: {axis}" if panel else axis,
            description=tongue.say("pages.chart_help"),
            number=lambda value, decimals: value_said(tongue, value, decimals),
        )
        for panel, named in found.items()
        if any(point.value is not None for points in named.values() for point in points)
    ]


def _place(cell: ReleasedCell) -> tuple[str, ...]:
    codes = sorted((name, code) for name, code in cell.codes.items() if code != TOTAL)
    return cell.sample, cell.period, *(part for pair in codes for part in pair)


def _value(cell: ReleasedCell | None) -> float | None:
    return cell.value if cell is not None else None
