"""Who of the firms is followed from 1998 to 2003, with which trade status, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from firmtrade.synthesize import parameters as p
from firmtrade.synthesize.draw import Draw, Floats, Ints
from firmtrade.synthesize.skeleton import Firms, Register
from firmtrade.synthesize.solution import UNKNOWN_1998, UNKNOWN_2002, Sector

_CONSTANT, _NEW, _STOPPED, _NEVER = range(4)
#: Why an older firm of 2002 is not followed: employment of 1998 or of 2003 unknown, below one FTE in 1998.
NO_REASON, UNKNOWN_BEFORE, UNKNOWN_AFTER, TINY_BEFORE = range(4)


@dataclass(frozen=True)
class Roles:
    """One entry a firm. `member`: of the two samples of 2002, the foreign-owned included.

    `place` is the position in the flattened table `followed` of the firm's sector (-1: not followed),
    `sector` its place in SECTORS, `left` marks the followed firms that are outside the population of 2002,
    `reason` says why a member is not followed.
    """

    member: np.ndarray
    sector: Ints
    place: Ints
    left: np.ndarray
    reason: Ints

    def status(self, shape: tuple[int, ...]) -> tuple[Ints, ...]:
        """Unfiled value added, export status, import status, cohort; -1 where not followed."""
        found = np.unravel_index(np.maximum(self.place, 0), shape)
        return tuple(np.where(self.place >= 0, part, -1) for part in found)


def choose(register: Register, cell: Ints, member: Ints, sectors: dict[str, Sector], draw: Draw) -> Ints:
    """Place in `followed` for each of the members (positions in `cell`), -1 for those not followed."""
    place = np.full(len(cell), -1)
    cells = register.cells
    for code, name in enumerate(p.SECTORS[:2]):
        followed = sectors[name].followed
        inside = member[(cells.sector[cell[member]] == code) & cells.domestic[cell[member]]]
        for age, exporting, importing in _kinds():
            pattern = cells.pattern[cell[inside]]
            here = (cells.age[cell[inside]] == age) & (
                (pattern & p.EXPORT > 0) == (exporting[0] == _CONSTANT)
            )
            firms = inside[here & ((pattern & p.IMPORT > 0) == (importing[0] == _CONSTANT))]
            wanted = _places(followed, exporting, importing, age)
            place[_taken(cells.size[cell[firms]], firms, len(wanted), draw)] = wanted
    return place


def _kinds() -> Iterator[tuple[int, list[int], list[int]]]:
    for age in range(len(p.AGES)):
        for exporting in ([_CONSTANT, _NEW], [_STOPPED, _NEVER]):
            for importing in ([_CONSTANT, _NEW, UNKNOWN_1998], [_STOPPED, _NEVER]):
                yield age, exporting, importing


def _places(followed: Ints, exporting: list[int], importing: list[int], cohort: int) -> Ints:
    """Places repeated as often as there are firms; those who change nothing last."""
    found = []
    for unfiled in (1, 0):
        for e in sorted(exporting, key=lambda x: x in (_CONSTANT, _NEVER)):
            for i in sorted(importing, key=lambda x: x in (_CONSTANT, _NEVER)):
                place = np.ravel_multi_index((unfiled, e, i, cohort), followed.shape)
                found.append(np.repeat(place, followed[unfiled, e, i, cohort]))
    return np.concatenate(found)


def _taken(size: Ints, firms: Ints, count: int, draw: Draw) -> Ints:
    """So many of the firms, those of known size sooner, in the order of size with much noise."""
    if count > len(firms):
        raise ValueError(f"{count} firms are to be followed and {len(firms)} are there")
    haste = draw.uniform(len(firms)) + np.where(size == p.UNKNOWN, 0.35, 0.0)
    kept = np.sort(np.argsort(haste, kind="stable")[:count])
    score = np.where(size[kept] == p.UNKNOWN, 0, size[kept]) + 1.5 * draw.normal(count)
    return firms[kept[np.argsort(score, kind="stable")]]


def leavers(register: Register, sectors: dict[str, Sector], draw: Draw, among: Ints) -> tuple[Ints, Ints]:
    """Cell and place of the followed manufacturing firms that are outside the population of 2002."""
    followed, cells = sectors["manufacturing"].followed, register.cells
    found_cells, found_places = [], []
    for (unfiled, e, i, c), count in np.ndenumerate(followed):
        if i != UNKNOWN_2002 or not count:
            continue
        exports = cells.pattern[among] & p.EXPORT > 0
        fits = (exports == (e in (_CONSTANT, _NEW))) & (cells.age[among] == c) & (cells.sector[among] == 0)
        fits &= (cells.size[among] != p.UNKNOWN) & cells.domestic[among]
        found_cells.append(among[np.flatnonzero(fits)[draw.pick(np.ones(int(fits.sum())), int(count))]])
        found_places.append(np.repeat(np.ravel_multi_index((unfiled, e, i, c), followed.shape), count))
    return np.concatenate(found_cells), np.concatenate(found_places)


def reasons(register: Register, firms: Firms, roles: Roles, draw: Draw) -> tuple[Firms, Roles]:
    """Members who are not followed exit after 2002, came after 1998, or lack what following needs."""
    life, cells = register.parameters.firms["life"], register.cells
    size, count = cells.size[firms.cell], len(firms.cell)
    outside = roles.member & (roles.place < 0)
    rate = register.exit_rate[firms.cell] * _crowding(roles, outside)
    last = np.where(roles.member, life["last_year"], firms.last)
    last = np.where(outside & (draw.uniform(count) < rate), life["anchor"], last)
    first = np.where(outside & (firms.founded == 1998), np.maximum(firms.first, 1999), firms.first)
    first = np.where(roles.place >= 0, np.minimum(first, 1998), first)
    domestic = cells.domestic[firms.cell]
    needs = outside & domestic & (first <= 1998) & (last == life["last_year"])
    settings = register.parameters.firms["followed"]
    reason = np.full(count, NO_REASON)
    u = draw.uniform(count)
    for code, name in enumerate(p.SECTORS[:2]):
        for small in (True, False):
            here = needs & (roles.sector == code) & ((size == 0) == small)
            steps = np.cumsum(settings[name]["small" if small else "other"])
            reason[here] = 1 + np.minimum(np.searchsorted(steps, u[here], side="right"), 2)
    return replace(firms, first=first, last=last), replace(roles, reason=reason)


def _crowding(roles: Roles, outside: np.ndarray) -> Floats:
    """All exits after 2002 fall on those who are not followed: their chance is that much higher."""
    factor = np.ones(len(outside))
    for code in range(2):
        here = roles.member & (roles.sector == code)
        factor[here] = here.sum() / max((here & outside).sum(), 1)
    return factor
