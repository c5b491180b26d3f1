"""What the explorer shows, as JSON, with its description in OpenAPI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firmtrade.serve.explore.choices import choices
from firmtrade.serve.explore.figure import Figure, Kind
from firmtrade.serve.explore.index import Key, index_of
from firmtrade.serve.explore.page import Seen, seen
from firmtrade.serve.explore.shown import problem, reason, title
from firmtrade.serve.render import site
from firmtrade.serve.signin.rights import Right, needs

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

Json = dict[str, Any]


@needs(Right.READ)
def table(request: Request) -> Response:
    """The table of an address: 400 for what is no choice, 404 with the nearest view where there is none."""
    look = seen(request)
    refused = _refused(look)
    return refused if refused is not None else _json(as_json(look))


def as_json(look: Seen) -> Json:
    """A view as data."""
    view = look.view
    return {
        "address": f"/explore?{look.state.query()}",
        "title": title(look.state, look.names),
        "rows": [dict(zip(view.row_attributes, row, strict=True)) for row in view.rows],
        "columns": [dict(zip(view.column_attributes, column, strict=True)) for column in view.columns],
        "cells": [[_cell(look, key, one) for key, one in line] for line in view.body],
        "not_available": [reason(look.names, one) for one in view.lacking],
        "protection": look.index.release.protection,
    }


def _cell(look: Seen, key: Key, one: Figure) -> Json:
    status = {Kind.HIDDEN: "C"}.get(one.kind, "F" if one.kind is not Kind.ABSENT else "")
    return {
        "sample": key.sample,
        "period": key.period,
        "measure": key.measure,
        "codes": dict(key.codes),
        "kind": str(one.kind),
        "value": one.value,
        "unit": one.unit,
        "decimals": one.decimals,
        "confidentiality": status,
        "reason": reason(look.names, one) if one.reason else "",
        "tables": list(one.tables),
    }


@needs(Right.READ)
def choose(request: Request) -> Response:
    """What can be chosen from an address."""
    look = seen(request)
    refused = _refused(look)
    if refused is not None:
        return refused
    found, names = choices(look.index, look.state), look.names

    def listed(name: str, options: Any) -> list[Json]:
        return [{**vars(one), "label": names.code(name, one.code) if one.code else ""} for one in options]

    made = {
        "address": f"/explore?{look.state.query()}",
        "sample": listed("sample", found.samples),
        "measure": listed("measure", found.measures),
        "period": listed("period", found.periods),
        "rows": [{**vars(one), "label": names.attribute(one.code) if one.code else ""} for one in found.rows],
        "columns": [
            {**vars(one), "label": names.attribute(one.code) if one.code else ""} for one in found.columns
        ],
        "filters": {name: listed(name, options) for name, options in found.filters},
        "show": [vars(one) for one in found.shows],
    }
    return _json(made)


@needs(Right.READ)
def definitions(request: Request) -> Response:
    """The definitions of the release's words."""
    from dataclasses import asdict

    words = index_of(site(request)).words
    return _json({"words": [asdict(words[name]) for name in sorted(words)]})


def _refused(look: Seen) -> Response | None:
    """What is wrong with an address, as JSON."""
    wrong = [*look.asked.problems, *look.gone]
    if not look.index.cells:
        return _json({"problems": [look.names.tongue.say("explore.empty")]}, 404)
    if not wrong:
        return None
    said = {
        "problems": [problem(look.names, one) for one in wrong],
        "nearest": f"/api/table?{look.state.query()}",
    }
    return _json(said, 400 if look.asked.problems else 404)


def _json(data: Json, status: int = 200) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse(data, status_code=status)


@needs(Right.READ)
async def openapi(request: Request) -> Response:
    """The description of these addresses."""
    from firmtrade.serve.explore.openapi import description

    return _json(description(index_of(site(request))))
