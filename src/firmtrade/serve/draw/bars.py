"""Bars beside one another or stacked: upright where the names of the places fit below, else lying."""

from __future__ import annotations

from firmtrade.serve.draw import marks
from firmtrade.serve.draw.data import Picture, Point
from firmtrade.serve.draw.scale import Scale, scale

HEIGHT = 260.0  # of the room for upright bars
THICK, BETWEEN = 15.0, 12.0  # of a lying bar; between two places


def draw(picture: Picture, width: float) -> tuple[str, float]:
    """(the marks, the height of the drawing)."""
    head, top = marks.legend(picture, width, marked=False)
    top += (marks.LINE + 16) if picture.axis else 12
    rough = scale(picture.values(), top + HEIGHT, top, zero=True)
    left = marks.axis_room(picture, rough)
    each = (width - left) / max(1, len(picture.places))
    if _fit(picture, each):
        body, height = _upright(picture, width, top, left)
    else:
        body, height = _lying(picture, width, top)
    return head + body, height


def _fit(picture: Picture, each: float) -> bool:
    """Whether the names fit below in three lines, and the bars are not too thin."""
    beside = 1 if picture.kind == "stacked" else len(picture.series)
    names = [marks.wrapped(place, each - 6) for place in picture.places]
    broad = max((marks.wide(line) for lines in names for line in lines), default=0)
    return broad <= each and max(map(len, names), default=0) <= 3 and each / beside >= 11


def _pieces(picture: Picture, place: str) -> list[tuple[int, Point]]:
    return [(at, p) for at, s in enumerate(picture.series) for p in s.points if p.x == place]


def _upright(picture: Picture, width: float, top: float, left: float) -> tuple[str, float]:
    on = scale(picture.values(), top + HEIGHT, top, zero=True)
    each = (width - left) / max(1, len(picture.places))
    made = [marks.value_axis(picture, on, left, width, top)]
    deepest = 1
    for number, place in enumerate(picture.places):
        start = left + number * each
        made += _group(picture, place, on, start, each)
        name = marks.wrapped(place, each - 6)
        deepest = max(deepest, len(name))
        made.append(marks.lines(start + each / 2, top + HEIGHT + 18, name))
    return "".join(made), top + HEIGHT + 12 + deepest * marks.LINE


def _group(picture: Picture, place: str, on: Scale, start: float, each: float) -> list[str]:
    """The bars of one place."""
    stacked, made = picture.kind == "stacked", []
    beside = 1 if stacked else len(picture.series)
    thick = min(46.0, each * 0.78 / beside)
    first = start + (each - thick * beside) / 2
    up = down = 0.0
    for at, point in _pieces(picture, place):
        x = first if stacked else first + at * thick
        if point.value is None:
            if not stacked:
                made.append(marks.text(x + thick / 2, on.at(0) - 4, point.text, "label none", "middle"))
            continue
        base = (up if point.value >= 0 else down) if stacked else 0.0
        made.append(_bar(picture, at, point, (x, thick - 1), (on.at(base), on.at(base + point.value)), True))
        up, down = (up + max(point.value, 0), down + min(point.value, 0)) if stacked else (0.0, 0.0)
        if not stacked and marks.wide(point.text) * 0.9 <= thick + 2:
            y = on.at(point.value) + (-5 if point.value >= 0 else 14)
            made.append(marks.text(x + thick / 2, y, point.text, "label value", "middle"))
    return made


def _bar(
    picture: Picture, at: int, point: Point, across: tuple[float, float], along: tuple[float, float], up: bool
) -> str:
    name = picture.series[at].label if len(picture.series) > 1 else ""
    inside = marks.element("title", marks.told(name, point))
    start, size, low, long = *across, min(along), abs(along[1] - along[0])
    place = (
        {"x": start, "y": low, "width": size, "height": long}
        if up
        else {"x": low, "y": start, "width": long, "height": size}
    )
    return marks.element("rect", inside, **place, class_=f"bar {marks.colour(at)}")


def _lying(picture: Picture, width: float, top: float) -> tuple[str, float]:
    """Each place has its name on a line of its own above its bars, so that long names can be read."""
    room = max((marks.wide(p.text) for s in picture.series for p in s.points), default=0) + 8
    on = scale(picture.values(), 2.0, width - room, zero=True)
    if on.ticks[0] < 0:
        on = scale(picture.values(), room, width - room, zero=True)
    made = [marks.text(2, top - 14, picture.axis, "label axis")] if picture.axis else []
    y = top
    for place in picture.places:
        name = marks.wrapped(place, width)
        made.append(marks.lines(2, y + 10, name, anchor="start"))
        y += len(name) * marks.LINE + 1
        y = _rows(picture, place, on, y, made) + BETWEEN
    zero = marks.element("line", x1=on.at(0), x2=on.at(0), y1=top, y2=y - BETWEEN, class_="rule zero")
    return "".join([*made, zero]), y


def _rows(picture: Picture, place: str, on: Scale, y: float, made: list[str]) -> float:
    stacked = picture.kind == "stacked"
    up = down = 0.0
    for at, point in _pieces(picture, place):
        if point.value is None:
            if not stacked:
                made.append(marks.text(on.at(0) + 4, y + 11, point.text, "label none"))
                y += THICK
            continue
        base = (up if point.value >= 0 else down) if stacked else 0.0
        ends = on.at(base), on.at(base + point.value)
        made.append(_bar(picture, at, point, (y, THICK - 1), ends, False))
        if stacked:
            up, down = up + max(point.value, 0), down + min(point.value, 0)
            continue
        anchor, x = ("start", max(ends) + 5) if point.value >= 0 else ("end", min(ends) - 5)
        made.append(marks.text(x, y + 11, point.text, "label value", anchor))
        y += THICK
    return y + THICK if stacked else y
