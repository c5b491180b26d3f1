"""Which figures of models may be told: drawn firms, what could be read off a figure, and the decision."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrade.errors import StudyError
from firmtrade.protect.models import KINDS, NEEDS, STANDARD_ERROR, FigureEvidence, coarsened, judge
from firmtrade.protect.rules import of_rules, profile, rule
from firmtrade.result import Evidence

RESEARCH = profile("research-output", 2024)
BUSINESS = profile("business-statistics", 2024)
#: Evidence with which each kind may be told by every built-in profile.
GOOD = {
    kind: FigureEvidence(kind, 100, degrees=60, largest=0.2, events=20, side=30) for kind in NEEDS
}  # fmt: skip
GOOD[STANDARD_ERROR] = FigureEvidence(STANDARD_ERROR, 0, of=FigureEvidence("coefficient", 100, 60))


def told(evidence, rules=RESEARCH) -> bool:
    return judge(evidence, rules) == ("F", ())


def survival(*steps: tuple[int, int]) -> list[FigureEvidence]:
    """Steps of (firms at risk, firms that had the event)."""
    return [FigureEvidence("survival-step", firms, events=events) for firms, events in steps]


# -- coefficients --------------------------------------------------------------------------------------


def fit(outcome, *regressors):
    """Coefficients of a regression, its fitted values, and its degrees of freedom."""
    matrix = np.column_stack(regressors).astype(float)
    found, _, rank, _ = np.linalg.lstsq(matrix, outcome, rcond=None)
    return found, matrix @ found, len(outcome) - int(rank)


def firms(number: int = 40):
    random = np.random.default_rng(7)
    size = random.lognormal(3, 1, number)
    return size, 100 * size + random.normal(0, 300, number)


@pytest.mark.parametrize(("having", "business", "research"), [(1, 0, 0), (2, 0, 0), (3, 1, 0), (10, 1, 1)])
def test_a_regressor_that_few_firms_have(having: int, business: int, research: int) -> None:
    """A dummy that one firm has takes that firm's residual: its turnover is the fitted value, to the cent."""
    size, turnover = firms()
    dummy = (np.arange(40) < having).astype(int)
    _, fitted, degrees = fit(turnover, np.ones(40), size, dummy)
    assert (abs(fitted[0] - turnover[0]) < 1e-6) == (having == 1), "what could be read off the coefficients"
    evidence = FigureEvidence("coefficient", 40, degrees, side=int(min(dummy.sum(), 40 - dummy.sum())))
    assert (told(evidence, BUSINESS), told(evidence, RESEARCH)) == (bool(business), bool(research))
    few = judge(evidence, BUSINESS)
    assert business or (few[0] == "A" and "on one side of it: model-side-3 asks for 3" in few[1][0])
    # As many firms that all but a few have: the few are the side.
    others = replace(evidence, side=int(min((1 - dummy).sum(), dummy.sum())))
    assert judge(others, BUSINESS) == few


def test_a_saturated_fit_repeats_the_data() -> None:
    """As many groups as firms: every fitted value is a firm's own."""
    turnover = firms(12)[1]
    _, fitted, degrees = fit(turnover, *(np.arange(12) == n for n in range(12)))
    assert degrees == 0 and np.allclose(fitted, turnover)
    status, reasons = judge(FigureEvidence("coefficient", 12, degrees), RESEARCH)
    assert (status, reasons) == ("M", ("the fit is exact, so that it repeats the data",))
    # Whatever a profile asks for.
    lax = [rule("units", least=0), rule("degrees", least=0), rule("largest", percent=100),
           rule("side", least=0), rule("events", least=0)]  # fmt: skip
    assert not told(FigureEvidence("regression", 12, 0), of_rules("lax", [], lax))
    assert told(FigureEvidence("regression", 12, 1), of_rules("lax", [], lax))


@pytest.mark.parametrize(("degrees", "shown"), [(9, False), (10, True)])
def test_ten_degrees_of_freedom(degrees: int, shown: bool) -> None:
    size, turnover = firms(14)
    left = fit(turnover, np.ones(14), size, *(size**power for power in range(2, 14 - degrees)))[2]
    assert left == degrees
    assert told(FigureEvidence("coefficient", 14, left)) is shown


