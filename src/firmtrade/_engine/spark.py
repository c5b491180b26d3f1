"""Spark: a session of this process (local or of a cluster), or a Connect server by its address sc://...

The panel is read by Spark where it is; only queries go there, and only finest cells come back. A session
that is already open (in a notebook, on a platform) is used and left open.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from firmtrade._engine.dialect import Dialect, SparkDialect
from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.quiet import quiet
from firmtrade._engine.remote import Remote
from firmtrade.errors import EngineError, MissingExtra

#: How queries mean the same as on the other engines: errors and not NULL, names in double quotes.
_MEANING = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.session.timeZone": "UTC",
}
_TYPES = {"string": "VARCHAR", "int": "INTEGER", "bigint": "BIGINT", "smallint": "SMALLINT",
          "tinyint": "TINYINT", "double": "DOUBLE", "float": "FLOAT", "boolean": "BOOLEAN", "date": "DATE",
          "timestamp": "TIMESTAMP", "timestamp_ntz": "TIMESTAMP"}  # fmt: skip
_PATIENCE = 10.0  # seconds until a server must answer
_LOG = """rootLogger.level = off
rootLogger.appenderRef.none.ref = none
appender.none.type = Null
appender.none.name = none
"""


class Spark(Remote):
    """A Spark session. `master` is "local[2]", a cluster's master URL, or a Connect server's sc://host:port.

    `settings` are Spark's own, by their names. `memory` ("4GB") is that of a local session.
    """

    name = "spark"
    dialect: Dialect = SparkDialect()

    def __init__(
        self,
        master: str = "local[*]",
        settings: Mapping[str, str] | None = None,
        memory: str | None = None,
        threads: int | None = None,
        debug: bool = False,
    ) -> None:
        self.master = master
        self.connect = master.startswith("sc://")
        self.local = master.startswith("local")
        self._needs()
        super().__init__(memory, threads, debug)
        self._scratch = tempfile.TemporaryDirectory(prefix="firmtrade-spark-")
        self._kept: dict[str, Any] = {}
        try:
            _answers(master)
            with _quiet():
                self._open(dict(settings or {}), memory)
        except EngineError:
            self._tidy()
            raise
        except Exception as error:
            self._tidy()
            raise EngineError(f"Spark cannot be reached at {_shown(master)}: {_reason(error)}") from None

    def _needs(self) -> None:
        extra = "spark-connect" if self.connect else "spark"
        try:
            with _quiet():
                import pyarrow  # noqa: F401
                import pyspark.sql  # noqa: F401

                if self.connect:
                    import grpc  # noqa: F401
        except ImportError:
            raise MissingExtra("The engine spark", extra) from None

    def _open(self, settings: dict[str, str], memory: str | None) -> None:
        from pyspark.sql import SparkSession

        given = {**_MEANING, **{key: str(value) for key, value in settings.items()}}
        if self.connect:
            self._session = SparkSession.builder.remote(self.master).create()
            self._ours = True
        else:
            running = SparkSession.getActiveSession()
            self._ours = running is None
            self._session = running.newSession() if running else self._start(given, memory)
        for key, value in given.items():
            if key.startswith("spark.sql."):
                self._session.conf.set(key, value)
        self._session.sql("select 1").collect()

    def _start(self, settings: dict[str, str], memory: str | None) -> Any:
        from pyspark.sql import SparkSession

        if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
            raise EngineError(
                "Spark needs Java 17 or later, and there is none: install it, or set JAVA_HOME. A Spark "
                "Connect server (--engine sc://host:15002) needs no Java here."
            )
        builder = SparkSession.builder.appName("firmtrade").master(self.master)
        for key, value in {**self._own(memory), **settings}.items():
            builder = builder.config(key, value)
        with nullcontext() if self.debug else quiet(2):
            return builder.getOrCreate()

    def _own(self, memory: str | None) -> dict[str, str]:
        """Settings of a session that we start: quiet, and nothing written where we are called."""
        folder = Path(self._scratch.name)
        log = folder / "log4j2.properties"
        log.write_text(_LOG, encoding="utf-8")
        found = {
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile=file:{log}",
        }
        if self.local:
            workers = re.search(r"\[(\d+)", self.master)
            found |= {
                "spark.driver.host": "127.0.0.1",
                "spark.driver.bindAddress": "127.0.0.1",
                "spark.local.dir": str(folder / "spilled"),
                "spark.sql.shuffle.partitions": workers[1] if workers else "8",
            }
            if memory:
                found["spark.driver.memory"] = memory.lower().replace(" ", "").removesuffix("b")
        return found

    def execute(self, sql: str, parameters: list[Any] | None = None) -> None:
        """Run a statement for its effect; there are no parameters."""
        self._found(sql, sql)

    def view(self, name: str, sql: str) -> None:
        """Make, or replace, a temporary view."""
        self.drop(name)
        with self._as_ours(name):
            self._frame(sql).createOrReplaceTempView(name)

    def table(self, name: str, sql: str) -> None:
        """Make, or replace, a temporary view of what a query gives, kept once it has been read."""
        self.drop(name)
        with self._as_ours(name):
            frame = self._frame(sql).persist()
            frame.createOrReplaceTempView(name)
            self._kept[name] = frame

    def drop(self, name: str) -> None:
        """Forget a temporary view, if there is one of that name."""
        with self._as_ours(name):
            self._session.catalog.dropTempView(name)
            if name in self._kept:
                self._kept.pop(name).unpersist()

    def describe(self, relation: str) -> dict[str, str]:
        """Column names and DuckDB's names of the SQL types."""
        with self._as_ours(relation):
            fields = self._frame(f"select * from {relation}").schema.fields
            return {field.name: _type(field.dataType.simpleString()) for field in fields}

    def parquet(self, name: str, paths: list[str]) -> None:
        """Make a view of Parquet files, with the number of each row's file and its place in it."""
        with self._as_ours(f"read {paths[0]}"):
            frame = self._session.read.parquet(*paths)
            if len(paths) == 1:
                number = "0"
            else:
                whens = " ".join(
                    f"when _metadata.file_path like '%{Path(path).name}' then {n}"
                    for n, path in enumerate(paths)
                )
                number = f"case {whens} end"
            frame.selectExpr(
                "*", f"{number} as __file", "_metadata.row_index as __row"
            ).createOrReplaceTempView(name)

    def receive(self, name: str, local: DuckDB, sql: str, folder: Path) -> None:
        """Make a temporary view of what a query here gives: by way of a file, or sent to a cluster."""
        path = folder / f"{name}.parquet"
        types = local.describe(f"({sql})")
        wide = ", ".join(
            f'cast("{n}" as decimal(38, 0)) as "{n}"' for n, kind in types.items() if kind.endswith("HUGEINT")
        )  # Parquet has no integers of that width, and would have DOUBLE
        given = f"select * replace ({wide}) from ({sql})" if wide else sql
        local.execute(f"copy ({given}) to '{path}' (format parquet)")
        self.drop(name)
        with self._as_ours(name), _quiet():
            if self.local:
                self._session.read.parquet(str(path)).createOrReplaceTempView(name)
                return
            import pyarrow.parquet as pq

            frame = self._session.createDataFrame(pq.read_table(path)).persist()
            frame.createOrReplaceTempView(name)
            self._kept[name] = frame

    def _frame(self, sql: str) -> Any:
        # In Spark a backslash in a text starts an escape; in standard SQL it is a sign like others.
        return self._session.sql(sql.replace("\\", "\\\\"))

    def _found(self, name: str, sql: str) -> list[tuple[Any, ...]]:
        with self._as_ours(name), _quiet():
            return [tuple(row) for row in self._frame(sql).collect()]

    def _arrow(self, name: str, sql: str) -> Any:
        with self._as_ours(name), _quiet():
            return self._frame(sql).toArrow()

    @contextmanager
    def _as_ours(self, name: str) -> Iterator[None]:
        try:
            yield
        except EngineError:
            raise
        except Exception as error:  # py4j, gRPC and Spark have classes of their own, without a common base
            what = name.splitlines()[0][:200]
            raise EngineError(f"Spark could not run '{what}': {_reason(error)}") from error

    def close(self) -> None:
        """Stop the session if we started it, and free what is held here."""
        try:
            for name in list(self._kept):
                self._kept.pop(name).unpersist()
            if self._ours:
                self._session.stop()
        except Exception:  # the cluster may be gone: there is nothing left to free
            pass
        self._tidy()

    def _tidy(self) -> None:
        self.cells.close()
        self._scratch.cleanup()


