"""Secondary suppression: which further figures to hide, so that the unsafe ones cannot be worked out.

For each unsafe figure and direction a linear program finds another table that shows the same visible
figures and moves the unsafe one as far as its rule asks (`local`); what moves in it must be hidden. The
hidden figures are exactly those that some chosen witness needs, so each change of a witness for a cheaper
one takes figures back into the open (`prune`). For insiders a figure has witnesses of which, for each
holding that fills hidden figures alone, at least one leaves these alone (`insider`).

The order of work, the solver's path and the choice among equals follow from the input only.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np

from firmtrade.errors import DisclosureError
from firmtrade.protect.evidence import Evidence
from firmtrade.protect.insider import protect_insiders
from firmtrade.protect.local import Known
from firmtrade.protect.primary import Plan
from firmtrade.protect.prune import improve
from firmtrade.protect.search import Need, Search
from firmtrade.protect.system import Flags, Floats, Ints, System


@dataclass(frozen=True)
class Effort:
    """How hard to look: more hides less and takes longer.

    `tries` blocks of between `smallest` and `largest` rows are tried for a figure, each `sharpen` times
    again with sharper prices; `content` is the cost (in typical figures) below which no large block is
    tried. `budget` is the number of programs per need that may be spent on hiding less, before and again
    after insiders are dealt with; `tidy` is the size of the largest block in which a last look is taken
    for figures that the others can do without. `insiders` is the share of the required distance that an
    insider must be left with: 1 as for an outsider, which hides more, 0 for no protection against
    insiders. `seconds` limits each program.
    """

    tries: int = 4
    smallest: int = 40
    largest: int = 1500
    sharpen: int = 2
    content: float = 0.0
    budget: float = 1.0
    tidy: int = 300
    insiders: float = 0.5
    seconds: float | None = 60.0


@dataclass(frozen=True)
class Proof:
    """Where the certificate finds that a figure can move: `times` the witness number `witness`."""

    column: int
    sign: int
    distance: float
    witness: int
    times: float


@dataclass(frozen=True)
class Pattern:
    """What to hide. `hidden` are columns in ascending order, with `primary` marking the unsafe ones.

    `unprotectable` are unsafe columns (with the sign of the direction) that no hiding protects;
    `exposed` are (column, sign, holding): what the holding that fills hidden figures alone can narrow.
    """

    hidden: Ints
    primary: Flags
    unprotectable: tuple[tuple[int, int], ...]
    exposed: tuple[tuple[int, int, int], ...]
    witnesses: tuple[tuple[Ints, Floats], ...]
    proofs: tuple[Proof, ...]

    def secondary(self) -> Ints:
        """The columns that are hidden for others' sake."""
        return self.hidden[~self.primary]


def weights(values: Floats, by_value: float = 0.75) -> Floats:
    """What hiding each column costs: in part its value, in part that it is one more hidden figure.

    `by_value` is between 0 (as few figures as possible) and 1 (as little value as possible).
    """
    size = np.abs(values)
    typical = float(np.median(size[size > 0])) if (size > 0).any() else 1.0
    return np.asarray((1 + size / typical) ** by_value, dtype=np.float64)


def suppress(
    system: System,
    values: Ints,
    plan: Plan,
    evidence: Evidence,
    *,
    cost: Floats | None = None,
    never: Iterable[int] = (),
    forced: Iterable[int] = (),
    known: Known | None = None,
    accepted: Iterable[int] = (),
    effort: Effort | None = None,
) -> Pattern:
    """The figures to hide so that every unsafe one is protected as `plan` asks.

    `values` are the exact values of the system's rows; `cost` what hiding each column costs; `never` are
    columns that must stay visible (published before); `forced` are hidden anyway; `known` is what else
    an attacker knows. An unsafe figure that cannot be protected stops the release with a DisclosureError,
    unless it is `accepted` (then it is listed and hidden).
    """
    size = len(system.columns)
    base, shut = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    base[list(forced)] = True
    base[plan.columns] = True
    shut[list(never)] = True
    work = Search(
        system,
        values.astype(np.float64),
        _needs(plan),
        evidence,
        weights(system.columns.times(values).astype(np.float64)) if cost is None else cost,
        base,
        shut,
        known or Known(),
        effort or Effort(),
    )
    unprotectable = protect_outsiders(work)
    refused = sorted({need.column for need in unprotectable} - set(accepted))
    if refused:
        raise DisclosureError(_refusal(system, refused))
    # Dear figures are taken back before insiders are thought of: there are fewer conditions to keep then.
    improve(work, [], insiders=False)
    exposed = protect_insiders(work, unprotectable) if work.effort.insiders else []
    improve(work, exposed, insiders=work.effort.insiders > 0)
    return _pattern(work, plan, unprotectable, exposed)


def _needs(plan: Plan) -> list[Need]:
    """What is asked, the largest distance first."""
    needs = [
        Need(column, sign, distance)
        for column, up, down in zip(plan.columns.tolist(), plan.up.tolist(), plan.down.tolist(), strict=True)
        for sign, distance in ((1, up), (-1, down))
        if distance > 0
    ]
    return sorted(needs, key=lambda need: (-need.distance, need.column, -need.sign))


def protect_outsiders(work: Search) -> list[Need]:
    """Choose a witness for every need; return the needs for which there is none."""
    missing = []
    for need in work.needs:
        use = None if work.never[need.column] else work.find(need)
        if use is None:
            missing.append(need)
        else:
            work.choose(need, [use])
    return missing


def _refusal(system: System, columns: list[int]) -> str:
    names = "; ".join(_name(system.names[column]) for column in columns[:5])
    more = f" and {len(columns) - 5} more" if len(columns) > 5 else ""
    return (
        f"{len(columns)} unsafe figures cannot be protected by hiding others: {names}{more}. Nothing is "
        "released. Publish less detail around them, merge their groups, or list them as accepted."
    )


def _name(key: Hashable) -> str:
    """A key as the custodian reads it: never a value."""
    return ", ".join(str(part) for part in key) if isinstance(key, tuple) else str(key)


def _pattern(work: Search, plan: Plan, missing: list[Need], exposed: list[tuple[Need, int]]) -> Pattern:
    hidden = np.flatnonzero(work.hidden)
    used = sorted({use.number for uses in work.chosen.values() for use in uses})
    place = {number: k for k, number in enumerate(used)}
    proofs = [
        Proof(need.column, need.sign, use.distance, place[use.number], use.times)
        for need in work.needs
        for use in work.chosen.get(need, [])
    ]
    return Pattern(
        hidden,
        np.isin(hidden, plan.columns),
        tuple(sorted((need.column, need.sign) for need in missing)),
        tuple(sorted((need.column, need.sign, holding) for need, holding in exposed)),
        tuple((work.pool.witnesses[number].rows, work.pool.witnesses[number].moves) for number in used),
        tuple(proofs),
    )
