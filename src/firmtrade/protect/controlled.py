"""Controlled rounding: every figure to one of the two multiples of the base beside it, all sums kept.

Zero-restricted (Cox 1987; Salazar-Gonzalez 2005): a figure that is a multiple stays as it is. One integer
program finds, among all such roundings, one that is nearest to the true figures in total. For three or
more crossed or linked classifications there may be none, and large releases are too much for the solver:
then nothing is rounded here, and the caller is told why.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmtrade.errors import DisclosureError
from firmtrade.protect.program import Program, Shape, stacked
from firmtrade.protect.system import Floats, Ints, System

LARGEST = 600  # columns; 538 take two seconds where there is one, and half a minute where there is none
NEAR = 1e-4
NODES = 10  # of the solver's tree: a limit that is the same on every machine, as seconds are not


@dataclass(frozen=True)
class Controlled:
    """What is published of each column, or the reason why there is no such rounding."""

    columns: Ints | None
    reason: str = ""


def round_controlled(system: System, rows: Ints, base: int) -> Controlled:
    """The nearest rounding of all columns to adjacent multiples that adds up."""
    if len(system.columns) > LARGEST:
        return Controlled(None, f"{len(system.columns):,} figures are more than {LARGEST} at once")
    below, rest = np.divmod(system.columns.times(rows), base)
    found = _Integer(system, below, rest, base).solve()
    if found is None:
        return Controlled(None, "no rounding to adjacent multiples adds up, or none was found")
    up = np.rint(found[system.rows :]).astype(np.int64)
    _check(system, below + up, found)
    return Controlled((below + up) * base)


class _Integer(Program):
    """Rows in units of the base, and for each column whether it goes up (1) or down (0).

    Rows need not be whole: whatever equation holds between columns holds of their sums.
    """

    def __init__(self, system: System, below: Ints, rest: Ints, base: int) -> None:
        columns, size = len(system.columns), system.rows
        lines = []
        for column in range(columns):
            places, weights = system.columns.line(column)
            lines.append((np.append(places, size + column), np.append(weights, -1)))
        lines += [system.relations.line(number) for number in range(len(system.relations))]
        start, index, weight = stacked(lines)
        ends = np.concatenate((below, np.zeros(len(system.relations)))).astype(np.float64)
        shape = Shape(size + columns, start, index, weight, ends, ends)
        lower = np.zeros(size + columns)
        upper = np.concatenate((np.full(size, np.inf), np.where(rest > 0, 1.0, 0.0)))
        super().__init__(shape, lower, upper)
        self.price(np.concatenate((np.zeros(size), base - 2.0 * rest)))
        self._whole = np.arange(size, size + columns, dtype=np.int32)

    def solve(self) -> Floats | None:
        """Rows and choices; None where there are none, or none is found within the limit."""
        import highspy

        kind = np.full(len(self._whole), highspy.HighsVarType.kInteger)
        self._model.changeColsIntegrality(len(self._whole), self._whole, kind)
        self._model.setOptionValue("solver", "choose")  # 'simplex' would take no notice of whole numbers
        self._model.setOptionValue("mip_max_nodes", NODES)
        self._model.run()
        if self._model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.asarray(self._model.getSolution().col_value, dtype=np.float64)


def _check(system: System, multiples: Ints, found: Floats) -> None:
    """The solver works to a tolerance: an equation between whole numbers that is off is off by one."""
    rows = found[: system.rows]
    off = np.abs(system.columns.times(rows) - multiples).max(initial=0.0)
    if max(off, np.abs(system.relations.times(rows)).max(initial=0.0)) > NEAR:
        raise DisclosureError("The rounded numbers of firms do not add up. Nothing is released.")
