"""Columns of a data frame as plain arrays, and which rows are left out, for which reason.

Models work on numpy arrays: small whole numbers instead of text, one number for each level. Codes follow the
sorted values, and rows are put in the order of firm and year, so that the digits of a result do not depend
on the order in which the rows came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from firmtrade.errors import DataError, nearest
from firmtrade.estimate.extras import econ
from firmtrade.result import UNKNOWN

#: Whole numbers are their own codes if they are at most so many times as spread out as there are rows.
_SPREAD = 4


@dataclass(frozen=True)
class LeftOut:
    """So many rows (or firms, where a method says so) are not in the estimate, for this reason."""

    reason: str
    rows: int


class Sieve:
    """Which rows are left. A row counts for the first reason that takes it, so that the counts add up."""

    def __init__(self, rows: int) -> None:
        self.keep = numpy.ones(rows, dtype=bool)
        self._taken: list[LeftOut] = []

    def take(self, bad: numpy.ndarray, reason: str) -> None:
        """Leave out the rows that are `bad` (an array of booleans) and still there."""
        bad = bad & self.keep
        count = int(numpy.count_nonzero(bad))
        if count:
            self.keep &= ~bad
            self._taken.append(LeftOut(reason, count))

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """How many rows each reason took, in the order in which they were asked; none that took nothing."""
        return tuple(self._taken)


def need(frame: Any, names: Iterable[str], what: str) -> None:
    """Raise DataError where `frame` lacks one of the columns that `what` (a model in words) needs."""
    for name in names:
        if name not in frame.columns:
            raise DataError(
                f"The column '{name}', which {what} needs, is not in the data: they have"
                f" {', '.join(map(str, frame.columns))}.{nearest(name, map(str, frame.columns))}"
            )


def present(frame: Any, names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(those of `names` that are columns of the frame, the others)."""
    there = tuple(name for name in names if name in frame.columns)
    return there, tuple(name for name in names if name not in there)


def codes(column: Any) -> tuple[numpy.ndarray, Sequence[Any]]:
    """A column as whole numbers from 0 (unknown is -1) and the value that each one stands for, sorted.

    The code `unknown` of a dimension is unknown.
    """
    pandas = econ("pandas", "a model")
    if isinstance(column.dtype, pandas.CategoricalDtype):
        found, labels = _categories(column.cat)
    else:
        if column.dtype.kind in "iu" and len(column):
            values = column.to_numpy()
            low, high = int(values.min()), int(values.max())
            if high - low < _SPREAD * len(values) + 1000:
                return (values - low).astype(numpy.int32), range(low, high + 1)
        found, labels = pandas.factorize(column, sort=True)
    found = found.astype(numpy.int32)
    if UNKNOWN in labels:
        found[found == list(labels).index(UNKNOWN)] = -1
    return found, list(labels)


def _categories(column: Any) -> tuple[numpy.ndarray, Any]:
    found = column.codes.to_numpy()
    labels = column.categories
    if labels.is_monotonic_increasing:
        return found, labels
    order = labels.argsort()
    place = numpy.empty(len(labels) + 1, dtype=numpy.int32)
    place[order], place[-1] = numpy.arange(len(labels)), -1  # the last stands for unknown, whose code is -1
    return place[found], labels[order]


def dense(found: numpy.ndarray) -> numpy.ndarray:
    """The same codes (none unknown) without gaps, in the same order: 0 .. number of levels - 1."""
    if not len(found):
        return found.astype(numpy.int32)
    seen = numpy.bincount(found) > 0
    return (numpy.cumsum(seen, dtype=numpy.int64) - 1).astype(numpy.int32)[found]


def crossed(parts: Sequence[numpy.ndarray]) -> numpy.ndarray:
    """Codes of each combination of several codes; unknown where one of them is."""
    found = parts[0].astype(numpy.int64)
    for part in parts[1:]:
        width = int(part.max(initial=0)) + 1
        if (int(found.max(initial=0)) + 1) * width > 2**62:
            found = _ranked(found)
        found = numpy.where((found < 0) | (part < 0), -1, found * width + part)
    return _ranked(found) if int(found.max(initial=0)) > 2**31 - 1 else found.astype(numpy.int32)


def _ranked(found: numpy.ndarray) -> numpy.ndarray:
    _, rank = numpy.unique(found, return_inverse=True)
    return numpy.where(found < 0, -1, rank - int((found < 0).any()))


def amounts(frame: Any, name: str) -> numpy.ndarray:
    """A column as floating point numbers, unknown as NaN. Raises DataError for text."""
    try:
        return frame[name].to_numpy(dtype=numpy.float64, na_value=numpy.nan)
    except (TypeError, ValueError):
        raise DataError(
            f"The column '{name}' has values that are no numbers: a model can only take its amounts."
        ) from None


def logs(values: numpy.ndarray) -> numpy.ndarray:
    """Natural logarithms; NaN where a value is unknown, zero or negative."""
    with numpy.errstate(divide="ignore", invalid="ignore"):
        found = numpy.log(values)
    found[~numpy.isfinite(found)] = numpy.nan
    return found


def flags(frame: Any, name: str) -> numpy.ndarray:
    """A flow as 1 (positive, or true), 0 (known and not positive, or false) and -1 (unknown)."""
    values = amounts(frame, name)
    return numpy.where(numpy.isnan(values), -1, values > 0).astype(numpy.int8)


def in_order(firms: numpy.ndarray, years: numpy.ndarray, what: str) -> numpy.ndarray | None:
    """The order of firm and year; None if the rows have it. Raises DataError for a firm twice in a year."""
    key = firms.astype(numpy.int64) * (int(years.max(initial=0)) + 1) + years
    steps = numpy.diff(key)
    order = None
    if (steps < 0).any():
        order = numpy.argsort(key, kind="stable")
        steps = numpy.diff(key[order])
    twice = int(numpy.count_nonzero(steps == 0))
    if twice:
        raise DataError(
            f"{what} needs one row for each firm and year, and {twice} rows repeat a firm and year."
            " `firmtrade check` shows them."
        )
    return order
