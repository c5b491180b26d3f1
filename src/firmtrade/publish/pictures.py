"""Small drawings for the custodian's pages, written as SVG by hand: an interval, a bar, lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup

WIDE, HIGH = 208.0, 28.0  # of an interval
LEFT, RIGHT, TOP, BOTTOM = 48, 620, 16, 250  # of the lines' field


def interval(
    value: float, wanted: tuple[float, float] | None, proven: tuple[float, float], digits: int
) -> Markup:
    """The true value, the interval that must stay possible, and what an attacker is left with."""
    from markupsafe import Markup

    # What an attacker is left with may be wider than any picture: it is cut off at an arrow.
    reach = 4 * max([abs(value), *(abs(end - value) for end in wanted or ())]) or 1.0
    shown = (max(proven[0], value - reach), min(proven[1], value + reach))
    ends = [value, *shown, *(wanted or ())]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0

    def x(at: float) -> float:
        return 8 + (WIDE - 16) * (at - low) / span

    left, right = x(shown[0]), x(shown[1])
    heads = _end(left, 6, shown[0] == proven[0]), _end(right, -6, shown[1] == proven[1])
    band = ""
    if wanted:
        width = max(2.0, x(wanted[1]) - x(wanted[0]))
        band = f'<rect class="wanted" x="{x(wanted[0]):.1f}" y="6" width="{width:.1f}" height="16"/>'
    asked = f", must span {wanted[0]:,.{digits}f} to {wanted[1]:,.{digits}f}" if wanted else ""
    said = (
        f"true value {value:,.{digits}f}{asked}, attacker's interval {proven[0]:,.{digits}f} to "
        f"{proven[1]:,.{digits}f}"
    )
    return Markup(
        f'<svg class="interval" viewBox="0 0 {WIDE:g} {HIGH:g}" role="img" aria-label="{said}">{band}'
        f'<path class="proven" d="{heads[0]}M{left:.1f} 14H{right:.1f}{heads[1]}"/>'
        f'<circle class="true" cx="{x(value):.1f}" cy="14" r="3.6"/></svg>'
    )


def _end(x: float, back: float, whole: bool) -> str:
    """The end of an interval: a stroke, or an arrow where it goes on."""
    return f"M{x:.1f} 9V19" if whole else f"M{x + back:.1f} 9L{x:.1f} 14L{x + back:.1f} 19"


def bar(share: float) -> Markup:
    """A share between 0 and 1 as a bar; the number stands beside it, so that nothing is read out here."""
    from markupsafe import Markup

    return Markup(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="of-all" width="100" height="8"/>'
        f'<rect class="hidden-share" width="{100 * share:.2f}" height="8"/></svg>'
    )


@dataclass(frozen=True)
class Line:
    """A named line through points (x, y)."""

    name: str
    points: tuple[tuple[float, float], ...]


def lines(drawn: Sequence[Line], x_title: str, now: float | None, said: str) -> Markup:
    """Lines over the same x, y as percentages from zero; `now` is where the profile stands."""
    from markupsafe import Markup, escape

    xs = sorted({x for line in drawn for x, _ in line.points})
    most = max([1.0, *(y for line in drawn for _, y in line.points)]) * 1.08
    span = (xs[-1] - xs[0]) or 1.0

    def place(x: float, y: float) -> tuple[float, float]:
        return LEFT + (RIGHT - LEFT) * (x - xs[0]) / span, BOTTOM - (BOTTOM - TOP) * y / most

    parts = []
    step = next(size for size in (0.25, 0.5, 1, 2, 5, 10, 20, 25) if most / size <= 6)
    for k in range(int(most / step) + 1):
        y = k * step
        height = place(xs[0], y)[1]
        parts.append(f'<path class="tick" stroke-width="1" d="M{LEFT} {height:.1f}H{RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{height + 4:.1f}" text-anchor="end">{y:.3g} %</text>')
    for x in xs:
        parts.append(f'<text x="{place(x, 0)[0]:.1f}" y="{BOTTOM + 20}" text-anchor="middle">{x:g}</text>')
    parts.append(
        f'<text x="{(LEFT + RIGHT) / 2}" y="{BOTTOM + 42}" text-anchor="middle">{escape(x_title)}</text>'
    )
    if now is not None and xs[0] <= now <= xs[-1]:
        across = place(now, 0)[0]
        parts.append(f'<path class="now" d="M{across:.1f} {TOP}V{BOTTOM}"/>')
        parts.append(f'<text x="{across + 5:.1f}" y="{TOP + 6}">now</text>')
    for number, line in enumerate(drawn, 1):
        points = [place(x, y) for x, y in line.points]
        parts.append(f'<path class="line-{number}" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>')
        parts += [f'<circle class="dot-{number}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points]
    return Markup(
        f'<svg viewBox="0 0 {RIGHT + 20} {BOTTOM + 52}" role="img" aria-label="{escape(said)}">'
        + "".join(parts)
        + "</svg>"
    )
