"""What the primary rules need to know of each figure: how many holdings, how much, and the largest.

A firm's figures are its holding's: who knows one firm of a group knows the group. Values are integers
(cents, thousandths of an FTE), so every comparison with a limit is exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from firmtrade.errors import DataError
from firmtrade.protect.system import NOTHING, Ints, System

NOBODY = -1


@dataclass(frozen=True)
class Evidence:
    """One entry per column. `largest` and `holder` are (columns, k), the largest first; NOBODY fills up.

    `units` counts holdings with a record; `total` sums the absolute values of the holdings; `sole` is
    the holding that alone has a value other than zero, and therefore knows the figure, or NOBODY.
    `negative` counts the holdings below zero. `asked` is the largest absolute value of a holding that
    requested confidentiality, NOBODY where none did.
    """

    units: Ints
    total: Ints
    largest: Ints
    holder: Ints
    sole: Ints
    negative: Ints
    asked: Ints

    def __len__(self) -> int:
        return len(self.units)


@dataclass(frozen=True)
class Contributions:
    """What each holding adds to each of the caller's rows; equal (row, holding) pairs are added up.

    `rows` are the caller's row numbers, `holdings` any integers that identify holdings.
    """

    rows: Ints
    holdings: Ints
    values: Ints


def numbered(names: Iterable[str]) -> Ints:
    """Integers for holding names, in alphabetical order of the names."""
    listed = list(names)
    place = {name: number for number, name in enumerate(sorted(set(listed)))}
    return np.array([place[name] for name in listed], dtype=np.int64)


def scaled(values: Iterable[str | int | Decimal], decimals: int) -> Ints:
    """Exact integers: values times 10 to the power of `decimals`; more decimals are an error."""
    factor = Decimal(10) ** decimals
    found = []
    for value in values:
        exact = Decimal(value) * factor
        if exact != exact.to_integral_value():
            raise DataError(f"The value {value} has more than {decimals} decimals; give the number it has.")
        found.append(int(exact))
    return np.array(found, dtype=np.int64)


def evidence_of(
    system: System, given: Contributions, largest: int = 3, requests: Iterable[int] = ()
) -> Evidence:
    """The evidence of every column of `system`, from the contributions to its rows.

    `requests` are the holdings that asked for confidentiality.
    """
    columns, holdings, values = _by_column(system, given)
    size = len(system.columns)
    absolute = np.abs(values)
    units = np.bincount(columns, minlength=size).astype(np.int64)
    total = _added(columns, absolute, size)
    order = np.lexsort((holdings, -absolute, columns))
    first = np.concatenate(([0], np.cumsum(units)))
    rank = np.arange(len(order)) - np.repeat(first[:-1], units)
    top = np.zeros((size, largest), dtype=np.int64)
    holder = np.full((size, largest), NOBODY, dtype=np.int64)
    kept = rank < largest
    top[columns[order][kept], rank[kept]] = absolute[order][kept]
    holder[columns[order][kept], rank[kept]] = holdings[order][kept]
    filled = np.bincount(columns[absolute > 0], minlength=size)
    sole = np.where((filled == 1) | (units == 1), holder[:, 0], NOBODY)
    negative = np.bincount(columns[values < 0], minlength=size).astype(np.int64)
    asked = np.full(size, NOBODY, dtype=np.int64)
    asking = np.isin(holdings, np.array(sorted(requests), dtype=np.int64))
    np.maximum.at(asked, columns[asking], absolute[asking])
    return Evidence(units, total, top, holder, sole, negative, asked)


def _by_column(system: System, given: Contributions) -> tuple[Ints, Ints, Ints]:
    """(column, holding, value), each pair once, sorted by column and holding."""
    rows = system.row_of[given.rows]
    used = rows != NOTHING
    rows, holdings, values = rows[used], given.holdings[used], given.values[used]
    by_row = system.columns.transposed
    times = by_row.sizes()[rows]
    entry = np.repeat(by_row.start[rows] - np.concatenate(([0], np.cumsum(times)[:-1])), times)
    entry += np.arange(len(entry))
    columns = by_row.index[entry]
    weighted = np.repeat(values, times) * by_row.weight[entry]
    owners = np.repeat(holdings, times)
    order = np.lexsort((owners, columns))
    columns, owners, weighted = columns[order], owners[order], weighted[order]
    new = np.ones(len(columns), dtype=bool)
    new[1:] = (columns[1:] != columns[:-1]) | (owners[1:] != owners[:-1])
    group = np.cumsum(new) - 1
    return columns[new], owners[new], _added(group, weighted, int(new.sum()))


def _added(group: Ints, values: Ints, size: int) -> Ints:
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, group, values)
    return total
