"""The audit: how closely each hidden figure can be bounded, by an outsider and by each insider.

All tables count together, with what is printed (rounding included), what cannot be negative and the
structure down to its empty cells. Each solution of the attacker's program is evidence for every figure
(harvesting), so most figures need no program of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from firmtrade.protect.attack_given import Move
from firmtrade.protect.attack_insiders import Job, narrowed
from firmtrade.protect.attacker import NEAR, Attacker, Printed, fitting
from firmtrade.protect.evidence import NOBODY, Evidence
from firmtrade.protect.primary import Plan
from firmtrade.protect.system import Floats, Ints, System

__all__ = ["NEAR", "Interval", "Report", "attack"]


@dataclass(frozen=True)
class Interval:
    """A hidden column: what the attacker can prove, what the rule asks, and whether that is enough.

    `low` and `high` are the exact ends if `sure`, else the attacker's interval is at least that wide.
    `holding` is the insider, NOBODY for an outsider.
    """

    column: int
    value: float
    low: float
    high: float
    wanted_low: float
    wanted_high: float
    holding: int = NOBODY
    sure: bool = True

    @property
    def protected(self) -> bool:
        """The interval covers what the rule asks."""
        near = NEAR * max(1.0, abs(self.value), self.wanted_high - self.wanted_low)
        return self.low <= self.wanted_low + near and self.high >= self.wanted_high - near

    @property
    def exact(self) -> bool:
        """The attacker knows the figure."""
        return self.sure and self.high - self.low <= NEAR * max(1.0, abs(self.value))


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
    insiders: float = 0.5,
    processes: int = 1,
    seconds: float | None = 60.0,
    given: Sequence[Move] = (),
) -> Report:
    """Attack what is printed.

    `plan` says how far each unsafe column must be protected; without it intervals are found and nothing
    is asked. `rows` are the true row values where they are known (else a table that fits is found);
    `evidence` names who fills a column alone, for the attack by insiders. With `exact` the ends of all
    hidden columns are found, else only until what the plan asks is proven. An insider must be left with
    the share `insiders` of the distance; the work against insiders is spread over `processes`.

    `given` are moves of the rows (`Pattern.witnesses`) that may prove something against insiders: each is
    checked here, and a program is asked only for what they do not prove. Outsiders are always asked for.
    """
    centre = fitting(system, shown, seconds) if rows is None else np.asarray(rows, dtype=np.float64)
    hidden = shown.hidden
    guarded = hidden[evidence.sole[hidden] != NOBODY] if evidence is not None else hidden[:0]
    targets = np.intersect1d(plan.columns, hidden) if plan is not None else hidden[:0]
    work = Attacker(system, shown, centre, guarded, targets, seconds)
    low, high, sure = _outsider(work, hidden, plan, exact)
    wanted = _wanted(hidden, work.values, plan)
    outsider = [
        Interval(
            column, float(work.values[column]), float(low[column]), float(high[column]), *wanted[column],
            sure=column in sure,
        )
        for column in hidden.tolist()
    ]  # fmt: skip
    if plan is not None:
        outsider += _visible(work.values, plan, set(hidden.tolist()))
    found: list[Interval] = []
    tried, programs = 0, work.programs
    if evidence is not None and plan is not None:
        job = Job(system, shown, centre, guarded, targets, plan, evidence, insiders, seconds, tuple(given))
        cases, tried, more = narrowed(job, work, processes)
        found = [Interval(*case) for case in cases]
        programs += more
    return Report(tuple(outsider), tuple(found), tried, programs)


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


def _outsider(
    work: Attacker, hidden: Ints, plan: Plan | None, exact: bool
) -> tuple[Floats, Floats, set[int]]:
    """The ends of the hidden columns: far enough for the plan, or exact; and for which they are exact."""
    low, high = work.values.copy(), work.values.copy()
    wanted = _wanted(hidden, work.values, plan)
    done: list[tuple[int, int]] = []
    order = sorted(hidden.tolist(), key=lambda column: (wanted[column][0] - wanted[column][1], column))
    for column in order:
        for sign in (1, -1):
            least, most = wanted[column]
            near = NEAR * max(1.0, most - least) / 10
            if not exact and (high[column] >= most - near if sign > 0 else low[column] <= least + near):
                continue
            done.append((column, sign))
            found = work.values + work.system.columns.times(work.reach(column, sign))
            np.maximum(high, found, out=high)
            np.minimum(low, found, out=low)
    both = set(done)
    return low, high, {column for column, sign in done if (column, -sign) in both}
