"""From answers to the cells of a table: each figure worked out, each number of unknown firms told once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from firmtrade.catalog import Definition
from firmtrade.describe.answer import Value
from firmtrade.describe.asks import Ask, Pairs, evaluate, plain
from firmtrade.describe.cells import Slot, spelling
from firmtrade.describe.unknowns import Doubt
from firmtrade.result import Cell, Result, Unknown

if TYPE_CHECKING:
    from firmtrade.describe.compute import Setting, TablePlan


def _value(slot: Slot, answers: Callable[[Ask], Value], setting: Setting) -> Value:
    return evaluate(slot.measure, slot.ask, answers, setting.catalog, setting.windows.get(slot.ask.window))


def told(made: TablePlan) -> list[Doubt]:
    """The numbers of unknown firms that are not cells of the table already."""
    printed = {_shown(slot.ask.sample, slot.period, slot.ask.codes, slot.measure.name) for slot in made.slots}
    return [
        doubt
        for doubt in made.doubts
        if _shown(doubt.sample, doubt.period, tuple(doubt.codes.items()), doubt.measure.name) not in printed
    ]


def _shown(sample: str, period: str, codes: Pairs, measure: str) -> tuple[object, ...]:
    return (sample, period, tuple(sorted((plain(name), code) for name, code in codes)), measure)


def _unknown(doubt: Doubt, firms: int) -> Unknown:
    about = (doubt.sample, doubt.period, doubt.dimension, doubt.code)
    return Unknown(*about, firms, doubt.codes, doubt.measure.name, doubt.measure.unit)


def result_of(made: TablePlan, found: Mapping[Ask, Value], setting: Setting) -> Result:
    """The table as it was asked for, filled with what was found."""
    table = made.table
    unknowns = tuple(_unknown(doubt, int(found[doubt.ask] or 0)) for doubt in told(made))
    return Result(
        table.name,
        table.title,
        table.sample,
        table.rows,
        table.columns,
        tuple(_cell(slot, found, setting, table.decimals) for slot in made.slots),
        unknowns,
        table.notes,
        table.chart,
        table.section,
        *spelling(made.slots),
    )


def _cell(slot: Slot, found: Mapping[Ask, Value], setting: Setting, decimals: Mapping[str, int]) -> Cell:
    measure: Definition = slot.measure
    codes = {plain(name): code for name, code in slot.ask.codes}
    return Cell(
        slot.ask.sample,
        slot.period,
        codes,
        measure.name,
        _value(slot, found.__getitem__, setting),
        measure.unit,
        decimals.get(measure.name, measure.decimals),
        int(found[slot.ask] or 0),
    )
