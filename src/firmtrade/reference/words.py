"""A page for each kind of word: what it means, where it comes from, what it is made of, who asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmtrade._engine import expression
from firmtrade.catalog import Definition
from firmtrade.explain import adds_up, link, over_columns, tables_of, users
from firmtrade.reference.markdown import code, points, rows, source_link, table_link, word_link
from firmtrade.words import in_words, say, uses

if TYPE_CHECKING:
    from firmtrade.study import StudySpec

_ABOUT = {
    "sample": """
Who a table is about. The conditions are applied in order; a firm of which one is unknown is out, and
counted. The attrition in each report says how many firms each condition removed.
""",
    "variable": """
What is derived for one firm in one year: yes, no or unknown, or a number. One with an aggregate looks
at all years of the firm.
""",
    "dimension": """
How firms are grouped. One with an expression gives each firm one code, or `unknown`, so its codes add
up; one with groups has a condition for each code, so that a firm may have several, and a union is
written `a | b`.
""",
    "measure": """
What is computed of a group of firms: one aggregate, or arithmetic over other measures. Whether it adds
up, and what it needs, is read off the expression.
""",
    "parameter": """
Numbers that a law or a convention fixes, by date. Each value has its source; a year without a value is
an error.
""",
    "rule": """
When a figure tells too much of one holding. A profile of `[protect]` in a study names the rules that its
release is protected by; `firmtrade run` uses `business-statistics` where the study names none.
""",
    "statistic": """
What a model tells: the model named in the text works it out, so a statistic has no expression.
""",
    "coordinate": """
What tells the figures of a model apart, besides the dimensions of tables.
""",
    "alternative": """
Another definition that somebody uses for a word, or for an option of a model. `firmtrade multiverse` answers
a question under each of them, and under all their combinations.
""",
    "source": """
What the definitions rest on. Every word names one of these, with the place.
""",
}


def words_page(kind: str, title: str, spec: StudySpec) -> str:
    """The page of one kind of word, in the order in which the definitions tell them."""
    sections = [word_section(word, spec) for word in spec.catalog.told(kind)]
    return "\n".join([f"# {title}", _ABOUT[kind], *sections])


def word_section(word: Definition, spec: StudySpec) -> str:
    """One word: heading, meaning, and a line for each thing that `firmtrade explain` says of it."""
    text = f" {word.text}" if word.text else ""
    listed = [_values(word, spec), _codes(word, spec)]
    parts = [f"## {word.name}\n", f"**{word.title}.**{text}\n", *listed]
    parts.append(points([*_formula(word, spec), *_about(word, spec)]))
    return "\n".join(part for part in parts if part)


def _formula(word: Definition, spec: StudySpec) -> list[tuple[str, str]]:
    if not word.expr:
        return []
    shown = [("in words", in_words(word, spec.catalog)), ("expression", code(word.expr))]
    columns = over_columns(word, spec)
    if columns and columns != expression.written(word.tree):
        shown.append(("over columns", code(columns)))
    return shown


def _about(word: Definition, spec: StudySpec) -> list[tuple[str, str]]:
    catalog = spec.catalog
    unit = f"{word.unit}, {_printed(word)}" if word.kind == "measure" else word.unit
    address = link(word, catalog)
    return [
        ("unit", unit),
        ("adds up", adds_up(word)),
        ("source", source_link(word.source, catalog) if word.source else ""),
        ("link", f"<{address}>" if address else ""),
        ("uses", ", ".join(word_link(each) for each in uses(word, catalog))),
        ("used by", ", ".join(word_link(each) for each in users(word, catalog))),
        ("tables", _runs(tables_of(word, spec), [table.name for table in spec.tables])),
        ("defined in", code(word.where)),
    ]


def _runs(found: list[str], every: list[str]) -> str:
    """Tables in the order of the study; where three or more follow each other, the first and the last."""
    parts: list[list[str]] = []
    for name in found:
        follows = parts and every.index(parts[-1][-1]) + 1 == every.index(name)
        parts[-1].append(name) if follows else parts.append([name])
    return ", ".join(
        f"{table_link(part[0])} to {table_link(part[-1])}"
        if len(part) > 2
        else ", ".join(map(table_link, part))
        for part in parts
    )


def _printed(word: Definition) -> str:
    return "printed with " + {0: "no decimals", 1: "one decimal"}.get(
        word.decimals, f"{word.decimals} decimals"
    )


def _values(word: Definition, spec: StudySpec) -> str:
    if not word.values or word.kind == "rule":
        return ""
    lines = [
        [str(v.since), "ended" if v.value is None else f"{v.value:,}", source_link(v.source, spec.catalog)]
        for v in word.values
    ]
    return rows(["from", "value", "source"], lines)


def _codes(word: Definition, spec: StudySpec) -> str:
    if word.classification:
        return "Its codes are the divisions of the classification that the study names.\n"
    if word.groups:
        said = {c: say(word.group(c), spec.catalog, word) for c in word.groups}
        lines = [[code(c), _label(word, c), code(expr), said[c]] for c, expr in word.groups.items()]
        return rows(["code", "label", "condition", "in words"], lines)
    return rows(["code", "label"], [[code(c), _label(word, c)] for c in word.codes]) if word.codes else ""


def _label(word: Definition, code: str) -> str:
    """A label that names the cell's flow is shown for trade in general."""
    return word.codes.get(code, code).replace("{flow}", "trade")
