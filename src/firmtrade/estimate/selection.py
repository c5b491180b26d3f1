"""Self-selection: were firms that start to trade better before they started? (Bernard and Jensen 1999)

    log outcome at t-h = b . starts in t + c . log controls at t-h + effects + error,      h = k, ..., 1
    (log outcome at t-1 - log outcome at t-k) / (k-1) = b . starts in t + controls at t-k + effects + error

over firms that start the flow in t and firms that never trade it, pooled over the cohorts t, errors
clustered by firm: a firm that never trades is a control of several cohorts. The first gives premia before
entry (Wagner 2007; ISGEP 2008), the second says whether starters were already growing apart, which is also
what learning to export looks like (Eliasson, Hansson and Lindvert 2012). Neither says why.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from firmtrade.estimate.columns import (
    LeftOut,
    Sieve,
    amounts,
    codes,
    crossed,
    dense,
    flags,
    in_order,
    logs,
    need,
    present,
)
from firmtrade.estimate.regression import CONTROL, Coefficient, fit
from firmtrade.estimate.starters import Cohort, StarterRule, cohorts, history

GROWTH = "growth"
_TERM = "starts"


_RULE = StarterRule()


@dataclass(frozen=True)
class SelectionSpec:
    """What is compared: names of columns, outcome and log controls in levels, one row a firm and year.

    `flow` is an amount or a condition; positive or true is trading. `effects` are sets of columns that
    are crossed, as of the year in which the outcome is taken. What the data lack is left out and named. Firms
    are in a cohort if the condition `member` is true in the first of the years before.
    """

    outcome: str
    flow: str
    rule: StarterRule = _RULE
    log_controls: tuple[str, ...] = ()
    effects: tuple[tuple[str, ...], ...] = ()
    firm: str = "firm"
    year: str = "year"
    owner: str | None = None
    member: str | None = None
    level: float = 0.95


@dataclass(frozen=True)
class PreEntry:
    """What starters were ahead by at t-`lead`: a premium in per cent with its interval.

    With `growth` it is their growth from t-k to t-1 less that of the controls, in log points (about per cent)
    a year, and `lead` is k. `coefficient.firms` are distinct starters, `control_firms` distinct controls.
    """

    lead: int
    growth: bool
    value: float
    low: float
    high: float
    coefficient: Coefficient
    control_firms: int

    @property
    def firms(self) -> int:
        """Distinct firms of the smaller side: what disclosure control looks at."""
        return min(self.coefficient.firms, self.control_firms)


@dataclass(frozen=True)
class CohortCount:
    """Starters and controls of a year, before any is left out for want of an outcome or control."""

    year: int
    starters: int
    controls: int


@dataclass(frozen=True)
class Selection:
    """Pre-entry premia from the longest lead to the shortest, then growth; who is in the cohorts and who not.

    `left_out` counts firms by cohort (a firm counts once for each cohort that it could have been in).
    """

    lines: tuple[PreEntry, ...]
    cohorts: tuple[CohortCount, ...]
    left_out: tuple[LeftOut, ...]
    absent: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True)
class _Columns:
    """The data by firm and year: logarithms of outcome and controls, codes of the effects."""

    outcome: numpy.ndarray
    controls: dict[str, numpy.ndarray]
    effects: list[numpy.ndarray]
    owners: numpy.ndarray
    member: numpy.ndarray | None


@dataclass(frozen=True)
class _Pairs:
    """Firm and cohort, by firm: whether it starts, and the rows of the data from t-k to t-1."""

    firms: numpy.ndarray
    starts: numpy.ndarray
    rows: numpy.ndarray
    cohort: numpy.ndarray


def selection(frame: Any, spec: SelectionSpec) -> Selection:
    """Premia of starters over firms that never trade the flow, at each of the years before entry, and growth.

    All leads are of the same firms: a firm is in a cohort only if its outcome and controls are known in
    each of the years before. Raises DataError for a column that lacks or repeated firm-years.
    """
    need(frame, (spec.outcome, spec.flow, spec.firm, spec.year), "a test of self-selection")
    columns, absent, seen = _read(frame, spec)
    found = cohorts(seen, spec.rule)
    counts = tuple(CohortCount(each.year, len(each.starters), len(each.controls)) for each in found)
    neither = [
        LeftOut(why, sum(each.neither[why] for each in found)) for why in (found[0].neither if found else ())
    ]
    if not any(count.starters and count.controls for count in counts):
        why = (
            f"No year has {spec.rule.before} years before it and {spec.rule.after} after it, with starters"
            " and firms that never trade."
        )
        return Selection((), counts, tuple(filter(lambda each: each.rows, neither)), absent, why)
    pairs, sieve = _pairs(found, seen.rows, spec, columns)
    lines = [
        line
        for lead in range(spec.rule.before, 0, -1)
        if (line := _level(columns, pairs, lead, spec)) is not None
    ]
    growth = _growth(columns, pairs, spec)
    lines += [growth] if growth else []
    left_out = (*(each for each in neither if each.rows), *sieve.left_out)
    return Selection(
        tuple(lines), counts, left_out, absent, "" if lines else "Too few rows for a regression."
    )


def _read(frame: Any, spec: SelectionSpec) -> tuple[_Columns, tuple[str, ...], Any]:
    controls, lacking = present(frame, spec.log_controls)
    effects = [present(frame, effect) for effect in spec.effects]
    absent = tuple(dict.fromkeys((*lacking, *(name for _, lack in effects for name in lack))))
    firms = codes(frame[spec.firm])[0]
    years, labels = codes(frame[spec.year])
    grid = _calendar(years, labels)
    order = in_order(firms, grid, "A test of self-selection")
    rows = slice(None) if order is None else order
    known = [[codes(frame[name])[0][rows] for name in effect] for effect, _ in effects if effect]
    columns = _Columns(
        outcome=logs(amounts(frame, spec.outcome)[rows]),
        controls={name: logs(amounts(frame, name)[rows]) for name in controls},
        effects=[crossed(parts) for parts in known],
        owners=codes(frame[spec.owner or spec.firm])[0][rows],
        member=flags(frame, spec.member)[rows] == 1 if spec.member else None,
    )
    seen = history(
        dense(firms[rows]), grid[rows], flags(frame, spec.flow)[rows], int(labels[0]) if len(labels) else 0
    )
    return columns, absent, seen


def _calendar(years: numpy.ndarray, labels: Sequence[Any]) -> numpy.ndarray:
    """Years from the first: a year that no firm has keeps its place."""
    return (numpy.asarray([int(label) for label in labels]) - int(labels[0]))[years] if len(labels) else years


def _pairs(
    found: Sequence[Cohort], rows: numpy.ndarray, spec: SelectionSpec, columns: _Columns
) -> tuple[_Pairs, Sieve]:
    """All pairs of firm and cohort whose outcome, controls and effects are known in the years before."""
    firms, starts, places, years = [], [], [], []
    first = found[0].year
    for each in found:
        at = each.year - first + spec.rule.before
        for who, value in ((each.starters, 1.0), (each.controls, 0.0)):
            firms.append(who)
            starts.append(numpy.full(len(who), value))
            places.append(rows[who, at - spec.rule.before : at])
            years.append(numpy.full(len(who), each.year))
    order = numpy.lexsort((numpy.concatenate(years), numpy.concatenate(firms)))
    pairs = _Pairs(*(numpy.concatenate(part)[order] for part in (firms, starts, places, years)))
    sieve = Sieve(len(order))
    if columns.member is not None:
        outside = ~columns.member[pairs.rows[:, 0]]
        sieve.take(outside, f"outside the sample {spec.rule.before} years before")
    sieve.take(
        numpy.isnan(columns.outcome[pairs.rows]).any(axis=1),
        f"{spec.outcome} is unknown, zero or negative in a year before",
    )
    for name, values in columns.controls.items():
        sieve.take(
            numpy.isnan(values[pairs.rows]).any(axis=1),
            f"{name} is unknown, zero or negative in a year before",
        )
    for effect in columns.effects:
        sieve.take((effect[pairs.rows] < 0).any(axis=1), "an industry or region is unknown in a year before")
    keep = sieve.keep
    return _Pairs(pairs.firms[keep], pairs.starts[keep], pairs.rows[keep], pairs.cohort[keep]), sieve


def _level(columns: _Columns, pairs: _Pairs, lead: int, spec: SelectionSpec) -> PreEntry | None:
    rows = pairs.rows[:, spec.rule.before - lead]
    one = _fitted(columns.outcome[rows], columns, pairs, rows, spec)
    if one is None:
        return None
    value, low, high = (100 * math.expm1(each) for each in (one.estimate, one.low, one.high))
    return PreEntry(lead, False, value, low, high, one, _controls(columns, pairs, rows))


def _growth(columns: _Columns, pairs: _Pairs, spec: SelectionSpec) -> PreEntry | None:
    if spec.rule.before < 2:
        return None
    first, last = pairs.rows[:, 0], pairs.rows[:, -1]
    change = (columns.outcome[last] - columns.outcome[first]) / (spec.rule.before - 1)
    one = _fitted(change, columns, pairs, first, spec)
    if one is None:
        return None
    value, low, high = (100 * each for each in (one.estimate, one.low, one.high))
    return PreEntry(spec.rule.before, True, value, low, high, one, _controls(columns, pairs, first))


def _fitted(
    outcome: numpy.ndarray, columns: _Columns, pairs: _Pairs, rows: numpy.ndarray, spec: SelectionSpec
) -> Coefficient | None:
    terms = {
        _TERM: pairs.starts,
        **{CONTROL + name: values[rows] for name, values in columns.controls.items()},
    }
    effects = [dense(effect[rows]) for effect in columns.effects]
    owners = dense(columns.owners[rows])
    return fit(outcome, terms, effects, dense(pairs.firms), owners, spec.level).get(_TERM)


def _controls(columns: _Columns, pairs: _Pairs, rows: numpy.ndarray) -> int:
    return len(numpy.unique(columns.owners[rows[pairs.starts == 0]]))
