"""What the figures ask of numbers of firms: an interval for a group, or for the quotient of two groups."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from firmtrade.describe.asks import Ask
from firmtrade.reconcile.figures import Figure
from firmtrade.reconcile.says import Formula

#: Printed bounds are drawn in by this much of their width: a figure on the edge may be printed either way.
EDGE = 1e-6
_MANY = 1e12


@dataclass
class Goal:
    """low <= firms[over] / firms[under] <= high; `under` -1 stands for one."""

    over: int
    under: int
    low: float
    high: float
    figures: list[Figure] = field(default_factory=list)


@dataclass(frozen=True)
class Goals:
    """All goals as arrays."""

    over: np.ndarray
    under: np.ndarray
    low: np.ndarray
    high: np.ndarray
    figures: tuple[tuple[Figure, ...], ...]

    def __len__(self) -> int:
        return len(self.over)

    def missed(
        self, over: np.ndarray, under: np.ndarray, goals: np.ndarray | slice = slice(None)
    ) -> np.ndarray:
        """By how many firms each goal is missed, if its groups have so many."""
        low, high = self.low[goals] * under, self.high[goals] * under
        return np.maximum(np.maximum(low - over, over - high), 0.0)

    def counts(self, firms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(numerator, denominator) of each goal, from the number of firms of each row."""
        return firms[self.over], np.where(self.under >= 0, firms[self.under], 1)


def product_bounds(figure: Figure, formula: Formula) -> tuple[float, float]:
    """What the product of the formula's asks may be, so that the figure is printed as it is."""
    low, high = (float(end) for end in figure.bounds)
    inner = (high - low) * EDGE
    ends = [_inverse(formula, low + inner), _inverse(formula, high - inner)]
    return min(ends), max(ends)


def _inverse(formula: Formula, value: float) -> float:
    base = (value - formula.a) / formula.b
    if formula.p == 1:
        return base
    return math.pow(base, 1 / formula.p) if base > 0 else 0.0


def goals_of(asked: Mapping[Figure, Formula], row: Mapping[Ask, int], counts: Callable[[Ask], bool]) -> Goals:
    """The goals of all figures that speak of numbers of firms only; and that no sum is over nobody."""
    exact: dict[int, float] = {}
    intervals: list[Goal] = []
    shares: list[Goal] = []
    some: dict[int, list[Figure]] = {}
    for figure, formula in asked.items():
        powers = formula.powers
        if all(counts(ask) for ask in powers):
            goal = _goal(figure, formula, row)
            if goal is not None:
                (shares if goal.under >= 0 else intervals).append(goal)
        if figure.value:
            for ask, power in powers.items():
                if power < 0 or not counts(ask):
                    some.setdefault(row[ask], []).append(figure)
    for goal in intervals:
        if goal.low == goal.high:
            exact.setdefault(goal.over, goal.low)
    intervals += [Goal(n, -1, 1.0, _MANY) for n in sorted(some) if n not in exact]
    return goals_as_arrays([*_merged([*intervals, *(_over_known(g, exact) for g in shares)])])


def _goal(figure: Figure, formula: Formula, row: Mapping[Ask, int]) -> Goal | None:
    low, high = product_bounds(figure, formula)
    over = [ask for ask, power in formula.powers.items() if power == 1]
    under = [ask for ask, power in formula.powers.items() if power == -1]
    if len(over) != 1 or len(under) > 1 or len(formula.powers) > 2:
        return None
    if row[over[0]] == (row[under[0]] if under else -1):
        return None
    return Goal(row[over[0]], row[under[0]] if under else -1, low, high, [figure])


def _over_known(goal: Goal, exact: Mapping[int, float]) -> Goal:
    """A share of a printed number of firms allows some whole numbers."""
    whole = exact.get(goal.under)
    if whole is None:
        return goal
    low, high = whole_between(goal.low, goal.high, whole)
    return Goal(goal.over, -1, low, high, goal.figures) if low <= high else goal


def whole_between(low: float, high: float, whole: float) -> tuple[int, int]:
    """(least, most) of so many firms that a share allows; one on the edge of rounding if no other does."""
    inside = math.ceil(low * whole), math.floor(high * whole)
    if inside[0] <= inside[1]:
        return inside
    edge = 2 * EDGE * (high - low)
    return math.ceil((low - edge) * whole), math.floor((high + edge) * whole)


def _merged(goals: list[Goal]) -> list[Goal]:
    """Goals of one group together, unless they contradict each other."""
    kept: list[Goal] = []
    first: dict[tuple[int, int], Goal] = {}
    for goal in goals:
        known = first.get((goal.over, goal.under))
        if known and max(known.low, goal.low) <= min(known.high, goal.high):
            known.low, known.high = max(known.low, goal.low), min(known.high, goal.high)
            known.figures += goal.figures
        else:
            first.setdefault((goal.over, goal.under), goal)
            kept.append(goal)
    return kept


def goals_as_arrays(goals: list[Goal]) -> Goals:
    """The goals in their order."""
    return Goals(
        np.array([g.over for g in goals], dtype=np.int64), np.array([g.under for g in goals], dtype=np.int64),
        np.array([g.low for g in goals], dtype=float), np.array([g.high for g in goals], dtype=float),
        tuple(tuple(g.figures) for g in goals),
    )  # fmt: skip
