"""What answers say: points by dimension, gates, readiness, and how well it is documented.

Unknown stays unknown: points are an interval from 'every unknown answer speaks against it' to 'every one
speaks for it'; a gate with an unknown answer is met only if the others suffice. A firm is ready if all
gates are met, not ready if any is failed, and else it is not known. No total changes that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from firmtrade.support import truth
from firmtrade.support.readiness.instrument import (
    GRADES,
    NO,
    NOT_APPLICABLE,
    UNKNOWN,
    YES,
    Instrument,
    Question,
)

READY, NOT_READY = "ready", "not-ready"


@dataclass(frozen=True)
class Answer:
    """An answer as it is kept ('yes', 'no', 'unknown', 'not-applicable', '7'), and what it rests on."""

    value: str
    evidence: str = "stated"

    @property
    def known(self) -> bool:
        """Whether it says anything."""
        return self.value not in (UNKNOWN, NOT_APPLICABLE)


Answers = Mapping[str, Answer]


@dataclass(frozen=True)
class Points:
    """Points of a dimension or of all: between `low` and `high` of `most`, whatever the unknown answers are.

    `asked` leaves out what does not apply; `grades` counts the known answers by what they rest on.
    """

    name: str
    title: str
    low: float
    high: float
    most: float
    asked: int
    answered: int
    not_applicable: int
    grades: Mapping[str, int]


@dataclass(frozen=True)
class GateState:
    """Whether a gate is met; which of its questions are failed and which are not answered."""

    name: str
    title: str
    met: str
    failed: tuple[str, ...]
    open: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """The outcome of an assessment.

    `readiness` is ready, not-ready or unknown; `interested` yes, no or unknown; `documented` is the
    readiness if only documents and accounts count. `weakest` are the dimensions with the smallest share
    of points even if all unknown answers were good. `band` names the total, where the instrument has bands
    and the unknown answers leave no doubt.
    """

    instrument: str
    version: str
    dimensions: tuple[Points, ...]
    total: Points
    gates: tuple[GateState, ...]
    readiness: str
    interested: str
    documented: str
    weakest: tuple[str, ...]
    band: str = ""


def profile(instrument: Instrument, answers: Answers) -> Profile:
    """The profile of answers by question; a question that is absent is unknown.

    Raises DataError for an answer to a question that is not there, or one that the question does not have.
    """
    for name, answer in answers.items():
        instrument.question(name).read(answer.value)
    dimensions = tuple(
        _points(
            name, dimension.title, [each for each in instrument.questions if each.dimension == name], answers
        )
        for name, dimension in instrument.dimensions.items()
    )
    total = _points("total", "All questions", list(instrument.questions), answers)
    gates = gate_states(instrument, answers)
    sure = {name: answer for name, answer in answers.items() if answer.evidence != "stated"}
    interest = next((gate.met for gate in gates if gate.name == instrument.interest), UNKNOWN)
    return Profile(
        instrument=instrument.id, version=instrument.version, dimensions=dimensions, total=total, gates=gates,
        readiness=readiness(gates), interested=interest,
        documented=readiness(gate_states(instrument, sure)), weakest=_weakest(dimensions),
        band=_band(instrument, total),
    )  # fmt: skip


def readiness(gates: tuple[GateState, ...]) -> str:
    """Ready if all gates are met, not ready if any is failed, else unknown."""
    if not gates:
        return UNKNOWN
    return {YES: READY, NO: NOT_READY}.get(truth.every(gate.met for gate in gates), UNKNOWN)


def gate_states(instrument: Instrument, answers: Answers) -> tuple[GateState, ...]:
    """Each gate with the questions that it lacks."""
    return tuple(_gate(instrument, name, answers) for name in instrument.gates)


def _value(question: Question, answers: Answers) -> str:
    return answers[question.id].value if question.id in answers else UNKNOWN


def _gate(instrument: Instrument, name: str, answers: Answers) -> GateState:
    """Met if enough questions are, whatever the open ones are; failed if even they could not help."""
    questions = [
        question for question in instrument.of_gate(name) if _value(question, answers) != NOT_APPLICABLE
    ]
    states = {question.id: question.met(_value(question, answers)) for question in questions}
    failed = tuple(each for each, state in states.items() if state == NO)
    waiting = tuple(each for each, state in states.items() if state == UNKNOWN)
    least = instrument.gates[name].least or len(questions)
    sure = len(questions) - len(failed) - len(waiting)
    met = (
        UNKNOWN if not questions else YES if sure >= least else NO if sure + len(waiting) < least else UNKNOWN
    )
    return GateState(name, instrument.gates[name].title, met, failed, waiting)


def _points(name: str, title: str, questions: list[Question], answers: Answers) -> Points:
    low = high = most = 0.0
    skipped = 0
    grades = dict.fromkeys(GRADES, 0)
    for question in questions:
        value = _value(question, answers)
        if value == NOT_APPLICABLE:
            skipped += 1
            continue
        worth = question.worth(value)
        low += question.lowest if worth is None else worth
        high += question.highest if worth is None else worth
        most += question.highest
        if worth is not None:
            grades[answers[question.id].evidence] += 1
    asked = len(questions) - skipped
    return Points(name, title, low, high, most, asked, sum(grades.values()), skipped, grades)


def _weakest(dimensions: tuple[Points, ...]) -> tuple[str, ...]:
    shares = {each.name: each.high / each.most for each in dimensions if each.most and each.answered}
    least = min(shares.values(), default=1.0)
    return tuple(name for name, share in shares.items() if share == least < 1)


def _band(instrument: Instrument, total: Points) -> str:
    """The name of the total's band, if it is the same at both ends of the interval."""
    ordered = sorted(instrument.bands, key=lambda band: band.points)
    names = [[band.name for band in ordered if band.points <= end] for end in (total.low, total.high)]
    return names[0][-1] if names[0] and names[0] == names[1] else ""
