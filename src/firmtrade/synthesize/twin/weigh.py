"""How many firms of each candidate, roughly: the prior's weights raked to the goals, then whole numbers.

Raking moves the weights of a group's members in proportion, so that the population stays as near to the
prior as the figures allow (Deming and Stephan 1940; Deville and Särndal 1992 call it calibration).
"""

from __future__ import annotations

import numpy as np

from firmtrade.synthesize.twin.goals import Goals

_INSIDE = 0.25  # a goal that is missed is brought this far into its interval
_FEWEST, _MOST = 1e-6, 1e4  # of the prior's weight


def rake(inside: np.ndarray, goals: Goals, start: np.ndarray, sweeps: int) -> np.ndarray:
    """Weights of the candidates; `inside` is groups x candidates."""
    weights = start.astype(float)
    members = [np.flatnonzero(row) for row in inside]
    only = [
        np.flatnonzero(inside[u] & ~inside[o]) if u >= 0 else None
        for o, u in zip(goals.over.tolist(), goals.under.tolist(), strict=True)
    ]
    both = [
        np.flatnonzero(inside[u] & inside[o]) if u >= 0 else None
        for o, u in zip(goals.over.tolist(), goals.under.tolist(), strict=True)
    ]
    for _ in range(sweeps):
        moved = 0
        for n in range(len(goals)):
            rest = only[n]
            if rest is None:
                moved += _to_number(weights, members[goals.over[n]], goals.low[n], goals.high[n])
            else:
                moved += _to_share(weights, both[n], rest, goals.low[n], goals.high[n])
        np.clip(weights, start * _FEWEST, start * _MOST, out=weights)
        if not moved:
            break
    return weights


def _to_number(weights: np.ndarray, members: np.ndarray, low: float, high: float) -> bool:
    total = weights[members].sum()
    if low - 0.2 <= total <= high + 0.2 or total <= 0:
        return False
    width = min(high - low, 1.0) * _INSIDE
    goal = low + width if total < low else high - width
    weights[members] *= max(goal, 1e-3) / total
    return True


def _to_share(
    weights: np.ndarray, over: np.ndarray | None, rest: np.ndarray, low: float, high: float
) -> bool:
    yes, no = weights[over].sum(), weights[rest].sum()
    whole = yes + no
    if whole <= 0 or low * whole - 0.2 <= yes <= high * whole + 0.2 or yes <= 0 or no <= 0:
        return False
    width = (high - low) * _INSIDE
    share = low + width if yes < low * whole else high - width
    share = min(max(share, 1e-6), 1 - 1e-6)
    weights[over] *= share * whole / yes
    weights[rest] *= (1 - share) * whole / no
    return True


def whole_numbers(inside: np.ndarray, weights: np.ndarray, start: float) -> np.ndarray:
    """Whole numbers of firms with the weights' sum up to one, in each group nearly so.

    Candidates stand in the order of their groups; each gets what the running sum rounds to.
    """
    order = alike(inside, np.arange(len(inside)))
    steps = np.floor(np.cumsum(weights[order]) + start)
    found = np.zeros(len(weights), dtype=np.int64)
    found[order] = np.diff(steps, prepend=np.floor(start)).astype(np.int64)
    return found


def alike(inside: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The candidates in an order in which those of the same groups stand together, by these rows."""
    return sorted_rows(np.packbits(inside[rows].T, axis=1))


def sorted_rows(packed: np.ndarray) -> np.ndarray:
    """The order of rows of bytes."""
    width = -packed.shape[1] % 8
    wide = np.ascontiguousarray(np.pad(packed, ((0, 0), (0, width)))).view(">u8")
    return np.lexsort(wide[:, :16].T[::-1])
