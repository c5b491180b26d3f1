"""From what results are worked out from to linear systems: each additive ask is a column.

Sums that are never printed by themselves, such as those behind a growth rate, are columns too: a figure
inherits what its operands hide, so they are protected as if they were printed. Sums of different things
(numbers of firms, employment in 1998) share no row: each has a system of its own. Where they are tied, by
the same firms in two views or as a sum and its parts, they are one system with the equations between them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from firmtrade.describe.asks import Ask
from firmtrade.describe.finest import Sums
from firmtrade.describe.scan import KEYS
from firmtrade.protect.evidence import Contributions, Evidence, evidence_of, numbered
from firmtrade.protect.system import NOTHING, Flags, Floats, Ints, System, build


@dataclass(frozen=True)
class Part:
    """One system with its exact row values and the evidence of its columns; the keys are asks.

    `counts`: the values are numbers of firms; otherwise they are whole numbers of 10 ** -decimals units.
    `keys`, if asked for, is the key of each column's group of firms: equal groups have equal keys.
    """

    aggregate: str
    system: System
    rows: Ints
    evidence: Evidence
    counts: bool
    decimals: int
    keys: Ints | None = None

    @property
    def values(self) -> Ints:
        """The exact value of each column."""
        return self.system.columns.times(self.rows)

    @property
    def whole(self) -> Flags:
        """Columns of which an attacker knows that they are whole numbers."""
        return np.full(len(self.system.columns), self.counts, dtype=bool)

    def in_units(self, values: Floats | Ints) -> Floats:
        """Column values in the units that are printed."""
        return np.asarray(values, dtype=np.float64) / 10.0**self.decimals

    def column(self, ask: Ask) -> int:
        """The column of an ask; NOTHING if no firm is in it."""
        return self.system.places[ask]


def parts_of(sums: Sequence[Sums]) -> list[Part]:
    """The systems of a release: sums that are tied together are one."""
    return [_part([sums[number] for number in group]) for group in _tied(sums)]


def _tied(sums: Sequence[Sums]) -> list[list[int]]:
    """Places of sums that share firms: the same aggregate in several views, a sum and its parts."""
    group = list(range(len(sums)))
    for one, first in enumerate(sums):
        for other, second in enumerate(sums):
            same = first.window == second.window and first.aggregate == second.aggregate
            if same or (first.view == second.view and second.aggregate in first.parts):
                joined, gone = group[one], group[other]
                group = [joined if each == gone else each for each in group]
    return [[n for n, each in enumerate(group) if each == number] for number in sorted(set(group))]


def _part(tied: Sequence[Sums]) -> Part:
    """One system: the rows of tied sums behind each other, with the equations between them."""
    decimals = max(sums.decimals for sums in tied)
    starts = np.cumsum([0, *(len(sums.values) for sums in tied)]).tolist()
    members: dict[Hashable, list[int]] = {}
    signed: list[bool] = []
    for sums, start in zip(tied, starts, strict=False):
        members |= {ask: (rows + start).tolist() for ask, rows in zip(sums.asks, sums.members, strict=True)}
        signed += [bool(sums.below.any() or (sums.values < 0).any())] * len(sums.values)
    relations = [*_between_views(tied, starts), *_of_parts(tied, starts)]
    system = build(members, starts[-1], relations, signed)
    values = [sums.values * 10 ** (decimals - sums.decimals) for sums in tied]
    name = "; ".join(dict.fromkeys(f"{sums.view}: {sums.aggregate}" for sums in tied))
    evidence = evidence_over(system, tied, starts, decimals)
    rows, keys = system.fold(np.concatenate(values)), _keys(system, tied)
    return Part(name, system, rows, evidence, tied[0].counts, decimals, keys)


def _keys(system: System, tied: Sequence[Sums]) -> Ints | None:
    """The key of each column's firms: the sum of their keys, which is that of its classes."""
    keys = [sums.keys for sums in tied if sums.keys is not None]
    return _of_columns(system, np.concatenate(keys)) % KEYS if len(keys) == len(tied) else None


