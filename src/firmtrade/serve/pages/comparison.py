"""Published figures beside those of the release: how many are equal, which are not, and why not compared."""

from __future__ import annotations

from typing import Any

from firmtrade.publish import beside
from firmtrade.publish.layout import capital
from firmtrade.publish.numbers import is_change, typeset
from firmtrade.result import TOTAL, Match, Release
from firmtrade.serve.pages.said import number_said, value_said
from firmtrade.serve.site import Site
from firmtrade.serve.speak import Tongue

View = dict[str, Any]
EACH = 50  # rows of a page


def view(site: Site, tongue: Tongue, outcome: str, table: str, page: int) -> View | None:
    """Totals, tables and the chosen cells; None for a filter that the release does not know."""
    release = site.release
    published = release.published
    if published is None or (outcome and outcome not in beside.OUTCOMES):
        return None
    names = list(dict.fromkeys(match.table for match in published.matches))
    if table and table not in names:
        return None
    rows = [m for m in published.matches if outcome in ("", m.outcome) and table in ("", m.table)]
    pages = max(1, -(-len(rows) // EACH))
    if not 1 <= page <= pages:
        return None
    return {
        "counts": beside.counts(published.matches),
        "outcomes": beside.OUTCOMES,
        "source": typeset(published.source or published.file),
        "tables": [_table(name, release, tongue) for name in names],
        "outcome": outcome,
        "table": table,
        "page_at": page,
        "pages": pages,
        "found": len(rows),
        "rows": [_row(match, release, tongue) for match in rows[(page - 1) * EACH : page * EACH]],
    }


def _table(name: str, release: Release, tongue: Tongue) -> View:
    found = next((table for table in release.all_tables if table.name == name), None)
    published = release.published
    return {
        "name": name,
        "number": number_said(tongue, name) or name,
        "title": typeset(tongue.word(found.title)) if found else "",
        "there": found is not None,
        "counts": beside.counts(published.of(name)) if published else {},
    }


def _row(match: Match, release: Release, tongue: Tongue) -> View:
    word = release.words.get(match.measure)
    signed = is_change(match.unit, word)

    def said(value: float | None) -> str:
        return value_said(tongue, value, match.decimals, signed) if value is not None else ""

    return {
        "table": match.table,
        "number": number_said(tongue, match.table) or match.table,
        "name": _name(match, release, tongue),
        "published": said(match.published),
        "here": said(match.value) if match.outcome in (beside.EQUAL, beside.DIFFERENT) else "",
        "outcome": match.outcome,
        "note": capital(typeset(match.note)),
    }


def _name(match: Match, release: Release, tongue: Tongue) -> str:
    """The cell in words: its measure, its codes, its period."""
    word = release.words.get(match.measure)
    table = next((table for table in release.all_tables if table.name == match.table), None)
    labels = table.labels if table else {}
    codes = [
        _opening(name, match, release, tongue)
        + tongue.word(labels.get(name, {}).get(code) or _label(release, name, code))
        for name, code in match.codes.items()
        if code != TOTAL
    ]
    title = tongue.word(word.title) if word else match.measure
    return typeset(capital(", ".join([title, *codes, match.period])))


def _opening(name: str, match: Match, release: Release, tongue: Tongue) -> str:
    """'Among firms with the flow: ', where another dimension of the cell has the same codes after it."""
    word = release.words.get(name)
    others = [release.words[n].codes for n in match.codes if n != name and n in release.words]
    if word is None or not word.codes or word.codes not in others or name == next(iter(match.codes)):
        return ""
    return f"{tongue.word(word.title)}: "


def _label(release: Release, name: str, code: str) -> str:
    word = release.words.get(name)
    return word.codes.get(code, code) if word else code
