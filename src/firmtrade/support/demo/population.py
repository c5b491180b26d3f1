"""Firms that were never there: five thousand over twelve years, and what three programmes did to them.

Each firm lives in two worlds at once, with the same chances drawn in both: one in which the programmes
existed and one in which they did not. The difference is the true effect on each supported firm, which no
register of real firms could tell. A firm exports in a year if a number drawn for that firm and year is
below a probability that rises with productivity, size, having exported in the year before, and support.

- `starter` (a grant): first come, first served, in six calls. Better firms apply; among applicants the
  time of arrival decides. It raises the log odds of exporting.
- `coaching`: one call, decided by lottery. It raises the log odds, a little less.
- `fair` (a stand at a trade fair): taken by firms that grow fast. It does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from firmtrade.support.impact.lottery import ticket

Array = np.ndarray
#: The seed of the lottery, as if it had been the numbers of a public one.
LOTTERY_SEED = "06-11-19-27-40-44"
#: Two digits of NACE Rev. 2, and what the industry adds to the log odds of exporting.
SECTORS = {"10": -0.2, "13": 0.3, "22": 0.3, "25": 0.0, "28": 0.7, "41": -1.4, "46": 0.3, "49": -0.4,
           "62": 0.2, "70": -0.6, "71": -0.2, "96": -1.6}  # fmt: skip
REGIONS = ("BE1", "BE2", "BE3")


@dataclass(frozen=True)
class Plan:
    """How many firms and years, from which seed, and what support does to the log odds of exporting."""

    firms: int = 5000
    first: int = 2012
    years: int = 12
    seed: int = 2024
    starter: float = 1.3
    coaching: float = 1.2
    calls: tuple[int, ...] = (2016, 2017, 2018, 2019, 2021, 2023)
    places: float = 0.024  # of a call for starters, as a share of the firms
    lottery: int = 2019
    winners: float = 0.04
    fairs: tuple[int, ...] = (2015, 2016, 2017, 2018, 2019, 2020, 2022, 2023)

    @property
    def last(self) -> int:
        """The last year."""
        return self.first + self.years - 1


@dataclass(frozen=True)
class Applied:
    """Applications of one call: the firm's number, the hour of arrival, and whether it got a place."""

    programme: str
    year: int
    firm: Array
    hour: Array
    granted: Array


@dataclass(frozen=True, eq=False)
class Population:
    """The drawn firms. Arrays are firms, or firms x years; `without` is the world without programmes."""

    plan: Plan
    founded: Array
    ended: Array  # year; 0 for a firm that goes on
    sector: Array
    region: Array
    ambition: Array
    size: Array  # log of employment
    productivity: Array
    alive: Array
    exports: Array
    without: Array
    applied: tuple[Applied, ...] = field(repr=False)
    fair: Mapping[int, Array] = field(repr=False)

    def true_effect(self, programme: str, outcome: str, horizon: int) -> float:
        """Mean effect on the granted firms in the year of the grant and the `horizon` after it.

        `outcome` is exporting or regular (four years in a row up to then), and a firm that has ended does
        neither. With horizon 0 to h all years count alike, as in an average of event times by firms.
        """
        one, other = (_outcome(x, outcome) for x in (self.exports, self.without))
        parts = []
        for call in self.applied:
            if call.programme == programme:
                at = call.year - self.plan.first
                years = slice(at, min(at + horizon, self.plan.years - 1) + 1)
                parts.append((one - other)[call.firm[call.granted], years].ravel())
        return float(np.concatenate(parts).mean())

    def true_effect_at(self, programme: str, outcome: str, since: int) -> float:
        """Mean effect on the granted firms `since` years after the year of the grant."""
        one, other = (_outcome(x, outcome) for x in (self.exports, self.without))
        parts = [
            (one - other)[call.firm[call.granted], call.year - self.plan.first + since]
            for call in self.applied
            if call.programme == programme
        ]
        return float(np.concatenate(parts).mean())


def _outcome(exports: Array, outcome: str) -> Array:
    if outcome == "exporting":
        return exports.astype(float)
    regular = exports.copy()
    for back in (1, 2, 3):
        regular[:, back:] &= exports[:, :-back]
        regular[:, :back] = False
    return regular.astype(float)


def populate(plan: Plan | None = None) -> Population:
    """Draw the firms. The same plan gives the same firms."""
    plan = plan or Plan()
    rng = np.random.default_rng(plan.seed)
    n = plan.firms
    old = rng.random(n) < 0.62
    founded = np.where(old, rng.integers(1960, plan.first, n), rng.integers(plan.first - 4, plan.last, n))
    sector = rng.choice(len(SECTORS), n, p=_shares(len(SECTORS)))
    region = rng.choice(3, n, p=(0.15, 0.6, 0.25))
    slope = rng.normal(0, 0.035, n)
    size, productivity = _accounts(rng, plan, slope)
    alive, ended = _lives(rng, plan, founded, productivity)
    drawn = _Drawn(plan, rng, sector, slope, size, productivity, alive)
    exports, without, applied, fair = drawn.run()
    ambition = rng.random(n) < 0.35 + 0.2 * (plan.last - founded < 8)
    return Population(plan, founded, ended, sector, region, ambition, size, productivity, alive, exports,
                      without, applied, fair)  # fmt: skip


def firm_id(number: int) -> str:
    """The id of a firm in the register."""
    return f"S{number + 1:05d}"


def _lots(firms: int) -> Array:
    """Each firm's ticket in the lottery, as a number between 0 and 1: the draw that anybody can repeat."""
    return np.array([int(ticket(LOTTERY_SEED, firm_id(each))[:12], 16) / 16**12 for each in range(firms)])


