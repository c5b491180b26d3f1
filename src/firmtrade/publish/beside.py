"""Published figures beside the released ones: a line below each table, a section, and comparison.csv.

For a synthetic panel the question is how many published cells it reproduces; for any other panel the
wording is neutral, since other firms may well have other figures.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from firmtrade.publish import words as names
from firmtrade.publish.layout import Group, capital, grid
from firmtrade.publish.numbers import csv_value, is_change, printed, typeset
from firmtrade.publish.only import only_release
from firmtrade.result import DIMENSIONS, TOTAL, Match, Published, Release, ReleasedTable, Word

View = dict[str, Any]
Key = tuple[str, str, frozenset[tuple[str, str]], str]

EQUAL, DIFFERENT, HIDDEN, MISSING = OUTCOMES = ("equal", "different", "hidden", "missing")
_NAMED, _LISTED = 4, 60  # cells that are named below a table, and in the section


def counts(matches: Iterable[Match]) -> dict[str, int]:
    """Cells by outcome, every outcome named."""
    found = Counter(match.outcome for match in matches)
    return {"cells": found.total(), **{outcome: found[outcome] for outcome in OUTCOMES}}


def said(matches: Sequence[Match], synthetic: bool) -> str:
    """'612 of 614 published cells reproduced', and how many could not be compared."""
    found = counts(matches)
    noun = "published cell" if found["cells"] == 1 else "published cells"
    how = "reproduced" if synthetic else "equal within rounding"
    text = f"{found[EQUAL]:,} of {found['cells']:,} {noun} {how}"
    apart = [f"{found[HIDDEN]:,} hidden here and not compared"] if found[HIDDEN] else []
    apart += [f"{found[MISSING]:,} not in this run"] if found[MISSING] else []
    return ", ".join([text, *apart])


def below(table: ReleasedTable, release: Release) -> str:
    """The line below a table: how many published cells it reproduces, and which it does not; '' for none."""
    matches = release.published.of(table.name) if release.published else ()
    if not matches:
        return ""
    synthetic = bool(release.provenance.synthetic)
    text = said(matches, synthetic)
    apart = [match for match in matches if match.outcome in (DIFFERENT, MISSING)]
    if not apart:
        return f"{text}."
    known = cell_names(table)
    named = [_named(match, known, release.words) for match in apart[:_NAMED]]
    if len(apart) > _NAMED:
        named.append(f"and {len(apart) - _NAMED:,} more")
    return f"{text}. {'Not reproduced' if synthetic else 'Different'}: {'; '.join(named)}."


def _named(match: Match, known: Mapping[Key, str], words: Mapping[str, Word]) -> str:
    """'Constant export, number of firms: published 3,362, here 2,885 (contradicted by ...)'."""
    here = "not in this run" if match.outcome == MISSING else f"here {_text(match, match.value, words)}"
    note = f" ({typeset(match.note)})" if match.note else ""
    published = _text(match, match.published, words)
    return f"{cell_name(match, known, words)}: published {published}, {here}{note}"


def _text(match: Match, value: float | None, words: Mapping[str, Word]) -> str:
    return (
        "none"
        if value is None
        else printed(value, match.decimals, is_change(match.unit, words.get(match.measure)))
    )


def cell_name(match: Match, known: Mapping[Key, str], words: Mapping[str, Word]) -> str:
    """A cell as its row and column are headed; for one that this run does not have, by its codes."""
    measure = words[match.measure].title if match.measure in words else match.measure
    plain = ", ".join([*match.codes.values(), match.period, measure])
    return typeset(known.get(_key(match), plain))


def _key(cell: Any) -> Key:
    codes = frozenset((name, code) for name, code in cell.codes.items() if code != TOTAL)
    return cell.sample, cell.period, codes, cell.measure


def cell_names(table: ReleasedTable) -> dict[Key, str]:
    """Each cell of a table by the headers of its row and of its column."""
    laid = grid(table)
    rows, columns = _heads(laid.rows), _heads(laid.columns)
    return {
        _key(cell): ", ".join(dict.fromkeys(part for part in (row, column[:1].lower() + column[1:]) if part))
        for row, line in zip(rows, laid.body, strict=True)
        for column, cell in zip(columns, line, strict=True)
        if cell is not None
    }


def _heads(groups: Iterable[Group]) -> list[str]:
    """Headers with those they stand under: 'Labour productivity, 1998'."""
    return [
        ", ".join(head.name for head in (group.parent, one) if head is not None)
        for group in groups
        for one in group.heads
    ]


def section(release: Release) -> View | None:
    """The comparison as a whole: the total, a row for each table, and the cells that are not equal."""
    published = release.published
    if published is None or not published.matches:
        return None
    synthetic = bool(release.provenance.synthetic)
    outcomes = [o for o in OUTCOMES if o in (EQUAL, DIFFERENT) or counts(published.matches)[o]]
    apart = [match for match in published.matches if match.outcome != EQUAL]
    tables = {table.name: table for table in release.tables}
    known = {name: cell_names(tables[name]) for name in {m.table for m in apart} if name in tables}
    return {
        "said": said(published.matches, synthetic),
        "source": typeset(published.source or published.file),
        "heads": ["Published", *(_head(outcome, synthetic) for outcome in outcomes)],
        "tables": [_row(name, tables, published, outcomes) for name in _names(published, tables)],
        "cells": [_cell(match, known.get(match.table, {}), release.words) for match in apart[:_LISTED]],
        "more": len(apart) - _LISTED if len(apart) > _LISTED else 0,
    }


def _head(outcome: str, synthetic: bool) -> str:
    return {
        EQUAL: "Reproduced" if synthetic else "Equal",
        DIFFERENT: "Different",
        HIDDEN: "Hidden here",
        MISSING: "Not in this run",
    }[outcome]


def _names(published: Published, tables: Iterable[str]) -> list[str]:
    """The published tables, in the order of the report; those that it does not have come last."""
    found = dict.fromkeys(match.table for match in published.matches)
    return [*(name for name in tables if name in found), *(name for name in found if name not in tables)]


def _row(
    name: str, tables: Mapping[str, ReleasedTable], published: Published, outcomes: Sequence[str]
) -> View:
    found = counts(published.of(name))
    title = typeset(tables[name].title) if name in tables else ""
    numbers = [f"{found[part]:,}" for part in ("cells", *outcomes)]
    return {"name": name if name in tables else "", "number": names.number(name) or name, "title": title,
            "numbers": numbers, "whole": found[EQUAL] == found["cells"]}  # fmt: skip


def _cell(match: Match, known: Mapping[Key, str], words: Mapping[str, Word]) -> View:
    here = {HIDDEN: "hidden", MISSING: "not in this run"}.get(match.outcome)
    return {
        "table": names.number(match.table) or match.table,
        "name": capital(cell_name(match, known, words)),
        "published": _text(match, match.published, words),
        "here": here or _text(match, match.value, words),
        "note": capital(typeset(match.note)),
    }


def comparison_csv(release: Release) -> bytes:
    """comparison.csv: every published cell with the released one, unrounded, in the contract's columns."""
    only_release(release)
    matches = release.published.matches if release.published else ()
    used = {name for match in matches for name in match.codes}
    dimensions = (*DIMENSIONS, *sorted(used - set(DIMENSIONS)))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["table", "sample", "period", *dimensions, "measure", "published", "value", "unit", "decimals",
         "outcome", "note"]
    )  # fmt: skip
    for m in matches:
        codes = [m.codes.get(name, TOTAL) for name in dimensions]
        values = [csv_value(value, m.unit) for value in (m.published, m.value)]
        writer.writerow(
            [m.table, m.sample, m.period, *codes, m.measure, *values, m.unit, m.decimals, m.outcome, m.note]
        )
    return text.getvalue().encode("utf-8")
