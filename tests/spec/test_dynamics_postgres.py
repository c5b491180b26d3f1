"""The relation of exporter dynamics is one text: PostgreSQL gives the rows that DuckDB gives."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from firmtrade._engine.duckdb import DuckDB
from firmtrade.describe.trade.dynamics.relation import COLUMNS, dynamics_query
from firmtrade.describe.trade.dynamics.spec import DynamicsSpec
from support_postgres import NoServer, Server, running

LEAST = {2001: 1000.0, 2002: 900.5, 2003: 1000.0, 2005: 1000.0}
LINES = (
    "firm varchar, year integer, month integer, flow varchar, partner varchar, product varchar, "
    "value numeric(18, 2)"
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    try:
        with running() as found:
            yield found
    except NoServer as reason:
        pytest.skip(f"no PostgreSQL: {reason}")


def _lines() -> list[tuple[Any, ...]]:
    draw = random.Random(6)
    return [
        (f"F{draw.randrange(12)}", draw.choice(tuple(LEAST)), draw.randrange(1, 13), "export",
         draw.choice(("DE", "FR", "QU")), draw.choice(("010121", "010129", "847130", "270900", "unknown")),
         draw.choice((400, 700.25, 5200.5)))
        for _ in range(150)
    ]  # fmt: skip


def _statements() -> list[str]:
    values = ", ".join(str(line) for line in _lines())
    return [
        f"create temporary table transactions ({LINES})",
        f"insert into transactions values {values}",
        "create temporary table trade_cells as select firm, year, flow, partner, product, "
        "sum(value) as value from transactions group by firm, year, flow, partner, product",
    ]


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | bool | None) else round(float(value), 9)


def _exact(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows in one order; a number is a float with nine decimals, however the engine types it."""
    told = [tuple(_plain(value) for value in row) for row in rows]
    return sorted(told, key=repr)


@pytest.mark.parametrize("exiter", ["t", "t-1"])
@pytest.mark.parametrize("growth", ["log", "midpoint"])
def test_postgresql_gives_the_same_rows(server: Server, exiter: str, growth: str) -> None:
    spec = DynamicsSpec.read(
        {"levels": ["country", "hs2", "hs4", "hs6", "destination"], "exiter": exiter, "growth": growth,
         "unions": {"near": {"destinations": ["DE", "FR"]}, "live": {"products": ["01", "8471"]}}},
        "test",
    )  # fmt: skip
    sql = dynamics_query(spec, LEAST, ("DE", "FR"), "unknown", True).sql
    asked = f"select firm, year, known_year, {', '.join(COLUMNS)} from ({sql}) as dynamics"
    with DuckDB(threads=1) as engine:
        for statement in _statements():
            engine.execute(statement)
        ours = _exact(engine.rows(asked))
    with server.connect() as connection:
        # The one type whose name PostgreSQL does not share.
        connection.execute("drop domain if exists double cascade")
        for statement in ["create domain double as double precision", *_statements()]:
            connection.execute(statement)
        theirs = _exact(connection.execute(asked).fetchall())
    assert len(ours) > 200
    assert ours == theirs
