"""Readiness: points by dimension, gates that no total replaces, unknown that stays unknown, next steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firmtrade.errors import DataError, StudyError
from firmtrade.support.readiness.instrument import Instrument, instruments, read_instrument
from firmtrade.support.readiness.profile import Answer, profile
from firmtrade.support.readiness.steps import next_steps

DRAWN = """
id = "drawn"
version = "1"
title = "Drawn"
valid_from = 2024-01-01
author = "test"
licence = "MIT"
dimensions = { will = { title = "Will" }, can = { title = "Can" } }
[gates]
interest = { title = "Wants to", source = "own", meaning = "interest" }
people = { title = "Two of three", source = "own", least = 2 }
[[questions]]
id = "w1"
dimension = "will"
gate = "interest"
text = "Do you want to?"
source = "own"
[[questions]]
id = "w2"
dimension = "will"
polarity = "no"
text = "Is it only to replace sales?"
source = "own"
"""
PEOPLE = "".join(
    f'[[questions]]\nid = "c{n}"\ndimension = "can"\ngate = "people"\ntext = "Person {n}?"\nsource = "own"\n'
    for n in (1, 2, 3)
)


@pytest.fixture
def drawn(tmp_path: Path) -> Instrument:
    (tmp_path / "drawn.toml").write_text(DRAWN + PEOPLE, encoding="utf-8")
    return read_instrument(tmp_path / "drawn.toml")


def said(text: str, evidence: str = "stated") -> dict[str, Answer]:
    """Answers drawn as 'w1 yes, c1 no'."""
    return {
        name: Answer(value, evidence) for name, value in (part.split() for part in text.split(", ") if part)
    }


CASES = [
    # answers, readiness, interested, points low-high of 5
    ("", "unknown", "unknown", (0, 5)),
    ("w1 yes, c1 yes, c2 yes", "ready", "yes", (3, 5)),
    ("w1 yes, c1 yes, c2 no", "unknown", "yes", (2, 4)),
    ("w1 yes, c1 no, c2 no", "not-ready", "yes", (1, 3)),
    ("w1 no, c1 yes, c2 yes", "not-ready", "no", (2, 4)),
    ("w1 no", "not-ready", "no", (0, 4)),
    ("w1 yes, w2 no, c1 no, c2 no, c3 yes", "not-ready", "yes", (3, 3)),
    ("w1 yes, c1 not-applicable, c2 yes, c3 unknown", "unknown", "yes", (2, 4)),
    ("w1 yes, c1 not-applicable, c2 yes, c3 no", "not-ready", "yes", (2, 3)),
]


@pytest.mark.parametrize(("text", "readiness", "interested", "points"), CASES)
def test_gates_and_points(
    drawn: Instrument, text: str, readiness: str, interested: str, points: tuple[float, float]
) -> None:
    found = profile(drawn, said(text))
    assert (found.readiness, found.interested) == (readiness, interested)
    assert (found.total.low, found.total.high) == points
    assert sum(each.low for each in found.dimensions) == points[0]


def test_no_total_replaces_a_gate() -> None:
    """27 of 28 points, and not ready: the one that is missing is of a gate."""
    instrument = instruments()["first-export"]
    best = {question.id: Answer(question.best) for question in instrument.questions}
    assert profile(instrument, best).readiness == "ready"
    for question in instrument.questions:
        other = "no" if question.best == "yes" else "yes"
        found = profile(instrument, {**best, question.id: Answer(other)})
        assert found.total.low == 27
        assert found.readiness == ("not-ready" if question.gate else "ready")
        opened = profile(instrument, {**best, question.id: Answer("unknown")})
        assert opened.readiness == ("unknown" if question.gate else "ready")
    assert profile(instrument, {}).readiness == "unknown"


def test_the_weakest_dimension_is_named_and_evidence_counted(drawn: Instrument) -> None:
    answers = said("w1 yes, c1 yes, c2 yes, c3 no") | said("w2 no", "documented")
    found = profile(drawn, answers)
    assert found.weakest == ("can",)
    will = found.dimensions[0]
    assert (will.low, will.asked, will.answered, dict(will.grades)) == (
        2, 2, 2, {"stated": 1, "documented": 1, "accounts": 0})  # fmt: skip
    assert (found.readiness, found.documented) == ("ready", "unknown")
    sure = said("w1 yes, c1 yes, c2 yes", "accounts")
    assert profile(drawn, sure).documented == "ready"


def test_next_steps_are_told_with_the_choice_that_they_leave(drawn: Instrument) -> None:
    found = next_steps(drawn, said("w1 yes, c1 no"))
    assert found.total == 3
    assert [[step.question for step in steps] for steps in found.sets] == [
        ["c1", "c2"],
        ["c1", "c3"],
        ["c2", "c3"],
    ]
    (step,) = next_steps(drawn, said("w1 yes, c1 yes, c2 no, c3 not-applicable")).sets[0]
    assert (step.question, step.now, step.then, step.text) == ("c2", "no", "yes", "Person 2?")
    assert next_steps(drawn, said("w1 yes, c1 yes, c2 yes")).total == 0
    assert next_steps(drawn, said("w1 yes, c1 yes, c2 not-applicable, c3 not-applicable")).total == 0


SCALED = """
id = "scaled"
version = "1"
title = "Forty questions of one to five points"
valid_from = 2024-01-01
author = "test"
licence = "MIT"
dimensions = { all = { title = "All" } }
bands = [ { name = "impasse", points = 0 }, { name = "entry", points = 81 },
          { name = "mid", points = 121 }, { name = "passe-partout", points = 161 } ]
