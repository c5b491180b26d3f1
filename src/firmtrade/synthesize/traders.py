"""Firms that declare trade, drawn block by block: who trades when, with whom, in what, month by month.

Everything is drawn from hashed numbers of the firm's identifier, so that a block is the same whichever
blocks are made with it. The assumptions are data (data/traders.toml).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmtrade.synthesize.draw import Floats, Ints, exp, hashed, normal, pick

Flags = NDArray[np.bool_]

#: Firms of a block. Other blocks would be other lines, so it is no parameter.
BLOCK = 4096
#: Product codes that are drawn from.
PRODUCTS = 5000
# Streams of random numbers: one for each purpose.
_SIZE, _BORN, _DEAD, _TRADES, _PARTNERS, _PRODUCTS, _PARTNER, _PRODUCT, _WIDTH, _MONTHS, _MONTH = range(11)
_VALUE, _LINE, _PRICE, _CORE, _START, _MATCH, _STAFF, _MONEY, _PLACE, _OWNER, _FILED = range(11, 22)
_FLOWS = ("import", "export")


@cache
def assumptions() -> Mapping[str, Any]:
    """The assumptions as data."""
    text = files("firmtrade.synthesize").joinpath("data", "traders.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def years() -> list[int]:
    """The years of the register."""
    first, last = assumptions()["years"]
    return list(range(first, last + 1))


@dataclass(frozen=True)
class Lines:
    """Declarations as arrays of one length: places in the lists of partners and products, value in cents."""

    firm: Ints
    period: Ints
    export: Flags
    partner: Ints
    product: Ints
    value: Ints
    quantity: Ints

    def __len__(self) -> int:
        return len(self.firm)


def size_of(seed: int, firms: Ints) -> Floats:
    """The size of each firm, a standard normal number."""
    return normal(hashed(seed, _SIZE, firms))


def lives(seed: int, firms: Ints) -> tuple[Ints, Ints]:
    """(first year, last year) of each firm."""
    first, last = assumptions()["years"]
    age = exp(normal(hashed(seed, _BORN, firms)) * 0.9 + 2.3)
    born = np.clip(last + 3 - age.astype(np.int64), 1900, last)
    gone = hashed(seed, _DEAD, firms)
    died = first + (gone * (last - first + 1) / 0.25).astype(np.int64)
    return born, np.where(gone < 0.25, np.maximum(died, born), last)


def trading(seed: int, firms: Ints, flow: int) -> Ints:
    """Years since a firm started to trade (0: the first), by firm and year; -1 where it does not trade."""
    rules, listed = assumptions()["flows"][_FLOWS[flow]], years()
    size = size_of(seed, firms)
    share = 1.0 / (1.0 + exp(-1.6 * size))  # 0 for the smallest, 1 for the largest
    born, last = lives(seed, firms)
    tenure = np.full((len(firms), len(listed)), -1, dtype=np.int64)
    before = np.full(len(firms), -1, dtype=np.int64)
    for place, year in enumerate(listed):
        luck = hashed(seed, _TRADES + 100 * flow, firms, np.full(len(firms), year))
        stop = np.array(rules["stop"])[np.clip(before, 0, 2)] * (1.25 - 0.6 * share)
        starts = rules["first"] if place == 0 else rules["start"]
        on = np.where(before >= 0, luck >= stop, luck < starts * (0.4 + 1.2 * share))
        on &= (born <= year) & (last >= year)
        known = 3 if place == 0 else 0  # who trades in the first year has done so before
        before = np.where(on, np.where(before >= 0, before + 1, known), -1)
        tenure[:, place] = before
    return tenure


def draw_lines(seed: int, block: int) -> Lines:
    """All declarations of the firms of a block, in the order of period and firm."""
    firms = np.arange(block * BLOCK, (block + 1) * BLOCK, dtype=np.int64)
    parts = [_flow_lines(seed, firms, flow) for flow in (0, 1)]
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in Lines.__annotations__}
    order = np.lexsort(
        (joined["product"], joined["partner"], joined["export"], joined["firm"], joined["period"])
    )
    return Lines(**{name: values[order] for name, values in joined.items()})


def _flow_lines(seed: int, firms: Ints, flow: int) -> Lines:
    tenure = trading(seed, firms, flow)
    at, place = np.nonzero(tenure >= 0)
    firm, year, first = firms[at], np.array(years())[place], tenure[at, place] == 0
    return _months(seed, flow, *_pairs(seed, flow, firm, year, first))


def _pairs(
    seed: int, flow: int, firm: Ints, year: Ints, first: Flags
) -> tuple[Ints, Ints, Flags, Ints, Ints]:
    """(firm, year, first year, partner, product) of each partner and product of a firm's year."""
    known = assumptions()
    stream = 100 * flow
    size = size_of(seed, firm)
    partners = _number(known["partners"], size, hashed(seed, _PARTNERS + stream, firm, year), first)
    products = _number(known["products"], size, hashed(seed, _PRODUCTS + stream, firm, year), first)
    row = np.repeat(np.arange(len(firm)), partners)
    rank = _within(partners)
    # The first partner gets all products, the others some.
    wide = hashed(seed, _WIDTH + stream, firm[row], rank)
    width = np.where(rank == 0, products[row], 1 + (wide * products[row]).astype(np.int64) // 2)
    partner = pick(
        np.array(list(known["partners_of"].values())), hashed(seed, _PARTNER + stream, firm[row], rank)
    )
    again = np.repeat(np.arange(len(row)), width)
    place = _within(width)
    whose = firm[row][again]
    core = hashed(seed, _CORE + stream, whose) * PRODUCTS
    near = hashed(seed, _PRODUCT + stream, whose, place)
    product = (core + near * near * 400).astype(np.int64) % PRODUCTS
    # A partner or product that was drawn twice is one.
    pair = (row[again] * len(known["partners_of"]) + partner[again]) * PRODUCTS + product
    once = np.unique(pair, return_index=True)[1]
    again, product, whose = again[once], product[once], whose[once]
    return whose, year[row][again], first[row][again], partner[again], product


def _number(rule: Mapping[str, float], size: Floats, luck: Floats, first: Flags) -> Ints:
    """Number of partners or products: one for most; who has just started has fewer."""
    level = rule["level"] + rule["size"] * size - 0.5 * first
    return np.clip(exp(level + rule["noise"] * normal(luck)).astype(np.int64), 1, int(rule["most"]))


def _within(counts: Ints) -> Ints:
    """0, 1, 2 ... within each group of so many."""
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    return np.arange(len(starts), dtype=np.int64) - starts


def _months(
    seed: int, flow: int, firm: Ints, year: Ints, first: Flags, partner: Ints, product: Ints
) -> Lines:
    """A line for each month in which a pair is traded; who starts does so in some month of the year."""
    known, stream = assumptions()["value"], 100 * flow
    begins = np.where(first, (hashed(seed, _START + stream, firm, year) * 12).astype(np.int64), 0)
    often = hashed(seed, _MONTHS + stream, firm, partner, product)
    month = np.tile(np.arange(12), (len(firm), 1))
    pair = partner * PRODUCTS + product
    luck = hashed(seed, _MONTH + stream, np.repeat(firm, 12), np.repeat(pair, 12),
                  np.repeat(year * 12, 12) + month.ravel()).reshape(-1, 12)  # fmt: skip
    traded = (luck < 0.05 + 0.6 * (often * often)[:, None]) & (month >= begins[:, None])
    sure = begins + (hashed(seed, _MONTHS + stream + 50, firm, year, pair) * (12 - begins)).astype(np.int64)
    traded[np.arange(len(firm)), sure] = True
    row, when = np.nonzero(traded)
    size = size_of(seed, firm)
    typical = (
        known["level"]
        + known["size"] * size
        + known["noise"] * normal(hashed(seed, _VALUE + stream, firm, pair))
    )
    line = normal(hashed(seed, _LINE + stream, firm[row], pair[row], year[row] * 12 + when))
    value = np.maximum((exp(typical[row] + known["line"] * line) * 100).astype(np.int64), 100)
    price = exp(1.5 + 1.2 * normal(hashed(seed, _PRICE, product)))[row]
    quantity = np.maximum((value / (100.0 * price)).astype(np.int64), 1)
    period = year[row] * 100 + when + 1
    export = np.full(len(row), flow == 1)
    return Lines(firm[row], period, export, partner[row], product[row], value, quantity)


def product_codes() -> list[str]:
    """Eight digits in the chapters of the Combined Nomenclature, sorted; the headings are made up."""
    place = np.arange(PRODUCTS, dtype=np.int64)
    chapter = np.array([n for n in range(1, 98) if n != 77])[place * 96 // PRODUCTS]
    rest = place - np.searchsorted(place * 96 // PRODUCTS, place * 96 // PRODUCTS, side="left")
    heading, sub = rest // 6 + 1, rest % 6
    return [f"{c:02d}{h:02d}{10 * (s + 1):02d}00" for c, h, s in zip(chapter, heading, sub, strict=True)]


@dataclass(frozen=True)
class Records:
    """The register and the accounts of a block of firms, by firm and year; the first of them may trade.

    `listed` says which are in the register, `filed` which have accounts.
    """

    firm: Ints
    year: Ints
    activity: Ints
    region: Ints
    founded: Ints
    domestic: Flags
    employment: Ints  # tenths
    turnover: Ints  # whole units
    listed: Flags
    filed: Flags


def draw_records(seed: int, firms: Ints) -> Records:
    """What register and accounts say of firms; of some nothing."""
    known = assumptions()
    born, last = lives(seed, firms)
    listed = np.array(years())
    at, place = np.nonzero((born[:, None] <= listed) & (last[:, None] >= listed))
    firm, year = firms[at], listed[place]
    size = size_of(seed, firm)
    rule = known["employment"]
    noise = (
        normal(hashed(seed, _STAFF, firm)) * rule["noise"] + normal(hashed(seed, _STAFF, firm, year)) * 0.08
    )
    staff = np.minimum(exp(rule["level"] + rule["size"] * size + noise), 50_000)
    each = exp(
        11.8 + 0.5 * normal(hashed(seed, _MONEY, firm)) + 0.1 * normal(hashed(seed, _MONEY, firm, year))
    )
    activity = pick(np.array(list(known["activities"].values())), hashed(seed, _PLACE, firm))
    region = pick(np.array(list(known["regions"].values())), hashed(seed, _PLACE + 50, firm))
    in_register = hashed(seed, _MATCH, firm) < known["matched"]
    return Records(
        firm, year, activity, region, born[at], hashed(seed, _OWNER, firm) < 0.93,
        np.maximum((staff * 10).astype(np.int64), 1), (staff * each).astype(np.int64),
        in_register, in_register & (hashed(seed, _FILED, firm, year) < 0.97),
    )  # fmt: skip
