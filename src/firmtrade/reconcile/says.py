"""What a printed figure says about sums over firms: a range for a quotient of them.

Every measure that is arithmetic over additive aggregates is brought into the form
value = a + b * (product of sums)^p, so that a printed value with its rounding becomes a range of the product:
a count says how many firms, a share what part of a count, a growth rate what quotient of two sums, the growth
of a productivity what quotient of two quotients.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from firmtrade._engine import expression
from firmtrade.catalog import Definition
from firmtrade.classify.expand import uses_points
from firmtrade.classify.window import Window
from firmtrade.describe.asks import Ask, is_aggregate, plain
from firmtrade.describe.compute import Setting, plan
from firmtrade.describe.spec import Table
from firmtrade.errors import DataError, StudyError, nearest
from firmtrade.reconcile.figures import Figure
from firmtrade.reconcile.space import Factor, Place, Space

_ADDITIVE = ("count", "sum")


@dataclass(frozen=True)
class Formula:
    """value = a + b * (product of powers of asks)^p."""

    a: float = 0.0
    b: float = 1.0
    p: float = 1.0
    powers: Mapping[Ask, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Says:
    """A figure: the product of `powers` of places lies in [low, high], and at `at` as printed.

    `known`: aggregate -> what must be known of a firm to be in it, by its definition. `powers` is empty where
    the value is certain.
    """

    figure: Figure
    powers: Mapping[Place, int]
    low: float
    high: float
    at: float
    known: Mapping[str, str]
    formula: Formula

    @property
    def shape(self) -> tuple[str, ...]:
        """Names of the dimensions that the figure is broken down by."""
        return tuple(name for name, _ in self.figure.codes)

    @cached_property
    def direct(self) -> Place | None:
        """The place that the figure is about, where it is printed as it is."""
        found = [place for place, power in self.powers.items() if power == 1]
        return found[0] if len(self.powers) == 1 and found else None

    @cached_property
    def ratio(self) -> tuple[Place, Place] | None:
        """(numerator, denominator) of a simple quotient."""
        over = [p for p, power in self.powers.items() if power == 1]
        under = [p for p, power in self.powers.items() if power == -1]
        return (over[0], under[0]) if len(self.powers) == 2 and over and under else None

    def value(self, product: float) -> float:
        """The printed value that a product stands for."""
        return self.formula.a + self.formula.b * float(product) ** self.formula.p

    def widened(self, times: float) -> tuple[float, float]:
        """[low, high] if the rounding were `times` as coarse (or the unit, where it is exact)."""
        low, high = (float(end) for end in self.figure.bounds)
        middle = float(self.figure.value or 0)
        if low == high:
            low, high, times = low - 0.5, high + 0.5, times - 1
        ends = middle - (middle - low) * times, middle + (high - middle) * times
        found = [_inverse(self.formula, end) for end in ends]
        return min(found), max(found)


@dataclass
class Reading:
    """All figures read: what each says, the spaces of their groups, and those that cannot be read."""

    said: list[Says]
    opaque: list[Figure]
    spaces: dict[str, Space]

    @property
    def factors(self) -> dict[str, Factor]:
        """Every factor by name."""
        return {f"{f.name}": f for space in self.spaces.values() for f in space.factors.values()}

    def of(self, place: Place) -> Mapping[str, Factor]:
        """The factors of a place's scan."""
        return self.spaces[place.rows].factors


def formulas(
    figures: Iterable[Figure], tables: Iterable[Table], setting: Setting
) -> tuple[dict[Figure, tuple[Ask, Formula]], dict[Figure, Ask]]:
    """(the group and the formula of each figure, the group of each figure that has no formula).

    Figures without a value are left out: what is hidden says nothing.
    """
    known = _points(tables, setting)
    found: dict[Figure, tuple[Ask, Formula]] = {}
    opaque: dict[Figure, Ask] = {}
    for figure in figures:
        if figure.value is None:
            continue
        ask, measure = _ask(figure, known, setting)
        formula = _Formulas(measure, setting, setting.windows.get(ask.window)).of(measure, ask)
        if formula is None:
            opaque[figure] = ask
        else:
            found[figure] = (ask, formula)
    return found, opaque


