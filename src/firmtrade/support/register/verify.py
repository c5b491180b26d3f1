"""Every row of a file checked before anything is written: what can go in, and what not and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from firmtrade.errors import DataError
from firmtrade.support.readiness.instrument import versions
from firmtrade.support.register import invariants, kinds, rows
from firmtrade.support.register.schema import Entity, Field
from firmtrade.support.register.sheet import Sheet

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Ready:
    """A row that can be written: its line in the file; `given` are the columns that the file has."""

    line: int
    id: str
    values: dict[str, Any] = field(repr=False)
    given: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rejection:
    """A row that cannot be used: where it stands, why, and what to do. Names no value of a contact."""

    file: str
    row: int
    column: str
    reason: str
    remedy: str


def verified(connection: Connection, table: Entity, sheet: Sheet) -> tuple[list[Ready], list[Rejection]]:
    """(rows that can be written, in the order of the file; rejections, all of a row's faults at once)."""
    ready: list[Ready] = []
    rejected: list[Rejection] = []
    seen: dict[str, int] = {}
    for line, cells in sheet.rows:
        row, faults = _row(table, sheet, line, cells)
        if row is not None and row.id in seen:
            twice = f"'{row.id}' stands in row {seen[row.id]} already"
            faults.append(kinds.Refused(twice, "Keep one of the two rows", table.key[0]))
        if row is not None and not faults:
            seen[row.id] = line
            ready.append(row)
        rejected += [_rejection(table, sheet, line, fault) for fault in faults]
    good = []
    before = rows.by_id(connection, table.name, [row.id for row in ready])
    lost = dict(_too_early(connection, table, ready)) | dict(_without_target(connection, table, ready))
    lost |= dict(_unread(connection, table, ready))
    for row in ready:
        fault = lost.get(row.id) or _impossible(table, row, before.get(row.id))
        if fault:
            rejected.append(_rejection(table, sheet, row.line, fault))
        else:
            good.append(row)
    return good, sorted(rejected, key=lambda each: (each.row, each.column))


def _row(
    table: Entity, sheet: Sheet, line: int, cells: Sequence[Any]
) -> tuple[Ready | None, list[kinds.Refused]]:
    """(the row, its faults); no row if its id cannot be made."""
    width = len(sheet.header)
    if any(cell is not None for cell in cells[width:]):
        wide = f"the row has {len(cells)} cells and the header {width}"
        return None, [kinds.Refused(wide, "Look for a separator inside a value")]
    if sheet.text and len(cells) < width:
        short = f"the row has {len(cells)} cells and the header {width}"
        return None, [
            kinds.Refused(short, "It was cut off, or lacks separators: write a separator for each empty cell")
        ]
    pairs = zip(sheet.header, cells, strict=False)
    given = {name: cell for name, cell in pairs if name not in sheet.skipped}
    values, faults = {}, []
    own_id = table.key == ("id",)
    for each in (Field("id", "id" if own_id else "ref", "Identifier", own_id), *table.fields):
        value, fault = _cell(each, given.get(each.name))
        values[each.name] = value
        faults += [fault] if fault else []
    if faults:
        return None, faults
    try:
        values["id"] = rows.key(table, values, values["id"])
    except DataError as error:
        return None, [kinds.Refused(str(error), "Leave the column id out", "id")]
    own = tuple(each.name for each in table.fields if each.name in given)
    return Ready(line, values["id"], values, own), []


def _cell(each: Field, cell: Any) -> tuple[Any, kinds.Refused | None]:
    try:
        value = kinds.read(each.kind, cell, each.codes)
    except kinds.Refused as fault:
        return None, kinds.Refused(fault.reason, fault.remedy, each.name)
    if value is None and each.kind == "truth":
        return "unknown", None
    if value is None and each.required:
        return None, kinds.Refused("the cell is empty", f"Fill in: {each.title}", each.name)
    return value, None


def _impossible(table: Entity, row: Ready, before: Mapping[str, Any] | None) -> kinds.Refused | None:
    values = row.values
    if before is not None:  # columns that the file lacks stay as they are
        values = {**{each.name: before[each.name] for each in table.fields}, "id": row.id,
                  **{name: row.values[name] for name in row.given}}  # fmt: skip
    try:
        invariants.check(table.name, values, before)
    except kinds.Refused as fault:
        return fault
    return None


def _without_target(
    connection: Connection, table: Entity, ready: Sequence[Ready]
) -> Iterator[tuple[str, kinds.Refused]]:
    """Rows that refer to something that the register does not have."""
    for each in table.fields:
        if not each.refers:
            continue
        wanted = {row.values[each.name] for row in ready} - {None}
        there = rows.by_id(connection, each.refers, wanted).keys()
        for row in ready:
            target = row.values[each.name]
            if target is not None and target not in there:
                lost = f"the register has no '{target}' in {each.refers}"
                yield row.id, kinds.Refused(lost, f"Import {each.refers} first, or correct it", each.name)


def _too_early(
    connection: Connection, table: Entity, ready: Sequence[Ready]
) -> Iterator[tuple[str, kinds.Refused]]:
    """Support that began before its firm was founded: one of the two days is wrong."""
    if table.name != "support":
        return
    firms = rows.by_id(connection, "firms", {row.values["firm_id"] for row in ready})
    for row in ready:
        founded = firms.get(row.values["firm_id"], {}).get("founded_on")
        if founded is not None and row.values["started"] < founded:
            early = f"{row.values['started']} is before the firm was founded, on {founded}"
            yield row.id, kinds.Refused(early, "Correct one of the two", "started")


def _unread(
    connection: Connection, table: Entity, ready: Sequence[Ready]
) -> Iterator[tuple[str, kinds.Refused]]:
    """Answers to questions that the instrument does not have; one of the agency's own cannot be checked."""
    if table.name != "answers":
        return
    heads = rows.by_id(connection, "assessments", {row.values["assessment_id"] for row in ready})
    for row in ready:
        head = heads.get(row.values["assessment_id"], {})
        used = versions().get((head.get("instrument", ""), head.get("instrument_version", "")))
        try:
            if used is not None:
                used.question(row.values["question"]).read(row.values["answer"])
        except DataError as error:
            yield row.id, kinds.Refused(str(error).rstrip("."), "See firmtrade support instrument", "answer")


def _rejection(table: Entity, sheet: Sheet, line: int, fault: kinds.Refused) -> Rejection:
    reason = fault.reason
    if table.name == "contacts":  # a report goes further than the register: no personal data in it
        reason = "the value cannot be used" if "'" in reason else reason
    return Rejection(sheet.file, line, fault.column, reason, fault.remedy.rstrip("."))


def report(rejected: Sequence[Rejection]) -> str:
    """The rejections as CSV: file,row,column,reason,remedy."""
    import csv
    import io

    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["file", "row", "column", "reason", "remedy"])
    writer.writerows([[each.file, each.row, each.column, each.reason, each.remedy] for each in rejected])
    return out.getvalue()
