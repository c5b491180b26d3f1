"""What the firms of the exact population file: as for any other population, but for what the tables rest on.

In 2002 the flows of the members of the samples are known, and their employment but for the firms of unknown
size; in 1998 and 2003 employment and value added of the followed firms are known.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from firmtrade.synthesize import amounts
from firmtrade.synthesize import parameters as p
from firmtrade.synthesize.amounts import Books
from firmtrade.synthesize.draw import Draw
from firmtrade.synthesize.exact import People
from firmtrade.synthesize.roles import UNKNOWN_AFTER, UNKNOWN_BEFORE
from firmtrade.synthesize.solution import UNKNOWN_1998, UNKNOWN_2002, Sector


def exact_books(own: People, sectors: dict[str, Sector], draw: Draw) -> Books:
    """Amounts of every year, on record or not."""
    register, firms, staff, added = own.register, own.firms, own.staff, own.added
    settings = register.parameters.firms
    turnover = amounts.draw_turnover(register, firms, staff, added, draw)
    flows = amounts.draw_flows(register, firms, own.patterns, turnover, added, draw)
    unfiled, _, import_, _ = own.roles.status(sectors["services"].followed.shape)
    unknown = {
        "employment": _unknown_staff(own, draw),
        "turnover": amounts.unknown_turnover(settings["turnover"], staff, turnover, draw),
        "value_added": draw.chance(settings["productivity"]["unknown"], *staff.shape),
        **_unknown_flows(own, import_, draw),
    }
    loss = draw.chance(settings["productivity"]["loss"], *staff.shape)
    followed = own.roles.place >= 0
    for year in (1998, 2003):
        unknown["value_added"][own.place(year), followed] = False
        loss[own.place(year), followed] = False
    unknown["value_added"][own.place(1998), unfiled == 1] = True
    filed = amounts.filed_staff(register, firms, staff + 0.02, draw)
    lost = np.where(loss, -settings["productivity"]["loss_size"] * added, added)
    return Books(np.where(followed, staff, filed), lost, turnover, flows, unknown)


def required(own: People) -> np.ndarray:
    """Years x firms with a record for certain: 2002 of members, 1998 to 2003 of followed firms."""
    needed = np.zeros(own.staff.shape, dtype=bool)
    needed[own.place(2002)] = own.roles.member | own.roles.left
    for year in (1998, 2003):
        needed[own.place(year)] = own.roles.place >= 0
    return needed


def _unknown_staff(own: People, draw: Draw) -> np.ndarray:
    unknown = amounts.unknown_staff(own.register, own.firms, draw, own.staff.shape)
    roles, known = own.roles, own.register.cells.size[own.firms.cell] != p.UNKNOWN
    unknown[own.place(2002), known | roles.left] = False
    unknown[own.place(1998)] |= roles.reason == UNKNOWN_BEFORE
    unknown[own.place(2003)] |= roles.reason == UNKNOWN_AFTER
    for year in (1998, 2003):
        unknown[own.place(year), roles.place >= 0] = False
    large = own.register.cells.size[own.firms.cell] >= p.LARGE
    unknown[own.place(1998), large] = False
    return unknown


def _unknown_flows(own: People, import_: Any, draw: Draw) -> dict[str, np.ndarray]:
    unknown = amounts.unknown_flows(own.register.parameters.firms["flows"], draw, own.staff.shape)
    before, now = own.place(1998), own.place(2002)
    for flow in p.FLOWS:
        unknown[flow][now, own.roles.member | own.roles.left] = False
        unknown[flow][before, own.roles.place >= 0] = False
        if flow.startswith("import"):
            unknown[flow][before, import_ == UNKNOWN_1998] = True
            unknown[flow][now, import_ == UNKNOWN_2002] = True
    return unknown
