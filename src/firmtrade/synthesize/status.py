"""Who trades in which year: persistent status, starters and stoppers, around the pattern of 2002."""

from __future__ import annotations

from typing import Any

import numpy as np

from firmtrade.synthesize import parameters as p
from firmtrade.synthesize.draw import Draw, Floats, Ints
from firmtrade.synthesize.skeleton import Firms, Register

_START, _END = 1998, 2002  # the two years by which the report judges trade status

Bools = np.ndarray


Given = tuple[Bools, Bools]


def draw_patterns(
    register: Register,
    firms: Firms,
    draw: Draw,
    given: dict[str, Given] | None = None,
    tiny: Bools | None = None,
) -> Ints:
    """Pattern of the four flows, years x firms, whether or not the firm is on record.

    `given`: by direction, for whom it is decided whether they traded in 1998, and whether they did.
    `tiny`: who is below the limits of the samples before 1999.
    """
    given = given or {}
    imports = _direction(register, firms, draw, "import", given.get("import"))
    exports = _direction(register, firms, draw, "export", given.get("export"))
    imports = _import_break(register, firms, draw, imports, tiny)
    return imports + 4 * exports


def status(patterns: Ints, mask: int, first_year: int) -> Ints:
    """0 constant, 1 new, 2 stopped, 3 neither, by the flows of the mask in 1998 and 2002."""
    before, after = (patterns[year - first_year] & mask > 0 for year in (_START, _END))
    return np.where(after, np.where(before, 0, 1), np.where(before, 2, 3))


def _direction(register: Register, firms: Firms, draw: Draw, name: str, given: Given | None) -> Ints:
    """Scope (0 none, 1 inside, 2 outside, 3 both) of one direction, years x firms."""
    settings = register.parameters.firms
    now = register.cells.pattern[firms.cell] // (1 if name == "import" else 4) % 4
    on = _on(register, firms, draw, name, now > 0, given)
    return np.where(on, _scopes(settings, draw, now, on), 0)


def _on(register: Register, firms: Firms, draw: Draw, name: str, now: Bools, given: Given | None) -> Bools:
    """Whether the firm trades, years x firms."""
    life, dynamics = register.parameters.firms["life"], register.parameters.firms["status"]["dynamics"]
    years = range(life["first_year"], life["last_year"] + 1)
    size = len(now)
    before = np.where(now, ~_is_new(register, firms, draw, name), _has_stopped(register, firms, draw, name))
    if given is not None:
        before = np.where(given[0], given[1], before)
    switch = _START + 1 + (draw.uniform(size) * (_END - _START)).astype(np.int64)
    flip = draw.uniform(len(years), size)
    on = np.empty((len(years), size), dtype=bool)
    for place, year in enumerate(years):
        if _START <= year <= _END:
            on[place] = np.where(year < switch, before, now)
    steady = (before == now) & np.array([_START < year < _END for year in years])[:, None]
    on ^= steady & (flip < np.where(now, dynamics["pause"], dynamics["blip"]))
    stops = dynamics["earlier_stop"] * _odds(register.cells.chance[firms.cell, 0 if name == "import" else 1])
    for place in range(_START - years[0] - 1, -1, -1):
        on[place] = np.where(on[place + 1], flip[place] >= dynamics["earlier_start"], flip[place] < stops)
    last = _END - years[0]
    on[last + 1] = np.where(
        on[last], flip[last + 1] >= dynamics["next_stop"], flip[last + 1] < dynamics["next_start"]
    )
    return on


def _is_new(register: Register, firms: Firms, draw: Draw, name: str) -> Bools:
    """Of those who trade in 2002: did not in 1998. Younger firms more often."""
    settings, cells = register.parameters.firms["status"], register.cells
    odds = np.array(settings["dynamics"]["new_by_age"])[cells.age[firms.cell]]
    return draw.uniform(len(odds)) < _rates(settings, cells.sector[firms.cell], name, "new") * odds


def _has_stopped(register: Register, firms: Firms, draw: Draw, name: str) -> Bools:
    """Of those who do not trade in 2002: did in 1998. As likely as firms of the kind trade at all."""
    settings, cells = register.parameters.firms["status"], register.cells
    chance = cells.chance[firms.cell, 0 if name == "import" else 1]
    rate = _rates(settings, cells.sector[firms.cell], name, "stopped") * _odds(chance)
    rate *= settings["dynamics"]["stopped_more"][name]
    return draw.uniform(len(rate)) < rate


def _rates(settings: dict[str, Any], sector: Ints, name: str, kind: str) -> Floats:
    manufacturing, services = (settings[group][name][kind] for group in p.SECTORS[:2])
    return np.where(sector == 0, manufacturing, services)


def _odds(chance: Floats) -> Floats:
    return chance / np.maximum(1.0 - chance, 0.05)


def _scopes(settings: dict[str, Any], draw: Draw, now: Ints, on: Bools) -> Ints:
    """Scope while trading: that of 2002, drawn anew now and then, and for those who have stopped."""
    years, size = on.shape
    rescope = settings["status"]["dynamics"]["rescope"]
    others = np.bincount(now, minlength=4)[1:].astype(np.float64) + 1.0
    drawn = 1 + draw.pick(others, years * size).reshape(years, size)
    anchor = settings["life"]["anchor"] - settings["life"]["first_year"]
    anew = draw.uniform(years, size) < rescope
    scope = np.empty((years, size), dtype=np.int64)
    scope[anchor] = np.where(now > 0, now, drawn[anchor])
    for place in range(anchor - 1, -1, -1):
        scope[place] = np.where(anew[place], drawn[place], scope[place + 1])
    for place in range(anchor + 1, years):
        scope[place] = np.where(anew[place], drawn[place], scope[place - 1])
    return scope


def _import_break(register: Register, firms: Firms, draw: Draw, scope: Ints, tiny: Bools | None) -> Ints:
    """Add the importers of 1996 that the later years have not, flow by flow; some are left in 1997."""
    wanted, cells = register.parameters.firms["status"]["imports_1996"], register.cells
    first = register.parameters.firms["life"]["first_year"]
    counted = cells.domestic[firms.cell] & (cells.size[firms.cell] <= p.UNKNOWN) & (firms.first <= first)
    counted = counted if tiny is None else counted & ~tiny
    sector = cells.sector[firms.cell]
    scope = scope.copy()
    for column, (bit, flow) in enumerate(((1, "import_intra"), (2, "import_extra")), start=2):
        chance = cells.chance[firms.cell, column]
        share = np.zeros(len(sector))
        for code, name in enumerate(p.SECTORS[:2]):
            here = counted & (sector == code)
            if here.any():
                lacks = wanted[name][flow] / 100 - (scope[0, here] & bit > 0).mean()
                share[sector == code] = max(lacks, 0.0) / max(chance[here].mean(), 1e-9)
        adds = draw.uniform(len(sector)) < share * _odds(chance)
        stays = draw.uniform(len(sector)) < wanted["left_in_1997"]
        scope[0] |= np.where(adds, bit, 0)
        scope[1] |= np.where(adds & stays, bit, 0)
    return scope
