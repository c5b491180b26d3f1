"""The register's tables for SQLAlchemy, made from `schema`; beside them those that the register keeps itself.

`history` has every earlier version of a row, `looks` who looked at which firm and why, `batches` how far an
import got. Triggers, which the migrations make, write the history and refuse what may not be.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from firmtrade.support.register import kinds
from firmtrade.support.register.schema import COMMON, ORIGINS, Field, entities
from firmtrade.support.truth import TRUTHS

if TYPE_CHECKING:
    from sqlalchemy import MetaData, Table

#: The migration that this code expects.
REVISION = "0003"

#: How each kind is kept: texts, whole numbers (cents, micro-units), days.
STORED = {
    **dict.fromkeys(("id", "ref", "text", "code", "truth", "moment", "markets"), "Text"),
    **dict.fromkeys(("year", "whole"), "Integer"),
    **dict.fromkeys(kinds.PLACES, "BigInteger"),
    "date": "Date",
}  # fmt: skip


@cache
def metadata() -> MetaData:
    """All tables; what the migrations make must be the same."""
    import sqlalchemy as sa

    found = sa.MetaData(naming_convention=NAMES)
    for entity in entities().values():
        parts: list[Any] = [_column(sa, field) for field in (*COMMON, *entity.fields)]
        parts += [check for field in (*COMMON, *entity.fields) for check in _checks(sa, entity.name, field)]
        made = sa.Table(entity.name, found, *parts)
        for field in entity.fields:
            if field.refers:
                sa.Index(f"ix_{entity.name}_{field.name}", made.c[field.name])
    _own(sa, found)
    return found


#: Names of constraints, so that a later migration can speak of them.
NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_name)s",
}


def table(name: str) -> Table:
    """A table by its name."""
    return metadata().tables[name]


def _column(sa: Any, field: Field) -> Any:
    refers = [sa.ForeignKey(f"{field.refers}.id")] if field.refers else []
    known = field.required or field.kind == "truth"
    return sa.Column(
        field.name,
        getattr(sa, STORED[field.kind])(),
        *refers,
        primary_key=field.name == "id",
        nullable=not known,
    )


def _checks(sa: Any, entity: str, field: Field) -> list[Any]:
    codes = TRUTHS if field.kind == "truth" else ORIGINS if field.name == "origin" else field.codes
    if codes:
        listed = ", ".join(f"'{code}'" for code in codes)
        return [sa.CheckConstraint(f"{field.name} in ({listed})", name=field.name)]
    return [sa.CheckConstraint("version >= 1", name="version")] if field.name == "version" else []


def _own(sa: Any, found: Any) -> None:
    """The tables that the register keeps itself."""
    text, whole = sa.Text, sa.Integer
    sa.Table(
        "history", found,
        sa.Column("seq", whole, primary_key=True, autoincrement=True),
        sa.Column("entity", text, nullable=False), sa.Column("row_id", text, nullable=False),
        sa.Column("version", whole, nullable=False), sa.Column("body", text, nullable=False),
        sa.Column("replaced_at", text, nullable=False), sa.Column("replaced_by", text, nullable=False),
        sa.Index("ix_history_row", "entity", "row_id", "version", unique=True),
    )  # fmt: skip
    sa.Table(
        "looks", found,
        sa.Column("seq", whole, primary_key=True, autoincrement=True),
        sa.Column("at", text, nullable=False), sa.Column("who", text, nullable=False),
        sa.Column("purpose", text, nullable=False), sa.Column("action", text, nullable=False),
        sa.Column("firm_id", text), sa.Column("object", text, nullable=False),
        sa.Index("ix_looks_firm_id", "firm_id"),
    )  # fmt: skip
    sa.Table(
        "batches", found,
        sa.Column("id", text, primary_key=True), sa.Column("entity", text, nullable=False),
        sa.Column("file", text, nullable=False), sa.Column("origin", text, nullable=False),
        sa.Column("acknowledged", whole, nullable=False), sa.Column("waiting", text, nullable=False),
        sa.Column("started_at", text, nullable=False),
        sa.Column("done_at", text), sa.Column("who", text, nullable=False),
    )  # fmt: skip


@cache
def kinds_of(name: str) -> dict[str, str]:
    """The kind of each column of a table, the common ones too."""
    return {field.name: field.kind for field in (*COMMON, *entities()[name].fields)}


def values(name: str, row: Any) -> dict[str, Any]:
    """A row of the database as values of the fields' kinds."""
    fields = kinds_of(name)
    return {key: kinds.found(fields[key], raw) for key, raw in row.items()}


def stored(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """Values as the database keeps them."""
    fields = kinds_of(name)
    return {key: kinds.kept(fields[key], value) for key, value in row.items()}
