"""Do the estimators of production functions find what was put in? Many panels, means and spreads.

    PYTHONPATH=src:tests python benchmarks/productivity_recovery.py [PANELS]

Processes 1 to 3 are those of Ackerberg, Caves and Frazer (2015): labour decided early, wages of its own;
labour decided with materials but with errors; both. Elasticities are 0.6 and 0.4, 1,000 firms, 10 years.
"""

from __future__ import annotations

import sys

import numpy as np

from firmtrade.estimate.productivity.acf import acf
from firmtrade.estimate.productivity.panel import Inputs
from firmtrade.estimate.productivity.wooldridge import wooldridge
from reference.production import acf_panel

PLAIN = Inputs("id", "year", "y", ("l",), ("k",), "m")
EXPORTS = Inputs("id", "year", "y", ("l",), ("k",), "m", "exports")


def main(panels: int) -> None:
    print(f"{panels} panels; mean (standard deviation over panels)")
    for process in (1, 2, 3):
        frames = [acf_panel(seed, process) for seed in range(panels)]
        timing = [acf(frame, PLAIN, replications=0) for frame in frames]
        both = [wooldridge(frame, PLAIN) for frame in frames]
        roots = np.mean([len(one.roots) for one in timing])
        rejected = np.mean([one.test.p < 0.05 for one in both])
        print(f"process {process}  acf l {_of(timing, 'l')}  k {_of(timing, 'k')}  solutions {roots:.2f}")
        print(
            f"           wooldridge l {_of(both, 'l')}  k {_of(both, 'k')}  rejected at 5 %: {rejected:.2f}"
        )
    for effect in (1e-9, 0.05, 0.1):
        frames = [acf_panel(seed, 1, effect=effect) for seed in range(panels)]
        found = [acf(frame, EXPORTS, replications=0) for frame in frames]
        without = [acf(frame, PLAIN, replications=0) for frame in frames]
        print(
            f"exporting adds {effect:.2f}  found {_of(found, 'exporting')}  k {_of(found, 'k')}"
            f"  k without exporting in the process {_of(without, 'k')}"
        )
    _coverage(panels)


def _coverage(panels: int) -> None:
    """How often intervals from 30 resamples hold the truth: 300 firms, 8 years, exporting adds 0.05."""
    truth = {"l": 0.6, "k": 0.4, "exporting": 0.05}
    held: dict[str, list[bool]] = {name: [] for name in truth}
    for seed in range(panels):
        frame = acf_panel(1000 + seed, 1, firms=300, years=8, effect=0.05)
        found = acf(frame, EXPORTS, replications=30)
        for name, value in truth.items():
            one = found.elasticity(name)
            held[name].append(one.low <= value <= one.high)
    rates = "  ".join(f"{name} {np.mean(values):.2f}" for name, values in held.items())
    print(f"95 % intervals of acf from 30 resamples hold the truth: {rates}")
    # Wooldridge's errors are a formula: many small panels at little cost.
    inside = {"l": [], "k": []}
    for seed in range(4 * panels):
        found = wooldridge(acf_panel(2000 + seed, 2, firms=300, years=8), PLAIN)
        for name in inside:
            one = found.elasticity(name)
            inside[name].append(one.low <= truth[name] <= one.high)
    rates = "  ".join(f"{name} {np.mean(values):.2f}" for name, values in inside.items())
    print(f"95 % intervals of wooldridge (process 2) hold the truth: {rates}")


def _of(found: list, name: str) -> str:
    values = [one.elasticity(name).value for one in found]
    return f"{np.mean(values):.3f} ({np.std(values, ddof=1):.3f})"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
