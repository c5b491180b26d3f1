"""Observations of SDMX, of whatever format and whoever wrote them: a list of texts by component.

SDMX-CSV and SDMX-JSON are read here, SDMX-ML by pysdmx. (pysdmx 1.21 guesses the types of a CSV's columns, so
that the activity '01' comes back as '1', and reads no JSON data.)
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from firmtrade.errors import DataError
from firmtrade.publish.sdmx.ids import code_of
from firmtrade.publish.sdmx.structure import period_of

#: Columns of SDMX-CSV that are about the file, not about an observation.
ABOUT = ("STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "DATAFLOW", "LAST UPDATE", "SERIES_KEY",
         "OBS_KEY")  # fmt: skip


@dataclass(frozen=True)
class Observations:
    """What a file holds: the dataflow's name as the file has it, and each observation's components.

    `labels` names codes, by component, where the file does. An empty text is no value.
    """

    flow: str
    rows: tuple[dict[str, str], ...]
    labels: dict[str, dict[str, str]]


def read_observations(path: str | Path) -> Observations:
    """SDMX-CSV 1.0 and 2.0, SDMX-ML 2.1 and 3.0, SDMX-JSON 1.0 and 2.0, or a plain CSV with a header.

    Raises:
        DataError: there is no such file, or it is none of these.
        MissingExtra: the file is XML, and the packages for SDMX are not installed.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as text in UTF-8: {error}") from None
    try:
        return parsed(text)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError, StopIteration) as error:
        raise DataError(
            f"{path.name} is not data in SDMX-CSV, SDMX-ML, SDMX-JSON or a CSV with one header line: {error}"
        ) from None


def parsed(text: str) -> Observations:
    """The observations in a text; what it is, its first sign tells."""
    start = text.lstrip()[:1]
    if start == "<":
        return from_xml(text)
    return from_json(text) if start == "{" else from_csv(text)


def from_csv(text: str) -> Observations:
    """SDMX-CSV with ids or with `id: name` labels, or any other CSV (comma or semicolon)."""
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    head = [name.strip() for name in next(reader)]
    labelled = [": " in name for name in head]
    ids = [name.split(": ")[0] for name in head]
    rows, flow = [], ""
    labels: dict[str, dict[str, str]] = {}
    for line in reader:
        if not any(line):
            continue
        if len(line) != len(head):
            raise ValueError(f"line {reader.line_num} has {len(line)} fields and the header {len(head)}")
        row = {}
        for name, said, field in zip(ids, labelled, line, strict=True):
            code, _, label = field.partition(": ") if said else (field, "", "")
            row[name] = code.strip()
            if label:
                labels.setdefault(name, {})[code.strip()] = label
        flow = flow or row.get("STRUCTURE_ID") or row.get("DATAFLOW") or ""
        rows.append({name: code for name, code in row.items() if name.upper() not in ABOUT})
    return Observations(flow.split(": ")[0], tuple(rows), labels)


def from_xml(text: str) -> Observations:
    """SDMX-ML as pysdmx reads it, checked against the XSD."""
    from firmtrade.publish.sdmx.spec import require

    require("Reading SDMX-ML")
    from pysdmx.errors import PysdmxError
    from pysdmx.io import read_sdmx

    try:
        message = read_sdmx(text, validate=True)
    except (PysdmxError, SyntaxError) as error:
        raise ValueError(str(error)) from None
    rows, names = [], []
    data: Any = message.data or ()
    for found in data:
        names.append(found.short_urn.partition("=")[2])
        frame = found.data.astype(object).where(found.data.notna(), "")
        rows += [{str(k): str(v) for k, v in row.items()} for row in frame.to_dict("records")]
    return Observations(", ".join(names), tuple(rows), {})


def from_json(text: str) -> Observations:
    """SDMX-JSON with flat observations or with series."""
    message = json.loads(text)
    data = message.get("data", message)
    structures = data.get("structures") or [data["structure"]]
    rows: list[dict[str, str]] = []
    labels: dict[str, dict[str, str]] = {}
    for data_set in data["dataSets"]:
        rows += _rows(data_set, structures[data_set.get("structure", 0)], labels)
    return Observations(_flow(structures[0]), tuple(rows), labels)


