"""The audit: how closely each hidden figure can be bounded, by an outsider and by each insider.

All tables count together, with what is printed (rounding included), what cannot be negative and the
structure down to its empty cells. Each solution of the attacker's program is evidence for every figure
(harvesting), so most figures need no program of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from firmtrade.protect.attacker import Attacker, Printed, fitting
from firmtrade.protect.evidence import NOBODY, Evidence
from firmtrade.protect.primary import Plan
from firmtrade.protect.system import Floats, Ints, System

NEAR = 1e-6  # relative tolerance of the solver


@dataclass(frozen=True)
class Interval:
    """A hidden column: what the attacker can prove, what the rule asks, and whether that is enough.

    `low` and `high` are exact ends if `exact_ends`, else the attacker's interval is at least that wide.
    `holding` is the insider, NOBODY for an outsider.
    """

    column: int
    value: float
    low: float
    high: float
    wanted_low: float
    wanted_high: float
    holding: int = NOBODY

    @property
    def protected(self) -> bool:
        """The interval covers what the rule asks."""
        near = NEAR * max(1.0, abs(self.value), self.wanted_high - self.wanted_low)
        return self.low <= self.wanted_low + near and self.high >= self.wanted_high - near

    @property
    def exact(self) -> bool:
        """The attacker knows the figure."""
        return self.high - self.low <= NEAR * max(1.0, abs(self.value))


@dataclass(frozen=True)
class Report:
    """Intervals of hidden columns for an outsider; of insiders only the cases that are not protected."""

    outsider: tuple[Interval, ...]
    insiders: tuple[Interval, ...]
    insiders_tried: int
    programs: int

    @property
    def unprotected(self) -> tuple[Interval, ...]:
        """What an outsider can bound more closely than the rules allow."""
        return tuple(interval for interval in self.outsider if not interval.protected)

    def summary(self) -> dict[str, int]:
        """Counts for the custodian."""
        return {
            "hidden": len(self.outsider),
            "under-protected": len(self.unprotected),
            "exact": sum(interval.exact for interval in self.outsider),
            "insiders": self.insiders_tried,
            "under-protected for insiders": len(self.insiders),
            "exact for insiders": sum(interval.exact for interval in self.insiders),
        }


def attack(
    system: System,
    shown: Printed,
    plan: Plan | None = None,
    *,
    rows: Ints | Floats | None = None,
    evidence: Evidence | None = None,
    exact: bool = False,
    seconds: float | None = 60.0,
) -> Report:
    """Attack what is printed.

    `plan` says how far each unsafe column must be protected; without it intervals are found and nothing
    is asked. `rows` are the true row values where they are known (else a table that fits is found);
    `evidence` names who fills a column alone, for the attack by insiders. With `exact` the ends of all
    hidden columns are found, else only until what the plan asks is proven.
    """
    centre = fitting(system, shown, seconds) if rows is None else np.asarray(rows, dtype=np.float64)
    hidden = shown.hidden
    guarded = hidden[evidence.sole[hidden] != NOBODY] if evidence is not None else hidden[:0]
    targets = np.intersect1d(plan.columns, hidden) if plan is not None else hidden[:0]
    work = Attacker(system, shown, centre, guarded, targets, seconds)
    low, high = _outsider(work, hidden, plan, exact)
    wanted = _wanted(hidden, work.values, plan)
    outsider = [
        Interval(column, *(float(x) for x in (work.values[column], low[column], high[column])), *wanted[column])
        for column in hidden.tolist()
    ]
    if plan is not None:
        outsider += _visible(work.values, plan, set(hidden.tolist()))
    insiders, tried = ([], 0) if evidence is None or plan is None else _insiders(work, plan, evidence)
    return Report(tuple(outsider), tuple(insiders), tried, work.programs)


def _visible(values: Floats, plan: Plan, hidden: set[int]) -> list[Interval]:
    """Unsafe figures that are printed."""
    return [
        Interval(column, value, value, value, value - down, value + up)
        for column, up, down in zip(plan.columns.tolist(), plan.up.tolist(), plan.down.tolist(), strict=True)
        if column not in hidden
        for value in (float(values[column]),)
    ]


def _wanted(hidden: Ints, values: Floats, plan: Plan | None) -> dict[int, tuple[float, float]]:
    found = {column: (float(values[column]), float(values[column])) for column in hidden.tolist()}
    if plan is not None:
        for column, up, down in zip(plan.columns.tolist(), plan.up.tolist(), plan.down.tolist(), strict=True):
            found[column] = (float(values[column]) - down, float(values[column]) + up)
    return found


def _outsider(work: Attacker, hidden: Ints, plan: Plan | None, exact: bool) -> tuple[Floats, Floats]:
    """The ends of the hidden columns: exact, or far enough for the plan."""
    low, high = work.values.copy(), work.values.copy()
    wanted = _wanted(hidden, work.values, plan)
    order = sorted(hidden.tolist(), key=lambda column: (wanted[column][0] - wanted[column][1], column))
    for column in order:
        for sign in (1, -1):
            least, most = wanted[column]
            near = NEAR * max(1.0, most - least) / 10
            if not exact and (high[column] >= most - near if sign > 0 else low[column] <= least + near):
                continue
            found = work.values + work.system.columns.times(work.reach(column, sign))
            np.maximum(high, found, out=high)
            np.minimum(low, found, out=low)
    return low, high


def _insiders(work: Attacker, plan: Plan, evidence: Evidence) -> tuple[list[Interval], int]:
    """Cases in which a holding that fills hidden columns alone bounds an unsafe one too closely."""
    owners = evidence.sole[work.guarded]
    holdings = sorted(set(owners.tolist()))
    found: list[Interval] = []
    for column, up, down in zip(plan.columns.tolist(), plan.up.tolist(), plan.down.tolist(), strict=True):
        if column not in work._aim_of:
            continue
        against = [holding for holding in holdings if holding != evidence.sole[column]]
        shares = {holding: rest(evidence, column, holding) for holding in against}
        weak = {
            holding
            for sign, distance in ((1, up), (-1, down))
            if distance > 0
            for holding in _weak(work, column, sign * distance, owners, shares)
        }
        for holding in sorted(weak):
            forbidden = owners == holding
            value = float(work.values[column])
            ends = [
                value + float(work.system.columns.times(work.reach(column, sign, forbidden))[column])
                for sign in (-1, 1)
            ]
            case = Interval(
                column, value, ends[0], ends[1], value - down * shares[holding], value + up * shares[holding], holding
            )
            if not case.protected:
                found.append(case)
    return found, len(holdings)


def rest(evidence: Evidence, column: int, holding: int) -> float:
    """The share of a figure that is not the holding's own: of its own part nothing can be kept from it."""
    total = int(evidence.total[column])
    own = evidence.largest[column][evidence.holder[column] == holding]
    return 1.0 if not len(own) or not total else float(total - int(own[0])) / total


def _weak(
    work: Attacker, column: int, move: float, owners: Ints, shares: dict[int, float]
) -> Sequence[int]:
    """The holdings of `shares` from which the move is not shown to be hidden by one or two programs."""
    others = np.array(sorted(holding for holding, share in shares.items() if share == 1.0), dtype=np.int64)
    parts = sorted(holding for holding, share in shares.items() if 0 < share < 1.0)
    prices = np.ones(len(work.guarded))
    moves = work.quiet(column, move, prices)
    if moves is None:
        return [*others.tolist(), *parts]
    moved = _moving(work, moves, owners, move)
    left = [holding for holding in others.tolist() if holding in moved]
    if left:
        again = work.quiet(column, move, prices, np.isin(owners, np.array(left, dtype=np.int64)))
        left = left if again is None else []
    return [*left, *(holding for holding in parts if holding in moved)]


def _moving(work: Attacker, moves: Floats, owners: Ints, move: float) -> set[int]:
    effects = np.abs(work.system.columns.times(moves)[work.guarded])
    return set(owners[effects > NEAR / 10 * abs(move)].tolist())
