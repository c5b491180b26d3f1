"""How a migration writes a table and guards it. What is here may grow and must not change its meaning.

A table is drawn as lines 'name kind': text, day, whole, large; ! not null; >firms refers to its id; [a b]
a closed list of codes.

`guard` makes the triggers, the same on both databases. A row is never removed; a change raises the version
by exactly one; and the version before goes to `history` in the same statement, whoever writes. Only rows
of tables guarded with `removable` (personal data) may go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_TYPES = {"text": "Text", "day": "Date", "whole": "Integer", "large": "BigInteger"}
_LINE = re.compile(r"(?P<name>\w+) (?P<kind>\w+)(?P<known>!?)(?:>(?P<to>\w+))?(?: \[(?P<codes>[^\]]*)\])?")


def create(op: Any, name: str, lines: str) -> None:
    """Make the table and an index for each reference."""
    import sqlalchemy as sa

    parts: list[Any] = []
    referring: list[str] = []
    for line in lines.strip().splitlines():
        found = _LINE.fullmatch(line.strip())
        assert found is not None, line
        column, to, codes = found["name"], found["to"], found["codes"]
        primary = column == "id"
        parts.append(
            sa.Column(column, getattr(sa, _TYPES[found["kind"]])(), primary_key=primary,
                      nullable=not found["known"])
        )  # fmt: skip
        if to:
            parts.append(sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{name}_{column}"))
            referring.append(column)
        if codes:
            listed = ", ".join(f"'{code}'" for code in codes.split())
            parts.append(sa.CheckConstraint(f"{column} in ({listed})", name=f"ck_{name}_{column}"))
        if column == "version":
            parts.append(sa.CheckConstraint("version >= 1", name=f"ck_{name}_version"))
    op.create_table(name, *parts)
    for column in referring:
        op.create_index(f"ix_{name}_{column}", name, [column])


def guard(op: Any, name: str, removable: bool = False) -> None:
    """Make the triggers of a table."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        _guard_postgresql(op, name, removable)
        return
    import sqlalchemy as sa

    columns = [column["name"] for column in sa.inspect(connection).get_columns(name)]
    body = ", ".join(f"'{column}', old.{column}" for column in columns)
    _sqlite(op, f"{name}_version", f"before update on {name}", "a change raises the version by one",
            when="new.version <> old.version + 1 or new.id <> old.id")  # fmt: skip
    op.execute(
        f"create trigger {name}_history after update on {name} begin insert into history "
        f"(entity, row_id, version, body, replaced_at, replaced_by) values ('{name}', old.id, old.version, "
        f"json_object({body}), new.recorded_at, new.recorded_by); end"
    )
    if not removable:
        _sqlite(op, f"{name}_keep", f"before delete on {name}", "rows of the register are not removed")


def append_only(op: Any, name: str, removable: str = "") -> None:
    """Refuse changes, and removals too unless the row's entity is `removable`."""
    if op.get_bind().dialect.name != "postgresql":
        _sqlite(op, f"{name}_fixed", f"before update on {name}", f"{name} is never changed")
        when = f"old.entity <> '{removable}'" if removable else "1"
        _sqlite(op, f"{name}_keep", f"before delete on {name}", f"{name} is kept", when)
        return
    op.execute(
        f"create trigger {name}_fixed before update on {name} for each row "
        f"execute function register_refuses()"
    )
    when = f" when (old.entity <> '{removable}')" if removable else ""
    op.execute(
        f"create trigger {name}_keep before delete on {name} for each row{when} "
        f"execute function register_refuses()"
    )
    _no_truncate(op, name)


def functions(op: Any) -> None:
    """The trigger functions of PostgreSQL; SQLite has none."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        "create function register_refuses() returns trigger language plpgsql as $$ begin "
        "raise exception 'rows of the register are not removed or rewritten'; end $$"
    )
    op.execute(
        "create function register_keeps() returns trigger language plpgsql as $$ begin "
        "if new.version <> old.version + 1 or new.id <> old.id then "
        "raise exception 'a change raises the version by one'; end if; "
        "insert into history (entity, row_id, version, body, replaced_at, replaced_by) values "
        "(tg_table_name, old.id, old.version, to_jsonb(old)::text, new.recorded_at, new.recorded_by); "
        "return new; end $$"
    )


def _guard_postgresql(op: Any, name: str, removable: bool) -> None:
    op.execute(
        f"create trigger {name}_history before update on {name} for each row "
        f"execute function register_keeps()"
    )
    if not removable:
        op.execute(
            f"create trigger {name}_keep before delete on {name} for each row "
            f"execute function register_refuses()"
        )
    _no_truncate(op, name)


def _no_truncate(op: Any, name: str) -> None:
    op.execute(
        f"create trigger {name}_whole before truncate on {name} for each statement "
        f"execute function register_refuses()"
    )


def _sqlite(op: Any, name: str, event: str, message: str, when: str = "1") -> None:
    op.execute(f"create trigger {name} {event} when {when} begin select raise(abort, '{message}'); end")


def each(op: Any, tables: Sequence[tuple[str, str]], common: str) -> None:
    """Make and guard several tables that begin with the common columns."""
    for name, lines in tables:
        create(op, name, f"{common.strip()}\n{lines.strip()}")