def _flow(structure: dict[str, Any]) -> str:
    links = [link.get("urn", "").partition("=")[2] for link in structure.get("links", ())]
    return next(filter(None, links), str(structure.get("name", "")))


def _rows(
    data_set: dict[str, Any], structure: dict[str, Any], labels: dict[str, dict[str, str]]
) -> list[dict[str, str]]:
    parts = {
        (kind, level): [_Part(entry, labels) for entry in structure.get(kind, {}).get(level, ())]
        for kind in ("dimensions", "attributes", "measures")
        for level in ("dataSet", "series", "observation")
    }
    measures = parts["measures", "observation"] or [_Part({"id": "OBS_VALUE"}, labels)]
    fixed = {part.id: part.text(0) for part in parts["dimensions", "dataSet"]}
    fixed |= _told(parts["attributes", "dataSet"], data_set.get("attributes", ()))
    groups = data_set.get("series") or {"": {"observations": data_set.get("observations", {})}}
    found = []
    for at, group in groups.items():
        series = fixed | _key(parts["dimensions", "series"], at)
        series |= _told(parts["attributes", "series"], group.get("attributes", ()))
        for key, figure in group.get("observations", {}).items():
            row = series | _key(parts["dimensions", "observation"], key)
            row |= {part.id: _plain(each) for part, each in zip_longest(measures, figure[: len(measures)])}
            found.append(row | _told(parts["attributes", "observation"], figure[len(measures) :]))
    return found


@dataclass(frozen=True)
class _Part:
    """A component of a JSON message."""

    entry: dict[str, Any]
    labels: dict[str, dict[str, str]]

    @property
    def id(self) -> str:
        return str(self.entry["id"])

    def text(self, place: Any) -> str:
        """The code or value at a place of the component's values; a value that is written out as it is."""
        values = self.entry.get("values")
        if place is None or not values or not isinstance(place, int):
            return _plain(place)
        found = values[place] or {}
        if "id" not in found:
            return _plain(found.get("value", found.get("name")))
        if isinstance(found.get("name"), str):
            self.labels.setdefault(self.id, {})[found["id"]] = found["name"]
        return str(found["id"])


def _key(parts: list[_Part], key: str) -> dict[str, str]:
    return {part.id: part.text(int(at)) for part, at in zip(parts, key.split(":"), strict=False) if at}


def _told(parts: list[_Part], places: Any) -> dict[str, str]:
    return {part.id: part.text(place) for part, place in zip(parts, places, strict=False)}


def _plain(item: Any) -> str:
    return "" if item is None else item if isinstance(item, str) else json.dumps(item)


_OWN = {
    "OBS_VALUE": "value",
    "TIME_PERIOD": "period",
    "UNIT_MEASURE": "unit",
    "CONF_STATUS": "confidentiality",
}
_OURS = ("TABLE", "SAMPLE", "MEASURE", "UNIT_MEASURE", "CONF_STATUS", "OBS_VALUE")


def own(found: Observations) -> Observations:
    """Observations that firmtrade wrote, in the columns and codes of tables.csv; others as they are.

    DECIMALS and OBS_STATUS are left out, as what they say follows from the other columns.
    """
    if not found.rows or not set(_OURS) <= found.rows[0].keys():
        return found
    named = {
        name: _OWN.get(name, name.lower().replace("_", "-"))
        for name in found.rows[0]
        if name not in ("DECIMALS", "OBS_STATUS")
    }
    rows = tuple({ours: _code(name, row[name]) for name, ours in named.items()} for row in found.rows)
    labels = {
        named[name]: {_code(name, code): label for code, label in said.items()}
        for name, said in found.labels.items()
        if name in named
    }
    return Observations(found.flow, rows, labels)


def _code(name: str, ident: str) -> str:
    if name == "OBS_VALUE":
        return ident
    return period_of(ident) if name == "TIME_PERIOD" else code_of(ident)
