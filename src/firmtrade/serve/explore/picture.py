"""The chart of a view: lines over years, bars else; what is hidden shows as its sign."""

from __future__ import annotations

import re

from firmtrade.result import TOTAL
from firmtrade.serve.draw import Picture, Point, Series
from firmtrade.serve.explore.figure import Figure, Kind
from firmtrade.serve.explore.index import Key
from firmtrade.serve.explore.names import Names
from firmtrade.serve.explore.shown import title
from firmtrade.serve.explore.view import View

MOST_SERIES, MOST_PLACES = 8, 40
Codes = tuple[str, ...]


def picture(view: View, names: Names) -> tuple[Picture | None, list[str]]:
    """(the chart, what it leaves out); no chart where there is nothing to draw or the reader wants none."""
    if view.state.chart == "none" or not view.rows or not view.columns:
        return None, []
    measure = _measure(view)
    along, across = _axes(view)
    at = _placed(view, measure, along, across)
    places = list(dict.fromkeys(place for place, _ in at))
    series = list(dict.fromkeys(codes for _, codes in at))
    drawn = tuple(
        Series(_named(names, across, codes), points)
        for codes in series[:MOST_SERIES]
        for points in [_points(view, names, along, [at.get((p, codes)) for p in places[:MOST_PLACES]])]
        if any(point.value is not None for point in points)
    )
    if not drawn:
        return None, []
    unit = names.unit(next((one.unit for _, one in at.values() if one.unit), ""))
    axis = names.code("measure", measure) + (f" ({unit})" if unit else "")
    kind = _kind(view, places)
    told = Picture(
        title(view.state, names), drawn, kind, axis, names.tongue.say("explore.chart_help"), names.number
    )
    return told, _left_out(view, names, measure, len(series), len(places))


def _left_out(view: View, names: Names, measure: str, series: int, places: int) -> list[str]:
    say, notes = names.tongue.say, []
    if len(view.state.measures) > 1:
        notes.append(say("explore.chart_measure", name=names.code("measure", measure)))
    if series > MOST_SERIES or places > MOST_PLACES:
        notes.append(say("explore.chart_part", series=MOST_SERIES, places=MOST_PLACES))
    return notes


def _measure(view: View) -> str:
    """A chart has one axis and so shows one measure: the first that has figures to draw."""
    known = [key.measure for key, one in view.figures() if one.known]
    return next((measure for measure in view.state.measures if measure in known), view.state.measures[0])


def _axes(view: View) -> tuple[str, tuple[str, ...]]:
    """(the attribute along the axis, those of the series): years along, where there are several."""
    attributes = (*view.row_attributes, *view.column_attributes)
    along = "period" if len(view.state.periods) > 1 and "period" in attributes else attributes[0]
    return along, tuple(name for name in attributes if name not in (along, "measure"))


At = dict[tuple[str, Codes], tuple[Key, Figure]]


def _placed(view: View, measure: str, along: str, across: tuple[str, ...]) -> At:
    """The figures by place and series, hidden ones too; totals only where there is nothing else."""
    found: tuple[At, At, At] = ({}, {}, {})  # parts, totals of the series, totals of all
    for key, one in view.figures():
        if key.measure == measure and (one.known or one.kind is Kind.HIDDEN):
            place, codes = key.attribute(along), tuple(key.attribute(name) for name in across)
            found[2 if place == TOTAL else 1 if TOTAL in codes else 0][place, codes] = key, one
    return next((at for at in found if any(one.known for _, one in at.values())), {})


def _named(names: Names, across: tuple[str, ...], codes: Codes) -> str:
    return ", ".join(names.code(name, code) for name, code in zip(across, codes, strict=True))


def _points(
    view: View, names: Names, along: str, found: list[tuple[Key, Figure] | None]
) -> tuple[Point, ...]:
    signed = view.state.show.is_change
    return tuple(
        Point(names.code(along, key.attribute(along)), one.value, names.value(key, one, signed))
        for key, one in filter(None, found)
    )


def _kind(view: View, places: list[str]) -> str:
    """Lines over years, bars else, unless the reader chose."""
    if view.state.chart != "auto":
        return view.state.chart
    return "lines" if len(places) > 2 and all(re.fullmatch(r"\d{4}", place) for place in places) else "bars"
