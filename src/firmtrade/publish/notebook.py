"""One table in a notebook or a terminal. A Result is marked confidential, and shows codes, not labels."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from firmtrade.publish.layout import AnyTable, Grid, Head, grid
from firmtrade.publish.numbers import cell_text, is_change, typeset
from firmtrade.publish.view import footnotes, table
from firmtrade.publish.words import attribute_title, full_title, unknown_texts
from firmtrade.result import Result, Word

Words = Mapping[str, Word]

_WARNING = (
    "CONFIDENTIAL: not protected, must not leave this machine. firmtrade.protect makes a Release of it."
)
_FIRST, _OTHERS, _GAP = 44, 16, 2  # widest first column, widest header of the others, space between


def table_html(item: AnyTable, words: Words | None = None) -> str:
    """A table as an HTML fragment with its own style, for `_repr_html_`. Needs nothing from outside.

    `words` are the definitions, where known: they name the row attributes and tell which measure is a
    change and so is printed with its sign.
    """
    from markupsafe import Markup

    from firmtrade.publish.html import environment, template_text

    fragment = (
        environment()
        .get_template("notebook.html")
        .render(
            table=_without_definitions(table(item, words or {})),
            css=Markup(template_text("notebook.css")),
            warning=_WARNING if isinstance(item, Result) else "",
        )
    )
    return fragment.strip()


def _without_definitions(view: Any) -> Any:
    """A fragment has no glossary that a word could lead to."""
    if isinstance(view, dict):
        return {
            key: None if key in ("word", "tip") else _without_definitions(value)
            for key, value in view.items()
        }
    return [_without_definitions(value) for value in view] if isinstance(view, list) else view


def table_text(item: AnyTable, words: Words | None = None) -> str:
    """A table as lines of plain text, for `__repr__` and the terminal. `words` as in `table_html`."""
    laid, words = grid(item), words or {}
    context = ", ".join(typeset(part.label) for part in laid.context)
    title = [
        line for line in (full_title(item), f"{context} ({laid.unit})" if laid.unit else context) if line
    ]
    banner = [_WARNING] if isinstance(item, Result) else []
    return "\n".join([*banner, *title, *_lines(laid, words), *_below(item, words)])


def _lines(laid: Grid, words: Words) -> list[str]:
    stub = ", ".join(attribute_title(name, words) for name in laid.stub)
    heads = [_header(head) for head in laid.column_heads]
    columns = [_wrapped(stub, _FIRST), *heads]
    body = _body(laid, words)
    widths = [
        max(len(text) for text in [*column, *cells])
        for column, cells in zip(columns, _columns(body), strict=True)
    ]
    spans = _spans(laid, widths)
    rule = "-" * (sum(widths) + _GAP * (len(widths) - 1))
    header = [_aligned(line, widths) for line in _bottom(columns)]
    return [*spans, *header, rule, *(_aligned(line, widths) for line in body), rule]


def _columns(body: Sequence[Sequence[str]]) -> list[list[str]]:
    return [list(column) for column in zip(*body, strict=True)]


def _header(head: Head) -> list[str]:
    """A header's lines; the unit has its own where both do not fit on one."""
    if len(head.text) <= _OTHERS or not head.unit:
        return _wrapped(typeset(head.text), _OTHERS)
    return [*_wrapped(typeset(head.name), _OTHERS), f"({head.unit})"]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def _bottom(columns: Sequence[list[str]]) -> list[list[str]]:
    """Lines of headers that are flush at the foot."""
    deep = max(len(column) for column in columns)
    return [list(line) for line in zip(*([""] * (deep - len(c)) + c for c in columns), strict=True)]


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    others = [text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True)]
    return (" " * _GAP).join([line[0].ljust(widths[0]), *others]).rstrip()


def _spans(laid: Grid, widths: list[int]) -> list[str]:
    """The headers of grouped columns; widens a group's first column where the name needs it."""
    if not any(group.parent for group in laid.columns):
        return []
    columns, room = [[""]], [widths[0]]
    at = 1
    for group in laid.columns:
        name = _wrapped(typeset(group.parent.text) if group.parent else "", 2 * _OTHERS)
        width = _width(widths[at : at + len(group.heads)])
        widths[at] += max(0, max(len(line) for line in name) - width)
        width = _width(widths[at : at + len(group.heads)])
        columns.append([line.center(width) for line in name])
        room.append(width)
        at += len(group.heads)
    return [_aligned(line, room) for line in _bottom(columns)]


def _width(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _body(laid: Grid, words: Words) -> list[list[str]]:
    blank = [""] * len(laid.column_heads)
    lines: list[list[str]] = []
    values = iter(laid.body)
    for group in laid.rows:
        if group.parent:
            lines.append([_short(typeset(group.parent.text)), *blank])
        for head in group.heads:
            name = ("  " if group.parent else "") + typeset(head.text)
            cells = [cell_text(c, is_change(c.unit, words.get(c.measure))) if c else "" for c in next(values)]
            lines.append([_short(name), *cells])
    return lines


def _short(text: str) -> str:
    return text if len(text) <= _FIRST else text[: _FIRST - 3] + "..."


def _below(item: AnyTable, words: Words) -> list[str]:
    notes = [f"{note['symbol']}: {note['text']}" for note in footnotes(item.cells)]
    unknowns = unknown_texts(item, words)
    known = [f"Unknown: {'; '.join(unknowns)}."] if unknowns else []
    return [*notes, *known, *(typeset(note) for note in item.notes)]
