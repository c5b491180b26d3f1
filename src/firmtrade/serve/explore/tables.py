"""A table of the release as a view: where the explorer starts when it is opened from a table."""

from __future__ import annotations

from firmtrade.result import TOTAL, ReleasedTable
from firmtrade.serve.explore.index import MODEL, Index
from firmtrade.serve.explore.state import State


def state_of(index: Index, table: ReleasedTable) -> State:
    """The view that is most like a table: its first attribute that varies down, the next one across."""
    cells = [cell for cell in table.cells if cell.sample == table.sample] or list(table.cells)
    varying = [name for name in (*table.rows, *table.columns) if len({c.attribute(name) for c in cells}) > 1]
    axes = [name for name in varying if name not in ("sample", "period", "measure")]
    names = dict.fromkeys(name for cell in cells for name in cell.codes)
    fixed = {
        name: codes.pop()
        for name in names
        if len(codes := {cell.attribute(name) for cell in cells}) == 1 and codes != {TOTAL}
    }
    if any(table.name == one.name for model in index.release.models for one in model.tables):
        fixed[MODEL] = table.name
    return State(
        sample=cells[0].sample if cells else table.sample,
        measures=tuple(dict.fromkeys(cell.measure for cell in cells)),
        periods=tuple(sorted({cell.period for cell in cells})),
        rows=axes[0] if axes else "",
        columns=axes[1] if len(axes) > 1 else "",
        filters=tuple(sorted(fixed.items())),
    )
