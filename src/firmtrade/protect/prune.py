"""Hide less: replace witnesses by cheaper ones, figure by figure, the dearest first."""

from __future__ import annotations

from firmtrade.protect.insider import against_insiders
from firmtrade.protect.search import FREE, Need, Search, Use


def improve(work: Search, exposed: list[tuple[Need, int]], insiders: bool) -> None:
    """Try to show each hidden figure again, for as many programs as the effort allows.

    With `insiders`, only where they learn nothing by it, but for the cases `exposed` already.
    """
    helpless: dict[Need, frozenset[int]] | None = {} if insiders else None
    for need, holding in exposed:
        if helpless is not None:
            helpless[need] = helpless.get(need, frozenset()) | {holding}
    last = work.programs + int(work.effort.budget * len(work.needs))
    while work.programs < last:
        before = _cost(work)
        for column in _dearest(work):
            if work.programs < last and work.uses[column]:
                _shown(work, column, helpless)
        if _cost(work) >= before:
            break
    if insiders or not work.effort.insiders:
        tidy(work, helpless)


def tidy(work: Search, helpless: dict[Need, frozenset[int]] | None) -> None:
    """Show each figure that the other hidden ones can do without."""
    for column in _dearest(work):
        if work.uses[column]:
            _shown(work, column, helpless, free=True)


def _cost(work: Search) -> float:
    return float(work.cost[work.hidden].sum())


def _dearest(work: Search) -> list[int]:
    columns = (column for column in range(len(work.uses)) if work.uses[column] and not work.base[column])
    return sorted(columns, key=lambda column: (-work.cost[column], column))


def _shown(
    work: Search, column: int, helpless: dict[Need, frozenset[int]] | None, free: bool = False
) -> None:
    """Give the needs that hide `column` other witnesses, and keep them if that is cheaper."""
    # Those that refused most often come first: one refusal settles it.
    affected = sorted(work.hiding(column), key=lambda need: -work.refusals.get(need, 0))
    before = {need: work.chosen[need] for need in affected}
    cost = _cost(work)
    if not free:
        for need in affected:
            work.choose(need, [])
    for need in affected:
        known = None if helpless is None else helpless.get(need, frozenset())
        found = _fresh(work, need, column, known, FREE if free else cost - _cost(work))
        if found is None:
            work.refusals[need] = work.refusals.get(need, 0) + 1
            break
        work.choose(need, found)
        if not free and _cost(work) >= cost:
            break
    else:
        return
    for need in affected:
        work.choose(need, before[need])


def _fresh(
    work: Search, need: Need, shut: int, helpless: frozenset[int] | None, enough: float
) -> list[Use] | None:
    """New witnesses of a need that leave `shut` alone, for less than `enough`."""
    first = work.find(need, frozenset(), shut, enough)
    if first is None or helpless is None:
        return None if first is None else [first]
    before = work.chosen[need]
    work.choose(need, [first, *before] if enough == FREE else [first])
    uses, exposed = against_insiders(work, need, [first], shut, helpless, enough)
    work.choose(need, before)
    return uses if set(exposed) <= helpless else None
