"""Sums over who is at risk at each event of a Cox model, with Efron's handling of ties.

The package that estimates gives coefficients and their model errors. Errors by firm and the check of
proportional hazards need, at every event time of every stratum, the mean and variance of the covariates
among those at risk; here they are, for the whole design at once. Efron (1977) lets those who leave together
leave one after the other on average: of d events at a time, step l = 0 .. d - 1 counts the leaving ones at
1 - l / d.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RiskSet:
    """One event time of one stratum.

    `rows` at risk, of which `leaving` (positions in `rows`) have the event; `weights` are exp(x b) of the
    rows. `means`: (d, k), the weighted mean of the covariates at each of Efron's steps; `totals`: (d,) sums
    of the weights; `variance`: (k, k), summed over the steps.
    """

    time: float
    stratum: int
    rows: Any
    leaving: Any
    weights: Any
    means: Any
    totals: Any
    variance: Any


def risk_sets(x: Any, entry: Any, end: Any, event: Any, strata: Any, beta: Any) -> Iterator[RiskSet]:
    """The risk sets at coefficients `beta`; `strata` are whole numbers from 0."""
    import numpy

    centred = x - x.mean(axis=0)
    weights = numpy.exp(centred @ beta)
    order = numpy.argsort(strata, kind="stable")
    parts = numpy.split(order, numpy.flatnonzero(numpy.diff(strata[order])) + 1)
    for stratum, part in enumerate(parts):
        for time in numpy.unique(end[part][event[part]]):
            rows = part[(entry[part] < time) & (time <= end[part])]
            leaving = numpy.flatnonzero(event[rows] & (end[rows] == time))
            means, totals, variance = _efron(x[rows], weights[rows], leaving)
            yield RiskSet(float(time), stratum, rows, leaving, weights[rows], means, totals, variance)


def _efron(x: Any, weights: Any, leaving: Any) -> tuple[Any, Any, Any]:
    import numpy

    share = (numpy.arange(len(leaving)) / len(leaving))[:, None]
    weighted = x * weights[:, None]
    first, first_leaving = weighted.sum(axis=0), weighted[leaving].sum(axis=0)
    second, second_leaving = weighted.T @ x, weighted[leaving].T @ x[leaving]
    totals = weights.sum() - share[:, 0] * weights[leaving].sum()
    means = (first - share * first_leaving) / totals[:, None]
    variance = second * (1 / totals).sum() - second_leaving * (share[:, 0] / totals).sum() - means.T @ means
    return means, totals, variance


def score_residuals(x: Any, sets: Iterator[RiskSet]) -> Any:
    """Each row's part in the score, (n, k): what errors by firm add up. As R's coxph, with Efron."""
    import numpy

    found = numpy.zeros(x.shape)
    for each in sets:
        d = len(each.leaving)
        inverse = 1 / each.totals
        mean_sum = each.means.T @ inverse
        hazard = each.weights * inverse.sum()
        drift = x[each.rows] * hazard[:, None] - each.weights[:, None] * mean_sum
        share = numpy.arange(d) / d
        leaving = each.rows[each.leaving]
        own = each.weights[each.leaving]
        spared = (
            x[leaving] * (own * (share * inverse).sum())[:, None]
            - own[:, None] * (each.means.T @ (share * inverse))[None, :]
        )
        found[each.rows] -= drift
        found[leaving] += x[leaving] - each.means.mean(axis=0) + spared
    return found
