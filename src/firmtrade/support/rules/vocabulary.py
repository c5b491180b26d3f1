"""What rules may speak of: facts, barriers, measures and segments, each from its own TOML file.

A rule that names anything else is refused when it is read, with the nearest known word.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeVar

from firmtrade.errors import StudyError, nearest
from firmtrade.support.readiness.instrument import Instrument
from firmtrade.support.words import HERE, Part, checked, cited, read_toml

FOLDER = HERE / "rules"
TRUTH = ("yes", "no")
P = TypeVar("P", bound=Part)


class FactWord(Part):
    """A fact: yes or no, one of some codes, or a number. `ask` is how to find out where it is not known."""

    title: str
    kind: Literal["yes-no", "code", "number"]
    ask: str
    codes: tuple[str, ...] = ()
    unit: str = ""


class Barrier(Part):
    """Something that keeps firms from exporting."""

    title: str
    source: str


class Measure(Part):
    """A kind of support that rules propose; an agency's own measures say which of these they are."""

    title: str
    type: Literal["information", "promotion", "financial", "inward-investment", "counselling"]
    text: str


@cache
def fact_words() -> Mapping[str, FactWord]:
    """The facts by name, without those of an instrument and of barriers."""
    return _read("facts.toml", FactWord)


@cache
def barriers() -> Mapping[str, Barrier]:
    """The barriers by code."""
    found = _read("barriers.toml", Barrier)
    for name, barrier in found.items():
        cited(barrier.source, f"barriers.toml, [{name}]")
    return found


@cache
def measures() -> Mapping[str, Measure]:
    """The measures by code."""
    return _read("measures.toml", Measure)


def _read(file: str, kind: type[P]) -> dict[str, P]:
    raw = read_toml(FOLDER / file)
    return {name: checked(kind, entry, f"{file}, [{name}]") for name, entry in raw.items()}


def words(instrument: Instrument) -> dict[str, FactWord]:
    """All facts: those of facts.toml, one for each barrier, and the gates and answers of the instrument."""
    found = dict(fact_words())
    for name, barrier in barriers().items():
        ask = f"Ask about the barrier {name} ({barrier.title}): table barriers"
        found[f"barrier.{name}"] = FactWord(title=f"Barrier: {barrier.title}", kind="yes-no", ask=ask)
    for name, gate in instrument.gates.items():
        ask = f"Answer {', '.join(question.id for question in instrument.of_gate(name))} of {instrument.id}"
        found[f"gate.{name}"] = FactWord(title=f"Gate: {gate.title}", kind="yes-no", ask=ask)
    for question in instrument.questions:
        ask = f"Answer {question.id} of {instrument.id}: {question.text}"
        found[f"answer.{question.id}"] = FactWord(title=question.text, kind="yes-no", ask=ask)
    return found


def check_fact(known: Mapping[str, FactWord], fact: str, test: str, value: Any, where: str) -> None:
    """Refuse a comparison that means nothing: an unknown fact, a code that it does not have."""
    if fact not in known:
        raise StudyError(f"{where}: there is no fact '{fact}'.{nearest(fact, known)}")
    word = known[fact]
    if word.kind == "number":
        if test in ("is", "in"):
            raise StudyError(f"{where}: {fact} is a number; compare it by at_least, at_most, above or below.")
        return
    if test not in ("is", "in"):
        raise StudyError(f"{where}: {fact} is no number; compare it by is or in.")
    codes = TRUTH if word.kind == "yes-no" else word.codes
    for each in (value,) if test == "is" else value:
        if each not in codes:
            raise StudyError(
                f"{where}: {fact} is never '{each}'.{nearest(str(each), codes)} "
                f"It is one of {', '.join(codes)}, or unknown."
            )
