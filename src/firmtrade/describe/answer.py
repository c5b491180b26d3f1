"""Roll-ups: the answers to asks, from the finest cells, many in one query."""

from __future__ import annotations

import decimal
import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from firmtrade._engine.engine import Engine
from firmtrade._engine.steps import Query, Step
from firmtrade.describe.asks import Ask
from firmtrade.describe.cube import Cube
from firmtrade.result import UNKNOWN

Value = float | None
Column = tuple[str, str]  # an aggregate over the cube, and the condition of its group ('' for all)


def answer(engine: Engine, cube: Cube, table: str, asks: Iterable[Ask]) -> dict[Ask, Value]:
    """The value of each ask; a count of no firms is 0, a sum over no firms is None."""
    batches: dict[tuple[Any, ...], list[Ask]] = defaultdict(list)
    for ask in asks:
        batches[ask.sample, bool(ask.year), tuple(sorted(cube.groups.split(ask)[0]))].append(ask)
    found: dict[Ask, Value] = {}
    for (sample, by_year, names), batch in batches.items():
        found.update(_batch(engine, cube, table, batch, sample, by_year, names))
    return found


def _batch(
    engine: Engine,
    cube: Cube,
    table: str,
    asks: list[Ask],
    sample: str,
    by_year: bool,
    names: tuple[str, ...],
) -> Mapping[Ask, Value]:
    """Asks about one sample by the same dimensions."""
    columns = {ask: _column(cube, ask) for ask in asks}
    keys = [*(["year"] if by_year else []), *(cube.dimension_column(name) for name in names)]
    sums = list(dict.fromkeys(aggregate for aggregate, _ in columns.values()))
    flags = list(dict.fromkeys(condition for _, condition in columns.values() if condition))
    rows = engine.rows_of_table(roll_up(cube, table, sample, keys, flags, sums))
    totals = _totals(rows, len(keys), flags, sums, set(columns.values()))
    answers: dict[Ask, Value] = {}
    for ask, column in columns.items():
        exclusive, _ = cube.groups.split(ask)
        key = (*((ask.year,) if by_year else ()), *(exclusive[name] for name in names))
        answers[ask] = _number(totals.get((key, column)), column[0].startswith("sum(n"))
    return answers


def roll_up(cube: Cube, table: str, sample: str, keys: list[str], flags: list[str], sums: list[str]) -> Query:
    """The query of one batch over the cube: sums by the codes and by which groups a firm is in.

    Groups may overlap; the few rows that this gives are added up group by group afterwards, which is
    far quicker than a filtered sum for each group and measure.
    """
    asked = "".join(f",\n  {condition} as f{n}" for n, condition in enumerate(flags))
    by = [*keys, *(f"f{n}" for n in range(len(flags)))]
    listed = ",\n  ".join([*by, *(f"{column} as v{n}" for n, column in enumerate(sums))])
    grouped = f"\ngroup by {', '.join(by)}" if by else ""
    return Query(
        f"{sample} by {', '.join(keys) or 'nothing'}",
        (
            Step("members", f"select *{asked}\nfrom {table}\nwhere {cube.sample_condition(sample)}"),
            Step("cells", f"select {listed}\nfrom members{grouped}"),
        ),
    )


def _totals(
    rows: Iterable[tuple[Any, ...]], width: int, flags: list[str], sums: list[str], wanted: set[Column]
) -> dict[tuple[tuple[str, ...], Column], Any]:
    """Each wanted column's total by key: exact, since counts are int and amounts are Decimal."""
    places = [
        (
            column,
            width + flags.index(column[1]) if column[1] else -1,
            width + len(flags) + sums.index(column[0]),
        )
        for column in sorted(wanted)
    ]
    combine: Mapping[str, Callable[[Any, Any], Any]] = {"sum": operator.add, "min": min, "max": max}
    found: dict[tuple[tuple[str, ...], Column], Any] = {}
    with decimal.localcontext(prec=80):  # more digits than any sum has: nothing is rounded
        for row in rows:
            key = tuple(map(code_of, row[:width]))
            for column, flag, place in places:
                value = row[place]
                if value is None or (flag >= 0 and row[flag] is not True):
                    continue
                held = found.get((key, column))
                found[key, column] = value if held is None else combine[column[0][:3]](held, value)
    return found


def _column(cube: Cube, ask: Ask) -> Column:
    function, column = cube.aggregate_column(ask)
    return f"{function}({column})", " and ".join(f"({one})" for one in cube.group_conditions(ask))


def code_of(value: Any) -> str:
    """A code as a query returns it; NULL is unknown."""
    return UNKNOWN if value is None else str(value)


def _number(value: Any, count: bool) -> Value:
    if value is None:
        return 0.0 if count else None
    return float(value)
