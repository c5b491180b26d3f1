"""Names for readers: 'table-04' -> 'Table 4', and which definition stands behind a word of a header."""

from __future__ import annotations

import re
from collections.abc import Mapping

from firmtrade.publish.layout import AnyTable, Part, label, labels_of
from firmtrade.publish.numbers import typeset
from firmtrade.result import Attrition, Unknown, Word

KINDS = {
    "sample": "Samples",
    "measure": "Measures",
    "dimension": "Dimensions",
    "parameter": "Parameters",
    "variable": "Variables",
    "statistic": "Statistics of models",
    "coordinate": "What tells the figures of models apart",
}
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


def tip_of(part: Part, words: Mapping[str, Word]) -> str | None:
    """The definition that a word of a header opens: of its code where that has one, else of its dimension."""
    name = word_of(part, words)
    meanings = list(words[name].meanings) if name and part.attribute == name else []
    return tip_name(name, meanings.index(part.code)) if name and part.code in meanings else name


def tip_name(word: str, at: int) -> str:
    """The name of the definition of a word's code; codes themselves may hold any letter."""
    return f"{word}--{at + 1}"


def attribute_title(attribute: str, words: Mapping[str, Word]) -> str:
    """'size' -> 'Size class'."""
    return words[attribute].title if attribute in words else attribute.capitalize()


def unknown_texts(table: AnyTable, words: Mapping[str, Word]) -> list[str]:
    """'Size class (2002): 3,114 firms', 'Trade flow (1996-2002): import 47 to 71, export 52 to 66 firms'.

    One for each dimension and sample (named where it is not the table's). Counts that differ from year to
    year are given as a range; tables.csv has each of them.
    """
    found: dict[tuple[str, str], list[Unknown]] = {}
    for item in table.unknowns:
        if item.firms:
            found.setdefault((item.dimension, item.sample), []).append(item)
    return [typeset(_unknown_text(table, words, items)) for items in found.values()]


def _unknown_text(table: AnyTable, words: Mapping[str, Word], items: list[Unknown]) -> str:
    first, labels = items[0], labels_of(table)
    sample = [] if first.sample == table.sample else [label(labels, "sample", first.sample)]
    where = ", ".join([*sample, _periods(sorted({item.period for item in items}))])
    counts: dict[str | None, set[int]] = {}
    for item in items:
        counts.setdefault(item.code, set()).add(item.firms or 0)
    texts = [
        _range(firms) if code is None else f"{label(labels, first.dimension, code)} {_range(firms)}"
        for code, firms in counts.items()
    ]
    noun = "firm" if max(max(firms) for firms in counts.values()) == 1 else "firms"
    return f"{attribute_title(first.dimension, words)} ({where}): {', '.join(texts)} {noun}"


def _range(firms: set[int]) -> str:
    low, high = min(firms), max(firms)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _periods(periods: list[str]) -> str:
    """'1996-2002' for a run of three years and more, else '1998, 2003'."""
    years = len(periods) > 2 and all(re.fullmatch(r"\d{4}", period) for period in periods)
    return f"{periods[0]}-{periods[-1]}" if years else ", ".join(periods)


def attrition_rows(attrition: Attrition) -> list[tuple[str, str, str, str]]:
    """Condition, firm-years left, removed by it, and of these because unknown; as printed."""
    rows = []
    before: int | None = None
    for step in attrition.steps:
        removed = "" if before is None else f"{before - step.left:,}"
        rows.append((step.condition, f"{step.left:,}", removed, f"{step.unknown:,}"))
        before = step.left
    return rows
