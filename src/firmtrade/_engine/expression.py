"""The closed SQL subset in which every definition is written.

sqlglot parses and this module allows or refuses, node by node; nothing is ever translated between
dialects (translation changed medians silently), so one text runs on every engine. The allow-list is
also the security boundary: no sub-query, no file function, no statement, no cast passes.

Functions of our own: `median(x)`, `quantile(x, p)`, `quantile_disc(x, p)`, `top_share(x, p)`,
`top_count_share(x, n)`, `stddev_samp(x)` and `herfindahl(x)` are aggregates that cannot be added up;
`total(measure, dimension)` is a measure with a dimension set to 'not broken down'.
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
#: And so would deep trees the steps that follow: a sum of a hundred terms is a hundred deep.
DEEPEST = 120

ROW_FUNCTIONS = ("abs", "coalesce", "exp", "floor", "ln", "nullif", "power", "sqrt", "substring")
AGGREGATES = (
    "count", "herfindahl", "max", "median", "min", "quantile", "quantile_disc", "stddev_samp", "sum",
    "top_count_share", "top_share",
)  # fmt: skip
#: Those whose second argument is a share that is written out.
SHARES = ("quantile", "quantile_disc", "top_share")
OPERATORS = [
    "Add", "And", "Between", "Boolean", "Case", "Column", "Div", "EQ", "Filter", "GT", "GTE",
    "Identifier", "If", "In", "Is", "LT", "LTE", "Literal", "Mul", "NEQ", "Neg", "Not", "Null", "Or",
    "Paren", "Star", "Sub", "Where",
]  # fmt: skip
_CLASSES = {"Pow": "power", "Anonymous": "", "StddevSamp": "stddev_samp", "Substring": "substring"}
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


@lru_cache(maxsize=4096)
def parse(text: str, where: str) -> Tree:
    """Parse `text`; refuse, naming the place `where`, anything outside the closed subset.

    The tree is shared by all callers: copy it before changing it.
    """
    import logging

    import sqlglot

    # It says on standard error what it cannot read; that is said by the error below.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    if len(text) > LONGEST:
        raise StudyError(f"{where}: the expression has {len(text)} characters; {LONGEST} are allowed.")
    try:
        tree = sqlglot.parse_one(text)
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        raise StudyError(f"{where}: '{text}' cannot be read as an expression{_reason(str(error))}.") from None
    if _deep(tree):
        raise StudyError(
            f"{where}: '{text[:60]} ...' is nested more than {DEEPEST} deep. Give its parts names."
        )
    for node in tree.walk():
        _allow(node, text, where)
    return tree


def _deep(tree: Tree) -> bool:
    """Whether an expression is deeper than what works through it, level by level, can go."""
    level, depth = [tree], 0
    while level and depth <= DEEPEST:
        level = [child for node in level for child in node.iter_expressions()]
        depth += 1
    return bool(level)


def _reason(message: str) -> str:
    """What the parser says, without its own names for things."""
    first = message.splitlines()[0].split(". Line")[0]
    if "Required keyword" in first:
        return ": something is missing, such as the right side of an operator or an argument"
    if "provided arguments" in first:
        return ": a function has too many arguments"
    first = first.removeprefix("Invalid expression / Unexpected token")
    return f": {first}" if first else ": a sign or a word stands where none can"


def _allow(node: Tree, text: str, where: str) -> None:
    kind = type(node).__name__
    if kind == "Identifier":
        if not _NAME.match(node.name):
            raise StudyError(
                f"{where}: '{node.name}' in '{text}' is not a name. Names are lower case; "
                f"write growth-rate as growth_rate inside an expression."
            )
        return
    if kind in OPERATORS and not _misplaced(node):
        return
    if kind == "Count" and node.this is None:
        raise StudyError(f"{where}: '{text}' does not say what is counted. Firms are counted by count(*).")
    name = function_name(node)
    known = (*ROW_FUNCTIONS, *AGGREGATES, "total")
    if name not in known or _misplaced(node):
        name = _usual_name(node)
        what = f"function '{name}'" if name else f"'{written(node)}'"
        raise StudyError(
            f"{where}: {what} in '{text}' is not part of the expression language."
            f"{nearest(name or '?', known)} "
            f"Functions: {', '.join(sorted(known))}."
        )
    if name in SHARES:
        _check_share(node, name, where)
    if name == "top_count_share":
        _check_number(node, where)


def _check_number(node: Tree, where: str) -> None:
    """The second argument of a share of the largest n firms is a whole number that is written out."""
    second = (split_aggregate(node)[1][1:] or [None])[0]
    if type(second).__name__ != "Literal" or second.is_string or not re.fullmatch("[1-9][0-9]*", second.name):
        raise StudyError(
            f"{where}: '{written(node)}' needs a number of firms as its second argument, from 1 on: "
            f"top_count_share(x, 10)."
        )


def _check_share(node: Tree, name: str, where: str) -> None:
    """The second argument of a quantile or a top share is a number that is written out."""
    from sqlglot import exp

    second = (split_aggregate(node)[1][1:] or [None])[0]
    share = float(second.name) if isinstance(second, exp.Literal) and not second.is_string else -1.0
    lowest = "above 0 and at most 1" if name == "top_share" else "from 0 to 1"
    if not 0 <= share <= 1 or (name == "top_share" and share == 0):
        raise StudyError(
            f"{where}: '{written(node)}' needs a share as its second argument, a number {lowest}: "
            f"{name}(x, 0.1)."
        )


def _misplaced(node: Tree) -> bool:
    """`if(...)` outside a CASE, a star outside `count(*)`."""
    kind, parent = type(node).__name__, type(node.parent).__name__
    if kind == "If":
        return parent != "Case"
    return kind == "Star" and parent != "Count"


def _usual_name(node: Tree) -> str:
    """A function's name as it is usually written: 'read_csv'."""
    from sqlglot import exp

    if not isinstance(node, exp.Func) or isinstance(node, (exp.Anonymous, exp.And, exp.Or)):
        return function_name(node)
    return str(node.sql_name()).lower()


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

    return tree.transform(change)


