"""Which neighbouring classes of a table to combine so that fewer of its figures are hidden.

For one dimension at a time, best first: each pair of neighbours is tried, the one that hides least is
kept, and so on until nothing is hidden or nothing helps. While searching the table is protected alone, which
is quick; what is proposed is then protected with the whole release, as a run would, in this table only and in
all tables with the same classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from firmtrade.catalog import Catalog
from firmtrade.describe.computed import Backing, Computed
from firmtrade.describe.spec import Table
from firmtrade.errors import StudyError, nearest
from firmtrade.protect.classes import (
    UNION,
    Words,
    classes_of,
    combined,
    dimensions,
    everywhere,
    hidden_still,
)
from firmtrade.protect.decide import Decisions, decide
from firmtrade.protect.policy import Policy, backing_of
from firmtrade.protect.rehearsal import Rehearsal
from firmtrade.protect.whatif import figures_of

Compute = Callable[[Iterable[Table] | None], Computed]


@dataclass(frozen=True)
class Share:
    """Hidden figures of how many."""

    hidden: int
    figures: int

    @property
    def shown(self) -> int:
        """Figures that are told."""
        return self.figures - self.hidden

    @property
    def share(self) -> float:
        """The hidden share, between 0 and 1."""
        return self.hidden / self.figures if self.figures else 0.0

    def less(self, other: Share) -> bool:
        """Fewer are hidden, and a smaller share of them: of fewer figures fewer are hidden anyway."""
        return self.hidden < other.hidden and self.share < other.share

    def __str__(self) -> str:
        return f"{self.hidden:,} of {self.figures:,} ({100 * self.share:.0f} %)"


@dataclass(frozen=True)
class Proposal:
    """Classes to combine in a table. `alone`: the table by itself, before and after.

    All others are with the whole release. `here` and `everywhere` are of this table, the classes combined in
    it only, or in `others` that have them too; `release` is of all figures, before
    and after these are combined everywhere. `hide` is what [protect] hide must say then, if it must change;
    `refused` are the sums that a run with the classes combined here would stop at.
    """

    table: str
    title: str
    dimension: str
    codes: tuple[str, ...]
    alone: tuple[Share, Share]
    before: Share
    here: Share
    everywhere: Share
    release: tuple[Share, Share]
    others: tuple[str, ...]
    hide: tuple[Mapping[str, str], ...] = ()
    refused: int = 0

    @property
    def helps(self) -> bool:
        """Whether less of the table is hidden with the whole release too, and no more of the release."""
        return not self.refused and (
            self.here.less(self.before)
            or (self.everywhere.less(self.before) and self.release[1].share <= self.release[0].share)
        )

    def toml(self) -> str:
        """What to write in `by` of the table."""
        listed = ", ".join(f'"{code}"' for code in self.codes)
        return f"{self.dimension} = [{listed}]"

    def hide_toml(self) -> str:
        """What to write for `hide` in [protect]; empty if it stays as it is."""
        pairs = [", ".join(f'{name} = "{code}"' for name, code in entry.items()) for entry in self.hide]
        return f"hide = [{', '.join(f'{{ {told} }}' for told in pairs)}]" if pairs else ""


def propose(
    tables: Sequence[Table],
    asked: Sequence[str],
    least: float,
    compute: Compute,
    policy: Policy,
    words: Words,
    progress: Callable[[str], None] = lambda text: None,
) -> tuple[list[Proposal], list[str]]:
    """(the best proposal for each table, the tables for which there is none).

    Tables are those `asked` for, or all of which at least the share `least` of the figures is hidden.
    """
    names = [table.name for table in tables]
    for name in asked:
        if name not in names:
            raise StudyError(f"There is no table '{name}'.{nearest(name, names)}")
    progress("the release as it is")
    hidden = _rehearsed(compute(None), policy, words.catalog).shares
    found, without = [], []
    for table in tables:
        share = hidden.get(table.name)
        if share is None or not share.hidden or not _wanted(table.name, share, asked, least):
            continue
        progress(f"{table.name}: {share} hidden")
        best = _best(table, compute, policy, words, progress)
        if best is None:
            without.append(table.name)
        else:
            found.append(_proposal(table, best, tables, hidden, compute, policy, words))
    return found, without


def _wanted(name: str, share: Share, asked: Sequence[str], least: float) -> bool:
    return name in asked if asked else 100 * share.hidden >= least * share.figures


@dataclass(frozen=True)
class _Tried:
    """A table with classes combined, protected alone."""

    table: Table
    dimension: str
    codes: tuple[str, ...]
    first: Share
    share: Share


def _best(
    table: Table, compute: Compute, policy: Policy, words: Words, progress: Callable[[str], None]
) -> _Tried | None:
    """The best of what each dimension gives; None if combining classes helps with none."""
    first = _alone([(table, policy)], compute, words.catalog)[0]
    if not first.share.hidden:
        return None
    tried = []
    for dimension in dimensions(table, words):
        progress(f"{table.name}: classes of {dimension}")
        made = _greedy(table, dimension, first, compute, policy, words)
        tried += [made] if made else []
    return min(tried, key=lambda one: (one.share.share, -one.share.shown, one.dimension), default=None)


def _greedy(
    table: Table, dimension: str, first: _Alone, compute: Compute, policy: Policy, words: Words
) -> _Tried | None:
    best, now = None, first
    current = table
    while now.share.hidden:
        choices = list(combined(current, dimension, words))
        if not choices:
            break
        still = [_hiding(policy, dimension, codes, [table.name]) for _, codes in choices]
        made = [(choice, hides) for (choice, _), hides in zip(choices, still, strict=True)]
        tried = _alone(made, compute, words.catalog)
        # Among equals the classes of which least is told now: combining these loses least.
        lost = [
            sum(now.told.get(f"{dimension}={c}", 0) for c in _gone(current, one[1], dimension, words))
            for one in choices
        ]
        place = min(range(len(choices)), key=lambda n: (tried[n].share.share, lost[n], n))
        if not tried[place].share.less(now.share):
            break
        current, codes = choices[place]
        now = tried[place]
        best = _Tried(current, dimension, codes, first.share, now.share)
    return best


def _gone(table: Table, codes: Sequence[str], dimension: str, words: Words) -> set[str]:
    """The classes of a table that are combined in `codes`."""
    return set(classes_of(table, dimension, words)) - set(codes)


@dataclass(frozen=True)
class _Alone:
    """A table protected alone: its hidden figures, and the number of told ones by 'dimension=code'."""

    share: Share
    told: Mapping[str, int]


def _alone(asked: Sequence[tuple[Table, Policy]], compute: Compute, catalog: Catalog) -> list[_Alone]:
    """Each table protected alone, by its policy without the ledger; all are computed in one scan."""
    numbered = [replace(table, name=f"{table.name}-{number}") for number, (table, _) in enumerate(asked)]
    computed = compute(numbered)
    found = []
    for (table, policy), made in zip(asked, numbered, strict=True):
        only = _only(computed, made.name, table.name)
        decided = decide(only, policy.alone().fitting(only), catalog, rehearsal=Rehearsal())
        told: Counter[str] = Counter()
        for asks in backing_of(only).figures[table.name]:
            if not decided.of(asks).hidden:
                told.update({f"{name}={code}" for ask in asks for name, code in ask.codes})
        found.append(_Alone(_share(decided, backing_of(only), table.name), told))
    return found


def _hiding(policy: Policy, dimension: str, codes: Sequence[str], tables: Collection[str]) -> Policy:
    """The policy that hides what it hid where classes of these tables are combined to `codes`."""
    return replace(policy, hide=hidden_still(policy.hide, dimension, codes, tables))


@dataclass(frozen=True)
class _Rehearsed:
    """What of each table a run would hide, and how many sums it would stop at."""

    shares: Mapping[str, Share]
    refused: int


def _rehearsed(computed: Computed, policy: Policy, catalog: Catalog) -> _Rehearsed:
    decided = decide(computed, policy, catalog, rehearsal=Rehearsal())
    backing = backing_of(computed)
    shares = {name: _share(decided, backing, name) for name in backing.figures}
    return _Rehearsed(shares, sum(len(part.refused) for part in decided.parts))


def _share(decided: Decisions, backing: Backing, table: str) -> Share:
    figures = figures_of(backing, table)
    return Share(sum(decided.of(asks).hidden for asks in figures), len(figures))


def _only(computed: Computed, made: str, name: str) -> Computed:
    """What was computed of the table `made`, which is called `name` again."""
    backing = backing_of(computed)
    figures, unknowns = backing.figures[made], backing.unknowns[made]
    asks = {ask for asks in figures for ask in asks} | set(unknowns)
    sums = []
    for one in backing.sums:
        kept = [place for place, ask in enumerate(one.asks) if ask in asks]
        if kept:
            asked = tuple(one.asks[n] for n in kept)
            sums.append(replace(one, asks=asked, members=tuple(one.members[n] for n in kept)))
    behind = replace(backing, figures={name: figures}, unknowns={name: unknowns}, sums=tuple(sums))
    results = tuple(replace(result, name=name) for result in computed.results if result.name == made)
    return replace(computed, results=results, backing=behind)


def _proposal(
    table: Table,
    best: _Tried,
    tables: Sequence[Table],
    hidden: Mapping[str, Share],
    compute: Compute,
    policy: Policy,
    words: Words,
) -> Proposal:
    def protected(changed: Mapping[str, Table]) -> tuple[_Rehearsed, Policy]:
        computed = compute([changed.get(each.name, each) for each in tables])
        hiding = _hiding(policy, best.dimension, best.codes, changed).fitting(computed)
        return _rehearsed(computed, hiding, words.catalog), hiding

    unions = [code.split(UNION) for code in best.codes if UNION in code]
    alike = {each.name: everywhere(each, best.dimension, unions, words) for each in tables}
    changed = {each.name: alike[each.name] for each in tables if alike[each.name] != each}
    here, hiding = protected({table.name: best.table})
    whole = here if set(changed) <= {table.name} else protected(changed | {table.name: best.table})[0]
    return Proposal(
        table.name,
        table.title,
        best.dimension,
        best.codes,
        (best.first, best.share),
        hidden[table.name],
        here.shares[table.name],
        whole.shares[table.name],
        (_total(hidden), _total(whole.shares)),
        tuple(sorted(set(changed) - {table.name})),
        hiding.hide if hiding.hide != policy.hide else (),
        here.refused,
    )


def _total(shares: Mapping[str, Share]) -> Share:
    return Share(sum(one.hidden for one in shares.values()), sum(one.figures for one in shares.values()))


def as_text(found: Sequence[Proposal], without: Sequence[str]) -> list[str]:
    """The proposals for the terminal: what helps first, then what helps a table alone only."""
    lines = []
    for one in found:
        if one.helps:
            lines += [
                f"{one.table}: {one.title}",
                f"  {one.before} hidden now. Combine {one.dimension} {_united(one)}:",
                f"    in by of [tables.{one.table}]:  {one.toml()}",
                *([f"    in [protect]:  {one.hide_toml()}"] if one.hide else []),
                f"    {one.here} hidden then{_elsewhere(one)}",
                "",
            ]
    for one in found:
        if not one.helps:
            lines += [
                f"{one.table}: to combine {one.dimension} {_united(one)} would help the table alone "
                f"({one.alone[0]} hidden, then {one.alone[1]}), but {_but(one)}.",
                "",
            ]
    if without:
        lines.append(f"Combining neighbouring classes does not help {', '.join(without)}.")
    return lines or ["No table has so many hidden figures."]


def _united(one: Proposal) -> str:
    return " and ".join(code.replace(UNION, " with ") for code in one.codes if UNION in code)


def _but(one: Proposal) -> str:
    """Why what helps a table alone does not help the release."""
    if one.refused:
        return f"a run would stop: {one.refused} sums of the release cannot be protected then"
    return f"not in this release, whose other tables have these classes: {one.here} hidden{_elsewhere(one)}"


def _elsewhere(one: Proposal) -> str:
    if not one.others:
        return f" (all figures of the release: {one.release[0]} hidden now, {one.release[1]} then)"
    return (
        f"; {one.everywhere} if it is done in {', '.join(one.others)} too (all figures of the release: "
        f"{one.release[0]} hidden now, {one.release[1]} then)"
    )
