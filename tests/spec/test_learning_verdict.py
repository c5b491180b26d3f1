"""The verdict: right on panels with a planted truth, and each step of its rule (100 seeds:
benchmarks/recovery.py)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from firmtrade.estimate.learning.evidence import Check, Evidence, Reading
from firmtrade.estimate.learning.trends import Slope, Wald
from firmtrade.estimate.learning.words import Speech, learning_sentence, rule_text, selection_sentence
from firmtrade.estimate.verdict import Rule, judge
from support_planted import evidence_of, panel, planted_effect, truth

RIGHT = {
    "selection": ("shown", "not shown"),
    "learning": ("not shown", "shown"),
    "both": ("shown", "shown"),
    "neither": ("not shown", "not shown"),
}


def answers(name: str, seed: int, **changes: Any) -> tuple[str, str, str]:
    selection, learning = judge(evidence_of(panel(truth(name, seed=seed, **changes)))[0])
    return selection.answer, learning.answer, learning.reading


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", RIGHT)
def test_lasting_differences_decide_who_starts(name: str, seed: int) -> None:
    changes = {"firms": 1500, "leave": 0.03, "stop": 0.1, "unknown": 0.005}
    assert answers(name, seed, **changes) == (*RIGHT[name], "same trends")


@pytest.mark.parametrize("name", ["selection", "both"])
def test_productivity_of_last_year_decides_and_reverts(name: str) -> None:
    """Trends differ, since starters were above their own mean; firms at the same level tell the truth."""
    changes = {"index": "lagged", "level": 0.35, "shock": 0.35, "rho": 0.8}
    assert answers(name, 4, **changes) == (*RIGHT[name], "same level")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("growth", {}),
        ("growth", {"trend": 0.06, "firms": 1500}),
        ("growth", {"index": "recent", "walk": 0.1}),
        ("both", {"index": "trend"}),  # even if starting teaches: how much of it is growth is not known
    ],
)
def test_growth_decides_who_starts(name: str, changes: dict[str, Any]) -> None:
    assert answers(name, 5, **changes)[1:] == ("cannot tell", "")


def test_the_planted_effect_is_in_the_interval() -> None:
    evidence, rows = evidence_of(panel(truth("both", seed=21, ramp=3, uneven=0.5)))
    learning = judge(evidence)[1]
    assert learning.low < planted_effect(rows) < learning.high


# The rule, step by step, on evidence that is bent


@pytest.fixture(scope="module")
def both() -> Evidence:
    return evidence_of(panel(truth("both", firms=1500, seed=11)))[0]


def bent(evidence: Evidence, name: str = "same trends", **changes: Any) -> Evidence:
    """The evidence with one reading changed; `att` and `std_error` are those of its average."""
    if "joint" in changes or "slope" in changes:
        old = next(each.back for each in evidence.readings if each.name == name)
        back = Check(changes.pop("joint", old.joint), changes.pop("slope", old.slope))
        changes = {"back": back, "ahead": None, **changes}
    average = {key: changes.pop(key) for key in ("att", "std_error") if key in changes}
    readings = [
        replace(each, average=replace(each.average, **average), **changes) if each.name == name else each
        for each in evidence.readings
    ]
    return replace(evidence, readings=tuple(readings))


def fails(reading: Reading | None, misfit: float = 40.0) -> dict[str, Any]:
    """A check before the start that fails by far."""
    assert reading is not None
    coefficients = reading.path.estimates.copy()
    coefficients[: reading.path.before] = -0.3
    return {
        "joint": Wald(misfit, 4, 1e-9, 100),
        "path": replace(reading.path, estimates=coefficients),
        "slope": Slope(0.08, 0.01, 0.3, 0.03, -0.1, 0.04),
    }


def test_few_starters_cannot_tell(both: Evidence) -> None:
    for verdict in judge(replace(both, starters=29)):
        assert (verdict.answer, verdict.why) == ("cannot tell", "fewer than 30 starters")


def test_too_few_data_cannot_tell(both: Evidence) -> None:
    learning = judge(bent(both, att=0.02, std_error=0.08))[1]
    assert (learning.answer, learning.why) == ("cannot tell", "too few data")
    assert learning.detectable == pytest.approx(0.224, abs=1e-3) and learning.detectable > learning.margin


def test_enough_data_and_no_effect_is_not_shown(both: Evidence) -> None:
    learning = judge(bent(both, att=0.005, std_error=0.01))[1]
    assert (learning.answer, learning.why) == ("not shown", "")
    assert judge(bent(both, att=-0.1))[1].why == "starters fell behind"


def test_a_failed_check_in_both_comparisons_cannot_tell(both: Evidence) -> None:
    wrong = bent(both, **fails(both.reading("same trends")))
    wrong = bent(wrong, "same level", **fails(both.reading("same level")))
    learning = judge(wrong)[1]
    assert (learning.answer, learning.why) == ("cannot tell", "trends differed before the start")


def good(reading: Reading | None) -> dict[str, Any]:
    assert reading is not None
    return {"joint": Wald(3.0, 4, 0.56, 100), "slope": Slope(0.0, 0.003, 0.0, 0.01, 0.1, 0.01)}


def test_the_other_comparison_is_believed_only_if_it_halves_the_misfit(both: Evidence) -> None:
    sound = bent(both, "same level", **good(both.reading("same level")), lasting=0.1, std_error_lasting=0.01)
    far = bent(sound, **fails(both.reading("same trends"), 40.0))
    near = bent(sound, **fails(both.reading("same trends"), 5.9))
    assert judge(far)[1].reading == "same level" and judge(far)[1].answer == "shown"
    assert judge(near)[1].answer == "cannot tell"


def test_an_effect_that_fades_like_a_good_year_cannot_tell(both: Evidence) -> None:
    fading = bent(
        both, "same level", **good(both.reading("same level")), lasting=0.01, std_error_lasting=0.01
    )
    learning = judge(bent(fading, **fails(both.reading("same trends"))))[1]
    assert (learning.answer, learning.why) == ("cannot tell", "the effect fades like a good year")


def test_a_trend_that_explains_as_much_cannot_tell(both: Evidence) -> None:
    gentle = Slope(0.02, 0.01, 0.06, 0.03, 0.03, 0.04)  # within 2.81 standard errors, yet as good an account
    learning = judge(bent(both, slope=gentle))[1]
    assert (learning.answer, learning.why) == (
        "cannot tell",
        "a trend from before the start explains as much",
    )


def test_a_failed_check_that_is_too_small_to_matter_is_let_pass(both: Evidence) -> None:
    tiny = {"joint": Wald(30.0, 4, 1e-6, 100), "slope": Slope(0.001, 0.0002, 0.003, 0.001, 0.1, 0.01)}
    reading = both.reading("same trends")
    assert reading is not None
    near = reading.path.estimates.copy()
    near[: reading.path.before] = [0.004 * (-1) ** at for at in range(reading.path.before)]
    path = replace(reading.path, estimates=near)
    assert judge(bent(both, **tiny, path=path))[1].answer == "shown"


# Sentences

SPEECH = Speech("exporting", "value added per person", True)


def test_a_shown_verdict_in_words(both: Evidence) -> None:
    selection, learning = judge(both)
    said = selection_sentence(selection, SPEECH)
    assert said.startswith(
        "Self-selection into exporting: shown. In the year before they started, firms that started"
    )
    assert f"{100 * np.expm1(selection.effect):.1f} % above firms that never did" in said
    said = learning_sentence(learning, SPEECH, 5)
    assert said.startswith("Learning by exporting: shown. In the year of the start and the 5 years after it")
    assert f"gained {100 * np.expm1(learning.effect):.1f} % in value added per person" in said


def test_what_is_not_shown_says_what_would_have_been(both: Evidence) -> None:
    learning = judge(bent(both, att=0.005, std_error=0.01))[1]
    said = learning_sentence(learning, SPEECH, 5)
    assert said.startswith("Learning by exporting: not shown.")
    assert said.endswith("The smallest gain that these data would have shown is 2.8 %.")


def test_what_cannot_be_told_says_why(both: Evidence) -> None:
    selection, learning = judge(replace(both, starters=3))
    assert selection_sentence(selection, SPEECH) == (
        "Self-selection into exporting: cannot tell. Fewer than 30 starters."
    )
    learning = judge(bent(both, slope=Slope(0.02, 0.01, 0.06, 0.03, 0.03, 0.04)))[1]
    said = learning_sentence(learning, SPEECH, 5)
    assert "had it gone on, would explain as much. Taken at face value: in the year of the start" in said


def test_the_printed_rule_has_the_numbers_that_decide() -> None:
    said = rule_text(Rule(shown=3.3, p=0.02, learning=0.15, firms=50), 4)
    for number in (
        "3.3 standard errors",
        "p at least 0.02",
        "0.15 standard",
        "fewer than 50",
        "the 4 that follow",
    ):
        assert number in said
