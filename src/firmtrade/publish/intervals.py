"""Figures of models: points with their bounds (interval), the same over numbers with a line at nought
(event), survival curves (steps). The bounds are figures of the table too, so a hidden one is not drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from firmtrade.publish.numbers import cell_text, is_change
from firmtrade.publish.only import only_table
from firmtrade.result import ReleasedCell, ReleasedTable, Word

Spec = dict[str, Any]
Labelled = Callable[[ReleasedTable, str, ReleasedCell], str]

KINDS = {
    "interval": "Estimates with their intervals",
    "event": "Estimates by time with their intervals",
    "steps": "Survival curve",
}


def main_cells(table: ReleasedTable) -> ReleasedTable:
    """The table with the cells that are drawn as points or steps; their bounds are found by `rows`."""
    assert table.chart is not None
    wanted = table.chart.measure
    if wanted is None:
        return table
    return replace(table, cells=tuple(cell for cell in table.cells if cell.measure == wanted))


def rows(table: ReleasedTable, words: Mapping[str, Word], labelled: Labelled) -> list[Spec]:
    """One row for each point that may be drawn: x, color, facet, value, low and high (None: not told)."""
    only_table(table)
    chart = table.chart
    assert chart is not None
    bounds = {_key(cell): cell.value for cell in table.cells}
    drawn = []
    for at, cell in enumerate(main_cells(table).cells):
        if cell.value is None:
            continue
        drawn.append(
            {
                "x": _number(cell.attribute(chart.x)) if numeric(table) else labelled(table, chart.x, cell),
                "color": labelled(table, chart.color, cell) if chart.color else "",
                "facet": labelled(table, chart.facet, cell) if chart.facet else "",
                "value": cell.value,
                "low": bounds.get(_key(cell, chart.low)),
                "high": bounds.get(_key(cell, chart.high)),
                "text": cell_text(cell, is_change(cell.unit, words.get(cell.measure))),
                "order": at,
            }
        )
    return drawn


def numeric(table: ReleasedTable) -> bool:
    """Whether the codes along the axis are numbers: time since an event, years of survival."""
    assert table.chart is not None
    return table.chart.kind in ("event", "steps")


def _number(code: str) -> float:
    return float(code)


def _key(cell: ReleasedCell, measure: str | None = None) -> tuple[object, ...]:
    return (cell.sample, cell.period, tuple(sorted(cell.codes.items())), measure or cell.measure)


def axis(table: ReleasedTable, title: str) -> Spec:
    """The axis of numbers, one tick a whole number where there is room."""
    assert table.chart is not None
    codes = sorted({_number(cell.attribute(table.chart.x)) for cell in table.cells})
    ticks = codes if len(codes) <= 16 else codes[:: -(-len(codes) // 12)]
    return {
        "field": "x",
        "type": "quantitative",
        "axis": {"title": title, "values": ticks, "format": "~f", "grid": False, "titleAnchor": "end"},
        "scale": {"zero": False, "nice": False, "padding": 16},
    }


def layers(encoding: Spec, kind: str, color: str, ink: str) -> list[Spec]:
    """What is drawn one over the other: a line at nought, bounds, points or steps."""
    y, bounds = encoding["y"], {k: v for k, v in encoding.items() if k != "y"}
    low = {**y, "field": "low", "scale": {"zero": kind == "steps", "nice": True}}
    between = {**bounds, "y": low, "y2": {"field": "high"}}
    point = {**encoding, "y": {**y, "scale": low["scale"]}}
    if kind == "steps":
        area: Spec = {"type": "area", "interpolate": "step-after", "fillOpacity": 0.14, "color": color}
        line: Spec = {"type": "line", "interpolate": "step-after", "strokeWidth": 2, "color": color}
        return [{"mark": area, "encoding": between}, {"mark": line, "encoding": point}]
    nought: Spec = {
        "mark": {"type": "rule", "color": ink, "strokeWidth": 1, "strokeDash": [3, 3]},
        "encoding": {"y": {"datum": 0}},
    }
    rule: Spec = {"mark": {"type": "rule", "strokeWidth": 2, "color": color}, "encoding": between}
    dot: Spec = {
        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1, "color": color},
        "encoding": point,
    }
    return [nought, rule, dot]
