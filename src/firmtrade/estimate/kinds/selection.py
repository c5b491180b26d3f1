"""Self-selection: were firms that start to trade better before they started? (Bernard and Jensen 1999)"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from firmtrade.errors import Unanswerable
from firmtrade.estimate import laid
from firmtrade.estimate.data import Data, column
from firmtrade.estimate.kinds import Answer, Needs
from firmtrade.estimate.lines import Line, period, table
from firmtrade.estimate.model import Model
from firmtrade.estimate.selection import PreEntry, Selection, SelectionSpec, selection
from firmtrade.estimate.starters import StarterRule
from firmtrade.result import Chart, Evidence, Finding, Result

TITLE = "Starters before they start"
SOURCES = (
    "bernard-jensen-1999",
    "wagner-2007",
    "isgep-2008",
    "eliasson-hansson-lindvert-2012",
    "liang-zeger-1986",
)
ROWS = "firms"
HEADLINE = ("premium", "premium-low", "premium-high")
GROWTH = ("growth-difference", "growth-difference-low", "growth-difference-high")


class Options(BaseModel):
    """What starters are ahead in, of which flows, and who is a starter."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    outcome: str = Field("labour_productivity", description="a panel column or variable, taken as log")
    flows: tuple[str, ...] = Field(
        ("exporter", "importer"), description="the conditions whose start is looked at, one after the other"
    )
    before: int = Field(3, ge=1, description="years before the start in which a starter did not trade")
    after: int = Field(2, ge=0, description="years after the start in which it must go on trading")
    again: int = Field(1, ge=0, description="in how many of these it must trade")
    controls: tuple[str, ...] = Field(("employment",), description="held equal, as logs")
    effects: tuple[str, ...] = Field(
        ("class_group x year", "region"), description="words whose every code, or combination, has an effect"
    )


def needs(model: Model) -> Needs:
    """The outcome and the flows; controls and effects where the panel has them."""
    options = model.options
    return Needs(
        laid.wanted((options.outcome, *options.flows), ()), laid.wanted(options.controls, options.effects)
    )


def answer(data: Data, model: Model) -> Answer:
    """Pre-entry premia and growth for each sample and flow."""
    found = {
        (sample, flow): selection(data.frame, _spec(model, sample, flow))
        for sample in model.samples
        for flow in model.options.flows
    }
    if not any(one.lines for one in found.values()):
        raise Unanswerable(next(iter(found.values())).reason)
    when = period(model, data.frame["year"])
    levels = [line for key, one in found.items() for line in _levels(model, key, one, when)]
    growth = [line for key, one in found.items() for line in _growth(model, key, one, when)]
    title = f"{model.title}: {laid.capital(data.title(model.options.outcome))}"
    tables = [
        _laid(model, data, "", title, levels, ("lead",)),
        _laid(model, data, "figure", title, _drawn(levels), ("lead",), _chart(model)),
        *([_laid(model, data, "growth", f"{title}, growth", growth, ())] if growth else []),
        _cohorts(model, data, found),
        *laid.left_out(
            model, data, [(s, when, {"traded": f}, one.left_out) for (s, f), one in found.items()]
        ),
    ]
    said = [finding for made in tables for finding in _findings(data, model, made)]
    return Answer(tuple(tables), tuple(said), _methods(data, model))


def _spec(model: Model, sample: str, flow: str) -> SelectionSpec:
    options = model.options
    return SelectionSpec(
        outcome=laid.column(options.outcome), flow=laid.column(flow),
        rule=StarterRule(options.before, options.after, min(options.again, options.after)),
        log_controls=tuple(map(laid.column, options.controls)), effects=laid.effect_columns(options.effects),
        owner="owner", member=column(sample),
    )  # fmt: skip


def _evidence(line: PreEntry) -> Evidence:
    return Evidence("coefficient", line.firms, line.coefficient.degrees, line.coefficient.largest)


def _levels(model: Model, key: tuple[str, str], found: Selection, when: str) -> list[Line]:
    sample, flow = key
    lines = []
    for one in found.lines:
        if not one.growth:
            codes = {"traded": flow, "lead": str(-one.lead)}
            values, behind = (one.value, one.low, one.high), _evidence(one)
            lines += laid.interval(sample, when, HEADLINE[0], values, behind, codes)
            for name, value in (
                ("coefficient", one.coefficient.estimate),
                ("standard-error", one.coefficient.std_error),
            ):
                lines.append(Line(sample, when, name, value, behind, codes))
            lines.append(Line(sample, when, "firms-in-model", float(one.coefficient.firms), behind, codes))
    return lines


