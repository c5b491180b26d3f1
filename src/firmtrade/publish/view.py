"""The report as plain data (dicts, lists, strings), which the HTML and the PDF template both print.

Everything a reader sees is decided here once, so the page and the PDF cannot differ.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from firmtrade.publish import beside
from firmtrade.publish import words as names
from firmtrade.publish.layout import AnyCell, AnyTable, Grid, Group, Head, Part, capital, grid, labels_of
from firmtrade.publish.numbers import HIDDEN, UNDEFINED, cell_text, is_change, is_hidden, typeset, unit_text
from firmtrade.publish.only import only_release
from firmtrade.result import Release, ReleasedTable, Word

View = dict[str, Any]

_MANY_ROWS = 12
_HEAD = 330  # letters that the head of a page holds


def report(release: Release) -> View:
    """Shape of the whole report: title block, sections of tables, samples, definitions, provenance."""
    only_release(release)
    return {
        "title": typeset(release.title),
        "subtitle": typeset(release.subtitle),
        "source": release.source,
        "study": release.study,
        "status": _status(release),
        "warnings": list(release.warnings),
        "sections": [*_sections(release), *_models(release)],
        "published": beside.section(release),
        "samples": _samples(release),
        "glossary": _glossary(release.words.values()),
        "tips": [tip for word in release.words.values() for tip in _tips(word)],
        "provenance": _provenance(release),
    }


def _status(release: Release) -> View:
    return {
        "protected": release.protected,
        "protection": release.protection,
        "short": _short(release.protection),
        "synthetic": release.provenance.synthetic,
    }


def _short(protection: str) -> str:
    """What fits at the head of every page: of several countries' protection the first sentence."""
    return protection if len(protection) <= _HEAD else f"{protection.partition('. ')[0]}."


def _sections(release: Release) -> list[View]:
    """Tables by section, sections in the order in which they come first: each has its name once."""
    found: dict[str, list[View]] = {}
    for item in release.tables:
        view = table(item, release.words, release.source, beside.below(item, release))
        found.setdefault(item.section, []).append(view)
    return [
        {"title": _section_title(title), "id": f"section-{at}", "tables": views, "model": None}
        for at, (title, views) in enumerate(found.items(), start=1)
    ]


def _models(release: Release) -> list[View]:
    """A section for each model: what was found, its tables, how it was made."""
    return [
        {
            "title": typeset(model.title),
            "id": f"model-{model.name}",
            # A model's table has no unknown groups: its notes count what it leaves out.
            "tables": [
                {**table(item, release.words, release.source), "unknowns": None} for item in model.tables
            ],
            "model": {
                "findings": [typeset(finding.text) for finding in model.findings],
                "methods": typeset(model.methods),
                "rule": typeset(model.rule),
                "sources": [typeset(source) for source in model.sources],
                "refused": typeset(model.refused),
            },
        }
        for model in release.models
    ]


def _section_title(title: str) -> str:
    """A heading for a study that names none, or only the number of a section in a printed report."""
    if not title:
        return "Tables and figures"
    return f"Section {title}" if re.fullmatch(r"\d+(\.\d+)*", title) else typeset(title)


def table(item: AnyTable, words: Mapping[str, Word], source: str = "", published: str = "") -> View:
    """One table or figure: header rows, groups of body rows, and all that is printed below it."""
    laid = grid(item)
    return {
        "name": item.name,
        "number": names.number(item.name),
        "title": typeset(item.title),
        "is_figure": item.chart is not None,
        "context": _context(laid, words),
        "stub": [_part(Part(n, "", names.attribute_title(n, words)), words) for n in laid.stub],
        "header": _header(laid, words),
        "groups": _body(laid, words),
        "width": len(laid.column_heads),
        "stub_width": _stub_width(laid),
        "footnotes": footnotes(item.cells),
        "unknowns": names.unknown_texts(item, words),
        "notes": [typeset(note) for note in item.notes],
        "published": published,
        "source": source,
    }


