"""How often is the verdict right? Panels with a planted truth, drawn again and again.

    python -m benchmarks.recovery [SEEDS] [CASE ...]

prints for each case and truth what the verdicts were, in how many of the panels both are right, and how often
the 95 % interval of the comparison that was believed covers the planted effect. A case changes how firms'
productivity moves or who starts; `base` is the default of tests/support_planted.py. Two processes share the
work.
"""

from __future__ import annotations

import os
import sys
import zlib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

#: What is right: selection (None: either), learning.
RIGHT = {
    "selection": ("shown", "not shown"),
    "learning": ("not shown", "shown"),
    "both": ("shown", "shown"),
    "neither": ("not shown", "not shown"),
    "growth": (None, "cannot tell"),
}
MEAN = {"level": 0.35, "shock": 0.35, "rho": 0.8}
WALK = {"level": 0.3, "walk": 0.1, "shock": 0.05}
#: (case, what it changes, what `level` selection looks at instead of the firm's lasting level)
CASES: dict[str, tuple[dict[str, Any], str | None]] = {
    "base": ({}, None),
    "small": ({"firms": 1500}, None),
    "large": ({"firms": 5000, "years": 10}, None),
    "few-starters": ({"years": 8, "hazard": 0.02}, None),
    "growing-uneven-effect": ({"ramp": 3, "uneven": 0.5}, None),
    "weak": ({"effect": 0.06, "strength": 0.5, "firms": 2000}, None),
    "stopping": ({"stop": 0.2, "fades": True}, None),
    "exit-and-entry": ({"leave": 0.05, "enter": 0.3, "unknown": 0.01}, None),
    "persistent": ({"rho": 0.9, "shock": 0.3}, None),
    "noisy": ({"noise": 0.2, "firms": 2000}, None),
    "walk": (WALK, None),
    "last-year-decides": ({}, "lagged"),
    "last-year-reverting": (MEAN, "lagged"),
    "last-year-walk": (WALK, "lagged"),
    "this-year-decides": ({}, "now"),
    "this-year-reverting": (MEAN, "now"),
    "first-year-decides": ({}, "first"),
    "first-year-reverting": (MEAN, "first"),
}
#: Growth in other guises: (case, index, changes, whether starting teaches)
GROWTH: dict[str, tuple[dict[str, Any], bool]] = {
    "growth-slow": ({"trend": 0.015}, False),
    "growth-fast": ({"trend": 0.1}, False),
    "growth-small": ({"firms": 1500}, False),
    "growth-no-levels": ({"level": 0.1, "trend": 0.05}, False),
    "growth-persistent": ({"rho": 0.9, "shock": 0.3}, False),
    "growth-last-year": ({"index": "recent"}, False),
    "growth-last-year-walk": ({"index": "recent", "walk": 0.12, "shock": 0.05}, False),
    "growth-teaches": ({"index": "trend"}, True),
    "growth-last-year-teaches": ({"index": "recent"}, True),
}


def tasks(seeds: int, wanted: list[str]) -> list[tuple[str, str, str, dict[str, Any], int]]:
    """(case, what is right, planted truth, changes, seed) of every panel."""
    found = []
    for case, (changes, index) in CASES.items():
        for name in RIGHT:
            more = {"index": index} if index and name in ("selection", "both") else {}
            if name == "growth" and (index or case == "weak"):
                continue
            found += [(case, name, name, {**changes, **more}, seed) for seed in range(seeds)]
    for case, (changes, teaches) in GROWTH.items():
        name = "both" if teaches else "growth"
        found += [(case, "growth", name, changes, seed) for seed in range(seeds)]
    return [task for task in found if not wanted or task[0] in wanted]


def one(task: tuple[str, str, str, dict[str, Any], int]) -> tuple[str, str, str, str, str, bool | None]:
    """Draw a panel and judge it."""
    from firmtrade.estimate.verdict import judge
    from support_planted import evidence_of, panel, planted_effect, truth

    case, right, name, changes, seed = task
    drawn = panel(truth(name, seed=zlib.crc32(f"{case} {right} {seed}".encode()), **changes))
    evidence, rows = evidence_of(drawn)
    selection, learning = judge(evidence)
    covers = learning.low <= planted_effect(rows) <= learning.high if learning.reading else None
    return case, right, selection.answer, learning.answer, learning.reading or "-", covers


def main(arguments: list[str]) -> None:
    seeds = int(arguments[0]) if arguments else 20
    asked = tasks(seeds, arguments[1:])
    print(f"{'case':26} {'truth':10} {'right':>9}  covers  verdicts (selection / learning, by comparison)")
    with ProcessPoolExecutor(2) as pool:
        rows: list[tuple[str, str, str, str, str, bool | None]] = []
        for row in pool.map(one, asked, chunksize=5):
            rows.append(row)
            if len(rows) == seeds:  # tasks come case by case, so these are all of one
                print(summary(rows), flush=True)
                rows = []


def summary(rows: list[tuple[str, str, str, str, str, bool | None]]) -> str:
    """A line for one case and truth."""
    case, right = rows[0][:2]
    told = [covers for *_, covers in rows if covers is not None]
    selection, learning = RIGHT[right]
    good = sum(selection in (None, row[2]) and row[3] == learning for row in rows)
    covered = f"{sum(told) / len(told):.2f}" if told else "-"
    counted = Counter(f"{row[2]} / {row[3]} ({row[4]})" for row in rows).most_common()
    verdicts = "; ".join(f"{number} {what}" for what, number in counted)
    return f"{case:26} {right:10} {good:4}/{len(rows):4}  {covered:>6}  {verdicts}"


if __name__ == "__main__":
    main(sys.argv[1:])
