"""The firms themselves: kind, place, foundation, and the years in which they are on record."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from firmtrade.synthesize import parameters as p
from firmtrade.synthesize.cells import Cells
from firmtrade.synthesize.draw import Draw, Floats, Ints, pick

ALIVE, EXITS, ENTERS = range(3)  # on record in 2002; gone before; there only from 2003 on


@dataclass(frozen=True)
class Firms:
    """One entry a firm: its place in the cells, calendar years, and codes as places in the lists."""

    cell: Ints
    founded: Ints
    first: Ints
    last: Ints
    region: Ints
    activity: Ints
    earlier_activity: Ints
    changed: Ints
    domestic_until: Ints


@dataclass(frozen=True)
class Register:
    """What all chunks share: the cells with the firms by fate, and the lists that codes point to."""

    cells: Cells
    parameters: p.Parameters

    @cached_property
    def fates(self) -> Floats:
        """Number of firms by fate x cell, for the population of the published size."""
        cells, life = self.cells, self.parameters.firms["life"]
        years = life["anchor"] - life["first_year"]
        enters = np.where(cells.age == 0, life["founded_young"][0], 0.0)
        return np.stack([cells.weight, cells.weight * self.exit_rate * years, cells.weight * enters])

    @cached_property
    def exit_rate(self) -> Floats:
        """Chance that a firm of the cell has no further record after a year."""
        cells, life = self.cells, self.parameters.firms["life"]
        rate = np.array([life["exit_rate"][sector] for sector in p.SECTORS])[cells.sector]
        rate = rate * np.where(cells.pattern > 0, life["exit_trading"], 1.0)
        return rate * np.array(life["exit_by_size"])[cells.size] * np.array(life["exit_by_age"])[cells.age]

    @cached_property
    def activities(self) -> list[str]:
        """All classes, in the order of the divisions."""
        return [code for codes in self.parameters.classes.values() for code in codes]

    @cached_property
    def districts(self) -> list[str]:
        """All NUTS 3 codes, region by region."""
        return [code for codes in self.parameters.regions["districts"].values() for code in codes]

    def count(self, firms: int) -> int:
        """Number of firms ever on record in a population with about so many a year."""
        return max(1, round(self.fates.sum() * firms / 100_000))


def draw_firms(register: Register, draw: Draw, size: int) -> Firms:
    """Draw `size` firms in random order, spread evenly over the cells."""
    cells = register.cells
    choice = draw.spread_pick(register.fates.ravel(), size)
    return lives(register, draw, choice // len(cells.weight), choice % len(cells.weight))


def lives(register: Register, draw: Draw, fate: Ints, cell: Ints) -> Firms:
    """Years on record, place and activity of firms of the given fates and cells."""
    cells, size = register.cells, len(cell)
    life = register.parameters.firms["life"]
    last = _last_years(register, draw, fate, cell)
    met = np.where(fate == ALIVE, life["anchor"], last)
    founded = np.where(fate == ENTERS, life["last_year"], met) - _ages(life, draw, cells.age[cell], fate)
    trades = cells.pattern[cell] > 0
    lag = np.where(
        trades,
        draw.pick(np.array(life["first_record_trading"]), size),
        draw.pick(np.array(life["first_record"]), size),
    )
    first = np.maximum(np.minimum(founded + lag, met), life["first_year"])
    first = np.where(fate == ENTERS, life["last_year"], first)
    activity, earlier, changed = _activities(register, draw, cell)
    region = _regions(register, draw, cell)
    return Firms(
        cell, founded, first, last, region, activity, earlier, changed, _owners(register, draw, cell)
    )


def _owners(register: Register, draw: Draw, cell: Ints) -> Ints:
    """Year before which a firm is domestically owned; most foreign-owned firms always were foreign."""
    settings, life = register.parameters.firms["place"], register.parameters.firms["life"]
    taken_over = draw.chance(settings["taken_over"], len(cell))
    years = life["anchor"] - life["first_year"]
    year = life["first_year"] + 1 + (draw.uniform(len(cell)) * years).astype(np.int64)
    foreign = np.where(taken_over, year, 0)
    return np.where(register.cells.domestic[cell], life["last_year"] + 1, foreign)


def _last_years(register: Register, draw: Draw, fate: Ints, cell: Ints) -> Ints:
    """Last year on record: the panel's last unless the firm exits."""
    life = register.parameters.firms["life"]
    years = life["anchor"] - life["first_year"]
    gone = life["first_year"] + (draw.uniform(len(cell)) * years).astype(np.int64)
    stops = draw.uniform(len(cell)) < register.exit_rate[cell]
    alive = np.where(stops & (fate == ALIVE), life["anchor"], life["last_year"])
    return np.where(fate == EXITS, gone, alive)


