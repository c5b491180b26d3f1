"""From words to columns: an expression over names becomes one over the panel's columns.

A name in a row-level expression is, in this order: a group asked for (`flow`), a column of the panel (or of
the rows of a firm's partners and products),
a variable, a parameter, a dimension, a sample. In a window a name belongs to a point (`t0.employment`);
without one it is about t0, where sector and size are judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from firmtrade._engine import expression
from firmtrade._engine.expression import Tree
from firmtrade._engine.kinds import ANY, CONDITION, NUMBER, TEXT, expect, kind_of
from firmtrade.catalog import Catalog, Definition
from firmtrade.classify.window import POINTS
from firmtrade.errors import StudyError, nearest

#: Columns of the panel contract (DESIGN.md, section 3).
CONTRACT = (
    "firm", "year", "activity", "region", "founded", "employment", "turnover", "value_added", "domestic",
    "import_intra", "import_extra", "export_intra", "export_extra", "import_partners", "export_partners",
    "import_products", "export_products", "coverage", "in_register", "declared_import",
    "declared_export",
)  # fmt: skip
#: Columns of the rows of a firm's partners and products, which only a trade register has.
DETAILS = ("traded", "partner_code", "intra", "chapter_code", "traded_value")
_TEXTS = ("firm", "activity", "region", "coverage")
_CONDITIONS = ("domestic", "in_register")
ROW_KINDS = ("variable", "parameter", "dimension", "sample")
HISTORY = "history_"


@dataclass(frozen=True)
class Bound:
    """A group asked for by a cell, so that `flow` in another expression means its condition."""

    dimension: Definition
    code: str


@dataclass(frozen=True)
class Meaning:
    """Resolves names. `further` are the panel's columns beyond the contract."""

    catalog: Catalog
    further: frozenset[str] = field(default_factory=frozenset)

    def row(
        self,
        tree: Tree,
        where: str,
        point: str | None = None,
        bound: Mapping[str, Bound] | None = None,
        trail: tuple[str, ...] = (),
        kind: str = ANY,
    ) -> Tree:
        """`tree` over panel columns; at a point of a window they are called `t0_employment`.

        `kind` is what it must be: a number, text or a condition.
        """
        groups = bound or {}

        def resolve(node: Tree) -> Tree:
            at = node.table or point
            if node.table and (node.table not in POINTS or point is None):
                raise StudyError(self._no_point(node.table, node.name, where))
            if node.name in groups:
                group = groups[node.name]
                return self.row(group.dimension.group(group.code), group.dimension.where, at, groups, trail)
            return self._name(node.name, where, at, groups, trail)

        found = expression.substitute(tree, resolve)
        expect(kind, tree, self._kind, where)
        return found

    def _kind(self, name: str, trail: tuple[str, ...] = ()) -> str:
        """Number, text or condition; ANY for a column that only the panel knows."""
        if name in CONTRACT:
            return TEXT if name in _TEXTS else CONDITION if name in _CONDITIONS else NUMBER
        word = None if name in self.further else self.catalog.find(name, *ROW_KINDS)
        if word is None:
            return ANY
        if word.kind == "variable":
            if name in trail:
                raise StudyError(_by_itself(word, (*trail, name)))
            inside = partial(self._kind, trail=(*trail, name))
            return self.catalog.remember(("kind", name), lambda: kind_of(word.tree, inside, word.where))
        if word.kind == "parameter":
            return NUMBER
        return TEXT if word.kind == "dimension" and not word.overlaps else CONDITION

    def _no_point(self, point: str, name: str, where: str) -> str:
        if point in POINTS:
            return f"{where}: '{point}.{name}' compares years; it can be used in a window only."
        return f"{where}: '{point}' in '{point}.{name}' is not a point of a window.{nearest(point, POINTS)}"

    def _name(
        self, name: str, where: str, at: str | None, bound: Mapping[str, Bound], trail: tuple[str, ...]
    ) -> Tree:
        from sqlglot import exp

        if name in CONTRACT or name in DETAILS or name in self.further:
            return exp.column(f"{at}_{name}" if at else name)
        word = self.catalog.find(name, *ROW_KINDS)
        if word is None:
            raise StudyError(self._unknown(name, where))
        if word.name in trail:
            raise StudyError(_by_itself(word, (*trail, word.name)))
        if word.kind == "parameter":
            return self._parameter(word, at)
        if word.overlaps:
            raise StudyError(
                f"{where}: '{name}' has overlapping groups. Ask for one of its codes in the table ('by')."
            )
        if is_history(word):
            return exp.column(HISTORY + name)
        return self.row(word.tree, word.where, at, bound, (*trail, word.name))

    def _unknown(self, name: str, where: str) -> str:
        known = [*CONTRACT, *self.further, *(n.replace("-", "_") for n in self.catalog.names(*ROW_KINDS))]
        return (
            f"{where}: '{name}' is neither a panel column nor a definition.{nearest(name, known)} "
            f"See all names: firmtrade list"
        )

    def _parameter(self, word: Definition, at: str | None) -> Tree:
        from sqlglot import exp

        values = word.values
        # Marked, so that a year for which there is no value can be refused before anything is computed.
        mark = (word.name, at or "")
        if len(values) == 1 and values[0].value is not None:
            literal = exp.Literal.number(f"{values[0].value}")
            literal.meta["parameter"] = mark
            return literal
        year = f"{at}_year" if at else "year"
        cases = exp.Case()
        for dated in reversed(values):
            value = exp.null() if dated.value is None else exp.Literal.number(f"{dated.value}")
            cases = cases.when(f"{year} >= {dated.since}", value)
        cases.meta["parameter"] = mark
        return cases


