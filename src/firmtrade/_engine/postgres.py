"""PostgreSQL: queries run where the panel's table is, in one transaction that is rolled back at the end.

All that is made there is temporary: views, tables, and two domains that give SQL types the names that the
other engines know. The role needs to read the panel's table and to make temporary tables (TEMP on the
database), nothing else. One snapshot: all scans see the same rows, whatever others write meanwhile.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from firmtrade._engine.dialect import Dialect, PostgresDialect
from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.remote import Remote
from firmtrade.errors import EngineError, MissingExtra

#: Names that the queries use for types, as domains of the session.
_DOMAINS = ('create domain pg_temp.string as text collate "C"', "create domain pg_temp.double as float8")
_OLDEST = 120000
#: DuckDB's name of a PostgreSQL type, by its number in the catalog.
_TYPES = {16: "BOOLEAN", 20: "BIGINT", 21: "SMALLINT", 23: "INTEGER", 25: "VARCHAR", 700: "FLOAT",
          701: "DOUBLE", 1042: "VARCHAR", 1043: "VARCHAR", 1082: "DATE", 1114: "TIMESTAMP",
          1184: "TIMESTAMP"}  # fmt: skip
_NUMERIC, _TEXTS = 1700, 1009
_BACK = {"VARCHAR": 'text collate "C"', "DOUBLE": "float8", "FLOAT": "float4", "TINYINT": "smallint",
         "UTINYINT": "smallint", "USMALLINT": "integer", "UINTEGER": "bigint", "UBIGINT": "numeric(20)",
         "HUGEINT": "numeric(38)"}  # fmt: skip
_UNIT = "\x1f"
_PIECE = 1 << 20


class Postgres(Remote):
    """A connection to a PostgreSQL server, by its address without table."""

    name = "postgres"
    dialect: Dialect = PostgresDialect()

    def __init__(
        self, address: str, memory: str | None = None, threads: int | None = None, debug: bool = False
    ) -> None:
        try:
            import psycopg
            import pyarrow  # noqa: F401
        except ImportError:
            raise MissingExtra("The engine postgres", "postgres") from None
        super().__init__(memory, threads, debug)
        self._failure = psycopg.Error
        self.shown = _shown(address)
        self._made: dict[str, str] = {}
        try:
            self._connection = psycopg.connect(
                plain_address(address), application_name="firmtrade", connect_timeout=10
            )
        except (psycopg.Error, UnicodeError) as error:
            self.cells.close()
            raise EngineError(
                f"PostgreSQL cannot be reached at {_shown(address)}: {_reason(error)}"
            ) from None
        try:
            self._begin(address)
        except BaseException:
            self.close()
            raise

    def _begin(self, address: str) -> None:
        if self._connection.info.server_version < _OLDEST:
            raise EngineError(
                f"PostgreSQL at {_shown(address)} is version "
                f"{self._connection.info.server_version // 10000}; 12 or later is needed."
            )
        try:
            for statement in ("set transaction isolation level repeatable read", "set timezone to 'UTC'",
                              "set search_path to pg_catalog", *_DOMAINS):  # fmt: skip
                self._connection.execute(statement)
        except self._failure as error:
            raise EngineError(
                f"PostgreSQL at {_shown(address)} lets us make nothing temporary ({_reason(error)}). "
                "The role needs the right TEMP on the database:  grant temp on database NAME to ROLE"
            ) from None

    def is_at(self, address: str) -> bool:
        """Whether an address is that of this database, by whomever it is opened."""
        from psycopg.conninfo import conninfo_to_dict

        asked, info = conninfo_to_dict(plain_address(address)), self._connection.info
        host, port = str(asked.get("host") or info.host), int(asked.get("port") or 5432)
        name = str(asked.get("dbname") or asked.get("user") or info.dbname)
        return (host, port, name) == (info.host, info.port, info.dbname)

    def execute(self, sql: str, parameters: list[Any] | None = None) -> None:
        """Run a statement for its effect; there are no parameters."""
        self._run(sql, sql)

    def view(self, name: str, sql: str) -> None:
        """Make, or replace, a temporary view; what was made of the one before goes with it."""
        self._make(name, "view", sql)

    def table(self, name: str, sql: str) -> None:
        """Make, or replace, a temporary table of what a query gives."""
        self._make(name, "table", sql)

    def _make(self, name: str, kind: str, sql: str) -> None:
        self.drop(name)
        self._run(name, f"create temporary {kind} {name} as {sql}")
        if kind == "table":
            self._run(name, f"analyze pg_temp.{name}")
        self._made[name] = kind

    def drop(self, name: str) -> None:
        """Forget a view or table that was made here; nobody else's is touched."""
        if name in self._made:
            self._run(name, f"drop {self._made.pop(name)} if exists pg_temp.{name} cascade")

    def describe(self, relation: str) -> dict[str, str]:
        """Column names and DuckDB's names of the SQL types."""
        cursor = self._run(relation, f"select * from {relation} as described limit 0")
        return {column.name: self._type(column) for column in cursor.description}

    def _type(self, column: Any) -> str:
        if column.type_code == _NUMERIC:
            known = column.precision is not None and column.precision <= 38
            return f"DECIMAL({column.precision},{column.scale})" if known else "DECIMAL(38,9)"
        if column.type_code in _TYPES:
            return _TYPES[column.type_code]
        found = self._found("types", f"select typcategory from pg_type where oid = {column.type_code}")
        return {"S": "VARCHAR", "E": "ENUM"}.get(found[0][0] if found else "", "OTHER")

    def kinds(self, schema: str) -> dict[str, list[str]]:
        """The tables and views that may be read, by schema ('' for all but the system's own)."""
        where = f"n.nspname = {_literal(schema)}" if schema else "n.nspname !~ '^(pg_|information_schema)'"
        found = self._found(
            "tables",
            "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            f"where c.relkind in ('r', 'p', 'v', 'm', 'f') and {where} "
            "and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') order by 1, 2",
        )
        tables: dict[str, list[str]] = {}
        for name, table in found:
            tables.setdefault(name, []).append(table)
        return tables

    def reserved(self, names: list[str]) -> list[str]:
        """Those of the names that PostgreSQL reads as a word of its own: `user` would be the role."""
        listed = ", ".join(_literal(name) for name in names) or "''"
        asked = f"select word from pg_get_keywords() where catcode in ('R', 'T') and word in ({listed})"
        return [word for (word,) in self._found("words", asked)]

    def receive(self, name: str, local: DuckDB, sql: str, folder: Path) -> None:
        """Make a temporary table of what a query here gives, sent with COPY."""
        types = local.describe(f"({sql})")
        columns = ", ".join(f'"{column}" {_back(kind)}' for column, kind in types.items())
        self.drop(name)
        self._run(name, f"create temporary table {name} ({columns})")
        self._made[name] = "table"
        path = folder / f"{name}.csv"
        local.execute(f"copy ({sql}) to '{path}' (format csv, header false)")
        try:
            with (
                path.open("rb") as file,
                self._connection.cursor() as cursor,
                cursor.copy(f"copy pg_temp.{name} from stdin (format csv)") as copy,
            ):
                while piece := file.read(_PIECE):
                    copy.write(piece)
        except self._failure as error:
            raise EngineError(f"PostgreSQL could not take over '{name}': {_reason(error)}") from None
        finally:
            path.unlink()
        self._run(name, f"analyze pg_temp.{name}")

    def _found(self, name: str, sql: str) -> list[tuple[Any, ...]]:
        return self._run(name, sql).fetchall()  # type: ignore[no-any-return]

    def _run(self, name: str, sql: str) -> Any:
        try:
            return self._connection.execute(sql)
        except self._failure as error:
            what = name.splitlines()[0][:200]
            raise EngineError(f"PostgreSQL could not run '{what}': {_reason(error)}") from error

    def _arrow(self, name: str, sql: str) -> Any:
        import pyarrow as pa

        cursor = self._run(name, sql)
        kinds = [(column.name, column.type_code, self._type(column)) for column in cursor.description]
        rows = cursor.fetchall()
        columns = list(zip(*rows, strict=True)) or [()] * len(kinds)
        arrays = [
            _array(list(values), number, kind)
            for values, (_, number, kind) in zip(columns, kinds, strict=True)
        ]
        return pa.Table.from_arrays(arrays, names=[column for column, _, _ in kinds])

    def close(self) -> None:
        """Roll back, so that nothing is left behind, and free what is held here."""
        if not self._connection.closed:
            self._connection.close()
        self.cells.close()


