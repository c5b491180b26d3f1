"""Figures: a ReleasedTable with a Chart -> Vega-Lite -> SVG and PNG, without a browser or the network.

One style for all: no frame, light rules, values printed on bars where there is room, five colours that
stay apart for colour-blind readers and have a contrast of 3:1 on white (WCAG 1.4.11).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from firmtrade.errors import StudyError
from firmtrade.publish import intervals
from firmtrade.publish.layout import capital, label
from firmtrade.publish.numbers import HIDDEN, UNDEFINED, cell_text, is_change, is_hidden, typeset
from firmtrade.publish.only import only_table
from firmtrade.publish.view import measure_title, signed_measures
from firmtrade.result import TOTAL, ReleasedCell, ReleasedTable, Word

Spec = dict[str, Any]

FONT = "Liberation Sans"
WIDE, NARROW = 640, 330  # inner widths in pixels: for the page and print, and for a phone
INK, MUTED, RULE = "#1b2733", "#51606f", "#d5dbe1"
PALETTE = ("#1f4e79", "#6497c6", "#8f3d0f", "#cf7f37", "#5b6770", "#7f5a83")

_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_HEIGHT = 270


@dataclass(frozen=True)
class Drawing:
    """A drawn figure: SVG for wide pages and for phones, a PNG at twice the size, and a text alternative."""

    wide: str
    narrow: str
    png: bytes
    alternative: str


def draw(table: ReleasedTable, words: Mapping[str, Word]) -> Drawing:
    """Draw a figure."""
    import vl_convert

    only_table(table)
    table = drawable(table)
    wide = spec(table, words, WIDE)
    narrow = spec(table, words, NARROW)
    return Drawing(
        wide=_svg(vl_convert.vegalite_to_svg(wide, allowed_base_urls=[])),
        narrow=_svg(vl_convert.vegalite_to_svg(narrow, allowed_base_urls=[])),
        png=vl_convert.vegalite_to_png(wide, scale=2, allowed_base_urls=[]),
        alternative=alternative(table, words),
    )


def drawable(table: ReleasedTable) -> ReleasedTable:
    """The table with the cells that are drawn: of several measures the first that is not a count.

    Two measures on one axis would compare what cannot be compared; the data beside the figure have all.

    Raises:
        StudyError: two cells fall on the same mark.
    """
    chart = table.chart
    assert chart is not None
    cells = intervals.main_cells(table).cells
    axes = [name for name in (chart.x, chart.color, chart.facet) if name]
    if "measure" not in axes and cells:
        units = {cell.measure: cell.unit for cell in cells}
        chosen = next((name for name, unit in units.items() if unit != "count"), cells[0].measure)
        cells = tuple(cell for cell in cells if cell.measure == chosen)
    marks = [tuple(cell.attribute(name) for name in axes) for cell in cells]
    if len(set(marks)) < len(marks):
        twice = next(mark for mark in marks if marks.count(mark) > 1)
        raise StudyError(
            f"{table.name}: two figures fall on the same mark of the chart ({' / '.join(twice)}). "
            "Name the attribute that tells them apart as the chart's x, color or facet."
        )
    return table if chart.kind in intervals.KINDS else replace(table, cells=cells)


def _svg(text: str) -> str:
    """Give the SVG a family of fonts that have the same widths, for machines without the first."""
    return text.replace(f'font-family="{FONT}"', f"font-family=\"'{FONT}', Arial, Helvetica, sans-serif\"")


def spec(table: ReleasedTable, words: Mapping[str, Word], width: int) -> Spec:
    """The Vega-Lite specification of a figure, its data inside."""
    only_table(table)
    chart = table.chart
    assert chart is not None, f"{table.name} is not a figure"
    if not table.cells:
        return _nothing(width)
    facets = max(1, len(_codes(table, chart.facet))) if chart.facet else 1
    per_row = min(facets, 4 if facets == 4 else 3) if width > NARROW else 1
    inner = width // per_row - (24 if per_row > 1 else 0)
    labelled = _fits(table, words, inner * facets)
    height = _HEIGHT if facets <= per_row or width <= NARROW else _HEIGHT * 2 // 3
    unit: Spec = {"width": inner, "height": height, "layer": _layers(table, words, inner, labelled)}
    body: Spec = (
        unit
        if not chart.facet
        else {
            "facet": {
                "field": "facet",
                "type": "nominal",
                "sort": _labels(table, chart.facet),
                "title": None,
                # The title of a panel stands above the title of its upright axis.
                "header": {"labelFontWeight": "bold", "labelAnchor": "start", "labelPadding": 32},
            },
            "columns": per_row,
            "spec": unit,
        }
    )
    return {"$schema": _SCHEMA, "data": {"values": rows(table, words)}, "config": _config(), **body}


def _nothing(width: int) -> Spec:
    """What is drawn of a figure without cells."""
    mark: Spec = {"type": "text", "text": "No figures", "fontSize": 12, "color": MUTED}
    return {
        "$schema": _SCHEMA,
        "data": {"values": [{}]},
        "mark": mark,
        "width": width,
        "height": 60,
        "config": _config(),
    }


def _fits(table: ReleasedTable, words: Mapping[str, Word], width: int) -> bool:
    """Whether the printed values stand beside each other above bars that share `width` pixels."""
    if table.chart is not None and table.chart.kind in intervals.KINDS:
        return False
    longest = max(len(row["text"]) for row in rows(table, words))
    return 0.78 * width / len(table.cells) >= 5.6 * longest


def rows(table: ReleasedTable, words: Mapping[str, Word]) -> list[Spec]:
    """One row a cell: x, color, facet, value and the printed text. A cell without a figure has value 0."""
    only_table(table)
    chart = table.chart
    assert chart is not None
    if chart.kind in intervals.KINDS:
        return intervals.rows(table, words, _label)
    return [
        {
            "x": _label(table, chart.x, cell),
            "color": _label(table, chart.color, cell) if chart.color else "",
            "facet": _label(table, chart.facet, cell) if chart.facet else "",
            "value": cell.value if cell.value is not None else (None if chart.kind == "line" else 0),
            "text": cell_text(cell, is_change(cell.unit, words.get(cell.measure))),
            "order": at,
        }
        for at, cell in enumerate(table.cells)
    ]


def _label(table: ReleasedTable, attribute: str, cell: ReleasedCell) -> str:
    return capital(typeset(label(table.labels, attribute, cell.attribute(attribute))))


def _codes(table: ReleasedTable, attribute: str) -> list[str]:
    return list(dict.fromkeys(cell.attribute(attribute) for cell in table.cells))


def _labels(table: ReleasedTable, attribute: str) -> list[str]:
    return list(dict.fromkeys(_label(table, attribute, cell) for cell in table.cells))


def _layers(table: ReleasedTable, words: Mapping[str, Word], width: int, labelled: bool) -> list[Spec]:
    chart = table.chart
    assert chart is not None
    title = measure_title(intervals.main_cells(table), words)
    encoding: Spec = {"x": _x(table, width, words), "y": _y(title, table, words)}
    if chart.color:
        encoding["color"] = _color(table, width)
    if chart.kind in intervals.KINDS:
        if chart.color and not intervals.numeric(table):
            encoding["xOffset"] = {"field": "color", "type": "nominal", "sort": _labels(table, chart.color)}
        return intervals.layers(encoding, chart.kind, PALETTE[0], MUTED)
    breaks = _breaks(chart.breaks, encoding["x"], _labels(table, chart.x))
    if chart.kind == "line":
        return [*breaks, *_lines(encoding)]
    if chart.color and chart.kind == "bar":
        encoding["xOffset"] = {"field": "color", "type": "nominal", "sort": _labels(table, chart.color)}
    bar: Spec = {"mark": {"type": "bar", "color": PALETTE[0]}, "encoding": encoding}
    if chart.kind == "stacked":
        encoding["order"] = {"field": "order", "type": "quantitative"}
        encoding["y"]["stack"] = "zero"
        return [*breaks, bar]
    only = None if labelled else f"datum.text == '{HIDDEN}' || datum.text == '{UNDEFINED}'"
    return [*breaks, bar, _values(encoding, only)]


def _breaks(breaks: tuple[str, ...], x: Spec, names: list[str]) -> list[Spec]:
    """A dashed vertical rule before each period in which the series breaks."""
    periods = [period for period in breaks if period in names]
    if not periods:
        return []
    mark: Spec = {"type": "rule", "color": MUTED, "strokeDash": [4, 3], "strokeWidth": 1.5}
    if x["type"] == "quantitative":
        return [{"mark": mark, "data": {"values": [{"x": int(year) - 0.5} for year in periods]},
                 "encoding": {"x": x}}]  # fmt: skip
    return [{"mark": mark, "data": {"values": [{"x": period} for period in periods]},
             "encoding": {"x": {**x, "bandPosition": -0.17}}}]  # fmt: skip


def _lines(encoding: Spec) -> list[Spec]:
    line: Spec = {"type": "line", "strokeWidth": 2, "color": PALETTE[0]}
    point: Spec = {"type": "point", "filled": True, "size": 55, "opacity": 1, "color": PALETTE[0]}
    return [{"mark": line, "encoding": encoding}, {"mark": point, "encoding": encoding}]


def _values(encoding: Spec, only: str | None = None) -> Spec:
    """The printed value above (below, where negative) its bar."""
    kept = {k: v for k, v in encoding.items() if k != "color"}
    layer: Spec = {
        "mark": {"type": "text", "dy": {"expr": "datum.value < 0 ? 8 : -6"}, "fontSize": 10, "color": INK},
        "encoding": {**kept, "text": {"field": "text", "type": "nominal"}},
    }
    return {**layer, "transform": [{"filter": only}]} if only else layer


def _x(table: ReleasedTable, width: int, words: Mapping[str, Word]) -> Spec:
    chart = table.chart
    assert chart is not None
    if chart.kind in intervals.KINDS and intervals.numeric(table):
        return intervals.axis(table, words[chart.x].title if chart.x in words else "")
    names = _labels(table, chart.x)
    room = max(6, int(width / max(1, len(names)) / 6.4))
    wrapped = {name: "\n".join(textwrap.wrap(name, room, break_long_words=False)) for name in names}
    cases = "".join(
        f"datum.label === {_js(k)} ? split({_js(v)}, '\\n') : " for k, v in wrapped.items() if "\n" in v
    )
    axis: Spec = {
        "title": None,
        "labelAngle": 0,
        "labelExpr": f"{cases}datum.label",
        "labelLimit": 0,
        "grid": False,
    }
    if chart.kind == "line" and all(re.fullmatch(r"\d{4}", name) for name in names):
        years = sorted(int(name) for name in names)
        return {
            "field": "x",
            "type": "quantitative",
            "axis": {**axis, "values": years, "format": "d"},
            "scale": {"zero": False, "nice": False, "padding": 24},
        }
    return {
        "field": "x",
        "type": "nominal",
        "sort": names,
        "axis": axis,
        "scale": {"paddingInner": 0.25, "paddingOuter": 0.12},
    }


def _js(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=True)


def _y(title: str, table: ReleasedTable, words: Mapping[str, Word]) -> Spec:
    signed = bool(signed_measures(table, words))
    axis: Spec = {"title": title, "format": "+,~f" if signed else ",~f", "tickCount": 5}
    return {"field": "value", "type": "quantitative", "axis": axis, "scale": {"zero": True, "nice": True}}


def _color(table: ReleasedTable, width: int) -> Spec:
    chart = table.chart
    assert chart is not None and chart.color is not None
    names = _labels(table, chart.color)
    colors = [PALETTE[at % len(PALETTE)] for at in range(len(names))]
    columns = len(names) if sum(len(n) * 6.5 + 30 for n in names) <= width else 2 if width <= NARROW else 3
    legend: Spec = {
        "title": None,
        "orient": "top",
        "columns": columns,
        "labelLimit": 0,
        "symbolType": "square",
    }
    return {
        "field": "color",
        "type": "nominal",
        "sort": names,
        "scale": {"domain": names, "range": colors},
        "legend": legend,
    }


def _config() -> Spec:
    text: Spec = {
        "labelFont": FONT,
        "titleFont": FONT,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "labelColor": INK,
        "titleColor": MUTED,
        "titleFontWeight": "normal",
    }
    axis: Spec = {**text, "domainColor": MUTED, "tickColor": RULE, "gridColor": RULE, "labelPadding": 6}
    y_axis: Spec = {
        "domain": False,
        "ticks": False,
        "titleAngle": 0,
        "titleAlign": "left",
        "titleAnchor": "end",
        "titleX": -34,
        "titleY": -14,
        "titleBaseline": "bottom",
    }
    return {
        "aria": False,
        "font": FONT,
        "background": None,
        "view": {"stroke": None},
        "axis": axis,
        "axisY": y_axis,
        "legend": {
            **text,
            "labelColor": INK,
            "symbolSize": 110,
            "rowPadding": 4,
            "columnPadding": 18,
            "offset": 42,
        },
        "header": text,
        "bar": {"strokeWidth": 0},
        "text": {"font": FONT},
        "padding": 6,
    }


def alternative(table: ReleasedTable, words: Mapping[str, Word]) -> str:
    """The figure in words: what is drawn, the highest and lowest value. The data are a table beside it."""
    only_table(table)
    chart = table.chart
    assert chart is not None
    table = intervals.main_cells(table)
    kinds = {"bar": "Bar chart", "stacked": "Stacked bar chart", "line": "Line chart", **intervals.KINDS}
    kind = kinds.get(chart.kind, "Chart")
    by = [words[n].title.lower() if n in words else n for n in (chart.x, chart.color, chart.facet) if n]
    text = f"{kind}: {measure_title(table, words)} by {' and '.join(by)}."
    known = [cell for cell in table.cells if cell.value is not None]
    if known:
        top = max(known, key=lambda cell: cell.value or 0.0)
        low = min(known, key=lambda cell: cell.value or 0.0)
        text += f" Highest: {_spoken(table, top, words)}. Lowest: {_spoken(table, low, words)}."
    missing = sum(cell.value is None and not is_hidden(cell) for cell in table.cells)
    hidden = sum(is_hidden(cell) for cell in table.cells)
    text += f" {hidden} confidential." if hidden else ""
    text += f" {missing} do not exist." if missing else ""
    text += f" The series breaks in {' and in '.join(chart.breaks)}." if chart.breaks else ""
    return f"{text} All values are in the table below the figure."


def _spoken(table: ReleasedTable, cell: ReleasedCell, words: Mapping[str, Word]) -> str:
    chart = table.chart
    assert chart is not None
    parts = [n for n in (chart.x, chart.color, chart.facet) if n and cell.attribute(n) != TOTAL]
    where = ", ".join(typeset(label(table.labels, name, cell.attribute(name))) for name in parts)
    return f"{cell_text(cell, is_change(cell.unit, words.get(cell.measure)))} ({where})"


def inline(svg: str, prefix: str, title: str, alternative_text: str) -> str:
    """An SVG for a page: an image with a name and a description, and ids that no other figure has."""
    from markupsafe import escape

    body = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", body)
    body = re.sub(r'\s(role|aria-[a-z]+)="[^"]*"', "", body)
    head = f'<svg role="img" aria-labelledby="{prefix}-title" aria-describedby="{prefix}-desc" '
    names = f'<title id="{prefix}-title">{escape(title)}</title>'
    names += f'<desc id="{prefix}-desc">{escape(alternative_text)}</desc>'
    body = body.replace("<svg ", head, 1)
    at = body.index(">", body.index("<svg ")) + 1
    return body[:at] + names + body[at:]
