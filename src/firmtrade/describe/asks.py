"""What a figure needs: from a cell and its measure to the sums over firms that must be known.

A measure is one aggregate, or arithmetic over named measures. An Ask is one aggregate of one group of
firms; arithmetic is worked out here from the answers, in double precision, the same on every engine.
"""

from __future__ import annotations

import math
import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from firmtrade._engine import expression
from firmtrade._engine.expression import Tree
from firmtrade.catalog import Catalog, Definition
from firmtrade.classify.expand import bound_names
from firmtrade.classify.window import POINTS, Window
from firmtrade.errors import StudyError

COUNT = "*"  # the number of firms of a group: evidence that every figure carries


@dataclass(frozen=True)
class Ask:
    """One aggregate of one group. `codes` are (dimension as written, code), without `_T`."""

    sample: str
    window: str
    year: str
    codes: tuple[tuple[str, str], ...]
    aggregate: str
    point: str = ""

    def without(self, dimensions: set[str]) -> Ask:
        """The ask about all codes of these dimensions, written as in a study or as in an expression."""
        kept = tuple(
            (name, code) for name, code in self.codes if not {plain(name), spoken(name)} & dimensions
        )
        return Ask(self.sample, self.window, self.year, kept, self.aggregate, self.point)

    def counted(self) -> Ask:
        """The ask about the number of firms of the same group."""
        return Ask(self.sample, self.window, self.year, self.codes, COUNT, self.point)


Pairs = tuple[tuple[str, str], ...]
Answers = Callable[[Ask], float | None]


def plain(dimension: str) -> str:
    """'t1.venture' is the dimension 'venture' at a point."""
    return dimension.rpartition(".")[2]


def spoken(dimension: str) -> str:
    """The dimension's name as expressions write it: 't1.some-group' is 'some_group'."""
    return plain(dimension).replace("-", "_")


def is_aggregate(measure: Definition) -> bool:
    """Whether the measure is one aggregate; refuses a mix of aggregates and names."""
    tree = measure.tree
    found = expression.aggregates(tree)
    if not found:
        return False
    if found[0] is not tree or len(found) > 1:
        part = expression.written(found[0])
        raise StudyError(
            f"{measure.where} mixes the aggregate {part} with other parts, so that its evidence could not be "
            f"checked for disclosure. Declare the aggregate as a measure of its own and use its name."
        )
    return True


def evaluate(
    measure: Definition,
    ask: Ask,
    answers: Answers,
    catalog: Catalog,
    window: Window | None,
    trail: tuple[str, ...] = (),
) -> float | None:
    """The measure's value for the group of `ask`; None where it is undefined (x / 0, no firm)."""
    if measure.name in trail:
        raise StudyError(
            f"{measure.where}: '{measure.name}' is defined by itself: {' -> '.join((*trail, measure.name))}."
        )
    if catalog.remember(("aggregate", measure.name), lambda: is_aggregate(measure)):
        return answers(Ask(ask.sample, ask.window, ask.year, ask.codes, measure.name, ask.point))
    steps = (*trail, measure.name)
    return _Arithmetic(measure, ask, answers, catalog, window, steps).of(measure.tree)


def needed(measure: Definition, ask: Ask, catalog: Catalog, window: Window | None) -> list[Ask]:
    """The aggregates that the measure's value for the group of `ask` is worked out from.

    They are the same for all groups of the same dimensions, but for the codes: worked out once.
    """
    names = tuple(name for name, _ in ask.codes)
    key = ("parts", measure.name, ask.point, ask.year, window, names)
    parts = catalog.remember(key, lambda: _parts(measure, ask, catalog, window))
    return [
        Ask(ask.sample, ask.window, ask.year, tuple(c for c in ask.codes if c[0] in kept), aggregate, point)
        for aggregate, point, kept in parts
    ]


def _parts(
    measure: Definition, ask: Ask, catalog: Catalog, window: Window | None
) -> list[tuple[str, str, frozenset[str]]]:
    """(aggregate, point, dimensions) of each sum that a measure needs, learned by working it out once."""
    found: dict[Ask, None] = {}

    def record(asked: Ask) -> float:
        found[asked] = None
        return 1.0

    evaluate(measure, ask, record, catalog, window)
    return [(a.aggregate, a.point, frozenset(name for name, _ in a.codes)) for a in found]


