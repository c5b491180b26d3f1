"""Protection against a holding that fills a hidden figure alone and so knows it.

A figure is safe from an insider if one of its witnesses leaves alone all that the insider fills. So each
need gets witnesses until no holding sees all of them move a figure of its own. A holding that is itself
part of the unsafe figure knows its own part of it: of that figure only the rest can be protected from
it, and the distance is that share of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable

from firmtrade.protect.evidence import NOBODY, Evidence
from firmtrade.protect.program import INFINITY
from firmtrade.protect.search import Need, Search, Use


def protect_insiders(work: Search, missing: Iterable[Need]) -> list[tuple[Need, int]]:
    """Add witnesses against insiders; return (need, holding) where there are none."""
    exposed = []
    skipped = set(missing)
    for need in work.needs:
        if need not in skipped:
            uses, holdings = against_insiders(work, need, list(work.chosen[need]))
            work.choose(need, uses)
            exposed += [(need, holding) for holding in holdings]
    return exposed


def reach(evidence: Evidence, column: int, holding: int) -> float:
    """The share of the required distance that a holding must be left with: less where it is part of it."""
    total = int(evidence.total[column])
    for owner, value in zip(evidence.holder[column].tolist(), evidence.largest[column].tolist(), strict=True):
        if owner == holding and total:
            return float((total - value) / total)
    return 1.0


def against_insiders(
    work: Search,
    need: Need,
    uses: list[Use],
    shut: int | None = None,
    helpless: frozenset[int] = frozenset(),
    enough: float = INFINITY,
) -> tuple[list[Use], list[int]]:
    """`uses` and what must be added so that no insider sees through them all; and who still does.

    `helpless` are holdings of which it is known that they cannot be kept out; they are not tried again.
    """
    full = need.distance * work.effort.insiders
    wanted = {
        holding: full * reach(work.evidence, need.column, holding)
        for holding in work.groups(uses[0].number) - {int(work.sole[need.column]), NOBODY}
    }
    left = _open(work, uses, wanted) - helpless
    while far := frozenset(holding for holding in left if wanted[holding] == full):
        use = work.find(Need(need.column, need.sign, full), far, shut, enough)
        if use is None:
            break
        uses = [*uses, use]
        left = _open(work, uses, wanted) - helpless
    for holding in sorted(left):
        if holding in _open(work, uses, wanted):
            use = work.find(Need(need.column, need.sign, wanted[holding]), frozenset({holding}), shut, enough)
            uses = uses if use is None else [*uses, use]
    return uses, sorted(_open(work, uses, wanted))


def _open(work: Search, uses: list[Use], wanted: dict[int, float]) -> frozenset[int]:
    """The holdings for which every witness moves something of their own, or not far enough."""
    found = set(wanted)
    for use in uses:
        groups = work.groups(use.number)
        found = {h for h in found if h in groups or use.distance < wanted[h] * (1 - 1e-9)}
    return frozenset(found)
