"""How good a score is on firms and years that it has not seen: order, calibration, what a list would hold.

With events as rare as first exports (about seven in a hundred firms over four years in the report), the share
of right answers says nothing: 'never' is right for 93. So: the area under the ROC curve with its error
(DeLong, DeLong and Clarke-Pearson 1988), average precision against the base rate, the Brier score against
that of the base rate, calibration (Cox 1958), and precision and lift of the first k.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from firmtrade.support.score.features import Array

#: Events and others that a group needs for an area of its own.
LEAST = 10


@dataclass(frozen=True)
class Bin:
    """Firms of neighbouring scores: how many, the mean probability, the share to which it happened."""

    number: int
    firms: int
    foretold: float
    happened: float


@dataclass(frozen=True)
class AtK:
    """The k firms with the highest scores: how many had the event, as a share and against the base rate."""

    k: int
    events: int
    precision: float
    lift: float


@dataclass(frozen=True)
class Group:
    """A group of firms. `auc` is None below LEAST events or others. `top`: its share of the tenth on top."""

    kind: str
    code: str
    firms: int
    events: int
    foretold: float
    happened: float
    auc: float | None
    share: float
    top: float


@dataclass(frozen=True)
class Quality:
    """The quality of one model; see the module. `skill` is 1 - Brier / Brier of the base rate."""

    firms: int
    events: int
    base: float
    auc: float
    auc_error: float
    average_precision: float
    brier: float
    skill: float
    slope: float
    intercept: float
    bins: tuple[Bin, ...]
    at: tuple[AtK, ...]
    groups: tuple[Group, ...] = ()


def quality(p: Array, happened: Array, first: Sequence[int] = (25, 50, 100, 200)) -> Quality:
    """Measure probabilities `p` against what `happened` (boolean); rows in the order of the firms' ids."""
    y = happened.astype(float)
    base, n = float(y.mean()), len(y)
    auc, error = area(p, happened)
    brier, plain = float(((p - y) ** 2).mean()), base * (1 - base)
    slope, intercept = calibration(p, y)
    return Quality(
        firms=n,
        events=int(y.sum()),
        base=base,
        auc=auc,
        auc_error=error,
        average_precision=average_precision(p, happened),
        brier=brier,
        skill=1 - brier / plain if plain else np.nan,
        slope=slope,
        intercept=intercept,
        bins=_bins(p, y),
        at=tuple(_at(p, y, k) for k in first if k <= n),
    )


def area(p: Array, happened: Array) -> tuple[float, float]:
    """(area under the ROC curve, its standard error): ties count a half; DeLong's variance.

    NaN where there is no event or nothing else.
    """
    one, other = p[happened], p[~happened]
    if not len(one) or not len(other):
        return np.nan, np.nan
    above = _share_below(one, other)
    below = 1 - _share_below(other, one)
    variance = sum(float(v.var(ddof=1)) / len(v) if len(v) > 1 else np.nan for v in (above, below))
    return float(above.mean()), float(np.sqrt(variance))


def _share_below(values: Array, others: Array) -> Array:
    """For each value the share of the others that are below it, ties a half."""
    ordered = np.sort(others)
    left, right = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return np.asarray((left + right) / 2 / len(others))


def average_precision(p: Array, happened: Array) -> float:
    """Area under precision and recall as a step curve, ties taken together."""
    if not happened.any():
        return np.nan
    order = np.argsort(-p, kind="stable")
    hits = np.cumsum(happened[order])
    last = np.append(np.diff(p[order]) != 0, True)
    recall = hits[last] / hits[-1]
    precision = hits[last] / (np.flatnonzero(last) + 1)
    return float((np.diff(recall, prepend=0.0) * precision).sum())


def calibration(p: Array, y: Array) -> tuple[float, float]:
    """(slope, intercept) of a logit of what happened on the log odds foretold: 1 and 0 are perfect.

    The intercept is that with the slope held at 1 (calibration in the large). NaN where they do not exist.
    """
    safe = np.clip(p, 1e-6, 1 - 1e-6)
    odds = np.log(safe / (1 - safe))
    both = _newton(np.column_stack([np.ones(len(y)), odds]), y, np.zeros(len(y)))
    alone = _newton(np.ones((len(y), 1)), y, odds)
    return float(both[1]), float(alone[0])


def _newton(x: Array, y: Array, offset: Array) -> Array:
    if y.min(initial=1) == y.max(initial=0) or np.linalg.matrix_rank(x) < x.shape[1]:
        return np.full(x.shape[1], np.nan)
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        fitted = 1 / (1 + np.exp(-np.clip(offset + x @ beta, -30, 30)))
        information = (x * (fitted * (1 - fitted))[:, None]).T @ x
        if np.linalg.cond(information) > 1e12:
            return np.full(x.shape[1], np.nan)
        step = np.linalg.solve(information, x.T @ (y - fitted))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            return np.asarray(beta)
    return np.full(x.shape[1], np.nan)


def _bins(p: Array, y: Array) -> tuple[Bin, ...]:
    """Ten groups of neighbouring scores, as equal in number as they can be; the lowest first."""
    parts = np.array_split(np.argsort(p, kind="stable"), min(10, len(p)))
    return tuple(
        Bin(number, len(part), float(p[part].mean()), float(y[part].mean()))
        for number, part in enumerate(parts, 1)
    )


def _at(p: Array, y: Array, k: int) -> AtK:
    chosen = y[np.argsort(-p, kind="stable")[:k]]
    return AtK(
        k, int(chosen.sum()), float(chosen.mean()), float(chosen.mean() / y.mean()) if y.any() else np.nan
    )


def by_group(p: Array, happened: Array, kind: str, codes: Sequence[str]) -> tuple[Group, ...]:
    """The same for each code: who is found, who is promised too much, and whom a list would be made of."""
    told = np.array(codes, dtype=str)
    top = np.zeros(len(p), dtype=bool)
    top[np.argsort(-p, kind="stable")[: max(1, len(p) // 10)]] = True
    found = []
    for code in sorted(set(codes)):
        mine = told == code
        events = int(happened[mine].sum())
        enough = min(events, int(mine.sum()) - events) >= LEAST
        found.append(Group(
            kind, code, int(mine.sum()), events, float(p[mine].mean()), float(happened[mine].mean()),
            area(p[mine], happened[mine])[0] if enough else None, float(mine.mean()),
            float((mine & top).sum() / top.sum())))  # fmt: skip
    return tuple(found)
