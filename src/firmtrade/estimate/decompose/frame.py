"""Firm-years as the methods of `estimate` read them: named columns, numbers, sorted by firm and year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from firmtrade.errors import DataError, StudyError, nearest
from firmtrade.estimate.extras import econ
from firmtrade.result import UNKNOWN


def read(
    frame: Any,
    firm: str,
    year: str,
    numbers: Mapping[str, str],
    group: str | None = None,
    levels: Sequence[str] = (),
    owner: str | None = None,
) -> Any:
    """The columns a method needs, as a new pandas frame sorted by firm, year and `levels`.

    `numbers` maps the names that the method uses to columns of `frame`. `firm` becomes text (unless it is a
    whole number), `year` an integer, each number floating point (an infinite value, such as the log of
    zero, is not known: NaN), `group` and `levels` (as `level0`, `level1`) text with `unknown` for what is
    missing. `owner` is who is behind the firm, as disclosure control counts (by default the firm).
    Sorting makes every later sum independent of the order of the rows. Raises StudyError for a column
    that is not there and DataError for a firm-year that is there twice.
    """
    pandas = econ("pandas", "a model")
    wanted = [firm, year, *numbers.values(), *levels, *(name for name in (group, owner) if name)]
    for name in wanted:
        if name not in frame.columns:
            raise StudyError(
                f"The model needs the column '{name}', which the data do not have."
                f"{nearest(name, [str(column) for column in frame.columns])}"
            )
    keys = ["firm", "year", *(f"level{place}" for place, _ in enumerate(levels))]
    data = pandas.DataFrame({"firm": _text(frame[firm]), "year": frame[year].to_numpy().astype("int64")})
    for place, name in enumerate(levels):
        data[f"level{place}"] = _text(frame[name]).to_numpy()
    for name, column in numbers.items():
        data[name] = frame[column].astype("float64").to_numpy(dtype="float64", na_value=float("nan"))
    data["owner"] = _text(frame[owner]).to_numpy() if owner else data["firm"]
    data["group"] = _text(frame[group]).to_numpy() if group else UNKNOWN
    data = data.replace([float("inf"), float("-inf")], float("nan"))
    data = data.sort_values(keys, kind="stable").reset_index(drop=True)
    again = data.duplicated(keys)
    if again.any():
        row = data[again].iloc[0]
        raise DataError(
            f"The model needs one row per {', '.join([firm, year, *levels])}; "
            f"firm {row['firm']} has {row['year']} more than once."
        )
    return data


def _text(column: Any) -> Any:
    if column.dtype.kind in "iu":  # numbers of firms sort and merge as they are
        return column.reset_index(drop=True)
    known = column.astype("object").where(column.notna(), UNKNOWN)
    return known.map(str).reset_index(drop=True)


def pair(data: Any, start: int, end: int, numbers: Sequence[str]) -> Any:
    """One row per firm that is there in `start` or `end`: `numbers`, group and whether it is there, at both.

    Columns get the suffix 0 (start) or 1 (end); `there0` and `there1` say whether the firm has a row; `owner`
    is the last one.
    """
    columns = ["firm", *numbers, "group", "owner"]
    sides = [data.loc[data["year"] == year, columns].assign(there=True) for year in (start, end)]
    both = sides[0].merge(sides[1], on="firm", how="outer", suffixes=("0", "1"), sort=True)
    both["owner"] = both["owner1"].fillna(both["owner0"])
    for side in ("there0", "there1"):
        both[side] = both[side].notna()
    return both.reset_index(drop=True)
