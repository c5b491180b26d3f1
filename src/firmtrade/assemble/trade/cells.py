"""The declarations summed once: the relation `trade_cells`, from which all else about trade is worked out."""

from __future__ import annotations

from firmtrade._engine.duckdb import DuckDB
from firmtrade.assemble.panel import Panel

#: A cell is known by these. In a year in which a partner joins or leaves the union it has a cell on either
#: side: `intra` tells them apart.
KEYS = ("firm", "year", "flow", "partner", "product", "intra")
#: Decimals of values and quantities, and the total below which every sum of them has 18 digits.
SCALE, NARROW = 4, 10**13


def make_cells(engine: DuckDB, declarations: Panel) -> None:
    """Make the table `trade_cells` from the relation `transactions_rows`.

    Columns: the keys, `value` and `quantity` (sums), `first_month` (of the year; NULL for yearly data); and
    for the check `declarations` (number of lines), `months` (a bit for each month) and `faults` (lines
    whose value is missing, negative or unusable). `declarations` are those that the relation is a view of.
    Sums have 18 digits where all together have no more, which takes half the memory; else 38.
    """
    keys = ", ".join(KEYS)
    fault = "value is null or value < 0" + (" or __bad is not null" if declarations.checked else "")
    engine.execute(
        f"create or replace temporary table trade_cells as select {keys}, "
        f"{_sum(engine, declarations, 'value')}, "
        f"{_sum(engine, declarations, 'quantity')}, min(month) as first_month, count(*) as declarations, "
        f"bit_or(1 << coalesce(month, 0)) as months, count_if({fault}) as faults "
        f"from transactions_rows group by {keys}"
    )


def _sum(engine: DuckDB, declarations: Panel, name: str) -> str:
    total = None
    if name in declarations.columns:
        ((total,),) = engine.rows(f"select sum(abs({name})) from {declarations.rows}")
    width = 18 if total is None or total < NARROW else 38
    return f"cast(sum({name}) as decimal({width},{SCALE})) as {name}"
