"""A world in which a run can be disturbed: what was there before, what an undisturbed run makes of it."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from firmtrade.protect.ledger_store import read
from support_ledger import drawn, write

STUDY = """
title = "Firms and turnover"
[panel]
classification = "NACE 1.1"
[protect]
ledger = "../place/ledger"
[tables.broad]
sample = "all-firms"
period = 2002
measures = ["firms", "turnover"]
by = { region = ["BE1", "BE2", "BE3", "_T"], size = "all" }
[tables.drawn]
sample = "all-firms"
period = 2002
measures = ["firms"]
by = ["region"]
"""
CHART = 'chart = { kind = "bar", x = "region" }\n'
#: What a clear refusal leaves with: our kinds of error, or 130 and 143 of a run that was asked to stop.
REFUSED = (10, 11, 12, 13, 14, 15)
STOPPED = (130, 143, 129)


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code (below 0: the signal that ended it) and what it said."""

    code: int
    said: str

    @property
    def unclear(self) -> str:
        """What is wrong with the way in which it ended, or ''."""
        if "Traceback" in self.said or "Exception ignored" in self.said:
            return f"a traceback: {self.said[-400:]}"
        if self.code < 0 and self.code != -signal.SIGKILL:
            return f"it crashed with {signal.Signals(-self.code).name}"
        if self.code in REFUSED and not self.said.startswith("firmtrade: "):
            return f"exit code {self.code} without a message"
        return "" if self.code in (0, -signal.SIGKILL, *REFUSED, *STOPPED) else f"exit code {self.code}"


class World:
    """Folders `in` (study, panels), `place` (output, custody, ledger) and `tmp`, and runs in child processes.

    `now` is the panel whose run is disturbed; `earlier` and `new` are the states before and after it.
    """

    def __init__(self, folder: Path, chart: bool) -> None:
        self.folder = folder
        for name in ("in", "place", "tmp", "kept"):
            (folder / name).mkdir()
        self.place, self.tmp = folder / "place", folder / "tmp"
        self.out = self.place / "out"
        self.study = folder / "in" / "study.toml"
        self.study.write_text(STUDY + (CHART if chart else ""), encoding="utf-8")
        firms = drawn(200)
        self.before, self.now = (folder / "in" / name for name in ("before.csv", "now.csv"))
        write(self.before, firms)
        for firm in firms[::9]:
            firm["turnover"] = int(str(firm["turnover"])) + 5_000
        write(self.now, firms)
        self.events = folder / "events"
        assert self.run(self.before).code == 0, self.run(self.before).said
        shutil.copytree(self.place, folder / "kept" / "place")
        self.earlier = self.state()
        start = time.monotonic()
        done = self.run(self.now, counting(self.events))
        self.seconds = time.monotonic() - start
        assert done.code == 0, done.said
        self.new = self.state()
        assert self.earlier[0] != self.new[0] and self.earlier[1] != self.new[1] and not self.orphans()
        self.changes = int(self.events.read_text(encoding="utf-8"))
        self.reset()

    def reset(self) -> None:
        """Put everything as it was before the run that is disturbed."""
        for folder in (self.place, self.tmp):
            shutil.rmtree(folder)
        shutil.copytree(self.folder / "kept" / "place", self.place)
        self.tmp.mkdir()

    def arguments(self, panel: object, *more: object) -> list[str]:
        return ["run", str(self.study), "--panel", str(panel), "--out", str(self.out), *map(str, more)]

    def run(self, panel: object, before: Callable[[], None] = lambda: None, *more: object,
            meanwhile: Callable[[int], None] = lambda pid: None) -> Ended:  # fmt: skip
        """A run from the command line in a child process; `before` is called in it, `meanwhile` beside it."""
        return self.wait(self.start(self.arguments(panel, *more), before), meanwhile)

    def start(self, arguments: list[str], before: Callable[[], None] = lambda: None) -> tuple[int, int]:
        """Start a child; returns its number and the end of a pipe with what it says."""
        told, into = os.pipe()
        pid = os.fork()
        if pid:
            os.close(into)
            return pid, told
        code = 1
        try:
            for stream in (1, 2):
                os.dup2(into, stream)
            os.close(into)
            os.close(told)
            code = _child(arguments, before, self.tmp)
        finally:
            os._exit(code)

    def wait(self, child: tuple[int, int], meanwhile: Callable[[int], None] = lambda pid: None) -> Ended:
        """How a child ended."""
        pid, told = child
        meanwhile(pid)
        with os.fdopen(told, encoding="utf-8", errors="replace") as file:
            said = file.read()
        return Ended(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said)

    def state(self) -> tuple[str, str, str]:
        """The hashes of output, custody and ledger."""
        return tuple(_hash(self.place / name) for name in ("out", "out-custody", "ledger"))  # type: ignore[return-value]

    def orphans(self) -> list[str]:
        """What lies about beside the output, in the custodian's folder and among temporary files."""
        known = {"out", "out-custody", "ledger"}
        found = [path.name for path in self.place.iterdir() if path.name not in known]
        for name in ("out", "out-custody", "ledger"):
            found += [f"{name}/{path.name}" for path in (self.place / name).rglob(".*")]
        return sorted(found + [f"temporary {path.name}" for path in self.tmp.iterdir()])

    def wrong_after(self, ended: Ended, again: bool = True) -> str:
        """What is wrong after a fault, and, if `again`, after the next run; '' if nothing is."""
        wrong = ended.unclear or self._inconsistent(ended.code == -signal.SIGKILL)
        if wrong or not again:
            return wrong
        second = self.run(self.now)
        if second.code:
            return f"the next run fails: {second.said[-300:]}"
        if self.state() != self.new:
            return f"the next run does not give what an undisturbed run gives: {self.differing()}"
        return f"left behind after the next run: {', '.join(self.orphans())}" if self.orphans() else ""

    def _inconsistent(self, killed: bool) -> str:
        out, custody, ledger = self.state()
        if out not in (self.earlier[0], self.new[0]):
            return "the output is neither the earlier nor the new one"
        if custody not in (self.earlier[1], self.new[1]):
            return "the custodian's folder is neither the earlier nor the new one"
        entries = len(read(self.place / "ledger"))
        if out == self.new[0] and entries != 2:
            return "the new output is there and not in the ledger"
        if killed:  # nobody was left to clean up: that is for the next run
            return ""
        if (out == self.new[0]) != (custody == self.new[1]):
            return "the custodian's folder is not that of the output"
        if out == self.earlier[0] and ledger != self.earlier[2]:
            return "nothing was published and the ledger has changed"
        return f"left behind: {', '.join(self.orphans())}" if self.orphans() else ""

    def differing(self) -> str:
        names = ("output", "custody", "ledger")
        return ", ".join(n for n, one, two in zip(names, self.state(), self.new, strict=True) if one != two)

    @property
    def which(self) -> str:
        """Which output is in place."""
        return "new" if self.state()[0] == self.new[0] else "earlier"


