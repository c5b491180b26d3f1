"""Quotients that lead back to where they started multiply to one.

P(a|b) P(b) = P(b|a) P(a), three conditional shares in a ring, growth of value added = growth of employment x
growth of productivity, levels against change: all are closed ways through the sums that printed quotients tie
together. They are found from the sums that each measure's definition has, not listed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from firmtrade.reconcile.finding import HOLDS, NOTHING, Finding, gap, ordered
from firmtrade.reconcile.says import Reading, Says
from firmtrade.reconcile.space import Place

LONGEST = 6  # figures in a ring
MOST = 400  # rings from one sum

Step = tuple[Says, int]


def findings(reading: Reading) -> Iterator[Finding]:
    """Every ring of quotients, every quotient of quotients, and every figure that is certain."""
    for said in reading.said:
        if not said.powers:
            yield _certain(said)
    edges = [said for said in reading.said if said.ratio]
    for ring in _rings(edges):
        yield _closed(ring)
    yield from _quotients([s for s in reading.said if len(s.powers) == 4], edges)


def _certain(said: Says) -> Finding:
    held = said.low - 1e-9 <= 1 <= said.high + 1e-9
    sure = said.value(1.0)
    miss = 0.0 if held else said.figure.missed(sure)
    verdict, why = (HOLDS, "") if held else (NOTHING, "a group is compared with itself")
    figure = said.figure
    return Finding("certain", f"{figure.measure} of {figure.row}", f"printed {figure.text}",
                   f"by definition {sure:g}", miss, figure.unit, (figure,), verdict, why)  # fmt: skip


def _rings(edges: list[Says]) -> Iterator[list[Step]]:
    """Closed ways of up to LONGEST figures, each once."""
    near: dict[Place, list[tuple[Place, Step]]] = defaultdict(list)
    number: dict[Place, int] = {}
    for said in edges:
        over, under = said.ratio or (None, None)
        assert over is not None and under is not None
        for place in (over, under):
            number.setdefault(place, len(number))
        near[under].append((over, (said, 1)))
        near[over].append((under, (said, -1)))
    seen: set[frozenset[int]] = set()
    for start in number:
        found = 0
        waiting: list[tuple[Place, tuple[Step, ...], frozenset[Place]]] = [(start, (), frozenset([start]))]
        while waiting and found < MOST:
            place, way, been = waiting.pop()
            for there, step in near[place]:
                if number[there] < number[start] or any(step[0] is s for s, _ in way):
                    continue
                if there == start and way:
                    name = frozenset(id(s) for s, _ in (*way, step))
                    if name not in seen:
                        seen.add(name)
                        found += 1
                        yield [*way, step]
                elif there not in been and len(way) + 1 < LONGEST:
                    waiting.append((there, (*way, step), been | {there}))


def _quotients(quotients: list[Says], edges: list[Says]) -> Iterator[Finding]:
    """A quotient of quotients against its parts, and against another of the same sums."""
    by_ends: dict[tuple[Place, Place], list[Says]] = defaultdict(list)
    for said in edges:
        if said.ratio:
            by_ends[said.ratio].append(said)
    same: dict[frozenset[tuple[Place, int]], Says] = {}
    for said in quotients:
        over = [p for p, n in said.powers.items() if n == 1]
        under = [p for p, n in said.powers.items() if n == -1]
        key = frozenset(said.powers.items())
        if key in same:
            yield _closed([(said, 1), (same[key], -1)])
        same.setdefault(key, said)
        if len(over) != 2 or len(under) != 2:
            continue
        for first, second in ((under[0], under[1]), (under[1], under[0])):
            for one in _either(by_ends, over[0], first):
                for other in _either(by_ends, over[1], second):
                    yield _closed([(said, 1), (one[0], -one[1]), (other[0], -other[1])])


def _either(by_ends: dict[tuple[Place, Place], list[Says]], over: Place, under: Place) -> list[Step]:
    upright = [(said, 1) for said in by_ends.get((over, under), [])]
    return [*upright, *((said, -1) for said in by_ends.get((under, over), []))]


def _closed(ring: list[Step]) -> Finding:
    """One figure of the ring against what the others imply for it."""
    (said, way), others = ring[0], ring[1:]
    low = high = 1.0
    for other, sign in others:
        ends = (other.low, other.high) if sign * way < 0 else (_over(other.high), _over(other.low))
        low, high = low * ends[0], high * ends[1]
    printed = tuple(float(end) for end in said.figure.bounds)
    implied = sorted((said.value(low), said.value(high) if high < 1e300 else 1e300))
    miss = gap((printed[0], printed[1]), (implied[0], implied[1]))
    verdict, why = (NOTHING, "they are of the same firms") if miss else (HOLDS, "")
    kind = "product of growth" if len(said.powers) == 4 else "ring of quotients"
    return Finding(kind, f"{said.figure.measure} of {said.figure.row}", f"printed {said.figure.text}",
                   f"the others imply {implied[0]:.{said.figure.decimals + 2}f} to "
                   f"{implied[1]:.{said.figure.decimals + 2}f}",
                   abs(miss), said.figure.unit, ordered(s.figure for s, _ in ring), verdict, why)  # fmt: skip


def _over(value: float) -> float:
    return 1 / value if value else 1e300
