"""One identity, tested: the two sides, by how much they miss each other, and what can explain it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from firmtrade.reconcile.figures import Figure

HOLDS = "holds"
SUBSAMPLE = "a smaller subsample can explain it"
OVERLAP = "groups overlap"
NOTHING = "nothing explains it"


@dataclass(frozen=True)
class Finding:
    """`misses` is the gap between the two ranges that rounding allows, in `unit`; 0 where they meet.

    `figures` are the printed cells that the identity ties together (of a larger system `among`, those that
    cannot all be right), `why` what the verdict rests on.
    """

    kind: str
    about: str
    left: str
    right: str
    misses: float
    unit: str
    figures: tuple[Figure, ...]
    verdict: str
    why: str = ""
    among: tuple[Figure, ...] = ()

    @property
    def violated(self) -> bool:
        """Whether rounding alone cannot explain the figures."""
        return self.verdict in (SUBSAMPLE, NOTHING)

    @property
    def name(self) -> tuple[str, str, tuple[tuple[object, ...], ...]]:
        """Which identity it is, whatever the values are."""
        return self.kind, self.about, tuple(figure.key for figure in self.among or self.figures)


def ordered(figures: Iterable[Figure]) -> tuple[Figure, ...]:
    """Figures once each, in the order of their file."""
    return tuple(sorted(set(figures), key=lambda figure: figure.place))


def span(low: float, high: float) -> str:
    """A range as it is printed: one number where both ends are the same."""
    ends = [
        f"{end:,.0f}" if abs(end) >= 1000 or float(end).is_integer() else f"{end:,.4g}" for end in (low, high)
    ]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def gap(left: tuple[float, float], right: tuple[float, float]) -> float:
    """How far two ranges are apart: above 0 where the left one is higher, below 0 where it is lower."""
    slack = 1e-9 * max(map(abs, (*left, *right, 1.0)))
    if left[0] > right[1] + slack:
        return left[0] - right[1]
    return left[1] - right[0] if left[1] < right[0] - slack else 0.0
