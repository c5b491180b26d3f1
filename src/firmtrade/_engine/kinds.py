"""Whether an expression makes sense before it runs: numbers, text and conditions are not mixed.

Engines differ in what they convert without a word (one adds up conditions, another refuses), and their
messages name neither the definition nor the remedy.
"""

from __future__ import annotations

from collections.abc import Callable

from firmtrade._engine import expression
from firmtrade._engine.expression import Tree
from firmtrade.errors import StudyError

NUMBER, TEXT, CONDITION = "a number", "text", "a condition"
ANY = ""  # NULL, or a column of which only the panel knows what it holds

Kinds = Callable[[str], str]

_ARITHMETIC = ("Add", "Sub", "Mul", "Div", "Neg")
_COMPARISONS = ("EQ", "NEQ", "GT", "GTE", "LT", "LTE", "Between", "In")
_LOGICAL = ("And", "Or", "Not")
_NUMERIC = (
    "abs", "exp", "floor", "herfindahl", "ln", "median", "power", "quantile", "quantile_disc", "sqrt",
    "stddev_samp", "sum", "top_count_share", "top_share",
)  # fmt: skip


def kind_of(tree: Tree, columns: Kinds, where: str) -> str:
    """NUMBER, TEXT, CONDITION or ANY; a StudyError where the parts of `tree` do not fit together.

    `columns` gives the kind of a column by its name.
    """
    return _Reading(columns, where).of(tree)


def expect(kind: str, tree: Tree, columns: Kinds, where: str) -> None:
    """Refuse a tree that is something else than `kind`, or whose parts do not fit together."""
    _Reading(columns, where).expect(kind, tree)


def _remedy(kind: str, found: str) -> str:
    if (kind, found) == (NUMBER, CONDITION):
        return " Firms that meet a condition are counted by count(*) filter (where ...)."
    return " Compare it with something: '> 0'." if (kind, found) == (CONDITION, NUMBER) else ""


class _Reading:
    def __init__(self, columns: Kinds, where: str) -> None:
        self.columns, self.where = columns, where

    def of(self, node: Tree) -> str:
        """The kind of a node, after its parts."""
        name = type(node).__name__
        if name == "Column":
            return self.columns(node.name)
        if name == "Literal":
            return TEXT if node.is_string else NUMBER
        if name in ("Null", "Star"):
            return ANY
        if name == "Paren":
            return self.of(node.this)
        if name == "Case":
            return self._case(node)
        if name == "Filter":
            self.expect(CONDITION, node.expression.this)
            return self.of(node.this)
        return self._operator(node, name)

    def _operator(self, node: Tree, name: str) -> str:
        parts = _parts(node)
        if name in _LOGICAL:
            self.expect(CONDITION, *parts)
        elif name in _COMPARISONS:
            self._same(node, parts)
        elif name in _ARITHMETIC:
            self.expect(NUMBER, *parts)
            return NUMBER
        elif name not in ("Is", "Boolean"):
            return self._function(node, parts)
        return CONDITION

    def _function(self, node: Tree, parts: list[Tree]) -> str:
        name = expression.function_name(node)
        if name in _NUMERIC:
            self.expect(NUMBER, *parts)
            return NUMBER
        if name == "substring":
            self.expect(TEXT, *parts[:1])
            self.expect(NUMBER, *parts[1:])
            return TEXT
        if name in ("coalesce", "nullif"):
            return self._same(node, parts)
        found = [self.of(part) for part in parts]
        return found[0] if name in ("min", "max") else NUMBER

    def _case(self, node: Tree) -> str:
        whens = [branch.this for branch in node.args["ifs"]]
        if node.this is None:
            self.expect(CONDITION, *whens)
        else:
            self._same(node, [node.this, *whens])
        default = node.args.get("default")
        results = [branch.args["true"] for branch in node.args["ifs"]]
        return self._same(node, [*results, *([default] if default is not None else [])])

    def expect(self, kind: str, *nodes: Tree) -> None:
        """Refuse nodes that are something else than `kind`."""
        for node in nodes:
            found = self.of(node)
            if ANY not in (kind, found) and found != kind:
                what = f"'{expression.written(node)}' is {found}; {kind} belongs there"
                raise StudyError(f"{self.where}: {what}.{_remedy(kind, found)}")

    def _same(self, node: Tree, parts: list[Tree]) -> str:
        found = {self.of(part) for part in parts} - {ANY}
        if len(found) > 1:
            raise StudyError(
                f"{self.where}: '{expression.written(node)}' puts {' and '.join(sorted(found))} together. "
                f"A code such as an activity is text and is written in quotes."
            )
        return found.pop() if found else ANY


def _parts(node: Tree) -> list[Tree]:
    children = [c for value in node.args.values() for c in (value if isinstance(value, list) else [value])]
    return [child for child in children if hasattr(child, "walk")]
