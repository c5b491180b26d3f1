"""Import of many rows: every row is checked, good rows go in by acknowledged parts, bad ones are reported.

A part is one transaction, which also writes how far the import has come. So a part that was acknowledged
is in the register whatever happens afterwards, and of any other part there is nothing. The same file
carries on where it stopped and is never applied twice. A row whose id is known replaces the row's values
if they differ (the version before stays in the history); a column that the file lacks is left as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from firmtrade.errors import DataError, nearest
from firmtrade.support.register import kinds, rows, tables
from firmtrade.support.register.schema import Entity
from firmtrade.support.register.sheet import Sheet, read_sheet
from firmtrade.support.register.verify import Ready, Rejection, verified
from firmtrade.support.register.zones import a_file, refuse_panel

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from firmtrade.support.register.register import Register

#: Rows in one acknowledged part.
PART = 500


@dataclass(frozen=True)
class Loaded:
    """What an import did: rows that are new, changed, the same as before; those rejected, with the reason.

    `carried_on` counts the rows that an earlier run of the same file brought in; they are not looked at
    again. `dry` says that nothing was written.
    """

    file: str
    table: str
    read: int
    new: int
    changed: int
    same: int
    rejected: tuple[Rejection, ...] = field(repr=False)
    carried_on: int = 0
    dry: bool = False


def load_file(
    register: Register,
    source: object,
    table: Entity,
    origin: str,
    *,
    dry_run: bool = False,
    sheet: str | None = None,
    part: int = PART,
    skip: Sequence[str] = (),
    acknowledge: Callable[[int, int], None] = lambda done, total: None,
) -> Loaded:
    """Import a file into a table. `acknowledge(done, total)` is called after each part that is safe.

    `skip`: columns of the file that are not read, for a file that has more than the table.

    Raises DisclosureError for a statistical panel in whatever form, DataError for a file whose columns do
    not fit. Single rows that cannot be used are left out and are in `Loaded.rejected`.
    """
    register.stamp(origin).may(table.name)  # refuses before anything is read
    path = a_file(source)
    read = read_sheet(path, sheet)
    refuse_panel(read.header, read.file)  # whatever of it is skipped
    read = read.without(skip)
    _columns(table, read)
    with register.transaction() as connection:
        ready, rejected = verified(connection, table, read)
    if dry_run:
        counted = _compare(register, table, ready)
        return _loaded(read, table, counted, rejected, dry=True)
    batch = _begin(register, table, read, origin)
    todo = [row for row in ready if not batch.has(row.line)]
    refused = {row.row for row in rejected}
    counted, done = Counter[str](), 0
    for first in range(0, len(todo), part):
        chunk = todo[first : first + part]
        batch = batch.after(chunk, refused)
        counted += _write(register, batch, table, chunk, origin)
        done += len(chunk)
        acknowledge(done, len(todo))
    _finish(register, batch.after([], refused, read.rows[-1][0] if read.rows else 0), table)
    return _loaded(read, table, counted, rejected, carried_on=len(ready) - len(todo))


@dataclass(frozen=True)
class Batch:
    """How far the import of a file has come: all lines up to `line` are in, except those `waiting`.

    `was` is (line, waiting) as the register has it: another import of the same file must not have moved it.
    """

    id: str
    line: int
    waiting: frozenset[int]
    was: tuple[int, str] = (0, "")

    def has(self, line: int) -> bool:
        """Whether the row on this line of the file was applied before."""
        return line <= self.line and line not in self.waiting

    def after(self, chunk: Sequence[Ready], refused: Collection[int], last: int = 0) -> Batch:
        """The batch when these rows are in; lines passed over that were refused wait for another run."""
        line = max(self.line, last, *(row.line for row in chunk)) if chunk else max(self.line, last)
        passed = {each for each in refused if self.line < each <= line}
        waiting = (self.waiting | passed) - {row.line for row in chunk}
        return Batch(self.id, line, frozenset(waiting), (self.line, _lines(self.waiting)))


def _lines(waiting: Collection[int]) -> str:
    return " ".join(map(str, sorted(waiting)))


def _loaded(
    read: Sheet, table: Entity, counted: Counter[str], rejected: Sequence[Rejection], **more: Any
) -> Loaded:
    return Loaded(
        read.file, table.name, len(read.rows), counted["new"], counted["changed"], counted["same"],
        tuple(rejected), **more,
    )  # fmt: skip


def _columns(table: Entity, read: Sheet) -> None:
    """Refuse a file whose columns are not those of the table."""
    known = ["id", *(field.name for field in table.fields)]
    there = [name for name in read.header if name not in read.skipped]
    for name in there:
        if name not in known:
            raise DataError(
                f"{read.file}: the table {table.name} has no column '{name}'.{nearest(name, known)} "
                f"Columns: {', '.join(known)}. To leave it out: --skip '{name}'."
            )
    twice = [name for name, number in Counter(there).items() if number > 1]
    if twice:
        raise DataError(f"{read.file} has the column '{twice[0]}' more than once.")
    needed = ["id"] * (table.key == ("id",)) + [each.name for each in table.fields if each.required]
    for name in needed:
        if name not in there:
            raise DataError(f"{read.file} lacks the column '{name}', which {table.name} needs.")


def _begin(register: Register, table: Entity, read: Sheet, origin: str) -> Batch:
    """How far an earlier run of this file came; a new batch is written down."""
    made = tables.table("batches")
    stamp = register.stamp(origin)
    name = f"{table.name}-{origin}-{read.digest[:24]}"
    with register.transaction() as connection:
        row = connection.execute(made.select().where(made.c.id == name)).mappings().first()
        if row is not None:
            waiting = frozenset(map(int, row["waiting"].split()))
            return Batch(name, row["acknowledged"], waiting)
        connection.execute(made.insert(), [{
            "id": name, "entity": table.name, "file": read.file, "origin": origin, "acknowledged": 0,
            "waiting": "", "started_at": kinds.written(stamp.at), "who": stamp.who}])  # fmt: skip
    return Batch(name, 0, frozenset())


def _write(
    register: Register, batch: Batch, table: Entity, chunk: Sequence[Ready], origin: str
) -> Counter[str]:
    """One part: its rows and how far the import has come, in one transaction."""
    stamp = register.stamp(origin, batch.id)
    with register.transaction() as connection:
        _advance(connection, batch)
        known = rows.by_id(connection, table.name, [row.id for row in chunk], lock=True)
        fresh = [row.values for row in chunk if row.id not in known]
        rows.insert(connection, table, fresh, stamp)
        counted = Counter({"new": len(fresh), "changed": 0, "same": 0})
        for row in chunk:
            if row.id in known:
                changes = _changes(row, known[row.id])
                counted["changed" if changes else "same"] += 1
                if changes:
                    rows.change(connection, table, known[row.id], changes, stamp)
    return counted


def _advance(connection: Connection, batch: Batch, **more: Any) -> None:
    made = tables.table("batches")
    line, waiting = batch.was
    done = connection.execute(
        made.update()
        .where(made.c.id == batch.id, made.c.acknowledged == line, made.c.waiting == waiting)
        .values(acknowledged=batch.line, waiting=_lines(batch.waiting), **more)
    )
    if done.rowcount != 1:
        raise rows.Conflict("Another import of the same file is running. Wait for it, then repeat this one.")


def _changes(row: Ready, known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row.values[name] for name in row.given if row.values[name] != known[name]}


def _compare(register: Register, table: Entity, ready: Sequence[Ready]) -> Counter[str]:
    """What an import would do."""
    with register.transaction() as connection:
        known = rows.by_id(connection, table.name, [row.id for row in ready])
    counted = Counter[str]()
    for row in ready:
        counted["new" if row.id not in known else "changed" if _changes(row, known[row.id]) else "same"] += 1
    return counted


def _finish(register: Register, batch: Batch, table: Entity) -> None:
    with register.transaction() as connection:
        _advance(connection, batch, done_at=kinds.written(register.stamp().at))
        register.look(connection, "import", None, f"{table.name}, batch {batch.id}")
