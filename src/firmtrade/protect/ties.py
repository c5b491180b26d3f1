"""Figures of a model that are worked out from each other: what must be hidden beside a hidden one.

The parts of a decomposition add up to its total, and groups to all firms. A part that is hidden alone is a
subtraction away. A tie is a set of figures each of which follows from the others; a hidden figure is worked
out if the ties leave it no freedom. More figures are hidden, those of the fewest firms first, until every
unsafe one is free. This hides that value exactly; how near an outsider can come to it is not judged, as
figures of models have no bounds that the linear programs of tables need.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

At = tuple[str, int]  # a table of the model and the position of its cell
Tie = tuple[At, ...]

_NONE = 1e-9  # a freedom below this is none


def beside(unsafe: Collection[At], ties: Collection[Tie], firms: Mapping[At, int]) -> frozenset[At]:
    """What to hide beside `unsafe` so that none of it follows from what is told; `firms` of each figure.

    Two figures that are tied to each other alone are one figure told twice: they are hidden together.
    """
    same = _told_twice(ties)
    one = {at: min(copies) for at, copies in same.items()}
    single = [tuple(dict.fromkeys(one.get(at, at) for at in tie)) for tie in ties]
    wanted = {one.get(at, at) for at in unsafe}
    fewest = {at: min(firms[copy] for copy in same.get(at, {at})) for at in firms}
    hidden = wanted | _beside(wanted, [tie for tie in single if len(tie) > 1], fewest)
    return frozenset(copy for at in hidden for copy in same.get(at, {at})) - frozenset(unsafe)


def _told_twice(ties: Collection[Tie]) -> dict[At, frozenset[At]]:
    """For each figure that is told more than once, all its copies."""
    found: dict[At, frozenset[At]] = {}
    for tie in ties:
        if len(tie) == 2:
            copies = frozenset(tie).union(*(found.get(at, frozenset()) for at in tie))
            found |= dict.fromkeys(copies, copies)
    return found


def _beside(unsafe: set[At], ties: Collection[Tie], firms: Mapping[At, int]) -> set[At]:
    hidden = set(unsafe)
    while True:
        found = sorted(_worked_out(hidden, ties) & unsafe)
        more = next((at for at in (_cheapest(one, hidden, ties, firms) for one in found) if at), None)
        if more is None:
            return hidden - unsafe
        hidden.add(more)


def _worked_out(hidden: Collection[At], ties: Collection[Tie]) -> set[At]:
    """The hidden figures that the ties leave no freedom: where the null space of the ties is nought."""
    places = {at: place for place, at in enumerate(sorted(hidden))}
    rows = [tie for tie in ties if any(at in places for at in tie)]
    if not rows:
        return set()
    system = np.zeros((len(rows), len(places)))
    for row, tie in enumerate(rows):
        for at in tie:
            if at in places:
                system[row, places[at]] = 1.0 if at != tie[0] else -1.0
    _, sizes, right = np.linalg.svd(system)
    rank = int((sizes > _NONE * max(1.0, float(sizes[0]))).sum())
    freedom = np.abs(right[rank:]).sum(axis=0)
    return {at for at, place in places.items() if freedom[place] < _NONE}


def _cheapest(one: At, hidden: Collection[At], ties: Collection[Tie], firms: Mapping[At, int]) -> At | None:
    """The figure of the fewest firms that is told and tied to `one`; failing that, to any hidden figure."""
    for own in ({one}, set(hidden)):
        told = {at for tie in ties if own & set(tie) for at in tie if at not in hidden}
        if told:
            return min(told, key=lambda at: (firms[at], at))
    return None
