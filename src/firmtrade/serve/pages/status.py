"""Trade status over time: how many firms trade in what way, and who started, went on and stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from firmtrade.publish.numbers import HIDDEN, is_hidden
from firmtrade.result import Release, ReleasedCell
from firmtrade.serve.draw import both
from firmtrade.serve.offer import COHORT, FLOW, MODE, STATUS
from firmtrade.serve.pages.cells import Group, chosen, groups, has
from firmtrade.serve.pages.charts import picture_of
from firmtrade.serve.pages.said import label_said, sheet, value_said
from firmtrade.serve.site import Site
from firmtrade.serve.speak import Tongue

View = dict[str, Any]
KEPT, STARTED, STOPPED, NEVER, OUT = "constant", "new", "stopped", "never", "non-traders"


def levels(release: Release) -> tuple[Group, ...]:
    """Firms by mode, in one year or more; and the flows of firms where there are several years."""
    modes = groups(release, (MODE, "period"), lambda c: has(c, MODE) and not has(c, STATUS))
    flows = groups(
        release, (FLOW, "period"), lambda c: has(c, FLOW) and not has(c, STATUS) and not has(c, COHORT)
    )
    several = [_lasting(group) for group in flows if len(group.codes("period")) > 1]
    ordered = sorted([*modes, *several], key=lambda group: len(group.codes("period")) < 2)
    return tuple(group for group in ordered if len(group.cells) > 1)


def _lasting(group: Group) -> Group:
    """Without the flows that another table has in one of the years only: a point makes no line."""
    years = {flow: {c.period for c in group.cells if c.attribute(FLOW) == flow} for flow in group.codes(FLOW)}
    return replace(group, cells=tuple(c for c in group.cells if len(years[c.attribute(FLOW)]) > 1))


def moves(release: Release) -> tuple[Group, ...]:
    """Numbers of firms by what became of their trade between two years."""
    found = groups(release, (STATUS,), lambda c: has(c, STATUS) and c.unit == "count")
    return tuple(group for group in found if {KEPT, STARTED, STOPPED} <= set(group.codes(STATUS)))


def view(site: Site, tongue: Tongue, show: str, move: str) -> View | None:
    """What the page shows; None where the release has no such figure."""
    release = site.release
    level, moved = levels(release), moves(release)
    one, other = chosen(level, show), chosen(moved, move)
    if (show and one is None) or (move and other is None):
        return None
    words = release.words
    return {
        "levels": [(group.key, group.title(tongue, words)) for group in level],
        "level": _level(one, site, tongue) if one else None,
        "moves": [(group.key, group.title(tongue, words)) for group in moved],
        "move": _move(other, site, tongue) if other else None,
    }


def _level(group: Group, site: Site, tongue: Tongue) -> View:
    words = site.release.words
    axis = MODE if any(has(cell, MODE) for cell in group.cells) else FLOW
    several = len(group.codes("period")) > 1
    title = group.title(tongue, words)
    parts = replace(group, cells=tuple(cell for cell in group.cells if has(cell, axis)))
    if several:
        kind = "stacked" if axis == MODE else "lines"
        picture = picture_of(parts, "period", axis, kind, words, tongue, title)
    else:
        picture = picture_of(parts, axis, "", "bars", words, tongue, title)
    rows, columns = (("period",), (axis,)) if several else ((axis,), ("period",))
    return {
        "key": group.key,
        "title": title,
        "sheet": sheet(group.arranged(rows, columns), words, tongue),
        "chart": both(picture, "level") if picture else "",
    }


@dataclass(frozen=True)
class Stream:
    """Firms that went from one side to the other: 0 did not trade, 1 did."""

    before: int
    after: int
    label: str
    text: str
    firms: float | None


def streams(group: Group, tongue: Tongue) -> tuple[Stream, ...]:
    """The streams that the release has; who stayed out is the rest of those who do not trade, if it must.

    A rest is taken only where both of its parts are released, so that it says no more than they do.
    """
    cells = {cell.attribute(STATUS): cell for cell in group.cells}
    found = [
        _stream(cells[code], before, after, group, tongue)
        for code, before, after in ((KEPT, 1, 1), (STOPPED, 1, 0), (STARTED, 0, 1), (NEVER, 0, 0))
        if code in cells
    ]
    if NEVER not in cells and OUT in cells:
        whole, part = cells[OUT], cells[STOPPED]
        rest = whole.value - part.value if whole.value is not None and part.value is not None else None
        text = value_said(tongue, rest, 0) if rest is not None else HIDDEN
        if rest is None or rest >= 0:  # figures that were rounded or perturbed may leave less than nothing
            found.append(Stream(0, 0, tongue.say("pages.stayed_out"), text, rest))
    return tuple(found)


def _stream(cell: ReleasedCell, before: int, after: int, group: Group, tongue: Tongue) -> Stream:
    label = label_said(tongue, group.like, STATUS, cell.attribute(STATUS))
    text = HIDDEN if is_hidden(cell) else value_said(tongue, cell.value or 0, 0)
    return Stream(before, after, label, text, cell.value)


def _move(group: Group, site: Site, tongue: Tongue) -> View:
    words = site.release.words
    found = streams(group, tongue)
    return {
        "key": group.key,
        "title": group.title(tongue, words),
        "streams": [{"label": s.label, "text": s.text, "before": s.before, "after": s.after} for s in found],
        **placed(found),
        "hidden": any(stream.firms is None for stream in found),
        "rest": NEVER not in group.codes(STATUS) and OUT in group.codes(STATUS),
        "sheet": sheet(group.arranged((STATUS,), ("measure",)), words, tongue),
    }


HEIGHT, LEAST, GAP = 240.0, 16.0, 26.0
LEFT, RIGHT = 178.0, 462.0  # of a drawing that is 640 wide


def placed(found: tuple[Stream, ...]) -> View:
    """Each stream as a band from the left side (first year) to the right (last year), by its firms.

    A hidden one has the least width and tells nothing by it. `sides` are the names at both ends.
    """
    whole = sum(stream.firms or 0 for stream in found) or 1.0
    width = {id(s): max(LEAST, (s.firms or 0) / whole * HEIGHT) for s in found}
    left = _stacked(sorted(found, key=lambda s: (-s.before, -s.after)), width, _before)
    right = _stacked(sorted(found, key=lambda s: (-s.after, -s.before)), width, _after)
    bands = [_band(at, s, left[id(s)], right[id(s)], width[id(s)]) for at, s in enumerate(found)]
    sides = [
        {"x": x, "y": _middle([s for s in found if side(s) == trades], places, width), "trades": trades,
         "anchor": anchor}
        for x, places, side, anchor in (
            (LEFT - 8, left, _before, "end"), (RIGHT + 8, right, _after, "start"))
        for trades in (1, 0)
        if any(side(s) == trades for s in found)
    ]  # fmt: skip
    low = max(max(places[id(s)] + width[id(s)] for s in found) for places in (left, right))
    return {"bands": bands, "sides": sides, "height": round(low + 12)}


def _before(stream: Stream) -> int:
    return stream.before


def _after(stream: Stream) -> int:
    return stream.after


def _middle(them: list[Stream], places: dict[int, float], width: dict[int, float]) -> float:
    first = min(places[id(s)] for s in them)
    return round((first + max(places[id(s)] + width[id(s)] for s in them)) / 2 + 4, 1)


def _band(at: int, stream: Stream, a: float, b: float, thick: float) -> View:
    middle = (LEFT + RIGHT) / 2
    path = (
        f"M{LEFT:g} {a:.1f}C{middle:g} {a:.1f} {middle:g} {b:.1f} {RIGHT:g} {b:.1f}"
        f"V{b + thick:.1f}C{middle:g} {b + thick:.1f} {middle:g} {a + thick:.1f} {LEFT:g} {a + thick:.1f}z"
    )
    hidden = stream.firms is None
    return {"path": path, "label": stream.label, "text": stream.text, "at": at + 1, "hidden": hidden}


def _stacked(order: list[Stream], width: dict[int, float], side: Callable[[Stream], int]) -> dict[int, float]:
    """Where each band begins, with a gap between the two sides."""
    y, last, places = 30.0, None, {}  # type: float, int | None, dict[int, float]
    for stream in order:
        if last is not None and side(stream) != last:
            y += GAP
        places[id(stream)] = y
        y += width[id(stream)] + 2
        last = side(stream)
    return places
