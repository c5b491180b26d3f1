"""Long work as pages: ask for it, watch it, stop it, look at what came out. Works without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firmtrade.serve.agency.desk import ask_purpose, purpose_of, today
from firmtrade.serve.agency.jobs import DONE, Job, Jobs
from firmtrade.serve.paths import local
from firmtrade.serve.render import page, site
from firmtrade.serve.signin.rights import Right, needs, person

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def jobs(request: Request) -> Jobs:
    """The server's queue of long work."""
    kept = site(request).kept
    if "jobs" not in kept:
        kept["jobs"] = Jobs(site(request).register)
    found: Jobs = kept["jobs"]
    return found


def asked(request: Request, kind: str, about: str, arguments: list[str], back: str) -> Response:
    """Start work and go to its page; ask first why lists of firms are looked at."""
    from starlette.responses import RedirectResponse

    if not purpose_of(request):
        return ask_purpose(request)
    dated = [*arguments, "--date", today(request).isoformat()]
    job = jobs(request).start(kind, about, dated, person(request).name, purpose_of(request))
    target = request.url_for("work", job=job.id).include_query_params(back=back)
    return RedirectResponse(f"{target.path}?{target.query}", status_code=303)


def result(request: Request, kind: str, about: str) -> Any:
    """What such work gave last, or None."""
    job = jobs(request).latest(kind, about)
    return job.result if job else None


@needs(Right.FIRMS)
async def work(request: Request) -> Response:
    """How far it is. The page asks again by itself; when it is done it leads to where the result is shown."""
    from starlette.responses import RedirectResponse

    job, back = _mine(request), local(request.query_params.get("back", "/agency"))
    if job.state == DONE:
        return RedirectResponse(back, status_code=303)
    answer = page(request, "agency/work.html", job=job, back=back)
    if not job.over:
        answer.headers["refresh"] = "1"
    return answer


@needs(Right.FIRMS)
async def stop(request: Request) -> Response:
    """Stop work."""
    from starlette.responses import RedirectResponse

    job, back = _mine(request), local(request.query_params.get("back", "/agency"))
    jobs(request).stop(job)
    target = request.url_for("work", job=job.id).include_query_params(back=back)
    return RedirectResponse(f"{target.path}?{target.query}", status_code=303)


def _mine(request: Request) -> Job:
    from starlette.exceptions import HTTPException

    job = jobs(request).find(request.path_params["job"], person(request).name)
    if job is None:
        raise HTTPException(404)
    return job
