"""Do every fault and print the table: python -m faults [--kills 50] [--seed 1] [--write docs/faults.md]."""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path
from random import Random

from faults import cluster, disks, ends, inputs
from faults.row import Row
from faults.world import World, made, ready

ROOT = Path(__file__).resolve().parents[2]


def rows(world: World, seed: int, kills: int, only: str = "") -> list[Row]:
    """Every fault; `kills` is how often a run is killed, the others follow from it."""
    draw = Random(seed)
    some, few = max(2, kills // 2), max(2, kills // 10)
    faults: list[partial[Row]] = [
        partial(ends.killed_at_a_moment, world, draw, kills // 2),
        partial(ends.killed_at_a_change, world, draw, kills - kills // 2),
        partial(ends.interrupted, world, draw, few * 2),
        partial(ends.two_at_once, world, draw, few),
        partial(ends.pipe_closed, world, ROOT),
        partial(disks.full_from, world, draw, some),
        partial(disks.files_limited, world, (0, 100, 3_000, 20_000, 60_000)[: max(3, few)]),
        partial(disks.small_disk, world, (16, 64, 128, 200)[: max(2, few)]),
        partial(disks.spill_limited, world),
        partial(disks.read_only, world),
        partial(inputs.parquet_truncated, world, draw, few),
        partial(inputs.parquet_flipped, world, draw, some),
        partial(inputs.csv_changes_encoding, world, draw, max(3, few)),
        partial(inputs.database_dropped, world, few),
        partial(inputs.sqlite_locked, world),
        partial(inputs.clock_moved, world, ROOT),
        partial(cluster.executor_lost, ROOT, draw, 3 if kills >= 50 else 0),
    ]
    return [_told(fault()) for fault in faults if only in fault.func.__name__]


def _told(row: Row) -> Row:
    print(f"{row.fault}: {row.told}", flush=True)
    for wrong in row.wrong:
        print(f"    {wrong}", flush=True)
    return row


def table(made_rows: list[Row], seed: int, kills: int) -> str:
    """The page."""
    lines = [f"| {row.fault} | {row.expected} | {row.told} |\n" for row in made_rows]
    bad = sum(len(row.wrong) for row in made_rows)
    verdict = f"{bad} tries did not come out as expected." if bad else "Every try came out as expected."
    page = (ROOT / "tests" / "faults" / "page.md").read_text(encoding="utf-8")
    return page.format(rows="".join(lines), seed=seed, kills=kills, verdict=verdict)


def main() -> int:
    """Return 1 if anything did not come out as expected."""
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="how often a run is killed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only faults whose function's name has this in it")
    parser.add_argument("--write", type=Path, help="the page to write the table into")
    asked = parser.parse_args()
    ready()
    with made(Path(tempfile.gettempdir()), chart=asked.kills >= 50) as world:
        found = rows(world, asked.seed, asked.kills, asked.only)
    text = table(found, asked.seed, asked.kills)
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")
    return 1 if any(row.wrong for row in found) else 0


if __name__ == "__main__":
    sys.exit(main())
