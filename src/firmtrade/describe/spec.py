"""A table as a study asks for it: frozen specs that name definitions and hold no expressions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from firmtrade.errors import StudyError, nearest
from firmtrade.result import Chart

ALL = "all"
#: Periods of a study of a trade register that its declarations settle: the last year, and every year.
LATEST, DECLARED = "latest", "declared"

_TABLE = {
    "title",
    "section",
    "sample",
    "window",
    "period",
    "measures",
    "by",
    "cells",
    "rows",
    "columns",
    "notes",
    "chart",
    "like",
    "where",
    "decimals",
}
_BLOCK = {"sample", "window", "period", "measures", "by"}
_CHART = {"kind", "x", "color", "facet"}


@dataclass(frozen=True)
class Block:
    """The cells of `measures` over the cross product of the codes in `by`.

    `periods` are years, or empty for the label of the window. `by` maps a dimension (`t1.venture` for
    the dimension at another point than t0) to codes; ("all",) stands for each code.
    """

    sample: str
    window: str
    periods: tuple[str, ...]
    measures: tuple[str, ...]
    by: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Table:
    """One table or figure: blocks of cells and how they are laid out."""

    name: str
    title: str
    section: str
    sample: str
    blocks: tuple[Block, ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()
    chart: Chart | None = None
    decimals: Mapping[str, int] = field(default_factory=dict)


def read_tables(entries: Mapping[str, Any], file: str) -> tuple[Table, ...]:
    """The tables of a study, in the order of the file; `like` copies another table's fields."""
    merged: dict[str, dict[str, Any]] = {}
    for name, entry in entries.items():
        where = f"{file}, [tables.{name}]"
        if not isinstance(entry, dict):
            raise StudyError(f"{where} must be a table with title, sample, measures and by.")
        _known(entry, _TABLE, where, "table")
        model = entry.get("like")
        if model is not None and model not in merged:
            raise StudyError(
                f"{where}: like = '{model}' names no table above it.{nearest(str(model), merged)}"
            )
        merged[name] = {**merged.get(str(model), {}), **entry}
    return tuple(read_table(name, entry, f"{file}, [tables.{name}]") for name, entry in merged.items())


def read_table(name: str, entry: Mapping[str, Any], where: str) -> Table:
    """One table from its TOML fields."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise StudyError(f"{where}: a table's name has lower-case letters, digits and hyphens only.")
    if "sample" not in entry:
        raise StudyError(f"{where} lacks sample. Every table says whom it is about: firmtrade list samples")
    cells = entry.get("cells", [{}] if "measures" in entry else [])
    if not cells:
        raise StudyError(f"{where} lacks measures (or a list of cells).")
    blocks = tuple(_block(cell, entry, f"{where}, cells {n}") for n, cell in enumerate(cells, 1))
    rows, columns = _layout(entry, blocks)
    return Table(
        name=name,
        title=str(entry.get("title", name)),
        section=str(entry.get("section", "")),
        sample=entry["sample"],
        blocks=blocks,
        rows=rows,
        columns=columns,
        notes=tuple(_list(entry.get("notes", ()))),
        chart=_chart(entry.get("chart"), where),
        decimals=entry.get("decimals", {}),
    )


def with_years(tables: Iterable[Table], years: Iterable[int]) -> tuple[Table, ...]:
    """The tables with the declared years where they ask for the latest, or for all of them."""
    listed = [str(year) for year in sorted(years)]
    known = {LATEST: listed[-1:], DECLARED: listed}
    return tuple(
        replace(table, blocks=tuple(_dated(block, known) for block in table.blocks)) for table in tables
    )


def _dated(block: Block, known: Mapping[str, list[str]]) -> Block:
    years = [year for period in block.periods for year in known.get(period, [period])]
    return replace(block, periods=tuple(dict.fromkeys(years)))


def _block(cell: Mapping[str, Any], table: Mapping[str, Any], where: str) -> Block:
    _known(cell, _BLOCK, where, "block of cells")
    pick = {key: cell.get(key, table.get(key)) for key in _BLOCK}
    if not pick["measures"]:
        raise StudyError(f"{where} lacks measures.")
    by = {**_by(table.get("where", {}), where), **_by(pick["by"] or {}, where)}
    years = by.pop("year", by.pop("period", None))
    periods = years if years is not None else tuple(str(p) for p in _list(pick["period"] or ()))
    return Block(
        pick["sample"], pick["window"] or "", periods, tuple(_list(pick["measures"])), tuple(by.items())
    )


def _by(by: Any, where: str) -> dict[str, tuple[str, ...]]:
    if isinstance(by, str):
        by = [by]
    if isinstance(by, Sequence):
        return {str(name): (ALL,) for name in by}
    if not isinstance(by, Mapping):
        raise StudyError(f"{where}: by is a list of dimensions, or {{ dimension = [codes] }}.")
    return {name: tuple(str(code) for code in _list(codes)) for name, codes in by.items()}


def _layout(entry: Mapping[str, Any], blocks: tuple[Block, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Rows and columns as asked, else the first dimension down and all others across."""
    names = list(dict.fromkeys(name.rpartition(".")[2] for block in blocks for name, _ in block.by))
    rows = tuple(_list(entry.get("rows", names[:1] or ["period"])))
    rest = [name for name in (*names, "period", "measure") if name not in rows]
    return rows, tuple(_list(entry.get("columns", rest)))


def _chart(chart: Any, where: str) -> Chart | None:
    if chart is None:
        return None
    _known(chart, _CHART, where, "chart")
    kinds = ("bar", "stacked", "line")
    if chart.get("kind") not in kinds or "x" not in chart:
        raise StudyError(f"{where}: a chart has kind ({', '.join(kinds)}) and x.")
    return Chart(**chart)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _known(entry: Mapping[str, Any], known: set[str], where: str, what: str) -> None:
    for key in entry:
        if key not in known:
            raise StudyError(f"{where}: '{key}' is not a field of a {what}.{nearest(key, known)}")
