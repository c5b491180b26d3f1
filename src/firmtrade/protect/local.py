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

    `pattern_of` maps a column to its group; figures of one group move together. Variables are the moves
    of the rows, then for each group the part up and the part down.
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
        relations = [(places, weights) for places, weights, _ in _patterns(system.relations, rows)]
        bands, self._low, self._high = _bands(known, rows)
        self._first_band = len(patterns) + len(relations)
        self._scale = 1.0
        shape = _shape(len(rows), [(p, w) for p, w, _ in patterns], relations, bands)
        low, high = self._bounds(1.0)
        self._program = Program(shape, low, high, seconds)
        self._scaled_to = 0.0

    def _bounds(self, distance: float) -> tuple[Floats, Floats]:
        groups = len(self.groups)
        most = np.minimum(self.values / distance, FAR)
        low = np.concatenate((np.where(self.signed, -FAR, -np.maximum(most, 0.0)), np.zeros(2 * groups)))
        high = np.concatenate((np.full(len(self.rows), FAR), np.full(2 * groups, INFINITY)))
        return low, high

    def move(
        self, column: int, sign: int, distance: float, cost: Floats, fixed: Flags
    ) -> Floats | None:
        """The cheapest moves of the rows that move `column` by sign * distance; None if there are none.

        `cost` is per group and unit of movement; groups that are `fixed` stay where they are.
        """
        groups, rows = len(self.groups), len(self.rows)
        target = self.pattern_of[column]
        if fixed[target]:
            return None
        low, high = self._bounds(distance)
        up, down = slice(rows, rows + groups), slice(rows + groups, None)
        high[up][fixed] = 0.0
        high[down][fixed] = 0.0
        for part, wanted in ((up, sign > 0), (down, sign < 0)):
            low[part][target] = high[part][target] = float(wanted)
        prices = np.concatenate((np.zeros(rows), cost, cost))
        prices[[rows + target, rows + groups + target]] = 0.0
        if len(self._low) and distance != self._scaled_to:
            for number, (least, most) in enumerate(zip(self._low, self._high, strict=True)):
                self._program.limit(self._first_band + number, least / distance, most / distance)
            self._scaled_to = distance
        self._program.bound(low, high)
        self._program.price(prices)
        found = self._program.solve()
        return None if found is None else found[:rows]


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


def _shape(
    rows: int,
    patterns: Sequence[tuple[Ints, Ints]],
    relations: Sequence[tuple[Ints, Ints]],
    bands: Sequence[tuple[Ints, Floats]],
) -> Shape:
    """moves - up + down = 0 for each group; relations are 0; bands get their limits when they are used."""
    groups = len(patterns)
    lines: list[tuple[Ints, Floats]] = []
    for number, (places, weights) in enumerate(patterns):
        parts = np.array([rows + number, rows + groups + number], dtype=np.int64)
        lines.append((np.concatenate((places, parts)), np.concatenate((weights, [-1.0, 1.0]))))
    lines += [(places, weights.astype(np.float64)) for places, weights in relations]
    lines += list(bands)
    start, index, weight = stacked(list(lines))
    zeros = np.zeros(len(lines))
    free = np.concatenate((np.zeros(groups + len(relations)), np.full(len(bands), INFINITY)))
    return Shape(rows + 2 * groups, start, index, weight, zeros - free, zeros + free)


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
