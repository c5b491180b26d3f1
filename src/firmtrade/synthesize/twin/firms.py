"""From candidates to firms: copies that differ, and stay in their groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from firmtrade._engine.duckdb import DuckDB
from firmtrade.synthesize.draw import Draw
from firmtrade.synthesize.twin.columns import NUMBER
from firmtrade.synthesize.twin.panel import GRID, MISSING, Panel
from firmtrade.synthesize.twin.people import People
from firmtrade.synthesize.twin.reader import Members, Place, Reader

_UNFILED = 0.08
_FURTHEST = 1000  # times as large or small as it was drawn: as far as an amount without limits goes


def room(values: np.ndarray, cuts: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """(lowest, highest) that each value may become without passing zero or a number it is compared with."""
    low, high = values.copy(), values.copy()
    cuts = sorted({*cuts, 0.0})
    ends = [-np.inf, *(cut * GRID for cut in cuts), np.inf]
    for first, last in pairwise(ends):
        inner = (values > first) & (values < last) & (values != MISSING) & (values != 0)
        far, near = values[inner] * _FURTHEST, values[inner] // _FURTHEST
        least = np.full(len(near), np.floor(first) + 1) if np.isfinite(first) else np.minimum(far, near)
        most = np.full(len(near), np.ceil(last) - 1) if np.isfinite(last) else np.maximum(far, near)
        low[inner], high[inner] = least.astype(np.int64), most.astype(np.int64)
    return np.minimum(low, values), np.maximum(high, values)


def make_firms(
    people: People, counted: np.ndarray, reader: Reader, engine: DuckDB, draw: Draw
) -> tuple[Panel, Members]:
    """The firms, in random order, and which groups they are in; `counted` asks are numbers of firms."""
    which = np.repeat(np.arange(len(people.firms)), people.firms)
    which = which[np.argsort(draw.uniform(len(which)), kind="stable")]
    parents, limits = people.panel.take(which), reader.limits()
    firms = people.panel.take(which)
    for column in firms.columns:
        if column.kind == NUMBER and column.constant is None:
            cuts = [cuts_at(limits, column.name, year) for year in firms.years]
            firms.values[column.name] = _varied(firms.values[column.name], cuts, draw)
    members = _back_where(firms, parents, reader, engine, people.members.inside[:, which])
    return _filed_by_some(firms, members, counted, reader, engine, draw)


def _back_where(firms: Panel, earlier: Panel, reader: Reader, engine: DuckDB, inside: np.ndarray) -> Members:
    """The groups of the firms, after giving back their earlier values to those that left their groups."""
    members = reader.read(engine, firms)
    back = np.flatnonzero((members.inside != inside).any(axis=0))
    if not len(back):
        return members
    put_back(firms, earlier, back)
    return reader.read(engine, firms)


def _filed_by_some(
    firms: Panel, members: Members, counted: np.ndarray, reader: Reader, engine: DuckDB, draw: Draw
) -> tuple[Panel, Members]:
    """Some firms have not filed an amount that is only added up.

    Sums that belong together are over the firms for which all parts are known, so that growth and levels of
    one group can differ in whom they are about; in a group in which everybody filed everything they cannot.
    """
    before = firms.take(np.arange(len(firms)))
    for column in firms.columns:
        if column.kind == NUMBER and not column.cuts and column.constant is None:
            values = firms.values[column.name]
            firms.values[column.name] = np.where(draw.chance(_UNFILED, *values.shape), MISSING, values)
    after = reader.read(engine, firms)
    moved = (after.inside[counted] != members.inside[counted]).any(axis=0)
    empty = members.inside.any(axis=1) & ~after.inside.any(axis=1)
    moved |= members.inside[empty].any(axis=0)
    put_back(firms, before, np.flatnonzero(moved))
    return firms, reader.read(engine, firms)


def put_back(firms: Panel, earlier: Panel, which: np.ndarray) -> None:
    """Give some firms the values that they had."""
    for name, values in earlier.values.items():
        firms.values[name][which] = values[which]


def cuts_at(limits: Mapping[Place, tuple[float, ...]], name: str, year: int) -> tuple[float, ...]:
    """The numbers that a column is compared with in a year."""
    return (*limits.get((name, year), ()), *limits.get((name, 0), ()))


def _varied(values: np.ndarray, cuts: Sequence[Sequence[float]], draw: Draw) -> np.ndarray:
    """Each firm's values times a factor of its own, nearly the same in all years."""
    own = 0.75 + 0.55 * draw.uniform(len(values))
    factor = own[:, None] * (0.97 + 0.06 * draw.uniform(*values.shape))
    known = values != MISSING
    moved = np.rint(np.where(known, values, 0) * factor).astype(np.int64)
    for at, limits in enumerate(cuts):
        low, high = room(values[:, at], limits)
        moved[:, at] = np.clip(moved[:, at], low, high)
    return np.where(known, moved, MISSING)
