"""A view as the page prints it: caption, header, cells with their signs, footnotes and words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from firmtrade.publish.numbers import HIDDEN
from firmtrade.publish.words import number as numbered
from firmtrade.result import TOTAL
from firmtrade.serve.explore.figure import Figure, Kind
from firmtrade.serve.explore.index import Index, Key
from firmtrade.serve.explore.names import ABSENT, EMPTY, Names
from firmtrade.serve.explore.state import Problem, State
from firmtrade.serve.explore.view import View

Shown = dict[str, Any]


@dataclass
class _Footnotes:
    """Signs, and reasons in the order in which they come first; each of these has a number."""

    names: Names
    found: dict[str, str] = field(default_factory=dict)
    signs: dict[str, str] = field(default_factory=dict)

    def number(self, one: Figure) -> str:
        """The number of the reason of a figure."""
        return self.found.setdefault(reason(self.names, one), str(len(self.found) + 1))

    def sign(self, sign: str, message: str) -> None:
        """A sign that stands in the table."""
        self.signs.setdefault(sign, self.names.tongue.say(f"explore.{message}"))

    def all(self) -> list[Shown]:
        """Signs and numbers with what they mean."""
        signs = [{"sign": sign, "text": text} for sign, text in self.signs.items()]
        return signs + [{"sign": number, "text": text} for text, number in self.found.items()]


def reason(names: Names, one: Figure) -> str:
    """Why a figure is not there, or what it was made of, in the reader's words."""
    listed = ", ".join(_named(names, name) for name in one.names[:4])
    more = "..." if len(one.names) > 4 else ""
    return names.tongue.say(f"explore.why_{one.reason}", names=listed + more)


def _named(names: Names, name: str) -> str:
    """'size=250+' is the code of a dimension; else a measure or dimension."""
    dimension, _, code = name.partition("=")
    if code:
        return names.code(dimension, code)
    return names.word(name)


def shown(index: Index, view: View, names: Names) -> Shown:
    """All that the template needs of a table."""
    notes = _Footnotes(names)
    units = {one.unit for _, one in view.figures() if one.unit}
    common = units.pop() if len(units) == 1 else None
    rows = [
        {"text": _head(names, view.row_attributes, row), "total": TOTAL in row, "cells": cells}
        for row, line in zip(view.rows, view.body, strict=True)
        for cells in [[_cell(names, notes, view, key, one) for key, one in line]]
    ]
    return {
        "title": title(view.state, names, common),
        "corner": names.attribute(view.row_attributes[0]),
        "corner_word": view.row_attributes[0] if view.row_attributes[0] in index.words else "",
        "header": _header(view, names, common),
        "rows": rows,
        "footnotes": notes.all(),
        "lacking": [said for one in view.lacking if (said := reason(names, one)) not in notes.found],
        "differing": view.differing,
        "problems": [problem(names, one) for one in view.problems],
        "columns": len(view.columns),
        "size": len(rows) * len(view.columns),
    }


def title(state: State, names: Names, unit: str | None = None) -> str:
    """'Number of firms, in per cent of the row. Manufacturing SMEs, 2002. Trade flow: export.'"""
    measures = ", ".join(names.code("measure", measure) for measure in state.measures)
    said = f" ({names.unit(unit)})" if unit and names.unit(unit) else ""
    show = "" if state.show == "figures" else f", {names.tongue.say(_message(state.show.value))}"
    parts = [f"{measures}{show}{said}", f"{names.code('sample', state.sample)}, {periods(state)}"]
    parts += [f"{names.attribute(name)}: {names.code(name, code)}" for name, code in state.filters]
    return ". ".join(parts)


def _message(show: str) -> str:
    return f"explore.of_{show.replace('-', '_')}"


def periods(state: State) -> str:
    """'1996-2002' for a run of years, else '1998, 2003'."""
    found = list(state.periods)
    years = [int(period) for period in found if period.isdigit()]
    if len(found) == len(years) > 2 and years == list(range(years[0], years[0] + len(found))):
        return f"{found[0]}\N{EN DASH}{found[-1]}"
    return ", ".join(found)


def _head(names: Names, attributes: tuple[str, ...], codes: tuple[str, ...]) -> str:
    return ", ".join(names.code(name, code) for name, code in zip(attributes, codes, strict=True))


def _header(view: View, names: Names, common: str | None) -> list[list[Shown]]:
    """A line for each attribute across; neighbours with the same code are one."""
    lines = []
    for at, name in enumerate(view.column_attributes):
        line = []
        for codes, group in groupby(view.columns, key=lambda column, at=at: column[: at + 1]):  # type: ignore[misc]
            text = names.code(name, codes[-1])
            unit = "" if common is not None or name != "measure" else _unit(view, names, codes[-1])
            word = codes[-1] if name == "measure" and codes[-1] in names.index.words else ""
            span, total = len(list(group)), codes[-1] == TOTAL
            line.append({"text": text, "unit": unit, "span": span, "total": total, "word": word})
        lines.append(line)
    return lines


