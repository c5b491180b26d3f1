"""Whole numbers of firms that meet the goals: exchange one firm for another that differs in a few groups.

A local search with growing weights (the idea of Feasibility Jump, Luteberget and Sartor 2023, and of
breakout search before it): the best exchange is made; where none helps, the goals that are missed count
more. All sums of the search are multiples of 1/1024, so that the order of additions does not matter and
every machine finds the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from firmtrade.synthesize.draw import Draw
from firmtrade.synthesize.twin.goals import Goals
from firmtrade.synthesize.twin.weigh import alike, sorted_rows

_UNIT = 1024.0
_HEAVIEST = 40.0
_WIDEST = 14  # an exchange changes at most so many groups
_DOUBLES = 12_000  # exchanges of which double ones are made
_ORDERS = 3
_TABU = 6  # steps in which a new firm is not taken away again
_FAR = 1e12
_FAR_OFF = 10.0  # firms
_WAITS = 1200  # steps without a better score


@dataclass(frozen=True)
class Exchanges:
    """Exchange e takes a firm of each of `out[e]` and adds one of each of `into[e]`; -1 is nobody.

    The groups that it changes are listed in CSR form: an entry is the group that a firm enters, or the
    number of groups plus the group that it leaves.
    """

    out: np.ndarray
    into: np.ndarray
    starts: np.ndarray
    entries: np.ndarray


def exchanges(inside: np.ndarray, pairs: np.ndarray, firms: np.ndarray, draw: Draw) -> Exchanges:
    """Single exchanges between pairs of candidates, and double ones: two firms change in opposite ways.

    A firm that starts to export and another, much alike, that stops change few groups together.
    """
    padded = np.concatenate([inside, np.zeros((len(inside), 1), dtype=bool)], axis=1)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    steps = [_listed(padded, both[:, :1], both[:, 1:], _WIDEST)]
    away = both[(both >= 0).all(axis=1)]
    away = away[firms[away[:, 0]] > 0]
    away = away[np.argsort(draw.uniform(len(away)), kind="stable")[:_DOUBLES]]
    for one, other in _opposite(padded, away, draw):
        out = np.stack([away[one, 0], away[other, 0]], axis=1)
        into = np.stack([away[one, 1], away[other, 1]], axis=1)
        steps.append(_listed(padded, out, into, _WIDEST))
    sizes = np.concatenate([step[2] for step in steps])
    starts = np.concatenate([[0], np.cumsum(sizes)])[:-1].astype(np.int64)
    wide = [
        np.pad(step[n], ((0, 0), (0, 2 - step[n].shape[1])), constant_values=-1)
        for n in (0, 1)
        for step in steps
    ]
    out, into = np.concatenate(wide[: len(steps)]), np.concatenate(wide[len(steps) :])
    return Exchanges(out, into, starts, np.concatenate([step[3] for step in steps]).astype(np.int64))


def _listed(
    padded: np.ndarray, out: np.ndarray, into: np.ndarray, widest: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(out, into, number of groups changed, the groups) of exchanges that change few groups, each once."""
    kept, entries, sizes = (
        [np.zeros(0, dtype=np.int64)],
        [np.zeros(0, dtype=np.int64)],
        [np.zeros(0, dtype=np.int64)],
    )
    for first in range(0, len(out), 10_000):
        part = slice(first, first + 10_000)
        change = np.zeros((len(out[part]), len(padded)), dtype=np.int8)
        for k in range(out.shape[1]):
            change += padded[:, into[part, k]].T.astype(np.int8) - padded[:, out[part, k]].T.astype(np.int8)
        size = (change != 0).sum(axis=1)
        alone = (out[part] < 0).any(axis=1) | (into[part] < 0).any(axis=1)
        good = np.flatnonzero((size > 0) & ((size <= widest) | alone) & (np.abs(change).max(axis=1) <= 1))
        signed = np.concatenate([change[good] > 0, change[good] < 0], axis=1)
        kept.append(good + first)
        entries.append(np.nonzero(signed)[1])
        sizes.append(size[good])
    chosen = np.concatenate(kept)
    return out[chosen], into[chosen], np.concatenate(sizes), np.concatenate(entries)


def _opposite(padded: np.ndarray, away: np.ndarray, draw: Draw) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of exchanges of which one nearly undoes the other in every group."""
    rows = 2 * (len(padded))
    for _ in range(_ORDERS):
        order = np.argsort(draw.uniform(rows), kind="stable")
        same, turned = [], []
        for first in range(0, len(away), 10_000):
            out, into = (padded[:, away[first : first + 10_000, k]].T for k in (0, 1))
            enters, leaves = into & ~out, out & ~into
            same.append(np.packbits(np.concatenate([enters, leaves], axis=1)[:, order], axis=1))
            turned.append(np.packbits(np.concatenate([leaves, enters], axis=1)[:, order], axis=1))
        found = sorted_rows(np.concatenate([*same, *turned]))
        for step in (1, 2, 3):
            one, other = found[:-step], found[step:]
            opposite = (one < len(away)) != (other < len(away))
            one, other = one[opposite] % len(away), other[opposite] % len(away)
            apart = (away[one, 0] != away[other, 0]) & (one < other)
            yield one[apart], other[apart]


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
        self._tabu = np.zeros(len(firms) + 1, dtype=np.int64)
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
            if not fewest or waited > _WAITS:
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
        self._restore(best)
        return best

    def _score(self) -> float:
        """Goals missed, and by how much: one that is missed by far can hide no others."""
        missed = self.missed() * self.wanted
        return float(
            np.rint((self._printed * ((missed > 1e-9) + np.minimum(missed, _FAR_OFF))).sum() * _UNIT) / _UNIT
        )

    def _best(self, step: int) -> int:
        there = np.append((self.firms > 0) & (self._tabu[:-1] < step), True)
        possible = there[self.moves.out[:, 0]] & there[self.moves.out[:, 1]]
        gains = np.where(possible, self.gains, _FAR)
        found = int(np.argmin(gains)) if len(gains) else -1
        return found if found >= 0 and gains[found] < _FAR else -1

    def _make(self, move: int, step: int) -> None:
        for sign, candidates in ((-1, self.moves.out[move]), (1, self.moves.into[move])):
            for candidate in candidates[candidates >= 0].tolist():
                self.firms[candidate] += sign
                self.counts += sign * self.inside[:, candidate]
                if sign > 0:
                    self._tabu[candidate] = step + _TABU
        self._reprice()

    def _heavier(self) -> None:
        missed = (self.missed() > 1e-9) & self.wanted
        self.weights = np.where(missed, np.minimum(self.weights + 2, _HEAVIEST), self.weights)
        self._reprice()

    def _restore(self, firms: np.ndarray) -> None:
        self.firms = firms.copy()
        self.counts = (self.inside @ firms).astype(np.int64)
