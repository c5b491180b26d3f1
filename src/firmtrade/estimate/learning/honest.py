"""How far may trends differ before the finding falls: Rambachan and Roth (2023), Review of Economic Studies
90.

Two ways to bound what the difference in trends may do after the start, given what it did before:

- `smoothness`: its slope changes by at most M from one year to the next (M = 0: a linear difference goes on).
  The interval is the shortest of fixed length around a linear estimate (Armstrong and Kolesar 2018).
- `relative magnitudes`: from one year to the next it moves by at most Mbar times its largest move before the
  start. The interval inverts the conditional and least-favourable hybrid test of Andrews, Roth and Pakes
  (2023) with kappa = alpha / 10, on the moments of the years after the start, as R's HonestDiD does by
  default.

The linear programmes of the hybrid test need no solver here. Their constraints are differences of consecutive
years, each bounded from above and from below, so that the multipliers have a closed form: one pair for each
year, which bounds the sign of the largest move, and one vertex for each side of the effect (`_Moments`).

The breakdown value is the largest M or Mbar at which the interval still excludes 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from firmtrade.estimate.extras import econ
from firmtrade.estimate.learning.wide import Array

KAPPA = 0.1  # of alpha, spent on the least-favourable first stage
DRAWS = 4000  # for its critical value
GRID = 401  # points at first; the ends are then found by bisection
WIDE = 20.0  # standard errors of the average effect to either side


@dataclass(frozen=True)
class Bound:
    """Interval of the average effect when trends may differ by `m`."""

    m: float
    low: float
    high: float


@dataclass(frozen=True)
class Sensitivity:
    """Intervals over values of M or Mbar; `breakdown` is the largest at which 0 is excluded (0 if at none).

    `breakdown` is infinite where 0 stays excluded at the largest value that was tried. `firms`, `degrees` and
    `largest` are those of the event study.
    """

    kind: Literal["smoothness", "relative magnitudes"]
    bounds: tuple[Bound, ...]
    breakdown: float
    firms: int
    degrees: int | None = None
    largest: float | None = None


@dataclass(frozen=True, eq=False)
class Path:
    """Event-study coefficients in order of `times` (years since the start, base -1 left out) and their
    covariance.

    `weights` (one for each coefficient from 0 on) define the average effect. Times must have no gap but the
    base.
    """

    times: tuple[int, ...]
    estimates: Array
    covariance: Array
    weights: Array
    firms: int

    @property
    def before(self) -> int:
        """Number of coefficients before the start."""
        return len(self.times) - len(self.weights)


def smoothness(path: Path, values: Sequence[float], alpha: float = 0.05) -> Sensitivity:
    """Fixed-length intervals when the slope of the difference in trends changes by at most each of `values` a
    year."""
    bounds = tuple(_fixed_length(path, value, alpha) for value in values)
    unit = float(np.sqrt(path.weights @ _after(path) @ path.weights))
    falls = _last(lambda m: _excludes(_fixed_length(path, m, alpha)), unit)
    return Sensitivity("smoothness", bounds, falls, path.firms)


def relative_magnitudes(
    path: Path, values: Sequence[float], alpha: float = 0.05, seed: int = 0
) -> Sensitivity:
    """Hybrid intervals when the difference moves by at most each of `values` times its largest move
    before."""
    bounds = tuple(_hybrid(path, value, alpha, seed) for value in values)
    falls = _last(lambda m: not bool(_accepts(path, m, np.array([0.0]), alpha, seed)[0]), 1.0)
    return Sensitivity("relative magnitudes", bounds, falls, path.firms)


def _after(path: Path) -> Array:
    return path.covariance[path.before :, path.before :]


def _excludes(bound: Bound) -> bool:
    return bound.low > 0 or bound.high < 0


def _last(holds: Callable[[float], bool], unit: float) -> float:
    """The largest value (to 1e-4 of it) at which `holds` is still true, which grows harder with the value."""
    if not holds(0.0):
        return 0.0
    high = unit
    while holds(high):
        high *= 2
        if high > 1000 * unit:
            return np.inf
    low = 0.0 if high == unit else high / 2
    while high - low > 1e-4 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


# Smoothness


def folded_quantile(bias: float, alpha: float) -> float:
    """The 1 - alpha quantile of |N(bias, 1)|, by Newton's method from above."""
    normal = econ("scipy.special", "a sensitivity analysis")
    c = bias - normal.ndtri(alpha) if bias > 8 else bias - normal.ndtri(alpha / 2)
    for _step in range(100):
        off = normal.ndtr(c - bias) - normal.ndtr(-c - bias) - (1 - alpha)
        step = off / (_density(c - bias) + _density(c + bias))
        c -= step
        if abs(step) < 1e-13 * max(1.0, c):
            break
    return float(c)


