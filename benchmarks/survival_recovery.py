"""Do the intervals of the survival methods cover the truth? python -m benchmarks.survival_recovery
[REPLICATIONS]

Firms are founded from 1980 to 2009 and die at a rate that falls with age and is the same multiple at every
age for two-way traders and for larger firms. The panel has the years 2000 to 2010, so most firms are older
than it and those that died before are not in it. For each replication: does the 95 per cent interval of the
Cox model, of the yearly cloglog hazard and of the survival curves hold the true value? The last lines are
what an analyst gets who forgets that older firms entered late.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd

from firmtrade.estimate.survival.discrete import discrete
from firmtrade.estimate.survival.hazards import cox
from firmtrade.estimate.survival.kaplan_meier import curves
from firmtrade.estimate.survival.lifetimes import lifetimes

#: Logarithms of the hazard ratios: two-way traders against others, one log point of size.
TRADE, SIZE = -0.5, -0.3
SHAPE, SCALE = 0.8, 9.0
FIRST, LAST = 2000, 2010


def panel(seed: int, firms: int = 1500) -> pd.DataFrame:
    """One row for each year in which a firm is there: firm, year, founded, trader ('none', 'both'), size."""
    draw = np.random.default_rng(seed)
    founded = draw.integers(1980, 2010, firms)
    both, size = draw.random(firms) < 0.4, draw.normal(size=firms)
    rate = np.exp(TRADE * both + SIZE * size)
    lasted = SCALE * (draw.exponential(size=firms) / rate) ** (1 / SHAPE)
    last = founded + np.floor(lasted).astype(int)
    rows = [
        (firm, year)
        for firm in range(firms)
        for year in range(max(FIRST, founded[firm]), min(LAST, last[firm]) + 1)
    ]
    found = pd.DataFrame(rows, columns=["firm", "year"])
    at = found["firm"].to_numpy()
    return found.assign(founded=founded[at], trader=np.where(both, "both", "none")[at], size=size[at])


def survival(age: float, both: bool) -> float:
    """The true share of firms of average size that survives `age` years."""
    return float(np.exp(-((age / SCALE) ** SHAPE) * np.exp(TRADE * both)))


def covered(seed: int) -> Iterator[tuple[str, bool, float]]:
    """(name, whether the interval holds the truth, estimate less truth) of one replication."""
    frame = lifetimes(panel(seed), founded="founded", keep=("trader", "size")).frame
    yield from _hazards("", frame)
    yield from _hazards("late entry forgotten: ", frame.assign(entry=0))
    # Firms of one size, so that the curve has one true value: the sizes are drawn and then forgotten.
    same = panel(seed).loc[lambda rows: rows["size"].abs() < 0.25]
    lives = lifetimes(same, founded="founded", keep=("trader",)).frame
    for curve in curves(lives, "trader"):
        for age in (5, 10, 20):
            step = curve.at(age)
            truth = survival(age, curve.group == "both")
            held = step is not None and step.low is not None and step.low <= truth <= (step.high or 0)
            yield f"curve, {curve.group}, {age} years", held, (step.survival if step else 0) - truth


def _hazards(note: str, frame: pd.DataFrame) -> Iterator[tuple[str, bool, float]]:
    models = {
        "Cox": cox(frame, {"trader": "none"}, ("size",)),
        "cloglog": discrete(frame, {"trader": "none"}, ("size",)),
    }
    for name, model in models.items():
        for effect, truth in zip(model.effects, (TRADE, SIZE), strict=True):
            held = effect.low is not None and effect.low <= truth <= (effect.high or 0)
            yield f"{note}{name}, {effect.term}", held, (effect.estimate or 0) - truth


def coverage(seeds: range) -> dict[str, tuple[float, float]]:
    """(share of intervals that hold the truth, mean error) by name."""
    found: dict[str, list[tuple[bool, float]]] = {}
    for seed in seeds:
        for name, held, error in covered(seed):
            found.setdefault(name, []).append((held, error))
    return {
        name: (float(np.mean([h for h, _ in v])), float(np.mean([e for _, e in v])))
        for name, v in found.items()
    }


if __name__ == "__main__":
    replications = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    print(f"{replications} replications; share of 95 per cent intervals that hold the truth, mean error")
    for name, (share, error) in coverage(range(replications)).items():
        print(f"{name:<40} {100 * share:5.1f} %  {error:+.4f}")
