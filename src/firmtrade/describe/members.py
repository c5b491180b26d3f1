"""Which finest cells of a view an ask is over, as arrays: every roll-up and all evidence starts from here.

The engine is asked once for each condition; a study asks the same few in thousands of cells.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmtrade._engine import expression
from firmtrade._engine.engine import Engine
from firmtrade._engine.steps import Query, Step
from firmtrade.describe.asks import Ask
from firmtrade.describe.cube import Cube
from firmtrade.result import UNKNOWN

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
#: Texts of conditions, and (column of the cube, code): what an ask is about.
Conditions = tuple[str, ...]
Codes = tuple[tuple[str, str], ...]


class Members:
    """The finest cells that lie in a sample of `asks`, in the order of the cube; arrays have one entry each.

    `inside` is the condition of these cells, as SQL over the cube; `size` is their number.
    """

    def __init__(self, engine: Engine, cube: Cube, table: str, asks: Iterable[Ask]) -> None:
        self.cube = cube
        self._about: dict[Ask, tuple[Conditions, Codes]] = {ask: self._read(ask) for ask in asks}
        samples = sorted({conditions[0] for conditions, _ in self._about.values()})
        self.inside = " or ".join(f"({one})" for one in samples)
        texts = sorted(set().union(*(conditions for conditions, _ in self._about.values())))
        self._names = {text: f"m{n}" for n, text in enumerate(texts)}
        columns = sorted({column for _, codes in self._about.values() for column, _ in codes})
        self._codes = _codes(engine, cube, table, self.inside, columns)
        asked = [f"coalesce({text}, false) as {name}" for text, name in self._names.items()]
        asked += [f"{_number(name, list(self._codes[name]))} as {name}" for name in columns]
        sql = f"select {', '.join(asked) or '1 as one'}\nfrom {table} where {self.inside}\norder by rowid"
        self._columns = engine.columns_of_table(Query("members", (Step("members", sql),)))
        self._holding: dict[Conditions, Flags] = {}

    @cached_property
    def size(self) -> int:
        """The number of cells."""
        return len(next(iter(self._columns.values())))

    def about(self, ask: Ask) -> tuple[Conditions, Codes]:
        """The conditions of an ask, that of its sample first, and its exclusive codes, the year first."""
        return self._about[ask]

    def of(self, ask: Ask) -> Flags:
        """The finest cells of an ask."""
        conditions, codes = self._about[ask]
        found = self.where(conditions)
        for column, code in codes:
            numbers, known = self.coded(column)
            found = found & (numbers == known.get(code, -1))
        return found

    def where(self, conditions: Conditions) -> Flags:
        """The cells for which all of these hold."""
        if conditions not in self._holding:
            flags = [self._columns[self._names[text]] for text in conditions]
            self._holding[conditions] = np.logical_and.reduce(flags)
        return self._holding[conditions]

    def coded(self, column: str) -> tuple[Ints, dict[str, int]]:
        """The number of each cell's code in a column, and the numbers of the codes; NULL is unknown."""
        return self._columns[column], self._codes[column]

    def _read(self, ask: Ask) -> tuple[Conditions, Codes]:
        exclusive, _ = self.cube.groups.split(ask)
        year = [("year", ask.year)] if ask.year else []
        columns = [(self.cube.dimension_column(name), code) for name, code in sorted(exclusive.items())]
        texts = (self.cube.sample_condition(ask.sample), *self.cube.group_conditions(ask))
        return texts, (*year, *columns)


def _codes(
    engine: Engine, cube: Cube, table: str, inside: str, columns: list[str]
) -> dict[str, dict[str, int]]:
    """The codes of each column, numbered: those of its definition or, of a text, those that occur."""
    listed = {name: expression.cases(cube.dimensions[name][0].tree) for name in columns if name != "year"}
    texts = [name for name in columns if listed.get(name) is None]
    found = {name: sorted({code for _, code in whens}) for name, whens in listed.items() if whens}
    if texts:
        each = (f"list(distinct cast({name} as varchar)) filter (where {name} is not null)" for name in texts)
        sql = f"select {', '.join(each)}\nfrom {table} where {inside}"
        (row,) = engine.rows_of_table(Query("codes", (Step("codes", sql),)))
        found |= {name: sorted(codes or []) for name, codes in zip(texts, row, strict=True)}
    return {name: {code: n for n, code in enumerate([UNKNOWN, *found[name]])} for name in columns}


def _number(column: str, codes: list[str]) -> str:
    """SQL: the number of a cell's code."""
    listed = ", ".join(map(expression.quoted, codes[1:]))
    if not listed:
        return "cast(0 as bigint)"
    return f"cast(coalesce(list_position([{listed}], cast({column} as varchar)), 0) as bigint)"


def code_of(value: Any) -> str:
    """A code as a query returns it; NULL is unknown."""
    return UNKNOWN if value is None else str(value)
