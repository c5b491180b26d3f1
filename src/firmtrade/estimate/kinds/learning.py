"""Self-selection and learning: were starters better before they started, and did starting make them
better?"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from firmtrade.estimate.data import Data, column
from firmtrade.estimate.extras import econ
from firmtrade.estimate.kinds import Answer, Needs
from firmtrade.estimate.learning import tables
from firmtrade.estimate.learning.cohorts import Start
from firmtrade.estimate.learning.study import Asked, Studied, study
from firmtrade.estimate.learning.words import (
    Speech,
    learning_sentence,
    methods_text,
    rule_text,
    selection_sentence,
)
from firmtrade.estimate.lines import Line, period, table
from firmtrade.estimate.model import Model
from firmtrade.estimate.verdict import Rule
from firmtrade.result import Chart, Finding, Result

TITLE = "Self-selection and learning"
SOURCES = (
    "bernard-jensen-1999",
    "callaway-santanna-2021",
    "santanna-zhao-2020",
    "rambachan-roth-2023",
    "roth-2022",
    "hainmueller-2012",
    "isgep-2008",
    "bloom-1995",
)
HEADLINE = ("learning-effect", "learning-effect-low", "learning-effect-high")
ROWS = "firms"
UNKNOWN = "unknown"


class Options(BaseModel):
    """What learning is about (`outcome`, `flows`), who starts, and who starters are compared with."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    outcome: str = Field("labour_productivity", description="the variable or panel column that is learnt")
    logs: bool = Field(True, description="whether its logarithm is taken; effects are then in per cent")
    flows: dict[str, str] = Field(
        {"export": "exporter"}, description="flows that firms start, each with its condition in a year"
    )
    controls: tuple[str, ...] = Field(
        ("division",), description="variables that starters and others are made equal in, before the start"
    )
    before: int = Field(2, ge=1, description="years without trade that make a first year a start")
    after: int = Field(
        0, ge=0, description="years with trade, of `within` after the start, that a starter needs"
    )
    within: int = Field(3, ge=1, description="see `after`")
    stops: Literal["ignore", "censor", "drop"] = Field(
        "ignore", description="starters that stop again: kept, followed until they stop, or left out"
    )
    method: Literal["dr", "ipw", "reg"] = Field(
        "dr", description="how controls are used: doubly robust, by weights, by regression"
    )
    latest: int = Field(5, ge=1, description="years after the start that effects are followed")


def needs(model: Model) -> Needs:
    """The outcome and the flows; controls that the panel lacks are left out and named."""
    options = model.options
    flows = {f"starts_{code.replace('-', '_')}": text for code, text in options.flows.items()}
    controls = {f"given_{at}": text for at, text in enumerate(options.controls)}
    return Needs({"outcome": options.outcome, **flows}, controls)


def answer(data: Data, model: Model) -> Answer:
    """One study for each sample and flow."""
    # A figure of its own for each sample: comparisons and flows are told apart by its panels and colours.
    parts: dict[str, list[Line]] = {_events(model, sample): [] for sample in model.samples}
    parts |= {name: [] for name in _PARTS}
    findings: list[Finding] = []
    methods = ""
    for sample in model.samples:
        rows = _rows(data, model, sample)
        for code in model.options.flows:
            asked, place = _asked(data, model, code), _place(data, model, sample, code)
            found = study(rows, asked)
            findings += _findings(model, place, found, parts)
            methods = methods or methods_text(asked, place.speech, _controls(data, model))
    notes = [f"Not held equal: {name}, which needs {lacks}." for name, lacks in _lacking(data, model)]
    return Answer(
        tuple(_table(data, model, part, lines, notes) for part, lines in parts.items() if lines),
        tuple(findings),
        methods,
        rule_text(Rule(), model.options.latest),
    )


#: Parts of a model's name, with the titles and the rows of their tables.
_PARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "estimates": ("Average effect, by what starters are compared with", ("started", "comparison")),
    "before": ("Starters before they started, against firms that never did", ("started", "since-start")),
    "checks": ("Were starters and others alike before the start?", ("started", "comparison")),
    "sensitivity": ("If trends differed", ("started", "sensitivity", "differing-by")),
    "history": ("Who started, and of whom it is not known", ("started", "history")),
}


def _events(model: Model, sample: str) -> str:
    """The part of the model's name that its event study has."""
    return sample if len(model.samples) > 1 else ""


