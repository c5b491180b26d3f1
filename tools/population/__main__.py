"""Make `src/firmtrade/synthesize/data/solution.json` again."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from firmtrade.synthesize import exact
from firmtrade.synthesize import parameters as p
from firmtrade.synthesize.calibrate import drawn_sums
from firmtrade.synthesize.solution import Sector
from population import cross_section, followed, growth, prose, regions
from population.published import Cell, of, read

OUT = p.DATA / "solution.json"
SEED = 2002
#: By sector: tables of modes, conditional shares, divisions, sizes; of followed firms; of growth.
TABLES = {
    "manufacturing": ((1, 2, 3, 4), ("table-06", "table-12"), range(5, 17)),
    "services": ((17, 18, 19, 20), ("table-22", "table-27"), range(21, 32)),
}
#: Exporting and other firms among the followed starters of 1998; for services own.
STARTED = {"manufacturing": (25, 153), "services": (60, 270)}
FIELDS = ("by_division", "by_size", "by_age", "foreign", "regions", "followed")
MARGIN = 0.35  # part of the half width of a printed rate that the sums keep away from its ends


def solve(cells: list[Cell]) -> tuple[dict[str, Sector], list[tuple[Cell, float]]]:
    """The solution by sector, and the printed rates and levels that it misses."""
    sectors = {name: _numbers(name, cells) for name in TABLES}
    drawn = exact.people(p.belgium(), sectors, SEED)
    missed = []
    for code, name in enumerate(TABLES):
        own = sectors[name]
        raw = drawn_sums(drawn, code, own.followed.size)
        rows = of(cells, *(f"table-{number:02}" for number in TABLES[name][2]))
        program = growth.program(own.followed.shape, own.followed, raw, rows)
        found = growth.solve(program, MARGIN)
        found = np.vstack([np.round(found[:2], 1), np.rint(found[2:])])  # as they are stored
        sums = np.zeros((4, own.followed.size))
        sums[:, program.cells] = found
        sectors[name] = replace(own, sums=sums.reshape(4, *own.followed.shape))
        missed += [(cell, by) for cell, by in growth.misses(program, found) if by > 1.0]
    return sectors, missed


def _numbers(name: str, cells: list[Cell]) -> Sector:
    sector, wishes = cross_section.lay_out(name, p.belgium().population)
    cross_section.tables(sector, cells, TABLES[name][0])
    getattr(prose, name)(sector)
    prose.rising(sector)
    by_division, by_size, by_age, foreign = cross_section.solve(sector, wishes)
    exports, imports = followed.margins(cells, TABLES[name][1])
    counts = followed.solve(by_age.sum(axis=0), exports, imports, STARTED[name])
    kept = _unfiled(counts) if name == "services" else np.stack([counts, np.zeros_like(counts)])
    sums = np.zeros((4, *kept.shape))
    if name == "manufacturing":
        foreign = np.array(regions.FOREIGN)
    places = regions.split(name, by_division, sector.groups[-1], foreign)
    return Sector(by_division, by_size, by_age, sector.groups, foreign, places, kept, sums)


def _unfiled(counts: np.ndarray) -> np.ndarray:
    """Some new exporters have not filed value added of 1998: Table 21 then agrees with itself (audit C16)."""
    unfiled = np.zeros_like(counts)
    share = p.belgium().firms["followed"]["unfiled"]
    unfiled[followed.NEW] = np.rint(share * counts[followed.NEW])
    return np.stack([counts - unfiled, unfiled])


def stored(sector: Sector) -> dict[str, Any]:
    """As lists."""
    return {
        "groups": sector.groups,
        **{name: getattr(sector, name).tolist() for name in FIELDS},
        "sums": sector.sums.tolist(),
    }  # fmt: skip


def text(sectors: dict[str, Sector]) -> str:
    """JSON, one line an array, the same for the same solution."""
    said = (
        "Whole numbers of firms and sums that reproduce published tables; no firm. Made by tools/population."
    )
    lines = [f' "about": {json.dumps(said)}']
    for name, sector in sectors.items():
        inner = [
            f'  "{key}": {json.dumps(value, separators=(",", ":"))}' for key, value in stored(sector).items()
        ]
        lines.append(f' "{name}": {{\n' + ",\n".join(inner) + "\n }")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(arguments: list[str]) -> int:
    sectors, missed = solve(read(Path(arguments[0])))
    for cell, by in missed:
        print(f"missed by {by:.2f} half widths: {cell.key}")
    Path(arguments[1] if len(arguments) > 1 else OUT).write_text(text(sectors), encoding="utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
