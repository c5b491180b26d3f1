"""How much de minimis aid a firm's single undertaking may still be granted on a day.

Aid counts on the day on which the right to it was given, whoever paid it out when, and over the whole
group: the grants of all firms that belong to the undertaking on that day, also from the time before they
joined (Regulation (EU) 2023/2831, articles 2(2), 3 and recital 11). Until the end of 2023 the ceiling was
lower and the period three fiscal years, taken as calendar years (Regulation (EU) No 1407/2013).

Of rolling years both ends count: on 5 January 2027 a grant of 5 January 2024 still does (so the Polish
authority reads it), which is the careful reading.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
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
    mine = {row["undertaking_id"] for row in rows.read(connection, "members", {"firm_id": firm_id})}
    group = rows.read(connection, "members", {"undertaking_id": mine}) if mine else []
    firms = {firm_id, *(row["firm_id"] for row in group)}
    return _room(firm_id, day, group, _grants(connection, day, firms))


def rooms(connection: Connection, firms: Iterable[str], day: date) -> dict[str, Room]:
    """The room of each of these firms, read in one go."""
    members = rows.read(connection, "members", {})
    grants = _grants(connection, day, None)
    groups: dict[str, list[Row]] = {}
    for row in members:
        groups.setdefault(row["undertaking_id"], []).append(row)
    mine: dict[str, list[Row]] = {}
    for row in members:
        mine.setdefault(row["firm_id"], []).extend(groups[row["undertaking_id"]])
    return {firm: _room(firm, day, mine.get(firm, []), grants) for firm in firms}


#: Grants by firm: those with an amount, and what those without are called.
Granted = dict[str, tuple[list[Grant], list[str]]]


def _grants(connection: Connection, day: date, firms: Collection[str] | None) -> Granted:
    """De minimis aid that counts on `day`, from the agency and from others."""
    since, _, _ = window(day)
    where = {} if firms is None else {"firm_id": firms}
    own = {row["id"] for row in rows.read(connection, "measures", {"state_aid": "de-minimis"})}
    found: Granted = {}
    told = [(row, row["amount_granted"], f"support {row['id']}")
            for row in rows.read(connection, "support", where) if row["measure_id"] in own]  # fmt: skip
    told += [(row, row["amount"], row["grantor"]) for row in rows.read(connection, "aid", where)]
    for row, amount, by in told:
        if row["granted_on"] is None or not since <= row["granted_on"] <= day:
            continue
        known, unknown = found.setdefault(row["firm_id"], ([], []))
        if amount is None:
            unknown.append(by)
        else:
            known.append(Grant(row["firm_id"], row["granted_on"], amount, by))
    return found


def _room(firm_id: str, day: date, group: list[Row], granted: Granted) -> Room:
    """`group` are the memberships of the undertakings that the firm has belonged to at any time."""
    now = [row for row in group if _belongs(row, day)]
    mine = {row["undertaking_id"] for row in now if row["firm_id"] == firm_id}
    members = sorted({firm_id, *(row["firm_id"] for row in now if row["undertaking_id"] in mine)})
    since, ceiling, source = window(day)
    grants = [grant for member in members for grant in granted.get(member, ([], []))[0]]
    grants.sort(key=lambda grant: (grant.granted_on, grant.firm_id, grant.by))
    unknown = sorted(name for member in members for name in granted.get(member, ([], []))[1])
    told = (tuple(grants), tuple(unknown), source)
    return Room(firm_id, day, min(mine, default=None), tuple(members), since, ceiling, *told)


def _belongs(row: Row, day: date) -> bool:
    return bool(row["since"] <= day and (row["until"] is None or row["until"] >= day))
