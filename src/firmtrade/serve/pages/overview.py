"""The overview: what was released and how it is protected, key figures with small charts, where to go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from firmtrade.publish import beside
from firmtrade.publish.numbers import is_hidden, typeset
from firmtrade.result import TOTAL, Release, ReleasedCell, ReleasedTable
from firmtrade.serve.offer import NEEDS, offered
from firmtrade.serve.pages.said import label_said, unit_said, value_said, with_percent, with_unit
from firmtrade.serve.site import Site
from firmtrade.serve.speak import Tongue

View = dict[str, Any]
#: In the order of the menu; those that need something of the release are there only if it has it.
GUIDE = ("/explore", "/report", "/regions", "/status", "/growth", "/ventures", "/models", "/comparison",
         "/catalog")  # fmt: skip
MOST = 8  # key figures
FINDINGS = 4


def view(site: Site, tongue: Tongue, routes: Iterable[str]) -> View:
    """What the page shows; `routes` are the paths that the application answers."""
    release = site.release
    cells = [cell for table in release.all_tables for cell in table.cells]
    there, answered = offered(site), set(routes)
    return {
        "title": typeset(release.title),
        "subtitle": typeset(release.subtitle),
        "facts": {
            "tables": sum(not table.is_figure for table in release.tables),
            "figures": sum(table.is_figure for table in release.tables),
            "models": len(release.models),
            "cells": len(cells),
            "hidden": sum(map(is_hidden, cells)),
            "words": len(release.words),
        },
        "published": beside.counts(release.published.matches) if release.published else None,
        "keys": key_figures(release, tongue),
        "findings": _findings(release),
        "guide": [path for path in GUIDE if path in answered and (path in there or path not in NEEDS)],
        "samples": [_sample(item, release, tongue) for item in release.attrition],
    }


def _findings(release: Release) -> list[View]:
    """The first sentence of each model that has one."""
    return [
        {"model": model.name, "title": typeset(model.title), "text": typeset(model.findings[0].text)}
        for model in release.models
        if model.findings
    ][:FINDINGS]


def _sample(item: Any, release: Release, tongue: Tongue) -> View:
    return {
        "title": tongue.word(
            release.words[item.sample].title if item.sample in release.words else item.title
        ),
        "name": item.sample if item.sample in release.words else "",
        "period": item.period,
        "firms": value_said(tongue, item.steps[-1].left, 0) if item.steps else "",
    }


def key_figures(release: Release, tongue: Tongue) -> list[View]:
    """The last figure of each series of the first tables that run over years, with its course.

    A release without such tables shows the cells of its first figure, or of its first table.
    """
    years = [table for table in release.tables if len(_years(table)) > 2 and _axis(table)]
    years.sort(
        key=lambda table: (not table.is_figure, not {c.unit for c in table.cells} <= {"percent", "count"})
    )
    made = [key for table in years[:2] for key in _courses(table, release, tongue)[: MOST // 2]]
    if made or not release.tables:
        return made
    first = next((table for table in release.tables if table.is_figure), release.tables[0])
    return [_plain(cell, first, release, tongue) for cell in first.cells[:MOST] if not _is_undefined(cell)]


def _is_undefined(cell: ReleasedCell) -> bool:
    return cell.value is None and not is_hidden(cell)


def _years(table: ReleasedTable) -> list[str]:
    return sorted({cell.period for cell in table.cells if cell.period.isdigit()})


def _axis(table: ReleasedTable) -> str:
    """The one attribute beside the period that tells the cells apart; '' where there are more."""
    names = dict.fromkeys(["measure", *(name for cell in table.cells for name in cell.codes)])
    apart = [name for name in names if len({cell.attribute(name) for cell in table.cells}) > 1]
    return apart[0] if len(apart) == 1 else ""


def _courses(table: ReleasedTable, release: Release, tongue: Tongue) -> list[View]:
    axis, found = _axis(table), {}  # type: str, dict[str, list[ReleasedCell]]
    for cell in table.cells:
        found.setdefault(cell.attribute(axis), []).append(cell)
    made = []
    for code, cells in found.items():
        cells = sorted(cells, key=lambda cell: cell.period)
        last = next((c for c in reversed(cells) if not _is_undefined(c)), cells[-1])
        made.append(
            {
                **_plain(last, table, release, tongue),
                "label": label_said(tongue, table, axis, code),
                **({"measure": ""} if axis == "measure" else {}),
                "line": spark([cell.value for cell in cells]),
                "since": _since(cells, release, tongue),
            }
        )
    return made


def _since(cells: list[ReleasedCell], release: Release, tongue: Tongue) -> str:
    first = next((cell for cell in cells if cell.value is not None), None)
    if first is None or len(cells) < 2 or first is cells[-1]:
        return ""
    return tongue.say("pages.since", period=first.period, value=with_unit(tongue, first, release.words))


def _plain(cell: ReleasedCell, table: ReleasedTable, release: Release, tongue: Tongue) -> View:
    labels = [label_said(tongue, table, name, code) for name, code in cell.codes.items() if code != TOTAL]
    word, sample = release.words.get(cell.measure), release.words.get(cell.sample)
    unit = unit_said(tongue, cell.unit)
    return {
        "label": ", ".join(labels) or label_said(tongue, table, "measure", cell.measure),
        "value": tongue.say("pages.hidden") if is_hidden(cell) else with_percent(tongue, cell, release.words),
        "unit": "" if unit.startswith("%") or cell.value is None else unit,
        "hidden": is_hidden(cell),
        "measure": tongue.word(word.title) if word else cell.measure,
        "sample": typeset(tongue.word(sample.title if sample else cell.sample)),
        "period": typeset(cell.period),
        "table": table.name,
        "line": [],
        "since": "",
    }


def spark(values: list[float | None], width: float = 120.0, height: float = 28.0) -> list[str]:
    """A small line: points of each unbroken part, from nought at the foot to the largest value at the top."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return []
    low, high = min(0.0, *known), max(known)
    step, span = (width - 6) / max(1, len(values) - 1), (high - low) or 1.0
    runs: list[list[str]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{3 + at * step:.1f},{height - 3 - (value - low) / span * (height - 6):.1f}")
    return [" ".join(run) for run in runs if run]
