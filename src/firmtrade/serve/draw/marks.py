"""The pieces of a drawing: elements, texts that fit their room, the legend, the axes."""

from __future__ import annotations

import textwrap

from markupsafe import escape

from firmtrade.serve.draw.data import Picture, Point
from firmtrade.serve.draw.scale import Scale

LETTER, LINE = 6.7, 15  # width of a letter and height of a line of 12 px, on average
TOP, LEGEND, SIZE = 10, 20, 9
#: Past these the marks of a series look like those of another.
COLOURS = 6


def element(name: str, inside: str = "", /, **attributes: object) -> str:
    """An element; `class_` is class, `text_anchor` text-anchor; numbers have two places at most."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"' for key, value in attributes.items()
    )
    return f"<{name}{given}>{inside}</{name}>" if inside else f"<{name}{given}/>"


def _attribute(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(escape(value))


def text(x: float, y: float, words: str, class_: str = "", anchor: str = "start") -> str:
    """One line of text."""
    return element("text", str(escape(words)), x=x, y=y, class_=class_ or "label", text_anchor=anchor)


def lines(x: float, y: float, words: list[str], class_: str = "", anchor: str = "middle") -> str:
    """Lines of text, one below the other."""
    return "".join(text(x, y + n * LINE, line, class_, anchor) for n, line in enumerate(words))


def wrapped(words: str, room: float) -> list[str]:
    """A text in lines that fit the room; a word that is too long stays whole."""
    return textwrap.wrap(words, max(4, int(room / LETTER)), break_long_words=False) or [""]


def wide(words: str) -> float:
    """About how wide a line of text is."""
    return len(words) * LETTER


def colour(at: int) -> str:
    """The class of the series at a position."""
    return f"s{at % COLOURS + 1}" + ("" if at < COLOURS else " again")


def told(series: str, point: Point) -> str:
    """What a pointer over a mark reads: 'export, 10-49 FTE: 23.4'."""
    where = ", ".join(part for part in (series, point.x) if part)
    return str(escape(": ".join(part for part in (where, point.text) if part)))


def marker(x: float, y: float, at: int, inside: str = "") -> str:
    """A mark whose shape and colour are the series'."""
    size, shape = 4.5, at % 4
    inside = element("title", inside) if inside else ""
    if shape == 0:
        return element("circle", inside, cx=x, cy=y, r=size, class_=f"mark {colour(at)}")
    if shape == 1:
        return element("rect", inside, x=x - 4, y=y - 4, width=8, height=8, class_=f"mark {colour(at)}")
    points = [(0, -5.5), (5.2, 4), (-5.2, 4)] if shape == 2 else [(0, -6), (6, 0), (0, 6), (-6, 0)]
    corners = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in points)
    return element("polygon", inside, points=corners, class_=f"mark {colour(at)}")


def legend(picture: Picture, width: float, marked: bool) -> tuple[str, float]:
    """(the legend above the drawing, its height); none where there is one series."""
    if len(picture.series) < 2:
        return "", 0.0
    x, y, made = 2.0, float(TOP), []
    for at, series in enumerate(picture.series):
        room = wide(series.label) + 34
        if x > 2 and x + room > width:
            x, y = 2.0, y + LEGEND
        sign = (
            marker(x + 6, y + 4, at)
            if marked
            else element("rect", x=x, y=y - 2, width=12, height=12, class_=f"bar {colour(at)}")
        )
        made.append(sign + text(x + 18, y + 8, series.label, "label legend"))
        x += room
    return "".join(made), y + LEGEND


def value_axis(picture: Picture, on: Scale, left: float, right: float, top: float) -> str:
    """Rules and numbers of an upright axis, and above it what is measured."""
    made = [text(2, top - 14, picture.axis, "label axis")] if picture.axis else []
    for tick in on.ticks:
        y = on.at(tick)
        kind = "rule zero" if tick == 0 else "rule"
        made.append(element("line", x1=left, x2=right, y1=y, y2=y, class_=kind))
        made.append(text(left - 6, y + 4, picture.number(tick, on.decimals), "label tick", "end"))
    return "".join(made)


def axis_room(picture: Picture, on: Scale) -> float:
    """How wide the numbers of an axis are."""
    return max(wide(picture.number(tick, on.decimals)) for tick in on.ticks) + 12
