"""Wooldridge (2009): both equations of Levinsohn and Petrin at once, by the generalized method of moments.

Wooldridge, J. M. (2009), On estimating firm-level production functions using proxy variables to control for
unobservables, Economics Letters 104(3), 112-114; with Levinsohn, J. and Petrin, A. (2003), Estimating
production functions using inputs to control for unobservables, Review of Economic Studies 70(2), 317-341.

First equation: output on free inputs and a polynomial in state and proxy of the year. Second: output on free
and state inputs and a polynomial in state and proxy of the year before, which stands for what was foreseen
of productivity, with no restriction on its law of motion; free inputs are instrumented by those of the year
before. Both are estimated together: two steps, weights clustered by firm; one step where firms are fewer
than moments.

Both need a proxy that depends on state and productivity only, and the first that free inputs vary apart from
these: where labour is decided before materials neither holds (Ackerberg, Caves and Frazer 2015), and `acf`
is the method to use. As the free inputs are in both equations, `test` says whether they agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from firmtrade.errors import StudyError, Unanswerable
from firmtrade.estimate.extras import econ
from firmtrade.estimate.productivity import process
from firmtrade.estimate.productivity.outcome import (
    Overidentified,
    ProductionFunction,
    effects,
    elasticities,
    productivity,
    size,
)
from firmtrade.estimate.productivity.panel import (
    Array,
    Inputs,
    Panel,
    fit,
    load,
    polynomial,
    resampled,
    spanned,
    with_constant,
    with_export,
)

EQUATIONS = ("both", "second")
REJECTED = 0.01  # a p of the overidentification test below this is said in words


@dataclass(frozen=True)
class Solution:
    """Coefficients of free and state inputs with their covariance, from moments that firms add up to."""

    values: Array
    covariance: Array
    statistic: float
    moments: int
    parameters: int
    weighted: bool


def wooldridge(
    frame: Any,
    inputs: Inputs,
    *,
    degree: int = 3,
    equations: str = "both",
    order: int = 3,
    replications: int = 0,
    seed: int = 2009,
) -> ProductionFunction:
    """Elasticities of value added, with standard errors that allow any dependence within a firm.

    The module says what is estimated. Polynomials are of `degree`; `equations="second"` takes the second
    equation alone (two-stage least squares). With `inputs.export` they differ between exporters and others,
    and the effect of exporting is read off the law of motion (`process.effects`, powers up to `order`) of
    the productivity so estimated; its errors are those of `replications` resamples of firms.
    Raises Unanswerable for inputs that the frame does not have and for too few firm-years.
    """
    if equations not in EQUATIONS:
        raise StudyError(f"equations must be one of {', '.join(EQUATIONS)}, not '{equations}'.")
    panel = load(frame, inputs)
    found = solve(panel, degree, equations)
    now = np.flatnonzero(panel.lagged)
    of = size(panel, now, found.parameters)
    errors, total = np.sqrt(np.diag(found.covariance)), float(np.sqrt(found.covariance.sum()))
    each, scale = elasticities(inputs, found.values, errors, total, of)
    test = _test(found)
    gains = process.effects(_omega(panel, found.values, degree), panel, order)
    spread = _spread(panel, degree, equations, order, replications if gains else 0, seed)
    return ProductionFunction(
        method=f"wooldridge-{equations}",
        elasticities=each,
        scale=scale,
        exporting=effects(gains, spread, of),
        observations=len(now),
        firms=of.owners,
        unknown=panel.unknown,
        test=test,
        replications=replications if gains else 0,
        notes=_notes(found, test),
        productivity=productivity(frame, panel, found.values),
    )


def solve(panel: Panel, degree: int, equations: str) -> Solution:
    """The moments of one or both equations, solved in closed form: they are linear in the coefficients."""
    now = np.flatnonzero(panel.lagged)
    before = now - 1
    frees, states = panel.free.shape[1], panel.state.shape[1]
    second = spanned(_proxy_terms(panel, before, degree), panel.years[now])
    regressors = [np.column_stack([panel.free[now], panel.state[now], second])]
    instruments = [np.column_stack([panel.free[before], panel.state[now], second])]
    shared = [
        np.arange(frees + states)
    ]  # the columns whose coefficients are wanted, by their place in the result
    if equations == "both":
        first = spanned(_proxy_terms(panel, now, degree), panel.years[now])
        regressors.append(np.column_stack([panel.free[now], first]))
        instruments.append(regressors[1])
        shared.append(np.arange(frees))
    if len(now) <= max(block.shape[1] for block in regressors):
        raise Unanswerable(
            f"There are too few firm-years with a year before for polynomials of degree {degree}: take a "
            "lower degree or more firms."
        )
    return _gmm(panel.output[now], regressors, instruments, shared, panel.firm[now])


def _proxy_terms(panel: Panel, rows: Array, degree: int) -> Array:
    terms = polynomial(np.column_stack([panel.state[rows], panel.proxy[rows]]), degree)
    return with_export(terms, None if panel.export is None else panel.export[rows])


def _gmm(
    output: Array, regressors: list[Array], instruments: list[Array], shared: list[Array], firm: Array
) -> Solution:
    """Two-step efficient moments over equations whose coefficients `shared` are the same."""
    wanted = len(shared[0])
    widths = [block.shape[1] - len(own) for block, own in zip(regressors, shared, strict=True)]
    places, start = [], wanted
    for own, width in zip(shared, widths, strict=True):
        places.append(np.concatenate([own, np.arange(start, start + width)]))
        start += width
    slopes, weights = [], []
    for block, instrument, place in zip(regressors, instruments, places, strict=True):
        slope = np.zeros((instrument.shape[1], start))
        slope[:, place] = instrument.T @ block
        slopes.append(slope)
        weights.append(np.linalg.inv(instrument.T @ instrument))
    slope, target = np.vstack(slopes), np.concatenate([block.T @ output for block in instruments])
    weight = _diagonal(weights)
    values = _coefficients(slope, weight, target)
    scores = _scores(output, regressors, instruments, places, values, firm)
    weighted = len(scores) > slope.shape[0] > start
    if weighted:
        weight = np.linalg.inv(scores.T @ scores)
        values = _coefficients(slope, weight, target)
        scores = _scores(output, regressors, instruments, places, values, firm)
    spread = scores.T @ scores
    bread = np.linalg.inv(slope.T @ weight @ slope) @ slope.T @ weight
    covariance = bread @ spread @ bread.T * len(scores) / (len(scores) - 1)
    rest = scores.sum(axis=0)
    statistic = float(rest @ weight @ rest) if weighted else float("nan")
    own = np.arange(wanted)
    return Solution(
        values[own], covariance[np.ix_(own, own)], statistic, slope.shape[0], start,
        weighted or slope.shape[0] == start,
    )  # fmt: skip


def _coefficients(slope: Array, weight: Array, target: Array) -> Array:
    found: Array = np.linalg.solve(slope.T @ weight @ slope, slope.T @ weight @ target)
    return found


def _scores(
    output: Array,
    regressors: list[Array],
    instruments: list[Array],
    places: list[Array],
    values: Array,
    firm: Array,
) -> Array:
    """Each firm's sum of instruments times residuals: firms x moments."""
    first = np.flatnonzero(np.diff(firm, prepend=-1))
    parts = [
        instrument * (output - block @ values[place])[:, None]
        for block, instrument, place in zip(regressors, instruments, places, strict=True)
    ]
    found: Array = np.add.reduceat(np.column_stack(parts), first, axis=0)
    return found