def _density(z: float) -> float:
    return float(np.exp(-z * z / 2) / np.sqrt(2 * np.pi))


def _fixed_length(path: Path, m: float, alpha: float) -> Bound:
    """The shortest interval of fixed length whose centre is linear in the coefficients.

    Years before get weights v. Unknown linear trends cancel when the sum of v_k k is minus that of the
    weights after, else the bias has no bound. With u_j the sum over k of v_k (k - j)+ (counted backwards from
    the base year), the worst bias is M times (the same sum of absolute values after the start plus that of
    |u|).
    """
    scale = float(np.sqrt(path.weights @ _after(path) @ path.weights))
    cumulate = _steps(path.before)  # u = cumulate @ v, v by years before, nearest first
    later = np.abs(_steps(len(path.weights)) @ path.weights)[1:].sum()
    back = np.linalg.inv(cumulate)[::-1]  # v in the order of the coefficients
    linear = np.vstack([back, np.zeros((len(path.weights), path.before))])
    fixed = np.concatenate([np.zeros(path.before), path.weights])
    u = _shortest(
        path.covariance / scale**2,
        linear,
        fixed,
        float(_steps(len(path.weights))[0] @ path.weights),
        m / scale,
        later,
        alpha,
    )
    v = fixed + linear @ u
    centre = float(v @ path.estimates)
    error = float(np.sqrt(v @ path.covariance @ v))
    half = error * folded_quantile(m * (later + np.abs(u).sum()) / error, alpha)
    return Bound(m, centre - half, centre + half)


def _steps(years: int) -> Array:
    """Rows j = 0, 1, ..: the positive part of (k - j) for years k = 1, 2, .. from the base year."""
    return np.maximum(np.arange(1, years + 1)[None, :] - np.arange(years)[:, None], 0).astype(float)


def _shortest(
    covariance: Array, linear: Array, fixed: Array, total: float, m: float, later: float, alpha: float
) -> Array:
    """u of least half-length; u_0 is `total`, which makes the centre unbiased under a linear trend.

    u_j = positive minus negative part, so that the half-length is smooth and convex in what is searched.
    """
    k = linear.shape[1]
    start = np.zeros(k)
    start[0] = total
    if k == 1:
        return start
    inner = linear[:, 1:]
    q = inner.T @ covariance @ inner
    first = fixed + linear @ start
    least = -np.linalg.solve(q, inner.T @ covariance @ first)  # of least variance: the answer at M = 0
    if m == 0:
        return np.concatenate([start[:1], least])
    flat = later + abs(total)

    def length(parts: Array) -> tuple[float, Array]:
        rest = parts[: k - 1] - parts[k - 1 :]
        v = first + inner @ rest
        error = float(np.sqrt(v @ covariance @ v))
        ratio = m * (flat + parts.sum()) / error
        c = folded_quantile(ratio, alpha)
        near, far = _density(c - ratio), _density(c + ratio)
        by_ratio = (near - far) / (near + far)
        by_error = (c - ratio * by_ratio) * (inner.T @ covariance @ v) / error
        return error * c, np.concatenate([by_error, -by_error]) + m * by_ratio

    begin = np.concatenate([np.maximum(least, 0), np.maximum(-least, 0)])
    found = econ("scipy.optimize", "a sensitivity analysis").minimize(
        length,
        begin,
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * (2 * k - 2),
        options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 2000},
    )
    return np.concatenate([start[:1], found.x[: k - 1] - found.x[k - 1 :]])


# Relative magnitudes


@dataclass(frozen=True, eq=False)
class _Moments:
    """Vertices of the multipliers, as linear forms in the coefficients: `forms` @ estimates - `slopes` *
    effect.

    The hypothesis says that all are at most 0; each is divided by the weighted standard deviation of its
    moments.
    """

    forms: Array
    slopes: Array
    covariance: Array


@cache
def _moves(before: int, after: int) -> Array:
    """Year-to-year moves (before + after) of the difference in trends, with the base year's 0 left out."""
    k = before + after
    moves = np.diff(np.eye(k + 1), axis=0)
    return np.delete(moves, before, axis=1)


