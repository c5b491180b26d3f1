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

import numpy as np

from firmtrade.errors import DataError
from firmtrade.estimate.learning.cell import Made, assembled, change, made
from firmtrade.estimate.learning.shapes import Design, GroupTimes
from firmtrade.estimate.learning.staying import stay_weights
from firmtrade.estimate.learning.wide import Array, Wide


def group_time_effects(wide: Wide, design: Design | None = None) -> GroupTimes:
    """ATT(g, t) of every group and year, with standard errors; one that cannot be had is NaN with its reason.

    Raises DataError where there is no group, no control or no second year.
    """
    design = design or Design()
    kept, early, gaps = _usable(wide, design)
    never = np.isinf(kept.start)
    if never.all() or len(kept.years) < 2:
        raise DataError("No firm starts after the first year of the panel: there is no effect to estimate.")
    if design.controls == "never" and not never.any():
        raise DataError(
            "Every firm starts sooner or later: use controls that have not yet started ('not-yet')."
        )
    stay = stay_weights(kept) if design.staying else None
    found: list[Made] = []
    groups = np.unique(kept.start[~never]).astype(int).tolist()
    for group in groups:
        for time in kept.years.tolist():
            base = _base_year(kept.years, group, time, design.base)
            if base is None or (not never.any() and max(time, base) >= groups[-1]):
                continue  # nothing before it to compare with, or every firm has started by then
            found.append(made(kept, change(kept, group, time, base, design, stay), design))
    return assembled(kept, found, design, early, gaps)


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
