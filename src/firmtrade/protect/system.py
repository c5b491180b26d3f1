"""All published cells of a release as one sparse matrix: what can be inferred from what.

A row is an inner variable: one finest cell of one additive aggregate (the number of firms, exports to
the EU). A column is a published figure: a sum of rows. Cells with the same rows are one column, whatever
tables they stand in, so that links between tables, hierarchies, margins, groupings that are not nested
and linked measures (imports = EU + non-EU) need no code of their own. A relation is a sum of rows with
signs that is known to be zero; it is how a release enters whose inner cells nobody gives us.

Rows that no figure tells apart are one row. The numbering of rows and columns follows from the keys
alone, so the order in which rows arrive changes nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
#: A column as its caller writes it: row -> weight, or just the rows, each with weight 1.
Members = Mapping[int, int] | Sequence[int]

NOTHING = -1  # a published key without rows: a cell that is empty and known to be


@dataclass(frozen=True)
class Sparse:
    """Lines of a sparse integer matrix: line k has `weight` at `index`, from start[k] to start[k + 1]."""

    start: Ints
    index: Ints
    weight: Ints
    width: int

    def __len__(self) -> int:
        return len(self.start) - 1

    @cached_property
    def lines(self) -> Ints:
        """The line of each entry."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.start))

    def line(self, number: int) -> tuple[Ints, Ints]:
        """The places and weights of one line."""
        part = slice(self.start[number], self.start[number + 1])
        return self.index[part], self.weight[part]

    def sizes(self) -> Ints:
        """How many entries each line has."""
        return np.asarray(np.diff(self.start), dtype=np.int64)

    def times(self, values: NDArray[Any]) -> NDArray[Any]:
        """The sum of each line over `values` (integers stay exact)."""
        total = np.zeros(len(self), dtype=values.dtype)
        np.add.at(total, self.lines, self.weight.astype(values.dtype) * values[self.index])
        return total

    def taken(self, lines: Ints) -> Ints:
        """The places of the entries of these lines, one line after the other."""
        sizes = self.start[lines + 1] - self.start[lines]
        first = np.cumsum(sizes) - sizes
        return np.asarray(np.repeat(self.start[lines] - first, sizes) + np.arange(sizes.sum()))

    def inside(self, places: Ints) -> tuple[Ints, Sparse]:
        """The lines that have some of `places` (ascending), and what they have of them, counted from 0."""
        entry = self.transposed.taken(places)
        line = self.transposed.index[entry]
        place = np.repeat(np.arange(len(places)), self.transposed.sizes()[places])
        order = np.argsort(line, kind="stable")
        first = np.flatnonzero(np.diff(line[order], prepend=-1))
        start = np.append(first, len(line)).astype(np.int64)
        weight = self.transposed.weight[entry[order]]
        return line[order][first], Sparse(start, place[order], weight, len(places))

    def leaders(self) -> Ints:
        """For each line the first that has the same weights at the same places, in the same order."""
        sizes = self.sizes()
        marks = np.random.default_rng(self.width).integers(1, 2**63, size=self.width, dtype=np.uint64)
        sums = np.zeros(len(self), dtype=np.uint64)
        np.add.at(sums, self.lines, marks[self.index] * self.weight.astype(np.uint64))
        _, first, group = np.unique(sums, return_index=True, return_inverse=True)
        found = first[group.reshape(-1)]
        # Equal sums of marks are as good as proof; that the lines are equal is looked up all the same.
        there = self.start[found][self.lines] + np.arange(len(self.index)) - self.start[self.lines]
        there = np.minimum(there, len(self.index) - 1)
        other = (self.index[there] != self.index) | (self.weight[there] != self.weight)
        wrong = (np.bincount(self.lines[other], minlength=len(self)) > 0) | (sizes[found] != sizes)
        return np.asarray(np.where(wrong, np.arange(len(self)), found), dtype=np.int64)

    @cached_property
    def transposed(self) -> Sparse:
        """The same matrix with places as lines."""
        order = np.argsort(self.index, kind="stable")
        start = np.zeros(self.width + 1, dtype=np.int64)
        np.cumsum(np.bincount(self.index, minlength=self.width), out=start[1:])
        return Sparse(start, self.lines[order], self.weight[order], len(self))


def sparse(lines: Sequence[Mapping[int, int]], width: int) -> Sparse:
    """A matrix from one mapping of place to weight for each line."""
    start = np.zeros(len(lines) + 1, dtype=np.int64)
    np.cumsum([len(line) for line in lines], out=start[1:])
    places = [place for line in lines for place in sorted(line)]
    weights = [line[place] for line in lines for place in sorted(line)]
    return Sparse(start, np.array(places, dtype=np.int64), np.array(weights, dtype=np.int64), width)


