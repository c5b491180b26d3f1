"""Employment and value added of the followed firms, scaled cell by cell to the stored sums.

A cell is one place in the table `followed` of a sector. Its firms' full-time equivalents of 1998 and 2003 are
multiplied by one factor each, found by bisection on what is filed (tenths of an FTE, within the limits of the
samples); value added likewise, in cents. The years between take factors between.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from firmtrade.synthesize import parameters as p
from firmtrade.synthesize.draw import Floats, Ints
from firmtrade.synthesize.solution import Sector

if TYPE_CHECKING:
    from firmtrade.synthesize.exact import People

_START, _NOW, _END = 1998, 2002, 2003

_ROUNDS = 50
_CUTS = 12
#: EUR; with the largest share of value added in turnover a firm stays below the limit of the samples.
MOST_ADDED = 40e6


@dataclass(frozen=True)
class Factors:
    """By cell, for the two years."""

    start: Floats
    end: Floats


def drawn_sums(own: People, code: int, size: int) -> Floats:
    """Sums by place (4 x `size`) of a sector's followed firms, before calibration."""
    here = np.flatnonzero((own.roles.place >= 0) & (own.roles.sector == code))
    place = own.roles.place[here]
    staff = [
        tenths(own.staff[own.place(_START), here], ceiling=True),
        tenths(own.staff[own.place(_END), here]),
    ]
    money = [own.added[own.place(year), here] for year in (_START, _END)]
    values = [*(part / 10.0 for part in staff), *money]
    return np.stack([np.bincount(place, part, minlength=size) for part in values])


def calibrated(own: People, sectors: dict[str, Sector]) -> People:
    """Employment in what is filed, value added in EUR, with the stored sums for the followed firms."""
    staff, added = np.floor(own.staff * 10.0) / 10.0, own.added.copy()
    first, now, last = (own.place(year) for year in (_START, _NOW, _END))
    steps = np.clip((np.arange(len(staff)) - first) / (last - first), 0.0, 1.0)
    low, high = np.array(own.register.parameters.firms["size"]["limits"])[
        own.register.cells.size[own.firms.cell]
    ].T
    for code, name in enumerate(p.SECTORS[:2]):
        here = np.flatnonzero((own.roles.place >= 0) & (own.roles.sector == code))
        place, size = own.roles.place[here], sectors[name].followed.size
        sums = sectors[name].sums.reshape(4, size)
        filed = np.unravel_index(place, sectors[name].followed.shape)[0] == 0
        factors = staff_factors(own.staff[:, here], place, first, last, sums)
        moved = own.staff[:, here] * between(factors, place, steps)
        scaled = tenths(moved)
        scaled[first] = tenths(moved[first], ceiling=True)
        # The class of 2002 is given: who would be outside is placed near its end. One who left has none.
        edge = np.clip(moved[now], low[here], high[here])
        inside = np.where(edge == moved[now], edge, edge + (own.staff[now, here] - edge) * 0.3)
        classed = np.floor(np.maximum(inside, 1.0) * 10.0)
        scaled[now] = np.where(own.roles.left[here], scaled[now], classed)
        for year, wanted in ((first, sums[0]), (last, sums[1])):
            scaled[year] = exactly(scaled[year], place, np.rint(wanted * 10.0))
        staff[:, here] = scaled / 10.0
        money = money_factors(added[:, here], place, first, last, sums, filed)
        scaled = below(added[:, here] * between(money, place, steps), MOST_ADDED * 0.6, MOST_ADDED)
        scaled[first] = capped(scaled[first], place, sums[2], filed)
        scaled[last] = capped(scaled[last], place, sums[3], np.ones(len(place), dtype=bool))
        added[:, here] = scaled
    return replace(own, staff=staff, added=added)


def staff_factors(staff: Floats, place: Ints, start: int, end: int, sums: Floats) -> Factors:
    """Factors for employment (years x followed firms); `sums`: cells' FTE of the two years."""
    return Factors(
        _bisect(staff[start], place, sums[0] * 10.0, True),
        _bisect(staff[end], place, sums[1] * 10.0, False),
    )


def tenths(values: Floats, ceiling: bool = False) -> Floats:
    """What is filed: whole tenths, cut, not rounded up; nobody has less than one FTE.

    Below 1.5 FTE the values close up towards one, with `ceiling` above 200 FTE towards 250: without bunching.
    """
    soft = np.where(values < 1.5, 1.0 + 0.25 / (2.0 - np.minimum(values, 1.5)), values)
    return np.floor((below(soft, 200.0, 250.0) if ceiling else soft) * 10.0)


def below(values: Floats, bend: float, top: float) -> Floats:
    """Values above the bend close up towards the top, which none reaches."""
    span = top - bend
    return np.where(values > bend, top - span * span / (np.maximum(values, bend) - bend + span), values)


def _bisect(values: Floats, place: Ints, wanted: Floats, ceiling: bool) -> Floats:
    low, high = np.full(len(wanted), 0.02), np.full(len(wanted), 50.0)
    for _ in range(_ROUNDS):
        middle = (low + high) / 2.0
        total = np.bincount(place, tenths(values * middle[place], ceiling), minlength=len(wanted))
        low, high = np.where(total < wanted, middle, low), np.where(total < wanted, high, middle)
    return high


def exactly(values: Floats, place: Ints, wanted: Floats) -> Floats:
    """Whole tenths with the wanted sums by cell: the largest firms give a few, or the smallest get them."""
    values = values.copy()
    lacks = wanted - np.bincount(place, values, minlength=len(wanted))
    order = np.lexsort((values * np.sign(lacks)[place], place))
    rank = np.arange(len(order)) - np.searchsorted(place[order], place[order], side="left")
    count = np.bincount(place, minlength=len(wanted))
    share = np.sign(lacks) * (np.abs(lacks) // np.maximum(count, 1))
    rest = np.abs(lacks) % np.maximum(count, 1)
    cell = place[order]
    values[order] += share[cell] + np.where(rank < rest[cell], np.sign(lacks)[cell], 0.0)
    return values


def money_factors(
    added: Floats, place: Ints, start: int, end: int, sums: Floats, filed: np.ndarray
) -> Factors:
    """Factors for value added; a firm whose 1998 is not filed does not count in the first sum."""
    before = np.bincount(place, np.where(filed, added[start], 0.0), minlength=len(sums[2]))
    after = np.bincount(place, added[end], minlength=len(sums[3]))
    ratios = [np.where(total > 0, wanted / np.where(total > 0, total, 1.0), 1.0)
              for wanted, total in ((sums[2], before), (sums[3], after))]  # fmt: skip
    return Factors(np.where(before > 0, ratios[0], ratios[1]), ratios[1])


def capped(values: Floats, place: Ints, wanted: Floats, counted: np.ndarray) -> Floats:
    """Value added of a year below the cap, with the wanted sums: other firms of the cell take what is cut."""
    values = below(values, MOST_ADDED * 0.6, MOST_ADDED)
    for _ in range(_CUTS):
        values = np.minimum(values, MOST_ADDED)
        total = np.bincount(place, np.where(counted, values, 0.0), minlength=len(wanted))
        values = values * np.where(total > 0, wanted / np.where(total > 0, total, 1.0), 1.0)[place]
    return values


def between(factors: Factors, place: Ints, weights: Floats) -> Floats:
    """Years x firms: the factor of the start where the weight is 0, of the end where it is 1."""
    return (
        factors.start[place] + np.outer(weights, np.ones(len(place))) * (factors.end - factors.start)[place]
    )
