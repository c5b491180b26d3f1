"""How many firms of each kind there are in 2002: the part of the population that a calibration replaces.

A cell is division x size x age x pattern of the four flows. The two sectors of the report are raked to
its tables; what lies outside its samples (foreign-owned, large and tiny firms, other sectors) is derived
from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from firmtrade.synthesize import parameters as p
from firmtrade.synthesize.draw import Floats, Ints
from firmtrade.synthesize.rake import Target, rake

_SIZED = 4  # the size classes of Tables 4 and 20, before the firms of unknown size


@dataclass(frozen=True)
class Cells:
    """One entry a cell: arrays of equal length.

    `weight` is the number of firms in 2002, `division` the two digits as a number, `size`, `age` and
    `pattern` the places in SIZES, AGES and PATTERNS, `sector` the place in SECTORS. `chance` (cells x 4) is
    the share of importers, exporters, importers from the EU and from outside among firms of the same kind.
    """

    weight: Floats
    sector: Ints
    division: Ints
    size: Ints
    age: Ints
    pattern: Ints
    domestic: np.ndarray
    big_turnover: np.ndarray
    chance: Floats


def build(population: dict[str, Any]) -> Cells:
    """All cells of 2002 in a fixed order, those of the report's samples first."""
    foreign = foreign_patterns(population)
    manufacturing = rake_sector(population["manufacturing"], np.zeros(len(p.PATTERNS)))
    services = rake_sector(population["services"], foreign)
    return join(list(blocks(population, manufacturing, services, foreign)))


def rake_sector(sector: dict[str, Any], less: Floats) -> Floats:
    """Firms by division x size x age x pattern that meet the sector's tables.

    `less`: firms by pattern that the sector's patterns contain and its other tables do not.
    """
    patterns = np.array(sector["patterns"], dtype=np.float64) - less
    seed = _seed(sector, patterns)
    return rake(seed, targets(sector, patterns))


def _seed(sector: dict[str, Any], patterns: Floats) -> Floats:
    divisions = sector["divisions"]
    firms = np.array([row[0] for row in divisions.values()], dtype=np.float64)
    sizes, ages = (np.array(sector[name], dtype=np.float64) for name in ("size_firms", "age_firms"))
    by_age = np.array(sector["seeds"]["size_by_age"])
    odds = sector["seeds"]["size_by_division"]
    by_division = np.array([odds.get(division, [1.0] * len(sizes)) for division in divisions])
    seed = reduce(np.multiply.outer, (firms, sizes, ages, patterns)) / firms.sum() ** 3
    return seed * by_age[None, :, :, None] * by_division[:, :, None, None]


def targets(sector: dict[str, Any], patterns: Floats) -> list[Target]:
    """Every published sum of the sector, the least reliable first: what comes last is met exactly."""
    return [
        *_medium_sized(sector),
        *_ages(sector),
        *_divisions(sector),
        *_sizes(sector),
        *(Target((None, None, None, [code]), firms) for code, firms in enumerate(patterns)),
    ]


def _split(axes: tuple[list[int] | None, ...], mask: int, firms: float, traders: float) -> list[Target]:
    return [
        Target((*axes, p.having(mask)), traders),
        Target((*axes, p.lacking(mask)), firms - traders),
    ]


def _divisions(sector: dict[str, Any]) -> Iterator[Target]:
    for place, (firms, export, import_) in enumerate(sector["divisions"].values()):
        axes = ([place], None, None)
        yield from _split(axes, p.EXPORT, firms, firms * export / 100)
        yield from _split(axes, p.IMPORT, firms, firms * import_ / 100)


def _sizes(sector: dict[str, Any]) -> Iterator[Target]:
    sizes = sector["size_firms"]
    yield Target((None, [_SIZED], None, None), sizes[_SIZED])
    for flow, shares in sector["size_flows"].items():
        for place, share in enumerate(shares):
            axes = (None, [place], None)
            yield from _split(axes, p.FLOWS[flow], sizes[place], sizes[place] * share / 100)


def _ages(sector: dict[str, Any]) -> Iterator[Target]:
    ages = sector["age_firms"]
    for place, firms in enumerate(ages):
        yield Target((None, None, [place], None), firms)
    for flow, shares in sector["age_flows"].items():
        for place, share in zip((0, len(ages) - 1), shares, strict=True):
            axes = (None, None, [place])
            yield from _split(axes, p.FLOWS[flow], ages[place], ages[place] * share / 100)
    for entry in sector.get("exporting_young", []):
        places = _places(sector, entry.get("divisions", list(sector["divisions"])))
        yield Target((places, None, [0], p.having(p.EXPORT)), entry["firms"])


def _medium_sized(sector: dict[str, Any]) -> Iterator[Target]:
    """Shares of export and import among medium-sized firms; a division has as many as the sector has."""
    medium = [place for place, name in enumerate(p.SIZES[:_SIZED]) if name in ("50-99", "100-249")]
    count = sum(sector["size_firms"][place] for place in medium) / sum(sector["size_firms"][:_SIZED])
    for entry in sector.get("medium_sized", []):
        places = _places(sector, entry["divisions"])
        firms = count * sum(list(sector["divisions"].values())[place][0] for place in places)
        for name, mask in (("export", p.EXPORT), ("import", p.IMPORT)):
            yield from _split((places, medium, None), mask, firms, firms * entry[name] / 100)


def _places(sector: dict[str, Any], divisions: list[str]) -> list[int]:
    order = list(sector["divisions"])
    return [order.index(division) for division in divisions]


# --- what lies outside the samples --------------------------------------------------------------------------


