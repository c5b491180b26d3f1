"""From a pool of candidates to numbers of firms: fill empty groups, rake, round, exchange, again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from firmtrade._engine.duckdb import DuckDB
from firmtrade.synthesize.draw import Draw
from firmtrade.synthesize.twin.denominators import whole_denominators
from firmtrade.synthesize.twin.goals import Goals
from firmtrade.synthesize.twin.mutate import changed, near
from firmtrade.synthesize.twin.panel import Panel, joined
from firmtrade.synthesize.twin.reader import Members, Reader
from firmtrade.synthesize.twin.search import Search, exchanges, neighbours
from firmtrade.synthesize.twin.weigh import rake, whole_numbers

_ENOUGH = 12  # candidates that a group should have
_FILLS = 6  # rounds of filling groups
_ROUNDS = 16  # rounds of searching and making neighbours
_ORDERS = 5
_SWEEPS = 150
_TRIAL, _WORST = 25, 20.0  # sweeps for a trial; firms that a goal counts as missed by at most
_NOBODY = 2500  # candidates that may be added or taken away alone
_MOVES = 6000
_CHILDREN = 8000  # neighbours that are tried in a round
_STALE = 4  # rounds without a better population
_PATIENCE = 1  # rounds without fewer goals missed


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
        self.settled = len(pool)

    @property
    def members(self) -> Members:
        """Which candidates are in which groups."""
        return self._members

    @members.setter
    def members(self, found: Members) -> None:
        self._members = found
        self.inside = found.inside[self.ask_of]  # groups x candidates

    def add(
        self, children: list[Panel], parents: list[np.ndarray], wanted: Callable[[np.ndarray], np.ndarray]
    ) -> int:
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
            self.add(children, parents, partial(self._useful, rows=rows))

    def _useful(self, inside: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Children in one of the rows, so many for each row; and a few others, from which to go on."""
        wanted = np.zeros(inside.shape[1], dtype=bool)
        for row in rows:
            wanted[np.flatnonzero(inside[row])[:_ENOUGH]] = True
        others = np.flatnonzero(~wanted)
        wanted[others[:: max(len(others) // (4 * len(rows) + 1), 1)]] = True
        return wanted

    def vary(self, firms: np.ndarray, missed: np.ndarray) -> np.ndarray:
        """Neighbours of firms that are there, about the goals that are missed; the numbers of firms, longer.

        Candidates of earlier rounds that nobody was made of make room.
        """
        firms = self._without_idle(firms)
        there = np.flatnonzero(firms > 0)
        children, parents = [], []
        rows = np.unique(np.concatenate([self.goals.over[missed], self.goals.under[missed]]))
        rows = rows[rows >= 0]
        each = int(np.clip(_CHILDREN // (2 * max(len(rows), 1)), 12, 300))
        for row in rows.tolist():
            ask = self.ask_of[row]
            chosen = near(self.reader, self.members, ask, each, there, self.draw)
            children.append(changed(self.reader, self.members, self.panel, chosen, ask, True, self.draw))
            own = there[self.inside[row][there]]
            own = own[np.argsort(self.draw.uniform(len(own)), kind="stable")[:each]]
            children.append(changed(self.reader, self.members, self.panel, own, ask, False, self.draw))
            parents += [chosen, own]
        known = set(_signatures(self.inside))
        self.add(children, parents, partial(_new, known=known))
        return np.concatenate([firms, np.zeros(len(self.panel) - len(firms), dtype=np.int64)])

    def _without_idle(self, firms: np.ndarray) -> np.ndarray:
        kept = np.flatnonzero((firms > 0) | (np.arange(len(firms)) < self.settled))
        place = np.full(len(firms), -1)
        place[kept] = np.arange(len(kept))
        self.panel = self.panel.take(kept)
        flags = {name: found[:, kept] for name, found in self.members.flags.items()}
        self.members = Members(self.members.inside[:, kept], flags)
        pairs = place[self.pairs]
        self.pairs = pairs[(pairs >= 0).all(axis=1)]
        return firms[kept]

    def moves(self) -> np.ndarray:
        """Pairs of candidates that may be exchanged."""
        inside = self.inside
        orders = [np.argsort(self.draw.uniform(len(inside)), kind="stable") for _ in range(_ORDERS)]
        few = np.argsort(self.draw.uniform(inside.shape[1]), kind="stable")[:_NOBODY]
        alone = np.stack([np.full(len(few), -1), few], axis=1)
        return np.concatenate([neighbours(inside, orders), self.pairs, alone])


def _signatures(inside: np.ndarray) -> list[bytes]:
    return [column.tobytes() for column in np.packbits(inside.T, axis=1)]


def _new(inside: np.ndarray, known: set[bytes]) -> np.ndarray:
    """Candidates that are in other groups than any so far."""
    found = np.zeros(inside.shape[1], dtype=bool)
    for n, signature in enumerate(_signatures(inside)):
        if signature not in known:
            known.add(signature)
            found[n] = True
    return found


def populate(crowd: Crowd, total: float, progress: Callable[[str], None]) -> People:
    """Numbers of firms that meet the goals, or miss as few as were found."""
    goals = crowd.goals
    crowd.fill()
    crowd.settled = len(crowd.panel)
    progress(f"{len(crowd.panel):,} candidates for {len(goals):,} goals")
    start = np.full(len(crowd.panel), total / len(crowd.panel))
    weights = rake(crowd.inside, goals, start, _SWEEPS)
    inside = crowd.inside

    def misfit(tried: Goals) -> float:
        """By how many firms the goals are missed after some raking."""
        found = rake(inside, tried, weights, _TRIAL)
        return float(np.minimum(tried.missed(*tried.counts(inside @ found)), _WORST).sum())

    crowd.goals = goals = whole_denominators(goals, inside @ weights, misfit)
    weights = rake(crowd.inside, goals, weights, _SWEEPS)
    firms = whole_numbers(crowd.inside, weights, 0.5)
    return _settled(crowd, firms, progress)


def _settled(crowd: Crowd, firms: np.ndarray, progress: Callable[[str], None]) -> People:
    """Search and make neighbours in turn. What is missed by most contradicts others and is given up, so that
    the others can be met; at the end all but the worst of these are tried once more."""
    goals = crowd.goals
    given_up = np.zeros(len(goals), dtype=bool)
    best, least = People(crowd.panel, crowd.members, firms), len(goals) + 1
    fewest, waited, stale, again = len(goals) + 1, 0, 0, False
    for number in range(_ROUNDS):
        search = Search(
            crowd.inside, goals, exchanges(crowd.inside, crowd.moves(), firms, crowd.draw), firms, given_up
        )
        firms = search.run(_MOVES)
        off = search.missed()
        missed = np.flatnonzero((off > 1e-9) & ~given_up)
        progress(f"round {number + 1}: {(off > 1e-9).sum():,} of {len(goals):,} goals missed")
        stale += 1
        if (off > 1e-9).sum() < least:
            best, least, stale = People(crowd.panel, crowd.members, firms), int((off > 1e-9).sum()), 0
        if not least or (not len(missed) and again) or stale > _STALE:
            break
        waited = 0 if len(missed) < fewest else waited + 1
        fewest = min(fewest, len(missed))
        if not len(missed):
            given_up = _worst(goals, off, np.flatnonzero(given_up))
            again, fewest, missed = True, least + 1, np.flatnonzero((off > 1e-9) & ~given_up)
            if not len(missed):
                break
        elif waited >= _PATIENCE:
            given_up |= _worst(goals, off, missed)
            fewest, waited = len(missed) - 1, 0
        firms = crowd.vary(firms, missed)
    return best


def _worst(goals: Goals, off: np.ndarray, among: np.ndarray) -> np.ndarray:
    """The goal that is missed by most for its size, as a mask of all goals."""
    found = np.zeros(len(goals), dtype=bool)
    size = np.maximum(np.minimum(goals.high, 1e6)[among], 1)
    found[among[np.argmax(off[among] / np.sqrt(size))]] = True
    return found
