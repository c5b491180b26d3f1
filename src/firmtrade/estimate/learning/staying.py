"""Controls that start later leave the comparison: weights for those that stay.

Where productivity of last year decides who starts, the firms that have still not started some years on are
those that did worse meanwhile, and starters look better beside them than they are. Weighting a firm that
stays by the inverse of its chance to have stayed, given its outcome in each year before, puts that right
(inverse probability of censoring: Robins and Finkelstein 2000, Biometrics 56).
"""

from __future__ import annotations

import numpy as np

from firmtrade.estimate.learning.pair import propensity
from firmtrade.estimate.learning.wide import Array, Wide

LEAST = 0.2  # chance to stay below which a weight grows no further


def stay_weights(wide: Wide) -> Array:
    """Weights (n x T) of having started by no year up to each: 1 over the product of the yearly chances.

    Chances to start are a logit in last year's outcome and its square among firms that have not started, year
    by year; the share of starters where the logit has no answer or the outcome is unknown.
    """
    chance = np.ones(wide.outcome.shape)
    for t in range(1, len(wide.years)):
        waiting = wide.start >= wide.years[t]
        starts = waiting & (wide.start == wide.years[t])
        if not starts.any():
            continue
        chance[waiting, t] = 1 - starts.sum() / waiting.sum()
        known = waiting & np.isfinite(wide.outcome[:, t - 1])
        level = wide.outcome[known, t - 1]
        z = (level - level.mean()) / max(float(level.std()), 1e-12)
        found = propensity(starts[known].astype(float), np.column_stack([np.ones(len(z)), z, z**2]))
        if found is not None:
            chance[known, t] = 1 - found[0]
    return np.asarray(1 / np.cumprod(np.maximum(chance, LEAST), axis=1))
