"""Survival curves (Kaplan and Meier 1958) and, where exits have several causes, cumulative incidence.

Entry may be later than zero (left truncation). Errors are Greenwood's; where a firm has several spells they
are not independent, and the errors come from the influence of each firm instead (the sum of its spells'
influences on the curve, squared and added up, as R's survfit has it with clusters). Intervals are on the
log-log scale, so that they stay within 0 and 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from firmtrade.errors import StudyError
from firmtrade.estimate.survival.frames import lacks, text

if TYPE_CHECKING:
    import numpy
    import pandas

Z95 = 1.959963984540054


@dataclass(frozen=True)
class Step:
    """The curve at one duration, in years: the share that survives it.

    `at_risk` spells, `events` and `censored` at this duration; `firms` are the distinct firms (or owners)
    at risk, `event_firms` those with the event, `largest` the largest share of those at risk that is one of
    them. `error` is the standard error of `survival`; the interval is None where nothing happened yet or
    nobody is left.
    """

    time: float
    at_risk: int
    events: int
    censored: int
    survival: float
    error: float
    low: float | None
    high: float | None
    firms: int
    event_firms: int
    degrees: int | None = None
    largest: float | None = None


@dataclass(frozen=True)
class Curve:
    """The curve of one group. `median` is the first duration that at most half survive, None if none is
    reached.

    `since`: the curve is conditional on having survived that duration. `errors`: 'greenwood' or 'by firm'.
    """

    group: str
    steps: tuple[Step, ...]
    spells: int
    firms: int
    events: int
    median: float | None
    median_low: float | None
    median_high: float | None
    since: float
    errors: str
    cause: int = 1

    def at(self, time: float) -> Step | None:
        """The last step at or before a duration."""
        found = [step for step in self.steps if step.time <= time]
        return found[-1] if found else None


def curves(
    frame: pandas.DataFrame,
    group: str | None = None,
    *,
    firm: str = "firm",
    unit: str | None = None,
    since: float = 0.0,
    unknown: bool = False,
) -> tuple[Curve, ...]:
    """The survival curve of each group of lifetimes or spells (columns entry, exit, event; 1 is the event).

    Firms whose group is not known are left out unless `unknown`. `since` starts the curves at a later
    duration, for those who are then at risk: with left truncation the youngest ages may have so few firms
    at risk that one death ends the curve. A cause other than 1 is censored.
    """
    return tuple(
        _curve(part, name, firm, unit or firm, since)
        for name, part in _groups(frame, group, unit or firm, unknown)
    )


@dataclass(frozen=True)
class AtRisk:
    """How many spells of a group are under observation in the year after `time`, and whose."""

    group: str
    time: float
    spells: int
    firms: int
    degrees: int | None = None
    largest: float | None = None


def at_risk(
    frame: pandas.DataFrame,
    times: tuple[float, ...],
    group: str | None = None,
    *,
    firm: str = "firm",
    unit: str | None = None,
    unknown: bool = False,
) -> tuple[AtRisk, ...]:
    """The numbers at risk below a curve: of each group and time those with entry <= time < exit."""
    found = []
    for name, part in _groups(frame, group, unit or firm, unknown):
        for time in times:
            behind = part.loc[(part["entry"] <= time) & (time < part["exit"]), unit or firm].value_counts()
            spells = int(behind.sum())
            largest = float(behind.iloc[0]) / spells if spells else None
            found.append(AtRisk(name, float(time), spells, len(behind), None, largest))
    return tuple(found)


def incidence(
    frame: pandas.DataFrame,
    group: str | None = None,
    *,
    causes: tuple[int, ...] = (1, 2),
    firm: str = "firm",
    unit: str | None = None,
    unknown: bool = False,
) -> tuple[Curve, ...]:
    """Cumulative incidence of each cause (Aalen and Johansen 1978): the share that has left for it.

    `survival` of a step is here the share that has left for the cause; errors are by firm.
    """
    return tuple(
        _incidence(part, name, cause, firm, unit or firm)
        for name, part in _groups(frame, group, unit or firm, unknown)
        for cause in causes
    )


def _groups(
    frame: pandas.DataFrame, group: str | None, unit: str, unknown: bool
) -> list[tuple[str, pandas.DataFrame]]:
    lacks(frame, ["entry", "exit", "event", unit, *([group] if group else [])], "A survival curve")
    if (frame["entry"] >= frame["exit"]).any():
        raise StudyError("A survival curve needs entry before exit in every row.")
    if group is None:
        return [("all", frame)] if len(frame) else []
    if not unknown:
        frame = frame.loc[frame[group].notna()]
    names = text(frame[group])
    return [(str(name), frame.loc[names == name]) for name in sorted(names.unique())]


@dataclass(frozen=True)
class Counts:
    """Per distinct duration at which a row ends: who is at risk, who has the event, who is censored."""

    times: Any
    at_risk: Any
    events: Any
    censored: Any


def count(entry: numpy.ndarray, end: numpy.ndarray, event: numpy.ndarray, cause: int = 1) -> Counts:
    """Count at each distinct `end`; at risk at t are those with entry < t <= end."""
    import numpy

    times = numpy.unique(end)
    at_risk = numpy.searchsorted(numpy.sort(entry), times) - numpy.searchsorted(numpy.sort(end), times)
    mine = event == cause
    events = numpy.searchsorted(numpy.sort(end[mine]), times, "right") - numpy.searchsorted(
        numpy.sort(end[mine]), times
    )
    ending = numpy.searchsorted(numpy.sort(end), times, "right") - numpy.searchsorted(numpy.sort(end), times)
    return Counts(times, at_risk, events, ending - events)


def _curve(frame: pandas.DataFrame, name: str, firm: str, unit: str, since: float) -> Curve:
    import numpy

    frame = frame.loc[frame["exit"] > since]
    entry, end, event = (frame[each].to_numpy(dtype="float64") for each in ("entry", "exit", "event"))
    entry = numpy.maximum(entry, since)
    found = count(entry, end, event)
    survival = numpy.cumprod(1 - found.events / found.at_risk)
    repeated = bool(frame[firm].duplicated().any())
    if repeated:
        codes = numpy.unique(frame[firm].to_numpy(), return_inverse=True)[1]
        error = _by_firm(entry, end, event, codes, found)
    else:
        error = _greenwood(found, survival)
    evidence = _behind(entry, end, event, frame[unit].to_numpy(), found, 1)
    steps = tuple(
        Step(float(t), int(n), int(d), int(c), float(s), float(e), *_log_log(float(s), float(e)), *behind)
        for t, n, d, c, s, e, behind in zip(
            found.times, found.at_risk, found.events, found.censored, survival, error, evidence, strict=True
        )
    )
    middle = _medians(steps)
    events = int(found.events.sum())
    errors = "by firm" if repeated else "greenwood"
    return Curve(name, steps, len(frame), int(frame[unit].nunique()), events, *middle, since, errors)


def _greenwood(found: Counts, survival: numpy.ndarray) -> numpy.ndarray:
    """Greenwood's (1926) standard error; 0 where nobody survives."""
    import numpy

    left = found.at_risk - found.events
    parts = numpy.divide(
        found.events, found.at_risk * left, out=numpy.zeros(len(left)), where=(left > 0) & (found.events > 0)
    )
    return numpy.asarray(survival * numpy.sqrt(numpy.cumsum(parts)))


