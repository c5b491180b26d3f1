"""Growth by trade status: starting, going on and stopping against neither, and three readings of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from firmtrade.errors import Unanswerable
from firmtrade.estimate import laid
from firmtrade.estimate.data import Data
from firmtrade.estimate.growth import LOG, MIDPOINT, Growth, GrowthSpec, growth
from firmtrade.estimate.growth_readings import Bootstrap, Reading, Readings, readings
from firmtrade.estimate.growth_told import (
    DIFFERENCE,
    READING,
    STATUS,
    findings,
    methods,
    outcome_name,
    rounded_up,
)
from firmtrade.estimate.growth_window import BASE, GONE, Span, span, window_frame
from firmtrade.estimate.kinds import Answer, Needs
from firmtrade.estimate.lines import Line, table
from firmtrade.estimate.model import Model
from firmtrade.result import Chart, Evidence, Result

TITLE = "Growth by trade status"
SOURCES = ("bernard-jensen-1999", "davis-haltiwanger-schuh-1996", "efron-1979", "liang-zeger-1986")
ROWS = "firms"
HEADLINE = DIFFERENCE


class Options(BaseModel):
    """What grows, whose trade tells the status, over which years, and what is held equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    outcomes: tuple[str, ...] = Field(
        ("employment", "value_added", "value_added / employment"),
        description="panel columns or variables; 'a / b' grows as a ratio (of sums, and of each firm)",
    )
    flows: tuple[str, ...] = Field(
        ("exporter",), description="conditions whose change gives the status, one after the other"
    )
    until: int | None = Field(
        None, description="the year to which the status is told; none: the last but one of the window"
    )
    controls: tuple[str, ...] = Field(
        ("employment", "labour_productivity"), description="held equal, as logs in the first year"
    )
    effects: tuple[str, ...] = Field(
        ("class_group", "region", "age"), description="words whose every code in the first year has an effect"
    )
    by: tuple[str, ...] = Field((), description="dimensions by which the readings are repeated")
    replications: int = Field(999, ge=99, description="samples that an interval of a reading is drawn from")
    share: float = Field(
        0.25, gt=0, description="a reading that moves by more than this share without one firm is flagged"
    )


@dataclass(frozen=True)
class _Made:
    """The answers about one outcome and flow in one sample."""

    sample: str
    outcome: str
    flow: str
    log: Growth
    midpoint: Growth | None
    readings: Readings


def needs(model: Model) -> Needs:
    """The flows; outcomes, controls, effects and groups where the panel has them."""
    options = model.options
    names = [part.strip() for outcome in options.outcomes for part in outcome.split("/")]
    optional = laid.wanted((*names, *options.controls, *options.by), options.effects)
    return Needs(laid.wanted(options.flows, ()), optional)


def answer(data: Data, model: Model) -> Answer:
    """Regressions and readings for each sample, outcome and flow of the window."""
    when = span(model, data.frame)
    made = list(_made(data, model, when))
    if not made:
        raise Unanswerable(
            f"It needs one of {', '.join(model.options.outcomes)}, which the panel does not have."
        )
    period = f"{when.first}-{when.last}"
    shown = [line for one in made for line in _reading_lines(model, one, period, "")]
    differences = [line for one in made for line in _differences(model, one, period)]
    tables = [
        _laid(model, data, "", "Growth: three readings", shown, ("exits",), ("reading", "measure")),
        *(_by(model, data, made, period, name) for name in model.options.by),
        _one_firm(model, data, made, period),
        _laid(
            model,
            data,
            "regression",
            "Growth above that of firms that do neither",
            differences,
            ("measured",),
        ),
        _figure(model, data, differences),
        *laid.left_out(model, data, _counted(model, made, period)),
    ]
    return Answer(tuple(tables), findings(data, model, tables, made_flags(made)), methods(data, model, when))


def _made(data: Data, model: Model, when: Span) -> Iterator[_Made]:
    options = model.options
    for sample in model.samples:
        for flow in options.flows:
            frame = window_frame(data, model, sample, laid.column(flow), when)
            for outcome in options.outcomes:
                top, *per = [laid.column(part.strip()) for part in outcome.split("/")]
                if not {top, *per} <= set(data.frame.columns):
                    continue
                spec = _spec(options, top, per[0] if per else "", when)
                draw = Bootstrap(options.replications)
                by = tuple(laid.column(name) for name in options.by if laid.column(name) in frame)
                yield _Made(
                    sample, outcome_name(data, outcome), flow, growth(frame, spec, LOG),
                    growth(frame, spec, MIDPOINT) if spec.gone and not per else None,
                    readings(frame, spec, by, draw, options.share),
                )  # fmt: skip


