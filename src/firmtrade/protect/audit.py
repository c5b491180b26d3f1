"""The attack on figures that are printed changed: what is known of each is an interval, as with hidden ones.

`attack` takes a printed figure for a known one. Here the attacker knows for each figure between which
numbers it must be, because the method is public, all equations between figures, and that counts are whole.
An interval found here is at least as wide as that of an attacker who solves in whole numbers throughout.
"""

from __future__ import annotations

from math import ceil, floor

import numpy as np

from firmtrade.protect.attack import Interval, Report
from firmtrade.protect.attacker import Attacker, Printed
from firmtrade.protect.evidence import NOBODY, Evidence
from firmtrade.protect.primary import Plan
from firmtrade.protect.system import Floats, Ints, System

NEAR = 1e-6  # of the solver


def audit(system: System, rows: Ints, low: Ints, high: Ints, plan: Plan, evidence: Evidence) -> Report:
    """What can be proven of the columns that `plan` says are unsafe, by an outsider and by insiders.

    `low` and `high` are what is known of each column. A holding that fills columns alone knows them; of
    insiders the report has the cases in which one knows somebody else's figure exactly.
    """
    if not len(plan):
        return Report((), (), 0, 0)
    shown = Printed(low.astype(np.float64), high.astype(np.float64))
    alone = np.flatnonzero(evidence.sole != NOBODY)
    work = Attacker(system, shown, rows.astype(np.float64), alone, plan.columns[:0])
    wanted = {
        column: (float(work.values[column]) - down, float(work.values[column]) + up)
        for column, up, down in zip(plan.columns.tolist(), plan.up.tolist(), plan.down.tolist(), strict=True)
    }
    least, most = _ends(work, wanted, low, high)
    outsider = tuple(
        Interval(column, *(float(x[column]) for x in (work.values, least, most)), *wanted[column])
        for column in plan.columns.tolist()
    )
    owners = evidence.sole[alone]
    holdings = sorted(set(owners.tolist()))
    known = [case for one in holdings for case in _exact(work, plan, evidence, one, owners == one)]
    return Report(outsider, tuple(known), len(holdings), work.programs)


def _ends(
    work: Attacker, wanted: dict[int, tuple[float, float]], low: Ints, high: Ints
) -> tuple[Floats, Floats]:
    """How far down and up each unsafe column goes: as far as is asked for, or exact where it is not."""
    least, most = work.values.copy(), work.values.copy()
    for column, (down, up) in wanted.items():
        for sign in (-1, 1):
            # Nothing goes further than what is known of the column itself.
            aim = max(down, float(low[column])) if sign < 0 else min(up, float(high[column]))
            if most[column] >= aim - NEAR if sign > 0 else least[column] <= aim + NEAR:
                continue
            found = work.values + work.system.columns.times(work.reach(column, sign))
            np.minimum(least, found, out=least)
            np.maximum(most, found, out=most)
    whole = np.vectorize(ceil, otypes=[float]), np.vectorize(floor, otypes=[float])
    return whole[0](least - NEAR), whole[1](most + NEAR)


def _exact(
    work: Attacker, plan: Plan, evidence: Evidence, holding: int, own: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> list[Interval]:
    """The unsafe columns of others that a holding knows, when what it fills alone cannot move."""
    least, most = work.values.copy(), work.values.copy()
    found = []
    for column in plan.columns[evidence.sole[plan.columns] != holding].tolist():
        for sign in (-1, 1):
            if most[column] - least[column] >= 1 - NEAR:
                break
            moved = work.values + work.system.columns.times(work.reach(column, sign, own))
            np.minimum(least, moved, out=least)
            np.maximum(most, moved, out=most)
        value = float(work.values[column])
        ends = float(ceil(least[column] - NEAR)), float(floor(most[column] + NEAR))
        if ends[0] == ends[1]:
            found.append(Interval(column, value, *ends, *ends, holding))
    return found