def _by_firm(
    entry: numpy.ndarray, end: numpy.ndarray, event: numpy.ndarray, codes: numpy.ndarray, found: Counts
) -> numpy.ndarray:
    """Standard errors of the curve from the influence of each firm (the infinitesimal jackknife)."""
    import numpy

    influence, survival, errors = numpy.zeros(len(entry)), 1.0, []
    for t, n, d in zip(found.times, found.at_risk, found.events, strict=True):
        hazard = d / n
        step = (((event == 1) & (end == t)) - ((entry < t) & (t <= end)) * hazard) / n
        influence = influence * (1 - hazard) - survival * step
        survival *= 1 - hazard
        errors.append(math.sqrt(float(numpy.square(numpy.bincount(codes, weights=influence)).sum())))
    return numpy.array(errors)


def _log_log(share: float, error: float) -> tuple[float | None, float | None]:
    """95 per cent interval of a share that is symmetric on the scale log(-log)."""
    if not 0 < share < 1 or error <= 0:
        return None, None
    width = math.exp(Z95 * error / (share * abs(math.log(share))))
    return share**width, share ** (1 / width)


def _behind(
    entry: numpy.ndarray,
    end: numpy.ndarray,
    event: numpy.ndarray,
    units: numpy.ndarray,
    found: Counts,
    cause: int,
) -> list[tuple[int, int, None, float | None]]:
    """(units at risk, units with the event, None, largest unit's share of those at risk) at each duration."""
    import numpy

    codes = numpy.unique(units, return_inverse=True)[1]
    alone = len(numpy.unique(codes)) == len(codes)
    listed: list[tuple[int, int, None, float | None]] = []
    for t, n, d in zip(found.times, found.at_risk, found.events, strict=True):
        if alone:
            listed.append((int(n), int(d), None, 1 / n))
            continue
        behind = numpy.bincount(codes[(entry < t) & (t <= end)])
        ended = numpy.unique(codes[(event == cause) & (end == t)])
        listed.append((int((behind > 0).sum()), len(ended), None, float(behind.max() / n)))
    return listed


def _medians(steps: tuple[Step, ...]) -> tuple[float | None, float | None, float | None]:
    """The median and its interval: where the curve and its two bounds first fall to one half."""

    def first(bound: str) -> float | None:
        found = [step.time for step in steps if (value := getattr(step, bound)) is not None and value <= 0.5]
        return found[0] if found else None

    return first("survival"), first("low"), first("high")


def _incidence(frame: pandas.DataFrame, name: str, cause: int, firm: str, unit: str) -> Curve:
    import numpy

    entry, end, event = (frame[each].to_numpy(dtype="float64") for each in ("entry", "exit", "event"))
    codes = numpy.unique(frame[firm].to_numpy(), return_inverse=True)[1]
    found = count(entry, end, event, cause)
    others = count(entry, end, (event != 0).astype(float)).events
    evidence = _behind(entry, end, event, frame[unit].to_numpy(), found, cause)
    steps, left, share = [], 1.0, 0.0
    on_left, on_share = numpy.zeros(len(entry)), numpy.zeros(len(entry))
    for t, n, d, all_d, c, behind in zip(
        found.times, found.at_risk, found.events, others, found.censored, evidence, strict=True
    ):
        ends, risk = end == t, (entry < t) & (t <= end)
        mine = ((event == cause) & ends) - risk * (d / n)
        any_cause = ((event != 0) & ends) - risk * (all_d / n)
        on_share = on_share + on_left * (d / n) + left * mine / n
        on_left = on_left * (1 - all_d / n) - left * any_cause / n
        share, left = float(share + left * d / n), float(left * (1 - all_d / n))
        error = math.sqrt(float(numpy.square(numpy.bincount(codes, weights=on_share)).sum()))
        bounds = _log_log(share, error)
        gone = int(c) - (int(all_d) - int(d))
        steps.append(Step(float(t), int(n), int(d), gone, share, error, *bounds, *behind))
    events = int(found.events.sum())
    firms = int(frame[unit].nunique())
    return Curve(name, tuple(steps), len(frame), firms, events, None, None, None, 0.0, "by firm", cause)
