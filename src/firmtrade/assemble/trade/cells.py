"""The declarations summed once: the relation `trade_cells`, from which all else about trade is worked out."""

from __future__ import annotations

from firmtrade._engine.duckdb import DuckDB

#: A cell is known by these. In a year in which a partner joins or leaves the union it has a cell on either
#: side: `intra` tells them apart.
KEYS = ("firm", "year", "flow", "partner", "product", "intra")


def make_cells(engine: DuckDB, checked: bool = True) -> None:
    """Make the table `trade_cells` from the relation `transactions_rows`.

    Columns: the keys, `value` and `quantity` (sums), `first_month` (of the year; NULL for yearly data); and
    for the check `declarations` (number of lines), `months` (a bit for each month) and `faults` (lines
    whose value is missing, negative or unusable). `checked`: some line may hold an unusable value.
    """
    keys = ", ".join(KEYS)
    fault = "value is null or value < 0" + (" or __bad is not null" if checked else "")
    engine.execute(
        f"create or replace temporary table trade_cells as select {keys}, sum(value) as value, "
        f"sum(quantity) as quantity, min(month) as first_month, count(*) as declarations, "
        f"bit_or(1 << coalesce(month, 0)) as months, count_if({fault}) as faults "
        f"from transactions_rows group by {keys}"
    )
