"""Tables that somebody says an attacker cannot tell from the true one: checked here, without a solver.

The hiding hands over its witnesses, but is not believed: how far each may be stretched before something shows
is worked out again from the release alone. Nothing is looked for, so a wrong witness proves nothing, and one
that is missing costs a program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmtrade.protect.attacker import NEAR, Printed
from firmtrade.protect.system import Flags, Floats, Ints, Sparse, System

#: Rows and their moves.
Move = tuple[Ints, Floats]


@dataclass(frozen=True)
class Given:
    """By column, from start[column] to start[column + 1]: a table, and how far it goes `up` and `down`.

    `moved` tells for each table and insider whether that insider sees it.
    """

    start: Ints
    table: Ints
    up: Floats
    down: Floats
    moved: Flags

    def far(self, column: int, sign: int) -> tuple[Ints, Floats]:
        """The tables that move a column, and how far they move it in a direction."""
        part = slice(self.start[column], self.start[column + 1])
        return self.table[part], (self.up if sign > 0 else self.down)[part]


def checked(
    system: System, shown: Printed, centre: Floats, owner: Ints, insiders: int, given: Sequence[Move]
) -> Given:
    """What the moves `given` of the rows `centre` show; `owner` is each column's insider, -1 for none."""
    tables = len(given)
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *(rows for rows, _ in given)])
    steps = np.concatenate([np.zeros(0), *(moves for _, moves in given)])
    table = np.repeat(np.arange(tables), [len(moves) for _, moves in given])
    size = _greatest(table, np.abs(steps), tables)
    of, column, effect = _effects(system.columns, table, rows, steps)
    # What is printed to the last digit, or is an equation, must stay as it is but for the solver's dust.
    exact = (shown.low == shown.high)[column]
    watched = np.zeros((tables, insiders), dtype=bool)
    seen = (owner[column] >= 0) & (np.abs(effect) > NEAR / 10 * size[of])
    watched[of[seen], owner[column[seen]]] = True
    still = exact | ((owner[column] >= 0) & ~seen)
    dust = _greatest(of[still], np.abs(effect[still]), tables)
    broken, _, residue = _effects(system.relations, table, rows, steps)
    dust = np.maximum(dust, _greatest(broken, np.abs(residue), tables))
    least, most = np.full(tables, -np.inf), np.full(tables, np.inf)
    free = ~system.signed[rows]
    _stretch(least, most, table[free], steps[free], -np.maximum(centre[rows[free]], 0.0), None)
    loose = ~exact & ~np.isinf(shown.low[column])
    value = system.columns.times(centre)[column[loose]]
    room = (shown.low[column[loose]] - value, shown.high[column[loose]] - value)
    _stretch(least, most, of[loose], effect[loose], *room)
    _ratios(system.columns.times(centre), shown, (of, column, effect), least, most)
    good = dust[of] <= NEAR * np.abs(effect)
    with np.errstate(invalid="ignore"):
        ends = np.where(good, [effect * least[of], effect * most[of]], 0.0)
    ends = np.nan_to_num(ends, nan=0.0)
    order = np.argsort(column, kind="stable")
    start = np.concatenate(([0], np.cumsum(np.bincount(column, minlength=len(system.columns)))))
    return Given(start, of[order], ends.max(axis=0)[order], -ends.min(axis=0)[order], watched)


def _effects(lines: Sparse, table: Ints, rows: Ints, steps: Floats) -> tuple[Ints, Ints, Floats]:
    """(table, line, how much the line changes), each pair once."""
    by_row = lines.transposed
    entry, sizes = by_row.taken(rows), by_row.sizes()[rows]
    pair = np.repeat(table, sizes) * max(len(lines), 1) + by_row.index[entry]
    pairs, place = np.unique(pair, return_inverse=True)
    parts = np.repeat(steps, sizes) * by_row.weight[entry]
    effects = np.bincount(place.reshape(-1), weights=parts, minlength=len(pairs)).astype(np.float64)
    return pairs // max(len(lines), 1), pairs % max(len(lines), 1), effects


def _greatest(place: Ints, values: Floats, size: int) -> Floats:
    found = np.zeros(size)
    np.maximum.at(found, place, values)
    return found


def _stretch(
    least: Floats, most: Floats, table: Ints, change: Floats, low: Floats, high: Floats | None
) -> None:
    """Narrow least <= t <= most so that low <= t * change <= high; low <= 0 <= high."""
    ends: list[tuple[NDArray[np.float64], bool]] = [(np.minimum(low, 0.0), False)]
    if high is not None:
        ends.append((np.maximum(high, 0.0), True))
    for end, upper in ends:
        for sign in (1, -1):
            at = np.flatnonzero(sign * change > 0)
            # t is bounded from above where the change goes towards the end, from below where it goes away.
            if (sign > 0) == upper:
                np.minimum.at(most, table[at], end[at] / change[at])
            else:
                np.maximum.at(least, table[at], end[at] / change[at])


def _ratios(
    values: Floats, shown: Printed, effects: tuple[Ints, Ints, Floats], least: Floats, most: Floats
) -> None:
    """Narrow the stretch to what the printed ratios allow."""
    of, column, effect = effects
    for ratio in shown.ratios:
        parts = []
        for one in (ratio.numerator, ratio.denominator):
            change = np.zeros(len(least))
            change[of[column == one]] = effect[column == one]
            parts.append((change, float(values[one])))
        for end, sign in ((ratio.value + ratio.half, 1.0), (ratio.value - ratio.half, -1.0)):
            change = sign * (ratio.factor * parts[0][0] - end * parts[1][0])
            slack = max(0.0, -sign * (ratio.factor * parts[0][1] - end * parts[1][1]))
            far = np.full(len(change), -np.inf)
            _stretch(least, most, np.arange(len(change)), change, far, np.full(len(change), slack))
