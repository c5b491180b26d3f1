"""All figures at once: one linear program over the firms of every finest group, with slack for each figure.

The variables are the sums over the finest groups that the figures tell apart, unknown groups among them; a
figure ties some of them together within its rounding. Where no population prints all figures, the smallest
set of figures that must give way is sought (elastic programming after Chinneck, reweighted towards few
figures), and for each of them the others that contradict it (an irreducible infeasible subsystem, from the
dual prices).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import product

from firmtrade.reconcile.figures import Figure
from firmtrade.reconcile.says import Reading, Says
from firmtrade.reconcile.solver import INFINITY, Row, solve
from firmtrade.reconcile.space import Place, Space, order

_MOST_CLASSES = 10_000  # of one block; a finer one would take minutes and is left out
_SLACK = 1e-7

Class = tuple[int, ...]


@dataclass(frozen=True)
class Block:
    """The finest groups over some factors of one population and aggregate: one variable for each class."""

    population: tuple[str, frozenset[str], str]
    factors: tuple[str, ...]
    classes: Mapping[str, tuple[int, ...]]  # factor -> disjoint masks
    first: int

    @property
    def size(self) -> int:
        """The number of classes."""
        return math.prod(len(self.classes[f]) for f in self.factors)

    @property
    def shape(self) -> list[Class]:
        """All classes, as a mask for each factor."""
        return list(product(*(self.classes[f] for f in self.factors)))

    def holds(self, group: Mapping[str, int]) -> bool:
        """Whether the classes are fine enough to tell a group apart."""
        return set(group) <= set(self.factors) and not any(
            one & mask and one & ~mask for name, mask in group.items() for one in self.classes[name]
        )

    def columns(self, group: Mapping[str, int]) -> list[int]:
        """The variables of the classes inside a group."""
        found = [0]  # classes are numbered as in `shape`, the last factor first
        for f in self.factors:
            classes, wanted = self.classes[f], group.get(f, -1)
            inside = [n for n, mask in enumerate(classes) if not mask & ~wanted]
            found = [before * len(classes) + n for before in found for n in inside]
        return [self.first + n for n in found]


@dataclass
class Program:
    """Size, rows that always hold, and the rows of each figure."""

    size: int
    links: list[Row]
    figures: dict[Says, list[Row]]
    sums: dict[Says, dict[Place, dict[int, float]]]

    def without(self, figures: Set[Figure]) -> Program:
        """The program without these figures."""
        return replace(self, figures={s: rows for s, rows in self.figures.items() if s.figure not in figures})


@dataclass(frozen=True)
class Conflict:
    """A figure that must give way, what the others would let it be, and those that contradict it."""

    figure: Figure
    allowed: float | None
    against: tuple[Figure, ...]


def build(reading: Reading, said: Sequence[Says], unknown: bool = True) -> Program:
    """The program of these figures. `unknown=False`: every firm's group is known."""
    linear = [s for s in said if s.direct or s.ratio]
    shapes: dict[Place, set[tuple[str, ...]]] = defaultdict(set)
    for s in linear:
        for place in s.powers:
            shapes[place].add(s.shape)
    places = set(shapes)
    blocks: dict[tuple[str, frozenset[str], str], list[Block]] = defaultdict(list)
    size = 0
    for population in sorted({p.population for p in places}, key=order):
        space = reading.spaces[population[0]]
        mine = [p for p in places if p.population == population]
        for factors in _maximal({tuple(f for f, _ in p.group) for p in mine}):
            inside = [p for p in mine if {f for f, _ in p.group} <= set(factors)]
            for block in _blocks(population, factors, inside, shapes, space, unknown):
                block = replace(block, first=size)
                size += block.size
                blocks[population].append(block)
    links = [row for found in blocks.values() for row in _linked(found)] + _nested(blocks)
    links += _whole(linear, blocks)
    scale = _sizes(linear)
    figures = {s: _rows(s, blocks, scale) for s in linear}
    sums = {s: {p: _sum(p, blocks) or {} for p in s.powers} for s in linear}
    return Program(size, links, {s: rows for s, rows in figures.items() if rows}, sums)


def _blocks(
    population: tuple[str, frozenset[str], str], factors: tuple[str, ...], places: Sequence[Place],
    shapes: Mapping[Place, set[tuple[str, ...]]], space: Space, unknown: bool,
) -> Iterator[Block]:  # fmt: skip
    """One block over all factors; where that is too fine, one for each set of dimensions in the print.

    Groups by size and by age that share the trade flows have a common population whenever each agrees with
    the flows, so that nothing is lost by keeping them apart but what a figure by both would say.
    """
    whole = Block(population, factors, {f: _classes(places, f, space, unknown) for f in factors}, 0)
    if whole.size <= _MOST_CLASSES:
        yield whole
        return
    opaque = {f.partition(": ")[0] for f in space.factors if ": " in f}
    for named in sorted({tuple(n for n in shape if n in opaque) for p in places for shape in shapes[p]}):
        inside = [p for p in places if any(tuple(n for n in s if n in opaque) == named for s in shapes[p])]
        block = Block(population, factors, {f: _classes(inside, f, space, unknown) for f in factors}, 0)
        if block.size <= _MOST_CLASSES:
            yield block


