"""How many firms shares are of, where that is not published: few numbers fit several printed shares.

Shares of 151 firms, printed to a tenth of a per cent, fit hardly any other number. A search that exchanges
firms one by one would not find it, since the shares of 150 firms are all a little wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from firmtrade.synthesize.twin.goals import EDGE, Goal, Goals, goals_as_arrays, whole_between

_FEW = 0.5  # of the numbers of firms about the likely one: where more fit the shares, none is fixed
_CHOICES = 5  # numbers that are tried for a group
_MORE = 300  # firms beyond four times the likely number that are looked at
_BUDGET = 6000  # goals times trials


@dataclass(frozen=True)
class Shares:
    """Shares of one group (numbers of goals), and the numbers of firms that fit all, likeliest first."""

    goals: tuple[int, ...]
    sizes: tuple[int, ...]


def whole_denominators(goals: Goals, firms: np.ndarray, misfit: Callable[[Goals], float]) -> Goals:
    """The goals with a number of firms for each group of which shares allow few.

    `firms` is about how many each group has; of several numbers the one with the least `misfit` is taken.
    """
    groups = _groups(goals, firms)
    chosen = {group: shares.sizes[0] for group, shares in groups.items()}
    trials = _BUDGET // max(len(goals), 1)
    best = misfit(_fixed(goals, groups, chosen)) if trials else 0.0
    for _ in range(2):
        for group, shares in groups.items():
            for size in shares.sizes:
                if size == chosen[group] or trials <= 0:
                    continue
                trials -= 1
                found = misfit(_fixed(goals, groups, {**chosen, group: size}))
                if found < best:
                    best, chosen = found, {**chosen, group: size}
    return _fixed(goals, groups, chosen)


def _groups(goals: Goals, firms: np.ndarray) -> dict[int, Shares]:
    """The groups of which shares allow few numbers of firms."""
    shares: dict[int, list[int]] = {}
    for n in np.flatnonzero(goals.under >= 0).tolist():
        shares.setdefault(int(goals.under[n]), []).append(n)
    found = {}
    for group, members in shares.items():
        about = max(float(firms[group]), 0.5)
        whole = np.arange(1, int(4 * about) + _MORE)
        fits = np.ones(len(whole), dtype=bool)
        for n in members:
            edge = 2 * EDGE * (goals.high[n] - goals.low[n])
            fits &= np.ceil((goals.low[n] - edge) * whole) <= np.floor((goals.high[n] + edge) * whole)
        for n in np.flatnonzero((goals.over == group) & (goals.under < 0)).tolist():
            fits &= (whole >= goals.low[n]) & (whole <= goals.high[n])
        near = (whole > 0.7 * about) & (whole < 1.4 * about)
        if fits.any() and fits[near].sum() <= _FEW * near.sum():
            possible = whole[fits]
            order = np.argsort(np.abs(np.log(possible / about)), kind="stable")
            found[group] = Shares(tuple(members), tuple(possible[order[:_CHOICES]].tolist()))
    return found


def _fixed(goals: Goals, groups: Mapping[int, Shares], chosen: Mapping[int, int]) -> Goals:
    """The goals with these groups' numbers of firms, and their shares as numbers of firms."""
    under, low, high = goals.under.copy(), goals.low.copy(), goals.high.copy()
    for group, shares in groups.items():
        for n in shares.goals:
            under[n] = -1
            low[n], high[n] = whole_between(goals.low[n], goals.high[n], chosen[group])
    added = goals_as_arrays([Goal(group, -1, size, size) for group, size in chosen.items()])
    return Goals(
        np.concatenate([goals.over, added.over]), np.concatenate([under, added.under]),
        np.concatenate([low, added.low]), np.concatenate([high, added.high]),
        (*goals.figures, *added.figures),
    )  # fmt: skip
