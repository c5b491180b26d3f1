"""The register: the agency's own book of firms, what they told and what they were given.

It belongs to the service zone: what is in it came from the firm, from the agency or from what is public,
and a named firm may be looked up. Who looks says who they are and why, and that is logged in the same
transaction. Nothing here takes a Panel or a Study; see docs/decisions/017-register.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmtrade.errors import DataError
from firmtrade.support.register import database, kinds, rows, tables
from firmtrade.support.register.dossier import Dossier, read_dossiers
from firmtrade.support.register.rights import rights
from firmtrade.support.register.room import Room, room, rooms
from firmtrade.support.register.rows import Row, Stamp, Version
from firmtrade.support.register.schema import ORIGINS, entity

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from firmtrade.support.register.load import Loaded


def now() -> datetime:
    """The time, in UTC: the only clock of the register. A test gives its own."""
    return datetime.now(UTC)


class Register:
    """An open register, for one user and one purpose."""

    def __init__(self, engine: Engine, user: str, purpose: str, clock: Callable[[], datetime] = now) -> None:
        if not user.strip() or not purpose.strip():
            raise DataError("Say who looks into the register and why: --user NAME --purpose REASON.")
        self._engine, self.user, self.purpose, self._clock = engine, user.strip(), purpose.strip(), clock
        with self.transaction() as connection:
            self.rights = rights(connection, self.user, lambda: clock().date())

    @classmethod
    def create(cls, address: str | Path, user: str, purpose: str = "set up", **more: Any) -> Register:
        """Make a register, or bring an older one up to this version. `address` is a file or PostgreSQL."""
        return cls._ready(database.connect(address, make=True), database.migrate, user, purpose, more)

    @classmethod
    def open(cls, address: str | Path, user: str, purpose: str, **more: Any) -> Register:
        """Open a register that is there. `user` and `purpose` go into the log of looks."""
        return cls._ready(database.connect(address), database.check, user, purpose, more)

    @classmethod
    def _ready(
        cls,
        engine: Engine,
        prepare: Callable[[Engine], None],
        user: str,
        purpose: str,
        more: Mapping[str, Any],
    ) -> Register:
        try:
            prepare(engine)
            return cls(engine, user, purpose, **more)
        except BaseException:
            engine.dispose()
            raise

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def __enter__(self) -> Register:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Register {database.shown(self._engine)}, for {self.user}: {self.purpose}>"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction of the database, for modules of the register."""
        with database.transaction(self._engine) as connection:
            yield connection

    def stamp(self, origin: str = "agency", batch: str | None = None) -> Stamp:
        """Who writes now."""
        if origin not in ORIGINS:
            raise DataError(
                f"'{origin}' cannot be the origin of a row: {', '.join(ORIGINS)}. What was collected for "
                f"statistics is not written into the register."
            )
        return Stamp(self.user, self._clock(), origin, batch, self.rights.write)

    # -- writing ---------------------------------------------------------------------------------------------

    def add(self, name: str, /, origin: str = "agency", **values: Any) -> str:
        """Write a new row; returns its id. DataError if a value cannot be, or the id is taken."""
        table = entity(name)
        row = rows.checked(table, values)
        with self.transaction() as connection:
            rows.insert(connection, table, [row], self.stamp(origin))
        return str(row["id"])

    def add_many(self, name: str, given: list[Mapping[str, Any]], origin: str = "agency") -> int:
        """Write new rows in one transaction: all or none."""
        table = entity(name)
        made = [rows.checked(table, values) for values in given]
        with self.transaction() as connection:
            return rows.insert(connection, table, made, self.stamp(origin))

    def change(
        self, name: str, identifier: str, version: int, /, origin: str = "agency", **values: Any
    ) -> int:
        """Change a row that was read at `version`; returns the new version.

        Raises `rows.Conflict` if somebody has changed it since: nothing is overwritten unseen.
        """
        with self.transaction() as connection:
            before = rows.one(connection, entity(name).name, identifier)
            return rows.change(
                connection, entity(name), {**before, "version": version}, values, self.stamp(origin)
            )

    def update(self, name: str, identifier: str, make: Callable[[Row], Mapping[str, Any]]) -> int:
        """Change a row by a function of its values, with the row locked: never a conflict, never a loss."""
        with self.transaction() as connection:
            before = rows.one(connection, entity(name).name, identifier, lock=True)
            return rows.change(connection, entity(name), before, make(rows.said(before)), self.stamp())

    def import_file(self, path: object, name: str, origin: str, **how: Any) -> Loaded:
        """Read a CSV file or a workbook into a table; see `load.load_file`, which says what `how` may be."""
        from firmtrade.support.register.load import load_file

        return load_file(self, path, entity(name), origin, **how)

    def purge_contacts(self, day: date) -> int:
        """Remove contacts whose last day is before `day`, with their history; returns how many."""
        self.rights.write("contacts")
        made, past = tables.table("contacts"), tables.table("history")
        with self.transaction() as connection:
            gone = [row["id"] for row in rows.read(connection, "contacts", {}) if row["keep_until"] < day]
            for identifier in gone:
                connection.execute(made.delete().where(made.c.id == identifier))
                connection.execute(
                    past.delete().where(past.c.entity == "contacts", past.c.row_id == identifier)
                )
            self.look(connection, "purge", None, f"{len(gone)} contacts until {day}")
        database.forget(self._engine)
        return len(gone)

    # -- looking ---------------------------------------------------------------------------------------------

    def get(self, name: str, identifier: str) -> Row:
        """A row by its id, with its version; logged. DataError if there is none."""
        found = self.read(name, id=identifier)
        if not found:
            raise DataError(f"The register has no {identifier} in {entity(name).name}.")
        return found[0]

    def has(self, name: str, identifier: str) -> bool:
        """Whether there is such a row. Tells nothing about a firm, so it is not logged."""
        with self.transaction() as connection:
            return bool(rows.by_id(connection, entity(name).name, [identifier]))

    def read(self, name: str, /, **where: Any) -> list[Row]:
        """Rows by id whose fields have these values (a list: one of them); logged if they name firms."""
        table = entity(name)
        self.rights.read(table.name)
        with self.transaction() as connection:
            found = rows.read(connection, table.name, where)
            if table.named:
                column = "id" if table.name == "firms" else "firm_id"
                firms = {row[column] for row in found}
                self.look(connection, "read", firms.pop() if len(firms) == 1 else None,
                           f"{len(found)} rows of {table.name}")  # fmt: skip
        return found

    def history(self, name: str, identifier: str) -> tuple[Version, ...]:
        """All versions of a row, the present one last; logged."""
        table = entity(name)
        self.rights.read(table.name)
        with self.transaction() as connection:
            found = rows.versions(connection, table.name, identifier)
            firm = identifier if table.name == "firms" else found[-1].row.get("firm_id")
            if table.named:
                self.look(connection, "history", firm, f"{table.name} {identifier}")
        return found

    def count(self, name: str, /, **where: Any) -> int:
        """How many rows: a number names no firm and is not logged."""
        with self.transaction() as connection:
            return rows.count(connection, entity(name).name, where)

    def dossier(self, firm_id: str, action: str) -> Dossier:
        """Everything about a firm except its contacts; logged as `action`. DataError if it is not known."""
        with self.transaction() as connection:
            found = read_dossiers(connection, firm_id)
            if not found:
                raise DataError(f"The register has no firm '{firm_id}'.")
            self.look(connection, action, firm_id, "dossier")
        return found[0]

    def dossiers(self, action: str) -> list[Dossier]:
        """The dossiers of all firms, by id; logged once as `action`."""
        with self.transaction() as connection:
            found = read_dossiers(connection, None)
            self.look(connection, action, None, f"{len(found)} dossiers")
        return found

    def columns(self, name: str, names: Sequence[str], action: str, /, **where: Any) -> dict[str, list[Any]]:
        """Columns of a table, all of the same length, in the order of the id; logged once as `action`.

        For computing over all firms. Numbers come as float, unknown values as None.
        """
        self.rights.read(entity(name).name)
        with self.transaction() as connection:
            found = rows.columns(connection, entity(name), names, where)
            self.look(connection, action, None, f"{len(next(iter(found.values()), []))} rows of {name}")
        return found

    def room(self, firm_id: str, day: date) -> Room:
        """What de minimis aid the firm's undertaking may still be granted on a day; logged."""
        with self.transaction() as connection:
            rows.one(connection, "firms", firm_id)
            self.look(connection, "room", firm_id, f"de minimis on {day}")
            return room(connection, firm_id, day)

    def rooms(self, firms: Iterable[str], day: date) -> dict[str, Room]:
        """The room of each of these firms, as `room`; logged once."""
        with self.transaction() as connection:
            self.look(connection, "room", None, f"de minimis on {day}")
            return rooms(connection, firms, day)

    def horizon(self, day: date) -> int | None:
        """The last year before that of `day` for which any firm's trade is on record; None for none."""
        import sqlalchemy as sa

        made = tables.table("exports")
        with self.transaction() as connection:
            return connection.execute(
                sa.select(sa.func.max(made.c.year)).where(made.c.year < day.year)
            ).scalar()

    # -- the log of looks ------------------------------------------------------------------------------------

    def look(self, connection: Connection, action: str, firm_id: str | None, what: str) -> None:
        """Write down that the user looks at something (firm_id None: at no single firm)."""
        connection.execute(
            tables.table("looks").insert(),
            [{"at": kinds.written(self._clock()), "who": self.user, "purpose": self.purpose,
              "action": action, "firm_id": firm_id, "object": what}],
        )  # fmt: skip

    def looks(self, firm_id: str | None = None) -> list[Row]:
        """Who looked at a firm (or at any), when, why and at what; oldest first."""
        import sqlalchemy as sa

        made = tables.table("looks")
        query = sa.select(made).order_by(made.c.seq)
        if firm_id is not None:
            query = query.where(made.c.firm_id == firm_id)
        with self.transaction() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]
