"""Pages of the release: overview, report, map, status, growth, ventures, models, comparison, catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmtrade.serve.paths import local
from firmtrade.serve.render import page
from firmtrade.serve.signin.rights import Right, needs, public
from firmtrade.serve.speak import COOKIE, LANGUAGES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

YEAR = 365 * 24 * 3600


def routes() -> list[BaseRoute]:
    """The routes of this part."""
    from starlette.routing import Route

    return [Route("/", overview), Route("/language", language)]


@needs(Right.READ)
async def overview(request: Request) -> Response:
    """What was released, and where to go from here."""
    return page(request, "overview.html")


@public
async def language(request: Request) -> Response:
    """Remember the language that the reader chose and go back to the page they came from."""
    from starlette.responses import RedirectResponse

    answer = RedirectResponse(local(request.query_params.get("back", "/")), status_code=303)
    chosen = request.query_params.get("to", "")
    if chosen in LANGUAGES:
        answer.set_cookie(COOKIE, chosen, max_age=YEAR, httponly=True, samesite="strict")
    return answer
