"""Iterative proportional fitting of a table of firms to sums that are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from firmtrade.synthesize.draw import Floats, Ints


@dataclass(frozen=True)
class Target:
    """A part of the table (`axes`: the indices on each axis, None = all) and the number of firms in it."""

    axes: tuple[list[int] | None, ...]
    firms: float


def rake(table: Floats, targets: Iterable[Target], rounds: int = 80) -> Floats:
    """Scale parts of the table to their targets, again and again, in order (Deming and Stephan 1940).

    Targets that do not agree with each other are met as far as the later ones allow. A part that is empty
    stays empty.
    """
    flat = table.ravel().copy()
    steps = [(_places(table.shape, target.axes), target.firms) for target in targets]
    for _ in range(rounds):
        for places, firms in steps:
            part = flat[places]
            total = part.sum()
            if total > 0:
                flat[places] = part * (firms / total)
    return flat.reshape(table.shape)


def _places(shape: tuple[int, ...], axes: tuple[list[int] | None, ...]) -> Ints:
    """Positions of the part in the flattened table."""
    chosen = [range(size) if axis is None else axis for size, axis in zip(shape, axes, strict=True)]
    return np.arange(np.prod(shape)).reshape(shape)[np.ix_(*chosen)].ravel()
