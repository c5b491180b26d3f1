"""What each condition of a sample removes, read from the finest cells: no second scan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np

from firmtrade._engine.engine import Engine
from firmtrade._engine.steps import Query, Step
from firmtrade.catalog import Catalog
from firmtrade.classify.window import Window
from firmtrade.describe.cube import Cube
from firmtrade.describe.members import Flags
from firmtrade.result import Attrition, AttritionStep


def attrition(
    engine: Engine,
    cube: Cube,
    table: str,
    catalog: Catalog,
    windows: Mapping[str, Window],
    seen: str = "all firms seen",
) -> list[Attrition]:
    """The attrition of each sample of the cube, in its latest year or over its window; `seen`: its rows."""
    window = next(
        (
            w
            for w in windows.values()
            if f"window_{w.name}".replace("-", "_") == cube.name.removesuffix("_followed")
        ),
        None,
    )
    year = max(_most_asked(cube), default="")
    cells = _Cells(engine, cube, table, year)
    found = []
    for sample, steps in cube.steps.items():
        lost = cells.lost([column for _, column in steps])
        counted = [AttritionStep(seen, cells.all, 0)]
        counted += [AttritionStep(text, *row) for (text, _), row in zip(steps, lost, strict=True)]
        period = window.label if window else year
        found.append(Attrition(sample, catalog.get(sample, "sample").title, period, tuple(counted)))
    return found


def _most_asked(cube: Cube) -> list[str]:
    """The years that most groups are asked for: where the sample matters."""
    counts = Counter(
        year for _, years in (*cube.dimensions.values(), *cube.conditions.values()) for year in years
    )
    most = max(counts.values(), default=0)
    return [year for year, n in counts.items() if n == most]


class _Cells:
    """How many firms the finest cells of a year have, and which conditions hold for them."""

    def __init__(self, engine: Engine, cube: Cube, table: str, year: str) -> None:
        firms = cube.aggregates["count(*)"][2]
        names = sorted({column for steps in cube.steps.values() for _, column in steps})
        listed = ", ".join([f"cast({firms} as bigint) as n", *names])
        where = f" where year = {year}" if year else ""
        query = Query("attrition", (Step("attrition", f"select {listed}\nfrom {table}{where}"),))
        found = {name: np.ma.asarray(values) for name, values in engine.columns_of_table(query).items()}
        self._firms = found.pop("n").filled(0)
        self._holds = {name: values.filled(False).astype(bool) for name, values in found.items()}
        self._unknown = {name: np.ma.getmaskarray(values) for name, values in found.items()}
        self.all = self._count(np.ones(len(self._firms), dtype=bool))

    def lost(self, columns: list[str]) -> Iterator[tuple[int, int]]:
        """After each condition: the firms that are left, and those of which it is not known."""
        left = np.ones(len(self._firms), dtype=bool)
        for name in columns:
            unknown = self._count(left & self._unknown[name])
            left = left & self._holds[name]
            yield self._count(left), unknown

    def _count(self, cells: Flags) -> int:
        return int(self._firms[cells].sum())
