"""Readiness for any answers: next steps are the smallest, unknown is the union of what could be."""

from __future__ import annotations

from functools import cache
from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from firmtrade.support.readiness.instrument import Dimension, Gate, Instrument, Question
from firmtrade.support.readiness.profile import Answer, profile
from firmtrade.support.readiness.steps import applied, next_steps

ANSWERS = ("yes", "no", "unknown", "not-applicable")


@cache
def instrument(least: tuple[int | None, int | None]) -> Instrument:
    """Two gates of three questions and one question without a gate."""
    gates = {f"g{n}": Gate(title="g", source="own", least=each) for n, each in enumerate(least)}
    questions = [
        Question(id=f"q{n}{m}", dimension="d", text="?", source="own", gate=f"g{n}",
                 polarity="no" if m == 2 else "yes")
        for n, m in product(range(2), range(3))
    ]  # fmt: skip
    free = Question(id="free", dimension="d", text="?", source="own")
    return Instrument(id="x", version="1", title="x", valid_from="2024-01-01", author="x", licence="x",
                      dimensions={"d": Dimension(title="d")}, gates=gates,
                      questions=(*questions, free))  # fmt: skip


leasts = st.tuples(*[st.sampled_from([None, 1, 2, 3])] * 2)
rows = st.lists(st.sampled_from(ANSWERS), min_size=7, max_size=7)


@given(leasts, rows)
def test_next_steps_are_all_the_smallest_sets(least: tuple[int | None, int | None], row: list[str]) -> None:
    asked = instrument(least)
    answers = {each.id: Answer(value) for each, value in zip(asked.questions, row, strict=True)}
    could = [each for each in asked.questions if answers[each.id].value not in ("not-applicable", each.best)]

    def ready(names: tuple[str, ...]) -> bool:
        changed = {name: Answer(asked.question(name).best) for name in names}
        return profile(asked, {**answers, **changed}).readiness == "ready"

    enough = [set(names) for size in range(len(could) + 1)
              for names in combinations([each.id for each in could], size) if ready(names)]  # fmt: skip
    smallest = [names for names in enough if not any(other < names for other in enough)]
    found = next_steps(asked, answers)
    if smallest == [set()]:
        smallest = []  # ready already
    assert sorted(map(sorted, smallest)) == sorted(
        sorted(step.question for step in steps) for steps in found.sets
    )
    assert found.total == len(smallest)
    for steps in found.sets:
        assert profile(asked, applied(answers, steps)).readiness == "ready"


@given(leasts, rows)
def test_unknown_is_what_the_completions_do_not_agree_on(
    least: tuple[int | None, int | None], row: list[str]
) -> None:
    asked = instrument(least)
    places = [place for place, value in enumerate(row) if value == "unknown"]
    seen = set()
    lows, highs = [], []
    for values in product(("yes", "no"), repeat=len(places)):
        full = list(row)
        for place, value in zip(places, values, strict=True):
            full[place] = value
        one = profile(asked, {q.id: Answer(value) for q, value in zip(asked.questions, full, strict=True)})
        seen.add(one.readiness)
        lows.append(one.total.low)
        highs.append(one.total.high)
    found = profile(asked, {q.id: Answer(value) for q, value in zip(asked.questions, row, strict=True)})
    assert found.readiness == (seen.pop() if len(seen) == 1 else "unknown")
    assert (found.total.low, found.total.high) == (min(lows), max(highs))
