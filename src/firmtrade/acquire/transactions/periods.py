"""What a declaration calls its period, and its flow."""

from __future__ import annotations

import re

#: First and last year that can be meant.
FIRST, LAST = 1900, 2100
_YEAR = re.compile(r"(\d{4})(?:[.]0+)?\Z")
_MONTH = re.compile(r"(\d{4})[-/. ]?M?(\d{1,2})(?:[.]0+)?\Z", re.IGNORECASE)
_DAY = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[T ].*)?\Z")
_MONTH_FIRST = re.compile(r"(\d{1,2})[-/.](\d{4})\Z")
_DAY_FIRST = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})\Z")
_NAMED = re.compile(r"([a-z]{3})[a-z]*[. -]*(\d{4})\Z", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FLOWS = {
    "import": (
        "import",
        "imports",
        "imp",
        "i",
        "m",
        "arrival",
        "arrivals",
        "einfuhr",
        "invoer",
        "importation",
    ),
    "export": (
        "export",
        "exports",
        "exp",
        "e",
        "x",
        "dispatch",
        "dispatches",
        "ausfuhr",
        "uitvoer",
        "exportation",
    ),
}


def period(text: str) -> tuple[int, int] | None:
    """(year, month) of a year, month or day as text; month 0 for a year. None if it is neither.

    A day has its day last (2002-05-31, 31.05.2002). Of 05/06/2002 nobody can tell which is the month: it is
    refused, unless one of the two is above 12 or both are the same.
    """
    text = text.strip()
    if found := _YEAR.match(text):
        return _possible(int(found[1]), 0)
    if found := _DAY.match(text):
        year, month, day = (int(part) for part in found.groups())
        return _possible(year, month) if month >= 1 and 1 <= day <= 31 else None
    if found := _MONTH.match(text):
        return _possible(int(found[1]), int(found[2]), named=True)
    if found := _MONTH_FIRST.match(text):
        return _possible(int(found[2]), int(found[1]), named=True)
    if found := _DAY_FIRST.match(text):
        return _day_first(text, *(int(part) for part in found.groups()))
    if found := _NAMED.match(text):
        word = found[1].lower()
        return _possible(int(found[2]), _MONTHS.index(word) + 1) if word in _MONTHS else None
    return None


def _day_first(text: str, day: int, month: int, year: int) -> tuple[int, int] | None:
    """A point between day and month says that the day comes first; a stroke says nothing."""
    if "/" in text and day <= 12 and month <= 12 and day != month:
        return None
    if month > 12 and "/" in text:
        day, month = month, day
    return _possible(year, month) if month >= 1 and 1 <= day <= 31 else None


def _possible(year: int, month: int, named: bool = False) -> tuple[int, int] | None:
    first = 1 if named else 0
    return (year, month) if FIRST <= year <= LAST and first <= month <= 12 else None


def flow(text: str) -> str:
    """'import' or 'export'; '' for a word that is neither. Numbers say nothing: 1 is one or the other."""
    word = text.strip().lower()
    return next((name for name, words in _FLOWS.items() if word in words), "")
