"""Sessions on the server: the browser holds a random name for one and nothing else.

A name is kept as its SHA-256, so that a dump of memory or a log gives nobody in. They end after a while
without a request, after a working day in any case, and with the server.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from firmtrade.serve.signin.rights import Person

IDLE = 30 * 60.0
DAY = 12 * 3600.0
#: The oldest make room: nobody fills the memory by asking for sign-in pages.
MOST = 10_000


@dataclass
class Session:
    """One browser's. `token` stands in its forms; `purposes` says why which firm is looked at.

    `pending` belongs to the OpenID Connect exchange, as its library keeps it.
    """

    person: Person
    token: str
    born: float
    seen: float
    purposes: dict[str, str] = field(default_factory=dict)
    pending: dict[str, Any] = field(default_factory=dict)


class Sessions:
    """All sessions of a server. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, Session] = {}

    def begin(self, person: Person) -> str:
        """A new session for `person`; returns the name that the browser is told, once."""
        now = self._clock()
        name = secrets.token_urlsafe(32)
        if len(self._kept) >= MOST:
            self._make_room()
        self._kept[_hashed(name)] = Session(person, secrets.token_urlsafe(32), now, now)
        return name

    def _make_room(self) -> None:
        """The oldest session of nobody goes; of somebody who is signed in, only if there is no other."""
        strangers = (key for key, each in self._kept.items() if not each.person.name)
        del self._kept[next(strangers, next(iter(self._kept)))]

    def find(self, name: str) -> Session | None:
        """The session of that name, unless it is over."""
        key, now = _hashed(name), self._clock()
        found = self._kept.get(key)
        if found is None:
            return None
        if now - found.seen > IDLE or now - found.born > DAY:
            del self._kept[key]
            return None
        found.seen = now
        return found

    def end(self, name: str) -> None:
        """Forget a session."""
        self._kept.pop(_hashed(name), None)

    def end_all_of(self, person: str) -> None:
        """Forget all sessions of somebody: their account was changed or removed."""
        self._kept = {key: each for key, each in self._kept.items() if each.person.name != person}


def _hashed(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
