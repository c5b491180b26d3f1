"""What the data say on selection and on learning, before anybody judges it: the figures that `verdict` reads.

Learning is read from two comparisons, since neither is right whatever the way into trade:

- `same trends`: starters against firms that have not started, by years since the start. Right if both would
  have moved alike: firms may differ for good, and may choose to start by that difference.
- `same level`: the same among firms that were equally productive in the year before. Right if the level of
  that year alone decides who starts. Where productivity reverts to its mean, starters were above theirs and
  fall back, which `same trends` takes for a harm.

Each has its own check in the years before the start, where there is no effect yet. For `same trends`, trends
must have been parallel. For `same level`, firms that were equal in the year before must have come to it the
same way (`back`: right where that year decides), or else firms that were equal in any earlier year must have
moved alike to the next (`ahead`: right where an earlier year decided, and since then only the level matters).
Where lasting differences decide, the checks of `same level` fail; where growth decides, all do. (On the two
readings as bounds of the truth: Angrist and Pischke 2009, Mostly harmless econometrics, 5.4; on why matching
on the outcome before misleads: Chabe-Ferret 2015, Journal of Econometrics 185.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from firmtrade.errors import DataError
from firmtrade.estimate.learning.did import group_time_effects
from firmtrade.estimate.learning.events import Aggregate, Effect, aggregate, event_path
from firmtrade.estimate.learning.fading import lasting
from firmtrade.estimate.learning.honest import Path
from firmtrade.estimate.learning.levels import level_gaps
from firmtrade.estimate.learning.shapes import Design, GroupTimes
from firmtrade.estimate.learning.trends import Slope, Wald, drift, slope, wald
from firmtrade.estimate.learning.wide import Wide

Name = Literal["same trends", "same level"]

DESIGNS: dict[Name, Design] = {
    "same trends": Design(base="universal", at="base"),
    "same level": Design(base="universal", at="base", powers=2, method="reg", staying=True),
}


@dataclass(frozen=True)
class Check:
    """The years before the start: are effects jointly nought, and what is their trend (None: too few
    years)."""

    joint: Wald
    slope: Slope | None


@dataclass(frozen=True, eq=False)
class Reading:
    """One comparison: its event study, the average effect, and the checks before the start.

    `average` is over the years since the start, 0 to `latest`, weighted by starters seen. `back` and `ahead`
    (None for `same trends`) are its checks; `lasting` is the part of the effect that does not fade as shocks
    to other firms do, with its standard error: nothing is left where starting merely coincides with a good
    year.
    """

    name: Name
    effects: GroupTimes
    path: Path
    average: Effect
    back: Check
    ahead: Check | None
    lasting: float
    std_error_lasting: float


@dataclass(frozen=True, eq=False)
class Evidence:
    """Differences in level before the start by year (`gaps`), and the two readings (None: not to be had, and
    `why`).

    `spread` is the standard deviation of the outcome between firms of the same year, in which margins are
    meant.
    """

    gaps: Aggregate
    readings: tuple[Reading, ...]
    starters: int
    never: int
    spread: float
    why: str = ""

    def reading(self, name: Name) -> Reading | None:
        """The reading of this name."""
        return next((reading for reading in self.readings if reading.name == name), None)


def gather(
    wide: Wide, designs: Mapping[Name, Design] = DESIGNS, earliest: int = -5, latest: int = 5
) -> Evidence:
    """All that `verdict` needs, from firms that start after the first year and firms that never do."""
    gaps = aggregate(level_gaps(wide), "dynamic")
    starters = int((np.isfinite(wide.start) & (wide.start > wide.years.min(initial=0))).sum())
    readings, why = [], ""
    for name, design in designs.items():
        try:
            readings.append(read(name, wide, design, earliest, latest))
        except DataError as error:
            why = str(error)
    return Evidence(gaps, tuple(readings), starters, int(np.isinf(wide.start).sum()), spread(wide), why)


def spread(wide: Wide) -> float:
    """Standard deviation of the outcome between firms of the same year."""
    known = np.isfinite(wide.outcome)
    if not known.any():
        return np.nan
    mean = np.where(known, wide.outcome, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return float(np.sqrt(((wide.outcome - mean)[known] ** 2).mean()))


def read(name: Name, wide: Wide, design: Design, earliest: int = -5, latest: int = 5) -> Reading:
    """One comparison. Raises DataError where no firm can be followed after its start."""
    effects = group_time_effects(wide, design)
    path = event_path(effects, earliest, latest)
    if path is None:
        raise DataError("No starter can be compared with other firms after its start.")
    part, error = lasting(wide, path)
    return Reading(
        name,
        effects,
        path,
        aggregate(effects, "simple", latest=latest).overall,
        Check(_joint(path), slope(path)),
        _ahead(wide, design, earliest + 1, latest) if design.powers else None,
        part,
        error,
    )


def _joint(path: Path) -> Wald:
    before = slice(0, path.before)
    return wald(path.estimates[before], path.covariance[before, before], path.firms)


def _ahead(wide: Wide, design: Design, earliest: int, latest: int) -> Check | None:
    """Moves from each year before the start to the next, among firms at the same level in the first of the
    two."""
    path = event_path(group_time_effects(wide, replace(design, base="varying")), earliest, latest)
    return None if path is None else Check(_joint(path), drift(path))
