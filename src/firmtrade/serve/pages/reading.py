"""The release table by table: contents, one page for each table with its chart, notes and downloads."""

from __future__ import annotations

import re
from typing import Any

from firmtrade.publish import beside
from firmtrade.publish.numbers import typeset
from firmtrade.publish.table_csv import models_csv, tables_csv
from firmtrade.result import TOTAL, Release, ReleasedTable
from firmtrade.serve.draw import both
from firmtrade.serve.explore.state import State
from firmtrade.serve.offer import is_venture
from firmtrade.serve.pages.charts import drawn
from firmtrade.serve.pages.said import number_said, sheet
from firmtrade.serve.site import Site
from firmtrade.serve.speak import Tongue

View = dict[str, Any]


def contents(release: Release, tongue: Tongue) -> list[View]:
    """Sections in the order in which they come first, with their tables; then the models."""
    found: dict[str, list[View]] = {}
    for table in release.tables:
        found.setdefault(table.section, []).append(entry(table, tongue))
    sections = [{"title": _section(title, tongue), "tables": tables} for title, tables in found.items()]
    models = [
        {"title": typeset(model.title), "tables": [entry(table, tongue) for table in model.tables]}
        for model in release.models
        if model.tables
    ]
    return [*sections, *models]


def _section(title: str, tongue: Tongue) -> str:
    """A heading for a study that names none, or only the number of a section in a printed report."""
    if not title:
        return tongue.say("pages.tables")
    return (
        tongue.say("pages.section", number=title) if re.fullmatch(r"\d+(\.\d+)*", title) else typeset(title)
    )


def entry(table: ReleasedTable, tongue: Tongue) -> View:
    """A table in a list."""
    return {
        "name": table.name,
        "number": number_said(tongue, table.name),
        "title": typeset(tongue.word(table.title)),
        "figure": table.is_figure,
    }


def table_of(release: Release, name: str) -> ReleasedTable | None:
    """The table with this name; None where the release has no such."""
    return next((table for table in release.all_tables if table.name == name), None)


def view(site: Site, tongue: Tongue, name: str) -> View | None:
    """A table's page; None where the release has no such table."""
    release = site.release
    tables = release.all_tables
    at = next((at for at, table in enumerate(tables) if table.name == name), None)
    if at is None:
        return None
    return {
        "table": shown(release, tables[at], tongue),
        "before": entry(tables[at - 1], tongue) if at else None,
        "after": entry(tables[at + 1], tongue) if at + 1 < len(tables) else None,
    }


def shown(release: Release, table: ReleasedTable, tongue: Tongue) -> View:
    """A table with its charts and the words behind it."""
    pictures = drawn(table, release.words, tongue, guess=table in release.tables)
    matches = release.published.of(table.name) if release.published else ()
    return {
        **sheet(table, release.words, tongue),
        "figure": table.is_figure,
        "charts": [both(picture, f"{table.name}-{at}") for at, picture in enumerate(pictures)],
        "published": beside.counts(matches) if matches else None,
        "explore": explored(table) if table in release.tables else "",
    }


def explored(table: ReleasedTable) -> str:
    """The address at which the explorer opens a table's figures: its first measure that is no count.

    A table with more than two attributes that vary opens at the first code of the others.
    """
    if not table.cells:
        return ""
    units = {cell.measure: cell.unit for cell in table.cells if cell.sample == table.sample}
    measure = next((name for name, unit in units.items() if unit != "count"), next(iter(units), ""))
    cells = [cell for cell in table.cells if cell.sample == table.sample and cell.measure == measure]
    order = dict.fromkeys([*table.rows, *table.columns, *(name for cell in cells for name in cell.codes)])
    codes = {name: dict.fromkeys(c.attribute(name) for c in cells) for name in order if name not in _NO_AXIS}
    axes = [name for name, found in codes.items() if len(found) > 1]
    first = {name: next((code for code in found if code != TOTAL), "") for name, found in codes.items()}
    fixed = [(name, code) for name, code in first.items() if code and name not in (*axes[:2], "period")]
    rows, columns = [*axes, "", ""][:2]
    periods = tuple(dict.fromkeys(cell.period for cell in cells))
    return "/explore?" + State(table.sample, (measure,), periods, rows, columns, tuple(fixed)).query()


_NO_AXIS = ("sample", "measure")


def ventures(release: Release, tongue: Tongue) -> list[View]:
    """The tables about new ventures, of the models too."""
    return [
        shown(release, table, tongue)
        for table in release.all_tables
        if any(is_venture(name) for cell in table.cells for name in cell.codes)
    ]


def csv_of(release: Release, name: str) -> bytes | None:
    """A table's figures as tables.csv has them; None where the release has no such table."""
    table = table_of(release, name)
    if table is None:
        return None
    return tables_csv(release, table) if table in release.tables else models_csv(release, table)
