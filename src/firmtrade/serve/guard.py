"""What holds for every answer: only hosts that we are called by, and headers that let nothing else in.

The policy allows no inline script or style and no other host; a page that needs more would be a mistake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
LOCAL = ("127.0.0.1", "localhost", "[::1]")


class Guard:
    """Middleware: refuse foreign hosts (DNS rebinding), add the headers that an answer has not set itself."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = LOCAL) -> None:
        self.app = app
        self.hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                message["headers"] += [
                    (name.encode(), value.encode())
                    for name, value in HEADERS.items()
                    if name.encode() not in given
                ]
            await send(message)

        if self._host(scope) not in self.hosts:
            from starlette.responses import PlainTextResponse

            refused = PlainTextResponse("This server is not called by that name.", status_code=421)
            await refused(scope, receive, guarded)
            return
        await self.app(scope, receive, guarded)

    def _host(self, scope: Scope) -> str:
        named = next((value for name, value in scope["headers"] if name == b"host"), b"")
        host = named.decode("latin-1").lower()
        bare, colon, port = host.rpartition(":")
        return bare if colon and port.isdigit() else host
