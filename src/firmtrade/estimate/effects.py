"""Effects of industry, year, region or firm taken out of columns by pyfixest, to the same digits every time.

pyfixest has two ways. Alternating projections, its default, stop when a step is small, which on panels with
firm effects is long before the end: on the Chilean plants with industry x year and plant effects its default
tolerance left errors of 1e-3, and 1e-9 was not reached in 10,000 steps. The modified LSMR of its `within`
backend is there in 0.03 seconds with errors below 1e-8, so that is what is used here.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence

import numpy

from firmtrade.estimate.columns import dense
from firmtrade.estimate.extras import econ

#: Relative tolerance: errors of about 1e-9 in logarithms, far below what is ever printed.
TOLERANCE = 1e-10
_ROUNDS = 10_000
_THREADS = "RAYON_NUM_THREADS"


def without_effects(columns: numpy.ndarray, effects: Sequence[numpy.ndarray]) -> numpy.ndarray:
    """`columns` (rows x columns) less the effects: codes from 0 without gaps, one array for each.

    Raises ArithmeticError if the effects are so badly connected that the method does not converge.
    """
    demean = _demean()
    codes = numpy.empty((len(columns), len(effects)), dtype=numpy.uint32)
    for place, effect in enumerate(effects):
        codes[:, place] = effect
    found, converged, _ = demean(columns, codes, tol=TOLERANCE, maxiter=_ROUNDS)
    if not converged:
        raise ArithmeticError(f"{len(effects)} effects could not be taken out in {_ROUNDS:,} rounds")
    return found


@functools.cache
def _demean():
    """pyfixest's function on one thread, since sums over several differ in the last digits.

    Its threads are started by the first call, which reads their number from the environment. That is put back
    at once: other libraries read the same name.
    """
    demean = econ("pyfixest.core.demean", "a regression").demean_within
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = "1"
    try:
        pair = numpy.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 2, dtype=numpy.uint32)
        demean(numpy.arange(8.0)[:, None] ** 2, pair)
    finally:
        if before is None:
            del os.environ[_THREADS]
        else:
            os.environ[_THREADS] = before
    return demean


def not_alone(effects: Sequence[numpy.ndarray], rows: int) -> numpy.ndarray | slice:
    """The rows that no effect explains by itself: none alone in a level, round after round (Correia 2015)."""
    if not effects or not rows:
        return slice(None)
    codes = numpy.empty((len(effects), rows), dtype=numpy.uint32).T
    for place, effect in enumerate(effects):
        codes[:, place] = effect
    alone = econ("pyfixest.estimation", "a regression").detect_singletons(codes)
    return ~alone if alone.any() else slice(None)


def parameters(effects: Sequence[numpy.ndarray], firms: numpy.ndarray) -> tuple[int, int, bool]:
    """How many effects are estimated, how many the small-sample correction counts, whether firms have one.

    Each set after the first gives up one level. A set that is nested in firms (each level belongs to one
    firm) counts as one: the convention of R fixest (`ssc(K.fixef = "nested")`) and pyfixest.
    """
    levels = [int(effect.max(initial=-1)) + 1 for effect in effects]
    inside = [
        number for number, effect in zip(levels, effects, strict=True) if _nested(effect, number, firms)
    ]
    absorbed = sum(levels) - (len(levels) - 1)
    return absorbed, absorbed - sum(inside) + len(inside), bool(inside)


def _nested(effect: numpy.ndarray, levels: int, firms: numpy.ndarray) -> bool:
    owner = numpy.zeros(levels, dtype=firms.dtype)
    owner[effect] = firms
    return bool((owner[effect] == firms).all())


def kept(
    effects: Sequence[numpy.ndarray], keep: numpy.ndarray | slice, rows: int
) -> tuple[numpy.ndarray, ...]:
    """The effects of the rows to `keep`, without gaps; without any a single level, which is a constant."""
    return tuple(dense(effect[keep]) for effect in effects) or (numpy.zeros(rows, dtype=numpy.int32),)
