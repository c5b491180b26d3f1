"""Trade cells: declarations summed by firm, year, flow, partner and product, and coarser sums of them.

Declarations are read once; whatever is asked of them later is asked of ever coarser sums.
"""

from __future__ import annotations

from functools import partial

from firmtrade._engine.duckdb import DuckDB
from firmtrade.assemble.trade.lookups import WIDE, with_narrow_sums

#: A cell is known by these. In a year in which a partner joins or leaves the union it has a cell on either
#: side: `intra` tells them apart.
KEYS = ("firm", "year", "flow", "partner", "product", "intra")
#: Coarser sums of cells with a positive value, and what each is by.
COARSER = {
    "trade_by_partner": ("firm", "year", "flow", "partner", "intra"),
    "trade_by_product": ("firm", "year", "flow", "product"),
}
#: Decimals of amounts.
SCALE = 6
#: The first month that is set in `months`.
_FIRST = " ".join(f"when months & {1 << month} <> 0 then {month}" for month in range(1, 13))


def make_cells(engine: DuckDB, quantities: bool = True) -> None:
    """Make the relation `trade_cells` from the relation `transactions_rows`.

    Columns: the keys, `value` and (if `quantities` are asked for) `quantity` (sums), `first_month` (of the
    year; NULL for yearly data); and for the check `declarations` (number of lines) and `months` (a bit for
    each month, the lowest for none).
    """
    keys = ", ".join(KEYS)
    names = ("value", "quantity") if quantities else ("value",)

    def statement(digits: int) -> str:
        sums = ", ".join(f"cast(sum({name}) as decimal({digits}, {SCALE})) as {name}" for name in names)
        return (
            f"create or replace temporary table trade_cells_made as select {keys}, {sums}, "
            f"cast(count(*) as integer) as declarations, bit_or(1 << coalesce(month, 0)) as months "
            f"from transactions_rows group by {keys}"
        )

    with_narrow_sums(engine, statement)
    engine.execute(
        "create or replace temporary view trade_cells as "
        f"select *, case {_FIRST} end as first_month from trade_cells_made"
    )


def make_coarser(engine: DuckDB, by_partner: str = "table") -> None:
    """Make the tables of COARSER; only positive values are trade. That by partner may be a view."""
    for name, by in COARSER.items():
        if name == "trade_by_partner" and by_partner == "view":
            engine.execute(_coarser(name, ", ".join(by), WIDE).replace(" table ", " view ", 1))
        else:
            with_narrow_sums(engine, partial(_coarser, name, ", ".join(by)))


def _coarser(name: str, keys: str, digits: int) -> str:
    return (
        f"create or replace temporary table {name} as select {keys}, "
        f"cast(sum(value) as decimal({digits}, {SCALE})) as value "
        f"from trade_cells_made where value > 0 group by {keys}"
    )
