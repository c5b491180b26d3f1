"""Columns of a data frame, checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from firmtrade.errors import DataError, StudyError, nearest

if TYPE_CHECKING:
    import numpy
    import pandas


def lacks(frame: pandas.DataFrame, names: Iterable[str], what: str) -> None:
    """Refuse a frame without a column. Raises StudyError, with the nearest column that is there."""
    for name in names:
        if name not in frame.columns:
            known = [str(column) for column in frame.columns]
            raise StudyError(f"{what} needs the column '{name}'.{nearest(name, known)}")


def named(value: str, known: Iterable[str], option: str) -> None:
    """Refuse a choice that has no such name. Raises StudyError."""
    known = list(known)
    if value not in known:
        raise StudyError(
            f"{option} = '{value}' is not a choice.{nearest(value, known)} There are {', '.join(known)}."
        )


def firm_years(panel: pandas.DataFrame, firm: str, year: str) -> pandas.DataFrame:
    """The panel sorted by firm and year. Raises DataError where a firm has two rows for a year."""
    twice = int(panel.duplicated([firm, year]).sum())
    if twice:
        raise DataError(
            f"{twice} rows repeat a firm and year. A lifetime needs one row a firm and year: "
            f"check the panel with  firmtrade check"
        )
    return panel.sort_values([firm, year], kind="stable", ignore_index=True)


def flag(values: pandas.Series) -> numpy.ndarray:
    """A three-valued column as int8: 1 yes, 0 no, -1 unknown. Booleans, 0 / 1 and missing values are read."""
    import numpy
    import pandas

    numbers = pandas.to_numeric(values.astype("object"), errors="coerce").astype("float64").to_numpy()
    found = numpy.where(numpy.isnan(numbers), -1, (numbers > 0).astype(numpy.int8))
    return found.astype(numpy.int8)


def founding(rows: pandas.DataFrame, firm: str, founded: str) -> pandas.Series:
    """The founding year of each firm that tells one: what it tells most often, the earliest of those."""
    told = rows.loc[rows[founded].notna()].groupby([firm, founded]).size().rename("told").reset_index()
    told = told.sort_values([firm, "told", founded], ascending=[True, False, True]).drop_duplicates(firm)
    return told.set_index(firm)[founded].astype("int64")


def independent(information: numpy.ndarray) -> bool:
    """Whether the columns behind an information matrix can be told apart (each scaled to 1)."""
    import numpy

    size = numpy.sqrt(numpy.maximum(information.diagonal(), 0))
    if not numpy.isfinite(information).all() or (size == 0).any():
        return False
    return bool(numpy.linalg.eigvalsh(information / numpy.outer(size, size))[0] > 1e-10)


def text(values: pandas.Series, unknown: str = "unknown") -> pandas.Series:
    """A column of groups as text, with a name for those that are not known."""
    return values.astype("object").where(values.notna(), unknown).astype(str)
