"""Whose a view's classes are, firm by firm: what the ledger must know to compare a run with earlier ones.

As confidential as the panel. It is collected only where a study names a ledger.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmtrade._engine.engine import Engine
from firmtrade.describe.scan import Scan

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]


@dataclass(frozen=True)
class Listing:
    """The rows of a view that are in some sample: firm, owner, year (0 in a window) and class.

    `asked`: the firm asked for confidentiality.

    `values` has, for each aggregate, the whole number of each row (times 10 ** `decimals`) and whether it
    is known. Classes are those of the view's sums.
    """

    view: str
    window: str
    firms: Texts
    owners: Texts
    years: Ints
    classes: Ints
    asked: Flags
    values: Mapping[str, tuple[Ints, Flags]]
    decimals: Mapping[str, int]


def listing(
    engine: Engine, scan: Scan, inside: str, class_of: Ints, wanted: set[str], window: str
) -> Listing:
    """The rows of a view behind the sums in the columns `wanted` of its cube.

    `inside` are the cells that are looked at, of which `class_of` gives the class in their order.
    """
    kinds = {column: (name, value) for name, value, column in scan.cube.aggregates.values()}
    inputs = [column for column in sorted(wanted) if kinds[column][1] != "*"]
    scales = _scales(engine, scan, inputs)
    query = scan.listing(inside, [_whole(column, scales) for column in inputs])
    found = engine.columns(query)
    size = len(found["cell"])
    values: dict[str, tuple[Ints, Flags]] = {}
    decimals: dict[str, int] = {}
    for column in sorted(wanted):
        name, value = kinds[column]
        here = np.ones(size, dtype=np.int64) if value == "*" else found[column]
        known = ~np.ma.getmaskarray(here)
        numbers = np.ma.filled(np.ma.asarray(here), 0).astype(np.int64)
        aggregate = f"{name}({value})"
        if name == "count":
            numbers, decimals[aggregate] = known.astype(np.int64), 0
        else:
            numbers, decimals[aggregate] = _shortened(numbers, scales[column])
        values[aggregate] = (numbers, known)
    return Listing(
        scan.cube.name,
        window,
        _texts(found["firm"]),
        _texts(found["holder"]),
        np.ma.filled(np.ma.asarray(found["year"]), 0).astype(np.int64),
        class_of[np.ma.getdata(found["cell"]).astype(np.int64)],
        np.ma.filled(np.ma.asarray(found["asked"]), False).astype(bool),
        values,
        decimals,
    )


def _shortened(numbers: Ints, decimals: int) -> tuple[Ints, int]:
    """Whole numbers without the digits that all of them have as zero: totals of many digits must fit."""
    while decimals and not (numbers % 10).any():
        numbers, decimals = numbers // 10, decimals - 1
    return numbers, decimals


def _scales(engine: Engine, scan: Scan, inputs: list[str]) -> dict[str, int]:
    """Digits after the point that the type of each input keeps."""
    if not inputs:
        return {}
    (row,) = engine.rows(scan.types(inputs))
    found = [re.fullmatch(r"DECIMAL\(\d+,\s*(\d+)\)", str(kind)) for kind in row]
    return {column: int(match[1]) if match else 0 for column, match in zip(inputs, found, strict=True)}


def _whole(column: str, scales: Mapping[str, int]) -> str:
    """A decimal as the whole number of its smallest unit: its digits without the point."""
    if not scales[column]:
        return f"cast({column} as bigint) as {column}"
    return f"cast(replace(cast({column} as varchar), '.', '') as bigint) as {column}"


def _texts(values: Any) -> Texts:
    return np.asarray(np.ma.filled(np.ma.asarray(values), ""), dtype=object)
