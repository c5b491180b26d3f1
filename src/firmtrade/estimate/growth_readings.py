"""Three readings of a growth table side by side, each of survivors and with exits, with what they rest on.

    ratio of sums   growth of the group's sum: the large firms decide
    mean firm       the mean mid-point rate of the firms: every firm counts the same
    median firm     the middle one: no firm counts by its size or its luck

All are in per cent a year: a mid-point rate g over T years is the growth of ((2 + g)/(2 - g))^(1/T) - 1,
which is exact for one firm. With exits, a firm that is gone has the end value 0: it stays in the first sum,
and its mid-point rate is -2 (Davis, Haltiwanger and Schuh 1996). Intervals are percentiles of a bootstrap
that draws firms (Efron 1979). A group whose growth one firm makes is flagged: how far the ratio of sums
moves without it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy

from firmtrade.estimate.columns import LeftOut, Sieve, codes, dense
from firmtrade.estimate.growth import GrowthSpec, Window, window

RATIO, MEAN, MEDIAN = "ratio-of-sums", "mean-firm", "median-firm"
#: About so many numbers of a bootstrap are in memory at once.
BLOCK = 4_000_000


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are drawn: `replications` at `level`, from a seed of the group and of `seed`."""

    replications: int = 999
    seed: int = 1
    level: float = 0.95


@dataclass(frozen=True)
class Fragility:
    """What one firm does to a ratio of sums. It never says which firm.

    `move` is the largest change of the growth rate (points a year) when one firm is left out, `flips` whether
    leaving one out changes its sign, `flagged` whether that is so or the move is more than the stated
    share of the rate.
    """

    move: float
    flips: bool
    flagged: bool


@dataclass(frozen=True)
class Reading:
    """Growth of a group in per cent a year, with its bootstrap interval (None where it has none).

    `firms` are the distinct firms (owners where known) behind it, `largest` the largest one's share of the
    sum at the start or the end, whichever is larger (None for mean and median, where all count the same).
    """

    by: str
    code: str
    status: str
    reading: str
    exits: bool
    value: float | None
    low: float | None
    high: float | None
    firms: int
    largest: float | None
    fragile: Fragility | None = None
    degrees: int | None = None


@dataclass(frozen=True)
class Readings:
    """The readings by group and status, and who was left out; a flag goes up above `share`."""

    lines: tuple[Reading, ...]
    left_out: tuple[LeftOut, ...]
    share: float


@dataclass(frozen=True)
class _Cell:
    """The firms of one reading: columns are start, start_per, end, end_per; `rates` sorted, NaN last."""

    sums: numpy.ndarray
    rates: numpy.ndarray
    owners: numpy.ndarray
    years: float

    def ratio(self, sums: numpy.ndarray) -> numpy.ndarray:
        """Growth a year in per cent of sums (columns last); NaN where it does not exist."""
        start, start_per, end, end_per = numpy.moveaxis(sums, -1, 0)
        with numpy.errstate(divide="ignore", invalid="ignore"):
            factor = (end / end_per) / (start / start_per)
            found = 100 * (factor ** (1 / self.years) - 1)
        return numpy.where((start > 0) & (start_per > 0) & (end_per > 0) & (end >= 0), found, numpy.nan)

    def yearly(self, rate: numpy.ndarray) -> numpy.ndarray:
        """The growth in per cent a year that a mid-point rate stands for."""
        with numpy.errstate(divide="ignore", invalid="ignore"):
            return 100 * (((2 + rate) / (2 - rate)) ** (1 / self.years) - 1)


def readings(
    frame: Any, spec: GrowthSpec, by: tuple[str, ...] = (), draw: Bootstrap = Bootstrap(), share: float = 0.25
) -> Readings:
    """The three readings of each status, in all and in each group of `by`, of survivors and with exits.

    Controls and effects of the spec are not used. Firms whose start, end or status is unknown are left out
    and counted; firms with a start that is not positive, or a negative end, are in the sums only. For a
    ratio (productivity) exits are in the sums at the start and have no rate of their own. A ratio of sums
    is flagged if leaving out one firm moves it by more than `share` of itself or changes its sign.
    """
    seen = window(frame, spec)
    sieve = Sieve(len(seen.rows))
    ratio = bool(spec.start_per)
    sieve.take(numpy.isnan(seen.start) | numpy.isnan(seen.start_per), "the start is unknown")
    sieve.take(numpy.isnan(seen.end) | numpy.isnan(seen.end_per), "the end is unknown")
    status, labels = codes(frame[spec.status])
    status = status[seen.rows]
    sieve.take(status < 0, f"{spec.status} is unknown")
    owners = codes(frame[spec.owner or spec.firm])[0][seen.rows]
    rates = seen.rates()
    if ratio:
        rates[seen.gone] = numpy.nan
    lines: list[Reading] = []
    for group, code, inside in _groups(frame, by, seen.rows):
        for place, label in enumerate(labels):
            for exits in (False, True) if spec.gone else (False,):
                rows = numpy.flatnonzero(sieve.keep & inside & (status == place) & (exits | ~seen.gone))
                if len(rows):
                    cell = _cell(seen, rates, owners, rows, spec.years)
                    key = f"{spec.start}|{group}|{code}|{label}|{exits}"
                    lines += _read(cell, (group, code, str(label), exits), key, draw, share)
    return Readings(tuple(lines), sieve.left_out, share)


