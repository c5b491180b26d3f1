"""All witnesses found so far, in arrays: which of them move a figure far enough, and what they would hide."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from firmtrade.protect.evidence import NOBODY
from firmtrade.protect.growing import Growing
from firmtrade.protect.program import INFINITY
from firmtrade.protect.system import Floats, Ints
from firmtrade.protect.witness import Witness


class Pool:
    """Witnesses by number. `targets` are the columns that are looked for, `sole` who fills a column alone.

    `users` are the numbers of the needs that a witness is chosen for, `groups` the holdings that see it move
    a figure which they fill alone.
    """

    def __init__(self, sole: Ints, targets: Iterable[int]) -> None:
        self.witnesses: list[Witness] = []
        self.users: list[set[int]] = []
        self.groups: list[frozenset[int]] = []
        self._sole = sole
        self._columns, self._start = Growing(np.int32), Growing(np.int64)
        self._start.add(0)
        self._least, self._most, self._seen = Growing(np.float64), Growing(np.float64), Growing(np.int64)
        self._moving = {column: (Growing(np.int64), Growing(np.float64)) for column in targets}
        self._with: list[list[int]] = [[] for _ in sole]

    def add(self, found: Witness) -> int:
        """Keep a witness; its number."""
        number = len(self.witnesses)
        self.witnesses.append(found)
        self.users.append(set())
        owners = self._sole[found.columns]
        self.groups.append(frozenset(owners[owners != NOBODY].tolist()))
        self._seen.add(len(self.groups[-1]))
        self._columns.extend(found.columns)
        self._start.add(len(self._columns))
        self._least.add(found.least)
        self._most.add(found.most)
        for column, effect in zip(found.columns.tolist(), found.effects.tolist(), strict=True):
            self._with[column].append(number)
            if column in self._moving:
                numbers, effects = self._moving[column]
                numbers.add(number)
                effects.add(effect)
        return number

    def users_of(self, column: int) -> set[int]:
        """The needs that have a witness which moves a column."""
        return set().union(*(self.users[number] for number in self._with[column]))

    def prices(self, numbers: Ints, cost: Floats) -> Floats:
        """The cost of the columns of each of these witnesses."""
        if not len(numbers):
            return np.zeros(0)
        start = self._start.values
        sizes = start[numbers + 1] - start[numbers]
        first = np.concatenate(([0], np.cumsum(sizes)[:-1]))
        entry = np.repeat(start[numbers] - first, sizes)
        entry += np.arange(len(entry))
        return np.asarray(np.add.reduceat(cost[self._columns.values[entry]], first), dtype=np.float64)

    def cheapest(
        self, column: int, wanted: float, cost: Floats, avoid: frozenset[int]
    ) -> tuple[float, int, float] | None:
        """(price, number, times) of the cheapest that moves a column by `wanted`, of no group of `avoid`.

        Among equals the one that fewest holdings see, then the first.
        """
        numbers, effects = (part.values for part in self._moving[column])
        times = wanted / effects
        fits = (self._least.values[numbers] <= times) & (times <= self._most.values[numbers])
        numbers, times = numbers[fits], times[fits]
        prices = self.prices(numbers, cost)
        for place in np.lexsort((self._seen.values[numbers], prices)).tolist():
            if prices[place] == INFINITY:
                break
            if avoid.isdisjoint(self.groups[numbers[place]]):
                return float(prices[place]), int(numbers[place]), float(times[place])
        return None
