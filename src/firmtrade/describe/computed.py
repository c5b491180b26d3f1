"""What a computation gives: results, and what disclosure control must know of how they were worked out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from firmtrade.describe.answer import Value
from firmtrade.describe.asks import Ask
from firmtrade.describe.behind import Behind
from firmtrade.describe.finest import Sums
from firmtrade.describe.listing import Listing
from firmtrade.result import Attrition, Result


@dataclass(frozen=True)
class Backing:
    """What the figures of results are worked out from: all that disclosure control needs to know.

    `figures` has, for each table, the asks behind each cell; `unknowns` the ask of each number of unknown
    firms; `sums` the additive asks over finest cells with their evidence. An ask that no sum has cannot
    be added up: a median, a top share, a largest value; `contributors` says of how many firms it is, and
    how large the largest of them are.
    `again` works the results out anew with other answers to some asks.
    `listings` are the firms of each view, where a ledger asks for them.
    """

    figures: Mapping[str, tuple[tuple[Ask, ...], ...]]
    unknowns: Mapping[str, tuple[Ask, ...]]
    sums: tuple[Sums, ...]
    contributors: Mapping[Ask, Behind]
    again: Callable[[Mapping[Ask, Value]], tuple[Result, ...]]
    listings: tuple[Listing, ...] = ()

    def __repr__(self) -> str:
        """Say what it is, not what is in it."""
        return f"<Backing of {', '.join(self.figures) or 'no table'}, confidential>"


@dataclass(frozen=True)
class Computed:
    """Results in the tables' order, the attrition of each sample, and what cannot be answered and why.

    `backing` is there if the setting asked for evidence.
    """

    results: tuple[Result, ...]
    attrition: tuple[Attrition, ...]
    refusals: tuple[str, ...]
    backing: Backing | None = None
