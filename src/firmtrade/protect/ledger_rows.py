"""Firms of several publications side by side: the groups that no figure of any of them tells apart.

A row of the joint system is what such a group adds to an aggregate, in one publication. Where the value of
every firm of the group is the same in two publications, their rows are one. Where it was revised by little
they are two rows that move together: who knows one is taken to know the other. Where it was revised by
much they are unknowns of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from firmtrade.errors import EngineError
from firmtrade.protect.ledger_model import Amounts, Figure, Hashes, View
from firmtrade.protect.system import Flags, Ints

#: A value that was revised by less than this share says what the other one is, as the rule of ten per cent.
NEAR = 0.1
ABSENT, NEW = 0, 1  # how a value is linked to earlier ones; 2 + 2 j: equal to that of source j, 3 + 2 j: near
Table = NDArray[np.int64]


@dataclass(frozen=True)
class Source:
    """One view of one publication."""

    run: str
    view: View


@dataclass(frozen=True)
class Side:
    """What one source adds to the rows of one aggregate.

    Of each firm that is known: its group, value, owner and year. Of each group: its class in this source, the
    number of its `own` row (from `start`; -1: none), the `row` that stands for it (an equal one of an earlier
    source) and the `base`, the first row that it moves with.
    """

    source: Source
    aggregate: str
    amounts: Amounts
    group: Ints
    value: Ints
    owner: Hashes
    year: Ints
    asked: Flags
    classes: Ints
    start: int
    own: Ints
    row: Ints
    base: Ints

    @property
    def size(self) -> int:
        """The number of its own rows."""
        return int((self.own >= 0).sum())

    @property
    def at(self) -> Ints:
        """The own row of each firm, counted from `start`."""
        return self.own[self.group] - self.start

    def inside(self, figure: Figure) -> Flags:
        """The groups that a figure is over."""
        most = max(int(self.classes.max(initial=-1)), int(figure.members.max(initial=-1)))
        flags = np.zeros(most + 2, dtype=bool)  # the last one stands for firms that are in no class: -1
        flags[figure.members] = True
        return np.asarray(flags[self.classes] & (self.own >= 0), dtype=bool)


@dataclass(frozen=True)
class Rows:
    """All rows of tied aggregates: `sides` by source and aggregate, the rows' number, which move together."""

    sides: tuple[Side, ...]
    number: int
    together: tuple[tuple[int, int], ...]
    decimals: int


def tied(sources: Sequence[Source]) -> list[list[str]]:
    """Aggregates that are sums and their parts, in groups."""
    names = sorted({name for source in sources for name in source.view.amounts})
    group = {name: name for name in names}
    for source in sources:
        for name, amounts in sorted(source.view.amounts.items()):
            for part in amounts.parts:
                if part in source.view.amounts:
                    gone = group[part]
                    group = {k: group[name] if v == gone else v for k, v in group.items()}
    return [[name for name in names if group[name] == first] for first in sorted(set(group.values()))]


def rows_of(sources: Sequence[Source], aggregates: Sequence[str]) -> Rows:
    """The rows of these aggregates over all firms of these sources of one window."""
    used = [source for source in sources if any(name in source.view.amounts for name in aggregates)]
    place, size = _places([source.view for source in used])
    parts = [(n, name) for name in aggregates for n in range(len(used)) if name in used[n].view.amounts]
    amounts = {(n, name): used[n].view.amounts[name] for n, name in parts}
    decimals = max(one.decimals for one in amounts.values())
    values: dict[tuple[int, str], Ints] = {}
    links: dict[tuple[int, str], Ints] = {}
    for name in aggregates:
        here = [n for n, other in parts if other == name]
        table = {n: _spread(amounts[n, name], place[n], size, decimals) for n in here}
        found = _links(table, here, size)
        values |= {(n, name): table[n][0] for n in here}
        links |= {(n, name): found[n] for n in here}
    classes = np.full((size, len(used)), -1, dtype=np.int64)
    for n, source in enumerate(used):
        classes[place[n], n] = source.view.classes
    told = np.column_stack([classes, *(links[part] for part in parts)])
    _, first, group = np.unique(told, axis=0, return_index=True, return_inverse=True)
    return _numbered(used, parts, amounts, values, links, classes, place, first, group.reshape(-1), decimals)


def _places(views: Sequence[View]) -> tuple[list[Ints], int]:
    """Where each row of each view is among all firms (and years)."""
    units = [view.units() for view in views]
    everybody, numbers = np.unique(np.concatenate(units), return_inverse=True)
    ends = np.cumsum([0, *(len(part) for part in units)])
    return [numbers[a:b] for a, b in pairwise(ends.tolist())], len(everybody)


def _spread(amounts: Amounts, place: Ints, size: int, decimals: int) -> tuple[Ints, Flags]:
    values, known = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=bool)
    scale = 10 ** (decimals - amounts.decimals)
    if np.abs(amounts.values.astype(np.float64)).sum() * scale >= 2**62:
        raise EngineError(
            "A total has more digits than disclosure control can keep exactly. Give amounts in thousands, in "
            "all runs of the ledger: units = { turnover = 1000 } in [panel], or fewer decimals."
        )
    values[place] = amounts.values * scale
    known[place] = amounts.known
    return values, known


def _links(table: Mapping[int, tuple[Ints, Flags]], here: Sequence[int], size: int) -> dict[int, Ints]:
    """How each value is linked to those of earlier sources."""
    found = {}
    for number, n in enumerate(here):
        values, known = table[n]
        link = np.where(known, NEW, ABSENT)
        for equal in (True, False):
            for j in here[:number]:
                before, there = table[j]
                same = before == values if equal else _near(before, values)
                link[(link == NEW) & known & there & same] = (2 if equal else 3) + 2 * j
        found[n] = link.astype(np.int64)
    return found


def _near(one: Ints, other: Ints) -> Flags:
    most = np.maximum(np.abs(one), np.abs(other)).astype(np.float64)
    return np.asarray(np.abs((one - other).astype(np.float64)) < NEAR * most, dtype=bool)


def _numbered(
    used: Sequence[Source],
    parts: Sequence[tuple[int, str]],
    amounts: Mapping[tuple[int, str], Amounts],
    values: Mapping[tuple[int, str], Ints],
    links: Mapping[tuple[int, str], Ints],
    classes: Table,
    place: Sequence[Ints],
    first: Ints,
    group: Ints,
    decimals: int,
) -> Rows:
    """Give each group a row in each source and aggregate, and say which of them are one or move together."""
    number = 0
    together: list[tuple[int, int]] = []
    done: dict[tuple[int, str], Side] = {}
    for n, name in parts:
        link = links[n, name][first]
        own = np.full(len(first), -1, dtype=np.int64)
        own[link != ABSENT] = number + np.arange(int((link != ABSENT).sum()))
        start, number = number, number + int((link != ABSENT).sum())
        row, base = own.copy(), own.copy()
        for code in np.unique(link[link > NEW]).tolist():
            where, before = link == code, done[(code - 2) // 2, name]
            base[where] = before.base[where]
            if code % 2 == 0:
                row[where] = before.row[where]
            else:
                together += list(zip(own[where].tolist(), before.row[where].tolist(), strict=True))
        view, known = used[n].view, amounts[n, name].known
        at = place[n][known]
        done[n, name] = Side(
            used[n], name, amounts[n, name], group[at], values[n, name][at], view.owners[known],
            view.years[known], view.asked[known], classes[first, n], start, own, row, base,
        )  # fmt: skip
    return Rows(tuple(done.values()), number, tuple(together), decimals)
