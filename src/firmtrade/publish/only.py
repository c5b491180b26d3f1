"""What may be made into an output: a Release and its tables, nothing hidden in them, and nothing else.

Every function that makes bytes for readers asks here first, so that none of them can be handed a Result.
"""

from __future__ import annotations

from firmtrade.errors import DisclosureError
from firmtrade.publish.numbers import is_hidden
from firmtrade.result import Release, ReleasedCell, ReleasedTable


def only_release(release: Release) -> None:
    """Refuse anything but a Release whose hidden cells have no value and that says how it was protected.

    Raises:
        DisclosureError: see the message.
    """
    if not isinstance(release, Release):
        raise _refused(release)
    if not release.protection.strip():
        raise DisclosureError(
            "The Release does not say how it was protected, or why it was not: only firmtrade.protect makes "
            "a Release."
        )
    for table in release.all_tables:
        only_table(table)


def only_table(table: ReleasedTable) -> None:
    """Refuse anything but a table of a Release whose hidden cells have no value.

    Raises:
        DisclosureError: see the message.
    """
    if not isinstance(table, ReleasedTable):
        raise _refused(table)
    for cell in table.cells:
        if not isinstance(cell, ReleasedCell):
            raise _refused(cell)
        if cell.value is not None and is_hidden(cell):
            raise DisclosureError(
                f"{place(table, cell)} has status {cell.confidentiality} and still has a value. "
                "A cell that is not free (F) must not carry its figure; nothing was written."
            )


def place(table: ReleasedTable, cell: ReleasedCell) -> str:
    """Where a figure stands, without its value."""
    return f"{table.name}: {cell.measure} of {cell.sample}, {cell.period}, {dict(cell.codes)}"


def _refused(item: object) -> DisclosureError:
    return DisclosureError(
        f"A {type(item).__name__} cannot be published: only firmtrade.protect makes a Release."
    )
