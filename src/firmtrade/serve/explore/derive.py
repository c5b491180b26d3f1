"""Shares and changes: ratios and differences of figures that are told, and of nothing else."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum

from firmtrade.serve.explore.figure import Figure, Kind, absent, binds, figure
from firmtrade.serve.explore.index import Index, Key

PERCENT, POINTS = "percent", "percentage points"


class Show(StrEnum):
    """What is shown of the figures."""

    FIGURES = "figures"
    SHARE_ROW = "share-row"
    SHARE_COLUMN = "share-column"
    SHARE_TOTAL = "share-total"
    CHANGE = "change"
    GROWTH = "growth"

    @property
    def is_share(self) -> bool:
        """Whether it is a share of a total."""
        return self in SHARES

    @property
    def is_change(self) -> bool:
        """Whether it compares years."""
        return self in CHANGES


SHARES = (Show.SHARE_ROW, Show.SHARE_COLUMN, Show.SHARE_TOTAL)
CHANGES = (Show.CHANGE, Show.GROWTH)


def share(index: Index, key: Key, whole: dict[str, str]) -> Figure:
    """A figure in per cent of the one with the codes `whole` instead (`_T` for a total)."""
    part, base = figure(index, key), key.but(**whole)
    if not part.known:
        return part
    refused = _no_share(index, key, tuple(whole))
    if refused is not None:
        return refused
    total = figure(index, base)
    if not total.known:
        return _without(total, "share")
    return _derived(part, total, PERCENT, 1, lambda a, b: 100 * a / b)


def _no_share(index: Index, key: Key, over: tuple[str, ...]) -> Figure | None:
    """Why a figure is no part of its total: an average, or a group that another code decides."""
    word = index.words.get(key.measure)
    if word is None or not word.additive:
        return absent("no_share", key.measure)
    for name in over:
        for other in key.dimensions - {name}:
            known = index.words.get(name), index.words.get(other)
            if any(one is not None and binds(one, to) for one, to in zip(known, (other, name), strict=True)):
                return absent("no_share", key.measure)
        if binds(word, name):
            return absent("no_share", key.measure)
    return None


def change(index: Index, key: Key, earlier: str, show: Show) -> Figure:
    """A figure less that of an earlier period, or in per cent of it."""
    now, before = figure(index, key), figure(index, key._replace(period=earlier))
    if not now.known:
        return now
    if not before.known:
        return _without(before, "change")
    if show is Show.CHANGE:
        unit = POINTS if now.unit == PERCENT else now.unit
        return _derived(now, before, unit, max(now.decimals, before.decimals), lambda a, b: a - b)
    if now.unit.startswith(PERCENT):
        return absent("no_growth", key.measure)
    if before.value is not None and before.value < 0:
        return absent("from_loss")
    return _derived(now, before, PERCENT, 1, lambda a, b: 100 * (a - b) / b)


def _without(other: Figure, what: str) -> Figure:
    """What is derived from a figure that is not told is not told."""
    if other.kind is Kind.HIDDEN or other.reason == "parts_hidden":
        return absent(f"{what}_hidden")
    return absent(f"{what}_missing")


def _derived(
    one: Figure, other: Figure, unit: str, decimals: int, work: Callable[[Decimal, Decimal], Decimal]
) -> Figure:
    """Worked out in decimals, so that 0.3 - 0.1 is 0.2."""
    a, b = Decimal(repr(one.value)), Decimal(repr(other.value))
    try:
        value = float(work(a, b))
    except ArithmeticError:
        return absent("by_zero")
    return Figure(Kind.MADE, value, unit, decimals, "derived", tables=one.tables)
