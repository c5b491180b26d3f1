"""What somebody can work out who has the release and a solver: one linear program over all its figures.

Separate from the suppressor on purpose: it shares only the description of the release (`System`), so a
mistake of one is not a mistake of the other. Unknowns are how far each row is from a table that fits
all that is printed; figures are bounded by maximising and minimising them over all tables that fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from firmtrade.errors import DisclosureError
from firmtrade.protect.program import INFINITY, Program, Shape, stacked
from firmtrade.protect.system import Flags, Floats, Ints, System

FAR = 1e7  # beyond this many typical figures an attacker knows nothing


@dataclass(frozen=True)
class Ratio:
    """factor x numerator / denominator is printed as `value`, give or take `half` (half a unit of it).

    Columns may be hidden or visible: a share in per cent has factor 100; growth from b to a has
    numerator a, denominator b and value 1 + rate.
    """

    numerator: int
    denominator: int
    factor: float
    value: float
    half: float


@dataclass(frozen=True)
class Printed:
    """What is printed: each column lies between `low` and `high`; a hidden one between -inf and inf."""

    low: Floats
    high: Floats
    ratios: tuple[Ratio, ...] = ()

    @property
    def hidden(self) -> Ints:
        """The columns of which nothing is printed."""
        return np.flatnonzero(np.isinf(self.low) & np.isinf(self.high))


def printed(
    values: Floats, hidden: Ints, half: Floats | float = 0.0, ratios: Sequence[Ratio] = ()
) -> Printed:
    """What is printed of `values` (per column) when `hidden` are not, rounded to +- `half`."""
    unit = np.broadcast_to(np.asarray(half, dtype=np.float64) * 2, values.shape)
    safe = np.where(unit > 0, unit, 1.0)
    shown = np.where(unit > 0, np.round(values / safe) * safe, values)
    low, high = shown - unit / 2, shown + unit / 2
    low[hidden], high[hidden] = -INFINITY, INFINITY
    return Printed(low, high, tuple(ratios))


class Attacker:
    """The program. `centre` are row values of a table that fits; bounds of figures are moves from it.

    `guarded` are columns whose movement can be forbidden or priced: what an insider knows. With `within`
    only these rows may differ from the centre: what is possible then is possible, and found sooner, but
    what is not may be possible all the same.
    """

    def __init__(
        self,
        system: System,
        shown: Printed,
        centre: Floats,
        guarded: Ints,
        targets: Ints,
        seconds: float | None = None,
        within: Ints | None = None,
    ) -> None:
        self.system = system
        self.all_guarded = guarded
        self.values = system.columns.times(centre)
        self.scale = _scale(self.values[shown.hidden])
        free = _free_rows(system, shown)
        if within is not None:
            free = np.intersect1d(free, within)
            touched = np.zeros(len(system.columns), dtype=bool)
            touched[np.concatenate([system.columns.transposed.line(row)[0] for row in free.tolist()])] = True
            guarded, targets = guarded[touched[guarded]], targets[touched[targets]]
        self.guarded, self.targets = guarded, targets
        self._place = np.full(system.rows, -1, dtype=np.int64)
        self._place[free] = np.arange(len(free))
        self.free = free
        lines, low, high = self._lines(shown)
        self._guards = len(lines)
        size, extra = len(free), len(guarded)
        for number, column in enumerate(guarded.tolist()):
            places, weights = self._local(column)
            parts = np.array([size + number, size + extra + number], dtype=np.int64)
            lines.append((np.concatenate((places, parts)), np.concatenate((weights, [-1.0, 1.0]))))
        self._aims = len(lines)
        self._aim_of = {column: self._aims + number for number, column in enumerate(targets.tolist())}
        lines += [self._local(column) for column in targets.tolist()]
        low = np.concatenate((low, np.zeros(extra), np.full(len(targets), -INFINITY)))
        high = np.concatenate((high, np.zeros(extra), np.full(len(targets), INFINITY)))
        start, index, weight = stacked(list(lines))
        least, most = _row_bounds(system, shown, centre, self.scale)
        self._low = np.concatenate((least[free], np.zeros(2 * extra)))
        self._high = np.concatenate((most[free], np.full(2 * extra, INFINITY)))
        shape = Shape(size + 2 * extra, start, index, weight, low, high)
        self._program = Program(shape, self._low, self._high, seconds)
        self.programs = 0

    def reach(self, column: int, sign: int, forbidden: Flags | None = None) -> Floats:
        """The moves of all rows that take a column as far as it goes up (+1) or down (-1)."""
        places, weights = self._local(column)
        cost = np.zeros(len(self._low))
        cost[places] = -sign * weights
        moves = self._solved(cost, forbidden)
        if moves is None:
            raise DisclosureError(
                "The attacker's program has no solution, though the true table is one: what is printed "
                "contradicts itself or the structure it was given. Nothing is released."
            )
        return moves

    def quiet(
        self, column: int, move: float, prices: Floats, forbidden: Flags | None = None
    ) -> Floats | None:
        """Moves that change a column by `move` and guarded ones as little as can be; None if impossible."""
        aim = self._aim_of[column]
        scaled = move / self.scale
        cost = np.concatenate((np.zeros(len(self.free)), prices, prices))
        self._program.limit(aim, scaled, scaled)
        try:
            return self._solved(cost, forbidden)
        finally:
            self._program.limit(aim, -INFINITY, INFINITY)

    def _solved(self, cost: Floats, forbidden: Flags | None) -> Floats | None:
        low, high = self._low, self._high
        if forbidden is not None:
            high = high.copy()
            high[len(self.free) :][np.concatenate((forbidden, forbidden))] = 0.0
        self._program.bound(low, high)
        self._program.price(cost)
        self.programs += 1
        found = self._program.solve()
        if found is None:
            return None
        moves = np.zeros(self.system.rows)
        moves[self.free] = found[: len(self.free)] * self.scale
        return moves

    def _local(self, column: int) -> tuple[Ints, Floats]:
        """A column's free rows, by their place in the program."""
        index, weight = self.system.columns.line(column)
        inside = self._place[index] >= 0
        return self._place[index[inside]], weight[inside].astype(np.float64)

    def _lines(self, shown: Printed) -> tuple[list[tuple[Ints, Floats]], Floats, Floats]:
        """Visible figures, relations and ratios, in terms of moves of the free rows."""
        lines: list[tuple[Ints, Floats]] = []
        low: list[float] = []
        high: list[float] = []
        seen: set[bytes] = set()
        for column in np.flatnonzero(~np.isinf(shown.low)).tolist():
            line = self._local(column)
            least = float(shown.low[column] - self.values[column]) / self.scale
            most = float(shown.high[column] - self.values[column]) / self.scale
            mark = line[0].tobytes() + line[1].tobytes() + np.array([least, most]).tobytes()
            if len(line[0]) and mark not in seen:
                seen.add(mark)
                lines.append(line)
                low.append(min(least, 0.0))
                high.append(max(most, 0.0))
        for number in range(len(self.system.relations)):
            index, weight = self.system.relations.line(number)
            inside = self._place[index] >= 0
            if inside.any():
                lines.append((self._place[index[inside]], weight[inside].astype(np.float64)))
                low.append(0.0)
                high.append(0.0)
        for ratio in shown.ratios:
            for end, sign in ((ratio.value + ratio.half, 1.0), (ratio.value - ratio.half, -1.0)):
                used, sizes, slack = self._ratio(ratio, end, sign)
                lines.append((used, sizes))
                low.append(-INFINITY)
                high.append(max(slack, 0.0))
        return lines, np.array(low), np.array(high)

    def _ratio(self, ratio: Ratio, end: float, sign: float) -> tuple[Ints, Floats, float]:
        """sign * (factor * numerator - end * denominator) <= 0, scaled to weights of about one."""
        size = max(abs(ratio.factor), abs(end), 1e-12)
        whole = np.zeros(len(self.free))
        slack = 0.0
        for column, weight in ((ratio.numerator, ratio.factor), (ratio.denominator, -end)):
            places, weights = self._local(column)
            np.add.at(whole, places, sign * weight / size * weights)
            slack -= sign * weight / size * float(self.values[column])
        used = np.flatnonzero(whole)
        return used, whole[used], slack / self.scale


