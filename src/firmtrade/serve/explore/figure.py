"""One figure as the explorer may tell it: released, made of released ones, hidden, or not available.

A total is taken from the release where it is there. Else it is made, and only where that is right: the
measure adds up, each firm has one code of the dimension, and the release has all of these codes (those
of unknown group included), none of them hidden. A figure with a hidden part is not available: the
explorer knows no hidden value, and what it tells follows from what was released.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from firmtrade.publish.numbers import is_hidden
from firmtrade.result import Word
from firmtrade.serve.explore.index import Entry, Index, Key

#: A total is made over so many dimensions at most.
DEEPEST = 2


class Kind(StrEnum):
    """What stands in a cell's place."""

    RELEASED = "released"
    MADE = "made"
    HIDDEN = "hidden"
    EMPTY = "empty"  # released, and there is no figure: no firm in the group
    ABSENT = "absent"  # the release does not have it and it cannot be made


@dataclass(frozen=True)
class Figure:
    """A figure or why there is none. `reason` is a message of explore.toml; `names` are what it is about."""

    kind: Kind
    value: float | None = None
    unit: str = ""
    decimals: int = 0
    reason: str = ""
    names: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether it has a value."""
        return self.value is not None


def absent(reason: str, *names: str) -> Figure:
    """A figure that is not available."""
    return Figure(Kind.ABSENT, reason=reason, names=names)


def figure(index: Index, key: Key) -> Figure:
    """The figure with this key."""
    entry = index.cells.get(key)
    return _made(index, key) if entry is None else _released(entry)


def _released(entry: Entry) -> Figure:
    cell = entry.cell
    told = Figure(Kind.RELEASED, cell.value, cell.unit, cell.decimals, tables=entry.tables)
    if is_hidden(cell):
        return replace(told, kind=Kind.HIDDEN, value=None, reason="hidden")
    if entry.differs:
        return absent("differs", *entry.tables)
    if cell.value is None:
        return replace(told, kind=Kind.EMPTY, reason="no_firm" if "no firm" in cell.reason else "undefined")
    return told


#: The reason that tells most comes first.
_TELLING = (
    "parts_hidden",
    "differs",
    "parts_missing",
    "open_list",
    "overlap",
    "not_additive",
    "not_released",
)


def _made(index: Index, key: Key) -> Figure:
    """The total over one or two dimensions, or the best reason why there is none."""
    reasons = [absent("not_released")]
    for further in finer(index, key):
        found = _total(index, key, further)
        if found.kind is not Kind.ABSENT:
            return found
        reasons.append(found)
    return min(reasons, key=lambda one: _TELLING.index(one.reason))


def finer(index: Index, key: Key) -> list[tuple[str, ...]]:
    """The dimensions by which the release breaks this figure's group down further."""
    own = key.dimensions
    shapes = index.shape((key.sample, key.measure, key.period))
    further = [tuple(sorted(shape - own)) for shape in shapes if shape > own]
    return sorted(
        (names for names in further if len(names) <= DEEPEST), key=lambda names: (len(names), names)
    )


def why_not(index: Index, measure: str, dimensions: Iterable[str], others: Iterable[str]) -> Figure | None:
    """Why figures of a measure do not add up over dimensions; None if they do.

    `others` are the dimensions that the figures have besides.
    """
    word = index.words.get(measure)
    if word is None or not word.additive:
        return absent("not_additive", measure)
    for name in dimensions:
        dimension = index.words.get(name)
        if dimension is None or not dimension.partition:
            groups = dimension is None or dimension.meanings
            return absent("overlap" if groups else "open_list", name)
        if any(binds(dimension, other) for other in others) or binds(word, name):
            return absent("overlap", name)
    return None


def binds(word: Word, dimension: str) -> bool:
    """Whether an expression is about a dimension of the cell: 'new' is new to the flow of the cell."""
    if word.name == dimension:
        return False
    return bool(re.search(rf"\b{re.escape(dimension.replace('-', '_'))}\b", word.formula))


def _total(index: Index, key: Key, further: tuple[str, ...]) -> Figure:
    refused = why_not(index, key.measure, further, key.dimensions)
    if refused is not None:
        return refused
    entries, missing = [], []
    for codes in itertools.product(*(index.words[name].partition for name in further)):
        part = key.but(**dict(zip(further, codes, strict=True)))
        entry = index.cells.get(part)
        if entry is None:
            missing += [f"{name}={code}" for name, code in zip(further, codes, strict=True)]
        else:
            entries.append(_released(entry))
    if any(part.kind is Kind.HIDDEN for part in entries):
        return absent("parts_hidden", *further)
    if any(part.kind is Kind.ABSENT for part in entries):
        return absent("differs", *further)
    if missing:
        return absent("parts_missing", *dict.fromkeys(missing))
    return _sum(entries, further)


def _sum(parts: list[Figure], further: tuple[str, ...]) -> Figure:
    """The exact sum of the parts; a part without a figure has no firm of which it is known."""
    values = [Decimal(repr(part.value)) for part in parts if part.value is not None]
    decimals = max(part.decimals for part in parts)
    if not values:
        return Figure(Kind.EMPTY, None, parts[0].unit, decimals, "undefined")
    return Figure(Kind.MADE, float(sum(values)), parts[0].unit, decimals, "made", further)
