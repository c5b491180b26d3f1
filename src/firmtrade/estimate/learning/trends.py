"""Were trends parallel before the start: joint Wald tests, and the slope of the years before.

A test that is passed proves little where it has little power: the sensitivity analysis of `honest` and the
slope below belong beside it (Roth 2022, Pretest with caution, American Economic Review: Insights 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmtrade.estimate.extras import econ
from firmtrade.estimate.learning.honest import Path
from firmtrade.estimate.learning.shapes import GroupTimes
from firmtrade.estimate.learning.wide import Array


@dataclass(frozen=True)
class Wald:
    """Joint test that effects before the start are 0: statistic, its degrees of freedom, p (chi-squared)."""

    statistic: float
    degrees: int
    p: float
    firms: int
    largest: float | None = None


@dataclass(frozen=True)
class Slope:
    """Trend before the start, in units of the outcome a year, by generalised least squares through the base
    year.

    `expected` is what it would add to the average effect after the start if it went on
    (`std_error_expected`), and `beyond` the average effect less that, with its standard error: the estimate
    that allows for a linear difference in trends, which is the fixed-length interval of `honest` at M = 0.
    """

    slope: float
    std_error: float
    expected: float
    std_error_expected: float
    beyond: float
    std_error_beyond: float


def pretest(effects: GroupTimes) -> Wald:
    """Wald test of all ATT(g, t) with t < g, as R's did reports it; a base year's own 0 is left out.

    Degrees of freedom are 0 and p is NaN where there is nothing to test or the covariance is singular.
    """
    before = [
        i
        for i, c in enumerate(effects.cells)
        if c.time < c.group and c.time != c.base and not np.isnan(c.att)
    ]
    atts = np.array([effects.cells[i].att for i in before])
    influence = effects.influence[:, before]
    firms = int(effects.used[:, before].any(axis=1).sum())
    return wald(atts, influence.T @ influence / effects.firms**2, firms)


def wald(estimates: Array, covariance: Array, firms: int) -> Wald:
    """Test that all `estimates` are 0."""
    k = len(estimates)
    if k == 0 or np.linalg.matrix_rank(covariance, hermitian=True) < k:
        return Wald(np.nan, 0, np.nan, firms)
    statistic = float(estimates @ np.linalg.solve(covariance, estimates))
    return Wald(statistic, k, float(econ("scipy.stats", "a test of trends").chi2.sf(statistic, k)), firms)


def slope(path: Path) -> Slope | None:
    """Linear trend of the event-study coefficients before the start, and the average effect beyond it.

    None where there is no year before the base year.
    """
    since = np.array(path.times, dtype=float) + 1  # from the base year, where the difference is 0
    return _slope(path, since < 0, since)


def drift(path: Path) -> Slope | None:
    """The same where coefficients before the start are moves from one year to the next (a varying base).

    Their common size is the slope, and it adds up over the years since the start.
    """
    times = np.array(path.times, dtype=float)
    return _slope(path, times < 0, np.where(times < 0, 1.0, times + 1))


def _slope(path: Path, pre: Array, unit: Array) -> Slope | None:
    """The slope that coefficients `pre` (boolean) show, if each is `unit` times it, and what it adds
    later."""
    if not pre.any():
        return None
    covariance, estimates = path.covariance, path.estimates
    weights = np.concatenate([np.zeros(int(pre.sum())), path.weights])
    years = float(weights @ unit)
    of_slope = np.zeros(len(unit))
    of_slope[pre] = np.linalg.solve(covariance[np.ix_(pre, pre)], unit[pre])
    of_slope /= of_slope @ unit
    # The minimum-variance estimate beyond the trend uses the noise that years before and after share.
    beyond = _beyond(weights, pre, unit, covariance, years)
    found, rest = float(of_slope @ estimates), float(beyond @ estimates)
    error = float(np.sqrt(of_slope @ covariance @ of_slope))
    return Slope(
        found, error, found * years, error * abs(years), rest, float(np.sqrt(beyond @ covariance @ beyond))
    )


def _beyond(base: Array, pre: Array, unit: Array, covariance: Array, years: float) -> Array:
    """Weights of least variance among those that a linear trend does not bias."""
    inner = covariance[np.ix_(pre, pre)]
    cross = covariance[pre] @ base
    free = -np.linalg.solve(inner, cross)
    direction = np.linalg.solve(inner, unit[pre])
    free = free + direction * ((-years - free @ unit[pre]) / (unit[pre] @ direction))
    weights: Array = base.copy()
    weights[pre] = free
    return weights
