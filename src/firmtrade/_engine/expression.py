"""The closed SQL subset in which every definition is written.

sqlglot parses and this module allows or refuses, node by node; nothing is ever translated between
dialects (translation changed medians silently), so one text runs on every engine. The allow-list is
also the security boundary: no sub-query, no file function, no statement, no cast passes.

Functions of our own: `median(x)`, `quantile(x, p)`, `top_share(x, p)` are aggregates that cannot be
added up; `total(measure, dimension)` is a measure with a dimension set to 'not broken down'.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from firmtrade.errors import StudyError, nearest

#: A node of sqlglot's tree. Not named by its type: sqlglot is imported when the first expression is
#: parsed, not before, and its nodes carry their parts in a dictionary.
Tree = Any

#: Longer expressions are refused before they are parsed: deep nesting would exhaust the parser.
LONGEST = 4000

ROW_FUNCTIONS = ("abs", "coalesce", "exp", "floor", "ln", "nullif", "power", "sqrt", "substring")
AGGREGATES = ("count", "max", "median", "min", "quantile", "sum", "top_share")
OPERATORS = [
    "Add",
    "And",
    "Between",
    "Boolean",
    "Case",
    "Column",
    "Distinct",
    "Div",
    "EQ",
    "Filter",
    "GT",
    "GTE",
    "Identifier",
    "If",
    "In",
    "Is",
    "LT",
    "LTE",
    "Literal",
    "Mul",
    "NEQ",
    "Neg",
    "Not",
    "Null",
    "Or",
    "Paren",
    "Star",
    "Sub",
    "Where",
]
_CLASSES = {"Pow": "power", "Anonymous": "", "Substring": "substring"}
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


@lru_cache(maxsize=4096)
def parse(text: str, where: str) -> Tree:
    """Parse `text`; refuse, naming the place `where`, anything outside the closed subset.

    The tree is shared by all callers: copy it before changing it.
    """
    import sqlglot

    if len(text) > LONGEST:
        raise StudyError(f"{where}: the expression has {len(text)} characters; {LONGEST} are allowed.")
    try:
        tree = sqlglot.parse_one(text)
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        reason = (
            str(error)
            .splitlines()[0]
            .split(". Line")[0]
            .removeprefix("Invalid expression / Unexpected token")
        )
        raise StudyError(
            f"{where}: '{text}' cannot be read as an expression{reason and ': ' + reason}."
        ) from None
    for node in tree.walk():
        _allow(node, text, where)
    return tree


def _allow(node: Tree, text: str, where: str) -> None:
    kind = type(node).__name__
    if kind == "Identifier":
        if not _NAME.match(node.name):
            raise StudyError(
                f"{where}: '{node.name}' in '{text}' is not a name. Names are lower case; "
                f"write growth-rate as growth_rate inside an expression."
            )
        return
    if kind in OPERATORS:
        return
    name = function_name(node)
    known = (*ROW_FUNCTIONS, *AGGREGATES, "total")
    if name not in known:
        what = f"function '{name}'" if name else f"'{node.sql()}'"
        raise StudyError(
            f"{where}: {what} in '{text}' is not part of the expression language."
            f"{nearest(name or '?', known)} "
            f"Functions: {', '.join(sorted(known))}."
        )


def function_name(node: Tree) -> str:
    """The function's name in our language, or an empty string for another node."""
    from sqlglot import exp

    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    if not isinstance(node, exp.Func):
        return ""
    kind = type(node).__name__
    return _CLASSES.get(kind, kind.lower())


def aggregates(tree: Tree) -> list[Tree]:
    """The aggregate calls in a tree, each with its `filter (where ...)` if it has one."""
    from sqlglot import exp

    found = []
    for node in tree.walk():
        if function_name(node) in AGGREGATES:
            found.append(node.parent if isinstance(node.parent, exp.Filter) else node)
    return found


def split_aggregate(tree: Tree) -> tuple[str, list[Tree], Tree | None]:
    """Take `sum(x) filter (where c)` apart into name, arguments and condition."""
    from sqlglot import exp

    condition = None
    if isinstance(tree, exp.Filter):
        condition, tree = tree.expression.this, tree.this
    name = function_name(tree)
    if isinstance(tree, exp.Anonymous):
        return name, list(tree.expressions), condition
    second = tree.args.get("quantile")
    return name, [tree.this, second] if second is not None else [tree.this], condition


def columns(tree: Tree) -> Iterator[Tree]:
    """The column nodes of a tree, qualified (`t0.employment`) or not."""
    from sqlglot import exp

    return (node for node in tree.walk() if isinstance(node, exp.Column))


