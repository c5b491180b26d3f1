"""The service zone's book: firms, what they told the agency or what is public, what they were given."""

from __future__ import annotations

from typing import Any

__all__ = ["Register"]


def __getattr__(name: str) -> Any:
    """`Register`, imported when it is first asked for: the pure parts need no database."""
    if name != "Register":
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from firmtrade.support.register.register import Register

    return Register