def _between_views(tied: Sequence[Sums], starts: Sequence[int]) -> Iterator[dict[int, int]]:
    """A sample has the same firms in all views of a year: their totals are equal."""
    seen: dict[tuple[str, tuple[str, str]], tuple[int, Ints]] = {}
    for sums, start in zip(tied, starts, strict=False):
        for total, rows in sorted(sums.totals.items()):
            key = (sums.aggregate, total)
            if key in seen:
                before, others = seen[key]
                yield {
                    **{int(row) + before: 1 for row in others},
                    **{int(row) + start: -1 for row in rows},
                }
            else:
                seen[key] = (start, rows)


def _of_parts(tied: Sequence[Sums], starts: Sequence[int]) -> Iterator[dict[int, int]]:
    """In each class a sum is that of its parts, unless a part is unknown of some firm."""
    place = {(sums.view, sums.aggregate): n for n, sums in enumerate(tied)}
    for number, sums in enumerate(tied):
        others = [place.get((sums.view, name)) for name in sums.parts]
        known = [other for other in others if other is not None]
        if not others or len(known) < len(others):
            continue
        digits = max(tied[n].decimals for n in (number, *known))
        scaled = [tied[n].values * 10 ** (digits - tied[n].decimals) for n in known]
        equal = sums.values * 10 ** (digits - sums.decimals) == np.sum(scaled, axis=0)
        for row in np.flatnonzero(equal).tolist():
            yield {starts[number] + row: 1, **{starts[n] + row: -1 for n in known}}


def evidence_over(system: System, tied: Sequence[Sums], starts: Sequence[int], decimals: int) -> Evidence:
    """The evidence of columns, where of owners of one firm only the largest of each cell are named.

    Each of these owners is in one finest cell only, so the largest of a column are among the largest of
    its cells; numbers and totals are those of the cells added up. Owners of several firms are all named.
    """
    factor = [10 ** (decimals - sums.decimals) for sums in tied]
    rows = np.concatenate([sums.owned[0] + start for sums, start in zip(tied, starts, strict=False)])
    values = np.concatenate([sums.owned[2] * times for sums, times in zip(tied, factor, strict=True)])
    numbers = numbered(owner for sums in tied for owner in sums.owned[1])
    several = np.concatenate([sums.several for sums in tied])
    sizes = np.concatenate([sums.sizes * times for sums, times in zip(tied, factor, strict=True)])
    asking = {owner for sums in tied for owner in sums.asking}
    owners = [owner for sums in tied for owner in sums.owned[1]]
    requests = {int(number) for owner, number in zip(owners, numbers, strict=True) if owner in asking}
    named = evidence_of(system, Contributions(rows, numbers, values))
    groups = evidence_of(system, Contributions(rows[several], numbers[several], values[several]), 3, requests)
    asked = np.concatenate(
        [np.where(s.asked < 0, -1, s.asked * t) for s, t in zip(tied, factor, strict=True)]
    )
    # A holding with a gain in one group of firms and a loss in another counts with the difference.
    netted = groups.total - _added(system, rows[several], np.abs(values[several]))
    return replace(
        named,
        units=_of_columns(system, np.concatenate([sums.units for sums in tied])) + groups.units,
        total=_of_columns(system, sizes) + netted,
        negative=_of_columns(system, np.concatenate([sums.below for sums in tied])) + groups.negative,
        asked=np.maximum(groups.asked, _largest(system, asked)),
    )


def _largest(system: System, values: Ints) -> Ints:
    """The largest value of the rows of each column."""
    folded = np.full(system.rows, -1, dtype=np.int64)
    used = system.row_of != NOTHING
    np.maximum.at(folded, system.row_of[used], values[used])
    found = np.full(len(system.columns), -1, dtype=np.int64)
    np.maximum.at(found, system.columns.lines, folded[system.columns.index])
    return found


def _of_columns(system: System, values: Ints) -> Ints:
    return system.columns.times(system.fold(values))


def _added(system: System, rows: Ints, values: Ints) -> Ints:
    folded = np.zeros(system.rows, dtype=np.int64)
    place = system.row_of[rows]
    used = place != NOTHING
    np.add.at(folded, place[used], values[used])
    return system.columns.times(folded)
