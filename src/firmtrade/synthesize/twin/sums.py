"""Amounts of firms: sums that print the levels, means, shares and growth that were published.

Firms of the same sums form a block. How far the sum of each block moves, within what its firms can be without
leaving their groups, is found by a linear program that moves as little as possible; what it cannot meet it misses
by as little as possible. A quotient of quotients is made linear about the last solution, again and again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from firmtrade.classify.window import POINTS
from firmtrade.describe.asks import Ask
from firmtrade.describe.compute import Setting
from firmtrade.reconcile.figures import Figure
from firmtrade.reconcile.says import Formula
from firmtrade.reconcile.solver import Row, solve
from firmtrade.synthesize.twin.columns import NUMBER
from firmtrade.synthesize.twin.firms import cuts_at, room
from firmtrade.synthesize.twin.goals import product_bounds
from firmtrade.synthesize.twin.panel import GRID, MISSING, Panel
from firmtrade.synthesize.twin.reader import Place

_STEPS = ((0.15, 1.0), (0.45, 3.0), (math.inf, 12.0))  # (so far in parts of the sum, at this price)
_MISS = 1e4  # the price of missing a figure by all of its value
_TRIES = 12
_REACH = 0.3
_INSIDE = 0.1  # of the width of a printed interval is left free on each side

Sum = Mapping[Place, float]  # a sum as weights of columns in years


@dataclass(frozen=True)
class Wanted:
    """A figure over sums: low <= times x product of sums^powers <= high."""

    figure: Figure
    powers: Mapping[Ask, int]
    low: float
    high: float


def linear(tree: Any, ask: Ask, setting: Setting) -> dict[Place, float] | None:
    """An amount as a weighted sum of columns, or None."""
    from sqlglot import exp

    if isinstance(tree, exp.Paren):
        return linear(tree.this, ask, setting)
    if isinstance(tree, exp.Column):
        point, _, rest = tree.name.partition("_")
        if ask.window and point in POINTS:
            return {(rest, getattr(setting.windows[ask.window], point)): 1.0}
        return {(tree.name, int(ask.year)): 1.0} if ask.year else None
    if isinstance(tree, exp.Neg):
        return _times(linear(tree.this, ask, setting), -1.0)
    if isinstance(tree, (exp.Add, exp.Sub)):
        left, right = linear(tree.left, ask, setting), linear(tree.right, ask, setting)
        right = _times(right, -1.0) if isinstance(tree, exp.Sub) else right
        if left is None or right is None:
            return None
        return {place: left.get(place, 0.0) + right.get(place, 0.0) for place in {**left, **right}}
    if isinstance(tree, (exp.Mul, exp.Div)):
        left, factor = linear(tree.left, ask, setting), _number(tree.right)
        if left is None and isinstance(tree, exp.Mul):
            left, factor = linear(tree.right, ask, setting), _number(tree.left)
        if left is None or not factor:
            return None
        return _times(left, factor if isinstance(tree, exp.Mul) else 1 / factor)
    return None


def _times(weights: dict[Place, float] | None, factor: float) -> dict[Place, float] | None:
    return None if weights is None else {place: value * factor for place, value in weights.items()}


def _number(tree: Any) -> float | None:
    from sqlglot import exp

    return float(tree.name) if isinstance(tree, exp.Literal) and not tree.is_string else None


def wanted_sums(
    asked: Mapping[Figure, Formula], sums: Mapping[Ask, Sum], counted: Mapping[Ask, int]
) -> list[Wanted]:
    """The figures over sums, with the numbers of firms as they are now put in."""
    found = []
    for figure, formula in asked.items():
        over = {ask: power for ask, power in formula.powers.items() if ask in sums}
        rest = {ask: power for ask, power in formula.powers.items() if ask not in sums}
        if not over or not all(counted.get(ask) for ask in rest):
            continue
        times = math.prod(float(counted[ask]) ** power for ask, power in rest.items())
        low, high = product_bounds(figure, formula)
        inner = (high - low) * _INSIDE
        found.append(Wanted(figure, over, (low + inner) / times, (high - inner) / times))
    return found


class Blocks:
    """Firms of the same sums, and the sum of each column and year that is asked of a block."""

    def __init__(
        self, panel: Panel, inside: Mapping[Ask, np.ndarray], sums: Mapping[Ask, Sum],
        limits: Mapping[Place, tuple[float, ...]], pinned: np.ndarray,
    ) -> None:  # fmt: skip
        self.panel, self.sums, self.limits = panel, sums, limits
        self.asks = sorted(sums, key=repr)
        self.places = sorted({place for weights in sums.values() for place in weights})
        member = np.array([inside[ask] for ask in self.asks])
        some = np.flatnonzero(member.any(axis=0))
        packed = np.packbits(member[:, some].T, axis=1)
        _, first, block = np.unique(packed, axis=0, return_index=True, return_inverse=True)
        self.firms, self.block, self.blocks = some, block.reshape(-1), len(first)
        self.member = member[:, some[first]]
        self.pinned = pinned[some]
        shape = (self.blocks, len(self.places))
        self.now, self.low, self.high = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        for n, place in enumerate(self.places):
            values, low, high = self.values(place)
            self.now[:, n] = np.bincount(self.block, values, self.blocks)
            self.low[:, n] = np.bincount(self.block, low, self.blocks)
            self.high[:, n] = np.bincount(self.block, high, self.blocks)

    def values(self, place: Place) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(value, lowest, highest) of each firm in hundredths; 0 where there is none."""
        name, year = place
        at = self.panel.place(year)
        values = self.panel.values[name][self.firms, at]
        there = self.panel.present[self.firms, at] & (values != MISSING)
        values = np.where(there, values, 0)
        low, high = room(values, cuts_at(self.limits, name, year))
        return values, np.where(self.pinned, values, low), np.where(self.pinned, values, high)

    def weights(self, ask: Ask) -> np.ndarray:
        """A sum as weights of blocks x places."""
        found = np.zeros((self.blocks, len(self.places)))
        for place, weight in self.sums[ask].items():
            found[:, self.places.index(place)] = weight / GRID
        return found * self.member[self.asks.index(ask)][:, None]

    def move(self, goal: np.ndarray) -> None:
        """Bring the sums of the blocks to `goal` (hundredths), firm by firm in proportion to its room."""
        for n, (name, year) in enumerate(self.places):
            values, low, high = self.values((name, year))
            change = goal[:, n] - self.now[:, n]
            up, down = self.high[:, n] - self.now[:, n], self.now[:, n] - self.low[:, n]
            part = np.where(change >= 0, change / np.maximum(up, 1e-9), change / np.maximum(down, 1e-9))
            part = np.clip(np.round(part, 12), -1.0, 1.0)[self.block]
            moved = values + np.where(part >= 0, part * (high - values), part * (values - low))
            whole = np.clip(np.rint(moved).astype(np.int64), low, high)
            off = np.rint(goal[:, n]).astype(np.int64) - _whole_sums(whole, self.block, self.blocks)
            _spread(whole, low, high, self.block, off)
            at = self.panel.place(year)
            there = self.panel.present[self.firms, at] & (self.panel.values[name][self.firms, at] != MISSING)
            self.panel.values[name][self.firms[there], at] = whole[there]


