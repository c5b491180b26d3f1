"""Lotteries: who gets a place, or who is invited, by a seed that is written down before the draw.

A ticket is the SHA-256 of 'SEED|FIRM'; the lowest tickets win. So anybody can draw again by hand, with
`printf 'SEED|FIRM' | sha256sum`, and nobody can prefer a firm without changing the seed or the list of
entrants, whose own SHA-256 is kept. What the draw leaves out is a comparison group that nothing but
chance made: Maryland level 5.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from firmtrade.errors import DataError
from firmtrade.support.register import rows
from firmtrade.support.register.register import Register
from firmtrade.support.register.schema import entity

OFFERED, CONTROL = "offered", "control"
_LEAST = 6  # signs of a seed: fewer could be tried out beforehand one after the other


@dataclass(frozen=True)
class Ticket:
    """An entrant's ticket, its rank (from 1), and on which side of the draw it fell."""

    firm_id: str
    ticket: str
    rank: int
    arm: str


@dataclass(frozen=True)
class Draw:
    """A draw: tickets in their order, and what is needed to repeat it."""

    id: str
    kind: str
    seed: str
    places: int
    entrants_hash: str
    tickets: tuple[Ticket, ...]
    recorded: bool = False

    def of(self, arm: str) -> list[str]:
        """The firms of an arm, by id."""
        return sorted(each.firm_id for each in self.tickets if each.arm == arm)


def ticket(seed: str, entrant: str) -> str:
    """The SHA-256 of 'seed|entrant', in hexadecimal."""
    return hashlib.sha256(f"{seed}|{entrant}".encode()).hexdigest()


def draw(seed: str, entrants: Iterable[str], places: int) -> tuple[Ticket, ...]:
    """All entrants by their tickets, whatever order they came in; the first `places` are offered one."""
    known = list(entrants)
    if len(set(known)) != len(known):
        raise DataError("A firm is on the list of entrants twice: one ticket each.")
    if len(seed.strip()) < _LEAST:
        raise DataError(
            f"A seed needs at least {_LEAST} signs. Take one that nobody can choose, such as the numbers of "
            f"a public lottery on a day named beforehand."
        )
    if not 0 < places < len(known):
        raise DataError(f"A draw needs more entrants than places: {len(known)} for {places}.")
    ordered = sorted((ticket(seed, each), each) for each in known)
    return tuple(
        Ticket(each, drawn, rank, OFFERED if rank <= places else CONTROL)
        for rank, (drawn, each) in enumerate(ordered, 1)
    )


def fingerprint(entrants: Iterable[str]) -> str:
    """The SHA-256 of the sorted entrants, one a line."""
    return hashlib.sha256("\n".join(sorted(entrants)).encode()).hexdigest()


def draw_call(
    register: Register, call_id: str, day: date, seed: str = "", places: int | None = None,
    source: str = "", record: bool = False,
) -> Draw:  # fmt: skip
    """Draw the places of a call among the applications that wait. With `record` all of it is written down.

    A seed that the call already has must be the one given; else it is written down before the draw.
    Raises DataError where the call is still open, or was drawn before.
    """
    call = register.get("calls", call_id)
    waiting = register.read("applications", call_id=call_id, decision="waiting")
    found = f"call-{call_id}"
    _ready(register, call, found, day, seed)
    seed = call["seed"] or seed
    number = places if places is not None else call["places"]
    if number is None:
        raise DataError(f"The call {call_id} does not say how many places there are: --places N.")
    if record and not call["seed"]:
        register.change("calls", call_id, call["version"], seed=seed)
    tickets = draw(seed, [row["firm_id"] for row in waiting], number)
    made = Draw(found, "call", seed, number, fingerprint(each.firm_id for each in tickets), tickets, record)
    if record:
        _keep(register, made, day, source, tickets, call_id)
    return made


def _ready(register: Register, call: dict[str, Any], found: str, day: date, seed: str) -> None:
    name = call["id"]
    if call["selection"] != "lottery":
        raise DataError(f"The call {name} is decided by {call['selection']}, not by lottery.")
    if register.has("draws", found):
        raise DataError(f"The call {name} was drawn already. A draw is not repeated: see the table draws.")
    if call["closes"] is not None and call["closes"].date() > day:
        raise DataError(f"The call {name} is open until {call['closes']:%Y-%m-%d}: draw after it has closed.")
    if call["seed"] and seed and seed != call["seed"]:
        raise DataError(f"The call {name} has the seed '{call['seed']}'; it is not changed.")
    if not call["seed"] and not seed:
        raise DataError(f"The call {name} has no seed yet: --seed, written down before the draw.")


def draw_invitation(
    register: Register, entrants: Iterable[str], places: int, seed: str, day: date, name: str = "",
    source: str = "", controls: int | None = None, record: bool = False,
) -> Draw:  # fmt: skip
    """Draw whom to invite among firms, and as many (or `controls`) to compare them with.

    Only those two groups are written down, all entrants count in the fingerprint.
    """
    known = sorted(entrants)
    found = name or f"invitation-{day}"
    if register.has("draws", found):
        raise DataError(f"There is a draw '{found}' already: --name another one.")
    tickets = draw(seed, known, places)
    last = places + (places if controls is None else controls)
    made = Draw(found, "invitation", seed, places, fingerprint(known), tickets[:last], record)
    if record:
        _keep(register, made, day, source, tickets)
    return made


def _keep(
    register: Register, made: Draw, day: date, source: str, tickets: tuple[Ticket, ...], call_id: str = ""
) -> None:
    """Draw, tickets and, for a call, decisions, in one transaction."""
    head = rows.checked(entity("draws"), {
        "id": made.id, "kind": made.kind, "call_id": call_id or None, "on_date": day, "seed": made.seed,
        "seed_source": source or None, "places": made.places, "entrants": len(tickets),
        "entrants_hash": made.entrants_hash})  # fmt: skip
    lines = [rows.checked(entity("drawn"), {"draw_id": made.id, **vars(each)}) for each in made.tickets]
    stamp = register.stamp()
    with register.transaction() as connection:
        rows.insert(connection, entity("draws"), [head], stamp)
        rows.insert(connection, entity("drawn"), lines, stamp)
        by_firm = {each.firm_id: each for each in made.tickets}
        where = {"call_id": call_id, "decision": "waiting"}
        for row in rows.read(connection, "applications", where) if call_id else ():
            won = by_firm[row["firm_id"]]
            rows.change(connection, entity("applications"), row, {
                "decision": "granted" if won.arm == OFFERED else "refused", "decided_at": stamp.at,
                "decided_by": f"lottery {made.id}",
                "reason": f"rank {won.rank} of {len(tickets)} for {made.places} places"}, stamp)  # fmt: skip


def as_json(made: Draw) -> dict[str, Any]:
    """A draw for JSON."""
    return {"id": made.id, "kind": made.kind, "seed": made.seed, "places": made.places,
            "entrants_hash": made.entrants_hash, "recorded": made.recorded,
            "tickets": [vars(each) for each in made.tickets]}  # fmt: skip
