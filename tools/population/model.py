"""A linear or integer program, written row by row and solved by HiGHS on one thread with a fixed seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

INFINITY = float("inf")


class Infeasible(Exception):
    """No solution meets all rows."""


class Model:
    """Variables are numbered in the order in which they are made; a row is a mapping variable -> factor."""

    def __init__(self) -> None:
        self.low: list[float] = []
        self.high: list[float] = []
        self.cost: list[float] = []
        self.whole: list[bool] = []
        self.rows: list[tuple[Mapping[int, float], float, float]] = []

    def variables(
        self, *shape: int, low: float = 0.0, high: float = INFINITY, whole: bool = False
    ) -> np.ndarray:
        count, start = int(np.prod(shape)), len(self.low)
        self.low += [low] * count
        self.high += [high] * count
        self.cost += [0.0] * count
        self.whole += [whole] * count
        return np.arange(start, start + count).reshape(shape)

    def row(self, factors: Mapping[int, float], low: float, high: float) -> None:
        self.rows.append((factors, low, high))

    def total(self, places: Iterable[int], low: float, high: float | None = None) -> None:
        """The variables sum to a number, or to one between two."""
        self.row(
            dict.fromkeys((int(place) for place in np.ravel(list(places))), 1.0),
            low,
            low if high is None else high,
        )

    def near(self, place: int, wanted: float, weight: float) -> None:
        """Pay for the distance of a variable from a number."""
        above, below = self.variables(2)
        self.cost[above] = self.cost[below] = weight
        self.row({int(place): 1.0, int(above): -1.0, int(below): 1.0}, wanted, wanted)

    def gently(
        self, place: int, wanted: float, weight: float, tiers: tuple[tuple[float, float], ...]
    ) -> None:
        """The same, dearer with the distance: `tiers` are widths with their prices, the last without end."""
        factors = {int(place): 1.0}
        for sign in (1.0, -1.0):
            for width, price in tiers:
                part = int(self.variables(1, high=width)[0])
                self.cost[part] = weight * price
                factors[part] = -sign
        self.row(factors, wanted, wanted)

    def solve(self, gap: float = 0.0, seconds: float = 300.0, relaxed: bool = False) -> np.ndarray:
        import highspy

        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(self.low), len(self.rows)
        program.col_lower_, program.col_upper_ = np.array(self.low), np.array(self.high)
        program.col_cost_ = np.array(self.cost)
        program.row_lower_ = np.array([low for _, low, _ in self.rows])
        program.row_upper_ = np.array([high for _, _, high in self.rows])
        starts = np.cumsum([0, *(len(factors) for factors, _, _ in self.rows)])
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = starts
        program.a_matrix_.index_ = np.array([place for factors, _, _ in self.rows for place in factors])
        program.a_matrix_.value_ = np.array([f for factors, _, _ in self.rows for f in factors.values()])
        if any(self.whole) and not relaxed:
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            program.integrality_ = [kinds[whole] for whole in self.whole]
        solver = highspy.Highs()
        solver.silent()
        options = {"threads": 1, "random_seed": 1, "mip_rel_gap": gap, "time_limit": seconds}
        for name, value in options.items():
            solver.setOptionValue(name, value)
        solver.passModel(program)
        solver.run()
        status = solver.getInfo().primal_solution_status
        if status != highspy.SolutionStatus.kSolutionStatusFeasible:
            raise Infeasible(solver.modelStatusToString(solver.getModelStatus()))
        return np.array(solver.getSolution().col_value)
