"""Sign in, sign out, the ticket of whoever started the server, and the custodian's page of accounts."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from firmtrade.serve.paths import local
from firmtrade.serve.render import page
from firmtrade.serve.signin.door import Entrance, entrance
from firmtrade.serve.signin.rights import Right, needs, person, public

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute


def routes() -> list[BaseRoute]:
    """The routes of this part."""
    from starlette.routing import Route

    return [
        Route("/sign-in", form, methods=["GET"]),
        Route("/sign-in", enter, methods=["POST"]),
        Route("/sign-in/provider", provider, methods=["POST"]),
        Route("/sign-in/back", back, methods=["GET"]),
        Route("/sign-out", leave, methods=["POST"]),
        Route("/open", ticket, methods=["GET"]),
        Route("/accounts", accounts, methods=["GET"]),
    ]


@public
async def form(request: Request) -> Response:
    """The form. A browser without a session gets one, so that the form has a token of its own."""
    way = entrance(request)
    if not way.asks:
        return _to("/")
    return _form(request, way, local(request.query_params.get("back", "/")))


def _form(
    request: Request, way: Entrance, back: str, wrong: str = "", status: int = 200, **values: object
) -> Response:
    session = request.state.session
    ways = {"passwords": way.accounts is not None, "provider": way.provider is not None}
    shown = {"back": back, "wrong": wrong, **ways}
    if session is not None:
        return page(request, "signin.html", status=status, **shown, **values)
    # The session must be there before the page is made, since its token is in it.
    from starlette.responses import Response as Plain

    cookie = Plain()
    request.state.token = way.begin(cookie, way.stranger).token
    answer = page(request, "signin.html", status=status, **shown, **values)
    answer.raw_headers.extend(each for each in cookie.raw_headers if each[0] == b"set-cookie")
    return answer


@public
async def enter(request: Request) -> Response:
    """Check name and password; the same words and time for an unknown name and a wrong password."""
    from starlette.concurrency import run_in_threadpool

    way, given = entrance(request), await request.form()
    name, password, to = (str(given.get(key, "")) for key in ("name", "password", "back"))
    if way.accounts is None:
        return _to("/sign-in")
    keys = (f"account {name[:64]}", f"address {request.client.host if request.client else ''}")
    if (pause := way.throttle.wait(*keys)) > 0:
        return _form(request, way, local(to), "signin.wait", 429, seconds=int(pause) + 1)
    who = await run_in_threadpool(way.accounts.enter, name, password)
    if who is None:
        way.throttle.wrong(*keys)
        return _form(request, way, local(to), "signin.wrong", 401)
    way.throttle.right(*keys)
    answer = _to(local(to))
    way.begin(answer, who, _cookie(request, way))
    return answer


@public
async def provider(request: Request) -> Response:
    """Send the browser to the identity provider."""
    from firmtrade.serve.signin.openid import ask

    way, given = entrance(request), await request.form()
    if way.provider is None:
        return _to("/sign-in")
    request.session["back"] = local(str(given.get("back", "/")))
    return await ask(request, way.provider, str(request.url_for("back")))


@public
async def back(request: Request) -> Response:
    """The browser comes back from the identity provider."""
    from firmtrade.serve.signin.openid import answered

    way = entrance(request)
    if way.provider is None or request.state.session is None:
        return _to("/sign-in")
    to = local(str(request.session.get("back", "/")))
    who = await answered(request, way.provider)
    if who is None:
        return _form(request, way, to, "signin.refused", 403)
    answer = _to(to)
    way.begin(answer, who, _cookie(request, way))
    return answer


@public
async def leave(request: Request) -> Response:
    """End the session."""
    way = entrance(request)
    answer = _to("/sign-in" if way.asks else "/")
    way.leave(answer, _cookie(request, way))
    return answer


@public
async def ticket(request: Request) -> Response:
    """Let in whoever started the server, by the address that the terminal printed; it opens once."""
    way = entrance(request)
    given = request.query_params.get("ticket", "")
    if not way.ticket or not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), way.ticket.encode()):
        return page(request, "error.html", status=403, what="ticket")
    way.ticket = ""
    answer = _to("/")
    way.begin(answer, way.owner, _cookie(request, way))
    return answer


@needs(Right.ADMINISTER)
def accounts(request: Request) -> Response:
    """Who may do what here."""
    way = entrance(request)
    found = list(way.accounts.all().values()) if way.accounts else []
    return page(request, "accounts.html", accounts=found, provider=way.provider, me=person(request))


def _cookie(request: Request, way: Entrance) -> str:
    return request.cookies.get(way.cookie, "")


def _to(path: str) -> Response:
    from starlette.responses import RedirectResponse

    return RedirectResponse(path, status_code=303)
