"""Rights and roles. A right is asked for by a page; a role is what an account has; none is implied."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.requests import Request


class Right(StrEnum):
    """What a page may ask for."""

    READ = "read"  # what was released
    FIRMS = "firms"  # a named firm of the register, one at a time, with a purpose
    DECIDE = "decide"  # propose, override, record an assessment
    ANALYSE = "analyse"  # lists of firms, programmes, impact
    EXPORT = "export"  # take a list of firms away: a right of its own
    ADMINISTER = "administer"  # accounts, the log of looks


ROLES: dict[str, frozenset[Right]] = {
    "reader": frozenset({Right.READ}),
    "adviser": frozenset({Right.READ, Right.FIRMS, Right.DECIDE}),
    "analyst": frozenset({Right.READ, Right.FIRMS, Right.ANALYSE}),
    "custodian": frozenset({Right.READ, Right.ADMINISTER}),
}


@dataclass(frozen=True)
class Person:
    """Who asks. `rights` are those of the roles, and EXPORT where the account has it."""

    name: str
    roles: frozenset[str]
    rights: frozenset[Right]

    def may(self, right: Right) -> bool:
        """Whether the person has the right."""
        return right in self.rights


#: Whoever opens a release on their own machine: it may be published, so it may be read.
READER = Person("", frozenset({"reader"}), ROLES["reader"])


def person(request: Request) -> Person:
    """Who asks, as the door found (signin.door); a reader where there is no door."""
    found: Person = getattr(request.state, "person", READER)
    return found


def needs(right: Right) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a page (sync or async) that only people with `right` may see.

    Others get 403, and are sent to the sign-in page where they are nobody.
    """

    def wrap(page: Callable[..., Any]) -> Callable[..., Any]:
        import inspect

        if inspect.iscoroutinefunction(page):

            @functools.wraps(page)
            async def asked(request: Request) -> Any:
                return _refused(request, right) or await page(request)

        else:

            @functools.wraps(page)
            def asked(request: Request) -> Any:
                return _refused(request, right) or page(request)

        asked.needs = right  # type: ignore[attr-defined]
        return asked

    return wrap


def public(page: Callable[..., Any]) -> Callable[..., Any]:
    """Say of a page that everybody may see it: the sign-in page, the choice of language."""
    page.needs = None  # type: ignore[attr-defined]
    return page


def _refused(request: Request, right: Right) -> Any:
    """None for somebody with the right; the way to the sign-in page for nobody yet; else 403."""
    who = person(request)
    if who.may(right):
        return None
    from starlette.exceptions import HTTPException

    asks = getattr(getattr(request.app.state, "entrance", None), "asks", False)
    if asks and not who.name and request.method == "GET":
        from urllib.parse import urlencode

        from starlette.responses import RedirectResponse

        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?{urlencode({'back': here})}", status_code=303)
    raise HTTPException(403, detail=right.value)