def _stub_width(laid: Grid) -> float:
    """How wide the first column is printed, in widths of a column of figures (of about 14 letters)."""
    longest = max((len(head.text) for head in laid.row_heads), default=0)
    return min(max(longest / 15, 1.3), 3.2)


def _context(laid: Grid, words: Mapping[str, Word]) -> list[View]:
    parts = [_part(part, words, first=at == 0) for at, part in enumerate(laid.context)]
    if laid.unit and parts:
        parts[0]["unit"] = laid.unit
    return parts


def _part(part: Part, words: Mapping[str, Word], first: bool = False) -> View:
    text = typeset(part.opening if first else part.label)
    return {"text": text, "word": names.word_of(part, words), "tip": names.tip_of(part, words), "unit": ""}


def _head(head: Head, words: Mapping[str, Word], quiet: frozenset[str] = frozenset()) -> View:
    """A header; the words of `quiet` attributes carry no definition of their own."""
    known = {name: word for name, word in words.items() if name not in quiet}
    parts = [_part(part, known, first=at == 0) for at, part in enumerate(head.parts)]
    return {"parts": parts, "unit": head.unit, "total": head.total}


def _header(laid: Grid, words: Mapping[str, Word]) -> list[list[View]]:
    """One or two rows of column headers; a header that stands alone reaches over both rows."""
    deep = any(group.parent for group in laid.columns)
    first, second = [], []
    for group in laid.columns:
        if group.parent is None:
            first.append(_spanning(group.heads[0], words, columns=1, rows=2 if deep else 1))
        else:
            first.append(_spanning(group.parent, words, columns=len(group.heads), rows=1))
            second += [_spanning(head, words, columns=1, rows=1) for head in group.heads]
    return [first, second] if deep else [first]


def _spanning(head: Head, words: Mapping[str, Word], columns: int, rows: int) -> View:
    return {**_head(head, words), "colspan": columns, "rowspan": rows, "leaf": rows == 2 or columns == 1}


def _body(laid: Grid, words: Mapping[str, Word]) -> list[View]:
    lines = iter(laid.body)
    quiet = _quiet(laid)
    return [_rows(group, [next(lines) for _ in group.heads], words, quiet) for group in _merged(laid.rows)]


def _quiet(laid: Grid) -> frozenset[str]:
    """Attributes with so many rows that a stop at each would weary whoever reads by keyboard.

    Their definition stands behind the column's heading all the same.
    """
    counts = Counter(part.attribute for head in laid.row_heads for part in head.parts)
    return frozenset(name for name, rows in counts.items() if rows > _MANY_ROWS and name in laid.stub)


def _merged(groups: Iterable[Group]) -> list[Group]:
    """Put neighbouring rows that stand alone into one body, so that they print as one block."""
    merged: list[Group] = []
    for group in groups:
        if merged and group.parent is None and merged[-1].parent is None:
            merged[-1] = Group(None, merged[-1].heads + group.heads)
        else:
            merged.append(group)
    return merged


def _rows(
    group: Group, lines: list[tuple[AnyCell | None, ...]], words: Mapping[str, Word], quiet: frozenset[str]
) -> View:
    return {
        "head": _head(group.parent, words) if group.parent else None,
        "rows": [
            {**_head(head, words, quiet), "cells": [_cell(cell, words) for cell in line]}
            for head, line in zip(group.heads, lines, strict=True)
        ],
    }


def _cell(cell: AnyCell | None, words: Mapping[str, Word]) -> View:
    if cell is None:
        return {"text": "", "kind": "blank"}
    signed = is_change(cell.unit, words.get(cell.measure))
    kind = "hidden" if is_hidden(cell) else "undefined" if cell.value is None else "number"
    return {"text": cell_text(cell, signed), "kind": kind}