def _ages(life: dict[str, Any], draw: Draw, age_class: Ints, fate: Ints) -> Ints:
    """Age in years within the class; the oldest class has a long tail."""
    u = draw.uniform(len(age_class))
    young = pick(np.array(life["founded_young"]), u)
    young = np.where(fate == ENTERS, (u > 0.6).astype(np.int64), young)
    oldest = 20 + (u * u * u * life["oldest"]).astype(np.int64)
    ages = np.where(age_class == 0, young, age_class * 5 + (u * 5).astype(np.int64))
    return np.where(age_class == len(p.AGES) - 1, oldest, ages)


def _activities(register: Register, draw: Draw, cell: Ints) -> tuple[Ints, Ints, Ints]:
    """Class, the class before a change, and the year of the change (0: none)."""
    place, cells = register.parameters.firms["place"], register.cells
    life, size = register.parameters.firms["life"], len(cell)
    changes = draw.chance(place["class_changes"], size)
    other = draw.chance(place["class_changes_division"], size)
    elsewhere = _neighbours(register, draw, cells.sector[cell])
    division = cells.division[cell]
    now = _classes(register, draw, division)
    before = _classes(register, draw, np.where(other, elsewhere, division))
    years = life["last_year"] - life["first_year"]
    year = life["first_year"] + 1 + (draw.uniform(size) * years).astype(np.int64)
    return now, np.where(changes, before, now), np.where(changes, year, 0)


def _neighbours(register: Register, draw: Draw, sector: Ints) -> Ints:
    """Another division of the same sector, by number of firms."""
    cells, u = register.cells, draw.uniform(len(sector))
    found = np.zeros(len(sector), dtype=np.int64)
    for code in range(len(p.SECTORS)):
        here = sector == code
        found[here] = cells.division[pick(np.where(cells.sector == code, cells.weight, 0.0), u[here])]
    return found


def _classes(register: Register, draw: Draw, division: Ints) -> Ints:
    """A class of the division, as its place in the list of all classes: rank r has a weight of 1 / r."""
    u, start = draw.uniform(len(division)), 0
    found = np.zeros(len(division), dtype=np.int64)
    for code, classes in register.parameters.classes.items():
        here = np.flatnonzero(division == int(code))
        found[here] = start + pick(1.0 / np.arange(1, len(classes) + 1), u[here])
        start += len(classes)
    return found


def _regions(register: Register, draw: Draw, cell: Ints) -> Ints:
    """District of the seat: regions by sector and by whether the firm trades, districts by inhabitants."""
    cells, regions = register.cells, register.parameters.regions
    u, v = draw.uniform(len(cell)), draw.uniform(len(cell))
    group = np.where(cells.division[cell] == 45, 0, np.where(cells.sector[cell] == 0, 1, 2))
    found = np.zeros(len(cell), dtype=np.int64)
    for code, sector in enumerate(("construction", "manufacturing", "services")):
        for active in (False, True):
            here = np.flatnonzero((group == code) & ((cells.pattern[cell] > 0) == active))
            table = regions[sector]
            share = [
                table["firms"][name] * (table["active"][name] if active else 1 - table["active"][name])
                for name in regions["districts"]
            ]
            found[here] = pick(np.array(share), u[here])
    return districts_of(regions["districts"], found, v)


def districts_of(districts: dict[str, dict[str, float]], region: Ints, v: Floats) -> Ints:
    """Districts (places in the list of all) within regions, by inhabitants; `v` are uniform numbers."""
    found, start = np.zeros(len(region), dtype=np.int64), 0
    for code, weights in enumerate(districts.values()):
        here = np.flatnonzero(region == code)
        found[here] = start + pick(np.array(list(weights.values()), dtype=np.float64), v[here])
        start += len(weights)
    return found
