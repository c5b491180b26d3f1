"""From results to a Release. Deny by default: without protection only what holds no firm may leave.

A Result is confidential. An unprotected Release is made of a panel that says that it is synthetic, when
the study gives the reason, or when the person who runs the command gives one; the reason is printed on
every output.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from firmtrade.catalog import Catalog
from firmtrade.errors import DisclosureError
from firmtrade.result import (
    TOTAL,
    UNKNOWN,
    Attrition,
    Cell,
    Provenance,
    Release,
    ReleasedCell,
    ReleasedTable,
    Result,
    Unknown,
    Word,
)
from firmtrade.words import closure, word

#: What a figure and its groups may be: a table's words, or a model's.
MEASURES, DIMENSIONS = ("measure", "statistic"), ("dimension", "coordinate")


@dataclass(frozen=True)
class Origin:
    """What a release says of itself besides its figures."""

    study: str
    title: str
    subtitle: str
    source: str
    attrition: tuple[Attrition, ...]
    warnings: tuple[str, ...]
    provenance: Provenance


def reason_to_leave(synthetic: str, study_reason: str, reason: str | None) -> str:
    """Why figures may leave without disclosure control, or a DisclosureError that says what would allow it.

    `study_reason` counts only for a panel that says that it is synthetic; `reason` is what the person
    gave who runs the command, and answers for.
    """
    why = (reason or "").strip() or (study_reason.strip() if synthetic else "")
    if not why:
        raise DisclosureError(
            "This panel is not marked as synthetic, so its tables are confidential, and disclosure control "
            "is not part of this version. Nothing was written. If the data are public, or may be seen by all "
            "who get the output, say why, and it is printed on every output: --unprotected REASON"
        )
    return why


def release_unprotected(
    results: Iterable[Result],
    origin: Origin,
    catalog: Catalog,
    labels: Mapping[str, Mapping[str, str]],
    study_reason: str,
    reason: str | None,
) -> Release:
    """A Release without disclosure control, with the reason that `reason_to_leave` finds or refuses."""
    why = reason_to_leave(origin.provenance.synthetic, study_reason, reason)
    tables = tuple(released(result, catalog, labels) for result in results)
    return Release(
        study=origin.study,
        title=origin.title,
        subtitle=origin.subtitle,
        source=origin.source,
        tables=tables,
        dimensions=dimensions_of(tables),
        words=words_of(tables, catalog),
        attrition=origin.attrition,
        warnings=origin.warnings,
        protected=False,
        protection=f"No disclosure control was applied. Reason given: {why}",
        provenance=origin.provenance,
    )


def released(result: Result, catalog: Catalog, labels: Mapping[str, Mapping[str, str]]) -> ReleasedTable:
    """A result as a table of a release, nothing hidden yet."""
    known = {**labels, **_coordinates(result, catalog)}
    return ReleasedTable(
        result.name,
        result.title,
        result.sample,
        result.rows,
        result.columns,
        tuple(_cell(cell) for cell in result.cells),
        _labels(result, catalog, known),
        result.unknowns,
        result.notes,
        result.chart,
        result.section,
        result.points,
        result.windows,
    )


def _coordinates(result: Result, catalog: Catalog) -> dict[str, dict[str, str]]:
    """Labels of what tells the figures of a model apart: its own codes, else the words that codes name."""
    from firmtrade.words import COLUMNS

    found: dict[str, dict[str, str]] = {}
    for cell in result.cells:
        for name, code in cell.codes.items():
            word = catalog.find(name, "coordinate") if catalog.find(name, "dimension") is None else None
            if word is not None:
                named = catalog.find(code, "variable", "measure", "dimension", "sample")
                plain = named.title if named else COLUMNS.get(code, code)
                found.setdefault(name, {})[code] = word.codes.get(code, plain)
    return found


def _cell(cell: Cell) -> ReleasedCell:
    reason = (
        ""
        if cell.value is not None
        else ("no firm in the group" if not cell.firms else "not defined for this group")
    )
    return ReleasedCell(
        cell.sample, cell.period, cell.codes, cell.measure, cell.value, cell.unit, cell.decimals, "F", reason
    )


def _labels(
    result: Result, catalog: Catalog, labels: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """What a reader sees for each attribute and code of a table."""
    found: dict[str, dict[str, str]] = {"sample": {}, "measure": {}, "period": {}}
    groups: dict[str, set[str]] = {}
    parts: list[Cell | Unknown] = [*result.cells, *result.unknowns]
    for part in parts:
        found["sample"].setdefault(part.sample, catalog.get(part.sample, "sample").title)
        found["measure"].setdefault(part.measure, catalog.get(part.measure, *MEASURES).title)
        found["period"].setdefault(part.period, part.period)
        for dimension, code in part.codes.items():
            groups.setdefault(dimension, set()).add(code)
    for dimension, codes in groups.items():
        known = {TOTAL: "Total", UNKNOWN: "Unknown"}
        found[dimension] = known | {code: _label(dimension, code, labels, groups) for code in sorted(codes)}
    return found


def _label(
    dimension: str, code: str, labels: Mapping[str, Mapping[str, str]], groups: Mapping[str, set[str]]
) -> str:
    """A code's label; `{flow}` in it stands for the table's flow, where the table has just one."""
    known = labels.get(dimension, {})
    text = " or ".join(known.get(part.strip(), part.strip()) for part in code.split("|"))
    for other, codes in groups.items():
        if len(codes) == 1 and f"{{{other}}}" in text:
            (only,) = codes
            text = text.replace(f"{{{other}}}", labels.get(other, {}).get(only, only))
    return re.sub(r"\{\w+\}", "trade", text)


def dimensions_of(tables: Iterable[ReleasedTable]) -> tuple[str, ...]:
    """The dimensions of the contract, and those that these tables have beside them."""
    from firmtrade.result import DIMENSIONS as contract

    used = {dimension for table in tables for cell in table.cells for dimension in cell.codes}
    return (*contract, *sorted(used - set(contract)))


def words_of(tables: Iterable[ReleasedTable], catalog: Catalog) -> dict[str, Word]:
    """The definitions behind the words of the tables, and behind those definitions."""
    used: dict[tuple[tuple[str, ...], str], None] = {}
    for table in tables:
        parts: tuple[ReleasedCell | Unknown, ...] = (*table.cells, *table.unknowns)
        for cell in parts:
            used.update({(MEASURES, cell.measure): None, (("sample",), cell.sample): None})
            used.update({(DIMENSIONS, dimension): None for dimension in cell.codes})
    definitions = closure((catalog.get(name, *kinds) for kinds, name in used), catalog)
    # A name that two kinds share stands for what a table shows: its measure first.
    order = ("parameter", "variable", "sample", "coordinate", "dimension", "statistic", "measure")
    return {
        d.name: word(d, catalog) for d in sorted(definitions, key=lambda d: (order.index(d.kind), d.name))
    }