def footnotes(cells: Iterable[AnyCell]) -> list[View]:
    """What the symbols of a table mean; only those that occur in it."""
    cells = list(cells)
    notes = []
    if any(cell.value is None and not is_hidden(cell) for cell in cells):
        reasons = sorted({text for c in cells if not is_hidden(c) and (text := getattr(c, "reason", ""))})
        because = "; ".join(reasons) or "no firm in the group, or nothing to divide by"
        notes.append({"symbol": UNDEFINED, "text": f"the figure does not exist: {because}."})
    if any(is_hidden(cell) for cell in cells):
        notes.append(
            {
                "symbol": HIDDEN,
                "text": "confidential: hidden to protect the firms behind it. Hidden is not zero.",
            }
        )
    return notes


def _samples(release: Release) -> list[View]:
    return [
        {
            "name": item.sample,
            "word": item.sample if item.sample in release.words else None,
            "title": typeset(item.title),
            "period": typeset(item.period),
            "rows": names.attrition_rows(item),
        }
        for item in release.attrition
    ]


def _glossary(words: Iterable[Word]) -> list[View]:
    """Definitions by kind (samples, measures, dimensions, then the others), each kind by title."""
    kinds = list(names.KINDS)
    order = sorted(
        words,
        key=lambda w: (
            kinds.index(w.kind) if w.kind in kinds else len(kinds),
            w.kind,
            w.title.lower(),
            w.name,
        ),
    )
    return [
        {
            "title": names.KINDS.get(kind, kind.capitalize()),
            "id": f"words-{kind}",
            "words": [_word(w) for w in run],
        }
        for kind, run in groupby(order, key=lambda w: w.kind)
    ]


def _word(word: Word) -> View:
    return {
        "name": word.name,
        "kind": word.kind,
        "title": capital(typeset(word.title)),
        "text": capital(typeset(word.text)),
        "formula": word.formula,
        "unit": unit_text(word.unit) if word.unit else "",
        "source": word.source,
        "codes": [
            {"code": code, "label": typeset(text), "meaning": typeset(word.meanings.get(code, ""))}
            for code, text in word.codes.items()
        ],
    }


def _tips(word: Word) -> list[View]:
    """What opens over a header: the word's own definition, and one for each code that has a meaning."""
    title = capital(typeset(word.title))
    text = capital(typeset(word.text))
    unit = unit_text(word.unit) if word.unit else ""
    own = {
        "id": word.name,
        "word": word.name,
        "title": title,
        "unit": unit,
        "text": text or word.formula,
        "of": "",
    }
    codes = [
        {
            **own,
            "id": names.tip_name(word.name, at),
            "title": capital(typeset(word.codes.get(code, code))),
            "text": capital(typeset(meaning)),
            "of": title,
        }
        for at, (code, meaning) in enumerate(word.meanings.items())
    ]
    return [own, *codes]


def _provenance(release: Release) -> View:
    made = release.provenance
    return {
        "inputs": [{"name": n, "hash": h} for n, h in sorted(made.inputs.items())],
        "rows": [{"step": step, "rows": f"{rows:,}"} for step, rows in made.rows.items()],
        "catalog": made.catalog,
        "code": made.code,
        "engine": made.engine,
        "pack": made.pack,
    }


def signed_measures(item: ReleasedTable, words: Mapping[str, Word]) -> frozenset[str]:
    """The measures of a table that are printed with their sign."""
    return frozenset(cell.measure for cell in item.cells if is_change(cell.unit, words.get(cell.measure)))


def measure_title(item: ReleasedTable, words: Mapping[str, Word]) -> str:
    """'Share of firms (%)': what a chart's axis says; the first measure's name and unit."""
    if not item.cells:
        return ""
    first = item.cells[0]
    word = words.get(first.measure)
    name = labels_of(item).get("measure", {}).get(first.measure) or (word.title if word else first.measure)
    unit = unit_text(first.unit)
    return capital(f"{name} ({unit})" if unit else name)
