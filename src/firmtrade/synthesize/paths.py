"""Employment and value added over the years: drifts by trade status and cohort, and the firm's own luck."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from firmtrade.synthesize import parameters as p
from firmtrade.synthesize.draw import Draw, Floats, Ints
from firmtrade.synthesize.skeleton import Firms, Register
from firmtrade.synthesize.status import status

#: Shape of a table of drifts: sector x export status x import status x cohort (as AGES, youngest first).
SHAPE = (len(p.SECTORS), 4, 4, len(p.AGES))


@dataclass(frozen=True)
class Drift:
    """Yearly growth factors (shape SHAPE) and value added per FTE in 1998 in EUR (sector x export status)."""

    employment: Floats
    value_added: Floats
    level: Floats


@dataclass(frozen=True)
class Luck:
    """What the drifts act on: `size` in FTE in the anchor year, and factors of mean one, years x firms.

    `least` is the number of FTE below which the firm never falls.
    """

    group: Ints
    least: Floats
    size: Floats
    employment: Floats
    value_added: Floats


def draw_luck(register: Register, firms: Firms, patterns: Ints, draw: Draw) -> Luck:
    """Size in 2002 within its class, and all random factors."""
    settings, years = register.parameters.firms, len(patterns)
    count = len(firms.cell)
    chain = _chain(settings, draw.noise(settings["size"]["yearly_noise"], years, count))
    productivity = _productivity(register, firms, draw, years)
    return Luck(
        group=groups(register, firms, patterns),
        least=_least(register, firms, draw),
        size=_sizes(register, firms, draw),
        employment=chain,
        value_added=chain * productivity,
    )


def employment(luck: Luck, drift: Drift, anchor: int) -> Floats:
    """Full-time equivalents, years x firms, not rounded; `anchor` is the place of 2002."""
    grown = luck.size * luck.employment * _powers(drift.employment, luck.group, len(luck.employment), anchor)
    return np.maximum(grown, luck.least)


def value_added(luck: Luck, drift: Drift, anchor: int, base: int) -> Floats:
    """Value added in EUR, years x firms: the level of 1998 (place `base`) carried on by its own drift."""
    years = len(luck.value_added)
    start = _powers(drift.employment, luck.group, years, anchor)[base]
    sized = luck.size * luck.value_added * start
    return sized * drift.level.ravel()[luck.group // 20] * _powers(drift.value_added, luck.group, years, base)


def groups(register: Register, firms: Firms, patterns: Ints) -> Ints:
    """Place of each firm in a table of SHAPE."""
    start = register.parameters.firms["life"]["first_year"]
    export, import_ = (status(patterns, mask, start) for mask in (p.EXPORT, p.IMPORT))
    place = (register.cells.sector[firms.cell], export, import_, cohort(firms.founded))
    return np.ravel_multi_index(place, SHAPE)


def cohort(founded: Ints) -> Ints:
    """0 = 1998 and later, 1 = 1993-1997, ... 4 = before 1983."""
    return np.clip((2002 - founded) // 5, 0, len(p.AGES) - 1)


def _powers(table: Floats, group: Ints, years: int, anchor: int) -> Floats:
    """Growth factors against the anchor year; by repeated products, which are the same everywhere."""
    factors = np.ones((years, table.size))
    flat = table.ravel()
    for place in range(anchor + 1, years):
        factors[place] = factors[place - 1] * flat
    for place in range(anchor - 1, -1, -1):
        factors[place] = factors[place + 1] / flat
    return factors[:, group]


def _chain(settings: dict, noise: Floats) -> Floats:
    """Products of yearly changes away from the anchor, in both directions."""
    anchor = settings["life"]["anchor"] - settings["life"]["first_year"]
    chain = np.ones_like(noise)
    for place in range(anchor + 1, len(noise)):
        chain[place] = chain[place - 1] * noise[place]
    for place in range(anchor - 1, -1, -1):
        chain[place] = chain[place + 1] * noise[place]
    return chain


def _productivity(register: Register, firms: Firms, draw: Draw, years: int) -> Floats:
    settings, cells = register.parameters.firms, register.cells
    own = settings["productivity"]
    relative = np.zeros(100)
    for code, (level, _, _) in settings["industry"].items():
        relative[int(code)] = level
    firm = draw.noise(own["firm_spread"], len(firms.cell)) * relative[cells.division[firms.cell]]
    firm *= np.where(cells.domestic[firms.cell], 1.0, own["foreign"])
    return firm * draw.noise(own["year_spread"], years, len(firms.cell))


def _sizes(register: Register, firms: Firms, draw: Draw) -> Floats:
    """FTE within the limits of the class, with a density that falls with the square of the size."""
    settings, size = register.parameters.firms["size"], register.cells.size[firms.cell]
    low, high = np.array(settings["limits"]).T
    low, high = low[size], high[size]
    return low / (1.0 - draw.uniform(len(size)) * (1.0 - low / high))


def _least(register: Register, firms: Firms, draw: Draw) -> Floats:
    """One FTE for most firms that have as much in 2002: an employer keeps the last employee."""
    settings, cells = register.parameters.firms["size"], register.cells
    share = np.array([settings["never_below_one"][name] for name in p.SECTORS])[cells.sector[firms.cell]]
    keeps = draw.uniform(len(share)) < share
    return np.where(keeps & (cells.size[firms.cell] != p.BELOW_ONE), 1.0, 0.0)


def published_start(register: Register) -> Drift:
    """Drifts to begin with: no growth, and the published levels of productivity."""
    own = register.parameters.firms["productivity"]
    level = np.array([own["manufacturing"], own["services"], own["services"]], dtype=np.float64)
    return Drift(np.ones(SHAPE), np.ones(SHAPE), level)


def rounded(drift: Drift) -> Drift:
    """To nine decimals, so that the last bit of a sum on another processor cannot matter."""
    return replace(drift, **{name: np.round(getattr(drift, name), 9) for name in Drift.__annotations__})
