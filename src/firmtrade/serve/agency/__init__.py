"""The agency's pages on its own register: firms, lists, questionnaire, entry mode, programmes, views.

They are there where the server was started with a register. Who looks at firms says why, once a session
for lists and once for each firm, and the register writes it down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.routing import BaseRoute


def routes() -> list[BaseRoute]:
    """The routes of this part. Table 33 asks about a market and is there without a register, too."""
    from starlette.routing import Route

    from firmtrade.serve.agency import entry

    return [Route("/entry-mode", entry.entry_mode, methods=["GET"])]


def register_routes() -> list[BaseRoute]:
    """The routes that need a register."""
    from starlette.routing import Route

    from firmtrade.serve.agency import entry, firm, firms, home, programmes, views, work

    one = "/firms/{firm}"
    return [
        Route("/agency", home.home),
        Route("/purpose", firm.purpose, methods=["POST"]),
        Route("/firms", firms.firms),
        Route("/firms.csv", firms.firms_csv),
        Route(one, firm.firm, name="firm"),
        Route(f"{one}/assess", firm.questionnaire, methods=["GET"]),
        Route(f"{one}/assess", firm.assess, methods=["POST"]),
        Route(f"{one}/propose", firm.propose, methods=["POST"]),
        Route(f"{one}/decide", firm.decide, methods=["POST"]),
        Route("/entry-mode", entry.keep, methods=["POST"]),
        Route("/programmes", programmes.programmes),
        Route("/programmes/{measure}", programmes.programme, name="programme"),
        Route("/programmes/{measure}/follow-up", programmes.follow, methods=["POST"]),
        Route("/evaluations/{specification}", programmes.evaluation, name="evaluation"),
        Route("/evaluations/{specification}/open", programmes.open_evaluation, methods=["POST"]),
        Route("/views", views.views, methods=["GET"]),
        Route("/views", views.make_views, methods=["POST"]),
        Route("/views/{view}", views.view, methods=["GET"]),
        Route("/views/{view}", views.make_view, methods=["POST"]),
        Route("/jobs/{job}", work.work, name="work"),
        Route("/jobs/{job}/stop", work.stop, methods=["POST"]),
        Route("/log", home.log),
    ]
