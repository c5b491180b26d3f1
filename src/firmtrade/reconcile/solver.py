"""Linear programs over sums that are not negative: HiGHS on one thread, the same answer every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from firmtrade._engine.quiet import quiet

INFINITY = float("inf")


@dataclass
class Row:
    """low <= sum of weights x variables <= high; `tag` says what the row stands for."""

    weights: Mapping[int, float]
    low: float
    high: float
    tag: object = None


@dataclass
class Solution:
    """`feasible`, the objective, the value of each variable and the price of each row."""

    feasible: bool
    objective: float
    values: Sequence[float]
    prices: Sequence[float]


class Model:
    """A program that is solved again and again with other coefficients: each time from the last answer on."""

    def __init__(self, size: int, rows: Sequence[Row]) -> None:
        self._model = _model(size, rows, {}, {})
        self._last = {n: dict(row.weights) for n, row in enumerate(rows)}

    def solve(self, changed: Mapping[int, Row]) -> Solution:
        """A point that meets all rows, after giving the rows of `changed` their new weights."""
        for number, row in changed.items():
            last = self._last[number]
            for column, value in row.weights.items():
                if last.get(column) != value:
                    self._model.changeCoeff(number, column, value)
                    last[column] = value
        return _solved(self._model)


def solve(
    size: int, rows: Sequence[Row], cost: Mapping[int, float], upper: Mapping[int, float] | None = None
) -> Solution:
    """Minimise `cost` over `size` variables, each at least 0 (and at most `upper`)."""
    return _solved(_model(size, rows, cost, upper or {}))


def _model(size: int, rows: Sequence[Row], cost: Mapping[int, float], upper: Mapping[int, float]) -> Any:
    import highspy
    import numpy as np

    with quiet():
        model = highspy.Highs()
    for option, wanted in (("output_flag", False), ("threads", 1), ("random_seed", 0), ("solver", "simplex")):
        model.setOptionValue(option, wanted)
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = size, len(rows)
    costs, top = np.zeros(size), np.full(size, highspy.kHighsInf)
    for column, value in cost.items():
        costs[column] = value
    for column, value in upper.items():
        top[column] = value
    program.col_cost_, program.col_lower_, program.col_upper_ = costs, np.zeros(size), top
    limit = highspy.kHighsInf
    program.row_lower_ = np.array([max(row.low, -limit) for row in rows])
    program.row_upper_ = np.array([min(row.high, limit) for row in rows])
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    starts: list[int] = [0]
    index: list[int] = []
    values: list[float] = []
    for row in rows:
        columns = sorted(row.weights)
        index += columns
        values += map(row.weights.__getitem__, columns)
        starts.append(len(index))
    program.a_matrix_.start_ = np.array(starts, dtype=np.int32)
    program.a_matrix_.index_ = np.array(index, dtype=np.int32)
    program.a_matrix_.value_ = np.array(values, dtype=float)
    model.passModel(program)
    return model


def _solved(model: Any) -> Solution:
    import highspy

    model.run()
    feasible = model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    found = model.getSolution()
    objective = model.getInfo().objective_function_value if feasible else INFINITY
    return Solution(feasible, objective, found.col_value, found.row_dual)
