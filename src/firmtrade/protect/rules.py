"""Rules of disclosure control and the profiles that name them, read from the definitions."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from firmtrade.errors import StudyError, nearest

DEFINITIONS = Path(__file__).parents[1] / "definitions"

#: The profile whose rules for models hold where a profile has none.
RESEARCH = "research-output"
#: The numbers that each kind of rule needs.
NUMBERS = {
    "frequency": ("least", "margin"),
    "percent": ("percent",),
    "dominance": ("largest", "percent"),
    "request": ("percent", "least", "margin"),
    "manual": ("margin",),
    "zero": ("margin",),
    "group": ("percent", "margin"),
    "signs": (),
    # Of figures of models (`protect.models`):
    "units": ("least",),
    "degrees": ("least",),
    "largest": ("percent",),
    "side": ("least",),
    "events": ("least",),
}


@dataclass(frozen=True)
class Rule:
    """One test with its numbers at a date; `numbers` are exact."""

    name: str
    title: str
    kind: str
    numbers: Mapping[str, Fraction]
    source: str

    def __getitem__(self, number: str) -> Fraction:
        return self.numbers[number]

    def whole(self, number: str) -> int:
        """A number that counts something."""
        return int(self.numbers[number])


@dataclass(frozen=True)
class Profile:
    """The rules that a release is protected by: `rules` those of tables, `models` those of models."""

    name: str
    title: str
    rules: tuple[Rule, ...]
    source: str = "own"
    models: tuple[Rule, ...] = ()

    def of(self, kind: str) -> list[Rule]:
        """The rules of one kind."""
        further = [rule for rule in self.models if rule not in self.rules]
        return [rule for rule in (*self.rules, *further) if rule.kind == kind]


def profile(name: str, year: int, local: Mapping[str, Any] | None = None) -> Profile:
    """The profile `name` with the numbers that hold in `year`.

    `local` has a study's own `rules` and `profiles`, which add to the built-in ones or replace them. Where a
    profile says nothing of models, they are judged as research output.
    """
    rules = _entries("rules", local)
    profiles = _entries("profiles", local)
    if name not in profiles:
        raise StudyError(f"There is no protection profile '{name}'.{nearest(name, profiles)}")
    entry = profiles[name]

    def named(names: Sequence[str]) -> tuple[Rule, ...]:
        for wanted in names:
            if wanted not in rules:
                where = f"profiles.toml, [{name}]"
                raise StudyError(f"{where}: there is no rule '{wanted}'.{nearest(wanted, rules)}")
        return tuple(_rule(wanted, rules[wanted], year) for wanted in names)

    models = entry.get("models", profiles[RESEARCH]["models"])
    return Profile(name, entry["title"], named(entry["rules"]), entry.get("source", "own"), named(models))


def of_rules(name: str, rules: Sequence[Rule], models: Sequence[Rule] = ()) -> Profile:
    """A profile put together in code, for tests and what-if."""
    return Profile(name, name, tuple(rules), models=tuple(models))


def rule(kind: str, **numbers: float | str) -> Rule:
    """A rule put together in code; its numbers are those of NUMBERS[kind]."""
    exact = {number: Fraction(str(value)) for number, value in numbers.items()}
    return _checked(Rule(kind, kind, kind, exact, "own"), "rule")


def _entries(kind: str, local: Mapping[str, Any] | None) -> dict[str, Any]:
    text = (DEFINITIONS / f"{kind}.toml").read_text("utf-8")
    return tomllib.loads(text) | dict((local or {}).get(kind, {}))


def _rule(name: str, entry: Mapping[str, Any], year: int) -> Rule:
    dated = [value for value in entry["values"] if value["from"] <= year]
    if not dated:
        raise StudyError(
            f"rules.toml, [{name}] has no numbers for {year}. Add an entry to its values, with its source."
        )
    last = max(dated, key=lambda value: int(value["from"]))
    numbers = {
        number: Fraction(str(value)) for number, value in last.items() if number not in ("from", "source")
    }
    return _checked(
        Rule(name, entry["title"], entry["rule"], numbers, last["source"]), f"rules.toml, [{name}]"
    )


def _checked(found: Rule, where: str) -> Rule:
    if found.kind not in NUMBERS:
        raise StudyError(f"{where}: there is no kind of rule '{found.kind}'.{nearest(found.kind, NUMBERS)}")
    if set(found.numbers) != set(NUMBERS[found.kind]):
        wanted = ", ".join(NUMBERS[found.kind]) or "no numbers"
        raise StudyError(f"{where}: a rule of the kind {found.kind} takes {wanted}, each once.")
    return found
