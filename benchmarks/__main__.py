"""Measure the Belgian study against its limits: `make bench`, or `python -m benchmarks [ROWS]`.

Each contestant runs in a process of its own, in turn, nine times, the slow ones in every third round; printed
are medians and their ratios of one run, since machines differ and drift. (a) a bare DuckDB scan of the same
columns; (b) the pandas script that an analyst wrote for the same tables, and for comparison one that was
written to be fast; ours computes all tables and figures, without rendering.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 9
#: These take long and differ by much: every third round is enough.
SLOW = ("check", "pandas", "tuned")
CONTESTANTS = {
    "scan": "(a) bare DuckDB scan of the same columns",
    "study": "firmtrade: all tables and figures of belgium-2002",
    "more": "firmtrade: the same and ten more tables",
    "check": "firmtrade: check of the panel on entry",
    "pandas": "(b) pandas script for the same tables",
    "tuned": "    pandas script written to be fast, fewer tables",
}


def main() -> None:
    """Make the panel, run the contestants in turn, print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument(
        "rows", nargs="?", type=int, default=10_000_000, help="firm-years (default 10 million)"
    )
    parser.add_argument("--panel", type=Path, help="measure on this Parquet file instead of a made one")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="firmtrade-bench-") as folder:
        panel = asked.panel or _panel(Path(folder), asked.rows)
        found: dict[str, list[dict[str, float]]] = {name: [] for name in CONTESTANTS}
        for number in range(asked.rounds):
            for name in CONTESTANTS:
                if name not in SLOW or number % 3 == 0:
                    found[name].append(_run(name, panel))
    print(_report(found))


def _panel(folder: Path, rows: int) -> Path:
    from benchmarks.panel import make_panel

    print(f"making a panel of {rows:,} firm-years ...", flush=True)
    return make_panel(folder / "panel.parquet", rows)


def _run(name: str, panel: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.contestants", name, str(panel)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _median(runs: list[dict[str, float]], key: str) -> float:
    return statistics.median(run[key] for run in runs)


def _report(found: dict[str, list[dict[str, float]]]) -> str:
    lines = [f"{'':52} {'seconds':>8} {'peak GiB':>9}"]
    for name, title in CONTESTANTS.items():
        lines.append(f"{title:52} {_median(found[name], 'seconds'):8.2f} {_median(found[name], 'peak'):9.2f}")

    def ratio(first: str, second: str) -> float:
        return _median(found[first], "seconds") / _median(found[second], "seconds")

    lines += [
        "",
        f"study / bare scan            {ratio('study', 'scan'):6.1f}   (to reach: at most 3)",
        f"pandas / study               {ratio('pandas', 'study'):6.1f}   (to reach: at least 10)",
        f"tuned pandas / study         {ratio('tuned', 'study'):6.1f}",
        f"ten more tables add          {ratio('more', 'study') - 1:6.1%}   (to reach: below 5 %)",
        f"peak memory of the study     {_median(found['study'], 'peak'):6.2f}   GiB (to reach: at most 4)",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
