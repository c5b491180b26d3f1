"""Which of the panel's columns tables ask for, before anything is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from firmtrade.describe.asks import Ask
from firmtrade.describe.compute import ASKING, HOLDING, Setting, plan
from firmtrade.describe.needs import needed_columns
from firmtrade.describe.spec import Table


def needed_by_sample(tables: Iterable[Table], setting: Setting) -> dict[str, frozenset[str]]:
    """The panel's columns that tables ask for about each sample, and what disclosure control must know."""
    # One year asks for what all years ask for.
    once = [
        replace(table, blocks=tuple(replace(block, periods=block.periods[:1]) for block in table.blocks))
        for table in tables
    ]
    besides = {HOLDING, ASKING} & (setting.columns or frozenset()) if setting.evidence else set()
    asks: dict[str, set[Ask]] = defaultdict(set)
    for made in plan(once, setting):
        for ask in made.asks:
            asks[ask.sample].add(ask)
    return {
        sample: frozenset(needed_columns(found, setting.groups) | besides)
        for sample, found in sorted(asks.items())
    }
