"""Does the impact of support come out, and is the word withheld where it cannot?

    python -m benchmarks.impact_recovery [SEEDS]

prints for each way of choosing the supported firms the means over the panels of tests/support_impact.py,
beside those of the research note that the table was taken from (its own panels, drawn in the same manner).
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

#: The note's figures: difference, before and after, two-way, effect, coverage, share of pre-tests below 5 %.
NOTE = {
    "random": (0.168, 0.234, 0.114, 0.122, 0.95, 0.10),
    "level": (1.193, 0.233, 0.111, 0.122, 0.95, 0.05),
    "growth": (0.543, 0.410, 0.311, 0.248, 0.00, 1.00),
}
HEAD = ("truth", "difference", "before/after", "two-way", "effect", "covers", "p<.05", "withheld")


def one(task: tuple[str, int]) -> tuple[float, ...]:
    """The figures of one panel."""
    from firmtrade.support.impact.judge import IMPACT, judge
    from support_impact import ASKED, drawn, estimate

    panel = drawn(*task)
    found = estimate(panel)
    plain, effect = found.untrusted, found.average
    assert plain.two_way is not None
    return (
        panel.truth,
        plain.difference,
        plain.before_after,
        plain.two_way,
        effect.att,
        effect.low <= panel.truth <= effect.high,
        found.joint.p < 0.05,
        judge(found, ASKED).word != IMPACT,
    )


def main(arguments: list[str]) -> None:
    seeds = int(arguments[0]) if arguments else 40
    print(f"{'supported firms':16}" + "".join(f"{name:>14}" for name in HEAD))
    with ProcessPoolExecutor(2) as pool:
        for row, note in NOTE.items():
            rows = list(pool.map(one, [(row, seed) for seed in range(seeds)]))
            means = [sum(column) / seeds for column in zip(*rows, strict=True)]
            print(f"{row:16}" + "".join(f"{value:14.3f}" for value in means), flush=True)
            print(f"{'  note':16}{0.121:14.3f}" + "".join(f"{value:14.3f}" for value in note))


if __name__ == "__main__":
    main(sys.argv[1:])
