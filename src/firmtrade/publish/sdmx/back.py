"""What was written is read back and compared: no file leaves that says something else than the release."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from firmtrade.publish.sdmx.model import artefacts, refused
from firmtrade.publish.sdmx.read import parsed
from firmtrade.publish.sdmx.schema import faults, published
from firmtrade.publish.sdmx.structure import Flow

if TYPE_CHECKING:
    from firmtrade.publish.sdmx.spec import Asked


def check_data(file: str, written: bytes, flow: Flow) -> None:
    """XML against its XSD, JSON against its schema; then every observation, to the last digit.

    Raises:
        CheckError: see the message.
    """
    text = written.decode("utf-8")
    if file.endswith(".json"):
        _against_schema(file, text, "data")
    try:
        rows = parsed(text).rows
    except (KeyError, IndexError, ValueError) as error:
        raise refused(file, str(error)) from None
    found = [tuple(_number(name, row.get(name, "")) for name in flow.names) for row in rows]
    wanted = [
        tuple(_number(name, text) for name, text in zip(flow.names, row, strict=True)) for row in flow.rows
    ]
    if len(found) != len(wanted):
        raise refused(file, f"it has {len(found)} observations instead of {len(wanted)}")
    for there, here in zip(found, wanted, strict=True):
        if there != here:
            raise refused(file, f"the observation {' '.join(map(str, here[: len(flow.dimensions)]))} differs")


def _number(name: str, text: str) -> str | float:
    """Values are compared as numbers: '20204' and '20204.0' are the same."""
    return float(text) if name == "OBS_VALUE" and text else text


def check_structure(file: str, written: bytes, flows: Iterable[Flow], asked: Asked) -> None:
    """Against XSD or schema; then every code with its name and every component, as pysdmx reads them.

    Raises:
        CheckError: see the message.
    """
    from pysdmx.errors import PysdmxError

    text = written.decode("utf-8")
    try:
        read = _structures_json(file, text) if file.endswith(".json") else _structures_xml(text)
        found = {key: said for item in read for key, said in _said(item)}
    except (PysdmxError, SyntaxError) as error:
        raise refused(file, str(error)) from None
    for item in artefacts(flows, asked):
        for key, said in _said(item):
            if found.get(key) != said:
                raise refused(file, f"{key} reads back as {found.get(key)} instead of {said}")


def _structures_xml(text: str) -> Any:
    from pysdmx.io import read_sdmx

    return read_sdmx(text, validate=True).structures


def _structures_json(file: str, text: str) -> Any:
    """Past pysdmx's reader, which cannot be imported without the package jsonschema, to what it calls."""
    import msgspec
    from pysdmx.io.json.sdmxjson2.messages import JsonStructureMessage

    _against_schema(file, text, "structure")
    return msgspec.json.decode(text, type=JsonStructureMessage).to_model().structures


def _said(artefact: Any) -> list[tuple[str, object]]:
    """What a structure says, as far as a reader must find it again: (what, codes and names or components)."""
    kind = type(artefact).__name__
    said: object = artefact.name
    if kind == "Codelist":
        said = [(c.id, c.name, c.description, [a.text for a in c.annotations]) for c in artefact.items]
    elif kind == "ConceptScheme":
        said = [(concept.id, concept.name) for concept in artefact.items]
    elif kind == "DataStructureDefinition":
        # Whether a measure is required is left out: pysdmx 1.21 takes 'optional', the default, for required.
        said = sorted(
            (part.id, str(part.role), str(part.role) == "Measure" or part.required)
            for part in artefact.components
        )
    return [(f"{kind} {artefact.id} {artefact.version}", said)]


def _against_schema(file: str, text: str, kind: str) -> None:
    for fault in faults(json.loads(text), published(kind)):
        raise refused(file, fault)
