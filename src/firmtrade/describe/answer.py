"""Roll-ups: the answers to asks, added up from the finest cells. Exact: amounts are whole numbers.

A cell belongs to several overlapping groups, so groups are told apart by masks over the cells; the codes of
exclusive dimensions by one number for each cell. Nothing is asked of the engine for a further table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from firmtrade._engine.engine import Engine
from firmtrade.describe.amounts import amounts
from firmtrade.describe.asks import Ask
from firmtrade.describe.cube import Cube
from firmtrade.describe.members import Codes, Conditions, Ints, Members

Value = float | None
#: Above so many combinations of codes they are numbered as they occur.
MANY = 2**17


def answer(engine: Engine, cube: Cube, table: str, asks: Iterable[Ask]) -> dict[Ask, Value]:
    """The value of each ask; a count of no firms is 0, a sum over no firms is None."""
    columns = {ask: cube.aggregate_column(ask) for ask in asks}
    if not columns:
        return {}
    members = Members(engine, cube, table, columns)
    needed = {column for _, column in columns.values()}
    told = {column: f"{name}({value})" for name, value, column in cube.aggregates.values()}
    held = amounts(engine, table, members.inside, {column: told[column] for column in needed})
    alike: dict[tuple[str, str, Conditions, tuple[str, ...]], list[Ask]] = defaultdict(list)
    for ask, (function, column) in columns.items():
        conditions, codes = members.about(ask)
        alike[function, column, conditions, tuple(name for name, _ in codes)].append(ask)
    numbered: dict[tuple[str, ...], _Numbered] = {}
    found: dict[Ask, Value] = {}
    for (function, column, conditions, names), batch in alike.items():
        if names not in numbered:
            numbered[names] = _Numbered(members, names)
        one, none = numbered[names], 0.0 if column.startswith("n") else None
        totals = held[column].combined(function, members.where(conditions), one.groups, one.size)
        for ask in batch:
            place = one.place(members.about(ask)[1])
            value = None if place is None else totals[place]
            found[ask] = none if value is None else value
    return found


class _Numbered:
    """One number for each combination of the codes of some columns."""

    def __init__(self, members: Members, names: tuple[str, ...]) -> None:
        self._known = [members.coded(name)[1] for name in names]
        self._seen: list[Ints | None] = []
        self.groups: Ints = np.zeros(members.size, dtype=np.int64)
        self.size = 1
        for name, known in zip(names, self._known, strict=True):
            self.groups = self.groups * len(known) + members.coded(name)[0]
            self.size *= len(known)
            self._seen.append(None)
            if self.size > MANY:  # most combinations do not occur: only those that do keep a number
                occurring, self.groups = np.unique(self.groups, return_inverse=True)
                self._seen[-1], self.size = occurring, len(occurring)

    def place(self, codes: Codes) -> int | None:
        """The number of these codes; None if no cell has them."""
        place = 0
        for (_, code), known, seen in zip(codes, self._known, self._seen, strict=True):
            if code not in known:
                return None
            place = place * len(known) + known[code]
            if seen is not None:
                at = int(np.searchsorted(seen, place))
                if at == len(seen) or seen[at] != place:
                    return None
                place = at
        return place
