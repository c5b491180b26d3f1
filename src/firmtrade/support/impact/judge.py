"""What may be said: the grade of the evidence, and whether the word 'impact' may be used.

The word is withheld, and 'association' said, unless every check holds. A failed check before the start means
that supported firms were on another way already: nothing in this package mends that. Levels are those of
the Maryland scale as the What Works Centre for Local Economic Growth uses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from firmtrade.estimate.learning.trends import Wald
from firmtrade.support import truth
from firmtrade.support.impact.estimate import Estimated
from firmtrade.support.impact.specification import LOG, Specification

IMPACT, ASSOCIATION = "impact", "association"
#: The Maryland scale (what-works-growth), and what of ours is on which level.
LEVELS = {
    0: "cannot be scored: nothing is compared",
    1: "a plain comparison, of supported with other firms or of before with after",
    2: "a comparison with controls, or one whose checks before the start do not hold",
    3: "before and after with a comparison group whose way before the start was the same",
    4: "assignment that is as good as chance, or a lottery with gaps",
    5: "a lottery: nothing but chance tells the groups apart",
}
#: Difference in the share of known outcomes between the sides of a lottery, above which it is no level 5.
GAPS = 0.05


@dataclass(frozen=True)
class Check:
    """A condition for the word: whether it holds (yes, no, unknown), and what was found."""

    name: str
    holds: str
    text: str


@dataclass(frozen=True)
class Judged:
    """The word that may be used, the level, all checks, and why the word is withheld ('' if it is not)."""

    word: str
    level: int
    checks: tuple[Check, ...]
    withheld: str

    @property
    def grade(self) -> str:
        """The level in words."""
        return LEVELS[self.level]


def judge(
    found: Estimated, asked: Specification, placebos: Mapping[str, Wald] | None = None, before: int = 0,
    known: int | None = None,
) -> Judged:  # fmt: skip
    """Judge an estimate.

    `placebos`: tests of other outcomes; `before`: openings before it was specified; `known`: last year of
    trade that was on record by then.
    """
    checks = (_specified(before, known), _enough(found, asked), trends(found.joint, placebos or {}, asked))
    failed = [each for each in checks if each.holds != truth.YES]
    level = _level(found, asked, checks[-1].holds == truth.YES)
    word = ASSOCIATION if failed else IMPACT
    return Judged(word, level, checks, "; ".join(each.text for each in failed))


def _specified(before: int, known: int | None) -> Check:
    if not before:
        there = f"; trade until {known} was on record by then, to be looked at by other ways" if known else ""
        return Check(
            "specified beforehand", truth.YES, f"stored before outcomes of these measures were opened{there}"
        )
    return Check("specified beforehand", truth.NO,
                 f"outcomes of these measures had been opened {before} times when it was stored")  # fmt: skip


def _enough(found: Estimated, asked: Specification) -> Check:
    supported = found.average.treated
    others = found.average.firms - supported
    holds = truth.of(min(supported, others) >= asked.least and np.isfinite(found.average.att))
    return Check(
        "enough firms", holds, f"{supported} supported and {others} other firms; {asked.least} are needed"
    )


def trends(joint: Wald, placebos: Mapping[str, Wald], asked: Specification) -> Check:
    """Whether nothing differed before the start, by the outcome and by every other outcome that is checked.

    The outcome itself is held to `p` whatever else is checked, so that naming more checks does not make it
    pass; the others share another `p` among them (Bonferroni). One that could not differ, such as exporting
    among firms of which none did, is no check; where there is no other one it is not known.
    """
    tested = {name: test for name, test in {asked.outcome: joint, **placebos}.items() if test.degrees}
    if not tested:
        return Check("same way before", truth.UNKNOWN, "nothing could have differed before the start, so "
                                                       "nothing "
                     "could be checked: name other outcomes to check")  # fmt: skip
    shared = asked.p / max(1, len(set(tested) - {asked.outcome}))
    told = ", ".join(f"{name}: p = {test.p:.3g}" for name, test in tested.items())
    if not joint.degrees:
        told += f"; {asked.outcome} itself could not differ and is not tested"
    limits = {name: asked.p if name == asked.outcome else shared for name in tested}
    failed = [name for name, test in tested.items() if test.p < limits[name]]
    if failed:
        return Check("same way before", truth.NO, f"the groups already differed before the start ({told})")
    return Check(
        "same way before", truth.YES, f"no difference before the start ({told}); a weak test may miss one"
    )


def _level(found: Estimated, asked: Specification, same: bool) -> int:
    if asked.comparison == "draw":
        gap = abs(found.observed.get("supported", np.nan) - found.observed.get("others", np.nan))
        return 5 if same and gap <= GAPS else 4
    return 3 if same else 2


def may_say(word: str | None, low: float | None, high: float | None) -> str:
    """What a list may say of an evaluation: the word, but for an effect that cannot be told from none."""
    if word != IMPACT or low is None or high is None:
        return word or ""
    return "no impact shown" if low <= 0 <= high else word


def said(found: Estimated, asked: Specification, judged: Judged) -> str:
    """The result in one or two sentences."""
    effect = found.average
    if not np.isfinite(effect.att):
        return "No effect can be estimated; only the counts are told."
    none = effect.low <= 0 <= effect.high
    name = "Association, not impact"
    if judged.word == IMPACT:
        name = "No impact that can be told from none" if none else "Impact"
    side = "higher" if effect.att >= 0 else "lower"
    head = (f"{_what(asked)} is {_amount(effect.att, asked.share)} {side} than it would be had it moved as "
            "that of the "
            f"firms they are compared with: mean of the year of the support and the {asked.horizon} after "
            "it, "
            f"95 % interval {_interval(effect.low, effect.high, asked.share)}.")  # fmt: skip
    tail = ""
    if none:
        tail = (f" It cannot be told from none; an effect of {_amount(found.detectable, asked.share)} would "
                f"have been shown.")  # fmt: skip
    if judged.withheld:
        tail += f" The word 'impact' is withheld: {judged.withheld}."
    return f"{name}, level {judged.level}. {head}{tail}"


def _what(asked: Specification) -> str:
    if asked.outcome == "exporting":
        return "The share of supported firms that export"
    if asked.outcome == "regular":
        return "The share of supported firms that are regular exporters"
    return f"The {asked.outcome.removeprefix(LOG)} of supported firms"


def _amount(value: float, share: bool) -> str:
    return f"{abs(100 * value):.1f} points" if share else f"{abs(100 * np.expm1(value)):.1f} %"


def _interval(low: float, high: float, share: bool) -> str:
    one, other = (100 * each if share else 100 * float(np.expm1(each)) for each in (low, high))
    return f"{one:.1f} to {other:.1f}"


def family(p: float, tries: int) -> float:
    """The p-value that allows for so many tries of the same measures (Bonferroni)."""
    return min(1.0, p * max(1, tries))


def p_value(effect: float, error: float) -> float:
    """Two-sided p of no effect, by the normal law."""
    from statistics import NormalDist

    return 2 * NormalDist().cdf(-abs(effect / error)) if error > 0 else float("nan")


def grades() -> Sequence[tuple[int, str]]:
    """The scale, for a reader."""
    return sorted(LEVELS.items())
