"""Exporter dynamics as a study: the relation of exporter-years in the panel's place, and its words completed.

A study with a part [dynamics] is about exporters, year by year, in units of a level of detail: the country, a
product, a destination. These stand in the panel's place, so that tables, disclosure control and reports are
the ordinary ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from firmtrade._engine.steps import Query, Step
from firmtrade.catalog import Catalog, Definition
from firmtrade.describe.spec import ALL, Table
from firmtrade.describe.trade.dynamics.relation import COLUMNS, steps
from firmtrade.describe.trade.dynamics.spec import DynamicsSpec
from firmtrade.errors import DataError, StudyError
from firmtrade.study_file import StudySpec

if TYPE_CHECKING:
    from firmtrade._engine.duckdb import DuckDB
    from firmtrade.assemble.panel import Panel

__all__ = ["COLUMNS", "SEEN", "completed", "dated", "followed", "levels_of", "refuse_sums"]

#: Parameters of the catalog: the smallest exporter, in dollars a year; dollars for a unit of the currency.
SMALLEST, RATE = "smallest-exporter", "dollars-per-unit"
_KEYS = ("firm", "year")
#: What the rows are before any condition of a sample: a firm has one in each level of detail, and more.
SEEN = "all rows: exporters and who has left, once in each unit of each level; products; destinations"


def followed(engine: DuckDB, panel: Panel, spec: StudySpec) -> Panel:
    """The panel with exporters and what becomes of them in the place of its firms.

    Needs `trade_cells`. What the register says of a firm stays; of one that has left, what it said in the
    last year of its exports. Raises DataError where no exports are declared.
    """
    from firmtrade.acquire.transactions.partners import partners
    from firmtrade.acquire.transactions.products import UNKNOWN

    dynamics = DynamicsSpec.read(spec.dynamics or {}, spec.name)
    years = [year for (year,) in engine.rows(
        "select distinct year from trade_cells where flow = 'export' and year is not null order by year"
    )]  # fmt: skip
    if not years:
        raise DataError("The declarations hold no exports: there are no exporters to follow.")
    countries = [one.code for one in partners() if one.is_country]
    months = dynamics.partial_year and bool(
        engine.rows("select 1 from trade_cells where flow = 'export' and first_month is not null limit 1")
    )
    made = steps(dynamics, _least(spec.catalog, years), countries, UNKNOWN, months)
    kept = [name for name in panel.columns if name not in (*_KEYS, *COLUMNS)]
    if "holding" not in kept:
        # A firm stands in many rows of a year, one for each unit: whose a row is must be told.
        kept.append("holding")
    listed = ", ".join(f"p.{name}" for name in kept if name != "holding")
    holding = "coalesce(p.holding, d.firm)" if "holding" in panel.columns else "d.firm"
    own = ", ".join(f"d.{name}" for name in (*_KEYS, *COLUMNS))
    last = (
        f"select {own}{', ' + listed if listed else ''}, {holding} as holding\nfrom dynamics as d\n"
        f"left join {panel.rows} as p on d.firm = p.firm and d.known_year = p.year and d.unit = 'exporter'"
    )
    query = Query("exporter dynamics", (*made, Step("exporter_years", last)))
    engine.execute(f"create or replace temporary table exporter_years as\n{query.sql}")
    engine.execute("create or replace view panel as select * from exporter_years")
    return replace(panel, columns=engine.describe("panel"))


def _least(catalog: Catalog, years: Iterable[int]) -> dict[int, float]:
    """The smallest value of exports of an exporter in each year, in the currency of the data."""
    smallest, rate = catalog.get(SMALLEST, "parameter"), catalog.get(RATE, "parameter")
    return {year: smallest.value(year) / rate.value(year) for year in years}


def completed(engine: DuckDB, spec: StudySpec) -> tuple[StudySpec, tuple[str, ...]]:
    """The study for the years and units that there are, with the quartiles that it asks for; its years."""
    dynamics = DynamicsSpec.read(spec.dynamics or {}, spec.name)
    years = tuple(str(year) for (year,) in engine.rows(
        "select distinct year from panel where exporter order by year"
    ))  # fmt: skip
    codes: dict[str, dict[str, str]] = {}
    for level, part in engine.rows("select distinct level, part from panel order by level, part"):
        codes.setdefault(level, {})[part] = part
    words = {
        (word.kind, word.name): _word(word, codes, dynamics.quartiles, spec.catalog) for word in spec.catalog
    }
    catalog = Catalog(words).checked()
    tables = tuple(dated(table, years) for table in spec.tables)
    return replace(spec, catalog=catalog, tables=tables), years


def _word(
    word: Definition, codes: Mapping[str, Mapping[str, str]], quartiles: str, catalog: Catalog
) -> Definition:
    if word.kind == "dimension" and word.name in _dimensions(catalog):
        return replace(word, codes=codes.get(_dimensions(catalog)[word.name], {}))
    if word.kind == "measure" and quartiles == "inverse":
        return replace(word, expr=word.expr.replace("quantile(", "quantile_disc("))
    return word


def dated(table: Table, years: tuple[str, ...]) -> Table:
    """A table without period is about all years."""
    blocks = tuple(b if b.periods or b.window else replace(b, periods=years) for b in table.blocks)
    return replace(table, blocks=blocks)


def levels_of(sample: str, catalog: Catalog) -> set[str]:
    """The levels of detail whose units a sample holds, as its conditions say."""
    from firmtrade._engine import expression

    found: set[str] = set()
    for part in expression.conjuncts(catalog.get(sample, "sample").tree):
        text = expression.written(part)
        if text.startswith("level = '"):
            found.add(text.removeprefix("level = '").removesuffix("'"))
        elif type(part).__name__ == "Column" and catalog.find(part.name, "sample"):
            found |= levels_of(part.name, catalog)
    return found


def _dimensions(catalog: Catalog) -> dict[str, str]:
    """Dimension -> level of those that tell a level's units apart: case when level = 'hs2' then part end."""

    def search() -> dict[str, str]:
        found = {}
        for word in catalog:
            if word.kind == "dimension" and word.expr.endswith("then part end"):
                found[word.name] = word.expr.split("'")[1]
        return found

    return catalog.remember("units of exporter dynamics", search)


