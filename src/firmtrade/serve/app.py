"""The application: every part's routes behind the guard, with pages for what goes wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from firmtrade.errors import DisclosureError, FirmtradeError
from firmtrade.serve.guard import LOCAL, Guard
from firmtrade.serve.render import page
from firmtrade.serve.site import Site

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from firmtrade.serve.signin.door import Entrance


def application(site: Site, hosts: Iterable[str] = LOCAL, entrance: Entrance | None = None) -> Starlette:
    """The application that shows `site`, answers to `hosts` and lets people in by `entrance`."""
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    from firmtrade.serve import agency, explore, pages
    from firmtrade.serve.signin import pages as signin
    from firmtrade.serve.signin.door import Door, Entrance

    way = entrance or Entrance()
    routes = [
        *pages.routes(),
        *explore.routes(),
        *signin.routes(),
        *agency.routes(),
        *(agency.register_routes() if site.register else ()),
        Mount("/static", StaticFiles(packages=[("firmtrade.serve", "static")]), name="static"),
    ]
    middleware = [Middleware(Guard, hosts=tuple(hosts)), Middleware(Door, entrance=way)]
    app = Starlette(routes=routes, middleware=middleware)
    app.add_exception_handler(HTTPException, _wrong)
    app.add_exception_handler(FirmtradeError, _said)
    app.add_exception_handler(Exception, _failed)
    app.state.site = site
    app.state.entrance = way
    return app


def _wrong(request: Request, error: Exception) -> Response:
    """What the reader asked for is not there, or not theirs."""
    status: int = getattr(error, "status_code", 500)
    known = {403: "forbidden", 404: "missing", 405: "missing", 409: "changed"}
    answer = page(request, "error.html", status=status, what=known.get(status, "failed"))
    answer.headers.update(getattr(error, "headers", None) or {})  # which methods are allowed (RFC 9110)
    return answer


def _said(request: Request, error: Exception) -> Response:
    """What a part of firmtrade refuses, in its own words, such as a right that the register does not give."""
    status = 403 if isinstance(error, DisclosureError) else 422
    return page(request, "error.html", status=status, what="refused", said=str(error))


def _failed(request: Request, error: Exception) -> Response:
    """Our own mistake: said without its inside."""
    return page(request, "error.html", status=500, what="failed")
