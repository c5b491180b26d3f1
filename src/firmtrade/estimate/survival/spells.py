"""Spells of trading, and what share of new traders still trades after one, two and three years.

A spell that starts in year s lasts d years if s + d is the first year without trade: that is when it ends.
A trader of the panel's last year is not known to have gone on, so it is censored at the years that have
passed since its start, not at one more as tables of spell lengths often have it. With every spell followed
for k years the survival curve at k is then the share that traded in each of the k years after the start.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from firmtrade.errors import StudyError
from firmtrade.estimate.survival.frames import lacks, text
from firmtrade.estimate.survival.histories import Histories, SpellChoices, bridged, histories

if TYPE_CHECKING:
    import numpy
    import pandas

READINGS = {
    "continuously": "traded in every year since it started",
    "in-that-year": "trades in that year, whether or not it stopped in between",
}


@dataclass(frozen=True)
class Spells:
    """`frame`: firm, order (of the firm's spells as seen), start, entry, exit, event, `seen` (whether its
    start was) and the kept columns as of the start. `counts` says what became of the spells, in spells."""

    frame: pandas.DataFrame = field(repr=False)
    counts: Mapping[str, int]
    choices: SpellChoices


@dataclass(frozen=True)
class StillTrading:
    """The share of new traders that still trade `years` after the start, by group and reading.

    `starters` are those of whom it is known, `trading` those that do; `unknown` are the others that started
    early enough. `low` and `high` are Wilson's 95 per cent interval. `firms` are the distinct firms (or
    owners) among the starters, `largest` the largest share of the starters that is one of them.
    """

    group: str
    years: int
    reading: str
    starters: int
    trading: int
    unknown: int
    share: float | None
    low: float | None
    high: float | None
    firms: int
    trading_firms: int
    degrees: int | None = None
    largest: float | None = None


def spells(
    panel: pandas.DataFrame,
    trades: str,
    choices: SpellChoices | None = None,
    *,
    firm: str = "firm",
    year: str = "year",
    founded: str | None = None,
    since: str | None = None,
    keep: tuple[str, ...] = (),
) -> Spells:
    """The spells of the yearly three-valued flag `trades`.

    `founded`: a firm is known not to trade before it exists, so that one that trades in its first year starts
    there. `since`: the year in which trade began by another source, for spells that were running already.
    Raises StudyError where a column is not there.
    """
    choices = choices or SpellChoices()
    if choices.left == "truncate" and since is None:
        raise StudyError(
            "left = 'truncate' needs the year in which trade began (since), for spells that run when the "
            "panel starts. Without it use left = 'drop'."
        )
    lacks(panel, [*keep, *([since] if since else [])], "A spell")
    laid = histories(panel, trades, choices, firm, year, founded)
    found = _found(laid, bridged(laid, choices), choices)
    frame = _with_rows(found, laid, firm, [*keep, *([since] if since else [])])
    frame, counts = _started(frame, choices, since)
    frame = frame.drop(columns=[name for name in ("clear", "stretch") if name in frame])
    columns = [firm, "order", "start", "entry", "exit", "event", "seen"]
    return Spells(frame[[*columns, *keep]].reset_index(drop=True), counts, choices)


def _found(laid: Histories, known: numpy.ndarray, choices: SpellChoices) -> dict[str, numpy.ndarray]:
    """Every stretch of trade: positions of firm and first year, years to its end, how it began and ended."""
    import numpy

    trade = known == 1
    before = numpy.concatenate([numpy.zeros((len(known), 1), dtype=bool), trade[:, :-1]], axis=1)
    firm, start = numpy.nonzero(trade & ~before)
    _, last = numpy.nonzero(trade & ~numpy.concatenate([trade[:, 1:], before[:, :1]], axis=1))
    after = numpy.concatenate([known, numpy.full((len(known), 1), -1, dtype=known.dtype)], axis=1)
    ended = after[firm, last + 1] == 0
    clear = _zeros_before(known)[firm, start]
    order = numpy.arange(len(firm)) - numpy.searchsorted(firm, firm) + 1
    return {
        "firm": firm, "start": start, "stretch": last - start + ended, "event": ended.astype(int),
        "clear": clear, "order": order,
    }  # fmt: skip


def _zeros_before(known: numpy.ndarray) -> numpy.ndarray:
    """How many years known to be without trade stand directly before each year."""
    import numpy

    found = numpy.zeros(known.shape, dtype=int)
    for year in range(1, known.shape[1]):
        found[:, year] = numpy.where(known[:, year - 1] == 0, found[:, year - 1] + 1, 0)
    return found


def _with_rows(
    found: Mapping[str, Any], laid: Histories, firm: str, names: Sequence[str]
) -> pandas.DataFrame:
    """The stretches with names instead of positions, and the columns of the row of their first year.

    A gap that is closed never begins a stretch, so its first year has a row.
    """
    import pandas

    frame = pandas.DataFrame(
        {**found, "firm": laid.firms[found["firm"]], "start": laid.years[found["start"]]}
    )
    frame = frame.rename(columns={"firm": firm})
    rows = laid.row[found["firm"], found["start"]]
    values = laid.rows[list(dict.fromkeys(names))].iloc[rows].reset_index(drop=True)
    return pandas.concat([frame, values], axis=1)


def _started(
    frame: pandas.DataFrame, choices: SpellChoices, since: str | None
) -> tuple[pandas.DataFrame, dict[str, int]]:
    """Entry and exit of the spells that the choices keep, and what became of the others."""
    counts = {"spells": len(frame)}
    frame["seen"] = frame["clear"] > 0
    reached = (frame["start"] - frame[since]) if since else frame["start"].mul(float("nan"))
    known = ~frame["seen"] & (reached >= 0) & (choices.left == "truncate")
    entry = reached.where(known, 0).astype("int64")
    frame["entry"], frame["exit"] = entry, entry + frame["stretch"]
    keep = frame["seen"] | known | (choices.left == "restart")
    counts["start not seen"] = int((~frame["seen"]).sum())
    counts["left out, start not seen"] = int((~keep).sum())
    recent = keep & frame["seen"] & (frame["clear"] < choices.before)
    counts["left out, too few years known to be without trade before"] = int(recent.sum())
    later = keep & ~recent & (frame["order"] > 1) & (choices.spells == "first")
    counts["left out, not the firm's first"] = int(later.sum())
    keep &= ~recent & ~later
    never = keep & (frame["exit"] <= frame["entry"])
    counts["never at risk (started when the follow-up ends)"] = int(never.sum())
    frame = frame.loc[keep & ~never].reset_index(drop=True)
    counts |= {"followed": len(frame), "ended": int(frame["event"].sum())}
    counts["censored"] = counts["followed"] - counts["ended"]
    return frame, counts


def still_trading(
    panel: pandas.DataFrame,
    trades: str,
    choices: SpellChoices | None = None,
    *,
    after: tuple[int, ...] = (1, 2, 3),
    firm: str = "firm",
    year: str = "year",
    founded: str | None = None,
    group: str | None = None,
    unit: str | None = None,
    only: str | None = None,
) -> tuple[StillTrading, ...]:
    """What share of those that start to trade in a year still does `after` years, in two readings.

    A start is a year of trade after `choices.before` years known to be without; with `choices.spells`
    'first' it is the firm's first that was seen. Only starts that lie `after` years before the panel's end
    count. Gaps stay open. `group` and `only` (a condition) are as of the starting year; `unit` (an owner)
    is what evidence counts, else the firm. The continuous reading is the survival rate of entrants of the
    World Bank's exporter dynamics (Fernandes, Freund and Pierola 2016), there after one year.
    """
    choices = choices or SpellChoices()
    names = [name for name in (group, unit, only) if name]
    lacks(panel, names, "A share of starters")
    laid = histories(panel, trades, choices, firm, year, founded)
    frame, (who, when) = _starts(laid, choices, firm, names)
    if only:
        mine = frame[only].to_numpy(dtype=bool)
        frame, who, when = frame.loc[mine].reset_index(drop=True), who[mine], when[mine]
    groups = text(frame[group]) if group else frame["start"].astype(str).where(frame["start"].isna(), "all")
    units = frame[unit] if unit else frame[firm]
    return tuple(
        _share(
            name,
            years,
            reading,
            _still(laid, (who, when), years, reading),
            (groups == name).to_numpy(),
            units,
        )
        for name in sorted(groups.unique())
        for years in after
        for reading in READINGS
    )


def _starts(
    laid: Histories, choices: SpellChoices, firm: str, names: Sequence[str]
) -> tuple[pandas.DataFrame, tuple[Any, Any]]:
    """The starts as rows, and their positions (firm, year)."""
    found = _found(laid, laid.known, choices)
    keep = found["clear"] >= choices.before
    if choices.spells == "first":
        keep &= found["order"] == 1
    found = {name: values[keep] for name, values in found.items()}
    return _with_rows(found, laid, firm, names), (found["firm"], found["start"])


def _still(laid: Histories, at: tuple[Any, Any], years: int, reading: str) -> numpy.ndarray:
    """1 yes, 0 no, -1 unknown, -2 the panel ends before."""
    import numpy

    firm, start = at
    inside = start + years < laid.known.shape[1]
    found = numpy.full(len(firm), -2)
    window = [laid.known[firm[inside], start[inside] + step] for step in range(1, years + 1)]
    if reading == "in-that-year":
        window = window[-1:]
    stacked = numpy.array(window)
    found[inside] = numpy.where((stacked == 0).any(axis=0), 0, numpy.where((stacked < 0).any(axis=0), -1, 1))
    return found


def _share(
    group: str, years: int, reading: str, still: numpy.ndarray, mine: numpy.ndarray, units: pandas.Series
) -> StillTrading:
    known = mine & (still >= 0)
    starters, trading = int(known.sum()), int((still[known] == 1).sum())
    low, high = wilson(trading, starters)
    behind = units[known].value_counts()
    return StillTrading(
        group=group,
        years=years,
        reading=reading,
        starters=starters,
        trading=trading,
        unknown=int((mine & (still == -1)).sum()),
        share=trading / starters if starters else None,
        low=low,
        high=high,
        firms=len(behind),
        trading_firms=int(units[mine & (still == 1)].nunique()),
        largest=float(behind.iloc[0]) / starters if starters else None,
    )


def wilson(successes: int, trials: int, z: float = 1.959963984540054) -> tuple[float | None, float | None]:
    """Wilson's interval of a share (Wilson 1927), None without trials."""
    if not trials:
        return None, None
    share, square = successes / trials, z * z / trials
    middle, half = share + square / 2, z * math.sqrt(share * (1 - share) / trials + square / (4 * trials))
    return max(0.0, (middle - half) / (1 + square)), min(1.0, (middle + half) / (1 + square))
