"""The door: who asks, found from the session's cookie, and no change without the session's own token.

Every request that may change something (not GET, HEAD, OPTIONS) must come from a page of ours: the browser
says so (Sec-Fetch-Site, Origin), and the form carries its session's token (OWASP's synchroniser token). A
route cannot forget it, since it is checked before any route is found.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from firmtrade.serve.signin.accounts import Accounts
from firmtrade.serve.signin.rights import READER, Person
from firmtrade.serve.signin.sessions import Session, Sessions
from firmtrade.serve.signin.throttle import Throttle

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from firmtrade.serve.signin.openid import Provider

NOBODY = Person("", frozenset(), frozenset())
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD, HEADER = "token", "x-csrf-token"
#: The longest form; a questionnaire with notes is far below.
BODY = 1_000_000


@dataclass
class Entrance:
    """How people come in. `stranger` is who a request without a session is; `ticket` opens once.

    `secure` says that the server speaks TLS: then cookies are sent over nothing else.
    """

    sessions: Sessions = field(default_factory=Sessions)
    throttle: Throttle = field(default_factory=Throttle)
    stranger: Person = READER
    accounts: Accounts | None = None
    provider: Provider | None = None
    ticket: str = field(default="", repr=False)
    owner: Person = NOBODY
    secure: bool = False

    @property
    def cookie(self) -> str:
        """The cookie's name: with TLS one that no other host or insecure page can set."""
        return "__Host-session" if self.secure else "session"

    @property
    def asks(self) -> bool:
        """Whether people can sign in here."""
        return self.accounts is not None or self.provider is not None

    def begin(self, answer: Response, person: Person, former: str = "") -> Session:
        """Start a session under a new name, so that one set before the sign-in is worth nothing."""
        if former:
            self.sessions.end(former)
        name = self.sessions.begin(person)
        # A provider sends the browser back from its own site: 'strict' would leave the cookie behind.
        same = "lax" if self.provider else "strict"
        answer.set_cookie(self.cookie, name, httponly=True, samesite=same, secure=self.secure, path="/")  # type: ignore[arg-type]
        found = self.sessions.find(name)
        assert found is not None
        return found

    def leave(self, answer: Response, name: str) -> None:
        """End a session and take its cookie away."""
        self.sessions.end(name)
        answer.delete_cookie(self.cookie, path="/", secure=self.secure, httponly=True)


def entrance(request: Request) -> Entrance:
    """How people come into this server."""
    found: Entrance = request.app.state.entrance
    return found


class Door:
    """Middleware that knows who asks and refuses changes that no page of ours asked for."""

    def __init__(self, app: ASGIApp, entrance: Entrance) -> None:
        self.app = app
        self.entrance = entrance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        from starlette.requests import Request

        request = Request(scope)
        session = self.entrance.sessions.find(request.cookies.get(self.entrance.cookie, ""))
        state = scope.setdefault("state", {})
        state["person"] = session.person if session else self.entrance.stranger
        state["token"] = session.token if session else ""
        state["session"] = session
        # Where the library of OpenID Connect keeps what it must find again.
        scope["session"] = session.pending if session else {}
        if request.method in SAFE:
            await self.app(scope, receive, send)
            return
        await self._change(request, session, receive, send)

    async def _change(self, request: Request, session: Session | None, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            await _refused(413)(request.scope, receive, send)
        elif not _ours(request) or not _token(request, session, body):
            await _refused(403)(request.scope, receive, send)
        else:
            await self.app(request.scope, _again(body, receive), send)


async def _body(receive: Receive) -> bytes | None:
    """The whole body, None where it is too long."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None  # the reader went away
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a route the body that the door has read."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _ours(request: Request) -> bool:
    """Whether the browser says that a page of this server asks; other programs say nothing."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or origin == f"{request.url.scheme}://{request.headers.get('host', '')}"


def _token(request: Request, session: Session | None, body: bytes) -> bool:
    """Whether the session's token is in the header or in the form."""
    if session is None:
        return False
    given = request.headers.get(HEADER, "")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not given and kind == "application/x-www-form-urlencoded":
        try:
            fields: dict[str, Any] = parse_qs(body.decode("utf-8"), max_num_fields=2000)
        except (ValueError, UnicodeDecodeError):
            return False
        given = fields.get(FIELD, [""])[0]
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), session.token.encode())


def _refused(status: int) -> Response:
    from starlette.responses import PlainTextResponse

    said = {403: "This form did not come from a page of this server, or its session is over. Open it again."}
    return PlainTextResponse(said.get(status, "That is too long for a form."), status_code=status)
