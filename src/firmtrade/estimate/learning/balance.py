"""Weights that make controls look like the treated: entropy balancing.

Hainmueller (2012), Entropy balancing for causal effects, Political Analysis 20. Of all weights under which
the controls' means equal those of the treated, the ones nearest to equal weights (in relative entropy). They
solve a smooth convex problem in as many unknowns as there are covariates, found exactly by Newton's method;
the estimate is doubly robust (Zhao and Percival 2017, Journal of Causal Inference 5).

No such weights exist where the treated lie outside what the controls span. That is an answer: `reason` says
so, and no weights are given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmtrade.estimate.learning.wide import Array

TOLERANCE = 1e-10  # largest difference of means, in standard deviations of the controls
STEPS = 200
THIN = 1e-6  # an effective number of controls below this share says that weights run away to one firm


@dataclass(frozen=True, eq=False)
class Balanced:
    """Weights of the controls (they add up to 1; empty where there are none) and how even they are.

    `effective` is the number of equally weighted controls that would be as informative: 1 / sum of squares.
    `largest` is the largest weight, `furthest` the largest difference of means that is left, in standard
    deviations, and `before` the same without weights.
    """

    weights: Array
    effective: float
    largest: float
    furthest: float
    before: float
    treated: int
    controls: int
    reason: str = ""


def entropy_balance(treated: Array, controls: Array) -> Balanced:
    """Weights for `controls` (m x k) whose means are the means of `treated` (n x k); columns need not be
    independent."""
    ones, zeros = len(treated), len(controls)
    if not ones or not zeros:
        return _refused(ones, zeros, np.nan, "no treated firm" if not ones else "no control")
    scale = controls.std(axis=0)
    target = treated.mean(axis=0)
    flat = scale <= 1e-12 * np.maximum(np.abs(controls).max(axis=0), 1e-300)
    if (flat & (np.abs(treated - controls[0]).max(axis=0) > 1e-12 * np.maximum(np.abs(target), 1))).any():
        return _refused(ones, zeros, np.inf, "a covariate varies among the treated only")
    x = (controls[:, ~flat] - target[~flat]) / scale[~flat]
    before = float(np.abs(x.mean(axis=0)).max(initial=0))
    weights = _dual(x)
    furthest = float(np.abs(weights @ x).max(initial=0))
    effective = float(1 / (weights**2).sum())
    if furthest > 1e-8 or effective < max(2.0, THIN * zeros):
        return _refused(
            ones, zeros, before, "no overlap: no weights of the controls reach the means of the treated"
        )
    return Balanced(weights, effective, float(weights.max()), furthest, before, ones, zeros)


def _refused(ones: int, zeros: int, before: float, reason: str) -> Balanced:
    return Balanced(np.empty(0), np.nan, np.nan, np.nan, before, ones, zeros, reason)


def _dual(x: Array) -> Array:
    """Weights proportional to exp(x @ multipliers) with weighted mean 0: minimise log mean exp(x @
    multipliers)."""

    def weigh(multipliers: Array) -> tuple[float, Array]:
        index = x @ multipliers
        top = index.max()
        raw = np.exp(index - top)
        return float(top + np.log(raw.mean())), raw / raw.sum()

    multipliers = np.zeros(x.shape[1])
    value, weights = weigh(multipliers)
    for _step in range(STEPS):
        gradient = weights @ x
        if np.abs(gradient).max(initial=0) < TOLERANCE:
            break
        off = x - gradient
        step = np.linalg.lstsq((off * weights[:, None]).T @ off, -gradient, rcond=1e-14)[0]
        size = 1.0
        while size > 1e-10:
            tried, found = weigh(multipliers + size * step)
            if tried <= value + 1e-4 * size * float(gradient @ step) + 1e-15:
                break
            size /= 2
        else:
            break
        multipliers, value, weights = multipliers + size * step, tried, found
    return weights
