"""Who starts a flow in a year, who never does, and of whom nobody knows: three-valued, and counted.

The definition of the international study group on exports and productivity (ISGEP 2008): a starter of t did
not trade from t-3 to t-1 and traded in at least two of the years t to t+2. All three numbers are
parameters. A flow that is unknown in a year that decides makes the firm undetermined; it is neither starter
nor control.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy

YES, NO, UNKNOWN, ABSENT = 1, 0, -1, -2


@dataclass(frozen=True)
class StarterRule:
    """A starter of year t has traded in none of the `before` years up to t-1, in all of which it was seen.

    It trades in t and in at least `again` of the `after` years that follow. A firm that is gone in a
    following year does not trade in it; a firm that is missing between two years in which it was seen is
    unknown.
    """

    before: int = 3
    after: int = 2
    again: int = 1

    def text(self) -> str:
        """The rule in words, for the methods paragraph."""
        lasting = f" and in at least {self.again} of the {self.after} years that follow" if self.again else ""
        return (
            f"A starter traded in none of the {self.before} years before, in all of which it was seen, "
            f"trades in the year itself{lasting}."
        )


@dataclass(frozen=True)
class Cohort:
    """The year's starters and controls (places of firms), and how many firms are neither, by reason."""

    year: int
    starters: numpy.ndarray
    controls: numpy.ndarray
    neither: dict[str, int]


@dataclass(frozen=True)
class History:
    """Firms x years: `states` of the flow (YES, NO, UNKNOWN, ABSENT), and rows of the data (absent: -1)."""

    states: numpy.ndarray
    rows: numpy.ndarray
    first: int


def history(firms: numpy.ndarray, years: numpy.ndarray, flow: numpy.ndarray, first: int) -> History:
    """The grid of firm and year: `firms` and `years` are codes from 0, `first` is the year of code 0."""
    shape = (int(firms.max(initial=-1)) + 1, int(years.max(initial=-1)) + 1)
    states = numpy.full(shape, ABSENT, dtype=numpy.int8)
    rows = numpy.full(shape, -1, dtype=numpy.int32)
    states[firms, years] = flow
    rows[firms, years] = numpy.arange(len(firms), dtype=numpy.int32)
    return History(states, rows, first)


def cohorts(seen: History, rule: StarterRule) -> list[Cohort]:
    """The cohorts of the years that have `before` years before them and `after` years after them.

    Controls never trade in any year in which they are seen. Like starters they are seen in all years from t
    - before to t, and in at least `again` of those that follow: else starters would be picked for
    surviving.
    """
    years = seen.states.shape[1]
    there = seen.states != ABSENT
    never = (seen.states != YES).all(axis=1) & (seen.states != UNKNOWN).all(axis=1)
    doubt = (seen.states != YES).all(axis=1) & ~never
    last = years - 1 - numpy.argmax(there[:, ::-1], axis=1)
    return [
        _cohort(seen, rule, at, never, doubt, last) for at in range(rule.before, years - rule.after)
    ]  # fmt: skip


def _cohort(
    seen: History, rule: StarterRule, at: int, never: numpy.ndarray, doubt: numpy.ndarray, last: numpy.ndarray
) -> Cohort:
    before, now = seen.states[:, at - rule.before : at], seen.states[:, at]
    after = seen.states[:, at + 1 : at + 1 + rule.after]
    later = numpy.arange(at + 1, at + 1 + rule.after)
    gap = (after == ABSENT) & (later[None, :] < last[:, None])
    sure = (after == YES).sum(axis=1)
    possible = sure + ((after == UNKNOWN) | gap).sum(axis=1)
    new = (now == YES) & (before != YES).all(axis=1)
    seen_before = (before != ABSENT).all(axis=1)
    known_before = (before == NO).all(axis=1)
    starters = new & known_before & (sure >= rule.again)
    survives = (after != ABSENT).sum(axis=1) >= rule.again
    controls = never & seen_before & (now == NO) & survives
    clean = seen_before & ~(before == YES).any(axis=1)
    undetermined = (
        (new & seen_before & ~known_before & (possible >= rule.again))
        | (new & known_before & (sure < rule.again) & (possible >= rule.again))
        | (clean & (now == UNKNOWN) & (possible >= rule.again))
    )
    neither = {
        "starts, but was not seen in all years before": new & ~seen_before,
        "starts, but stops at once": new & known_before & (possible < rule.again),
        "undetermined whether it starts: a flow is unknown": undetermined & ~doubt,
        "undetermined whether it ever trades: a flow is unknown": doubt & seen_before & (now != ABSENT),
        "never trades, but is not seen in the years that follow": never
        & seen_before
        & (now == NO)
        & ~survives,
    }
    counted = {why: int(numpy.count_nonzero(who)) for why, who in neither.items()}
    return Cohort(seen.first + at, numpy.flatnonzero(starters), numpy.flatnonzero(controls), counted)
