"""Protection against a holding that fills a hidden figure alone and so knows it.

A figure is safe from an insider if one of its witnesses leaves alone all that the insider fills. So each
need gets witnesses until no holding sees all of them move a figure of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from firmtrade.protect.evidence import NOBODY
from firmtrade.protect.search import Need, Search, Use


def protect_insiders(work: Search, missing: Iterable[Need]) -> list[tuple[Need, int]]:
    """Add witnesses against insiders; return (need, holding) where there are none."""
    exposed = []
    skipped = set(missing)
    for need in work.needs:
        if need not in skipped and work.effort.insiders > 0:
            uses, holdings = against_insiders(work, need, list(work.chosen[need]))
            work.choose(need, uses)
            exposed += [(need, holding) for holding in holdings]
    return exposed


def against_insiders(
    work: Search, need: Need, uses: list[Use], shut: int | None = None, known: frozenset[int] = frozenset()
) -> tuple[list[Use], list[int]]:
    """`uses` and what must be added so that no insider sees through them all; and who still does.

    `known` are holdings of which it is known that they cannot be kept out; they are not tried again.
    """
    inner = Need(need.column, need.sign, need.distance * work.effort.insiders)
    own = {int(work.sole[need.column])} - {NOBODY}
    left = _common(work, uses) - own - known
    while left:
        use = work.find(inner, left, shut)
        if use is None:
            break
        uses = [*uses, use]
        left &= work.groups(use.number)
    exposed = sorted(known & _common(work, uses))
    for holding in sorted(left):
        if any(holding not in work.groups(use.number) for use in uses):
            continue
        use = work.find(inner, frozenset({holding}), shut)
        if use is None:
            exposed.append(holding)
        else:
            uses = [*uses, use]
    return uses, exposed


def _common(work: Search, uses: list[Use]) -> frozenset[int]:
    """The holdings that see every witness move something of their own."""
    if not uses:
        return frozenset()
    common = work.groups(uses[0].number)
    for use in uses[1:]:
        common &= work.groups(use.number)
    return common
