"""Conditions of samples and groups in terms of columns: shared by the cube and by holistic queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from firmtrade._engine import expression
from firmtrade._engine.expression import Tree
from firmtrade._engine.kinds import ANY, CONDITION, NUMBER, TEXT
from firmtrade.catalog import Catalog, Definition
from firmtrade.classify.expand import Bound, Meaning, bound_names, histories, parameters
from firmtrade.classify.window import POINTS
from firmtrade.describe.asks import COUNT, Ask, Pairs, given_by_cell, plain, spoken
from firmtrade.describe.details import once_column
from firmtrade.errors import StudyError
from firmtrade.result import UNKNOWN
from firmtrade.words import say

T = TypeVar("T")
#: How many facts about asks are remembered at most; one study of a thousand tables has about 50,000.
MOST = 200_000


@dataclass(eq=False)
class Term:
    """A condition or value over panel columns, with its SQL text worked out once."""

    tree: Tree

    @cached_property
    def sql(self) -> str:
        """The text that goes into a query."""
        return expression.render(self.tree)

    @cached_property
    def histories(self) -> set[str]:
        """History variables that it uses."""
        return histories(self.tree)

    @cached_property
    def parameters(self) -> set[tuple[str, str]]:
        """Dated parameters that it uses, with the point of the window."""
        return parameters(self.tree)

    @cached_property
    def atoms(self) -> list[Term]:
        """The smallest conditions that it is made of."""
        return [Term(atom) for atom in expression.atoms(self.tree)]


_COUNTED: tuple[str, list[Term], Term | None] = ("count", [], None)


def counted_once(catalog: Catalog, codes: Pairs, aggregate: str, relation: str) -> list[Term]:
    """Of a firm's rows in a group, a number of firms counts the first: a firm counts once in a union."""
    from sqlglot import exp

    column = once_column(catalog, codes, aggregate, relation)
    return [Term(exp.column(column))] if column else []


