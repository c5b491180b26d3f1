"""The web application with a small synthetic agency, on a port of this machine, for tests with a browser."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import uvicorn

from firmtrade.serve.app import application
from firmtrade.serve.signin.accounts import Accounts
from firmtrade.serve.signin.door import Entrance
from firmtrade.serve.signin.rights import ROLES
from firmtrade.serve.site import Site
from support_release import release, size_table

WORDS = "four words make one"
DAY = date(2024, 3, 1)


def agency_site(register: Path) -> Site:
    """A release and the demo's register, on the demo's day."""
    return Site(release(size_table()), Path("out"), str(register), {"day": DAY})


def people(folder: Path) -> Accounts:
    """An account for each role, called after it, and an analyst who may take lists away."""
    made = Accounts(folder / "accounts.json")
    for role in ROLES:
        made.add(role, [role], False, WORDS)
    made.add("exporter", ["analyst"], True, WORDS)
    return made


@contextmanager
def served(site: Site, entrance: Entrance) -> Iterator[str]:
    """Serve in a thread; gives the address."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(application(site, entrance=entrance), log_level="error", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
