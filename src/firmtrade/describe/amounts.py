"""Aggregates of finest cells as arrays of whole numbers, so that adding them up is exact and quick.

A DECIMAL is its digits without the point. What does not fit into 64 bits, or is no whole number of such
digits, stays what the engine returned, and is added up value by value.
"""

from __future__ import annotations

import decimal
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmtrade._engine.engine import Engine
from firmtrade._engine.steps import Query, Step
from firmtrade.describe.members import Flags, Ints
from firmtrade.errors import StudyError

#: Sums of absolute values below this fit into 64 bits, however they are added.
_FITS = float(2**62)
_ARRAYS: Mapping[str, tuple[np.ufunc, int]] = {
    "sum": (np.add, 0),
    "min": (np.minimum, np.iinfo(np.int64).max),
    "max": (np.maximum, np.iinfo(np.int64).min),
}
_NO_NUMBERS = ("VARCHAR", "DATE", "TIME")
_SINGLE: Mapping[str, Callable[[Any, Any], Any]] = {"sum": operator.add, "min": min, "max": max}


@dataclass(frozen=True)
class Amount:
    """An aggregate of each finest cell: `values` times 10 ** `scale`, where they are `known`."""

    values: NDArray[Any]
    known: Flags
    scale: int = 0

    def combined(self, function: str, cells: Flags, groups: Ints, size: int) -> list[float | None]:
        """The aggregate of each of `size` groups over some of the cells; None where no value is known."""
        inside = np.flatnonzero(cells & self.known)
        values, groups = self.values[inside], groups[inside]
        if self.values.dtype == object:
            return _one_by_one(function, values, groups, size)
        ufunc, start = _ARRAYS[function]
        totals = np.full(size, start, dtype=np.int64)
        ufunc.at(totals, groups, values)
        seen = np.bincount(groups, minlength=size) > 0
        scaled = decimal.Decimal(1).scaleb(-self.scale)
        return [
            (float(decimal.Decimal(total) * scaled) if self.scale else float(total)) if known else None
            for total, known in zip(totals.tolist(), seen.tolist(), strict=True)
        ]


def amounts(engine: Engine, table: str, inside: str, columns: Mapping[str, str]) -> dict[str, Amount]:
    """The aggregates in these columns of the cells of a cube that lie `inside`, in their order.

    `columns` says of each what it is, `max(turnover)`, for an error where that is no number.
    """
    listed = sorted(columns)
    types = _types(engine, table, listed)
    for name in listed:
        if types[name].startswith(_NO_NUMBERS):
            raise StudyError(
                f"{columns[name]} is not a number but a {types[name]}, and a measure is a number. Firms are "
                "told apart by texts and dates in a dimension."
            )
    asked = [f"{name} is not null as k_{name}" for name in listed]
    asked += [f"{whole} as {name}" for name in listed if (whole := _whole(name, types[name])) is not None]
    sql = f"select {', '.join(asked)}\nfrom {table} where {inside}\norder by rowid"
    found = engine.columns_of_table(Query("amounts", (Step("amounts", sql),)))
    made = {}
    for name in listed:
        held = _held(found.get(name), found[f"k_{name}"], _scale(types[name]))
        made[name] = held or _as_they_are(engine, table, inside, name)
    return made


def _types(engine: Engine, table: str, names: list[str]) -> dict[str, str]:
    shown = ", ".join(f"any_value(typeof({name}))" for name in names)
    found = engine.rows_of_table(Query("types", (Step("types", f"select {shown} from {table}"),)))
    return {name: str(kind) for name, kind in zip(names, found[0], strict=True)}


def _whole(name: str, kind: str) -> str | None:
    """SQL of a value as a whole number; NULL where it does not fit into 64 bits."""
    if kind.startswith("DECIMAL"):
        # Printed with all its decimals, as the type has them: without the point these are its digits.
        return f"try_cast(replace(cast({name} as varchar), '.', '') as bigint)"
    return f"try_cast({name} as bigint)" if kind.endswith("INT") or kind == "INTEGER" else None


def _scale(kind: str) -> int:
    digits = re.fullmatch(r"DECIMAL\(\d+,(\d+)\)", kind)
    return int(digits[1]) if digits else 0


def _held(values: Any, known: Any, scale: int) -> Amount | None:
    if values is None:
        return None
    whole = np.ma.asarray(values)
    fits = np.array_equal(~np.ma.getmaskarray(whole), known)
    numbers = whole.filled(0).astype(np.int64)
    if not fits or np.abs(numbers.astype(float)).sum() >= _FITS:
        return None
    return Amount(numbers, np.asarray(known, dtype=bool), scale)


def _as_they_are(engine: Engine, table: str, inside: str, name: str) -> Amount:
    sql = f"select {name}\nfrom {table} where {inside}\norder by rowid"
    listed = [value for (value,) in engine.rows_of_table(Query("amounts", (Step("amounts", sql),)))]
    values = np.empty(len(listed), dtype=object)
    values[:] = listed
    return Amount(values, np.array([value is not None for value in listed], dtype=bool))


def _one_by_one(function: str, values: NDArray[Any], groups: Ints, size: int) -> list[float | None]:
    held: list[Any] = [None] * size
    combine = _SINGLE[function]
    with decimal.localcontext(prec=80):  # more digits than any sum has: nothing is rounded
        for group, value in zip(groups.tolist(), values.tolist(), strict=True):
            held[group] = value if held[group] is None else combine(held[group], value)
    return [None if value is None else float(value) for value in held]
