"""Next steps: the smallest sets of answers that would make a firm ready.

Every gate must be met, so a step for one gate does not replace one for another. A gate that needs only
some of its questions leaves a choice; then there are several smallest sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice, product
from math import comb, prod

from firmtrade.support.readiness.instrument import NOT_APPLICABLE, UNKNOWN, YES, Instrument
from firmtrade.support.readiness.profile import Answer, Answers, gate_states

#: So many sets are listed; how many there are is always told.
LISTED = 20


@dataclass(frozen=True)
class Step:
    """An answer that would have to become another one."""

    question: str
    now: str
    then: str
    text: str


@dataclass(frozen=True)
class NextSteps:
    """Sets of steps, each of which makes the firm ready and none of which can do with less.

    Listed in the order of the questions, at most LISTED; `total` is how many there are. Empty sets and a
    total of 0 mean that all gates are met already, or that a gate has no question that applies.
    """

    sets: tuple[tuple[Step, ...], ...]
    total: int


def next_steps(instrument: Instrument, answers: Answers) -> NextSteps:
    """The smallest sets of answers that meet all gates that are not met."""
    choices = [found for gate in gate_states(instrument, answers) if gate.met != YES
               for found in [_choices(instrument, gate.name, answers)]]  # fmt: skip
    if not choices or any(not options for options, _ in choices):
        return NextSteps((), 0)
    total = prod(comb(len(options), needed) for options, needed in choices)
    return NextSteps(tuple(islice(_sets(instrument, answers, choices), LISTED)), total)


def _choices(instrument: Instrument, gate: str, answers: Answers) -> tuple[list[str], int]:
    """(questions of a gate that could change, how many of them must)."""
    applies = [each for each in instrument.of_gate(gate)
               if each.id not in answers or answers[each.id].value != NOT_APPLICABLE]  # fmt: skip
    met = [each for each in applies if each.id in answers and each.met(answers[each.id].value) == YES]
    options = [each.id for each in applies if each not in met]
    return options, (instrument.gates[gate].least or len(applies)) - len(met)


def _sets(
    instrument: Instrument, answers: Answers, choices: list[tuple[list[str], int]]
) -> Iterator[tuple[Step, ...]]:
    order = {question.id: place for place, question in enumerate(instrument.questions)}
    for parts in product(*(combinations(options, needed) for options, needed in choices)):
        names = sorted((name for part in parts for name in part), key=order.__getitem__)
        yield tuple(_step(instrument, name, answers) for name in names)


def _step(instrument: Instrument, name: str, answers: Answers) -> Step:
    question = instrument.question(name)
    now = answers[name].value if name in answers else UNKNOWN
    return Step(name, now, question.best, question.text)


def applied(answers: Answers, steps: tuple[Step, ...]) -> Answers:
    """The answers after the steps were taken."""
    return {**answers, **{step.question: Answer(step.then) for step in steps}}
