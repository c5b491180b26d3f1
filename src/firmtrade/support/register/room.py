"""How much de minimis aid a firm's single undertaking may still be granted on a day.

Aid counts on the day on which the right to it was given, whoever paid it out when, and over the whole
group: the grants of all firms that belong to the undertaking on that day, also from the time before they
joined (Regulation (EU) 2023/2831, articles 2(2), 3 and recital 11). Until the end of 2023 the ceiling was
lower and the period three fiscal years, taken as calendar years (Regulation (EU) No 1407/2013).

Of rolling years both ends count: on 5 January 2027 a grant of 5 January 2024 still does (so the Polish
authority reads it), which is the careful reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from firmtrade.support.register import rows
from firmtrade.support.register.rows import Row
from firmtrade.support.words import parameter

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Grant:
    """Aid that counts: to whom, when, how much, from where ('support S1' or the name of another body)."""

    firm_id: str
    granted_on: date
    amount: Decimal
    by: str


@dataclass(frozen=True)
class Room:
    """What may still be granted on `day`, in euro; never below zero, `over` is what is above the ceiling.

    `undertaking` is None where no group is on record: the firm is taken alone, and should be asked.
    `unknown` are grants without an amount: the room is then at most what is said.
    """

    firm_id: str
    day: date
    undertaking: str | None
    members: tuple[str, ...]
    since: date
    ceiling: Decimal
    grants: tuple[Grant, ...]
    unknown: tuple[str, ...]
    source: str

    @property
    def used(self) -> Decimal:
        """Aid that counts on that day."""
        return sum((grant.amount for grant in self.grants), Decimal(0))

    @property
    def left(self) -> Decimal:
        """What may still be granted."""
        return max(Decimal(0), self.ceiling - self.used)

    @property
    def over(self) -> Decimal:
        """By how much the ceiling is exceeded."""
        return max(Decimal(0), self.used - self.ceiling)


def window(day: date) -> tuple[date, Decimal, str]:
    """(first day that counts, ceiling, source) for a grant on `day`."""
    rule = parameter("de-minimis", day)
    if rule["count"] == "fiscal":
        first = date(day.year - rule["years"] + 1, 1, 1)
    else:
        leap = (day.month, day.day) == (2, 29)
        first = date(day.year - rule["years"], day.month, 28 if leap else day.day)
    return first, Decimal(rule["ceiling"]), rule["source"]


def room(connection: Connection, firm_id: str, day: date) -> Room:
    """The room of the undertaking that the firm belongs to on `day`."""
    since, ceiling, source = window(day)
    group = _group(connection, firm_id, day)
    members = tuple(sorted({firm_id, *(row["firm_id"] for row in group)}))
    grants, unknown = [], []
    own = {row["id"]: row for row in rows.read(connection, "measures", {"state_aid": "de-minimis"})}
    for row in rows.read(connection, "support", {"firm_id": list(members)}):
        if row["measure_id"] not in own or not _counts(row["granted_on"], since, day):
            continue
        if row["amount_granted"] is None:
            unknown.append(f"support {row['id']}")
        else:
            grants.append(
                Grant(row["firm_id"], row["granted_on"], row["amount_granted"], f"support {row['id']}")
            )
    for row in rows.read(connection, "aid", {"firm_id": list(members)}):
        if _counts(row["granted_on"], since, day):
            grants.append(Grant(row["firm_id"], row["granted_on"], row["amount"], row["grantor"]))
    grants.sort(key=lambda grant: (grant.granted_on, grant.firm_id, grant.by))
    name = group[0]["undertaking_id"] if group else None
    return Room(firm_id, day, name, members, since, ceiling, tuple(grants), tuple(unknown), source)


def _counts(granted_on: date | None, since: date, day: date) -> bool:
    return granted_on is not None and since <= granted_on <= day


def _group(connection: Connection, firm_id: str, day: date) -> list[Row]:
    """All memberships, on that day, of the undertakings that the firm belongs to on that day."""
    mine = {row["undertaking_id"] for row in rows.read(connection, "members", {"firm_id": firm_id})
            if _belongs(row, day)}  # fmt: skip
    found = rows.read(connection, "members", {"undertaking_id": list(mine)}) if mine else []
    return [row for row in found if _belongs(row, day)]


def _belongs(row: Row, day: date) -> bool:
    return row["since"] <= day and (row["until"] is None or row["until"] >= day)