@dataclass(frozen=True)
class System:
    """The published figures of a release and what they are sums of.

    `columns` has one line per distinct figure, `relations` one per equation; `signed` tells which rows
    may be negative. `keys` are the published keys in order and `column_of` their columns (NOTHING for
    an empty cell); `row_of` maps the rows that the caller numbered to ours (NOTHING: in no figure).
    """

    columns: Sparse
    relations: Sparse
    signed: Flags
    keys: tuple[Hashable, ...]
    column_of: Ints
    row_of: Ints

    @property
    def rows(self) -> int:
        """Number of distinct rows."""
        return self.columns.width

    @cached_property
    def names(self) -> tuple[Hashable, ...]:
        """The first key of each column."""
        first: dict[int, Hashable] = {}
        for key, column in zip(self.keys, self.column_of.tolist(), strict=True):
            first.setdefault(column, key)
        return tuple(first[column] for column in range(len(self.columns)))

    @cached_property
    def places(self) -> Mapping[Hashable, int]:
        """The column of each key."""
        return dict(zip(self.keys, self.column_of.tolist(), strict=True))

    def fold(self, values: NDArray[Any]) -> NDArray[Any]:
        """Row values from values of the caller's rows (rows that are one are added up)."""
        total = np.zeros(self.rows, dtype=values.dtype)
        used = self.row_of != NOTHING
        np.add.at(total, self.row_of[used], values[used])
        return total

    def containing(self, column: int) -> Ints:
        """Other columns whose rows include all rows of `column`, the smallest first."""
        rows, _ = self.columns.line(column)
        by_row = self.columns.transposed
        seen = np.concatenate([by_row.line(row)[0] for row in rows.tolist()])
        found, times = np.unique(seen, return_counts=True)
        found = found[(times == len(rows)) & (found != column)]
        sizes = self.columns.sizes()[found]
        return np.asarray(found[np.lexsort((found, sizes))], dtype=np.int64)


def build(
    members: Mapping[Hashable, Members],
    rows: int,
    relations: Sequence[Mapping[int, int]] = (),
    signed: Sequence[bool] | Flags | None = None,
) -> System:
    """The system of the published figures `members`: key -> its rows (of `rows`), or rows with weights."""
    keys = sorted(members, key=_order)
    written = [_weights(members[key]) for key in keys]
    may_be_negative = np.zeros(rows, dtype=bool) if signed is None else np.asarray(signed, dtype=bool)
    row_of, chosen = _merged_rows(written, rows, relations, may_be_negative)
    lines, column_of = _distinct(written, row_of)
    return System(
        sparse(lines, len(chosen)),
        sparse([_renamed(relation, row_of) for relation in relations], len(chosen)),
        may_be_negative[chosen],
        tuple(keys),
        column_of,
        row_of,
    )


def _order(key: Hashable) -> tuple[str, ...]:
    return tuple(str(part) for part in key) if isinstance(key, tuple) else (str(key),)


def _weights(members: Members) -> dict[int, int]:
    if isinstance(members, Mapping):
        return {row: weight for row, weight in members.items() if weight}
    return {int(row): 1 for row in members}


def _merged_rows(
    written: Sequence[Mapping[int, int]], rows: int, relations: Sequence[Mapping[int, int]], signed: Flags
) -> tuple[Ints, list[int]]:
    """Number rows by what they are part of; rows that are part of the same get one number."""
    part_of: list[list[tuple[int, int]]] = [[] for _ in range(rows)]
    for number, line in enumerate((*written, *relations)):
        for row, weight in line.items():
            part_of[row].append((number, weight))
    groups: dict[tuple[bool, tuple[tuple[int, int], ...]], list[int]] = {}
    for row, parts in enumerate(part_of):
        if parts:
            groups.setdefault((bool(signed[row]), tuple(parts)), []).append(row)
    row_of = np.full(rows, NOTHING, dtype=np.int64)
    chosen = []
    for number, group in enumerate(sorted(groups, key=lambda group: (group[1], group[0]))):
        row_of[groups[group]] = number
        chosen.append(groups[group][0])
    return row_of, chosen


def _renamed(line: Mapping[int, int], row_of: Ints) -> dict[int, int]:
    return {int(row_of[row]): weight for row, weight in line.items()}


def _distinct(written: Sequence[Mapping[int, int]], row_of: Ints) -> tuple[list[dict[int, int]], Ints]:
    """One line for each distinct column, in the order of keys, and the line of each key."""
    lines: dict[tuple[tuple[int, int], ...], int] = {}
    column_of = np.full(len(written), NOTHING, dtype=np.int64)
    for number, line in enumerate(written):
        if line:
            signature = tuple(sorted(_renamed(line, row_of).items()))
            column_of[number] = lines.setdefault(signature, len(lines))
    return [dict(line) for line in lines], column_of
