"""Two-way fixed effects: the number not to trust.

With staggered starts the regression of outcome on treatment, firm and year effects compares firms that start
late with firms that started before, whose effect is still growing, and so may weigh effects negatively
(Goodman-Bacon 2021; de Chaisemartin and D'Haultfoeuille 2020). It is computed because readers ask for it, and
shown beside the group-time effects only under this name.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmtrade.estimate.learning.shapes import Z95
from firmtrade.estimate.learning.wide import Array, Wide


@dataclass(frozen=True)
class NotToTrust:
    """A coefficient of the two-way regression; `key` is the years since the start, None for treated or not.

    Errors are clustered by firm, with G / (G - 1) (n - 1) / (n - k) where k leaves out the firm effects
    (nested in the clusters), as in pyfixest and Stata's reghdfe. `degrees` is G - 1; the interval is the
    normal one.
    """

    key: int | None
    estimate: float
    std_error: float
    low: float
    high: float
    firms: int
    degrees: int
    largest: float | None = None


def two_way(wide: Wide) -> NotToTrust:
    """The coefficient of 'has started' with firm and year effects."""
    (found,) = _regress(wide, [None])
    return found


def two_way_events(wide: Wide) -> tuple[NotToTrust, ...]:
    """Coefficients by years since the start, -1 left out; needs firms that never start."""
    since = wide.years[None, :] - wide.start[:, None]
    seen = np.unique(since[np.isfinite(since) & np.isfinite(wide.outcome)]).astype(int)
    return _regress(wide, [key for key in seen.tolist() if key != -1])


def _regress(wide: Wide, keys: list[int | None]) -> tuple[NotToTrust, ...]:
    """Least squares after taking firm means out; years are few, so their dummies stay in."""
    known = np.isfinite(wide.outcome)
    since = np.where(np.isfinite(wide.start)[:, None], wide.years[None, :] - wide.start[:, None], -np.inf)
    layers = [(since >= 0 if key is None else since == key).astype(float) for key in keys]
    layers += [np.broadcast_to(wide.years == year, known.shape).astype(float) for year in wide.years[1:]]
    row = np.nonzero(known)[0]
    x = np.column_stack([_within(layer, known)[known] for layer in layers])
    y = _within(np.where(known, wide.outcome, 0.0), known)[known]
    inverse = np.linalg.pinv(x.T @ x)
    beta = inverse @ (x.T @ y)
    scores = np.zeros((len(wide.firms), x.shape[1]))
    np.add.at(scores, row, x * (y - x @ beta)[:, None])
    firms = len(np.unique(row))
    k = np.linalg.matrix_rank(x) + 1
    small = firms / (firms - 1) * (len(y) - 1) / (len(y) - k)
    errors = np.sqrt(np.diag(inverse @ (scores.T @ scores) @ inverse) * small)
    return tuple(
        NotToTrust(key, float(b), float(e), float(b - Z95 * e), float(b + Z95 * e), firms, firms - 1)
        for key, b, e in zip(keys, beta, errors, strict=False)
    )


def _within(values: Array, known: Array) -> Array:
    """Less the mean over the known years of each firm."""
    total = np.where(known, values, 0.0).sum(axis=1)
    mean: Array = total / np.maximum(known.sum(axis=1), 1)
    return values - mean[:, None]