class Groups:
    """Turns samples, dimensions and aggregates of asks into terms over panel columns.

    A study asks the same few groups in thousands of cells: each is worked out once and remembered.
    """

    def __init__(self, meaning: Meaning) -> None:
        self.meaning = meaning
        self._known: dict[tuple[Any, ...], Any] = {}

    @property
    def crowded(self) -> bool:
        """Whether so much is remembered that it is better begun anew: a notebook may ask all day."""
        return len(self._known) > MOST

    def _once(self, work: Callable[..., T], *key: Any) -> T:
        name = (work.__name__, *key)
        if name not in self._known:
            self._known[name] = work(*key)
        return self._known[name]

    def remember(self, key: tuple[Any, ...], work: Callable[[], T]) -> T:
        """What `work` finds about terms, worked out once."""
        if key not in self._known:
            self._known[key] = work()
        return self._known[key]

    def conditions(self, sample: str, window: str) -> list[tuple[str, Term]]:
        """(text, condition) of each step of a sample, words of other samples spelled out."""
        return self._once(self._conditions, sample, bool(window))

    def _conditions(self, sample: str, windowed: bool) -> list[tuple[str, Term]]:
        word = self.meaning.catalog.get(sample, "sample")
        return self._steps(word, "t0" if windowed else None, ())

    def _steps(self, word: Definition, point: str | None, trail: tuple[str, ...]) -> list[tuple[str, Term]]:
        if word.name in trail:
            raise StudyError(f"{word.where}: '{word.name}' is defined by itself.")
        steps: list[tuple[str, Term]] = []
        for part in expression.conjuncts(word.tree):
            inner = self._sample_named(part)
            if inner is not None:
                at = part.table or point if point else point
                steps += self._steps(inner, at, (*trail, word.name))
            else:
                tree = self.meaning.row(part, word.where, point, kind=CONDITION)
                steps.append((self._text(part, word, point), Term(tree)))
        return steps

    def _sample_named(self, part: Tree) -> Definition | None:
        from sqlglot import exp

        return self.meaning.catalog.find(part.name, "sample") if isinstance(part, exp.Column) else None

    def _text(self, part: Tree, word: Definition, point: str | None) -> str:
        """The condition in words, as the attrition shows it."""
        named = part.name if type(part).__name__ == "Column" else ""
        variable = self.meaning.catalog.find(named, "variable") if named else None
        text = variable.title if variable else say(part, self.meaning.catalog, word)
        compared = any(node.table in POINTS for node in expression.columns(part))
        text = text[:1].upper() + text[1:]
        return text if not point or compared else f"{text}, in the first year"

    def split(self, ask: Ask) -> tuple[dict[str, str], list[Term]]:
        """(exclusive dimension -> code, conditions of overlapping groups and unions) of an ask."""
        return self._once(self._split_of, ask)

    def _split_of(self, ask: Ask) -> tuple[dict[str, str], list[Term]]:
        about = (bool(ask.window), ask.codes, ask.aggregate, ask.point, self.relation(ask))
        return self._once(self._split, *about)

    def relation(self, ask: Ask) -> str:
        """Of which relation an ask's sample has the rows; '' for the panel."""
        return self.meaning.catalog.get(ask.sample, "sample").relation

    def _split(
        self, windowed: bool, codes: Pairs, aggregate: str, point: str, relation: str
    ) -> tuple[dict[str, str], list[Term]]:
        catalog = self.meaning.catalog
        given = given_by_cell(codes, aggregate, catalog)
        lacking = given - {spoken(name) for name, _ in codes}
        if lacking:
            raise StudyError(
                f"The group {dict(codes)} needs a {' and '.join(sorted(lacking))}: add it to 'by'."
            )
        bound = self._bound(codes)
        exclusive, conditions = {}, []
        for name, code in codes:
            dimension = catalog.get(plain(name), "dimension")
            if spoken(name) in given:
                continue
            if dimension.overlaps:
                conditions.append(self._once(self._any, name, code, windowed, bound))
            elif "|" in code:
                conditions.append(self._once(self._either, name, code, windowed))
            else:
                exclusive[name] = code
        conditions += counted_once(catalog, codes, aggregate, relation)
        return exclusive, [*conditions, *self._asked_of_group(windowed, codes, aggregate, point)]

    def _asked_of_group(self, windowed: bool, codes: Pairs, aggregate: str, point: str) -> list[Term]:
        """An aggregate's own condition, where it is about a group of the cell: `where flow is null`."""
        word = self.meaning.catalog.find(aggregate, "measure")
        if word is None or not bound_names(word.tree, self.meaning.catalog):
            return []
        _, _, condition = expression.split_aggregate(word.tree)
        return [] if condition is None else [self._over(word, windowed, codes, point)(condition, CONDITION)]

    def _bound(self, codes: Pairs) -> Pairs:
        """The overlapping groups of a cell, by their name in expressions."""
        catalog = self.meaning.catalog
        return tuple((spoken(n), c) for n, c in codes if catalog.get(plain(n), "dimension").overlaps)

    def _bind(self, bound: Pairs, but: str = "") -> Mapping[str, Bound]:
        catalog = self.meaning.catalog
        return {name: Bound(catalog.get(name, "dimension"), code) for name, code in bound if name != but}

    def _any(self, name: str, code: str, windowed: bool, bound: Pairs) -> Term:
        """The condition of a code, or of a union of codes: `import-intra | import-extra`."""
        dimension = self.meaning.catalog.get(plain(name), "dimension")
        others = self._bind(bound, but=spoken(name))
        at = _point(name, windowed)
        return Term(self.meaning.row(dimension.group(code), dimension.where, at, others, kind=CONDITION))

    def _either(self, name: str, code: str, windowed: bool) -> Term:
        """The condition of a union of exclusive codes; firms of unknown code may be part of it."""
        from sqlglot import exp

        codes = [part.strip() for part in code.split("|")]
        one = exp.Paren(this=self._dimension(name, windowed).tree.copy())
        known = exp.In(this=one, expressions=[exp.Literal.string(c) for c in codes if c != UNKNOWN])
        if UNKNOWN not in codes:
            return Term(known)
        return Term(exp.Or(this=exp.Is(this=one.copy(), expression=exp.null()), expression=known))

    def dimension(self, name: str, window: str) -> Term:
        """An exclusive dimension's expression over columns; NULL is unknown."""
        return self._once(self._dimension, name, bool(window))

    def _dimension(self, name: str, windowed: bool) -> Term:
        from sqlglot import exp

        word = self.meaning.catalog.get(plain(name), "dimension")
        tree = self.meaning.row(word.tree, word.where, _point(name, windowed), kind=TEXT)
        if expression.cases(tree) is not None or word.classification:
            return Term(tree)
        # Panels write 'unknown' too: such firms are those of which a code is not known.
        return Term(exp.Nullif(this=tree, expression=exp.Literal.string(UNKNOWN)))

    def aggregate(self, ask: Ask) -> tuple[str, list[Term], Term | None]:
        """(function, arguments, condition) of an ask's aggregate over columns."""
        return self._once(self._aggregate_of, ask)

    def _aggregate_of(self, ask: Ask) -> tuple[str, list[Term], Term | None]:
        if ask.aggregate == COUNT:
            return _COUNTED
        word = self.meaning.catalog.get(ask.aggregate, "measure")
        codes = ask.codes if bound_names(word.tree, self.meaning.catalog) else ()
        return self._once(self._aggregate, ask.aggregate, bool(ask.window), codes, ask.point)

    def _aggregate(
        self, name: str, windowed: bool, codes: Pairs, point: str
    ) -> tuple[str, list[Term], Term | None]:
        word = self.meaning.catalog.get(name, "measure")
        function, arguments, condition = expression.split_aggregate(word.tree)
        over = self._over(word, windowed, codes, point)
        star = function == "count" and expression.render(arguments[0]) == "*"
        kind = ANY if function == "count" else NUMBER
        values = [] if star else [over(arguments[0], kind), *map(Term, arguments[1:])]
        if condition is None or codes:
            return function, values, None
        return function, values, over(condition, CONDITION)

    def _over(
        self, word: Definition, windowed: bool, codes: Pairs, point: str
    ) -> Callable[[Tree, str], Term]:
        at = (point or "t0") if windowed else None
        bound = self._bind(self._bound(codes))
        return lambda tree, kind: Term(self.meaning.row(tree, word.where, at, bound, kind=kind))


def _point(name: str, windowed: bool) -> str | None:
    """The point at which a dimension is judged: `t1.venture`, or t0."""
    return (name.rpartition(".")[0] or "t0") if windowed else None
