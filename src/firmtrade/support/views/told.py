"""A view as the terminal shows it."""

from __future__ import annotations

from collections.abc import Sequence

from firmtrade.support import show
from firmtrade.support.views.view import View


def told(view: View, listed: int) -> None:
    """The recommendation, the figures with what they mean and do not, and `listed` rows of each list."""
    said = view.words
    show.say(f"{view.number} {said.title}, on {view.day}")
    show.say(f"The report: {said.recommends}\n")
    first, *others = view.figures
    show.say(f"{first.title}: {first.text}" + (f" ({first.of})" if first.of else ""))
    show.say(f"  It says: {said.meaning}")
    show.say(f"  It does not say: {said.limits}")
    for each in others:
        show.say(f"{each.title}: {each.text}" + (f" ({each.of})" if each.of else ""))
    for warning in view.warnings:
        show.say(f"Note: {warning}")
    for table in view.lists:
        if not table.rows or (table.firms and not listed):
            continue
        rows = table.rows[:listed] if table.firms else table.rows
        more = f" (the first {len(rows)} of {len(table.rows):,})" if len(rows) < len(table.rows) else ""
        show.table(table.title + more, table.header, rows)
    for word, names in (("for", said.evidence), ("against", said.contrary)):
        for name in names:
            show.say(f"{word}: {show.cited(name)}")


def told_all(found: Sequence[View]) -> None:
    """The first figure of each view."""
    lines = [(each.number, each.words.title, each.figures[0].title, each.figures[0].text, each.figures[0].of)
             for each in found]  # fmt: skip
    show.table(f"Twelve views on {found[0].day}", ["view", "recommendation", "number", "", "of"], lines, [3])
