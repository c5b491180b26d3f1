"""Kill -9 in the middle of an import: what was acknowledged is there, and nothing is half."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from firmtrade.support.register import Register
from support_postgres import NoServer, running
from support_register import WHO

KILLS = 50


def kills(root: Path, address: str, folder: Path) -> dict[str, int]:
    command = [sys.executable, root / "tests" / "support_kills.py", address, folder, str(KILLS), "2009"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False,
                          env={**os.environ, "PYTHONPATH": str(root / "src")})  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.slow
def test_fifty_kills_on_sqlite(root: Path, tmp_path: Path) -> None:
    address = str(tmp_path / "agency.db")
    Register.create(address, **WHO).close()
    assert kills(root, address, tmp_path)["in the middle"] >= 25


@pytest.mark.slow
def test_fifty_kills_on_postgresql(root: Path, tmp_path: Path) -> None:
    try:
        with running() as server:
            Register.create(server.url, **WHO).close()
            assert kills(root, server.url, tmp_path)["in the middle"] >= 25
    except NoServer as reason:
        pytest.skip(f"no PostgreSQL: {reason}")
