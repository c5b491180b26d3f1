"""Look at a panel that nobody has described yet: which column is which, and how the file is written.

A guess comes from the column's name (in four languages), checked against the first rows; where no name
fits, from the values alone (a four-digit year, a NUTS code, a NACE code). It is a proposal for a person
to read: `study_text` writes it as a commented study.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.contract import FLOWS, NAMES, OPTIONAL
from firmtrade.acquire.read import Source, forget, open_source, quoted, relation
from firmtrade.acquire.source import PanelSpec
from firmtrade.assemble.guess_text import study_text
from firmtrade.assemble.guess_values import Looks, classification, looks
from firmtrade.assemble.names import flow, means_foreign, score
from firmtrade.errors import DataError

__all__ = ["Guess", "Guesses", "guess_columns", "study_text"]

#: Rows looked at.
_ROWS = 2000
#: Turnover per employee, in the currency's units, below which amounts are taken to be in thousands.
_LOW = 2000
#: What values a column is known by where its name says nothing. A study names no value of the panel: it
#: leaves the house, and each value is some firm's.
_VALUES = {"year": "years", "region": "codes of regions", "activity": "codes of industries",
           "founded": "years, some of them long ago"}  # fmt: skip
_SOURCE = relation(PanelSpec)


class Guess(NamedTuple):
    """Our column, the source's name for it (None: not found), and why."""

    ours: str
    theirs: str | None
    reason: str


@dataclass(frozen=True)
class Guesses:
    """The guesses in the contract's order, further columns after them.

    `settings` are other keys of [panel] that the file seems to need (encoding, decimal, codes ...), each
    with the remark that is written beside it; `years` the first and last year of the rows looked at.
    """

    columns: tuple[Guess, ...]
    settings: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    years: tuple[int, int] | None = None

    def __iter__(self) -> Iterator[Guess]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __getitem__(self, position: int) -> Guess:
        return self.columns[position]


def guess_columns(engine: DuckDB, source: str) -> Guesses:
    """Guess from names and from the first rows; raises DataError for a source that cannot be read."""
    settings: dict[str, tuple[Any, str]] = {}
    opened = _open(engine, source, settings)
    try:
        if opened.fetch is not None:
            opened.fetch(list(opened.columns), _ROWS)
        seen = {name: _look(engine, name) for name in opened.columns}
    finally:
        opened.close()
        forget(engine, _SOURCE)
    if any(look.decimal_comma for look in seen.values()):
        settings["decimal"] = (",", "numbers are written with a comma")
    signs = sorted({look.thousands for look in seen.values()} - {""})
    if len(signs) == 1:
        settings["thousands"] = (signs[0], "thousands are set apart")
    found = _assign(seen)
    # A column that few panels have is told only where it is found.
    asked = [name for name in NAMES if name in found or name not in OPTIONAL]
    columns = tuple(_guess(name, found, seen) for name in asked)
    _settle(found, seen, settings)
    years = seen[found["year"][0]].span if "year" in found else None
    offset = settings["year_offset"][0] if "year_offset" in settings else 0
    return Guesses(columns + _totals(found, seen), settings, years and (years[0] + offset, years[1] + offset))


def _open(engine: DuckDB, source: str, settings: dict[str, tuple[Any, str]]) -> Source:
    try:
        return open_source(engine, PanelSpec.read({}), source, Path())
    except DataError as error:
        if 'encoding = "' not in str(error):
            raise
        encoding = str(error).split('encoding = "')[1].split('"')[0]
    settings["encoding"] = (encoding, "the file is not UTF-8")
    return open_source(engine, PanelSpec.read({"encoding": encoding}), source, Path())


def _look(engine: DuckDB, name: str) -> Looks:
    text = f"cast({quoted(name)} as varchar)"
    rows = engine.rows(
        f"select nullif(trim({text}), '') from (select {quoted(name)} from {_SOURCE} limit {_ROWS})"
    )
    return looks(row[0] for row in rows)


