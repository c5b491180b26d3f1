"""What each condition of a sample removes, read from the finest cells: no second scan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from firmtrade._engine.engine import Engine
from firmtrade._engine.steps import Query, Step
from firmtrade.catalog import Catalog
from firmtrade.classify.window import Window
from firmtrade.describe.cube import Cube
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
    firms = cube.aggregates["count(*)"][2]
    window = next(
        (
            w
            for w in windows.values()
            if f"window_{w.name}".replace("-", "_") == cube.name.removesuffix("_followed")
        ),
        None,
    )
    year = max(_most_asked(cube), default="")
    found = []
    for sample, steps in cube.steps.items():
        query = _query(table, firms, [column for _, column in steps], year)
        row = [int(value or 0) for value in engine.rows_of_table(query)[0]]
        counted = [AttritionStep(seen, row[0], 0)]
        counted += [AttritionStep(text, row[2 * n + 1], row[2 * n + 2]) for n, (text, _) in enumerate(steps)]
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


def _query(table: str, firms: str, columns: list[str], year: str) -> Query:
    parts = [f"sum({firms})"]
    before = ""
    for column in columns:
        parts.append(f"sum({firms}) filter (where {before}{column})")
        parts.append(f"sum({firms}) filter (where {before}{column} is null)")
        before += f"{column} and "
    where = f"\nwhere year = {year}" if year else ""
    return Query("attrition", (Step("attrition", f"select {', '.join(parts)}\nfrom {table}{where}"),))
