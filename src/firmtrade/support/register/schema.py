"""What the register holds: its tables and fields, told once.

From these the database's tables, the import, its messages and the list in the documents are made. The
migrations keep their own frozen copy; a test compares the two. Every table has the common fields as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from firmtrade.errors import DataError, nearest
from firmtrade.support.register.entities import ENTITIES

#: Who may be the origin of a row: the firm itself, the agency's own work, accounts or registers that are
#: public. There is no code for statistics: what was collected for those cannot be written here.
ORIGINS = ("firm", "agency", "public-accounts", "public-register")

#: Kinds of fields; any other kind names the table that the field refers to.
KINDS = (
    "id",
    "text",
    "code",
    "truth",
    "date",
    "moment",
    "year",
    "whole",
    "amount",
    "hours",
    "number",
    "signed",
    "markets",
)


@dataclass(frozen=True)
class Field:
    """A column. `refers` is the table whose id it holds ('' for none); `codes` is a closed list."""

    name: str
    kind: str
    title: str
    required: bool = False
    codes: tuple[str, ...] = ()
    refers: str = ""


@dataclass(frozen=True)
class Entity:
    """A table. `key` are the fields that make its id; ('id',) if the agency gives it one."""

    name: str
    title: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """The field of this name; DataError with the nearest name if there is none."""
        for each in self.fields:
            if each.name == name:
                return each
        known = nearest(name, [each.name for each in self.fields])
        raise DataError(f"The table {self.name} has no column '{name}'.{known}")

    @property
    def named(self) -> bool:
        """Whether a row is about one firm, so that looking at it is logged."""
        return self.name == "firms" or any(each.name == "firm_id" for each in self.fields)


COMMON = (
    Field("id", "ref", "Identifier", required=True),
    Field("version", "whole", "1 when it was written, one more with each change", required=True),
    Field("origin", "code", "Who the row comes from", required=True, codes=ORIGINS),
    Field("recorded_at", "moment", "When this version was written", required=True),
    Field("recorded_by", "text", "Who wrote this version", required=True),
    Field("batch_id", "ref", "The import that wrote it; empty if written by hand"),
)


@cache
def entities() -> Mapping[str, Entity]:
    """All tables by name, in the order in which they can be filled."""
    return {name: _entity(name, *said) for name, said in ENTITIES.items()}


def entity(name: str) -> Entity:
    """The table of this name; DataError with the nearest name if there is none."""
    known = entities()
    plain = name.replace("-", "_")
    if plain not in known:
        raise DataError(
            f"The register has no table '{name}'.{nearest(name, known)} Tables: {', '.join(known)}."
        )
    return known[plain]


def _entity(name: str, title: str, key: str, lines: str) -> Entity:
    fields = [_field(line) for line in lines.strip().splitlines()]
    return Entity(name, title, tuple(key.split()), tuple(fields))


def _field(line: str) -> Field:
    """A line 'name kind! | title'; kind may be code(a,b) or the name of a table, ! means required."""
    head, title = (part.strip() for part in line.split("|", 1))
    name, kind = head.split(None, 1)
    required, kind = kind.endswith("!"), kind.rstrip("!")
    if kind.startswith("code("):
        codes = tuple(code.strip() for code in kind[5:-1].split(","))
        return Field(name, "code", title, required, codes)
    if kind in KINDS:
        return Field(name, kind, title, required)
    return Field(name, "ref", title, required, refers=kind)
