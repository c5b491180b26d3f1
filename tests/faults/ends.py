"""Faults that end a run: kill -9, Ctrl-C, a request to end, a reader that goes away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

from faults.row import Row
from faults.world import Ended, World, watching


def killed_at_a_moment(world: World, draw: Random, times: int) -> Row:
    """SIGKILL after a random time."""
    row = Row(
        f"kill -9 at a random moment of a run ({times} times)",
        "the earlier output or the new one, whole; nothing left behind after the next run",
    )
    for _ in range(times):
        wait = draw.uniform(0.0, world.seconds)
        _disturbed(world, row, world.run(world.now, meanwhile=lambda pid, wait=wait: _signal(pid, wait)))
    return row


def killed_at_a_change(world: World, draw: Random, times: int) -> Row:
    """SIGKILL just before a random one of the changes that a run makes to files and folders."""
    row = Row(
        f"kill -9 just before it changes a file or folder ({times} of {world.changes} changes)",
        "the same",
    )
    for at in sorted(draw.sample(range(1, world.changes + 1), min(times, world.changes))):

        def act(number: int, event: str, at: int = at) -> None:
            if number == at:
                os.kill(os.getpid(), signal.SIGKILL)

        _disturbed(world, row, world.run(world.now, watching(act)))
    return row


def interrupted(world: World, draw: Random, times: int) -> Row:
    """Ctrl-C, and the system's request to end, after a random time."""
    row = Row(
        f"Ctrl-C, or a request to end ({times} times)",
        "exit code 130, 143 or 0; the earlier output or the new one; nothing left behind at once",
    )
    for number in range(times):
        what = (signal.SIGINT, signal.SIGTERM)[number % 2]
        wait = draw.uniform(0.1, 1.0) * world.seconds
        _disturbed(world, row, world.run(world.now, meanwhile=lambda pid, w=what, s=wait: _signal(pid, s, w)))
    return row


def _disturbed(world: World, row: Row, ended: Ended) -> None:
    which = world.which
    row.add(world.wrong_after(ended), f"the {which} output")
    world.reset()


def _signal(pid: int, wait: float, what: int = signal.SIGKILL) -> None:
    time.sleep(wait)
    os.kill(pid, what)


def pipe_closed(world: World, root: Path) -> Row:
    """Whoever reads what the command says goes away."""
    row = Row(
        "broken pipe: `firmtrade list | head -1`, and of a run",
        "no traceback; the run's output is whole",
    )
    environment = {**os.environ, "PYTHONPATH": str(root / "src"), "TMPDIR": str(world.tmp)}
    for arguments in (["list"], world.arguments(world.now)):
        command = [sys.executable, "-m", "firmtrade", *arguments]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        assert child.stdout is not None and child.stderr is not None
        child.stdout.close()
        said = child.stderr.read().decode()
        child.stderr.close()
        child.wait()
        noise = "Traceback" in said or "Exception ignored" in said
        row.add(said[-300:] if noise else "", "quiet")
    row.add("" if world.state() == world.new and not world.orphans() else "the run's output is not whole",
            "output whole")  # fmt: skip
    world.reset()
    return row


def two_at_once(world: World, draw: Random, times: int) -> Row:
    """Two runs into the same folder, the second a random while after the first."""
    row = Row(
        f"two runs into the same folder at once ({times} times)",
        "one does it, the other says that it is being done, or does it after",
    )
    for _ in range(times):
        first = world.start(world.arguments(world.now))
        time.sleep(draw.uniform(0.0, world.seconds))
        second = world.start(world.arguments(world.now))
        ends = [world.wait(child) for child in (first, second)]
        wrong = "; ".join(filter(None, (end.unclear for end in ends)))
        codes = Counter(end.code for end in ends)
        if not wrong and (world.state() != world.new or not codes[0]):
            wrong = f"exit codes {sorted(codes)}, {world.differing() or 'all'} as they should be"
        refused = [end.said for end in ends if end.code]
        if any("nother run" not in said for said in refused):
            wrong = wrong or refused[0]
        wrong = wrong or ", ".join(world.orphans())
        row.add(wrong, "one refused" if refused else "one after the other")
        world.reset()
    return row
