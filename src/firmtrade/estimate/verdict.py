"""The verdict: what may be said of self-selection and of learning, by a rule that is fixed beforehand.

Each question gets one of three answers: `shown`, `not shown`, `cannot tell`. `not shown` is said only of data
that could have shown an effect that matters; it does not say that there is none. The rule reads figures of
`learning.evidence` and nothing else, and is printed with the answer (`Rule.text`).

Its thresholds are stricter than 5 %, because a verdict takes several steps and a test at 5 % is wrong in one
panel of twenty by itself. How often the verdict is right on panels with a planted truth is measured by
benchmarks/recovery.py and told in docs/decisions/023-selection-or-learning.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from firmtrade.estimate.learning.detectable import detectable
from firmtrade.estimate.learning.evidence import Check, Evidence, Reading
from firmtrade.estimate.learning.trends import Slope

Answer = Literal["shown", "not shown", "cannot tell"]


@dataclass(frozen=True)
class Rule:
    """Thresholds. Margins are in standard deviations of the outcome between firms of the same year.

    `shown`: standard errors that an estimate must exceed (2.81: a two-sided test at 0.5 %). `p` and `z`: a
    check before the start fails below this p or beyond this number of standard errors. A check that fails
    does not matter where it is off by less than the share `of_effect` of an effect, or `of_margin` of the
    margin where there is no effect. `selection` and `learning`: the difference that matters; data that could
    not have found it (80 % power, 5 % level) say nothing. `firms`: least number of starters, and of firms
    that never trade.
    """

    shown: float = 2.81
    p: float = 0.005
    z: float = 2.81
    lasts: float = 2.33
    of_effect: float = 0.25
    of_margin: float = 0.5
    selection: float = 0.3
    learning: float = 0.2
    firms: int = 30


@dataclass(frozen=True)
class Verdict:
    """The answer to `question`, why, and the figures that it rests on.

    `effect` is the difference before the start (selection) or the average effect after it (learning),
    `detectable` the smallest that the data would show (80 % power, 5 % level) and `margin` the one that
    matters, all in units of the outcome. `reading` names the comparison that was believed, "" if none.
    """

    question: Literal["selection", "learning"]
    answer: Answer
    why: str
    effect: float
    std_error: float
    low: float
    high: float
    detectable: float
    margin: float
    starters: int
    firms: int
    reading: Literal["same trends", "same level", ""] = ""


def judge(evidence: Evidence, rule: Rule | None = None) -> tuple[Verdict, Verdict]:
    """The verdicts on selection and on learning."""
    rule = rule or Rule()
    return _selection(evidence, rule), _learning(evidence, rule)


def _selection(evidence: Evidence, rule: Rule) -> Verdict:
    gap = next((part for part in evidence.gaps.parts if part.key == -1), None)
    margin = rule.selection * evidence.spread
    if gap is None or _few(evidence, rule):
        return _verdict(
            "selection", "cannot tell", _few(evidence, rule) or "no year before the start", margin
        )
    figures = (gap.att, gap.std_error, margin, gap.treated, gap.firms)
    if gap.att > rule.shown * gap.std_error:
        return _verdict("selection", "shown", "", *_told(*figures))
    if detectable(gap.std_error) > margin:
        return _verdict("selection", "cannot tell", "too few data", *_told(*figures))
    below = "starters were worse" if gap.att < -rule.shown * gap.std_error else ""
    return _verdict("selection", "not shown", below, *_told(*figures))


def _learning(evidence: Evidence, rule: Rule) -> Verdict:
    margin = rule.learning * evidence.spread
    trends, level = evidence.reading("same trends"), evidence.reading("same level")
    why = _few(evidence, rule)
    if why or trends is None:
        return _verdict("learning", "cannot tell", why or evidence.why, margin)
    if trends.back.slope is None:
        return _verdict("learning", "cannot tell", "no years before the start to check", *_of(trends, margin))
    tried = [
        (each, *_answer(each, slope, margin, rule)) for each, slope in believed(trends, level, margin, rule)
    ]
    if not tried:
        return _verdict("learning", "cannot tell", "trends differed before the start", *_of(trends, margin))
    reading, answer, why = next((each for each in tried if each[1] != "cannot tell"), tried[0])
    return _verdict("learning", answer, why, *_of(reading, margin), reading=reading.name)


def believed(
    trends: Reading, level: Reading | None, margin: float, rule: Rule
) -> list[tuple[Reading, Slope]]:
    """The comparisons that may be believed, best first, with the slope that their check found before the
    start.

    `same trends` alone where its check holds. Else `same level` where one of its checks does, and `same
    trends` after it where its own is off by too little to matter: it answers where the other cannot tell.
    """
    found: list[tuple[Reading, Slope]] = []
    if trends.back.slope and holds(trends.back, rule):
        return [(trends, trends.back.slope)]
    for check in _of_level(trends, level):
        # A check that is passed because it is weak must not undo one that failed: it has to halve the misfit.
        halves = check.joint.statistic <= trends.back.joint.statistic / 2
        if level and check.slope and halves and holds(check, rule) and not found:
            found.append((level, check.slope))
    if trends.back.slope and _small(trends, trends.back.slope, margin, rule):
        found.append((trends, trends.back.slope))
    return found


def _of_level(trends: Reading, level: Reading | None) -> list[Check]:
    """The checks by which `same level` may be believed.

    Firms that were rising before they started are not believed to move as others of their level do, even
    where `ahead` passes: it is weaker than `back`, and growth may have decided.
    """
    if level is None:
        return []
    rising = any(slope is None or slope.slope > 0 for slope in (trends.back.slope, level.back.slope))
    return [level.back] if rising or level.ahead is None else [level.back, level.ahead]


def holds(check: Check, rule: Rule) -> bool:
    """Whether the years before the start agree with the comparison; not where there are none."""
    if check.slope is None or not check.joint.degrees:
        return False
    return check.joint.p >= rule.p and abs(check.slope.slope) < rule.z * check.slope.std_error


def _small(reading: Reading, slope: Slope, margin: float, rule: Rule) -> bool:
    """Whether what went wrong before the start is too little to matter, by its trend and in every year."""
    found = reading.average
    effect = found.att > rule.shown * found.std_error
    stake = rule.of_effect * found.att if effect else rule.of_margin * margin
    trend = abs(slope.expected) + 1.64 * slope.std_error_expected
    furthest = float(np.abs(reading.path.estimates[: reading.path.before]).max())
    return trend <= stake and furthest <= stake


def _answer(reading: Reading, slope: Slope, margin: float, rule: Rule) -> tuple[Answer, str]:
    found = reading.average
    if found.att > rule.shown * found.std_error:
        beyond = slope.beyond / slope.std_error_beyond
        if beyond <= max(0.0, slope.expected / slope.std_error_expected):
            return "cannot tell", "a trend from before the start explains as much"
        if reading.name == "same level" and not reading.lasting > rule.lasts * reading.std_error_lasting:
            return "cannot tell", "the effect fades like a good year"
        return "shown", ""
    if detectable(found.std_error) > margin:
        return "cannot tell", "too few data"
    return "not shown", "starters fell behind" if found.att < -rule.shown * found.std_error else ""


def _few(evidence: Evidence, rule: Rule) -> str:
    if evidence.starters < rule.firms:
        return f"fewer than {rule.firms} starters"
    return f"fewer than {rule.firms} firms that never trade" if evidence.never < rule.firms else ""


def _of(reading: Reading, margin: float) -> tuple[float, float, float, float, float, float, int, int]:
    found = reading.average
    return _told(found.att, found.std_error, margin, found.treated, found.firms)


def _told(
    effect: float, error: float, margin: float, starters: int, firms: int
) -> tuple[float, float, float, float, float, float, int, int]:
    half = 1.959963984540054 * error
    return margin, effect, error, effect - half, effect + half, detectable(error), starters, firms


def _verdict(
    question: Literal["selection", "learning"],
    answer: Answer,
    why: str,
    margin: float,
    effect: float = np.nan,
    error: float = np.nan,
    low: float = np.nan,
    high: float = np.nan,
    smallest: float = np.nan,
    starters: int = 0,
    firms: int = 0,
    reading: Literal["same trends", "same level", ""] = "",
) -> Verdict:
    return Verdict(
        question, answer, why, effect, error, low, high, smallest, margin, starters, firms, reading
    )
