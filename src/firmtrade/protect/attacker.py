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
from firmtrade.protect.system import Flags, Floats, Ints, Sparse, System

FAR = 1e7  # beyond this many typical figures an attacker knows nothing
NEAR = 1e-6  # relative tolerance of what a program shows
SLACK = 1e-7  # by which the solver lets bounds be broken


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

    `guarded` are columns whose movement can be forbidden: what an insider knows. `targets` are columns of
    which a move can be asked for. With `within` only these rows may differ from the centre: what is
    possible then is possible, and found sooner, but what is not may be possible all the same.
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
        room: tuple[Floats, Floats] | None = None,
    ) -> None:
        self.system = system
        self.values = system.columns.times(centre)
        self.scale = _scale(self.values[shown.hidden])
        self.room = _row_bounds(system, shown, centre, self.scale) if room is None else room
        free = _free_rows(system, shown)
        self.free = free if within is None else np.intersect1d(free, within)
        self._place = np.full(system.rows, -1, dtype=np.int64)
        self._place[self.free] = np.arange(len(self.free))
        columns, parts = system.columns.inside(self.free)
        if within is not None:
            guarded, targets = np.intersect1d(guarded, columns), np.intersect1d(targets, columns)
        self.guarded, self.targets = guarded, targets
        known, low, high = self._known(shown, columns, parts)
        handles = self._handles(np.union1d(guarded, targets), columns, parts, len(low))
        start, index, weight = stacked([*known, *handles])
        extra = np.full(len(handles), INFINITY)
        self._low, self._high = (ends[self.free] for ends in self.room)
        ends = np.concatenate((low, -extra)), np.concatenate((high, extra))
        shape = Shape(len(self.free), start, index, weight, *ends)
        self._program = Program(shape, self._low, self._high, seconds)
        self.programs = 0

    def reach(self, column: int, sign: int, forbidden: Flags | None = None) -> Floats:
        """The moves of all rows that take a column as far as it goes up (+1) or down (-1).

        `forbidden` are the guarded columns that must stay where they are.
        """
        places, weights = self._local(column)
        cost = np.zeros(len(self._low))
        cost[places] = -sign * weights
        moves = self._solved(
            cost, np.zeros(0, dtype=np.int64) if forbidden is None else self.guarded[forbidden]
        )
        if moves is None:
            raise DisclosureError(
                "The attacker's program has no solution, though the true table is one: what is printed "
                "contradicts itself or the structure it was given. Nothing is released."
            )
        return moves

    def shifted(self, column: int, move: float, forbidden: Ints) -> Floats | None:
        """Moves of all rows that change a column by `move` and `forbidden` ones not; None if impossible."""
        if column in forbidden:
            return None
        return self._solved(np.zeros(len(self._low)), forbidden, column, move / self.scale)

    def forget(self) -> None:
        """Start the next program from nothing, so that its answer does not depend on those before."""
        self._program.forget()

    def _solved(
        self, cost: Floats, forbidden: Ints, column: int | None = None, move: float = 0.0
    ) -> Floats | None:
        """Moves at the least cost that leave `forbidden` columns alone and move `column` as is asked."""
        low, high = self._low.copy(), self._high.copy()
        still, lines = self._variable[forbidden], self._line[forbidden]
        low[still[still >= 0]] = high[still[still >= 0]] = 0.0
        lines = lines[lines >= 0]
        limits = np.zeros(len(lines))
        if column is not None and self._variable[column] < 0:
            lines, limits = np.append(lines, self._line[column]), np.append(limits, move)
        elif column is not None:
            place = self._variable[column]
            moved = move / float(self._local(column)[1][0])
            if not low[place] - SLACK <= moved <= high[place] + SLACK:
                return None
            low[place] = high[place] = moved
        self._program.limits(lines, limits, limits)
        self._program.bound(low, high)
        self._program.price(cost)
        self.programs += 1
        try:
            found = self._program.solve()
        finally:
            free = np.full(len(lines), INFINITY)
            self._program.limits(lines, -free, free)
        if found is None:
            return None
        moves = np.zeros(self.system.rows)
        moves[self.free] = found * self.scale
        return moves

    def _handles(self, columns: Ints, touched: Ints, parts: Sparse, first: int) -> list[tuple[Ints, Floats]]:
        """What holds or moves these columns: the variable, for one of a single row; else a line of its own.

        Lines are numbered from `first`; `parts` are the free rows of the columns `touched`.
        """
        self._variable = np.full(len(self.system.columns), -1, dtype=np.int64)
        self._line = np.full(len(self.system.columns), -1, dtype=np.int64)
        lines: list[tuple[Ints, Floats]] = []
        for column, place in zip(columns.tolist(), np.searchsorted(touched, columns).tolist(), strict=True):
            there = place < len(touched) and touched[place] == column
            index, weight = parts.line(place) if there else (columns[:0], columns[:0])
            if len(index) == 1:
                self._variable[column] = index[0]
            else:
                self._line[column] = first + len(lines)
                lines.append((index, weight.astype(np.float64)))
        return lines

    def _local(self, column: int) -> tuple[Ints, Floats]:
        """A column's free rows, by their place in the program."""
        index, weight = self.system.columns.line(column)
        inside = self._place[index] >= 0
        return self._place[index[inside]], weight[inside].astype(np.float64)

    def _known(
        self, shown: Printed, columns: Ints, parts: Sparse
    ) -> tuple[list[tuple[Ints, Floats]], Floats, Floats]:
        """Visible figures, relations and ratios, in terms of moves of the free rows."""
        visible = np.flatnonzero(~np.isinf(shown.low[columns]))
        leader = parts.leaders()[visible]
        least = (shown.low - self.values)[columns[visible]] / self.scale
        most = (shown.high - self.values)[columns[visible]] / self.scale
        # Figures with the same free rows are one equation: the closest of what is printed of them counts.
        low, high = np.full(len(parts), -INFINITY), np.full(len(parts), INFINITY)
        np.maximum.at(low, leader, np.minimum(least, 0.0))
        np.minimum.at(high, leader, np.maximum(most, 0.0))
        kept = np.unique(leader)
        _, relations = self.system.relations.inside(self.free)
        lines = [
            (index, weight.astype(np.float64))
            for index, weight in (
                *map(parts.line, kept.tolist()),
                *map(relations.line, range(len(relations))),
            )
        ]
        slacks = []
        for ratio in shown.ratios:
            for end, sign in ((ratio.value + ratio.half, 1.0), (ratio.value - ratio.half, -1.0)):
                used, sizes, slack = self._ratio(ratio, end, sign)
                lines.append((used, sizes))
                slacks.append(max(slack, 0.0))
        equal, below = np.zeros(len(relations)), np.full(len(slacks), -INFINITY)
        low = np.concatenate((low[kept], equal, below))
        return lines, low, np.concatenate((high[kept], equal, np.array(slacks)))

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
    alone = np.flatnonzero(exact & (system.columns.sizes() == 1))
    fixed[system.columns.index[system.columns.start[alone]]] = True
    return np.flatnonzero(~fixed)


def _row_bounds(system: System, shown: Printed, centre: Floats, scale: float) -> tuple[Floats, Floats]:
    """Moves that a row can make by itself: not below zero, not above a visible figure that it is part of."""
    least = np.where(system.signed, -FAR, -np.maximum(centre, 0.0) / scale)
    most = np.full(system.rows, FAR)
    columns = system.columns
    mixed = (columns.weight < 0) | system.signed[columns.index]
    plain = (np.bincount(columns.lines[mixed], minlength=len(columns)) == 0) & ~np.isinf(shown.high)
    entry = plain[columns.lines]
    rows = columns.index[entry]
    np.minimum.at(most, rows, (shown.high[columns.lines[entry]] - centre[rows]) / scale)
    return least, np.maximum(most, 0.0)
