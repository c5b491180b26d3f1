"""One firm: where it stands, what was done, what the rules propose; and what an adviser writes down."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from firmtrade.errors import DataError, FirmtradeError
from firmtrade.serve.agency.desk import LISTS, ask_purpose, purpose_of, register, today
from firmtrade.serve.paths import local
from firmtrade.serve.render import page
from firmtrade.serve.signin.rights import Right, needs, person, public

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from firmtrade.support.register import Register
    from firmtrade.support.service.propose import Proposed

Form = Mapping[str, str]
INSTRUMENT = "first-export"
#: The years that are drawn on a firm's page.
YEARS = 9


@public  # it writes into the session of whoever asks, and nothing else
async def purpose(request: Request) -> Response:
    """Keep for the session why a firm (or lists) is looked at, and go on to the page."""
    from starlette.responses import RedirectResponse

    given = await request.form()
    why, key = str(given.get("purpose", "")).strip()[:200], str(given.get("firm", LISTS))[:200]
    if why and request.state.session is not None:
        request.state.session.purposes[key] = why
    return RedirectResponse(local(str(given.get("back", "/agency"))), status_code=303)


@needs(Right.FIRMS)
def firm(request: Request) -> Response:
    """Everything that the register holds about a firm, except its contacts."""
    return _looked_at(request, lambda book, name: _shown(request, book, name))


def _looked_at(request: Request, answer: Callable[[Register, str], Response]) -> Response:
    """Answer about the firm of the address: once it is said why it is looked at, and if it is there."""
    name = request.path_params["firm"]
    if not purpose_of(request, name):
        return ask_purpose(request, name)
    book = register(request, purpose_of(request, name))
    if not book.has("firms", name):
        return page(request, "agency/none.html", status=404, firm=name)
    return answer(book, name)


def _shown(request: Request, book: Register, name: str, wrong: str = "", status: int = 200) -> Response:
    from firmtrade.support.rules.vocabulary import barriers, measures
    from firmtrade.support.service.history import years
    from firmtrade.support.service.propose import propose as proposed
    from firmtrade.support.show import cited

    made = proposed(book, name, today(request))
    known = made.segmented.known
    dossier, last = known.dossier, known.stage.year
    traded = years(dossier, "export")
    drawn = [
        (year, traded[year].traded if year in traded else "unknown")
        for year in range(last - YEARS + 1, last + 1)
    ]
    return page(
        request,
        "agency/firm.html",
        status=status,
        wrong=wrong,
        made=made,
        firm=dossier.firm,
        dossier=dossier,
        known=known,
        years=drawn,
        room=book.room(name, today(request)),
        blocks=_blocks(made),
        recorded=_recorded(dossier.of("proposals")),
        barriers={key: each.title for key, each in barriers().items()},
        measures={key: each.title for key, each in measures().items()},
        own={row["id"]: row["title"] for row in book.read("measures")},
        cited=cited,
        versions=book.history("firms", name),
        writes=person(request).may(Right.DECIDE),
        day=today(request),
    )


def _blocks(made: Proposed) -> list[tuple[str, list[Any]]]:
    """Proposals by outcome, those of one rule together: (outcome, [[proposals of a rule], ...])."""
    found: dict[str, dict[str, list[Any]]] = {"propose": {}, "ask": {}, "not-now": {}}
    for each in made.proposals:
        found[each.outcome].setdefault(each.rule, []).append(each)
    return [(outcome, list(rules.values())) for outcome, rules in found.items() if rules]


def _recorded(rows: Any) -> list[dict[str, Any]]:
    """Proposals that were written down, the newest first, with their trace read."""
    newest = sorted(rows, key=lambda row: (row["on_date"], row["rule"], row["measure"]), reverse=True)
    return [{**row, "told": json.loads(row["trace"])} for row in newest]


@needs(Right.DECIDE)
async def propose(request: Request) -> Response:
    """Write down what the rules say today, so that it can be decided on."""
    from firmtrade.support.service.propose import propose as proposed
    from firmtrade.support.service.propose import record

    def write(book: Register, name: str, form: Form) -> None:
        record(book, proposed(book, name, today(request)))

    return await _sent(request, write, "recorded")


@needs(Right.DECIDE)
async def decide(request: Request) -> Response:
    """Write down what the adviser decided of a proposal; an override needs a reason."""
    from firmtrade.support.service.propose import decide as decided

    def write(book: Register, name: str, form: Form) -> None:
        measure, decision, rule = (form.get(key, "") for key in ("measure", "decision", "rule"))
        reason, instead = form.get("reason", "").strip(), form.get("instead", "")
        decided(book, name, _day(form.get("day", "")), measure, decision, reason, instead, rule)

    return await _sent(request, write, "recorded")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DataError(f"'{text}' is no day.") from None


@needs(Right.DECIDE)
def questionnaire(request: Request) -> Response:
    """The questionnaire with the last answers."""
    from firmtrade.support.readiness.instrument import GRADES, read_instrument
    from firmtrade.support.service.assess import assessed

    def answer(book: Register, name: str) -> Response:
        used, dossier = read_instrument(INSTRUMENT), book.dossier(name, "assess")
        found = assessed(dossier, used, today(request))
        shown = {"firm": dossier.firm, "used": used, "found": found, "grades": GRADES, "day": today(request)}
        return page(request, "agency/assess.html", **shown)

    return _looked_at(request, answer)


@needs(Right.DECIDE)
async def assess(request: Request) -> Response:
    """Write the answers down as an assessment of today."""
    from firmtrade.support.readiness.instrument import GRADES, read_instrument
    from firmtrade.support.readiness.profile import Answer
    from firmtrade.support.service.assess import record

    used = read_instrument(INSTRUMENT)

    def write(book: Register, name: str, form: Form) -> None:
        given = {
            each.id: Answer(form[each.id].strip(), form.get(f"{each.id}-evidence", GRADES[0]))
            for each in used.questions
            if form.get(each.id, "").strip()
        }
        record(book, name, used, given, today(request))

    return await _sent(request, write, "readiness")


async def _sent(request: Request, write: Callable[[Register, str, Form], None], place: str) -> Response:
    """Do what a form asks, beside the loop that answers others."""
    from starlette.concurrency import run_in_threadpool

    form = {key: str(value) for key, value in (await request.form()).items()}
    return await run_in_threadpool(_written, request, form, write, place)


def _written(
    request: Request, form: Form, write: Callable[[Register, str, Form], None], place: str
) -> Response:
    """Write and go back to the firm's page; what cannot be is said there, and nothing is written."""
    from starlette.responses import RedirectResponse

    def answer(book: Register, name: str) -> Response:
        try:
            write(book, name, form)
        except FirmtradeError as error:
            return _shown(request, book, name, wrong=str(error), status=422)
        return RedirectResponse(f"{request.url_for('firm', firm=name).path}#{place}", status_code=303)

    return _looked_at(request, answer)
