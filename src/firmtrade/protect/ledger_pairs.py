"""Which figures of a new run differ by few firms from one that was published: candidates for a difference.

Looked at are the figure of the same name, the nearest that contains it and the nearest that it contains,
and all that contain it or that it contains but for a few firms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from firmtrade.protect.system import Ints

STRIDE = 500  # new figures that are compared at a time
Matrix = NDArray[np.float32]


def near_pairs(new: Sequence[Ints], old: Sequence[Ints], units: Ints, few: int) -> Iterator[tuple[int, int]]:
    """(place in `new`, place in `old`) of figures, given by their rows, where one contains the other.

    `units` are the firms of each row.
    """
    if not new or not old:
        return
    of_row, number = _told_apart([*new, *old], len(units))
    firms = np.bincount(of_row[of_row >= 0], weights=units[of_row >= 0], minlength=number)
    others = _matrix(old, of_row, number)
    size = others @ firms.astype(np.float32)
    for begin in range(0, len(new), STRIDE):
        ours = _matrix(new[begin : begin + STRIDE], of_row, number) * firms.astype(np.float32)
        shared = ours @ others.T
        for place, (line, own) in enumerate(zip(shared, ours.sum(axis=1), strict=True), begin):
            for other in _close(line, float(own), size, few):
                yield place, other


def _close(shared: Matrix, own: float, size: Matrix, few: int) -> list[int]:
    around = np.flatnonzero((shared == own) & (size > own))
    within = np.flatnonzero((shared == size) & (size < own) & (size > 0))
    found = {int(j) for j in around[size[around] - own < few]}
    found |= {int(j) for j in within[own - size[within] < few]}
    found |= {int(around[np.argmin(size[around])])} if len(around) else set()
    found |= {int(within[np.argmax(size[within])])} if len(within) else set()
    return sorted(found)


def _told_apart(figures: Sequence[Ints], rows: int) -> tuple[Ints, int]:
    """Rows that are in the same figures get one number; -1 for rows in none."""
    marks = np.random.default_rng(0).integers(1, 2**63, size=len(figures), dtype=np.uint64)
    seen = np.zeros(rows, dtype=np.uint64)
    for mark, figure in zip(marks, figures, strict=True):
        seen[figure] += mark
    of_row = np.full(rows, -1, dtype=np.int64)
    used = np.flatnonzero(seen)
    found, numbers = np.unique(seen[used], return_inverse=True)
    of_row[used] = numbers
    return of_row, len(found)


def _matrix(figures: Sequence[Ints], of_row: Ints, number: int) -> Matrix:
    found = np.zeros((len(figures), number), dtype=np.float32)
    for line, figure in zip(found, figures, strict=True):
        line[of_row[figure]] = 1.0
    return found
