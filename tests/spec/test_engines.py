"""Every example of the manual on Spark and PostgreSQL, and what engines would silently do differently."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.engine import Engine
from firmtrade._engine.postgres import Postgres
from firmtrade.acquire.source import PanelSpec
from firmtrade.assemble.away import open_away
from firmtrade.assemble.check import check_panel
from firmtrade.assemble.panel import open_panel
from support_engines import engine as engine_of
from support_engines import postgres_address, server
from support_manual import answers, manual
from support_panels import write_csv, write_parquet

EXAMPLES = [
    pytest.param(example, id=f"{name}-{number}")
    for name, chapter in manual.chapters().items()
    for number, example in enumerate(chapter["examples"], 1)
]


@pytest.fixture(scope="module", params=["spark", "postgres"])
def away(request: pytest.FixtureRequest) -> Engine:
    return engine_of(request.param)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_manual(away: Engine, example: dict[str, Any]) -> None:
    answers(away, example)


# -- reading: where the engine reads the panel itself, and where it is handed over ---------------------------

NBSP = "\u00a0"
KINDS = {
    "firm": "varchar", "year": "smallint", "activity": "varchar", "region": "varchar", "founded": "double",
    "employment": "double", "turnover": "decimal(20, 6)", "value_added": "double", "domestic": "boolean",
    "import_intra": "float", "import_extra": "bigint", "export_intra": "double", "export_extra": "varchar",
    "since": "date", "code": "varchar", "large": "double",
}  # fmt: skip
NAN, INFINITE = float("nan"), float("inf")
ODD = (
    ("1", 2001, "15.12", "be1", 1990.0, 9.9, "1234567.891234", 0.1 + 0.2, True, 0.0, 0, 12.5, "3",
     "1998-05-31", "x", 1e11 / 3),
    ("1", 2002, "1", f" BE2{NBSP}", 1850.5, NAN, None, 1 / 3, False, NAN, 7, 0.0, "1.5e3", None, "", 2 / 3),
    (" b\\c ", 2002, "", "  ", None, 2.5, "49999999.995", -0.0, None, 0.5, None, INFINITE, "nan",
     "2001-01-01", " ", NAN),
    ("it's", 2002, "74.0", "É", 3e9, 1e-7, "0", 5e-7, True, 1e6, -1, NAN, "1d", "1999-12-31", NBSP, None),
    ("Z", 2002, "1512.0", "-", 2001.0, 0.0, "-9", 1234567890.123456, True, 1.0, 3, 1.0, "-9", None, "-9.0",
     1.0),
    ("é", 2003, None, "BE3", 2001.0, -9.0, "7", 12.0, True, 1.0, 3, 1.0, " 12 ", None, "A", 123456789012.5),
)  # fmt: skip
SPEC = {
    "classification": "NACE 1.1", "missing": {"*": [-9]},
    "columns": {"since": "since", "code": "code", "large": "large"}, "units": {"large": 1000},
    "drop": [{"column": "firm", "equals": "Z"}],
}  # fmt: skip


def odd_file(folder: Path) -> Path:
    return write_parquet(folder / "odd.parquet", ODD, tuple(KINDS), KINDS)


def odd_table() -> str:
    address = postgres_address()
    kinds = {
        name: {"varchar": "text", "double": "float8", "float": "float4"}.get(k, k)
        for name, k in KINDS.items()
    }
    with server().connect() as connection:
        connection.execute("drop table if exists odd")
        connection.execute(f"create table odd ({', '.join(f'{n} {k}' for n, k in kinds.items())})")
        connection.cursor().executemany(f"insert into odd values ({', '.join(['%s'] * len(kinds))})", ODD)
    return f"{address}#public.odd"


def read(engine: Engine, source: str, tmp_path: Path) -> tuple[list[Any], list[str]]:
    """(the panel's rows, what the check says) of a source on an engine."""
    spec = PanelSpec.read(SPEC)
    if isinstance(engine, DuckDB):
        panel = open_panel(engine, spec, source, Path())
    else:
        panel = open_away(engine, spec, source, Path(), tmp_path)
    names = ", ".join(sorted(panel.columns))
    rows = [tuple(map(plain, row)) for row in engine.rows(f"select {names} from panel order by firm, year")]
    report = check_panel(engine, panel, spec)
    return rows, [
        f"{p.severity} {p.rule} {p.count} {p.title}" for p in report.problems if p.rule != "settled"
    ]


def plain(value: Any) -> Any:
    """A number as a float, so that 1 and Decimal('1.00') are the same."""
    return value if isinstance(value, str | bool | None) else round(float(value), 9)


@pytest.fixture(scope="module")
def as_ever(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Any], list[str]]:
    folder = tmp_path_factory.mktemp("odd")
    with DuckDB(threads=1) as engine:
        return read(engine, str(odd_file(folder)), folder)


def test_the_odd_panel_is_odd(as_ever: tuple[list[Any], list[str]]) -> None:
    """What the engines are compared on does hold values that cannot be used."""
    rows, problems = as_ever
    assert len(rows) == 5
    assert [row for row in rows if "it's" in row and "b\\c" not in row]
    assert sum(problem.startswith("stop unusable") for problem in problems) >= 3


def test_spark_reads_parquet_as_duckdb_does(tmp_path: Path, as_ever: tuple[list[Any], list[str]]) -> None:
    assert read(engine_of("spark"), str(odd_file(tmp_path)), tmp_path) == as_ever


def test_postgres_reads_a_table_as_duckdb_reads_parquet(
    tmp_path: Path, as_ever: tuple[list[Any], list[str]]
) -> None:
    address = odd_table()  # first: the engine sees the state of the database at its start
    with Postgres(address.partition("#")[0], threads=1) as engine:
        assert read(engine, address, tmp_path) == as_ever


@pytest.mark.parametrize("name", ["spark", "postgres"])
def test_a_text_file_is_handed_over_as_it_was_read(name: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "panel.csv")
    spec = PanelSpec.read({})
    found = []
    for engine in (engine_of("duckdb"), engine_of(name)):
        if isinstance(engine, DuckDB):
            panel = open_panel(engine, spec, str(path), Path())
        else:
            panel = open_away(engine, spec, str(path), Path(), tmp_path)
        listed = ", ".join(sorted(panel.columns))
        rows = engine.rows(f"select {listed} from panel order by firm, year")
        report = check_panel(engine, panel, spec)
        told = [(p.rule, p.count, p.examples) for p in report.problems if p.rule != "settled"]
        found.append((rows, told))
    assert found[0] == found[1]
