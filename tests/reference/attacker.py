"""An attacker who shares nothing with the package: bounds every hidden number of firms of one year.

He knows the firms' classes (which groups exist and which do not), every figure that tables.csv shows, and
that numbers of firms are not negative. Each unsafe number is bounded by two linear programs over all tables
together.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import highspy
import numpy
import pandas

from reference.firm_year import (
    SAMPLES,
    Row,
    age_of,
    firm_year,
    mode_of,
    region_of,
    scope_of,
    size_of,
    technology_of,
)

FEW = 3
FLOWS = ("any", "import", "export", "import-intra", "import-extra", "export-intra", "export-extra")
GROUPS = {
    "region": region_of,
    "size": size_of,
    "age": age_of,
    "technology": technology_of,
    "mode": mode_of,
    "scope": scope_of,
    "activity": lambda row: row["division"],
}
_FIXED = ("table", "sample", "period", "measure", "value", "unit", "decimals", "confidentiality")


def bounds(panel: pandas.DataFrame, tables: Path, year: int = 2002) -> list[tuple[str, int, float, float]]:
    """(what, number, least, most) of each number of one or two firms behind a figure of that year."""
    rows = [firm_year(record) for record in panel[panel["year"] == year].to_dict("records")]
    members, shown = _figures(rows, tables, str(year))
    patterns: dict[tuple[bool, ...], int] = defaultdict(int)
    for number in range(len(rows)):
        patterns[tuple(number in firms for firms in members.values())] += 1
    classes = [pattern for pattern in patterns if any(pattern)]
    matrix = numpy.array(classes, dtype=float).T
    truth = matrix @ numpy.array([patterns[pattern] for pattern in classes], dtype=float)
    program = _program(matrix, [name in shown for name in members], truth)
    found = []
    for place, name in enumerate(members):
        if 0 < truth[place] < FEW:
            least, most = (_extreme(program, matrix[place], sense) for sense in (1, -1))
            found.append((name, int(truth[place]), least, most))
    return found


def _figures(rows: list[Row], tables: Path, year: str) -> tuple[dict[str, frozenset[int]], set[str]]:
    """The firms of each number behind a figure, and the numbers that a figure shows."""
    members: dict[str, frozenset[int]] = {}
    shown: set[str] = set()
    with tables.open(encoding="utf-8", newline="") as file:
        for cell in csv.DictReader(file):
            if cell["period"] != year or cell["measure"] not in ("firms", "participation"):
                continue
            codes = {k: v for k, v in cell.items() if k not in _FIXED and v != "_T"}
            if cell["sample"] not in SAMPLES or not codes.keys() <= {*GROUPS, "flow", "given"}:
                continue
            if "unknown" in codes.values() or any(
                "only" in code or "-both" in code for code in codes.values()
            ):
                continue
            for wanted in _numbers(cell["measure"], codes):
                name = f"{cell['sample']} {sorted(wanted.items())}"
                members.setdefault(name, _firms(rows, cell["sample"], wanted))
                if cell["confidentiality"] == "F":
                    shown.add(name)
    return members, shown


def _numbers(measure: str, codes: dict[str, str]) -> list[dict[str, str]]:
    """A number of firms is itself; a share is the number with the flow, of the number without it."""
    if measure == "firms":
        return [codes]
    return [codes, {name: code for name, code in codes.items() if name != "flow"}]


def _firms(rows: list[Row], sample: str, codes: dict[str, str]) -> frozenset[int]:
    def inside(row: Row) -> bool:
        if not SAMPLES[sample](row):
            return False
        return all(
            row["flows"][code] is True if name in ("flow", "given") else GROUPS[name](row) == code
            for name, code in codes.items()
        )

    return frozenset(number for number, row in enumerate(rows) if inside(row))


def _program(matrix: numpy.ndarray, shown: list[bool], truth: numpy.ndarray) -> highspy.Highs:
    """Numbers of firms by class, not negative, that give every figure that is shown."""
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("threads", 1)
    for _ in range(matrix.shape[1]):
        solver.addVar(0.0, highspy.kHighsInf)
    for line, visible, value in zip(matrix, shown, truth, strict=True):
        if visible:
            places = numpy.flatnonzero(line)
            solver.addRow(value, value, len(places), places, numpy.ones(len(places)))
    return solver


def _extreme(solver: highspy.Highs, line: numpy.ndarray, sense: int) -> float:
    for place, weight in enumerate(line):
        solver.changeColCost(place, sense * float(weight))
    solver.run()
    if solver.getModelStatus() in (
        highspy.HighsModelStatus.kUnbounded,
        highspy.HighsModelStatus.kUnboundedOrInfeasible,
    ):
        return float("-inf") if sense > 0 else float("inf")
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return sense * solver.getInfo().objective_function_value