def _rows(data: Data, model: Model, sample: str) -> Any:
    """The firms that are in the sample in the first year in which they are seen, with all their years.

    Who is in the sample later may be an outcome of starting.
    """
    numpy = econ("numpy", "a study of learning")
    frame = data.frame
    inside = frame.loc[~frame.duplicated("firm")].set_index("firm")[column(sample)]
    rows = frame.loc[frame["firm"].map(inside).to_numpy(dtype=bool)]
    outcome = rows["outcome"]
    if model.options.logs:
        outcome = numpy.log(outcome.where(outcome > 0))
    rows = rows.assign(outcome=outcome)
    for name in _columns(data, model):
        if rows[name].dtype.kind == "O":  # a control with codes: the unknown are a group of their own
            rows[name] = rows[name].astype(object).where(rows[name].notna(), UNKNOWN)
    return rows


def _columns(data: Data, model: Model) -> tuple[str, ...]:
    names = (f"given_{at}" for at in range(len(model.options.controls)))
    return tuple(name for name in names if name not in data.lacking)


def _lacking(data: Data, model: Model) -> list[tuple[str, str]]:
    controls = {f"given_{at}": name for at, name in enumerate(model.options.controls)}
    return [(data.title(controls[name]), lacks) for name, lacks in data.lacking.items() if name in controls]


def _controls(data: Data, model: Model) -> str:
    held = {f"given_{at}": name for at, name in enumerate(model.options.controls)}
    titles = [data.title(held[name]) for name in _columns(data, model)]
    return " and ".join(title[:1].lower() + title[1:] for title in titles)


def _asked(data: Data, model: Model, code: str) -> Asked:
    options = model.options
    return Asked(
        "outcome",
        f"starts_{code.replace('-', '_')}",
        _columns(data, model),
        owner="owner",
        start=Start(options.before, options.after, options.within, options.stops),
        method=options.method,
        latest=options.latest,
    )


def _place(data: Data, model: Model, sample: str, code: str) -> tables.Place:
    doing = data.catalog.get("started", "coordinate").codes.get(code, code)
    title = data.title(model.options.outcome)
    speech = Speech(doing, title[:1].lower() + title[1:], model.options.logs)
    return tables.Place(sample, period(model, data.frame["year"]), code, speech)


def _findings(
    model: Model, place: tables.Place, found: Studied, parts: dict[str, list[Line]]
) -> list[Finding]:
    """Add the lines of one study to the tables, and say what they allow."""
    for reading in found.evidence.readings:
        parts[_events(model, place.sample)] += tables.event_lines(place, reading)
    first = {name: len(lines) for name, lines in parts.items()}
    parts["estimates"] += tables.estimate_lines(place, found)
    parts["before"] += tables.before_lines(place, found)
    parts["checks"] += tables.check_lines(place, found.evidence.readings)
    parts["sensitivity"] += tables.sensitivity_lines(place, found)
    parts["history"] += tables.history_lines(place, found)
    name = found.learning.reading or "same trends"

    def rests(part: str, wanted: str, code: str) -> list[tuple[str, int]]:
        lines = parts[part][first[part] :]
        return [
            (f"{model.name}-{part}", at + first[part])
            for at, line in enumerate(lines)
            if line.codes.get(wanted) == code
        ]

    selection = selection_sentence(found.selection, place.speech)
    learning = learning_sentence(found.learning, place.speech, model.options.latest)
    compared = tables.code_of(name)
    estimates = [*rests("estimates", "comparison", compared), *rests("checks", "comparison", compared)]
    starters = rests("history", "history", "starter")
    return [
        Finding(
            f"{place.sample} {place.started} selection",
            found.selection.answer,
            selection,
            tuple(rests("before", "since-start", "-1") or starters),
        ),
        Finding(
            f"{place.sample} {place.started} learning",
            found.learning.answer,
            learning,
            tuple(estimates or starters),
        ),
    ]


def _table(data: Data, model: Model, part: str, lines: list[Line], notes: list[str]) -> Result:
    if part in _PARTS:
        title, rows = _PARTS[part]
        rows = (*(("sample",) if len(model.samples) > 1 else ()), *rows)
        return _made(data, model, part, title, lines, rows, None, notes)
    color = "started" if len(model.options.flows) > 1 else None
    names = [f"effect-since-start{end}" for end in ("", "-low", "-high")]
    chart = Chart("event", "since-start", color, "comparison", names[0], names[1], names[2])
    title = "Effect by years since the start"
    rows = ("started", "comparison", "since-start")
    return _made(
        data, model, part, f"{title}, {data.title(part)}" if part else title, lines, rows, chart, notes
    )


def _made(
    data: Data,
    model: Model,
    part: str,
    title: str,
    lines: list[Line],
    rows: tuple[str, ...],
    chart: Chart | None,
    notes: list[str],
) -> Result:
    full = f"{model.title}: {title[:1].lower()}{title[1:]}"
    return table(model, data.catalog, part, full, lines, rows, chart=chart, notes=notes)
