"""Parquet: one file, many, or a partitioned folder, read lazily."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.locate import Located, refuse_other_columns
from firmtrade.acquire.read import Source, literal, relation
from firmtrade.acquire.source import PanelSpec
from firmtrade.errors import DataError, EngineError

#: Key of the file's metadata under which a synthetic panel says what it is.
SYNTHETIC = "firmtrade.synthetic"
_NUMBERS = ("DECIMAL", "DOUBLE", "FLOAT", "HUGEINT", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT",
            "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")  # fmt: skip


def open_parquet(engine: DuckDB, spec: PanelSpec, located: Located) -> Source:
    """A view over the files. Numbers of different widths are joined; other differences are an error.

    A column that is named by a folder (year=1998) and stands in the files too is taken from the files.
    """
    shapes = [_shape(engine, path) for path in located.files]
    _same_shape(located.files, shapes)
    partitioned = _partitioned(located, shapes[0])
    hive = literal(partitioned)
    reader = f"read_parquet({_list(located.files)}, union_by_name = true, hive_partitioning = {hive})"
    # The engine numbers the files anew when a condition leaves folders out: there only the name is sure.
    number = f"list_position({_list(located.files)}, filename) - 1" if partitioned else "file_index"
    name = relation(spec)
    engine.execute(
        f"create or replace view {name} as "
        f"select *, {number} as __file, file_row_number as __row from {reader}"
    )
    columns = engine.describe(name)
    if engine.rows(f"select 1 from {name} limit 1") == []:
        raise DataError(f"{located.name}: there are columns but no rows.")
    return Source(
        located=located, columns={name: kind for name, kind in columns.items() if not name.startswith("__")},
        lazy=True, typed=True, place=lambda file, row: f"{located.label(file)}, row {row + 1}",
        synthetic=_synthetic(engine, located.files),
    )  # fmt: skip


def _shape(engine: DuckDB, path: Path) -> dict[str, str]:
    try:
        return engine.describe(f"read_parquet({literal(str(path))}, hive_partitioning = false)")
    except EngineError as error:
        reason = str(error).splitlines()[0].split("Error: ")[-1]
        raise DataError(
            f"{path.name} is not a whole Parquet file ({reason}). It may have been cut off while it was "
            f"copied: copy or export it again."
        ) from None


def _same_shape(files: tuple[Path, ...], shapes: list[dict[str, str]]) -> None:
    """Refuse files of which one lacks a column, or has text where another has numbers."""
    first = shapes[0]
    for path, shape in zip(files, shapes, strict=True):
        refuse_other_columns((files[0], first), (path, shape))
        for name, kind in shape.items():
            if _family(kind) != _family(first[name]):
                raise DataError(
                    f"{path.name}: column '{name}' is {kind}, but {first[name]} in {files[0].name}. "
                    f"Export the files with the same types."
                )


def _family(kind: str) -> str:
    return "number" if kind.startswith(_NUMBERS) else kind


def _partitioned(located: Located, columns: Collection[str]) -> bool:
    """Whether folders name columns. The engine would put a folder's value in place of the file's own."""
    named = {part.split("=")[0] for path in located.files for part in path.parent.parts if "=" in part}
    own = {name.lower() for name in columns}
    both = sorted(name for name in named if name.lower() in own)
    if both and len(both) < len(named):
        raise DataError(
            f"{located.name}: '{both[0]}' stands in the folders' names and in the files, other columns only "
            f"in the folders' names. Take '{both[0]}' out of one of them."
        )
    return bool(named) and not both


def _list(files: tuple[Path, ...]) -> str:
    return "[" + ", ".join(literal(str(path)) for path in files) + "]"


def _synthetic(engine: DuckDB, files: tuple[Path, ...]) -> str:
    """What the files say of being synthetic: only if all of them say so."""
    found = engine.rows(
        f"select distinct file_name, decode(value) from parquet_kv_metadata({_list(files)}) "
        f"where decode(key) = '{SYNTHETIC}'"
    )
    if len({file for file, _ in found}) < len(files):
        return ""
    return "; ".join(sorted({text for _, text in found}))
