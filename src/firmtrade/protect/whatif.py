"""What if the rules had other numbers: how much would be hidden. Confidential, like all that is about rules.

The evidence is collected once; each set of numbers protects the same systems anew by the study's policy with
that one number changed: figures hidden by name, rounded numbers of firms and the ledger count as in a run. It
is not attacked: what is found here is to be looked at, not released.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from firmtrade.catalog import Catalog
from firmtrade.describe.asks import Ask
from firmtrade.describe.computed import Backing, Computed
from firmtrade.errors import StudyError, nearest
from firmtrade.protect.decide import Decisions, decide
from firmtrade.protect.inside import value_hidden
from firmtrade.protect.policy import Policy, backing_of
from firmtrade.protect.rehearsal import Rehearsal
from firmtrade.protect.rules import Profile, Rule

#: The number of each kind of rule that is varied, and what it is varied over where nothing is said.
VARIED = {
    "frequency": ("least", "2..10"),
    "percent": ("percent", "5..20/5"),
    "dominance": ("percent", "50..90/10"),
    "request": ("percent", "50..90/10"),
}
MOST = 50  # values of one rule


@dataclass(frozen=True)
class Varied:
    """A rule of the profile and the numbers to try for it."""

    rule: str
    number: str
    values: tuple[Fraction, ...]
    now: Fraction


@dataclass(frozen=True)
class Point:
    """What one set of numbers hides. `firms` and `amounts` are the hidden shares of the sums behind them.

    `refused` are unsafe sums that nothing protects: a release with these numbers would stop.
    """

    rule: str
    value: float
    now: bool
    insiders: bool
    unsafe: int
    sums: int
    figures: int
    hidden: int
    firms: float | None
    amounts: float | None
    refused: int


def varied(profile: Profile, asked: Sequence[str]) -> list[Varied]:
    """What to vary: 'frequency-3=2..10', 'percent-10=5,10,15'; without any, each rule that has a number."""
    rules = {rule.name: rule for rule in profile.rules if rule.kind in VARIED}
    wanted = [text.partition("=") for text in asked] or [
        (rule.name, "=", VARIED[rule.kind][1]) for rule in rules.values()
    ]
    found = []
    for name, equals, values in wanted:
        if name not in rules:
            raise StudyError(
                f"The profile {profile.name} has no rule '{name}' to vary.{nearest(name, rules)} "
                f"It has: {', '.join(rules)}."
            )
        rule = rules[name]
        number = VARIED[rule.kind][0]
        listed = _values(values if equals else VARIED[rule.kind][1], name)
        found.append(Varied(name, number, tuple(sorted({*listed, rule[number]})), rule[number]))
    return found


def _values(text: str, name: str) -> list[Fraction]:
    number = r"(\d+(?:\.\d+)?)"
    spread = re.fullmatch(rf"{number}\.\.{number}(?:/{number})?", text)
    if spread:
        first, last, step = (Fraction(part or "1") for part in spread.groups())
        if step and last >= first and (last - first) / step < MOST:
            return [first + k * step for k in range(int((last - first) / step) + 1)]
    elif all(re.fullmatch(number, part.strip()) for part in text.split(",")):
        return [Fraction(part.strip()) for part in text.split(",")]
    raise StudyError(
        f"--rule {name}={text}: write the numbers as 2..10, 5..20/5 or 5,10,15, at most {MOST} of them."
    )


def whatif(
    computed: Computed,
    policy: Policy,
    catalog: Catalog,
    asked: Iterable[Varied],
    progress: Callable[[str], None] = lambda text: None,
) -> list[Point]:
    """What each number hides, with and without protection against contributors, the others as they are."""
    rehearsal = Rehearsal()
    points = []
    for one in asked:
        for value in one.values:
            rules = tuple(_with(rule, one, value) for rule in policy.profile.rules)
            tried = policy.with_profile(replace(policy.profile, rules=rules))
            for care in (rehearsal, rehearsal.outsiders()):
                progress(f"{one.rule} {float(value):g}{'' if care.insiders else ', outsiders only'}")
                decisions = decide(computed, tried, catalog, rehearsal=care)
                points.append(_point(decisions, backing_of(computed), one, value, care.insiders))
    return points


def _with(rule: Rule, one: Varied, value: Fraction) -> Rule:
    return replace(rule, numbers={**rule.numbers, one.number: value}) if rule.name == one.rule else rule


def _point(decisions: Decisions, backing: Backing, one: Varied, value: Fraction, insiders: bool) -> Point:
    figures = [asks for table in backing.figures for asks in figures_of(backing, table)]
    firms, amounts = value_hidden(decisions, (ask for asks in figures for ask in asks))
    return Point(
        one.rule,
        float(value),
        value == one.now,
        insiders,
        sum(len(part.plan) for part in decisions.parts),
        sum(len(part.hidden) for part in decisions.parts),
        len(figures),
        sum(decisions.of(asks).hidden for asks in figures),
        firms,
        amounts,
        sum(len(part.refused) for part in decisions.parts),
    )


def figures_of(backing: Backing, table: str) -> list[tuple[Ask, ...]]:
    """The asks behind each figure of a table, and behind each of its numbers of unknown firms."""
    return [*backing.figures[table], *((ask,) for ask in backing.unknowns[table])]


def as_text(points: Sequence[Point]) -> list[str]:
    """The points as a table for the terminal; a star marks the numbers of the profile."""
    heads = (("unsafe", 9), ("hidden figures", 20), ("of the firms", 14), ("of the amounts", 16))
    told = "".join(f"{text:>{width}}" for text, width in (*heads, ("outsiders only", 20)))
    lines = [f"{'rule':<16}{'number':>8}{told}"]
    apart = {(point.rule, point.value): point for point in points if not point.insiders}
    for point in (point for point in points if point.insiders):
        other = apart[point.rule, point.value]
        shares = "".join(
            f"{'' if share is None else f'{100 * share:.1f} %':>{width}}"
            for share, width in ((point.firms, 14), (point.amounts, 16))
        )
        stop = f"  stops: {point.refused} cannot be protected" if point.refused else ""
        lines.append(
            f"{point.rule:<16}{point.value:>8g}{'*' if point.now else ' '} {point.unsafe:>7,}"
            f"{_hidden(point):>20}{shares}{_hidden(other):>20}{stop}"
        )
    return [*lines, f"Of {points[0].figures:,} figures. * as the profile has it."] if points else lines


def _hidden(point: Point) -> str:
    share = 100 * point.hidden / point.figures if point.figures else 0.0
    return f"{point.hidden:,} ({share:.1f} %)"
