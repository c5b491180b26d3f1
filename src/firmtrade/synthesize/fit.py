"""Drifts by trade status and cohort with which the followed firms grow as published (Tables 5-16, 21-31)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from firmtrade.synthesize import parameters as p
from firmtrade.synthesize.draw import Floats
from firmtrade.synthesize.paths import SHAPE, Drift, Luck, employment, published_start, rounded, value_added
from firmtrade.synthesize.rake import Target, rake
from firmtrade.synthesize.skeleton import Register

_STATUSES = ("constant", "new", "stopped", "non-traders")
_START, _END = 1998, 2003


@dataclass(frozen=True)
class Pilot:
    """The followed firms among some firms: their luck and who of them is followed (domestic, on record)."""

    luck: Luck
    followed: np.ndarray


def fit(register: Register, pilots: Sequence[Pilot], rounds: int = 3) -> Drift:
    """Adjust the drifts until the sums over the followed firms of the pilots grow as published."""
    drift = published_start(register)
    for _ in range(rounds):
        sums = measure(register, pilots, drift)
        drift = rounded(
            Drift(
                employment=drift.employment * _correction(register, sums[0], sums[1], "employment"),
                value_added=drift.value_added * _correction(register, sums[2], sums[3], "value_added"),
                level=drift.level * _level(register, sums[0], sums[2]),
            )
        )
    return drift


def measure(register: Register, pilots: Sequence[Pilot], drift: Drift) -> tuple[Floats, ...]:
    """Sums (shape SHAPE) of FTE in 1998 and 2003 and of value added in 1998 and 2003, over followed firms."""
    life = register.parameters.firms["life"]
    anchor, start, end = (year - life["first_year"] for year in (life["anchor"], _START, _END))
    total = np.zeros((4, int(np.prod(SHAPE))))
    for pilot in pilots:
        staff = employment(pilot.luck, drift, anchor)
        added = value_added(pilot.luck, drift, anchor, start)
        here = pilot.followed & (staff[start] >= 1.0) & (staff[start] < 250.0)
        for place, values in enumerate((staff[start], staff[end], added[start], added[end])):
            total[place] += np.bincount(pilot.luck.group[here], values[here], minlength=total.shape[1])
    return tuple(total.reshape(4, *SHAPE))


def _correction(register: Register, before: Floats, after: Floats, what: str) -> Floats:
    """Yearly factors by which the drifts must change, raked to the growth by export and by import status."""
    factor = np.ones(SHAPE)
    for sector in range(len(p.SECTORS)):
        source = register.parameters.growth[p.SECTORS[min(sector, 1)]]
        targets = list(_targets(before[sector], source, register.parameters.growth["started-1998"], what))
        wanted = rake(after[sector], targets, rounds=30)
        ratio = np.where(after[sector] > 0, wanted / np.where(after[sector] > 0, after[sector], 1.0), 1.0)
        factor[sector] = np.clip(ratio ** (1 / (_END - _START)), 0.85, 1.15)
    return factor


def _targets(before: Floats, source: dict, started: dict, what: str) -> Iterator[Target]:
    """Sums of 2003 by cohort and status. `before`: export status x import status x cohort, youngest first."""
    by_import = {c: _wanted(before[:, :, c].sum(axis=0), source["import"][what], c) for c in range(1, 5)}
    by_export = {c: _wanted(before[:, :, c].sum(axis=1), source["export"][what], c) for c in range(1, 5)}
    for c in range(1, 5):
        scale = sum(by_export[c]) / max(sum(by_import[c]), 1e-9)
        for place in range(4):
            yield Target(([0, 1, 2, 3], [place], [c]), by_import[c][place] * scale)
            yield Target(([place], [0, 1, 2, 3], [c]), by_export[c][place])
    for places, name in (([0, 1], "exporting"), ([2, 3], "other")):
        growth = (1 + started[what][name] / 100) ** (_END - _START)
        yield Target((places, [0, 1, 2, 3], [0]), before[places, :, 0].sum() * growth)


def _wanted(before: Floats, rates: dict[str, list[float]], cohort: int) -> list[float]:
    """Sums of 2003 of constant, new, stopped and never; the published 'non-traders' contain the stopped."""
    grow = {name: (1 + rates[name][cohort - 1] / 100) ** (_END - _START) for name in _STATUSES}
    traders = [before[0] * grow["constant"], before[1] * grow["new"]]
    stopped = before[2] * grow["stopped"]
    never = (before[2] + before[3]) * grow["non-traders"] - stopped
    return [*traders, stopped, max(never, before[3] * 0.5)]


def _level(register: Register, staff: Floats, added: Floats) -> Floats:
    """Factors that bring value added per FTE of 1998 to Tables 5 and 21, by sector and export status."""
    own = register.parameters.firms["productivity"]
    level = published_start(register).level / (1.0 - own["loss"] * (1.0 + own["loss_size"]))
    staff, added = staff.sum(axis=(2, 3)), added.sum(axis=(2, 3))
    wanted = level * staff
    wanted[:, 3] = level[:, 3] * (staff[:, 2] + staff[:, 3]) - wanted[:, 2]
    return np.where((added > 0) & (wanted > 0), wanted / np.where(added > 0, added, 1.0), 1.0)
