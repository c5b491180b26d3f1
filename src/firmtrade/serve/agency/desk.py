"""The register as a page uses it: opened for who asks and why, with one set of connections for the server."""

from __future__ import annotations

from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Any

from firmtrade.serve.render import page, site
from firmtrade.serve.signin.rights import person

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from firmtrade.support.register import Register
    from firmtrade.support.service.segment import Segmented

_TURN = Lock()
#: The purpose of whoever looks at many firms at once; a firm of its own is asked for by its id.
LISTS = "*"


def today(request: Request) -> date:
    """The day that pages are about: the server's, or the one that it was started for (--date)."""
    found: date | None = site(request).kept.get("day")
    return found or date.today()


def register(request: Request, purpose: str) -> Register:
    """The register, open for who asks. Do not close it: the server's connections are shared.

    Raises:
        DataError: the register cannot be opened.
    """
    from firmtrade.support.register import Register

    kept = site(request).kept
    if "register" not in kept:
        # Checks once that the register is of this version; the user and purpose are each request's own.
        kept["register"] = Register.open(site(request).register, "server", "start")
    opened: Any = kept["register"]
    return Register(opened._engine, person(request).name, purpose)


def purpose_of(request: Request, firm: str = LISTS) -> str:
    """Why the session looks at the firm, or at lists; "" if it has not said so."""
    session = request.state.session
    return session.purposes.get(firm, "") if session else ""


def ask_purpose(request: Request, firm: str = LISTS, back: str = "") -> Response:
    """The page that asks why; it leads to `back`, by default to the page that was asked for."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    named = firm if firm != LISTS else ""
    return page(request, "agency/purpose.html", firm=named, key=firm, back=back or here)


#: Tables whose rows say which segment a firm is in; a change of any row adds one to `history`.
_TELLING = ("firms", "members", "exports", "accounts", "assessments", "answers", "barriers", "support", "aid")


def population(request: Request) -> list[Segmented]:
    """Every firm with its segment on the day. Computed once for a state of the register.

    Five seconds for 5,000 firms, so it is kept until a row is added or changed, here or by another program.
    """
    from firmtrade.support.service.segment import population as segmented

    book, kept = register(request, purpose_of(request) or "lists"), site(request).kept
    with _TURN:  # two pages at once wait for one computation
        state = (today(request), _state(book))
        if kept.get("population", (None,))[0] != state:
            kept["population"] = (state, segmented(book, state[0]))
        found: list[Segmented] = kept["population"][1]
    return found


def _state(book: Register) -> tuple[int, ...]:
    import sqlalchemy as sa

    from firmtrade.support.register import tables

    with book.transaction() as connection:
        changed = connection.execute(sa.select(sa.func.count()).select_from(tables.table("history"))).scalar()
    return (int(changed or 0), *(book.count(name) for name in _TELLING))
