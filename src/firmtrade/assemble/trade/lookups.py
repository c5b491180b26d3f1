"""Small tables that lead from a source's codes to ours, and the types that hold a code of a known list.

A code whose list is known is kept as a number with a name (ENUM): it takes one or two bytes where a text
takes sixteen, and groups of it are found faster. To queries it is text; its order is that of the codes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from firmtrade._engine.duckdb import DuckDB
from firmtrade.errors import EngineError

#: Rows of a statement.
_ROWS = 2000
#: Digits of sums: narrow ones are faster and take half the memory.
NARROW, WIDE = 18, 38


def make_lookup(
    engine: DuckDB, name: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]
) -> None:
    """Make the temporary table `name` of these columns (name, SQL type) and rows."""
    listed = ", ".join(f"{column} {kind}" for column, kind in columns)
    engine.execute(f"create or replace temporary table {name} ({listed})")
    for start in range(0, len(rows), _ROWS):
        part = rows[start : start + _ROWS]
        lists: list[Any] = [
            [None if row[n] is None else str(row[n]) for row in part] for n in range(len(columns))
        ]
        cells = ", ".join(
            f"cast(unnest(cast(${n} as varchar[])) as {kind})" for n, (_, kind) in enumerate(columns, 1)
        )
        engine.execute(f"insert into {name} select {cells}", lists)


def make_code(engine: DuckDB, kind: str, table: str, column: str, *further: str) -> None:
    """Make the type `kind` of the codes in a column, and `further` ones; the column becomes of this type."""
    codes = {
        code for (code,) in engine.rows(f"select distinct {column} from {table} where {column} is not null")
    }
    listed = ", ".join("'" + code.replace("'", "''") + "'" for code in sorted({*codes, *further}))
    engine.execute(f"drop type if exists {kind}")
    engine.execute(f"create type {kind} as enum ({listed})")
    engine.execute(f"alter table {table} alter column {column} type {kind}")


def with_narrow_sums(engine: DuckDB, statement: Callable[[int], str]) -> None:
    """Run a statement with sums of NARROW digits, or of WIDE ones where some sum does not fit."""
    try:
        engine.execute(statement(NARROW))
    except EngineError as error:
        if "Could not cast" not in str(error) and "out of range" not in str(error).lower():
            raise
        engine.execute(statement(WIDE))
