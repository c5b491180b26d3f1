"""A solver that greets is told to be silent."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet(stream: int = 1) -> Iterator[None]:
    """HiGHS greets on standard output when it is made, before it can be told to be silent.

    With `stream` 2 it is standard error; a process that is started meanwhile (Java) stays silent for good.
    """
    sys.stdout.flush()
    kept, nothing = os.dup(stream), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, stream)
        yield
    finally:
        os.dup2(kept, stream)
        os.close(kept)
        os.close(nothing)
