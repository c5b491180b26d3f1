"""Whole numbers of firms that meet the goals: exchange one firm for another that differs in a few groups.

A local search with growing weights (the idea of Feasibility Jump, Luteberget and Sartor 2023, and of breakout
search before it): the best exchange is made; where none helps, the goals that are missed count more. All sums of
the search are multiples of 1/1024, so that the order of additions does not matter and every machine finds the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmtrade.synthesize.twin.goals import Goals
from firmtrade.synthesize.twin.weigh import alike

_UNIT = 1024.0
_HEAVIEST = 40.0
_WIDEST = 14  # an exchange changes at most so many groups
_TABU = 12
_FAR = 1e12
_WAITS = 1200  # steps without a better score


@dataclass(frozen=True)
class Exchanges:
    """Exchange e takes a firm of `out[e]` and adds one of `into[e]`; its groups are listed in CSR form.

    An entry is the group it enters, or the number of groups plus the group it leaves.
    """

    out: np.ndarray
    into: np.ndarray
    starts: np.ndarray
    entries: np.ndarray


def exchanges(inside: np.ndarray, pairs: np.ndarray) -> Exchanges:
    """Both directions of each pair of candidates that differ in few groups; -1 is nobody."""
    padded = np.concatenate([inside, np.zeros((len(inside), 1), dtype=bool)], axis=1)
    a, b = np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]])
    kept, entries, sizes = [], [], []
    for first in range(0, len(a), 20_000):
        part = slice(first, first + 20_000)
        out, into = padded[:, a[part]].T, padded[:, b[part]].T
        size = (out != into).sum(axis=1)
        good = np.flatnonzero((size > 0) & ((size <= _WIDEST) | (a[part] < 0) | (b[part] < 0)))
        signed = np.concatenate([into[good] & ~out[good], out[good] & ~into[good]], axis=1)
        kept.append(good + first)
        entries.append(np.nonzero(signed)[1])
        sizes.append(size[good])
    chosen = np.concatenate(kept) if kept else np.zeros(0, dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(np.concatenate(sizes))])[:-1].astype(np.int64)
    return Exchanges(a[chosen], b[chosen], starts, np.concatenate(entries).astype(np.int64))


def neighbours(inside: np.ndarray, orders: list[np.ndarray]) -> np.ndarray:
    """Pairs of candidates that stand beside each other when sorted by their groups, in several orders."""
    found = []
    for rows in orders:
        order = alike(inside, rows)
        for step in (1, 2):
            found.append(np.stack([order[:-step], order[step:]], axis=1))
    pairs = np.sort(np.concatenate(found), axis=1)
    return np.unique(pairs, axis=0)


class Search:
    """The state: `firms` of each candidate, and what each group's next firm would cost."""

    def __init__(
        self, inside: np.ndarray, goals: Goals, moves: Exchanges, firms: np.ndarray, given_up: np.ndarray
    ) -> None:
        self.inside, self.goals, self.moves = inside, goals, moves
        self.rows = len(inside)
        self.firms = firms.copy()
        self.counts = (inside @ firms).astype(np.int64)
        self.wanted = ~given_up
        self.weights = self.wanted.astype(float)
        self._printed = np.array([len(f) or 1 for f in goals.figures]) * self.wanted
        order = np.argsort(moves.entries, kind="stable")
        lengths = np.diff(np.append(moves.starts, len(moves.entries)))
        owner = np.repeat(np.arange(len(moves.starts)), lengths)
        self._users = owner[order]
        self._places = np.searchsorted(moves.entries[order], np.arange(2 * self.rows + 1))
        self._tabu = np.zeros(len(moves.starts), dtype=np.int64)
        self.prices = np.zeros(2 * self.rows)
        self.gains = np.zeros(len(moves.starts))
        self._reprice()

    def missed(self) -> np.ndarray:
        """By how much each goal is missed."""
        return self.goals.missed(*self.goals.counts(self.counts))

    def _priced(self) -> np.ndarray:
        """What one firm more, and one less, of each group costs in weighted misses."""
        goals = self.goals
        over, under = goals.counts(self.counts)
        share = goals.under >= 0
        now = goals.missed(over, under)
        prices = np.zeros(2 * self.rows)
        for sign, offset in ((1, 0), (-1, self.rows)):
            alone = self._units(goals.missed(over + sign, under) - now)
            np.add.at(prices, goals.over + offset, alone)
            rest = self._units(goals.missed(over, np.maximum(under + sign, 0)) - now)
            np.add.at(prices, goals.under[share] + offset, rest[share])
        return prices

    def _units(self, change: np.ndarray) -> np.ndarray:
        return np.rint(np.clip(change, -1e6, 1e6) * self.weights * _UNIT) / _UNIT

    def _reprice(self) -> None:
        prices = self._priced()
        for entry in np.flatnonzero(prices != self.prices):
            users = self._users[self._places[entry] : self._places[entry + 1]]
            self.gains[users] += prices[entry] - self.prices[entry]
        self.prices = prices

    def run(self, most: int) -> np.ndarray:
        """Make at most so many exchanges; the numbers of firms with the fewest goals missed."""
        best, fewest, waited = self.firms.copy(), self._score(), 0
        for step in range(1, most + 1):
            if not fewest[0]:
                break
            move = self._best(step)
            if move < 0 or self.gains[move] >= -1e-9:
                self._heavier()
                move = self._best(step)
                if move < 0 or self.gains[move] >= -1e-9:
                    waited += 1
                    continue
            self._make(move, step)
            score = self._score()
            if score < fewest:
                best, fewest, waited = self.firms.copy(), score, 0
            else:
                waited += 1
            if waited > _WAITS:
                break
        self._restore(best)
        return best

    def _score(self) -> tuple[int, float]:
        missed = self.missed() * self.wanted
        return int(self._printed[missed > 1e-9].sum()), float(np.minimum(missed, 1e6).sum())

    def _best(self, step: int) -> int:
        out = self.moves.out
        possible = (out < 0) | (self.firms[out] > 0)
        gains = np.where(possible & (self._tabu < step), self.gains, _FAR)
        found = int(np.argmin(gains)) if len(gains) else -1
        return found if found >= 0 and gains[found] < _FAR else -1

    def _make(self, move: int, step: int) -> None:
        out, into = int(self.moves.out[move]), int(self.moves.into[move])
        change = np.zeros(self.rows, dtype=np.int64)
        if out >= 0:
            self.firms[out] -= 1
            change -= self.inside[:, out]
        if into >= 0:
            self.firms[into] += 1
            change += self.inside[:, into]
        self.counts += change
        half = len(self._tabu) // 2
        self._tabu[(move + half) % len(self._tabu)] = step + _TABU
        self._reprice()

    def _heavier(self) -> None:
        missed = (self.missed() > 1e-9) & self.wanted
        self.weights = np.where(missed, np.minimum(self.weights + 1, _HEAVIEST), self.weights)
        self._reprice()

    def _restore(self, firms: np.ndarray) -> None:
        self.firms = firms.copy()
        self.counts = (self.inside @ firms).astype(np.int64)
