"""Which wholes have parts by quotients, and whether one set of weights serves all their columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from firmtrade.reconcile.counts import Counts
from firmtrade.reconcile.covers import Cover, Shelf
from firmtrade.reconcile.finding import HOLDS, NOTHING, SUBSAMPLE, Finding, ordered
from firmtrade.reconcile.says import Reading, Says
from firmtrade.reconcile.space import Place
from firmtrade.reconcile.system import Group, System


def findings(reading: Reading, counts: Counts, progress: Callable[[str], None]) -> Iterator[Finding]:
    """Every whole with printed parts, and every whole that two sets of parts make up."""
    figures = _by_group(reading)
    found = list(_systems(reading, figures, counts))
    for number, (about, system, lenient) in enumerate(found, 1):
        if number % 10 == 0:
            progress(f"weights of parts: {number} of {len(found)}")
        yield _tested(about, system, lenient)


def _by_group(reading: Reading) -> dict[Group, list[Says]]:
    """The quotients whose sums are all over one group of firms."""
    figures: dict[Group, list[Says]] = defaultdict(list)
    for said in reading.said:
        groups = {(*p.population[:2], p.group) for p in said.powers}
        if len(groups) == 1 and len(said.powers) in (2, 4) and sum(said.powers.values()) == 0:
            figures[groups.pop()].append(said)
    return figures


def _systems(
    reading: Reading, figures: dict[Group, list[Says]], counts: Counts
) -> Iterator[tuple[str, System, System | None]]:
    for rows, space in reading.spaces.items():
        shapes = {
            Place(*g[:2], "", g[2]): {s.shape for s in said} for g, said in figures.items() if g[0] == rows
        }
        shelf = Shelf(shapes, space.factors)
        wholes = dict.fromkeys(shapes)
        for place in shapes:
            for factor in space.factors.values():
                wholes.setdefault(Place(rows, place.base, "", place.but(factor)), None)
        for whole in wholes:
            covers = list(shelf.covers(whole))
            group: Group = (rows, whole.base, whole.group)
            if group in figures:
                for cover in covers:
                    yield _made(group, (cover,), figures, counts)
            for n, one in enumerate(covers):
                for other in covers[n + 1 :]:
                    if group not in figures and not (one.unprinted or other.unprinted):
                        yield _made(group, (one, other), figures, counts)


def _made(
    whole: Group, covers: tuple[Cover, ...], figures: dict[Group, list[Says]], counts: Counts
) -> tuple[str, System, System | None]:
    groups = [
        *([whole] if whole in figures else []),
        *((*p.population[:2], p.group) for c in covers for p in c.parts),
    ]
    used = {g: tuple(figures[g]) for g in groups}
    strict = System(whole, covers, used)
    loose = frozenset(n for n, c in enumerate(covers) if c.missing and not _complete(c, counts))
    lenient = System(whole, covers, used, loose) if loose else None
    codes = [" and ".join(_label(figures[(*p.population[:2], p.group)]) for p in c.parts) for c in covers]
    about = (
        f"{_label(figures[whole])} of {codes[0]}" if whole in figures else f"{codes[0]} against {codes[1]}"
    )
    return about, strict, lenient


def _label(said: list[Says]) -> str:
    """A group in words, without the period: levels and growth are about one group."""
    figure = said[0].figure
    return ", ".join([figure.sample, *(f"{n} {c}" for n, c in figure.codes)])


def _complete(cover: Cover, counts: Counts) -> bool:
    """Whether the printed numbers of firms show that no firm of the whole is outside the parts."""
    sums = []
    for place in (cover.whole, *cover.parts):
        found = counts.estimates.get(Place(place.rows, place.base, "count(*)", place.group), [])
        printed = [e for e in found if len(e.figures) == 1 and e.low == e.high]
        if not printed:
            return False
        sums.append(printed[0].low)
    return sums[0] == sum(sums[1:])


def _tested(about: str, system: System, lenient: System | None) -> Finding:
    said = system.said
    every = ordered(s.figure for s in said)
    columns = len({s.figure.measure for s in said})
    left = f"{len(said)} figures in {columns} columns"
    if system.feasible():
        return Finding(
            "weights of parts", about, left, "one set of weights serves them", 0.0, "", every, HOLDS
        )
    failing = system
    verdict, why = NOTHING, "no weights of the parts give all these figures"
    if lenient is not None:
        if lenient.feasible():
            verdict, why = SUBSAMPLE, _missing(system)
        else:
            failing = lenient
    core = _core(failing)
    repairs = [s for s in core if failing.feasible([s])]
    miss, text, unit = _repair(failing, repairs)
    cells = ordered(s.figure for s in core)
    return Finding("weights of parts", about, left, text, miss, unit, cells, verdict, why, every)


def _missing(system: System) -> str:
    codes = [code for cover in system.covers for code in cover.unprinted]
    if codes:
        return f"the codes not printed ({', '.join(codes)}) or firms of unknown group"
    return "firms of which a trade flow is unknown"


def _core(system: System) -> list[Says]:
    """A smallest set of the figures that cannot all be right: each is needed for the contradiction."""
    gone: list[Says] = []
    for one in reversed(system.said):
        if not system.feasible([*gone, one]):
            gone.append(one)
    return [s for s in system.said if s not in gone]


def _repair(system: System, repairs: list[Says]) -> tuple[float, str, str]:
    """The figure that would have to move least, in its unit; or how coarse all would have to be."""
    best: tuple[float, Says] | None = None
    for one in repairs:
        times = _needed(system, one)
        if times is not None and (best is None or times < best[0]):
            best = times, one
    if best is None:
        times = _needed(system, None) or 1.0
        return times - 1, "no single figure resolves it", "times the rounding of every figure"
    times, one = best
    miss = (times - 1) * (float(one.figure.half) or 1.0)
    names = "; ".join(f"{s.figure.table} {s.figure.row} {s.figure.measure} {s.figure.text}" for s in repairs)
    return miss, f"would hold if one of these alone were different: {names}", one.figure.unit


def _needed(system: System, one: Says | None) -> float | None:
    """How many times its rounding a figure (None: every figure) must move for the system to be met."""
    high = 2.0
    while not system.feasible((), high, one):
        high *= 2
        if high > 512:
            return None
    low = high / 2
    for _ in range(5):
        middle = (low + high) / 2
        low, high = (low, middle) if system.feasible((), middle, one) else (middle, high)
    return high
