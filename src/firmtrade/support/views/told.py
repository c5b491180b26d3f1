"""A view as the terminal shows it."""

from __future__ import annotations

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
    for each in view.lists:
        if not each.rows or (each.firms and not listed):
            continue
        rows = each.rows[:listed] if each.firms else each.rows
        more = f" (the first {len(rows)} of {len(each.rows):,})" if len(rows) < len(each.rows) else ""
        show.table(each.title + more, each.header, rows)
    for word, names in (("for", said.evidence), ("against", said.contrary)):
        for name in names:
            show.say(f"{word}: {show.cited(name)}")
