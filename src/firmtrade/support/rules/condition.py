"""The language of conditions: all, any, not, and comparisons of a fact with values. No code, no expressions.

    { all = [ { fact = "segment", is = "ready" }, { not = { fact = "venture", is = "yes" } } ] }
    { any = [ { fact = "age", at_most = 5 }, { fact = "barrier.finance", in = ["yes"] } ] }

A condition is yes, no or unknown (Kleene): a fact that is not known makes its comparison unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field, model_validator

from firmtrade.support import truth
from firmtrade.support.words import Part

_TESTS = ("is", "in", "at_least", "at_most", "above", "below")


class Condition(Part):
    """A condition; exactly one of all, any, not and fact is given, and with a fact exactly one test."""

    all: tuple[Condition, ...] | None = None
    any: tuple[Condition, ...] | None = None
    negated: Condition | None = Field(default=None, alias="not")
    fact: str | None = None
    equal: str | None = Field(default=None, alias="is")
    among: tuple[str, ...] | None = Field(default=None, alias="in")
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _one_meaning(self) -> Condition:
        kinds = [name for name in ("all", "any", "negated", "fact") if getattr(self, name) is not None]
        if len(kinds) != 1:
            raise ValueError("a condition has one of all, any, not and fact")
        tests = len(self.tests)
        if tests != (1 if self.fact is not None else 0):
            raise ValueError(f"a fact is compared by exactly one of {', '.join(_TESTS)}")
        if self.all == () or self.any == () or self.among == ():
            raise ValueError("an empty list has no meaning here")
        return self

    @property
    def tests(self) -> dict[str, Any]:
        """The comparison: its name in the file and what is compared with."""
        given = {"is": self.equal, "in": self.among, "at_least": self.at_least, "at_most": self.at_most,
                 "above": self.above, "below": self.below}  # fmt: skip
        return {name: value for name, value in given.items() if value is not None}

    def facts(self) -> Iterator[tuple[str, str, Any]]:
        """(fact, test, value) of every comparison in it."""
        if self.fact is not None:
            for name, value in self.tests.items():
                yield self.fact, name, value
        for part in (*(self.all or ()), *(self.any or ()), *([self.negated] if self.negated else [])):
            yield from part.facts()


@dataclass(frozen=True)
class Fact:
    """What is known of a firm: a code, a number, or None for unknown; where it was read.

    `among` are the codes that an unknown one may be, where some can be excluded.
    """

    value: str | float | None
    where: str = ""
    among: tuple[str, ...] = ()


Facts = Mapping[str, Fact]


@dataclass(frozen=True)
class Trace:
    """A condition that was worked out: what it says, what was read, and whether it holds."""

    says: str
    holds: str
    read: str = ""
    where: str = ""
    parts: tuple[Trace, ...] = ()

    def lines(self, indent: int = 0) -> Iterator[str]:
        """For people, one condition a line."""
        sign = {"yes": "+", "no": "-", "unknown": "?"}[self.holds]
        told = f": {self.read}" + (f" ({self.where})" if self.where else "") if self.read else ""
        yield f"{'  ' * indent}{sign} {self.says}{told}"
        for part in self.parts:
            yield from part.lines(indent + 1)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        found: dict[str, Any] = {"says": self.says, "holds": self.holds}
        if self.read:
            found |= {"read": self.read, "where": self.where}
        if self.parts:
            found["parts"] = [part.plain() for part in self.parts]
        return found

    def unknown(self) -> Iterator[str]:
        """Facts that are not known and leave it open; those that no longer matter are left out."""
        if self.holds != truth.UNKNOWN:
            return
        if not self.parts:
            yield self.says.split()[0]
        for part in self.parts:
            yield from part.unknown()


def work_out(condition: Condition, facts: Facts) -> Trace:
    """The condition with the facts put in. A fact that is absent is unknown."""
    if condition.fact is not None:
        return _compared(condition, facts)
    if condition.negated is not None:
        part = work_out(condition.negated, facts)
        return Trace("not", truth.negation(part.holds), parts=(part,))
    parts = tuple(work_out(part, facts) for part in condition.all or condition.any or ())
    join = truth.every if condition.all is not None else truth.some
    word = "all of" if condition.all is not None else "any of"
    return Trace(word, join(part.holds for part in parts), parts=parts)


def _compared(condition: Condition, facts: Facts) -> Trace:
    fact = facts.get(str(condition.fact), Fact(None))
    ((name, wanted),) = condition.tests.items()
    shown = (
        " or ".join(wanted) if name == "in" else f"{wanted:g}" if isinstance(wanted, float) else str(wanted)
    )
    says = f"{condition.fact} {'is' if name == 'in' else name.replace('_', ' ')} {shown}"
    if fact.value is None:
        return Trace(says, *_unknown(name, wanted, fact.among), fact.where)
    read = f"{fact.value:g}" if isinstance(fact.value, float) else str(fact.value)
    return Trace(says, truth.of(_holds(name, wanted, fact.value)), read, fact.where)


def _unknown(name: str, wanted: Any, among: tuple[str, ...]) -> tuple[str, str]:
    """(whether it holds, what was read) of a fact that is not known: excluded codes make it known."""
    if name not in ("is", "in") or not among:
        return truth.UNKNOWN, "not known"
    hits = [code in ((wanted,) if name == "is" else wanted) for code in among]
    return truth.of(all(hits) if all(hits) or not any(hits) else None), " or ".join(among)


def _holds(name: str, wanted: Any, value: str | float) -> bool:
    if name in ("is", "in"):
        return str(value) in ((wanted,) if name == "is" else wanted)
    number = float(value)
    return {"at_least": number >= wanted, "at_most": number <= wanted, "above": number > wanted,
            "below": number < wanted}[name]  # fmt: skip
