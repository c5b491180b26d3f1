"""Measure a trade register against a bare scan: `python -m benchmarks.transactions [ROWS]`.

Declarations of a synthetic register are (a) read by a bare DuckDB scan with one group-by of the columns as
they are: firm, period, flow, partner, product and the sum of values, which somebody needs to get the cells
at all; (y) the same by year, (z) by year, flow and partner only. Then they are (b) looked up and summed to
trade cells and coarser sums; (c) linked to the register and the accounts; (d) checked; and all tables of the
studies (e) tec and (f) exporter-dynamics are computed, from the files on, without rendering. Each runs in a
process of its own, in turn, on two threads with a bound of the engine's memory; printed are medians of
seconds and of processor seconds, how many times those of the scans they are, and the process's largest
memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

ROUNDS = 3
CONTESTANTS = {
    "scan": "(a) bare scan, one group-by of the columns as they are",
    "yearly": "(y) bare scan, one group-by of them by year",
    "coarse": "(z) bare scan, group-by of year, flow, partner",
    "cells": "(b) trade cells and coarser sums",
    "linked": "(c) the same, linked to register and accounts",
    "checked": "(d) the same, checked",
    "tec": "(e) all tables of tec",
    "exporter-dynamics": "(f) all tables of exporter-dynamics",
}
_SUM = "sum(value) as value"
#: The group-by of each bare scan.
SCANS = {
    "scan": f"select firm, period, flow, partner, product, {_SUM}",
    "yearly": f"select firm, period // 100 as year, flow, partner, product, {_SUM}",
    "coarse": f"select period // 100 as year, flow, partner, {_SUM}",
}
STUDIES = ("tec", "exporter-dynamics")


def main() -> None:
    """Make the register, run the contestants in turn, print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.transactions", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "rows", nargs="?", type=int, default=5_000_000, help="declarations (default 5 million)"
    )
    parser.add_argument(
        "--register", type=Path, help="a register made before: firmtrade synthesize transactions"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--memory", default="4GB", help="bound of the engine's memory")
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, help="these contestants, and the scans")
    parser.add_argument("--run", choices=CONTESTANTS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run:
        print(json.dumps(measured(asked.run, asked.register, asked.memory)))
        return
    names = [name for name in CONTESTANTS if name in SCANS or not asked.only or name in asked.only]
    with tempfile.TemporaryDirectory(prefix="firmtrade-bench-") as folder:
        register = asked.register or _register(Path(folder) / "register", asked.rows)
        found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
        for _ in range(asked.rounds):
            for name in names:
                found[name].append(_run(name, register, asked.memory))
    _print({name: _median(runs) for name, runs in found.items()})


def _register(folder: Path, rows: int) -> Path:
    from firmtrade.synthesize.transactions import write_register

    print(f"making a register of {rows:,} declarations ...", flush=True)
    return write_register(folder, rows).folder


def _run(name: str, register: Path, memory: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.transactions", "--run", name, "--register", str(register),
               "--memory", memory]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(f"  {name}: {found['seconds']:.1f} s, {found['processor']:.1f} of the processor", flush=True)
    return found


def measured(name: str, register: Path, memory: str) -> dict[str, float]:
    """Seconds, processor seconds and peak memory (GiB) of one contestant in this process."""
    work: Callable[[], int]
    if name in SCANS:
        work = bare(name, register, memory)
    elif name in STUDIES:
        work = study(name, register, memory)
    else:
        work = linked(name, register, memory)
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return {
        "seconds": time.perf_counter() - wall,
        "processor": time.process_time() - cpu,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
        "rows": float(made),
    }


def bare(name: str, register: Path, memory: str) -> Callable[[], int]:
    """Sums by the cheapest query that gives them; returns how many there are."""
    from firmtrade._engine.duckdb import DuckDB

    engine = DuckDB(memory, 2)
    files = f"read_parquet('{register / 'transactions' / '*.parquet'}')"

    def work() -> int:
        engine.execute(f"create temporary table bare as {SCANS[name]} from {files} group by all")
        return int(engine.rows("select count(*) from bare")[0][0])

    return work


def linked(name: str, register: Path, memory: str) -> Callable[[], int]:
    """Trade cells and coarser sums; linked to a panel; checked."""
    from firmtrade._engine.duckdb import DuckDB
    from firmtrade.assemble.trade.cells import make_cells, make_coarser
    from firmtrade.assemble.trade.check import check_trade
    from firmtrade.assemble.trade.declarations import open_declarations
    from firmtrade.assemble.trade.linked import open_linked, read_trade

    engine = DuckDB(memory, 2)
    parts = tomllib.loads((register / "study.toml").read_text(encoding="utf-8"))
    spec = read_trade(parts, register, "study.toml", {})

    def work() -> int:
        if name == "cells":
            open_declarations(engine, spec.transactions, None, spec.base, {})
            make_cells(engine, quantities=False)
            make_coarser(engine)
        else:
            made = open_linked(engine, spec, quantities=False)
            if name == "checked":
                check_trade(engine, spec, made)
        return int(engine.rows("select count(*) from trade_cells")[0][0])

    return work


def study(name: str, register: Path, memory: str) -> Callable[[], int]:
    """All tables of a built-in study, without disclosure control and report; returns the number of cells."""
    from firmtrade.study import Study
    from firmtrade.synthesize.transactions import Made

    made = Study(name, memory=memory, threads=2, sources=Made(0, 0, register).sources)
    return lambda: sum(len(table.cells) for table in made.tables())


def _median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def _print(found: dict[str, dict[str, float]]) -> None:
    print(f"{'':56} {'seconds':>9} {'processor':>10} {'x (a)':>6} {'x (y)':>6} {'x (z)':>6} {'GiB':>6}")
    for name, one in found.items():
        times = (f"{one['processor'] / found[base]['processor']:6.2f}" for base in SCANS)
        print(
            f"{CONTESTANTS[name]:56} {one['seconds']:9.1f} {one['processor']:10.1f} {' '.join(times)} "
            f"{one['memory']:6.2f}"
        )
    print(f"{found['scan']['rows']:,.0f} groups of (a), {found['yearly']['rows']:,.0f} of (y)")


if __name__ == "__main__":
    main()
