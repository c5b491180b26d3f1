"""The audit: how closely each hidden figure can be bounded, by an outsider and by each insider.

All tables count together, with what is printed (rounding included), what cannot be negative and the
structure down to its empty cells. Each solution of the attacker's program is evidence for every figure
(harvesting), so most figures need no program of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmtrade.protect.attacker import Attacker, Printed, fitting
from firmtrade.protect.evidence import NOBODY, Evidence
from firmtrade.protect.primary import Plan
from firmtrade.protect.system import Floats, Ints, System

NEAR = 1e-6  # relative tolerance of the solver
#: Rows of the figures within which a proof against insiders is looked for first: a program of 500 rows
#: takes a millisecond, one of 5,000 a tenth of a second.
NEARBY = (60, 200, 600, 1500)


@dataclass(frozen=True)
class Interval:
    """A hidden column: what the attacker can prove, what the rule asks, and whether that is enough.

    `low` and `high` are the exact ends if `sure`, else the attacker's interval is at least that wide.
    `holding` is the insider, NOBODY for an outsider.
    """

    column: int
    value: float
    low: float
    high: float
    wanted_low: float
    wanted_high: float
    holding: int = NOBODY
    sure: bool = True

    @property
    def protected(self) -> bool:
        """The interval covers what the rule asks."""
        near = NEAR * max(1.0, abs(self.value), self.wanted_high - self.wanted_low)
        return self.low <= self.wanted_low + near and self.high >= self.wanted_high - near

    @property
    def exact(self) -> bool:
        """The attacker knows the figure."""
        return self.sure and self.high - self.low <= NEAR * max(1.0, abs(self.value))


@dataclass(frozen=True)
class Report:
    """Intervals of hidden columns for an outsider; of insiders only the cases that are not protected."""

    outsider: tuple[Interval, ...]
    insiders: tuple[Interval, ...]
    insiders_tried: int
    programs: int

    @property
    def unprotected(self) -> tuple[Interval, ...]:
        """What an outsider can bound more closely than the rules allow."""
        return tuple(interval for interval in self.outsider if not interval.protected)

    def summary(self) -> dict[str, int]:
        """Counts for the custodian."""
        return {
            "hidden": len(self.outsider),
            "under-protected": len(self.unprotected),
            "exact": sum(interval.exact for interval in self.outsider),
            "insiders": self.insiders_tried,
            "under-protected for insiders": len(self.insiders),
            "exact for insiders": sum(interval.exact for interval in self.insiders),
        }


def attack(
    system: System,
    shown: Printed,
    plan: Plan | None = None,
    *,
    rows: Ints | Floats | None = None,
    evidence: Evidence | None = None,
    exact: bool = False,
    insiders: float = 0.5,
    processes: int = 1,
    seconds: float | None = 60.0,
) -> Report:
    """Attack what is printed.

    `plan` says how far each unsafe column must be protected; without it intervals are found and nothing
    is asked. `rows` are the true row values where they are known (else a table that fits is found);
    `evidence` names who fills a column alone, for the attack by insiders. With `exact` the ends of all
    hidden columns are found, else only until what the plan asks is proven. An insider must be left with
    the share `insiders` of the distance; the work against insiders is spread over `processes`.
    """
    centre = fitting(system, shown, seconds) if rows is None else np.asarray(rows, dtype=np.float64)
    hidden = shown.hidden
    guarded = hidden[evidence.sole[hidden] != NOBODY] if evidence is not None else hidden[:0]
    targets = np.intersect1d(plan.columns, hidden) if plan is not None else hidden[:0]
    work = Attacker(system, shown, centre, guarded, targets, seconds)
    low, high, sure = _outsider(work, hidden, plan, exact)
    wanted = _wanted(hidden, work.values, plan)
    outsider = [
        Interval(
            column,
            float(work.values[column]),
            float(low[column]),
            float(high[column]),
            *wanted[column],
            sure=column in sure,
        )
        for column in hidden.tolist()
    ]
    if plan is not None:
        outsider += _visible(work.values, plan, set(hidden.tolist()))
    found: list[Interval] = []
    tried, programs = 0, work.programs
    if evidence is not None and plan is not None:
        job = _Job(system, shown, centre, guarded, targets, plan, evidence, insiders, seconds)
        found, tried, more = _insiders(job, work, processes)
        programs += more
    return Report(tuple(outsider), tuple(found), tried, programs)


def _visible(values: Floats, plan: Plan, hidden: set[int]) -> list[Interval]:
    """Unsafe figures that are printed."""
    return [
        Interval(column, value, value, value, value - down, value + up)
        for column, up, down in zip(plan.columns.tolist(), plan.up.tolist(), plan.down.tolist(), strict=True)
        if column not in hidden
        for value in (float(values[column]),)
    ]


def _wanted(hidden: Ints, values: Floats, plan: Plan | None) -> dict[int, tuple[float, float]]:
    found = {column: (float(values[column]), float(values[column])) for column in hidden.tolist()}
    if plan is not None:
        for column, up, down in zip(plan.columns.tolist(), plan.up.tolist(), plan.down.tolist(), strict=True):
            found[column] = (float(values[column]) - down, float(values[column]) + up)
    return found


def _outsider(
    work: Attacker, hidden: Ints, plan: Plan | None, exact: bool
) -> tuple[Floats, Floats, set[int]]:
    """The ends of the hidden columns: far enough for the plan, or exact; and for which they are exact."""
    low, high = work.values.copy(), work.values.copy()
    wanted = _wanted(hidden, work.values, plan)
    done: list[tuple[int, int]] = []
    order = sorted(hidden.tolist(), key=lambda column: (wanted[column][0] - wanted[column][1], column))
    for column in order:
        for sign in (1, -1):
            least, most = wanted[column]
            near = NEAR * max(1.0, most - least) / 10
            if not exact and (high[column] >= most - near if sign > 0 else low[column] <= least + near):
                continue
            done.append((column, sign))
            found = work.values + work.system.columns.times(work.reach(column, sign))
            np.maximum(high, found, out=high)
            np.minimum(low, found, out=low)
    both = set(done)
    return low, high, {column for column, sign in done if (column, -sign) in both}


@dataclass(frozen=True)
class _Job:
    """All that the attack by insiders needs, for a process of its own."""

    system: System
    shown: Printed
    centre: Floats
    guarded: Ints
    targets: Ints
    plan: Plan
    evidence: Evidence
    share: float
    seconds: float | None


def _insiders(job: _Job, work: Attacker, processes: int) -> tuple[list[Interval], int, int]:
    """Cases in which a holding that fills hidden columns alone bounds an unsafe one too closely.

    Each case is proven by programs of its own, so how the columns are shared out changes nothing.
    """
    holdings = len(set(job.evidence.sole[job.guarded].tolist()))
    parts = [job.targets[start::processes] for start in range(processes)]
    if processes == 1:
        done = [_against(job, parts[0], work)]
    else:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            done = list(pool.map(_against, [job] * processes, parts))
    found = sorted((case for cases, _ in done for case in cases), key=lambda c: (c.column, c.holding))
    return found, holdings, sum(programs for _, programs in done)


def _against(job: _Job, columns: Ints, work: Attacker | None = None) -> tuple[list[Interval], int]:
    """The cases of some unsafe columns, and the number of programs."""
    whole = work or Attacker(job.system, job.shown, job.centre, job.guarded, job.targets, job.seconds)
    before = whole.programs
    near: dict[int, Attacker] = {}
    seen = _Seen(job.targets)
    ends = dict(zip(job.plan.columns.tolist(), zip(job.plan.up, job.plan.down, strict=True), strict=True))
    found = []
    for column in columns.tolist():
        up, down = (float(end) for end in ends[column])
        shares = {
            holding: job.share * rest(job.evidence, column, holding)
            for holding in sorted(set(job.evidence.sole[job.guarded].tolist()))
            if holding != job.evidence.sole[column]
        }
        weak: set[int] = set()
        for move in (up, -down):
            asked = {holding: share for holding, share in shares.items() if share > 0 and move}
            for attacker in (*_nearby(job, near, column), whole):
                asked = seen.left(column, move, asked)
                if asked:
                    asked = _weak(attacker, job.evidence, seen, column, move, asked, job.share)
            weak |= set(asked)
        found += [
            case for holding in sorted(weak) for case in _case(job, whole, column, holding, shares, up, down)
        ]
    return found, whole.programs - before + sum(attacker.programs for attacker in near.values())


def _nearby(job: _Job, near: dict[int, Attacker], column: int) -> list[Attacker]:
    """Attackers who look only at the rows of a figure around `column`, the fewest rows first."""
    sizes = job.system.columns.sizes()
    found: list[Attacker] = []
    for outer in job.system.containing(column).tolist():
        least = NEARBY[len(found)] if len(found) < len(NEARBY) - 1 else job.system.rows
        if least <= sizes[outer] <= NEARBY[-1]:
            if outer not in near:
                rows = job.system.columns.line(outer)[0]
                near[outer] = Attacker(
                    job.system, job.shown, job.centre, job.guarded, job.targets, job.seconds, rows
                )
            found.append(near[outer])
    return found


def _case(
    job: _Job, work: Attacker, column: int, holding: int, shares: dict[int, float], up: float, down: float
) -> list[Interval]:
    """The interval that a holding can prove, unless it is wide enough."""
    forbidden = job.evidence.sole[work.guarded] == holding
    value = float(work.values[column])
    low, high = (
        value + float(work.system.columns.times(work.reach(column, sign, forbidden))[column])
        for sign in (-1, 1)
    )
    wanted = (value - down * shares[holding], value + up * shares[holding])
    case = Interval(column, value, low, high, *wanted, holding)
    return [] if case.protected else [case]


def rest(evidence: Evidence, column: int, holding: int) -> float:
    """The share of a figure that is not the holding's own: of its own part nothing can be kept from it."""
    total = int(evidence.total[column])
    own = evidence.largest[column][evidence.holder[column] == holding]
    return 1.0 if not len(own) or not total else float(total - int(own[0])) / total