def foreign_patterns(population: dict[str, Any]) -> Floats:
    """Foreign-owned services firms by pattern: the patterns of services, raked to what is left for them."""
    own = population["foreign-services"]
    seed = np.array(population["services"]["patterns"], dtype=np.float64)
    seed *= own["firms"] / seed.sum()
    masks = {**p.FLOWS, "import": p.IMPORT, "export": p.EXPORT}
    wanted = [t for name, mask in masks.items() for t in _split((), mask, own["firms"], own[name])]
    return rake(seed, wanted)


def blocks(
    population: dict[str, Any], manufacturing: Floats, services: Floats, foreign: Floats
) -> Iterator[Cells]:
    """Manufacturing, services, their foreign-owned firms, then what lies outside the samples."""
    divisions = [[int(code) for code in population[name]["divisions"]] for name in p.SECTORS[:2]]
    sectors = list(zip((0, 1), divisions, (manufacturing, services), strict=True))
    for sector, codes, table in sectors:
        yield flatten(table, sector, codes)
    yield _foreign(population["foreign-manufacturing"], manufacturing, divisions[0], 0, None)
    yield _foreign(population["foreign-services"], services, divisions[1], 1, foreign)
    for sector, codes, table in sectors:
        for name in ("large", "large-turnover"):
            yield from _large(population[name], table, sector, codes, name == "large")
        yield _below_one(population["below-one"], table, sector, codes)
    yield from _other(population["other-sectors"], services)


def _foreign(
    own: dict[str, Any], table: Floats, codes: list[int], sector: int, patterns: Floats | None
) -> Cells:
    """Like the traders of the sector, larger; with the given patterns, or all internationally active."""
    sized = table * np.array(own["size_odds"])[None, :, None, None]
    if patterns is None:
        sized[..., 0] = 0.0
        return flatten(sized * (own["firms"] / sized.sum()), sector, codes, domestic=0.0)
    wanted = [Target((None, None, None, [code]), firms) for code, firms in enumerate(patterns)]
    return flatten(rake(sized, wanted, rounds=1), sector, codes, domestic=0.0)


def _large(own: dict[str, Any], table: Floats, sector: int, codes: list[int], staff: bool) -> Iterator[Cells]:
    """Firms above the limit of staff or of turnover: placed and trading like the largest of the sector."""
    share = own["manufacturing"] if sector == 0 else 1 - own["manufacturing"]
    firms = own["firms"] * share
    like = table[:, 3:4].copy()
    active = [Target((None, None, None, p.having(15)), firms * own["active"])]
    quiet = [Target((None, None, None, [0]), firms * (1 - own["active"]))]
    size = [p.LARGE] if staff else [2, 3]
    like = np.repeat(rake(like, active + quiet, rounds=1) / len(size), len(size), axis=1)
    for part, domestic in ((own["domestic"], 1.0), (1 - own["domestic"], 0.0)):
        yield flatten(like * part, sector, codes, sizes=size, domestic=domestic, big=not staff)


def _below_one(own: dict[str, Any], table: Floats, sector: int, codes: list[int]) -> Cells:
    share = own["manufacturing"] if sector == 0 else 1 - own["manufacturing"]
    like = table[:, 0:1].copy()
    like[..., 1:] *= own["active_odds"]
    like *= own["firms"] * share / like.sum()
    return flatten(like, sector, codes, sizes=[p.BELOW_ONE])


def _other(own: dict[str, Any], services: Floats) -> Iterator[Cells]:
    """Other sectors: ages and patterns as in services, fewer traders."""
    ages = services.sum(axis=(0, 1, 3))
    patterns = services.sum(axis=(0, 1, 2))
    firms = np.array(list(own["divisions"].values()), dtype=np.float64)
    traders = patterns / patterns[1:].sum()
    active = np.array(own["active"])
    by_size = np.where(np.arange(16) == 0, 1 - active[:, None], active[:, None] * traders)
    sized = np.array(own["size_firms"])[:, None] * by_size
    table = firms[:, None, None, None] * sized[None, :, None, :] * (ages / ages.sum())[None, None, :, None]
    codes = [int(code) for code in own["divisions"]]
    for part, domestic in ((own["domestic"], 1.0), (1 - own["domestic"], 0.0)):
        yield flatten(table * part, 2, codes, domestic=domestic)


# --- tables as cells ----------------------------------------------------------------------------------------


def flatten(
    table: Floats,
    sector: int,
    codes: list[int],
    sizes: list[int] | None = None,
    domestic: float = 1.0,
    big: bool = False,
) -> Cells:
    """The cells of a table division x size x age x pattern; empty ones are left out."""
    places = np.indices(table.shape).reshape(4, -1)
    full = np.flatnonzero(table.ravel() > 0)
    division, size, age, pattern = places[:, full]
    return Cells(
        weight=table.ravel()[full],
        sector=np.full(len(full), sector),
        division=np.array(codes)[division],
        size=np.array(sizes or list(range(table.shape[1])))[size],
        age=age,
        pattern=pattern,
        domestic=np.full(len(full), domestic > 0),
        big_turnover=np.full(len(full), big),
        chance=_chances(table).reshape(-1, 4)[full],
    )


def _chances(table: Floats) -> Floats:
    """Share of importers, exporters, EU importers, other importers by division and size, for every cell."""
    total = np.maximum(table.sum(axis=(2, 3)), 1e-300)
    masks = (p.IMPORT, p.EXPORT, p.FLOWS["import_intra"], p.FLOWS["import_extra"])
    shares = [table[..., p.having(mask)].sum(axis=(2, 3)) / total for mask in masks]
    return np.broadcast_to(np.stack(shares, axis=-1)[:, :, None, None, :], (*table.shape, 4))


def join(parts: list[Cells]) -> Cells:
    """Blocks of cells, one after the other."""
    return Cells(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in Cells.__annotations__}
    )
