"""Parts that make a whole, found from the states of groups, never listed by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from firmtrade.reconcile.space import Factor, Place

_MOST_TRIES = 20_000


@dataclass(frozen=True)
class Cover:
    """Places that do not overlap and together have the states of the whole.

    `missing`: firms of the whole may be in none of them: of unknown code, or of the codes `unprinted`.
    """

    whole: Place
    parts: tuple[Place, ...]
    missing: bool
    factor: Factor
    unprinted: tuple[str, ...] = ()


class Shelf:
    """Places by what they differ in, so that the parts of a whole are found quickly.

    `shapes` gives the dimensions by which a place is printed: only parts of one shape are put together.
    """

    def __init__(self, shapes: Mapping[Place, set[tuple[str, ...]]], factors: Mapping[str, Factor]) -> None:
        self.factors = factors
        self._found: dict[tuple[object, ...], list[Place]] = defaultdict(list)
        for place, named in shapes.items():
            for factor in factors.values():
                for shape in sorted(named):
                    self._found[place.population, place.but(factor), factor.name, shape].append(place)
        self._shapes = sorted({shape for named in shapes.values() for shape in named})

    def covers(self, whole: Place) -> Iterable[Cover]:
        """The covers of a whole: for each factor and shape the one with the fewest parts."""
        seen = set()
        for factor in self.factors.values():
            for shape in self._shapes:
                parts = self._found.get((whole.population, whole.but(factor), factor.name, shape), [])
                found = _cover(whole, parts, factor)
                if found and frozenset(found.parts) not in seen:
                    seen.add(frozenset(found.parts))
                    yield found


def _cover(whole: Place, places: list[Place], factor: Factor) -> Cover | None:
    mask = whole.mask(factor)
    inside = {p.mask(factor): p for p in places if p.mask(factor) and not p.mask(factor) & ~mask}
    inside.pop(mask, None)
    if len(inside) < 2:
        return None
    union = 0
    for part in inside:
        union |= part
    needed = mask & factor.known
    unprinted: tuple[str, ...] = ()
    if needed & ~union:
        if ":" not in factor.masks:
            return None
        unprinted = tuple(c for c in factor.states if factor.masks[c] & needed & ~union)
        needed &= union
    chosen = _exact(needed, sorted(inside, reverse=True), factor.known)
    if chosen is None or len(chosen) < 2:
        return None
    joined = sum(chosen)
    parts = tuple(inside[part] for part in sorted(chosen))
    return Cover(whole, parts, bool(mask & ~joined), factor, unprinted)


def _exact(needed: int, masks: list[int], known: int) -> list[int] | None:
    """The fewest masks that have each needed state once and no state twice."""
    best: list[int] | None = None
    tries = 0

    def extend(left: int, used: int, chosen: list[int]) -> None:
        nonlocal best, tries
        tries += 1
        if tries > _MOST_TRIES or (best is not None and len(chosen) >= len(best)):
            return
        if not left:
            best = list(chosen)
            return
        lowest = left & -left
        for mask in masks:
            if mask & lowest and not mask & used and not mask & known & ~left:
                extend(left & ~mask, used | mask, [*chosen, mask])

    extend(needed, 0, [])
    return best
