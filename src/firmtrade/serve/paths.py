"""Addresses that a reader hands us."""

from __future__ import annotations


def local(to: str) -> str:
    """The path if it is one of ours, else the front page: '//host' would lead elsewhere."""
    ours = to.startswith("/") and not to.startswith("//") and to.isprintable() and "\\" not in to
    return to if ours else "/"
