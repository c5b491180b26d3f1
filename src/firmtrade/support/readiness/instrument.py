"""A questionnaire as data: its questions, dimensions and gates, read from a TOML file and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from firmtrade.errors import DataError, StudyError, nearest
from firmtrade.support.words import HERE, Part, checked, cited, read_toml

FOLDER = HERE / "instruments"
#: What an answer rests on, weakest first.
GRADES = ("stated", "documented", "accounts")
YES, NO, UNKNOWN, NOT_APPLICABLE = "yes", "no", "unknown", "not-applicable"


class Dimension(Part):
    """A side of readiness that is reported by itself."""

    title: str


class Gate(Part):
    """A condition that must be met. `least` is how many of its questions must be (none: all of them).

    The gate with the meaning 'interest' tells a firm that does not want from one that cannot.
    """

    title: str
    source: str
    meaning: Literal["", "interest"] = ""
    least: int | None = None


class Question(Part):
    """A question. `polarity` is the answer that speaks for readiness.

    With a `scale` the answer is a number from its first to its last, which is its points, and `passes` is
    the least that meets a gate. `evidence` is the best grade that can be had for it.
    """

    id: str
    dimension: str
    text: str
    source: str
    gate: str = ""
    polarity: Literal["yes", "no"] = "yes"
    evidence: Literal["stated", "documented", "accounts"] = "stated"
    points: float = 1
    scale: tuple[int, int] | None = None
    passes: int | None = None

    @property
    def highest(self) -> float:
        """The most points that it can give."""
        return self.points if self.scale is None else self.scale[1]

    @property
    def lowest(self) -> float:
        """The fewest points that it can give."""
        return 0 if self.scale is None else self.scale[0]

    def read(self, answer: object) -> str:
        """The answer as it is kept; DataError for one that the question does not have."""
        text = str(answer).strip().lower().replace(" ", "-").replace("_", "-")
        text = {"": UNKNOWN, "na": NOT_APPLICABLE, "n/a": NOT_APPLICABLE, "?": UNKNOWN}.get(text, text)
        if text in (UNKNOWN, NOT_APPLICABLE) or (self.scale is None and text in (YES, NO)):
            return text
        if self.scale and text.isdigit() and self.scale[0] <= int(text) <= self.scale[1]:
            return str(int(text))
        kind = "yes, no" if self.scale is None else f"a whole number from {self.scale[0]} to {self.scale[1]}"
        raise DataError(f"'{answer}' is no answer to {self.id}. Write {kind}, unknown or not-applicable.")

    def worth(self, answer: str) -> float | None:
        """Points of an answer; None if it is not known."""
        if answer in (UNKNOWN, NOT_APPLICABLE):
            return None
        if self.scale is not None:
            return float(answer)
        return self.points if answer == self.polarity else 0.0

    def met(self, answer: str) -> str:
        """Whether an answer meets the question's gate: yes, no or unknown."""
        if answer in (UNKNOWN, NOT_APPLICABLE):
            return UNKNOWN
        passes = int(answer) >= (self.passes or 0) if self.scale else answer == self.polarity
        return YES if passes else NO

    @property
    def best(self) -> str:
        """The answer that speaks most for readiness; on a scale the least that meets a gate."""
        if self.scale is None:
            return self.polarity
        return str(self.passes if self.passes is not None else self.scale[1])


class Band(Part):
    """A name for totals from so many points on. A label: no gate is ever met by it."""

    name: str
    points: float


class Weighting(Part):
    """Who gave questions different points, when and why: without it all count the same."""

    author: str
    date: date
    reason: str


class Instrument(Part):
    """A questionnaire with its version. Dimensions, gates and questions in the order of the file."""

    id: str
    version: str
    title: str
    valid_from: date
    author: str
    licence: str
    page: str = ""
    dimensions: Mapping[str, Dimension]
    gates: Mapping[str, Gate] = Field(default_factory=dict)
    questions: tuple[Question, ...]
    bands: tuple[Band, ...] = ()
    weighting: Weighting | None = None

    @model_validator(mode="after")
    def _holds_together(self) -> Instrument:
        ids = [question.id for question in self.questions]
        for question in self.questions:
            _known(question.dimension, self.dimensions, f"{question.id}: dimension")
            if question.gate:
                _known(question.gate, self.gates, f"{question.id}: gate")
            if question.scale and question.gate and question.passes is None:
                raise ValueError(f"{question.id} is of a gate and lacks passes")
            if question.points != 1 and self.weighting is None:
                raise ValueError(f"{question.id} has other points: say who gave them, in weighting")
            if ids.count(question.id) > 1:
                raise ValueError(f"{question.id} is there more than once")
            cited(question.source, question.id)
        for name, gate in self.gates.items():
            cited(gate.source, name)
            if not 1 <= (gate.least or 1) <= len(self.of_gate(name)):
                raise ValueError(f"gate {name} has {len(self.of_gate(name))} questions")
        return self

    def of_gate(self, gate: str) -> list[Question]:
        """The questions of a gate."""
        return [question for question in self.questions if question.gate == gate]

    def of_dimension(self, dimension: str) -> list[Question]:
        """The questions of a dimension."""
        return [question for question in self.questions if question.dimension == dimension]

    def question(self, name: str) -> Question:
        """The question with this id; DataError with the nearest one if there is none."""
        for question in self.questions:
            if question.id == name:
                return question
        known = [question.id for question in self.questions]
        raise DataError(
            f"{self.id} {self.version} has no question '{name}'.{nearest(name, known)} "
            f"Questions: {', '.join(known)}."
        )

    @property
    def interest(self) -> str:
        """The gate that tells whether the firm wants to export; '' if the instrument has none."""
        return next((name for name, gate in self.gates.items() if gate.meaning == "interest"), "")


def _known(name: str, known: Iterable[str], what: str) -> None:
    if name not in known:
        raise ValueError(f"{what} '{name}' is not there.{nearest(name, known)}")


@cache
def instruments() -> Mapping[str, Instrument]:
    """The instruments that come with firmtrade, by id; of several versions the one valid last."""
    return {each.id: each for each in sorted(versions().values(), key=lambda each: each.valid_from)}


@cache
def versions() -> Mapping[tuple[str, str], Instrument]:
    """All instruments that come with firmtrade, by id and version: one that was used is not taken away."""
    found = [read_instrument(path) for path in sorted(FOLDER.glob("*.toml"))]
    return {(each.id, each.version): each for each in found}


def read_instrument(name: str | Path) -> Instrument:
    """An instrument by its id, or from a file of one's own (a path that ends with .toml)."""
    if str(name).endswith(".toml"):
        raw: Mapping[str, Any] = read_toml(Path(name))
        return checked(Instrument, raw, Path(name).name)
    if name not in instruments():
        raise StudyError(
            f"There is no instrument '{name}'.{nearest(str(name), instruments())} "
            f"Give the path of a .toml file for one of your own."
        )
    return instruments()[str(name)]
