"""Which neighbouring classes of a table to combine so that fewer of its figures are hidden.

For one dimension at a time, best first: each pair of neighbours is tried, the one that hides least is
kept, and so on until nothing is hidden or nothing helps. While searching the table is protected alone, which
is quick; what is proposed is then protected with the whole release, as a run would, in this table only and in
all tables with the same classes.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from firmtrade.catalog import Catalog
from firmtrade.describe.cells import Codes
from firmtrade.describe.computed import Backing, Computed
from firmtrade.describe.spec import Block, Table
from firmtrade.errors import StudyError, nearest
from firmtrade.protect.rules import Profile
from firmtrade.protect.whatif import Trial
from firmtrade.result import TOTAL, UNKNOWN

Compute = Callable[[Iterable[Table] | None], Computed]
UNION = " | "


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
    and after these are combined everywhere.
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

    @property
    def helps(self) -> bool:
        """Whether less of the table is hidden with the whole release too, and no more of the release."""
        return self.here.less(self.before) or (
            self.everywhere.less(self.before) and self.release[1].share <= self.release[0].share
        )

    def toml(self) -> str:
        """What to write in `by` of the table."""
        listed = ", ".join(f'"{code}"' for code in self.codes)
        return f"{self.dimension} = [{listed}]"


@dataclass(frozen=True)
class Words:
    """What is known of dimensions and their codes."""

    catalog: Catalog
    codes: Codes


def propose(
    tables: Sequence[Table],
    asked: Sequence[str],
    least: float,
    compute: Compute,
    profile: Profile,
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
    trial = _trial(compute(None), words.catalog)
    decided = trial.decide(profile)
    hidden = {name: Share(*reversed(trial.hidden(decided, name))) for name in trial.backing.figures}
    found, without = [], []
    for table in tables:
        share = hidden.get(table.name)
        if share is None or not share.hidden or not _wanted(table.name, share, asked, least):
            continue
        progress(f"{table.name}: {share} hidden")
        best = _best(table, compute, profile, words, progress)
        if best is None:
            without.append(table.name)
        else:
            found.append(_proposal(table, best, tables, hidden, compute, profile, words))
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
    table: Table, compute: Compute, profile: Profile, words: Words, progress: Callable[[str], None]
) -> _Tried | None:
    """The best of what each dimension gives; None if combining classes helps with none."""
    first = _alone([table], compute, profile, words.catalog)[0]
    if not first.share.hidden:
        return None
    tried = []
    for dimension in dimensions(table, words):
        progress(f"{table.name}: classes of {dimension}")
        made = _greedy(table, dimension, first, compute, profile, words)
        tried += [made] if made else []
    return min(tried, key=lambda one: (one.share.share, -one.share.shown, one.dimension), default=None)


def _greedy(
    table: Table, dimension: str, first: _Alone, compute: Compute, profile: Profile, words: Words
) -> _Tried | None:
    best, now = None, first
    current = table
    while now.share.hidden:
        choices = list(combined(current, dimension, words))
        if not choices:
            break
        tried = _alone([made for made, _ in choices], compute, profile, words.catalog)
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
    return set(_classes(table, dimension, words)) - set(codes)


def dimensions(table: Table, words: Words) -> list[str]:
    """The dimensions of a table whose classes do not overlap, so that they may be combined."""
    names = dict.fromkeys(name for block in table.blocks for name, _ in block.by)
    plain = {name: words.catalog.get(name.rpartition(".")[2], "dimension") for name in names}
    return [name for name in names if not plain[name].overlaps]


def combined(table: Table, dimension: str, words: Words) -> Iterator[tuple[Table, tuple[str, ...]]]:
    """(the table with two neighbouring classes combined, the classes then), for each pair of neighbours."""
    longest = _classes(table, dimension, words)
    classes = [code for code in longest if code not in (TOTAL, UNKNOWN)]
    if len(classes) < 3:
        return  # two classes combined are no breakdown
    for one, other in itertools.pairwise(classes):
        codes = _joined(longest, one, other)
        yield _with(table, dimension, one, other, words), codes


def _classes(table: Table, dimension: str, words: Words) -> tuple[str, ...]:
    """The codes of a dimension in the table; those of its block that has most."""
    listed = {
        tuple(words.codes.listed(dimension, codes, f"table {table.name}"))
        for block in table.blocks
        for name, codes in block.by
        if name == dimension
    }
    return max(sorted(listed), key=len)


def _joined(codes: Sequence[str], one: str, other: str) -> tuple[str, ...]:
    if one not in codes or other not in codes:
        return tuple(codes)
    return tuple(f"{one}{UNION}{other}" if code == one else code for code in codes if code != other)


def _with(table: Table, dimension: str, one: str, other: str, words: Words) -> Table:
    def block(given: Block) -> Block:
        by = []
        for name, codes in given.by:
            listed = tuple(words.codes.listed(name, codes, f"table {table.name}"))
            by.append((name, _joined(listed, one, other) if name == dimension else codes))
        return replace(given, by=tuple(by))

    return replace(table, blocks=tuple(block(given) for given in table.blocks))


@dataclass(frozen=True)
class _Alone:
    """A table protected alone: its hidden figures, and the number of told ones by 'dimension=code'."""

    share: Share
    told: Mapping[str, int]


def _alone(tables: Sequence[Table], compute: Compute, profile: Profile, catalog: Catalog) -> list[_Alone]:
    """Each table protected alone; all are computed in one scan."""
    named = [replace(table, name=f"{table.name}-{number}") for number, table in enumerate(tables)]
    backing = _trial(compute(named), catalog).backing
    found = []
    for table in named:
        trial = Trial(_only(backing, table.name), catalog)
        decided = trial.decide(profile)
        told: Counter[str] = Counter()
        for asks in backing.figures[table.name]:
            if not decided.of(asks).hidden:
                told.update({f"{name}={code}" for ask in asks for name, code in ask.codes})
        found.append(_Alone(Share(*reversed(trial.hidden(decided, table.name))), told))
    return found


def _trial(computed: Computed, catalog: Catalog) -> Trial:
    assert computed.backing is not None
    return Trial(computed.backing, catalog)


def _only(backing: Backing, name: str) -> Backing:
    """What is behind one table."""
    figures, unknowns = backing.figures[name], backing.unknowns[name]
    asks = {ask for asks in figures for ask in asks} | set(unknowns)
    sums = []
    for one in backing.sums:
        kept = [place for place, ask in enumerate(one.asks) if ask in asks]
        if kept:
            asked = tuple(one.asks[n] for n in kept)
            sums.append(replace(one, asks=asked, members=tuple(one.members[n] for n in kept)))
    return replace(backing, figures={name: figures}, unknowns={name: unknowns}, sums=tuple(sums))


def _proposal(
    table: Table,
    best: _Tried,
    tables: Sequence[Table],
    hidden: dict[str, Share],
    compute: Compute,
    profile: Profile,
    words: Words,
) -> Proposal:
    def protected(changed: dict[str, Table]) -> dict[str, Share]:
        trial = _trial(compute([changed.get(each.name, each) for each in tables]), words.catalog)
        decided = trial.decide(profile)
        return {name: Share(*reversed(trial.hidden(decided, name))) for name in trial.backing.figures}

    unions = [code.split(UNION) for code in best.codes if UNION in code]
    everywhere = {each.name: _everywhere(each, best.dimension, unions, words) for each in tables}
    changed = {each.name: everywhere[each.name] for each in tables if everywhere[each.name] != each}
    here = protected({table.name: best.table})
    all_tables = here if set(changed) <= {table.name} else protected(changed | {table.name: best.table})
    return Proposal(
        table.name,
        table.title,
        best.dimension,
        best.codes,
        (best.first, best.share),
        hidden[table.name],
        here[table.name],
        all_tables[table.name],
        (_total(hidden), _total(all_tables)),
        tuple(sorted(set(changed) - {table.name})),
    )


def _everywhere(table: Table, dimension: str, unions: Sequence[list[str]], words: Words) -> Table:
    """The table with the same classes combined, where it has them all."""
    made = table
    for parts in unions:
        joined = parts[0]
        for part in parts[1:]:
            made = _with(made, dimension, joined, part, words)
            joined = f"{joined}{UNION}{part}"
    names = {name for block in table.blocks for name, _ in block.by}
    return made if dimension in names else table


def _total(shares: dict[str, Share]) -> Share:
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
                f"    {one.here} hidden then{_elsewhere(one)}",
                "",
            ]
    for one in found:
        if not one.helps:
            lines += [
                f"{one.table}: to combine {one.dimension} {_united(one)} would help the table alone "
                f"({one.alone[0]} hidden, then {one.alone[1]}), but not in this release, whose other tables "
                f"have these classes: {one.here} hidden{_elsewhere(one)}.",
                "",
            ]
    if without:
        lines.append(f"Combining neighbouring classes does not help {', '.join(without)}.")
    return lines or ["No table has so many hidden figures."]


def _united(one: Proposal) -> str:
    return " and ".join(code.replace(UNION, " with ") for code in one.codes if UNION in code)


def _elsewhere(one: Proposal) -> str:
    if not one.others:
        return f" (all figures of the release: {one.release[0]} hidden now, {one.release[1]} then)"
    return (
        f"; {one.everywhere} if it is done in {', '.join(one.others)} too (all figures of the release: "
        f"{one.release[0]} hidden now, {one.release[1]} then)"
    )