class _Seen:
    """Tables found so far: how they move the unsafe columns, and whose own figures they move."""

    def __init__(self, targets: Ints) -> None:
        self._place = {column: number for number, column in enumerate(targets.tolist())}
        self._targets = targets
        self._effects = np.zeros((64, len(targets)))
        self._moved: list[set[int]] = []

    def add(self, work: Attacker, evidence: Evidence, moves: Floats) -> set[int]:
        """Remember a table; return the holdings that see it move a figure of their own."""
        effects = work.system.columns.times(moves)
        own = work.all_guarded[np.abs(effects[work.all_guarded]) > NEAR / 10 * np.abs(moves).max(initial=0.0)]
        moved = set(evidence.sole[own].tolist())
        if len(self._moved) == len(self._effects):
            self._effects = np.concatenate((self._effects, np.zeros_like(self._effects)))
        self._effects[len(self._moved)] = effects[self._targets]
        self._moved.append(moved)
        return moved

    def left(self, column: int, move: float, asked: dict[int, float]) -> dict[int, float]:
        """The holdings of `asked` for whom no table found so far hides that `column` may be off by `move`."""
        effects = self._effects[: len(self._moved), self._place[column]] * np.sign(move)
        for number in np.flatnonzero(effects >= abs(move) * min(asked.values(), default=np.inf)).tolist():
            moved, far = self._moved[number], effects[number] * (1 + NEAR)
            asked = {h: share for h, share in asked.items() if h in moved or far < abs(move) * share}
            if not asked:
                break
        return asked


def _weak(
    work: Attacker,
    evidence: Evidence,
    seen: _Seen,
    column: int,
    move: float,
    asked: dict[int, float],
    share: float,
) -> dict[int, float]:
    """The holdings of `asked` from which the move is not shown to be hidden by two more programs."""
    owners = evidence.sole[work.guarded]
    nothing = np.zeros(len(work.guarded))
    for prices in (nothing, nothing + 1.0):
        # First any table that leaves alone what all of them know; then the one that moves least of it.
        others = [holding for holding, part in asked.items() if part == share]
        forbidden = np.isin(owners, np.array(others, dtype=np.int64)) if not prices.any() else None
        moves = work.quiet(column, move * share, prices, forbidden)
        if moves is not None:
            moved = seen.add(work, evidence, moves)
            asked = {holding: part for holding, part in asked.items() if holding in moved}
        elif prices.any():
            return asked
        if not asked:
            return asked
    others = [holding for holding, part in asked.items() if part == share]
    again = work.quiet(column, move * share, nothing, np.isin(owners, np.array(others, dtype=np.int64)))
    if again is not None:
        moved = seen.add(work, evidence, again)
        asked = {holding: part for holding, part in asked.items() if holding in moved}
    return asked
