"""Premia: by how much traders exceed firms that do not trade, all else equal (Bernard and Jensen 1999).

    log outcome = b . status + c . log controls + effects + error

over firm-years, errors clustered by firm. The premium of a status is 100 (exp(b) - 1) per cent, and its
interval is the coefficient's, transformed. It describes: exporters may be larger because large firms export.

By sector, size class or year there is a regression for each group rather than one with interactions. A group
then has its own effects and slopes of the controls, and its own error variance; an interaction of the status
alone would force those of the whole population on it, and one of everything gives the same estimates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy

from firmtrade.estimate.columns import (
    LeftOut,
    Sieve,
    amounts,
    codes,
    crossed,
    dense,
    in_order,
    logs,
    need,
    present,
)
from firmtrade.estimate.regression import CONTROL, Coefficient, Fit, fit


@dataclass(frozen=True)
class PremiaSpec:
    """What is regressed; all are names of columns, outcomes and log controls in levels.

    A control that is the outcome itself is left out of that regression. `effects` are sets of columns that
    are crossed: (("industry", "year"), ("region",)). A control or a part of an effect that the data lack
    is left out and named in `Premia.absent`. `by` are columns to repeat everything by, group by group.
    `owner` is the column of the firm's holding, by which evidence is counted.
    """

    outcomes: tuple[str, ...]
    status: str
    base: str
    log_controls: tuple[str, ...] = ()
    effects: tuple[tuple[str, ...], ...] = ()
    firm_effects: bool = False
    by: tuple[str, ...] = ()
    firm: str = "firm"
    year: str = "year"
    owner: str | None = None
    level: float = 0.95


@dataclass(frozen=True)
class Group:
    """What a regression is about: an outcome, of all firms (`by` and `code` empty) or of one group."""

    outcome: str
    by: str = ""
    code: str = ""


@dataclass(frozen=True)
class Premium:
    """The premium of a status in per cent with its interval. `firms` are those of the smaller side.

    `coefficient` has the number on the status's side, `base_firms` the number on the other.
    """

    group: Group
    status: str
    percent: float
    low: float
    high: float
    coefficient: Coefficient
    base_firms: int

    @property
    def firms(self) -> int:
        """Distinct firms of the smaller side of the comparison: what disclosure control looks at."""
        return min(self.coefficient.firms, self.base_firms)


@dataclass(frozen=True)
class NotEstimated:
    """A premium that the data do not give, and why."""

    group: Group
    status: str
    reason: str


@dataclass(frozen=True)
class Premia:
    """Premia, what could not be estimated, the rows left out of each outcome's regression, what lacked.

    `fits` has the regressions: observations, firms, degrees of freedom. Rows that an effect explains by
    itself are counted there (`singletons`).
    """

    lines: tuple[Premium, ...]
    not_estimated: tuple[NotEstimated, ...]
    fits: tuple[tuple[Group, Fit], ...]
    left_out: tuple[tuple[Group, tuple[LeftOut, ...]], ...]
    absent: tuple[str, ...]


@dataclass(frozen=True)
class Ready:
    """Arrays of the rows of one regression, by firm and year; `statuses` has the code of each."""

    group: Group
    outcome: numpy.ndarray
    status: numpy.ndarray
    controls: dict[str, numpy.ndarray]
    effects: tuple[numpy.ndarray, ...]
    firms: numpy.ndarray
    owners: numpy.ndarray
    base: int
    statuses: dict[str, int]

    @property
    def base_firms(self) -> int:
        """Distinct owners of firms that have the base status in any year."""
        return len(numpy.unique(self.owners[self.status == self.base]))

    def terms(self) -> dict[str, numpy.ndarray]:
        """Whether a row has each status."""
        return {name: self.status == place for name, place in self.statuses.items()}

    def of(self, rows: numpy.ndarray, group: Group) -> Ready:
        """The same of some of the rows."""
        return replace(
            self, group=group, outcome=self.outcome[rows], status=self.status[rows],
            controls={name: column[rows] for name, column in self.controls.items()},
            effects=tuple(effect[rows] for effect in self.effects), firms=self.firms[rows],
            owners=self.owners[rows],
        )  # fmt: skip


def premia(frame: Any, spec: PremiaSpec) -> Premia:
    """Premia of each status over the base for each outcome, in all and by group; one row a firm and year.

    Rows whose outcome is unknown, zero or negative, or whose status, control or effect is unknown, are left
    out and counted. Raises DataError for a column that lacks or repeated firm-years.
    """
    lines: list[Premium] = []
    missing: list[NotEstimated] = []
    fits: list[tuple[Group, Fit]] = []
    left_out: list[tuple[Group, tuple[LeftOut, ...]]] = []
    asked, absent = _present(frame, spec)
    for outcome in asked.outcomes:
        ready, groups, taken = _prepare(frame, asked, outcome)
        left_out += taken
        for part in (ready, *_groups(ready, groups)):
            terms = {**part.terms(), **part.controls}
            found = fit(part.outcome, terms, part.effects, part.firms, part.owners, spec.level)
            fits.append((part.group, found))
            for each in _lines(part, found):
                (lines if isinstance(each, Premium) else missing).append(each)  # type: ignore[arg-type]
    return Premia(tuple(lines), tuple(missing), tuple(fits), tuple(left_out), absent)


def premia_rows(
    frame: Any, spec: PremiaSpec
) -> tuple[list[tuple[Ready, list[tuple[Group, tuple[LeftOut, ...]]]]], tuple[str, ...]]:
    """The rows of each outcome's regression with who was left out, and the columns that lack."""
    asked, absent = _present(frame, spec)
    made = [_prepare(frame, asked, outcome) for outcome in asked.outcomes]
    return [(ready, taken) for ready, _, taken in made], absent


