"""Learning by one flow, from rows to figures: cohorts, both comparisons, variants, sensitivity, verdicts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from firmtrade.errors import DataError
from firmtrade.estimate.learning.cohorts import Cohorts, Start, cohorts, select
from firmtrade.estimate.learning.did import group_time_effects
from firmtrade.estimate.learning.events import Effect, aggregate
from firmtrade.estimate.learning.evidence import DESIGNS, Evidence, Name, gather
from firmtrade.estimate.learning.honest import Sensitivity, relative_magnitudes, smoothness
from firmtrade.estimate.learning.pair import Method
from firmtrade.estimate.learning.shapes import Design
from firmtrade.estimate.learning.twfe import NotToTrust, two_way
from firmtrade.estimate.learning.wide import Wide, widen
from firmtrade.estimate.verdict import Rule, Verdict, judge

MAGNITUDES = (0.5, 1.0, 1.5, 2.0)


@dataclass(frozen=True)
class Asked:
    """How one flow's learning is studied; columns are those of the data frame, `outcome` as it is (take logs
    before)."""

    outcome: str
    flag: str
    covariates: tuple[str, ...] = ()
    owner: str | None = None
    start: Start = field(default_factory=Start)
    method: Method = "dr"
    latest: int = 5
    rule: Rule = field(default_factory=Rule)


@dataclass(frozen=True, eq=False)
class Studied:
    """All that is found on one flow.

    `balanced` is the variant with controls weighted to equal starters in level and growth of the outcome and
    in the covariates, None where no such weights exist (`unbalanced` says why). Sensitivity is that of the
    comparison that was believed, else of `same trends`; None without years before the start.
    """

    cohorts: Cohorts
    evidence: Evidence
    selection: Verdict
    learning: Verdict
    balanced: Effect | None
    unbalanced: str
    two_way: NotToTrust | None
    smooth: Sensitivity | None
    relative: Sensitivity | None
    about: Name | None = None


def study(frame: Any, asked: Asked, firm: str = "firm", year: str = "year") -> Studied:
    """Study one flow. Raises DataError where keys are not unique."""
    found = cohorts(frame, firm, year, asked.flag, asked.start)
    rows = select(frame, firm, year, found)
    wide = widen(rows, firm, year, asked.outcome, "start", asked.covariates, asked.owner)
    trends = replace(DESIGNS["same trends"], method=asked.method)
    evidence = gather(wide, {**DESIGNS, "same trends": trends}, latest=asked.latest)
    selection, learning = judge(evidence, asked.rule)
    balanced, why = _balanced(wide, asked.latest)
    smooth, relative, about = _sensitivity(evidence, learning)
    regression = two_way(wide) if evidence.readings else None
    return Studied(found, evidence, selection, learning, balanced, why, regression, smooth, relative, about)


def _balanced(wide: Wide, latest: int) -> tuple[Effect | None, str]:
    """The effect with controls balanced on level and growth of the outcome before the start, and on
    covariates."""
    growth = np.full(wide.outcome.shape, np.nan)
    growth[:, 1:] = wide.outcome[:, 1:] - wide.outcome[:, :-1]
    names = ("level", "growth", *wide.names)
    both = replace(wide, covariates=np.concatenate([[wide.outcome], [growth], wide.covariates]), names=names)
    design = Design(method="balance", base="universal", at="base", smallest=2)
    try:
        effects = group_time_effects(both, design)
    except DataError as error:
        return None, str(error)
    found = aggregate(effects, "simple", latest=latest).overall
    if np.isnan(found.att):
        return None, "; ".join(sorted({cell.reason for cell in effects.cells if cell.reason}))
    return found, ""


def _sensitivity(
    evidence: Evidence, learning: Verdict
) -> tuple[Sensitivity | None, Sensitivity | None, Name | None]:
    reading = evidence.reading(learning.reading or "same trends")
    if reading is None or not reading.path.before:
        return None, None, None
    unit = reading.average.std_error
    smooth = smoothness(reading.path, tuple(step * unit for step in (0.0, 0.25, 0.5, 1.0)))
    return smooth, relative_magnitudes(reading.path, MAGNITUDES), reading.name
