"""Candidates for groups that have too few: those that fail few of its tests, changed where they fail."""

from __future__ import annotations

import numpy as np

from firmtrade.synthesize.draw import Draw, exp
from firmtrade.synthesize.twin.columns import NUMBER, WHOLE, Column
from firmtrade.synthesize.twin.panel import GRID, MISSING, Panel
from firmtrade.synthesize.twin.pool import strata, whole_strata
from firmtrade.synthesize.twin.reader import Members, Place, Reader, Test


def near(reader: Reader, members: Members, ask: int, most: int, among: np.ndarray, draw: Draw) -> np.ndarray:
    """Of the candidates in `among` those that fail fewest tests of a group, in random order."""
    scan, needed = reader.needs[ask]
    failed = (~members.flags[scan][np.ix_(np.array(needed), among)]).sum(axis=0)
    order = np.argsort(failed + draw.uniform(len(among)) * 0.9, kind="stable")
    return among[order[:most]]


def changed(
    reader: Reader, members: Members, panel: Panel, parents: np.ndarray, ask: int, into: bool, draw: Draw
) -> Panel:
    """Copies of the parents, each changed where it fails the group (`into`) or at one place of it."""
    child = panel.take(parents)
    scan, needed = reader.needs[ask]
    flags = members.flags[scan][list(needed)][:, parents]
    tests = [reader.scans[scan].tests[n] for n in needed]
    if into:
        for number, test in enumerate(tests):
            rows = np.flatnonzero(~flags[number])
            if len(rows):
                _redraw(child, rows, test, draw)
    else:
        which = (draw.uniform(len(parents)) * len(tests)).astype(np.int64)
        for number, test in enumerate(tests):
            rows = np.flatnonzero(which == number)
            if len(rows):
                _redraw(child, rows, test, draw)
    return child


def _redraw(panel: Panel, rows: np.ndarray, test: Test, draw: Draw) -> None:
    """New values in one of the places of a test (or in several), for each of the rows."""
    if not test.places:
        return
    every = draw.chance(0.3, len(rows))
    which = (draw.uniform(len(rows)) * len(test.places)).astype(np.int64)
    for number, place in enumerate(test.places):
        some = rows[every | (which == number)]
        if len(some):
            _redraw_place(panel, some, place, test, draw)


def _redraw_place(panel: Panel, rows: np.ndarray, place: Place, test: Test, draw: Draw) -> None:
    name, year = place
    years = np.full(len(rows), panel.years.index(year) if year in panel.years else -1)
    years = np.where(years < 0, (draw.uniform(len(rows)) * len(panel.years)).astype(np.int64), years)
    if name == "year":
        panel.present[rows, years] ^= True
        return
    column = panel.column(name)
    if column.constant is not None:
        return
    new = _values(column, panel.years, test, len(rows), draw)
    array = panel.values[name]
    whole = draw.chance(0.5, len(rows)) if column.coded else np.zeros(len(rows), dtype=bool)
    if column.kind == WHOLE:
        whole[:] = True
    array[rows, years] = new
    array[rows[whole]] = new[whole, None]


def _values(column: Column, years: tuple[int, ...], test: Test, size: int, draw: Draw) -> np.ndarray:
    """Values from every range of a column alike, sometimes none; codes that the test names first."""
    missing = draw.chance(0.08, size)
    if column.coded:
        wanted = [
            n for n, value in enumerate(column.values) if any(value.startswith(t) for t in test.texts if t)
        ]
        anything = (draw.uniform(size) * len(column.values)).astype(np.int64)
        if wanted:
            named = np.array(wanted)[(draw.uniform(size) * len(wanted)).astype(np.int64)]
            anything = np.where(draw.chance(0.7, size), named, anything)
        return np.where(missing, -1, anything)
    if column.kind == WHOLE:
        ranges = whole_strata(column, years)
        first, to = (np.array(ends) for ends in zip(*ranges, strict=True))
        which = (draw.uniform(size) * len(ranges)).astype(np.int64)
        found = first[which] + (draw.uniform(size) * (to - first)[which]).astype(np.int64)
        return np.where(missing, MISSING, found)
    return np.where(missing, MISSING, _numbers(column, size, draw))


def _numbers(column: Column, size: int, draw: Draw) -> np.ndarray:
    assert column.kind == NUMBER
    ranges = strata(column)
    low, high = (np.array(ends) for ends in zip(*ranges, strict=True))
    which = (draw.uniform(size) * len(ranges)).astype(np.int64)
    logs = np.round(np.log(high / low), 9)
    found = np.rint(low[which] * exp(logs[which] * (0.01 + 0.98 * draw.uniform(size))) * GRID)
    if column.cuts:
        found = np.where(draw.chance(0.3 if 0.0 in column.cuts else 0.02, size), 0, found)
        at = np.array(column.cuts)[(draw.uniform(size) * len(column.cuts)).astype(np.int64)]
        found = np.where(draw.chance(0.05, size), np.rint(at * GRID), found)
    return found.astype(np.int64)
