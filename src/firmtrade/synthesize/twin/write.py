"""A twin as a file: in the study's own column names, units and codes, marked as synthetic."""

from __future__ import annotations

from pathlib import Path

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.read import literal, quoted
from firmtrade.acquire.source import PanelSpec, Scalar
from firmtrade.synthesize.twin.columns import NUMBER, WHOLE, YESNO, Column
from firmtrade.synthesize.twin.panel import Panel
from firmtrade.synthesize.write import copy_to_parquet


def write_twin(engine: DuckDB, panel: Panel, spec: PanelSpec, path: Path, sentence: str) -> int:
    """Write the relation `panel` and return its number of rows."""
    kept = [column for column in panel.columns if column.constant is None]
    parts = [_named("firm", "firm", spec), _named(f"year - {spec.year_offset}", "year", spec)]
    parts += [_named(_theirs(column, spec), column.name, spec) for column in kept]
    # A column by which rows are dropped must be there; nothing is dropped where it is empty.
    names = {spec.columns.get(n, n).lower() for n in ("firm", "year", *(c.name for c in kept))}
    for drop in spec.drop:
        name = spec.columns.get(drop.column, drop.column)
        if name.lower() not in names:
            parts.append(f"cast(null as integer) as {quoted(name)}")
            names.add(name.lower())
    copy_to_parquet(
        engine.execute, f"select {', '.join(parts)} from panel order by firm, year", path, sentence
    )
    ((rows,),) = engine.rows("select count(*) from panel")
    return int(rows)


def _named(sql: str, name: str, spec: PanelSpec) -> str:
    return f"{sql} as {quoted(spec.columns.get(name, name))}"


def _theirs(column: Column, spec: PanelSpec) -> str:
    """Our value as the source writes it."""
    codes = spec.codes.get(column.name)
    if codes:
        return _coded(column, codes)
    if column.kind == NUMBER:
        factor = spec.units.get(column.name, 1.0)
        exact = f"cast({column.name} as decimal(28, 2))"
        return (
            exact if factor == 1.0 else f"cast(cast({column.name} as double) / {factor!r} as decimal(28, 9))"
        )
    return column.name


def _coded(column: Column, codes: dict[str, Scalar]) -> str:
    """The first of the source's codes that stands for our value."""
    branches = []
    known: set[str] = set()
    for theirs, ours in codes.items():
        word = str(ours).lower() if column.kind == YESNO else str(ours)
        if word in known:
            continue
        known.add(word)
        if column.kind == YESNO:
            test = column.name if word in ("true", "1") else f"not {column.name}"
        elif column.kind in (NUMBER, WHOLE):
            positive = bool(ours) and float(ours) > 0
            test = f"{column.name} > 0" if positive else f"{column.name} <= 0"
        else:
            test = f"{column.name} = {literal(str(ours))}"
        branches.append(f"when {test} then {literal(theirs)}")
    return f"case {' '.join(branches)} end"
