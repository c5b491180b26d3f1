"""What engines outside this process share: the panel's rows stay there, the finest cells come here.

The finest cells of a view are some thousands of rows. They are brought into a DuckDB in this process, where
everything after them (roll-ups, attrition, evidence) runs as it does on the default engine.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from firmtrade._engine.dialect import Dialect
from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.steps import Query, Step
from firmtrade.errors import EngineError


class Remote(ABC):
    """An engine whose rows are elsewhere. `cells` is the DuckDB that holds what comes back."""

    name: str
    here = False
    dialect: Dialect

    def __init__(self, memory: str | None = None, threads: int | None = None, debug: bool = False) -> None:
        self.cells = DuckDB(memory, threads)
        self.debug = debug

    @abstractmethod
    def execute(self, sql: str, parameters: list[Any] | None = None) -> None:
        """Run a statement for its effect; there are no parameters."""

    @abstractmethod
    def view(self, name: str, sql: str) -> None:
        """Make, or replace, the view `name`."""

    @abstractmethod
    def table(self, name: str, sql: str) -> None:
        """Make, or replace, a temporary table of what a query gives."""

    @abstractmethod
    def drop(self, name: str) -> None:
        """Forget a view or table, if there is one of that name."""

    @abstractmethod
    def describe(self, relation: str) -> dict[str, str]:
        """Column names and DuckDB's names of the SQL types of a table, a view or a parenthesised query."""

    @abstractmethod
    def receive(self, name: str, local: DuckDB, sql: str, folder: Path) -> None:
        """Make the temporary table `name` of what a query of a DuckDB here gives; files go to `folder`."""

    @abstractmethod
    def _found(self, name: str, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query that errors call `name`."""

    @abstractmethod
    def _arrow(self, name: str, sql: str) -> Any:
        """The Arrow table of a query; pairs of value and holder are lists of structs."""

    def rows(self, query: Query | str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a query and return its rows; counts are int, DECIMAL columns are decimal.Decimal."""
        if isinstance(query, str):
            return self._found(query, query)
        self._show_steps(query)
        return self._found(query.name, query.sql)

    def columns(self, query: Query) -> dict[str, Any]:
        """As `rows`, a numpy array for each column (masked where there is NULL)."""
        self._show_steps(query)
        self.cells.register("fetched", self._arrow(query.name, query.sql))
        return self.cells.columns(Query(query.name, (Step("fetched", "select * from fetched"),)))

    def tables(self, queries: Iterable[tuple[str, Query]]) -> Iterator[str]:
        """Bring what each query gives into a table here, and name it when it is there."""
        for name, query in queries:
            self._show_steps(query)
            self.cells.register("fetched", self._arrow(query.name, query.sql))
            self.cells.execute(f"create or replace table {name} as select * from fetched")
            yield name

    def rows_of_table(self, query: Query) -> list[tuple[Any, ...]]:
        """As `rows`, of a query over tables that `tables` has made."""
        return self.cells.rows_of_table(query)

    def columns_of_table(self, query: Query) -> dict[str, Any]:
        """As `rows_of_table`, a numpy array for each column."""
        return self.cells.columns_of_table(query)

    def bring(self, relation: str) -> DuckDB:
        """Copy a relation here, under its name: the DuckDB that has it then."""
        self.cells.register("fetched", self._arrow(relation, f"select * from {relation}"))
        self.cells.table(relation, "select * from fetched")
        return self.cells

    def function(self, name: str, work: Callable[[str], int]) -> None:
        """Refuse: a function of this process is not there."""
        raise EngineError(f"{name} is a function of Python, which {self.name} does not have.")

    def close(self) -> None:
        """Free what is held here and there."""
        self.cells.close()

    def _show_steps(self, query: Query) -> None:
        if not self.debug:
            return
        for step in query.steps:
            print(f"-- CONFIDENTIAL: rows of the panel. {query.name}: step {step.name}\n{step.sql}")
            for row in self._found(query.name, query.up_to(step.name).sql + "\nlimit 5"):
                print("   " + " | ".join("" if value is None else str(value) for value in row))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
