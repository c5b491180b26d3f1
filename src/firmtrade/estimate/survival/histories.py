"""What is known of each firm's trade in each year: yes, no or unknown, by named choices.

The yearly flag of a flow is yes, no or unknown, and years without a row are unknown too. From this a table of
firm x year is laid out once, as small whole numbers, and spells and survival shares are read off it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firmtrade.errors import StudyError
from firmtrade.estimate.survival.frames import firm_years, flag, founding, lacks, named

if TYPE_CHECKING:
    import numpy
    import pandas

LEFT = {
    "drop": "spells whose start was not seen are left out",
    "truncate": "spells whose start was not seen but is known from elsewhere enter at the duration they have "
    "reached when first seen; the rest of them are left out",
    "restart": "spells whose start was not seen count from when they are first seen, which mixes old and new",
}
GAPS = {
    "open": "a year without trade ends a spell",
    "close": "a short interruption, known to be one, does not end a spell",
}
UNKNOWN = {
    "censor": "a spell is followed up to a year of which the trade is not known",
    "close": "a single unknown year between two years of trade counts as trade",
}
ABSENT = {"unknown": "years without a row are unknown", "no": "years without a row are years without trade"}
DEATHS = {
    "censor": "a spell of a firm that leaves the panel is followed up to then",
    "end": "a spell ends when its firm leaves the panel",
}
SPELLS = {
    "first": "a firm's first spell only",
    "all": "every spell of a firm: one that begins again is counted again",
}


@dataclass(frozen=True)
class SpellChoices:
    """How flags become spells; the values are the names in LEFT, GAPS, UNKNOWN, ABSENT, DEATHS and SPELLS.

    `longest_gap`: years of known non-trade that a closed gap may have. `before`: years known to be without
    trade that a start needs (1: any start that was seen; 3 or 5 where re-entrants are no new traders).
    Besedes and Prusa (2006) close gaps of one year as a check on their spells; Hess and Persson (2012)
    compare first spells with all; a firm that exports for four years in a row is a permanent exporter to
    Bekes and Murakozy (2012).
    """

    left: str = "drop"
    gap: str = "open"
    longest_gap: int = 1
    unknown: str = "censor"
    absent: str = "unknown"
    death: str = "end"
    spells: str = "first"
    before: int = 1

    def __post_init__(self) -> None:
        options = {"left": LEFT, "gap": GAPS, "unknown": UNKNOWN, "absent": ABSENT, "death": DEATHS}
        for name, known in {**options, "spells": SPELLS}.items():
            named(getattr(self, name), known, name)
        if self.before < 1 or self.longest_gap < 1:
            raise StudyError("before and longest_gap are numbers of years, 1 or more.")

    @property
    def gap_years(self) -> int:
        """Years without trade that do not end a spell."""
        return self.longest_gap if self.gap == "close" else 0

    def told(self) -> tuple[str, ...]:
        """The choices in words, for the methods paragraph."""
        gap = GAPS[self.gap] + (f" (up to {self.longest_gap} years)" if self.gap_years > 1 else "")
        start = f"a start needs {self.before} years known to be without trade" if self.before > 1 else ""
        parts = (SPELLS[self.spells], LEFT[self.left], gap, UNKNOWN[self.unknown], ABSENT[self.absent],
                 DEATHS[self.death], start)  # fmt: skip
        return tuple(part for part in parts if part)


@dataclass(frozen=True)
class Histories:
    """`known[i, j]`: 1 trade, 0 none, -1 unknown, of firm `firms[i]` in year `years[j]`.

    The first `lead` columns are years before the panel, where only a firm that was not yet founded is known
    not to trade. `rows` are the panel's rows; `row[i, j]` is the position of the firm's row for the year,
    or -1. `gone[i, j]`: the firm has no row in this year or later, and the panel goes on.
    """

    firms: numpy.ndarray = field(repr=False)
    years: numpy.ndarray = field(repr=False)
    known: numpy.ndarray = field(repr=False)
    gone: numpy.ndarray = field(repr=False)
    row: numpy.ndarray = field(repr=False)
    rows: pandas.DataFrame = field(repr=False)
    lead: int = 0


def histories(
    panel: pandas.DataFrame, trades: str, choices: SpellChoices, firm: str, year: str, founded: str | None
) -> Histories:
    """Lay out the flag `trades` by firm and year. `founded` tells when it was not there yet."""
    import numpy

    lacks(panel, [firm, year, trades, *([founded] if founded else [])], "A spell")
    rows = firm_years(panel, firm, year)
    firms, at = numpy.unique(rows[firm].to_numpy(), return_inverse=True)
    first, last = (int(rows[year].min()), int(rows[year].max())) if len(rows) else (0, -1)
    years = numpy.arange(first - choices.before, last + 1)
    where = rows[year].to_numpy(dtype="int64") - years[0] if len(rows) else numpy.empty(0, dtype=int)
    row = numpy.full((len(firms), len(years)), -1, dtype=numpy.int64)
    row[at, where] = numpy.arange(len(rows))
    known = numpy.full(row.shape, -1, dtype=numpy.int8)
    known[at, where] = flag(rows[trades])
    gone = _gone(row)
    inside = years >= first
    if choices.absent == "no":
        known[(row < 0) & inside] = 0
    else:
        known[gone & (choices.death == "end")] = 0
    if founded:
        known[(row < 0) & (years < _founding(rows, firm, firms, founded)[:, None]) & ~gone] = 0
    return Histories(firms, years, known, gone, row, rows, choices.before)


def _gone(row: numpy.ndarray) -> numpy.ndarray:
    """Whether the firm has no row in the year or later."""
    import numpy

    later = numpy.logical_or.accumulate((row >= 0)[:, ::-1], axis=1)[:, ::-1]
    return numpy.asarray(~later)


def _founding(rows: pandas.DataFrame, firm: str, firms: numpy.ndarray, founded: str) -> numpy.ndarray:
    """The founding year of each firm, minus infinity where it tells none."""
    import numpy

    known = founding(rows, firm, founded).reindex(firms)
    return known.astype("float64").fillna(-numpy.inf).to_numpy()


def bridged(histories: Histories, choices: SpellChoices) -> numpy.ndarray:
    """What is known, with interruptions closed as the choices say. Same shape and codes as `known`.

    Where gaps are closed, the follow-up of a stretch of known years ends `longest_gap` years before the
    stretch does: whether trade stopped in those years cannot be told from a gap. They become unknown,
    whether the firm traded then or not, since to keep only those that did would count the survivors alone.
    """
    known = histories.known.copy()
    if choices.unknown == "close":
        _fill(known, -1, 1)
    if choices.gap_years:
        _fill(known, 0, choices.gap_years)
        _shorten(known, histories, choices)
    return known


def _fill(known: numpy.ndarray, code: int, longest: int) -> None:
    """Turn stretches of `code`, at most `longest` years between two years of trade, into trade."""
    original = known.copy()
    years = known.shape[1]
    for length in range(1, longest + 1):
        for begin in range(1, years - length):
            end = begin + length
            inside = (original[:, begin:end] == code).all(axis=1)
            found = inside & (original[:, begin - 1] == 1) & (original[:, end] == 1)
            known[found, begin:end] = 1


def _shorten(known: numpy.ndarray, histories: Histories, choices: SpellChoices) -> None:
    """Make the last `gap_years` of each stretch of known years unknown, unless the firm is gone."""
    import numpy

    years = known.shape[1]
    unknown_next = numpy.concatenate([known[:, 1:] < 0, numpy.ones((len(known), 1), dtype=bool)], axis=1)
    ends = (known >= 0) & unknown_next
    if choices.death == "end":
        ends &= ~histories.gone
    for year in range(years):
        found = ends[:, year]
        known[found, max(0, year - choices.gap_years + 1) : year + 1] = -1
