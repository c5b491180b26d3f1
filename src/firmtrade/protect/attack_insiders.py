"""The audit against insiders: what a holding that fills hidden figures alone can narrow of the unsafe ones.

A holding is kept out of an unsafe figure if some table that fits moves it as far as it must be left, and
leaves alone all that the holding fills. Any such table will do, and every table found counts for all unsafe
figures and holdings, so programs are asked only for what is left: first within a few rows around the figure,
at last in the whole release. Only there a failure counts.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from threading import Thread

import numpy as np

from firmtrade.protect.attack_given import Move, checked
from firmtrade.protect.attacker import NEAR, Attacker, Printed
from firmtrade.protect.evidence import NOBODY, Evidence
from firmtrade.protect.growing import Growing
from firmtrade.protect.primary import Plan
from firmtrade.protect.system import Flags, Floats, Ints, System

#: Rows of the figures within which a table is looked for first: a program of 500 rows takes less than a
#: millisecond, one of 5,000 ten of them.
NEARBY = (60, 200, 600, 1500)
#: Tables that are looked at together: the first few settle nearly all holdings.
BATCH = 16
SPLIT = 4
#: column, its value, what is known (low, high), what must be left (low, high), the holding
Case = tuple[int, float, float, float, float, float, int]


@dataclass(frozen=True)
class Job:
    """All that the attack by insiders needs, for a process of its own.

    `guarded` are the hidden columns that somebody fills alone, `targets` the unsafe ones; `share` is the part
    of the distance that must be left; `given` are moves of the rows that may show it.
    """

    system: System
    shown: Printed
    centre: Floats
    guarded: Ints
    targets: Ints
    plan: Plan
    evidence: Evidence
    share: float
    seconds: float | None
    given: tuple[Move, ...] = ()

    @cached_property
    def holdings(self) -> Ints:
        """The insiders."""
        return np.unique(self.evidence.sole[self.guarded])

    @cached_property
    def owner(self) -> Ints:
        """The place of each column's insider in `holdings`; -1 for columns that are not guarded."""
        found = np.full(len(self.system.columns), -1, dtype=np.int64)
        found[self.guarded] = np.searchsorted(self.holdings, self.evidence.sole[self.guarded])
        return found

    def shares(self, column: int) -> Floats:
        """The share of the distance that each insider must be left with; 0 for who fills the column."""
        found = np.full(len(self.holdings), self.share)
        for holding in self.evidence.holder[column].tolist():
            place = np.searchsorted(self.holdings, holding)
            if holding != NOBODY and place < len(self.holdings) and self.holdings[place] == holding:
                found[place] = self.share * rest(self.evidence, column, holding)
        found[self.holdings == self.evidence.sole[column]] = 0.0
        return found

    def attacker(self, within: Ints | None = None, whole: Attacker | None = None) -> Attacker:
        """The program of the whole release, or of some rows."""
        parts = (self.system, self.shown, self.centre, self.guarded, self.targets, self.seconds)
        return Attacker(*parts, within, None if whole is None else whole.room)


def narrowed(job: Job, work: Attacker, processes: int) -> tuple[list[Case], int, int]:
    """What insiders bound too closely, how many insiders there are, and the number of programs.

    Each case is proven by programs of its own, so how the columns are shared out changes nothing.
    """
    parts = [job.targets[start::processes] for start in range(processes)]
    if processes == 1:
        done = [_against(job, parts[0], work)]
    else:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        with ProcessPoolExecutor(processes, get_context("spawn"), _end_with_parent) as pool:
            done = list(pool.map(_against, [job] * processes, parts))
    found = sorted((case for cases, _ in done for case in cases), key=lambda case: (case[0], case[-1]))
    return found, len(job.holdings), sum(programs for _, programs in done)


def _end_with_parent() -> None:
    """Have a process of the pool end when the one that started it is killed: it would wait for ever."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    def watch() -> None:
        parent = parent_process()
        if parent is not None:
            wait([parent.sentinel])
            os._exit(1)

    Thread(target=watch, daemon=True).start()


def _against(job: Job, columns: Ints, work: Attacker | None = None) -> tuple[list[Case], int]:
    """The cases of some unsafe columns, and the number of programs."""
    whole = work or job.attacker()
    before = whole.programs
    near: dict[int, Attacker] = {}
    tables = _Tables(job)
    ends = dict(zip(job.plan.columns.tolist(), zip(job.plan.up, job.plan.down, strict=True), strict=True))
    found: list[Case] = []
    for column in columns.tolist():
        shares = job.shares(column)
        weak = np.zeros(len(job.holdings), dtype=bool)
        up, down = (float(end) for end in ends[column])
        for sign, distance in ((1, up), (-1, down)):
            asked = _Asked(job, tables, column, sign, shares * distance, job.share * distance)
            for attacker in _attackers(job, near, column, whole):
                if not asked.left.any():
                    break
                asked.put_to(attacker, attacker is whole)
            weak |= asked.left
        for place in np.flatnonzero(weak).tolist():
            found += _case(job, whole, column, place, (down * shares[place], up * shares[place]))
    return found, whole.programs - before + sum(attacker.programs for attacker in near.values())


def _attackers(job: Job, near: dict[int, Attacker], column: int, whole: Attacker) -> list[Attacker]:
    """Attackers who look only at the rows of a figure around `column`, the fewest rows first; at last all."""
    sizes = job.system.columns.sizes()
    found: list[Attacker] = []
    for outer in job.system.containing(column).tolist():
        least = NEARBY[len(found)] if len(found) < len(NEARBY) - 1 else job.system.rows
        if least <= sizes[outer] <= NEARBY[-1]:
            if outer not in near:
                near[outer] = job.attacker(job.system.columns.line(outer)[0], whole)
            found.append(near[outer])
    return [*found, whole]


def _case(job: Job, work: Attacker, column: int, place: int, wanted: tuple[float, float]) -> list[Case]:
    """The interval that an insider can prove, unless it is wide enough."""
    forbidden = job.owner[work.guarded] == place
    value = float(work.values[column])
    ends = []
    for sign in (-1, 1):
        work.forget()
        ends.append(value + float(work.system.columns.times(work.reach(column, sign, forbidden))[column]))
    low, high = value - wanted[0], value + wanted[1]
    near = NEAR * max(1.0, abs(value), high - low)
    if ends[0] <= low + near and ends[1] >= high - near:
        return []
    return [(column, value, ends[0], ends[1], low, high, int(job.holdings[place]))]


def rest(evidence: Evidence, column: int, holding: int) -> float:
    """The share of a figure that is not the holding's own: of its own part nothing can be kept from it."""
    total = int(evidence.total[column])
    own = evidence.largest[column][evidence.holder[column] == holding]
    return 1.0 if not len(own) or not total else float(total - int(own[0])) / total