def _groups(frame: Any, by: tuple[str, ...], rows: numpy.ndarray) -> Iterator[tuple[str, str, numpy.ndarray]]:
    yield "", "", numpy.ones(len(rows), dtype=bool)
    for name in by:
        found, labels = codes(frame[name])
        for place, label in enumerate(labels):
            yield name, str(label), found[rows] == place


def _cell(
    seen: Window, rates: numpy.ndarray, owners: numpy.ndarray, rows: numpy.ndarray, years: float
) -> _Cell:
    rows = rows[numpy.argsort(rates[rows], kind="stable")]
    sums = numpy.column_stack([seen.start[rows], seen.start_per[rows], seen.end[rows], seen.end_per[rows]])
    return _Cell(sums, rates[rows], dense(owners[rows]), years)


def _read(
    cell: _Cell, place: tuple[str, str, str, bool], key: str, draw: Bootstrap, share: float
) -> list[Reading]:
    by, code, status, exits = place
    drawn = _drawn(cell, numpy.random.default_rng([draw.seed, zlib.crc32(key.encode())]), draw.replications)
    has = ~numpy.isnan(cell.rates)
    lines = []
    for reading, value, values in zip((RATIO, MEAN, MEDIAN), _point(cell), drawn, strict=True):
        low, high = _interval(values, draw.level)
        inside = slice(None) if reading == RATIO else has
        lines.append(
            Reading(
                by, code, status, reading, exits, _number(value), low, high,
                firms=len(numpy.unique(cell.owners[inside])),
                largest=_largest(cell) if reading == RATIO else None,
                fragile=_fragile(cell, value, share) if reading == RATIO else None,
            )
        )  # fmt: skip
    return lines


def _point(cell: _Cell) -> tuple[float, float, float]:
    known = cell.rates[~numpy.isnan(cell.rates)]
    mean, median = (known.mean(), numpy.median(known)) if len(known) else (numpy.nan, numpy.nan)
    return (
        float(cell.ratio(cell.sums.sum(axis=0))),
        float(cell.yearly(numpy.asarray(mean))),
        float(cell.yearly(numpy.asarray(median))),
    )


def _drawn(
    cell: _Cell, rng: numpy.random.Generator, replications: int
) -> tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]:
    """The readings of so many samples of the same number of firms, drawn with replacement.

    A sample is a row of weights: how often each firm is in it. With the firms sorted by rate, a
    median is where the running sum of the weights passes the middle.
    """
    firms = len(cell.rates)
    known = int(numpy.count_nonzero(~numpy.isnan(cell.rates)))
    parts: list[tuple[numpy.ndarray, ...]] = []
    for size in _blocks(replications, firms):
        drawn = rng.integers(0, firms, size=(size, firms)) + firms * numpy.arange(size)[:, None]
        weights = numpy.bincount(drawn.ravel(), minlength=size * firms).reshape(size, firms)
        sums = numpy.column_stack([numpy.einsum("bn,n->b", weights, column) for column in cell.sums.T])
        parts.append((cell.ratio(sums), *_rates(cell.rates[:known], weights[:, :known])))
    ratio, mean, median = (numpy.concatenate(part) for part in zip(*parts, strict=True))
    return ratio, cell.yearly(mean), cell.yearly(median)


def _blocks(replications: int, firms: int) -> Iterator[int]:
    size = max(1, BLOCK // max(firms, 1))
    for start in range(0, replications, size):
        yield min(size, replications - start)


def _rates(rates: numpy.ndarray, weights: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Mean and median of the weighted rates, which are sorted."""
    running = numpy.cumsum(weights, axis=1)
    total = running[:, -1] if weights.shape[1] else numpy.zeros(len(weights), dtype=int)
    with numpy.errstate(invalid="ignore"):
        mean = numpy.einsum("bn,n->b", weights, rates) / total
    if not len(rates):
        return mean, mean
    low = (running < ((total + 1) // 2)[:, None]).sum(axis=1)
    high = (running < (total // 2 + 1)[:, None]).sum(axis=1)
    last = len(rates) - 1
    median = (rates[numpy.minimum(low, last)] + rates[numpy.minimum(high, last)]) / 2
    return mean, numpy.where(total > 0, median, numpy.nan)


def _interval(values: numpy.ndarray, level: float) -> tuple[float | None, float | None]:
    """Percentiles, where nearly every sample has the reading: an interval of the rest would look too sure."""
    known = values[numpy.isfinite(values)]
    if len(known) < 2 or len(known) < level * len(values):
        return None, None
    low, high = numpy.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _largest(cell: _Cell) -> float | None:
    """The largest share of one owner in any of the sums (of absolute values), None for sums of nothing."""
    shares = []
    for column in (cell.sums[:, 0], cell.sums[:, 2]):
        by_owner = numpy.bincount(cell.owners, weights=numpy.abs(column))
        if by_owner.sum() > 0:
            shares.append(float(by_owner.max() / by_owner.sum()))
    return max(shares, default=None)


def _fragile(cell: _Cell, value: float, share: float) -> Fragility | None:
    """The ratio of sums without each firm in turn; None if it or one of them does not exist."""
    without = cell.ratio(cell.sums.sum(axis=0) - cell.sums)
    if numpy.isnan(value) or len(without) < 2 or numpy.isnan(without).any():
        return None
    move = float(numpy.abs(without - value).max())
    flips = bool((numpy.sign(without) != numpy.sign(value)).any())
    return Fragility(move, flips, flips or move > share * abs(value))


def _number(value: float) -> float | None:
    return value if numpy.isfinite(value) else None
