"""The attack on figures that are printed changed: what is known of each is an interval, as with hidden ones.

`attack` takes a printed figure for a known one. Here the attacker knows for each figure between which
numbers it must be, because the method is public, all equations between figures, and that counts are whole.
An interval found here is at least as wide as that of an attacker who solves in whole numbers throughout.
"""

from __future__ import annotations

import numpy as np

from firmtrade.protect.attack import Interval, Report
from firmtrade.protect.attacker import Attacker, Printed
from firmtrade.protect.evidence import NOBODY, Evidence
from firmtrade.protect.primary import Plan
from firmtrade.protect.system import Floats, Ints, System

NEAR = 1e-6  # of the solver


def audit(system: System, rows: Ints, low: Ints, high: Ints, plan: Plan, evidence: Evidence) -> Report:
    """What can be proven of the columns that `plan` says are unsafe, by an outsider and by insiders.

    `low` and `high` are what is known of each column. A holding knows besides that its own firms are in
    a figure, but not that nobody else is: that would be the true figure. Of insiders the report has the
    cases in which one knows an unsafe figure exactly that is not its own alone.
    """
    if not len(plan):
        return Report((), (), 0, 0)
    work = _attacker(system, rows, low, high)
    wanted = {
        column: (float(work.values[column]) - down, float(work.values[column]) + up)
        for column, up, down in zip(plan.columns.tolist(), plan.up.tolist(), plan.down.tolist(), strict=True)
    }
    tables = _tables(work, wanted, low, high)
    least, most = _whole(tables)
    outsider = tuple(
        Interval(column, float(work.values[column]), float(least[column]), float(most[column]), *ends)
        for column, ends in wanted.items()
    )
    holdings = np.unique(evidence.holder[plan.columns])
    holdings = holdings[holdings != NOBODY]
    programs, known = work.programs, []
    for holding in holdings.tolist():
        own = np.where(evidence.holder == holding, evidence.largest, 0).max(axis=1)
        left = _narrow(tables, own, plan.columns[evidence.sole[plan.columns] != holding])
        if len(left):
            inside = _attacker(system, rows, np.maximum(low, own), high)
            known += _exact(inside, left, holding)
            programs += inside.programs
    return Report(outsider, tuple(known), len(holdings), programs)


def _attacker(system: System, rows: Ints, low: Ints, high: Ints) -> Attacker:
    none = np.zeros(0, dtype=np.int64)
    shown = Printed(low.astype(np.float64), high.astype(np.float64))
    return Attacker(system, shown, rows.astype(np.float64), none, none)


def _tables(work: Attacker, wanted: dict[int, tuple[float, float]], low: Ints, high: Ints) -> Floats:
    """The true table, and tables that fit as well and take each unsafe column down and up.

    They go as far as is asked for, or as far as can be where that is not enough.
    """
    found = [work.values]
    for column, (down, up) in wanted.items():
        for sign in (-1, 1):
            # Nothing goes further than what is known of the column itself.
            aim = max(down, float(low[column])) if sign < 0 else min(up, float(high[column]))
            if all(sign * (table[column] - aim) < -NEAR for table in found):
                found.append(work.values + work.system.columns.times(work.reach(column, sign)))
    return np.array(found)


def _whole(tables: Floats) -> tuple[Floats, Floats]:
    """The least and the largest whole number of each column in these tables and between them."""
    return np.ceil(tables.min(axis=0) - NEAR), np.floor(tables.max(axis=0) + NEAR)


def _narrow(tables: Floats, own: Ints, columns: Ints) -> Ints:
    """The columns for which these tables do not show two whole numbers to who is in figures with `own`.

    A table in which a figure is below that is taken as far as it goes from the true one, the first.
    """
    moves = tables - tables[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(tables < own - NEAR, (tables[0] - own) / -moves, 1.0)
    least, most = _whole(tables[0] + moves * room.min(axis=1)[:, None])
    return columns[least[columns] >= most[columns]]


def _exact(work: Attacker, columns: Ints, holding: int) -> list[Interval]:
    """Those of these columns that a holding knows exactly."""
    found = []
    for column in columns.tolist():
        ends = [work.values + work.system.columns.times(work.reach(column, sign)) for sign in (-1, 1)]
        least, most = (float(end[column]) for end in _whole(np.array(ends)))
        if least == most:
            found.append(Interval(column, float(work.values[column]), least, most, least, most, holding))
    return found
