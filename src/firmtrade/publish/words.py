"""Names for readers: 'table-04' -> 'Table 4', and which definition stands behind a word of a header."""

from __future__ import annotations

import re
from collections.abc import Mapping

from firmtrade.publish.layout import AnyTable, Part, label, labels_of
from firmtrade.publish.numbers import typeset
from firmtrade.result import Attrition, Unknown, Word

KINDS = {"sample": "Samples", "measure": "Measures", "dimension": "Dimensions", "parameter": "Parameters"}
_NUMBERED = re.compile(r"(table|figure)-0*(\d+)([a-z]?)", re.IGNORECASE)


def number(name: str) -> str:
    """'table-04' -> 'Table 4', 'figure-15' -> 'Figure 15', any other name -> ''."""
    found = _NUMBERED.fullmatch(name)
    return f"{found[1].capitalize()} {found[2]}{found[3]}" if found else ""


def full_title(table: AnyTable) -> str:
    """'Table 4. Percentage of importing firms per size class'."""
    return ". ".join(part for part in (number(table.name), typeset(table.title)) if part)


def word_of(part: Part, words: Mapping[str, Word]) -> str | None:
    """The name of the definition behind a part of a header, or None (a year needs none)."""
    name = part.code if part.attribute in ("sample", "measure") else part.attribute
    return name if name in words else None


def attribute_title(attribute: str, words: Mapping[str, Word]) -> str:
    """'size' -> 'Size class'."""
    return words[attribute].title if attribute in words else attribute.capitalize()


def unknown_text(item: Unknown, table: AnyTable, words: Mapping[str, Word]) -> str:
    """'Size class: 3,114 firms (2002)'; names the sample where it is not the table's."""
    name = attribute_title(item.dimension, words)
    if item.code is not None:
        name = f"{name}, {label(labels_of(table), item.dimension, item.code)}"
    where = [] if item.sample == table.sample else [label(labels_of(table), "sample", item.sample)]
    noun = "firm" if item.firms == 1 else "firms"
    return typeset(f"{name}: {item.firms:,} {noun} ({', '.join([*where, item.period])})")


def attrition_rows(attrition: Attrition) -> list[tuple[str, str, str, str]]:
    """Condition, firm-years left, removed by it, and of these because unknown; as printed."""
    rows = []
    before: int | None = None
    for step in attrition.steps:
        removed = "" if before is None else f"{before - step.left:,}"
        rows.append((step.condition, f"{step.left:,}", removed, f"{step.unknown:,}"))
        before = step.left
    return rows
