"""Hide less: replace witnesses by cheaper ones, figure by figure, the dearest first."""

from __future__ import annotations

from firmtrade.protect.insider import against_insiders
from firmtrade.protect.search import Need, Search, Use


def improve(work: Search, exposed: list[tuple[Need, int]]) -> None:
    """Try to show each hidden figure again, for as many programs as the effort allows."""
    helpless: dict[Need, frozenset[int]] = {}
    for need, holding in exposed:
        helpless[need] = helpless.get(need, frozenset()) | {holding}
    last = work.programs + int(work.effort.budget * len(work.needs))
    while work.programs < last:
        before = _cost(work)
        for column in _dearest(work):
            if work.programs < last and work.uses[column]:
                _shown(work, column, helpless)
        if _cost(work) >= before:
            return


def _cost(work: Search) -> float:
    return float(work.cost[work.hidden].sum())


def _dearest(work: Search) -> list[int]:
    columns = (column for column in range(len(work.uses)) if work.uses[column] and not work.base[column])
    return sorted(columns, key=lambda column: (-work.cost[column], column))


def _shown(work: Search, column: int, helpless: dict[Need, frozenset[int]]) -> None:
    """Give the needs that hide `column` other witnesses, and keep them if that is cheaper."""
    affected = work.hiding(column)
    before = {need: work.chosen[need] for need in affected}
    cost = _cost(work)
    for need in affected:
        work.choose(need, [])
    for need in affected:
        found = _fresh(work, need, column, helpless.get(need, frozenset()), cost - _cost(work))
        if found is None:
            break
        work.choose(need, found)
        if _cost(work) >= cost:
            break
    else:
        return
    for need in affected:
        work.choose(need, before[need])


def _fresh(
    work: Search, need: Need, shut: int, helpless: frozenset[int], enough: float
) -> list[Use] | None:
    """New witnesses of a need that leave `shut` alone, for less than `enough`."""
    first = work.find(need, frozenset(), shut, enough)
    if first is None:
        return None
    if not work.effort.insiders:
        return [first]
    work.choose(need, [first])
    uses, exposed = against_insiders(work, need, [first], shut, helpless, enough)
    work.choose(need, [])
    return uses if set(exposed) <= helpless else None
