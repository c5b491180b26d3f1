"""Were starters better before they started: their outcome in the years before, against firms that never
start.

Self-selection in the sense of Bernard and Jensen (1999, section 3): for the firms that start in g, the
difference in outcome in the years g - 1, g - 2 and g - 3 to firms that are never seen to trade, in the same
year and given covariates of that year. It adds up over groups as group-time effects do, by the same firms'
influence.
"""

from __future__ import annotations

import numpy as np

from firmtrade.estimate.learning.did import Design, GroupTime, GroupTimes, level_cell
from firmtrade.estimate.learning.wide import Wide


def level_gaps(wide: Wide, furthest: int = 3) -> GroupTimes:
    """Differences in level of each group in each of the `furthest` years before its start (`time` < `group`).

    A cell's `att` is the difference and its `base` the same year as `time`. Aggregate with kind `dynamic`.
    """
    kept = wide.take(wide.start > wide.years[0])
    sizes = {int(g): int((kept.start == g).sum()) for g in np.unique(kept.start[np.isfinite(kept.start)])}
    cells: list[GroupTime] = []
    columns, used = [], []
    for group in sizes:
        for time in kept.years[(kept.years < group) & (kept.years >= group - furthest)].tolist():
            cell, influence, members = level_cell(kept, group, time)
            cells.append(cell)
            columns.append(influence)
            used.append(members)
    early = len(wide.firms) - len(kept.firms)
    shape = (len(kept.firms), 0)
    return GroupTimes(
        tuple(cells),
        np.column_stack(columns) if columns else np.empty(shape),
        np.column_stack(used) if used else np.empty(shape, dtype=bool),
        kept.start,
        sizes,
        len(kept.firms),
        early,
        0,
        Design(controls="never", method="reg", base="universal", at="base"),
    )
