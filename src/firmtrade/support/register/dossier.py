"""A firm's dossier: what the register holds about one firm, read in one go. Contacts are not in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firmtrade.support.register import rows
from firmtrade.support.register.rows import Row

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Tables of a dossier, with the field that leads to the firm (or to a row of another table in it).
PARTS = {
    "exports": "firm_id", "accounts": "firm_id", "assessments": "firm_id", "answers": "assessment_id",
    "barriers": "firm_id", "applications": "firm_id", "support": "firm_id", "plans": "firm_id",
    "milestones": "plan_id", "follow_ups": "firm_id", "proposals": "firm_id", "links": "firm_id",
    "entry_cases": "firm_id", "drawn": "firm_id",
}  # fmt: skip
#: What the parts that do not name the firm hang on.
_VIA = {"answers": "assessments", "milestones": "plans"}


@dataclass(frozen=True)
class Dossier:
    """The firm's own row, and the rows about it by table, each in the order of its id."""

    firm: Row
    parts: Mapping[str, tuple[Row, ...]] = field(repr=False)

    @property
    def firm_id(self) -> str:
        """The firm's identifier."""
        return str(self.firm["id"])

    def of(self, table: str) -> tuple[Row, ...]:
        """The rows of a table that are about this firm."""
        return self.parts.get(table, ())


def read_dossiers(connection: Connection, firm_id: str | None) -> list[Dossier]:
    """The dossier of one firm, or of all (None), by id; empty if there is no such firm."""
    firms = rows.read(connection, "firms", {} if firm_id is None else {"id": firm_id})
    found: dict[str, dict[str, list[Row]]] = {row["id"]: defaultdict(list) for row in firms}
    owner: dict[str, dict[str, str]] = {table: {} for table in _VIA.values()}
    for table, column in PARTS.items():
        via = owner.get(_VIA.get(table, ""))
        where = {} if firm_id is None else {column: list(via) if via is not None else firm_id}
        for row in rows.read(connection, table, where):
            firm = via[row[column]] if via is not None else row[column]
            found[firm][table].append(row)
            if table in owner:
                owner[table][row["id"]] = firm
    return [Dossier(row, {name: tuple(part) for name, part in found[row["id"]].items()}) for row in firms]
