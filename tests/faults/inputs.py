"""Faults of what is read: damaged files, a database that goes away; and a clock that moves."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random

from faults.row import Row
from faults.world import World

COLUMNS = ("firm", "year", "activity", "region", "employment", "turnover")


def parquet_of(world: World) -> Path:
    """The panel of the run that is disturbed as Parquet."""
    import duckdb

    path = world.folder / "in" / "now.parquet"
    if not path.exists():
        with duckdb.connect() as connection:
            connection.execute("set threads = 1")
            source = f"read_csv('{world.now}', types = {{'activity': 'VARCHAR'}})"
            connection.execute(f"copy (from {source}) to '{path}' (format parquet)")
    return path


def parquet_truncated(world: World, draw: Random, times: int) -> Row:
    """A file that was cut off while it was copied."""
    row = Row(
        f"Parquet cut off ({times} lengths)",
        "a clear error, the earlier output",
    )
    whole = parquet_of(world).read_bytes()
    for _ in range(times):
        _read(world, row, whole[: draw.randrange(1, len(whole))], must_fail=True)
    return row


def parquet_flipped(world: World, draw: Random, times: int) -> Row:
    """One bit of a file changed. The format need not have checksums: then another value is just that."""
    row = Row(
        f"one bit of a Parquet file changed ({times} places)",
        "a clear error; else a report on the file as it now is, with its hash in the manifest; never a crash",
    )
    whole = parquet_of(world).read_bytes()
    for _ in range(times):
        changed = bytearray(whole)
        changed[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        _read(world, row, bytes(changed), must_fail=False)
    return row


def csv_changes_encoding(world: World, draw: Random, times: int) -> Row:
    """From a line on, a file is written in another encoding."""
    row = Row(
        f"a CSV that changes its encoding half-way ({times} lines)",
        "a clear error that names the line; the earlier output",
    )
    lines = world.now.read_text(encoding="utf-8").replace("F0", "É0").splitlines(keepends=True)
    for number in range(times):
        at = draw.randrange(2, len(lines) - 1)
        other = ("latin-1", "utf-16-le", "cp1252")[number % 3]
        _read(world, row, "".join(lines[:at]).encode() + "".join(lines[at:]).encode(other), must_fail=True,
              name="changed.csv", words=("line",))  # fmt: skip
    return row


def _read(world: World, row: Row, content: bytes, must_fail: bool, name: str = "damaged.parquet",
          words: tuple[str, ...] = ()) -> None:  # fmt: skip
    path = world.folder / "in" / name
    path.write_bytes(content)
    ended = world.run(path)
    wrong = ended.unclear
    if ended.code:
        wrong = wrong or world.wrong_after(ended, again=False)
        missing = [word for word in words if word not in ended.said]
        wrong = wrong or (f"the message does not say {missing}: {ended.said}" if missing else "")
    else:
        wrong = wrong or (f"it went through: {len(content)} bytes" if must_fail else "")
    row.add(wrong, "refused, the earlier output" if ended.code else "a report on the file as it is")
    world.reset()


def database_dropped(world: World, times: int) -> Row:
    """PostgreSQL ends the connection in the middle of the query that reads the panel."""
    from support_postgres import NoServer, running

    row = Row(
        f"a database that drops the connection in the middle of a query ({times} times)",
        "a clear error, the earlier output; no password shown",
    )
    try:
        with running() as server:
            _fill(server, world.now)
            for _ in range(times):
                ended = world.run(f"{server.url}#slow", meanwhile=lambda pid: _drop(server))
                wrong = world.wrong_after(ended, again=False) or ("" if ended.code else "it went through")
                shown = "the password is shown" if "s3cret" in ended.said else ""
                row.add(wrong or shown, "refused, the earlier output")
                world.reset()
    except NoServer as reason:
        row.skipped = str(reason)
    return row


def _fill(server, panel: Path) -> None:
    lines = [line.split(",") for line in panel.read_text(encoding="utf-8").splitlines()[1:]]
    with server.connect() as connection:
        connection.execute(f"create table panel ({', '.join(f'{name} text' for name in COLUMNS)})")
        with connection.cursor() as cursor:
            cursor.executemany(f"insert into panel values ({', '.join(['%s'] * len(COLUMNS))})", lines)
        # Some rows at once, then nothing for a minute: the query is surely being answered when it is ended.
        connection.execute(
            "create view slow as (select * from panel limit 50) union all "
            "(select p.* from panel p, pg_sleep(60) s offset 50)"
        )


def _drop(server) -> None:
    """End the query that reads the view, once it is there."""
    end = time.monotonic() + 60
    with server.connect() as connection:
        while time.monotonic() < end:
            found = connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() "
                "and wait_event = 'PgSleep'"
            ).fetchall()
            if found:
                return
            time.sleep(0.02)
    raise AssertionError("the query never came")


def sqlite_locked(world: World) -> Row:
    """Another program holds the SQLite file of the panel."""
    row = Row(
        "a SQLite panel that another program has locked",
        "a clear error, the earlier output",
    )
    path = world.folder / "in" / "panel.db"
    with sqlite3.connect(path) as connection:
        connection.execute(f"create table panel ({', '.join(COLUMNS)})")
        connection.commit()
        connection.execute("begin exclusive")
        ended = world.run(path)
        connection.rollback()
    connection.close()
    row.add(world.wrong_after(ended, again=False) or ("" if ended.code else "it went through"), "refused")
    world.reset()
    return row


_CLOCK = """
import datetime, sys, time
real = datetime.datetime
class Moved(real):
    @classmethod
    def now(cls, tz=None): return real({year}, 2, 29, 23, 59, 59, tzinfo=tz)
    @classmethod
    def utcnow(cls): return real({year}, 2, 29, 23, 59, 59)
    today = now
datetime.datetime = Moved
seconds = real({year}, 2, 29, tzinfo=datetime.timezone.utc).timestamp()
def moved():
    global seconds
    seconds -= 60.0  # and it runs backwards
    return seconds
time.time = moved
from firmtrade.cli import main
main()
"""


def clock_moved(world: World, root: Path) -> Row:
    """The clock stands in another century, runs backwards, and files come from the future."""
    row = Row(
        "the clock moved: 1972, 2096, running backwards; earlier files from the future",
        "the same bytes as ever",
    )
    environment = {**os.environ, "PYTHONPATH": str(root / "src"), "TMPDIR": str(world.tmp)}
    for year in (1972, 2096):
        for path in [world.now, *world.place.rglob("*")]:
            with suppress(OSError):
                os.utime(path, (4e9, 4e9))
        command = [sys.executable, "-c", _CLOCK.replace("{year}", str(year)), *world.arguments(world.now)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        wrong = done.stderr[-300:] if done.returncode else ", ".join(world.orphans())
        if not wrong and world.state() != world.new:
            wrong = f"other bytes: {world.differing()}"
        row.add(wrong, "the same bytes")
        world.reset()
    return row
