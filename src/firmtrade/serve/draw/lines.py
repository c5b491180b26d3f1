"""Lines over years or other places, and points with their intervals."""

from __future__ import annotations

from itertools import pairwise

from firmtrade.serve.draw import marks
from firmtrade.serve.draw.data import Picture, Point
from firmtrade.serve.draw.scale import Scale, scale

HEIGHT = 260.0
MARKED = 12  # points of a curve of steps that are marked; of more only the last


def draw(picture: Picture, width: float) -> tuple[str, float]:
    """(the marks, the height of the drawing)."""
    head, top = marks.legend(picture, width, marked=True)
    top += (marks.LINE + 16) if picture.axis else 12
    on = scale(picture.values(), top + HEIGHT, top, picture.zero)
    left = marks.axis_room(picture, on)
    x = _places(picture, left, width)
    made = [head, marks.value_axis(picture, on, left, width, top)]
    names, deepest = _names(picture, x, width - left, top)
    made += names
    made += [_break(x[place], top) for place in picture.breaks if place in x]
    for at in range(len(picture.series)):
        made += _intervals(picture, at, x, on) if picture.kind == "intervals" else _line(picture, at, x, on)
    bottom = top + HEIGHT + 12 + deepest * marks.LINE
    if picture.below:
        bottom += marks.LINE + 4
        made.append(marks.text((left + width) / 2, bottom - 3, picture.below, "label axis", "middle"))
    return "".join(made), bottom


def _places(picture: Picture, left: float, width: float) -> dict[str, float]:
    places = picture.places
    if picture.years:
        first, last = min(map(int, places)), max(map(int, places))
        room = width - left - 48
        ordered = sorted(places, key=int)
        return {place: left + 24 + (int(place) - first) / (last - first) * room for place in ordered}
    each = (width - left) / max(1, len(places))
    return {place: left + (number + 0.5) * each for number, place in enumerate(places)}


def _names(picture: Picture, x: dict[str, float], room: float, top: float) -> tuple[list[str], int]:
    """Names below, each second or third only where they would touch."""
    names = list(x)
    each = room / max(1, len(names))
    lines = {name: marks.wrapped(name, each - 4) for name in names}
    broad = max((marks.wide(part) for parts in lines.values() for part in parts), default=0) + 6
    every = max(1, -(-int(broad) // max(1, int(each)))) if picture.years else 1
    shown = [name for number, name in enumerate(names) if number % every == 0]
    if picture.years and every > 1:  # round numbers tell more than each third one
        span = max(map(int, names)) - min(map(int, names))
        apart = next((step for step in (2, 5, 10, 20, 25, 50) if span / step * broad <= room), 100)
        shown = [name for name in names if int(name) % apart == 0] or shown
    made = [marks.lines(x[name], top + HEIGHT + 18, lines[name]) for name in shown]
    return made, max((len(lines[name]) for name in shown), default=1)


def _break(x: float, top: float) -> str:
    return marks.element("line", x1=x, x2=x, y1=top, y2=top + HEIGHT, class_="break")


def _step(a: tuple[float, float], b: tuple[float, float]) -> list[tuple[float, float]]:
    """A curve keeps its value until the next one: across, then down."""
    return [(b[0], a[1]), b]


def _line(picture: Picture, at: int, x: dict[str, float], on: Scale) -> list[str]:
    """The line in parts: it stops where a figure is not there, and says so by a gap."""
    series = picture.series[at]
    ordered = sorted(series.points, key=lambda point: x[point.x])
    runs: list[list[Point]] = [[]]
    for point in ordered:
        if point.value is None:
            runs.append([])
        else:
            runs[-1].append(point)
    made = []
    for run in runs:
        places = [(x[p.x], on.at(p.value or 0.0)) for p in run]
        if picture.kind == "steps" and run:
            places = [places[0], *(place for pair in pairwise(places) for place in _step(*pair))]
        if len(run) > 1:
            path = " ".join(f"{across:.1f},{up:.1f}" for across, up in places)
            made.append(marks.element("polyline", points=path, class_=f"line {marks.colour(at)}"))
        if picture.kind == "steps" and len(run) > MARKED:
            run = run[-1:]
        made += [marks.marker(x[p.x], on.at(p.value or 0.0), at, marks.told(series.label, p)) for p in run]
    gone = [p for p in ordered if p.value is None and p.text]
    low = on.start - 6 - 13 * (at % 4)
    return made + [marks.text(x[p.x], low, p.text, f"label none {marks.colour(at)}", "middle") for p in gone]


def _intervals(picture: Picture, at: int, x: dict[str, float], on: Scale) -> list[str]:
    """Points with their bounds; series that share a place stand side by side there."""
    made: list[str] = []
    there = {place: [n for n, s in enumerate(picture.series) if any(p.x == place for p in s.points)]
             for place in x}  # fmt: skip
    for point in picture.series[at].points:
        sharing = there[point.x]
        place = x[point.x] + (sharing.index(at) - (len(sharing) - 1) / 2) * 12
        if point.value is None:
            gone = marks.text(place, on.start - 6, point.text, "label none", "middle")
            made += [gone] if point.text else []
            continue
        if point.low is not None and point.high is not None:
            low, high = on.at(point.low), on.at(point.high)
            kind = f"line whole {marks.colour(at)}"
            made.append(marks.element("line", x1=place, x2=place, y1=low, y2=high, class_=kind))
        made.append(marks.marker(place, on.at(point.value), at, marks.told(picture.series[at].label, point)))
    return made
