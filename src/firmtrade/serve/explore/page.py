"""The explorer's page: what was asked for, what can be chosen, the table and the chart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from firmtrade.serve.draw import both
from firmtrade.serve.explore.choices import Choices, Option, choices
from firmtrade.serve.explore.index import Index, Key, index_of
from firmtrade.serve.explore.names import Names
from firmtrade.serve.explore.picture import picture
from firmtrade.serve.explore.recipe import study_python, study_toml
from firmtrade.serve.explore.settle import Settled, settle
from firmtrade.serve.explore.shown import periods, problem, shown, tables, title, words
from firmtrade.serve.explore.state import CHARTS, Problem, State, parameter, read
from firmtrade.serve.explore.tables import state_of
from firmtrade.serve.explore.view import View, view
from firmtrade.serve.render import page, site
from firmtrade.serve.signin.rights import Right, needs
from firmtrade.serve.speak import Tongue, spoken

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


@dataclass(frozen=True)
class Seen:
    """A request as the explorer understands it."""

    index: Index
    settled: Settled
    view: View
    names: Names
    asked: State

    @property
    def state(self) -> State:
        """The view that is shown."""
        return self.settled.state

    @property
    def gone(self) -> tuple[Problem, ...]:
        """What was asked for and gave way. What had to be added, as nothing was asked, is no news."""
        changed = self.settled.changed
        return changed if any(one.message != "added" for one in changed) else ()

    @property
    def exact(self) -> bool:
        """Whether it is what was asked for, as far as it was asked."""
        return not self.asked.problems and not self.gone


def seen(request: Request) -> Seen:
    """Read a request's address and make its view."""
    return looked(index_of(site(request)), list(request.query_params.multi_items()), spoken(request))


def looked(index: Index, pairs: list[tuple[str, str]], tongue: Tongue) -> Seen:
    """The view of an address."""
    asked = read(index, pairs)
    named = dict(pairs).get("table", "")
    if named in index.tables and not (asked.sample or asked.measures or asked.dimensions):
        how = {"show": asked.show, "totals": asked.totals, "chart": asked.chart, "problems": asked.problems}
        asked = replace(state_of(index, index.tables[named]), **how)  # type: ignore[arg-type]
    settled = settle(index, asked)
    made = view(index, settled.state) if index.cells else View(settled.state, (), (), (), (), ())
    keys: list[Key] = [key for key, _ in made.figures()]
    return Seen(index, settled, made, Names(index, tongue, keys), asked)


@needs(Right.READ)
def explore(request: Request) -> Response:
    """The page. An address that says the same in other words leads to the one for this view."""
    from starlette.responses import RedirectResponse

    look = seen(request)
    if not look.index.cells:
        return page(request, "explore_empty.html")
    if look.exact and request.url.query != look.state.query():
        return RedirectResponse(f"/explore?{look.state.query()}", status_code=303)
    status = 400 if look.asked.problems else 200
    return page(request, "explore.html", status=status, **context(look))


def context(look: Seen) -> dict[str, Any]:
    """All that the template needs."""
    drawn, left_out = picture(look.view, look.names)
    heading = title(look.state, look.names)
    return {
        "state": look.state,
        "view_query": look.state.query(),
        "address": f"/explore?{look.state.query()}",
        "form": form(choices(look.index, look.state), look),
        "table": shown(look.index, look.view, look.names),
        "chart": both(drawn) if drawn else "",
        "chart_notes": left_out,
        "words": words(look.index, look.view, look.names),
        "homes": tables(look.index, look.view, look.names),
        "problems": [problem(look.names, one) for one in look.asked.problems],
        "changed": [problem(look.names, one) for one in look.gone],
        "toml": study_toml(look.index, look.view, heading),
        "python": study_python(look.index, look.view),
    }


def form(found: Choices, look: Seen) -> dict[str, Any]:
    """The choices with their words, for the form."""
    names, state = look.names, look.state

    def named(attribute: str, options: tuple[Option, ...]) -> list[dict[str, Any]]:
        return [{**vars(one), "text": names.code(attribute, one.code)} for one in options]

    def axis(options: tuple[Option, ...]) -> list[dict[str, Any]]:
        nothing = names.tongue.say("explore.nothing")
        return [{**vars(one), "text": names.attribute(one.code) if one.code else nothing} for one in options]

    filters = [
        {"name": parameter(name), "title": names.attribute(name), "word": name, "options": [
            {**vars(one), "text": names.code(name, one.code) if one.code else names.tongue.say("explore.all")}
            for one in options]}
        for name, options in found.filters
    ]  # fmt: skip
    say = names.tongue.say
    return {
        "sample": named("sample", found.samples),
        "measure": named("measure", found.measures),
        "period": named("period", found.periods),
        "rows": axis(found.rows),
        "columns": axis(found.columns),
        "filters": filters,
        "filtered": len(state.filters),
        "show": [
            {**vars(one), "text": say(f"explore.show_{one.code.replace('-', '_')}")} for one in found.shows
        ],
        "chart": [{"code": c, "chosen": c == state.chart, "text": say(f"explore.chart_{c}")} for c in CHARTS],
        "measures": ", ".join(names.code("measure", measure) for measure in state.measures),
        "periods": periods(state),
    }
