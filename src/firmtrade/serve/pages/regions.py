"""The map: places coloured in five steps with their values printed, hidden ones hatched, a table beside."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

from firmtrade.publish.numbers import is_hidden, typeset
from firmtrade.result import TOTAL, Release, ReleasedCell
from firmtrade.serve.offer import PARTNER, PLACES
from firmtrade.serve.pages.cells import Group, chosen, groups
from firmtrade.serve.pages.charts import measured
from firmtrade.serve.pages.said import cell_said, label_said, sheet, value_said
from firmtrade.serve.pages.shapes import Shapes, fitting
from firmtrade.serve.site import Site
from firmtrade.serve.speak import Tongue

View = dict[str, Any]
STEPS = 5


def mapped(release: Release) -> dict[str, tuple[Group, ...]]:
    """The groups of each dimension of places that have two places at least."""
    found = {}
    for place in PLACES:
        free = (place, "period")
        made = groups(release, free, lambda cell, place=place: place in cell.codes)  # type: ignore[misc]
        several = tuple(group for group in made if len(_places(group, place)) > 1)
        if several:
            found[place] = several
    return found


def view(site: Site, tongue: Tongue, show: str, period: str) -> View | None:
    """What the page shows of the chosen figure and period; None where the release has no such."""
    found = mapped(site.release)
    place = next((name for name, them in found.items() if chosen(them, show)), None)
    if place is None:
        return None
    group = chosen(found[place], show)
    assert group is not None
    periods = sorted(group.codes("period"))
    if period and period not in periods:
        return None
    period = period or periods[-1]
    words = site.release.words
    cells = [cell for cell in group.only(period=period) if is_place(place, cell.attribute(place))]
    shapes = fitting([cell.attribute(place) for cell in cells], site.kept.get("shapes"))
    return {
        "choices": [(g.key, g.title(tongue, words)) for them in found.values() for g in them],
        "chosen": group.key,
        "periods": periods,
        "period_choices": [(one, typeset(one)) for one in periods],
        "period": period,
        "title": group.title(tongue, words),
        "measured": measured(tongue, words, cells[0].measure, cells[0].unit),
        "sheet": sheet(_beside(group, place, period), words, tongue),
        "map": _map(group, place, cells, shapes, site, tongue),
    }


def _places(group: Group, place: str) -> set[str]:
    return {code for code in group.codes(place) if is_place(place, code)}


def is_place(dimension: str, code: str) -> bool:
    """Whether a code is a place: no total, no unknown, and of partners a country and no group of them."""
    if code in (TOTAL, "unknown"):
        return False
    return dimension != PARTNER or bool(re.fullmatch("[A-Z]{2}", code))


def _beside(group: Group, place: str, period: str) -> Any:
    """The table: all periods where they are few, else the one that is shown."""
    few = len(group.codes("period")) <= 4
    cells = group.cells if few else group.only(period=period)
    return replace(group, cells=cells).arranged((place,), ("period",))


def _map(
    group: Group, place: str, cells: list[ReleasedCell], shapes: Shapes, site: Site, tongue: Tongue
) -> View:
    words = site.release.words
    known = [cell.value for cell in cells if cell.value is not None]
    bounds = steps(known)
    drawn: list[View] = []
    for cell in cells:
        shape = shapes.of(cell.attribute(place))
        if shape is None:
            continue
        step = "hidden" if is_hidden(cell) else "none" if cell.value is None else _step(cell.value, bounds)
        drawn.append(
            {
                "path": shape.path,
                "area": shape.area,
                "x": round(shape.x, 1),
                "y": round(shape.y, 1),
                "step": step,
                "name": label_said(tongue, group.like, place, cell.attribute(place)),
                "code": cell.attribute(place),
                "text": (text := cell_said(tongue, cell, words)),
                "long": "" if len(text) < 7 else " long" if len(text) < 10 else " longer",
            }
        )
    drawn.sort(key=lambda item: (-item["area"], item["code"]))  # a small place is drawn upon the large one
    codes = {cell.attribute(place) for cell in cells}
    others = [
        {"path": shape.path, "x": round(shape.x, 1), "y": round(shape.y + 4, 1), "code": code}
        for code, shape in shapes.shapes.items()
        if code not in codes
    ]
    return {
        "places": drawn,
        "others": others,
        "viewbox": shapes.viewbox,
        "small": shapes.small,
        "tiled": shapes.tiled,
        "note": shapes.note,
        "hidden": [item["name"] for item in drawn if item["step"] == "hidden"],
        "absent": [
            label_said(tongue, group.like, place, c.attribute(place))
            for c in cells
            if not shapes.of(c.attribute(place))
        ],
        "legend": _legend(bounds, cells[0].decimals, tongue),
    }


def steps(values: list[float]) -> tuple[float, ...]:
    """Bounds of at most five steps of the same width; none where all values are one."""
    if not values or min(values) == max(values):
        return ()
    low, high = min(values), max(values)
    return tuple(low + (high - low) * at / STEPS for at in range(STEPS + 1))


def _step(value: float, bounds: tuple[float, ...]) -> str:
    if not bounds:
        return "3"
    at = sum(value >= bound for bound in bounds[1:-1])
    return str(at + 1)


def _legend(bounds: tuple[float, ...], decimals: int, tongue: Tongue) -> list[View]:
    return [
        {
            "step": str(at + 1),
            "low": value_said(tongue, low, decimals),
            "high": value_said(tongue, high, decimals),
        }
        for at, (low, high) in enumerate(pairwise(bounds))
    ]