def fitting(system: System, shown: Printed, seconds: float | None = None) -> Floats:
    """Row values of one table that fits what is printed, for who does not know the true one."""
    known = np.flatnonzero(~np.isinf(shown.low))
    scale = _scale(np.abs(shown.low[known] + shown.high[known]) / 2)
    lines = [system.columns.line(column) for column in known.tolist()]
    lines += [system.relations.line(number) for number in range(len(system.relations))]
    zeros = np.zeros(len(system.relations))
    start, index, weight = stacked(list(lines))
    low = np.concatenate((shown.low[known] / scale, zeros))
    high = np.concatenate((shown.high[known] / scale, zeros))
    shape = Shape(system.rows, start, index, weight, low, high)
    least = np.where(system.signed, -FAR, 0.0)
    found = Program(shape, least, np.full(system.rows, FAR), seconds).solve()
    if found is None:
        raise DisclosureError(
            "No table fits what is printed: the figures contradict each other or the structure that was "
            "given. Say how the codes add up in a structure file, or how many decimals are printed."
        )
    return found * scale


def _scale(values: Floats) -> float:
    positive = np.abs(values[np.abs(values) > 0])
    return float(np.median(positive)) if len(positive) else 1.0


def _free_rows(system: System, shown: Printed) -> Ints:
    """Rows that are not printed by themselves to the last digit."""
    fixed = np.zeros(system.rows, dtype=bool)
    exact = shown.low == shown.high
    for column in np.flatnonzero(exact & (system.columns.sizes() == 1)).tolist():
        fixed[system.columns.line(column)[0]] = True
    return np.flatnonzero(~fixed)


def _row_bounds(system: System, shown: Printed, centre: Floats, scale: float) -> tuple[Floats, Floats]:
    """Moves that a row can make by itself: not below zero, not above a visible figure that it is part of."""
    least = np.where(system.signed, -FAR, -np.maximum(centre, 0.0) / scale)
    most = np.full(system.rows, FAR)
    for column in np.flatnonzero(~np.isinf(shown.high)).tolist():
        rows, weights = system.columns.line(column)
        if (weights > 0).all() and not system.signed[rows].any():
            most[rows] = np.minimum(most[rows], (shown.high[column] - centre[rows]) / scale)
    return least, np.maximum(most, 0.0)
