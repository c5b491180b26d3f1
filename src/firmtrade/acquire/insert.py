"""Rows that Python read, chunk by chunk, into the engine's temporary table `panel_source` (or another)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.read import quoted
from firmtrade.errors import DataError


class Inserter:
    """Fills the table `name`. `types` maps the columns to VARCHAR, DOUBLE or DATE."""

    def __init__(self, engine: DuckDB, name: str, types: dict[str, str]) -> None:
        self._engine = engine
        self._name = name
        self._types = dict(types)
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in types.items())
        engine.execute(f"create or replace temporary table {name} ({columns}, __file integer)")

    def retype(self, name: str, values: Sequence[Any]) -> None:
        """A column of numbers whose first values are dates becomes DATE (all before were empty)."""
        if self._types[name] != "DOUBLE":
            return
        first = next((value for value in values if value is not None), None)
        if isinstance(first, datetime.date):
            self._engine.execute(f"alter table {self._name} alter column {quoted(name)} type date using null")
            self._types[name] = "DATE"

    def add(self, columns: Sequence[Sequence[Any]], file: int) -> int:
        """Append one chunk, given column by column in the order of `types`; return its number of rows."""
        rows = len(columns[0]) if columns else 0
        if rows:
            names = list(self._types)
            chunk = self._arrow(columns)
            if chunk is None:
                values = ", ".join(
                    f"unnest(cast(${n} as {self._types[name]}[]))" for n, name in enumerate(names, 1)
                )
                self._engine.execute(f"insert into {self._name} select {values}, {file}", list(columns))
            else:
                self._engine.register("panel_chunk", chunk)
                self._engine.execute(f"insert into {self._name} select *, {file} from panel_chunk")
        return rows

    def _arrow(self, columns: Sequence[Sequence[Any]]) -> Any:
        """The chunk as an Arrow table, several times faster than lists; None without pyarrow."""
        try:
            import pyarrow as pa
        except ImportError:
            return None
        kinds = {"VARCHAR": pa.string(), "DOUBLE": pa.float64(), "DATE": pa.date32()}
        arrays = [
            pa.array(values, kinds[kind]) for values, kind in zip(columns, self._types.values(), strict=True)
        ]
        return pa.Table.from_arrays(arrays, names=[f"c{n}" for n in range(len(arrays))])


def refuse_twins(names: Sequence[str], what: str) -> None:
    """SQL does not tell names apart that differ only in upper and lower case."""
    seen: dict[str, str] = {}
    for name in names:
        if name.lower() in seen:
            raise DataError(
                f"{what}: the columns '{seen[name.lower()]}' and '{name}' have the same name but for upper "
                f"and lower case. Rename one of them."
            )
        seen[name.lower()] = name


def as_text(value: Any) -> str | None:
    """A cell of a format with types as the text that our casts read; None for an empty cell."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value if isinstance(value, str) else str(value)
