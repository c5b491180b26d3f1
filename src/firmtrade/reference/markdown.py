"""Markdown, and how one word links to another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from firmtrade.catalog import Catalog, Definition


def word_link(word: Definition) -> str:
    """A link to a word's place in the reference."""
    return f"[{word.name}]({word.kind}s.md#{word.name})"


def table_link(name: str) -> str:
    """A link to a table's place in the reference."""
    return f"[{name}](tables.md#{name})"


def source_link(source: str, catalog: Catalog) -> str:
    """'report#5.3' as a link to the source, and the place in it."""
    key, _, place = source.partition("#")
    word = catalog.get(key, "source")
    return f"[{word.title}](sources.md#{key})" + (f", {place}" if place else "")


def code(text: str) -> str:
    """Text as it is typed. A backtick cannot stand in it: no expression has one."""
    return f"`{text}`"


def rows(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table; '|' within a cell is escaped, also where it is typed."""
    body = [list(header), ["---"] * len(header), *map(list, lines)]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in body)


def points(entries: Iterable[tuple[str, str]]) -> str:
    """A list of '- **heading**: text', without the empty ones."""
    return "".join(f"- **{heading}**: {text}\n" for heading, text in entries if text)