def _by_itself(word: Definition, trail: tuple[str, ...]) -> str:
    return f"{word.where}: '{word.name}' is defined by itself: {' -> '.join(trail)}."


def is_history(word: Definition) -> bool:
    """Whether a variable looks at all years of a firm: its expression has an aggregate."""
    return word.kind == "variable" and bool(expression.aggregates(word.tree))


def histories(tree: Tree) -> set[str]:
    """The history variables that an expanded tree uses, by their column name."""
    return {node.name for node in expression.columns(tree) if node.name.startswith(HISTORY)}


def parameters(tree: Tree) -> set[tuple[str, str]]:
    """(name, point of the window or '') of the parameters that an expanded tree uses."""
    return {node.meta["parameter"] for node in tree.walk() if "parameter" in node.meta}


def uses_points(tree: Tree, catalog: Catalog, trail: tuple[str, ...] = ()) -> bool:
    """Whether an expression, or any word that it uses, compares points of a window."""
    for node in expression.columns(tree):
        if node.table:
            return True
        word = catalog.find(node.name, *ROW_KINDS)
        followed = word and word.expr and word.name not in trail and node.name not in CONTRACT
        if word and followed and uses_points(word.tree, catalog, (*trail, word.name)):
            return True
    return False


def panel_columns(tree: Tree) -> set[str]:
    """The panel columns of an expanded tree, without their point."""
    found = set()
    for node in expression.columns(tree):
        point, _, rest = node.name.partition("_")
        found.add(rest if point in POINTS else node.name)
    return {name for name in found if not name.startswith(HISTORY)}


def bound_names(tree: Tree, catalog: Catalog) -> frozenset[str]:
    """Names of overlapping dimensions that an expression mentions: they are given by the cell."""
    # The tree is kept beside the answer, so that its id is not given to another one.
    return catalog.remember(("bound", id(tree)), lambda: (tree, _bound_names(tree, catalog)))[1]


def _bound_names(tree: Tree, catalog: Catalog) -> frozenset[str]:
    names = {node.name for node in expression.columns(tree) if node.name not in CONTRACT}
    found = {name: catalog.find(name, *ROW_KINDS) for name in names}
    return frozenset(name for name, word in found.items() if word and word.overlaps)
