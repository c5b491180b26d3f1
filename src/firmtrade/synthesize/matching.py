"""Firms of 2002 out of three tables: division, size and age matched within groups of one trade pattern."""

from __future__ import annotations

from typing import Any

import numpy as np

from firmtrade.synthesize import parameters as p
from firmtrade.synthesize.cells import Cells, blocks, join
from firmtrade.synthesize.draw import Draw, Ints
from firmtrade.synthesize.solution import Sector

CONSTRUCTION = 45
_SIZE_SCORE = np.array([0.0, 1.6, 2.4, 3.2, 0.3])  # by size class; unknown sizes are mostly small
_AGE_SCORE = np.array(
    [0.0, 0.7, 0.6, 0.7, 2.2]
)  # by age class: firms of 20 years and more are the large ones
_NOISE = {"manufacturing": 0.9, "services": 4.0}  # of the match of larger with older firms


def exact_cells(population: dict[str, Any], solution: dict[str, Sector], draw: Draw) -> tuple[Cells, Ints]:
    """All cells, and the cell of every firm of 2002 of the two sectors, the foreign-owned included.

    The cells of the two sectors hold whole numbers of firms that add up to the stored solution.
    """
    tables = [join_tables(solution[name], _NOISE[name], draw) for name in p.SECTORS[:2]]
    foreign = solution["services"].foreign
    manufacturing, services = (table.astype(np.float64) for table in tables)
    parts = list(blocks(population, manufacturing, services, foreign.astype(np.float64)))
    starts = np.cumsum([0, *(len(part.weight) for part in parts)])
    firms = [
        np.repeat(
            np.arange(starts[0], starts[2]),
            np.rint(np.concatenate([q.weight for q in parts[:2]])).astype(int),
        )
    ]
    kinds = [(3, parts[3].pattern == pattern, count) for pattern, count in enumerate(foreign)]
    building = parts[2].division == CONSTRUCTION
    kinds += [
        (2, here, n) for here, n in zip((building, ~building), solution["manufacturing"].foreign, strict=True)
    ]
    for part, here, count in kinds:
        if count:
            weight = np.where(here, parts[part].weight, 0.0)
            firms.append(starts[part] + draw.spread_pick(weight, int(count)))
    return join(parts), np.concatenate(firms)


def join_tables(sector: Sector, noise: float, draw: Draw) -> Ints:
    """Firms by division x size x age x pattern with the sums of the three tables of the sector."""
    joint = np.zeros((len(sector.by_division), 5, len(p.AGES), 16), dtype=np.int64)
    for group, members in enumerate(sector.groups):
        for pattern in range(16):
            divisions = np.repeat(members, sector.by_division[members, pattern])
            sizes = np.repeat(np.arange(sector.by_size.shape[1]), sector.by_size[group, :, pattern])
            ages = np.repeat(np.arange(len(p.AGES)), sector.by_age[group, :, pattern])
            divisions = divisions[np.argsort(draw.uniform(len(divisions)), kind="stable")]
            sizes = sizes[_ranked(_SIZE_SCORE[sizes], 0.5, draw)]
            ages = ages[_ranked(_AGE_SCORE[ages], noise, draw)]
            np.add.at(joint[..., pattern], (divisions, sizes, ages), 1)
    return joint


def _ranked(score: np.ndarray, noise: float, draw: Draw) -> Ints:
    return np.argsort(score + noise * draw.normal(len(score)), kind="stable")
