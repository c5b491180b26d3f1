"""What the estimate of a production function gives: elasticities, effects of exporting, productivity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from firmtrade.estimate.extras import econ
from firmtrade.estimate.productivity.panel import Array, Inputs, Panel

LEVEL = 0.95  # of every interval here


@dataclass(frozen=True)
class Estimate:
    """One estimated number with its standard error and 95 % interval (None where there is no error).

    `firms` is the number of firms (owners, where given) behind it, `degrees` the firm-years less the
    estimated coefficients; `largest` is None: a coefficient is no sum with a largest part.
    """

    name: str
    value: float
    error: float | None
    low: float | None
    high: float | None
    firms: int
    degrees: int
    largest: float | None = None


@dataclass(frozen=True)
class Size:
    """How much an estimate rests on: clusters (firms), their owners, and the residual degrees of freedom."""

    clusters: int
    owners: int
    degrees: int


@dataclass(frozen=True)
class Overidentified:
    """Hansen's test of the moments beyond those needed: a small p says that they contradict each other."""

    statistic: float
    degrees: int
    p: float


@dataclass(frozen=True)
class ProductionFunction:
    """The estimated production function.

    `elasticities` are in the order of the inputs (free, then state), `scale` is their sum. `exporting` has,
    where trade status is in the productivity process, the effect of exporting on next year's log
    productivity (`exporting`: the mean over firms; `exporting-p25`, `-p50`, `-p75`: at these quantiles of
    productivity) and `persistence`. `roots` are all solutions of the moments that were found, the first the
    one taken. `productivity` is a pandas series of log total factor productivity (output less inputs times
    elasticities; NaN where an input is not known), in the order of the rows of the frame: for use as an
    outcome, never for release.
    """

    method: str
    elasticities: tuple[Estimate, ...]
    scale: Estimate
    exporting: tuple[Estimate, ...]
    observations: int
    firms: int
    unknown: int
    test: Overidentified | None = None
    roots: tuple[tuple[float, ...], ...] = ()
    replications: int = 0
    failed: int = 0
    notes: tuple[str, ...] = ()
    productivity: Any = field(default=None, repr=False, compare=False)

    def elasticity(self, name: str) -> Estimate:
        """The estimate of that input, of `scale`, or of an effect of exporting; KeyError if there is none."""
        known = {one.name: one for one in (*self.elasticities, self.scale, *self.exporting)}
        return known[name]


def size(panel: Panel, now: Array, coefficients: int) -> Size:
    """The size of an estimate from the rows `now`."""
    owners = len(np.unique(panel.owner[now]))
    return Size(len(np.unique(panel.firm[now])), owners, len(now) - coefficients)


def estimate(name: str, value: float, error: float | None, of: Size) -> Estimate:
    """The number with its interval, from Student's t with as many degrees of freedom as firms less one."""
    if error is None or not np.isfinite(error):
        return Estimate(name, float(value), None, None, None, of.owners, of.degrees)
    half = float(econ("scipy.stats", "a production function").t.ppf((1 + LEVEL) / 2, of.clusters - 1)) * error
    ends = float(value - half), float(value + half)
    return Estimate(name, float(value), float(error), *ends, of.owners, of.degrees)


def elasticities(
    inputs: Inputs, values: Array, errors: Iterable[float | None], total: float | None, of: Size
) -> tuple[tuple[Estimate, ...], Estimate]:
    """The inputs' elasticities and their sum, whose standard error is `total`."""
    each = tuple(
        estimate(name, value, error, of)
        for name, value, error in zip(inputs.names, values, errors, strict=True)
    )
    return each, estimate("scale", float(values.sum()), total, of)


def effects(values: Mapping[str, float], errors: Mapping[str, float], of: Size) -> tuple[Estimate, ...]:
    """The effects of exporting, in the order of `values`."""
    return tuple(estimate(name, value, errors.get(name), of) for name, value in values.items())


def productivity(frame: Any, panel: Panel, values: Array) -> Any:
    """Log total factor productivity of every row of `frame`, NaN where an input is not known."""
    pandas = econ("pandas", "a production function")
    found = np.full(len(frame), np.nan)
    found[panel.label] = panel.output - panel.inputs @ values
    return pandas.Series(found, index=frame.index, name="productivity")
