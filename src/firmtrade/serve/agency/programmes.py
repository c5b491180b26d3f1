"""Programmes: who took them up, who became a regular exporter, and what evaluations may be called impact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmtrade.serve.agency.desk import ask_purpose, purpose_of, register, today
from firmtrade.serve.agency.work import asked, result
from firmtrade.serve.render import page
from firmtrade.serve.signin.rights import Right, needs
from firmtrade.serve.speak import spoken

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from firmtrade.support.register import Register


@needs(Right.ANALYSE)
def programmes(request: Request) -> Response:
    """All measures with their uptake, and the evaluations that were fixed beforehand."""
    from firmtrade.support.impact.opening import overview

    if not purpose_of(request):
        return ask_purpose(request)
    book = register(request, purpose_of(request))
    return page(
        request,
        "agency/programmes.html",
        measures=[{**row, **_uptake(book, row["id"])} for row in book.read("measures")],
        evaluations=overview(book),
        day=today(request),
    )


def _uptake(book: Register, measure: str) -> dict[str, int]:
    decided = ("granted", "refused", "waiting", "withdrawn")
    found = {each: book.count("applications", measure_id=measure, decision=each) for each in decided}
    return {**found, "given": book.count("support", measure_id=measure)}


@needs(Right.ANALYSE)
def programme(request: Request) -> Response:
    """One measure: uptake, follow-up, survival to the regular exporter, its evaluations."""
    from firmtrade.support.impact.opening import overview
    from firmtrade.support.impact.specification import stored

    if not purpose_of(request):
        return ask_purpose(request)
    book, name = register(request, purpose_of(request)), request.path_params["measure"]
    if not book.has("measures", name):
        return page(request, "agency/none.html", status=404, firm=name)
    about = [each for each in overview(book) if name in stored(book, each["id"]).specification.measures]
    return page(
        request,
        "agency/programme.html",
        measure=book.get("measures", name),
        uptake=_uptake(book, name),
        followed=result(request, "follow-up", name),
        evaluations=about,
        day=today(request),
    )


@needs(Right.ANALYSE)
def follow(request: Request) -> Response:
    """Work the follow-up of a measure out."""
    name = request.path_params["measure"]
    back = request.url_for("programme", measure=name).path
    return asked(request, "follow-up", name, ["follow-up", "--measure", name], back)


@needs(Right.ANALYSE)
def evaluation(request: Request) -> Response:
    """An evaluation: what was fixed, and what came out the last time its outcomes were opened."""
    import json

    from firmtrade.serve.agency.since import since, verdict
    from firmtrade.support.impact.specification import stored

    if not purpose_of(request):
        return ask_purpose(request)
    book = register(request, purpose_of(request))
    kept = stored(book, request.path_params["specification"])
    opened = sorted(book.read("openings", specification_id=kept.id), key=lambda row: row["number"])
    found = json.loads(opened[-1]["result"]) if opened else None
    return page(
        request,
        "agency/evaluation.html",
        kept=kept,
        opened=opened,
        found=found,
        said=verdict(found) if found else "",
        since=since(found, kept.specification.share, spoken(request)) if found else None,
    )


@needs(Right.ANALYSE)
def open_evaluation(request: Request) -> Response:
    """Open the outcomes of an evaluation, with all that is on record today; every opening is kept."""
    name = request.path_params["specification"]
    back = request.url_for("evaluation", specification=name).path
    return asked(request, "impact", name, ["impact", name], back)
