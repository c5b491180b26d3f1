"""What one server shows: a release, and where there is one, the agency's register."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmtrade.publish.released import read_release
from firmtrade.result import Release


@dataclass(frozen=True)
class Site:
    """A release with its folder, the address of the register ("" for none), and what is made of them once.

    `kept` holds what a part of the application computes from the release at the start or at first use; a
    release never changes, so nothing in it becomes stale.
    """

    release: Release
    folder: Path
    register: str = ""
    kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


def open_site(folder: Path, register: str = "") -> Site:
    """Read a folder that `firmtrade run` wrote.

    Raises:
        DataError: it is not such a folder, or its release was changed.
    """
    return Site(read_release(folder), folder, register)