def _maximal(sets: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    found = sorted(set(sets), key=lambda s: (-len(s), s))
    kept: list[tuple[str, ...]] = []
    for one in found:
        if not any(set(one) <= set(other) for other in kept):
            kept.append(one)
    return kept


def _classes(places: Iterable[Place], name: str, space: Space, unknown: bool) -> tuple[int, ...]:
    """The states of a factor, as coarse as the groups of these places allow."""
    factor = space.factors[name]
    parts = [factor.all if unknown else factor.known]
    for mask in sorted({p.mask(factor) for p in places}):
        parts = [piece for part in parts for piece in (part & mask, part & ~mask) if piece]
    return tuple(parts)


def _linked(blocks: Sequence[Block]) -> list[Row]:
    """Blocks of one population have the same margins over what they share."""
    rows = []
    for n, one in enumerate(blocks):
        for other in blocks[n + 1 :]:
            rows += _margins(one, other, 0.0)
    return rows


def _nested(blocks: Mapping[tuple[str, frozenset[str], str], Sequence[Block]]) -> list[Row]:
    """The firms of a sample with a further condition are among those without it."""
    rows = []
    for small, inner in blocks.items():
        for large, outer in blocks.items():
            if (
                small[0] == large[0]
                and small[2] == large[2]
                and small[1] > large[1]
                and small[2] == "count(*)"
            ):
                rows += [row for a in outer for b in inner for row in _margins(a, b, INFINITY)]
    return rows


def _whole(
    said: Sequence[Says], blocks: Mapping[tuple[str, frozenset[str], str], Sequence[Block]]
) -> list[Row]:
    """Sums of which only quotients are printed have no size: one of those tied together is 1."""
    near: dict[tuple[str, frozenset[str], str], set[tuple[str, frozenset[str], str]]] = {
        p: {p} for p in blocks
    }
    sized = {s.direct.population for s in said if s.direct}
    for s in said:
        if s.ratio and all(p.population in near for p in s.ratio):
            one, other = (near[p.population] for p in s.ratio)
            if one is not other:
                one |= other
                near |= dict.fromkeys(other, one)
    rows, done = [], set()
    for population in sorted(blocks, key=order):
        if blocks[population] and population not in done and not near[population] & sized:
            rows.append(Row(dict.fromkeys(blocks[population][0].columns({}), 1.0), 1.0, 1.0))
        done |= near[population]
    return rows


def _margins(one: Block, other: Block, most: float) -> list[Row]:
    """0 <= margin of one - margin of other <= most, for each class that both can tell apart."""
    shared = [f for f in one.factors if f in other.factors]
    common = [_common(one.classes[f], other.classes[f]) for f in shared]
    rows = []
    for masks in product(*common):
        group = dict(zip(shared, masks, strict=True))
        weights = dict.fromkeys(one.columns(group), 1.0)
        for column in other.columns(group):
            weights[column] = weights.get(column, 0.0) - 1.0
        rows.append(Row(weights, 0.0, most))
    return rows


def _common(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """The finest classes that both are finer than: joined where they overlap."""
    parts: list[int] = []
    for mask in (*one, *other):
        touching = [p for p in parts if p & mask]
        parts = [p for p in parts if not p & mask] + [mask | sum(touching)]
    return parts


def _sizes(said: Sequence[Says]) -> dict[Place, float]:
    """About how large each sum is, so that rows are scaled alike; 1 where nothing is known."""
    size: dict[Place, float] = {}
    for s in said:
        if s.direct:
            size[s.direct] = max(s.at, 1.0)
    for _ in range(3):
        for s in said:
            if s.ratio:
                over, under = s.ratio
                if under in size:
                    size.setdefault(over, max(size[under] * s.at, 1.0))
                elif over in size and s.at > 0:
                    size.setdefault(under, size[over] / s.at)
    return size


def _rows(said: Says, blocks: Mapping[tuple[str, frozenset[str], str], Sequence[Block]],
          scale: Mapping[Place, float]) -> list[Row]:  # fmt: skip
    """A figure's two rows: not below what rounding allows, not above."""
    sides = {place: _sum(place, blocks) for place in said.powers}
    if any(found is None for found in sides.values()):
        return []
    if said.direct:
        unit = max(abs(said.at), 1.0)
        weights = {n: w / unit for n, w in (sides[said.direct] or {}).items()}
        return [
            Row(weights, said.low / unit, INFINITY),
            Row({n: -w for n, w in weights.items()}, -said.high / unit, INFINITY),
        ]
    over, under = said.ratio or (None, None)
    assert over is not None and under is not None
    unit = scale.get(under, 1.0) if under.counts else max(said.at, 1e-9)
    rows = []
    for end, sign in ((said.low, 1.0), (said.high, -1.0)):
        weights = {n: sign * w / unit for n, w in (sides[over] or {}).items()}
        for n, w in (sides[under] or {}).items():
            weights[n] = weights.get(n, 0.0) - sign * w * end / unit
        rows.append(Row(weights, 0.0, INFINITY))
    return rows


def _sum(
    place: Place, blocks: Mapping[tuple[str, frozenset[str], str], Sequence[Block]]
) -> dict[int, float] | None:
    group = dict(place.group)
    for block in blocks[place.population]:
        if block.holds(group):
            return dict.fromkeys(block.columns(group), 1.0)
    return None


# -- which figures must give way -------------------------------------------------------------------------


def conflicts(program: Program, progress: Callable[[str], None]) -> list[Conflict]:
    """A smallest set of figures that cannot all be right with the rest, each with what contradicts it."""
    progress(f"joint test: {program.size:,} groups, {len(program.figures)} figures")
    given = _given_up(program)
    kept = [s for s in program.figures if s not in given]
    # Whoever can come back without a contradiction does: the rest is irreducible.
    for one in list(given):
        if _elastic(program, [*kept, one], {one: 1.0})[0] <= _SLACK:
            given.remove(one)
            kept.append(one)
    found = []
    for one in sorted(given, key=lambda s: s.figure.place):
        progress(f"joint test: what contradicts {one.figure.table} {one.figure.row}")
        found.append(Conflict(one.figure, _allowed(program, kept, one), _against(program, kept, one)))
    return found


def _given_up(program: Program) -> list[Says]:
    """Few figures whose slack makes the rest possible: weights favour those that moved before."""
    weights = dict.fromkeys(program.figures, 1.0)
    moved: dict[Says, float] = {}
    for _ in range(4):
        total, moved, *_ = _elastic(program, list(program.figures), weights)
        if total <= _SLACK:
            return []
        weights = {s: 1 / (moved.get(s, 0.0) + 1e-3) for s in program.figures}
    return [s for s in program.figures if moved.get(s, 0.0) > _SLACK]


def _elastic(
    program: Program, said: Sequence[Says], weights: Mapping[Says, float]
) -> tuple[float, dict[Says, float], dict[Says, float], Sequence[float]]:
    """(weighted slack, slack and price of each figure, solution); figures without a weight are strict."""
    rows, cost, owner = list(program.links), {}, {}
    size = program.size
    for one in said:
        column = size if one in weights else None
        if column is not None:
            cost[column] = weights[one]
            size += 1
        for row in program.figures[one]:
            slack = {} if column is None else {column: 1.0}
            owner[len(rows)] = one
            rows.append(Row({**row.weights, **slack}, row.low, row.high))
    found = solve(size, rows, cost)
    if not found.feasible:
        return INFINITY, {}, {}, ()
    columns = iter(sorted(cost))
    moved = {one: found.values[next(columns)] for one in said if one in weights}
    prices: dict[Says, float] = defaultdict(float)
    for number, one in owner.items():
        prices[one] += abs(found.prices[number])
    return sum(weights[s] * v for s, v in moved.items()), moved, dict(prices), found.values


def _allowed(program: Program, kept: Sequence[Says], one: Says) -> float | None:
    """The value nearest to the printed one, about, that the other figures leave possible."""
    *_, values = _elastic(program, [*kept, one], {one: 1.0})
    sides = program.sums.get(one, {})
    product = 1.0
    for place, power in one.powers.items():
        total = sum(values[n] * w for n, w in sides.get(place, {}).items()) if values else 0.0
        if total <= 0:
            return None
        product *= total**power
    return one.value(product)


def _against(program: Program, kept: Sequence[Says], one: Says) -> tuple[Figure, ...]:
    """An irreducible set of figures that cannot hold together with `one`."""
    _, _, prices, _ = _elastic(program, [*kept, one], {one: 1.0})
    core = [s for s in kept if prices.get(s, 0.0) > 1e-9]
    for other in list(core):
        rest = [s for s in core if s is not other]
        if _SLACK < _elastic(program, [*rest, one], {one: 1.0})[0] < INFINITY:
            core = rest
    return tuple(s.figure for s in sorted(core, key=lambda s: s.figure.place))
