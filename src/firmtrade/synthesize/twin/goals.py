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
_EDGE = 1e-6
_MANY = 1e12
_FEW = 0.5  # of the numbers of firms about the likely one: where more fit the shares, none is fixed


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
    inner = (high - low) * _EDGE
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
    return _arrays([*_merged([*intervals, *(_over_known(g, exact) for g in shares)])])


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
    """(least, most) of so many firms that a share allows; one on the edge of rounding only if no other does."""
    inside = math.ceil(low * whole), math.floor(high * whole)
    if inside[0] <= inside[1]:
        return inside
    edge = 2 * _EDGE * (high - low)
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


def _arrays(goals: list[Goal]) -> Goals:
    return Goals(
        np.array([g.over for g in goals], dtype=np.int64), np.array([g.under for g in goals], dtype=np.int64),
        np.array([g.low for g in goals], dtype=float), np.array([g.high for g in goals], dtype=float),
        tuple(tuple(g.figures) for g in goals),
    )  # fmt: skip


def whole_denominators(goals: Goals, firms: np.ndarray) -> Goals:
    """The goals with the numbers of firms that shares of one group allow, where these are few.

    Shares of 151 firms, printed to a tenth of a per cent, fit hardly any other number. Of the numbers that
    fit all shares of a group the one nearest to `firms` is taken, and the shares become numbers of firms.
    """
    shares: dict[int, list[int]] = {}
    for n in np.flatnonzero(goals.under >= 0).tolist():
        shares.setdefault(int(goals.under[n]), []).append(n)
    under, low, high = goals.under.copy(), goals.low.copy(), goals.high.copy()
    more: list[Goal] = []
    for group, members in shares.items():
        about = float(firms[group])
        whole = np.arange(1, int(4 * about) + 60)
        fits = np.ones(len(whole), dtype=bool)
        for n in members:
            edge = 2 * _EDGE * (goals.high[n] - goals.low[n])
            fits &= np.ceil((goals.low[n] - edge) * whole) <= np.floor((goals.high[n] + edge) * whole)
        for n in np.flatnonzero((goals.over == group) & (goals.under < 0)).tolist():
            fits &= (whole >= goals.low[n]) & (whole <= goals.high[n])
        possible = whole[fits]
        near = (whole > 0.7 * about) & (whole < 1.4 * about)
        if not len(possible) or fits[near].mean() > _FEW:
            continue
        size = int(possible[np.argmin(np.abs(np.log(possible / max(about, 0.5))))])
        more.append(Goal(group, -1, size, size))
        for n in members:
            under[n] = -1
            low[n], high[n] = whole_between(goals.low[n], goals.high[n], size)
    added = _arrays(more)
    return Goals(
        np.concatenate([goals.over, added.over]), np.concatenate([under, added.under]),
        np.concatenate([low, added.low]), np.concatenate([high, added.high]),
        (*goals.figures, *added.figures),
    )  # fmt: skip
