"""Reading and writing rows within a transaction. Whoever calls has the connection and says who writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from firmtrade.errors import DataError
from firmtrade.support.register import invariants, kinds, tables
from firmtrade.support.register.schema import COMMON, Entity, entity

if TYPE_CHECKING:
    from sqlalchemy import Connection

Row = dict[str, Any]
_MANY = 500  # ids in one query: both databases take so many


class Conflict(DataError):
    """Somebody else has changed the row since it was read."""


@dataclass(frozen=True)
class Stamp:
    """Who writes, when, for whom the fact was recorded and in which import; `may` refuses a table."""

    who: str
    at: datetime
    origin: str = "agency"
    batch: str | None = None
    may: Callable[[str], None] = lambda table: None


def checked(table: Entity, given: Mapping[str, Any]) -> Row:
    """All fields of the table with checked values; `id` made from the key where it is not given."""
    for name in given:
        if name != "id":
            table.field(name)
    try:
        row = {
            field.name: kinds.read(field.kind, given.get(field.name), field.codes) for field in table.fields
        }
        identifier = kinds.read("id" if table.key == ("id",) else "ref", given.get("id"))
    except kinds.Refused as error:
        raise DataError(f"{table.name}: {error}") from None
    for field in table.fields:
        if row[field.name] is None and field.kind == "truth":
            row[field.name] = "unknown"
        if field.required and row[field.name] is None:
            raise DataError(f"A row of {table.name} needs {field.name} ({field.title}).")
    return {"id": key(table, row, identifier), **row}


def key(table: Entity, row: Mapping[str, Any], given: str | None) -> str:
    """The id of a row: the one given, or what its key fields make ('F1|2023|export')."""
    if table.key == ("id",):
        if given is None:
            raise DataError(f"A row of {table.name} needs an id.")
        return given
    made = "|".join(str(kinds.plain(row[name])) for name in table.key)
    if given not in (None, made):
        raise DataError(
            f"{table.name}: the id '{given}' is not what its fields make: '{made}'. Leave id out."
        )
    return made


def _valid(table: Entity, row: Row, before: Row | None = None) -> None:
    try:
        invariants.check(table.name, row, before)
    except kinds.Refused as error:
        raise DataError(f"{table.name}, {row['id']}: {error}") from None


def insert(connection: Connection, table: Entity, rows: Iterable[Row], stamp: Stamp) -> int:
    """Write new rows; returns how many."""
    stamp.may(table.name)
    made = []
    for row in rows:
        _valid(table, row)
        made.append(tables.stored(table.name, {**row, "version": 1, **_stamped(stamp)}))
    if made:
        connection.execute(tables.table(table.name).insert(), made)
    return len(made)


def _stamped(stamp: Stamp) -> Row:
    return {
        "origin": stamp.origin,
        "recorded_at": stamp.at,
        "recorded_by": stamp.who,
        "batch_id": stamp.batch,
    }


def change(
    connection: Connection, table: Entity, before: Row, changes: Mapping[str, Any], stamp: Stamp
) -> int:
    """Replace values of a row that is still at the version that was read; returns the new version.

    Raises Conflict if it is not.
    """
    stamp.may(table.name)
    given = {name: before[name] for name in ("id", *(field.name for field in table.fields))}
    after = checked(table, {**given, **changes})
    if after["id"] != before["id"]:
        raise DataError(f"The id of a row of {table.name} does not change.")
    _valid(table, after, before)
    made = tables.table(table.name)
    stored = tables.stored(table.name, {**after, "version": before["version"] + 1, **_stamped(stamp)})
    done = connection.execute(
        made.update().where(made.c.id == before["id"], made.c.version == before["version"]).values(stored)
    )
    if done.rowcount != 1:
        raise Conflict(
            f"{table.name}, {before['id']}: somebody has changed it since version {before['version']} was "
            f"read. Read it again and repeat the change."
        )
    return int(before["version"]) + 1


def read(connection: Connection, name: str, where: Mapping[str, Any], lock: bool = False) -> list[Row]:
    """Rows whose fields have these values (a list: one of them), by id. `lock` keeps other writers out."""
    import sqlalchemy as sa

    query = sa.select(tables.table(name)).where(*_conditions(name, where))
    if lock:
        query = query.with_for_update()
    found = [tables.values(name, row) for row in connection.execute(query).mappings()]
    return sorted(found, key=lambda row: str(row["id"]))


def columns(
    connection: Connection, table: Entity, names: Sequence[str], where: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """Values of these columns, in the order of the id; numbers as float."""
    import sqlalchemy as sa

    made, known = tables.table(table.name), tables.kinds_of(table.name)
    for name in names:
        if name not in known:
            table.field(name)  # raises with the nearest name
    query = sa.select(made.c.id, *(made.c[name] for name in names)).where(*_conditions(table.name, where))
    lines = sorted(
        connection.execute(query), key=lambda line: str(line[0])
    )  # databases sort texts each its way
    found = list(zip(*lines, strict=True))[1:] or [()] * len(names)
    return {name: _decoded(known[name], values) for name, values in zip(names, found, strict=True)}


def _decoded(kind: str, values: Sequence[Any]) -> list[Any]:
    if kind in kinds.PLACES:
        unit = 10.0 ** kinds.PLACES[kind]
        return [None if value is None else value / unit for value in values]
    return [kinds.found(kind, value) for value in values] if kind == "moment" else list(values)


def _conditions(name: str, where: Mapping[str, Any]) -> list[Any]:
    made, known = tables.table(name), entity(name)
    found = []
    for field, value in where.items():
        if field not in made.c:
            known.field(field)  # raises with the nearest name
        many = isinstance(value, (list, tuple, set, frozenset))
        found.append(made.c[field].in_(sorted(value)) if many else made.c[field] == value)
    return found


def count(connection: Connection, name: str, where: Mapping[str, Any]) -> int:
    """How many rows have these values."""
    import sqlalchemy as sa

    query = sa.select(sa.func.count()).select_from(tables.table(name)).where(*_conditions(name, where))
    return int(connection.execute(query).scalar_one())


def by_id(connection: Connection, name: str, ids: Iterable[str], lock: bool = False) -> dict[str, Row]:
    """Rows by id, of those that are there."""
    wanted = sorted(set(ids))
    found: dict[str, Row] = {}
    for start in range(0, len(wanted), _MANY):
        for row in read(connection, name, {"id": wanted[start : start + _MANY]}, lock):
            found[row["id"]] = row
    return found


def one(connection: Connection, name: str, identifier: str, lock: bool = False) -> Row:
    """The row with this id; DataError if there is none."""
    found = by_id(connection, name, [identifier], lock)
    if not found:
        raise DataError(f"The register has no {identifier} in {name}.")
    return found[identifier]


@dataclass(frozen=True)
class Version:
    """A row as it once was: its values, when it was replaced and by whom ('' for the present one)."""

    row: Row
    replaced_at: datetime | None
    replaced_by: str


def versions(connection: Connection, name: str, identifier: str) -> tuple[Version, ...]:
    """All versions of a row, the first one first and the present one last."""
    import json

    import sqlalchemy as sa

    past = tables.table("history")
    query = sa.select(past).where(past.c.entity == name, past.c.row_id == identifier).order_by(past.c.version)
    found = [
        Version(
            tables.values(name, json.loads(row["body"])),
            kinds.found("moment", row["replaced_at"]),
            row["replaced_by"],
        )
        for row in connection.execute(query).mappings()
    ]
    return (*found, Version(one(connection, name, identifier), None, ""))


def said(row: Row) -> Row:
    """A row without the fields that every table has, except its id."""
    common = {field.name for field in COMMON} - {"id"}
    return {name: value for name, value in row.items() if name not in common}
