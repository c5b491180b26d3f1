"""Whom to invite: a draw among firms of a segment that nobody has reached, and as many to compare with."""

from __future__ import annotations

from datetime import date

from firmtrade.errors import DataError, nearest
from firmtrade.support.impact.lottery import Draw, draw_invitation
from firmtrade.support.register.register import Register
from firmtrade.support.rules.rule import read_rules
from firmtrade.support.service.segment import population

#: Parts of a dossier that say that the agency has reached the firm, or that a draw has decided on it.
REACHED = ("assessments", "applications", "support", "drawn")


def entrants(register: Register, day: date, segment: str) -> list[str]:
    """Firms of a segment that were never reached and never drawn, by id."""
    segments = read_rules().segments
    if segment not in segments:
        raise DataError(f"There is no segment '{segment}'.{nearest(segment, segments)}")
    return [
        each.firm_id for each in population(register, day)
        if each.code == segment and not any(each.known.dossier.of(table) for table in REACHED)
    ]  # fmt: skip


def invite(
    register: Register, places: int, seed: str, day: date, segment: str = "not-asked", name: str = "",
    source: str = "", record: bool = False,
) -> Draw:  # fmt: skip
    """Draw `places` firms to invite, and as many (or all the others) that are not, to compare with."""
    known = entrants(register, day, segment)
    return draw_invitation(register, known, places, seed, day, name, source, record=record)
