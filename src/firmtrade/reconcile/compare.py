"""Two sets of figures, cell by cell: a run against the published figures, or one run against another."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from firmtrade.reconcile.figures import Figure

EQUAL, DIFFERENT, ONLY_LEFT, ONLY_RIGHT = "equal", "different", "missing right", "missing left"
COLUMNS = ("table", "sample", "period", "codes", "measure", "left", "right", "moved", "unit", "outcome")


@dataclass(frozen=True)
class Pair:
    """One cell on both sides; None where a side does not have it."""

    left: Figure | None
    right: Figure | None
    outcome: str

    @property
    def figure(self) -> Figure:
        """The side that is there."""
        found = self.left or self.right
        assert found is not None
        return found

    @property
    def moved(self) -> Fraction | None:
        """Right minus left."""
        if self.left is None or self.right is None or None in (self.left.value, self.right.value):
            return None
        return (self.right.value or Fraction(0)) - (self.left.value or Fraction(0))


@dataclass(frozen=True)
class Comparison:
    """All cells of the tables that are compared. `names` are what the two sides are called."""

    names: tuple[str, str]
    pairs: tuple[Pair, ...]
    beside: int = 0  # cells of tables that the left side does not have

    @property
    def differs(self) -> bool:
        """Whether any cell is not equal."""
        return any(pair.outcome != EQUAL for pair in self.pairs)

    @property
    def by_table(self) -> dict[str, Counter[str]]:
        """Outcomes counted by table, in order of appearance."""
        found: dict[str, Counter[str]] = {}
        for pair in self.pairs:
            found.setdefault(pair.figure.table, Counter())[pair.outcome] += 1
        return found


def against_published(
    published: Iterable[Figure], run: Iterable[Figure], names: tuple[str, str]
) -> Comparison:
    """A run is equal to a printed figure if it would be printed so: rounded half away from zero."""
    left = list(published)
    tables = {figure.table for figure in left}
    right = list(run)
    inside = [figure for figure in right if figure.table in tables]
    pairs = _paired(left, inside, _prints)
    return Comparison(names, tuple(pairs), len(right) - len(inside))


def between_runs(one: Iterable[Figure], other: Iterable[Figure], names: tuple[str, str]) -> Comparison:
    """Two runs are equal if every cell has the same value and status."""
    return Comparison(names, tuple(_paired(list(one), list(other), _same)))


def _paired(left: list[Figure], right: list[Figure], same: object) -> Iterator[Pair]:
    there = {figure.key: figure for figure in reversed(right)}
    seen = set()
    for figure in left:
        other = there.get(figure.key)
        seen.add(figure.key)
        if other is None:
            yield Pair(figure, None, ONLY_LEFT)
        else:
            yield Pair(figure, other, EQUAL if same(figure, other) else DIFFERENT)  # type: ignore[operator]
    for figure in right:
        if figure.key not in seen:
            yield Pair(None, figure, ONLY_RIGHT)


def _prints(published: Figure, run: Figure) -> bool:
    if published.value is None or run.value is None:
        return published.value is None and run.value is None
    if published.interval is not None:
        return published.interval[0] <= run.value <= published.interval[1]
    scaled = abs(run.value) * 10**published.decimals + Fraction(1, 2)
    printed = Fraction(math.floor(scaled), 10**published.decimals)
    return (printed if run.value >= 0 else -printed) == published.value


def _same(one: Figure, other: Figure) -> bool:
    return (one.value, one.confidentiality) == (other.value, other.confidentiality)


def lines(comparison: Comparison, most: int = 200) -> Iterator[str]:
    """The comparison as text: a count by table, then each cell that is not equal."""
    left, right = comparison.names
    total = Counter(pair.outcome for pair in comparison.pairs)
    yield f"{left} against {right}: {len(comparison.pairs)} cells, {words(total, comparison.names)}"
    if comparison.beside:
        yield f"({comparison.beside} cells of {right} are in tables that {left} does not have)"
    for table, counted in comparison.by_table.items():
        if set(counted) != {EQUAL}:
            yield f"  {table:<22} {words(counted, comparison.names)}"
    apart = [pair for pair in comparison.pairs if pair.outcome != EQUAL]
    for pair in apart[:most]:
        cell = f"{pair.figure.table} | {pair.figure.row} | {pair.figure.measure}"
        yield f"  {cell} | {change(pair, comparison.names)}"
    if len(apart) > most:
        yield f"  and {len(apart) - most} more cells; --out DIR writes all of them"


def words(counted: Counter[str], names: tuple[str, str]) -> str:
    """'600 equal, 9 different, 5 only in published'."""
    said = {
        EQUAL: "equal",
        DIFFERENT: "different",
        ONLY_LEFT: f"only in {names[0]}",
        ONLY_RIGHT: f"only in {names[1]}",
    }
    return ", ".join(f"{counted[o]:,} {w}" for o, w in said.items() if counted[o]) or "none"


def change(pair: Pair, names: tuple[str, str]) -> str:
    """'3,979 -> 4,456 (+477)'."""
    if pair.left is None or pair.right is None:
        return f"{pair.figure.text}, only in {names[0] if pair.right is None else names[1]}"
    moved = pair.moved
    digits = pair.left.decimals
    by = "" if moved is None else f" ({float(moved):+,.{max(digits + 1, 1) if digits else 0}f})"
    status = f" status {pair.left.confidentiality} -> {pair.right.confidentiality}"
    status = status if pair.left.confidentiality != pair.right.confidentiality else ""
    return f"{_shown(pair.left)} -> {_shown(pair.right)}{by}{status}"


def _shown(figure: Figure) -> str:
    """At most six digits more than are printed, so that a move is seen."""
    if figure.value is None:
        return "no figure"
    exact = figure.value * 10**figure.decimals
    return figure.text if exact.denominator == 1 else f"{float(figure.value):,.{figure.decimals + 3}f}"


def rows(comparison: Comparison) -> list[dict[str, object]]:
    """One row for each cell, in COLUMNS."""
    found: list[dict[str, object]] = []
    for pair in comparison.pairs:
        f = pair.figure
        codes = "; ".join(f"{name}={code}" for name, code in f.codes)
        moved = "" if pair.moved is None else repr(float(pair.moved))
        ends = ["" if s is None or s.value is None else repr(float(s.value)) for s in (pair.left, pair.right)]
        cells = (f.table, f.sample, f.period, codes, f.measure, *ends, moved, f.unit, pair.outcome)
        found.append(dict(zip(COLUMNS, cells, strict=True)))
    return found
