"""Figures, units and headers as the reader's language writes them; hidden is a symbol, never a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from firmtrade.publish import words as names
from firmtrade.publish.layout import Group, Head, Part, capital, grid
from firmtrade.publish.numbers import HIDDEN, MINUS, is_change, is_hidden, rounded, typeset, unit_text
from firmtrade.result import ReleasedCell, ReleasedTable, Unknown, Word
from firmtrade.serve.speak import Tongue

View = dict[str, Any]


def unit_said(tongue: Tongue, unit: str) -> str:
    """'kEUR/FTE' -> '1,000 EUR per FTE' in the language; '' for a number of firms."""
    return tongue.word(unit_text(unit)) if unit_text(unit) else ""


def value_said(tongue: Tongue, value: float, decimals: int, signed: bool = False) -> str:
    """A value as it is printed: rounded half up, a true minus, a plus for a rise where `signed`."""
    text = tongue.number(abs(rounded(value, decimals)), decimals)
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    return sign + text


def cell_said(tongue: Tongue, cell: ReleasedCell, words: Mapping[str, Word]) -> str:
    """What is printed in a cell's place."""
    if is_hidden(cell):
        return HIDDEN
    if cell.value is None:
        return tongue.say("pages.undefined")
    return value_said(tongue, cell.value, cell.decimals, is_change(cell.unit, words.get(cell.measure)))


def with_unit(tongue: Tongue, cell: ReleasedCell, words: Mapping[str, Word]) -> str:
    """A figure with its unit: '12.2 %', '46.1 1,000 EUR per FTE' is '46.1 (1,000 EUR per FTE)'."""
    text, unit = cell_said(tongue, cell, words), unit_said(tongue, cell.unit)
    if cell.value is None or not unit:
        return text
    return f"{text} {unit}" if unit.startswith("%") else f"{text} ({unit})"


def with_percent(tongue: Tongue, cell: ReleasedCell, words: Mapping[str, Word]) -> str:
    """A figure with its unit where that is a percentage."""
    return (
        with_unit(tongue, cell, words) if cell.unit.startswith("percent") else cell_said(tongue, cell, words)
    )


def label_said(tongue: Tongue, table: ReleasedTable, attribute: str, code: str) -> str:
    """What a reader sees of a code."""
    label = table.labels.get(attribute, {}).get(code, "Total" if code == "_T" else code)
    return typeset(capital(tongue.word(label)))


def title_said(tongue: Tongue, words: Mapping[str, Word], name: str) -> str:
    """The title of a word; its name, where it is no word of the release."""
    return capital(tongue.word(words[name].title)) if name in words else name


def sheet(item: ReleasedTable, words: Mapping[str, Word], tongue: Tongue) -> View:
    """One table for the template: header rows, groups of body rows, what stands below."""
    laid = grid(item)
    deep = any(group.parent for group in laid.columns)
    lines = iter(laid.body)
    context = [*(typeset(tongue.word(part.label)) for part in laid.context)]
    if laid.unit and context:
        context[0] += f" ({tongue.word(laid.unit)})"
    stub = [capital(tongue.word(names.attribute_title(name, words))) for name in laid.stub]
    return {
        "name": item.name,
        "number": number_said(tongue, item.name),
        "title": typeset(tongue.word(item.title)),
        "context": " · ".join([capital(part) for part in context[:1]] + context[1:]),
        "stub": ", ".join(stub),
        "header": _header(laid.columns, deep, tongue),
        "groups": [
            _rows(group, [next(lines) for _ in group.heads], words, tongue) for group in _merged(laid.rows)
        ],
        "width": len(laid.column_heads),
        "rows": len(laid.row_heads),
        "slim": _slim(laid.column_heads, tongue),
        "footnotes": _footnotes(item.cells, tongue),
        "notes": [typeset(note) for note in item.notes],
        "unknowns": unknowns_said(item, words, tongue),
        "words": _words(item, words, tongue),
    }


def _slim(heads: Iterable[Head], tongue: Tongue) -> bool:
    """Whether a table fits beside a chart: by the longest words of its columns."""
    words = [f"{_part(part, tongue)} {head.unit}".split() for head in heads for part in head.parts[:1]]
    return sum(max(5, *map(len, them)) + 2 for them in words) <= 40


def number_said(tongue: Tongue, name: str) -> str:
    """'table-04' -> 'Table 4' in the language; '' for a name without number."""
    return tongue.word(names.number(name)) if names.number(name) else ""


def _header(groups: Iterable[Group], deep: bool, tongue: Tongue) -> list[list[View]]:
    first, second = [], []
    for group in groups:
        if group.parent is None:
            first.append({**_head(group.heads[0], tongue), "columns": 1, "rows": 2 if deep else 1})
        else:
            first.append({**_head(group.parent, tongue), "columns": len(group.heads), "rows": 1})
            second += [{**_head(head, tongue), "columns": 1, "rows": 1} for head in group.heads]
    return [first, second] if deep else [first]


