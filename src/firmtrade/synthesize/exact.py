"""The population of belgium-2002 whose tables are the published ones, number by number.

The stored solution (`solution`) says how many firms of each kind there are in 2002 and how many of them are
followed from 1998 to 2003; everything else is drawn as in any other population. Then employment and value
added of the followed firms are scaled to the stored sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from firmtrade.synthesize import parameters as p
from firmtrade.synthesize.calibrate import MOST_ADDED, below, calibrated
from firmtrade.synthesize.draw import Draw, Floats, Ints
from firmtrade.synthesize.matching import exact_cells
from firmtrade.synthesize.paths import SHAPE, Drift, employment, published_start, value_added
from firmtrade.synthesize.placing import classes_of, districts
from firmtrade.synthesize.roles import TINY_BEFORE, Roles, choose, leavers, reasons
from firmtrade.synthesize.skeleton import ALIVE, Firms, Register, lives
from firmtrade.synthesize.solution import UNKNOWN_2002, Sector

_START, _NOW, _END = 1998, 2002, 2003


@dataclass(frozen=True)
class People:
    """Firms with their roles, and their employment and value added before calibration (years x firms)."""

    register: Register
    firms: Firms
    roles: Roles
    patterns: Ints
    staff: Floats
    added: Floats

    def place(self, year: int) -> int:
        """Place of a year on the first axis."""
        return year - self.register.parameters.firms["life"]["first_year"]


def people(parameters: p.Parameters, sectors: dict[str, Sector], seed: int) -> People:
    """All firms ever on record, in random order; `sums` of the sectors are not used."""
    register, cell, fate, roles = _gather(parameters, sectors, seed)
    firms = lives(register, Draw(seed, 0, 1), fate, cell)
    firms = _fitting(register, firms, roles, sectors, Draw(seed, 0, 6))
    firms, roles = reasons(register, firms, roles, Draw(seed, 0, 7))
    patterns = _patterns(register, firms, roles, sectors, Draw(seed, 0, 2))
    staff, added = _paths(register, firms, roles, patterns, Draw(seed, 0, 3))
    return People(register, firms, roles, patterns, staff, added)


def _gather(
    parameters: p.Parameters, sectors: dict[str, Sector], seed: int
) -> tuple[Register, Ints, Ints, Roles]:
    """Cells, fates and roles: members of the samples of 2002, those who left them, and everybody else."""
    draw = Draw(seed, 0, 0)
    cells, member = exact_cells(parameters.population, sectors, draw)
    register = Register(cells, parameters)
    place = choose(register, member, np.arange(len(member)), sectors, draw)
    left, left_place = leavers(register, sectors, draw, member)
    rest, fate = _rest(register, draw)
    cell = np.concatenate([member, left, rest])
    order = np.argsort(draw.uniform(len(cell)), kind="stable")
    counts = (len(member), len(left), len(rest))
    roles = Roles(
        member=_blocks(counts, True, False, False)[order],
        sector=cells.sector[cell][order],
        place=np.concatenate([place, left_place, np.full(len(rest), -1)])[order],
        left=_blocks(counts, False, True, False)[order],
        reason=np.zeros(len(cell), dtype=np.int64),
    )
    fates = np.concatenate([np.full(counts[0] + counts[1], ALIVE), fate])
    return register, cell[order], fates[order], roles


def _blocks(counts: Sequence[int], *values: Any) -> np.ndarray:
    return np.repeat(np.array(values), counts)


def _rest(register: Register, draw: Draw) -> tuple[Ints, Ints]:
    """Cell and fate of all other firms: outside the samples in 2002, gone before, or there only after."""
    fates = register.fates.copy()
    counted = (register.cells.size <= p.UNKNOWN) & ~register.cells.big_turnover & (register.cells.sector < 2)
    fates[ALIVE, counted] = 0.0
    choice = draw.spread_pick(fates.ravel(), round(fates.sum()))
    return choice % fates.shape[1], choice // fates.shape[1]


def _fitting(register: Register, firms: Firms, roles: Roles, sectors: dict[str, Sector], draw: Draw) -> Firms:
    """Years, owners and activities that agree with the roles."""
    cells = register.cells
    kept = roles.member | roles.left
    founded = np.where(_cohort(roles, sectors) == 0, _START, firms.founded)
    starting = np.where(roles.place >= 0, np.minimum(firms.first, np.maximum(_START, founded)), firms.first)
    until = np.where(
        cells.domestic[firms.cell], firms.domestic_until, np.minimum(firms.domestic_until, _START)
    )
    return replace(
        firms,
        founded=founded,
        region=districts(register, firms, roles, sectors, draw),
        activity=classes_of(register, firms, roles),
        first=starting,
        last=np.where(roles.left, _END, firms.last),
        domestic_until=until,
        changed=np.where(kept & (firms.changed > _NOW), _NOW, firms.changed),
    )


def _cohort(roles: Roles, sectors: dict[str, Sector]) -> Ints:
    return roles.status(sectors["services"].followed.shape)[3]


def _patterns(register: Register, firms: Firms, roles: Roles, sectors: dict[str, Sector], draw: Draw) -> Ints:
    """Flows by year, with the statuses of the followed firms."""
    from firmtrade.synthesize.status import draw_patterns

    _, export, import_, _ = roles.status(sectors["services"].followed.shape)
    given = {
        "export": (export >= 0, np.isin(export, (0, 2))),
        "import": ((import_ >= 0) & (import_ != UNKNOWN_2002), np.isin(import_, (0, 2, 4))),
    }
    return draw_patterns(register, firms, draw, given, roles.reason == TINY_BEFORE)


def _paths(
    register: Register, firms: Firms, roles: Roles, patterns: Ints, draw: Draw
) -> tuple[Floats, Floats]:
    """Employment and value added with the published growth of each status and cohort, before calibration."""
    from firmtrade.synthesize.paths import draw_luck

    life = register.parameters.firms["life"]
    anchor, base = life["anchor"] - life["first_year"], _START - life["first_year"]
    luck, drift = draw_luck(register, firms, patterns, draw), published_drift(register)
    luck = replace(luck, least=np.where(roles.place >= 0, 1.0, luck.least))
    luck = replace(luck, size=_sizes(register, firms, roles, draw))
    staff = employment(luck, drift, anchor)
    added = value_added(luck, drift, anchor, base)
    large = register.cells.size[firms.cell] == p.LARGE
    limited = roles.member | (roles.place >= 0)
    added = np.where(limited, below(added, 0.6 * MOST_ADDED, MOST_ADDED), added)
    staff = np.where(large, np.maximum(staff, 250.0), staff)
    until = base + (draw.uniform(len(firms.cell)) * (anchor - base)).astype(np.int64)
    tiny = (np.arange(len(staff))[:, None] <= until) & (roles.reason == TINY_BEFORE)
    return np.where(tiny, 0.2 + 0.7 * np.minimum(staff / (10.0 + staff), 1.0), staff), added


def _sizes(register: Register, firms: Firms, roles: Roles, draw: Draw) -> Floats:
    """FTE of 2002 within the class; in manufacturing the young are at its lower end, the old spread over it.

    Otherwise the rates of Tables 13-16 do not average to those of Table 12.
    """
    cells, settings = register.cells, register.parameters.firms["size"]
    low, high = np.array(settings["limits"])[cells.size[firms.cell]].T
    low, high = (
        np.where(roles.left, limit, part) for limit, part in zip((10.0, 240.0), (low, high), strict=True)
    )
    u, age = draw.uniform(len(firms.cell)), cells.age[firms.cell]
    skewed = np.choose(
        age, [u * u, u, u * u, u * u, np.where(cells.pattern[firms.cell] & p.IMPORT, u, np.sqrt(u))]
    )
    u = np.where((cells.sector[firms.cell] == 0) & ~roles.left, skewed, u)
    return low / (1.0 - u * (1.0 - low / high))


def published_drift(register: Register) -> Drift:
    """Growth of a status and cohort: the mean of its export row and its import row."""
    source, started = register.parameters.growth, register.parameters.growth["started-1998"]
    tables = {}
    for what in ("employment", "value_added"):
        table = np.ones(SHAPE)
        for sector in range(len(p.SECTORS)):
            rates = source[p.SECTORS[min(sector, 1)]]
            export, import_ = (_rates(rates[name][what]) for name in ("export", "import"))
            table[sector, :, :, 1:] += (export[:, None] + import_[None, :]) / 200.0
        young = np.array([started[what][name] for name in ("exporting", "exporting", "other", "other")])
        table[:, :, :, 0] += young[None, :, None] / 100.0
        tables[what] = table
    return replace(published_start(register), **tables)


def _rates(rows: dict[str, list[float]]) -> Floats:
    return np.array([rows[name] for name in ("constant", "new", "stopped", "non-traders")])


# --- rows ---------------------------------------------------------------------------------------------------


def exact_rows(parameters: p.Parameters, sectors: dict[str, Sector], seed: int) -> dict[str, Any]:
    """Rows of the population, by column, sorted by firm and year."""
    from firmtrade.synthesize.exact_books import exact_books, required
    from firmtrade.synthesize.rows import as_rows

    drawn = people(parameters, sectors, seed)
    own = calibrated(drawn, sectors)
    books = exact_books(own, sectors, Draw(seed, 0, 4))
    # Who left the population of 2002 has a record that names no activity.
    unnamed = np.zeros(own.staff.shape, dtype=bool)
    unnamed[own.place(_NOW)] = own.roles.left
    return as_rows(own.register, own.firms, books, Draw(seed, 0, 5), 0, required(own), unnamed)
