"""Bands that cover a whole event study at once: the multiplier bootstrap of Callaway and Sant'Anna (2021,
4.1).

A 95 % interval for each year leaves out one of twenty of them; the band is wide enough for all together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmtrade.estimate.learning.events import Aggregate

QUARTILES = 1.3489795003921634  # of the standard normal law: the distance between its quartiles
BLOCK = 100  # draws at a time


@dataclass(frozen=True)
class Bands:
    """`critical` is how many bootstrap standard errors the band takes to each side; ends in the order of the
    parts.

    `std_errors` are those of the bootstrap, robust to single draws: a quarter to three quarters of its law. A
    part without an error (a base year) has a band of no width and does not count.
    """

    critical: float
    std_errors: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    draws: int
    seed: int
    firms: int
    degrees: int | None = None
    largest: float | None = None


def uniform_bands(found: Aggregate, level: float = 0.95, draws: int = 999, seed: int = 0) -> Bands:
    """Bands for all parts of an aggregation, from random signs of each firm's influence (clustered by
    firm)."""
    random = np.random.default_rng(seed)
    n = len(found.influence)
    blocks = []
    for first in range(0, draws, BLOCK):
        signs = random.integers(0, 2, (min(BLOCK, draws - first), n)) * 2.0 - 1.0
        blocks.append(signs @ found.influence / n)
    drawn = np.vstack(blocks)
    quartiles = np.quantile(drawn, [0.25, 0.75], axis=0)
    errors = (quartiles[1] - quartiles[0]) / QUARTILES
    real = errors > 1e-12
    critical = (
        float(np.quantile(np.abs(drawn[:, real] / errors[real]).max(axis=1), level)) if real.any() else 0.0
    )
    atts = np.array([part.att for part in found.parts])
    return Bands(
        critical,
        tuple(errors.tolist()),
        tuple((atts - critical * errors).tolist()),
        tuple((atts + critical * errors).tolist()),
        draws,
        seed,
        found.overall.firms,
    )