def read(figures: Iterable[Figure], tables: Iterable[Table], setting: Setting) -> Reading:
    """What the figures say by a study's definitions; its tables say at which point a group is judged."""
    from firmtrade._engine.duckdb import DuckDB

    found, opaque = formulas(figures, tables, setting)
    asks: dict[str, list[Ask]] = {}
    for _, formula in found.values():
        for ask in formula.powers:
            asks.setdefault(ask.window or ask.year, []).append(ask)
    with DuckDB(threads=1) as engine:
        spaces = {rows: Space(setting, wanted, engine) for rows, wanted in sorted(asks.items())}
        said = [_says(figure, formula, spaces) for figure, (_, formula) in found.items()]
    return Reading(said, list(opaque), spaces)


def _says(figure: Figure, formula: Formula, spaces: Mapping[str, Space]) -> Says:
    powers: dict[Place, int] = {}
    known: dict[str, str] = {}
    for ask, power in formula.powers.items():
        place, without = spaces[ask.window or ask.year].place(ask)
        powers[place] = powers.get(place, 0) + power
        known[place.aggregate] = without
    powers = {place: power for place, power in powers.items() if power}
    low, high = (_inverse(formula, float(end)) for end in figure.bounds)
    at = _inverse(formula, float(figure.value or 0))
    return Says(figure, powers, min(low, high), max(low, high), at, known, formula)


def _inverse(formula: Formula, value: float) -> float:
    """The product that a value stands for; sums are not negative."""
    base = (value - formula.a) / formula.b
    return math.copysign(abs(base) ** (1 / formula.p), base) if base > 0 else 0.0


def _points(tables: Iterable[Table], setting: Setting) -> dict[tuple[Any, ...], Ask]:
    known: dict[tuple[Any, ...], Ask] = {}
    for planned in plan(tables, setting):
        for slot in planned.slots:
            codes = tuple(sorted((plain(name), code) for name, code in slot.ask.codes))
            group = (slot.ask.sample, slot.period, codes)
            known.setdefault((*group, slot.measure.name), slot.ask)
            known.setdefault(group, slot.ask)
        for doubt in planned.doubts:
            pairs = tuple(sorted(doubt.codes.items()))
            known.setdefault((doubt.sample, doubt.period, pairs, doubt.measure.name), doubt.ask)
    return known


def _ask(figure: Figure, known: Mapping[tuple[Any, ...], Ask], setting: Setting) -> tuple[Ask, Definition]:
    """The ask of a figure's group; a name that the study does not have is an error with its line."""
    where = f"{figure.source}, line {figure.line}" if figure.source else f"line {figure.line}"
    measure = setting.catalog.get(figure.measure, "measure", where=where)
    group = (figure.sample, figure.period, figure.codes)
    found = known.get((*group, figure.measure)) or known.get(group)
    if found is not None:
        return found, measure
    sample = setting.catalog.get(figure.sample, "sample", where=where)
    for name, code in figure.codes:
        dimension = setting.catalog.get(name, "dimension", where=where)
        codes = setting.codes.of(dimension)
        if codes and code not in codes and code != "unknown" and "|" not in code:
            raise StudyError(f"{where}: '{code}' is not a code of {name}.{nearest(code, codes)}")
    if not uses_points(sample.tree, setting.catalog):
        if not figure.period.isdigit():
            raise DataError(
                f"{where}: the period '{figure.period}' of the sample {figure.sample} is not a year."
            )
        return Ask(figure.sample, "", figure.period, figure.codes, "*"), measure
    for window in setting.windows.values():
        point = "" if figure.period == window.label else window.point(figure.period)
        if point is not None:
            return Ask(figure.sample, window.name, "", figure.codes, "*", point), measure
    raise DataError(f"{where}: no window of the study has the period '{figure.period}'.")


