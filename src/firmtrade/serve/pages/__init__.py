"""Pages of the release: overview, report, map, status, growth, ventures, models, comparison, catalog.

Each page is a function of the site, the language and the address (its own module); here it is found by its
path and put into its template. A page that the release has nothing for answers 'no such page'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firmtrade.serve.offer import NEEDS, offered
from firmtrade.serve.pages import catalog as words
from firmtrade.serve.pages import comparison as compared
from firmtrade.serve.pages import files, models, overview, reading, regions, status
from firmtrade.serve.pages import growth as rates
from firmtrade.serve.pages.kept import made
from firmtrade.serve.paths import local
from firmtrade.serve.render import page, site
from firmtrade.serve.signin.rights import Right, needs, public
from firmtrade.serve.site import Site
from firmtrade.serve.speak import COOKIE, LANGUAGES, Tongue

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

YEAR = 365 * 24 * 3600


def routes() -> list[BaseRoute]:
    """The routes of this part."""
    from starlette.routing import Route

    return [
        Route("/", home),
        Route("/language", language),
        Route("/report", report),
        Route("/report/{name}.csv", table_csv),
        Route("/report/{name}", table),
        Route("/files/{name:path}", download),
        Route("/regions", map_of_regions),
        Route("/status", trade_status),
        Route("/growth", growth),
        Route("/ventures", ventures),
        Route("/models", all_models),
        Route("/models/{name}", one_model),
        Route("/comparison", comparison),
        Route("/catalog", catalog),
        Route("/catalog/{name}", word),
    ]


def _missing() -> Exception:
    from starlette.exceptions import HTTPException

    return HTTPException(404)


def _asked(request: Request, *names: str) -> list[str]:
    """Values of the address; '' for those that it does not have."""
    return [request.query_params.get(name, "") for name in names]


def _shown(request: Request, template: str, view: Any) -> Response:
    """The page of a view, or 'no such page' where there is none."""
    path = request.url.path
    if view is None or (path in NEEDS and path not in offered(site(request))):
        raise _missing()
    return page(request, template, view=view)


@needs(Right.READ)
def home(request: Request) -> Response:
    """What was released, and where to go from here."""
    answered = [getattr(route, "path", "") for route in request.app.routes]
    view = made(request, lambda site, tongue: overview.view(site, tongue, answered))
    return page(request, "overview.html", view=view)


@needs(Right.READ)
def report(request: Request) -> Response:
    """All tables and figures by section, and the files."""
    return page(request, "report.html", view=made(request, _contents))


def _contents(site: Site, tongue: Tongue) -> dict[str, Any]:
    return {"sections": reading.contents(site.release, tongue), "files": list(files.listed(site))}


@needs(Right.READ)
def table(request: Request) -> Response:
    """One table or figure."""
    name = request.path_params["name"]
    view = made(request, lambda site, tongue: reading.view(site, tongue, name))
    return _shown(request, "report_table.html", view)


@needs(Right.READ)
def table_csv(request: Request) -> Response:
    """The figures of one table, unrounded."""
    from starlette.responses import Response

    name = request.path_params["name"]
    content = reading.csv_of(site(request).release, name)
    if content is None:
        raise _missing()
    saved = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=saved)


@needs(Right.READ)
def download(request: Request) -> Response:
    """A file that the run wrote."""
    from starlette.exceptions import HTTPException
    from starlette.responses import Response

    try:
        found = files.file(site(request), request.path_params["name"])
    except files.Changed as changed:
        raise HTTPException(409, detail=changed.name) from None
    if found is None:
        raise _missing()
    return Response(found.content, headers=found.headers)


@needs(Right.READ)
def map_of_regions(request: Request) -> Response:
    """A figure by region, on a map and in a table."""
    show, period = _asked(request, "show", "period")
    view = made(request, lambda site, tongue: regions.view(site, tongue, show, period))
    return _shown(request, "regions.html", view)


@needs(Right.READ)
def trade_status(request: Request) -> Response:
    """How many firms trade in what way, and who started and stopped."""
    show, move = _asked(request, "show", "move")
    view = made(request, lambda site, tongue: status.view(site, tongue, show, move))
    return _shown(request, "status.html", view)


@needs(Right.READ)
def growth(request: Request) -> Response:
    """Growth by status and cohort."""
    (show,) = _asked(request, "show")
    return _shown(request, "growth.html", made(request, lambda site, tongue: rates.view(site, tongue, show)))


@needs(Right.READ)
def ventures(request: Request) -> Response:
    """International and domestic new ventures."""
    view = made(request, lambda site, tongue: reading.ventures(site.release, tongue))
    return _shown(request, "ventures.html", view)


@needs(Right.READ)
def all_models(request: Request) -> Response:
    """All models with what was found."""
    return _shown(request, "models.html", made(request, lambda site, _: models.listed(site)))


@needs(Right.READ)
def one_model(request: Request) -> Response:
    """One model with its figures."""
    name = request.path_params["name"]
    return _shown(request, "model.html", made(request, lambda site, tongue: models.view(site, tongue, name)))


@needs(Right.READ)
def comparison(request: Request) -> Response:
    """Published figures beside those of the release."""
    outcome, of, at = _asked(request, "outcome", "table", "page")
    number = int(at) if at.isdecimal() and at.isascii() and len(at) < 7 else 1
    view = made(request, lambda site, tongue: compared.view(site, tongue, outcome, of, number))
    return _shown(request, "comparison.html", view)


@needs(Right.READ)
def catalog(request: Request) -> Response:
    """Every word, to search."""
    query, kind = _asked(request, "q", "kind")
    view = made(request, lambda site, tongue: words.view(site, tongue, query, kind))
    return _shown(request, "catalog.html", view)


@needs(Right.READ)
def word(request: Request) -> Response:
    """One word whole."""
    name = request.path_params["name"]
    view = made(request, lambda site, tongue: words.word_view(site, tongue, name))
    return _shown(request, "catalog_word.html", view)


@public
async def language(request: Request) -> Response:
    """Remember the language that the reader chose and go back to the page they came from."""
    from starlette.responses import RedirectResponse

    answer = RedirectResponse(local(request.query_params.get("back", "/")), status_code=303)
    chosen = request.query_params.get("to", "")
    if chosen in LANGUAGES:
        answer.set_cookie(COOKIE, chosen, max_age=YEAR, httponly=True, samesite="strict")
    return answer
