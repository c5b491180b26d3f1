"""One group in one year: who is compared with whom, in what, and given what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from firmtrade.estimate.learning.pair import compare
from firmtrade.estimate.learning.shapes import Z95, Design, GroupTime, GroupTimes
from firmtrade.estimate.learning.wide import Array, Wide


@dataclass(frozen=True, eq=False)
class Asked:
    """A comparison: `outcome` (n, NaN: not there) of `treated` and `control` firms, given `covariates` (n x
    k)."""

    group: int
    time: int
    base: int
    outcome: Array
    treated: Array
    control: Array
    covariates: Array
    weights: Array | None = None


@dataclass(frozen=True, eq=False)
class Made:
    """A comparison made: the effect, each firm's influence on it (n) and which firms it uses (n, boolean)."""

    effect: GroupTime
    influence: Array
    used: Array


def change(wide: Wide, group: int, time: int, base: int, design: Design, stay: Array | None = None) -> Asked:
    """The change from year `base` to `time`, of a group and of the controls of the design."""
    treated = wide.start == group
    control = np.isinf(wide.start)
    if design.controls == "not-yet":
        control = control | ((wide.start > max(time, base)) & ~treated)
    b, t = np.searchsorted(wide.years, [base, time])
    x = _covariates(wide, b if design.at == "base" else min(b, t), b, design.powers)
    weights = None
    if stay is not None and time > group:
        weights = stay[:, t] / stay[:, np.searchsorted(wide.years, group)]
    return Asked(group, time, base, wide.outcome[:, t] - wide.outcome[:, b], treated, control, x, weights)


def level(wide: Wide, group: int, time: int) -> Asked:
    """The level in year `time`, of a group and of firms that never start."""
    t = int(np.searchsorted(wide.years, time))
    # A starter has lived to start; so must those that it is compared with, or the frail are among them only.
    there = np.isfinite(wide.outcome[:, wide.years == group]).all(axis=1)
    return Asked(
        group,
        time,
        -1,
        np.where(there, wide.outcome[:, t], np.nan),
        wide.start == group,
        np.isinf(wide.start),
        _covariates(wide, t, t, 0),
    )


def made(wide: Wide, asked: Asked, design: Design) -> Made:
    """Make a comparison; one that cannot be made is NaN with its reason."""
    n = len(wide.firms)
    used = (asked.treated | asked.control) & np.isfinite(asked.outcome)
    used &= np.isfinite(asked.covariates).all(axis=1)
    influence = np.zeros(n)
    if asked.time == asked.base:
        return Made(_effect(wide, asked, used, 0.0, 0.0, ""), influence, used)
    if (asked.treated & used).sum() < design.smallest:
        reason = f"fewer than {design.smallest} firms"
        return Made(_effect(wide, asked, used, np.nan, np.nan, reason), influence, used)
    given = None if asked.weights is None else asked.weights[used]
    found = compare(asked.outcome[used], asked.treated[used], asked.covariates[used], design.method, given)
    influence[used] = found.influence * (n / max(used.sum(), 1))
    used[used] = found.kept
    error = np.nan if found.reason else float(np.sqrt((influence**2).mean() / n))
    return Made(_effect(wide, asked, used, found.att, error, found.reason), influence, used)


def _effect(wide: Wide, asked: Asked, used: Array, att: float, error: float, reason: str) -> GroupTime:
    half = Z95 * error
    ones, zeros = wide.count(asked.treated & used), wide.count(asked.control & used)
    return GroupTime(
        asked.group,
        asked.time,
        asked.base,
        att,
        error,
        att - half,
        att + half,
        ones,
        zeros,
        wide.count(used),
        reason,
    )


def assembled(wide: Wide, found: Sequence[Made], design: Design, early: int, gaps: int) -> GroupTimes:
    """All comparisons together."""
    n, groups = len(wide.firms), np.unique(wide.start[np.isfinite(wide.start)]).astype(int).tolist()
    return GroupTimes(
        cells=tuple(each.effect for each in found),
        influence=np.column_stack([each.influence for each in found]) if found else np.empty((n, 0)),
        used=np.column_stack([each.used for each in found]) if found else np.empty((n, 0), dtype=bool),
        start=wide.start,
        owners=wide.owners,
        sizes={group: int((wide.start == group).sum()) for group in groups},
        firms=n,
        early=early,
        gaps=gaps,
        design=design,
    )


def _covariates(wide: Wide, at: int, base: int, powers: int) -> Array:
    """Covariates (n x k) of year index `at`, and powers of the outcome of the base year (centred)."""
    columns = [layer[:, at] for layer in wide.covariates]
    outcome = wide.outcome[:, base]
    if powers and np.isfinite(outcome).any():
        outcome = outcome - np.nanmean(outcome)
        columns += [outcome**power for power in range(1, powers + 1)]
    return np.column_stack(columns) if columns else np.empty((len(wide.firms), 0))