def _moments(path: Path, mbar: float, largest: int, sign: int) -> _Moments:
    """Moments where move `largest` before the start, with this `sign`, is the largest one."""
    before, after = path.before, len(path.weights)
    moves = _moves(before, after)
    bound = mbar * sign * moves[largest]
    upper, lower = moves[before:] - bound, -moves[before:] - bound
    sizes = [np.sqrt(np.einsum("ij,jk,ik->i", side, path.covariance, side)) for side in (upper, lower)]
    # An effect is a sum of moves: the move j years after the base counts in every later year.
    counts = np.cumsum(path.weights[::-1])[::-1]
    rows, slopes = [], []
    for way in (1.0, -1.0):
        plus, minus = np.maximum(way * counts, 0), np.maximum(-way * counts, 0)
        size = plus @ sizes[0] + minus @ sizes[1]
        rows.append((plus @ upper + minus @ lower) / size)
        slopes.append(way / size)
    if after > 1:
        for j in range(after):
            rows.append((upper[j] + lower[j]) / (sizes[0][j] + sizes[1][j]))
            slopes.append(0.0)
    forms = np.array(rows)
    return _Moments(forms, np.array(slopes), forms @ path.covariance @ forms.T)


def _accepts(path: Path, mbar: float, effects: Array, alpha: float, seed: int) -> Array:
    """Which of `effects` are not rejected for at least one choice of the largest move and its sign."""
    normals = _normals(seed, path.covariance.shape[0])
    root = _root(path.covariance)
    accepted = np.zeros(len(effects), dtype=bool)
    for largest in range(path.before):
        for sign in (1, -1):
            moments = _moments(path, mbar, largest, sign)
            draws = (normals @ root @ moments.forms.T).max(axis=1)
            cutoff = float(np.quantile(draws, 1 - KAPPA * alpha))
            accepted |= ~_rejects(moments, moments.forms @ path.estimates, effects, cutoff, alpha)
    return accepted


@cache
def _normals(seed: int, size: int) -> Array:
    return np.random.default_rng(seed).standard_normal((DRAWS, size))


def _root(covariance: Array) -> Array:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0))).T


def _rejects(moments: _Moments, values: Array, effects: Array, cutoff: float, alpha: float) -> Array:
    """The hybrid test at each effect: reject if above `cutoff`, else compare with a truncated normal."""
    normal = econ("scipy.special", "a sensitivity analysis")
    y = values[None, :] - effects[:, None] * moments.slopes[None, :]
    top = y.argmax(axis=1)
    most = y[np.arange(len(y)), top]
    variance = np.diag(moments.covariance)[top]
    against = moments.covariance[top] / variance[:, None]  # how each vertex moves with the largest
    rest = y - against * most[:, None]
    room = 1 - against
    with np.errstate(divide="ignore", invalid="ignore"):
        limits = rest / room
    least = np.where(room > 1e-10, limits, -np.inf).max(axis=1)
    highest = np.minimum(np.where(room < -1e-10, limits, np.inf).min(axis=1), cutoff)
    sd = np.sqrt(variance)
    size = alpha * (1 - KAPPA) / (1 - KAPPA * alpha)
    # Upper tails keep their digits where the truncation lies far out.
    upper, lower = normal.ndtr(-least / sd), normal.ndtr(-highest / sd)
    critical = np.maximum(-normal.ndtri(lower + size * (upper - lower)) * sd, 0.0)
    rejected: Array = (most > cutoff) | (most > critical)
    return rejected


def _hybrid(path: Path, mbar: float, alpha: float, seed: int) -> Bound:
    """Ends of the accepted effects: from a grid, then by bisection to a thousandth of the standard error."""
    error = float(np.sqrt(path.weights @ _after(path) @ path.weights))
    centre = float(path.weights @ path.estimates[path.before :])
    grid = centre + np.linspace(-WIDE, WIDE, GRID) * error
    accepted = np.flatnonzero(_accepts(path, mbar, grid, alpha, seed))
    if len(accepted) == 0:
        return Bound(mbar, np.nan, np.nan)

    def end(inside: int, step: int) -> float:
        if not 0 <= inside + step < GRID:
            return step * np.inf
        near, far = grid[inside], grid[inside + step]
        while abs(far - near) > 1e-3 * error:
            middle = (near + far) / 2
            ok = bool(_accepts(path, mbar, np.array([middle]), alpha, seed)[0])
            near, far = (middle, far) if ok else (near, middle)
        return float(near)

    return Bound(mbar, end(int(accepted[0]), -1), end(int(accepted[-1]), 1))
