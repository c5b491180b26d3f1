"""Seat and activity of the firms of the exact population."""

from __future__ import annotations

import numpy as np

from firmtrade.synthesize import parameters as p
from firmtrade.synthesize.draw import Draw, Ints
from firmtrade.synthesize.matching import CONSTRUCTION
from firmtrade.synthesize.roles import Roles
from firmtrade.synthesize.skeleton import Firms, Register, districts_of
from firmtrade.synthesize.solution import Sector

_SHIPS = "35.1"  # medium-low in a division that is medium-high
_SPLIT = ("244", "351", "353")  # groups of another technology than their division


def districts(register: Register, firms: Firms, roles: Roles, sectors: dict[str, Sector], draw: Draw) -> Ints:
    """District of the seat; the members in each region are as many as stored."""
    cells, found = register.cells, firms.region.copy()
    group = np.where(roles.sector == 0, np.where(cells.division[firms.cell] == CONSTRUCTION, 0, 1), 2)
    tables = np.concatenate([sectors[name].regions for name in p.SECTORS[:2]])
    for (code, active), counts in zip(np.ndindex(*tables.shape[:2]), tables.reshape(-1, 3), strict=True):
        here = np.flatnonzero(roles.member & (group == code) & ((cells.pattern[firms.cell] > 0) == active))
        region = np.repeat(np.arange(3), counts)
        region = region[np.argsort(draw.uniform(len(region)), kind="stable")]
        found[here] = districts_of(
            register.parameters.regions["districts"], region, draw.uniform(len(region))
        )
    return found


def classes_of(register: Register, firms: Firms, roles: Roles) -> Ints:
    """Class of 2002.

    Medium-sized high-technology firms trade with everybody (Figure 21), and the exporting
    starters of Figure 22 are counted by division: who would contradict that is in the first class of its
    division.
    """
    cells, codes = register.cells, register.activities
    pattern, size = cells.pattern[firms.cell], cells.size[firms.cell]
    everywhere = (pattern & p.IMPORT > 0) & (pattern & p.EXPORT > 0) & (pattern & 5 > 0) & (pattern & 10 > 0)
    medium = (size == 2) | (size == 3)
    starter = (cells.age[firms.cell] == 0) & (pattern & p.EXPORT > 0)
    ships = np.isin(firms.activity, [i for i, code in enumerate(codes) if code.startswith(_SHIPS)])
    moved = roles.member & ((medium & (~everywhere | ships)) | starter)
    activity = firms.activity.copy()
    for place, code in enumerate(codes):
        if code.replace(".", "")[:3] in _SPLIT:
            plain = next(
                i for i, c in enumerate(codes) if c[:2] == code[:2] and c.replace(".", "")[:3] not in _SPLIT
            )
            activity[moved & (activity == place)] = plain
    return activity
