"""Who may do what in a register: by a role, once there is a row in the table `users` for an admin.

Before that everybody who can open the register may do everything, as in an office of one. The program
holds people to their role; against somebody who opens the file with another program only the rights of the
file or of PostgreSQL help.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from firmtrade.errors import DisclosureError
from firmtrade.support.register import rows

if TYPE_CHECKING:
    from sqlalchemy import Connection

ADMIN = "admin"
#: Tables that an adviser writes: what is about one firm.
FIRM = frozenset({
    "undertakings", "firms", "members", "contacts", "exports", "accounts", "assessments", "answers",
    "barriers", "applications", "support", "aid", "plans", "milestones", "follow_ups", "proposals",
    "entry_cases", "links",
})  # fmt: skip
#: Tables that an analyst writes: what is offered, and what it did (a lottery decides on applications).
OFFER = frozenset({"measures", "calls", "applications", "specifications", "openings", "draws", "drawn"})
#: Role -> the tables that it writes; None stands for all.
WRITES: Mapping[str, frozenset[str] | None] = {
    "reader": frozenset(), "adviser": FIRM, "analyst": OFFER, ADMIN: None,
}  # fmt: skip
#: Roles that see contacts, which are personal data.
CONTACTS = ("adviser", ADMIN)


@dataclass(frozen=True)
class Rights:
    """What a user may do; `role` is '' where no roles are in force."""

    user: str = ""
    role: str = ""

    def write(self, table: str) -> None:
        """Raise DisclosureError if the role does not write this table."""
        mine = WRITES[self.role] if self.role else None
        if mine is not None and table not in mine:
            others = [role for role, theirs in WRITES.items() if theirs is None or table in theirs]
            raise DisclosureError(
                f"{self.user} is {self.role} in this register and may not write {table}: "
                f"{', '.join(others)} may."
            )

    def read(self, table: str) -> None:
        """Raise DisclosureError if the role does not see this table."""
        if self.role and table == "contacts" and self.role not in CONTACTS:
            raise DisclosureError(
                f"{self.user} is {self.role} in this register and may not see contacts, which are personal "
                f"data: {', '.join(CONTACTS)} may."
            )


def rights(connection: Connection, user: str, today: Callable[[], date]) -> Rights:
    """The rights of a user today. DisclosureError for one who has no role where roles are in force."""
    known = {row["who"]: row for row in rows.read(connection, "users", {})}
    if not any(row["role"] == ADMIN for row in known.values()):
        return Rights()
    mine = known.get(user)
    if mine is None or (mine["until"] is not None and mine["until"] < today()):
        state = "has no role" if mine is None else f"had a role until {mine['until']}"
        raise DisclosureError(f"'{user}' {state} in this register. An admin gives one: table users.")
    return Rights(user, mine["role"])
