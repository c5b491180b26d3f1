"""A premia regression beside pyfixest called bare: `python -m benchmarks.premia [ROWS]`.

Log value added on the mode of trade and log employment, with industry x year and region effects, errors
clustered by firm. Bare is `feols` on a frame that is ready: logarithms, dummies and codes are columns of it.
Ours starts from levels and categories, and counts what it leaves out and what its figures rest on. Each runs
in a process of its own, in turn; printed are medians. To reach: 1.3 times bare, 4 GiB.
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
from pathlib import Path
from typing import Any

import numpy

YEARS, INDUSTRIES, REGIONS = 10, 80, 40
MODES = ("none", "import-only", "export-only", "both")
PREMIA = (0.0, 0.1, 0.2, 0.3)


def main() -> None:
    """Make the columns, run the contestants in turn, print the medians."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.premia", description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="?", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--firm-effects", action="store_true", help="firm effects instead of region effects")
    parser.add_argument("--one", choices=("bare", "ours"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(_measure(asked.one, asked.folder, asked.firm_effects)))
        return
    with tempfile.TemporaryDirectory(prefix="firmtrade-premia-") as folder:
        _make(Path(folder), asked.rows)
        found: dict[str, list[dict[str, Any]]] = {"bare": [], "ours": []}
        for _ in range(asked.rounds):
            for name, runs in found.items():
                runs.append(_run(name, folder, asked.firm_effects))
    print(_report(found, asked.rows))


def _make(folder: Path, rows: int) -> None:
    """Firms in no order of size, seen in nine years of ten; firms differ for good, and trade persists."""
    rng = numpy.random.default_rng(1999)
    firms = rows // (YEARS - 1)
    seen = rng.random(firms * YEARS) < rows / (firms * YEARS)
    firm = numpy.repeat(numpy.arange(firms, dtype=numpy.int32), YEARS)[seen]
    year = numpy.tile(numpy.arange(YEARS, dtype=numpy.int16), firms)[seen]
    industry = rng.integers(0, INDUSTRIES, firms).astype(numpy.int16)[firm]
    region = rng.integers(0, REGIONS, firms).astype(numpy.int16)[firm]
    mode = numpy.where(
        rng.random(len(firm)) < 0.9, rng.integers(0, 4, firms)[firm], rng.integers(0, 4, len(firm))
    )
    size = rng.normal(2.5, 1.2, firms)[firm] + rng.normal(0, 0.3, len(firm))
    amount = 4 + size + numpy.array(PREMIA)[mode] + rng.normal(0, 0.4, firms)[firm]
    amount += rng.normal(0, 0.3, len(firm))
    columns = {
        "firm": firm, "year": year, "industry": industry, "region": region, "mode": mode.astype(numpy.int8),
        "employment": numpy.exp(size), "value_added": numpy.exp(amount),
    }  # fmt: skip
    for name, column in columns.items():
        numpy.save(folder / f"{name}.npy", column)


def _run(name: str, folder: str, firm_effects: bool) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.premia", "--one", name, "--folder", folder]
    command += ["--firm-effects"] if firm_effects else []
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _measure(name: str, folder: Path, firm_effects: bool) -> dict[str, Any]:
    columns = {path.stem: numpy.load(path) for path in sorted(folder.glob("*.npy"))}
    job, frame = (_bare, _ready(columns)) if name == "bare" else (_ours, _levels(columns))
    job(frame.head(5000), firm_effects)  # imports and compiled parts
    before, start = time.process_time(), time.perf_counter()
    estimates = job(frame, firm_effects)
    return {
        "processor": time.process_time() - before,
        "wall": time.perf_counter() - start,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "estimates": estimates,
    }


def _levels(columns: dict[str, numpy.ndarray]) -> Any:
    import pandas

    for name, count in (("industry", INDUSTRIES), ("region", REGIONS), ("mode", len(MODES))):
        labels = MODES if name == "mode" else [f"{name} {code:03}" for code in range(count)]
        columns[name] = pandas.Categorical.from_codes(columns[name], categories=labels)  # type: ignore
    return pandas.DataFrame(columns, copy=False)


def _ready(columns: dict[str, numpy.ndarray]) -> Any:
    import pandas

    mode = columns.pop("mode")
    ready = {
        "firm": columns.pop("firm"),
        "cell": columns.pop("industry").astype(numpy.int32) * YEARS + columns.pop("year"),
        "region": columns.pop("region"),
        "y": numpy.log(columns.pop("value_added")),
        "size": numpy.log(columns.pop("employment")),
        **{f"m{place}": (mode == place).astype(numpy.float64) for place in (1, 2, 3)},
    }
    return pandas.DataFrame(ready, copy=False)


def _bare(frame: Any, firm_effects: bool) -> list[float]:
    import pyfixest

    formula = f"y ~ m1 + m2 + m3 + size | cell + {'firm' if firm_effects else 'region'}"
    found = pyfixest.feols(formula, frame, vcov={"CRV1": "firm"})
    return [float(value) for value in (*found.coef()[:3], *found.se()[:3])]


def _ours(frame: Any, firm_effects: bool) -> list[float]:
    from firmtrade.estimate.premia import PremiaSpec, premia

    spec = PremiaSpec(
        outcomes=("value_added",), status="mode", base=MODES[0], log_controls=("employment",),
        effects=(("industry", "year"),) if firm_effects else (("industry", "year"), ("region",)),
        firm_effects=firm_effects,
    )  # fmt: skip
    found = {line.status: line.coefficient for line in premia(frame, spec).lines}
    ordered = [found[mode] for mode in MODES[1:]]
    return [*(each.estimate for each in ordered), *(each.std_error for each in ordered)]


def _report(found: dict[str, list[dict[str, Any]]], rows: int) -> str:
    middle = {
        name: {key: statistics.median(run[key] for run in runs) for key in ("processor", "wall", "peak")}
        for name, runs in found.items()
    }
    bare, ours = middle["bare"], middle["ours"]
    apart = max(
        abs(one - other) for one, other in zip(*(found[name][0]["estimates"] for name in found), strict=True)
    )
    lines = [f"{rows:,} firm-years{'':24} {'processor s':>12} {'wall s':>8} {'peak GiB':>9}"]
    for name, title in (
        ("bare", "pyfixest.feols on a ready frame"),
        ("ours", "firmtrade premia from levels"),
    ):
        one = middle[name]
        lines.append(f"{title:42} {one['processor']:12.2f} {one['wall']:8.2f} {one['peak']:9.2f}")
    ratios = ", ".join(f"{key} {ours[key] / bare[key]:.2f}" for key in ("processor", "wall"))
    lines += [
        f"ours / bare: {ratios} (to reach: at most 1.3)",
        f"largest difference of a coefficient or standard error: {apart:.1e}",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
