"""One two-by-two comparison: the change of the treated against the change of the controls.

Estimators of the effect on the treated, with the influence of each firm on them. Three are those of Sant'Anna
and Zhao (2020), Doubly robust difference-in-differences estimators, Journal of Econometrics 219: outcome
regression (`reg`), stabilised inverse probability weighting (`ipw`) and their doubly robust combination
(`dr`, their traditional estimator: logit by maximum likelihood, regression by least squares). `balance`
weighs controls by entropy balancing. Without covariates all are the difference of two mean changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from firmtrade.estimate.learning.balance import entropy_balance
from firmtrade.estimate.learning.wide import Array

Method = Literal["dr", "ipw", "reg", "balance"]

TRIM = 0.995  # a control this likely to be treated has no counterpart; R's DRDID leaves it out too


@dataclass(frozen=True, eq=False)
class Compared:
    """The effect on the treated and each firm's influence on it (mean 0); `reason` says why there is none.

    `kept` (n, boolean) are the firms compared: those of a category that only one side has are left out.
    """

    att: float
    influence: Array
    kept: Array
    reason: str = ""


def compare(
    change: Array, treated: Array, covariates: Array, method: Method, weights: Array | None = None
) -> Compared:
    """Compare the `change` (n) of `treated` (n, boolean) and others, given `covariates` (n x k, no constant).

    Influence is on the scale of sqrt(n): the standard error is the root of mean(influence**2) / n. `weights`
    (n) of the controls are for the regression only and are taken as known.
    """
    kept = _counterparts(treated, covariates)
    given = None if weights is None else weights[kept]
    found = _compare(change[kept], treated[kept], covariates[kept], method, given)
    influence = np.zeros(len(change))
    influence[kept] = found.influence * (len(change) / max(kept.sum(), 1))
    return Compared(found.att, influence, kept, found.reason)


def _counterparts(treated: Array, covariates: Array) -> Array:
    """Firms whose categories (columns of 0 and 1) both sides have."""
    kept = np.ones(len(treated), dtype=bool)
    for column in covariates.T:
        ones = column == 1
        if (ones | (column == 0)).all() and ones.any() and (ones & treated).any() != (ones & ~treated).any():
            kept &= ~ones
    return kept


def _compare(
    change: Array, treated: Array, covariates: Array, method: Method, weights: Array | None
) -> Compared:
    if not treated.any() or treated.all():
        return _none(treated, "no treated firm" if not treated.any() else "no control")
    if covariates.shape[1] == 0:
        return _plain(change, treated)
    x, reason = _design(covariates, treated)
    if reason:
        return _none(treated, reason)
    d = treated.astype(float)
    if method == "reg":
        return _regression(change, d, x, weights)
    if method == "balance":
        return _balanced(change, d, x)
    score = propensity(d, x)
    if score is None:
        return _none(treated, "covariates separate the treated from the controls")
    return _weighted(change, d, x, *score) if method == "ipw" else _doubly(change, d, x, *score)


def _none(treated: Array, reason: str) -> Compared:
    return Compared(np.nan, np.zeros(len(treated)), treated, reason)


def _made(att: float, influence: Array) -> Compared:
    return Compared(float(att), influence, np.ones(len(influence), dtype=bool))


def _plain(change: Array, treated: Array) -> Compared:
    n = len(change)
    influence = np.empty(n)
    means = []
    for side, sign in ((treated, 1.0), (~treated, -1.0)):
        mean = change[side].mean()
        influence[side] = sign * (change[side] - mean) * (n / side.sum())
        means.append(mean)
    return _made(means[0] - means[1], influence)


def _design(covariates: Array, treated: Array) -> tuple[Array, str]:
    """Constant and covariates, without those that do not vary or repeat others; why that is not enough."""
    x = np.column_stack([np.ones(len(covariates)), covariates])
    keep = _independent(x)
    x = x[:, keep]
    if len(_independent(x[~treated])) < x.shape[1]:
        return x, "treated firms with covariates that no control has"
    return x, ""


def _independent(x: Array) -> list[int]:
    """Columns that are not combinations of those before them: elimination on the products of standardised
    columns, which has the cost of one product of matrices. What is left of a column that repeats others is
    of the size of rounding (1e-15); 1e-11 is three millionths of its length."""
    size = np.linalg.norm(x, axis=0)
    there = np.flatnonzero(size > 0)
    z = x[:, there] / size[there]
    products = z.T @ z
    keep = []
    for column in range(len(there)):
        pivot = products[column, column]
        if pivot > 1e-11:
            keep.append(int(there[column]))
            line = products[column] / pivot
            products -= np.outer(products[:, column], line)
        products[column] = 0.0
    return keep


def propensity(d: Array, x: Array) -> tuple[Array, Array] | None:
    """Logit probabilities by Newton's method and the influence of each firm on the coefficients (n x k)."""
    n = len(d)
    scale = np.linalg.norm(x, axis=0) / np.sqrt(n)
    z = x / scale
    beta = np.zeros(z.shape[1])
    for _step in range(50):
        p = 1 / (1 + np.exp(-np.clip(z @ beta, -500, 500)))
        information = (z * (p * (1 - p))[:, None]).T @ z / n
        if np.linalg.cond(information) > 1e13:
            return None
        step = np.linalg.solve(information, z.T @ (d - p) / n)
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    else:
        return None
    inverse = np.linalg.inv(information)
    return p, ((d - p)[:, None] * z) @ inverse / scale


