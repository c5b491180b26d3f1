"""Ackerberg, Caves and Frazer (2015): all elasticities from the timing of decisions.

Ackerberg, D. A., Caves, K. and Frazer, G. (2015), Identification properties of recent production function
estimators, Econometrica 83(6), 2411-2451, for value added. On the second solution of its moments: Kim, K.,
Luo, Y. and Su, Y. (2019), A robust approach to estimating production functions: replication of the ACF
procedure, Journal of Applied Econometrics 34(4), 612-619.

First stage: output on a polynomial in free and state inputs and the proxy, which takes out what nobody
foresees. Second: at elasticities b, productivity is the fitted output less b times inputs; its law of motion
leaves the news, and b is where the news is unrelated to free inputs of the year before and to state inputs
of the year.

These moments have more than one solution: as labour follows from productivity and wages, putting all output
down to labour leaves the wage as "productivity", and least squares, the usual starting point, leads there.
Solutions are sought from several points; the one whose smallest elasticity is largest is taken, and `roots`
has them all. Exit is not modelled (it is in Olley and Pakes 1996).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from firmtrade.errors import Unanswerable
from firmtrade.estimate.extras import econ
from firmtrade.estimate.productivity import process
from firmtrade.estimate.productivity.outcome import (
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
    with_constant,
    with_export,
)

SOLVED = 1e-9  # the moments explain less than this part of the news: they are zero
SAME = 1e-4  # solutions nearer than this in every elasticity are one


@dataclass(frozen=True)
class _Moments:
    """What the second stage needs: fitted output, the rows with a year before, orthonormal instruments."""

    panel: Panel
    output: Array
    now: Array
    instruments: Array
    basis: Array
    order: int

    def news(self, values: Array) -> Array:
        """The unforeseen part of productivity at these elasticities."""
        omega = self.output - self.panel.inputs @ values
        return process.news(omega, self.panel, self.now, self.basis, self.order)

    def at(self, values: Array) -> Array:
        """The moments, scaled so that their sum of squares is what the instruments explain of the news."""
        found: Array = self.instruments.T @ self.news(values)
        return found


def acf(
    frame: Any,
    inputs: Inputs,
    *,
    degree: int = 3,
    order: int = 3,
    replications: int = 100,
    seed: int = 2015,
) -> ProductionFunction:
    """Elasticities of value added; standard errors from `replications` resamples of firms (0: none).

    The module says what is estimated. The first stage's polynomial is of `degree`, the law of motion has
    powers up to `order`, and last year's trade status if `inputs.export` is given (De Loecker 2013).
    Raises Unanswerable for inputs that the frame does not have and for too few firm-years.
    """
    panel = load(frame, inputs)
    moments = _moments(panel, degree, order)
    found = _solutions(moments)
    values = found[0][0]
    now = moments.now
    of = size(panel, now, len(values) + 1 + order)
    gains = process.effects(moments.output - panel.inputs @ values, panel, order)
    drawn, failed = _resample(panel, degree, order, values, replications, seed)
    spread = _spread(drawn)
    errors = [spread.get(f"{place}") for place in range(len(values))]
    each, scale = elasticities(inputs, values, errors, spread.get("scale"), of)
    return ProductionFunction(
        method="ackerberg-caves-frazer",
        elasticities=each,
        scale=scale,
        exporting=effects(gains, spread, of),
        observations=len(now),
        firms=of.owners,
        unknown=panel.unknown,
        roots=tuple(tuple(float(value) for value in root) for root, _ in found),
        replications=replications,
        failed=failed,
        notes=_notes(found),
        productivity=productivity(frame, panel, values),
    )


def _notes(found: list[tuple[Array, bool]]) -> tuple[str, ...]:
    notes = []
    if not found[0][1]:
        notes.append(
            "The moments have no exact solution near the starting points; these elasticities come nearest."
        )
    if len(found) > 1:
        notes.append(
            f"The moments have {len(found)} solutions; the one whose smallest elasticity is largest is taken."
        )
    return tuple(notes)


def _moments(panel: Panel, degree: int, order: int) -> _Moments:
    terms = polynomial(np.column_stack([panel.inputs, panel.proxy]), degree)
    terms = with_constant(with_export(terms, panel.export), panel.years)
    now = np.flatnonzero(panel.lagged)
    if len(now) <= terms.shape[1]:
        raise Unanswerable(
            f"There are too few firm-years with a year before for a polynomial of degree {degree}: take a "
            "lower degree or more firms."
        )
    instruments, _ = np.linalg.qr(np.column_stack([panel.free[now - 1], panel.state[now]]))
    return _Moments(panel, fit(terms, panel.output), now, instruments, process.fixed(panel, now), order)


def _solutions(moments: _Moments) -> list[tuple[Array, bool]]:
    """The distinct solutions, the one to take first; the nearest miss if there is none."""
    tried = [_solve(moments, start) for start in _starts(moments.panel)]
    exact = [one for one in tried if one[1] < SOLVED]
    if not exact:
        return [(min(tried, key=lambda one: one[1])[0], False)]
    exact.sort(key=lambda one: -float(one[0].min()))
    distinct: list[tuple[Array, bool]] = []
    for values, _ in exact:
        if all(np.abs(values - other).max() > SAME for other, _ in distinct):
            distinct.append((values, True))
    return distinct


def _starts(panel: Panel) -> list[Array]:
    """Least squares; equal elasticities with constant returns; and each input with most of the output."""
    count = panel.inputs.shape[1]
    least = np.linalg.lstsq(with_constant(panel.inputs, panel.years), panel.output, rcond=None)[0][
        1 : count + 1
    ]
    starts = [least, np.full(count, 1 / count)]
    for main in (0.6, 0.8) if count > 1 else ():
        rest = (1 - main) / (count - 1)
        starts += [np.where(np.arange(count) == place, main, rest) for place in range(count)]
    return starts


def _solve(moments: _Moments, start: Array) -> tuple[Array, float]:
    """The elasticities that a search from `start` ends at, and the part of the news explained there."""
    optimize = econ("scipy.optimize", "a production function")
    found = optimize.least_squares(moments.at, start, xtol=1e-13, ftol=1e-13, gtol=1e-13, max_nfev=200)
    rest = moments.news(found.x)
    return found.x, float(2 * found.cost / (rest @ rest))


def _resample(
    panel: Panel, degree: int, order: int, values: Array, replications: int, seed: int
) -> tuple[list[dict[str, float]], int]:
    """Elasticities, their sum and the effects of exporting in each resample that has a solution; failures."""
    names = [f"{place}" for place in range(len(values))]
    drawn = []
    for again in resampled(panel, replications, seed):
        moments = _moments(again, degree, order)
        found, miss = _solve(moments, values)
        if miss < SOLVED:
            gains = process.effects(moments.output - again.inputs @ found, again, order)
            drawn.append(
                {**dict(zip(names, found.tolist(), strict=True)), "scale": float(found.sum()), **gains}
            )
    return drawn, replications - len(drawn)


def _spread(drawn: list[dict[str, float]]) -> dict[str, float]:
    """The standard deviation of each number over the resamples; nothing from fewer than two."""
    if len(drawn) < 2:
        return {}
    return {name: float(np.std([one[name] for one in drawn], ddof=1)) for name in drawn[0]}
