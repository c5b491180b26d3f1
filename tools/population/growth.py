"""Sums of employment and value added of the followed firms that reproduce Tables 5-16 and 21-31.

A cell is a place in the table `followed` of a sector with at least one firm. Its four sums (full-time
equivalents of 1998 and 2003, value added of 1998 and 2003) are looked for near those of a first draw. Growth
of sums and levels are linear in them; growth of productivity is not: its rows are linear in logarithms only,
so the program is solved again and again with these rows developed at the last solution, each time within a
smaller step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from population.followed import CONSTANT, NEVER, NEW, ROWS, STOPPED, UNKNOWN_2002
from population.model import INFINITY, Model
from population.published import Cell

YEARS = 5
COHORTS = ("1998", "1993-1997", "1988-1992", "1983-1987", "before-1983")
TIERS = ((0.15, 1.0), (0.2, 3.0), (0.3, 8.0), (INFINITY, 20.0))  # distances from the draw and their prices
BOUND = 3.0  # a sum may become so many times as large or as small as it was drawn
LEAST_STAFF = 1.2  # FTE of a firm of a cell on average: the samples begin at one
ALIKE = 1.7  # a ratio of two sums may become so many times as large or as small as it was drawn
STEPS = (0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005)
NEAR = 100.0  # the price of the outer part of a printed interval
WHOLE = 2000.0  # the price of a change of the sum over all firms
BREACH = 1e4  # the price of leaving a printed interval, in half widths, against distances from the draw
#: Firms that leave the population grow fast: factors on their four sums. Tables 6 and 12 do not agree
#: otherwise.
LEAVERS = (1.0, 1.2, 1.0, 1.2)
VENTURE_STAFF = (18 * 25, 36 * 25)  # FTE of the ventures of Table 11 in 1998 and 2003 (section 5.3.3)


@dataclass(frozen=True)
class Program:
    """Cells as flat positions in `followed` (2 x 4 x 6 x 5), the sums drawn for them, the printed rows."""

    shape: tuple[int, ...]
    cells: np.ndarray
    firms: np.ndarray
    drawn: np.ndarray
    rows: list[tuple[Cell, np.ndarray]]

    @property
    def filed(self) -> np.ndarray:
        return np.unravel_index(self.cells, self.shape)[0] == 0


def program(shape: tuple[int, ...], followed: np.ndarray, drawn: np.ndarray, cells: list[Cell]) -> Program:
    """`drawn`: 4 x the shape of `followed`. `cells`: the printed cells of this sector's followed firms."""
    here = np.flatnonzero(followed.ravel())
    rows = [(cell, _members(cell, here, shape)) for cell in cells if cell.key["measure"] != "firms"]
    wish = _with_ventures(drawn.reshape(4, -1)[:, here], rows)
    left = np.unravel_index(here, shape)[2] == UNKNOWN_2002
    wish = np.where(left, wish * np.array(LEAVERS)[:, None], wish)
    return Program(shape, here, followed.ravel()[here], wish, rows)


def _with_ventures(drawn: np.ndarray, rows: list[tuple[Cell, np.ndarray]]) -> np.ndarray:
    """The ventures of Table 11 start from the 18 and 36 FTE of the text, at the productivity drawn."""
    ventures = next((members for cell, members in rows if cell.key["venture"] == "inv"), None)
    if ventures is None:
        return drawn
    factors = np.array([staff / drawn[kind, ventures].sum() for kind, staff in enumerate(VENTURE_STAFF)])
    return np.where(ventures, drawn * np.concatenate([factors, factors])[:, None], drawn)


