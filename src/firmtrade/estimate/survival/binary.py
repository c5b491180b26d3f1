"""A binary model with many levels and few columns, by Fisher's scoring.

The levels (durations) are dummies that each row has one of. Writing them out makes the dense matrix over
which statsmodels' GLM takes singular values at every step: fifty times the time, and memory for rows times
levels. Here the levels are eliminated from each step, which gives the same estimates; the tests compare
with R's glm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from firmtrade.errors import Unanswerable
from firmtrade.estimate.survival.frames import independent

STEPS = 60
ALIKE = "The yearly hazard has no answer: groups and controls cannot be told apart."
NO_BOUND = (
    "The yearly hazard has no answer: a control tells exactly who leaves, so its effect has no bound. "
    "Leave it out, or make it coarser."
)


@dataclass(frozen=True)
class Fitted:
    """Coefficients of the columns, their covariance, each row's part in their score (n, k), log likelihood.

    `scores` are net of the levels, so that covariance, sums of scores and covariance make errors by firm.
    """

    beta: Any
    covariance: Any
    scores: Any
    log_likelihood: float


def fit(x: Any, level: Any, y: Any, link: str) -> Fitted:
    """Fit P(y = 1) = F(x beta + alpha[level]); `link` is logit or cloglog. x: (n, k), level: 0 .. L - 1.

    Raises Unanswerable where the likelihood has no maximum that can be found.
    """
    import numpy

    levels = int(level.max()) + 1
    share = numpy.bincount(level, weights=y, minlength=levels) / numpy.bincount(level, minlength=levels)
    share = numpy.clip(share, 1e-6, 1 - 1e-6)
    alpha = numpy.log(share / (1 - share)) if link == "logit" else numpy.log(-numpy.log1p(-share))
    beta = numpy.zeros(x.shape[1])
    value = _likelihood(x @ beta + alpha[level], y, link)
    for at in range(STEPS):
        slope, weight = _slope(x @ beta + alpha[level], y, link)
        on_beta, on_alpha, information, means = _step(
            x, level, levels, slope, weight, NO_BOUND if at else ALIKE
        )
        size = 1.0
        while size > 1e-6:
            b, a = beta + size * on_beta, alpha + size * on_alpha
            new = _likelihood(x @ b + a[level], y, link)
            if new >= value - 1e-12 * abs(value):
                break
            size /= 2
        beta, alpha, value = b, a, new
        if max(numpy.abs(on_beta).max(initial=0), numpy.abs(on_alpha).max()) < 1e-9:
            slope, _ = _slope(x @ beta + alpha[level], y, link)
            scores = (x - means[level]) * slope[:, None]
            return Fitted(beta, numpy.linalg.inv(information), scores, float(value))
    raise Unanswerable(NO_BOUND)


def _step(x: Any, level: Any, levels: int, slope: Any, weight: Any, why: str) -> tuple[Any, Any, Any, Any]:
    """Fisher's step for columns and levels, information on the columns net of levels, level means."""
    import numpy

    total = numpy.bincount(level, weights=weight, minlength=levels)
    sums = numpy.stack(
        [numpy.bincount(level, weights=weight * column, minlength=levels) for column in x.T], axis=1
    )
    means = sums / total[:, None]
    information = (x * weight[:, None]).T @ x - means.T @ sums
    if not independent(information):
        raise Unanswerable(why)
    score_levels = numpy.bincount(level, weights=slope, minlength=levels)
    score = x.T @ slope - means.T @ score_levels
    on_beta = numpy.linalg.solve(information, score)
    return on_beta, score_levels / total - means @ on_beta, information, means


def _slope(eta: Any, y: Any, link: str) -> tuple[Any, Any]:
    """Derivative of the log likelihood by the linear predictor, and its expected second derivative."""
    import numpy

    if link == "logit":
        mean = 1 / (1 + numpy.exp(-eta))
        return y - mean, numpy.maximum(mean * (1 - mean), 1e-300)
    rate = numpy.exp(numpy.clip(eta, -700, 6))
    left = numpy.maximum(-numpy.expm1(-rate), 1e-300)  # the chance of leaving
    stays = numpy.exp(-rate)
    slope = y * rate * stays / left - (1 - y) * rate
    return slope, numpy.maximum(rate * rate * stays / left, 1e-300)


def _likelihood(eta: Any, y: Any, link: str) -> float:
    import numpy

    if link == "logit":
        return float((y * eta - numpy.logaddexp(0, eta)).sum())
    rate = numpy.exp(numpy.clip(eta, -700, 6))
    return float((y * numpy.log(numpy.maximum(-numpy.expm1(-rate), 1e-300)) - (1 - y) * rate).sum())
