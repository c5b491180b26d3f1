"""One system over all publications of a ledger and a new run: what can be worked out from them together.

Rows are groups of firms by their class in each run (`ledger_rows`), columns the figures of all runs. What
an earlier run told stays told, what it hid stays hidden. Two figures that differ by few firms tell these:
such a difference is a column of its own that no table shows, and is unsafe if it breaks a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from firmtrade.describe.asks import Ask
from firmtrade.describe.finest import Sums
from firmtrade.errors import DisclosureError
from firmtrade.protect.evidence import Evidence
from firmtrade.protect.figures import Part, evidence_over
from firmtrade.protect.ledger_model import THIS, Difference, Figure, Key, Past, Publication, in_words
from firmtrade.protect.ledger_pairs import near_pairs
from firmtrade.protect.ledger_rows import Rows, Side, Source, rows_of, tied
from firmtrade.protect.primary import Plan, Request, primary
from firmtrade.protect.rules import Profile
from firmtrade.protect.system import NOTHING, Flags, Ints, System, build

LARGEST = 3
PUBLISHED = "published before"
Name = tuple[str, str, Key]  # run, aggregate, key
Columns = dict[Hashable, Ints]


class Refused(DisclosureError):
    """Columns of a part that earlier publications leave too little for."""

    def __init__(self, message: str, columns: frozenset[int]) -> None:
        super().__init__(message)
        self.columns = columns


@dataclass(frozen=True)
class Bound:
    """A part of a release with what must be protected, and what earlier publications ask, by columns.

    `told` and `hidden` were published and hidden before; `unseen` are differences between publications.
    `floor` is what must be left of the distances (up, down) where earlier publications leave less than asked.
    """

    part: Part
    plan: Plan
    told: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()
    unseen: frozenset[int] = frozenset()
    floor: Mapping[int, tuple[float, float]] = field(default_factory=dict)

    @property
    def refusable(self) -> frozenset[int]:
        """Unsafe columns whose refusal we word ourselves: those of a release that earlier ones bind."""
        return frozenset(self.plan.columns.tolist()) if self.told or self.hidden else frozenset()

    def refusal(self, columns: Iterable[int]) -> str:
        """Why a release that earlier ones bind cannot be made, and what to do."""
        names = [_said(self.part.system.names[column]) for column in sorted(columns)]
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        return (
            f"{len(names)} figures ({self.part.aggregate}) cannot be protected together with what was "
            f"published before, says the ledger: {'; '.join(names[:5])}{more}. Nothing is released. What was "
            "told cannot be hidden any more: leave out the tables that break these firms down otherwise, "
            "merge their groups, or publish with the firms and values of the earlier run."
        )


def _said(name: Hashable) -> str:
    """A column in words, never a value."""
    if not isinstance(name, Ask):
        return str(name)
    return in_words((name.sample, name.window, name.year, name.codes, name.aggregate, name.point))


def distances(plan: Plan) -> list[tuple[int, float, float]]:
    """(column, up, down) of a plan."""
    return list(zip(plan.columns.tolist(), plan.up.tolist(), plan.down.tolist(), strict=True))


#: What the custodian and the tables add to the evidence of a part.
Requests = Callable[[Part], Request]


def unbound(part: Part, profile: Profile, request: Request) -> Bound:
    """A part that no earlier publication binds."""
    return Bound(part, primary(part.values, part.evidence, profile, request))


def joint(
    earlier: Sequence[Publication], new: Publication, profile: Profile, requests: Requests
) -> list[Bound]:
    """The systems of a new run together with all that was published before."""
    kept = [difference for one in earlier for difference in one.differences]
    found = []
    for window in sorted({view.window for view in new.views}):
        views = [(one.run, view) for one in (*earlier, new) for view in one.views]
        sources = [Source(run, view) for run, view in views if view.window == window]
        asked = {name for view in new.views if view.window == window for name in view.amounts}
        for aggregates in tied(sources):
            if asked & set(aggregates):
                found.append(_bound(rows_of(sources, aggregates), kept, profile, requests))
    return found


def _bound(rows: Rows, kept: Sequence[Difference], profile: Profile, requests: Requests) -> Bound:
    named = {
        (side.source.run, side.aggregate, figure.key): (side, figure)
        for side in rows.sides
        for figure in side.amounts.figures
    }
    figures: Columns = {_column(name, figure): side.own[side.inside(figure)]
                        for name, (side, figure) in named.items()}  # fmt: skip
    old: Columns = {one: _rest(rows, named, one) for one in kept if {one.one, one.other} <= set(named)}
    few = max((rule.whole("least") for rule in profile.of("frequency")), default=0)
    new: Columns = {one: _rest(rows, named, one) for one in _candidates(rows, named, few)}
    given = _given(rows)
    judged = build(_members({**figures, **old, **new}), rows.number)
    evidence = _evidence(rows, judged)
    name = "; ".join(dict.fromkeys(side.aggregate for side in rows.sides))
    whole = Part(name, judged, judged.fold(given), evidence, _counts(rows), rows.decimals)
    unsafe = primary(whole.values, evidence, profile, requests(whole))
    broken = set(unsafe.columns.tolist())
    risky: Columns = {one: own for one, own in new.items() if len(own) and judged.places[one] in broken}
    alias = _alias(rows)
    merged: Columns = {name: np.unique(alias[own]) for name, own in {**figures, **old, **risky}.items()}
    system = build(_members(merged), rows.number, _relations(rows, given, alias), _signed(rows))
    first = np.array([judged.places[name] for name in system.names], dtype=np.int64)
    part = Part(name, system, system.fold(given), _taken(evidence, first), _counts(rows), rows.decimals)
    numbers = {column: n for n, column in enumerate(unsafe.columns.tolist())}
    asked = {name: numbers.get(column) for name, column in judged.places.items()}
    differences = [one for one in (*old, *risky) if isinstance(one, Difference)]
    bound = _with_past(part, named, differences, asked, unsafe)
    late = requests(part).manual & bound.told
    if late:
        words = "; ".join(_said(system.names[column]) for column in sorted(late)[:5])
        raise DisclosureError(
            f"[protect] hide names figures that were told before, says the ledger: {words}. Take them out of "
            "'hide': they are known. Nothing is released."
        )
    return replace(bound, floor=_floor(bound, profile, requests))


def _floor(bound: Bound, profile: Profile, requests: Requests) -> dict[int, tuple[float, float]]:
    """What must be left of the distances: those of earlier runs, and of this run's what is no margin.

    The margin of a rule of frequency is a share of the figure that somebody thought wide enough; other rules
    say how closely a contributor may be known.
    """
    part = bound.part
    strict = replace(profile, rules=tuple(r for r in profile.rules if r.kind != "frequency"))
    least = primary(part.values, part.evidence, strict, requests(part))
    found = {column: (up, down) for column, up, down in distances(least)}
    for column, (up, down) in bound.floor.items():
        before = found.get(column, (0.0, 0.0))
        found[column] = (max(before[0], up), max(before[1], down))
    return {column: ends for column, ends in found.items() if column not in bound.unseen}


def _members(columns: Columns) -> dict[Hashable, list[int]]:
    return {name: rows.tolist() for name, rows in columns.items()}


def _column(name: Name, figure: Figure) -> Hashable:
    return figure.ask if name[0] == THIS else Past(name[0], figure.key)


def _rest(rows: Rows, named: Mapping[Name, tuple[Side, Figure]], one: Difference) -> Ints:
    """The rows of a figure whose firms are not in another figure (or were revised by much)."""
    (side, figure), (other, beside) = named[one.one], named[one.other]
    inside = side.inside(figure)
    away = ~np.isin(side.base[inside], other.base[other.inside(beside)])
    return np.asarray(side.own[inside][away], dtype=np.int64)


def _candidates(rows: Rows, named: Mapping[Name, tuple[Side, Figure]], few: int) -> Iterable[Difference]:
    """Differences between figures of this run and of earlier ones, both ways."""
    firms = np.zeros(rows.number, dtype=np.int64)
    for side in rows.sides:
        firms[side.start : side.start + side.size] = np.bincount(side.at, minlength=side.size)
    told = {_standing(*named[name]) for name in named if name[0] != THIS and not named[name][1].hidden}
    # A figure that was told already tells nothing more.
    names = [name for name in named if name[0] != THIS or _standing(*named[name]) not in told]
    for aggregate in sorted({name[1] for name in names}):
        ours = sorted(name for name in names if name[1] == aggregate and name[0] == THIS)
        theirs = sorted(name for name in names if name[1] == aggregate and name[0] != THIS)
        same = {(name, other) for name in ours for other in theirs if name[2] == other[2]}
        base = {name: side.base[side.inside(figure)] for name, (side, figure) in named.items()}
        found = near_pairs([base[name] for name in ours], [base[name] for name in theirs], firms, few)
        near = {(ours[i], theirs[j]) for i, j in found}
        near = {(one, other) for one, other in near if not _within_one_run(one, other, named)}
        for one, other in sorted(same | near):
            yield Difference(one, other)
            yield Difference(other, one)


def _within_one_run(one: Name, other: Name, named: Mapping[Name, object]) -> bool:
    """Whether a run has both figures: what it tells by itself is not a difference between runs."""
    return (one[0], *other[1:]) in named or (other[0], *one[1:]) in named


def _standing(side: Side, figure: Figure) -> bytes:
    """The rows of a figure, equal ones of other sources being one."""
    return np.unique(side.row[side.inside(figure)]).tobytes()


def _given(rows: Rows) -> Ints:
    """The exact value of each row."""
    given = np.zeros(rows.number, dtype=np.int64)
    for side in rows.sides:
        np.add.at(given, side.own[side.group], side.value)
    return given


def _counts(rows: Rows) -> bool:
    return all(side.amounts.counts for side in rows.sides)


def _alias(rows: Rows) -> Ints:
    """The row that stands for each row."""
    alias = np.arange(rows.number, dtype=np.int64)
    for side in rows.sides:
        alias[side.own[side.own >= 0]] = side.row[side.own >= 0]
    return alias


def _signed(rows: Rows) -> Flags:
    """Rows of aggregates that may be negative: some firm has less than zero of it, in some run."""
    below = {side.aggregate for side in rows.sides if (side.value < 0).any()}
    signed = np.zeros(rows.number, dtype=bool)
    for side in rows.sides:
        signed[side.start : side.start + side.size] = side.aggregate in below
    return signed


def _relations(rows: Rows, given: Ints, alias: Ints) -> list[dict[int, int]]:
    """Rows that move together, and sums with their parts where these add up."""
    found = [{one: 1, other: -1} for one, other in rows.together]
    place = {(id(side.source), side.aggregate): side for side in rows.sides}
    for side in rows.sides:
        parts = [place.get((id(side.source), name)) for name in side.amounts.parts]
        known = [part for part in parts if part is not None]
        if not parts or len(known) < len(parts):
            continue
        there = np.all([part.own >= 0 for part in (side, *known)], axis=0)
        equal = given[side.own[there]] == sum(given[part.own[there]] for part in known)
        for group in np.flatnonzero(there)[equal].tolist():
            weights = {int(alias[side.own[group]]): 1}
            for part in known:
                row = int(alias[part.own[group]])
                weights[row] = weights.get(row, 0) - 1
            found.append(weights)
    once = {tuple(sorted(relation.items())): relation for relation in found}
    return [once[key] for key in sorted(once)]


def _evidence(rows: Rows, system: System) -> Evidence:
    sums = [_sums(side, rows.decimals) for side in rows.sides]
    starts = [side.start for side in rows.sides]
    return evidence_over(system, sums, [*starts, rows.number], rows.decimals)


def _sums(side: Side, decimals: int) -> Sums:
    """What a source adds to its rows, with the largest owners of each: as if it had been scanned so."""
    size, at, absolute = side.size, side.at, np.abs(side.value)
    _, owner, times = np.unique(
        np.char.add(side.owner, side.year.astype("S5")), return_inverse=True, return_counts=True
    )
    alone = times[owner.reshape(-1)] == 1
    order = np.lexsort((side.owner, -absolute, at, ~alone))
    ranks = np.arange(len(order)) - np.searchsorted(at[order][: alone.sum()], at[order], side="left")
    keep = order[(ranks < LARGEST) | ~alone[order]]
    asked = np.full(size, -1, dtype=np.int64)
    np.maximum.at(asked, at[side.asked & alone], absolute[side.asked & alone])
    weigh = np.zeros(size, dtype=np.int64)
    np.add.at(weigh, at, absolute)
    return Sums(
        view=side.source.run,
        window=side.source.view.window,
        aggregate=side.aggregate,
        parts=side.amounts.parts,
        counts=side.amounts.counts,
        asks=(),
        members=(),
        totals={},
        values=weigh,
        sizes=weigh,
        units=np.bincount(at[alone], minlength=size),
        below=np.bincount(at[alone & (side.value < 0)], minlength=size),
        decimals=decimals,
        owned=(at[keep], tuple(name.decode() for name in side.owner[keep].tolist()), side.value[keep]),
        several=~alone[keep],
        asked=asked,
        asking=frozenset(name.decode() for name in side.owner[side.asked & ~alone].tolist()),
    )


def _taken(evidence: Evidence, columns: Ints) -> Evidence:
    parts = {name: getattr(evidence, name)[columns] for name in evidence.__dataclass_fields__}
    return Evidence(**parts)


def _with_past(
    part: Part,
    named: Mapping[Name, tuple[Side, Figure]],
    differences: Sequence[Difference],
    asked: Mapping[Hashable, int | None],
    unsafe: Plan,
) -> Bound:
    """What is asked of the columns: by the rules of this run's figures, by what was kept of earlier ones'."""
    places = part.system.places
    past = [(places[_column(name, figure)], figure) for name, (_, figure) in named.items() if name[0] != THIS]
    told = {column for column, figure in past if not figure.hidden} - {NOTHING}
    hidden = {column for column, figure in past if figure.hidden} - {NOTHING} - told
    wanted: dict[int, tuple[float, float, tuple[str, ...]]] = {}

    def want(column: int, up: float, down: float, reasons: tuple[str, ...]) -> None:
        if column in told or column == NOTHING:
            return
        before = wanted.get(column, (0.0, 0.0, ()))
        joined = tuple(dict.fromkeys((*before[2], *reasons)))
        wanted[column] = (max(before[0], up), max(before[1], down), joined)

    for column, figure in past:
        if figure.up or figure.down:
            want(column, figure.up, figure.down, (PUBLISHED,))
    # What an earlier run asked, perhaps less than the rules say, is what must still be there.
    floor = {column: ends[:2] for column, ends in wanted.items()}
    for name in [*(_column(n, f) for n, (_, f) in named.items() if n[0] == THIS), *differences]:
        n = asked[name]
        if isinstance(name, Difference) and (name.up or name.down):
            want(places[name], name.up, name.down, ("difference",))
        elif n is not None:
            want(places[name], float(unsafe.up[n]), float(unsafe.down[n]), unsafe.reasons[n])
    unseen = {places[name] for name in differences} - {NOTHING} - told
    return Bound(part, _plan(wanted), frozenset(told), frozenset(hidden), frozenset(unseen), floor)


def _plan(wanted: Mapping[int, tuple[float, float, tuple[str, ...]]]) -> Plan:
    columns = sorted(wanted)
    return Plan(
        np.array(columns, dtype=np.int64),
        np.array([wanted[column][0] for column in columns], dtype=np.float64),
        np.array([wanted[column][1] for column in columns], dtype=np.float64),
        tuple(wanted[column][2] for column in columns),
    )