def test_a_standard_error_is_told_with_its_coefficient() -> None:
    safe = FigureEvidence("coefficient", 40, 37, side=12)
    unsafe = replace(safe, side=1)
    assert told(FigureEvidence(STANDARD_ERROR, 40, 37, of=safe))
    status, reasons = judge(FigureEvidence(STANDARD_ERROR, 40, 37, of=unsafe), RESEARCH)
    assert status == "A" and reasons[0].startswith("its coefficient: 1 firm on one side")
    alone = FigureEvidence(STANDARD_ERROR, 40, 37)
    assert judge(alone, RESEARCH)[0] == judge(replace(alone, of=alone), RESEARCH)[0] == "U"


def test_a_firm_that_dominates_hides_means_and_sums_and_coefficients() -> None:
    turnover = np.array([90.0, *([10.0] * 9)])
    share = float(turnover.max() / turnover.sum())
    assert share == 0.5, "at the limit a figure is safe, as in tables"
    for kind in ("mean", "sum", "growth"):
        assert told(FigureEvidence(kind, 10, largest=share))
        status, reasons = judge(FigureEvidence(kind, 10, largest=share + 0.01), RESEARCH)
        assert status == "O" and "the largest firm has 51 per cent" in reasons[0]
    assert not told(FigureEvidence("coefficient", 40, 37, largest=0.6))


# -- survival ------------------------------------------------------------------------------------------


def test_a_step_of_one_firm_shows_when_it_left() -> None:
    """30 exporters, one stops: 0.9667 after 1.0 says so, whoever knows that there were about 30."""
    before, after = 1.0, 1 - 1 / 30
    assert round(30 * (1 - after / before)) == 1
    assert told(*survival((30, 0)), BUSINESS), "nobody left"
    for events in (1, 2):
        status, reasons = judge(survival((30, events))[0], BUSINESS)
        assert status == "A" and "asks for none or 3" in reasons[0]
    assert told(*survival((30, 3)), BUSINESS)
    assert not told(*survival((30, 3)), RESEARCH) and told(*survival((30, 10)), RESEARCH)


def test_all_but_one_tells_of_the_one() -> None:
    for left in (29, 28):
        assert "all but" in judge(survival((30, left))[0], BUSINESS)[1][0]
    assert not told(*survival((30, 30)), BUSINESS), "and all tells of all"
    assert told(*survival((30, 27)), BUSINESS)


def test_steps_are_joined_until_enough_firms_had_the_event() -> None:
    steps = survival((60, 1), (58, 1), (55, 4), (50, 0), (48, 2), (40, 2), (35, 2), (9, 4))
    groups = coarsened(steps, BUSINESS)
    # Three in the first three years; none in the fourth; 2 + 2; what is left over goes to the group before.
    assert groups == ((0, 1, 2), (3,), (4, 5, 6))
    for group in groups:
        joined = FigureEvidence(
            "survival-step", steps[group[0]].firms, events=sum(steps[n].events for n in group)
        )
        assert told(joined, BUSINESS)
    assert coarsened(survival((60, 1), (58, 1)), BUSINESS) == (), "too few in all: nothing is told"
    assert coarsened(survival((9, 4)), BUSINESS) == ()
    assert coarsened([], BUSINESS) == ()
    unknown = [*survival((60, 5)), FigureEvidence("survival-step", 50), *survival((40, 5))]
    assert coarsened(unknown, BUSINESS) == ((0,),), "the curve ends where nothing is known"


@given(st.lists(st.integers(0, 6), min_size=1, max_size=12), st.integers(10, 80))
def test_no_group_of_steps_shows_few_firms(events: list[int], first: int) -> None:
    at_risk = [first - sum(events[:n]) for n in range(len(events))]
    steps = survival(*((firms, left) for firms, left in zip(at_risk, events, strict=True) if firms >= left))
    groups = coarsened(steps, BUSINESS)
    places = [n for group in groups for n in group]
    assert places == list(range(len(places))), "neighbours, from the beginning, each once"
    for group in groups:
        left = sum(steps[n].events for n in group)
        assert left == 0 or (left >= 3 and steps[group[0]].firms - left >= 3)
        assert all(steps[n].firms >= 10 for n in group)


# -- quantiles, shares, counts -------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "share", "shown"), [(100, 0.5, True), (100, 0.9, True), (50, 0.9, False)])
def test_a_quantile_has_firms_on_both_sides(number: int, share: float, shown: bool) -> None:
    values = np.arange(number)
    side = int(min((values < np.quantile(values, share)).sum(), (values >= np.quantile(values, share)).sum()))
    assert told(FigureEvidence("quantile", number, side=side)) is shown


