"""A panel in PostgreSQL: the same figures as from a file, and no password in anything that is written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from firmtrade.errors import DataError
from support_panels import ROWS, content, opened, write_parquet
from support_postgres import PASSWORD, NoServer, Server, running

SECRETS = ("s3cret", "pass@word", "pass%40word")
KINDS = {
    "firm": "text", "year": "integer", "activity": "varchar(8)", "region": "text", "founded": "smallint",
    "employment": "double precision", "turnover": "numeric(20, 6)", "value_added": "double precision",
    "domestic": "boolean", "import_intra": "real", "import_extra": "numeric", "export_intra": "bigint",
    "export_extra": "double precision",
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    try:
        with running() as found:
            yield found
    except NoServer as reason:
        pytest.skip(f"no PostgreSQL: {reason}")


def table(server: Server, name: str, rows: Any, kinds: dict[str, str]) -> str:
    """The table with these rows; returns the address that names it."""
    server.execute(f"create schema if not exists {name.split('.')[0]}") if "." in name else None
    server.execute(f"drop table if exists {name} cascade")
    server.execute(f"create table {name} ({', '.join(f'{key} {kind}' for key, kind in kinds.items())})")
    with server.connect() as connection:
        places = ", ".join(["%s"] * len(kinds))
        connection.cursor().executemany(f"insert into {name} values ({places})", list(rows))
    return f"{server.url}#{name}"


@pytest.fixture
def panel(server: Server) -> str:
    return table(server, "stat.panel", ROWS, KINDS | {"import_intra": "float8", "export_intra": "float8"})


def refused(source: str, **spec: Any) -> str:
    with pytest.raises(DataError) as caught, opened(source, **spec):
        pass
    text = str(caught.value)
    assert not any(secret in text for secret in SECRETS), text
    return text


def test_the_same_panel_as_from_a_file(tmp_path: Path, panel: str, server: Server) -> None:
    expected = content(write_parquet(tmp_path / "expected.parquet"))
    assert content(panel) == expected
    assert content(server.url, table="stat.panel") == expected
    assert content(None, files=server.url, table="stat.panel") == expected


def test_views_are_read_like_tables(tmp_path: Path, panel: str, server: Server) -> None:
    server.execute(
        "create view stat.seen as select * from stat.panel where year = 2001",
        "create materialized view stat.kept as select * from stat.panel where year = 2001",
    )
    expected = content(write_parquet(tmp_path / "p.parquet", [row for row in ROWS if row[1] == 2001]))
    assert content(f"{server.url}#stat.seen") == content(f"{server.url}#stat.kept") == expected


def test_types_of_postgres(server: Server) -> None:
    kinds = {"firm": "bigint", "year": "date", "activity": "char(6)", "founded": "timestamp with time zone",
             "employment": "numeric(10, 2)", "turnover": "double precision", "value_added": "real",
             "domestic": "boolean", "export_intra": "boolean", "legal_form": "text"}  # fmt: skip
    rows = [
        (1001, "2001-12-31", "15.12", "1990-05-01 12:00+02", "12.50", "NaN", 0.5, True, True, "nv"),
        (1002, "2001-12-31", "01", None, "NaN", 1e6, None, False, False, None),
    ]
    with opened(table(server, "typed", rows, kinds)) as it:
        assert it.rows() == [
            ("1001", 2001, "1512", 1990, Decimal("12.5"), None, Decimal("0.5"), True, Decimal(1)),
            ("1002", 2001, "01", None, None, Decimal(1_000_000), None, False, Decimal(0)),
        ]
        assert not it.report().stops


def test_every_problem_is_found_at_once(server: Server) -> None:
    kinds = {"firm": "text", "year": "integer", "employment": "numeric", "turnover": "double precision"}
    rows = [("a", 2001, -3, 1.0), ("a", 2001, 1, 2.0), ("b", 2001, "1e30", "Infinity")]
    with opened(table(server, "stat.bad", rows, kinds)) as it:
        found = {problem.rule: problem for problem in it.report().stops}
    assert set(found) == {
        "duplicate-firm-year",
        "negative-employment",
        "unusable-employment",
        "unusable-turnover",
    }
    assert found["unusable-turnover"].examples[0].place == "table stat.bad, row 3"


def test_which_table(panel: str, server: Server) -> None:
    server.execute("create table if not exists one (firm text, year int)")
    server.execute("create table if not exists two (firm text, year int)")
    assert "has several tables" in refused(server.url)
    assert "Did you mean 'stat.panel'?" in refused(server.url + "#stat.pannel")
    assert "Did you mean 'stat.panel'?" in refused(server.url + "#sat.panel")
    assert "has no rows" in refused(server.url, table="one")


def test_no_error_shows_the_password(server: Server) -> None:
    port = str(server.port)
    raw = server.url.replace("s3cret%2Fpass%40word", PASSWORD)
    assert "password authentication failed" in refused(server.url.replace("s3cret", "s3cret2"))
    assert "%40" in refused(raw)
    assert "Connection refused" in refused(server.url.replace(port, "1"))
    assert "cannot be read" in refused(server.url.replace(port, "port"))
    assert "no database 'oracel'" in refused(server.url.replace("postgresql+psycopg", "oracel"))
    options = f"postgresql://127.0.0.1:{port}/postgres?user=statistician&password=s3cret%2Fpass%40word"
    assert "no table 'nowhere'" in refused(options, table="nowhere")


STUDY = """
title = "Who exports"
[panel]
table = "synthetic"
classification = "NACE 1.1"
[tables.exporters]
title = "Exporters by size, sector and region"
sample = "smes"
period = 2002
measures = ["firms", "participation", "employment"]
by = { size = "all", flow = "export", region = "all" }
"""


def firmtrade(*arguments: object, cwd: Path) -> str:
    command = [sys.executable, "-m", "firmtrade", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode in (0, 11), done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def synthetic(tmp_path: Path, server: Server) -> Path:
    """A small synthetic population as Parquet, and the same in the table `synthetic`."""
    import duckdb

    path = tmp_path / "synthetic.parquet"
    firmtrade("synthesize", "belgium-2002", "--out", path, "--firms", 2000, cwd=tmp_path)
    with duckdb.connect() as connection:
        described = connection.execute(f"describe select * from '{path}'").fetchall()
        connection.execute(f"copy (select * from '{path}') to '{tmp_path}/copy.csv' (header false)")
    kinds = {row[0]: {"VARCHAR": "text", "DOUBLE": "float8"}.get(row[1], row[1]) for row in described}
    table(server, "synthetic", [], kinds)
    with (
        server.connect() as connection,
        connection.cursor().copy("copy synthetic from stdin (format csv)") as copy,
        (tmp_path / "copy.csv").open("rb") as file,
    ):
        while block := file.read(1 << 20):
            copy.write(block)
    return path


@pytest.mark.slow
def test_a_run_gives_the_same_bytes_and_no_password(tmp_path: Path, synthetic: Path, server: Server) -> None:
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    said = firmtrade("check", server.url, "--study", "study.toml", cwd=tmp_path)
    for name, source in (("file", synthetic), ("database", server.url)):
        said += firmtrade("run", "study.toml", "--panel", source, "--out", name, "--unprotected", "made up",
                          cwd=tmp_path)  # fmt: skip
    one, two = ((tmp_path / name / "tables.csv").read_bytes() for name in ("file", "database"))
    assert one == two and one.count(b"\n") > 10
    said += firmtrade("init", f"{server.url}#synthetic", "--out", "init.toml", cwd=tmp_path)
    assert 'table = "synthetic"' in (tmp_path / "init.toml").read_text(encoding="utf-8")
    written = [path.read_bytes() for path in (tmp_path / "database").rglob("*") if path.is_file()]
    written += [(tmp_path / "init.toml").read_bytes(), said.encode()]
    assert len(written) > 5 and not any(s.encode() in text for s in SECRETS for text in written)
