"""Do the intervals cover the planted truth as often as they say? `python -m benchmarks.intervals [PANELS]`.

Made panels (tests/support_premia.py) with premia, growth and selection planted; printed is the share of 95 %
intervals that hold the truth, with the number of intervals and the share's own standard error. For the tests
of dominance it is how often the verdict is `alike` where both groups are alike (at least 95 %).
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from firmtrade.estimate.dominance import ALIKE, DominanceSpec, dominance
from firmtrade.estimate.growth import LOG, MIDPOINT, GrowthSpec, growth
from firmtrade.estimate.growth_readings import Bootstrap, readings
from firmtrade.estimate.premia import PremiaSpec, premia
from firmtrade.estimate.quantiles import quantile_premia
from firmtrade.estimate.selection import SelectionSpec, selection
from support_premia import PREMIA, entry_panel, mode_panel, window_firms

EFFECTS = (("industry", "year"), ("region",))
WINDOW = GrowthSpec("start", "end", "status", "neither", 5, gone="gone")
PLANTED = {"start": 4.0, "both": 2.0, "stop": -3.0}


def main() -> None:
    """Draw the panels, count, print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.intervals", description=__doc__.splitlines()[0]
    )
    parser.add_argument("panels", nargs="?", type=int, default=200)
    asked = parser.parse_args()
    found: dict[str, list[bool]] = defaultdict(list)
    truth = _population()
    for seed in range(asked.panels):
        for name, inside in (*_premia(seed), *_growth(seed), *_readings(seed, truth), *_selection(seed)):
            found[name].append(inside)
    for name, inside in found.items():
        share = sum(inside) / len(inside)
        error = (share * (1 - share) / len(inside)) ** 0.5
        print(f"{name:52} {share:6.1%}  of {len(inside):5,}  (+- {error:.1%})")


def _premia(seed: int) -> Iterator[tuple[str, bool]]:
    frame = mode_panel(300, seed=seed)
    for title, firm_effects in (("premia", False), ("premia, firm effects", True)):
        for line in premia(
            frame, PremiaSpec(("amount",), "mode", "none", ("size",), EFFECTS, firm_effects)
        ).lines:
            yield title, line.coefficient.low < PREMIA[line.status] < line.coefficient.high
    plain = PremiaSpec(("amount",), "mode", "none", ("size",), (("industry",), ("year",), ("region",)))
    for each in quantile_premia(frame, plain, (0.25, 0.5, 0.75)).lines:
        one = each.premium.coefficient
        yield f"premia at the quantile {each.quantile}", one.low < PREMIA[each.premium.status] < one.high
    alike = mode_panel(300, years=1, seed=seed, premia={})
    alike["amount"] = alike["amount"] / alike["size"] ** 0.5  # the modes differ in size only
    for test in dominance(alike, DominanceSpec("amount", "mode", "none")).lines:
        yield "dominance where there is none", test.verdict == ALIKE


def _growth(seed: int) -> Iterator[tuple[str, bool]]:
    spec = GrowthSpec(
        "start", "end", "status", "neither", 5, gone="gone", log_controls=("start",), effects=(("industry",),)
    )  # fmt: skip
    for line in growth(window_firms(400, seed=seed), spec, LOG).lines:
        yield "growth by status, log", line.low < PLANTED[line.status] < line.high
    for line in growth(window_firms(400, seed=seed, growth={}), spec, MIDPOINT).lines:
        yield "growth by status, mid-point, no difference", line.low < 0 < line.high


def _population() -> dict[tuple[str, bool], float]:
    """The readings of a very large population, which has the truth of all samples."""
    made = readings(window_firms(2_000_000, seed=99), WINDOW, draw=Bootstrap(2)).lines
    return {(line.reading, line.exits): line.value or 0.0 for line in made if line.status == "neither"}


def _readings(seed: int, truth: dict[tuple[str, bool], float]) -> Iterator[tuple[str, bool]]:
    for line in readings(window_firms(400, seed=seed), WINDOW).lines:
        if line.status == "neither" and line.low is not None and line.high is not None:
            title = f"growth, {line.reading}, {'with exits' if line.exits else 'survivors'}"
            yield title, line.low < truth[line.reading, line.exits] < line.high


def _selection(seed: int) -> Iterator[tuple[str, bool]]:
    spec = SelectionSpec("productivity", "exports", log_controls=("size",), effects=(("industry", "year"),))
    for line in selection(entry_panel(400, seed=seed, ahead=0.2, faster=0.03), spec).lines:
        if line.growth:
            yield "selection: growth before entry", line.low < 3 < line.high
        else:
            planted = 0.2 + 0.03 * (3 - line.lead)
            yield (
                f"selection: {line.lead} years before",
                line.coefficient.low < planted < line.coefficient.high,
            )


if __name__ == "__main__":
    main()