def _growth(model: Model, key: tuple[str, str], found: Selection, when: str) -> list[Line]:
    sample, flow = key
    return [
        line
        for one in found.lines
        if one.growth
        for line in laid.interval(
            sample, when, GROWTH[0], (one.value, one.low, one.high), _evidence(one), {"traded": flow}
        )
    ]


def _drawn(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.statistic in HEADLINE]


def _chart(model: Model) -> Chart:
    facet = "sample" if len(model.samples) > 1 else "traded"
    return Chart("event", "lead", None, facet, *HEADLINE)


def _laid(
    model: Model, data: Data, part: str, title: str, lines: Sequence[Line], rows: Sequence[str],
    chart: Chart | None = None,
) -> Result:  # fmt: skip
    first = laid.several(lines, ("sample",))
    return table(model, data.catalog, part, title, lines, (*first, "traded", *rows), ("measure",), chart)


def _cohorts(model: Model, data: Data, found: dict[tuple[str, str], Selection]) -> Result:
    lines = [
        Line(
            sample, str(cohort.year), "firms-in-cohorts", float(count), Evidence("count", count),
            {"traded": flow, "entry-cohort": who},
        )
        for (sample, flow), one in found.items()
        for cohort in one.cohorts
        for who, count in (("starters", cohort.starters), ("controls", cohort.controls))
    ]  # fmt: skip
    rows = (*laid.several(lines, ("sample",)), "traded", "period")
    title = "Firms that start, and that never do, by year"
    return table(model, data.catalog, "cohorts", title, lines, rows, ("entry-cohort",))


def _findings(data: Data, model: Model, made: Result) -> list[Finding]:
    """A sentence for each flow on the level the longest time before, and one on growth."""
    options = model.options
    found = []
    for at, cell in enumerate(made.cells):
        level = made.name == model.name and cell.measure == HEADLINE[0]
        grows = made.name == f"{model.name}-growth" and cell.measure == GROWTH[0]
        if not (grows or (level and cell.codes["lead"] == str(-options.before))):
            continue
        rests = laid.places(made, HEADLINE if level else GROWTH, at)
        value, low, high = (made.cells[place].value or 0.0 for place in rests)
        verdict = laid.verdict(low, high)
        who = data.title(cell.codes["traded"])
        who = f"{data.title(cell.sample)}: {who}" if len(model.samples) > 1 else who
        outcome = data.title(options.outcome).lower()
        text = (
            f"{who}: {options.before} years before they start, starters were {_ahead(verdict, value)} firms "
            f"that never do in {outcome}, all else equal (95 % interval {low:.1f} to {high:.1f} %)."
            if level
            else f"{who}: from {options.before} years to one year before they start, starters grew in "
            f"{outcome} by {value:+.1f} points a year against firms that never do ({low:.1f} to {high:.1f}): "
            f"{_GROWS[verdict]}."
        )
        question = f"{cell.sample}: {cell.codes['traded']}: {'level' if level else 'growth'} before"
        found.append(Finding(question, verdict, text, tuple((made.name, place) for place in rests)))
    return found


_GROWS = {"above": "they grew faster", "below": "they grew more slowly", "open": "no difference is shown"}


def _ahead(verdict: str, value: float) -> str:
    return {
        "above": f"{value:.1f} % ahead of",
        "below": f"{-value:.1f} % behind",
        "open": f"not to be told from ({value:+.1f} %)",
    }[verdict]


def _methods(data: Data, model: Model) -> str:
    options = model.options
    rule = StarterRule(options.before, options.after, min(options.again, options.after))
    return (
        f"{rule.text()} The numbers are those of the International Study Group on Exports and Productivity "
        "(2008) unless the study says otherwise. Starters of all years are compared with firms that "
        "never trade "
        "the flow in the years seen, which like the starters were seen in all years before and in as many of "
        f"those that follow. The log of {data.title(options.outcome).lower()} of each year before is "
        "regressed on "
        "starting (Bernard and Jensen 1999; Wagner 2007), and so is its growth, since outcomes that rise "
        "before "
        "entry are what learning to trade would look like (Eliasson, Hansson and Lindvert 2012). Held equal: "
        f"{laid.held(data, options.controls, options.effects)}, of the same year. All years are of the "
        "same firms; "
        "errors are clustered by firm (Liang and Zeger 1986). A firm belongs to the sample as in the "
        "first of "
        "the years before. A flow that is unknown in a year that decides makes a firm undetermined: it "
        "is left "
        f"out and counted.{laid.lacking(data)}"
    )