"""


def test_bands_of_a_total_change_where_their_authors_say(tmp_path: Path) -> None:
    """CHROME: below 81, 81 to 120, 121 to 160, 161 to 200, of 40 questions."""
    questions = "".join(
        f'[[questions]]\nid = "q{n}"\ndimension = "all"\ntext = "?"\nsource = "own"\nscale = [1, 5]\n'
        for n in range(40)
    )
    (tmp_path / "scaled.toml").write_text(SCALED + questions, encoding="utf-8")
    instrument = read_instrument(tmp_path / "scaled.toml")

    def band(total: int, unknown: int = 0) -> str:
        each = [1 + max(0, min(4, total - 40 - 4 * n)) for n in range(40 - unknown)]
        return profile(instrument, {f"q{n}": Answer(str(value)) for n, value in enumerate(each)}).band

    names = {total: band(total) for total in (80, 81, 120, 121, 160, 161, 200)}
    assert names == {80: "impasse", 81: "entry", 120: "entry", 121: "mid", 160: "mid", 161: "passe-partout",
                     200: "passe-partout"}  # fmt: skip
    assert band(120, unknown=1) == ""  # 119 to 123: nobody knows
    assert profile(instrument, {}).readiness == "unknown"  # there is no gate, and a total is none


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('gate = "interest"', 'gate = "intrest"', "Did you mean 'interest'"),
        ('dimension = "will"', 'dimension = "well"', "Did you mean 'will'"),
        ('source = "own"', 'source = "nobody"', "there is no evidence 'nobody'"),
        ('id = "w2"', 'id = "w1"', "more than once"),
        ('polarity = "no"', 'polarity = "perhaps"', "polarity"),
        ('polarity = "no"', "points = 3", "say who gave them"),
        ("least = 2", "least = 4", "has 3 questions"),
        ('title = "Drawn"', "", "lacks 'title'"),
        ('version = "1"', 'version = "1"\ncolour = "red"', "'colour' is not known"),
    ],
)
def test_an_instrument_that_does_not_hold_together(tmp_path: Path, old: str, new: str, reason: str) -> None:
    (tmp_path / "own.toml").write_text((DRAWN + PEOPLE).replace(old, new, 1), encoding="utf-8")
    with pytest.raises(StudyError, match=reason):
        read_instrument(tmp_path / "own.toml")


@pytest.mark.parametrize(
    ("answers", "reason"),
    [({"w9": "yes"}, "no question 'w9'"), ({"w1": "perhaps"}, "no answer to w1"), ({"w1": "3"}, "no answer")],
)
def test_answers_that_cannot_be(drawn: Instrument, answers: dict[str, Any], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        profile(drawn, {name: Answer(value) for name, value in answers.items()})


def test_our_instrument_is_whole(root: Path) -> None:
    instrument = instruments()["first-export"]
    page = (root / instrument.page).read_text(encoding="utf-8")
    assert 25 <= len(instrument.questions) <= 30
    assert all(question.points == 1 for question in instrument.questions) and instrument.weighting is None
    assert {question.dimension for question in instrument.questions} == set(instrument.dimensions)
    for question in instrument.questions:
        assert f"| {question.id} |" in page, f"{question.id} has no reason in {instrument.page}"
    for gate in instrument.gates.values():
        assert gate.title.split(":")[0] in page