class _Formulas:
    """Brings a measure into the form of a Formula; None where it has none (a median, a sum of quotients)."""

    def __init__(self, measure: Definition, setting: Setting, window: Window | None) -> None:
        self.measure, self.setting, self.window = measure, setting, window

    def of(self, measure: Definition, ask: Ask, depth: int = 0) -> Formula | None:
        """The formula of a measure for the group of `ask`."""
        if depth > 20:
            return None
        catalog = self.setting.catalog
        if catalog.remember(("aggregate", measure.name), lambda: is_aggregate(measure)):
            one = replace(ask, aggregate=measure.name)
            function = expression.split_aggregate(measure.tree)[0]
            return Formula(powers={one: 1}) if function in _ADDITIVE else None
        return self._tree(measure.tree, ask, depth)

    def _tree(self, node: Any, ask: Ask, depth: int) -> Formula | None:
        from sqlglot import exp

        if isinstance(node, exp.Paren):
            return self._tree(node.this, ask, depth)
        if isinstance(node, exp.Literal) and not node.is_string:
            return Formula(a=float(node.name), b=0.0)
        if isinstance(node, exp.Column):
            return self._named(node.name, node.table, ask, depth)
        if isinstance(node, exp.Case) and node.this is None:
            return self._tree(node.args["ifs"][0].args["true"], ask, depth)
        if expression.function_name(node) == "total":
            measure, *dimensions = node.expressions
            return self._named(measure.name, measure.table, ask.without({d.name for d in dimensions}), depth)
        parts = [node.args.get(key) for key in ("this", "expression")]
        found = [self._tree(part, ask, depth) for part in parts if part is not None]
        work = _WORK.get(type(node).__name__) or _WORK.get(expression.function_name(node))
        if work is None or len(found) != 2 or found[0] is None or found[1] is None:
            return None
        return work(found[0], found[1])

    def _named(self, name: str, point: str, ask: Ask, depth: int) -> Formula | None:
        if name == "window_years":
            return Formula(a=float(self.window.outcome - self.window.t0), b=0.0) if self.window else None
        word = self.setting.catalog.find(name, "measure", "parameter")
        if word is None:
            return None
        if word.kind == "parameter":
            year = getattr(self.window, point or "t0") if self.window else int(ask.year)
            return Formula(a=word.value(year), b=0.0)
        return self.of(word, replace(ask, point=point or ask.point), depth + 1)


def _product(x: Formula, y: Formula, sign: int) -> Formula | None:
    if not y.b:
        factor = y.a if sign > 0 else (1 / y.a if y.a else 0.0)
        return replace(x, a=x.a * factor, b=x.b * factor) if factor else None
    if not x.b and sign > 0:
        return _product(y, x, 1)
    if x.a or y.a or x.p != 1 or y.p != 1 or not x.b:
        return None
    powers = dict(x.powers)
    for ask, power in y.powers.items():
        powers[ask] = powers.get(ask, 0) + sign * power
    return Formula(0.0, x.b * y.b if sign > 0 else x.b / y.b, 1.0, {a: n for a, n in powers.items() if n})


def _sum(x: Formula, y: Formula, sign: int) -> Formula | None:
    if not y.b:
        return replace(x, a=x.a + sign * y.a)
    return replace(y, a=x.a + sign * y.a, b=sign * y.b) if not x.b else None


def _power(x: Formula, y: Formula) -> Formula | None:
    if y.b or x.a or x.b <= 0 or not y.a:
        return None
    return replace(x, b=x.b**y.a, p=x.p * y.a)


_WORK: Mapping[str, Any] = {
    "Mul": lambda x, y: _product(x, y, 1),
    "Div": lambda x, y: _product(x, y, -1),
    "Add": lambda x, y: _sum(x, y, 1),
    "Sub": lambda x, y: _sum(x, y, -1),
    "power": _power,
}
