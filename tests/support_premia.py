"""Panels of firms with planted effects of trade: what the methods of estimate/ must find again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

MODES = ("none", "import-only", "export-only", "both")
PREMIA = {"import-only": 0.10, "export-only": 0.25, "both": 0.40}


def mode_panel(
    firms: int = 300, years: int = 4, seed: int = 1, premia: Mapping[str, float] = PREMIA, industries: int = 4
) -> pd.DataFrame:
    """Firm-years in no order, one in ten missing: the log of `amount` rises by `premia` with the mode.

    Firms have effects of their own (hence clusters), sizes, industries and regions; the mode changes
    now and then, so that firm effects leave something to estimate. `size` explains half of itself in the log.
    """
    rng = np.random.default_rng(seed)
    firm = np.repeat(np.arange(firms), years)
    year = np.tile(2000 + np.arange(years), firms)
    industry = rng.integers(0, industries, firms)[firm]
    region = rng.integers(0, 3, firms)[firm]
    mode = rng.integers(0, 4, firms)[firm]
    moves = rng.random(len(firm)) < 0.2
    mode[moves] = rng.integers(0, 4, moves.sum())
    size = rng.normal(2.5, 1.0, firms)[firm] + 0.2 * mode + rng.normal(0, 0.2, len(firm))
    cell = rng.normal(0, 0.3, (industries, years))[industry, year - 2000]
    log = 3 + 0.5 * size + cell + 0.1 * region + np.array([premia.get(name, 0.0) for name in MODES])[mode]
    log += rng.normal(0, 0.4, firms)[firm] + rng.normal(0, 0.3, len(firm))
    frame = pd.DataFrame(
        {
            "firm": [f"F{number:05}" for number in firm],
            "year": year,
            "industry": [f"{10 + number}" for number in industry],
            "region": [f"R{number}" for number in region],
            "mode": np.array(MODES)[mode],
            "size": np.exp(size),
            "amount": np.exp(log),
        }
    )
    seen = rng.random(len(frame)) < 0.9
    return frame[seen].sample(frac=1, random_state=seed).reset_index(drop=True)


def window_firms(
    firms: int = 400,
    seed: int = 1,
    growth: Mapping[str, float] = {"start": 0.04, "both": 0.02, "stop": -0.03},
    exits: float = 0.1,
    spread: float = 0.06,
) -> pd.DataFrame:
    """One row for each firm over five years: the log grows by `growth` more a year than that of `neither`."""
    rng = np.random.default_rng(seed)
    status = rng.choice(["neither", "start", "both", "stop"], firms, p=[0.55, 0.15, 0.2, 0.1])
    size = rng.normal(2.5, 1.0, firms)
    rate = 0.01 - 0.01 * (size - 2.5) + np.array([growth.get(name, 0.0) for name in status])
    end = np.exp(size + 5 * (rate + rng.normal(0, spread, firms)))
    gone = rng.random(firms) < exits
    frame = pd.DataFrame(
        {
            "firm": [f"F{number:05}" for number in range(firms)],
            "status": status,
            "industry": rng.integers(0, 5, firms),
            "age": rng.integers(1, 40, firms).astype(float),
            "start": np.exp(size),
            "end": np.where(gone, np.nan, end),
            "gone": gone.astype(float),
        }
    )
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)


def entry_panel(
    firms: int = 400, years: int = 8, seed: int = 1, ahead: float = 0.2, faster: float = 0.0
) -> pd.DataFrame:
    """Firm-years of which a quarter starts to export in some year: before it, starters are `ahead` in the log
    of `productivity` and grow by `faster` a year; afterwards they stay as they are."""
    rng = np.random.default_rng(seed)
    starts = rng.random(firms) < 0.25
    entry = np.where(starts, rng.integers(3, years - 2, firms), years + 99)
    firm = np.repeat(np.arange(firms), years)
    when = np.tile(np.arange(years), firms)
    lead = np.minimum(when - entry[firm], 0)
    log = 3 + starts[firm] * (ahead + faster * (lead + 3))
    log = log + rng.normal(0, 0.3, firms)[firm] + rng.normal(0, 0.2, len(firm)) + 0.02 * when
    frame = pd.DataFrame(
        {
            "firm": [f"F{number:05}" for number in firm],
            "year": 1990 + when,
            "industry": rng.integers(0, 4, firms)[firm],
            "size": np.exp(rng.normal(2.5, 1.0, firms)[firm]),
            "productivity": np.exp(log),
            "exports": (when >= entry[firm]) * 100.0,
        }
    )
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)
