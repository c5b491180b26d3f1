"""From firm-years to lifetimes: when each firm comes under observation, when it leaves, and why.

A firm leaves after the last year in which it has a row, if that is before the panel's last year; a firm
that is there to the end is censored. Three things are not in the rows, and each is a choice with a name:

- `clock`: age, where a firm that is older than the panel enters at the age at which it is first seen (left
  truncation: those of its cohort who died before are not there to be counted), or the years since a base
  year.
- `gap`, `absence`: what years without a row mean when the firm comes back. The Eurostat-OECD manual on
  business
  demography (2007) calls a firm dead that is not active again within two years: `absence = 2`.
- `merger`, `unknown_reason`: what an exit is where the panel tells why. A firm that was taken over did not
  die.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from firmtrade.errors import StudyError
from firmtrade.estimate.survival.frames import firm_years, founding, lacks, named

if TYPE_CHECKING:
    import pandas

CLOCKS = {
    "age": "age of the firm; firms older than the panel enter at the age at which they are first seen",
    "base": "years since the base year, or since the firm's first year in the panel",
}
GAPS = {
    "bridge": "a firm that comes back was alive all along",
    "exit": "a firm left before its gap; what follows is not looked at",
    "censor": "a firm is followed up to its gap",
}
MERGERS = {
    "censor": "a merged firm is followed up to the merger",
    "compete": "a merger is an exit of its own kind, which rules death out",
    "death": "a merger is an exit like any other",
}
UNKNOWN_REASONS = {
    "death": "an exit without a known reason counts as a death",
    "censor": "a firm that left for no known reason is followed up to then",
}
#: What `event` says.
CENSORED, DEATH, MERGER = 0, 1, 2


@dataclass(frozen=True)
class LifetimeChoices:
    """How rows become lifetimes; the values are the names in CLOCKS, GAPS, MERGERS and UNKNOWN_REASONS.

    `base`: only firms with a row in that year are followed, from then on (None: each from its first year).
    `absence`: years without a row that make an exit. Shorter gaps never count, and the follow-up ends
    `absence - 1` years before the panel does, since a later absence cannot be told from a short gap.
    `reasons`: 'death' or 'merger' for each code of the column that says why a firm left.
    """

    clock: str = "age"
    base: int | None = None
    gap: str = "bridge"
    absence: int = 1
    reasons: Mapping[str, str] = field(default_factory=dict)
    merger: str = "censor"
    unknown_reason: str = "death"

    def __post_init__(self) -> None:
        named(self.clock, CLOCKS, "clock")
        named(self.gap, GAPS, "gap")
        named(self.merger, MERGERS, "merger")
        named(self.unknown_reason, UNKNOWN_REASONS, "unknown_reason")
        for code, meaning in self.reasons.items():
            named(meaning, ("death", "merger"), f"reasons, {code}")
        if self.absence < 1:
            raise StudyError(f"absence = {self.absence}: an exit takes at least one year without a row.")

    def told(self) -> tuple[str, ...]:
        """The choices in words, for the methods paragraph."""
        parts = [CLOCKS[self.clock], GAPS[self.gap]]
        if self.absence > 1:
            parts.append(f"an exit takes {self.absence} years without a row")
        if self.reasons:
            parts += [MERGERS[self.merger], UNKNOWN_REASONS[self.unknown_reason]]
        return tuple(parts)


@dataclass(frozen=True)
class Lifetimes:
    """`frame`: firm, start (year), origin (year of duration 0), entry, exit, event and the kept columns.

    One row a firm, or one a firm-year in `yearly`. `first` and `last` are the panel's years, `followed_to`
    the last year of the follow-up. `counts` says what became of the firms, in firms.
    """

    frame: pandas.DataFrame = field(repr=False)
    first: int
    last: int
    followed_to: int
    counts: Mapping[str, int]
    choices: LifetimeChoices

    @property
    def mergers(self) -> int:
        """Exits of their own kind."""
        return int((self.frame["event"] == MERGER).sum())


def lifetimes(
    panel: pandas.DataFrame,
    choices: LifetimeChoices | None = None,
    *,
    firm: str = "firm",
    year: str = "year",
    founded: str | None = None,
    reason: str | None = None,
    keep: tuple[str, ...] = (),
) -> Lifetimes:
    """One lifetime for each firm; `keep` names columns whose value in the starting year is kept.

    Raises StudyError for a column that is not there or a clock without a founding year, DataError for a
    firm-year that is there twice.
    """
    rows, firms, made = _followed(panel, choices or LifetimeChoices(), firm, year, founded, reason, keep)
    at_start = rows.loc[rows[year] == rows["start"], [firm, *keep]]
    frame = firms.merge(at_start, on=firm, how="left", validate="one_to_one")
    columns = ["start", "origin", "entry", "exit", "event"]
    return Lifetimes(frame[[firm, *columns, *(name for name in keep if name not in columns)]], **made)


def yearly(
    panel: pandas.DataFrame,
    choices: LifetimeChoices | None = None,
    *,
    firm: str = "firm",
    year: str = "year",
    founded: str | None = None,
    reason: str | None = None,
    keep: tuple[str, ...] = (),
) -> Lifetimes:
    """Each lifetime cut at every year with a row: what a firm was in year t, and whether it left after it.

    The status of year t stands before the exit between t and t + 1, never after it. Over a gap that is
    bridged the last row before it holds.
    """
    rows, firms, made = _followed(panel, choices or LifetimeChoices(), firm, year, founded, reason, keep)
    both = rows.drop(columns="start").merge(firms, on=firm, how="inner", validate="many_to_one")
    both = both.loc[(both[year] >= both["start"]) & (both[year] - both["origin"] < both["exit"])]
    both = both.reset_index(drop=True)
    begin = both[year] - both["origin"]
    following = begin.groupby(both[firm]).shift(-1)
    both["event"] = both["event"].where(following.isna(), CENSORED)
    both["exit"] = following.fillna(both["exit"]).astype("int64")
    both["entry"] = begin.astype("int64")
    columns = ["start", "origin", "entry", "exit", "event"]
    return Lifetimes(both[[firm, year, *columns, *(name for name in keep if name != year)]], **made)


def _followed(
    panel: pandas.DataFrame,
    choices: LifetimeChoices,
    firm: str,
    year: str,
    founded: str | None,
    reason: str | None,
    keep: tuple[str, ...],
) -> tuple[pandas.DataFrame, pandas.DataFrame, dict[str, Any]]:
    """(rows with `start`, one row a firm with its lifetime, what the result says of itself)."""
    _check(panel, choices, firm, year, founded, reason, keep)
    rows = firm_years(panel[list(dict.fromkeys([firm, year, *_given(founded, reason), *keep]))], firm, year)
    first, last = (int(rows[year].min()), int(rows[year].max())) if len(rows) else (0, 0)
    counts = {"firms": int(rows[firm].nunique())}
    if choices.base is not None:
        there = rows.loc[rows[year] == choices.base, firm]
        rows = rows.loc[rows[firm].isin(there) & (rows[year] >= choices.base)].reset_index(drop=True)
        counts["firms in the base year"] = len(there)
    rows, cut, bridged = _gaps(rows, choices, firm, year)
    counts["firms with a gap that is bridged"] = bridged
    end = last - (choices.absence - 1)
    firms = _one_each(rows, firm, year, founded)
    firms["event"] = _event(rows, firms, choices, cut, end, firm, reason, counts)
    firms["exit"] = firms["last"].add(1).clip(upper=end).where(firms["left"], firms["last"].clip(upper=end))
    firms = _clocked(firms, choices, founded, counts)
    counts |= _ends(firms)
    rows = rows.merge(firms[[firm, "start"]], on=firm, how="inner")
    return (
        rows,
        firms,
        {"first": first, "last": last, "followed_to": end, "counts": counts, "choices": choices},
    )


def _given(*names: str | None) -> list[str]:
    return [name for name in names if name]


def _check(
    panel: pandas.DataFrame, choices: LifetimeChoices, firm: str, year: str, founded: str | None,
    reason: str | None, keep: tuple[str, ...],
) -> None:  # fmt: skip
    lacks(panel, [firm, year, *_given(founded, reason), *keep], "A lifetime")
    if choices.clock == "age" and founded is None:
        raise StudyError("The clock 'age' needs the founding year. Name its column, or use clock = 'base'.")
    if reason is not None and not choices.reasons:
        raise StudyError(
            f"'{reason}' says why firms left, but reasons does not say what its codes mean. "
            f'Write  reasons = {{ CODE = "death", CODE = "merger" }}'
        )


def _gaps(
    rows: pandas.DataFrame, choices: LifetimeChoices, firm: str, year: str
) -> tuple[pandas.DataFrame, set[Any], int]:
    """The rows up to the first gap that counts, the firms that were cut there, and how many were bridged."""
    missing = rows.groupby(firm)[year].diff().fillna(1).sub(1)
    counts = (missing >= choices.absence) & (missing > 0) & (choices.gap != "bridge")
    after = counts.groupby(rows[firm]).cumsum() > 0
    cut = set(rows.loc[after, firm])
    bridged = int(rows.loc[(missing > 0) & ~counts & ~after, firm].nunique())
    return rows.loc[~after].reset_index(drop=True), cut, bridged


def _one_each(rows: pandas.DataFrame, firm: str, year: str, founded: str | None) -> pandas.DataFrame:
    """One row a firm: first and last year, and the founding year."""
    firms = rows.groupby(firm)[year].agg(start="min", last="max").reset_index()
    if founded:
        firms["founding"] = firms[firm].map(founding(rows, firm, founded))
    return firms


def _event(
    rows: pandas.DataFrame, firms: pandas.DataFrame, choices: LifetimeChoices, cut: set[Any], end: int,
    firm: str, reason: str | None, counts: dict[str, int],
) -> pandas.Series:  # fmt: skip
    """Death, merger or censored; `left` is added to `firms`: it is not there in the year after its last.

    A firm that merged, where that is no event, was at risk of dying until then: it is censored in the year in
    which it is gone, as competing risks count it.
    """
    import pandas

    broken = firms[firm].isin(cut)
    firms["left"] = (firms["last"] < end) & ~(broken & (choices.gap == "censor"))
    event = pandas.Series(CENSORED, index=firms.index).mask(firms["left"], DEATH)
    if reason:
        codes = rows.loc[rows[reason].notna()].groupby(firm)[reason].last().astype("object")
        why = firms[firm].map(codes).map(lambda code: choices.reasons.get(str(code), ""))
        why = why.where(~broken, "")  # a firm that comes back has not said why it was away
        counts["exits for a reason not known"] = int((firms["left"] & ~why.isin(["death", "merger"])).sum())
        counts["exits by merger"] = int((firms["left"] & (why == "merger")).sum())
        merged = {"censor": CENSORED, "compete": MERGER, "death": DEATH}[choices.merger]
        event = event.mask(firms["left"] & (why == "merger"), merged)
        if choices.unknown_reason == "censor":
            event = event.mask(firms["left"] & ~why.isin(["death", "merger"]), CENSORED)
    return event


def _clocked(
    firms: pandas.DataFrame, choices: LifetimeChoices, founded: str | None, counts: dict[str, int]
) -> pandas.DataFrame:
    """Entry and exit on the clock; who has no place on it is left out and counted."""
    if choices.clock == "age":
        unknown = firms["founding"].isna()
        later = firms["founding"] > firms["start"]
        counts["founding year unknown"] = int(unknown.sum())
        counts["founded after it was first seen"] = int(later.sum())
        firms = firms.loc[~unknown & ~later]
        origin = firms["founding"].astype("int64")
    else:
        origin = firms["start"].astype("int64")
    firms = firms.assign(
        origin=origin,
        entry=(firms["start"] - origin).astype("int64"),
        exit=(firms["exit"] - origin).astype("int64"),
    )
    never = firms["exit"] <= firms["entry"]
    counts["never at risk (first seen when the follow-up ends)"] = int(never.sum())
    return firms.loc[~never].reset_index(drop=True)


def _ends(firms: pandas.DataFrame) -> dict[str, int]:
    event = firms["event"]
    return {
        "followed": len(firms),
        "followed from a later age": int((firms["entry"] > 0).sum()),
        "deaths": int((event == DEATH).sum()),
        "mergers counted as such": int((event == MERGER).sum()),
        "censored": int((event == CENSORED).sum()),
    }
