"""The default engine: DuckDB in this process, out of core when memory runs out."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from firmtrade._engine.steps import Query
from firmtrade.errors import EngineError


class DuckDB:
    """One in-memory DuckDB database.

    `memory` is DuckDB's limit ("4GB"), `threads` the number of threads (None: all cores).
    Nothing outside the files that a panel names is reached: extensions cannot be loaded.
    """

    name = "duckdb"

    def __init__(self, memory: str | None = None, threads: int | None = None, debug: bool = False) -> None:
        import duckdb

        self._connection = duckdb.connect(":memory:")
        self._failure = duckdb.Error
        self.debug = debug
        # A fixed time zone and no progress bar: the same bytes on every machine, and quiet in a pipe.
        settings: dict[str, Any] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "enable_progress_bar": False,
            "preserve_insertion_order": True,
        }
        if memory:
            settings["memory_limit"] = memory
        if threads:
            settings["threads"] = threads
        for key, value in settings.items():
            self._connection.execute(f"set {key} = '{value}'")

    def execute(self, sql: str, parameters: list[Any] | None = None) -> None:
        """Run a statement for its effect."""
        self._run(sql, sql, parameters)

    def rows(self, query: Query | str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a query and return its rows; counts are int, DECIMAL columns are decimal.Decimal."""
        if isinstance(query, str):
            return self._run(query, query, parameters).fetchall()  # type: ignore[no-any-return]
        if self.debug:
            self._show_steps(query)
        found = self._run(query.name, query.sql, parameters).fetchall()
        return found  # type: ignore[no-any-return]

    def arrays(self, query: Query | str) -> dict[str, Any]:
        """Run a query and return its columns as numpy arrays (masked where there is NULL)."""
        name, sql = (query, query) if isinstance(query, str) else (query.name, query.sql)
        return self._run(name, sql, None).fetchnumpy()  # type: ignore[no-any-return]

    def describe(self, relation: str) -> dict[str, str]:
        """Column names and SQL types of a table, a view or a parenthesised query."""
        return {row[0]: row[1] for row in self.rows(f"describe select * from {relation}")}

    def register(self, name: str, data: Any) -> None:
        """Make a pandas or Arrow table, or a dict of numpy arrays, readable under `name`."""
        self._connection.register(name, data)

    def close(self) -> None:
        """Free the memory and the temporary files."""
        self._connection.close()

    def _run(self, name: str, sql: str, parameters: list[Any] | None) -> Any:
        try:
            return self._connection.execute(sql, parameters) if parameters else self._connection.execute(sql)
        except self._failure as error:
            raise EngineError(f"DuckDB could not run '{name.splitlines()[0]}': {error}") from error

    def _show_steps(self, query: Query, show: Callable[[str], None] = print) -> None:
        for step in query.steps:
            rows = self._run(query.name, query.up_to(step.name).sql + "\nlimit 5", None).fetchall()
            show(f"-- {query.name}: step {step.name}\n{step.sql}")
            for row in rows:
                show("   " + " | ".join("" if value is None else str(value) for value in row))

    def __enter__(self) -> DuckDB:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
