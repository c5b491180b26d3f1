"""The default engine: DuckDB in this process, out of core when memory runs out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from firmtrade._engine.dialect import DUCKDB, Dialect
from firmtrade._engine.steps import Query
from firmtrade.disk import Scratch
from firmtrade.errors import EngineError, NoRoom, StudyError

#: What the engine says where it cannot write to its temporary files.
_DISK_FULL = ("max_temp_directory_size", "No space left", "File too large", "Disk quota exceeded")
#: Below this the engine cannot hold what one thread works on.
LEAST = 60_000_000
#: What one more thread needs: with a small limit there are fewer of them.
A_THREAD = 125_000_000


def limit(memory: str, where: str = "--memory") -> str:
    """A limit of memory as it is set: '4GB'. `where` is the study file or the option that says it.

    Raises StudyError for what is no amount of memory, or too little to run in.
    """
    if _bytes(memory) < LEAST:
        raise StudyError(
            f"{where}: '{memory}' is not a limit of memory to run in. Write a number with its unit, at least "
            f"{LEAST // 10**6}MB, such as 4GB."
        )
    return memory.strip()


def _bytes(memory: str) -> int:
    """The number of bytes, 0 for what is no amount of memory."""
    found = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?([kmgt])i?b", memory.strip(), re.IGNORECASE)
    return int(float(found[1]) * 1000 ** ("kmgt".index(found[2].lower()) + 1)) if found else 0


class DuckDB:
    """One in-memory DuckDB database.

    `memory` is DuckDB's limit ("4GB"), `threads` the number of threads (None: all cores).
    Nothing outside the files that a panel names is reached: extensions cannot be loaded.
    """

    name = "duckdb"
    here = True
    dialect: Dialect = DUCKDB

    def __init__(self, memory: str | None = None, threads: int | None = None, debug: bool = False) -> None:
        import duckdb

        self._connection = duckdb.connect(":memory:")
        self._failure = duckdb.Error
        self._turn = Lock()  # a connection does one thing at a time
        self._aside: Any = None
        self.debug = debug
        # A fixed time zone and no progress bar: the same bytes on every machine, and quiet in a pipe.
        settings: dict[str, Any] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "enable_progress_bar": False,
            "preserve_insertion_order": True,
        }
        # What does not fit into memory goes to a folder that only we read, not to the one we are called in.
        self._scratch = Scratch()
        settings["temp_directory"] = f"{self._scratch.path}/spilled"
        if memory:
            settings["memory_limit"] = limit(memory)
            threads = threads or max(1, min(os.cpu_count() or 1, _bytes(memory) // A_THREAD))
        if threads:
            settings["threads"] = threads
        for key, value in settings.items():
            text = str(value).replace("'", "''")
            self._connection.execute(f"set {key} = '{text}'")

    def execute(self, sql: str, parameters: list[Any] | None = None) -> None:
        """Run a statement for its effect."""
        self._run(sql, sql, parameters)

    def view(self, name: str, sql: str) -> None:
        """Make, or replace, the view `name`."""
        self.execute(f"create or replace view {name} as {sql}")

    def table(self, name: str, sql: str) -> None:
        """Make, or replace, a temporary table of what a query gives."""
        self.execute(f"create or replace temporary table {name} as {sql}")

    def drop(self, name: str) -> None:
        """Forget a view or table, if there is one of that name."""
        found = self.rows(f"select table_type from information_schema.tables where table_name = '{name}'")
        for (kind,) in found:
            self.execute(f"drop {'view' if kind == 'VIEW' else 'table'} {name} cascade")

    def rows(self, query: Query | str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a query and return its rows; counts are int, DECIMAL columns are decimal.Decimal."""
        if isinstance(query, str):
            return self._run(query, query, parameters)
        if self.debug:
            self._show_steps(query)
        return self._run(query.name, query.sql, parameters)

    def columns(self, query: Query) -> dict[str, Any]:
        """As `rows`, a numpy array for each column (masked where there is NULL)."""
        if self.debug:
            self._show_steps(query)
        with self._turn, self._as_ours(query.name):
            return self._connection.execute(query.sql).fetchnumpy()

    def tables(self, queries: Iterable[tuple[str, Query]]) -> Iterator[str]:
        """Make a table of each query and name it when it is there, while the next is being made.

        What was named is read with `rows_of_table`, which does not wait for the one being made.
        """
        with ThreadPoolExecutor(1) as worker:
            made: list[tuple[str, Future[None]]] = []
            try:
                # Making the queries may fail, or be stopped, while the first of them runs.
                for name, query in queries:
                    made.append((name, worker.submit(self._make, name, query)))
                for name, done in made:
                    done.result()
                    yield name
            finally:
                worker.shutdown(wait=False, cancel_futures=True)
                while running := [done for _, done in made if not done.done()]:
                    self._connection.interrupt()
                    wait(running, timeout=0.05)

    def rows_of_table(self, query: Query) -> list[tuple[Any, ...]]:
        """As `rows`, of a query over tables that `tables` has made."""
        if self._aside is None:
            self._aside = self._connection.cursor()
        if self.debug:
            self._show_steps(query)
        return self._found(self._aside, query.name, query.sql, None)

    def columns_of_table(self, query: Query) -> dict[str, Any]:
        """As `rows_of_table`, a numpy array for each column."""
        if self._aside is None:
            self._aside = self._connection.cursor()
        with self._as_ours(query.name):
            return self._aside.execute(query.sql).fetchnumpy()  # type: ignore[no-any-return]

    def _make(self, name: str, query: Query) -> None:
        if self.debug:
            self._show_steps(query)
        self._run(query.name, f"create or replace table {name} as\n{query.sql}", None)

    def describe(self, relation: str) -> dict[str, str]:
        """Column names and SQL types of a table, a view or a parenthesised query."""
        return {row[0]: row[1] for row in self.rows(f"describe select * from {relation}")}

    def register(self, name: str, data: Any) -> None:
        """Make a pandas or Arrow table, or a dict of numpy arrays, readable under `name`."""
        self._connection.register(name, data)

    def function(self, name: str, work: Callable[[str], int]) -> None:
        """Make a Python function of a text, which gives a whole number, known to queries as `name`."""
        self._connection.create_function(name, work, ["VARCHAR"], "BIGINT")

    def close(self) -> None:
        """Free the memory and the temporary files."""
        if self._aside is not None:
            self._aside.close()
        self._connection.close()
        self._scratch.remove()

    def _run(self, name: str, sql: str, parameters: list[Any] | None) -> list[tuple[Any, ...]]:
        with self._turn:
            return self._found(self._connection, name, sql, parameters)

    def _found(
        self, connection: Any, name: str, sql: str, parameters: list[Any] | None
    ) -> list[tuple[Any, ...]]:
        with self._as_ours(name):
            ran = connection.execute(sql, parameters) if parameters else connection.execute(sql)
            return ran.fetchall()  # type: ignore[no-any-return]

    @contextmanager
    def _as_ours(self, name: str) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            if "interrupted" not in str(error):
                raise
            raise KeyboardInterrupt from None  # the engine has swallowed what the signal raised
        except self._failure as error:
            raise _told(name.splitlines()[0], str(error), self._scratch.path) from error

    def _show_steps(self, query: Query, show: Callable[[str], None] = print) -> None:
        for step in query.steps:
            rows = self._run(query.name, query.up_to(step.name).sql + "\nlimit 5", None)
            show(f"-- CONFIDENTIAL: rows of the panel. {query.name}: step {step.name}\n{step.sql}")
            for row in rows:
                show("   " + " | ".join("" if value is None else str(value) for value in row))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _told(name: str, error: str, scratch: Path) -> EngineError:
    """What the engine says of a query, with what to do where memory or the disk is too small."""
    if any(sign in error for sign in _DISK_FULL):
        return NoRoom(
            f"The disk is full to which work goes that does not fit into memory ({scratch.parent}): "
            f"{error.splitlines()[0]}. Make space there, set TMPDIR to a folder with space, or allow more "
            "memory with --memory."
        )
    if "Out of Memory" in error:
        return NoRoom(
            "A query needs more memory than it may have. Allow more, such as --memory 8GB. "
            f"DuckDB says: {error.splitlines()[0]}"
        )
    return EngineError(f"DuckDB could not run '{name}': {error}")
