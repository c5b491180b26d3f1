"""Were starters better before they started: their outcome in the years before, against firms that never
start.

Self-selection in the sense of Bernard and Jensen (1999, section 3): for the firms that start in g, the
difference in outcome in the years g - 1, g - 2 and g - 3 to firms that are never seen to trade, in the same
year and given covariates of that year. It adds up over groups as group-time effects do, by the same firms'
influence.
"""

from __future__ import annotations

import numpy as np

from firmtrade.estimate.learning.cell import assembled, level, made
from firmtrade.estimate.learning.shapes import Design, GroupTimes
from firmtrade.estimate.learning.wide import Wide


def level_gaps(wide: Wide, furthest: int = 3) -> GroupTimes:
    """Differences in level of each group in each of the `furthest` years before its start (`time` < `group`).

    A cell's `att` is the difference; its `base` is -1, since there is none. Aggregate with kind `dynamic`.
    """
    kept = wide.take(wide.start > wide.years[0])
    design = Design(controls="never", method="reg", base="universal", at="base")
    groups = np.unique(kept.start[np.isfinite(kept.start)]).astype(int).tolist()
    found = [
        made(kept, level(kept, group, time), design)
        for group in groups
        for time in kept.years[(kept.years < group) & (kept.years >= group - furthest)].tolist()
    ]
    return assembled(kept, found, design, len(wide.firms) - len(kept.firms), 0)