def _spec(options: Options, top: str, per: str, when: Span) -> GrowthSpec:
    return GrowthSpec(
        start=top, end=f"{top}_end", start_per=per, end_per=f"{per}_end" if per else "", status=STATUS,
        base=BASE, years=when.last - when.first, gone=GONE if when.exits else "",
        log_controls=tuple(map(laid.column, options.controls)), effects=laid.effect_columns(options.effects),
        owner="owner",
    )  # fmt: skip


def _codes(model: Model, one: _Made, status: str) -> dict[str, str]:
    flow = {"traded": one.flow} if len(model.options.flows) > 1 else {}
    return {**flow, "outcome": one.outcome, STATUS: status}


def _reading_lines(model: Model, one: _Made, period: str, by: str) -> list[Line]:
    lines = []
    for reading in one.readings.lines:
        if reading.by == laid.column(by):
            codes = {**({by: reading.code} if by else {}), **_reading_codes(model, one, reading)}
            values = (reading.value, reading.low, reading.high)
            lines += laid.interval(one.sample, period, READING[0], values, _behind(reading), codes)
    return lines


def _reading_codes(model: Model, one: _Made, reading: Reading) -> dict[str, str]:
    codes = _codes(model, one, reading.status)
    return {**codes, "exits": exits_code(reading), "reading": reading.reading}


def exits_code(reading: Reading) -> str:
    """The code of `exits` of a reading."""
    return "with" if reading.exits else "without"


def _behind(reading: Reading) -> Evidence:
    return Evidence("growth", reading.firms, reading.degrees, reading.largest)


def _by(model: Model, data: Data, made: Sequence[_Made], period: str, name: str) -> Result:
    lines = [line for one in made for line in _reading_lines(model, one, period, name)]
    title = f"Growth: three readings, by {data.title(name).lower()}"
    return _laid(model, data, f"by-{name}", title, lines, ("exits",), ("reading", "measure"), name)


def _one_firm(model: Model, data: Data, made: Sequence[_Made], period: str) -> Result:
    """How far each ratio of sums moves at most without one firm, rounded up so that it tells of no firm."""
    lines = [
        Line(one.sample, period, "growth-move", rounded_up(each.fragile.move), _behind(each), codes)
        for one in made
        for each in one.readings.lines
        if each.fragile is not None and not each.by
        for codes in [{k: v for k, v in _reading_codes(model, one, each).items() if k != "reading"}]
    ]
    title = "Ratio of sums: largest move when one firm is left out"
    return _laid(model, data, "one-firm", title, lines, (), ("exits",))


def made_flags(made: Sequence[_Made]) -> dict[tuple[str, str, str, str, str], bool]:
    """Which ratios of sums are flagged, by sample, flow, outcome, status and exits."""
    return {
        (
            one.sample,
            one.flow,
            one.outcome,
            each.status,
            exits_code(each),
        ): each.fragile.flagged
        for one in made
        for each in one.readings.lines
        if each.fragile is not None and not each.by
    }


def _differences(model: Model, one: _Made, period: str) -> list[Line]:
    lines = []
    for found in filter(None, (one.log, one.midpoint)):
        for each in found.lines:
            codes = {**_codes(model, one, each.status), "measured": each.measure}
            behind = Evidence("coefficient", each.firms, each.coefficient.degrees, each.coefficient.largest)
            values = (each.points, each.low, each.high)
            lines += laid.interval(one.sample, period, DIFFERENCE[0], values, behind, codes)
    return lines


def _figure(model: Model, data: Data, differences: Sequence[Line]) -> Result:
    """The coefficient plot of the log differences."""
    drawn = [line for line in differences if line.codes["measured"] == LOG]
    facet = "sample" if len(model.samples) > 1 else "traded" if len(model.options.flows) > 1 else None
    chart = Chart("interval", STATUS, "outcome", facet, *DIFFERENCE)
    title = "Growth above that of firms that do neither, survivors"
    return _laid(model, data, "figure", title, drawn, (), chart=chart)


def _counted(model: Model, made: Sequence[_Made], period: str) -> list:
    return [
        (one.sample, period, {**_codes(model, one, ""), "measured": measure}, found.left_out)
        for one in made
        for measure, found in ((LOG, one.log), (MIDPOINT, one.midpoint))
        if found is not None
    ]


def _laid(
    model: Model,
    data: Data,
    part: str,
    title: str,
    lines: Sequence[Line],
    rows: Sequence[str],
    columns: Sequence[str] = ("measure",),
    by: str = "",
    chart: Chart | None = None,
) -> Result:
    first = [*laid.several(lines, ("sample",)), *(["traded"] if len(model.options.flows) > 1 else [])]
    listed = (*first, *([by] if by else []), "outcome", STATUS, *rows)
    return table(model, data.catalog, part, title, lines, listed, columns, chart)
