"""What a firm is told apart by: items of its accounts of one year, ratios of them, age, industry, region.

Nothing dated after the year goes in, and nothing that the agency wrote down itself (what a firm says of
itself is asked of the firms that somebody took an interest in). Industry and region are those that the
register has now; they seldom change, and the model card says so. Shares of exporters in an industry or a
region are no features: worked out over all firms they would tell the model what it is to foretell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from firmtrade.support.register.register import Register
from firmtrade.support.words import Part, checked, cited, read_toml

Array = np.ndarray
#: Names of the features that are not items or ratios.
AGE, ACTIVITY, REGION = "age", "activity", "region"


class Ratio(Part):
    """A ratio of two items."""

    title: str
    of: str
    by: str
    source: str


@cache
def ratios() -> Mapping[str, Ratio]:
    """The ratios of ratios.toml by name."""
    found = {}
    for name, entry in read_toml(Path(__file__).parent / "ratios.toml").items():
        found[name] = checked(Ratio, entry, f"ratios.toml, [{name}]")
        cited(found[name].source, f"ratios.toml, [{name}]")
    return found


@dataclass(frozen=True)
class Book:
    """What is read from the register: items (firms x years, NaN: not known), foundation, codes."""

    firms: tuple[str, ...]
    years: tuple[int, ...]
    items: Mapping[str, Array] = field(repr=False)
    founded: Array = field(repr=False)
    codes: Mapping[str, tuple[str | None, ...]] = field(repr=False)


@dataclass(frozen=True)
class Features:
    """`numbers` (rows x names, NaN: not known) and `codes` by name, a text or None for each row."""

    names: tuple[str, ...]
    numbers: Array = field(repr=False)
    codes: Mapping[str, tuple[str | None, ...]] = field(repr=False)

    @property
    def every(self) -> tuple[str, ...]:
        """All features: numbers, then codes."""
        return (*self.names, *self.codes)

    def take(self, rows: Sequence[int] | Array) -> Features:
        """Some rows."""
        chosen = np.asarray(rows, dtype=int)
        codes = {name: tuple(values[i] for i in chosen) for name, values in self.codes.items()}
        return Features(self.names, self.numbers[chosen], codes)


def read_book(register: Register, action: str) -> Book:
    """Accounts and firms of the whole register."""
    heads = register.columns("firms", ("id", "founded_on", "activity", "region"), action)
    told = register.columns("accounts", ("firm_id", "year", "item", "value"), action)
    place = {firm: i for i, firm in enumerate(heads["id"])}
    years = sorted(set(told["year"]))
    at = {year: i for i, year in enumerate(years)}
    items = {name: np.full((len(place), len(years)), np.nan) for name in sorted(set(told["item"]))}
    for firm, year, item, value in zip(*told.values(), strict=True):
        items[item][place[firm], at[year]] = value
    founded = np.array([np.nan if day is None else day.year for day in heads["founded_on"]])
    codes = {ACTIVITY: tuple(_head(code, 2) for code in heads["activity"]),
             REGION: tuple(_head(code, 3) for code in heads["region"])}  # fmt: skip
    return Book(tuple(heads["id"]), tuple(years), items, founded, codes)


def _head(code: str | None, signs: int) -> str | None:
    """Division of an industry, or first level of a region."""
    return code[:signs] if code else None


def features(book: Book, firms: Sequence[str], years: Sequence[int], without: Sequence[str] = ()) -> Features:
    """The features of each (firm, year), of that year only; those in `without` are switched off."""
    place = {firm: i for i, firm in enumerate(book.firms)}
    at = {year: i for i, year in enumerate(book.years)}
    rows = np.array([place[firm] for firm in firms], dtype=int)
    columns = np.array([at.get(year, -1) for year in years], dtype=int)
    items = {
        name: np.where(columns < 0, np.nan, values[rows, columns]) for name, values in book.items.items()
    }
    known = dict(items)
    for name, ratio in ratios().items():
        if ratio.of in items and ratio.by in items:
            below = np.where(items[ratio.by] > 0, items[ratio.by], np.nan)
            known[name] = items[ratio.of] / below
    known[AGE] = np.asarray(years, dtype=float) - book.founded[rows]
    names = tuple(name for name in known if name not in without)
    numbers = np.column_stack([known[name] for name in names]) if names else np.empty((len(rows), 0))
    codes = {
        name: tuple(values[i] for i in rows) for name, values in book.codes.items() if name not in without
    }
    return Features(names, numbers, codes)
