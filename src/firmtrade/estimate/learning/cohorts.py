"""Who starts to trade, and when: first years of trade from yearly flags that are yes, no or unknown.

Firms are sorted into five kinds:

- `starter`: first trades in a year that follows `before` years in which it is known not to have traded;
- `never`: never trades, in no year with a record, and no such year is unknown;
- `left-censored`: trades before it has been seen for `before` years: it may have traded before the panel
  or before its first record, so that its start is not known. Neither starter nor control;
- `undetermined`: unknown flags, or years without a record, leave open whether it started or never did;
- `brief`: started, but did not trade in `after` of the `within` years that follow.

`before` = 3 with `after` = 2 of `within` = 3 are the starters of the International Study Group on Exports and
Productivity (2008), Review of World Economics 144. `after` is 0 by default, since who goes on trading is an
outcome of the start: firms that did well go on. So is stopping: by default a start lasts (`stops` =
"ignore"), and the effect is that of having started, whatever came after (intention to treat). `censor` drops
a starter's years from its first stop on, and `drop` drops starters that stop; both compare survivors of trade
with all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from firmtrade.estimate.extras import econ
from firmtrade.estimate.learning.wide import Array, identifiers, widen

KINDS = ("starter", "never", "left-censored", "undetermined", "brief")


@dataclass(frozen=True)
class Start:
    """What counts as a start; see the module."""

    before: int = 2
    after: int = 0
    within: int = 3
    stops: Literal["ignore", "censor", "drop"] = "ignore"


@dataclass(frozen=True, eq=False)
class Cohorts:
    """Each firm's `kind`, first year of trade `start` (infinite: none) and `until`, the last year that may be
    used.

    `counts` says how many firms are of each kind, `stopped` how many starters are known to have stopped again
    within the panel; with `stops` = "drop" those are counted there and are no starters.
    """

    firms: Array
    kind: Array
    start: Array
    until: Array
    counts: tuple[tuple[str, int], ...]
    stopped: int
    rule: Start


def cohorts(frame: Any, firm: str, year: str, flag: str, rule: Start | None = None) -> Cohorts:
    """Sort firms by when they first trade, from the column `flag` (true, false or missing) of firm-years."""
    rule = rule or Start()
    wide = widen(
        frame.assign(_flag=flag_numbers(frame[flag]), _none=0.0, _row=1.0),
        firm,
        year,
        "_flag",
        "_none",
        ("_row",),
    )
    whole = _calendar(wide.years)
    traded = _spread(wide.outcome, wide.years, whole)
    recorded = np.isfinite(_spread(wide.covariates[0], wide.years, whole))
    first_record = recorded.argmax(axis=1)
    yes, no = traded == 1, traded == 0
    ever = yes.any(axis=1)
    first = yes.argmax(axis=1)
    kind = np.where(
        ever, "starter", np.where((recorded & np.isnan(traded)).any(axis=1), "undetermined", "never")
    ).astype(object)
    seen = first - first_record
    clean = _before(no, first, rule.before) == rule.before
    kind[ever & ~clean] = "undetermined"
    kind[ever & (seen < rule.before)] = "left-censored"
    _keep_on(kind, yes, no, first, rule)
    stop, until = _stops(kind, no, first, whole)
    if rule.stops == "drop":
        kind[stop] = "brief"
    until = np.where(stop & (rule.stops == "censor"), until, np.inf)
    start = np.where(kind == "starter", whole[first].astype(float), np.inf)
    counts = tuple((name, int((kind == name).sum())) for name in KINDS)
    return Cohorts(wide.firms, kind, start, until, counts, int(stop.sum()), rule)


def flag_numbers(flags: Any) -> Array:
    """1 for yes, 0 for no, NaN for unknown, of a boolean, nullable, object or numeric column."""
    pandas = econ("pandas", "cohorts of starters")
    if getattr(flags.dtype, "kind", "O") in "biuf":
        values = flags.to_numpy(dtype=float)
    else:
        values = pandas.array(flags.astype("object"), dtype="boolean").astype("Float64")
        values = values.to_numpy(dtype=float, na_value=np.nan)
    numbers: Array = np.where(np.isnan(values), np.nan, values > 0)
    return numbers


def two_way(exports: Any, imports: Any) -> Array:
    """Yes where both flags are yes, no where either is no, else unknown (three-valued and)."""
    one, other = flag_numbers(exports), flag_numbers(imports)
    known: Array = np.where((one == 0) | (other == 0), 0.0, one * other)
    return known


def select(frame: Any, firm: str, year: str, found: Cohorts, start: str = "start") -> Any:
    """The rows of starters and of firms that never trade, up to `until`, with the column `start` (infinite:
    never)."""
    at = np.searchsorted(found.firms, identifiers(frame[firm]))
    keep = np.isin(found.kind[at], ("starter", "never")) & (frame[year].to_numpy() <= found.until[at])
    return frame.assign(**{start: found.start[at]})[keep]


def _before(no: Array, first: Array, years: int) -> Array:
    """In how many of the `years` before `first` a firm is known not to have traded."""
    total = np.concatenate([np.zeros((len(no), 1), dtype=int), np.cumsum(no, axis=1)], axis=1)
    firm = np.arange(len(no))
    counted: Array = total[firm, first] - total[firm, np.maximum(first - years, 0)]
    return counted


def _calendar(years: Array) -> Array:
    return np.arange(years[0], years[-1] + 1)


def _spread(values: Array, years: Array, whole: Array) -> Array:
    """Columns for every calendar year: a year that the panel lacks is a year without records."""
    wide = np.full((len(values), len(whole)), np.nan)
    wide[:, years - whole[0]] = values
    return wide


def _keep_on(kind: Array, yes: Array, no: Array, first: Array, rule: Start) -> None:
    """Mark starters that did not trade in `after` of the `within` years after the start, or where that is not
    known."""
    if rule.after == 0:
        return
    for i in np.flatnonzero(kind == "starter"):
        years = slice(first[i] + 1, first[i] + 1 + rule.within)
        traded, failed = int(yes[i, years].sum()), int(no[i, years].sum())
        if failed > rule.within - rule.after:
            kind[i] = "brief"
        elif traded < rule.after:
            kind[i] = "undetermined"


def _stops(kind: Array, no: Array, first: Array, whole: Array) -> tuple[Array, Array]:
    """Which starters are known not to have traded in a later year, and the last year before that."""
    later = no & (np.arange(len(whole)) > first[:, None]) & (kind == "starter")[:, None]
    stop = later.any(axis=1)
    return stop, (whole[later.argmax(axis=1)] - 1).astype(float)