class _Tables:
    """Tables found so far: how they move the unsafe columns, and which insiders see theirs move."""

    def __init__(self, job: Job) -> None:
        self._job = job
        parts = (job.system, job.shown, job.centre, job.owner, len(job.holdings))
        self._given = checked(*parts, job.given)
        self._moved = Growing(bool, len(job.holdings))
        self._effects = Growing(np.float32, len(job.targets))

    def add(self, moves: Floats) -> Flags:
        """Remember a table; return the insiders that see it."""
        job = self._job
        rows = np.flatnonzero(moves)
        by_row = job.system.columns.transposed
        entry = by_row.taken(rows)
        parts = np.repeat(moves[rows], by_row.sizes()[rows]) * by_row.weight[entry]
        effects = np.bincount(by_row.index[entry], weights=parts, minlength=len(job.system.columns))
        real = np.abs(effects) > NEAR / 10 * np.abs(moves).max(initial=0.0)
        seen = np.zeros(len(job.holdings), dtype=bool)
        seen[job.owner[job.guarded[real[job.guarded]]]] = True
        self._effects.add(effects[job.targets])
        self._moved.add(seen)
        return seen

    def _known(self, column: int, sign: int) -> list[tuple[Flags, Floats]]:
        """Given and found tables: which insiders see each, and how far it moves a column in a direction."""
        given, far = self._given.far(column, sign)
        found = self._effects.values[:, np.searchsorted(self._job.targets, column)]
        return [
            (self._given.moved[given], far * (1 + NEAR)),
            (self._moved.values, np.asarray(found * (sign * (1 + NEAR)), dtype=np.float64)),
        ]

    def reaching(self, column: int, move: float) -> bool:
        """Whether a table moves a column by that much."""
        sign = 1 if move > 0 else -1
        return any((far >= abs(move)).any() for _, far in self._known(column, sign))

    def left(self, column: int, sign: int, needs: Floats, asked: Flags) -> Flags:
        """The insiders of `asked` for whom no table hides that a column may be off by what each needs."""
        places = np.flatnonzero(asked)
        for moved, far in self._known(column, sign):
            used = np.flatnonzero(far >= needs[places].min(initial=np.inf))[::-1]
            for begin in range(0, len(used), BATCH):
                batch = used[begin : begin + BATCH]
                seen = moved[np.ix_(batch, places)] | (far[batch, None] < needs[places])
                places = places[seen.all(axis=0)]
                if not len(places):
                    break
        left = np.zeros(len(asked), dtype=bool)
        left[places] = True
        return left


class _Asked:
    """One unsafe column and direction: the insiders of whom it is not yet shown that they are kept out."""

    def __init__(self, job: Job, tables: _Tables, column: int, sign: int, needs: Floats, full: float) -> None:
        self._job, self._tables, self._column, self._sign = job, tables, column, sign
        self._needs, self._full = needs, full
        self.left = tables.left(column, sign, needs, needs > 0)

    def put_to(self, work: Attacker, last: bool) -> None:
        """Look for tables with an attacker's program; `last` is the one whose failures count."""
        if not self._tables.reaching(self._column, self._sign * self._full) and not self._shown(work, []):
            return
        groups = [np.flatnonzero(self.left & (self._needs == self._full))]
        while groups:
            group = groups.pop()
            group = group[self.left[group]]
            if (
                len(group)
                and not self._shown(work, group)
                and len(group) > 1
                and (last or len(group) <= SPLIT)
            ):
                groups += [group[len(group) // 2 :], group[: len(group) // 2]]
        for place in np.flatnonzero(self.left & (self._needs < self._full)).tolist():
            self._shown(work, [place], self._needs[place])

    def _shown(self, work: Attacker, places: Ints | list[int], need: float | None = None) -> bool:
        """Whether there is a table that all these insiders cannot tell from the true one."""
        known = work.guarded[np.isin(self._job.owner[work.guarded], places)]
        moves = work.shifted(self._column, self._sign * (self._full if need is None else need), known)
        if moves is None:
            return False
        seen = self._tables.add(moves)
        if need is None:
            self.left &= seen
        else:
            self.left[places] = False
        return True
