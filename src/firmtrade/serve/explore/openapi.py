"""The JSON addresses in OpenAPI 3.1, with what can be chosen in this release."""

from __future__ import annotations

from typing import Any

from firmtrade.result import TOTAL
from firmtrade.serve.explore.derive import Show
from firmtrade.serve.explore.figure import Kind
from firmtrade.serve.explore.index import Index
from firmtrade.serve.explore.state import CHARTS, axes, parameter

Json = dict[str, Any]
_TEXT: Json = {"type": "string"}
_TEXTS: Json = {"type": "array", "items": _TEXT}
_CODES: Json = {"type": "object", "additionalProperties": _TEXT}


def description(index: Index) -> Json:
    """The OpenAPI document of a release."""
    from firmtrade import __version__

    asked = _parameters(index)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": index.release.title,
            "version": __version__,
            "description": index.release.protection,
        },
        "paths": {
            "/api/table": {"get": _get("table", "The table that a view shows", asked, "Table")},
            "/api/choices": {"get": _get("choices", "What can be chosen from a view", asked, "Choices")},
            "/api/words": {"get": _get("words", "The definitions of the words", [], "Words")},
        },
        "components": {"schemas": _schemas()},
    }


def _get(name: str, summary: str, parameters: list[Json], schema: str) -> Json:
    def answer(text: str, of: str) -> Json:
        told = {"schema": {"$ref": f"#/components/schemas/{of}"}}
        return {"description": text, "content": {"application/json": told}}

    answers = {"200": answer(summary, schema)}
    if parameters:
        answers["400"] = answer("Something that is no choice here", "Problem")
        answers["404"] = answer("The release has no such figures; the nearest view", "Problem")
    return {"operationId": name, "summary": summary, "parameters": parameters, "responses": answers}


def _parameters(index: Index) -> list[Json]:
    def schema(known: list[str]) -> Json:
        return {"type": "string", "enum": [*known, ""]}  # a form sends what is not chosen as nothing

    def one(name: str, text: str, known: list[str]) -> Json:
        return {"name": name, "in": "query", "description": text, "schema": schema(known)}

    def many(name: str, text: str, known: list[str]) -> Json:
        several = {"type": "array", "items": schema(known)}
        return {"name": name, "in": "query", "description": text, "schema": several, "explode": False}

    places = list(index.shapes)
    return [
        one("sample", "Whom the table is about", index.samples()),
        many("measure", "What is measured", sorted({measure for _, measure, _ in places})),
        many("period", "Years, or windows of years", sorted({period for _, _, period in places})),
        one("rows", "The attribute down", axes(index)),
        one("columns", "The attribute across", axes(index)),
        one("show", "Figures, shares or changes", [show.value for show in Show]),
        one("totals", "Whether totals are shown", ["yes", "no"]),
        one("chart", "The kind of chart", list(CHARTS)),
        *(
            one(parameter(name), f"Only this code of {name}", [*index.order.get(name, {}), TOTAL])
            for name in axes(index)[2:]
        ),
    ]


def _schemas() -> Json:
    cell = {
        **dict.fromkeys(("sample", "period", "measure", "unit", "confidentiality", "reason"), _TEXT),
        "codes": _CODES,
        "kind": {"type": "string", "enum": [str(kind) for kind in Kind]},
        "value": {"type": ["number", "null"]},
        "decimals": {"type": "integer"},
        "tables": _TEXTS,
    }
    heads = {"type": "array", "items": _CODES}
    cells = {"type": "array", "items": {"type": "array", "items": {"$ref": "#/components/schemas/Cell"}}}
    table = {"address": _TEXT, "title": _TEXT, "rows": heads, "columns": heads, "cells": cells,
             "not_available": _TEXTS, "protection": _TEXT}  # fmt: skip
    options: Json = {"type": "array", "items": {"type": "object"}}
    listed = ("sample", "measure", "period", "rows", "columns", "show")
    chosen = {"address": _TEXT, **dict.fromkeys(listed, options), "filters": {"type": "object"}}
    return {
        "Cell": _object(cell),
        "Table": _object(table),
        "Choices": _object(chosen),
        "Words": _object({"words": options}),
        "Problem": {**_object({"problems": _TEXTS}), "properties": {"problems": _TEXTS, "nearest": _TEXT}},
    }


def _object(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": sorted(properties)}
