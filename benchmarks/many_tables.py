"""So many tables over the same dimensions, samples and years: prints seconds and peak memory as JSON."""

from __future__ import annotations

import itertools
import json
import random
import resource
import sys
import time
from pathlib import Path
from typing import Any

DIMENSIONS = {
    "size": ["0-9", "10-49", "50-99", "100-249", "_T"],
    "age": ["0-4", "5-9", "10-14", "15-19", "20+", "_T"],
    "technology": ["high", "medium-high", "medium-low", "low", "_T"],
    "mode": ["none", "import-only", "export-only", "both", "_T"],
    "region": ["BE1", "BE2", "BE3", "_T"],
    "flow": ["any", "import", "export"],
}
MEASURES = ("firms", "participation", "turnover", "value-added", "employment", "productivity", "export-value")
YEARS = range(1996, 2004)


def entries(number: int) -> dict[str, Any]:
    """The first of all tables by one or two dimensions, of one measure in one year, in a drawn order.

    The order is drawn, so that ten tables use the dimensions, measures and years that a thousand use.
    """
    by = [names for size in (1, 2) for names in itertools.combinations(DIMENSIONS, size)]
    combinations = list(itertools.product(by, MEASURES, YEARS))
    random.Random(1).shuffle(combinations)
    found = {}
    for at, (names, measure, year) in enumerate(combinations[:number]):
        groups = {name: DIMENSIONS[name] for name in names}
        if measure == "participation":
            groups.setdefault("flow", ["any"])
        found[f"table-{at}"] = {"sample": "smes", "period": year, "measures": [measure], "by": groups}
    return found


def main(number: int, panel: Path) -> None:
    """Compute the tables once."""
    from firmtrade.study import Study, make_study

    raw = {"title": "Many tables", "panel": {"classification": "NACE 1.1"}, "tables": entries(number)}
    asked = Study(make_study(raw, "many", Path(), "many.toml"), str(panel), memory="4GB")
    start = time.process_time()
    made = asked.tables(check=False)
    cpu = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"cpu": cpu, "peak": peak, "figures": sum(len(one.cells) for one in made)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
