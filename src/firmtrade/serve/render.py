"""A page: a template with the reader's language, the menu, who is there, and the token of its forms."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from firmtrade.serve.offer import NEEDS, offered
from firmtrade.serve.signin.rights import Right, person
from firmtrade.serve.site import Site
from firmtrade.serve.speak import LANGUAGES, spoken

if TYPE_CHECKING:
    from jinja2 import Environment
    from starlette.requests import Request
    from starlette.responses import HTMLResponse

#: (message, path, right) of each entry of the menu; parts add theirs here.
MENU: tuple[tuple[str, str, Right], ...] = (
    ("base.overview", "/", Right.READ),
    ("base.explore", "/explore", Right.READ),
    ("pages.report", "/report", Right.READ),
    ("pages.regions", "/regions", Right.READ),
    ("pages.status", "/status", Right.READ),
    ("pages.growth", "/growth", Right.READ),
    ("pages.ventures", "/ventures", Right.READ),
    ("pages.models", "/models", Right.READ),
    ("pages.comparison", "/comparison", Right.READ),
    ("pages.catalog", "/catalog", Right.READ),
    ("agency.entry", "/entry-mode", Right.READ),
    ("signin.accounts", "/accounts", Right.ADMINISTER),
)
#: Those that are there with a register only.
AGENCY: tuple[tuple[str, str, Right], ...] = (
    ("agency.home", "/agency", Right.FIRMS),
    ("agency.firms", "/firms", Right.FIRMS),
    ("agency.programmes", "/programmes", Right.ANALYSE),
    ("agency.views", "/views", Right.FIRMS),
    ("agency.log", "/log", Right.ADMINISTER),
)


#: Parts whose pages stand in the second line of the menu: the agency's side, and who may use it.
SERVICE = ("agency.", "signin.")


@cache
def environment() -> Environment:
    """Jinja with escaping on and unknown names refused."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("firmtrade.serve"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def site(request: Request) -> Site:
    """What this server shows."""
    found: Site = request.app.state.site
    return found


def _is_there(request: Request, path: str) -> bool:
    """Whether the release has something for the page (serve.offer)."""
    return path not in NEEDS or path in offered(site(request))


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Render `templates/TEMPLATE`; it extends base.html and sets the blocks `title` and `main`.

    Templates know `say` (a message), `word` (a definition's title), `number`, `day_text`, `language`, `who`,
    `path`, `site`, `token` (of forms).
    """
    from starlette.responses import HTMLResponse

    tongue = spoken(request)
    who = person(request)
    entries = (*MENU, *AGENCY) if site(request).register else MENU
    menu = [(text, to) for text, to, right in entries if who.may(right) and _is_there(request, to)]
    service = [entry for entry in menu if entry[0].startswith(SERVICE)]
    release = [entry for entry in menu if entry not in service]
    shared = {
        "say": tongue.say,
        "word": tongue.word,
        "number": tongue.number,
        "day_text": tongue.date,
        "language": tongue.code,
        "languages": LANGUAGES,
        "who": who,
        "menus": [release, service] if len(service) > 1 else [[*release, *service]],
        "path": request.url.path,
        "query": request.url.query,
        "site": site(request),
        "token": getattr(request.state, "token", ""),
        "asks": request.app.state.entrance.asks,
    }
    html = environment().get_template(template).render(**shared, **values)
    return HTMLResponse(html, status_code=status)
