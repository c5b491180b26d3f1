"""What an engine must be able to do. A method of a study talks to this, and to no engine by its name.

There are two kinds of rows. Those of the panel are where the engine is: in this process, on a cluster, in a
database. The finest cells that are made of them are few and are always here: `tables` makes them and brings
them, `rows_of_table` and `columns_of_table` read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Protocol, Self

from firmtrade._engine.dialect import Dialect
from firmtrade._engine.steps import Query


class Engine(Protocol):
    """An open engine. `here`: the panel's rows are in this process. `dialect`: what it says differently."""

    name: str
    here: bool
    dialect: Dialect
    debug: bool

    def execute(self, sql: str, parameters: list[Any] | None = None) -> None:
        """Run a statement for its effect."""

    def view(self, name: str, sql: str) -> None:
        """Make, or replace, the view `name`."""

    def table(self, name: str, sql: str) -> None:
        """Make, or replace, a temporary table of what a query gives."""

    def drop(self, name: str) -> None:
        """Forget a view or table, if there is one of that name."""

    def rows(self, query: Query | str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a query and return its rows; counts are int, DECIMAL columns are decimal.Decimal."""

    def columns(self, query: Query) -> dict[str, Any]:
        """As `rows`, a numpy array for each column (masked where there is NULL)."""

    def tables(self, queries: Iterable[tuple[str, Query]]) -> Iterator[str]:
        """Make a table of each query and name it when it is there."""

    def rows_of_table(self, query: Query) -> list[tuple[Any, ...]]:
        """As `rows`, of a query over tables that `tables` has made."""

    def columns_of_table(self, query: Query) -> dict[str, Any]:
        """As `rows_of_table`, a numpy array for each column."""

    def describe(self, relation: str) -> dict[str, str]:
        """Column names and DuckDB's names of the SQL types of a table, a view or a parenthesised query."""

    def function(self, name: str, work: Callable[[str], int]) -> None:
        """Make a Python function of a text, which gives a whole number, known to queries as `name`."""

    def close(self) -> None:
        """Free what the engine holds."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
