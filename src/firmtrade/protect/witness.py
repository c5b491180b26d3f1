"""Another table that an attacker cannot tell from the true one: the proof that a figure is protected.

A witness is a move of some rows: with it, every published figure stays as it is and some hidden ones
change. Any part of the move is a witness too, often more than the whole, often its reverse; `least` and
`most` say how far it may be stretched before a figure that cannot be negative would be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmtrade.protect.local import Known
from firmtrade.protect.system import Flags, Floats, Ints, System

#: Moves smaller than this share of the distance are the solver's dust.
DUST = 1e-7


@dataclass(frozen=True)
class Witness:
    """`moves` of `rows` with `effects` on `columns`; t times the move is possible for least <= t <= most."""

    rows: Ints
    moves: Floats
    columns: Ints
    effects: Floats
    least: float
    most: float

    def stretch(self, place: int, wanted: float) -> float | None:
        """How many times the move changes the figure at `place` by `wanted`; None if it cannot."""
        times = wanted / float(self.effects[place])
        return times if self.least <= times <= self.most else None


def witness(
    system: System, values: Floats, known: Known, rows: Ints, moves: Floats, distance: float
) -> Witness:
    """The witness of `moves`, given in units of `distance`; `values` are those of all rows."""
    kept = np.abs(moves) > DUST / 10
    rows = rows[kept]
    # The solver keeps its bounds to a tolerance; here they hold.
    steps = np.where(
        system.signed[rows], moves[kept] * distance, np.maximum(moves[kept] * distance, -values[rows])
    )
    columns, effects = effects_of(system, rows, steps)
    real = np.abs(effects) > DUST * distance
    least, most = _span(values[rows], steps, system.signed[rows])
    for (index, weight), low, high in zip(known.lines, known.low, known.high, strict=True):
        least, most = _within(_applied(index, weight, rows, steps), low, high, least, most)
    return Witness(rows, steps, columns[real], effects[real], least, most)


def effects_of(system: System, rows: Ints, moves: Floats) -> tuple[Ints, Floats]:
    """The columns that have one of `rows`, and by how much moving these changes them."""
    by_row = system.columns.transposed
    sizes = by_row.sizes()[rows]
    entry = np.repeat(by_row.start[rows] - np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes)
    entry += np.arange(len(entry))
    columns, place = np.unique(by_row.index[entry], return_inverse=True)
    parts = np.repeat(moves, sizes) * by_row.weight[entry]
    return columns, np.bincount(place, weights=parts, minlength=len(columns)).astype(np.float64)


def _span(values: Floats, moves: Floats, signed: Flags) -> tuple[float, float]:
    falling = (moves < 0) & ~signed
    rising = (moves > 0) & ~signed
    most = float(np.min(values[falling] / -moves[falling], initial=np.inf))
    least = -float(np.min(values[rising] / moves[rising], initial=np.inf))
    return least, most


def _applied(index: Ints, weight: Floats, rows: Ints, moves: Floats) -> float:
    """The value of one form under the move."""
    _, here, there = np.intersect1d(index, rows, assume_unique=True, return_indices=True)
    return float(weight[here] @ moves[there])


def _within(change: float, low: float, high: float, least: float, most: float) -> tuple[float, float]:
    """The stretch for which low <= t * change <= high also holds."""
    if abs(change) <= 1e-12 * max(1.0, abs(low), abs(high)):
        return least, most
    bounds = sorted((low / change, high / change))
    return max(least, bounds[0]), min(most, bounds[1])
