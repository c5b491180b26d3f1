"""What is said of a twin: how many published cells it reproduces, and which it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from firmtrade.synthesize.twin.twin import Twin

_MOST = 200


def lines(twin: Twin) -> Iterator[str]:
    """The number of cells reproduced, by unit where some are missed; then each that is missed."""
    missed = twin.missed
    all_cells = len(twin.cells)
    yield f"It reproduces {all_cells - len(missed):,} of {all_cells:,} published cells."
    if twin.hidden:
        yield f"({twin.hidden:,} cells without a value are no condition.)"
    if missed:
        by_table = Counter(cell.figure.table for cell in missed)
        yield "Not reproduced: " + ", ".join(f"{n} of {table}" for table, n in sorted(by_table.items()))
        yield from (f"  {cell}" for cell in missed[:_MOST])
    if len(missed) > _MOST:
        yield f"  and {len(missed) - _MOST:,} more"
