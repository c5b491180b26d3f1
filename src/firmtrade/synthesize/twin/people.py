"""From a pool of candidates to numbers of firms: fill groups that nobody is in, rake, round, exchange, again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from firmtrade._engine.duckdb import DuckDB
from firmtrade.synthesize.draw import Draw
from firmtrade.synthesize.twin.goals import Goals
from firmtrade.synthesize.twin.mutate import changed, near
from firmtrade.synthesize.twin.panel import Panel, joined
from firmtrade.synthesize.twin.reader import Members, Reader
from firmtrade.synthesize.twin.search import Search, exchanges, neighbours
from firmtrade.synthesize.twin.weigh import rake, whole_numbers

_ENOUGH = 12  # candidates that a group should have
_FILLS = 6  # rounds of filling groups
_ROUNDS = 12  # rounds of searching and making neighbours
_ORDERS = 5
_SWEEPS = 150
_NOBODY = 2500  # candidates that may be added or taken away alone
_MOVES = 6000


@dataclass
class People:
    """Candidates with their groups, and how many firms of each there are."""

    panel: Panel
    members: Members
    firms: np.ndarray


class Crowd:
    """Candidates that grow in number; `ask_of[row]` is an ask whose group the row is."""

    def __init__(
        self, reader: Reader, engine: DuckDB, pool: Panel, ask_of: list[int], goals: Goals, draw: Draw
    ) -> None:
        self.reader, self.engine, self.ask_of, self.goals, self.draw = reader, engine, ask_of, goals, draw
        self.panel = pool
        self.members = reader.read(engine, pool)
        self.pairs = np.zeros((0, 2), dtype=np.int64)

    @property
    def inside(self) -> np.ndarray:
        """Groups x candidates."""
        return self.members.inside[self.ask_of]

    def add(self, children: list[Panel], parents: list[np.ndarray], wanted: Callable[[np.ndarray], np.ndarray]) -> int:
        """Add those of the children that are wanted, each paired with its parent; how many."""
        if not children:
            return 0
        panel, parent = joined(children), np.concatenate(parents)
        members = self.reader.read(self.engine, panel)
        keep = np.flatnonzero(wanted(members.inside[self.ask_of]))
        if not len(keep):
            return 0
        first = len(self.panel)
        self.panel = joined([self.panel, panel.take(keep)])
        inside = np.concatenate([self.members.inside, members.inside[:, keep]], axis=1)
        flags = {
            name: np.concatenate([found, members.flags[name][:, keep]], axis=1)
            for name, found in self.members.flags.items()
        }
        self.members = Members(inside, flags)
        more = np.stack([parent[keep], np.arange(first, first + len(keep))], axis=1)
        self.pairs = np.concatenate([self.pairs, more])
        return len(keep)

    def short(self) -> np.ndarray:
        """Rows that should have firms and have too few candidates."""
        rows = np.unique(np.concatenate([self.goals.over[self.goals.low > 0], self.goals.under]))
        rows = rows[rows >= 0]
        return rows[self.inside[rows].sum(axis=1) < _ENOUGH]

    def fill(self) -> None:
        """Candidates for groups that have too few: those that nearly are in, changed."""
        for _ in range(_FILLS):
            rows = self.short()
            if not len(rows):
                return
            children, parents = [], []
            everybody = np.arange(len(self.panel))
            for row in rows.tolist():
                ask = self.ask_of[row]
                chosen = np.repeat(near(self.reader, self.members, ask, 12, everybody, self.draw), 4)
                children.append(changed(self.reader, self.members, self.panel, chosen, ask, True, self.draw))
                parents.append(chosen)
            self.add(children, parents, lambda inside, rows=rows: self._useful(inside, rows))

    def _useful(self, inside: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Children in one of the rows, so many for each row; and a few others, from which to go on."""
        wanted = np.zeros(inside.shape[1], dtype=bool)
        for row in rows:
            wanted[np.flatnonzero(inside[row])[:_ENOUGH]] = True
        others = np.flatnonzero(~wanted)
        wanted[others[:: max(len(others) // (4 * len(rows) + 1), 1)]] = True
        return wanted

    def vary(self, firms: np.ndarray, missed: np.ndarray) -> int:
        """Neighbours of firms that are there, about the goals that are missed."""
        there = np.flatnonzero(firms > 0)
        children, parents = [], []
        rows = np.unique(np.concatenate([self.goals.over[missed], self.goals.under[missed]]))
        rows = rows[rows >= 0]
        each = int(np.clip(6000 // max(len(rows), 1), 24, 240))
        for row in rows.tolist():
            ask = self.ask_of[row]
            chosen = near(self.reader, self.members, ask, each, there, self.draw)
            children.append(changed(self.reader, self.members, self.panel, chosen, ask, True, self.draw))
            own = there[self.inside[row][there]]
            own = own[np.argsort(self.draw.uniform(len(own)), kind="stable")[:each]]
            children.append(changed(self.reader, self.members, self.panel, own, ask, False, self.draw))
            parents += [chosen, own]
        return self.add(children, parents, lambda inside: np.ones(inside.shape[1], dtype=bool))

    def moves(self) -> np.ndarray:
        """Pairs of candidates that may be exchanged."""
        inside = self.inside
        orders = [np.argsort(self.draw.uniform(len(inside)), kind="stable") for _ in range(_ORDERS)]
        few = np.argsort(self.draw.uniform(inside.shape[1]), kind="stable")[:_NOBODY]
        alone = np.stack([np.full(len(few), -1), few], axis=1)
        return np.concatenate([neighbours(inside, orders), self.pairs, alone])


def populate(crowd: Crowd, total: float, progress: Callable[[str], None]) -> People:
    """Numbers of firms that meet the goals, or miss as few as were found."""
    goals = crowd.goals
    crowd.fill()
    progress(f"{len(crowd.panel):,} candidates for {len(goals):,} goals")
    start = np.full(len(crowd.panel), total / len(crowd.panel))
    weights = rake(crowd.inside, goals, start, _SWEEPS)
    firms = whole_numbers(crowd.inside, weights, 0.5)
    for number in range(_ROUNDS):
        search = Search(crowd.inside, goals, exchanges(crowd.inside, crowd.moves()), firms)
        firms = search.run(_MOVES)
        missed = np.flatnonzero(search.missed() > 1e-9)
        progress(f"round {number + 1}: {len(missed):,} of {len(goals):,} goals missed")
        if not len(missed) or number == _ROUNDS - 1:
            break
        before = len(crowd.panel)
        crowd.vary(firms, missed)
        firms = np.concatenate([firms, np.zeros(len(crowd.panel) - before, dtype=np.int64)])
    return People(crowd.panel, crowd.members, firms)
