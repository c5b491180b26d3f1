"""Whether the survival of groups differs: the log-rank test (Mantel 1966; Peto and Peto 1972)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmtrade.errors import Unanswerable
from firmtrade.estimate.extras import econ
from firmtrade.estimate.survival.frames import lacks, text

if TYPE_CHECKING:
    import numpy
    import pandas


@dataclass(frozen=True)
class Compared:
    """One group: events seen, and expected if all groups of a stratum had the same hazard.

    `spells` are its rows, `firms` its distinct firms (or owners), `event_firms` those with an event.
    """

    group: str
    spells: int
    observed: int
    expected: float
    firms: int
    event_firms: int
    degrees: int | None = None
    largest: float | None = None


@dataclass(frozen=True)
class LogRank:
    """chi2 with `of` degrees of freedom, None where it cannot be told; `why` then says so."""

    chi2: float | None
    of: int
    p: float | None
    groups: tuple[Compared, ...]
    strata: int
    firms: int
    events: int
    degrees: int | None = None
    largest: float | None = None
    why: str = ""


def logrank(
    frame: pandas.DataFrame,
    group: str,
    *,
    strata: str | None = None,
    firm: str = "firm",
    unit: str | None = None,
) -> LogRank:
    """Compare the groups of lifetimes or spells (columns entry, exit, event; 1 is the event, others
    censored).

    Rows without a known group are left out. With `strata` groups are compared within them only, as pairs
    are. With left truncation the comparison is among those at risk. Spells of one firm count as
    independent: where firms have several, the Cox model with errors by firm is the test to trust.
    """
    unit = unit or firm
    lacks(frame, ["entry", "exit", "event", group, unit, *([strata] if strata else [])], "A log-rank test")
    frame = frame.loc[frame[group].notna()]
    names = text(frame[group])
    levels = sorted(names.unique())
    if len(levels) < 2:
        raise Unanswerable(f"A log-rank test needs two groups of '{group}'.")
    found = _sums(frame, names, levels, strata)
    groups = _compared(frame, names, levels, found, unit)
    chi2, p, why = _test(found)
    return LogRank(
        chi2=chi2, of=len(levels) - 1, p=p, groups=groups, strata=found.strata,
        firms=int(frame[unit].nunique()),
        events=int(found.observed.sum()), why=why,
    )  # fmt: skip


@dataclass(frozen=True)
class _Sums:
    observed: numpy.ndarray
    expected: numpy.ndarray
    variance: numpy.ndarray
    strata: int


def _sums(frame: pandas.DataFrame, names: pandas.Series, levels: list[str], strata: str | None) -> _Sums:
    """Observed, expected and the hypergeometric variance, over the durations with events of every stratum."""
    import numpy

    codes = names.map({level: at for at, level in enumerate(levels)}).to_numpy()
    parts = [numpy.arange(len(frame))]
    if strata:
        inverse = numpy.unique(frame[strata].astype(str).to_numpy(), return_inverse=True)[1]
        order = numpy.argsort(inverse, kind="stable")
        parts = numpy.split(order, numpy.flatnonzero(numpy.diff(inverse[order])) + 1)
    entry, end = frame["entry"].to_numpy(dtype="float64"), frame["exit"].to_numpy(dtype="float64")
    event = frame["event"].to_numpy() == 1
    size = len(levels)
    observed, expected, variance = numpy.zeros(size), numpy.zeros(size), numpy.zeros((size, size))
    for part in parts:
        for t in numpy.unique(end[part][event[part]]):
            risk = part[(entry[part] < t) & (t <= end[part])]
            at_risk = numpy.bincount(codes[risk], minlength=size).astype(float)
            events = numpy.bincount(codes[risk][event[risk] & (end[risk] == t)], minlength=size).astype(float)
            n, d = at_risk.sum(), events.sum()
            share = at_risk / n
            observed += events
            expected += d * share
            if n > 1:
                factor = d * (n - d) / (n - 1)
                variance += factor * (numpy.diag(share) - numpy.outer(share, share))
    return _Sums(observed, expected, variance, len(parts))


def _compared(
    frame: pandas.DataFrame, names: pandas.Series, levels: list[str], found: _Sums, unit: str
) -> tuple[Compared, ...]:
    listed = []
    for at, level in enumerate(levels):
        mine = frame.loc[names == level]
        listed.append(
            Compared(
                group=level,
                spells=len(mine),
                observed=int(found.observed[at]),
                expected=float(found.expected[at]),
                firms=int(mine[unit].nunique()),
                event_firms=int(mine.loc[mine["event"] == 1, unit].nunique()),
            )
        )
    return tuple(listed)


def _test(found: _Sums) -> tuple[float | None, float | None, str]:
    import numpy

    stats = econ("scipy.stats", "a log-rank test")
    difference = (found.observed - found.expected)[:-1]
    variance = found.variance[:-1, :-1]
    if not found.observed.sum():
        return None, None, "there are too few events"
    if numpy.linalg.matrix_rank(variance) < len(variance):
        return None, None, "a group was never at risk together with another when an event happened"
    chi2 = float(difference @ numpy.linalg.solve(variance, difference))
    return chi2, float(stats.chi2.sf(chi2, len(difference))), ""
