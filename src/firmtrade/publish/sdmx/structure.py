"""The structure of a release and its observations, as plain data; `model` says it in SDMX.

A release has one dataflow for its tables and one for its models. Their dimensions are FREQ, MODEL (models
only), TABLE, SAMPLE, the dimensions of tables.csv, MEASURE, and the period. The measure OBS_VALUE has the
attributes UNIT_MEASURE, DECIMALS, OBS_STATUS and CONF_STATUS.

The period of a table is a year or a window of years. Both are times of SDMX: '2002', and the time range
'1998-01-01/P6Y' for 1998-2003. So the period is the dimension TIME_PERIOD, which every reader of SDMX knows.
Where a label is neither (a model may have such), there is no TIME_PERIOD and the labels are codes of PERIOD.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from firmtrade.errors import CheckError, StudyError
from firmtrade.publish.numbers import csv_value
from firmtrade.publish.only import only_release
from firmtrade.publish.sdmx.ids import artefact_id, code_id, component_ids
from firmtrade.publish.sdmx.spec import Asked
from firmtrade.publish.table_csv import columns, figures, used
from firmtrade.result import TOTAL, Release, ReleasedCell, ReleasedTable

DIMENSION, MEASURE, ATTRIBUTE = "dimension", "measure", "attribute"
VALUE = "OBS_VALUE"
#: Codes of the cross-domain lists of the SDMX Statistical Working Group that a release can use.
FREQUENCIES = {"A": "Annual", "_Z": "Not applicable"}
STATUSES = {
    "A": "Normal value",
    "M": "Missing value; data cannot exist",
    "Q": "Missing value; suppressed",
}
#: What may be told outside. Why a figure is hidden, or for which other's sake, is for the custodian.
CONFIDENTIALITIES = {"F": "Free (free for publication)", "C": "Confidential statistical information"}
_RESERVED = (
    "FREQ", "MODEL", "TABLE", "SAMPLE", "MEASURE", "TIME_PERIOD", "PERIOD", VALUE, "UNIT_MEASURE", "DECIMALS",
    "OBS_STATUS", "CONF_STATUS", "STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "SERIES_KEY",
    "OBS_KEY", "DATAFLOW", "REPORTING_YEAR_START_DAY",
)  # fmt: skip


@dataclass(frozen=True)
class Component:
    """A column of the data. `codes` maps ids to names, None where it has no list; `source` is our name."""

    id: str
    role: str
    name: str
    text: str = ""
    source: str = ""
    codes: Mapping[str, str] | None = None
    texts: Mapping[str, str] | None = None  # what the codes mean, by id


@dataclass(frozen=True)
class Flow:
    """A dataflow with its observations: a text for each component, empty where there is none."""

    id: str
    title: str
    components: tuple[Component, ...]
    rows: tuple[tuple[str, ...], ...]
    file: str = "data"  # how its files are called

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of the components, in the order of a row."""
        return tuple(component.id for component in self.components)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The ids of the dimensions: they are the first in a row."""
        return tuple(part.id for part in self.components if part.role == DIMENSION)


def flows(release: Release, asked: Asked) -> tuple[Flow, ...]:
    """The dataflow of the tables, and that of the models' figures where there are any.

    Raises:
        DisclosureError: it is not a Release, or a hidden cell still has a value.
        StudyError: two figures have the same key.
    """
    only_release(release)
    study = artefact_id(release.study)
    found = []
    if release.tables:
        names = [name for name in columns(release) if name not in _FIXED]
        owned = [("", table) for table in release.tables]
        found.append(_flow(study, release.title, owned, names, release))
    owned = [(model.name, table) for model in release.models for table in model.tables]
    if any(table.cells for _, table in owned):
        names = used([table for _, table in owned])
        found.append(_flow(f"{study}__MODELS", f"{release.title}: models", owned, names, release))
    for flow in found:
        check(flow)
    return tuple(found)


_FIXED = ("table", "sample", "period", "measure", "value", "unit", "decimals", "confidentiality")
_Owned = list[tuple[str, ReleasedTable]]


def _flow(name: str, title: str, owned: _Owned, names: Iterable[str], release: Release) -> Flow:
    names = list(names)
    cells = [(model, table, cell) for model, table in owned for cell in figures(table)]
    timed = all(time_of(cell.period) for _, _, cell in cells)
    labels = _Labels(release, [table for _, table in owned])
    ids = component_ids(names, _RESERVED)
    dims = {key: labels.dimension(key, ids[key], {c.attribute(key) for _, _, c in cells}) for key in names}
    parts = [Component("FREQ", DIMENSION, "Frequency", codes=FREQUENCIES)]
    if any(model for model, _ in owned):
        parts.append(labels.models())
    parts += [labels.tables(), labels.dimension("sample", "SAMPLE", {c.sample for _, _, c in cells})]
    parts += [*dims.values(), labels.dimension("measure", "MEASURE", {c.measure for _, _, c in cells})]
    parts += [_period({c.period for _, _, c in cells}, timed), *_figure({c.unit for _, _, c in cells})]
    rows = [_row(model, table, cell, names, timed) for model, table, cell in cells]
    return Flow(name, title.strip() or name, tuple(parts), tuple(rows), "models" if owned[0][0] else "data")


def _period(labels: set[str], timed: bool) -> Component:
    if timed:
        return Component("TIME_PERIOD", DIMENSION, "Time period", source="period")
    named = {code_id(label): label for label in sorted(labels)}
    return Component("PERIOD", DIMENSION, "Period", source="period", codes=named)


def _figure(units: set[str]) -> list[Component]:
    named = {code_id(unit): unit.strip() or "none" for unit in sorted(units)}
    return [
        Component(VALUE, MEASURE, "Value"),
        Component("UNIT_MEASURE", ATTRIBUTE, "Unit", source="unit", codes=named),
        Component("DECIMALS", ATTRIBUTE, "Decimals", "How many decimals are printed.", source="decimals"),
        Component("OBS_STATUS", ATTRIBUTE, "Observation status", codes=STATUSES),
        Component("CONF_STATUS", ATTRIBUTE, "Confidentiality status", codes=CONFIDENTIALITIES),
    ]


def _row(
    model: str, table: ReleasedTable, cell: ReleasedCell, names: list[str], timed: bool
) -> tuple[str, ...]:
    when = time_of(cell.period) if timed else code_id(cell.period)
    return (
        "A" if re.fullmatch(r"\d{4}", cell.period) else "_Z",
        *((code_id(model),) if model else ()),
        *(code_id(code) for code in (table.name, cell.sample, *map(cell.attribute, names), cell.measure)),
        when,
        csv_value(cell.value, cell.unit),
        code_id(cell.unit),
        str(cell.decimals),
        _status(cell),
        "F" if cell.confidentiality == "F" else "C",
    )


def _status(cell: ReleasedCell) -> str:
    if cell.value is not None:
        return "A"
    return "M" if cell.confidentiality == "F" else "Q"


def time_of(period: str) -> str:
    """A year as it is, a window as the time range over its years; empty where a label is neither."""
    if re.fullmatch(r"\d{4}", period):
        return period
    window = re.fullmatch(r"(\d{4})-(\d{4})", period)
    years = int(window[2]) - int(window[1]) + 1 if window else 0
    return f"{period[:4]}-01-01/P{years}Y" if years > 0 else ""


def period_of(time: str) -> str:
    """The period of tables.csv that a TIME_PERIOD stands for; any other time as it is."""
    found = re.fullmatch(r"(\d{4})-01-01/P(\d+)Y", time)
    return f"{found[1]}-{int(found[1]) + int(found[2]) - 1:04}" if found else time


@dataclass(frozen=True)
class _Labels:
    """The names of codes, from the words and labels of the release."""

    release: Release
    owned: list[ReleasedTable]

    def dimension(self, name: str, ident: str, met: set[str]) -> Component:
        """A dimension: the codes that have a label, those that are met, and `_T`."""
        words = self.release.words
        own = name not in ("sample", "measure")
        codes = {TOTAL: "Not broken down"} if own else {}
        for table in self.owned:  # the first label stands, in the study's order
            for code, label in table.labels.get(name, {}).items():
                codes.setdefault(code, label)
        codes |= {code: code for code in sorted(met) if code not in codes}
        said = words[name].meanings if name in words else {}
        if not own:
            said = {code: words[code].text for code in codes if code in words}
        title, text = (
            (words[name].title.strip() or name, words[name].text)
            if name in words
            else (name.capitalize(), "")
        )
        texts = {code_id(code): said[code] for code in codes if said.get(code)}
        named = {code_id(code): label.strip() or code.strip() or "none" for code, label in codes.items()}
        return Component(ident, DIMENSION, title, text, name, named, texts)

    def tables(self) -> Component:
        """The tables by their titles."""
        named = {code_id(table.name): table.title.strip() or table.name for table in self.owned}
        return Component("TABLE", DIMENSION, "Table", source="table", codes=named)

    def models(self) -> Component:
        """The models by their titles."""
        named = {code_id(model.name): model.title.strip() or model.name for model in self.release.models}
        return Component("MODEL", DIMENSION, "Model", source="model", codes=named)


def check(flow: Flow) -> None:
    """Every code of the data is in its list, every observation has one key and every dimension a code.

    Raises:
        StudyError: two figures have the same key.
        CheckError: the data do not fit their structure.
    """
    lists = [(at, part) for at, part in enumerate(flow.components) if part.codes is not None]
    keys: set[tuple[str, ...]] = set()
    for row in flow.rows:
        for at, part in lists:
            if row[at] not in (part.codes or {}):
                raise CheckError(f"SDMX, {flow.id}: '{row[at]}' is not in the code list of {part.id}.")
        key = row[: len(flow.dimensions)]
        if key in keys or not all(key):
            where = dict(zip(flow.dimensions, key, strict=True))
            raise StudyError(f"SDMX, {flow.id}: two figures have the key {where}. Keep one of them.")
        keys.add(key)