def _whole_sums(values: np.ndarray, block: np.ndarray, blocks: int) -> np.ndarray:
    found = np.zeros(blocks, dtype=np.int64)
    np.add.at(found, block, values)
    return found


def _spread(values: np.ndarray, low: np.ndarray, high: np.ndarray, block: np.ndarray, off: np.ndarray) -> None:
    """Add what rounding left over to the firms with most room, block by block."""
    order = np.argsort(block, kind="stable")
    ends = np.searchsorted(block[order], np.arange(len(off) + 1))
    for n in np.flatnonzero(off):
        left = int(off[n])
        firms = order[ends[n] : ends[n + 1]]
        space = (high - values)[firms] if left > 0 else (values - low)[firms]
        for firm in firms[np.argsort(-space, kind="stable")[:50]].tolist():
            step = min(left, int(high[firm] - values[firm])) if left > 0 else max(left, int(low[firm] - values[firm]))
            values[firm] += step
            left -= step
            if not left:
                break


def solve_sums(blocks: Blocks, wanted: Sequence[Wanted]) -> np.ndarray:
    """The sums of the blocks that print the figures."""
    weights = {ask: blocks.weights(ask) for ask in blocks.asks}
    goal = blocks.now.copy()
    for number in range(_TRIES):
        totals = {ask: float((weights[ask] * goal).sum()) for ask in blocks.asks}
        if number and all(_met(one, totals) for one in wanted if len(one.powers) > 2):
            break
        now = [one for one in wanted if number or len(one.powers) <= 2]
        found = _program(blocks, goal, now, weights, totals, _REACH if number else math.inf)
        if found is None:
            break
        goal = found
    return goal


