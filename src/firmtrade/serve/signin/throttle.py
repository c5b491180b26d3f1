"""Wrong passwords slow down whoever gives them: by account and by address, doubling from the fifth on."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

FREE = 5
LONGEST = 15 * 60.0
MOST = 10_000


class Throttle:
    """How often somebody was wrong, and until when they wait. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, *keys: str) -> float:
        """Seconds until one of these may try again; 0 if now."""
        until = max((self._wrong[key][1] for key in keys if key in self._wrong), default=0.0)
        return max(0.0, until - self._clock())

    def wrong(self, *keys: str) -> None:
        """They were wrong once more."""
        for key in keys:
            times = self._wrong.pop(key, (0, 0.0))[0] + 1
            pause = min(LONGEST, 2.0 ** (times - FREE)) if times >= FREE else 0.0
            self._wrong[key] = (times, self._clock() + pause)
            while len(self._wrong) > MOST:
                self._wrong.popitem(last=False)

    def right(self, *keys: str) -> None:
        """They were right: forget what went before."""
        for key in keys:
            self._wrong.pop(key, None)
