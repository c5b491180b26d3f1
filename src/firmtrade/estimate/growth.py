"""Growth by status: how much faster firms grew that started, kept on or stopped trading, all else equal.

The regression twin of a table of growth rates. With one row for each firm of a window,

    (log end - log start) / years = b . status + c . controls + effects + error

so that 100 b is the difference to the base in log points (about per cent) a year. Firms that are gone at
the end have no logarithm. The mid-point rate of Davis, Haltiwanger and Schuh (1996), (end - start) / mean
of both, has: it lies between -2 (exit) and 2 (entry), equals the log difference near nought, and is the
second measure, with exits in it. Errors are robust to unequal variances (clusters of one row).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy

from firmtrade.estimate.columns import (
    LeftOut,
    Sieve,
    amounts,
    codes,
    crossed,
    dense,
    in_order,
    logs,
    need,
    present,
)
from firmtrade.estimate.regression import CONTROL, Coefficient, Fit, fit

#: What growth is measured by: the log difference of survivors, or the mid-point rate with exits.
LOG, MIDPOINT = "log", "midpoint"


@dataclass(frozen=True)
class GrowthSpec:
    """One outcome over a window of so many `years`; all are names of columns, one row for each firm.

    `start` and `end` are levels; with `start_per` and `end_per` the outcome is a ratio (value added per
    head). `gone` is 1 where the firm no longer exists at the end, 0 where it does. `log_controls` are in
    levels and taken as logarithms, `controls` as they are; those that the data lack are left out and named.
    """

    start: str
    end: str
    status: str
    base: str
    years: float
    start_per: str = ""
    end_per: str = ""
    gone: str = ""
    log_controls: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    effects: tuple[tuple[str, ...], ...] = ()
    firm: str = "firm"
    owner: str | None = None
    level: float = 0.95


@dataclass(frozen=True)
class Difference:
    """Growth of a status less that of the base, in log points (or mid-point per cent) a year, with interval.

    `firms` are those of the smaller side of the comparison.
    """

    status: str
    measure: str
    points: float
    low: float
    high: float
    coefficient: Coefficient
    base_firms: int

    @property
    def firms(self) -> int:
        """Distinct firms of the smaller side: what disclosure control looks at."""
        return min(self.coefficient.firms, self.base_firms)


@dataclass(frozen=True)
class Growth:
    """Differences in growth, the statuses without one, the regression, who was left out and what lacked."""

    lines: tuple[Difference, ...]
    not_estimated: tuple[str, ...]
    fit: Fit
    left_out: tuple[LeftOut, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True)
class Window:
    """Start and end of the firms of a window, by firm; `end` is 0 for exits, and `per` 1 where there is none.

    `gone` says who exited. Unknown amounts are NaN; so is the end of firms of which nobody knows whether they
    still exist.
    """

    start: numpy.ndarray
    end: numpy.ndarray
    start_per: numpy.ndarray
    end_per: numpy.ndarray
    gone: numpy.ndarray
    rows: numpy.ndarray

    def rates(self) -> numpy.ndarray:
        """Mid-point rate of each firm, -2 to 2; NaN where the start is not positive or the end negative."""
        with numpy.errstate(divide="ignore", invalid="ignore"):
            start, end = self.start / self.start_per, self.end / self.end_per
            found = 2 * (end - start) / (end + start)
        found[~((start > 0) & (end >= 0))] = numpy.nan
        return found


def window(frame: Any, spec: GrowthSpec) -> Window:
    """The window's amounts in the order of firms. Raises DataError where a firm has two rows.

    With a denominator an exit has no outcome: its productivity does not fall to nought, it ceases.
    """
    needed = (spec.start, spec.end, spec.start_per, spec.end_per, spec.gone, spec.status, spec.firm)
    need(frame, filter(None, needed), "growth over a window")
    firms = codes(frame[spec.firm])[0]
    order = in_order(firms, numpy.zeros_like(firms), "Growth over a window")
    rows = numpy.arange(len(firms)) if order is None else order
    read = {name: amounts(frame, name)[rows] for name in dict.fromkeys(filter(None, needed[:5]))}
    ones = numpy.ones(len(rows))
    start, end = read[spec.start], read[spec.end]
    start_per, end_per = read.get(spec.start_per, ones), read.get(spec.end_per, ones)
    unknown = numpy.isnan(end) | numpy.isnan(end_per)
    gone = (read[spec.gone] == 1) & unknown if spec.gone else numpy.zeros(len(rows), dtype=bool)
    end = numpy.where(gone, 0.0, end)
    end_per = numpy.where(gone, 0.0 if spec.end_per else 1.0, end_per)
    return Window(start, end, start_per, end_per, gone, rows)


def growth(frame: Any, spec: GrowthSpec, measure: str = LOG) -> Growth:
    """Growth of each status less that of the base, by log difference (survivors) or mid-point (with exits).

    Firms with an unknown, zero or negative start, an unknown end, status or control are left out and counted;
    so are exits by log difference, and for a ratio always. Raises DataError for a column that lacks.
    """
    asked, absent = _present(frame, spec)
    seen = window(frame, asked)
    sieve = Sieve(len(seen.rows))
    outcome = _outcome(seen, asked, measure, sieve)
    status, labels = codes(frame[asked.status])
    status = status[seen.rows]
    sieve.take(status < 0, f"{asked.status} is unknown")
    controls, effects = {}, []
    for name in (*asked.log_controls, *asked.controls):
        values = amounts(frame, name)[seen.rows]
        taken = logs(values) if name in asked.log_controls else values
        controls[CONTROL + name] = taken
        sieve.take(numpy.isnan(taken), f"{name} is unknown" + _zero(name in asked.log_controls))
    for effect in asked.effects:
        effects.append(crossed([codes(frame[name])[0][seen.rows] for name in effect]))
        sieve.take(effects[-1] < 0, f"{' x '.join(effect)} is unknown")
    kept = sieve.keep
    owners = dense(codes(frame[asked.owner or asked.firm])[0][seen.rows][kept])
    texts = [str(label) for label in labels]
    base = texts.index(asked.base) if asked.base in texts else -1
    statuses = {text: status[kept] == place for place, text in enumerate(texts) if place != base}
    terms = {**statuses, **{name: values[kept] for name, values in controls.items()}}
    firms = numpy.arange(int(numpy.count_nonzero(kept)), dtype=numpy.int32)
    found = fit(outcome[kept], terms, [dense(effect[kept]) for effect in effects], firms, owners, asked.level)
    lines, without = _lines(found, list(statuses), measure, owners[status[kept] == base])
    return Growth(lines, without, found, sieve.left_out, absent)


def _present(frame: Any, spec: GrowthSpec) -> tuple[GrowthSpec, tuple[str, ...]]:
    logged, absent = present(frame, spec.log_controls)
    plain, more = present(frame, spec.controls)
    effects = [present(frame, effect) for effect in spec.effects]
    lacking = (*absent, *more, *(name for _, lack in effects for name in lack))
    kept = tuple(effect for effect, _ in effects if effect)
    return replace(spec, log_controls=logged, controls=plain, effects=kept), tuple(dict.fromkeys(lacking))


def _zero(logged: bool) -> str:
    return ", zero or negative: no logarithm" if logged else ""


def _outcome(seen: Window, spec: GrowthSpec, measure: str, sieve: Sieve) -> numpy.ndarray:
    """Growth a year; who has none is taken out with the reason."""
    ratio = bool(spec.start_per)
    name = f"{spec.start} per {spec.start_per}" if ratio else spec.start
    sieve.take(numpy.isnan(seen.start) | numpy.isnan(seen.start_per), f"{name} is unknown at the start")
    if measure == LOG or ratio:
        sieve.take(seen.gone, "gone at the end: no logarithm" if not ratio else "gone at the end: no ratio")
    sieve.take(numpy.isnan(seen.end) | numpy.isnan(seen.end_per), f"{name} is unknown at the end")
    rates = seen.rates()
    sieve.take(numpy.isnan(rates), f"{name} is zero or negative")
    if measure == MIDPOINT:
        return rates / spec.years
    with numpy.errstate(divide="ignore", invalid="ignore"):
        found = numpy.log(seen.end / seen.end_per) - numpy.log(seen.start / seen.start_per)
    sieve.take(~numpy.isfinite(found), f"{name} is zero at the end: no logarithm")
    return found / spec.years


def _lines(
    found: Fit, statuses: list[str], measure: str, base: numpy.ndarray
) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
    base_firms = len(numpy.unique(base))
    lines, without = [], []
    for status in statuses:
        one = found.get(status)
        if one is None or not base_firms:
            without.append(status)
            continue
        points, low, high = (100 * value for value in (one.estimate, one.low, one.high))
        lines.append(Difference(status, measure, points, low, high, one, base_firms))
    return tuple(lines), tuple(without)
