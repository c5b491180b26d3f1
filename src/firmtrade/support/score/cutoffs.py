"""What is to be foretold: which firms may still start (or stop) at a cut-off year, and which then did.

Everything is read from yearly flags that are yes, no or unknown. A firm that may have exported before, or
whose later years are not known, is left out and counted: the unknown is not a no. (Micocci and Rungi 2023
count a missing export revenue as no export; their code says so.) A firm that has ended does not export.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from firmtrade.errors import DataError
from firmtrade.support.service.flags import Life
from firmtrade.support.truth import NO, UNKNOWN, YES

Event = Literal["start", "stop"]
#: Why a firm is not at risk at a cut-off, or has no label.
REASONS = {
    "not there": "not founded yet, or ended",
    "exports": "exports in that year",
    "exported before": "has exported before: a start would not be its first",
    "does not export": "does not export in that year",
    "not known": "whether it exports in that year is not known",
    "not known before": "whether it exported in the years before is not known",
    "outcome not known": "whether it did in the years after is not known",
}


@dataclass(frozen=True)
class Window:
    """`ahead`: years after the cut-off in which it may happen; `back`: years before it that must be known."""

    event: Event = "start"
    ahead: int = 3
    back: int = 3

    def __post_init__(self) -> None:
        if self.event not in ("start", "stop") or self.ahead < 1 or self.back < 0:
            raise DataError("A score is of a start or a stop, one year ahead or more.")

    @property
    def past(self) -> int:
        """Years before the cut-off that are asked for; none for a stop."""
        return self.back if self.event == "start" else 0


def at_risk(life: Life, year: int, window: Window) -> str:
    """'' if it may still happen to the firm after `year`, else the reason, a key of REASONS."""
    if (life.founded is not None and life.founded > year) or (life.ended is not None and life.ended <= year):
        return "not there"
    now = life.at(year)
    if now == UNKNOWN:
        return "not known"
    if window.event == "stop":
        return "" if now == YES else "does not export"
    if now == YES:
        return "exports"
    if any(flag == YES for each, flag in life.flags.items() if each < year):
        return "exported before"
    before = (life.at(each) for each in range(year - window.back, year))
    return "not known before" if UNKNOWN in before else ""


def label(life: Life, year: int, window: Window) -> str:
    """Whether it happened in the `ahead` years after `year`: yes, no or unknown."""
    after = [life.at(each) for each in range(year + 1, year + window.ahead + 1)]
    happens = YES if window.event == "start" else NO
    if happens in after:
        return YES
    return UNKNOWN if UNKNOWN in after else NO


@dataclass(frozen=True)
class Labelled:
    """Firms at risk at cut-offs: parallel tuples, in the order of cut-off and firm; `left_out` by reason.

    `partly` of those to which it happened have a year after that is not known. Had it not been seen in the
    others, such a firm would have been left out: so the more there are, the more the rate is too high.
    """

    firms: tuple[str, ...]
    years: tuple[int, ...]
    happened: tuple[bool, ...]
    left_out: Mapping[int, Mapping[str, int]]
    partly: int = 0


def labelled(lives: Mapping[str, Life], years: Iterable[int], window: Window) -> Labelled:
    """Firms at risk whose label is known, at each cut-off."""
    rows: list[tuple[int, str, bool]] = []
    left: dict[int, Counter[str]] = {}
    partly = 0
    for year in sorted(years):
        counted = left.setdefault(year, Counter())
        for firm in sorted(lives):
            reason = at_risk(lives[firm], year, window)
            happened = UNKNOWN if reason else label(lives[firm], year, window)
            if not reason and happened != UNKNOWN:
                rows.append((year, firm, happened == YES))
                after = [lives[firm].at(each) for each in range(year + 1, year + window.ahead + 1)]
                partly += UNKNOWN in after
            else:
                counted[reason or "outcome not known"] += 1
    named = {
        year: {name: counted[name] for name in REASONS if counted[name]} for year, counted in left.items()
    }
    return Labelled(tuple(row[1] for row in rows), tuple(row[0] for row in rows),
                    tuple(row[2] for row in rows), named, partly)  # fmt: skip


@dataclass(frozen=True)
class Cutoffs:
    """Cut-offs to learn from, the one to be tested at, and the one that firms are scored at."""

    learn: tuple[int, ...]
    test: int
    score: int


def cutoffs(first: int, last: int, window: Window) -> Cutoffs:
    """The cut-offs of a register whose trade is on record from `first` to `last`.

    What is learnt must have been known at the cut-off of the test: its outcomes end there. Raises
    DataError where the years do not suffice.
    """
    test = last - window.ahead
    learn = tuple(range(first + window.past, test - window.ahead + 1))
    if not learn:
        need = window.past + 2 * window.ahead + 1
        raise DataError(
            f"A score {window.ahead} years ahead needs {need} years of trade on record, to learn from the "
            f"earlier and be tested on the later ones; there are {max(0, last - first + 1)}."
        )
    return Cutoffs(learn, test, last)
