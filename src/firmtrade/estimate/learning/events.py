"""Group-time effects summed up: one number, by group, by years since the start, by calendar year.

The four aggregations of Callaway and Sant'Anna (2021, section 3) with the weights of R's did: shares of the
groups among all firms, whose own sampling error is part of the standard error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from firmtrade.estimate.learning.honest import Path
from firmtrade.estimate.learning.shapes import Z95, GroupTime, GroupTimes
from firmtrade.estimate.learning.wide import Array

Kind = Literal["simple", "group", "dynamic", "calendar"]


@dataclass(frozen=True)
class Effect:
    """An aggregated effect. `key` is a group, years since the start or a calendar year; None for one number.

    `firms` are the distinct firms (or owners) compared, `treated` those among them that started.
    """

    key: int | None
    att: float
    std_error: float
    low: float
    high: float
    treated: int
    firms: int
    degrees: int | None = None
    largest: float | None = None


@dataclass(frozen=True, eq=False)
class Aggregate:
    """`overall` and its `parts`; `influence` (n x parts) and `covariance` of the parts; `weights` of parts in
    `overall`."""

    kind: Kind
    overall: Effect
    parts: tuple[Effect, ...]
    influence: Array
    whole: Array
    covariance: Array


def aggregate(
    effects: GroupTimes, kind: Kind, earliest: int | None = None, latest: int | None = None
) -> Aggregate:
    """Sum up `effects`; a cell without an effect is left out.

    `earliest` and `latest` limit the years since the start. The overall effect of `dynamic` is the mean over
    years since the start from 0 on; that of `simple` weighs them by the firms seen.
    """
    low = -np.inf if earliest is None else earliest
    high = np.inf if latest is None else latest
    low = low if kind == "dynamic" else max(low, 0)
    since = {i: c.time - c.group for i, c in enumerate(effects.cells) if not np.isnan(c.att)}
    keys = {i: _key(effects.cells[i], kind) for i, years in since.items() if low <= years <= high}
    if kind == "simple":
        att, influence = _mean(effects, list(keys), own=True)
        return Aggregate(
            kind,
            _effect(effects, None, att, influence, list(keys)),
            (),
            _none(effects),
            influence,
            np.empty((0, 0)),
        )
    parts, columns = [], []
    for key in sorted(set(keys.values())):
        chosen = [i for i in keys if keys[i] == key]
        att, influence = _mean(effects, chosen, own=kind != "group")
        parts.append(_effect(effects, key, att, influence, chosen))
        columns.append(influence)
    table = np.column_stack(columns) if columns else _none(effects)
    att, whole = _overall(effects, kind, parts, table)
    after = [i for i in keys if effects.cells[i].time >= effects.cells[i].group]
    overall = _effect(effects, None, att, whole, after)
    return Aggregate(kind, overall, tuple(parts), table, whole, table.T @ table / effects.firms**2)


def event_path(effects: GroupTimes, earliest: int = -5, latest: int = 5) -> Path | None:
    """The event study as `honest` and `trends` read it; None where no firm is seen after its start.

    With the universal base every coefficient is relative to the year before the start, -1, which is left out;
    with the varying base those before the start are moves from one year to the next, -1 among them. Weights
    are those of the group-time effects in the `simple` average: firms, by years since the start. Years beyond
    a gap are left out.
    """
    nearest = -2 if effects.design.base == "universal" else -1
    whole = aggregate(effects, "dynamic", earliest, latest)
    have = {part.key: i for i, part in enumerate(whole.parts)}
    after = _unbroken(range(0, latest + 1), have)
    before = _unbroken(range(nearest, earliest - 1, -1), have)[::-1]
    if not after:
        return None
    chosen = [have[key] for key in (*before, *after)]
    weights = dict.fromkeys(after, 0)
    for cell in effects.cells:
        if cell.time - cell.group in weights and not np.isnan(cell.att):
            weights[cell.time - cell.group] += effects.sizes[cell.group]
    share = np.array([weights[key] for key in after], dtype=float)
    return Path(
        (*before, *after),
        np.array([whole.parts[i].att for i in chosen]),
        whole.covariance[np.ix_(chosen, chosen)],
        share / share.sum(),
        whole.overall.firms,
    )


def _unbroken(keys: range, have: dict[int | None, int]) -> list[int]:
    found: list[int] = []
    for key in keys:
        if key not in have:
            break
        found.append(key)
    return found


def _key(cell: GroupTime, kind: Kind) -> int:
    return {"group": cell.group, "calendar": cell.time, "simple": 0, "dynamic": cell.time - cell.group}[kind]


def _none(effects: GroupTimes) -> Array:
    return np.empty((effects.firms, 0))


def _mean(effects: GroupTimes, chosen: list[int], own: bool) -> tuple[float, Array]:
    """Mean of cells weighted by the size of their groups (equal where all are one group), with its influence.

    `own` adds the influence of each firm on the sizes: a group's share is estimated too.
    """
    if not chosen:
        return np.nan, np.zeros(effects.firms)
    cells = [effects.cells[i] for i in chosen]
    atts = np.array([cell.att for cell in cells])
    share = np.array([effects.sizes[cell.group] / effects.firms for cell in cells])
    weights = share / share.sum()
    influence = effects.influence[:, chosen] @ weights
    if own:
        influence = influence + _of_weights(effects, [cell.group for cell in cells], share) @ atts
    return float(weights @ atts), influence


def _of_weights(effects: GroupTimes, groups: list[int], share: Array) -> Array:
    """Influence of each firm on the weights share / sum(share) (n x cells)."""
    off = np.column_stack(
        [(effects.start == group) - part for group, part in zip(groups, share, strict=True)]
    )
    total = share.sum()
    return off / total - np.outer(off.sum(axis=1), share) / total**2


def _overall(effects: GroupTimes, kind: Kind, parts: list[Effect], table: Array) -> tuple[float, Array]:
    use = [i for i, part in enumerate(parts) if kind != "dynamic" or (part.key is not None and part.key >= 0)]
    if not use:
        return np.nan, np.zeros(effects.firms)
    atts = np.array([parts[i].att for i in use])
    if kind != "group":
        return float(atts.mean()), table[:, use].mean(axis=1)
    groups = [int(parts[i].key or 0) for i in use]
    share = np.array([effects.sizes[group] / effects.firms for group in groups])
    weights = share / share.sum()
    return float(weights @ atts), table[:, use] @ weights + _of_weights(effects, groups, share) @ atts


def _effect(effects: GroupTimes, key: int | None, att: float, influence: Array, chosen: list[int]) -> Effect:
    error = float(np.sqrt((influence**2).mean() / effects.firms)) if chosen else np.nan
    used = effects.used[:, chosen].any(axis=1)
    groups = {effects.cells[i].group for i in chosen}
    ours = used & np.isin(effects.start, sorted(groups))
    treated, firms = (len(np.unique(effects.owners[some])) for some in (ours, used))
    return Effect(key, att, error, att - Z95 * error, att + Z95 * error, treated, firms)
