"""Arrays that grow at their end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Growing:
    """An array of numbers, or of lines of `width` numbers, that grows at its end."""

    def __init__(self, kind: type, width: int | None = None, room: int = 16) -> None:
        self._room: NDArray[Any] = np.zeros(room if width is None else (room, width), dtype=kind)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> NDArray[Any]:
        """What has been added."""
        return self._room[: self._size]

    def add(self, value: NDArray[Any] | float) -> None:
        """Put one number, or one line, at the end."""
        self._reserve(1)
        self._room[self._size] = value
        self._size += 1

    def extend(self, values: NDArray[Any]) -> None:
        """Put several at the end."""
        self._reserve(len(values))
        self._room[self._size : self._size + len(values)] = values
        self._size += len(values)

    def _reserve(self, count: int) -> None:
        if self._size + count > len(self._room):
            grown = np.zeros((2 * (self._size + count), *self._room.shape[1:]), dtype=self._room.dtype)
            grown[: self._size] = self.values
            self._room = grown
