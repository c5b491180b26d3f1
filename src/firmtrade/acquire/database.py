"""A table of a database, read with SQLAlchemy in chunks. The password is never shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.insert import Inserter, as_text, refuse_twins
from firmtrade.acquire.locate import Located
from firmtrade.acquire.read import Source
from firmtrade.acquire.source import PanelSpec
from firmtrade.errors import DataError, MissingExtra, nearest

_CHUNK = 50_000


def open_database(engine: DuckDB, spec: PanelSpec, located: Located) -> Source:
    """Names and types from the table's description; `Source.fetch` streams the rows.

    A relative path of a SQLite file starts at the study's folder. Rows come in the order in which the
    database gives them, so a row's number is only a hint.
    """
    try:
        import sqlalchemy
    except ImportError:
        raise MissingExtra("Reading a database", "database") from None
    try:
        url = _url(sqlalchemy, located)
        connect = sqlalchemy.create_engine(url)
    except (sqlalchemy.exc.ArgumentError, sqlalchemy.exc.NoSuchModuleError) as error:
        raise DataError(
            f"The address of the database cannot be read: {error}. Example: sqlite:///panel.db"
        ) from None
    except ModuleNotFoundError as error:
        raise DataError(
            f"The driver for this database is not installed ({error.name}). Install it with pip."
        ) from None
    shown = url.render_as_string(hide_password=True)
    try:
        table = _table(sqlalchemy, connect, spec, shown)
        if not _has_rows(sqlalchemy, connect, table):
            raise DataError(f"{shown}: the table '{table.fullname}' has no rows.")
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise _failed(shown, error) from None
    columns = {column.name: "VARCHAR" for column in table.columns}
    refuse_twins(list(columns), f"{shown}, table '{table.fullname}'")

    def fetch(names: Sequence[str], limit: int | None = None) -> tuple[int, ...]:
        into = Inserter(engine, dict.fromkeys(names, "VARCHAR"))
        columns = [_as_it_comes(sqlalchemy, table.columns[name]) for name in names]
        try:
            return (_read(connect, sqlalchemy.select(*columns).limit(limit), into),)
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise _failed(shown, error) from None
        finally:
            connect.dispose()

    named = Located("database", (), f"{shown}, table {table.fullname}", located.url, located.base)
    return Source(
        located=named, columns=columns, lazy=False, fetch=fetch, close=connect.dispose,
        place=lambda file, row: f"table {table.fullname}, row {row + 1}",
    )  # fmt: skip


def _url(sqlalchemy: Any, located: Located) -> Any:
    url = sqlalchemy.make_url(located.url)
    if url.get_backend_name() != "sqlite":
        return url
    if not url.database or url.database == ":memory:":
        raise DataError("A SQLite address names a file: sqlite:///panel.db")
    path = located.base / Path(url.database)
    if not path.is_file():  # SQLite would make an empty one
        raise DataError(f"There is no file '{url.database}' (looked for {path.resolve()}).")
    return url.set(database=str(path))


def _table(sqlalchemy: Any, connect: Any, spec: PanelSpec, shown: str) -> Any:
    """The table or view that the study names, or the only one."""
    schema, _, name = (spec.table or "").rpartition(".")
    look = sqlalchemy.inspect(connect)
    known = sorted(
        {*look.get_table_names(schema=schema or None), *look.get_view_names(schema=schema or None)}
    )
    if not name and len(known) == 1:
        name = known[0]
    if name not in known:
        asked = f"has no table '{spec.table}'" if spec.table else "has several tables"
        raise DataError(
            f'{shown} {asked}.{nearest(name or "?", known)} Write  table = "..."  in [panel]. '
            f"Tables: {', '.join(known[:30]) or 'none'}."
        )
    return sqlalchemy.Table(name, sqlalchemy.MetaData(), schema=schema or None, autoload_with=connect)


def _has_rows(sqlalchemy: Any, connect: Any, table: Any) -> bool:
    with connect.connect() as connection:
        return (
            connection.execute(sqlalchemy.select(sqlalchemy.literal(1)).select_from(table).limit(1)).first()
            is not None
        )


def _read(connect: Any, query: Any, into: Inserter) -> int:
    total = 0
    with connect.connect().execution_options(stream_results=True) as connection:
        for rows in connection.execute(query).partitions(_CHUNK):
            total += into.add([[as_text(cell) for cell in column] for column in zip(*rows, strict=True)], 0)
    return total


def _as_it_comes(sqlalchemy: Any, column: Any) -> Any:
    """The driver's own value: SQLAlchemy would round NUMERIC of SQLite. BOOLEAN is true or false, not 1."""
    if isinstance(column.type, sqlalchemy.Boolean):
        return column
    return sqlalchemy.type_coerce(column, sqlalchemy.types.NullType()).label(column.name)


def _failed(shown: str, error: Exception) -> DataError:
    """The database's own words, without the statement and without an address that holds a password."""
    reason = str(getattr(error, "orig", None) or error).splitlines()[0]
    return DataError(f"{shown} cannot be read: {reason}")