def _unit(view: View, names: Names, measure: str) -> str:
    units = {one.unit for key, one in view.figures() if key.measure == measure and one.unit}
    return names.unit(units.pop()) if len(units) == 1 else ""


def _cell(names: Names, notes: _Footnotes, view: View, key: Key, one: Figure) -> Shown:
    """A cell: its text, its kind (a class), the number of its footnote."""
    text, note, told = names.value(key, one, signed=view.state.show.is_change), "", ""
    total = TOTAL in (*_of(view.row_attributes, key), *_of(view.column_attributes, key))
    if one.reason == "not_released" and len(view.state.measures) > 1:
        # Measures are released for different groups: the places between them are left blank.
        told = names.tongue.say("explore.not_available")
        return {"text": "", "kind": "is-blank", "note": "", "told": told, "total": total}
    if one.kind is Kind.HIDDEN:
        notes.sign(HIDDEN, "why_hidden")
        told = names.tongue.say("explore.hidden")
    elif one.kind is Kind.EMPTY:
        notes.sign(EMPTY, f"why_{one.reason}")
        told = names.tongue.say(f"explore.why_{one.reason}")
    elif one.kind is Kind.ABSENT:
        notes.sign(ABSENT, "not_available")
        note, told = notes.number(one), names.tongue.say("explore.not_available")
    elif one.reason == "made":
        note = notes.number(one)
    return {"text": text, "kind": f"is-{one.kind}", "note": note, "told": told, "total": total}


def _of(attributes: tuple[str, ...], key: Key) -> list[str]:
    return [key.attribute(name) for name in attributes]


def problem(names: Names, one: Problem) -> str:
    """What an address says that cannot be, or what gave way, in the reader's words."""
    said = names.tongue.say
    if one.message.startswith("gone") or one.message == "added":
        kind = {"gone_measure": "measure", "gone_period": "period"}.get(one.message, one.name)
        values = {
            "name": names.attribute(one.name) if one.message != "gone_show" else said(_message(one.name)),
            "value": names.code(kind, one.value) if one.value else "",
            "nearest": names.code(kind, one.nearest) if one.nearest else "",
        }
        return said(f"explore.{one.message}", **values)
    hint = f" {said('explore.near', nearest=one.nearest)}" if one.nearest else ""
    return said(f"explore.{one.message}", name=one.name, value=one.value) + hint


def tables(index: Index, view: View, names: Names) -> list[tuple[str, str]]:
    """(name, title) of the tables of the release that have the figures, those with most of them first."""
    found = Counter(name for key, _ in view.figures() for name in _homes(index, key))
    ordered = sorted(found, key=lambda name: (-found[name], list(index.tables).index(name)))
    return [(name, _titled(index, names, name)) for name in ordered[:6]]


def _homes(index: Index, key: Key) -> Iterable[str]:
    entry = index.cells.get(key)
    return entry.tables if entry is not None else ()


def _titled(index: Index, names: Names, name: str) -> str:
    number = numbered(name)
    return names.tongue.word(number) if number else names.tongue.word(index.tables[name].title)


def words(index: Index, view: View, names: Names) -> list[Shown]:
    """The definitions behind the words of a view, and (not `direct`) those that they are made of."""
    used = [view.state.sample, *view.state.measures, *view.row_attributes, *view.column_attributes]
    used += [name for name, _ in view.state.filters]
    direct = [name for name in dict.fromkeys(used) if name in index.words]
    found = dict.fromkeys(direct)
    waiting = list(direct)
    while waiting:
        parts = [part for part in _inside(index, waiting.pop(0)) if part not in found]
        found |= dict.fromkeys(parts)
        waiting += parts
    return [_word(index, names, name) | {"direct": name in direct} for name in found]


def _inside(index: Index, name: str) -> list[str]:
    """The words of which an expression is made."""
    parts = dict.fromkeys(re.findall(r"[a-z][a-z0-9_]*", index.words[name].formula))
    found = [part.replace("_", "-") for part in parts]
    return [part for part in found if part in index.words and part != name]


def _word(index: Index, names: Names, name: str) -> Shown:
    word = index.words[name]
    codes = [
        {"name": names.code(name, code), "text": word.meanings.get(code, "")}
        for code in (word.codes if word.kind in ("dimension", "coordinate") else ())
    ]
    return {
        "name": name,
        "title": names.word(name),
        "text": word.text,
        "formula": word.formula,
        "unit": names.unit(word.unit) or word.unit,
        "source": word.source,
        "codes": codes if len(codes) <= 30 else [],
        "parts": [(part, names.word(part)) for part in _inside(index, name)],
    }
