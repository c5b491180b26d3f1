"""Where earlier publications leave less than the rules ask: what is asked then, and where it is impossible.

If everything of this run were hidden, an attacker would still know what was told before. This run can give
no more than that, and must not take away from it: so much is asked. It must be as much as the rules of the
contributors ask (p per cent, dominance), and what earlier runs protected must stay protected; else the run
stops.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from firmtrade.protect.attack import NEAR, Interval, Report, attack
from firmtrade.protect.attacker import printed
from firmtrade.protect.evidence import Evidence
from firmtrade.protect.ledger_joint import Bound, Refused, distances
from firmtrade.protect.primary import Plan

LIMITED = "as far as earlier publications leave it"


def limited(bound: Bound, columns: Collection[int]) -> Bound:
    """The bound with what is left for these columns, which cannot be protected as the rules ask.

    Raises Refused if that is too little for a figure.
    """
    plan, part = bound.plan, bound.part
    left = {one.column: one for one in _before(bound, columns, None).outsider}
    up, down, refused = plan.up.copy(), plan.down.copy(), set()
    for place, (column, high, low) in enumerate(distances(plan)):
        if column not in columns:
            continue
        one = left[column]
        up[place] = _within(high, one.high - one.value, part.counts)
        down[place] = _within(low, one.value - one.low, part.counts)
        least = bound.floor.get(column, (0.0, 0.0))
        known = column not in bound.unseen and not (up[place] or down[place]) and (high or low)
        if known or up[place] < least[0] * (1 - NEAR) or down[place] < least[1] * (1 - NEAR):
            refused.add(column)
    if refused:
        raise Refused(bound.refusal(refused), frozenset(refused))
    at = np.isin(plan.columns, sorted(columns))
    noted = tuple(
        (*r, LIMITED) if here and LIMITED not in r else r
        for r, here in zip(plan.reasons, at.tolist(), strict=True)
    )
    return replace(bound, plan=Plan(plan.columns, up, down, noted))


def of_this_run(bound: Bound, cases: Sequence[Interval]) -> list[Interval]:
    """The cases, in which a contributor knows a figure, that do not follow from what was told before."""
    before = _before(bound, {case.column for case in cases}, bound.part.evidence)
    known = {(case.column, case.holding) for case in before.insiders if case.exact}
    return [case for case in cases if (case.column, case.holding) not in known]


def _before(bound: Bound, columns: Collection[int], evidence: Evidence | None) -> Report:
    """The attack on these columns by who knows nothing but what was told before."""
    part, plan = bound.part, bound.plan
    at = np.isin(plan.columns, sorted(columns))
    reasons = tuple(r for r, here in zip(plan.reasons, at.tolist(), strict=True) if here)
    asked = Plan(plan.columns[at], plan.up[at], plan.down[at], reasons)
    untold = np.setdiff1d(np.arange(len(part.system.columns)), sorted(bound.told))
    shown = printed(part.values.astype(np.float64), untold)
    return attack(part.system, shown, asked, rows=part.rows, evidence=evidence)


def _within(wanted: float, left: float, whole: bool) -> float:
    """What may be asked: a little less than what is left, since solvers are not exact."""
    if left >= wanted:
        return wanted
    if whole:
        return float(max(0, int(left + NEAR)))
    return max(0.0, left * (1 - NEAR))
