"""Which engine a study runs on, and what is refused there before anything is computed.

engine = "spark" in a study, or --engine at the command line:
duckdb; spark, spark:local[4], a master URL, sc://host:port; postgres, or the address of a database.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from firmtrade.errors import EngineError, StudyError, nearest

if TYPE_CHECKING:
    from firmtrade._engine.engine import Engine
    from firmtrade.study_file import StudySpec

ENGINES = ("duckdb", "spark", "postgres")
#: Keys of the part [engine] of a study file.
KEYS = ("name", "spark", "postgres", "settings")
_MASTER = re.compile(r"(local(\[.*\])?|spark://.+|sc://.+|k8s://.+|yarn)\Z")
_WRITE = "Write duckdb, spark, postgres, or where it is: spark:local[4], sc://host:15002, postgresql://user@host/db."


@dataclass(frozen=True)
class Choice:
    """An engine by name, and where it is: Spark's master, a database's address ('' for DuckDB)."""

    name: str = "duckdb"
    where: str = field(default="", repr=False)  # an address may hold a password
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_engine(entry: Any, file: str) -> dict[str, Any]:
    """The part [engine] of a study file, or its one word, checked."""
    if not entry:
        return {}
    if isinstance(entry, str):
        entry = {"name": entry}
    for key in entry:
        if key not in KEYS:
            raise StudyError(
                f"{file}, [engine]: '{key}' is not known.{nearest(key, KEYS)} Known: {_listed(KEYS)}."
            )
    _named(str(entry.get("name", "duckdb")), f"{file}, [engine]")
    return dict(entry)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words)


def _named(text: str, where: str) -> Choice:
    """'spark:local[2]' as a choice."""
    if text in ENGINES:
        return Choice(text)
    name, _, rest = text.partition(":")
    if name == "spark" and rest and not rest.startswith("//"):
        return Choice("spark", rest)
    if _MASTER.match(text):
        return Choice("spark", text)
    if re.match(r"postgres(ql)?(\+\w+)?://", text):
        return Choice("postgres", text)
    raise StudyError(f"{where}: there is no engine '{name}'.{nearest(name, ENGINES)} {_WRITE}")


def chosen(spec: StudySpec, asked: str | None, panel: str | None) -> Choice:
    """The engine that the command line asks for, else the study's, else DuckDB."""
    entry = spec.engine
    found = _named(asked, "--engine") if asked else _named(str(entry.get("name", "duckdb")), "[engine]")
    settings = {key: _plain(value) for key, value in entry.get("settings", {}).items()}
    if found.name == "duckdb":
        return found
    where = found.where or str(entry.get(found.name, ""))
    if found.name == "spark":
        return Choice("spark", where or os.environ.get("SPARK_REMOTE") or "local[*]", settings)
    return Choice("postgres", where or _address(spec, panel))


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _address(spec: StudySpec, panel: str | None) -> str:
    """The panel's own database."""
    from firmtrade.acquire.address import split_table
    from firmtrade.acquire.native import is_postgres

    files = spec.panel.get("files", ())
    for source in (panel,) if panel else (files,) if isinstance(files, str) else files:
        if source and is_postgres(source):
            return split_table(source)[0]
    raise StudyError(
        "The engine postgres needs a database: give the panel as its table (--panel "
        "postgresql://user@host/db#schema.table), or the database as engine (--engine "
        "postgresql://user@host/db), into which a panel of a file is then loaded as a temporary table."
    )


def refuse(choice: Choice, spec: StudySpec, ledger: bool, models: bool) -> None:
    """Raise EngineError for what the engine cannot do; nothing has been read by then."""
    if choice.name == "duckdb":
        return
    if models and choice.name == "postgres":
        names = ", ".join(model.name for model in spec.models)
        raise EngineError(
            f"The models ({names}) are estimated on the rows of firms, which do not leave PostgreSQL. Leave "
            'them out (without = ["models"]), or run on an engine that reads rows: duckdb, spark.'
        )
    if ledger:
        raise EngineError(
            f"A ledger compares runs firm by firm, which the engine {choice.name} does not do. Engines that "
            "do: duckdb."
        )
    if spec.method.get("method") == "cell-key":
        raise EngineError(
            f"The method cell-key needs the key of each firm (record_key), a function of Python that the "
            f"engine {choice.name} does not have. Engines that have it: duckdb."
        )


def start(choice: Choice, memory: str | None, threads: int | None, debug: bool) -> Engine:
    """The engine, open."""
    if choice.name == "spark":
        from firmtrade._engine.spark import Spark

        return Spark(choice.where, choice.settings, memory, threads, debug)
    if choice.name == "postgres":
        from firmtrade._engine.postgres import Postgres

        return Postgres(choice.where, memory, threads, debug)
    from firmtrade._engine.duckdb import DuckDB

    return DuckDB(memory, threads, debug)
