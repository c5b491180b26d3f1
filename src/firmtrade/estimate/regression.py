"""Least squares with effects, errors clustered by firm, and the evidence that disclosure control needs.

pyfixest takes out the effects; the rest is small algebra on what remains. Its own `feols` does the same and
is what the tests compare with, but on 10 million rows it needs 4.6 GiB of memory, and what it throws away to
need less (3.8 GiB) is what the evidence is computed from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from firmtrade.estimate.columns import dense
from firmtrade.estimate.effects import kept, not_alone, parameters, without_effects
from firmtrade.estimate.extras import econ

#: What the names of controls begin with among the terms: a status may be called like a column.
CONTROL = "control: "
#: A term is not identified if the effects and the terms before it leave less than this of its variation.
COLLINEAR = 1e-9


@dataclass(frozen=True)
class Coefficient:
    """One coefficient with its interval and the evidence behind it.

    `low` and `high` bound the confidence interval and `p_value` is two-sided, by Student's t with (firms of
    the fit - 1) degrees of freedom. `firms` are the distinct firms (or owners, where they are known) on the
    term's side: those that have the status, or a value other than zero, in any year, and with firm effects
    those whose value changes. `degrees` are the fit's residual degrees of freedom: observations less all
    terms and effects. `largest` is the share of the largest firm (or owner) in the variation that identifies
    the term, which is its sum of squares once the effects and the other terms are taken out: in least
    squares, the weight of its rows.
    """

    term: str
    estimate: float
    std_error: float
    low: float
    high: float
    p_value: float
    firms: int
    observations: int
    degrees: int | None
    largest: float | None


@dataclass(frozen=True)
class Fit:
    """A regression. `missing` are the terms that the data cannot tell from the effects or other terms.

    `singletons` are rows that an effect explains by itself and that are left out; `firms` are the clusters;
    `r2_within` is the share of variation that the terms explain once the effects are taken out.
    """

    coefficients: tuple[Coefficient, ...]
    missing: tuple[str, ...]
    observations: int
    firms: int
    degrees: int
    singletons: int
    r2_within: float | None

    def get(self, term: str) -> Coefficient | None:
        """The coefficient of a term, or None if it is missing."""
        return next((found for found in self.coefficients if found.term == term), None)


@dataclass(frozen=True)
class _Rows:
    """`design` is rows x (1 + terms), the outcome first; `starts` are where the rows of a firm begin."""

    design: numpy.ndarray
    effects: tuple[numpy.ndarray, ...]
    firms: numpy.ndarray
    owners: numpy.ndarray
    starts: numpy.ndarray
    terms: tuple[str, ...]
    singletons: int


@dataclass(frozen=True)
class _Solved:
    """Estimates of the terms in `columns` (places in the design) and the variance of them."""

    columns: list[int]
    estimates: numpy.ndarray
    variance: numpy.ndarray
    shares: list[float]
    explained: float | None


def fit(
    outcome: numpy.ndarray,
    terms: Mapping[str, numpy.ndarray],
    effects: Sequence[numpy.ndarray],
    firms: numpy.ndarray,
    owners: numpy.ndarray | None = None,
    level: float = 0.95,
) -> Fit:
    """Regress `outcome` on `terms` with `effects` (codes from 0), errors clustered by firm.

    Rows are ordered by firm (`firms` are codes that never fall) and have no unknown values; `owners` are
    codes too. Without effects there is a constant. The variance is the sandwich of Liang and Zeger (1986)
    times (N - 1)/(N - K) and G/(G - 1), where G is the number of firms and K counts the terms and the
    effects, those nested in firms as one: the convention of R fixest and pyfixest.
    """
    rows = _rows(outcome, terms, effects, firms, firms if owners is None else owners)
    count = len(rows.firms)
    absorbed, counted, nested = parameters(rows.effects, rows.firms)
    solved = _solve(rows, counted) if len(rows.starts) > 1 and count > len(terms) + absorbed else None
    names = [rows.terms[column - 1] for column in solved.columns] if solved else []
    degrees = count - len(names) - absorbed
    found = tuple(
        student(
            name, float(solved.estimates[place]), float(solved.variance[place, place]) ** 0.5,
            len(rows.starts) - 1, level,
            firms=_behind(rows, solved.columns[place], nested), observations=count,
            degrees=degrees, largest=solved.shares[place],
        )
        for place, name in enumerate(names)
    ) if solved else ()  # fmt: skip
    return Fit(
        coefficients=found, missing=tuple(name for name in terms if name not in names), observations=count,
        firms=len(rows.starts), degrees=degrees, singletons=rows.singletons,
        r2_within=solved.explained if solved else None,
    )  # fmt: skip


def _rows(
    outcome: numpy.ndarray,
    terms: Mapping[str, numpy.ndarray],
    effects: Sequence[numpy.ndarray],
    firms: numpy.ndarray,
    owners: numpy.ndarray,
) -> _Rows:
    keep = not_alone(effects, len(outcome))
    left = firms[keep]
    design = numpy.empty((len(left), 1 + len(terms)))
    for place, column in enumerate((outcome, *terms.values())):
        design[:, place] = column[keep]
    starts = numpy.flatnonzero(numpy.diff(left, prepend=-1))
    found = kept(effects, keep, len(left))
    alone = len(outcome) - len(left)
    return _Rows(design, found, left, dense(owners[keep]), starts, tuple(terms), alone)


def _solve(rows: _Rows, counted: int) -> _Solved | None:
    """Normal equations of what is left without the effects, and the sandwich; None if no term is left."""
    taken = without_effects(rows.design, rows.effects)
    gram = _gram(taken)
    columns = _identified(gram, [_spread(column) for column in rows.design.T])
    if not columns:
        return None
    bread = numpy.linalg.inv(gram[numpy.ix_(columns, columns)])
    estimates = bread @ gram[columns, 0]
    residual = taken[:, 0].copy()
    for column, estimate in zip(columns, estimates, strict=True):
        residual -= estimate * taken[:, column]
    count, groups = len(rows.firms), len(rows.starts)
    factor = (count - 1) / (count - len(columns) - counted) * groups / (groups - 1)
    variance = bread @ _meat(taken, columns, residual, rows.starts) @ bread * factor
    shares = [_largest(taken, columns, row, rows.owners) for row in bread]
    explained = 1 - _product(residual, residual) / float(gram[0, 0]) if gram[0, 0] > 0 else None
    return _Solved(columns, estimates, variance, shares, explained)


def _product(one: numpy.ndarray, other: numpy.ndarray) -> float:
    """Sum of products. Not by BLAS, whose digits depend on the number of threads."""
    return float(numpy.einsum("n,n->", one, other))


def _spread(column: numpy.ndarray) -> float:
    centred = column - column.mean()
    return _product(centred, centred)


def _gram(taken: numpy.ndarray) -> numpy.ndarray:
    width = taken.shape[1]
    found = numpy.empty((width, width))
    for i in range(width):
        for j in range(i + 1):
            found[i, j] = found[j, i] = _product(taken[:, i], taken[:, j])
    return found


def _identified(gram: numpy.ndarray, spread: Sequence[float]) -> list[int]:
    """The columns (from 1) that are not a combination of the effects and of the terms before them."""
    chosen: list[int] = []
    for place in range(1, len(gram)):
        left = gram[place, place]
        if chosen:
            across = gram[chosen, place]
            left -= across @ numpy.linalg.solve(gram[numpy.ix_(chosen, chosen)], across)
        if left > COLLINEAR * spread[place]:
            chosen.append(place)
    return chosen


def _meat(
    taken: numpy.ndarray, columns: Sequence[int], residual: numpy.ndarray, starts: numpy.ndarray
) -> numpy.ndarray:
    """Sum over firms of the outer product of their scores."""
    scores = [numpy.add.reduceat(taken[:, column] * residual, starts) for column in columns]
    return numpy.array([[_product(one, other) for other in scores] for one in scores])


def _largest(
    taken: numpy.ndarray, columns: Sequence[int], row: numpy.ndarray, owners: numpy.ndarray
) -> float:
    """The largest owner's share of the sum of squares of a term less the others: X (X'X)^-1 e, to scale."""
    alone = numpy.zeros(len(taken))
    for column, weight in zip(columns, row, strict=True):
        alone += weight * taken[:, column]
    alone *= alone
    by_owner = numpy.bincount(owners, weights=alone)
    return float(by_owner.max() / by_owner.sum())


def _behind(rows: _Rows, place: int, nested: bool) -> int:
    """The owners of firms that have the status, or with firm effects change it."""
    column = rows.design[:, place]
    high = numpy.maximum.reduceat(column, rows.starts)
    low = numpy.minimum.reduceat(column, rows.starts)
    has = high != low if nested else (high != 0) | (low != 0)
    return len(numpy.unique(rows.owners[rows.starts[has]]))


def student(
    term: str, estimate: float, std_error: float, free: int, level: float, **evidence: Any
) -> Coefficient:
    """A coefficient whose interval and p-value are Student's with `free` degrees of freedom."""
    special = econ("scipy.special", "a regression")
    reach = float(special.stdtrit(free, 0.5 + level / 2)) * std_error
    p_value = 2 * float(special.stdtr(free, -abs(estimate) / std_error)) if std_error > 0 else 0.0
    return Coefficient(term, estimate, std_error, estimate - reach, estimate + reach, p_value, **evidence)
