"""Made-up firms as arrays: candidates x years for each column, and how the engine sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.contract import column as contract_column
from firmtrade.acquire.read import literal
from firmtrade.synthesize.twin.columns import NUMBER, TEXT, WHOLE, Column

#: Numbers have two decimals: sums of them are exact.
GRID = 100


@dataclass
class Panel:
    """Firms: `values[column]` is firms x years, `present` says in which years a firm is on record.

    A coded column holds places in its list (-1: missing), a number is in hundredths (`MISSING`: missing).
    """

    columns: tuple[Column, ...]
    years: tuple[int, ...]
    values: dict[str, np.ndarray]
    present: np.ndarray

    def __len__(self) -> int:
        return len(self.present)

    def take(self, firms: np.ndarray) -> Panel:
        """A copy of some of the firms."""
        values = {name: array[firms] for name, array in self.values.items()}
        return Panel(self.columns, self.years, values, self.present[firms])

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    def place(self, year: int) -> int:
        """The position of a year."""
        return self.years.index(year)


MISSING = -(10**17)


def joined(parts: Sequence[Panel]) -> Panel:
    """All firms of several panels of the same columns and years."""
    first = parts[0]
    values = {name: np.concatenate([part.values[name] for part in parts]) for name in first.values}
    return Panel(first.columns, first.years, values, np.concatenate([part.present for part in parts]))


def into_engine(engine: DuckDB, panel: Panel) -> None:
    """Make the relation `panel` of the firms, with the types that a run gives its columns."""
    firm, year = np.nonzero(panel.present)
    rows: dict[str, Any] = {
        "firm": firm.astype(np.int64),
        "year": np.array(panel.years, dtype=np.int64)[year],
    }
    for column in panel.columns:
        rows[column.name] = panel.values[column.name][firm, year].astype(np.int64)
    engine.register("twin_rows", rows)
    names = ", ".join(f"{_sql(column)} as {column.name}" for column in panel.columns)
    engine.execute(
        "create or replace temp table panel as select "
        + ", ".join(["printf('S%08d', firm + 1) as firm", "cast(year as integer) as year", names])
        + " from twin_rows order by twin_rows.firm, twin_rows.year"
    )


def _sql(column: Column) -> str:
    name = f"nullif({column.name}, {MISSING})"
    if column.kind == NUMBER:
        scale = contract_column(column.name).scale
        return f"cast({name} * 0.01 :: decimal(3, 2) as decimal({max(18, scale + 20)}, {scale}))"
    if column.kind == WHOLE:
        return f"cast({name} as integer)"
    if column.kind == TEXT:
        listed = ", ".join(literal(value) for value in column.values)
        return f"([{listed}])[nullif({column.name}, -1) + 1]"
    return f"(nullif({column.name}, -1) = 1)"
