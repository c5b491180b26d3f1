"""Exporter dynamics as a study: the relation of exporter-years in the panel's place, and its words completed.

A study with a part [dynamics] is about exporters, year by year, in units of a level of detail: the country, a
product, a destination. These stand in the panel's place, so that tables, disclosure control and reports are
the ordinary ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from firmtrade._engine.steps import Query, Step
from firmtrade.catalog import Catalog, Definition
from firmtrade.describe.spec import ALL, Table
from firmtrade.describe.trade.dynamics.relation import COLUMNS, UNITS, level_steps
from firmtrade.describe.trade.dynamics.sales import levels, part_rows, sales_steps
from firmtrade.describe.trade.dynamics.spec import DynamicsSpec
from firmtrade.errors import DataError, StudyError
from firmtrade.study_file import StudySpec

if TYPE_CHECKING:
    from firmtrade._engine.duckdb import DuckDB
    from firmtrade.assemble.panel import Panel
    from firmtrade.assemble.trade.linked import Linked
    from firmtrade.describe.compute import Setting

__all__ = ["COLUMNS", "SEEN", "completed", "dated", "followed", "levels_of", "refuse_sums", "work_out"]

#: Parameters of the catalog: the smallest exporter, in dollars a year; dollars for a unit of the currency.
SMALLEST, RATE = "smallest-exporter", "dollars-per-unit"
_KEYS = ("firm", "year")
#: What the rows are before any condition of a sample: a firm has one in each level of detail, and more.
SEEN = "all rows: exporters and who has left, once in each unit of each level; products; destinations"
_HOLDING = "holding"
#: The relation of declarations with their months.
SHIPMENTS = "transactions"


@dataclass(frozen=True)
class Asked:
    """What is asked of a level: columns of the panel, and the units whose rows are counted."""

    columns: frozenset[str]
    units: frozenset[str]


@dataclass(frozen=True)
class Following:
    """Exporters that can be followed: sums by product and by destination are there.

    `linked` is the trade register, `panel` what is in the place of its panel; `months` are known.
    """

    linked: Linked
    panel: Panel
    dynamics: DynamicsSpec
    months: bool

    def query(self, level: str, asked: Asked) -> Query:
        """The rows of a level with what the register says of a firm, and columns that are asked for."""
        made = level_steps(self.dynamics, level, asked.columns, asked.units, self.months, SHIPMENTS)
        panel = self.linked.panel
        values = {name: f"d.{name}" for name in (*_KEYS, *COLUMNS) if name in asked.columns}
        # What the register or the accounts say as it is need not come from the panel.
        rows: dict[str, str] = {}
        for name in sorted(asked.columns & panel.columns.keys() - values.keys()):
            row = rows.setdefault(self.linked.told_by.get(name, panel.rows), f"p{len(rows)}")
            values[name] = f"{row}.{name}"
        if _HOLDING in asked.columns:
            values[_HOLDING] = f"coalesce({values[_HOLDING]}, d.firm)" if _HOLDING in values else "d.firm"
        join = "".join(
            f"\nleft join {relation} as {row} on d.firm = {row}.firm and d.known_year = {row}.year "
            "and d.unit = 'exporter'"
            for relation, row in rows.items()
        )
        listed = ", ".join(f"{sql} as {name}" for name, sql in values.items())
        last = f"select {listed}\nfrom dynamics_{level} as d{join}"
        return Query(f"exporters by {level}", (*made, Step("exporters", last)))

    @property
    def names(self) -> list[str]:
        """The columns of a row: ours, then those that the register has."""
        about = [name for name in self.linked.panel.columns if name not in (*_KEYS, *COLUMNS, _HOLDING)]
        # A firm stands in many rows of a year, one for each unit: whose a row is must be told.
        return [*_KEYS, *COLUMNS, *about, _HOLDING]

    def union(self, relations: Mapping[str, str], columns: Mapping[str, Iterable[str]]) -> str:
        """All levels under all names: what a relation lacks is NULL."""
        types = self.panel.columns
        parts = []
        for level, relation in relations.items():
            values = {name: f"cast(null as {types[name]})" for name in self.names}
            values |= {name: name for name in columns[level]} | {"level": f"'{level}'"}
            listed = ", ".join(f"{values[name]} as {name}" for name in self.names)
            parts.append(f"select {listed} from {relation}")
        return "\nunion all\n".join(parts)


def followed(engine: DuckDB, linked: Linked, spec: StudySpec) -> Following:
    """Exporters and what becomes of them, in the place of the panel's firms.

    Needs `trade_cells`. What the register says of a firm stays; of one that has left, what it said in the
    last year of its exports. Made are the sums by product and by destination only; the relation `panel` is
    worked out of them by each query, until `work_out` keeps what tables ask for. Raises DataError where no
    exports are declared.
    """
    from firmtrade.acquire.transactions.partners import partners
    from firmtrade.acquire.transactions.products import UNKNOWN
    from firmtrade.assemble.trade.lookups import with_narrow_sums

    dynamics = DynamicsSpec.read(spec.dynamics or {}, spec.name)
    years = [year for (year,) in engine.rows(
        "select distinct year from trade_cells where flow = 'export' and year is not null order by year"
    )]  # fmt: skip
    if not years:
        raise DataError("The declarations hold no exports: there are no exporters to follow.")
    countries = [one.code for one in partners() if one.is_country]
    least = _least(spec.catalog, years)

    def statement(step: int, digits: int) -> str:
        one = sales_steps(dynamics, least, countries, UNKNOWN, "trade_by_product", digits)[step]
        kind = "view" if one.name == "kept_sales" else "table"
        return f"create or replace temporary {kind} {one.name} as\n{one.sql}"

    for step in range(len(sales_steps(dynamics, least, countries, UNKNOWN))):
        with_narrow_sums(engine, partial(statement, step))
    for name in ("product_sums", "destination_sums"):
        engine.execute(f"drop table {name}")
    months = dynamics.partial_year and bool(
        engine.rows("select 1 from trade_cells where flow = 'export' and first_month is not null limit 1")
    )
    found = Following(linked, linked.panel, dynamics, months)
    whole = Asked(frozenset(found.names), frozenset(UNITS))
    sql = "\nunion all\n".join(
        f"select {', '.join(found.names)} from (\n{found.query(level, whole).sql}\n) as {level}_rows"
        for level in levels(dynamics)
    )
    engine.execute(f"create or replace view panel as {sql}")
    return replace(found, panel=replace(linked.panel, columns=engine.describe("panel")))


def work_out(
    engine: DuckDB, following: Following, tables: Iterable[Table], setting: Setting, everything: bool
) -> None:
    """Keep in the engine what these tables ask of each level (or `everything`); the rest is NULL."""
    whole = Asked(frozenset(following.names), frozenset(UNITS))
    asked = {} if everything else _asked(tables, setting)
    relations, columns = {}, {}
    for level in levels(following.dynamics):
        one = whole if everything else asked.get(level, Asked(frozenset(), frozenset()))
        has = {*_KEYS, "unit", "part", *one.columns} - {"level"}
        one = replace(one, columns=frozenset(has))
        relations[level], columns[level] = f"exporters_{level}", has
        query = following.query(level, one).sql
        engine.execute(f"create or replace temporary table {relations[level]} as\n{query}")
    engine.execute(f"create or replace view panel as {following.union(relations, columns)}")


def _asked(tables: Iterable[Table], setting: Setting) -> dict[str, Asked]:
    """What tables ask of each level, and what disclosure control must know besides."""
    from firmtrade.describe.asked import needed_by_sample

    found: dict[str, Asked] = {}
    for sample, columns in needed_by_sample(tables, setting).items():
        units = frozenset(said_of(sample, setting.catalog, "unit")) or frozenset(UNITS)
        for level in levels_of(sample, setting.catalog):
            known = found.get(level, Asked(frozenset(), frozenset()))
            found[level] = Asked(known.columns | columns, known.units | units)
    return found


def _least(catalog: Catalog, years: Iterable[int]) -> dict[int, float]:
    """The smallest value of exports of an exporter in each year, in the currency of the data."""
    smallest, rate = catalog.get(SMALLEST, "parameter"), catalog.get(RATE, "parameter")
    return {year: smallest.value(year) / rate.value(year) for year in years}


def completed(engine: DuckDB, spec: StudySpec) -> tuple[StudySpec, tuple[str, ...]]:
    """The study for the years and units that there are, with the quartiles that it asks for; its years."""
    dynamics = DynamicsSpec.read(spec.dynamics or {}, spec.name)
    codes: dict[str, dict[str, str]] = {}
    seen: set[int] = set()
    for level in levels(dynamics):
        rows = engine.rows(
            f"select distinct part, year from ({part_rows(dynamics, level)}) as r order by part"
        )
        seen |= {year for _, year in rows}
        codes[level] = {part: part for part, _ in rows}
    years = tuple(map(str, sorted(seen)))
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
    return said_of(sample, catalog, "level")


def said_of(sample: str, catalog: Catalog, column: str) -> set[str]:
    """The codes of a column that a sample's conditions name: column = 'code'."""
    from firmtrade._engine import expression

    found: set[str] = set()
    for part in expression.conjuncts(catalog.get(sample, "sample").tree):
        text = expression.written(part)
        if text.startswith(f"{column} = '"):
            found.add(text.removeprefix(f"{column} = '").removesuffix("'"))
        elif type(part).__name__ == "Column" and catalog.find(part.name, "sample"):
            found |= said_of(part.name, catalog, column)
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
