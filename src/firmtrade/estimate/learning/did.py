"""Group-time effects: what trading did, in each year, to the firms that started in each year.

Callaway and Sant'Anna (2021), Difference-in-differences with multiple time periods, Journal of Econometrics
225. ATT(g, t) compares the change of outcome from a base year before the start to year t of the firms that
started in g with that of firms that had not started by then, so that no firm that trades serves as a control.

Conventions are those of R's did (2.5): base year g - 1 for t >= g and, with a `varying` base, t - 1 before;
covariates of the earlier of the two years; firms that start in or before the first year are left out;
standard errors from influence functions, one for each firm and therefore clustered by firm. Unbalanced
panels: `pairs` (default) uses in each comparison the firms observed in both of its years; `balanced` keeps
the firms observed in every year, which is R's default. R's `allow_unbalanced_panel`, which treats years
as separate cross-sections, is not copied: it gives up what a firm's own change tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from firmtrade.errors import DataError
from firmtrade.estimate.learning.pair import Method, compare
from firmtrade.estimate.learning.staying import stay_weights
from firmtrade.estimate.learning.wide import Array, Wide

Z95 = 1.959963984540054


@dataclass(frozen=True)
class Design:
    """How firms are compared.

    `controls`: `never` traders only, or firms that have `not-yet` started too. `base`: `varying` or
    `universal` (g - 1 for every t). `at`: covariates of the `earlier` year of each comparison, or of its
    `base` year. `powers` of the outcome in the base year join the covariates: firms alike in level (see
    `verdict`). A group with fewer than `smallest` firms has no effect of its own.
    """

    controls: Literal["not-yet", "never"] = "not-yet"
    method: Method = "dr"
    base: Literal["varying", "universal"] = "varying"
    panel: Literal["pairs", "balanced"] = "pairs"
    at: Literal["earlier", "base"] = "earlier"
    powers: int = 0
    staying: bool = False
    smallest: int = 1


@dataclass(frozen=True)
class GroupTime:
    """ATT(group, time). `firms` are distinct firms in the comparison: `treated` and `controls`.

    Undefined effects are NaN and `reason` says why. `degrees` is None: the normal law is used; `largest` is
    None: no sum is behind the figure.
    """

    group: int
    time: int
    base: int
    att: float
    std_error: float
    low: float
    high: float
    treated: int
    controls: int
    firms: int
    reason: str = ""
    degrees: int | None = None
    largest: float | None = None


@dataclass(frozen=True, eq=False)
class GroupTimes:
    """All group-time effects, with what aggregation needs.

    `influence` is n x cells, `used` (n x cells, boolean) says which firms each cell compares; `sizes` are
    the firms of each group; `early` firms started in or before the first year and `gaps` were left out of a
    balanced panel: neither is used.
    """

    cells: tuple[GroupTime, ...]
    influence: Array
    used: Array
    start: Array
    sizes: Mapping[int, int]
    firms: int
    early: int
    gaps: int
    design: Design


def group_time_effects(wide: Wide, design: Design | None = None) -> GroupTimes:
    """ATT(g, t) of every group and year, with standard errors; an effect that cannot be had is NaN with its
    reason.

    Raises DataError where there is no group, no control or no second year.
    """
    design = design or Design()
    kept, early, gaps = _usable(wide, design)
    sizes = {int(g): int((kept.start == g).sum()) for g in np.unique(kept.start[np.isfinite(kept.start)])}
    if not sizes or len(kept.years) < 2:
        raise DataError("No firm starts after the first year of the panel: there is no effect to estimate.")
    if design.controls == "never" and np.isfinite(kept.start).all():
        raise DataError(
            "Every firm starts sooner or later: use controls that have not yet started ('not-yet')."
        )
    stay = stay_weights(kept) if design.staying else None
    cells, columns, used = [], [], []
    for group in sizes:
        for time in kept.years.tolist():
            base = _base_year(kept.years, group, time, design.base)
            if base is None:
                continue
            if not np.isinf(kept.start).any() and max(time, base) >= max(sizes):
                continue  # every firm has started by then: there is no control
            cell, influence, members = _cell(kept, group, time, base, design, stay)
            cells.append(cell)
            columns.append(influence)
            used.append(members)
    return GroupTimes(
        tuple(cells),
        np.column_stack(columns),
        np.column_stack(used),
        kept.start,
        sizes,
        len(kept.firms),
        early,
        gaps,
        design,
    )


def _usable(wide: Wide, design: Design) -> tuple[Wide, int, int]:
    """Firms that can be compared; those that started too early; those with gaps, where the panel is
    balanced."""
    early = wide.start <= wide.years[0]
    keep = ~early
    whole = np.isfinite(wide.outcome).all(axis=1) & np.isfinite(wide.covariates).all(axis=(0, 2))
    gaps = int((keep & ~whole).sum()) if design.panel == "balanced" else 0
    if design.panel == "balanced":
        keep = keep & whole
    return wide.take(keep), int(early.sum()), gaps


def _base_year(years: Array, group: int, time: int, base: str) -> int | None:
    """The year that `time` is compared with; None where there is none before it."""
    before = years[years < group]
    if time >= group or base == "universal":
        return int(before[-1]) if len(before) else None
    earlier = years[years < time]
    return int(earlier[-1]) if len(earlier) else None


def _cell(
    wide: Wide, group: int, time: int, base: int, design: Design, stay: Array | None
) -> tuple[GroupTime, Array, Array]:
    """ATT(group, time), each firm's influence on it (n) and the firms compared (n, boolean)."""
    treated = wide.start == group
    control = np.isinf(wide.start)
    if design.controls == "not-yet":
        control = control | ((wide.start > max(time, base)) & ~treated)
    b, t = np.searchsorted(wide.years, [base, time])
    x = _covariates(wide, b if design.at == "base" else min(b, t), b, design.powers)
    change = wide.outcome[:, t] - wide.outcome[:, b]
    weights = None
    if stay is not None and time > group:
        weights = stay[:, t] / stay[:, np.searchsorted(wide.years, group)]
    return _compared(group, time, base, change, treated, control, x, design, weights)


