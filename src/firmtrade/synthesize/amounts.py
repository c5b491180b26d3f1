"""What a firm files: turnover, value added, flows, and what it leaves unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from firmtrade.synthesize import parameters as p
from firmtrade.synthesize.draw import Draw, Floats, Ints
from firmtrade.synthesize.skeleton import Firms, Register


@dataclass(frozen=True)
class Books:
    """Years x firms, in EUR or FTE: amounts, and by name where they are unknown."""

    employment: Floats
    value_added: Floats
    turnover: Floats
    flows: dict[str, Floats]
    unknown: dict[str, np.ndarray]


def keep_books(
    register: Register, firms: Firms, patterns: Ints, staff: Floats, added: Floats, draw: Draw
) -> Books:
    """Amounts of every year, on record or not."""
    own = register.parameters.firms["productivity"]
    turnover = draw_turnover(register, firms, staff, added, draw)
    flows = draw_flows(register, firms, patterns, turnover, added, draw)
    unknown = {
        "employment": unknown_staff(register, firms, draw, staff.shape),
        "turnover": unknown_turnover(register.parameters.firms["turnover"], staff, turnover, draw),
        "value_added": draw.chance(own["unknown"], *staff.shape),
        **unknown_flows(register.parameters.firms["flows"], draw, staff.shape),
    }
    loss = draw.chance(own["loss"], *staff.shape)
    return Books(
        filed_staff(register, firms, staff, draw),
        np.where(loss, -own["loss_size"] * added, added),
        turnover,
        flows,
        unknown,
    )


def filed_staff(register: Register, firms: Firms, staff: Floats, draw: Draw) -> Floats:
    """Cut to tenths, never rounded up into the next size class; zero only for firms without staff."""
    tiny = register.cells.size[firms.cell] == p.BELOW_ONE
    none = tiny & draw.chance(register.parameters.firms["size"]["no_staff"], len(tiny))
    tenths = np.maximum(np.floor(staff * 10.0), 1.0) / 10.0
    return np.where(none, 0.0, np.where(tiny, np.minimum(tenths, 0.9), tenths))


def draw_turnover(register: Register, firms: Firms, staff: Floats, added: Floats, draw: Draw) -> Floats:
    """Value added over its usual share in turnover, within bounds, on the cell's side of the ceiling."""
    settings, cells = register.parameters.firms["turnover"], register.cells
    industry = _industry(register.parameters.firms, 1)[cells.division[firms.cell]]
    share = industry * draw.noise(settings["spread"], len(firms.cell))
    share = np.clip(share * draw.noise(0.06, *staff.shape), settings["least"], settings["most"])
    turnover = added / share
    below = settings["ceiling"] * (0.6 + 0.38 * draw.uniform(len(firms.cell)))
    above = settings["ceiling"] * (1.0 + draw.uniform(len(firms.cell)))
    inside = ~cells.big_turnover[firms.cell] & (cells.size[firms.cell] != p.LARGE)
    lowered = np.maximum(np.minimum(turnover, below), added / settings["most"])
    turnover = np.where(inside, lowered, turnover)
    return np.where(cells.big_turnover[firms.cell], np.maximum(turnover, above), turnover)


def _industry(settings: dict[str, Any], column: int) -> Floats:
    values = np.zeros(100)
    for code, row in settings["industry"].items():
        values[int(code)] = row[column]
    return values


def draw_flows(
    register: Register, firms: Firms, patterns: Ints, turnover: Floats, added: Floats, draw: Draw
) -> dict[str, Floats]:
    """Exports as a share of turnover, imports as a share of purchases, each split by partner."""
    settings, division = register.parameters.firms, register.cells.division[firms.cell]
    typical = _industry(settings, 2)[division]
    exports = _total(settings["flows"], typical, turnover, draw)
    imports = _total(settings["flows"], 0.15 + typical, turnover - added, draw)
    return {
        **_parts(settings["flows"], patterns, imports, "import", draw),
        **_parts(settings["flows"], patterns, exports, "export", draw),
    }


def _total(settings: dict[str, Any], typical: Floats, base: Floats, draw: Draw) -> Floats:
    """A firm's own intensity, often small and sometimes near the most possible, moving a little by year."""
    u = draw.uniform(len(typical))
    own = settings["intensity_most"] * u * u * typical / (typical + (1.0 - typical) * (1.0 - u * u) * 0.5)
    return base * np.minimum(
        own * draw.noise(settings["intensity_noise"], *base.shape), settings["intensity_most"]
    )


def _parts(
    settings: dict[str, Any], patterns: Ints, total: Floats, name: str, draw: Draw
) -> dict[str, Floats]:
    inside, outside = (patterns & p.FLOWS[f"{name}_{side}"] > 0 for side in ("intra", "extra"))
    share = 0.1 + 0.8 * draw.uniform(total.shape[1]) + 0.05 * (draw.uniform(*total.shape) - 0.5)
    share = np.where(outside, share, 1.0)
    least = settings["least"] * (1.0 + draw.uniform(*total.shape))
    return {
        f"{name}_intra": np.where(inside, np.maximum(total * share, least), 0.0),
        f"{name}_extra": np.where(
            outside, np.maximum(total * np.where(inside, 1.0 - share, 1.0), least), 0.0
        ),
    }


def unknown_staff(register: Register, firms: Firms, draw: Draw, shape: tuple[int, ...]) -> np.ndarray:
    """Firms of unknown size have none in 2002 and seldom in other years; the others lack it now and then."""
    settings, life, cells = (
        register.parameters.firms["size"],
        register.parameters.firms["life"],
        register.cells,
    )
    never = cells.size[firms.cell] == p.UNKNOWN
    rate = np.array([settings["unknown_elsewhere"][name] for name in p.SECTORS])[cells.sector[firms.cell]]
    unknown = draw.uniform(*shape) < np.where(never, 1.0 - settings["known_elsewhere"], rate)
    unknown[life["anchor"] - life["first_year"]] = never
    return unknown


def unknown_turnover(settings: dict[str, Any], staff: Floats, turnover: Floats, draw: Draw) -> np.ndarray:
    """Small firms may keep it back; a firm that does, does so in every year in which it may."""
    may = (staff < settings["small_employment"]) & (turnover < settings["small_turnover"])
    return may & draw.chance(settings["withheld"], staff.shape[1])


def unknown_flows(settings: dict[str, Any], draw: Draw, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Firm-years without a trade declaration, and single flows that are missing."""
    whole = draw.chance(settings["unknown_all"], *shape)
    return {flow: whole | draw.chance(settings["unknown_one"], *shape) for flow in p.FLOWS}
