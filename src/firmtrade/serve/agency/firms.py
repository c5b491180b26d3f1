"""Firms of the register: the list with its filters, and its file for those who may take it away."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from firmtrade.serve.agency.desk import ask_purpose, population, purpose_of, register
from firmtrade.serve.render import page
from firmtrade.serve.signin.rights import Right, needs, person

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    from firmtrade.support.service.segment import Segmented

PAGE = 50
FILTERS = ("segment", "stage", "region", "sector")
COLUMNS = ("id", "name", "segment", "stage", "readiness", "region", "sector")
#: A cell of a CSV file that begins so is a formula to a spreadsheet (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Line:
    """A firm in the list."""

    id: str
    name: str
    segment: str
    title: str
    stage: str
    readiness: str
    region: str
    sector: str


def line(found: Segmented) -> Line:
    """What the list says of a firm."""
    firm = found.known.dossier.firm
    return Line(
        found.firm_id,
        str(firm["name"]),
        found.code,
        found.title,
        found.known.stage.code,
        found.known.assessed.state,
        str(firm["region"] or ""),
        str(firm["activity"] or "")[:2],
    )


@needs(Right.FIRMS)
def firms(request: Request) -> Response:
    """Firms by segment, stage, region and sector, or by a part of the name or id; fifty a page."""
    if not purpose_of(request):
        return ask_purpose(request)
    everybody = [line(each) for each in population(request)]
    chosen = {name: request.query_params.get(name, "") for name in FILTERS}
    asked = request.query_params.get("q", "").strip()
    found = _matching(everybody, chosen, asked)
    last = max(1, -(-len(found) // PAGE))
    at = min(last, max(1, _whole(request.query_params.get("page", "1"))))
    shown = found[(at - 1) * PAGE : at * PAGE]
    _log(request, f"list of {len(shown)} firms: {_said(chosen, asked)}")
    given = {name: value for name, value in (*chosen.items(), ("q", asked)) if value}
    return page(
        request,
        "agency/firms.html",
        firms=shown,
        number_found=len(found),
        number_all=len(everybody),
        chosen=chosen,
        asked=asked,
        titles={each.segment: each.title for each in everybody},
        choices={name: _choices(everybody, name) for name in FILTERS},
        at=at,
        last=last,
        address=urlencode(given),
        export=person(request).may(Right.EXPORT),
    )


@needs(Right.EXPORT)
def firms_csv(request: Request) -> Response:
    """The list as a file: a right of its own, and each time written into the log."""
    from starlette.responses import Response as Plain

    if not person(request).may(Right.FIRMS):
        from starlette.exceptions import HTTPException

        raise HTTPException(403, detail=Right.FIRMS.value)
    if not purpose_of(request):
        return ask_purpose(request)
    chosen = {name: request.query_params.get(name, "") for name in FILTERS}
    asked = request.query_params.get("q", "").strip()
    found = _matching([line(each) for each in population(request)], chosen, asked)
    _log(request, f"file of {len(found)} firms: {_said(chosen, asked)}", "export")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_plain(getattr(each, name)) for name in COLUMNS] for each in found)
    headers = {"content-disposition": 'attachment; filename="firms.csv"'}
    return Plain(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _matching(firms: Iterable[Line], chosen: dict[str, str], asked: str) -> list[Line]:
    wanted = asked.casefold()
    return [
        each
        for each in firms
        if all(not value or getattr(each, name) == value for name, value in chosen.items())
        and (not wanted or wanted in each.name.casefold() or wanted in each.id.casefold())
    ]


def _choices(firms: Iterable[Line], name: str) -> list[tuple[str, int]]:
    """The values of a filter with their number of firms, by value."""
    return sorted(Counter(getattr(each, name) for each in firms if getattr(each, name)).items())


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def _plain(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def _said(chosen: dict[str, str], asked: str) -> str:
    parts = [f"{name} {value}" for name, value in chosen.items() if value]
    return ", ".join([*parts, *([f"'{asked}'"] if asked else [])]) or "all"


def _log(request: Request, what: str, action: str = "list") -> None:
    book = register(request, purpose_of(request))
    with book.transaction() as connection:
        book.look(connection, action, None, what[:500])
