"""Measure a trade register against a bare scan: `python -m benchmarks.transactions [ROWS]`.

Declarations of a synthetic register are (a) read by a bare DuckDB scan with one group-by of the same
columns, which gives the sums of the cells and no more; (b) looked up, summed to trade cells and folded to
the panel's flows; (c) linked to the register and the accounts, and checked. Each runs in a process of its
own, in turn, on two threads with a bound of the engine's memory; printed are medians of seconds and of
processor seconds, and the largest memory.
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
    "scan": "(a) bare scan with one group-by of the same columns",
    "cells": "(b) transactions, trade cells and fold",
    "linked": "(c) the same, linked to register and accounts",
    "checked": "(d) the same, checked",
}


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
    parser.add_argument("--memory", default="6GB", help="bound of the engine's memory")
    parser.add_argument("--run", choices=CONTESTANTS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run:
        print(json.dumps(measured(asked.run, asked.register, asked.memory)))
        return
    with tempfile.TemporaryDirectory(prefix="firmtrade-bench-") as folder:
        register = asked.register or _register(Path(folder) / "register", asked.rows)
        found: dict[str, list[dict[str, float]]] = {name: [] for name in CONTESTANTS}
        for _ in range(asked.rounds):
            for name in CONTESTANTS:
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
    return json.loads(done.stdout.splitlines()[-1])


def measured(name: str, register: Path, memory: str) -> dict[str, float]:
    """Seconds, processor seconds and peak memory (GiB) of one contestant in this process."""
    work = {"scan": scan, "cells": cells, "linked": linked, "checked": checked}[name](register, memory)
    wall, cpu = time.perf_counter(), time.process_time()
    cells_made = work()
    return {
        "seconds": time.perf_counter() - wall,
        "processor": time.process_time() - cpu,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
        "cells": float(cells_made),
    }


def scan(register: Path, memory: str) -> Callable[[], int]:
    """The sums of the cells by the cheapest query that gives them."""
    from firmtrade._engine.duckdb import DuckDB

    engine = DuckDB(memory, 2)
    files = f"read_parquet('{register / 'transactions' / '*.parquet'}')"
    query = (
        "create temporary table bare as select firm, period // 100 as year, flow, partner, product, "
        f"sum(value) as value, sum(quantity) as quantity, min(period) as first from {files} group by all"
    )

    def work() -> int:
        engine.execute(query)
        return int(engine.rows("select count(*) from bare")[0][0])

    return work


def _spec(register: Path):
    from firmtrade.assemble.trade.linked import read_trade

    parts = tomllib.loads((register / "study.toml").read_text(encoding="utf-8"))
    return read_trade(parts, register, "study.toml", {})


def cells(register: Path, memory: str) -> Callable[[], int]:
    """The relations `transactions`, `trade_cells` and the fold."""
    from firmtrade._engine.duckdb import DuckDB
    from firmtrade.assemble.trade.cells import make_cells, make_coarser
    from firmtrade.assemble.trade.declarations import open_declarations
    from firmtrade.assemble.trade.fold import make_fold

    engine, spec = DuckDB(memory, 2), _spec(register)

    def work() -> int:
        open_declarations(engine, spec.transactions, None, spec.base, {})
        make_cells(engine)
        make_coarser(engine)
        make_fold(engine)
        return int(engine.rows("select count(*) from trade_cells")[0][0])

    return work


def linked(register: Path, memory: str, check: bool = False) -> Callable[[], int]:
    """All of it: the panel too."""
    from firmtrade._engine.duckdb import DuckDB
    from firmtrade.assemble.trade.check import check_trade
    from firmtrade.assemble.trade.linked import open_linked

    engine, spec = DuckDB(memory, 2), _spec(register)

    def work() -> int:
        made = open_linked(engine, spec)
        if check:
            check_trade(engine, spec, made)
        return int(engine.rows("select count(*) from trade_cells")[0][0])

    return work


def checked(register: Path, memory: str) -> Callable[[], int]:
    """All of it, checked."""
    return linked(register, memory, check=True)


def _median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def _print(found: dict[str, dict[str, float]]) -> None:
    base = found["scan"]
    print(f"{'':52} {'seconds':>9} {'x (a)':>6} {'processor':>10} {'x (a)':>6} {'GiB':>6}")
    for name, title in CONTESTANTS.items():
        one = found[name]
        print(
            f"{title:52} {one['seconds']:9.1f} {one['seconds'] / base['seconds']:6.2f} "
            f"{one['processor']:10.1f} "
            f"{one['processor'] / base['processor']:6.2f} {one['memory']:6.2f}"
        )
    print(f"{base['cells']:,.0f} cells")


if __name__ == "__main__":
    main()
