"""Sums that print the levels, means, shares and growth that were published.

How far the sum of each block of firms moves, within what its firms can be without leaving their groups, is
found by a linear program that moves as little as possible; what it cannot meet it misses by as little as
possible. A quotient of quotients is made linear about the last solution, again and again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from firmtrade.describe.asks import Ask
from firmtrade.reconcile.solver import Row, solve
from firmtrade.synthesize.twin.blocks import Blocks
from firmtrade.synthesize.twin.columns import NUMBER
from firmtrade.synthesize.twin.panel import MISSING, Panel
from firmtrade.synthesize.twin.sums import Wanted

_STEPS = ((0.15, 1.0), (0.45, 3.0), (math.inf, 12.0))  # (so far in parts of the sum, at this price)
_MISS = 1e4  # the price of missing a figure by all of its value
_TRIES = 25
_REACH = 0.3  # of itself is how far a sum moves at once, where a figure is made linear
_CLOSER = 0.7  # times as far where the last step did not help

Weights = Mapping[Ask, np.ndarray]
Totals = Mapping[Ask, float]


def solve_sums(blocks: Blocks, wanted: Sequence[Wanted]) -> tuple[np.ndarray, int]:
    """The sums of the blocks that print the figures, and how many figures they miss."""
    weights = {ask: blocks.weights(ask) for ask in blocks.asks}
    goal = best = blocks.now.copy()
    fewest, reach = len(wanted) + 1, math.inf
    for number in range(_TRIES):
        totals = {ask: float((weights[ask] * goal).sum()) for ask in blocks.asks}
        missed = sum(not _met(one, totals) for one in wanted)
        if missed < fewest:
            best, fewest = goal, missed
        elif number > 1:
            reach *= _CLOSER
        if not missed:
            break
        # First what is linear wherever the sums are; then all, near the last solution.
        now = [one for one in wanted if number or len(one.powers) <= 2]
        found = _program(blocks, goal, now, weights, totals, reach)
        if found is None:
            break
        goal, reach = found, min(reach, _REACH)
    return best, fewest


def _met(one: Wanted, totals: Totals) -> bool:
    edge = one.edge
    if len(one.powers) == 1:
        ((ask, _),) = one.powers.items()
        return one.low - edge <= totals[ask] <= one.high + edge
    product = _product(one, totals)
    return product is not None and one.low - edge <= product <= one.high + edge


def _product(one: Wanted, totals: Totals) -> float | None:
    if any(totals[ask] <= 0 for ask in one.powers):
        return None
    return math.prod(totals[ask] ** power for ask, power in one.powers.items())


def _rows(one: Wanted, weights: Weights, totals: Totals) -> list[tuple[np.ndarray, float, float]]:
    """(weights of the blocks' sums, low, high), in parts of the figure's own size."""
    over = [ask for ask, power in one.powers.items() if power == 1]
    under = [ask for ask, power in one.powers.items() if power == -1]
    if len(one.powers) == 1 and over:
        size = max(abs(one.low), abs(one.high), 1e-9)
        return [(weights[over[0]] / size, one.low / size, one.high / size)]
    if len(over) == len(under) == 1 and len(one.powers) == 2:
        size = max(abs(one.low), abs(one.high), 1e-12) * max(abs(totals[under[0]]), 1e-9)
        top, base = weights[over[0]], weights[under[0]]
        return [
            ((top - one.low * base) / size, 0.0, math.inf),
            ((top - one.high * base) / size, -math.inf, 0.0),
        ]
    product = _product(one, totals)
    if product is None or product <= 0 or one.high <= 0:
        return []
    slope = np.zeros_like(weights[next(iter(one.powers))])
    for ask, power in one.powers.items():
        slope += power * weights[ask] / totals[ask]
    at = sum(one.powers.values()) - math.log(product)
    return [(slope, math.log(max(one.low, 1e-300)) + at, math.log(one.high) + at)]


def _program(
    blocks: Blocks,
    before: np.ndarray,
    wanted: Sequence[Wanted],
    weights: Weights,
    totals: Totals,
    reach: float,
) -> np.ndarray | None:
    """Up and down in steps of rising price for each sum, and a miss of each row.

    No sum moves by more than `reach` times itself: what is linear about a point is so near it only.
    """
    now, size = before.reshape(-1), before.size
    furthest = np.maximum(np.abs(blocks.high), np.abs(blocks.low)).reshape(-1)
    scale = np.maximum(np.abs(now), furthest / 1e3 + 1.0)
    cost, upper = _steps(now, blocks, scale, reach)
    number, rows = len(cost), []
    for one in wanted:
        for row, low, high in _rows(one, weights, totals):
            fixed = float((row.reshape(-1) * now).sum())
            line = _line(row.reshape(-1) * scale, size) | {number: 1.0, number + 1: -1.0}
            cost |= {number: _MISS, number + 1: _MISS}
            number += 2
            rows.append(Row(line, low - fixed, high - fixed))
    found = solve(number, rows, cost, upper)
    if not found.feasible:
        return None
    steps = np.array(found.values[: 2 * len(_STEPS) * size]).reshape(2, len(_STEPS), size).sum(axis=1)
    goal = now + scale * (steps[0] - steps[1])
    return np.clip(goal.reshape(blocks.now.shape), blocks.low, blocks.high)


def _steps(
    now: np.ndarray, blocks: Blocks, scale: np.ndarray, reach: float
) -> tuple[dict[int, float], dict[int, float]]:
    """(price, length) of each step of each sum: all sums' first steps up, their second, ... then down."""
    cost: dict[int, float] = {}
    upper: dict[int, float] = {}
    for most in (blocks.high.reshape(-1) - now, now - blocks.low.reshape(-1)):
        start = 0.0
        for far, price in _STEPS:
            for end in (most / scale).tolist():
                upper[len(cost)] = max(min(end, far, reach) - start, 0.0)
                cost[len(cost)] = price
            start = far
    return cost, upper


def _line(weights: np.ndarray, size: int) -> dict[int, float]:
    """A row's weights of all steps."""
    places = np.flatnonzero(weights)
    line: dict[int, float] = {}
    for step in range(2 * len(_STEPS)):
        sign = 1.0 if step < len(_STEPS) else -1.0
        line.update(zip((places + step * size).tolist(), (sign * weights[places]).tolist(), strict=True))
    return line


def prescale(panel: Panel, blocks: Blocks, wanted: Sequence[Wanted]) -> None:
    """Bring columns without limits to the size that the figures speak of, all firms alike."""
    free = [n for n, (name, _) in enumerate(blocks.places) if _free(panel, name)]
    if not free:
        return
    totals = {ask: float((blocks.weights(ask) * blocks.now).sum()) for ask in blocks.asks}
    weights = {ask: blocks.weights(ask) for ask in blocks.asks}
    rows: list[Row] = []
    number = len(free)
    for one in wanted:
        for row, low, high in _rows(one, weights, totals) if len(one.powers) <= 2 else []:
            by_place = (row * blocks.now).sum(axis=0)
            fixed = float(sum(by_place[n] for n in range(len(blocks.places)) if n not in free))
            line = {k: float(by_place[n]) for k, n in enumerate(free) if by_place[n]}
            rows.append(Row(line | {number: 1.0, number + 1: -1.0}, low - fixed, high - fixed))
            number += 2
    found = solve(number, rows, dict.fromkeys(range(len(free), number), 1.0)) if rows else None
    if found is None or not found.feasible:
        return
    factors = {blocks.places[n]: round(found.values[k], 9) for k, n in enumerate(free)}
    for name in sorted({name for name, _ in factors}):
        _scale(panel, name, {year: f for (other, year), f in factors.items() if other == name and f > 1e-6})


def _free(panel: Panel, name: str) -> bool:
    column = panel.column(name)
    return column.kind == NUMBER and not any(cut > 0 for cut in column.cuts)


def _scale(panel: Panel, name: str, factors: Mapping[int, float]) -> None:
    """Times the factor of the year, or of the nearest year that has one."""
    if not factors:
        return
    for at, year in enumerate(panel.years):
        nearest = min(factors, key=lambda known: (abs(known - year), known))
        values = panel.values[name][:, at]
        moved = np.rint(np.where(values == MISSING, 0, values) * factors[nearest]).astype(np.int64)
        moved = np.where((values > 0) & (moved < 1), 1, moved)
        panel.values[name][:, at] = np.where(values == MISSING, MISSING, moved)
