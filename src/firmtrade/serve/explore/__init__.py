"""The explorer: sample, period, rows, columns, measure; table and chart from released cells only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.routing import BaseRoute


def routes() -> list[BaseRoute]:
    """The routes of this part."""
    return []
