"""A whole and its parts by several quotients at once: the weights of the parts must be one set of numbers.

Growth and levels of a whole lie where the shares of its parts put them, and the same shares must serve every
column. One small linear program over the sums of the parts tests that; a quotient of quotients (the growth
of a productivity) is made linear by halving the range of one of its quotients until the answer is sure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from firmtrade.reconcile.covers import Cover
from firmtrade.reconcile.says import Says
from firmtrade.reconcile.solver import Model, Row
from firmtrade.reconcile.space import order

Group = tuple[str, frozenset[str], tuple[tuple[str, int], ...]]
Bounds = Mapping[Says, tuple[float, float]]

_MOST_NODES = 1500
_NEAR = 5e-5  # of a quotient: a tenth of what a printed decimal allows


@dataclass(frozen=True)
class System:
    """A whole, the covers of it that must meet, and the figures of each group."""

    whole: Group
    covers: tuple[Cover, ...]
    figures: Mapping[Group, tuple[Says, ...]]
    loose: frozenset[int] = frozenset()  # covers that may lack firms, in the lenient reading

    @property
    def said(self) -> list[Says]:
        """Every figure, in the order of the file."""
        found = {s for said in self.figures.values() for s in said}
        return sorted(found, key=lambda s: s.figure.place)

    def feasible(self, dropped: Iterable[Says] = (), times: float = 1.0, only: Says | None = None) -> bool:
        """Whether sums exist that print all figures but the `dropped`, with rounding `times` as coarse."""
        bounds = {
            s: s.widened(times) if times != 1 and only in (None, s) else (s.low, s.high)
            for s in self.said
        }  # fmt: skip
        gone = set(dropped)
        return _Search(self, {s: b for s, b in bounds.items() if s not in gone}).run()


class _Search:
    """Branch and bound over the ranges of one quotient for each group."""

    def __init__(self, system: System, bounds: Bounds) -> None:
        self.system, self.bounds = system, bounds
        said = list(bounds)
        self.aggregates = sorted({p.aggregate for s in said for p in s.powers})
        self.parts = sorted({(*p.population[:2], p.group) for c in system.covers for p in c.parts}, key=order)
        self.column = {
            (a, g): n for n, (a, g) in enumerate((a, g) for a in self.aggregates for g in self.parts)
        }
        self.extra = {
            (a, n): len(self.column) + i
            for i, (a, n) in enumerate((a, n) for a in self.aggregates for n in sorted(system.loose))
        }
        self.size = len(self.column) + len(self.extra)
        self.scale, self.roots = _scales(self.aggregates, said)
        self._known: dict[tuple[str, Group, int], Mapping[int, float]] = {}
        self.pivots = {g: p for g, found in system.figures.items() if (p := _pivot(found, bounds))}

    def run(self) -> bool:
        """Whether the system can be met; True also where it could not be decided."""
        waiting = [{g: self.bounds[p] for g, p in self.pivots.items()}]
        first = self._rows(waiting[0])
        model = Model(self.size, first)
        numbers: dict[Says, list[int]] = {}
        for number, row in enumerate(first):
            if isinstance(row.tag, Says) and self._moves(row.tag):
                numbers.setdefault(row.tag, []).append(number)
        home = {s: g for g, found in self.system.figures.items() for s in found}
        nodes = 0
        while waiting and nodes < _MOST_NODES:
            ranges = waiting.pop()
            nodes += 1
            changed: dict[int, Row] = {}
            for said, places in numbers.items():
                changed.update(zip(places, self._figure(said, home[said], ranges), strict=True))
            found = model.solve(changed)
            if not found.feasible:
                continue
            worst = self._worst(found.values, ranges)
            if worst is None:
                return True
            low, high = ranges[worst]
            middle = (low + high) / 2
            waiting += [{**ranges, worst: (low, middle)}, {**ranges, worst: (middle, high)}]
        return bool(waiting)

    def _moves(self, said: Says) -> bool:
        return len(said.powers) == 4 or said in self.pivots.values()

    def _weights(self, aggregate: str, group: Group, cover: int = 0) -> Mapping[int, float]:
        key = (aggregate, group, cover)
        if key not in self._known:
            self._known[key] = self._made(*key)
        return self._known[key]

    def _made(self, aggregate: str, group: Group, cover: int) -> dict[int, float]:
        """A sum over a group as weights of variables: a part is one, the whole the sum of a cover's."""
        if (aggregate, group) in self.column:
            return {self.column[aggregate, group]: 1.0}
        parts = self.system.covers[cover].parts
        found = {self.column[aggregate, (*p.population[:2], p.group)]: 1.0 for p in parts}
        if (aggregate, cover) in self.extra:
            found[self.extra[aggregate, cover]] = 1.0
        return found

    def _rows(self, ranges: Mapping[Group, tuple[float, float]]) -> list[Row]:
        rows = []
        for group, said in self.system.figures.items():
            for one in said:
                if one in self.bounds:
                    rows += self._figure(one, group, ranges)
        for root in self.roots:
            rows.append(Row(self._weights(root, self.system.whole), 1.0, 1.0))
        for cover in range(1, len(self.system.covers)):
            for aggregate in self.aggregates:
                weights = dict(self._weights(aggregate, self.system.whole))
                for n, w in self._weights(aggregate, self.system.whole, cover).items():
                    weights[n] = weights.get(n, 0.0) - w
                rows.append(Row(weights, 0.0, 0.0))
        return rows

    def _figure(self, said: Says, group: Group, ranges: Mapping[Group, tuple[float, float]]) -> list[Row]:
        low, high = self.bounds[said]
        if said.ratio:
            over, under = said.ratio[0].aggregate, said.ratio[1].aggregate
            if self.pivots.get(group) is said:
                low, high = max(low, ranges[group][0]), min(high, ranges[group][1])
            return self._between(said, over, under, group, low, high)
        if group not in self.pivots or not said.powers:
            return []
        rest = _rest(said, self.pivots[group])
        if rest is None:
            return []
        (over, under), sign = rest
        ends = ranges[group]
        if sign > 0:
            return self._between(said, over, under, group, low / ends[1], high / ends[0])
        return self._between(said, over, under, group, low * ends[0], high * ends[1])

    def _between(self, said: Says, over: str, under: str, group: Group, low: float, high: float) -> list[Row]:
        """low <= over / under <= high, as two rows, scaled so that coefficients are near one."""
        size = self.scale[over] / self.scale[under]
        rows = []
        for end, sign in ((low, 1.0), (high, -1.0)):
            weights = {n: sign * w for n, w in self._weights(over, group).items()}
            for n, w in self._weights(under, group).items():
                weights[n] = weights.get(n, 0.0) - sign * w * end / size
            rows.append(Row(weights, 0.0, float("inf"), said))
        return rows

    def _worst(self, values: Sequence[float], ranges: Mapping[Group, tuple[float, float]]) -> Group | None:
        """The group whose quotient of quotients is missed most by this solution, if any is."""
        worst, most = None, _NEAR
        for group, said in self.system.figures.items():
            for one in said:
                if one not in self.bounds or len(one.powers) != 4 or group not in self.pivots:
                    continue
                product = 1.0
                for place, power in one.powers.items():
                    total = sum(values[n] * w for n, w in self._weights(place.aggregate, group).items())
                    product *= max(total * self.scale[place.aggregate], 1e-30) ** power
                low, high = self.bounds[one]
                miss = max(low / product, product / high) - 1 if product > 0 and low > 0 else 0.0
                width = ranges[group][1] / max(ranges[group][0], 1e-30) - 1
                if miss > most and width > _NEAR:
                    worst, most = group, miss
        return worst


