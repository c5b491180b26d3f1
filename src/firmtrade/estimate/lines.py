"""From estimates to tables: each figure is a statistic of the catalog with its evidence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from firmtrade.catalog import Catalog
from firmtrade.estimate.model import Model
from firmtrade.result import Cell, Chart, Evidence, Result


@dataclass(frozen=True)
class Line:
    """One figure: a `statistic` (definitions/statistics.toml) at `codes` (dimensions or coordinates).

    `unit` and `decimals` are the statistic's where they are not given.
    """

    sample: str
    period: str
    statistic: str
    value: float | None
    evidence: Evidence
    codes: Mapping[str, str] = field(default_factory=dict)
    unit: str | None = None
    decimals: int | None = None


def table(
    model: Model,
    catalog: Catalog,
    part: str,
    title: str,
    lines: Iterable[Line],
    rows: Sequence[str],
    columns: Sequence[str] = ("measure",),
    chart: Chart | None = None,
    notes: Sequence[str] = (),
) -> Result:
    """The table `MODEL-PART` of a model. A figure that is not finite does not exist (None)."""
    return Result(
        name=f"{model.name}-{part}" if part else model.name,
        title=title,
        sample=model.samples[0],
        rows=tuple(rows),
        columns=tuple(columns),
        cells=tuple(_cell(line, catalog, model.where) for line in lines),
        notes=tuple(notes),
        chart=chart,
        section=model.title,
    )


def _cell(line: Line, catalog: Catalog, where: str) -> Cell:
    word = catalog.get(line.statistic, "statistic", where=where)
    value = line.value if line.value is not None and math.isfinite(line.value) else None
    return Cell(
        line.sample,
        line.period,
        dict(line.codes),
        word.name,
        value,
        word.unit if line.unit is None else line.unit,
        word.decimals if line.decimals is None else line.decimals,
        line.evidence.firms,
        line.evidence,
    )


def period(model: Model, years: Iterable[int]) -> str:
    """'1996-2002', '2002': the years that a model is about, as asked or as seen."""
    first, last = model.years or (min(years, default=0), max(years, default=0))
    return f"{first}-{last}" if first != last else str(first)
