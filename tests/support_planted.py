"""Panels of firms with a planted truth: who starts to export, and what starting does, are known.

Log productivity is a lasting level of the firm, a trend of the firm, a year effect, an autoregressive part
and noise, plus what was learnt since the start. Firms start with a yearly hazard that depends on an index:

- `none`: on nothing;
- `level`: on the firm's lasting level;
- `lagged`: on last year's productivity, transitory part included, which then reverts to the mean;
- `now` and `first`: the same of this year's and of the first year's productivity;
- `trend`: on the firm's trend;
- `recent`: on last year's change of productivity.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from firmtrade.estimate.learning.cohorts import cohorts, select
from firmtrade.estimate.learning.evidence import Evidence, gather
from firmtrade.estimate.learning.wide import widen

TRUTHS = {  # what starting depends on, and whether starting teaches
    "selection": ("level", False),
    "learning": ("none", True),
    "both": ("level", True),
    "neither": ("none", False),
    "growth": ("trend", False),
}


@dataclass(frozen=True)
class Planted:
    """Parameters of a panel; standard deviations and effects are in log points."""

    firms: int = 3000
    years: int = 9
    index: str = "level"
    strength: float = 1.0  # log odds of starting for one standard deviation of the index
    hazard: float = 0.05
    effect: float = 0.0  # of the years since the start, reached after `ramp` years
    ramp: int = 1
    uneven: float = 0.0  # standard deviation of the effect between firms, relative to the effect
    level: float = 0.5
    trend: float = 0.0
    rho: float = 0.6
    shock: float = 0.15  # standard deviation of the autoregressive part, as it is once stationary
    noise: float = 0.05
    walk: float = 0.0  # standard deviation of yearly steps that last
    exporting: float = 0.15  # share that export from the first year
    stop: float = 0.0  # yearly chance that an exporter stops; it may start again as any other firm
    fades: bool = False  # the effect is there only while the firm exports
    leave: float = 0.0  # yearly chance to leave the panel, higher for unproductive firms
    enter: float = 0.0  # share of firms that enter after the first year
    unknown: float = 0.0  # share of flags that are unknown
    seed: int = 0


def truth(name: str, effect: float = 0.12, trend: float = 0.03, **more: Any) -> Planted:
    """The panel of one of TRUTHS; firms have trends where starting depends on them."""
    index, teaches = TRUTHS[name]
    index = more.pop("index", index)
    made = Planted(index=index, effect=effect if teaches else 0.0, trend=trend if index == "trend" else 0.0)
    return replace(made, **more)


def panel(p: Planted) -> pd.DataFrame:
    """One row for each firm and year: firm, year, lp (log productivity), export, size, industry, true
    effect."""
    rng = np.random.default_rng(p.seed)
    n, t = p.firms, p.years
    level, trend = rng.normal(0, p.level, n), rng.normal(0, p.trend, n)
    base = _productivity(rng, p, level, trend)
    gain = p.effect * (1 + p.uneven * rng.standard_normal(n))
    export = np.zeros((n, t), dtype=bool)
    taught = np.zeros((n, t))
    export[:, 0] = rng.random(n) < p.exporting
    first = np.where(export[:, 0], 0, -1)
    lp = base.copy()
    offset = np.log(p.hazard / (1 - p.hazard))
    for year in range(1, t):
        odds = offset + p.strength * _index(p.index, lp, level, trend, year)
        starts = ~export[:, year - 1] & (rng.random(n) < 1 / (1 + np.exp(-odds)))
        goes_on = export[:, year - 1] & (rng.random(n) >= p.stop)
        export[:, year] = starts | goes_on
        first = np.where(starts & (first < 0), year, first)
        since = np.where(first >= 0, year - first + 1, 0)
        taught[:, year] = gain * np.minimum(since / p.ramp, 1) * (export[:, year] | ~np.bool_(p.fades))
        taught[first == 0, year] = 0  # those that always exported are not the question
        lp[:, year] += taught[:, year]
    rows = _frame(rng, p, lp, export, taught, level)
    return rows.sample(frac=1, random_state=p.seed).reset_index(drop=True)


def _productivity(rng: np.random.Generator, p: Planted, level: np.ndarray, trend: np.ndarray) -> np.ndarray:
    n, t = p.firms, p.years
    years = np.arange(t)
    shock = np.empty((n, t))
    shock[:, 0] = rng.normal(0, p.shock, n)
    for year in range(1, t):
        shock[:, year] = p.rho * shock[:, year - 1] + rng.normal(0, p.shock * np.sqrt(1 - p.rho**2), n)
    lasting = np.cumsum(rng.normal(0, p.walk, (n, t)), axis=1)
    common = np.cumsum(rng.normal(0.01, 0.02, t))
    slope = trend[:, None] * (years - years.mean())
    return level[:, None] + slope + common + shock + lasting + rng.normal(0, p.noise, (n, t))


def _index(name: str, lp: np.ndarray, level: np.ndarray, trend: np.ndarray, year: int) -> np.ndarray:
    if name == "none":
        return np.zeros(len(level))
    if name == "recent":
        values = lp[:, year - 1] - lp[:, max(year - 2, 0)] + 1e-9 * level
    else:
        values = {
            "level": level,
            "trend": trend,
            "lagged": lp[:, year - 1],
            "now": lp[:, year],
            "first": lp[:, 0],
        }[name]
    return (values - values.mean()) / values.std()


def _frame(
    rng: np.random.Generator,
    p: Planted,
    lp: np.ndarray,
    export: np.ndarray,
    taught: np.ndarray,
    level: np.ndarray,
) -> pd.DataFrame:
    n, t = lp.shape
    standard = (lp - lp.mean()) / lp.std()
    gone = np.cumsum(rng.random((n, t)) < p.leave * 2 / (1 + np.exp(1.5 * standard)), axis=1) > 0
    enters = np.where(rng.random(n) < p.enter, rng.integers(1, max(t - 3, 2), n), 0)
    there = ~gone & (np.arange(t) >= enters[:, None])
    flag = export.astype(float)
    flag[rng.random((n, t)) < p.unknown] = np.nan
    frame = pd.DataFrame(
        {
            "firm": np.repeat([f"f{i:06d}" for i in range(n)], t),
            "year": np.tile(2000 + np.arange(t), n),
            "lp": lp.ravel(),
            "export": flag.ravel(),
            "size": np.repeat(rng.normal(2.5, 1, n) + 0.3 * level, t),
            "industry": np.repeat(rng.choice(["a", "b", "c", "d"], n), t),
            "taught": taught.ravel(),
        }
    )
    return frame[there.ravel()]


def evidence_of(frame: pd.DataFrame) -> tuple[Evidence, pd.DataFrame]:
    """What a panel says, and the rows of starters and of firms that never trade that say it."""
    found = cohorts(frame, "firm", "year", "export")
    rows = select(frame, "firm", "year", found)
    return gather(widen(rows, "firm", "year", "lp", "start")), rows


def planted_effect(rows: pd.DataFrame, latest: int = 5) -> float:
    """What starting did on average in the first years, to the starters that are there."""
    since = rows["year"] - rows["start"]
    return float(rows.loc[(since >= 0) & (since <= latest), "taught"].mean())
