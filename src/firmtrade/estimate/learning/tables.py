"""The figures of a study of learning as lines of tables, each with its evidence.

Evidence counts the smaller side of a comparison: a difference between three starters and a thousand other
firms tells of the three.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from firmtrade.estimate.learning.detectable import detectable
from firmtrade.estimate.learning.evidence import Reading
from firmtrade.estimate.learning.honest import Sensitivity
from firmtrade.estimate.learning.shapes import Z95
from firmtrade.estimate.learning.study import Studied
from firmtrade.estimate.learning.words import Speech
from firmtrade.estimate.lines import Line
from firmtrade.result import Evidence


@dataclass(frozen=True)
class Place:
    """Where figures stand: the sample, the period, and the flow that firms start."""

    sample: str
    period: str
    started: str
    speech: Speech

    def line(
        self,
        statistic: str,
        value: float | None,
        evidence: Evidence,
        codes: Mapping[str, str] | None = None,
        amount: bool = False,
        yearly: bool = False,
    ) -> Line:
        """A figure; an `amount` is told in per cent where the outcome is in logarithms."""
        unit = None
        if amount and not self.speech.logs:
            unit = "units of the outcome" + (" a year" if yearly else "")
        if value is not None and not np.isfinite(value):
            value = None  # an end that is not bounded is not a number, nor is -100 %
        if amount and value is not None:
            value = self.speech.amount(value)
        at = {"started": self.started, **(codes or {})}
        return Line(self.sample, self.period, statistic, value, evidence, at, unit=unit)


def smaller(treated: int, firms: int, kind: str = "coefficient") -> Evidence:
    """Evidence of a comparison of `treated` firms with the others of `firms`."""
    return Evidence(kind, min(treated, firms - treated), firms - 2)


def before_lines(place: Place, found: Studied) -> list[Line]:
    """Differences in level before the start, by years."""
    lines = []
    for part in found.evidence.gaps.parts:
        evidence = smaller(part.treated, part.firms)
        codes = {"since-start": str(part.key)}
        values = (("", part.att), ("-low", part.low), ("-high", part.high))
        lines += [place.line(f"level-before{end}", v, evidence, codes, amount=True) for end, v in values]
        lines.append(place.line("starters-in-model", part.treated, smaller(part.treated, part.firms), codes))
    return lines


def event_lines(place: Place, reading: Reading) -> list[Line]:
    """The event study: effects by years since the start, nought by definition in the year before."""
    from firmtrade.estimate.learning.events import aggregate

    lines = []
    for part in aggregate(reading.effects, "dynamic", reading.path.times[0], reading.path.times[-1]).parts:
        evidence = smaller(part.treated, part.firms)
        codes = {"since-start": str(part.key), "comparison": code_of(reading.name)}
        ends = (None, None) if part.key == -1 else (part.low, part.high)
        values = (("", part.att), ("-low", ends[0]), ("-high", ends[1]))
        lines += [
            place.line(f"effect-since-start{end}", v, evidence, codes, amount=True) for end, v in values
        ]
        lines.append(place.line("starters-in-model", part.treated, evidence, codes))
    return lines


def estimate_lines(place: Place, found: Studied) -> list[Line]:
    """The average effect by comparison, with the smallest that would be found and the number of starters."""
    lines: list[Line] = []
    for reading in found.evidence.readings:
        part = reading.average
        lines += _estimate(place, code_of(reading.name), part.att, part.std_error, part.treated, part.firms)
    if found.balanced is not None:
        part = found.balanced
        lines += _estimate(place, "balanced", part.att, part.std_error, part.treated, part.firms)
    if found.two_way is not None and found.evidence.readings:
        part = found.evidence.readings[0].average
        number = found.two_way
        lines += _estimate(
            place, "two-way-effects", number.estimate, number.std_error, part.treated, part.firms
        )
    return lines


def _estimate(place: Place, name: str, att: float, error: float, treated: int, firms: int) -> list[Line]:
    codes, evidence = {"comparison": name}, smaller(treated, firms)
    half = Z95 * error
    amounts = (
        ("learning-effect", att),
        ("learning-effect-low", att - half),
        ("learning-effect-high", att + half),
        ("detectable-effect", detectable(error)),
    )
    lines = [place.line(statistic, value, evidence, codes, amount=True) for statistic, value in amounts]
    return [*lines, place.line("starters-in-model", treated, evidence, codes)]


def check_lines(place: Place, readings: Iterable[Reading]) -> list[Line]:
    """The years before the start: joint test, trend, what is left of the effect beyond it, and what lasts."""
    lines = []
    for reading in readings:
        evidence = smaller(reading.average.treated, reading.average.firms, "test-statistic")
        codes = {"comparison": code_of(reading.name)}
        slope = reading.back.slope
        amounts = (
            ("trend-before", None if slope is None else slope.slope),
            ("effect-beyond-trend", None if slope is None else slope.beyond),
            ("lasting-effect", reading.lasting),
        )
        lines += [
            place.line("pretrend-statistic", reading.back.joint.statistic, evidence, codes),
            place.line("pretrend-p", reading.back.joint.p, evidence, codes),
            *(
                place.line(name, value, evidence, codes, amount=True, yearly=name == "trend-before")
                for name, value in amounts
            ),
        ]
    return lines


def sensitivity_lines(place: Place, found: Studied) -> list[Line]:
    """Intervals when trends differ by ever more, and the value at which they include nought."""
    lines: list[Line] = []
    for each in (found.smooth, found.relative):
        if each is not None:
            lines += _bounds(place, each, found)
    return lines


def _bounds(place: Place, each: Sensitivity, found: Studied) -> list[Line]:
    assert found.about is not None  # there are bounds
    reading = found.evidence.reading(found.about)
    assert reading is not None
    evidence = smaller(reading.average.treated, reading.average.firms)
    kind = {"sensitivity": each.kind.replace(" ", "-")}
    unit = reading.average.std_error if each.kind == "smoothness" else 1.0
    lines = []
    for bound in each.bounds:
        codes = {**kind, "differing-by": f"{bound.m / unit:g}"}
        lines.append(place.line("bound-low", bound.low, evidence, codes, amount=True))
        lines.append(place.line("bound-high", bound.high, evidence, codes, amount=True))
    return [*lines, place.line("breakdown", each.breakdown, evidence, {**kind, "differing-by": "breakdown"})]


def history_lines(place: Place, found: Studied) -> list[Line]:
    """How many firms started, never did, or cannot be sorted."""
    counts = (*found.cohorts.counts, ("stopped", found.cohorts.stopped))
    return [
        place.line("firms-in-model", number, Evidence("count", number), {"history": kind})
        for kind, number in counts
    ]


def code_of(name: str) -> str:
    """The code of a comparison."""
    return name.replace(" ", "-")