def _outcome(change: Array, d: Array, x: Array, weights: Array | None = None) -> tuple[Array, Array]:
    """Change that controls with these covariates have, and the influence on the coefficients (n x k)."""
    n = len(d)
    control = 1 - d if weights is None else (1 - d) * weights
    scale = np.linalg.norm(x, axis=0) / np.sqrt(n)
    z = x / scale
    inverse = np.linalg.inv((z * control[:, None]).T @ z / n)
    fitted = z @ (inverse @ (z.T @ (control * change) / n))
    return fitted, ((control * (change - fitted))[:, None] * z) @ inverse / scale


def _regression(change: Array, d: Array, x: Array, weights: Array | None) -> Compared:
    fitted, linear = _outcome(change, d, x, weights)
    share = d.mean()
    treat, control = (d * change).mean() / share, (d * fitted).mean() / share
    influence = d * (change - treat) - d * (fitted - control) - linear @ (d[:, None] * x).mean(axis=0)
    return _made(treat - control, influence / share)


def _odds(d: Array, p: Array) -> Array:
    """Weights that make controls look like the treated."""
    usable = (d == 0) & (p < TRIM)
    return np.where(usable, p / (1 - np.where(usable, p, 0.0)), 0.0)


def _weighted(change: Array, d: Array, x: Array, p: Array, linear: Array) -> Compared:
    w = _odds(d, p)
    treat, control = (d * change).mean() / d.mean(), (w * change).mean() / w.mean()
    slope = ((w * (change - control))[:, None] * x).mean(axis=0)
    influence = d * (change - treat) / d.mean() - (w * (change - control) + linear @ slope) / w.mean()
    return _made(treat - control, influence)


def _doubly(change: Array, d: Array, x: Array, p: Array, linear: Array) -> Compared:
    fitted, lines = _outcome(change, d, x)
    w, rest = _odds(d, p), change - fitted
    treat, control = (d * rest).mean() / d.mean(), (w * rest).mean() / w.mean()
    of_treat = d * (rest - treat) - lines @ (d[:, None] * x).mean(axis=0)
    slope = ((w * (rest - control))[:, None] * x).mean(axis=0)
    of_control = w * (rest - control) + linear @ slope - lines @ (w[:, None] * x).mean(axis=0)
    return _made(treat - control, of_treat / d.mean() - of_control / w.mean())


def _balanced(change: Array, d: Array, x: Array) -> Compared:
    """Controls weighted by entropy balancing; the influence is that of the doubly robust estimator which it
    is."""
    n, ones = len(d), d == 1
    found = entropy_balance(x[ones, 1:], x[~ones, 1:])
    if found.reason:
        return _none(ones, found.reason)
    w = np.zeros(n)
    w[~ones] = found.weights
    att = float(change[ones].mean() - w @ change)
    root = np.sqrt(w[~ones])
    beta = np.linalg.lstsq(x[~ones] * root[:, None], change[~ones] * root, rcond=None)[0]
    rest = change - x @ beta
    return _made(att, np.where(ones, (rest - att) * (n / ones.sum()), -n * w * rest))