def level_cell(wide: Wide, group: int, time: int) -> tuple[GroupTime, Array, Array]:
    """The difference in level in year `time` between a group and firms that never start, as `_cell` gives
    effects."""
    t = int(np.searchsorted(wide.years, time))
    x = _covariates(wide, t, t, 0)
    treated, never = wide.start == group, np.isinf(wide.start)
    # A starter has lived to start; so must those that it is compared with, or the frail are among them only.
    there = np.isfinite(wide.outcome[:, wide.years == group]).all(axis=1)
    level = np.where(there, wide.outcome[:, t], np.nan)
    return _compared(group, time, -1, level, treated, never, x, Design(method="reg"))


def _compared(
    group: int,
    time: int,
    base: int,
    change: Array,
    treated: Array,
    control: Array,
    x: Array,
    design: Design,
    weights: Array | None = None,
) -> tuple[GroupTime, Array, Array]:
    members = (treated | control) & np.isfinite(change) & np.isfinite(x).all(axis=1)
    influence = np.zeros(len(members))
    if (treated & members).sum() < design.smallest:
        return _effect(group, time, base, f"fewer than {design.smallest} firms"), influence, members
    if time == base:
        sides = (treated & members, control & members)
        return _effect(group, time, base, "", 0.0, 0.0, *sides), influence, members
    given = None if weights is None else weights[members]
    found = compare(change[members], treated[members], x[members], design.method, given)
    influence[members] = found.influence * (len(members) / max(members.sum(), 1))
    members[members] = found.kept
    error = np.nan if found.reason else float(np.sqrt((influence**2).mean() / len(influence)))
    sides = (treated & members, control & members)
    return _effect(group, time, base, found.reason, found.att, error, *sides), influence, members


def _effect(
    group: int,
    time: int,
    base: int,
    reason: str,
    att: float = np.nan,
    error: float = np.nan,
    treated: Array | None = None,
    controls: Array | None = None,
) -> GroupTime:
    ones = 0 if treated is None else int(treated.sum())
    zeros = 0 if controls is None else int(controls.sum())
    low, high = att - Z95 * error, att + Z95 * error
    return GroupTime(group, time, base, att, error, low, high, ones, zeros, ones + zeros, reason)


def _covariates(wide: Wide, at: int, base: int, powers: int) -> Array:
    """Covariates (n x k) of year index `at`, and powers of the outcome of the base year (centred)."""
    columns = [layer[:, at] for layer in wide.covariates]
    level = wide.outcome[:, base]
    if powers and np.isfinite(level).any():
        level = level - np.nanmean(level)
        columns += [level**power for power in range(1, powers + 1)]
    return np.column_stack(columns) if columns else np.empty((len(wide.firms), 0))
