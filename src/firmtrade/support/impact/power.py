"""What a study could show, before it is done: sample sizes and the smallest effect that can be detected.

Two shares are compared by the usual normal test, whose variance under 'no difference' is pooled. Most single
measures of a regional agency are too small for what they are expected to do, and that should be known
before and not after: a result that 'is not significant' then says nothing.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from firmtrade.errors import DataError

_QUANTILE = NormalDist().inv_cdf
ALPHA, POWER = 0.05, 0.8


def sample_size(without: float, with_support: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """Firms on each side that show the difference of two shares with probability `power`, exact, not rounded.

    Two-sided test at `alpha`. 7.3 to 10 per cent: 1,700.
    """
    if not (0 <= without <= 1 and 0 <= with_support <= 1) or without == with_support:
        raise DataError("A sample size needs two different shares between 0 and 1.")
    return _needed(without, with_support, 1.0, alpha, power)


def _needed(p: float, q: float, ratio: float, alpha: float, power: float) -> float:
    """Firms on the side of `q` if there are `ratio` times as many on the side of `p`."""
    middle = (q + ratio * p) / (1 + ratio)
    none = _QUANTILE(1 - alpha / 2) * sqrt(middle * (1 - middle) * (1 + 1 / ratio))
    some = _QUANTILE(power) * sqrt(q * (1 - q) + p * (1 - p) / ratio)
    return float(((none + some) / (p - q)) ** 2)


def detectable_share(
    without: float, supported: int, others: int, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """The smallest rise above the share `without` that so many firms would show; None if none would."""
    if supported < 1 or others < 1 or not 0 <= without < 1:
        return None

    def shown(rise: float) -> bool:
        return _needed(without, without + rise, others / supported, alpha, power) <= supported

    high = 1 - without
    if not shown(high):
        return None
    low = 0.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high


def detectable_mean(
    spread: float, supported: int, others: int, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """The smallest difference of two means that would be shown; `spread` is a standard deviation."""
    if supported < 1 or others < 1 or not spread > 0:
        return None
    return (_QUANTILE(1 - alpha / 2) + _QUANTILE(power)) * spread * sqrt(1 / supported + 1 / others)
