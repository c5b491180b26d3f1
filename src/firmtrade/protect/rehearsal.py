"""A release rehearsed: hidden as a run hides it, but not attacked, and nothing stops it.

What is found so is looked at by the custodian, and never released: `firmtrade whatif` and `merge` count it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from firmtrade.describe.computed import Backing
from firmtrade.protect.attack import Report, attack
from firmtrade.protect.attacker import printed
from firmtrade.protect.certificate import certificate
from firmtrade.protect.decide import Decided, changed, effort_of, known_to_insiders, protected
from firmtrade.protect.figures import Part, parts_of
from firmtrade.protect.ledger_joint import Bound
from firmtrade.protect.perturb import Counts
from firmtrade.protect.primary import Plan
from firmtrade.protect.rules import Profile
from firmtrade.protect.suppress import Pattern


@dataclass(frozen=True)
class Rehearsal:
    """Protects what one computation found, by several policies; what is equal is worked out once.

    Without `insiders` nothing is hidden from contributors.
    """

    insiders: bool = True
    memory: dict[Any, Any] = field(default_factory=dict, repr=False)

    def outsiders(self) -> Rehearsal:
        """The same figures, protected against outsiders only."""
        return replace(self, insiders=False)

    def parts(self, backing: Backing) -> list[Part]:
        """The systems of the release."""
        found: list[Part] = self._once("parts", lambda: parts_of(backing.sums))
        return found

    def counts(self, profile: Profile, make: Callable[[], Mapping[int, Counts]]) -> Mapping[int, Counts]:
        """The numbers of firms as they are printed; insiders have no say in them."""
        key = ("counts", *((rule.name, *sorted(rule.numbers.items())) for rule in profile.rules))
        found: Mapping[int, Counts] = self._once(key, make)
        return found

    def decided(self, bound: Bound, free: frozenset[int], counts: Counts | None) -> Decided:
        """A part as a run would leave it, with what the run would stop at."""
        if counts is not None:
            return replace(changed(counts), refused=counts.exact)
        plan = bound.plan
        key = (
            id(bound.part),
            self.insiders,
            free,
            *(a.tobytes() for a in (plan.columns, plan.up, plan.down)),
        )
        # Of equal plans the rules that are broken may differ. A part stays in memory, so it keeps its id.
        made: Decided = self._once(key, lambda: self._decided(bound, free))
        return replace(made, plan=replace(made.plan, reasons=plan.reasons)) if not bound.told else made

    def _decided(self, bound: Bound, free: frozenset[int]) -> Decided:
        every = range(len(bound.part.system.columns))
        effort = effort_of(bound.part)
        if not self.insiders:
            effort = replace(effort, insiders=0.0)
        bound, pattern, refused = protected(bound, free, every, effort)
        stops = frozenset(refused) | self._told_to_insiders(bound, pattern)
        report = Report((), (), 0, 0)
        return Decided(bound.part, bound.plan, pattern, report, certificate(pattern), refused=stops)

    def _told_to_insiders(self, bound: Bound, pattern: Pattern) -> frozenset[int]:
        """The columns that a contributor would know: the attack on those that the search could not help."""
        exposed = sorted({column for column, _, _ in pattern.exposed})
        if not exposed:
            return frozenset()
        part, plan = bound.part, _only(bound.plan, exposed)
        shown = printed(part.values.astype(np.float64), pattern.hidden)
        report = attack(part.system, shown, plan, rows=part.rows, evidence=part.evidence)
        return frozenset(case.column for case in known_to_insiders(replace(bound, plan=plan), report))

    def _once(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self.memory:
            self.memory[key] = make()
        return self.memory[key]


def _only(plan: Plan, columns: list[int]) -> Plan:
    at = np.isin(plan.columns, columns)
    reasons = tuple(reason for reason, here in zip(plan.reasons, at.tolist(), strict=True) if here)
    return Plan(plan.columns[at], plan.up[at], plan.down[at], reasons)
