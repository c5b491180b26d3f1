"""How it grows: `make bench-scale`, or `python -m benchmarks.scale [--rows 1e6 1e7] [--tables 10 100 1000]`.

Each contestant runs in a process of its own, in turn. Told are seconds of processor time of all threads (the
clock tells of who else uses the machine), peak memory, and ratios within this run.

rows     all tables of belgium-2002 beside a bare scan of the same columns, by number of firm-years
tables   10 to 1,000 tables over the same dimensions, samples and years
jobs     one cross table (year, size, mode; firms, turnover, employment) beside pandas, polars, data.table
engines  the same table on Spark local[2], where this firmtrade and this machine have it
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: Bytes of a panel on disk by row, as benchmarks/panel.py writes it, and as much again for what spills.
BYTES = 35
PEERS = ("ours", "sql", "pandas", "polars", "datatable")
FLAT, MEMORY, SUBLINEAR = 1.2, 8.0, 5.0


def main() -> None:
    """Make the panels, run what is asked for, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", nargs="*", type=float, help="firm-years (default 1e6 1e7, 1e8 if it fits)")
    parser.add_argument("--tables", nargs="*", type=int, default=[10, 100, 1000])
    parser.add_argument("--jobs", type=float, default=1e7, help="firm-years of the peers' panel; 0 for none")
    parser.add_argument("--folder", type=Path, help="where panels are made and left for the next time")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="firmtrade-scale-") as scratch:
        folder = asked.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        sizes = [int(size) for size in (asked.rows if asked.rows is not None else _fitting(folder))]
        for part in (rows(folder, sizes), tables(folder, asked.tables), jobs(folder, int(asked.jobs))):
            for line in part:
                print(line, flush=True)


def _fitting(folder: Path) -> Iterator[float]:
    """The sizes whose panel takes less than a tenth of the disk that is free."""
    for size in (1e6, 1e7, 1e8):
        if 10 * 2 * BYTES * size < shutil.disk_usage(folder).free:
            yield size


def panel(folder: Path, size: int) -> Path:
    """The panel of so many firm-years, made where it is not there."""
    from benchmarks.panel import make_panel

    path = folder / f"{size}.parquet"
    if not path.exists():
        aside = path.with_suffix(".part")
        make_panel(aside, size)
        aside.rename(path)
    return path


def rows(folder: Path, sizes: list[int]) -> Iterator[str]:
    """The curve by rows."""
    if not sizes:
        return
    yield f"{'rows':>13} {'scan':>8} {'study':>8} {'ns a row':>9} {'ratio':>6} {'peak GiB':>9}"
    ratios, peaks = [], []
    for size in sizes:
        path = panel(folder, size)
        scan, study = (
            run("benchmarks.contestants", "scan", path),
            run("benchmarks.contestants", "study", path),
        )
        ratios.append(study["cpu"] / scan["cpu"])
        peaks.append(study["peak"])
        figures = f"{scan['cpu']:8.2f} {study['cpu']:8.2f} {1e9 * study['cpu'] / size:9.0f}"
        yield f"{size:13,} {figures} {ratios[-1]:6.1f} {peaks[-1]:9.2f}"
    yield f"ratio at the largest / at the smallest {ratios[-1] / ratios[0]:6.2f}   (to reach: at most {FLAT})"
    yield f"peak memory                            {max(peaks):6.2f}   GiB (to reach: at most {MEMORY:.0f})"


def tables(folder: Path, numbers: list[int], size: int = 10_000_000) -> Iterator[str]:
    """The curve by number of tables."""
    if not numbers:
        return
    path = panel(folder, size)
    yield f"\n{'tables':>13} {'figures':>8} {'seconds':>8} {'peak GiB':>9}   ({size:,} firm-years)"
    found = []
    for number in numbers:
        made = run("benchmarks.many_tables", str(number), path)
        found.append(made["cpu"])
        yield f"{number:13,} {int(made['figures']):8,} {made['cpu']:8.2f} {made['peak']:9.2f}"
    ratio = found[-1] / found[0]
    yield f"{numbers[-1]:,} tables / {numbers[0]} tables {ratio:17.2f}   (to reach: at most {SUBLINEAR:.0f})"


def jobs(folder: Path, size: int) -> Iterator[str]:
    """One cross table with each tool that is there, and on Spark."""
    if not size:
        return
    path = panel(folder, size)
    yield (
        f"\n{'one cross table':>18} {'processor s':>12} {'wall s':>8} {'peak GiB':>9} "
        f"  ({size:,} firm-years; Spark's own program is seen by the clock only)"
    )
    for name in (*PEERS, "spark"):
        lacking = _lacking(name)
        if lacking:
            yield f"{name:>18} skipped: {lacking}"
            continue
        made = run("benchmarks.cross_table", name, path)
        yield f"{name:>18} {made['cpu']:12.2f} {made['wall']:8.2f} {made['peak']:9.2f}   {made['sum']:.0f}"


def _lacking(name: str) -> str:
    """Why a tool cannot take part."""
    if name in ("pandas", "polars") and importlib.util.find_spec(name) is None:
        return f"{name} is not installed"
    if name == "datatable":
        if not shutil.which("Rscript"):
            return "R is not installed"
        asked = ["Rscript", "-e", "quit(status = !requireNamespace('data.table', quietly = TRUE))"]
        done = subprocess.run(asked, capture_output=True, check=False)
        return "" if done.returncode == 0 else "R has no data.table (Debian: r-cran-data.table)"
    if name == "spark":
        if importlib.util.find_spec("pyspark") is None:
            return "pyspark is not installed"
        from benchmarks.cross_table import spark_study

        return "" if spark_study() else "this firmtrade has no engine for Spark"
    return ""


def run(module: str, name: str, path: Path) -> dict[str, Any]:
    """A contestant in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", module, name, str(path)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{module} {name} {path} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
