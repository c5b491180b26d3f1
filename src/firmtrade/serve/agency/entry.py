"""Entry mode: Table 33 as a form whose answers are in the address, with what they say below it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from firmtrade.errors import FirmtradeError
from firmtrade.serve.agency.desk import ask_purpose, purpose_of, register, today
from firmtrade.serve.render import page
from firmtrade.serve.signin.rights import Right, needs, person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response


@needs(Right.READ)
async def entry_mode(request: Request) -> Response:
    """The form and its result. It asks about a market, not about a firm, so nothing is looked up."""
    return _shown(request, request.query_params)


@needs(Right.DECIDE)
async def keep(request: Request) -> Response:
    """Keep the answers with a firm, for a market and a product."""
    from starlette.concurrency import run_in_threadpool

    form = {key: str(value) for key, value in (await request.form()).items()}
    return await run_in_threadpool(_kept, request, form)


def _kept(request: Request, form: Mapping[str, str]) -> Response:
    from starlette.responses import RedirectResponse

    from firmtrade.support.service.entry import record

    name = form.get("firm", "").strip()
    if not purpose_of(request, name):
        # Back to the form with all its answers: what was sent is in the address then.
        return ask_purpose(
            request, name, f"/entry-mode?{urlencode({k: v for k, v in form.items() if v and k != 'token'})}"
        )
    answers, can = _read(form)
    book = register(request, purpose_of(request, name))
    try:
        record(book, name, form.get("market", "").strip().upper(), form.get("product", "").strip(),
               today(request), answers, can)  # fmt: skip
    except FirmtradeError as error:
        return _shown(request, form, str(error), 422)
    return RedirectResponse(f"{request.url_for('firm', firm=name).path}#entry", status_code=303)


def _shown(request: Request, given: Mapping[str, str], wrong: str = "", status: int = 200) -> Response:
    from firmtrade.support.entry_mode.modes import modes
    from firmtrade.support.entry_mode.table import table33
    from firmtrade.support.service.entry import entry_case
    from firmtrade.support.show import cited

    table = table33()
    answers, can = _read(given)
    try:
        case = entry_case(answers, can)
    except FirmtradeError as error:  # an address that was typed or shortened
        case, wrong, status = entry_case({}, {}), wrong or str(error), max(status, 422)
    return page(
        request,
        "agency/entry.html",
        status=status,
        wrong=wrong,
        table=table,
        asked=table.asked(),
        needs=modes().needs,
        headings={row.variable: row.heading for row in table.rows},
        given=given,
        case=case,
        told=_fraction,
        cited=cited,
        keeps=person(request).may(Right.DECIDE),
    )


def _read(given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(answers of Table 33, what the firm can carry): what the form has and is not left open."""
    from firmtrade.support.entry_mode.modes import modes
    from firmtrade.support.entry_mode.table import table33

    answers = {name: given[name] for name in table33().asked() if given.get(name)}
    return answers, {name: given[f"can-{name}"] for name in modes().needs if given.get(f"can-{name}")}


def _fraction(value: Fraction | None) -> str:
    return "-" if value is None else f"{float(value):+.2f}"