def _hash(folder: Path) -> str:
    made = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            made.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return made.hexdigest()


def _child(arguments: list[str], before: Callable[[], None], tmp: Path) -> int:
    from firmtrade.cli import main

    # What this program was to do at its end is not for its children to do.
    atexit._clear()
    weakref.finalize._registry.clear()  # type: ignore[attr-defined]
    weakref.finalize._registered_with_atexit = False  # type: ignore[attr-defined]
    os.environ["TMPDIR"] = str(tmp)
    tempfile.tempdir = None
    sys.argv = ["firmtrade", *arguments]
    code = 0
    try:
        before()
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    atexit._run_exitfuncs()  # as programs do, and os._exit does not
    return code


_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.chmod", "ctypes.dlsym")


def watching(act: Callable[[int, str], None]) -> Callable[[], None]:
    """In a child: call `act` with (number, event) at each change of a file or folder, before it is made."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            if not isinstance(arguments[2], int) or not arguments[2] & _WRITING:
                return
        elif event not in _CHANGES:
            return
        seen[0] += 1
        act(seen[0], event)

    seen = [0]
    return lambda: sys.addaudithook(hook)


def counting(file: Path) -> Callable[[], None]:
    """In a child: write into `file` at the end how many changes there were."""
    last = [0]

    def keep(number: int, event: str) -> None:
        last[0] = number

    def begin() -> None:
        atexit.register(lambda: file.write_text(str(last[0]), encoding="utf-8"))
        watching(keep)()

    return begin


def ready() -> None:
    """Import what a run needs, so that its children need not; no thread may run yet, for they fork."""
    for name in ("duckdb", "highspy", "jinja2", "numpy", "pydantic", "sqlglot", "typst", "vl_convert",
                 "xlsxwriter", "firmtrade.study", "firmtrade.study_sources", "firmtrade.assemble.panel",
                 "firmtrade.describe.compute", "firmtrade.protect.decide", "firmtrade.publish.stage",
                 "firmtrade.publish.custodian", "firmtrade.publish.html", "firmtrade.publish.pdf",
                 "firmtrade.publish.xlsx", "firmtrade.publish.charts", "sqlalchemy"):  # fmt: skip
        import_module(name)


@contextmanager
def made(folder: Path, chart: bool = False) -> Iterator[World]:
    """A world in a new folder below `folder`, removed at the end; a chart takes most of a run's time."""
    # Not a TemporaryDirectory: the children end as programs do, and would remove it.
    name = Path(tempfile.mkdtemp(prefix="faults-", dir=folder))
    try:
        yield World(name, chart)
    finally:
        shutil.rmtree(name)
