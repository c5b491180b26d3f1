"""From firms and outcomes to effects by group and year (Callaway and Sant'Anna 2021, `estimate.learning`).

Refused applicants are compared within the year of their application only: those of another year were, in that
year, at another turn of their life. Each year's comparison is made by itself and they are then added up;
a firm that is in several has its influences added, so that errors stay clustered by firm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from firmtrade.estimate.learning.cell import Made, assembled, change, made
from firmtrade.estimate.learning.did import group_time_effects
from firmtrade.estimate.learning.shapes import Design, GroupTimes
from firmtrade.estimate.learning.wide import NEVER, Array, Wide
from firmtrade.support.impact.arms import Arms
from firmtrade.support.impact.outcomes import Records, layers, outcome
from firmtrade.support.impact.specification import Specification

#: Changes from the year before the start, given covariates of that year, against firms not supported by then.
DESIGN = Design(controls="not-yet", base="universal", at="base")


@dataclass(frozen=True, eq=False)
class Compared:
    """The arrays that were compared, and the effects; `wide.start` is the year of support of its firms."""

    wide: Wide
    effects: GroupTimes


def compared(
    found: Records, who: Arms, asked: Specification, name: str = "", without: frozenset[str] = frozenset(),
    owners: Mapping[str, str] | None = None,
) -> Compared:  # fmt: skip
    """Compare an outcome (that of the specification, or `name`); firms in `without` are left out.

    `owners` are the undertakings that firms belong to, as evidence counts them.
    """
    firms = sorted((who.supported | who.compared) - without)
    wide = _wide(found, firms, who, asked, name or asked.outcome, owners or {})
    if not who.pools:
        return Compared(wide, group_time_effects(wide, DESIGN))
    place = {firm: i for i, firm in enumerate(firms)}
    pools = [
        (pool.year, np.array([place[f] for f in pool.supported if f in place], dtype=int),
         np.array([place[f] for f in pool.others if f in place], dtype=int))
        for pool in who.pools
    ]  # fmt: skip
    start = np.full(len(firms), NEVER)
    for year, mine, _ in pools:
        start[mine] = year
    return Compared(replace(wide, start=start), pooled(wide, pools, DESIGN))


def _wide(
    found: Records,
    firms: Sequence[str],
    who: Arms,
    asked: Specification,
    name: str,
    owners: Mapping[str, str],
) -> Wide:
    start = np.array([float(who.starts.get(firm, NEVER)) for firm in firms])
    covariates, titles = layers(found, firms, asked.covariates)
    group = np.unique([owners.get(firm, firm) for firm in firms], return_inverse=True)[1]
    return Wide(
        np.array(firms), np.array(found.years), outcome(found, firms, name), start, covariates, titles, group
    )


def pooled(wide: Wide, pools: Sequence[tuple[int, Array, Array]], how: Design) -> GroupTimes:
    """Effects of each pool (year, rows of the supported, rows of the others), each compared within itself.

    `wide.start` is when a firm had the support at any time: an other of a pool is no comparison from then on.
    """
    n = len(wide.firms)
    start = np.full(n, NEVER)
    cells: list[Made] = []
    for group, mine, theirs in pools:
        start[mine] = group
        rows = np.sort(np.concatenate([mine, theirs]))
        keep = np.zeros(n, dtype=bool)
        keep[rows] = True
        part = wide.take(keep)
        own = part.start.copy()
        own[np.searchsorted(rows, mine)] = group
        part = replace(part, start=own)
        before = wide.years[wide.years < group]
        if not len(before):
            continue  # nothing to compare the later years with
        for time in wide.years.tolist():
            cells.append(_spread(made(part, change(part, group, time, int(before[-1]), how), how), rows, n))
    return assembled(replace(wide, start=start), cells, how, 0, 0)


def _spread(one: Made, rows: Array, n: int) -> Made:
    """The same comparison among all `n` firms: influences grow as the firms of the pool are fewer."""
    influence, used = np.zeros(n), np.zeros(n, dtype=bool)
    influence[rows] = one.influence * (n / len(rows))
    used[rows] = one.used
    return Made(one.effect, influence, used)
