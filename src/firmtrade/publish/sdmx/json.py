"""The observations as SDMX-JSON 2.0: pysdmx writes structures in this format and no data, so this does.

Source: SDMX-JSON data message, version 2.0.0 (SDMX Technical Working Group), and its schema, which is among
pysdmx's packages. Observations are flat: each is under its key, the positions of its codes among the values
of the dimensions (`0:3:1`), as a list of the value and the positions of its attributes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from firmtrade.publish.sdmx.model import PREPARED, line, reference, sender
from firmtrade.publish.sdmx.structure import ATTRIBUTE, DIMENSION, MEASURE, Flow

if TYPE_CHECKING:
    from firmtrade.publish.sdmx.spec import Asked

_URN = "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow="


def data_json(flow: Flow, asked: Asked) -> bytes:
    """One dataflow as a data message: UTF-8, one line for each observation."""
    made = message(flow, asked)
    (data_set,) = made["data"]["dataSets"]
    found = data_set.pop("observations")
    lines = ",\n".join(f"{_text(key)}: {_text(figure)}" for key, figure in found.items())
    begun = _text(data_set)[:-1]
    return (
        f'{{"meta": {_text(made["meta"])},\n"data": {{"structures": {_text(made["data"]["structures"])},\n'
        f'"dataSets": [{begun}, "observations": {{\n{lines}\n}}}}]}}}}\n'
    ).encode()


def _text(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False)


def message(flow: Flow, asked: Asked) -> dict[str, Any]:
    """The data message as plain data."""
    used = [sorted({row[at] for row in flow.rows}) for at in range(len(flow.components))]
    places = [{text: place for place, text in enumerate(texts)} for texts in used]
    measures = [part for part in flow.components if part.role == MEASURE]
    structure = {
        "links": [{"urn": _URN + reference(flow, asked), "rel": "dataflow"}],
        "name": line(flow.title),
        "dataSets": [0],
        "dimensions": {"observation": _values(flow, DIMENSION, used)},
        "measures": {"observation": [{"id": part.id, "name": line(part.name)} for part in measures]},
        "attributes": {"observation": _values(flow, ATTRIBUTE, used)},
    }
    data_set = {
        "structure": 0,
        "action": "Information",
        "links": [{"urn": _URN + reference(flow, asked), "rel": "dataflow"}],
        "observations": dict(_observation(flow, row, places) for row in flow.rows),
    }
    meta = {
        "id": flow.id,
        "prepared": PREPARED.isoformat().replace("+00:00", "Z"),
        "test": False,
        "contentLanguages": ["en"],
        "sender": {"id": sender(asked)},
    }
    return {"meta": meta, "data": {"structures": [structure], "dataSets": [data_set]}}


def _values(flow: Flow, role: str, used: list[list[str]]) -> list[dict[str, Any]]:
    """The components of a role with the values that the data have; others need not be known."""
    found = []
    for at, part in enumerate(flow.components):
        if part.role != role:
            continue
        entry: dict[str, Any] = {"id": part.id, "name": line(part.name)}
        if role == DIMENSION:
            entry["keyPosition"] = at
        else:
            entry["relationship"] = {"observation": {}}
        if part.id in ("TIME_PERIOD", "FREQ"):
            entry["roles"] = [part.id]
        codes = part.codes
        # DECIMALS is a text: a whole number fits two types of the schema, which wants exactly one to fit.
        entry["values"] = [
            {"value": text} if codes is None else {"id": text, "name": line(codes[text])} for text in used[at]
        ]
        found.append(entry)
    return found


def _observation(flow: Flow, row: tuple[str, ...], places: list[dict[str, int]]) -> tuple[str, list[Any]]:
    key = ":".join(str(places[at][row[at]]) for at in range(len(flow.dimensions)))
    figure: list[Any] = []
    for at, part in enumerate(flow.components[len(flow.dimensions) :], len(flow.dimensions)):
        figure.append(_number(row[at]) if part.role == MEASURE else places[at][row[at]])
    return key, figure


def _number(text: str) -> int | float | None:
    """The value as the same number; the text of tables.csv is that of JSON."""
    if not text:
        return None
    return int(text) if text.lstrip("-").isdigit() else float(text)
