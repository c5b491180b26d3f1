"""The state of a suppression: what each unsafe figure needs, which witnesses give it, what they hide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firmtrade.protect.evidence import NOBODY, Evidence
from firmtrade.protect.local import Block, Known, neighbourhood
from firmtrade.protect.pool import Pool
from firmtrade.protect.program import INFINITY
from firmtrade.protect.system import Flags, Floats, System
from firmtrade.protect.witness import Witness, witness

if TYPE_CHECKING:
    from firmtrade.protect.suppress import Effort

SMALL = 300  # rows of a block whose program takes about a millisecond
FREE = 1e-12
SHARP = 0.1  # moves below this share of the distance are priced as if they had it


@dataclass(frozen=True, eq=False)
class Need:
    """An unsafe column must be able to move by sign * distance. None equals another."""

    column: int
    sign: int
    distance: float


@dataclass(frozen=True)
class Use:
    """`times` the witness `number` of the pool, which moves the figure by `distance`."""

    number: int
    times: float
    distance: float


class Search:
    """Witnesses found so far and the ones chosen; the hidden figures follow from the chosen ones."""

    def __init__(
        self,
        system: System,
        values: Floats,
        needs: Iterable[Need],
        evidence: Evidence,
        cost: Floats,
        base: Flags,
        never: Flags,
        known: Known,
        effort: Effort,
    ) -> None:
        self.system, self.values, self.evidence, self.cost = system, values, evidence, cost
        self.sole = evidence.sole
        self.base, self.never, self.known, self.effort = base, never, known, effort
        self.needs = tuple(needs)
        self._number = {need: number for number, need in enumerate(self.needs)}
        self.pool = Pool(self.sole, {need.column for need in self.needs})
        self.chosen: dict[Need, list[Use]] = {}
        self.uses = np.zeros(len(system.columns), dtype=np.int64)
        self.hidden = base.copy()
        self.open = np.where(base, 0.0, cost)
        self._blocks: dict[tuple[int, ...], Block] = {}
        self._own: dict[int, list[Block]] = {}
        self._typical = float(np.median(cost)) if len(cost) else 0.0
        self._small = 0.003 * self._typical
        self.programs = 0
        self.refusals: dict[Need, int] = {}

    def groups(self, number: int) -> frozenset[int]:
        """The holdings that see a witness move a figure which they fill alone."""
        return self.pool.groups[number]

    def price(self, number: int) -> float:
        """What hiding the figures of a witness would add to the cost as things stand."""
        return float(self.open[self.pool.witnesses[number].columns].sum())

    def choose(self, need: Need, uses: list[Use]) -> None:
        """Use these witnesses for a need, in place of those it had."""
        before = self.chosen.get(need, [])
        self.chosen[need] = uses
        if uses == before:
            return
        for sign, given in ((-1, before), (1, uses)):
            for use in given:
                columns = self.pool.witnesses[use.number].columns
                self.uses[columns] += sign
                users = self.pool.users[use.number]
                (users.add if sign > 0 else users.discard)(self._number[need])
        for use in (*before, *uses):
            columns = self.pool.witnesses[use.number].columns
            hidden = self.base[columns] | (self.uses[columns] > 0)
            self.hidden[columns] = hidden
            self.open[columns] = np.where(hidden, 0.0, self.cost[columns])

    def hiding(self, column: int) -> list[Need]:
        """The needs whose witnesses move a column, in the order of work."""
        return [self.needs[number] for number in sorted(self.pool.users_of(column))]

    def find(
        self,
        need: Need,
        avoid: frozenset[int] = frozenset(),
        shut: int | None = None,
        enough: float = INFINITY,
    ) -> Use | None:
        """The cheapest witness found for a need that leaves alone what the holdings of `avoid` fill.

        `shut` is a figure that must stay visible. A witness that costs nothing ends the search; one
        that costs `enough` or more is not wanted; if `enough` is FREE, nothing more may be hidden.
        """
        best = self._in_pool(need, avoid, shut)
        cheap = self.effort.content * self._typical
        if best is not None and best[0] == 0:
            return best[1]
        for block in self._near(need.column):
            if enough == FREE and len(block.rows) > self.effort.tidy:
                break
            if (
                enough != FREE
                and len(block.rows) > SMALL
                and min(enough, INFINITY if best is None else best[0]) <= cheap
            ):
                break  # a large program is not worth what it could save
            best = self._tried(block, need, avoid, shut, best, enough)
            if best is not None and best[0] == 0:
                return best[1]
        if best is None and enough == INFINITY:
            best = self._tried(self._whole(), need, avoid, shut, best, enough)
        return None if best is None or best[0] >= enough else best[1]

    def _in_pool(self, need: Need, avoid: frozenset[int], shut: int | None) -> tuple[float, Use] | None:
        cost = self.open
        if shut is not None:
            cost = cost.copy()
            cost[shut] = INFINITY
        found = self.pool.cheapest(need.column, need.sign * need.distance, cost, avoid)
        return None if found is None else (found[0], Use(found[1], found[2], need.distance))

    def _tried(
        self,
        block: Block,
        need: Need,
        avoid: frozenset[int],
        shut: int | None,
        best: tuple[float, Use] | None,
        enough: float,
    ) -> tuple[float, Use] | None:
        """The better of `best` and what the block's program finds."""
        free = enough == FREE
        most = enough if best is None else min(best[0], enough)
        priced, fixed = self._priced(block, avoid, shut, free, most)
        cost = priced
        for time in range(1 if free else 1 + self.effort.sharpen):
            self.programs += 1
            moves = block.move(need.column, need.sign, need.distance, cost, fixed, time > 0)
            if moves is None:
                return best
            found = witness(self.system, self.values, self.known, block.rows, moves, need.distance)
            use = self._added(found, need)
            if use is None:
                return best
            price = self.price(use.number)
            better = best is None or price < best[0]
            if best is None or better:
                best = (price, use)
            if price == 0 or not better:
                return best
            size = np.zeros(block.groups)
            size[block.groups_of(found.columns)] = np.abs(found.effects) / need.distance
            cost = priced / np.maximum(size, SHARP)
        return best

    def _priced(
        self, block: Block, avoid: frozenset[int], shut: int | None, free: bool, most: float
    ) -> tuple[Floats, Flags]:
        """Cost per unit of movement of the block's groups, and the groups that may not move."""
        columns = block.columns
        owners = self.sole[columns]
        small = np.where(owners == NOBODY, self._small, 10 * self._small)
        each = np.where(self.hidden[columns], small, self.cost[columns])
        stay = self.never[columns] | ~self.hidden[columns] if free else self.never[columns].copy()
        if most < INFINITY:
            stay |= self.open[columns] >= most  # whoever moves it is too dear
        if avoid:
            stay |= np.isin(owners, np.array(sorted(avoid), dtype=np.int64))
        if shut is not None:
            stay |= columns == shut
        size = block.groups
        fixed = np.bincount(block.group[stay], minlength=size) > 0
        return np.bincount(block.group, weights=each, minlength=size).astype(np.float64), fixed

    def _added(self, found: Witness, need: Need) -> Use | None:
        """Put a witness into the pool, and say how it meets the need."""
        place = np.flatnonzero(found.columns == need.column)
        if not len(place):
            return None
        number = self.pool.add(found)
        times = found.stretch(int(place[0]), need.sign * need.distance)
        # The solver's tolerance may leave the move short of the distance by a hair.
        return Use(number, 1.0 if times is None else times, need.distance)

    def _near(self, column: int) -> Iterator[Block]:
        """Blocks around a column, the smallest first: figures that contain it, else its neighbourhood."""
        if column not in self._own:
            self._own[column] = [self._block(key) for key in self._keys(column)]
        return iter(self._own[column])

    def _keys(self, column: int) -> list[tuple[int, ...]]:
        effort = self.effort
        sizes = self.system.columns.sizes()
        keys: list[tuple[int, ...]] = []
        last = 0
        for outer in self.system.containing(column).tolist():
            size = int(sizes[outer])
            if effort.smallest <= size <= effort.largest and size >= 1.3 * last and len(keys) < effort.tries:
                keys.append((outer,))
                last = size
        if len(keys) < effort.tries and self.system.rows > last:
            rows = neighbourhood(self.system, column, min(effort.largest, max(200, 2 * last)))
            if len(rows) > last:
                keys.append((-1, *rows.tolist()))
        return keys

    def _block(self, key: tuple[int, ...]) -> Block:
        if key not in self._blocks:
            rows = np.array(key[1:], dtype=np.int64) if key[0] < 0 else self.system.columns.line(key[0])[0]
            self._blocks[key] = Block(self.system, self.values, rows, self.known, self.effort.seconds)
        return self._blocks[key]

    def _whole(self) -> Block:
        return self._block((-1, *range(self.system.rows)))
