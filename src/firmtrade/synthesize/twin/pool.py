"""Candidates: made-up histories of firms, drawn without a look at the figures.

Sizes are skewed and persistent, flows of trade go on or change, some firms enter, leave, lack something, or
jump about. Values on both sides of every number that an expression names are drawn, so that every group has
firms.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from firmtrade.synthesize.draw import Draw, exp
from firmtrade.synthesize.twin.columns import NUMBER, WHOLE, Column
from firmtrade.synthesize.twin.panel import GRID, MISSING, Panel

# Chances of the prior; the published figures then decide how many firms of each kind there are.
_ERRATIC = 0.35  # firms that change their mind from year to year
_STAYS, _LEAVES, _GAP = 0.75, 0.25, 0.04
_LACKS, _SELDOM = 0.12, 0.02  # firms that often lack values, and how often others do
_CENTRE = 250_000.0  # an amount that nothing is known of
_OLDEST = 40  # years before the first that an expression names


def draw_pool(columns: tuple[Column, ...], years: tuple[int, ...], size: int, draw: Draw) -> Panel:
    """So many candidates over the years."""
    panel = Panel(columns, years, {}, _presence(size, len(years), draw))
    erratic = draw.chance(_ERRATIC, size)
    careless = draw.chance(_LACKS, size)
    eager = draw.uniform(size)
    scale = np.zeros((size, len(years)))
    for column in sorted(columns, key=lambda c: not (c.kind == NUMBER and len(c.cuts) > 1)):
        if column.constant is not None:
            panel.values[column.name] = np.full(panel.present.shape, _constant(column), dtype=np.int64)
            continue
        if column.switch:
            values = _flow(column, panel, erratic, eager, scale, draw)
        elif column.kind == NUMBER:
            values = _amount(column, panel, erratic, scale, draw)
            if len(column.cuts) > 1 and not scale.any():
                scale = np.round(np.log2(np.maximum(values, 1) / GRID) * 0.5, 6)
        elif column.kind == WHOLE:
            values = np.repeat(_whole(column, years, size, draw)[:, None], len(years), axis=1)
        else:
            values = _coded(column, panel.present.shape, erratic, draw)
        panel.values[column.name] = _forgotten(column, values, careless, draw)
    _founded_first(panel, draw)
    return panel


def _constant(column: Column) -> int:
    if column.kind == NUMBER:
        return round(float(column.constant) * GRID)
    return int(column.constant) if column.kind == WHOLE else column.values.index(str(column.constant))


def _presence(size: int, years: int, draw: Draw) -> np.ndarray:
    """When each firm is on record: from an entry to an exit, with few gaps."""
    at = np.arange(years)[None, :]
    entry = np.where(draw.chance(_STAYS, size), 0, (draw.uniform(size) * years).astype(np.int64))
    leaves = draw.chance(_LEAVES, size)
    last = np.where(leaves, entry + (draw.uniform(size) * (years - entry)).astype(np.int64), years - 1)
    present = (at >= entry[:, None]) & (at <= last[:, None])
    return present & ~(draw.chance(_GAP, size, years) & (at > entry[:, None]))


def _flow(
    column: Column, panel: Panel, erratic: np.ndarray, eager: np.ndarray, scale: np.ndarray, draw: Draw
) -> np.ndarray:
    """A flow: zero or positive; who trades mostly goes on."""
    size, years = panel.present.shape
    chance = np.clip(eager * np.sqrt(eager) + (draw.uniform(size) - 0.5) * 0.6, 0.02, 0.98)
    state = draw.chance(chance, size)
    values = np.zeros((size, years), dtype=np.int64)
    level = draw.normal(size) * 1.2
    for year in range(years):
        changes = draw.chance(np.where(erratic, 0.5, 0.06), size)
        state = np.where(changes, draw.chance(chance, size), state)
        amount = exp(level + 0.3 * draw.normal(size)) * _CENTRE * exp(scale[:, year] * 0.5)
        values[:, year] = np.where(state, np.maximum(np.rint(amount * GRID), 1), 0)
    return values


def strata(column: Column) -> list[tuple[float, float]]:
    """Ranges between the numbers that a column is compared with."""
    cuts = [cut for cut in column.cuts if cut > 0]
    if not cuts:
        return [(_CENTRE / 10, _CENTRE * 10)]
    ends = [cuts[0] / 50, *cuts, cuts[-1] * 4]
    return list(pairwise(ends))


def _amount(column: Column, panel: Panel, erratic: np.ndarray, scale: np.ndarray, draw: Draw) -> np.ndarray:
    """An amount within a range that changes little from year to year, unless the firm is erratic."""
    size, years = panel.present.shape
    ranges = strata(column)
    values = np.zeros((size, years), dtype=np.int64)
    weights = np.array([0.5**n + 0.15 for n in range(len(ranges))])
    which = draw.pick(weights, size)
    place = draw.uniform(size)
    for year in range(years):
        moves = draw.chance(np.where(erratic, 0.35, 0.03), size)
        which = np.where(moves, draw.pick(weights, size), which)
        place = np.where(moves, draw.uniform(size), np.clip(place + 0.05 * draw.normal(size), 0.0, 0.999))
        amount = _within(ranges, which, place)
        if len(ranges) == 1:
            amount = amount * exp(scale[:, year])
        values[:, year] = np.rint(amount * GRID)
    return values


def _within(ranges: list[tuple[float, float]], which: np.ndarray, place: np.ndarray) -> np.ndarray:
    """A point of a range, by its place on a logarithmic scale."""
    low, high = (np.array(ends) for ends in zip(*ranges, strict=True))
    logs = np.array([float(np.log(to / first)) for first, to in ranges])
    inside = np.clip(place, 0.001, 0.999)
    found = low[which] * exp(np.round(logs, 9)[which] * inside)
    return np.clip(found, low[which] + 1 / GRID, np.maximum(high[which] - 1 / GRID, low[which] + 1 / GRID))


def whole_strata(column: Column, years: tuple[int, ...]) -> list[tuple[int, int]]:
    """Ranges of years: [from, to) between the years and the ages that expressions name."""
    cuts = {int(cut) for cut in column.cuts if cut >= 1000}
    cuts |= {year - int(cut) for cut in column.cuts if abs(cut) < 1000 for year in years}
    cuts |= {cut + 1 for cut in cuts}
    ends = sorted({min([*cuts, years[0]]) - _OLDEST, *cuts, years[0], years[-1] + 1})
    return list(pairwise(ends))


def _whole(column: Column, years: tuple[int, ...], size: int, draw: Draw) -> np.ndarray:
    ranges = whole_strata(column, years)
    width = np.array([to - first for first, to in ranges], dtype=float)
    which = draw.pick(width / (1 + width / 8) + 0.2, size)
    first = np.array([r[0] for r in ranges])[which]
    return first + (draw.uniform(size) * width[which]).astype(np.int64)


def _coded(column: Column, shape: tuple[int, int], erratic: np.ndarray, draw: Draw) -> np.ndarray:
    """A code that a firm keeps, or changes in some year."""
    size, years = shape
    yesno = column.kind == "yesno"
    weights = np.array([0.15, 0.85]) if yesno else np.ones(len(column.values))
    first, later = draw.pick(weights, size), draw.pick(weights, size)
    changed = np.where(draw.chance(np.where(erratic, 0.2, 0.03), size), draw.uniform(size) * years, years)
    return np.where(np.arange(years)[None, :] < changed[:, None], first[:, None], later[:, None])


def _forgotten(column: Column, values: np.ndarray, careless: np.ndarray, draw: Draw) -> np.ndarray:
    """Leave out some values: of all years for a code or a year of foundation, else here and there."""
    size, years = values.shape
    chance = np.where(careless, 0.25, _SELDOM)
    often = draw.chance(chance[:, None], size, years)
    if column.coded or column.kind == WHOLE:
        often = np.repeat(often[:, :1], years, axis=1)
    return np.where(often, -1 if column.coded else MISSING, values)


def _founded_first(panel: Panel, draw: Draw) -> None:
    """Nobody is on record before its foundation, but for a few wrong entries."""
    for column in panel.columns:
        if column.kind == WHOLE:
            before = np.array(panel.years)[None, :] < panel.values[column.name]
            panel.present &= ~(before & ~draw.chance(0.02, len(panel))[:, None])
