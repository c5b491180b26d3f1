"""Long work beside the server: a command of `firmtrade support` in a process of its own, one at a time.

A process can be stopped at any moment: the register loses nothing by it, and the server stays quick.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

WAITING, RUNNING, DONE, FAILED, STOPPED = "waiting", "running", "done", "failed", "stopped"
#: Finished jobs that are kept to be looked at.
KEPT = 50


@dataclass
class Job:
    """A command, who asked for it, and how far it is. `result` is what it printed as JSON."""

    id: str
    kind: str
    about: str
    person: str
    state: str = WAITING
    began: float | None = None
    ended: float | None = None
    result: Any = None
    wrong: str = ""
    process: Any = field(default=None, repr=False)

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in (DONE, FAILED, STOPPED)

    def seconds(self, clock: Callable[[], float] = time.monotonic) -> int:
        """How long it has run, or ran."""
        return int((self.ended or clock()) - self.began) if self.began is not None else 0


class Jobs:
    """The queue of a server. `address` is the register's; it goes to commands by their environment."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._jobs: dict[str, Job] = {}
        self._turn = threading.Lock()
        self._change = threading.Lock()

    def start(self, kind: str, about: str, arguments: Sequence[str], person: str, purpose: str) -> Job:
        """Put a command into the queue; returns at once. The same one that is not over is returned again."""
        with self._change:
            for each in self._jobs.values():
                if (each.kind, each.about, each.person) == (kind, about, person) and not each.over:
                    return each
            job = Job(secrets.token_urlsafe(9), kind, about, person)
            self._jobs[job.id] = job
            for old in [each.id for each in self._jobs.values() if each.over][:-KEPT]:
                del self._jobs[old]
        told = {"FIRMTRADE_REGISTER": self._address, "FIRMTRADE_USER": person, "FIRMTRADE_PURPOSE": purpose}
        threading.Thread(target=self._run, args=(job, list(arguments), told), daemon=True).start()
        return job

    def find(self, name: str, person: str) -> Job | None:
        """A job of this person's."""
        job = self._jobs.get(name)
        return job if job and job.person == person else None

    def latest(self, kind: str, about: str) -> Job | None:
        """The last job of this kind that is done, whoever asked for it."""
        done = [each for each in self._jobs.values()
                if (each.kind, each.about, each.state) == (kind, about, DONE)]  # fmt: skip
        return done[-1] if done else None

    def stop(self, job: Job) -> None:
        """Stop a job; what it has not written is not written."""
        with self._change:
            if not job.over:
                job.state, job.ended = STOPPED, time.monotonic()
                if job.process is not None:
                    job.process.terminate()

    def stop_all(self) -> None:
        """Stop everything: the server ends."""
        for job in list(self._jobs.values()):
            self.stop(job)

    def _run(self, job: Job, arguments: list[str], told: dict[str, str]) -> None:
        with self._turn:
            with self._change:
                if job.over:
                    return
                job.state, job.began = RUNNING, time.monotonic()
                job.process = subprocess.Popen(
                    [sys.executable, "-m", "firmtrade", "support", *arguments, "--json"],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env={**os.environ, **told},
                )
            out, wrong = job.process.communicate()
            with self._change:
                if job.over:
                    return
                job.ended = time.monotonic()
                self._end(job, out, wrong)

    def _end(self, job: Job, out: bytes, wrong: bytes) -> None:
        try:
            job.result = json.loads(out)
            job.state = DONE if job.process.returncode == 0 else FAILED
        except ValueError:
            job.state = FAILED
        job.wrong = wrong.decode("utf-8", "replace").strip()[:2000] if job.state == FAILED else ""