def render(tree: Tree) -> str:
    """The SQL text of a row-level tree: the same on every engine.

    Engines disagree on integer division, on x / 0 and on functions outside their domain (an error here,
    infinity or NaN there): division goes through DOUBLE and `nullif`, and ln(0) or sqrt(-1) is unknown.
    """
    from sqlglot import exp

    if tree.find(exp.Div, exp.Ln, exp.Sqrt, exp.Pow) is not None:
        tree = _bottom_up(tree.copy(), _in_domain)
    return tree.sql(comments=False)  # type: ignore[no-any-return]


def _in_domain(node: Tree) -> Tree:
    from sqlglot import exp

    zero = exp.Literal.number(0)
    if isinstance(node, exp.Div):
        double = exp.DataType.build("double")
        below = exp.Nullif(this=exp.Cast(this=node.expression, to=double), expression=zero)
        return exp.Div(this=exp.Cast(this=node.this, to=double), expression=below)
    if isinstance(node, exp.Ln):
        return exp.Case().when(exp.GT(this=node.this.copy(), expression=zero), node)
    if isinstance(node, exp.Sqrt):
        return exp.Case().when(exp.GTE(this=node.this.copy(), expression=zero), node)
    if isinstance(node, exp.Pow):
        return _power(node)
    return node


def _power(node: Tree) -> Tree:
    """A power where it exists: any number has a square, no number below zero a root."""
    from sqlglot import exp

    exponent, zero = node.expression, exp.Literal.number(0)
    inverse = isinstance(exponent, exp.Neg)
    plainly = exponent.this if inverse else exponent
    literal = isinstance(plainly, exp.Literal)
    allowed: Any = exp.GTE if literal and not inverse else exp.GT
    if literal and plainly.name.isdigit():
        if not inverse:
            return node
        allowed = exp.NEQ
    return exp.Case().when(allowed(this=node.this.copy(), expression=zero), node)


def written(tree: Tree) -> str:
    """A tree as people write it: keywords in lower case, codes in quotes as they are."""
    text = str(tree.sql(comments=False))
    return re.sub(r"'[^']*'|[^']+", lambda part: part[0] if part[0][0] == "'" else part[0].lower(), text)


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


def is_known_test(tree: Tree) -> bool:
    """Whether an atom asks if a column has a value: `x is null`."""
    from sqlglot import exp

    is_null = isinstance(tree, exp.Is) and isinstance(tree.expression, exp.Null)
    return is_null and isinstance(tree.this, exp.Column)


#: What is NULL where one of its parts is.
_STRICT = ("Add", "Between", "Column", "EQ", "GT", "GTE", "Identifier", "In", "LT", "LTE", "Literal", "Mul",
           "NEQ", "Neg", "Paren", "Sub", "Substring")  # fmt: skip


def unknown_of_nothing(tree: Tree) -> bool:
    """Whether a condition, or a CASE over codes, is NULL where all its columns are."""
    parts = [tree] if cases(tree) is None else [when for when, _ in cases(tree) or []]
    found = [atom for part in parts for atom in atoms(part)]
    return len(found) > 0 and all(
        any(True for _ in columns(atom)) and all(type(node).__name__ in _STRICT for node in atom.walk())
        for atom in found
    )


def over_atoms(tree: Tree, names: Mapping[str, str]) -> str:
    """SQL of a condition over columns that hold its atoms' answers; `names` maps SQL to column."""
    from sqlglot import exp

    if isinstance(tree, (exp.And, exp.Or)):
        word = "AND" if isinstance(tree, exp.And) else "OR"
        return f"{over_atoms(tree.left, names)} {word} {over_atoms(tree.right, names)}"
    if isinstance(tree, exp.Not):
        return f"NOT {over_atoms(tree.this, names)}"
    if isinstance(tree, exp.Paren):
        return f"({over_atoms(tree.this, names)})"
    if isinstance(tree, exp.Is) and _is_condition(tree.this):
        return f"{over_atoms(tree.this, names)} IS {render(tree.expression)}"
    return render(tree) if isinstance(tree, (exp.Boolean, exp.Null)) else names[render(tree)]


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
