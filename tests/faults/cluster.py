"""A worker of a cluster that is lost: Spark's executors are programs of their own, and one is killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from random import Random

from faults.row import Row
from faults.world import STUDY
from support_ledger import drawn, write

#: Two executors with a core each, on this computer.
CLUSTER = "spark:local-cluster[2,1,1024]"
LONGEST = 300.0


def executor_lost(root: Path, draw: Random, times: int) -> Row:
    """SIGKILL to one of two executors, a random time after it is there."""
    row = Row(
        f"a Spark executor that is lost ({times} times)",
        "the run goes on; or a clear error, and the earlier output",
    )
    if not times:
        row.skipped = "only in the long version, since a cluster takes a minute to start"
    elif find_spec("pyspark") is None or shutil.which("java") is None:
        row.skipped = "there is no Spark or no Java here"
    else:
        with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
            for _ in range(times):
                row.add(*_try(Path(folder), root, draw.uniform(0.0, 6.0)))
    return row


def _try(folder: Path, root: Path, wait: float) -> tuple[str, str]:
    study, panel, out = folder / "study.toml", folder / "panel.parquet", folder / "out"
    # A ledger compares firm by firm, which only DuckDB does.
    study.write_text(STUDY.replace('[protect]\nledger = "../place/ledger"\n', ""), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    arguments = ["run", str(study), "--panel", str(panel), "--out", str(out)]
    command = [sys.executable, "-m", "firmtrade", *arguments]
    states = []
    for firms in (drawn(200), drawn(220)):  # what was there before, and what an undisturbed run makes
        _parquet(folder, panel, firms)
        subprocess.run(command, env=environment, check=True, capture_output=True)
        states.append((out / "tables.csv").read_bytes())
    _parquet(folder, panel, drawn(200))
    subprocess.run(command, env=environment, check=True, capture_output=True)
    _parquet(folder, panel, drawn(220))
    child = subprocess.Popen(
        [*command, "--engine", CLUSTER], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    killed = _kill_executor(child.pid, wait)
    said = child.communicate(timeout=LONGEST)[0].decode("utf-8", "replace")
    now = (out / "tables.csv").read_bytes()
    if "Traceback" in said:
        return said[-400:], ""
    if not killed:
        return "no executor was there to be killed", ""
    if child.returncode:
        clear = said.startswith("firmtrade: ") and now == states[0]
        return (
            "" if clear else f"exit code {child.returncode}: {said[-300:]}"
        ), "refused, the earlier output"
    return ("" if now == states[1] else "the new output is not that of an undisturbed run"), "the run went on"


def _parquet(folder: Path, panel: Path, firms: list[dict[str, object]]) -> None:
    import duckdb

    write(folder / "panel.csv", firms)
    texts = "types = {'firm': 'VARCHAR', 'activity': 'VARCHAR', 'region': 'VARCHAR'}"
    with duckdb.connect() as connection:
        connection.execute(f"copy (from read_csv('{folder / 'panel.csv'}', {texts})) to '{panel}'")


def _kill_executor(driver: int, wait: float) -> bool:
    """Kill the first executor of the driver's process, `wait` seconds after it is there."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        found = [pid for pid in _below(driver) if "CoarseGrainedExecutorBackend" in _command(pid)]
        if found:
            time.sleep(wait)
            try:
                os.kill(found[0], signal.SIGKILL)
            except ProcessLookupError:
                return False
            return True
        if not _command(driver):
            return False
        time.sleep(0.1)
    return False


def _below(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(folder.name))
    found, waiting = [], [pid]
    while waiting:
        more = parents.get(waiting.pop(), [])
        found += more
        waiting += more
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
