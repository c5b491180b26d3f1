"""What a Release must be before anything is written: nothing hidden shows, every figure has one key."""

from __future__ import annotations

import math
import re

from firmtrade.errors import StudyError
from firmtrade.publish.charts import drawable
from firmtrade.publish.layout import grid
from firmtrade.publish.only import only_release, place
from firmtrade.result import Release, ReleasedCell, ReleasedTable

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def check(release: Release) -> None:
    """Refuse a Release that cannot be published as it stands.

    Raises:
        DisclosureError: it is not a Release, or a cell that is not free still has a value.
        StudyError: a table's name cannot name a file, occurs twice, or its figures share a place.
    """
    only_release(release)
    names = [table.name.lower() for table in release.all_tables]
    for table in release.all_tables:
        _check_name(table, names)
        for cell in table.cells:
            _check_cell(table, cell)
        grid(table)
        if table.is_figure:
            drawable(table)


def _check_name(table: ReleasedTable, names: list[str]) -> None:
    if not _FILE_NAME.fullmatch(table.name):
        raise StudyError(f"Table name {table.name!r} cannot name a file. Use letters, digits, '-' and '_'.")
    if names.count(table.name.lower()) > 1:
        raise StudyError(f"Two tables are called {table.name!r}. Rename one of them in the study.")


def _check_cell(table: ReleasedTable, cell: ReleasedCell) -> None:
    if cell.value is not None and not math.isfinite(cell.value):
        raise StudyError(
            f"{place(table, cell)} is {cell.value}. A figure that does not exist must be None, "
            f"not {cell.value}."
        )
