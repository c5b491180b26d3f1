"""How productivity moves from year to year, and what exporting does to it.

De Loecker, J. (2013), Detecting learning by exporting, American Economic Journal: Microeconomics 5(3),
1-21: last year's trade status is in the law of motion, omega = g(omega before, exports before) + news.
Left out of it, exporting would be taken for news that the inputs answer to, and both the elasticities and
the effect of exporting would be biased.
"""

from __future__ import annotations

import numpy as np

from firmtrade.estimate.productivity.panel import Array, Panel, spanned

QUANTILES = (25, 50, 75)


def moving(before: Array, status: Array | None, order: int) -> Array:
    """What of the law of motion depends on productivity: its powers 1 to `order`, and those of exporters."""
    centred = before - before.mean()
    powers = np.column_stack([centred**power for power in range(1, order + 1)])
    return powers if status is None else np.column_stack([powers, powers * status[:, None]])


def fixed(panel: Panel, now: Array) -> Array:
    """An orthonormal basis of what does not: the constant, the years, the trade status of the year before."""
    status = [] if panel.export is None else [panel.export[now - 1]]
    return spanned(panel.years[now], *status)


def news(omega: Array, panel: Panel, now: Array, basis: Array, order: int) -> Array:
    """What of productivity in the rows `now` the law of motion does not foresee (least squares).

    `basis` is `fixed(panel, now)`, which is the same at every trial of elasticities.
    """
    before = omega[now - 1]
    status = None if panel.export is None else panel.export[now - 1]
    terms, values = moving(before, status, order), omega[now]
    terms, values = (block - basis @ (basis.T @ block) for block in (terms, values))
    inner, _ = np.linalg.qr(terms)
    rest: Array = values - inner @ (inner.T @ values)
    return rest


def effects(omega: Array, panel: Panel, order: int) -> dict[str, float]:
    """The effect of exporting on next year's productivity, by name; empty without trade status.

    g(omega, 1) - g(omega, 0) at every firm-year's productivity before: its mean, and its value at three
    quantiles; `persistence` is the mean of the derivative of g in omega.
    """
    if panel.export is None:
        return {}
    now = np.flatnonzero(panel.lagged)
    before, status = omega[now - 1], panel.export[now - 1]
    design = np.column_stack([status, moving(before, status, order), np.ones(len(now)), panel.years[now]])
    coefficients = np.linalg.lstsq(design, omega[now], rcond=None)[0]
    powers = coefficients[1 : order + 1]
    exporting = np.append(coefficients[0], coefficients[order + 1 : 2 * order + 1])
    centred = before - before.mean()

    def gain(at: Array) -> Array:
        found: Array = np.vander(at, order + 1, increasing=True) @ exporting
        return found

    slope = sum(
        (power + 1) * (powers[power] + exporting[power + 1] * status) * centred**power
        for power in range(order)
    )
    at = np.percentile(centred, QUANTILES)
    found = {"exporting": float(gain(centred).mean())}
    found |= {f"exporting-p{q}": float(value) for q, value in zip(QUANTILES, gain(at), strict=True)}
    return {**found, "persistence": float(np.mean(slope))}
