"""`firmtrade explain`: what a word means, where it comes from, and the SQL that counts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmtrade._engine import expression
from firmtrade.catalog import Catalog, Definition
from firmtrade.classify.expand import Meaning, uses_points
from firmtrade.errors import FirmtradeError
from firmtrade.words import adds_up as is_additive
from firmtrade.words import in_words, uses

if TYPE_CHECKING:
    from firmtrade.describe.spec import Table
    from firmtrade.study import StudySpec


Parts = list[tuple[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Card:
    """What is said of a word: (heading, lines) in order. Prints as text, shows as HTML in a notebook."""

    title: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]

    def __str__(self) -> str:
        width = max((len(heading) for heading, _ in self.parts), default=0)
        lines = [self.title, ""]
        for heading, texts in self.parts:
            for n, text in enumerate(texts):
                lines.append(f"  {heading if n == 0 else '':<{width}}  {text}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(
            f"<tr><th scope='row' style='text-align:left;vertical-align:top'>{escape(heading)}</th>"
            f"<td style='text-align:left'>{'<br>'.join(map(escape, texts))}</td></tr>"
            for heading, texts in self.parts
        )
        return f"<table><caption>{escape(self.title)}</caption><tbody>{rows}</tbody></table>"


def explain(name: str, spec: StudySpec) -> Card:
    """The card of a definition or of a table; a name of several kinds gets all of them."""
    tables = [table for table in spec.tables if table.name == name]
    plain = name.replace("_", "-")
    words = [word for word in spec.catalog if word.name == plain]
    if not tables and not words:
        spec.catalog.get(name)  # raises, with the nearest known name
    parts: Parts = []
    for table in tables:
        parts += _table(table)
    for word in words:
        parts += _word(word, spec)
    return Card(name, tuple(parts))


def _table(table: Table) -> Parts:
    blocks = []
    for block in table.blocks:
        by = ", ".join(f"{dimension} ({', '.join(codes)})" for dimension, codes in block.by) or "no breakdown"
        when = f" in {', '.join(block.periods)}" if block.periods else ""
        blocks.append(f"{', '.join(block.measures)} of {block.sample}{when} by {by}")
    return [
        ("table", (table.title,)),
        ("cells", tuple(blocks)),
        ("SQL", (f"firmtrade explain {table.name} --sql",)),
    ]


def _word(word: Definition, spec: StudySpec) -> Parts:
    catalog = spec.catalog
    parts: Parts = [
        (word.kind, (word.title,)),
        ("meaning", (word.text,)),
        ("in words", (in_words(word, catalog),)),
    ]
    parts += [
        ("expression", (word.expr,) if word.expr else tuple(f"{c}: {e}" for c, e in word.groups.items()))
    ]
    parts += [
        ("over columns", (over_columns(word, spec),)),
        ("unit", (word.unit,)),
        ("adds up", (adds_up(word),)),
    ]
    parts += [
        ("codes", tuple(f"{code}: {label}".replace("{flow}", "trade") for code, label in word.codes.items()))
    ]
    parts += [
        ("values", tuple(f"{v.value} from {v.since} ({catalog.citation(v.source)})" for v in word.values))
    ]
    parts += [
        ("source", (catalog.citation(word.source),) if word.source else ()),
        ("link", (link(word, catalog),)),
    ]
    parts += [("uses", tuple(f"{used.name} ({used.kind})" for used in uses(word, catalog)))]
    parts += [("used by", tuple(f"{user.name} ({user.kind})" for user in users(word, catalog)))]
    parts += [("tables", (", ".join(tables_of(word, spec)),))]
    parts += [("defined in", (word.where,))]
    return [(heading, texts) for heading, texts in parts if any(texts)]


def over_columns(word: Definition, spec: StudySpec) -> str:
    """The expression with every name replaced by panel columns, where that can be shown in one line."""
    catalog = spec.catalog
    if (
        not word.expr
        or word.kind == "source"
        or (word.kind == "measure" and not expression.aggregates(word.tree))
    ):
        return ""
    meaning = Meaning(catalog, frozenset(spec.panel.get("columns", {})))
    point = "t0" if uses_points(word.tree, catalog) else None
    try:
        return expression.written(meaning.row(word.tree, word.where, point))
    except FirmtradeError:
        return ""  # it depends on a group that only a cell gives


def adds_up(word: Definition) -> str:
    """Whether figures of a measure, or firms of a dimension's codes, may be added up; and why not."""
    if word.kind == "dimension":
        return (
            "no: a firm may have several of the codes; unions are exact ('a | b')"
            if word.overlaps
            else "yes: each firm has one code"
        )
    if word.kind != "measure":
        return ""
    if not expression.aggregates(word.tree):
        return "no: worked out from other measures for each cell"
    if is_additive(word):
        return "yes, over codes that do not overlap"
    return "no: needs all firms of the cell at once"


def link(word: Definition, catalog: Catalog) -> str:
    """The address of the source that the word rests on, or of the source that it is."""
    source = catalog.find(word.source.partition("#")[0], "source") if word.source else None
    return (source.link if source else "") or word.link


def users(word: Definition, catalog: Catalog) -> list[Definition]:
    """The words that are made of this one, directly; of a source, those that rest on it."""

    def index() -> dict[tuple[str, str], list[Definition]]:
        found: dict[tuple[str, str], list[Definition]] = {}
        for other in catalog:
            for used in uses(other, catalog):
                found.setdefault((used.kind, used.name), []).append(other)
            sources = {other.source, *(value.source for value in other.values)}
            for name in sorted({source.partition("#")[0] for source in sources} - {""}):
                found.setdefault(("source", name), []).append(other)
        return found

    return catalog.remember("users", index).get((word.kind, word.name), [])


def tables_of(word: Definition, spec: StudySpec) -> list[str]:
    """Tables that ask for the word, or for a word made of it."""
    reached: set[tuple[str, str]] = set()
    waiting = [word] if word.kind != "source" else []
    while waiting:
        one = waiting.pop()
        if (one.kind, one.name) not in reached:
            reached.add((one.kind, one.name))
            waiting += users(one, spec.catalog)
    return [table.name for table in spec.tables if _asks(table) & reached]


def _asks(table: Table) -> set[tuple[str, str]]:
    found = set()
    for block in table.blocks:
        found |= {("sample", block.sample), *(("measure", m) for m in block.measures)}
        found |= {("dimension", name.rpartition(".")[2]) for name, _ in block.by}
    return found
