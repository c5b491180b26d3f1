"""Numbers of firms as they are printed when they are not hidden but rounded or perturbed, and the audit.

All counts of a part are changed together; what cannot be counted stays under suppression. Whatever is
worked out from counts is worked out from the printed ones, so a share tells nothing that they do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from firmtrade.describe.asks import Ask
from firmtrade.errors import DisclosureError
from firmtrade.protect.attack import Report
from firmtrade.protect.audit import audit
from firmtrade.protect.cellkey import Noise, noise, perturbed
from firmtrade.protect.controlled import round_controlled
from firmtrade.protect.figures import Part
from firmtrade.protect.method import CONTROLLED, KEYED, SMALL, SUPPRESSION, Method
from firmtrade.protect.primary import Plan, Request, primary
from firmtrade.protect.rounding import round_rows, round_small
from firmtrade.protect.rules import Profile
from firmtrade.protect.system import NOTHING, Ints


@dataclass(frozen=True)
class Counts:
    """The counts of one part. One entry per column: what is printed, and between what the true one must be.

    `further` says why controlled rounding had to go beyond the adjacent multiples, if it had to; `named` are
    columns that the custodian hides by name.
    """

    part: Part
    plan: Plan
    printed: Ints
    low: Ints
    high: Ints
    report: Report
    further: str = ""
    named: frozenset[int] = frozenset()

    @property
    def exact(self) -> frozenset[int]:
        """The unsafe columns that an outsider or a contributor knows exactly."""
        return frozenset(
            [case.column for case in self.report.outsider if case.exact]
            + [case.column for case in self.report.insiders]
        )

    @property
    def largest(self) -> int:
        """How far a printed count is from the true one at most."""
        return int(np.abs(self.printed - self.part.values).max(initial=0))

    def told(self) -> Mapping[Ask, float]:
        """What is printed of each ask; of nobody, zero."""
        places = zip(self.part.system.keys, self.part.system.column_of.tolist(), strict=True)
        return {
            ask: 0.0 if column == NOTHING else float(self.printed[column])
            for ask, column in places
            if isinstance(ask, Ask)
        }


@dataclass(frozen=True)
class _Changed:
    """Printed counts of a part; `reach` is how far they can be away, for who knows what was rounded."""

    printed: Ints
    reach: Ints
    further: str = ""


def perturb(
    parts: Sequence[Part], asked: Sequence[Request], profile: Profile, method: Method
) -> dict[int, Counts]:
    """The counts of each part that has any, by its place; whether one is known exactly is not asked here."""
    if method.name == SUPPRESSION:
        return {}
    counted = {number: part for number, part in enumerate(parts) if part.counts}
    plans = {n: primary(p.values, p.evidence, profile, asked[n]) for n, p in counted.items()}
    changed = {number: _changed(part, plans[number], method) for number, part in counted.items()}
    # Readers are told how far the farthest of all counts is from the true one, so attackers know it too.
    within = max((_away(counted[n], one.printed) for n, one in changed.items()), default=0)
    found = {}
    for number, part in counted.items():
        one = changed[number]
        low, high = _known(one, within, noise() if method.keyed else None)
        report = audit(part.system, part.rows, low, high, plans[number], part.evidence)
        named = frozenset(asked[number].manual)
        found[number] = Counts(part, plans[number], one.printed, low, high, report, one.further, named)
    return found


def _away(part: Part, printed: Ints) -> int:
    return int(np.abs(printed - part.values).max(initial=0))


def _changed(part: Part, plan: Plan, method: Method) -> _Changed:
    system, rows = part.system, part.rows
    if method.name == KEYED:
        if part.keys is None:
            raise DisclosureError("The firms have no keys, so their numbers cannot be perturbed.")
        table = noise()
        return _Changed(perturbed(part.values, part.keys, table), np.full(len(part.values), table.bound))
    further = ""
    if method.name == CONTROLLED:
        found = round_controlled(system, rows, method.base)
        if found.columns is not None:
            return _Changed(found.columns, np.full(len(found.columns), method.base - 1))
        further = found.reason
    rounded = (
        round_small(system, rows, method.base, plan.columns)
        if method.name == SMALL
        else round_rows(system, rows, method.base)
    )
    return _Changed(rounded.columns(system), rounded.reach(system), further)


def _known(changed: _Changed, within: int, table: Noise | None) -> tuple[Ints, Ints]:
    """Between what each true count must be, from what is printed and how it was made."""
    if table is not None:
        ends = np.array([table.known(one) for one in changed.printed.tolist()], dtype=np.int64).reshape(-1, 2)
        return ends[:, 0], ends[:, 1]
    away = np.minimum(changed.reach, within)
    return np.maximum(changed.printed - away, 0), changed.printed + away


def refuse_exact(found: Iterable[Counts], method: Method) -> None:
    """Raise DisclosureError if an unsafe number of firms is known exactly."""
    reports = [counts.report for counts in found]
    outside = sum(case.exact for report in reports for case in report.outsider)
    inside = sum(len(report.insiders) for report in reports)
    if outside or inside:
        raise DisclosureError(
            f"With {method.name} an outsider works out {outside} unsafe numbers of firms exactly, and a "
            f"contributor {inside}. Nothing is released. Take a larger base, publish less detail, or protect "
            "by suppression."
        )


def answers(counts: Iterable[Counts]) -> dict[Ask, float]:
    """What is printed of all numbers of firms."""
    return {ask: value for one in counts for ask, value in one.told().items()}


def sentence(counts: Sequence[Counts], method: Method) -> str:
    """What readers are told of printed numbers of firms."""
    if method.name == SUPPRESSION:
        return ""
    largest = max((one.largest for one in counts), default=0)
    shares = "Shares and means are worked out from the printed numbers."
    if method.name == KEYED:
        return (
            f" Numbers of firms are perturbed by at most {noise().bound}, the same group of firms everywhere "
            f"alike, so totals may not add up and a share can exceed 100 per cent. {shares}"
        )
    base, away = method.base, f", and differ from the true ones by at most {largest}"
    how = {
        SMALL: f"so that none from 1 to {base - 1} is printed{away}",
        CONTROLLED: f"to a multiple of {base} beside the true one",
    }[method.name]
    if any(one.further for one in counts):
        how = f"to multiples of {base}{away}"
    return f" Numbers of firms are rounded {how}; they still add up over groups. {shares}"


def summary(counts: Sequence[Counts], method: Method) -> dict[str, object]:
    """What the custodian keeps: how much was changed, and which attacks hold. Never the secret."""
    reports = [one.report.summary() for one in counts]
    return {
        "method": method.name,
        **({} if method.keyed else {"base": method.base}),
        "counts": sum(len(one.printed) for one in counts),
        "changed": sum(int((one.printed != one.part.values).sum()) for one in counts),
        "largest difference": max((one.largest for one in counts), default=0),
        "beyond adjacent multiples": sorted({one.further for one in counts if one.further}),
        "unsafe": sum(len(one.plan) for one in counts),
        "under-protected": sum(report["under-protected"] for report in reports),
        "exact": sum(report["exact"] for report in reports),
        "insiders": sum(report["insiders"] for report in reports),
        "exact for insiders": sum(report["exact for insiders"] for report in reports),
    }
