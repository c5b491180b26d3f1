"""A move of one figure inside a block of rows, at the least cost of figures that must be hidden for it.

Only rows of the block may change. What holds for a move inside a block holds for the whole release, so
the proof is global though the program is small (Fischetti and Salazar 2000 use the whole table instead).
Moves are counted in units of the distance that is asked for, so the target always moves by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from firmtrade.protect.program import INFINITY, Program, Shape, stacked
from firmtrade.protect.system import Flags, Floats, Ints, Sparse, System

FAR = 1e5  # a bound so many distances away never matters, and would only spoil the arithmetic


@dataclass(frozen=True)
class Known:
    """What an attacker knows besides the published figures, in terms of moves d of the rows.

    low <= forms . d <= high, with low <= 0 <= high: a printed ratio, say. `forms` are real weights.
    """

    lines: tuple[tuple[Ints, Floats], ...] = ()
    low: Floats = field(default_factory=lambda: np.zeros(0))
    high: Floats = field(default_factory=lambda: np.zeros(0))


class Block:
    """The program of one block of rows: its figures, grouped by the rows of the block that they have.

    `pattern_of` maps a column to its group; figures of one group move together. Variables are, for each
    group, the part up and the part down, and the moves of the rows that are not a group by themselves.
    """

    def __init__(
        self, system: System, values: Floats, rows: Ints, known: Known, seconds: float | None = None
    ) -> None:
        self.rows = rows
        self.values = values[rows]
        self.signed = system.signed[rows]
        patterns = _patterns(system.columns, rows)
        self.groups = [group for _, _, group in patterns]
        self.columns = np.array([column for group in self.groups for column in group], dtype=np.int64)
        self.group = np.repeat(np.arange(len(self.groups)), [len(group) for group in self.groups])
        self.pattern_of = dict(zip(self.columns.tolist(), self.group.tolist(), strict=True))
        self._single = np.full(len(rows), -1, dtype=np.int64)  # the group that is just this row
        for number, (places, weights, _) in enumerate(patterns):
            if len(places) == 1 and weights[0] == 1:
                self._single[places[0]] = number
        self._loose = np.flatnonzero(self._single < 0)
        self._owned = np.flatnonzero(self._single >= 0)
        relations = [(places, weights) for places, weights, _ in _patterns(system.relations, rows)]
        bands, self._low, self._high = _bands(known, rows)
        lines = self._lines(patterns, relations, bands)
        self._first_band = len(lines) - len(bands)
        start, index, weight = stacked(lines)
        free = np.where(np.arange(len(lines)) < self._first_band, 0.0, INFINITY)
        shape = Shape(2 * len(self.groups) + len(self._loose), start, index, weight, -free, free)
        self._program = Program(shape, *self._bounds(1.0), seconds)
        self._scaled_to = 0.0

    def _lines(
        self,
        patterns: Sequence[tuple[Ints, Ints, list[int]]],
        relations: Sequence[tuple[Ints, Ints]],
        bands: Sequence[tuple[Ints, Floats]],
    ) -> list[tuple[Ints, Floats]]:
        """moves - up + down = 0 for each group of more than a row; relations are 0; bands come last."""
        groups = len(patterns)
        lines = []
        for number, (places, weights, _) in enumerate(patterns):
            if not (len(places) == 1 and weights[0] == 1):
                index, weight = self._spelt(places, weights)
                parts = np.array([number, groups + number], dtype=np.int64)
                lines.append((np.concatenate((index, parts)), np.concatenate((weight, [-1.0, 1.0]))))
        lines += [self._spelt(places, weights) for places, weights in relations]
        return lines + [self._spelt(places, weights) for places, weights in bands]

    def _spelt(self, places: Ints, weights: Ints | Floats) -> tuple[Ints, Floats]:
        """A sum of rows in terms of the variables."""
        single = self._single[places]
        own = single >= 0
        loose = np.searchsorted(self._loose, places[~own]) + 2 * len(self.groups)
        index = np.concatenate((single[own], single[own] + len(self.groups), loose))
        return index, np.concatenate((weights[own], -weights[own], weights[~own])).astype(np.float64)

    def _bounds(self, distance: float) -> tuple[Floats, Floats]:
        groups = len(self.groups)
        fall = np.where(self.signed, FAR, np.clip(self.values / distance, 0.0, FAR))
        low = np.concatenate((np.zeros(2 * groups), -fall[self._loose]))
        high = np.full(2 * groups + len(self._loose), FAR)
        high[groups + self._single[self._owned]] = fall[self._owned]
        return low, high

    def move(self, column: int, sign: int, distance: float, cost: Floats, fixed: Flags) -> Floats | None:
        """The cheapest moves of the rows that move `column` by sign * distance; None if there are none.

        `cost` is per group and unit of movement; groups that are `fixed` stay where they are.
        """
        groups = len(self.groups)
        target = self.pattern_of[column]
        if fixed[target]:
            return None
        low, high = self._bounds(distance)
        high[: 2 * groups][np.concatenate((fixed, fixed))] = 0.0
        for part, wanted in ((target, sign > 0), (groups + target, sign < 0)):
            low[part] = high[part] = float(wanted)
        prices = np.concatenate((cost, cost, np.zeros(len(self._loose))))
        prices[[target, groups + target]] = 0.0
        if len(self._low) and distance != self._scaled_to:
            for number, (least, most) in enumerate(zip(self._low, self._high, strict=True)):
                self._program.limit(self._first_band + number, least / distance, most / distance)
            self._scaled_to = distance
        self._program.bound(low, high)
        self._program.price(prices)
        found = self._program.solve()
        if found is None:
            return None
        moves = np.zeros(len(self.rows))
        own = self._single[self._owned]
        moves[self._owned] = found[own] - found[groups + own]
        moves[self._loose] = found[2 * groups :]
        return moves


def _patterns(columns: Sparse, rows: Ints) -> list[tuple[Ints, Ints, list[int]]]:
    """(places in the block, weights, columns): each distinct part that columns have in the block."""
    by_row = columns.transposed
    local = np.full(columns.width, -1, dtype=np.int64)
    local[rows] = np.arange(len(rows))
    touched = np.unique(np.concatenate([by_row.line(row)[0] for row in rows.tolist()] or [rows[:0]]))
    found: dict[bytes, tuple[Ints, Ints, list[int]]] = {}
    for column in touched.tolist():
        index, weight = columns.line(column)
        inside = local[index] >= 0
        places, weights = local[index[inside]], weight[inside]
        entry = found.setdefault(places.tobytes() + b"|" + weights.tobytes(), (places, weights, []))
        entry[2].append(column)
    return list(found.values())


def _bands(known: Known, rows: Ints) -> tuple[list[tuple[Ints, Floats]], Floats, Floats]:
    """The forms that have rows of the block, with their limits."""
    if not known.lines:
        return [], known.low, known.high
    place = {row: number for number, row in enumerate(rows.tolist())}
    lines, kept = [], []
    for number, (index, weight) in enumerate(known.lines):
        inside = [k for k, row in enumerate(index.tolist()) if row in place]
        if inside:
            lines.append((np.array([place[int(index[k])] for k in inside], dtype=np.int64), weight[inside]))
            kept.append(number)
    return lines, known.low[kept], known.high[kept]


def neighbourhood(system: System, column: int, size: int) -> Ints:
    """About `size` rows around a column, reached through the smallest relations and figures first."""
    found = set(system.columns.line(column)[0].tolist())
    edge = sorted(found)
    while edge and len(found) < size:
        lines = sorted(
            {
                (int(part.sizes()[line]), number, line)
                for number, part in enumerate((system.relations, system.columns))
                for row in edge
                for line in part.transposed.line(row)[0].tolist()
            }
        )
        new: set[int] = set()
        for _, number, line in lines:
            if len(found) + len(new) >= size:
                break
            new.update((system.relations, system.columns)[number].line(line)[0].tolist())
        edge = sorted(new - found)
        found |= new
    return np.array(sorted(found), dtype=np.int64)
