"""Hide less: replace witnesses by cheaper ones until no single change helps."""

from __future__ import annotations

from firmtrade.protect.insider import against_insiders
from firmtrade.protect.search import Need, Search, Use


def improve(work: Search, missing: list[Need], exposed: list[tuple[Need, int]]) -> None:
    """Sweep over needs and over hidden figures as often as the effort allows."""
    helpless: dict[Need, frozenset[int]] = {}
    for need, holding in exposed:
        helpless[need] = helpless.get(need, frozenset()) | {holding}
    skipped = set(missing)
    for _ in range(work.effort.sweeps):
        before = _cost(work)
        for need in reversed(work.needs):
            if need not in skipped:
                _again(work, need, helpless.get(need, frozenset()))
        if work.effort.prune:
            _drop(work, helpless)
        if _cost(work) >= before:
            return


def _cost(work: Search) -> float:
    return float(work.cost[work.hidden].sum())


def _again(work: Search, need: Need, helpless: frozenset[int]) -> None:
    """Look for cheaper witnesses of a need that hides figures for itself alone."""
    before = work.chosen[need]
    cost = _cost(work)
    work.choose(need, [])
    if _cost(work) == cost:
        work.choose(need, before)
        return
    found = _fresh(work, need, None, helpless)
    if found is not None:
        work.choose(need, found)
        if _cost(work) < cost:
            return
    work.choose(need, before)


def _fresh(work: Search, need: Need, shut: int | None, helpless: frozenset[int]) -> list[Use] | None:
    first = work.find(need, frozenset(), shut, 1e300)
    if first is None:
        return None
    if not work.effort.insiders:
        return [first]
    work.choose(need, [first])
    uses, exposed = against_insiders(work, need, [first], shut, helpless)
    work.choose(need, [])
    return uses if set(exposed) <= helpless else None


def _drop(work: Search, helpless: dict[Need, frozenset[int]]) -> None:
    """Try to show each hidden figure again, the dearest first."""
    order = sorted(
        (column for column in range(len(work.uses)) if work.uses[column] and not work.base[column]),
        key=lambda column: (-work.cost[column], column),
    )
    for column in order:
        if work.uses[column]:
            _shown(work, column, helpless)


def _shown(work: Search, column: int, helpless: dict[Need, frozenset[int]]) -> None:
    """Give the needs that hide `column` other witnesses, and keep them if that is cheaper."""
    affected = [
        need
        for need in work.needs
        if any(column in work.pool[use.number].columns for use in work.chosen.get(need, []))
    ]
    before = {need: work.chosen[need] for need in affected}
    cost = _cost(work)
    for need in affected:
        work.choose(need, [])
    for need in affected:
        found = _fresh(work, need, column, helpless.get(need, frozenset()))
        if found is None:
            break
        work.choose(need, found)
        if _cost(work) >= cost:
            break
    else:
        if _cost(work) < cost:
            return
    for need in affected:
        work.choose(need, before[need])