def _merged(groups: Iterable[Group]) -> list[Group]:
    """Neighbouring rows that stand alone are one block."""
    merged: list[Group] = []
    for group in groups:
        if merged and group.parent is None and merged[-1].parent is None:
            merged[-1] = Group(None, merged[-1].heads + group.heads)
        else:
            merged.append(group)
    return merged


def _rows(group: Group, lines: list[Any], words: Mapping[str, Word], tongue: Tongue) -> View:
    return {
        "head": _head(group.parent, tongue) if group.parent else None,
        "rows": [
            {**_head(head, tongue), "cells": [cell_view(tongue, cell, words) for cell in line]}
            for head, line in zip(group.heads, lines, strict=True)
        ],
    }


def cell_view(tongue: Tongue, cell: ReleasedCell | None, words: Mapping[str, Word]) -> View:
    """Text and kind of a cell: number, hidden, undefined, or blank where the table does not ask for it."""
    if cell is None:
        return {"text": "", "kind": "blank"}
    kind = "hidden" if is_hidden(cell) else "undefined" if cell.value is None else "number"
    return {"text": cell_said(tongue, cell, words), "kind": kind}


def _head(head: Head, tongue: Tongue) -> View:
    texts = [_part(part, tongue) for part in head.parts]
    first = capital(texts[0]) if head.parts[0].named or not head.parts[0].attribute else texts[0]
    return {
        "text": ", ".join([first, *texts[1:]]),
        "unit": tongue.word(head.unit) if head.unit else "",
        "total": head.total,
    }


def _part(part: Part, tongue: Tongue) -> str:
    return typeset(tongue.word(part.label))


def _footnotes(cells: Iterable[ReleasedCell], tongue: Tongue) -> list[View]:
    """What the symbols of the table mean; only those that occur in it."""
    cells, notes = list(cells), []
    if any(is_hidden(cell) for cell in cells):
        notes.append({"symbol": HIDDEN, "text": tongue.say("pages.hidden_help")})
    if any(cell.value is None and not is_hidden(cell) for cell in cells):
        notes.append({"symbol": tongue.say("pages.undefined"), "text": tongue.say("pages.undefined_help")})
    return notes


def unknowns_said(item: ReleasedTable, words: Mapping[str, Word], tongue: Tongue) -> list[str]:
    """'Size class (2002): 3,114', one for each dimension and sample; counts that differ as a range."""
    found: dict[tuple[str, str], list[Unknown]] = {}
    for one in item.unknowns:
        if one.firms:
            found.setdefault((one.dimension, one.sample), []).append(one)
    return [_unknown(item, name, sample, them, words, tongue) for (name, sample), them in found.items()]


def _unknown(
    item: ReleasedTable,
    name: str,
    sample: str,
    them: list[Unknown],
    words: Mapping[str, Word],
    tongue: Tongue,
) -> str:
    counts: dict[str | None, set[int]] = {}
    for one in them:
        counts.setdefault(one.code, set()).add(one.firms or 0)
    texts = [
        " ".join(filter(None, [_code(item, name, code, tongue), _range(tongue, firms)]))
        for code, firms in counts.items()
    ]
    periods = sorted({one.period for one in them})
    when = periods[0] if len(periods) == 1 else f"{periods[0]}-{periods[-1]}"
    of = [] if sample == item.sample else [label_said(tongue, item, "sample", sample)]
    where = typeset(", ".join([*of, when]))
    title = capital(tongue.word(names.attribute_title(name, words)))
    return f"{title} ({where}): {tongue.say('pages.unknown_firms', counts=', '.join(texts))}"


def _code(item: ReleasedTable, name: str, code: str | None, tongue: Tongue) -> str:
    return tongue.word(item.labels.get(name, {}).get(code, code)) if code is not None else ""


def _range(tongue: Tongue, firms: set[int]) -> str:
    low, high = (value_said(tongue, value, 0) for value in (min(firms), max(firms)))
    return low if low == high else f"{low}\N{EN DASH}{high}"


def _words(item: ReleasedTable, words: Mapping[str, Word], tongue: Tongue) -> list[View]:
    """The definitions behind a table, for links into the catalog."""
    attributes = [*item.rows, *item.columns, *(name for cell in item.cells for name in cell.codes)]
    used = [item.sample, *(cell.measure for cell in item.cells), *attributes]
    known = [name for name in dict.fromkeys(used) if name in words]
    return [{"name": name, "title": title_said(tongue, words, name)} for name in known]
