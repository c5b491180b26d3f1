"""A demo register that the tests share: made once for a run of the tests in one process."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from firmtrade.support.demo.run import Shown, run

_KEPT: list[TemporaryDirectory[str]] = []


@cache
def demo(firms: int, seed: int = 2024) -> Shown:
    """The demo of so many firms in a folder of its own, which goes when the process ends."""
    folder = TemporaryDirectory(prefix="firmtrade-demo-")
    _KEPT.append(folder)
    return run(Path(folder.name) / "out", firms, seed)
