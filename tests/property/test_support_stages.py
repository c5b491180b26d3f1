"""Stages: all 512 nine-year patterns against counts and a slow reference; unknown years are never guessed."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrade.errors import DataError
from firmtrade.support import stages
from firmtrade.support.stages import StageRule, flags_of, history, of_pattern
from reference import agency

NINE = ["".join(signs) for signs in product("01", repeat=9)]


def test_windows_of_nine_years() -> None:
    looks = Counter(history(flags_of(each, 9), 1, 9) for each in NINE)
    assert looks == {"constant": 1, "never": 1, "started": 8, "stopped": 8, "discontinuous": 494}
    lasting = Counter(of_pattern(each).permanent for each in NINE)
    assert lasting == {"yes": 111, "no": 401}  # 400 temporary exporters, and the one that never exported


def test_stages_at_the_last_of_nine_years() -> None:
    found = [of_pattern(each) for each in NINE]
    assert Counter(stage.code for stage in found) == {
        "never": 1, "regular": 32, "new": 32, "occasional": 192, "stopped": 255}  # fmt: skip
    assert Counter((stage.code, stage.entry) for stage in found if stage.entry) == {
        ("new", "first-time"): 1, ("new", "re-entrant"): 31,
        ("stopped", "recent"): 224, ("stopped", "dormant"): 31}  # fmt: skip


@pytest.mark.parametrize("rule", [StageRule(), StageRule(regular=5), StageRule(2, 3, 5)])
def test_all_patterns_agree_with_the_reference(rule: StageRule) -> None:
    for each in NINE:
        found = of_pattern(each, rule=rule)
        expected = agency.stage(each, rule.without, rule.regular, rule.permanent)
        assert (found.code, found.entry, found.permanent) == expected, each
        assert history(flags_of(each, 9), 1, 9) == agency.history(each)


@pytest.mark.parametrize("length", range(1, 7))
def test_the_unknown_is_the_unanimous_stage_of_all_completions(length: int) -> None:
    for signs in product("01?", repeat=length):
        each = "".join(signs)
        for rule in (StageRule(), StageRule(regular=5)):
            for unborn in (None, 0, 1):
                founded = None if unborn is None else 2000 - length + 1 - unborn
                found = of_pattern(each, 2000, rule, founded)
                expected = agency.stage(each, rule.without, rule.regular, rule.permanent, unborn)
                assert (found.code, found.entry, found.permanent) == expected, (each, unborn)
                assert (found.code == "undetermined") == bool(found.reason)
                if unborn is None:
                    assert set(found.possible) == agency.possible(each, rule.without, rule.regular)
        assert history(flags_of(each, length), 1, length) == agency.history(each)


@given(st.text("01?", min_size=7, max_size=14))
def test_long_windows_agree_too(each: str) -> None:
    found = of_pattern(each)
    assert (found.code, found.entry, found.permanent) == agency.stage(each)
    assert set(found.possible) == agency.possible(each)


@given(st.text("01?", min_size=4, max_size=10), st.data())
def test_learning_a_year_never_changes_what_was_known(each: str, data: st.DataObject) -> None:
    before, after = of_pattern(each), of_pattern(data.draw(st.sampled_from(list(agency.completions(each)))))
    assert before.code in ("undetermined", after.code)
    assert before.permanent in ("unknown", after.permanent)


DRAWN = [
    # pattern, last year, founded, stage, venture
    ("1", 2004, 2001, "undetermined", "yes"),
    ("0001", 2004, 2001, "new (first-time)", "yes"),
    ("0001", 2004, 1990, "new (first-time)", "unknown"),
    ("01", 2004, 2003, "new (first-time)", "yes"),
    ("01", 2004, None, "undetermined", "unknown"),
    ("10001", 2004, None, "new (re-entrant)", "unknown"),
    ("?0001", 2004, None, "new", "unknown"),
    ("1111", 2004, None, "regular", "unknown"),
    ("111", 2004, None, "undetermined", "unknown"),
    ("111", 2004, 2002, "occasional", "yes"),
    ("0111", 2004, None, "occasional", "unknown"),
    ("10", 2004, None, "stopped (recent)", "unknown"),
    ("10000", 2004, None, "stopped (dormant)", "unknown"),
    ("0000000", 2004, 1998, "never", "no"),
    ("0000", 2004, 2001, "never", "unknown"),
    ("0?00", 2004, None, "undetermined", "unknown"),
    ("000?", 2004, None, "undetermined", "unknown"),
]


@pytest.mark.parametrize(("pattern", "last", "founded", "text", "venture"), DRAWN)
def test_drawn_firms(pattern: str, last: int, founded: int | None, text: str, venture: str) -> None:
    found = of_pattern(pattern, last, founded=founded)
    assert (found.text, found.venture) == (text, venture)
    assert found.complete == (founded is not None and founded >= last - len(pattern) + 1)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(DataError, match="exported in 2001 and was founded in 2003"):
        of_pattern("1111", 2004, founded=2003)
    with pytest.raises(DataError, match="no flag of a year"):
        stages.stage({2001: "maybe"}, 2001)
    with pytest.raises(DataError, match="is no pattern"):
        flags_of("01x")
    assert of_pattern("00", 2004, founded=2005).reason == "the firm was founded in 2005, after 2004"


def test_five_years_of_the_french_customs() -> None:
    assert of_pattern("01111").code == "regular"
    assert of_pattern("01111", rule=StageRule(regular=5)).code == "occasional"
    assert of_pattern("11111", rule=StageRule(regular=5)).in_a_row == 5
