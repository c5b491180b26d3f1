"""A share, mean or growth rate that is printed although its operands may be hidden: what it tells.

Printed to d decimals it is a two-sided inequality, (g - e) b <= f a <= (g + e) b with e half a unit.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from firmtrade.protect.attacker import Ratio
from firmtrade.protect.local import Known
from firmtrade.protect.system import Floats, Ints, System


def known_of(system: System, values: Ints | Floats, ratios: Iterable[Ratio]) -> Known:
    """The ratios as bounds on moves from the true row values, for the suppressor."""
    columns = system.columns.times(np.asarray(values, dtype=np.float64))
    lines, high = [], []
    for ratio in ratios:
        for end, sign in ((ratio.value + ratio.half, 1.0), (ratio.value - ratio.half, -1.0)):
            size = max(abs(ratio.factor), abs(end), 1e-12)
            whole: dict[int, float] = {}
            slack = 0.0
            for column, weight in ((ratio.numerator, ratio.factor), (ratio.denominator, -end)):
                times = sign * weight / size
                slack -= times * float(columns[column])
                for row, count in zip(*system.columns.line(column), strict=True):
                    whole[int(row)] = whole.get(int(row), 0.0) + times * float(count)
            kept = sorted(row for row, weight in whole.items() if weight)
            lines.append((np.array(kept, dtype=np.int64), np.array([whole[row] for row in kept])))
            # A printed ratio that is rounded the other way would contradict the true table.
            high.append(max(slack, 0.0))
    return Known(tuple(lines), np.full(len(high), -np.inf), np.array(high))
