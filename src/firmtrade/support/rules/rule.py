"""Segments and rules, read from TOML, checked against the vocabulary, and tried on their own examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from firmtrade.errors import StudyError, nearest
from firmtrade.support.readiness.instrument import Instrument, instruments
from firmtrade.support.rules.condition import Condition, Fact, Facts, work_out
from firmtrade.support.rules.vocabulary import FOLDER, FactWord, check_fact, measures, words
from firmtrade.support.words import Part, checked, cited, read_toml

#: The instrument whose gates and answers our own rules speak of.
INSTRUMENT = "first-export"


class Example(Part):
    """Facts of a firm and what a rule, or the segment, must be for them."""

    facts: Mapping[str, str | int | float]
    gives: Literal["yes", "no", "unknown"]


class Segment(Part):
    """A segment. Conditions are tried in the order of the file; a firm is in the first that holds."""

    title: str
    code: str
    when: Condition
    text: str
    next: str
    version: str
    source: str
    examples: tuple[Example, ...] = Field(min_length=1)


class Rule(Part):
    """When to propose a measure, or to say not now, and why.

    recommendations: numbers of the report's recommendations ('01' to '12'); evidence and contrary: ids of
    evidence.toml that speak for and against; margin: whether it aims at more exporters (extensive), more
    from each (intensive) or both. A rule holds from `valid_from` to `valid_to`, both days included.
    """

    title: str
    outcome: Literal["propose", "not-now"]
    measures: tuple[str, ...] = Field(min_length=1)
    when: Condition
    why: str
    recommendations: tuple[str, ...] = Field(min_length=1)
    evidence: tuple[str, ...] = Field(min_length=1)
    contrary: tuple[str, ...] = ()
    margin: Literal["extensive", "intensive", "both"] = "both"
    version: str
    author: str
    valid_from: date
    valid_to: date | None = None
    examples: tuple[Example, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _known(self) -> Rule:
        for number in self.recommendations:
            if number not in [f"{n:02d}" for n in range(1, 13)]:
                raise ValueError(f"there is no recommendation '{number}': 01 to 12")
        for name in (*self.evidence, *self.contrary):
            cited(name, "evidence")
        for name in self.measures:
            if name not in measures():
                raise ValueError(f"there is no measure '{name}'.{nearest(name, measures())}")
        return self

    def holds_on(self, day: date) -> bool:
        """Whether the rule is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class RuleBook:
    """Segments and rules by id, in the order of their files; `words` are the facts they may speak of."""

    segments: Mapping[str, Segment]
    rules: Mapping[str, Rule]
    instrument: Instrument
    words: Mapping[str, FactWord] = field(repr=False)

    def check(self) -> list[str]:
        """Try every example; what does not come out as it says, one line each."""
        wrong = []
        for kind, entries in (("segment", self.segments), ("rule", self.rules)):
            for name, entry in entries.items():
                for number, example in enumerate(entry.examples, 1):
                    found = work_out(entry.when, facts_of(example.facts)).holds
                    if found != example.gives:
                        expected = f"{example.gives} is expected and {found} comes out"
                        wrong.append(f"{kind} {name}, example {number}: {expected}")
        return wrong


def facts_of(drawn: Mapping[str, Any]) -> Facts:
    """Facts of an example; 'unknown' is a fact that is not known."""
    return {name: Fact(_drawn(value), "drawn") for name, value in drawn.items()}


def _drawn(value: Any) -> str | float | None:
    if value == "unknown":
        return None
    return value if isinstance(value, str) else float(value)


def read_rules(folder: Path = FOLDER, instrument: Instrument | None = None) -> RuleBook:
    """The segments and rules of a folder (segments.toml, proposals.toml); ours if none is named.

    Raises StudyError for a rule that speaks of something that is not there.
    """
    if folder == FOLDER and instrument is None:
        return _ours()
    return _read(folder, instrument or instruments()[INSTRUMENT])


@cache
def _ours() -> RuleBook:
    return _read(FOLDER, instruments()[INSTRUMENT])


def _read(folder: Path, instrument: Instrument) -> RuleBook:
    segments = {
        name: checked(Segment, entry, f"segments.toml, [{name}]")
        for name, entry in read_toml(folder / "segments.toml").items()
    }
    rules = {
        name: checked(Rule, entry, f"proposals.toml, [{name}]")
        for name, entry in read_toml(folder / "proposals.toml").items()
    }
    known = words(instrument)
    known["segment"] = known["segment"].model_copy(update={"codes": tuple(segments)})
    for file, entries in (("segments.toml", segments), ("proposals.toml", rules)):
        for name, entry in entries.items():
            _check(entry, known, f"{file}, [{name}]")
    for name, segment in segments.items():
        cited(segment.source, f"segments.toml, [{name}]")
    return RuleBook(segments, rules, instrument, known)


def _check(entry: Segment | Rule, known: Mapping[str, Any], where: str) -> None:
    for fact, test, value in entry.when.facts():
        check_fact(known, fact, test, value, where)
    for example in entry.examples:
        for fact, value in example.facts.items():
            if fact not in known:
                raise StudyError(f"{where}, example: there is no fact '{fact}'.{nearest(fact, known)}")
            if value != "unknown":
                check_fact(known, fact, "at_least" if known[fact].kind == "number" else "is", value, where)


def in_force(book: RuleBook, day: date) -> Sequence[tuple[str, Rule]]:
    """The rules that hold on a day, in the order of the file."""
    return [(name, rule) for name, rule in book.rules.items() if rule.holds_on(day)]