def _answers(master: str) -> None:
    """Raise EngineError where nobody listens at the master's address: Spark would try for minutes."""
    found = re.match(r"(sc|spark)://([^:/;,]+)(?::(\d+))?", master)
    if found is None:
        return
    port = int(found[3] or {"sc": 15002, "spark": 7077}[found[1]])
    try:
        socket.create_connection((found[2], port), timeout=_PATIENCE).close()
    except OSError as error:
        raise EngineError(
            f"Spark cannot be reached at {_shown(master)}: nobody answers at {found[2]}:{port} ({error})."
        ) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Spark's Python side warns of pandas 3, which it is not asked to use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _type(kind: str) -> str:
    """DuckDB's name of a Spark type."""
    if kind.startswith("decimal"):
        return kind.upper()
    return _TYPES.get(kind, "VARCHAR" if kind.startswith(("varchar", "char")) else "OTHER")


def _shown(master: str) -> str:
    """The address without what may be a token: sc://host:port/;token=... ."""
    return master.split(";")[0].rstrip("/")


def _reason(error: Exception) -> str:
    """The first line of what Spark says, without the JVM's trace."""
    text = str(getattr(error, "desc", "") or getattr(error, "details", None) or error).strip()
    first = next((line for line in text.splitlines() if line.strip()), type(error).__name__)
    return first[:600]
