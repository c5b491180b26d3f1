"""Draw durations for comparison with R: python tests/golden/survival/make_durations.py > durations.csv."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd


def durations(seed: int, rows: int = 240) -> pd.DataFrame:
    """Two spells a firm, late entry, ties, three causes, three modes, a number and an area."""
    draw = np.random.default_rng(seed)
    mode = draw.choice(["none", "one", "both"], rows)
    x = draw.normal(size=rows).round(4)
    entry = draw.integers(0, 6, rows)
    effect = 0.4 * x - 0.7 * (mode == "both") - 0.2 * (mode == "one")
    death = np.ceil(draw.exponential(7 / np.exp(effect))).astype(int)
    merger = np.ceil(draw.exponential(20, rows)).astype(int)
    follow = draw.integers(1, 9, rows)
    lasted = np.minimum(np.minimum(death, merger), follow)
    cause = np.where(follow < np.minimum(death, merger), 0, np.where(death <= merger, 1, 2))
    return pd.DataFrame(
        {
            "row": np.arange(rows),
            "firm": np.arange(rows) // 2,
            "entry": entry,
            "exit": entry + lasted,
            "cause": cause,
            "mode": mode,
            "x": x,
            "area": draw.choice(["north", "south"], rows),
        }
    )


if __name__ == "__main__":
    durations(2012).to_csv(sys.stdout, index=False, lineterminator="\n")