def _met(one: Wanted, totals: Mapping[Ask, float]) -> bool:
    product = _product(one, totals)
    edge = (one.high - one.low) * _INSIDE
    return product is not None and one.low - edge <= product <= one.high + edge


def _product(one: Wanted, totals: Mapping[Ask, float]) -> float | None:
    if any(totals[ask] <= 0 for ask in one.powers):
        return None
    return math.prod(totals[ask] ** power for ask, power in one.powers.items())


def _rows(
    one: Wanted, weights: Mapping[Ask, np.ndarray], totals: Mapping[Ask, float]
) -> list[tuple[np.ndarray, float, float]]:
    """(weights of the blocks' sums, low, high), in parts of the figure's own size."""
    over = [ask for ask, power in one.powers.items() if power == 1]
    under = [ask for ask, power in one.powers.items() if power == -1]
    if len(one.powers) == 1 and over:
        size = max(abs(one.low), abs(one.high), 1e-9)
        return [(weights[over[0]] / size, one.low / size, one.high / size)]
    if len(over) == len(under) == 1 and len(one.powers) == 2:
        size = max(abs(one.low), abs(one.high), 1e-12) * max(abs(totals[under[0]]), 1e-9)
        top, base = weights[over[0]], weights[under[0]]
        return [((top - one.low * base) / size, 0.0, math.inf), ((top - one.high * base) / size, -math.inf, 0.0)]
    product = _product(one, totals)
    if product is None or product <= 0 or one.high <= 0:
        return []
    slope = sum(power * weights[ask] / totals[ask] for ask, power in one.powers.items())
    at = sum(one.powers.values()) - math.log(product)
    return [(slope, math.log(max(one.low, 1e-300)) + at, math.log(one.high) + at)]


def _program(
    blocks: Blocks, before: np.ndarray, wanted: Sequence[Wanted], weights: Mapping[Ask, np.ndarray],
    totals: Mapping[Ask, float], reach: float,
) -> np.ndarray | None:  # fmt: skip
    """Up and down in steps of rising price for each sum, and a miss of each row.

    No sum moves by more than `reach` times itself: what is linear about a point is so near it only.
    """
    now, size = before.reshape(-1), before.size
    cost: dict[int, float] = {}
    upper: dict[int, float] = {}
    scale = np.maximum(np.abs(now), np.maximum(np.abs(blocks.high), np.abs(blocks.low)).reshape(-1) / 1e3 + 1.0)
    number = 0
    sides = ((1.0, blocks.high.reshape(-1) - now), (-1.0, now - blocks.low.reshape(-1)))
    for _, most in sides:
        start = 0.0
        for far, price in _STEPS:
            for n in range(size):
                cost[number] = price
                upper[number] = max(min(most[n] / scale[n], far, reach) - start, 0.0)
                number += 1
            start = far
    rows = []
    for one in wanted:
        for row, low, high in _rows(one, weights, totals):
            flat = row.reshape(-1)
            fixed = float((flat * now).sum())
            places = np.flatnonzero(flat)
            line: dict[int, float] = {}
            for side, (sign, _) in enumerate(sides):
                for step in range(len(_STEPS)):
                    first = (side * len(_STEPS) + step) * size
                    line.update(zip((places + first).tolist(), (sign * flat * scale)[places].tolist(), strict=True))
            line |= {number: 1.0, number + 1: -1.0}
            cost |= {number: _MISS, number + 1: _MISS}
            number += 2
            rows.append(Row(line, low - fixed, high - fixed))
    found = solve(number, rows, cost, upper)
    if not found.feasible:
        return None
    steps = np.array(found.values[: 2 * len(_STEPS) * size]).reshape(2, len(_STEPS), size).sum(axis=1)
    goal = now + scale * (steps[0] - steps[1])
    return np.clip(goal.reshape(blocks.now.shape), blocks.low, blocks.high)


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