def refuse_sums(tables: Iterable[Table], catalog: Catalog, file: str) -> None:
    """Refuse a figure over several units of a level: a firm counts once in each, and once in their union."""
    dimensions = {level: name for name, level in _dimensions(catalog).items()}
    for table in tables:
        for block in table.blocks:
            where = f"{file}, table {table.name}"
            levels = levels_of(block.sample, catalog)
            if len(levels) != 1:
                raise StudyError(
                    f"{where}: the sample '{block.sample}' mixes levels of detail, in which the same firm "
                    f"stands more than once. Give it one:  level = 'country' and ..."
                )
            level = levels.pop()
            if level == "country":
                continue
            asked = dict(block.by).get(dimensions.get(level, ""), ("_T",))
            summed = next((code for code in asked if code == "_T" or "|" in code or "+" in code), None)
            if summed is not None and asked != (ALL,):
                _refuse(summed, level, dimensions.get(level, level), where)


def _refuse(summed: str, level: str, dimension: str, where: str) -> None:
    what = "destinations" if level == "destination" else "products"
    parts = [part.strip() for part in summed.replace("+", "|").split("|")]
    named = "" if summed == "_T" else ", ".join(f'"{part}"' for part in parts)
    remedy = (
        f"ask for each code ('{dimension}' in by), or for the sample of the country as a whole"
        if summed == "_T"
        else "their union is a unit of its own:  [dynamics.unions]  NAME = "
        f"{{ {what} = [{named}] }}, asked for with the sample exporters-of-unions by export-union"
    )
    raise StudyError(
        f"{where}: a firm with several of the {what} is an exporter in each and one exporter "
        f"in their union, so that figures of {dimension} do not add up; {remedy}."
    )
