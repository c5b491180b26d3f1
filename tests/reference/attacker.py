"""An attacker who shares nothing with the package: bounds hidden numbers of firms and sums of one year.

He knows the firms' classes (which groups exist and which do not), every figure that tables.csv shows, and
that numbers of firms and turnover are not negative. Each unsafe figure is bounded by two linear programs over
all tables together. A contributor who is alone in a hidden number knows that one too.
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
UNKNOWN_FLOW = "firms-unknown"
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


Bound = tuple[str, int, float, float]  # what, number, least, most


def bounds(panel: pandas.DataFrame, tables: Path, year: int = 2002) -> list[Bound]:
    """The bounds of each number of one or two firms behind a figure of that year."""
    numbers = _Numbers(panel, tables, year)
    return numbers.bounds(_program(numbers.matrix, numbers.shown, numbers.truth))


def known_to_contributors(panel: pandas.DataFrame, tables: Path, year: int = 2002) -> list[str]:
    """Numbers of one or two firms that a firm knows exactly which fills another, hidden number alone."""
    numbers = _Numbers(panel, tables, year)
    found = []
    for place, name in enumerate(numbers.names):
        if numbers.truth[place] == 1 and not numbers.shown[place]:
            known = [shown or n == place for n, shown in enumerate(numbers.shown)]
            same = [n for n, line in enumerate(numbers.matrix) if (line == numbers.matrix[place]).all()]
            told = numbers.bounds(_program(numbers.matrix, known, numbers.truth))
            own = {numbers.names[n] for n in same}
            found += [f"{one[0]}, by the firm of {name}" for one in told
                      if one[0] not in own and one[3] - one[2] < 1e-6]  # fmt: skip
    return found


class _Numbers:
    """Every number of firms behind the figures of a year: over which classes, whether shown, how large."""

    def __init__(self, panel: pandas.DataFrame, tables: Path, year: int) -> None:
        rows = [firm_year(record) for record in panel[panel["year"] == year].to_dict("records")]
        members, shown = _figures(rows, tables, str(year))
        patterns: dict[tuple[bool, ...], int] = defaultdict(int)
        for number in range(len(rows)):
            patterns[tuple(number in firms for firms in members.values())] += 1
        classes = [pattern for pattern in patterns if any(pattern)]
        self.names = list(members)
        self.shown = [name in shown for name in members]
        self.matrix = numpy.array(classes, dtype=float).T
        self.truth = self.matrix @ numpy.array([patterns[pattern] for pattern in classes], dtype=float)

    def bounds(self, program: highspy.Highs) -> list[Bound]:
        found = []
        for place, name in enumerate(self.names):
            if 0 < self.truth[place] < FEW:
                least, most = (_extreme(program, self.matrix[place], sense) for sense in (1, -1))
                found.append((name, int(self.truth[place]), least, most))
        return found


def narrow_sums(groups: list[list[float]], columns: list[list[int]], shown: list[bool]) -> list[int]:
    """The columns whose sum an outsider bounds more closely than p% = 10 or three contributors ask.

    `groups` are the contributions by finest cell, `columns` the cells of each sum.
    """
    matrix = numpy.zeros((len(columns), len(groups)))
    for line, cells in zip(matrix, columns, strict=True):
        line[cells] = 1.0
    # The solver's tolerances are absolute, so the amounts are brought near one.
    scale = max((part for group in groups for part in group), default=1.0) / 100
    groups = [[part / scale for part in group] for group in groups]
    truth = matrix @ numpy.array([sum(group) for group in groups])
    # A cell without contributors is known to be empty.
    empty = numpy.array([not group for group in groups])
    program = _program(matrix[:, ~empty], shown, truth)
    found = []
    for number, cells in enumerate(columns):
        parts = sorted((part for cell in cells for part in groups[cell]), reverse=True)
        first, second = (*parts, 0.0, 0.0)[:2]
        distance = max(
            0.3 * truth[number] if 0 < len(parts) < FEW else 0.0, 0.1 * first - (sum(parts) - first - second)
        )
        if distance > 0:
            least, most = (_extreme(program, matrix[number, ~empty], sense) for sense in (1, -1))
            near = 1e-6 * max(1.0, truth[number])
            low, high = max(0.0, truth[number] - distance), truth[number] + distance
            if least > low + near or most < high - near:
                found.append(number)
    return found


def _figures(rows: list[Row], tables: Path, year: str) -> tuple[dict[str, frozenset[int]], set[str]]:
    """The firms of each number behind a figure, and the numbers that a figure shows."""
    members: dict[str, frozenset[int]] = {}
    shown: set[str] = set()
    with tables.open(encoding="utf-8", newline="") as file:
        for cell in csv.DictReader(file):
            if cell["period"] != year or cell["measure"] not in ("firms", "participation", UNKNOWN_FLOW):
                continue
            codes = {k: v for k, v in cell.items() if k not in _FIXED and v != "_T"}
            if cell["sample"] not in SAMPLES or not codes.keys() <= {*GROUPS, "flow", "given"}:
                continue
            if any("only" in code or "-both" in code for code in codes.values()):
                continue
            if "unknown" in (codes.get("mode"), codes.get("scope")):
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
    if measure == UNKNOWN_FLOW:
        return [{**codes, "flow": f"unknown {codes['flow']}"}]
    return [codes, {name: code for name, code in codes.items() if name != "flow"}]


def _firms(rows: list[Row], sample: str, codes: dict[str, str]) -> frozenset[int]:
    def inside(row: Row) -> bool:
        if not SAMPLES[sample](row):
            return False
        return all(
            _trades(row, code) if name in ("flow", "given") else (GROUPS[name](row) or "unknown") == code
            for name, code in codes.items()
        )

    return frozenset(number for number, row in enumerate(rows) if inside(row))


def _trades(row: Row, flow: str) -> bool:
    """Whether a firm has a flow, or its flow is unknown."""
    if flow.startswith("unknown "):
        return row["flows"][flow.removeprefix("unknown ")] is None
    return row["flows"][flow] is True


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
