"""A table of a database, read with SQLAlchemy in chunks. The password is never shown.

The table may be named at the end of the address: postgresql://user@host/db#schema.table
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.address import split_table
from firmtrade.acquire.insert import Inserter, as_text, refuse_twins
from firmtrade.acquire.locate import Located
from firmtrade.acquire.read import Source, relation
from firmtrade.acquire.source import PanelSpec
from firmtrade.errors import DataError, MissingExtra, nearest

_CHUNK = 50_000
_WRITE = (
    "Examples: sqlite:///panel.db or postgresql://user:password@host:5432/database. In a password "
    "write @ as %40, / as %2F, : as %3A, # as %23 and % as %25."
)


def open_database(engine: DuckDB, spec: PanelSpec, located: Located) -> Source:
    """Names and types from the table's description; `Source.fetch` streams the rows.

    A relative path of a SQLite file starts at the study's folder. Rows come in the order in which the
    database gives them, so a row's number is only a hint.
    """
    try:
        import sqlalchemy
    except ImportError:
        raise MissingExtra("Reading a database", "database") from None
    address, named = split_table(located.url)
    url = _url(sqlalchemy, address, located.base)
    connect = _engine(sqlalchemy, url)
    shown = _shown(url)
    try:
        table = _table(sqlalchemy, connect, named or spec.table or "", shown)
        if not _has_rows(sqlalchemy, connect, table):
            raise DataError(f"{shown}: the table '{table.fullname}' has no rows.")
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise _failed(shown, error) from None
    columns = {column.name: "VARCHAR" for column in table.columns}
    refuse_twins(list(columns), f"{shown}, table '{table.fullname}'")

    def fetch(names: Sequence[str], limit: int | None = None) -> tuple[int, ...]:
        into = Inserter(engine, relation(spec), dict.fromkeys(names, "VARCHAR"))
        columns = [_as_it_comes(sqlalchemy, table.columns[name]) for name in names]
        try:
            return (_read(connect, sqlalchemy.select(*columns).limit(limit), into),)
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise _failed(shown, error) from None
        finally:
            connect.dispose()

    where = Located("database", (), f"{shown}, table {table.fullname}", located.url, located.base)
    return Source(
        located=where, columns=columns, lazy=False, fetch=fetch, close=connect.dispose,
        place=lambda file, row: f"table {table.fullname}, row {row + 1}",
    )  # fmt: skip


def _url(sqlalchemy: Any, address: str, base: Path) -> Any:
    """The address in parts. What cannot be read is not shown: it may hold the password."""
    try:
        url = sqlalchemy.make_url(address)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise DataError(f"The address of the database cannot be read. {_WRITE}") from None
    if "@" in (url.host or "") or (url.get_backend_name() != "sqlite" and "@" in (url.database or "")):
        raise DataError(f"The address of the database cannot be read: it has an @ too many. {_WRITE}")
    if url.drivername in ("postgres", "postgresql"):  # psycopg is the driver of our extra
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite":
        return url
    if not url.database or url.database == ":memory:":
        raise DataError("A SQLite address names a file: sqlite:///panel.db")
    path = base / Path(url.database)
    if not path.is_file():  # SQLite would make an empty one
        raise DataError(f"There is no file '{url.database}' (looked for {path.resolve()}).")
    return url.set(database=str(path))


def _engine(sqlalchemy: Any, url: Any) -> Any:
    try:
        return sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool)
    except (sqlalchemy.exc.ArgumentError, TypeError):
        raise DataError(f"There is no database '{url.drivername}'. {_WRITE}") from None
    except ModuleNotFoundError as error:
        raise DataError(
            f"The driver for this database is not installed ({error.name}). Install it with pip."
        ) from None


def _shown(url: Any) -> str:
    """The address for people: no password, and no options, for they may hold one too."""
    return str(url.set(query={}).render_as_string(hide_password=True))


def _table(sqlalchemy: Any, connect: Any, asked: str, shown: str) -> Any:
    """The table or view that the study names, or the only one."""
    schema, _, name = asked.rpartition(".")
    look = sqlalchemy.inspect(connect)
    known = _tables(look, schema)
    if not name and len(known) == 1:
        name = known[0]
    if name in known:
        return sqlalchemy.Table(
            name, sqlalchemy.MetaData(), schema=schema or None, autoload_with=connect, resolve_fks=False
        )
    if not known:  # nothing in that schema, or in none: say what there is
        known = [f"{other}.{table}" for other in look.get_schema_names() for table in _tables(look, other)]
        known = [table for table in known if not table.startswith("information_schema.")]
    elif schema:
        known = [f"{schema}.{table}" for table in known]
    problem = f"has no table '{asked}'" if asked else "has several tables" if known else "has no table"
    raise DataError(
        f'{shown} {problem}.{nearest(asked or "?", known)} Write  table = "..."  in [panel], or #table after '
        f"the address. Tables: {', '.join(known[:30]) or 'none'}."
    )


def _tables(look: Any, schema: str) -> list[str]:
    """Tables and views of a schema ('' for the database's own choice), by name."""
    kinds = [look.get_table_names, look.get_view_names]
    if look.dialect.name == "postgresql":
        kinds.append(look.get_materialized_view_names)
    return sorted({name for kind in kinds for name in kind(schema=schema or None)})


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