def _assign(seen: Mapping[str, Looks]) -> dict[str, tuple[str, str]]:
    """Our name -> (theirs, reason), the surest first; each column is used once."""
    sure = sorted(
        ((score(ours, theirs), -place, ours, theirs)
         for place, ours in enumerate(NAMES) for theirs, look in seen.items()
         if score(ours, theirs) and look.may_be(ours)),
        reverse=True,
    )  # fmt: skip
    found: dict[str, tuple[str, str]] = {}
    for points, _, ours, theirs in sure:
        if ours not in found and theirs not in (name for name, _ in found.values()):
            found[ours] = (theirs, "our own name" if points == 1 else f"by its name ('{theirs}')")
    free = [name for name in seen if name not in (theirs for theirs, _ in found.values())]
    for ours in _VALUES:
        likely = [name for name in free if seen[name].is_like(ours)]
        if ours not in found and len(likely) == 1:
            found[ours] = (likely[0], f"by its values ({_VALUES[ours]})")
            free.remove(likely[0])
    return found


def _guess(ours: str, found: Mapping[str, tuple[str, str]], seen: Mapping[str, Looks]) -> Guess:
    if ours in found:
        return Guess(ours, *found[ours])
    totals = [name for name in seen if ours in FLOWS and flow(name) == (ours.split("_")[0], "")]
    if totals:
        return Guess(ours, None, f"'{totals[0]}' does not say with which partners")
    return Guess(ours, None, "no column seems to be it")


def _totals(found: Mapping[str, tuple[str, str]], seen: Mapping[str, Looks]) -> tuple[Guess, ...]:
    """Flows of all partners: no column of the contract, but a study can use them under their own name."""
    used = {theirs for theirs, _ in found.values()}
    further: dict[str, Guess] = {}
    for name in seen:
        direction, partner = flow(name)
        ours = f"{direction}s_total"
        if direction and not partner and name not in used and seen[name].is_number and ours not in further:
            further[ours] = Guess(ours, name, "a further column: all partners together")
    return tuple(further.values())


def _settle(found: Mapping[str, tuple[str, str]], seen: Mapping[str, Looks],
            settings: dict[str, tuple[Any, str]]) -> None:  # fmt: skip
    """What else the file seems to need: classification, a year's first digits, value maps, units."""
    if "year" in found and seen[found["year"][0]].two_digit_years:
        settings["year_offset"] = (1900, "years have two digits")
    if "activity" in found:
        years = seen[found["year"][0]].span if "year" in found else None
        name, remark = classification(seen[found["activity"][0]].distinct, years)
        if name:
            settings["classification"] = (name, remark)
    if "domestic" in found:
        name = found["domestic"][0]
        codes = _yes_no(seen[name].distinct, means_foreign(name))
        if codes:
            settings["codes"] = ({"domestic": codes}, "what the values mean: check this")
    if {"turnover", "employment"} <= found.keys():
        middle = [seen[found[ours][0]].median for ours in ("turnover", "employment")]
        if middle[0] and middle[1] and middle[0] / middle[1] < _LOW:
            amounts = [ours for ours in ("turnover", "value_added", *FLOWS) if ours in found]
            remark = f"turnover per employee is below {_LOW:,}: thousands?"
            settings["units"] = (dict.fromkeys(amounts, 1000), remark)


def _yes_no(distinct: Iterable[str], opposite: bool) -> dict[str, bool]:
    """A value map where the values do not speak for themselves, or say the opposite."""
    values = sorted(set(distinct))
    words = {"true", "false", "t", "f", "yes", "no", "y", "n", "1", "0"}
    if not opposite and {value.lower() for value in values} <= words:
        return {}
    no = {"false", "f", "no", "n", "0", "2"}
    return {value: (value.lower() in no) == opposite for value in values[:6]}