def _diagonal(blocks: list[Array]) -> Array:
    size = sum(len(block) for block in blocks)
    found, start = np.zeros((size, size)), 0
    for block in blocks:
        found[start : start + len(block), start : start + len(block)] = block
        start += len(block)
    return found


def _test(found: Solution) -> Overidentified | None:
    degrees = found.moments - found.parameters
    if not degrees or not np.isfinite(found.statistic):
        return None
    p = econ("scipy.stats", "a production function").chi2.sf(found.statistic, degrees)
    return Overidentified(found.statistic, degrees, float(p))


def _notes(found: Solution, test: Overidentified | None) -> tuple[str, ...]:
    notes = []
    if not found.weighted:
        notes.append("Firms are fewer than moments: the moments are not weighted and not tested.")
    if test and test.p < REJECTED:
        notes.append(
            "The two equations contradict each other: free inputs or the proxy are not chosen as this method "
            "assumes. The elasticities are not to be trusted; ackerberg-caves-frazer assumes less."
        )
    return tuple(notes)


def _omega(panel: Panel, values: Array, degree: int) -> Array:
    """Productivity without what nobody foresees: output that state and proxy explain, less capital's part."""
    frees = panel.free.shape[1]
    rows = np.arange(len(panel.output))
    terms = with_constant(_proxy_terms(panel, rows, degree), panel.years)
    return fit(terms, panel.output - panel.free @ values[:frees]) - panel.state @ values[frees:]


def _spread(
    panel: Panel, degree: int, equations: str, order: int, replications: int, seed: int
) -> dict[str, float]:
    """Standard deviations of the effects of exporting over resamples of firms."""
    drawn = []
    for again in resampled(panel, replications, seed):
        values = solve(again, degree, equations).values
        drawn.append(process.effects(_omega(again, values, degree), again, order))
    if len(drawn) < 2:
        return {}
    return {name: float(np.std([one[name] for one in drawn], ddof=1)) for name in drawn[0]}
