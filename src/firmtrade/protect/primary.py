"""Primary rules: which figures tell too much by themselves, why, and how far they must be protected.

A figure is protected when an attacker cannot bound it more closely than [value - down, value + up].
Comparisons with a limit are exact. At equality the figure is safe, as in tau-ARGUS and GaussSuppression
(tau-ARGUS manual, 4.1: sensitivity of a cell).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np

from firmtrade.errors import DataError
from firmtrade.protect.evidence import NOBODY, Evidence
from firmtrade.protect.rules import Profile, Rule
from firmtrade.protect.system import Flags, Floats, Ints


@dataclass(frozen=True)
class Plan:
    """The unsafe columns in ascending order, the names of the rules that each breaks, and the distances.

    `up` and `down` are in the unit of the values: an attacker's interval must reach from value - down
    to value + up.
    """

    columns: Ints
    up: Floats
    down: Floats
    reasons: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.columns)


@dataclass(frozen=True)
class Request:
    """What the custodian adds to the evidence.

    `manual` are columns to hide by name; `groups` are (category, whole) pairs of count columns for the
    rule of group disclosure; `whole` marks columns of whole numbers, of which an attacker knows that
    they are: their distances are whole too.
    """

    manual: frozenset[int] = frozenset()
    groups: tuple[tuple[int, int], ...] = ()
    whole: Flags | None = None


def primary(values: Ints, evidence: Evidence, profile: Profile, request: Request | None = None) -> Plan:
    """The columns that break a rule of `profile`; `values` are the exact values of the columns."""
    asked = request or Request()
    found: dict[int, list[tuple[str, Fraction]]] = {}
    for rule in profile.rules:
        for column, distance in _broken(rule, values, evidence, asked):
            found.setdefault(column, []).append((rule.name, distance))
    if not profile.of("signs"):
        for column in np.flatnonzero(evidence.negative).tolist():
            found.setdefault(column, []).append(("mixed signs", Fraction(int(evidence.total[column]), 5)))
    return _plan(found, values, evidence, asked.whole)


def from_list(
    columns: Sequence[int], up: Sequence[float], down: Sequence[float], reason: str = "given"
) -> Plan:
    """A plan of columns and distances that somebody else worked out."""
    order = np.argsort(np.asarray(columns, dtype=np.int64), kind="stable")
    return Plan(
        np.asarray(columns, dtype=np.int64)[order],
        np.asarray(up, dtype=np.float64)[order],
        np.asarray(down, dtype=np.float64)[order],
        ((reason,),) * len(columns),
    )


def _plan(
    found: dict[int, list[tuple[str, Fraction]]], values: Ints, evidence: Evidence, whole: Flags | None
) -> Plan:
    columns = sorted(found)
    ups, downs = [], []
    for column in columns:
        distance = max(part for _, part in found[column])
        if whole is not None and whole[column]:
            distance = Fraction(max(1, ceil(distance)))
        ups.append(float(distance))
        # A figure without negative parts cannot be thought below zero, so no more is asked for.
        lowest = distance if evidence.negative[column] else min(distance, Fraction(int(values[column])))
        downs.append(float(max(lowest, Fraction(0))))
    return Plan(
        np.array(columns, dtype=np.int64),
        np.array(ups, dtype=np.float64),
        np.array(downs, dtype=np.float64),
        tuple(tuple(name for name, _ in found[column]) for column in columns),
    )


def _broken(rule: Rule, values: Ints, evidence: Evidence, request: Request) -> Iterable[tuple[int, Fraction]]:
    """The columns that break one rule, each with the distance that it asks for."""
    if rule.kind == "manual":
        for column in sorted(request.manual):
            yield column, rule["margin"] / 100 * abs(int(values[column]))
        return
    if rule.kind == "group":
        yield from _groups(rule, values, request.groups)
        return
    if rule.kind in _TESTS:
        _enough(rule, evidence)
        for column in range(len(evidence)):
            distance = _TESTS[rule.kind](rule, evidence, column)
            if distance is not None:
                yield column, distance


def _enough(rule: Rule, evidence: Evidence) -> None:
    """Refuse evidence with fewer of the largest holdings than the rule looks at."""
    wanted = {"percent": 2, "dominance": rule.whole("largest") if rule.kind == "dominance" else 0}
    if wanted.get(rule.kind, 0) > evidence.largest.shape[1]:
        raise DataError(
            f"The rule {rule.name} looks at the {wanted[rule.kind]} largest holdings of a figure, and the "
            f"evidence has {evidence.largest.shape[1]}. Collect more of them."
        )


def _frequency(rule: Rule, evidence: Evidence, column: int) -> Fraction | None:
    if not 0 < evidence.units[column] < rule["least"]:
        return None
    return rule["margin"] / 100 * int(evidence.total[column])


def _percent(rule: Rule, evidence: Evidence, column: int) -> Fraction | None:
    first, second = (int(value) for value in evidence.largest[column, :2])
    short = rule["percent"] / 100 * first - (int(evidence.total[column]) - first - second)
    return short if short > 0 else None


def _dominance(rule: Rule, evidence: Evidence, column: int) -> Fraction | None:
    top = sum(int(value) for value in evidence.largest[column, : rule.whole("largest")])
    distance = 100 / rule["percent"] * top - int(evidence.total[column])
    return distance if distance > 0 else None


def _asked(rule: Rule, evidence: Evidence, column: int) -> Fraction | None:
    asked, total = int(evidence.asked[column]), int(evidence.total[column])
    if asked == NOBODY:
        return None
    if 100 * asked > rule["percent"] * total or evidence.units[column] < rule["least"]:
        return rule["margin"] / 100 * total
    return None


def _zero(rule: Rule, evidence: Evidence, column: int) -> Fraction | None:
    return rule["margin"] if evidence.units[column] and not evidence.total[column] else None


_TESTS = {
    "frequency": _frequency,
    "percent": _percent,
    "dominance": _dominance,
    "request": _asked,
    "zero": _zero,
}


def _groups(rule: Rule, values: Ints, groups: Iterable[tuple[int, int]]) -> Iterable[tuple[int, Fraction]]:
    for category, whole in groups:
        if values[whole] and 100 * int(values[category]) >= rule["percent"] * int(values[whole]):
            yield category, rule["margin"] / 100 * int(values[category])
