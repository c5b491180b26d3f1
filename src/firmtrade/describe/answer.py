"""Roll-ups: the answers to asks, from the finest cells, many in one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.steps import Query, Step
from firmtrade.describe.asks import Ask
from firmtrade.describe.cube import Cube
from firmtrade.result import UNKNOWN

Value = float | None


def answer(engine: DuckDB, cube: Cube, table: str, asks: Iterable[Ask]) -> dict[Ask, Value]:
    """The value of each ask; a count of no firms is 0, a sum over no firms is None."""
    batches: dict[tuple[Any, ...], list[Ask]] = defaultdict(list)
    for ask in asks:
        batches[ask.sample, bool(ask.year), tuple(sorted(cube.groups.split(ask)[0]))].append(ask)
    found: dict[Ask, Value] = {}
    for (sample, by_year, names), batch in batches.items():
        found.update(_batch(engine, cube, table, batch, sample, by_year, names))
    return found


def _batch(
    engine: DuckDB,
    cube: Cube,
    table: str,
    asks: list[Ask],
    sample: str,
    by_year: bool,
    names: tuple[str, ...],
) -> Mapping[Ask, Value]:
    """Asks about one sample by the same dimensions: one row for each combination of codes."""
    columns = {ask: _column(cube, ask) for ask in asks}
    distinct = list(dict.fromkeys(columns.values()))
    keys = [*(["year"] if by_year else []), *(cube.dimension_column(name) for name in names)]
    rows = engine.rows(roll_up(cube, table, sample, keys, distinct))
    width = len(keys)
    values = {tuple(map(_code, row[:width])): row[width:] for row in rows}
    position = {column: n for n, column in enumerate(distinct)}
    answers: dict[Ask, Value] = {}
    for ask in asks:
        exclusive, _ = cube.groups.split(ask)
        key = (*((ask.year,) if by_year else ()), *(exclusive[name] for name in names))
        value = values[key][position[columns[ask]]] if key in values else None
        answers[ask] = _number(value, columns[ask][0].startswith("sum(n"))
    return answers


def roll_up(cube: Cube, table: str, sample: str, keys: list[str], columns: list[tuple[str, str]]) -> Query:
    """The query of one batch over the cube; `columns` are (aggregate, condition).

    Each condition is worked out once, in a step of its own: a table asks for many sums of one group.
    """
    flags = {condition: f"f{n}" for n, condition in enumerate(dict.fromkeys(c for _, c in columns if c))}
    sums = [f"{a} filter (where {flags[c]})" if c else a for a, c in columns]
    asked = "".join(f",\n  {condition} as {flag}" for condition, flag in flags.items())
    listed = ",\n  ".join([*keys, *(f"{column} as v{n}" for n, column in enumerate(sums))])
    by = f"\ngroup by {', '.join(keys)}" if keys else ""
    return Query(
        f"{sample} by {', '.join(keys) or 'nothing'}",
        (
            Step("members", f"select *{asked}\nfrom {table}\nwhere {cube.sample_condition(sample)}"),
            Step("cells", f"select {listed}\nfrom members{by}"),
        ),
    )


def _column(cube: Cube, ask: Ask) -> tuple[str, str]:
    function, column = cube.aggregate_column(ask)
    _, conditions = cube.groups.split(ask)
    return f"{function}({column})", " and ".join(f"({cube.condition(term)})" for term in conditions)


def _code(value: Any) -> str:
    return UNKNOWN if value is None else str(value)


def _number(value: Any, count: bool) -> Value:
    if value is None:
        return 0.0 if count else None
    return float(value)