def _pivot(found: Iterable[Says], bounds: Bounds) -> Says | None:
    """The printed quotient with the narrowest range that is part of a quotient of quotients."""
    quotients = [s for s in found if len(s.powers) == 4 and s in bounds]
    simple = [s for s in found if s.ratio and s in bounds and s.low > 0]
    usable = [s for s in simple if any(_rest(q, s) for q in quotients)]
    return min(usable, key=lambda s: (bounds[s][1] / bounds[s][0], s.figure.place), default=None)


def _rest(said: Says, pivot: Says) -> tuple[tuple[str, str], int] | None:
    """What is left of a quotient of quotients divided (1) or multiplied (-1) by a quotient."""
    assert pivot.ratio is not None
    for sign in (1, -1):
        powers = {p.aggregate: n for p, n in said.powers.items()}
        for place, power in pivot.powers.items():
            powers[place.aggregate] = powers.get(place.aggregate, 0) - sign * power
        left = {a: n for a, n in powers.items() if n}
        if sorted(left.values()) == [-1, 1]:
            over, under = sorted(left, key=lambda a: -left[a])
            return (over, under), sign
    return None


def _scales(aggregates: list[str], said: list[Says]) -> tuple[dict[str, float], list[str]]:
    """A size for each aggregate from the printed quotients, and one aggregate of each connected set."""
    scale: dict[str, float] = {}
    roots = []
    for start in aggregates:
        if start in scale:
            continue
        roots.append(start)
        scale[start] = 1.0
        waiting = [start]
        while waiting:
            here = waiting.pop()
            for one in said:
                if not one.ratio or one.at <= 0:
                    continue
                over, under = one.ratio[0].aggregate, one.ratio[1].aggregate
                if here == under and over not in scale:
                    scale[over] = scale[here] * one.at
                    waiting.append(over)
                elif here == over and under not in scale:
                    scale[under] = scale[here] / one.at
                    waiting.append(under)
    return scale, roots
