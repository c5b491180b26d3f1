"""Open a source under its own column names: the relation `panel_source` and where its rows come from.

Each row carries `__file` (the number of its file) and the relation keeps the files' order, so that a
problem can be traced to a file and a line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.engine import Engine
from firmtrade.acquire.locate import Located, locate
from firmtrade.acquire.source import PanelSpec


def relation(spec: PanelSpec | type[PanelSpec]) -> str:
    """What the opened source of a part of a study is called in the engine: `panel_source`."""
    return f"{spec.relation}_source"


class Fetch(Protocol):
    """Reads columns into the relation; returns the number of rows of each file."""

    def __call__(self, names: Sequence[str], limit: int | None = None) -> tuple[int, ...]:
        """Read `names`; with a limit only the first rows of the first file."""


@dataclass(frozen=True)
class Source:
    """An opened source. `columns` maps the source's names to SQL types.

    `lazy` sources (Parquet) are read anew by each query and know the row's number in its file
    (`__row`); the others are read once. `place(file, row)` says where a row stands, counted from 0.
    A `typed` source tells numbers from text; in the others all is text. `fetch`, where a source has one,
    reads the columns that are named into the relation and returns the number of rows of each file (only
    the first file's first rows with a limit).
    `rows`, where known before reading, is the number of data rows of each file; `repair` is called when
    the engine fails or reads another number: it raises an error that names the file and line, or makes
    the relation readable and returns the numbers. `close` removes copies once the source is read.
    `labels`: columns of numbers that stand for words, with some of the words (Stata, SAS and SPSS).
    """

    located: Located
    columns: Mapping[str, str]
    lazy: bool
    place: Callable[[int, int], str]
    synthetic: str = ""
    rows: tuple[int, ...] = ()
    typed: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    fetch: Fetch | None = None
    repair: Callable[[Exception | None], tuple[int, ...]] | None = None
    close: Callable[[], None] = field(default=lambda: None)


def open_source(engine: DuckDB, spec: PanelSpec, source: str | None, base: Path) -> Source:
    """Make `panel_source` readable in the engine; see the module and `Source`.

    Raises DataError for anything that is missing, empty, damaged or of several shapes.
    """
    located = locate(spec, source, base)
    forget(engine, relation(spec))
    if located.format == "parquet":
        from firmtrade.acquire.parquet import open_parquet

        return open_parquet(engine, spec, located)
    if located.format == "csv":
        from firmtrade.acquire.text import open_text

        return open_text(engine, spec, located)
    if located.format == "excel":
        from firmtrade.acquire.excel import open_excel

        return open_excel(engine, spec, located)
    if located.format == "database":
        from firmtrade.acquire.database import open_database

        return open_database(engine, spec, located)
    from firmtrade.acquire.statistics import open_statistics

    return open_statistics(engine, spec, located)


def hashes(located: Located) -> dict[str, str]:
    """SHA-256 of each file by its name (with its folder where two have one name)."""
    if not located.files:
        return {located.name: "not hashed"}
    names = [path.name for path in located.files]
    unique = len(set(names)) == len(names)
    found = {}
    for path in located.files:
        with path.open("rb") as file:
            found[path.name if unique else f"{path.parent.name}/{path.name}"] = hashlib.file_digest(
                file, "sha256"
            ).hexdigest()
    return found


def forget(engine: Engine, name: str) -> None:
    """Drop the relation `name`, be it a view or a table, if there is one."""
    engine.drop(name)


def quoted(name: str) -> str:
    """A name as SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A value as SQL literal."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"
