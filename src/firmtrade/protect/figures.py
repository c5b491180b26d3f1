"""From what results are worked out from to linear systems: each additive ask is a column.

Sums that are never printed by themselves, such as those behind a growth rate, are columns too: a figure
inherits what its operands hide, so they are protected as if they were printed. Sums of different things
(numbers of firms, employment in 1998) share no row: each has a system of its own.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np

from firmtrade.describe.asks import Ask
from firmtrade.describe.finest import Sums
from firmtrade.protect.evidence import Contributions, Evidence, evidence_of, numbered
from firmtrade.protect.system import NOTHING, Flags, Floats, Ints, System, build


@dataclass(frozen=True)
class Part:
    """One system with its exact row values and the evidence of its columns; the keys are asks.

    `counts`: the values are numbers of firms; otherwise they are whole numbers of 10 ** -decimals units.
    """

    aggregate: str
    system: System
    rows: Ints
    evidence: Evidence
    counts: bool
    decimals: int

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


def part(sums: Sums) -> Part:
    """The system of one additive aggregate over the finest cells of a view."""
    members: dict[Hashable, list[int]] = {
        ask: rows.tolist() for ask, rows in zip(sums.asks, sums.members, strict=True)
    }
    signed = np.full(len(sums.values), bool(sums.below.any()) or bool((sums.values < 0).any()))
    system = build(members, len(sums.values), signed=signed)
    name = f"{sums.view}: {sums.aggregate}"
    return Part(name, system, system.fold(sums.values), _evidence(system, sums), sums.counts, sums.decimals)


def _evidence(system: System, sums: Sums) -> Evidence:
    """The evidence of columns, where of owners of one firm only the largest of each cell are named.

    Each of these owners is in one finest cell only, so the largest of a column are among the largest of
    its cells; numbers and totals are those of the cells added up. Owners of several firms are all named.
    """
    rows, owners, values = sums.owned
    numbers = numbered(owners)
    named = evidence_of(system, Contributions(rows, numbers, values))
    several = sums.several
    groups = evidence_of(system, Contributions(rows[several], numbers[several], values[several]))
    # A holding with a gain in one group of firms and a loss in another counts with the difference.
    netted = groups.total - _added(system, rows[several], np.abs(values[several]))
    return replace(
        named,
        units=_of_columns(system, sums.units) + groups.units,
        total=_of_columns(system, sums.sizes) + netted,
        negative=_of_columns(system, sums.below) + groups.negative,
    )


def _of_columns(system: System, values: Ints) -> Ints:
    return system.columns.times(system.fold(values))


def _added(system: System, rows: Ints, values: Ints) -> Ints:
    folded = np.zeros(system.rows, dtype=np.int64)
    place = system.row_of[rows]
    used = place != NOTHING
    np.add.at(folded, place[used], values[used])
    return system.columns.times(folded)
