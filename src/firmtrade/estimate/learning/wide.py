"""A data frame of firm-years as arrays: one row for each firm, one column for each year.

Every method of this package works on a `Wide`, so that keys are checked, rows sorted and categories turned
into columns once. Rows may come in any order: the same firms give the same digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from firmtrade.errors import DataError

NEVER = np.inf  # the start of a firm that is never seen to start

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Wide:
    """Outcomes and covariates of `n` firms in `T` years.

    `outcome` is n x T, NaN where the firm has no record or no value; `start` the first year of treatment,
    infinite for a firm that never starts; `covariates` is k x n x T without a constant (a category is
    a dummy for each of its codes), NaN where unknown, and `names` says what its k layers are.
    """

    firms: Array
    years: Array
    outcome: Array
    start: Array
    covariates: Array
    names: tuple[str, ...]
    owners: Array

    def count(self, chosen: Array) -> int:
        """Distinct owners of the firms where `chosen` (n, boolean) is true."""
        return len(np.unique(self.owners[chosen]))

    def take(self, keep: Array) -> Wide:
        """The firms where `keep` (n, boolean) is true."""
        return Wide(
            self.firms[keep],
            self.years,
            self.outcome[keep],
            self.start[keep],
            self.covariates[:, keep],
            self.names,
            self.owners[keep],
        )


def widen(
    frame: Any,
    firm: str,
    year: str,
    outcome: str,
    start: str,
    covariates: Sequence[str] = (),
    owner: str | None = None,
) -> Wide:
    """Arrays of a data frame with one row for each firm and year.

    `start` is a column that is constant within a firm: the first year of treatment; missing, infinite or 0
    says never. A covariate that is not a number is a category. `owner` is the column of the holding that a
    firm belongs to, as evidence counts them (its last year's; none: each firm is its own). Raises DataError
    where a key is missing or stands twice, and where a firm has two starts.
    """
    keys = _sorted(frame, firm, year)
    firms, row = np.unique(identifiers(keys[firm]), return_inverse=True)
    years, column = np.unique(keys[year].to_numpy().astype(np.int64), return_inverse=True)

    def spread(values: Array) -> Array:
        wide = np.full((len(firms), len(years)), np.nan)
        wide[row, column] = values
        return wide

    layers, names = _layers(keys, covariates)
    first = _numbers(keys, start)
    first = np.where(np.isnan(first) | (first == 0), NEVER, first)
    starts = np.full(len(firms), NEVER)
    starts[row] = first
    if not np.array_equal(starts[row], first):
        odd = keys[firm].to_numpy()[starts[row] != first][0]
        raise DataError(f"Firm {odd} has more than one first year in column '{start}': it must be constant.")
    cube = np.array([spread(layer) for layer in layers]).reshape(len(names), len(firms), len(years))
    owners = np.arange(len(firms))
    if owner is not None:
        owners[row] = np.unique(identifiers(keys[owner]), return_inverse=True)[1]
    return Wide(firms, years, spread(_numbers(keys, outcome)), starts, cube, names, owners)


def identifiers(column: Any) -> Array:
    """Whole numbers as they are, all else as text: what firms are told apart and sorted by."""
    whole = getattr(column.dtype, "kind", "O") in "iu"
    found: Array = column.to_numpy() if whole else column.astype(str).to_numpy(dtype=object).astype(str)
    return found


def _sorted(frame: Any, firm: str, year: str) -> Any:
    """The rows by firm and year, once each."""
    for name in (firm, year):
        if frame[name].isna().any():
            raise DataError(
                f"Column '{name}' has {int(frame[name].isna().sum())} missing values: it is a key."
            )
    twice = frame.duplicated([firm, year])
    if twice.any():
        row = frame.loc[twice].iloc[0]
        raise DataError(
            f"Firm {row[firm]} has more than one row for {row[year]}: keep one row for a firm and year."
        )
    order = np.lexsort([frame[year].to_numpy(), identifiers(frame[firm])])
    return frame.iloc[order]


def _numbers(frame: Any, name: str) -> Array:
    values: Array = frame[name].astype("float64").to_numpy()
    return np.where(np.isfinite(values), values, np.nan)


def _layers(frame: Any, covariates: Sequence[str]) -> tuple[list[Array], tuple[str, ...]]:
    """Values of each covariate by row; a category gives a dummy for each code."""
    layers, names = [], []
    for name in covariates:
        column = frame[name]
        if getattr(column.dtype, "kind", "O") in "biuf":
            layers.append(_numbers(frame, name))
            names.append(name)
            continue
        known = column.notna().to_numpy()
        codes = column.astype(str).to_numpy()
        for code in np.unique(codes[known]):
            layers.append(np.where(known, (codes == code).astype(float), np.nan))
            names.append(f"{name}={code}")
    return layers, tuple(names)
