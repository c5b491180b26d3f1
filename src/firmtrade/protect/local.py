"""A move of one figure inside a block of rows, at the least cost of figures that must be hidden for it.

Only rows of the block may change. What holds for a move inside a block holds for the whole release, so
the proof is global though the program is small (Fischetti and Salazar 2000 use the whole table instead).
Moves are counted in units of the distance that is asked for, so the target always moves by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from firmtrade.protect.program import INFINITY, Program, Shape
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

    `columns` are those with rows of the block and `group` their groups; figures of one group move together.
    Variables are, for each group, the part up and the part down, and the moves of the rows that are not a
    group by themselves.
    """

    def __init__(
        self, system: System, values: Floats, rows: Ints, known: Known, seconds: float | None = None
    ) -> None:
        self.rows = rows
        self.values = values[rows]
        self.signed = system.signed[rows]
        self.columns, self.group, parts = _patterns(system.columns, rows)
        self.groups = len(parts)
        self._single = np.full(len(rows), -1, dtype=np.int64)  # the group that is just this row
        alone = (parts.sizes() == 1) & (parts.weight[parts.start[:-1]] == 1)
        self._single[parts.index[parts.start[:-1]][alone]] = np.flatnonzero(alone)
        self._loose = np.flatnonzero(self._single < 0)
        self._owned = np.flatnonzero(self._single >= 0)
        _, _, relations = _patterns(system.relations, rows)
        bands, self._low, self._high = _bands(known, rows)
        self._first_band = int((~alone).sum()) + len(relations)
        count = self._first_band + len(bands)
        start, index, weight = self._lines(parts, alone, relations, bands, count)
        free = np.where(np.arange(count) < self._first_band, 0.0, INFINITY)
        shape = Shape(2 * self.groups + len(self._loose), start, index, weight, -free, free)
        self._program = Program(shape, *self._bounds(1.0), seconds)
        self._scaled_to = 0.0

    def _lines(
        self, parts: Sparse, alone: Flags, relations: Sparse, bands: Sequence[tuple[Ints, Floats]], count: int
    ) -> tuple[Ints, Ints, Floats]:
        """moves - up + down = 0 for each group of more than a row; relations are 0; bands come last."""
        wide = np.flatnonzero(~alone)
        kept = ~alone[parts.lines]
        number, ones = np.cumsum(~alone) - 1, np.ones(len(wide))
        made = [
            self._spelt(number[parts.lines[kept]], parts.index[kept], parts.weight[kept]),
            (number[wide], wide, -ones),
            (number[wide], wide + self.groups, ones),
            self._spelt(relations.lines + len(wide), relations.index, relations.weight),
        ]
        for band, (places, weights) in enumerate(bands):
            made.append(self._spelt(np.full(len(places), self._first_band + band), places, weights))
        line, index, weight = (np.concatenate(each) for each in zip(*made, strict=True))
        order = np.argsort(line, kind="stable")
        start = np.concatenate(([0], np.cumsum(np.bincount(line, minlength=count))))
        return start.astype(np.int64), index[order], weight[order]

    def _spelt(self, line: Ints, place: Ints, weight: Ints | Floats) -> tuple[Ints, Ints, Floats]:
        """Sums of rows (line, place, weight) in terms of the variables."""
        single = self._single[place]
        own = single >= 0
        loose = np.searchsorted(self._loose, place[~own]) + 2 * self.groups
        index = np.concatenate((single[own], single[own] + self.groups, loose))
        weights = np.concatenate((weight[own], -weight[own], weight[~own])).astype(np.float64)
        return np.concatenate((line[own], line[own], line[~own])), index, weights

    def groups_of(self, columns: Ints) -> Ints:
        """The groups of columns that have rows of the block."""
        return np.asarray(self.group[np.searchsorted(self.columns, columns)], dtype=np.int64)

    def _bounds(self, distance: float) -> tuple[Floats, Floats]:
        groups = self.groups
        fall = np.where(self.signed, FAR, np.clip(self.values / distance, 0.0, FAR))
        low = np.concatenate((np.zeros(2 * groups), -fall[self._loose]))
        high = np.full(2 * groups + len(self._loose), FAR)
        high[groups + self._single[self._owned]] = fall[self._owned]
        return low, high

    def move(
        self, column: int, sign: int, distance: float, cost: Floats, fixed: Flags, again: bool = False
    ) -> Floats | None:
        """The cheapest moves of the rows that move `column` by sign * distance; None if there are none.

        `cost` is per group and unit of movement; groups that are `fixed` stay where they are. If the same is
        asked `again` at other costs, the search starts from the last answer; else from no move at all, so
        that what is found does not depend on what was asked before.
        """
        groups = self.groups
        target = int(self.groups_of(np.array([column]))[0])
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
        if not again:
            self._program.forget()
        found = self._program.solve()
        if found is None:
            return None
        moves = np.zeros(len(self.rows))
        own = self._single[self._owned]
        moves[self._owned] = found[own] - found[groups + own]
        moves[self._loose] = found[2 * groups :]
        return moves


def _patterns(columns: Sparse, rows: Ints) -> tuple[Ints, Ints, Sparse]:
    """The columns that have some of these rows, the number of each's part in them, and the distinct parts.

    Parts are numbered by their first column; their places count the rows given.
    """
    touched, inside = columns.inside(rows)
    leaders, part = np.unique(inside.leaders(), return_inverse=True)
    kept = inside.taken(leaders)
    start = np.concatenate(([0], np.cumsum(inside.sizes()[leaders]))).astype(np.int64)
    parts = Sparse(start, inside.index[kept], inside.weight[kept], len(rows))
    return touched, part.reshape(-1), parts


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
