"""A window compares each firm with itself at named points in time: t0, t1 and the outcome."""

from __future__ import annotations

from dataclasses import dataclass

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
