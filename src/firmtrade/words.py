"""A definition as people meet it: formula in words, what it uses, who uses it.

Hover texts, `firmtrade explain`, the reference pages and the notebook card are all made from here, so
that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from firmtrade._engine import expression
from firmtrade._engine.expression import Tree
from firmtrade.catalog import UNKNOWN, Catalog, Definition
from firmtrade.result import Word

#: The panel's columns in words (DESIGN.md, section 3).
COLUMNS = {
    "firm": "firm",
    "year": "year",
    "activity": "activity code",
    "region": "region code",
    "founded": "year of foundation",
    "employment": "employment",
    "turnover": "turnover",
    "value_added": "value added",
    "domestic": "domestically owned",
    "import_intra": "imports from the union",
    "import_extra": "imports from outside the union",
    "export_intra": "exports to the union",
    "export_extra": "exports to outside the union",
    "import_partners": "number of countries imported from",
    "export_partners": "number of countries exported to",
    "import_products": "number of products imported",
    "export_products": "number of products exported",
    "coverage": "population of the trade register",
    "in_register": "in the business register",
    "declared_import": "declared imports",
    "declared_export": "declared exports",
}
_POINTS = {
    "t0": " in the first year",
    "t1": " in the last year of the status",
    "outcome": " in the year of the outcome",
}
_SIGNS = {
    "Add": "+",
    "Sub": "-",
    "Mul": "x",
    "Div": "/",
    "GT": "is above",
    "GTE": "is at least",
    "LT": "is below",
    "LTE": "is at most",
    "EQ": "is",
    "NEQ": "is not",
    "And": "and",
    "Or": "or",
}
_CALLS = {
    "sum": "sum of {0}",
    "count": "number of firms with known {0}",
    "median": "median of {0}",
    "min": "lowest {0}",
    "max": "highest {0}",
    "quantile": "{1} quantile of {0}",
    "quantile_disc": "{1} quantile of {0} (a value that occurs)",
    "stddev_samp": "standard deviation of {0}",
    "herfindahl": "Herfindahl index of {0}",
    "top_share": "share of {0} held by the top {1} of firms",
    "top_count_share": "share of {0} held by the largest {1} firms",
    "total": "{0} over all of {1}",
    "power": "({0}) to the power of ({1})",
    "ln": "logarithm of {0}",
    "substring": "{2} characters of {0} from place {1} on",
    "abs": "size of {0}",
    "coalesce": "{0}, or else {1}",
}


def word(definition: Definition, catalog: Catalog) -> Word:
    """The card of a definition."""
    formula = definition.expr or "; ".join(f"{code}: {expr}" for code, expr in definition.groups.items())
    described = definition.text or in_words(definition, catalog)
    source = catalog.citation(definition.source) if definition.source else ""
    return Word(
        definition.name,
        definition.kind,
        definition.title,
        described,
        formula,
        definition.unit,
        source,
        {code: label.replace("{flow}", "trade") for code, label in definition.codes.items()},
        {code: say(definition.group(code), catalog, definition) for code in definition.groups},
        adds_up(definition),
        partition(definition),
    )


def adds_up(definition: Definition) -> bool:
    """Whether a measure of groups without a common firm adds up to that of all: it is one count or sum."""
    if definition.kind != "measure" or not expression.aggregates(definition.tree):
        return False
    return expression.split_aggregate(definition.tree)[0] in ("count", "sum")


def partition(definition: Definition) -> tuple[str, ...]:
    """All codes of a dimension that gives each firm one, with those whose group is not known; else none.

    The codes of a classification are the panel's, so that a release cannot say whether it has them all.
    """
    if definition.kind != "dimension" or definition.overlaps or definition.classification:
        return ()
    return tuple(dict.fromkeys((*definition.codes, UNKNOWN)))


def in_words(definition: Definition, catalog: Catalog) -> str:
    """The formula as a sentence, from the expression itself."""
    if definition.values:
        return "; ".join(f"{_number(v.value)} from {v.since}" for v in definition.values)
    if definition.groups:
        parts = (
            f"{definition.codes.get(c, c)}: {say(definition.group(c), catalog, definition)}"
            for c in definition.groups
        )
        return "; ".join(parts)
    if not definition.expr:
        return definition.text
    return say(definition.tree, catalog, definition)


def _number(value: float | None) -> str:
    return "ended" if value is None else f"{value:,}"


def say(node: Tree, catalog: Catalog, home: Definition) -> str:
    """An expression, or a part of it, in words; `home` is the definition that it belongs to."""
    from sqlglot import exp

    kind = type(node).__name__
    if isinstance(node, exp.Column):
        return _name(node, catalog, home)
    if isinstance(node, exp.Literal):
        return node.name
    if isinstance(node, exp.Paren):
        return f"({say(node.this, catalog, home)})"
    if kind in _SIGNS:
        return f"{say(node.this, catalog, home)} {_SIGNS[kind]} {say(node.expression, catalog, home)}"
    if isinstance(node, exp.Filter):
        return f"{say(node.this, catalog, home)}, where {say(node.expression.this, catalog, home)}"
    return _special(node, catalog, home)


def _special(node: Tree, catalog: Catalog, home: Definition) -> str:
    from sqlglot import exp

    def phrase(child: Tree) -> str:
        return say(child, catalog, home)

    if isinstance(node, exp.Not):
        inner = node.this
        if isinstance(inner, exp.Is):
            if isinstance(inner.this, exp.Column) and inner.this.name == "year":
                return f"there is a record{_POINTS.get(inner.this.table, '')}"
            return f"{phrase(inner.this)} is known"
        return f"not {phrase(inner)}"
    if isinstance(node, exp.Is):
        return f"{phrase(node.this)} is unknown"
    if isinstance(node, exp.Between):
        return f"{phrase(node.this)} is between {phrase(node.args['low'])} and {phrase(node.args['high'])}"
    if isinstance(node, exp.In):
        return f"{phrase(node.this)} is one of {', '.join(phrase(e) for e in node.expressions)}"
    if isinstance(node, exp.Case):
        parts = [f"{phrase(i.args['true'])} where {phrase(i.this)}" for i in node.args["ifs"]]
        return "; ".join(parts)
    if isinstance(node, exp.Star):
        return "*"
    if isinstance(node, (exp.Boolean, exp.Null)):
        return {"TRUE": "yes", "FALSE": "no"}.get(node.sql(), "unknown")
    return _call(node, phrase)


def _call(node: Tree, phrase: Callable[[Tree], str]) -> str:
    from sqlglot import exp

    name = expression.function_name(node)
    if isinstance(node, exp.Count) and isinstance(node.this, exp.Star):
        return "number of firms"
    children = [
        c for v in node.args.values() for c in (v if isinstance(v, list) else [v]) if hasattr(c, "walk")
    ]
    said = [phrase(child) for child in children]
    template = _CALLS.get(name)
    if template is None or template.count("{") > len(said):
        return f"{name}({', '.join(said)})" if name else expression.written(node)
    return template.format(*said)


def _name(node: Tree, catalog: Catalog, home: Definition) -> str:
    at = _POINTS.get(node.table, "")
    if node.name in COLUMNS and (
        home.kind != "measure" or catalog.find(node.name, "measure") in (None, home) or in_aggregate(node)
    ):
        return COLUMNS[node.name] + at
    kinds = (
        ("variable", "parameter", "dimension", "sample")
        if _row_level(node, home)
        else ("measure", "parameter", "dimension")
    )
    found = catalog.find(node.name, *kinds)
    if found is not None and len(found.values) == 1:
        return _number(found.values[0].value)
    return (found.title[:1].lower() + found.title[1:] if found else node.name.replace("_", " ")) + at


def _row_level(node: Tree, home: Definition) -> bool:
    return home.kind != "measure" or in_aggregate(node)


def in_aggregate(node: Tree) -> bool:
    """Whether a name stands inside an aggregate, where it is about the firm and not about the group."""
    parent = node.parent
    while parent is not None:
        if expression.function_name(parent) in expression.AGGREGATES or type(parent).__name__ == "Filter":
            return True
        parent = parent.parent
    return False


def uses(definition: Definition, catalog: Catalog) -> list[Definition]:
    """The words that a definition is made of, directly."""
    if not definition.expr and not definition.groups:
        return []
    trees = [definition.tree] if definition.expr else [definition.group(c) for c in definition.groups]
    found: dict[str, Definition] = {}
    for tree in trees:
        for node in expression.columns(tree):
            row_level = definition.kind != "measure" or in_aggregate(node)
            if row_level and node.name in COLUMNS:
                continue
            kinds = (
                ("variable", "parameter", "dimension", "sample")
                if row_level
                else ("measure", "parameter", "dimension")
            )
            used = catalog.find(node.name, *kinds)
            if used is not None and used is not definition:
                found.setdefault(used.name, used)
    return [found[name] for name in sorted(found)]


def closure(definitions: Iterable[Definition], catalog: Catalog) -> list[Definition]:
    """These words and all that they are made of, each once."""
    found: dict[tuple[str, str], Definition] = {}
    waiting = list(definitions)
    while waiting:
        definition = waiting.pop()
        if (definition.kind, definition.name) not in found:
            found[definition.kind, definition.name] = definition
            waiting += uses(definition, catalog)
    return [found[key] for key in sorted(found)]
