"""A source that the engine reads where it is: a table of its database, Parquet that Spark sees.

Anything else is read here, with all the care that text and spreadsheets need, and handed over.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from firmtrade._engine.remote import Remote
from firmtrade.acquire.address import is_address, split_table, without_password
from firmtrade.acquire.locate import Located, locate
from firmtrade.acquire.read import Source, literal, quoted, relation
from firmtrade.acquire.source import PanelSpec
from firmtrade.errors import DataError, EngineError, nearest

if TYPE_CHECKING:
    from firmtrade._engine.postgres import Postgres
    from firmtrade._engine.spark import Spark

_POSTGRES = re.compile(r"postgres(ql)?(\+\w+)?://", re.IGNORECASE)
#: Addresses of files that Spark reads itself. Those of databases are read here.
_FILES = re.compile(r"(s3a?|s3n|gs|hdfs|abfss?|wasbs?|dbfs|adl|oss|file|viewfs):/", re.IGNORECASE)


def is_postgres(source: str) -> bool:
    """Whether it is the address of a PostgreSQL database."""
    return _POSTGRES.match(source) is not None


def open_native(engine: Remote, spec: PanelSpec, source: str | None, base: Path) -> Source | None:
    """The source as the engine reads it itself, under `panel_source`; None where it cannot."""
    if engine.name == "postgres":
        return _open_postgres(engine, spec, source)  # type: ignore[arg-type]
    return _open_spark(engine, spec, source, base)  # type: ignore[arg-type]


def _open_postgres(engine: Postgres, spec: PanelSpec, source: str | None) -> Source | None:
    named = (source,) if source else spec.files
    if named and not (len(named) == 1 and is_postgres(named[0])):
        return None
    address, table = split_table(named[0]) if named else ("", "")
    if address and not engine.is_at(address):
        raise EngineError(
            f"The panel is in {without_password(address)}, the engine is another database. Name one of them "
            "only, or load the panel's table into the engine's database."
        )
    schema, name = _table(engine, table or spec.table or "")
    _refuse_words(engine, spec)
    where = f"{quoted(schema)}.{quoted(name)}"
    engine.view(relation(spec), f"select *, 0 as __file, 0 as __row from {where}")
    shown = f"{engine.shown}, table {schema}.{name}"
    if not engine.rows(f"select 1 from {relation(spec)} limit 1"):
        raise DataError(f"{shown} has no rows.")
    return Source(
        located=Located("database", (), shown), columns=_columns(engine, spec), lazy=True, typed=True,
        place=lambda file, row: f"table {schema}.{name}",
    )  # fmt: skip


def _table(engine: Postgres, asked: str) -> tuple[str, str]:
    """(schema, name) of the table that is asked for, or of the only one."""
    schema, _, name = asked.rpartition(".")
    known = [(where, table) for where, tables in engine.kinds(schema).items() for table in tables]
    found = [pair for pair in known if pair[1] == name] if name else known
    preferred = [pair for pair in found if pair[0] == "public"] if len(found) > 1 and name else found
    if len(preferred) == 1:
        return preferred[0]
    names = [f"{where}.{table}" for where, table in (found if name and found else known or found)]
    problem = "has several tables" if found else f"has no table '{asked}' that may be read"
    raise DataError(
        f'{engine.shown} {problem}.{nearest(asked or "?", names)} Write  table = "schema.name"  in [panel], '
        f"or #schema.name after the address. Tables: {', '.join(names[:30]) or 'none that may be read'}."
    )


def _refuse_words(engine: Postgres, spec: PanelSpec) -> None:
    """A column of our own called `user` would be the name of the role, without an error."""
    taken = engine.reserved([*spec.columns, *spec.constant])
    if taken:
        raise EngineError(
            f"[panel]: '{taken[0]}' is a word of PostgreSQL and means something else there. Call the column "
            f'otherwise:  columns = {{ {taken[0]}_ = "..." }}. The engines duckdb and spark take it.'
        )


def _open_spark(engine: Spark, spec: PanelSpec, source: str | None, base: Path) -> Source | None:
    named = (source,) if source else spec.files
    name = relation(spec)
    if not named and spec.table:
        engine.view(name, f"select *, 0 as __file, 0 as __row from {spec.table}")
        shown = f"Spark's table {spec.table}"
        return _lazy(engine, spec, shown, lambda file, row: f"table {spec.table}")
    if named and all(_FILES.match(one) for one in named):
        engine.parquet(name, list(named))
        shown = without_password(named[0]) if len(named) == 1 else f"{len(named)} addresses"
        return _lazy(engine, spec, shown, lambda file, row: f"{named[file]}, row {row + 1}")
    if not engine.local or (len(named) == 1 and is_address(named[0])):
        return None
    located = locate(spec, source, base)
    if located.format != "parquet" or not _plain(engine, located):
        return None
    from firmtrade.acquire.parquet import open_parquet

    opened = open_parquet(engine.cells, spec, located)  # what is wrong with the files is said as always
    engine.cells.drop(name)
    engine.parquet(name, [str(path.resolve()) for path in located.files])
    return replace(opened, columns=_columns(engine, spec))


def _plain(engine: Spark, located: Located) -> bool:
    """Whether the files have the same types, and no folder names a column."""
    if any("=" in part for path in located.files for part in path.resolve().parent.parts):
        return False
    if len(located.files) == 1:
        return True
    names = {path.name for path in located.files}
    shapes = [engine.cells.describe(f"read_parquet({literal(str(path))})") for path in located.files]
    return len(names) == len(located.files) and all(shape == shapes[0] for shape in shapes)


def _lazy(engine: Spark, spec: PanelSpec, shown: str, place: object) -> Source:
    if not engine.rows(f"select 1 from {relation(spec)} limit 1"):
        raise DataError(f"{shown} has no rows.")
    return Source(
        located=Located("parquet", (), shown), columns=_columns(engine, spec), lazy=True, typed=True,
        place=place,  # type: ignore[arg-type]
    )  # fmt: skip


def _columns(engine: Remote, spec: PanelSpec) -> dict[str, str]:
    found = engine.describe(relation(spec))
    return {name: kind for name, kind in found.items() if not name.startswith("__")}
