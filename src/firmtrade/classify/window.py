"""A window compares each firm with itself at named points in time: t0, t1 and the outcome."""

from __future__ import annotations

from dataclasses import dataclass

from firmtrade._engine import expression
from firmtrade._engine.expression import Tree
from firmtrade.errors import StudyError

#: The points of a window, in order: first year, last year of the status, year of the outcome.
POINTS = ("t0", "t1", "outcome")


@dataclass(frozen=True)
class Window:
    """Years of the three points; `t1` is when the trade status ends, `outcome` may lag it."""

    name: str
    t0: int
    t1: int
    outcome: int

    def __post_init__(self) -> None:
        if not self.t0 < self.t1 <= self.outcome:
            raise StudyError(
                f"[windows.{self.name}]: t0 < t1 <= outcome must hold; they are {self.t0}, {self.t1} and "
                f"{self.outcome}."
            )

    @property
    def label(self) -> str:
        """The period that a growth figure is about: '1998-2003'."""
        return f"{self.t0}-{self.outcome}"

    def point(self, year: str) -> str | None:
        """The point that falls in a year, if any."""
        return next((point for point in POINTS if str(getattr(self, point)) == year), None)


def decided_at(tree: Tree) -> str | None:
    """The point of a window whose row alone decides an expanded condition or code; None if no one does.

    A firm may have no row at a later point: what is unknown of nobody is the same before and after the
    join, but `is null` is true of a row that is not there.
    """
    points = {node.name.partition("_")[0] for node in expression.columns(tree)}
    if len(points) != 1 or not points <= set(POINTS):
        return None
    (point,) = points
    return point if point == POINTS[0] or expression.unknown_of_nothing(tree) else None
