"""The verdicts in plain sentences, the rule that led to them, and how it was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from firmtrade.estimate.learning.study import Asked
from firmtrade.estimate.verdict import Rule, Verdict


@dataclass(frozen=True)
class Speech:
    """What sentences speak of: `doing` ("exporting"), the `outcome`, and whether it is in logarithms."""

    doing: str
    outcome: str
    logs: bool

    def amount(self, value: float) -> float:
        """A difference as it is told: per cent of a difference in logarithms, else the difference."""
        return float(100 * np.expm1(value)) if self.logs else value

    def said(self, value: float) -> str:
        """'12.7 %' or '0.34'."""
        return f"{self.amount(value):.1f} %" if self.logs else f"{value:.3g}"

    def interval(self, low: float, high: float) -> str:
        """'10.6 to 14.8 %'."""
        if self.logs:
            return f"{self.amount(low):.1f} to {self.amount(high):.1f} %"
        return f"{low:.3g} to {high:.3g}"


def selection_sentence(found: Verdict, speech: Speech) -> str:
    """The verdict on self-selection in one or two sentences."""
    head = f"Self-selection into {speech.doing}: {found.answer}."
    if np.isnan(found.effect):
        return f"{head} {_lacking(found.why)}"
    said = (
        f"In the year before they started, firms that started {speech.doing} were "
        f"{_size(found.effect, speech)} {'above' if found.effect >= 0 else 'below'} firms that never "
        f"did in {speech.outcome} (95 % interval {speech.interval(found.low, found.high)})."
    )
    return f"{head} {said} {_power(found, speech, 'difference')}".strip()


def _size(difference: float, speech: Speech) -> str:
    """The size of a difference: a half is 50 % below, not 100 % above."""
    told = abs(speech.amount(difference))
    return f"{told:.1f} %" if speech.logs else f"{told:.3g}"


def learning_sentence(found: Verdict, speech: Speech, latest: int) -> str:
    """The verdict on learning: what was found, or why it cannot be told."""
    head = f"Learning by {speech.doing}: {found.answer}."
    if np.isnan(found.effect):
        return f"{head} {_lacking(found.why)}"
    against = _AGAINST.get(found.reading, "firms that had not started")
    said = (
        f"In the year of the start and the {latest} years after it, firms that started {speech.doing} gained "
        f"{speech.said(found.effect)} in {speech.outcome} on {against} "
        f"(95 % interval {speech.interval(found.low, found.high)})"
    )
    if found.why in _DOUBTS:
        return f"{head} {_DOUBTS[found.why]} Taken at face value: {said[0].lower()}{said[1:]}."
    return f"{head} {said}. {_power(found, speech, 'gain')}".strip()


_AGAINST: Mapping[str, str] = {
    "same trends": "firms that had not started",
    "same level": "firms that had been at the same level and had not started",
}
_DOUBTS: Mapping[str, str] = {
    "trends differed before the start": (
        "Starters and other firms already moved apart before the start, and so did firms at the same level, "
        "so that what came after cannot be laid to starting."
    ),
    "no years before the start to check": (
        "There is no year before the start in which the comparison can be checked."
    ),
    "a trend from before the start explains as much": (
        "A difference in trends from before the start, had it gone on, would explain as much."
    ),
    "the effect fades like a good year": (
        "The gain fades as that of any good year does, so that firms may merely have started in one."
    ),
}


def _lacking(why: str) -> str:
    return f"{why[:1].upper()}{why[1:]}."


def _power(found: Verdict, speech: Speech, what: str) -> str:
    if found.answer == "shown":
        return ""
    would = f"The smallest {what} that these data would have shown is {speech.said(found.detectable)}"
    if found.why == "too few data":
        return f"{would}; one of {speech.said(found.margin)} would matter."
    return f"{would}."


def rule_text(rule: Rule, latest: int) -> str:
    """The whole rule, as it is printed with every verdict."""
    return _flowing(f"""
        Self-selection is shown if starters, in the year before they started, exceeded firms that never
        did by more than {rule.shown:g} standard errors. Learning is read from starters against firms
        that had not started ('same trends'). This comparison holds if, before the start, effects are
        jointly nought (p at least {rule.p:g}) and have no slope (within {rule.z:g} standard errors).
        Where it does not, firms that were at the same level in the year before are compared ('same
        level'), if by the same tests they had come to it the same way, or, where starters were not
        rising, had moved alike from each year to the next; and if that is at most half as far off. If
        that does not hold or cannot tell, 'same trends' is still taken where it is off by less than
        {rule.of_effect:.0%} of the effect (without an effect: {rule.of_margin:.0%} of the margin); else
        it cannot be told. Learning is shown if the average effect over the year of the start and the
        {latest} that follow exceeds {rule.shown:g} standard errors and accounts for the figures better
        than a trend from before the start that goes on; at the same level, a part of it must also last
        while good years fade (by more than {rule.lasts:g} standard errors). If the effect is no larger,
        learning is not shown, provided that the data would have found (80 % power, 5 % level) a margin
        of {rule.learning:g} standard deviations of the outcome between firms ({rule.selection:g} for
        self-selection); else it cannot be told, as with fewer than {rule.firms} starters or firms that
        never start. Thresholds are strict because a verdict takes several steps.
    """)


def methods_text(asked: Asked, speech: Speech, controls: str) -> str:
    """How it was done, for the methods paragraph; `controls` names them, "" if there are none."""
    start = asked.start
    after = f" and traded in {start.after} of the {start.within} years that follow" if start.after else ""
    given = f", given {controls} in that year {_METHODS[asked.method]}" if controls else ""
    return _flowing(f"""
        The outcome is {speech.outcome}{", in logarithms" if speech.logs else ""}. A starter is known
        not to have traded in the {start.before} years before its first year of trade{after}; firms that
        traded earlier, or of which that is not known, are neither starters nor controls.
        {_STOPS[start.stops]}. A firm belongs to the sample if it does in the first year in which it is
        seen. Effects by year of start and year (Callaway and Sant'Anna 2021) compare starters with
        firms that never start or have not yet started, relative to the year before the start{given};
        each comparison uses the firms whose outcome is known in both of its years. Standard errors are
        clustered by firm. Firms at the same level are compared by a regression on the outcome of the
        year before and its square; those that start later leave, and those like them that stay count
        for them. Balanced controls are weighted to the starters' means (Hainmueller 2012): where
        lasting differences decide who starts, matching on level mistakes them for learning. Sensitivity
        to trends that differ follows Rambachan and Roth (2023). Two-way fixed effects compare late
        starters with early ones and are shown as the number not to trust.
    """)


_METHODS = {
    "dr": "(doubly robust: Sant'Anna and Zhao 2020)",
    "ipw": "(weighted by the propensity to start)",
    "reg": "(by regression)",
}
_STOPS = {
    "ignore": "A start lasts: this is the effect of having started, whether or not a firm stops again",
    "censor": "A starter is followed until it first stops, which compares survivors of trade with all others",
    "drop": "Starters that stop are left out, which compares survivors of trade with all others",
}


def _flowing(text: str) -> str:
    """A paragraph written over several lines, in one."""
    return " ".join(text.split())
