"""Small panels for the tests of acquire and assemble: written in every format, opened and checked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.source import PanelSpec
from firmtrade.assemble.check import CheckReport, check_panel
from firmtrade.assemble.panel import Panel, open_panel

COLUMNS = ("firm", "year", "activity", "region", "founded", "employment", "turnover", "value_added",
           "domestic", "import_intra", "import_extra", "export_intra", "export_extra")  # fmt: skip
TEXT = ("firm", "activity", "region")

#: Values that a format could spoil: many digits, thirds, zeros, missing values, a leading zero, an accent.
ROWS: tuple[tuple[Any, ...], ...] = (
    ("0100", 2001, "15.12", "BE10", 1990, 9.9, 1234567.891234, 0.1 + 0.2, True, 0.0, 1e-6, 12.5, None),
    ("0100", 2002, "15.12", "BE10", 1990, 1 / 3, 49999999.995, 2 / 3, True, 0.0, 3.0, 12.25, 0.0),
    ("Müller; Söhne", 2001, "01.50", "be2", None, None, None, -12.345678, False, None, None, None, None),
    ("Müller; Söhne", 2002, None, None, 1850, 250.0, 50000000.0, 1e9 + 0.7, None, 1.0, 2.0, 3.0, 4.0),
    ('say "x", y', 2001, "74", "BE3", 2001, 1.0, 0.0, 0.0, True, 0.0, 0.0, 0.0, 123456789.123457),
)


@dataclass(frozen=True)
class Opened:
    """An open panel with its engine."""

    engine: DuckDB
    panel: Panel
    spec: PanelSpec

    def rows(self, what: str = "*") -> list[tuple[Any, ...]]:
        return self.engine.rows(f"select {what} from panel order by firm, year")

    def report(self) -> CheckReport:
        return check_panel(self.engine, self.panel, self.spec)


@contextmanager
def opened(source: str | Path | None = None, base: Path = Path(), **panel: Any) -> Iterator[Opened]:
    """The panel of a source (or of files = in the panel's own entry)."""
    spec = PanelSpec.read(panel)
    with DuckDB(threads=2) as engine:
        found = open_panel(engine, spec, str(source) if source is not None else None, base)
        yield Opened(engine, found, spec)


def content(source: str | Path | None = None, base: Path = Path(), **panel: Any) -> list[tuple[Any, ...]]:
    """All rows of the panel, by firm and year."""
    with opened(source, base, **panel) as it:
        return it.rows(", ".join(name for name in COLUMNS if name in it.panel.columns))


def check(source: str | Path | None = None, base: Path = Path(), **panel: Any) -> CheckReport:
    """What the check says of the source."""
    with opened(source, base, **panel) as it:
        return it.report()


def write_csv(path: Path, rows: Sequence[Sequence[Any]] = ROWS, columns: Sequence[str] = COLUMNS,
              delimiter: str = ",", decimal: str = ".", encoding: str = "utf-8",
              end: str = "\n") -> Path:  # fmt: skip
    """Delimited text: quotes only where needed, missing values as empty cells."""

    def cell(value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return repr(value).replace(".", decimal)
        text = str(value)
        return '"' + text.replace('"', '""') + '"' if any(c in text for c in (delimiter, '"', "\n")) else text

    lines = [delimiter.join(map(cell, row)) for row in (columns, *rows)]
    path.write_bytes((end.join(lines) + end).encode(encoding))
    return path


def write_parquet(path: Path, rows: Sequence[Sequence[Any]] = ROWS, columns: Sequence[str] = COLUMNS,
                  types: Mapping[str, str] | None = None, synthetic: str = "") -> Path:  # fmt: skip
    """Parquet with the types that a careful writer uses, or those given."""
    import duckdb

    kinds = dict.fromkeys(columns, "double") | {name: "varchar" for name in columns if name in TEXT}
    kinds |= dict.fromkeys(("year", "founded"), "integer") | {"domestic": "boolean"} | dict(types or {})
    path.parent.mkdir(parents=True, exist_ok=True)
    options = f", kv_metadata {{'firmtrade.synthetic': '{synthetic}'}}" if synthetic else ""
    with duckdb.connect() as connection:
        connection.execute(f"create table p ({', '.join(f'{name} {kinds[name]}' for name in columns)})")
        if rows:
            connection.executemany(
                f"insert into p values ({', '.join('?' * len(columns))})", list(map(list, rows))
            )
        connection.execute(f"copy p to '{path}' (format parquet{options})")
    return path


def write_excel(path: Path, rows: Sequence[Sequence[Any]] = ROWS, columns: Sequence[str] = COLUMNS) -> Path:
    """A workbook with one sheet."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Panel")
        for number, row in enumerate((columns, *rows)):
            for at, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, at, value)
                elif value is not None:
                    sheet.write(number, at, value)
    return path


def write_sqlite(path: Path, rows: Sequence[Sequence[Any]] = ROWS, columns: Sequence[str] = COLUMNS,
                 table: str = "panel") -> Path:  # fmt: skip
    """A SQLite file with one table."""
    kinds = dict.fromkeys(columns, "REAL") | dict.fromkeys(TEXT, "TEXT")
    kinds |= {"year": "INTEGER", "founded": "INTEGER", "domestic": "BOOLEAN", "turnover": "NUMERIC(18, 2)"}
    connection = sqlite3.connect(path)
    connection.execute(f"create table {table} ({', '.join(f'{name} {kinds[name]}' for name in columns)})")
    connection.executemany(f"insert into {table} values ({', '.join('?' * len(columns))})", rows)
    connection.commit()
    connection.close()
    return path


def write_statistics(
    path: Path, rows: Sequence[Sequence[Any]] = ROWS, columns: Sequence[str] = COLUMNS
) -> Path:
    """A Stata, SPSS or SAS transport file: these have no booleans, so they are 1 and 0."""
    import pandas as pd
    import pyreadstat

    data = {}
    for at, name in enumerate(columns):
        values = [row[at] for row in rows]
        if name in TEXT:
            data[name] = pd.Series([value or "" for value in values], dtype=object)
        else:
            data[name] = pd.Series(
                [None if value is None else float(value) for value in values], dtype="float64"
            )
    write = {".dta": pyreadstat.write_dta, ".sav": pyreadstat.write_sav, ".xpt": pyreadstat.write_xport}
    write[path.suffix](pd.DataFrame(data), str(path))
    return path