def _members(cell: Cell, here: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Which cells the row of a printed number adds up."""
    _, export, import_, cohort = np.unravel_index(here, shape)
    if cell.key["venture"] != "_T":
        exporting = [CONSTANT, NEW] if cell.key["venture"] == "inv" else [STOPPED, NEVER]
        return np.isin(export, exporting) & (cohort == 0)
    status = export if cell.key["flow"] == "export" else import_
    members = np.isin(status, ROWS[cell.key["status"]])
    return members if cell.key["cohort"] == "_T" else members & (cohort == COHORTS.index(cell.key["cohort"]))


def solve(own: Program, margin: float) -> np.ndarray:
    """Sums (4 x cells) that keep a part `margin` of the half width away from the ends of the intervals."""
    sums = own.drawn.copy()
    for step in STEPS:
        sums = _solve_once(own, sums, step, margin)
    return sums


def _solve_once(own: Program, at: np.ndarray, step: float, margin: float) -> np.ndarray:
    model = Model()
    x = model.variables(*own.drawn.shape)  # sums relative to those drawn
    start = at / own.drawn
    weights = np.sqrt(own.firms)
    for kind, cell in np.ndindex(*x.shape):
        place = int(x[kind, cell])
        model.low[place] = max(1 / BOUND, start[kind, cell] * (1 - step))
        model.high[place] = min(BOUND, start[kind, cell] * (1 + step))
        if kind < 2:
            model.low[place] = max(model.low[place], LEAST_STAFF * own.firms[cell] / own.drawn[kind, cell])
            model.high[place] = max(model.high[place], model.low[place])
        model.gently(place, 1.0, float(weights[cell]), TIERS)
    for cell, members in own.rows:
        for factors, bound, sign, scale in _bounds(own, cell, members, at, margin):
            near, over = (int(place) for place in model.variables(2))
            model.high[near], model.cost[near], model.cost[over] = 0.8 * margin, NEAR, BREACH
            row = {int(x[kind, c]): f * own.drawn[kind, c] for (kind, c), f in factors.items()}
            row = {place: f / scale for place, f in row.items()}
            row[near] = row[over] = sign
            low, high = (bound / scale, INFINITY) if sign > 0 else (-INFINITY, bound / scale)
            model.row(row, low, high)
    for kind, drawn in enumerate(own.drawn):
        total = int(model.variables(1)[0])
        row = {int(place): float(part) for place, part in zip(x[kind], drawn / drawn.sum(), strict=True)}
        model.row({**row, total: -1.0}, 0, 0)
        model.near(total, 1.0, WHOLE)
    _alike(model, x)
    _growing(own, model, x)
    found = model.solve()
    return found[x] * own.drawn


def _alike(model: Model, x: np.ndarray) -> None:
    """Growth and productivity of a cell stay within a factor of those drawn."""
    for over, under in ((1, 0), (2, 0), (3, 1)):
        for cell in range(x.shape[1]):
            pair = int(x[over, cell]), int(x[under, cell])
            model.row({pair[0]: 1.0, pair[1]: -1 / ALIKE}, 0, INFINITY)
            model.row({pair[0]: 1.0, pair[1]: -ALIKE}, -INFINITY, 0)


def _growing(own: Program, model: Model, x: np.ndarray) -> None:
    """The ventures of Table 11 have 18 FTE on average in 1998 and 36 in 2003."""
    members = next((m for cell, m in own.rows if cell.key["venture"] == "inv"), None)
    if members is not None:
        for kind, staff in enumerate(VENTURE_STAFF):
            row = {int(x[kind, c]): float(own.drawn[kind, c]) for c in np.flatnonzero(members)}
            model.row(row, staff * 0.975, staff * 1.012)


Factors = dict[tuple[int, int], float]


def _bounds(
    own: Program, cell: Cell, members: np.ndarray, at: np.ndarray, margin: float
) -> Iterator[tuple[Factors, float, float, float]]:
    """Rows `factors >= bound` (sign 1) and `factors <= bound` (sign -1), and the size of a half width."""
    low, high = cell.interval(margin)
    half = (high - low) / 2
    measure, filed = cell.key["measure"], members & own.filed
    if measure in ("productivity-growth", "productivity-change"):
        yield from _log_bounds(members, filed, at, _ratio(measure, low), _ratio(measure, high))
        return
    if measure == "productivity":
        early = cell.key["period"] == "1998"
        top, bottom, over = (2, 0, filed) if early else (3, 1, members)
        ratios, unit = (low * 1000, high * 1000), half * 1000
    else:
        top, bottom, over = (1, 0, members) if measure == "employment-growth" else (3, 2, filed)
        ratios = (_ratio(measure, low), _ratio(measure, high))
        unit = (ratios[1] - ratios[0]) / 2
    scale = unit * at[bottom, over].sum()
    for ratio, sign in zip(ratios, (1.0, -1.0), strict=True):
        factors = {(top, int(c)): 1.0 for c in np.flatnonzero(over)}
        factors |= {(bottom, int(c)): -ratio for c in np.flatnonzero(over)}
        yield factors, 0.0, sign, scale


def _log_bounds(
    members: np.ndarray, filed: np.ndarray, at: np.ndarray, low: float, high: float
) -> Iterator[tuple[Factors, float, float, float]]:
    """log V03 - log E03 - log V98 + log E98 between two logs, developed at the present sums."""
    terms = ((3, members, 1.0), (1, members, -1.0), (2, filed, -1.0), (0, filed, 1.0))
    factors: Factors = {}
    value = 0.0
    for kind, over, sign in terms:
        total = at[kind, over].sum()
        value += sign * np.log(total)
        factors |= {(kind, int(c)): sign / total for c in np.flatnonzero(over)}
    scale = (np.log(high) - np.log(low)) / 2
    # The factors add up to zero at the present sums: their terms are sign * sum / total.
    for bound, sign in ((np.log(low) - value, 1.0), (np.log(high) - value, -1.0)):
        yield factors, bound, sign, scale


def _ratio(measure: str, percent: float) -> float:
    return 1 + percent / 100 if measure == "productivity-change" else (1 + percent / 100) ** YEARS


def misses(own: Program, sums: np.ndarray) -> list[tuple[Cell, float]]:
    """How far each number lies from the printed one, in half widths (at most 1 prints the same)."""
    return [(cell, miss(own, cell, members, sums)) for cell, members in own.rows]


def miss(own: Program, cell: Cell, members: np.ndarray, sums: np.ndarray) -> float:
    found = value(own, cell, members, sums)
    low, high = cell.interval()
    return abs(found - (low + high) / 2) / ((high - low) / 2)


def value(own: Program, cell: Cell, members: np.ndarray, sums: np.ndarray) -> float:
    filed, measure = members & own.filed, cell.key["measure"]
    start, end = sums[2, filed].sum() / sums[0, filed].sum(), sums[3, members].sum() / sums[1, members].sum()
    if measure == "productivity":
        return (start if cell.key["period"] == "1998" else end) / 1000
    if measure == "productivity-change":
        return 100 * (end / start - 1)
    ratio = end / start
    if measure != "productivity-growth":
        top, bottom, over = (1, 0, members) if measure == "employment-growth" else (3, 2, filed)
        ratio = sums[top, over].sum() / sums[bottom, over].sum()
    return 100 * (ratio ** (1 / YEARS) - 1)
