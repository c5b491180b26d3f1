"""Rounding of counts that keeps them additive: the rows are rounded, and every figure is their sum.

Small count rounding (Langsrud and Heldal 2018; Langsrud 2023) rounds only the rows behind small figures,
so that no figure from 1 to base - 1 is left, and chooses up or down so that all published sums stay close
to the true ones. Rounding all rows is the same search with all rows in it. The search is a descent by
single moves and pairs of moves: no solver and no chance, so the same rows give the same figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from firmtrade.errors import DisclosureError
from firmtrade.protect.system import Flags, Ints, Sparse, System

HEAVY = 100  # an equation between rows counts so many times as much as a published figure
PAIRS = 4000  # with more rows than this only single moves are tried
TRIED = 24  # of how many rows the best partner is looked for


@dataclass(frozen=True)
class Rounded:
    """Whole row values whose sums are published, and which rows may differ from the true ones."""

    rows: Ints
    changed: Flags
    base: int

    def columns(self, system: System) -> Ints:
        """What is published of each column."""
        return system.columns.times(self.rows)

    def reach(self, system: System) -> Ints:
        """How far each column may be from the true one, for who knows which rows were rounded."""
        return (self.base - 1) * system.columns.times(self.changed.astype(np.int64))


def round_small(system: System, rows: Ints, base: int, unsafe: Sequence[int] | Ints = ()) -> Rounded:
    """Round the rows behind figures from 1 to base - 1, and behind the columns `unsafe`.

    Rounding a row can leave a figure small that was not: its rows are rounded too, until none is left.
    """
    _counts(system, rows)
    asked = np.zeros(len(system.columns), dtype=bool)
    asked[np.asarray(unsafe, dtype=np.int64)] = True
    asked |= _small(system.columns.times(rows), base)
    while True:
        found = _rounded(system, rows, base, _rows_of(system, asked))
        more = _small(found.columns(system), base) & ~asked
        if not more.any():
            return found
        asked |= more


def round_rows(system: System, rows: Ints, base: int) -> Rounded:
    """Round every row, so that every figure is a multiple of the base."""
    _counts(system, rows)
    return _rounded(system, rows, base, np.ones(system.rows, dtype=bool))


def _small(values: Ints, base: int) -> Flags:
    return np.asarray((values > 0) & (values < base), dtype=bool)


def _rows_of(system: System, columns: Flags) -> Flags:
    chosen = np.zeros(system.rows, dtype=bool)
    chosen[system.columns.index[columns[system.columns.lines]]] = True
    return chosen


def _counts(system: System, rows: Ints) -> None:
    if system.signed.any() or (rows < 0).any() or (system.columns.weight != 1).any():
        raise DisclosureError("Only numbers of firms, which are sums of whole numbers, can be rounded.")


def _rounded(system: System, rows: Ints, base: int, chosen: Flags) -> Rounded:
    search = _Search(_lines(system), rows, base, chosen)
    search.descend()
    found, moved = _balanced(system, search.found, chosen, base)
    return Rounded(found, chosen | moved, base)


def _lines(system: System) -> Sparse:
    """Columns, and below them the equations with a heavy weight."""
    above, below = system.columns, system.relations
    return Sparse(
        np.concatenate((above.start, above.start[-1] + below.start[1:])),
        np.concatenate((above.index, below.index)),
        np.concatenate((above.weight, HEAVY * below.weight)),
        system.rows,
    )


class _Search:
    """Each movable row is at the multiple below or above; moves lower the sum of squared differences."""

    def __init__(self, lines: Sparse, rows: Ints, base: int, chosen: Flags) -> None:
        self.lines, self.base = lines, base
        self.found = np.where(chosen, rows // base * base, rows)
        self.free = np.flatnonzero(chosen & (rows % base != 0))
        self.sign = np.ones(len(self.free), dtype=np.int64)  # +1: at the multiple below
        self._slope = lines.transposed.times(lines.times(self.found - rows))[self.free]
        by_row = lines.transposed
        self._own = np.zeros(lines.width, dtype=np.int64)
        np.add.at(self._own, by_row.lines, by_row.weight**2)
        self._own = self._own[self.free]
        self._kept: dict[int, Ints] = {}

    def descend(self) -> None:
        """Move until neither one row nor two lower the sum."""
        while len(self.free):
            gain = self.base * (2 * self.sign * self._slope + self.base * self._own)
            best = int(np.argmin(gain))
            if gain[best] < 0:
                self._move(best)
                continue
            pair = self._pair(gain) if len(self.free) <= PAIRS else None
            if pair is None:
                return
            for one in pair:
                self._move(one)

    def _pair(self, gain: Ints) -> tuple[int, int] | None:
        """The two rows that together lower the sum the most."""
        best, found = 0, None
        for one in np.argsort(gain, kind="stable")[:TRIED].tolist():
            both = gain[one] + gain + 2 * self.base**2 * self.sign[one] * self.sign * self._together(one)
            both[one] = 0
            other = int(np.argmin(both))
            if both[other] < best:
                best, found = int(both[other]), (one, other)
        return found

    def _move(self, one: int) -> None:
        step = self.base * int(self.sign[one])
        self.found[self.free[one]] += step
        self._slope += step * self._together(one)
        self.sign[one] *= -1

    def _together(self, one: int) -> Ints:
        """How many published figures each row shares with this one."""
        if one not in self._kept:
            unit = np.zeros(self.lines.width, dtype=np.int64)
            unit[self.free[one]] = 1
            shared = self.lines.transposed.times(self.lines.times(unit))[self.free]
            if len(self.free) > PAIRS:
                return shared
            self._kept[one] = shared
        return self._kept[one]


def _balanced(system: System, found: Ints, chosen: Flags, base: int) -> tuple[Ints, Flags]:
    """Rows that keep all equations: what rounding leaves is moved to the largest row that is not rounded."""
    moved = np.zeros(system.rows, dtype=bool)
    found = found.copy()
    off = system.relations.times(found)
    while off.any():
        line = int(np.argmax(off != 0))
        step = _step(system, found, chosen, off, line, base)
        if step is None:
            raise DisclosureError(
                "The rounded numbers of firms of two views cannot be made equal, so nothing is released. "
                "Publish the groups of one view only, or protect by suppression."
            )
        row, change = step
        found[row] += change
        moved[row] = True
        off = system.relations.times(found)
    return found, moved


def _step(
    system: System, found: Ints, chosen: Flags, off: Ints, line: int, base: int
) -> tuple[int, int] | None:
    """(row, change) that puts one equation right and leaves fewer wrong than before."""
    rows, weights = system.relations.line(line)
    for place in np.lexsort((rows, -found[rows])).tolist():
        row, change = int(rows[place]), -int(off[line]) * int(weights[place])
        # A rounded row goes on by whole multiples of the base, so that its figures stay multiples.
        fits = change % base == 0 if chosen[row] else found[row] + change >= base
        after = off + change * _in_relations(system, row)
        if fits and found[row] + change >= 0 and np.count_nonzero(after) < np.count_nonzero(off):
            return row, change
    return None


def _in_relations(system: System, row: int) -> Ints:
    weights = np.zeros(len(system.relations), dtype=np.int64)
    where, weight = system.relations.transposed.line(row)
    weights[where] = weight
    return weights