def test_a_share_of_nearly_all_or_nobody() -> None:
    def part(inside: int, of: int, rules=RESEARCH) -> bool:
        return told(FigureEvidence("share", of, side=min(inside, of - inside)), rules)

    assert part(30, 100) and part(70, 100)
    assert not part(2, 100, BUSINESS) and not part(98, 100, BUSINESS)
    # 92 of 100 are alike: what is known of the group is known of whoever is in it (group disclosure).
    assert part(92, 100, BUSINESS) and not part(92, 100, RESEARCH)
    assert (
        "92 per cent of 100 firms are alike" in judge(FigureEvidence("share", 100, side=8), RESEARCH)[1][-1]
    )


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != STANDARD_ERROR])
def test_nine_firms_are_too_few_for_any_figure(kind: str) -> None:
    assert told(GOOD[kind])
    few = judge(replace(GOOD[kind], firms=9, events=0, side=9), BUSINESS)
    assert few[0] == "A" and "fewer than the 10 that model-units-10 asks for" in few[1][0]


# -- deny by default -----------------------------------------------------------------------------------


def test_what_is_not_known_is_not_told() -> None:
    assert judge(None, RESEARCH)[0] == "U"
    for kind, needs in NEEDS.items():
        for name in set(needs) - {"firms"}:
            status, reasons = judge(replace(GOOD[kind], **{name: None}), RESEARCH)
            assert status == "U" and reasons[0].startswith("it is not known")
    assert (
        "no rule for a figure of the kind 'tobit'" in judge(FigureEvidence("tobit", 99, 90), RESEARCH)[1][0]
    )


@pytest.mark.parametrize(
    "wrong", [{"largest": 1.2}, {"largest": -0.1}, {"largest": float("nan")}, {"firms": -1}, {"side": -3}]
)
def test_what_cannot_be_is_not_told(wrong: dict) -> None:
    status, reasons = judge(replace(GOOD["mean"], **wrong), RESEARCH)
    assert status == "U" and "cannot be" in reasons[0]


def test_a_profile_without_rules_for_models_tells_none() -> None:
    bare = of_rules("bare", [rule("frequency", least=3, margin=30)])
    assert all(judge(GOOD[kind], bare)[0] == "U" for kind in KINDS)


def test_a_profile_of_a_study_judges_models_as_research_unless_it_says_otherwise() -> None:
    local = {"profiles": {"mine": {"title": "Mine", "rules": ["frequency-3"]}}}
    assert profile("mine", 2024, local).models == RESEARCH.models
    local["profiles"]["mine"]["models"] = ["model-units-10"]
    assert judge(GOOD["count"], profile("mine", 2024, local))[0] == "U", "each kind of rule must be there"
    local["profiles"]["mine"]["models"] = ["model-unit-10"]
    with pytest.raises(StudyError, match="Did you mean 'model-units-10'"):
        profile("mine", 2024, local)


def test_the_evidence_of_results_is_judged_as_it_is() -> None:
    """Without sides and coefficients: the evidence that cells of models carry."""
    assert told(Evidence("coefficient", 500, 400)) and not told(Evidence("coefficient", 2, 400))
    assert not told(Evidence("quantile", 500)) and not told(Evidence(STANDARD_ERROR, 500, 400))


few = st.integers(0, 40)
numbers = st.tuples(st.sampled_from(sorted(NEEDS)), few, st.integers(-1, 30), st.floats(0, 1), few, few)


@given(numbers, st.integers(0, 20), st.floats(0, 1))
def test_more_evidence_never_hides(drawn, more: int, less: float) -> None:
    kind, firms, degrees, largest, events, side = drawn
    evidence = FigureEvidence(kind, firms, degrees, largest, events, side)
    better = replace(evidence, degrees=degrees + more, largest=largest * less, firms=firms + more)
    if kind == "share":
        better = replace(better, side=side + more)  # the part must not become smaller than it was
    for rules in (RESEARCH, BUSINESS):
        if told(evidence, rules):
            assert told(better, rules)
        # And what research output tells, business statistics tells.
        assert not told(evidence, RESEARCH) or told(evidence, BUSINESS)


@given(numbers)
def test_what_is_told_is_what_the_rules_say(drawn) -> None:
    """The rules written out by hand, for research output."""
    kind, firms, degrees, largest, events, side = drawn
    fine = firms >= 10 and degrees >= 10 and largest <= 0.5 and side >= 10
    if kind == "survival-step":
        fine = fine and (events == 0 or (events >= 10 and firms - events >= 10))
    if kind == "share":
        fine = fine and (firms - side) * 10 < firms * 9
    assert told(FigureEvidence(kind, firms, degrees, largest, events, side)) == fine
