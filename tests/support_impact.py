"""Panels with a planted effect of support, chosen at random, by level or by growth (research note, 2.4).

3,000 firms over 8 years; half of them get support in the third to seventh year, and its effect grows from
year to year. Who gets it depends on nothing, on the firm's lasting level, or on its trend.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmtrade.estimate.learning.did import group_time_effects
from firmtrade.estimate.learning.wide import NEVER, Wide
from firmtrade.support.impact.compare import DESIGN, Compared
from firmtrade.support.impact.estimate import Estimated, estimated
from firmtrade.support.impact.specification import Specification

ROWS = ("random", "level", "growth")
FIRST = 2010
ASKED = Specification("Does it help?", ("M",), outcome="log:sales", comparison="firms", horizon=5, lead=4)


@dataclass(frozen=True)
class Drawn:
    """A panel, and the mean effect on the supported firms in the years that they had it."""

    wide: Wide
    truth: float


def drawn(row: str, seed: int, firms: int = 3000, years: int = 8) -> Drawn:
    """A panel in which support is chosen as `row` says."""
    rng = np.random.default_rng([seed, ROWS.index(row)])
    level, trend = rng.normal(0, 1.2, firms), rng.normal(0, 0.045, firms)
    index = {"random": np.zeros(firms), "level": level / 1.2, "growth": trend / 0.045}[row]
    chosen = rng.random(firms) < 1 / (1 + np.exp(-2.0 * index))
    start = np.where(chosen, FIRST + rng.integers(2, 7, firms), NEVER)
    calendar = FIRST + np.arange(years)
    since = calendar - start[:, None] + 1
    gain = np.where(since > 0, 0.081 + 0.0145 * since, 0.0)
    noise = rng.normal(0, 0.25, (firms, years))
    outcome = (
        level[:, None] + trend[:, None] * (5 + np.arange(years)) + 0.028 * np.arange(years) + gain + noise
    )
    ids = np.array([f"F{i:04d}" for i in range(firms)])
    wide = Wide(ids, calendar, outcome, start, np.empty((0, firms, years)), (), np.arange(firms))
    return Drawn(wide, _truth(gain, since))


def _truth(gain: np.ndarray, since: np.ndarray) -> float:
    """The mean over supported firm-years, as the simple average weighs them (groups by their firms)."""
    after = since > 0
    return float(gain[after].mean())


def estimate(panel: Drawn, sensitivity: bool = False) -> Estimated:
    """What the package makes of it."""
    effects = group_time_effects(panel.wide, DESIGN)
    return estimated(Compared(panel.wide, effects), ASKED.horizon, ASKED.lead, sensitivity)
