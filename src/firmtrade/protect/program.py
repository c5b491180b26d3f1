"""One linear program that is solved many times with other costs and bounds: HiGHS on one thread.

Fails closed: any outcome but 'optimal' or a proof that there is no solution raises a DisclosureError, so
nothing is released on the word of a solver that is missing, ran out of time or gave up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmtrade._engine.quiet import quiet
from firmtrade.errors import DisclosureError
from firmtrade.protect.system import Floats, Ints

INFINITY = float("inf")


@dataclass(frozen=True)
class Shape:
    """A program row by row: row k has `weight` at `index` from start[k] to start[k + 1]."""

    size: int
    start: Ints
    index: Ints
    weight: Floats
    low: Floats
    high: Floats


class Program:
    """Minimise costs over variables within bounds, again and again with other costs and bounds."""

    def __init__(self, shape: Shape, lower: Floats, upper: Floats, seconds: float | None = None) -> None:
        self.shape = shape
        self._lower, self._upper = lower.copy(), upper.copy()
        self._cost = np.zeros(shape.size)
        self._seconds = seconds
        self._model = _model(shape, lower, upper)

    def bound(self, lower: Floats, upper: Floats) -> None:
        """New bounds of all variables; only changed ones are passed on."""
        changed = np.flatnonzero((lower != self._lower) | (upper != self._upper)).astype(np.int32)
        if len(changed):
            self._model.changeColsBounds(len(changed), changed, lower[changed], upper[changed])
            self._lower, self._upper = lower.copy(), upper.copy()

    def price(self, cost: Floats) -> None:
        """New costs of all variables; only changed ones are passed on."""
        changed = np.flatnonzero(cost != self._cost).astype(np.int32)
        if len(changed):
            self._model.changeColsCost(len(changed), changed, cost[changed])
            self._cost = cost.copy()

    def limit(self, row: int, low: float, high: float) -> None:
        """New limits of one row."""
        self._model.changeRowBounds(row, low, high)

    def limits(self, rows: Ints, low: Floats, high: Floats) -> None:
        """New limits of several rows."""
        if len(rows):
            self._model.changeRowsBounds(len(rows), rows.astype(np.int32), low, high)

    def forget(self) -> None:
        """Start the next search from nothing, so that its answer follows from the program alone."""
        self._model.clearSolver()

    def solve(self) -> Floats | None:
        """The values of the variables; None if the bounds cannot be met. Unbounded is an error.

        The search starts from the last solution, which is quick where little has changed.
        """
        import highspy

        if not self.shape.size:
            return np.zeros(0)  # nothing can move
        if self._seconds is not None:  # HiGHS counts the time of all runs together
            self._model.setOptionValue("time_limit", self._model.getRunTime() + self._seconds)
        self._model.run()
        status = self._model.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            return np.asarray(self._model.getSolution().col_value, dtype=np.float64)
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if self._again():
            return np.asarray(self._model.getSolution().col_value, dtype=np.float64)
        if self._model.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return None
        raise DisclosureError(
            f"The solver did not finish ({self._model.modelStatusToString(self._model.getModelStatus())}), "
            "so it is not known whether the figures are protected, and nothing is released. Allow it more "
            "time, or publish fewer figures together."
        )

    def _again(self) -> bool:
        """Whether a start from nothing is optimal where the start from the last answer went astray."""
        import highspy

        if self._model.getModelStatus() == highspy.HighsModelStatus.kTimeLimit:
            return False
        self._model.clearSolver()
        self._model.run()
        return bool(self._model.getModelStatus() == highspy.HighsModelStatus.kOptimal)


def _model(shape: Shape, lower: Floats, upper: Floats) -> Any:
    try:
        import highspy
    except ImportError as missing:
        raise DisclosureError(
            "The solver HiGHS is not installed, so no figure can be protected and nothing is released. "
            "Install the package highspy."
        ) from missing
    with quiet():
        model = highspy.Highs()  # type: ignore[no-untyped-call]
    # No move at all is nearly a solution of our programs: presolving takes longer than going on from there.
    options: dict[str, bool | int | str] = {
        "output_flag": False, "threads": 1, "random_seed": 0, "solver": "simplex", "presolve": "off",
    }  # fmt: skip
    for option, wanted in options.items():
        model.setOptionValue(option, wanted)
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = shape.size, len(shape.low)
    program.col_cost_ = np.zeros(shape.size)
    program.col_lower_, program.col_upper_ = lower, upper
    program.row_lower_, program.row_upper_ = shape.low, shape.high
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = shape.start.astype(np.int32)
    program.a_matrix_.index_ = shape.index.astype(np.int32)
    program.a_matrix_.value_ = shape.weight
    model.passModel(program)
    return model


def stacked(lines: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> tuple[Ints, Ints, Floats]:
    """start, index and weight of a matrix from its lines (places, weights)."""
    start = np.zeros(len(lines) + 1, dtype=np.int64)
    np.cumsum([len(places) for places, _ in lines], out=start[1:])
    if not lines:
        return start, np.zeros(0, dtype=np.int64), np.zeros(0)
    index = np.concatenate([places for places, _ in lines]).astype(np.int64)
    return start, index, np.concatenate([weights for _, weights in lines]).astype(np.float64)
