"""The declarations summed once: the relation `trade_cells`, from which all else about trade is worked out."""

from __future__ import annotations

from firmtrade._engine.duckdb import DuckDB

#: A cell is known by these; `intra` tells apart the two sides of a year in which a partner joins or leaves
#: the union.
KEYS = ("firm", "year", "flow", "partner", "product", "intra")


def make_cells(engine: DuckDB) -> None:
    """Make the table `trade_cells` from the relation `transactions`.

    Columns: the keys, `value` and `quantity` (sums), `first_month` (of the year; NULL for yearly data) and
    `declarations` (number of lines).
    """
    keys = ", ".join(KEYS)
    engine.execute(
        f"create or replace temporary table trade_cells as select {keys}, sum(value) as value, "
        f"sum(quantity) as quantity, min(month) as first_month, count(*) as declarations "
        f"from transactions group by {keys}"
    )
