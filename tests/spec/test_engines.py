"""Every example of the manual on Spark and PostgreSQL, and what engines would silently do differently."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.engine import Engine
from firmtrade._engine.postgres import Postgres
from firmtrade.acquire.contract import FLOWS
from firmtrade.acquire.source import PanelSpec
from firmtrade.assemble.away import open_away
from firmtrade.assemble.check import check_panel
from firmtrade.assemble.panel import open_panel
from firmtrade.errors import DataError, EngineError, FirmtradeError
from firmtrade.study import Study
from firmtrade.synthesize.transactions import write_register
from reference.panels import write_all
from support_engines import INTERPRETED, connect_address, postgres_address, server
from support_engines import engine as engine_of
from support_manual import answers, manual
from support_panels import write_csv, write_parquet
from support_postgres import NoServer
from support_small import STUDY, drawn_panel

PLAIN = """
[tables.example]
sample = "all-firms"
measures = ["firms", "employment", "median-employment"]
period = 2002
"""
MODELS = (
    PLAIN
    + """
[models.premia]
kind = "premia"
sample = "all-firms"
"""
)

#: Spark takes a second for a question of a few rows.
pytestmark = pytest.mark.slow

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


# -- a study: cells, protection and models -------------------------------------------------------------------


def settings() -> str:
    """What a study says so that Spark is quick with a few rows."""
    listed = ", ".join(f'"{key}" = "{value}"' for key, value in INTERPRETED.items())
    return f"[engine]\nsettings = {{ {listed} }}\n"


@dataclass(frozen=True)
class Place:
    """A panel in every form, and the study that reads it."""

    study: str
    file: str
    table: str


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A random panel with holdings: a Parquet file, and a table of the database where there is one."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "study.toml").write_text(f"{STUDY}{settings()}", encoding="utf-8")
    file = str(write_all(drawn_panel(), folder)["parquet"])
    try:
        with Postgres(server().url, threads=1) as engine:
            engine.cells.execute(f"create view p as select * from read_parquet('{file}')")
            engine.receive("panel_there", engine.cells, "select * from p", folder)
            engine.execute("create schema if not exists reports")
            engine.execute("drop table if exists reports.firms")
            engine.execute("create table reports.firms as select * from pg_temp.panel_there")
            engine.execute("commit")
        table = f"{server().url}#reports.firms"
    except NoServer:
        table = ""
    return Place(str(folder / "study.toml"), file, table)


def narrow(place: Place, folder: Path) -> str:
    """The panel without most amounts, of which the check asks each engine much."""
    path = str(folder / "narrow.parquet")
    with DuckDB(threads=1) as engine:
        flows = ", ".join(f"{name} > 0 as {name}" for name in FLOWS)
        listed = f"firm, year, activity, employment, {flows}"
        engine.execute(
            f"copy (select {listed} from read_parquet('{place.file}')) to '{path}' (format parquet)"
        )
    return path


def figures(place: Place, panel: str, engine: str | None) -> dict[str, Any]:
    """Every figure of the protected release with its status and reason, keyed by what it is about."""
    release = Study(place.study, panel=panel, engine=engine, threads=1).release()
    cells = [(table.name, cell) for table in release.tables for cell in table.cells]
    return {
        f"{table}: {replace(cell, value=None)}": None
        if cell.value is None
        else pytest.approx(cell.value, rel=1e-9)
        for table, cell in cells
    }


@pytest.fixture(scope="module")
def expected(place: Place) -> dict[str, Any]:
    return figures(place, place.file, None)


def test_the_release_hides_something(expected: dict[str, Any]) -> None:
    """What the engines must agree on is not trivial."""
    assert len(expected) > 100
    assert sum(value is None for value in expected.values()) > 10


@pytest.mark.parametrize(
    ("name", "panel"),
    [("spark", "file"), ("postgres", "table"), ("postgres", "file")],
    ids=["spark-file", "postgres-table", "postgres-file"],
)
def test_the_protected_release_is_the_same(
    place: Place, expected: dict[str, Any], name: str, panel: str
) -> None:
    engine_of(name)  # skips where there is none
    where = "spark:local[2]" if name == "spark" else server().url
    assert figures(place, getattr(place, panel), where) == expected


def test_nothing_is_left_in_the_database(place: Place) -> None:
    postgres_address()
    figures(place, place.table, "postgres")
    with server().connect() as connection:
        made = connection.execute(
            "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where n.nspname !~ '^(pg_|information_schema)' and c.relname not in ('odd', 'firms')"
        ).fetchall()
    assert made == []


def test_a_role_that_may_only_read_and_make_temporary_tables(place: Place, expected: dict[str, Any]) -> None:
    postgres_address()
    with server().connect() as connection:
        connection.execute("drop owned by reader; drop role reader") if connection.execute(
            "select 1 from pg_roles where rolname = 'reader'"
        ).fetchall() else None
        connection.execute("create role reader login password 'r'")
        connection.execute("grant usage on schema reports to reader")
        connection.execute("grant select on reports.firms to reader")
    address = f"postgresql://reader:r@127.0.0.1:{server().port}/postgres#reports.firms"
    assert figures(place, address, "postgres") == expected
    with server().connect() as connection:
        connection.execute("revoke temporary on database postgres from public")
    try:
        with pytest.raises(EngineError, match="right TEMP on the database"):
            figures(place, address, "postgres")
    finally:
        with server().connect() as connection:
            connection.execute("grant temporary on database postgres to public")


def test_spark_connect_from_the_command_line(tmp_path: Path, place: Place) -> None:
    """A process without Spark of its own: its panel is sent to the server, which knows no file of ours."""
    address = connect_address()
    study, panel = tmp_path / "study.toml", narrow(place, tmp_path)
    study.write_text(f"{settings()}{PLAIN}", encoding="utf-8")
    made = {}
    for name, engine in (("near", "duckdb"), ("far", address)):
        command = [sys.executable, "-m", "firmtrade", "run", str(study), "--panel", panel]
        done = subprocess.run(
            [*command, "--out", str(tmp_path / name), "--engine", engine], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        made[name] = (tmp_path / name / "tables.csv").read_text(encoding="utf-8")
    assert made["near"] == made["far"]


def test_models_on_spark_are_estimated_here(tmp_path: Path, place: Place) -> None:
    pytest.importorskip("pyfixest")
    engine_of("spark")
    path, panel = tmp_path / "models.toml", narrow(place, tmp_path)
    path.write_text(f"{settings()}{MODELS}", encoding="utf-8")
    ours, theirs = (
        Study(path, panel=panel, engine=engine, threads=1).models() for engine in (None, "spark:local[2]")
    )
    assert not ours[0].refused
    assert ours == theirs


# -- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "more", "words"),
    [
        ("sparc", "", "there is no engine 'sparc'. Did you mean 'spark'?"),
        ("postgres", "", "needs a database"),
        ("postgresql://me:s3cret@127.0.0.1:1/x", "", "PostgreSQL cannot be reached at 127.0.0.1:1/x"),
        ("sc://127.0.0.1:1/;token=s3cret", "", "Spark cannot be reached at sc://127.0.0.1:1"),
        ("postgresql://h/x", "models", "The models (premia) are estimated on the rows of firms"),
        ("spark", 'protect = { ledger = "kept" }', "A ledger compares runs firm by firm"),
        ("spark", 'protect = { method = "cell-key", secret = "../key" }', "record_key"),
        (None, 'engine = { name = "spark", sprak = "local" }', "'sprak' is not known. Did you mean 'spark'?"),
    ],
)  # fmt: skip
def test_refused_before_anything_is_read(
    tmp_path: Path, place: Place, engine: str | None, more: str, words: str
) -> None:
    path = tmp_path / "study.toml"
    path.write_text(MODELS if more == "models" else f"{more}\n{PLAIN}", encoding="utf-8")
    with pytest.raises(FirmtradeError) as raised:
        Study(path, panel=str(tmp_path / "absent.parquet"), engine=engine).release()
    assert words in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_a_column_with_a_word_of_postgresql(tmp_path: Path, place: Place) -> None:
    postgres_address()
    path = tmp_path / "study.toml"
    path.write_text(f'[panel.columns]\nuser = "region"\n{PLAIN}', encoding="utf-8")
    with pytest.raises(EngineError, match="'user' is a word of PostgreSQL"):
        Study(path, panel=place.table, engine="postgres").tables()


def test_another_table_or_database_is_named(tmp_path: Path, place: Place) -> None:
    postgres_address()
    path = tmp_path / "study.toml"
    path.write_text(PLAIN, encoding="utf-8")
    absent = place.table.replace("reports.firms", "reports.firm")
    with pytest.raises(DataError, match=r"has no table 'reports.firm'.* Did you mean 'reports.firms'"):
        Study(path, panel=absent, engine="postgres").tables()
    with pytest.raises(EngineError, match="the engine is another database"):
        Study(path, panel="postgresql://h/other#firms", engine=server().url).tables()


# -- a trade register: linked here, added up there -----------------------------------------------------------


def test_a_trade_register_on_postgres_is_protected_alike(tmp_path: Path) -> None:
    postgres_address()
    made = write_register(tmp_path / "register", 1000, 7)
    path = tmp_path / "study.toml"
    path.write_text('extends = "tec"\nwithout = ["protect"]\n', encoding="utf-8")
    found = []
    for engine in (None, server().url):
        release = Study(path, sources=made.sources, engine=engine, threads=1).release()
        found.append([(table.name, cell) for table in release.tables for cell in table.cells])
    assert sum(cell.value is None for _, cell in found[0]) > 100
    assert found[0] == found[1]


def test_declarations_of_the_database_are_not_read_out(tmp_path: Path) -> None:
    address = postgres_address()
    with pytest.raises(EngineError, match="they would leave the database"):
        Study("tec", sources={"transactions": f"{address}#declarations"}, engine=address).tables()
