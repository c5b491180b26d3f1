"""The database behind a register: its address, its connections, its migrations, its errors.

SQLite writes ahead (WAL), checks references, overwrites what is removed, and takes its lock when a
transaction begins, so that two writers wait for each other and never meet half way. PostgreSQL is for a
team.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmtrade.errors import DataError, EngineError, FirmtradeError, MissingExtra
from firmtrade.support.register import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

#: Seconds that a writer waits for another one.
PATIENCE = 60
_POOL = 10
_MIGRATIONS = Path(__file__).parent / "migrations"


def connect(address: str | Path, make: bool = False) -> Engine:
    """An engine for a file or an address; with `make` a file that is not there yet comes into being.

    Raises DataError for an address that cannot be used, MissingExtra where SQLAlchemy is not installed.
    """
    try:
        import sqlalchemy as sa
    except ImportError:
        raise MissingExtra("The agency's register", "agency") from None
    url = _url(sa, str(address), make)
    try:
        if url.get_backend_name() == "sqlite":
            engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"timeout": PATIENCE})
            _prepare_sqlite(sa, engine)
            return engine
        return sa.create_engine(url, pool_size=_POOL, max_overflow=_POOL, pool_timeout=PATIENCE)
    except ModuleNotFoundError:
        raise MissingExtra("A register on PostgreSQL", "database") from None


def _url(sa: Any, address: str, make: bool) -> Any:
    if "://" not in address:
        address = f"sqlite:///{address}"
    try:
        url = sa.make_url(address)
    except (sa.exc.ArgumentError, ValueError):
        raise DataError(
            "The address of the register cannot be read. Give a file, or "
            "postgresql://user:password@host:5432/database (write @ as %40 and / as %2F in a password)."
        ) from None
    kind = url.get_backend_name()
    if kind in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise DataError(f"A register is kept in SQLite or PostgreSQL, not in '{kind}'.")
    if not url.database or url.database == ":memory:":
        raise DataError("A register in SQLite is a file: agency.db")
    if make:  # confidential from the first byte: for its owner only, as are the files that SQLite adds
        Path(url.database).touch(mode=0o600)
    elif not Path(url.database).is_file():
        raise DataError(
            f"There is no register {url.database}. Make one: firmtrade support init {url.database}"
        )
    return url


def _prepare_sqlite(sa: Any, engine: Any) -> None:
    @sa.event.listens_for(engine, "connect")
    def settings(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions are begun here, not by the driver
        for pragma in ("journal_mode=wal", "foreign_keys=on", "synchronous=full", "secure_delete=on"):
            connection.execute(f"pragma {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("begin immediate")


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction: everything in it is written, or nothing. Errors of the database become ours."""
    import sqlalchemy as sa

    try:
        with engine.begin() as connection:
            yield connection
    except FirmtradeError:
        raise
    except sa.exc.IntegrityError as error:
        raise DataError(f"The register refuses it: {_said(error)}. Nothing of it was written.") from None
    except sa.exc.SQLAlchemyError as error:
        raise EngineError(f"{shown(engine)}: {_said(error)}. Nothing of it was written.") from None


def _said(error: Any) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]


def shown(engine: Engine) -> str:
    """The register's address for people, without password and options."""
    url = engine.url.set(query={})
    return (
        str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    )


def migrate(engine: Engine) -> None:
    """Bring the register's tables to what this version expects; a new register gets all of them.

    Everything happens in one transaction. Raises DataError for a database that is something else.
    """
    try:
        from alembic import command
        from alembic.config import Config
    except ImportError:
        raise MissingExtra("Making the agency's register", "agency") from None
    with transaction(engine) as connection:
        if revision(connection) is None and (found := _foreign(connection)):
            raise DataError(
                f"{shown(engine)} is no register: it has a table '{found}'. Name a new or empty one."
            )
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, "head")


def _foreign(connection: Any) -> str:
    import sqlalchemy as sa

    return next(iter(sorted(sa.inspect(connection).get_table_names())), "")


def revision(connection: Connection) -> str | None:
    """Which migration the register has reached; None if it is no register."""
    import sqlalchemy as sa

    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(sa.text("select version_num from alembic_version")).scalar()
    return None if found is None else str(found)


def check(engine: Engine) -> None:
    """Refuse a database that is no register, or one of another version."""
    with transaction(engine) as connection:
        found = revision(connection)
    if found == tables.REVISION:
        return
    name = shown(engine)
    if found is None:
        raise DataError(f"{name} is no register. Make one: firmtrade support init {name}")
    raise DataError(
        f"{name} is a register of version {found}, and this program reads {tables.REVISION}. "
        f"If it is older, bring it up: firmtrade support init {name}; else install a newer firmtrade."
    )


def forget(engine: Engine) -> None:
    """After a removal: write the log of SQLite back and empty it, so that nothing removed stays in it."""
    if engine.url.get_backend_name() == "sqlite":
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("pragma wal_checkpoint(truncate)").fetchall()
