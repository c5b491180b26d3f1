"""The chart of an evaluation: what is estimated is drawn, what is not is named, and the word is kept to."""

from __future__ import annotations

import re
from typing import Any

import pytest

from firmtrade.serve.agency.since import Since, since, verdict
from firmtrade.serve.speak import LANGUAGES, tongue


def year(key: int, effect: Any, low: Any, high: Any) -> dict[str, Any]:
    return {"key": key, "effect": effect, "low": low, "high": high, "supported": 40, "others": 30}


def opened(*years: dict[str, Any], word: str | None = "impact", low: float = 0.01) -> dict[str, Any]:
    judged = {"word": word} if word else None
    return {"by_year_since": list(years), "judged": judged, "effect": year(0, 0.1, low, 0.2)}


BEFORE, AFTER = year(-2, -0.01, -0.03, 0.01), year(0, 0.10, 0.05, 0.15)


def marks(shown: Since, name: str, which: str = "wide") -> list[str]:
    """Marks or intervals of one of the two drawings."""
    part = str(shown.chart).split('class="draw-narrow"')[which == "narrow"]
    return re.findall(name, part)


MARK, INTERVAL = r'class="mark s\d"', r'class="line whole s\d"'


@pytest.mark.parametrize("which", ["wide", "narrow"])
def test_effects_and_years_before_are_two_series_with_intervals(which: str) -> None:
    shown = since(opened(BEFORE, AFTER), True, tongue("en"))
    # One mark of each series is the legend's.
    assert marks(shown, MARK, which) == ['class="mark s1"', 'class="mark s2"'] * 2
    assert marks(shown, INTERVAL, which) == ['class="line whole s1"', 'class="line whole s2"']
    assert marks(shown, "rule zero", which) and marks(shown, 'class="break"', which)


def test_the_unit_is_on_the_axis_and_numbers_are_in_it() -> None:
    chart = str(since(opened(BEFORE, AFTER), True, tongue("en")).chart)
    assert "Effect (percentage points)" in chart and "0: 10.0 (5.0 … 15.0)" in chart
    chart = str(since(opened(BEFORE, AFTER), False, tongue("en")).chart)
    assert "Effect (log points)" in chart and "0: 0.100 (0.050 … 0.150)" in chart


def test_the_chart_is_told_in_words() -> None:
    chart = str(since(opened(BEFORE, AFTER), True, tongue("en")).chart)
    assert "Before the support: 1 intervals, of which 0 lie above 0 and 0 below it." in chart
    assert "Since the support: 1 intervals, of which 1 lie above 0 and 0 below it." in chart


def test_a_withheld_word_is_withheld_below_the_chart() -> None:
    withheld = tongue("en").say("agency.since_withheld")
    assert withheld in since(opened(BEFORE, AFTER, word="association"), True, tongue("en")).notes
    assert withheld not in since(opened(BEFORE, AFTER), True, tongue("en")).notes


def test_what_cannot_be_estimated_is_named_and_not_drawn() -> None:
    shown = since(opened(BEFORE, AFTER, year(1, None, None, None)), True, tongue("en"))
    assert "Not drawn, because it cannot be estimated: 1." in shown.notes
    assert len(marks(shown, MARK)) == 4


@pytest.mark.parametrize("bounds", [(0.0, 0.0), ("-infinite", "infinite"), (None, None)])
def test_a_year_without_a_width_has_no_interval(bounds: tuple[Any, Any]) -> None:
    shown = since(opened(BEFORE, year(0, 0.0, *bounds)), True, tongue("en"))
    assert any(note.startswith("Without an interval") and ": 0." in note for note in shown.notes)
    assert len(marks(shown, INTERVAL)) == 1 and len(marks(shown, MARK)) == 4


def test_without_an_estimate_there_is_no_chart() -> None:
    assert since(opened(), True, tongue("en")).chart is None
    assert since(opened(year(0, None, None, None)), True, tongue("en")).chart is None


def test_an_effect_that_cannot_be_told_from_none_is_not_called_impact() -> None:
    said = [verdict(opened(low=0.01)), verdict(opened(low=-0.01)), verdict(opened(word="association"))]
    assert said == ["impact", "none", "withheld"]
    assert verdict(opened(word=None)) == ""


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_draws(code: str) -> None:
    shown = since(opened(BEFORE, AFTER, year(1, None, None, None), word=""), True, tongue(code))
    assert shown.chart and len(shown.notes) == 3 and shown.unit in str(shown.chart)