@dataclass(frozen=True)
class _Arithmetic:
    measure: Definition
    ask: Ask
    answers: Answers
    catalog: Catalog
    window: Window | None
    trail: tuple[str, ...]

    def of(self, node: Tree) -> float | None:
        from sqlglot import exp

        if isinstance(node, exp.Paren):
            return self.of(node.this)
        if isinstance(node, exp.Literal) and not node.is_string:
            return float(node.name)
        if isinstance(node, exp.Column):
            return self._named(node.name, node.table, self.ask)
        if isinstance(node, exp.Case) and node.this is None:
            return self._case(node)
        name = expression.function_name(node)
        if name == "total":
            return self._total(node)
        work = _WORK.get(type(node).__name__) or _WORK.get(name)
        if work is None:
            raise self._refused(node)
        parts = [self.of(child) for child in _operands(node)]
        if any(part is None for part in parts):
            return None
        return _finite(work, parts)  # type: ignore[arg-type]

    def _case(self, node: Tree) -> float | None:
        """The first result whose condition holds. All parts are asked for, whichever it will be."""
        found = [(self._holds(branch.this), self.of(branch.args["true"])) for branch in node.args["ifs"]]
        default = node.args.get("default")
        otherwise = None if default is None else self.of(default)
        return next((value for holds, value in found if holds), otherwise)

    def _holds(self, node: Tree) -> bool:
        """Whether a condition over figures holds; it does not where one of them does not exist."""
        from sqlglot import exp

        if isinstance(node, exp.Paren):
            return self._holds(node.this)
        if isinstance(node, (exp.And, exp.Or)):
            found = [self._holds(node.left), self._holds(node.right)]
            return all(found) if isinstance(node, exp.And) else any(found)
        compare = _COMPARE.get(type(node).__name__)
        if compare is None:
            raise self._refused(node)
        left, right = (self.of(part) for part in _operands(node))
        return left is not None and right is not None and compare(left, right)

    def _refused(self, node: Tree) -> StudyError:
        what = expression.written(node)
        return StudyError(f"{self.measure.where}: '{what}' cannot be used over measures.")

    def _named(self, name: str, point: str, ask: Ask) -> float | None:
        if name == "window_years":
            return self._window_years()
        if point and point not in POINTS:
            raise StudyError(
                f"{self.measure.where}: '{point}' is not a point of a window ({', '.join(POINTS)})."
            )
        if point and self.window is None:
            raise StudyError(
                f"{self.measure.where}: '{point}.{name}' compares years; it can be used in a window only."
            )
        found = self.catalog.find(name, "measure", "parameter")
        if found is None:
            self.catalog.get(name, "measure", where=f"{self.measure.where}: '{self.measure.expr}'")
        if found is not None and found.kind == "parameter":
            return found.value(self._year(point or ask.point))
        measure = self.catalog.get(name, "measure")
        asked = replace(ask, point=point or ask.point)
        return evaluate(measure, asked, self.answers, self.catalog, self.window, self.trail)

    def _total(self, node: Tree) -> float | None:
        from sqlglot import exp

        measure, *dimensions = node.expressions or [None]
        if not dimensions or not all(isinstance(part, exp.Column) for part in node.expressions):
            raise StudyError(
                f"{self.measure.where}: '{expression.written(node)}' is written total(measure, dimension): "
                f"the measure over all codes of the dimension."
            )
        names = {dimension.name for dimension in dimensions}
        for name in names:
            self.catalog.get(name, "dimension", where=self.measure.where)
        return self._named(measure.name, measure.table, self.ask.without(names))

    def _window_years(self) -> float:
        if self.window is None:
            raise StudyError(
                f"{self.measure.where}: '{self.measure.name}' is about a window, and this table about a "
                f"year. Say which window: window = '...'."
            )
        return float(self.window.outcome - self.window.t0)

    def _year(self, point: str) -> int:
        if self.window is not None:
            return int(getattr(self.window, point or "t0"))
        return int(self.ask.year)


def _operands(node: Tree) -> list[Tree]:
    return [child for key in ("this", "expression") if (child := node.args.get(key)) is not None]


def _finite(work: Callable[..., float], parts: list[float]) -> float | None:
    try:
        value = work(*parts)
    except (ZeroDivisionError, ValueError, OverflowError):
        return None
    return value if isinstance(value, float) and math.isfinite(value) else None


_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "GT": operator.gt,
    "GTE": operator.ge,
    "LT": operator.lt,
    "LTE": operator.le,
    "EQ": operator.eq,
    "NEQ": operator.ne,
}
_WORK: Mapping[str, Callable[..., float]] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Div": lambda a, b: a / b,
    "Neg": lambda a: -a,
    "power": math.pow,
    "ln": math.log,
    "exp": math.exp,
    "abs": abs,
    "sqrt": math.sqrt,
}


def given_by_cell(codes: Pairs, aggregate: str, catalog: Catalog) -> set[str]:
    """Overlapping dimensions of the cell that only say which flow another group is about.

    In (flow = export, status = new) the flow is what the status is of: it does not restrict the firms.
    Names are as in expressions ('a_b').
    """
    bound: set[str] = set()
    for name, code in codes:
        dimension = catalog.get(plain(name), "dimension")
        for part in code.split("|") if dimension.overlaps else ():
            bound |= bound_names(dimension.group(part.strip()), catalog)
    measure = catalog.find(aggregate, "measure")
    return bound | (bound_names(measure.tree, catalog) if measure else set())


def finest_years(asks: Iterable[Ask]) -> set[str]:
    """Years that are broken down by most groups. The others, asked for a few groups only, get a coarse
    cube of their own: their rows need not be coded for groups that nobody asks for."""
    groups: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for ask in asks:
        groups[ask.year].update(ask.codes)
    most = max((len(found) for found in groups.values()), default=0)
    return {year for year, found in groups.items() if 2 * len(found) >= most}
