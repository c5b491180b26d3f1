"""Every way to a number of firms must agree: printed twice, as a sum of parts, as a share of a count."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from firmtrade.describe.asks import COUNT, Ask
from firmtrade.reconcile.covers import Cover, Shelf
from firmtrade.reconcile.figures import Figure
from firmtrade.reconcile.finding import HOLDS, NOTHING, SUBSAMPLE, Finding, gap, ordered, span
from firmtrade.reconcile.says import Reading, Says
from firmtrade.reconcile.space import Place, order, subset

_FEW = 0.2  # codes that a table may leave out and still be expected to add up


_ALL, _MANY = "all of", "the many"
_MORE = "the parts exceed the whole"
_EXCEEDS = f"{_MORE}; if a firm may have several of these codes, the dimension is to be defined with groups"


@dataclass(frozen=True)
class Estimate:
    """A range for a sum, the figures that it rests on, and whether firms may be missing from it."""

    low: float
    high: float
    figures: tuple[Figure, ...]
    how: str
    missing: str = ""
    single: bool = False  # parts of a dimension that gives each firm one code
    summed: bool = False

    @property
    def ends(self) -> tuple[float, float]:
        """The range."""
        return self.low, self.high


class Counts:
    """All estimates of all places. `labels` says in words what a place is about."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.estimates: dict[Place, list[Estimate]] = defaultdict(list)
        self.shapes: dict[Place, set[tuple[str, ...]]] = defaultdict(set)
        self.labels: dict[Place, str] = {}
        self.reached: list[Finding] = []
        self.covered: set[tuple[Place, Place]] = set()
        self._totals()
        for said in reading.said:
            self._direct(said)
        self._sum("the sum of")
        self._rest()
        for said in reading.said:
            self._share(said)
        self._sum("shares times firms, summed:")

    def best(self, place: Place) -> Estimate | None:
        """The first estimate: printed, or else a sum of printed figures."""
        found = self.estimates.get(place, [])
        return next((e for e in found if not e.missing), found[0] if found else None)

    def label(self, place: Place) -> str:
        """What a place is about, in the words of a figure that is printed about it."""
        return self.labels.get(place, "a group that is not printed")

    def findings(self) -> Iterator[Finding]:
        """Each second way to a figure against the first."""
        yield from self.reached
        for place, found in self.estimates.items():
            seen = {frozenset(e.figures) for e in found[:1]}
            for other in found[1:]:
                if frozenset(other.figures) not in seen:
                    seen.add(frozenset(other.figures))
                    yield self._compared(place, found[0], other)
        yield from self._nested()

    # -- making estimates ----------------------------------------------------------------------------

    def _totals(self) -> None:
        for sample, rows in sorted({(s.figure.sample, p.rows) for s in self.reading.said for p in s.powers}):
            space = self.reading.spaces[rows]
            place, _ = space.place(Ask(sample, space.window, space.year, (), COUNT))
            self.labels[place] = f"{_ALL} {sample} {rows}"
            self.estimates[place] = []

    def _direct(self, said: Says) -> None:
        place = said.direct
        if place is None:
            return
        value = (said.low, said.high)
        self.estimates[place].append(Estimate(*value, (said.figure,), f"{said.figure.table} prints"))
        self.shapes[place].add(said.shape)
        self.labels.setdefault(place, f"{said.figure.measure} of {said.figure.row}")

    def _share(self, said: Says) -> None:
        if said.ratio is None or not said.ratio[0].counts:
            return
        over, under = said.ratio
        base = self.best(under)
        self.labels.setdefault(over, f"firms behind {said.figure.measure} of {said.figure.row}")
        if base is None or base.missing:
            return
        low, high = math.ceil(said.low * base.low - 1e-9), math.floor(said.high * base.high + 1e-9)
        self.reached.append(_reachable(said, base, low <= high))
        if low <= high:
            figures = ordered((said.figure, *base.figures))
            how = f"{said.figure.table}: share times firms is"
            self.estimates[over].append(Estimate(low, high, figures, how))
            self.shapes[over].add(said.shape)

    def _sum(self, how: str) -> None:
        """Sums of parts that have an estimate, for every place that anything is said about."""
        made: dict[Place, list[Estimate]] = {}
        for rows, space in self.reading.spaces.items():
            shapes = {p: s for p, s in self.shapes.items() if p.rows == rows and self.estimates.get(p)}
            shelf = Shelf(shapes, space.factors)
            wholes = {p for s in self.reading.said for p in s.powers if p.rows == rows and p.counts}
            wholes |= {p for p in self.estimates if p.rows == rows}
            bases = {p.base for p in wholes}
            # A group that is printed for one sample is compared with the same group of another.
            wholes |= {replace(p, base=b) for p in wholes for b in bases if b < p.base or b > p.base}
            for whole in sorted(wholes, key=order):
                for cover in shelf.covers(whole):
                    self.covered |= {(part, whole) for part in cover.parts}
                    made.setdefault(whole, []).append(self._summed(cover, how))
        for whole, found in made.items():
            known = {frozenset(e.figures) for e in self.estimates[whole]}
            self.estimates[whole] += [e for e in found if frozenset(e.figures) not in known]

    def _rest(self) -> None:
        """A sample of which nothing is printed, where the others that make up a printed whole are."""
        for rows, space in self.reading.spaces.items():
            totals: dict[Place, set[tuple[str, ...]]] = {
                p: {()} for p, label in self.labels.items() if p.rows == rows and label.startswith(_ALL)
            }
            for whole in [p for p in totals if self.estimates[p]]:
                for cover in Shelf(totals, space.factors).covers(whole):
                    unknown = [p for p in cover.parts if not self.estimates[p]]
                    if len(unknown) == 1 and not cover.missing:
                        others = [self.estimates[p][0] for p in cover.parts if self.estimates[p]]
                        self.estimates[unknown[0]].append(_left(self.estimates[whole][0], others))

    def _summed(self, cover: Cover, how: str) -> Estimate:
        parts = [self.estimates[part][0] for part in cover.parts]
        unknown = f"firms of unknown {cover.factor.name.partition(':')[0]}"
        if ":" not in cover.factor.masks:
            unknown = "firms of which a trade flow is unknown"
        missing = unknown if cover.missing else ""
        if cover.unprinted:
            codes = ", ".join(cover.unprinted)
            many = len(cover.unprinted) > _FEW * (len(parts) + len(cover.unprinted))
            missing = f"{_MANY if many else 'the'} codes not printed ({codes}) or {unknown}"
        names = ordered(figure for part in parts for figure in part.figures)
        low, high = sum(e.low for e in parts), sum(e.high for e in parts)
        single = ":" in cover.factor.masks
        return Estimate(low, high, names, f"{how} {len(parts)} parts", missing, single, True)

    # -- comparing -------------------------------------------------------------------------------------

    def _compared(self, place: Place, one: Estimate, other: Estimate) -> Finding:
        miss = gap(one.ends, other.ends)
        verdict, why = HOLDS, ""
        if miss:
            lower, upper = (other, one) if miss > 0 else (one, other)
            why = lower.missing
            verdict = SUBSAMPLE if why else NOTHING
            if why.startswith(_MANY):
                verdict = HOLDS
            if verdict == NOTHING:
                parts = upper.missing or len(upper.figures) > 1
                why = _EXCEEDS if parts and upper.single else _MORE if parts else "they are one group"
        figures = ordered((*one.figures, *other.figures))
        unit = "firms" if place.counts else figures[0].unit
        left, right = f"{one.how} {span(*one.ends)}", f"{other.how} {span(*other.ends)}"
        kind = "printed twice" if len(figures) == 2 and len(one.figures) == len(other.figures) == 1 else "sum"
        return Finding(kind, self.label(place), left, right, abs(miss) if verdict != HOLDS else 0.0, unit,
                       figures, verdict, why)  # fmt: skip

    def _nested(self) -> Iterator[Finding]:
        """A part is not larger than its whole; two samples of one group differ by their conditions."""
        for rows, space in self.reading.spaces.items():
            known = [p for p, e in self.estimates.items() if e and p.rows == rows]
            for small in known:
                for large in known:
                    if small == large or (small, large) in self.covered:
                        continue
                    if subset(small, large, space.factors):
                        yield from self._within(small, large)

    def _within(self, small: Place, large: Place) -> Iterator[Finding]:
        first, *others = self.estimates[small]
        # A figure of another sample that is printed twice, or as a count and as a share, is named each time.
        again = [e for e in others if small.group == large.group and not e.summed]
        for part in (first, *again):
            yield from self._part_within(part, small, large)

    def _part_within(self, part: Estimate, small: Place, large: Place) -> Iterator[Finding]:
        whole = self.best(large)
        if (
            whole is None
            or set(part.figures) & set(whole.figures)
            or len(part.figures) + len(whole.figures) > 60
        ):
            return
        twins = small.group == large.group
        if not twins and (small.base != large.base or len(part.figures) > 1 or len(whole.figures) > 1):
            return
        miss = gap(part.ends, whole.ends)
        figures = ordered((*part.figures, *whole.figures))
        verdict, why = (
            (NOTHING, "a part exceeds its whole") if miss > 0 and not whole.missing else (HOLDS, "")
        )
        if miss > 0 and whole.missing:
            verdict, why = SUBSAMPLE, whole.missing
        if miss < 0 and twins and not part.missing.startswith(_MANY):
            verdict, why = SUBSAMPLE, f"the condition {' and '.join(sorted(small.base - large.base))}"
        about = f"{self.label(small)} within {self.label(large)}"
        kind = "two samples" if twins else "part and whole"
        left, right = f"{part.how} {span(*part.ends)}", f"{whole.how} {span(*whole.ends)}"
        missed = abs(miss) if verdict != HOLDS else 0.0
        yield Finding(kind, about, left, right, missed, "firms", figures, verdict, why)


def _left(whole: Estimate, others: list[Estimate]) -> Estimate:
    """What a whole leaves for one part, beside the others."""
    figures = ordered([*whole.figures, *(figure for e in others for figure in e.figures)])
    low, high = whole.low - sum(e.high for e in others), whole.high - sum(e.low for e in others)
    return Estimate(low, high, figures, f"{whole.how} a whole that leaves, beside the other samples,")


def _reachable(said: Says, base: Estimate, reached: bool) -> Finding:
    """Whether some whole number of firms gives the printed share."""
    firms = base.high
    nearest = min(
        (math.floor(said.at * firms), math.ceil(said.at * firms)), key=lambda n: abs(n - said.at * firms)
    )
    value = said.value(nearest / firms) if firms else 0.0
    miss = 0.0 if reached else said.figure.missed(value)
    return Finding(
        "whole firms", f"{said.figure.measure} of {said.figure.row}", f"printed {said.figure.text}",
        f"{nearest:,} of {span(*base.ends)} firms would be {value:.4g}", miss, said.figure.unit,
        ordered((said.figure, *base.figures)), HOLDS if reached else NOTHING,
        "" if reached else "no whole number of firms gives this share",
    )  # fmt: skip
