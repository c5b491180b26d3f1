"""Random numbers that are the same on every machine.

numpy promises the raw stream of PCG64, not the methods built on it, and the mathematical library behind
`exp` and `log` rounds differently from processor to processor. So everything is made from the stream's
uniform numbers by additions, multiplications and tables, which IEEE 754 rounds in one way only.
"""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STEPS = 4096
_LOG2_HIGH = float.fromhex("0x1.62e42fee00000p-1")  # log 2 in two parts, so that k * high is exact
_LOG2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
_FACTORIALS = (1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880, 3628800, 39916800)


class Draw:
    """A stream of its own for one purpose: the same seed and stream give the same numbers."""

    def __init__(self, seed: int, *stream: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *stream])))

    def uniform(self, *shape: int) -> Floats:
        """Uniform numbers in [0, 1)."""
        return self._generator.random(shape)

    def chance(self, probability: Floats | float, *shape: int) -> NDArray[np.bool_]:
        """True with the given probability (one, or an array of the shape)."""
        return self.uniform(*shape) < probability

    def normal(self, *shape: int) -> Floats:
        """Standard normal numbers, by interpolation in a table of quantiles; none lies beyond 5.2."""
        return normal(self.uniform(*shape))

    def noise(self, spread: float, *shape: int) -> Floats:
        """Log-normal factors with mean one and the given standard deviation of the log."""
        return exp(self.normal(*shape) * spread - spread * spread / 2)

    def pick(self, weights: Floats, size: int) -> Ints:
        """Indices drawn with the given weights."""
        return pick(weights, self.uniform(size))

    def spread_pick(self, weights: Floats, size: int) -> Ints:
        """Indices in random order, each as often as its weight says, up to one more or less."""
        order = np.argsort(self.uniform(size), kind="stable")
        return pick(weights, (order + self.uniform(1)) / size)


def normal(u: Floats) -> Floats:
    """Standard normal numbers of uniform ones."""
    coarse, fine = _quantiles()
    z = _interpolate(coarse, u * _STEPS)
    tail = np.minimum(u, 1.0 - u) * _STEPS
    far = np.nonzero(tail < 1.0)
    z[far] = _interpolate(fine, tail[far] * _STEPS) * np.where(u[far] < 0.5, 1.0, -1.0)
    return z


def hashed(seed: int, stream: int, *ids: Ints) -> Floats:
    """Uniform numbers in [0, 1) that depend on the seed, the stream and each place's identifiers only.

    Whoever draws for one firm need not draw for another first, so that any part of a population can be made
    by itself. The mixing is that of SplitMix64 (Steele, Lea and Flood 2014, doi 10.1145/2660193.2660195).
    """
    state = np.asarray(_mixed(np.array([seed * 1_000_003 + stream + 1], dtype=np.uint64)))
    for values in ids:
        state = _mixed(state ^ _mixed(np.asarray(values).astype(np.uint64)))
    return (state >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The state after one step, its bits mixed; unsigned numbers wrap around."""
    z = x + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def pick(weights: Floats, u: Floats) -> Ints:
    """The index into whose share of the total each number of [0, 1) falls."""
    steps = np.cumsum(np.asarray(weights, dtype=np.float64))
    found = np.searchsorted(steps, u * steps[-1], side="right")
    return np.minimum(found, int(np.flatnonzero(np.diff(steps, prepend=0.0))[-1])).astype(np.int64)


def exp(x: Floats) -> Floats:
    """Exponential function: 2 to the power k times a Taylor polynomial; good to 1e-14."""
    k = np.rint(x * 1.4426950408889634)
    r = x - k * _LOG2_HIGH - k * _LOG2_LOW
    value = np.full_like(r, 1.0 / _FACTORIALS[-1])
    for factorial in _FACTORIALS[-2::-1]:
        value *= r
        value += 1.0 / factorial
    return np.ldexp(value, k.astype(np.int64))


def _interpolate(table: Floats, place: Floats) -> Floats:
    low = np.minimum(place.astype(np.int64), len(table) - 2)
    return table[low] + (place - low) * (table[low + 1] - table[low])


@cache
def _quantiles() -> tuple[Floats, Floats]:
    """Normal quantiles at k / 4096, and at k / 4096**2 for the lower tail; rounded alike everywhere."""
    inverse = NormalDist().inv_cdf
    fine = [round(inverse(max(k, 0.5) / _STEPS**2), 9) for k in range(_STEPS + 1)]
    half = [fine[-1], *(round(inverse(k / _STEPS), 9) for k in range(2, _STEPS // 2 + 1))]
    coarse = [half[0], *half, *(-z for z in half[-2::-1]), -half[0]]
    return np.array(coarse), np.array(fine)
