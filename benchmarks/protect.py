"""Measure hiding and its audit: `python -m benchmarks.protect 2000 12000`, sizes in distinct figures.

For each size a panel with holdings is drawn (the same for the same seed), a table of division x size x
region with its margins and the sectors of the divisions is protected by p% = 10 on holdings, attacked by
outsiders and insiders, and its certificate checked. Seconds are of the clock, and of all processors
together; on a machine that others use only the latter tell something.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy

from firmtrade.protect.attack import Report, attack
from firmtrade.protect.attacker import printed
from firmtrade.protect.certificate import certificate, check
from firmtrade.protect.evidence import Contributions, Evidence, evidence_of
from firmtrade.protect.primary import Plan, primary
from firmtrade.protect.rules import of_rules, rule
from firmtrade.protect.suppress import Effort, Pattern, suppress
from firmtrade.protect.system import System, build

RULES = of_rules("p10", [rule("percent", percent=10)])
Firms = dict[str, numpy.ndarray]


@dataclass(frozen=True)
class Problem:
    """A table to protect."""

    system: System
    rows: numpy.ndarray
    evidence: Evidence
    plan: Plan


def drawn(figures: int, seed: int = 1) -> Firms:
    """Firms for about so many distinct figures: skewed in size, industry and region; one in seven grouped."""
    random = numpy.random.default_rng(seed)
    scale = figures / 2000
    firms, divisions, regions = 9 * figures, round(46 * scale**0.66), round(10 * scale**0.44)
    industry, place = random.exponential(1, divisions) ** 1.6, random.exponential(1, regions) + 0.2
    division = random.choice(divisions, firms, p=industry / industry.sum())
    employment = numpy.maximum(1, numpy.exp(random.normal(1.4, 1.6, firms))).astype(int)
    turnover = numpy.maximum(1, employment * numpy.exp(random.normal(3.5, 1, firms))).astype(numpy.int64)
    return {
        "division": division,
        "sector": random.integers(max(2, divisions // 4), size=divisions)[division],
        "size": numpy.digitize(employment, [10, 50, 250]),
        "region": random.choice(regions, firms, p=place / place.sum()),
        "value": turnover,
        "holding": numpy.where(
            random.random(firms) < 0.85, numpy.arange(firms), random.integers(0, firms, firms)
        ),
    }


def read(path: Path) -> Firms:
    """The firms of a file with the columns div, sec, size, reg, value and hold."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    names = {"division": "div", "sector": "sec", "size": "size", "region": "reg", "holding": "hold"}
    found = {
        name: numpy.unique([r[old] for r in lines], return_inverse=True)[1] for name, old in names.items()
    }
    return found | {"value": numpy.array([int(float(r["value"])) for r in lines])}


def problem(firms: Firms) -> Problem:
    """The table of these firms; its rows are the cells of division x size x region."""
    keys = numpy.stack([firms[name] for name in ("division", "sector", "size", "region")], axis=1)
    cells, cell = numpy.unique(keys, axis=0, return_inverse=True)
    members: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, (division, sector, size, region) in enumerate(cells.tolist()):
        for industry in (f"division {division}", f"sector {sector}", ""):
            for band in (str(size), ""):
                for place in (str(region), ""):
                    members[industry, band, place].append(row)
    system = build(members, len(cells))
    given = Contributions(cell.reshape(-1), firms["holding"], firms["value"])
    rows = numpy.zeros(len(cells), dtype=numpy.int64)
    numpy.add.at(rows, given.rows, given.values)
    evidence = evidence_of(system, given)
    folded = system.fold(rows)
    return Problem(system, folded, evidence, primary(system.columns.times(folded), evidence, RULES))


class Clock:
    """Seconds by step: of the clock and of all processors, children included."""

    def __init__(self) -> None:
        self.steps: dict[str, tuple[float, float]] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count what the block takes."""
        begun = time.perf_counter(), _processor()
        yield
        self.steps[name] = time.perf_counter() - begun[0], _processor() - begun[1]


def _processor() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def measured(given: Problem, effort: Effort, processes: int) -> list[str]:
    """Protect, attack and check one table; what it took and what it cost."""
    clock = Clock()
    values = given.system.columns.times(given.rows)
    with clock.step("hide"):
        pattern = suppress(given.system, given.rows, given.plan, given.evidence, effort=effort)
    shown = printed(values.astype(float), pattern.hidden)
    plain: dict[str, Any] = {"rows": given.rows}
    with clock.step("audit outsiders"):
        attack(given.system, shown, given.plan, **plain)
    with clock.step("audit both"):
        report = attack(
            given.system, shown, given.plan, evidence=given.evidence, processes=processes,
            insiders=effort.insiders, **plain,
        )  # fmt: skip
    with clock.step("certificate"):
        faults = check(
            certificate(pattern), given.system, given.rows, given.plan, given.evidence,
            insiders=effort.insiders,
        )  # fmt: skip
    return [
        *_sizes(given),
        *_cost(given, pattern, values),
        *_verdict(report, pattern, faults),
        *_times(clock),
    ]


def _sizes(given: Problem) -> list[str]:
    return [f"{len(given.system.columns):,} figures, {len(given.plan):,} unsafe, {given.system.rows:,} rows"]


def _cost(given: Problem, pattern: Pattern, values: numpy.ndarray) -> list[str]:
    cells = given.system.column_of
    unsafe, gone = numpy.isin(cells, given.plan.columns), numpy.isin(cells, pattern.hidden)
    share = values[cells[gone & ~unsafe]].sum() / values[cells[~unsafe]].sum()
    mark = hashlib.sha256(pattern.hidden.tobytes()).hexdigest()[:8]
    return [
        f"hidden: {gone.sum():,} of {len(cells):,} cells, {share:.2%} of the value of others (pattern {mark})"
    ]


def _verdict(report: Report, pattern: Pattern, faults: list[str]) -> list[str]:
    found = report.summary()
    return [
        f"under-protected: {found['under-protected']} for outsiders, "
        f"{found['under-protected for insiders']} for {found['insiders']:,} insiders "
        f"({found['exact for insiders']} exact, {len(pattern.exposed)} announced); "
        f"{report.programs:,} programs; certificate: {len(faults)} faults"
    ]


def _times(clock: Clock) -> list[str]:
    lines = [f"{'':18}{'clock':>9}{'processor':>11}"]
    lines += [f"{name:18}{wall:8.1f}s{used:10.1f}s" for name, (wall, used) in clock.steps.items()]
    counted = [both for name, both in clock.steps.items() if name != "audit outsiders"]
    wall, used = (sum(part) for part in zip(*counted, strict=True))
    return [*lines, f"{'all':18}{wall:8.1f}s{used:10.1f}s"]


def main() -> None:
    """Measure each size that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.protect", description=__doc__.splitlines()[0])
    parser.add_argument("figures", nargs="*", type=int, default=[2000, 12000])
    parser.add_argument("--csv", type=Path, action="append", default=[], help="firms of a file instead")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--insiders", type=float, default=0.5, help="the distance that insiders are left with"
    )
    asked = parser.parse_args()
    effort = replace(Effort(), insiders=asked.insiders)
    made: list[tuple[str, Callable[[], Firms]]] = [
        (str(path), lambda path=path: read(path)) for path in asked.csv
    ]
    made += [(f"{size:,}", lambda size=size: drawn(size, asked.seed)) for size in asked.figures]
    for title, firms in made:
        print(f"--- {title}", *measured(problem(firms()), effort, asked.processes), sep="\n", flush=True)


if __name__ == "__main__":
    main()
