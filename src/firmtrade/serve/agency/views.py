"""The twelve views: a recommendation of the report each, a number, and for advisers a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmtrade.serve.agency.desk import ask_purpose, purpose_of, today
from firmtrade.serve.agency.work import asked, result
from firmtrade.serve.render import page
from firmtrade.serve.signin.rights import Right, needs

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

#: Rows of a list that a page shows; the file of the command line has all.
ROWS = 50


@needs(Right.FIRMS)
def views(request: Request) -> Response:
    """All twelve with their number, where they have been worked out."""
    from firmtrade.support.views.view import words

    if not purpose_of(request):
        return ask_purpose(request)
    made = {each["view"]: each for each in result(request, "views", "all") or []}
    single = {name: result(request, "view", name) for name in words()}
    return page(
        request,
        "agency/views.html",
        words=words(),
        found={name: single[name] or made.get(name) for name in words()},
        day=today(request),
    )


@needs(Right.FIRMS)
def make_views(request: Request) -> Response:
    """Work all twelve out from one reading of the register."""
    return asked(request, "views", "all", ["views"], "/views")


@needs(Right.FIRMS)
def view(request: Request) -> Response:
    """One view: what is recommended, the number with its meaning and limits, the list."""
    from starlette.exceptions import HTTPException

    from firmtrade.support.views.view import words

    if not purpose_of(request):
        return ask_purpose(request)
    name = request.path_params["view"]
    if name not in words():
        raise HTTPException(404)
    made = {each["view"]: each for each in result(request, "views", "all") or []}
    found = result(request, "view", name) or made.get(name)
    return page(request, "agency/view.html", name=name, words=words()[name], found=found, rows=ROWS)


@needs(Right.FIRMS)
def make_view(request: Request) -> Response:
    """Work one view out."""
    name = request.path_params["view"]
    return asked(request, "view", name, ["view", name], f"/views/{name}")
