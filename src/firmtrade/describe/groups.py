"""Conditions of samples and groups in terms of columns: shared by the cube and by holistic queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from firmtrade._engine import expression
from firmtrade._engine.expression import Tree
from firmtrade.catalog import Definition
from firmtrade.classify.expand import Bound, Meaning, bound_names
from firmtrade.classify.window import POINTS
from firmtrade.describe.asks import Ask, given_by_cell, plain
from firmtrade.errors import StudyError
from firmtrade.result import UNKNOWN


@dataclass(frozen=True)
class Groups:
    """Turns samples, dimensions and aggregates of asks into trees over panel columns."""

    meaning: Meaning

    def base(self, ask: Ask) -> str | None:
        """The point that a name without one is about."""
        return "t0" if ask.window else None

    def conditions(self, sample: str, window: str) -> list[tuple[str, Tree]]:
        """(text, condition) of each step of a sample, words of other samples spelled out."""
        word = self.meaning.catalog.get(sample, "sample")
        return self._steps(word, "t0" if window else None, ())

    def _steps(self, word: Definition, point: str | None, trail: tuple[str, ...]) -> list[tuple[str, Tree]]:
        if word.name in trail:
            raise StudyError(f"{word.where}: '{word.name}' is defined by itself.")
        steps: list[tuple[str, Tree]] = []
        for part in expression.conjuncts(word.tree):
            inner = self._sample_named(part)
            if inner is not None:
                at = part.table or point if point else point
                steps += self._steps(inner, at, (*trail, word.name))
            else:
                steps.append((self._text(part, point), self.meaning.row(part, word.where, point)))
        return steps

    def _sample_named(self, part: Tree) -> Definition | None:
        from sqlglot import exp

        return self.meaning.catalog.find(part.name, "sample") if isinstance(part, exp.Column) else None

    def _text(self, part: Tree, point: str | None) -> str:
        text = part.sql(comments=False).lower()
        return text if not point or any(f"{p}." in text for p in POINTS) else f"{text} (in the first year)"

    def split(self, ask: Ask) -> tuple[dict[str, str], list[Tree]]:
        """(exclusive dimension -> code, conditions of overlapping groups and unions) of an ask."""
        catalog = self.meaning.catalog
        given = given_by_cell(ask, catalog)
        lacking = given - {plain(name) for name, _ in ask.codes}
        if lacking:
            raise StudyError(f"{dict(ask.codes)}: the group needs a {' and '.join(sorted(lacking))}; add it to 'by'.")
        bound = self._bound(ask)
        exclusive, conditions = {}, []
        for name, code in ask.codes:
            dimension = catalog.get(plain(name), "dimension")
            if plain(name) in given:
                continue
            if dimension.overlaps:
                conditions.append(self._any(dimension, name, code, ask, bound))
            elif "|" in code:
                conditions.append(self._either(dimension, name, code, ask))
            else:
                exclusive[name] = code
        return exclusive, [*conditions, *self._asked_of_group(ask)]

    def _asked_of_group(self, ask: Ask) -> list[Tree]:
        """An aggregate's own condition, where it is about a group of the cell: `where flow is null`."""
        word = self.meaning.catalog.find(ask.aggregate, "measure")
        if word is None or not bound_names(word.tree, self.meaning.catalog):
            return []
        _, _, condition = expression.split_aggregate(word.tree)
        return [] if condition is None else [self._over(ask, word)(condition)]

    def _bound(self, ask: Ask) -> Mapping[str, Bound]:
        catalog = self.meaning.catalog
        words = {plain(name): (catalog.get(plain(name), "dimension"), code) for name, code in ask.codes}
        return {name.replace("-", "_"): Bound(word, code) for name, (word, code) in words.items() if word.overlaps}

    def _any(self, dimension: Definition, name: str, code: str, ask: Ask, bound: Mapping[str, Bound]) -> Tree:
        """The condition of a code, or of a union of codes: `import-intra | import-extra`."""
        from sqlglot import exp

        point = self.point(name, ask)
        others = {key: value for key, value in bound.items() if key != plain(name).replace("-", "_")}
        parts = [self.meaning.row(dimension.group(c.strip()), dimension.where, point, others) for c in code.split("|")]
        tree = parts[0]
        for part in parts[1:]:
            tree = exp.Or(this=exp.Paren(this=tree), expression=exp.Paren(this=part))
        return tree

    def _either(self, dimension: Definition, name: str, code: str, ask: Ask) -> Tree:
        from sqlglot import exp

        codes = [exp.Literal.string(part.strip()) for part in code.split("|")]
        return exp.In(this=exp.Paren(this=self.dimension(name, ask)), expressions=codes)

    def point(self, name: str, ask: Ask) -> str | None:
        """The point at which a dimension of the ask is judged."""
        return (name.rpartition(".")[0] or "t0") if ask.window else None

    def dimension(self, name: str, ask: Ask) -> Tree:
        """An exclusive dimension's expression over columns; NULL is unknown."""
        word = self.meaning.catalog.get(plain(name), "dimension")
        return self.meaning.row(word.tree, word.where, self.point(name, ask))

    def aggregate(self, ask: Ask) -> tuple[str, list[Tree], Tree | None]:
        """(function, arguments, condition) of an ask's aggregate over columns."""
        if ask.aggregate == "*":
            return "count", [], None
        word = self.meaning.catalog.get(ask.aggregate, "measure")
        name, arguments, condition = expression.split_aggregate(word.tree)
        over = self._over(ask, word)
        star = name == "count" and expression.render(arguments[0]) == "*"
        values = [] if star else [over(arguments[0]), *arguments[1:]]
        if condition is None or bound_names(word.tree, self.meaning.catalog):
            return name, values, None
        return name, values, over(condition)

    def _over(self, ask: Ask, word: Definition) -> Callable[[Tree], Tree]:
        point = (ask.point or "t0") if ask.window else None
        bound = self._bound(ask)
        return lambda tree: self.meaning.row(tree, word.where, point, bound)


def equals(column: str, code: str) -> str:
    """SQL that tests a code column; `unknown` is NULL."""
    return f"{column} is null" if code == UNKNOWN else f"{column} = '{code}'"