def _shares(number: int) -> Array:
    share = 1 / np.arange(4, 4 + number)
    return np.asarray(share / share.sum())


def _accounts(rng: np.random.Generator, plan: Plan, slope: Array) -> tuple[Array, Array]:
    """(log employment, log productivity): a level, a trend of the firm, and a part that comes and goes."""
    n, t = plan.firms, plan.years
    level = rng.normal(0, 0.45, n)
    shock = np.empty((n, t))
    shock[:, 0] = rng.normal(0, 0.15, n)
    for year in range(1, t):
        shock[:, year] = 0.6 * shock[:, year - 1] + rng.normal(0, 0.12, n)
    years = np.arange(t) - t / 2
    productivity = level[:, None] + slope[:, None] * years + 0.01 * years + shock
    start = rng.normal(1.8, 1.0, n) + 0.4 * level
    size = start[:, None] + (0.5 * slope)[:, None] * years + np.cumsum(rng.normal(0, 0.05, (n, t)), axis=1)
    return np.clip(size, 0.0, 5.5), productivity


def _lives(rng: np.random.Generator, plan: Plan, founded: Array, productivity: Array) -> tuple[Array, Array]:
    """(which firm is there in which year, its last year or 0): weak firms end more often."""
    years = plan.first + np.arange(plan.years)
    hazard = 0.018 / (1 + np.exp(1.2 * productivity))
    ends = (rng.random((plan.firms, plan.years)) < 2 * hazard) & (
        years > np.maximum(founded[:, None], plan.first)
    )
    gone = np.cumsum(ends, axis=1) > 0
    ended = np.where(gone.any(axis=1), years[gone.argmax(axis=1)], 0)
    alive = ~gone & (years >= founded[:, None])
    return alive, ended


class _Drawn:
    """The years one after the other, in both worlds."""

    def __init__(self, plan: Plan, rng: np.random.Generator, sector: Array, slope: Array, size: Array,
                 productivity: Array, alive: Array) -> None:  # fmt: skip
        self.plan, self.rng, self.slope, self.productivity, self.alive = plan, rng, slope, productivity, alive
        own = rng.normal(0, 0.9, plan.firms) + np.array(list(SECTORS.values()))[sector]
        self.index = -4.6 + own[:, None] + 2.3 * productivity + 0.7 * (size - 1.8)
        self.shift = np.zeros(plan.firms)
        self.had = np.zeros(plan.firms, dtype=bool)
        self.applied: list[Applied] = []
        self.fair: dict[int, Array] = {}

    def run(self) -> tuple[Array, Array, tuple[Applied, ...], Mapping[int, Array]]:
        """(exports, exports without programmes, applications, stands at fairs by year)."""
        plan, n = self.plan, self.plan.firms
        before = self.alive[:, 0] & (self.rng.random(n) < 0.05)
        for _ in range(8):  # until the first year no longer shows how it began
            before = self._step(0, before, np.zeros(n), self.rng.random(n))
        one, other = before, before
        exports, without = (np.zeros((n, plan.years), dtype=bool) for _ in range(2))
        for t in range(plan.years):
            self._programmes(t, one)
            chance = self.rng.random(n)
            one = self._step(t, one, self.shift, chance)
            other = self._step(t, other, np.zeros(n), chance)
            exports[:, t], without[:, t] = one, other
        return exports, without, tuple(self.applied), self.fair

    def _step(self, t: int, before: Array, shift: Array, chance: Array) -> Array:
        odds = self.index[:, t] + 4.6 * before + shift
        return np.asarray(self.alive[:, t] & (chance < 1 / (1 + np.exp(-odds))))

    def _programmes(self, t: int, exports: Array) -> None:
        """Who applies, who gets it; draws happen every year, so that one call does not move another."""
        year, rng, n = self.plan.first + t, self.rng, self.plan.firms
        want, hour, stand = (rng.random(n) for _ in range(3))
        there = self.alive[:, t] & self.alive[:, max(0, t - 1)]  # nobody applies before its foundation
        free = there & ~exports & ~self.had
        better = self.productivity[:, t - 1] if t else self.productivity[:, 0]
        if year in self.plan.calls:
            applies = free & (want < 0.15 / (1 + np.exp(-1.5 * better)))
            self._decide("starter", year, applies, hour, hour, self.plan.places, self.plan.starter)
        if year == self.plan.lottery:
            applies = free & ~self.had & (want > 1 - 0.22 / (1 + np.exp(-1.0 * better)))
            self._decide("coaching", year, applies, hour, _lots(n), self.plan.winners, self.plan.coaching)
        if year in self.plan.fairs:
            grown = (self.slope - self.slope.mean()) / self.slope.std()
            self.fair[year] = np.flatnonzero(there & (stand < 0.02 * np.exp(1.2 * grown - 0.7)))

    def _decide(self, programme: str, year: int, applies: Array, hour: Array, order: Array, places: float,
                effect: float) -> None:  # fmt: skip
        firm = np.flatnonzero(applies)
        rank = np.argsort(np.argsort(order[firm], kind="stable"), kind="stable")
        granted = rank < round(places * self.plan.firms)
        self.applied.append(Applied(programme, year, firm, hour[firm], granted))
        self.shift[firm[granted]] += effect
        self.had[firm[granted]] = True


def summary(found: Population) -> dict[str, Any]:
    """A few numbers, to see that the firms look like firms."""
    alive, exports = found.alive, found.exports
    return {
        "exporting": round(float(exports[alive].mean()), 3),
        "applications": {
            f"{a.programme} {a.year}": (len(a.firm), int(a.granted.sum())) for a in found.applied
        },
        "fair": {year: len(firms) for year, firms in found.fair.items()},
    }
