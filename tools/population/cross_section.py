"""Whole numbers of firms in 2002 that reproduce Tables 1-4 and 17-20 and the prose that agrees with them.

For each sector three tables share their margins by group of divisions and trade pattern: division x pattern,
group x size x pattern and group x age x pattern. Given group and pattern, division, size and age can be
combined into firms freely, so every solution is a population. Among all solutions the one nearest to the
raked population is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from firmtrade.synthesize import parameters as p
from firmtrade.synthesize.cells import foreign_patterns, rake_sector
from population.model import Model
from population.published import Cell, of

#: Groups of manufacturing divisions: the technology classes at two digits, the rest, construction.
TECHNOLOGY = {
    "high": (30, 32, 33),
    "medium-high": (24, 29, 31, 34, 35),
    "medium-low": (23, 25, 26, 27, 28),
    "low": (15, 16, 17, 18, 19, 20, 21, 22, 36, 37),
    "other": (10, 11, 13, 14, 40, 41),
    "construction": (45,),
}
MASKS = {
    "any": 15,
    "import": 3,
    "export": 12,
    **{name.replace("_", "-"): mask for name, mask in p.FLOWS.items()},
}
EDGE = 0.001  # part of the half width that a share keeps away from the next printed number


@dataclass(frozen=True)
class Sector:
    """Variables of one sector: division x pattern, group x size x pattern, group x age x pattern, foreign."""

    model: Model
    divisions: list[str]
    groups: list[list[int]]
    by_division: np.ndarray
    by_size: np.ndarray
    by_age: np.ndarray
    foreign: np.ndarray


def having(mask: int) -> list[int]:
    return p.having(mask)


def share(model: Model, part: np.ndarray, whole: np.ndarray, low: float, high: float, extra: int = 0) -> None:
    """Percentage `part` of `whole` (variables; the part lies inside the whole) in [low, high].

    `extra`: firms to be added to both.
    """
    inside = {int(place) for place in part.ravel()}
    places = [int(place) for place in whole.ravel()]
    for bound, lower, upper in ((low, 0.0, np.inf), (high, -np.inf, 0.0)):
        more = extra * (1 - bound / 100)
        model.row({x: (x in inside) - bound / 100 for x in places}, lower - more, upper - more)


def printed(model: Model, part: np.ndarray, whole: np.ndarray, cell: Cell) -> None:
    share(model, part, whole, *cell.interval(EDGE))


def lay_out(name: str, population: dict[str, Any]) -> tuple[Sector, list[np.ndarray]]:
    """Variables with the raked population as the wish."""
    own = population[name]
    codes = list(own["divisions"])
    foreign = foreign_patterns(population) if name == "services" else np.zeros(16)
    raked = rake_sector(own, foreign)
    members = TECHNOLOGY.values() if name == "manufacturing" else [tuple(int(code) for code in codes)]
    groups = [[codes.index(f"{code}") for code in group] for group in members]
    model = Model()
    sizes = 5 if name == "manufacturing" else 4
    sector = Sector(
        model, codes, groups,
        model.variables(len(codes), 16, whole=True),
        model.variables(len(groups), sizes, 16, whole=True),
        model.variables(len(groups), 5, 16, whole=True),
        model.variables(16, whole=True),
    )  # fmt: skip
    wishes = [
        raked.sum(axis=(1, 2)),
        np.stack([raked[group].sum(axis=(0, 2)) for group in groups])[:, :sizes],
        np.stack([raked[group].sum(axis=(0, 1)) for group in groups]),
        foreign,
    ]
    for group, places in enumerate(groups):
        for pattern in range(16):
            _tie(model, sector.by_division[places, pattern], sector.by_size[group, :, pattern])
            _tie(model, sector.by_division[places, pattern], sector.by_age[group, :, pattern])
    return sector, wishes


def _tie(model: Model, one: np.ndarray, other: np.ndarray) -> None:
    model.row({**dict.fromkeys(map(int, one), 1.0), **dict.fromkeys(map(int, other), -1.0)}, 0, 0)


def tables(sector: Sector, cells: list[Cell], numbers: tuple[int, int, int, int]) -> None:
    """Rows of the published tables; `numbers`: of modes, conditional shares, sectors and sizes."""
    names = [f"table-{number:02}" for number in numbers]
    model, everyone = sector.model, np.vstack([sector.by_division, sector.foreign])
    for cell in of(cells, names[0]):
        model.total(everyone[:, modes(cell.key["mode"], cell.key["scope"])].ravel(), float(cell.value))
    for cell in of(cells, names[1]):
        given = having(MASKS[cell.key["given"]])
        both = [code for code in given if code & MASKS[cell.key["flow"]]]
        if len(both) < len(given):
            printed(model, everyone[:, both], everyone[:, given], cell)
    for cell in of(cells, names[2]):
        _counted(model, _of_activity(sector, cell.key), cell)
    for cell in of(cells, names[3]):
        _counted(model, sector.by_size[:, p.SIZES.index(cell.key["size"])], cell)


def _of_activity(sector: Sector, key: dict[str, str]) -> np.ndarray:
    if key["activity"] != "_T":
        # A division without firms (12) has no row of variables.
        return sector.by_division[[i for i, code in enumerate(sector.divisions) if code == key["activity"]]]
    core = [i for i, code in enumerate(sector.divisions) if 15 <= int(code) <= 37]
    return sector.by_division[core] if key["sample"] == "core-manufacturing" else sector.by_division


def _counted(model: Model, whole: np.ndarray, cell: Cell) -> None:
    """The number of firms, or the share of them with the flow; patterns are on the last axis."""
    if cell.key["measure"] == "firms":
        model.total(whole.ravel(), float(cell.value))
    else:
        printed(model, whole[..., having(MASKS[cell.key["flow"]])], whole, cell)


def modes(mode: str, scope: str) -> list[int]:
    """Patterns of a mode, and of a scope over all flows (intra only, extra only, both)."""
    wanted = {
        "none": (False, False),
        "import-only": (True, False),
        "export-only": (False, True),
        "both": (True, True),
    }
    reach = {"intra": (True, False), "extra": (False, True), "both": (True, True)}
    return [
        code
        for code in range(16)
        if (code & 3 > 0, code & 12 > 0) == wanted[mode]
        and (scope == "_T" or (code & 5 > 0, code & 10 > 0) == reach[scope])
    ]


def solve(sector: Sector, wishes: list[np.ndarray], width: int = 3) -> list[np.ndarray]:
    """The nearest whole solution: the linear one first, then whole numbers close to it."""
    blocks = [sector.by_division, sector.by_size, sector.by_age, sector.foreign]
    model = sector.model
    for block, wish in zip(blocks, wishes, strict=True):
        for place, wanted in zip(block.ravel(), wish.ravel(), strict=True):
            model.near(int(place), float(wanted), 1.0 / (2.0 + wanted) ** 0.5)
    found = model.solve(relaxed=True)
    for block in blocks:
        for place in block.ravel():
            model.low[place] = max(model.low[place], np.floor(found[place] + 1e-6) - width)
            model.high[place] = min(model.high[place], np.ceil(found[place] - 1e-6) + width)
    found = model.solve(gap=0.5, seconds=240)
    return [np.rint(found[block]).astype(int) for block in blocks]
