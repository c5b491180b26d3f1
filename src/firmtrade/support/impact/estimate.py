"""The effect of support and what is needed to judge it; and, apart, numbers that are not to be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from firmtrade.estimate.learning.detectable import detectable
from firmtrade.estimate.learning.events import Effect, aggregate, event_path
from firmtrade.estimate.learning.honest import Path, relative_magnitudes
from firmtrade.estimate.learning.trends import Slope, Wald, slope, wald
from firmtrade.estimate.learning.twfe import two_way
from firmtrade.estimate.learning.wide import Wide
from firmtrade.support.impact.compare import Compared


@dataclass(frozen=True)
class Untrusted:
    """Figures that are told because they are asked for: level 1 on the Maryland scale, the last on none.

    `difference`: supported less not supported firm-years; `before_after`: supported firms after less before;
    `two_way`: the coefficient with firm and year effects, which compares late starters with early ones.
    """

    difference: float
    before_after: float
    two_way: float | None


@dataclass(frozen=True, eq=False)
class Estimated:
    """The effect and its checks.

    `average`: of the years 0 to the horizon, by firms; `groups` by year of the support; `events` by years
    since, those before the start too; `at_horizon` is the last of them. `joint` tests that nothing differed
    before, `slope` its trend (None: not to be had). `breakdown`: how many times the largest movement before
    the start trends may move a year afterwards until the interval contains 0 (None: not to be had; infinite:
    beyond all tried). `detectable`: the smallest effect that would have been shown. `observed`: shares of
    firms whose outcome is known at the horizon, 'supported' and 'others'.
    """

    average: Effect
    groups: tuple[Effect, ...]
    events: tuple[Effect, ...]
    at_horizon: Effect | None
    joint: Wald
    slope: Slope | None
    breakdown: float | None
    detectable: float
    untrusted: Untrusted
    observed: Mapping[str, float] = field(default_factory=dict)


def estimated(found: Compared, horizon: int, lead: int, sensitivity: bool = True) -> Estimated:
    """The effect from year 0 to `horizon`, and what `lead` years before it say."""
    effects = found.effects
    average = aggregate(effects, "simple", latest=horizon).overall
    events = aggregate(effects, "dynamic", -lead - 1, horizon)
    path = event_path(effects, -lead - 1, horizon)
    joint = before(path)
    return Estimated(
        average=average,
        groups=aggregate(effects, "group", latest=horizon).parts,
        events=tuple(part for part in events.parts if part.key != -1),
        at_horizon=next((part for part in events.parts if part.key == horizon), None),
        joint=joint,
        slope=_slope(path),
        breakdown=_breakdown(path) if sensitivity and path is not None and joint.degrees else None,
        detectable=detectable(average.std_error) if np.isfinite(average.std_error) else np.nan,
        untrusted=untrusted(found.wide),
        observed=_observed(found.wide, horizon),
    )


def before(path: Path | None) -> Wald:
    """Joint test that all effects before the start are 0, on what could vary; degrees 0 where nothing could.

    Years in which nobody's outcome moved have no variance, and tell nothing: they are passed over, and only
    a difference that has none would be certain (p = 0).
    """
    if path is None or not path.before:
        return Wald(np.nan, 0, np.nan, 0)
    part = slice(0, path.before)
    variances, axes = np.linalg.eigh(path.covariance[part, part])
    along = axes.T @ path.estimates[part]
    free = variances > 1e-10 * max(variances.max(), 1e-300)
    if (np.abs(along[~free]) > 1e-9).any():
        return Wald(np.inf, int(free.sum()) + 1, 0.0, path.firms)
    return wald(along[free], np.diag(variances[free]), path.firms)


def _slope(path: Path | None) -> Slope | None:
    """The trend before; None where not every year before could vary."""
    if path is None or not path.before:
        return None
    part = path.covariance[: path.before, : path.before]
    return slope(path) if np.linalg.matrix_rank(part, hermitian=True) == path.before else None


def _breakdown(path: Path) -> float | None:
    """The largest Mbar at which the interval excludes 0; None where the errors do not allow it."""
    if np.linalg.matrix_rank(path.covariance, hermitian=True) < len(path.times):
        return None
    return float(relative_magnitudes(path, ()).breakdown)


def untrusted(wide: Wide) -> Untrusted:
    """The figures that an analyst in a hurry would report."""
    since = wide.years[None, :] - wide.start[:, None]
    known = np.isfinite(wide.outcome)
    ever = np.isfinite(wide.start)[:, None]
    on, off, was = (_mean(wide, known & mask) for mask in (since >= 0, since < 0, ever & (since < 0)))
    with np.errstate(invalid="ignore"):  # its error is not used, and may be the root of a rounding below 0
        regression = two_way(wide).estimate if (known & (since >= 0)).any() else None
    return Untrusted(on - off, on - was, regression)


def _mean(wide: Wide, chosen: np.ndarray) -> float:
    return float(wide.outcome[chosen].mean()) if chosen.any() else np.nan


def _observed(wide: Wide, horizon: int) -> dict[str, float]:
    """Shares of supported firms whose outcome is known at the horizon, and of firms without support in the
    same years, each year counted as often as firms were supported so long before. NaN: no such year yet."""
    known, starts = np.isfinite(wide.outcome), wide.start
    ever = np.isfinite(starts)
    place = {int(year): at for at, year in enumerate(wide.years.tolist())}
    mine = [(i, place[int(starts[i]) + horizon]) for i in np.flatnonzero(ever)
            if int(starts[i]) + horizon in place]  # fmt: skip
    if not mine or ever.all():
        return {"supported": np.nan, "others": np.nan}
    return {
        "supported": float(np.mean([known[i, at] for i, at in mine])),
        "others": float(np.mean([known[~ever, at].mean() for _, at in mine])),
    }
