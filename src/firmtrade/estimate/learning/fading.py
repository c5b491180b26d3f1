"""Is an effect more than a good year: what a shock to firms that do not trade leaves after some years.

A firm that starts in a good year looks as if starting had made the year good. If nothing was learnt, its lead
then fades as any shock does. How shocks fade is seen from firms that never trade.
"""

from __future__ import annotations

import numpy as np

from firmtrade.estimate.learning.honest import Path
from firmtrade.estimate.learning.wide import Array, Wide


def responses(wide: Wide, years: int) -> Array:
    """What is left of a shock after 0, 1, .. `years` years (1 at first; NaN where the panel is too short).

    A shock is what last year's outcome does not predict, among firms that never start, year by year.
    """
    outcome = wide.outcome[np.isinf(wide.start)]
    shocks = [_shock(outcome[:, t - 1], outcome[:, t]) for t in range(1, outcome.shape[1])]
    left = np.full(years + 1, np.nan)
    for later in range(years + 1):
        over = under = 0.0
        for t in range(1, outcome.shape[1] - later):
            shock, then = shocks[t - 1], outcome[:, t + later]
            both = np.isfinite(shock) & np.isfinite(then)
            if both.sum() > 2:
                over += float(shock[both] @ (then[both] - then[both].mean()))
                under += float(shock[both] @ shock[both])
        left[later] = over / under if under > 0 else np.nan
    return left


def _shock(before: Array, now: Array) -> Array:
    known = np.isfinite(before) & np.isfinite(now)
    shock = np.full(len(now), np.nan)
    if known.sum() > 2:
        x, y = before[known] - before[known].mean(), now[known] - now[known].mean()
        size = float(x @ x)
        shock[known] = y - x * (float(x @ y) / size if size > 0 else 0.0)
    return shock


def lasting(wide: Wide, path: Path) -> tuple[float, float]:
    """The part of the effect that does not fade, and its standard error; NaN where it cannot be told apart.

    Effects by years since the start are fitted by a constant and a shock that fades (generalised least
    squares); the constant is returned. How shocks fade is taken as known: it is estimated from many more
    firms.
    """
    after = path.times[path.before :]
    left = np.clip(responses(wide, max(after)), 0.0, 1.0)[list(after)]
    if len(after) < 3 or np.isnan(left).any() or left.max() - left.min() < 0.01:
        return np.nan, np.nan
    x = np.column_stack([np.ones(len(after)), left])
    weighed = np.linalg.solve(path.covariance[path.before :, path.before :], x)
    covariance = np.linalg.inv(x.T @ weighed)
    found = covariance @ (weighed.T @ path.estimates[path.before :])
    return float(found[0]), float(np.sqrt(covariance[0, 0]))
