"""The explorer: sample, period, rows, columns, measure; table and chart from released cells only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.routing import BaseRoute


def routes() -> list[BaseRoute]:
    """The routes of this part."""
    from starlette.routing import Route

    from firmtrade.serve.explore import api, download, page

    return [
        Route("/explore", page.explore),
        *(Route(path, endpoint) for path, endpoint in download.ROUTES),
        Route("/api/table", api.table),
        Route("/api/choices", api.choose),
        Route("/api/words", api.definitions),
        Route("/api/openapi.json", api.openapi),
    ]
