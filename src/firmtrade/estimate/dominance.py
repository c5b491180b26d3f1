"""Does one group's distribution lie above another's everywhere? Kolmogorov-Smirnov tests of dominance.

Delgado, Farinas and Ruano (2002): the distribution F of traders dominates G of the others to first order if
F(z) <= G(z) for all z, that is, at each level of productivity fewer traders are below it. Two tests:

    two-sided   H0: F = G              statistic  sqrt(nm/(n+m)) max |F - G|
    one-sided   H0: F <= G everywhere  statistic  sqrt(nm/(n+m)) max (F - G)

F dominates if equality is rejected and F <= G is not. The limits need independent observations, so each
year is a test of its own, with one row for each firm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy

from firmtrade.estimate.columns import LeftOut, Sieve, amounts, codes, crossed, dense, in_order, logs, need
from firmtrade.estimate.extras import econ

#: Verdicts: the group dominates, is dominated, differs without either, or cannot be told from the base.
DOMINATES, DOMINATED, CROSSES, ALIKE = "dominates", "dominated", "crosses", "alike"


@dataclass(frozen=True)
class DominanceSpec:
    """What is compared; names of columns. The outcome is taken in logarithms.

    `within` are columns whose means are taken out first, by year: firms are then compared within their
    industry, as Delgado, Farinas and Ruano compare each firm with the mean of its industry. `alpha` is the
    level of the tests for the verdict.
    """

    outcome: str
    status: str
    base: str
    within: tuple[str, ...] = ()
    firm: str = "firm"
    year: str = "year"
    owner: str | None = None
    alpha: float = 0.05


@dataclass(frozen=True)
class Dominance:
    """The tests of one status against the base in one year.

    `two_sided`, `above` and `below` are the scaled statistics of F = G, of F <= G (the group is above
    everywhere) and of F >= G (it is below), each with its p-value. `gap` is the largest distance of the two
    distributions, from 0 to 1. `firms` are the distinct firms of the smaller side.
    """

    year: str
    status: str
    verdict: str
    gap: float
    two_sided: float
    above: float
    below: float
    p_two_sided: float
    p_above: float
    p_below: float
    status_firms: int
    base_firms: int
    degrees: int | None = None
    largest: float | None = None

    @property
    def firms(self) -> int:
        """Distinct firms of the smaller side: what disclosure control looks at."""
        return min(self.status_firms, self.base_firms)


@dataclass(frozen=True)
class Dominances:
    """The tests by year and status, and the rows left out."""

    lines: tuple[Dominance, ...]
    left_out: tuple[LeftOut, ...]


def dominance(frame: Any, spec: DominanceSpec) -> Dominances:
    """Test each status against the base in each year; a pair without firms on both sides has no line.

    Raises DataError for a column that lacks or a firm that has two rows in a year.
    """
    need(
        frame, (spec.outcome, spec.status, spec.firm, spec.year, *spec.within), "a test of dominance"
    )  # fmt: skip
    sieve = Sieve(len(frame))
    values = amounts(frame, spec.outcome)
    sieve.take(numpy.isnan(values), f"{spec.outcome} is unknown")
    sieve.take(~(values > 0), f"{spec.outcome} is zero or negative: no logarithm")
    status, labels = codes(frame[spec.status])
    sieve.take(status < 0, f"{spec.status} is unknown")
    years, year_labels = codes(frame[spec.year])
    sieve.take(years < 0, f"{spec.year} is unknown")
    cells = [years]
    for name in spec.within:
        cells.append(codes(frame[name])[0])
        sieve.take(cells[-1] < 0, f"{name} is unknown")
    rows = numpy.flatnonzero(sieve.keep)
    firms = codes(frame[spec.firm])[0][rows]
    order = in_order(firms, years[rows], "A test of dominance")
    rows = rows if order is None else rows[order]
    owners = dense(codes(frame[spec.owner or spec.firm])[0][rows])
    outcome = logs(values[rows])
    if spec.within:
        outcome = _less_means(outcome, dense(crossed([cell[rows] for cell in cells])))
    status, years = status[rows], years[rows]
    texts = [str(label) for label in labels]
    base = texts.index(spec.base) if spec.base in texts else -1
    lines = [
        _tested(outcome[in_year], status[in_year], owners[in_year], place, base, str(label), text, spec.alpha)
        for at, label in enumerate(year_labels)
        for in_year in [years == at]
        for place, text in enumerate(texts)
        if place != base and {place, base} <= set(numpy.unique(status[in_year]).tolist())
    ]
    return Dominances(tuple(lines), sieve.left_out)


def _less_means(outcome: numpy.ndarray, cells: numpy.ndarray) -> numpy.ndarray:
    count = numpy.bincount(cells)
    return outcome - (numpy.bincount(cells, weights=outcome) / count)[cells]


def _tested(
    outcome: numpy.ndarray, status: numpy.ndarray, owners: numpy.ndarray, place: int, base: int,
    year: str, name: str, alpha: float,
) -> Dominance:  # fmt: skip
    one, other = numpy.sort(outcome[status == place]), numpy.sort(outcome[status == base])
    above, below = gaps(one, other)
    scale = math.sqrt(len(one) * len(other) / (len(one) + len(other)))
    special = econ("scipy.special", "a test of dominance")
    both = float(special.kolmogorov(scale * max(above, below)))
    p_above, p_below = (math.exp(-2 * (scale * gap) ** 2) for gap in (above, below))
    return Dominance(
        year=year, status=name, verdict=verdict(both, p_above, p_below, alpha), gap=max(above, below),
        two_sided=scale * max(above, below), above=scale * above, below=scale * below,
        p_two_sided=both, p_above=p_above, p_below=p_below,
        status_firms=len(numpy.unique(owners[status == place])),
        base_firms=len(numpy.unique(owners[status == base])),
    )  # fmt: skip


def gaps(one: numpy.ndarray, other: numpy.ndarray) -> tuple[float, float]:
    """(max(F - G), max(G - F)) of the distributions F of `one` and G of `other`, both sorted; at least 0."""
    points = numpy.unique(numpy.concatenate([one, other]))
    first = numpy.searchsorted(one, points, side="right") / len(one)
    second = numpy.searchsorted(other, points, side="right") / len(other)
    return max(0.0, float((first - second).max())), max(0.0, float((second - first).max()))


def verdict(p_two_sided: float, p_above: float, p_below: float, alpha: float) -> str:
    """What the tests say at the level `alpha`.

    A rejected equality means that one order at least is rejected too: in the limit the p-value of the
    larger gap is half of that of both.
    """
    if p_two_sided >= alpha:
        return ALIKE
    if p_above < alpha and p_below < alpha:
        return CROSSES
    return DOMINATES if p_above >= alpha else DOMINATED
