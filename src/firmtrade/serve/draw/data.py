"""What is drawn: plain data, with every text as the reader is to see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

KINDS = ("bars", "stacked", "lines", "steps", "intervals")


def plain(value: float, decimals: int) -> str:
    """A number where no language is given."""
    return f"{value:,.{decimals}f}"


@dataclass(frozen=True)
class Point:
    """One figure at the place `x`. `text` is what is printed, and where there is no value stands for it."""

    x: str
    value: float | None
    text: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Series:
    """The points of one colour."""

    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Picture:
    """A chart: `title` and `description` are its text alternative, `axis` says measure and unit.

    `kind` is one of KINDS. `number` writes the numbers of the axis in the reader's language. `breaks` are
    places on the x axis at which the series breaks; `zero` says whether the axis must have nought; `below` is
    what the places are, where they don't say it themselves.
    """

    title: str
    series: tuple[Series, ...]
    kind: str = "bars"
    axis: str = ""
    description: str = ""
    number: Callable[[float, int], str] = plain
    breaks: tuple[str, ...] = ()
    zero: bool = True
    below: str = ""

    @property
    def places(self) -> tuple[str, ...]:
        """The places on the x axis, in the order in which they come first."""
        return tuple(dict.fromkeys(point.x for series in self.series for point in series.points))

    @property
    def years(self) -> bool:
        """Whether all places are years or numbers of years, which stand apart as these do."""
        return len(self.places) > 1 and all(re.fullmatch(r"-?\d{1,4}", place) for place in self.places)

    def values(self) -> list[float]:
        """All numbers that must fit on the axis."""
        if self.kind == "stacked":
            return [total for place in self.places for total in stacks(self, place)]
        points = [point for series in self.series for point in series.points]
        return [v for p in points for v in (p.value, p.low, p.high) if v is not None]


def stacks(picture: Picture, place: str) -> tuple[float, float]:
    """(sum of the negative, sum of the positive values) at a place."""
    found = [p.value for s in picture.series for p in s.points if p.x == place and p.value is not None]
    return sum(v for v in found if v < 0), sum(v for v in found if v > 0)