def _back(kind: str) -> str:
    """PostgreSQL's type of one of DuckDB's."""
    return _BACK["VARCHAR"] if kind.startswith("ENUM") else _BACK.get(kind, kind)


def _array(values: list[Any], number: int, kind: str) -> Any:
    """The Arrow array of a column; numbers without a type of their own get the digits that they have."""
    import pyarrow as pa

    if number == _TEXTS:
        pairs = [None if one is None else [_pair(text) for text in one] for one in values]
        exact = pa.decimal128(38, _scale(pair["value"] for one in pairs for pair in one or ()))
        return pa.array(pairs, pa.list_(pa.struct([("value", exact), ("holder", pa.string())])))
    if number == _NUMERIC:
        return pa.array(values, pa.decimal128(38, _scale(values)))
    types = {"BOOLEAN": pa.bool_(), "BIGINT": pa.int64(), "SMALLINT": pa.int16(), "INTEGER": pa.int32(),
             "FLOAT": pa.float32(), "DOUBLE": pa.float64()}  # fmt: skip
    return pa.array(values, types.get(kind, pa.string()))


def _pair(text: str) -> dict[str, Any]:
    """A value and its holder, as the dialect writes them out."""
    value, _, holder = text.partition(_UNIT)
    return {"value": Decimal(value), "holder": holder}


def _scale(values: Any) -> int:
    """The most digits after the point."""
    return max([0, *(-int(v.as_tuple().exponent) for v in values if v is not None)])


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def plain_address(address: str) -> str:
    """The address as the driver takes it: postgresql+psycopg:// is SQLAlchemy's way to say it."""
    scheme, rest = address.split("://", 1)
    return (
        f"{scheme.split('+')[0].replace('postgresql', 'postgres').replace('postgres', 'postgresql')}://{rest}"
    )


def _shown(address: str) -> str:
    """Host and database: no user, no password, no options."""
    return address.split("://", 1)[-1].split("@")[-1].split("?")[0]


def _reason(error: Exception) -> str:
    """The server's words, in one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
