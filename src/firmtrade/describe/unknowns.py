"""Every table reports its unknowns: the firms of which a group it asks for cannot be said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from firmtrade.catalog import Catalog, Definition
from firmtrade.describe.asks import COUNT, Ask, given_by_cell, plain, spoken
from firmtrade.describe.cells import Slot
from firmtrade.result import UNKNOWN


@dataclass(frozen=True)
class Doubt:
    """One number of unknown firms: the ask that counts them, and how the row is keyed."""

    ask: Ask
    sample: str
    period: str
    dimension: str
    code: str | None
    codes: Mapping[str, str]
    measure: Definition


def doubts(slots: Iterable[Slot], catalog: Catalog) -> list[Doubt]:
    """The unknowns of a table's dimensions, each once for a sample and period."""
    found: dict[tuple[object, ...], Doubt] = {}
    for slot in slots:
        given = given_by_cell(slot.ask.codes, slot.ask.aggregate, catalog)
        for name, code in slot.ask.codes:
            doubt = None if spoken(name) in given else _doubt(slot, name, code, catalog)
            if doubt is not None:
                key = (doubt.sample, doubt.period, tuple(sorted(doubt.codes.items())))
                found.setdefault(key, doubt)
    return list(found.values())


def _doubt(slot: Slot, name: str, code: str, catalog: Catalog) -> Doubt | None:
    dimension = catalog.get(plain(name), "dimension")
    ask = slot.ask
    if not dimension.overlaps or UNKNOWN in dimension.groups:
        kept = given_by_cell(((name, code),), "*", catalog) if dimension.overlaps else set()
        codes = tuple(sorted([*((n, c) for n, c in ask.codes if spoken(n) in kept), (name, UNKNOWN)]))
        measure = _measure(catalog, "count(*)")
        asked, which = Ask(ask.sample, ask.window, ask.year, codes, COUNT), None
    else:
        measure = _measure(catalog, f"count(*) filter (where {dimension.name.replace('-', '_')} is null)")
        if measure is None:
            return None
        codes = ((name, code),)
        asked, which = Ask(ask.sample, ask.window, ask.year, codes, measure.name), code
    if measure is None:
        return None
    plainly = {plain(n): c for n, c in codes}
    return Doubt(asked, ask.sample, slot.period, dimension.name, which, plainly, measure)


def _measure(catalog: Catalog, expr: str) -> Definition | None:
    """The measure that counts these firms, found by what it says and not by its name."""

    def search() -> Definition | None:
        return next((word for word in catalog if word.kind == "measure" and word.expr == expr), None)

    return catalog.remember(("expr", expr), search)
