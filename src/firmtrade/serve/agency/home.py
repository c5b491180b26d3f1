"""The agency's front page: what is due, what is open; and the custodian's log of looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmtrade.serve.agency.desk import ask_purpose, population, purpose_of, register, today
from firmtrade.serve.render import page
from firmtrade.serve.signin.rights import Right, needs

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

#: Rows of a list on the front page, and looks on a page of the log.
FEW, LOOKS = 10, 100


@needs(Right.FIRMS)
def home(request: Request) -> Response:
    """Follow-ups that are due, proposals to decide on, firms by segment."""
    from firmtrade.support.rules.rule import read_rules
    from firmtrade.support.service.segment import counts

    if not purpose_of(request):
        return ask_purpose(request)
    book, day = register(request, purpose_of(request)), today(request)
    due = sorted(
        (row for row in book.read("follow_ups") if row["done_on"] is None and row["due"] <= day),
        key=lambda row: (row["due"], row["id"]),
    )
    open_ones = [row for row in book.read("proposals", decision="open") if row["outcome"] != "not-now"]
    segments = read_rules().segments
    return page(
        request,
        "agency/home.html",
        due=due[:FEW],
        due_number=len(due),
        proposals=open_ones[:FEW],
        proposals_number=len(open_ones),
        segments=counts(population(request)),
        titles={name: each.title for name, each in segments.items()},
        day=day,
    )


@needs(Right.ADMINISTER)
def log(request: Request) -> Response:
    """Who looked at what, when and why; the newest first. Looking at the log is a look, too."""
    if not purpose_of(request):
        return ask_purpose(request)
    book = register(request, purpose_of(request))
    firm = request.query_params.get("firm", "").strip()
    with book.transaction() as connection:
        book.look(connection, "log", firm or None, "the log of looks")
    found = book.looks(firm or None)
    shown = found[::-1][:LOOKS]
    return page(request, "agency/log.html", looks=shown, number_found=len(found), firm=firm)