def substitute(tree: Tree, replace: Callable[[Tree], Tree]) -> Tree:
    """A copy of the tree with each column replaced, in brackets where precedence could change."""
    from sqlglot import exp

    def change(node: Tree) -> Tree:
        if not isinstance(node, exp.Column):
            return node
        new = replace(node)
        atomic = isinstance(new, (exp.Column, exp.Literal, exp.Paren, exp.Case, exp.Boolean))
        return new if atomic else exp.Paren(this=new)

    return tree.copy().transform(change)


def render(tree: Tree) -> str:
    """The SQL text of a row-level tree: the same on every engine.

    Division goes through DOUBLE and `nullif`: engines disagree on integer division and on x / 0.
    """
    from sqlglot import exp

    def safe(node: Tree) -> Tree:
        if not isinstance(node, exp.Div):
            return node
        double = exp.DataType.build("double")
        return exp.Div(
            this=exp.Cast(this=node.this, to=double),
            expression=exp.Nullif(
                this=exp.Cast(this=node.expression, to=double), expression=exp.Literal.number(0)
            ),
        )

    divided = {id(node) for node in tree.find_all(exp.Div)}
    copied = tree.copy()
    if divided:
        copied = _bottom_up(copied, safe)
    return copied.sql(comments=False)  # type: ignore[no-any-return]


def _bottom_up(node: Tree, change: Callable[[Tree], Tree]) -> Tree:
    for key, child in list(node.args.items()):
        if isinstance(child, list):
            node.set(key, [_bottom_up(c, change) if hasattr(c, "args") else c for c in child])
        elif hasattr(child, "args"):
            node.set(key, _bottom_up(child, change))
    return change(node)


def conjuncts(tree: Tree) -> list[Tree]:
    """The conditions that AND joins at the top, in the order they are written."""
    from sqlglot import exp

    if isinstance(tree, exp.Paren):
        return conjuncts(tree.this)
    if isinstance(tree, exp.And):
        return [*conjuncts(tree.left), *conjuncts(tree.right)]
    return [tree]


def atoms(tree: Tree) -> list[Tree]:
    """The smallest true / false / unknown parts of a condition: `export_intra > 0`."""
    from sqlglot import exp

    if isinstance(tree, (exp.And, exp.Or)):
        return [*atoms(tree.left), *atoms(tree.right)]
    if isinstance(tree, (exp.Not, exp.Paren)):
        return atoms(tree.this)
    if isinstance(tree, exp.Is) and _is_condition(tree.this):
        return atoms(tree.this)
    return [] if isinstance(tree, (exp.Boolean, exp.Null)) else [tree]


def _is_condition(tree: Tree) -> bool:
    from sqlglot import exp

    while isinstance(tree, exp.Paren):
        tree = tree.this
    return isinstance(
        tree,
        (
            exp.And,
            exp.Or,
            exp.Not,
            exp.GT,
            exp.GTE,
            exp.LT,
            exp.LTE,
            exp.EQ,
            exp.NEQ,
            exp.Between,
            exp.In,
            exp.Is,
        ),
    )


def over_atoms(tree: Tree, names: Mapping[str, str]) -> Tree:
    """The same condition over columns that hold its atoms' answers; `names` maps SQL to column."""
    from sqlglot import exp

    if isinstance(tree, (exp.And, exp.Or)):
        return type(tree)(this=over_atoms(tree.left, names), expression=over_atoms(tree.right, names))
    if isinstance(tree, (exp.Not, exp.Paren)):
        return type(tree)(this=over_atoms(tree.this, names))
    if isinstance(tree, exp.Is) and _is_condition(tree.this):
        return exp.Is(this=over_atoms(tree.this, names), expression=tree.expression.copy())
    return tree.copy() if isinstance(tree, (exp.Boolean, exp.Null)) else exp.column(names[render(tree)])


def cases(tree: Tree) -> list[tuple[Tree, str]] | None:
    """The (condition, code) pairs of a CASE whose results are all text codes, else None."""
    from sqlglot import exp

    while isinstance(tree, exp.Paren):
        tree = tree.this
    if not isinstance(tree, exp.Case) or tree.this is not None:
        return None
    results = [branch.args["true"] for branch in tree.args["ifs"]]
    if not all(isinstance(result, exp.Literal) and result.is_string for result in results):
        return None
    pairs = [(branch.this, branch.args["true"].name) for branch in tree.args["ifs"]]
    otherwise = tree.args.get("default")
    if otherwise is not None:
        if not (isinstance(otherwise, exp.Literal) and otherwise.is_string):
            return None
        pairs.append((exp.true(), otherwise.name))
    return pairs
