"""Runs that are disturbed, in a short version of `make faults`; and a panel that is larger than memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from firmtrade import Study
from firmtrade._engine.duckdb import DuckDB
from firmtrade.errors import NoRoom, StudyError
from support_ledger import COLUMNS, drawn, study

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and locks of POSIX")


@pytest.mark.slow
def test_a_run_that_is_disturbed_leaves_everything_whole(root: Path, tmp_path: Path) -> None:
    page = tmp_path / "faults.md"
    environment = {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root / 'tests'}",
                   "TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
    command = [sys.executable, "-m", "faults", "--kills", "8", "--seed", "2026", "--write", str(page)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kill -9" in page.read_text(encoding="utf-8")


def test_the_page_is_that_of_the_program(root: Path) -> None:
    """docs/faults.md was written by the long version of `make faults`, and all came out as expected."""
    page = (root / "docs" / "faults.md").read_text(encoding="utf-8")
    template = (root / "tests" / "faults" / "page.md").read_text(encoding="utf-8")
    assert page.endswith(template.partition("{verdict}")[2]) and "Every try came out as expected." in page
    assert "50 kills" in page


@pytest.mark.slow
def test_a_panel_larger_than_memory_gives_the_same_bytes(tmp_path: Path) -> None:
    panel = tmp_path / "large.csv"
    lines = [",".join(str(firm[name]) for name in COLUMNS) for firm in drawn(3000)]
    with panel.open("w", encoding="utf-8") as file:
        file.write(",".join(COLUMNS) + ",note\n")
        for number in range(300):
            note = f"{number:04}" * 15
            file.writelines(f"{number:04}{line},{note}\n" for line in lines)
    asked = study(tmp_path)
    made = [
        Study(asked, str(panel), memory=memory).run(tmp_path / name) for name, memory in
        (("bounded", "60MB"), ("free", None))
    ]  # fmt: skip
    assert panel.stat().st_size > 80_000_000
    assert [(made[0] / name).read_bytes() for name in ("tables.csv", "tables.xlsx")] == [
        (made[1] / name).read_bytes() for name in ("tables.csv", "tables.xlsx")
    ]


def test_what_spills_is_gone_afterwards_and_the_limit_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with DuckDB(memory="60MB", threads=1) as engine:
        engine.execute("create table t as select range as i, md5(range::varchar) as x from range(2000000)")
        assert sum(path.stat().st_size for path in tmp_path.rglob("*.tmp")) > 10_000_000
        ((used,),) = engine.rows("select sum(memory_usage_bytes) from duckdb_memory()")
        assert used < 60_000_000
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(NoRoom, match="--memory"):
            engine.rows("select length(string_agg(x, '')) from t, range(100)")
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("memory", ["4", "GB", "1MB", "-4GB", "4GB; select 1", "0x4GB", "1e9GB", "", " "])
def test_what_is_no_amount_of_memory_is_refused(tmp_path: Path, memory: str) -> None:
    made = study(tmp_path, f'memory = "{memory}"\n' + "title = 'x'\n")
    with pytest.raises(StudyError, match=r"study\.toml.*such as 4GB"):
        Study(made)
    if memory.strip():
        with pytest.raises(StudyError, match="such as 4GB"):
            DuckDB(memory)