def _present(frame: Any, spec: PremiaSpec) -> tuple[PremiaSpec, tuple[str, ...]]:
    """The spec without what the data lack, and the names of that."""
    need(frame, (*spec.outcomes, spec.status, spec.firm, spec.year, *spec.by), "a premia regression")
    controls, absent = present(frame, spec.log_controls)
    effects = [present(frame, effect) for effect in spec.effects]
    lacking = dict.fromkeys((*absent, *(name for _, lack in effects for name in lack)))
    kept = tuple(effect for effect, _ in effects if effect)
    return replace(spec, log_controls=controls, effects=kept), tuple(lacking)


def _prepare(
    frame: Any, spec: PremiaSpec, outcome: str
) -> tuple[Ready, dict[str, Any], list[tuple[Group, tuple[LeftOut, ...]]]]:
    """The rows of one outcome as arrays, the codes of the columns to repeat by, and who was left out."""
    sieve = Sieve(len(frame))
    values = amounts(frame, outcome)
    sieve.take(numpy.isnan(values), f"{outcome} is unknown")
    sieve.take(~(values > 0), f"{outcome} is zero or negative: no logarithm")
    status, labels = codes(frame[spec.status])
    sieve.take(status < 0, f"{spec.status} is unknown")
    controls = {}
    for name in spec.log_controls:
        if name != outcome:
            controls[CONTROL + name] = logged = logs(amounts(frame, name))
            sieve.take(numpy.isnan(logged), f"{name} is unknown, zero or negative: no logarithm")
    known = {name: codes(frame[name]) for effect in spec.effects for name in effect}
    for name, (found, _) in known.items():
        sieve.take(found < 0, f"{name} is unknown")
    rows, firms, owners = _order(frame, spec, sieve.keep)
    effects = [dense(crossed([known[name][0][rows] for name in effect])) for effect in spec.effects]
    ready = Ready(
        group=Group(outcome), outcome=logs(values[rows]), status=status[rows],
        controls={name: column[rows] for name, column in controls.items()},
        effects=(*effects, *([firms] if spec.firm_effects else [])), firms=firms, owners=owners,
        base=_place(labels, spec.base),
        statuses={str(label): place for place, label in enumerate(labels) if str(label) != spec.base},
    )  # fmt: skip
    groups = {name: _group(frame[name], rows) for name in spec.by}
    taken = [(Group(outcome), sieve.left_out)]
    for name, (found, _) in groups.items():
        unknown = int(numpy.count_nonzero(found < 0))
        if unknown:
            taken.append((Group(outcome, name), (LeftOut(f"{name} is unknown", unknown),)))
    return ready, groups, taken


def _order(
    frame: Any, spec: PremiaSpec, keep: numpy.ndarray
) -> tuple[numpy.ndarray | slice, numpy.ndarray, numpy.ndarray]:
    """The rows to keep in the order of firm and year (no copy where all are kept in order), their owners."""
    firms, years = codes(frame[spec.firm])[0], codes(frame[spec.year])[0]
    rows = slice(None) if keep.all() else numpy.flatnonzero(keep)
    order = in_order(firms[rows], years[rows], "A premia regression")
    if order is not None:
        rows = order if isinstance(rows, slice) else rows[order]
    owners = firms if spec.owner is None else codes(frame[spec.owner])[0]
    return rows, dense(firms[rows]), dense(owners[rows])


def _place(labels: Sequence[Any], base: str) -> int:
    texts = [str(label) for label in labels]
    return texts.index(base) if base in texts else -1


def _group(column: Any, rows: numpy.ndarray | slice) -> tuple[numpy.ndarray, Sequence[Any]]:
    found, labels = codes(column)
    return found[rows], labels


def _groups(ready: Ready, groups: dict[str, tuple[numpy.ndarray, Sequence[Any]]]) -> list[Ready]:
    """The rows of each group that has any, in the order of the columns and their codes."""
    return [
        ready.of(numpy.flatnonzero(found == place), Group(ready.group.outcome, name, str(label)))
        for name, (found, labels) in groups.items()
        for place, label in enumerate(labels)
        if (found == place).any()
    ]


def _lines(ready: Ready, found: Fit) -> list[Premium | NotEstimated]:
    base = ready.base_firms
    made: list[Premium | NotEstimated] = []
    for status, place in ready.statuses.items():
        coefficient = found.get(status)
        if coefficient is not None and base:
            percent, low, high = (
                100 * math.expm1(value) for value in (coefficient.estimate, coefficient.low, coefficient.high)
            )
            made.append(Premium(ready.group, status, percent, low, high, coefficient, base))
        else:
            made.append(NotEstimated(ready.group, status, _why(ready, place, base)))
    return made


def _why(ready: Ready, place: int, base: int) -> str:
    if not base:
        return "no firm to compare with"
    if not (ready.status == place).any():
        return "no firm has it"
    return "too few rows, or it cannot be told from the effects"
