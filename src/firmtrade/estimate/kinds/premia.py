"""Premia: by how much traders exceed firms that do not trade, all else equal (Bernard and Jensen 1999)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydantic import BaseModel, ConfigDict, Field

from firmtrade.errors import Unanswerable
from firmtrade.estimate import laid
from firmtrade.estimate.data import Data
from firmtrade.estimate.kinds import Answer, Needs
from firmtrade.estimate.lines import Line, period, table
from firmtrade.estimate.model import Model
from firmtrade.estimate.premia import Premia, PremiaSpec, Premium, premia
from firmtrade.estimate.premia_told import HEADLINE, POOLED, findings, methods
from firmtrade.result import Chart, Evidence, Result

TITLE = "Premia of trading"
SOURCES = (
    "bernard-jensen-1999",
    "liang-zeger-1986",
    "koenker-bassett-1978",
    "parente-santos-silva-2016",
    "delgado-farinas-ruano-2002",
)
ROWS = "sample"
FIRM_EFFECTS = "firm-effects"
_GROUPS = "groups"


class Options(BaseModel):
    """`outcomes` in logarithms, by `groups` against `base`, with what is held equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    outcomes: tuple[str, ...] = Field(
        ("employment", "turnover", "value_added", "labour_productivity"),
        description="panel columns or variables, taken as logs; those that the panel lacks are left out",
    )
    groups: str = Field("mode", description="the dimension whose codes are compared")
    base: str = Field("none", description="the code that the others are compared with")
    controls: tuple[str, ...] = Field(
        ("employment",), description="held equal as logs, except where they are the outcome themselves"
    )
    effects: tuple[str, ...] = Field(
        ("class_group x year", "region"), description="words whose every code, or combination, has an effect"
    )
    firm_effects: bool = Field(
        False, description="also against the same firm in other years (only firms that change their code)"
    )
    by: tuple[str, ...] = Field(
        (), description="dimensions, or year, to repeat everything by, group by group"
    )
    quantiles: tuple[float, ...] = Field(
        (), description="also at these quantiles of the outcome, such as 0.9"
    )
    dominance: str | None = Field(
        None, description="an outcome whose distributions are compared (Kolmogorov-Smirnov), by year"
    )


def needs(model: Model) -> Needs:
    """The groups; outcomes, controls, effects and what is repeated by where the panel has them."""
    options = model.options
    names = (*options.outcomes, *options.controls, *options.by, *filter(None, [options.dominance]))
    return Needs({_GROUPS: options.groups}, laid.wanted(names, options.effects))


def answer(data: Data, model: Model) -> Answer:
    """Regressions for each sample, outcome and group; quantiles and tests of dominance where asked."""
    options = model.options
    outcomes = [laid.column(name) for name in options.outcomes if laid.column(name) in data.frame]
    if not outcomes:
        raise Unanswerable(f"It needs one of {', '.join(options.outcomes)}, which the panel does not have.")
    spec = _spec(data, model, tuple(outcomes))
    found = {sample: _fitted(data, sample, spec, options) for sample in model.samples}
    main = _lines(data, model, found, "")
    if not main:
        raise Unanswerable("No firm of the sample can be compared: the groups or the outcomes are not known.")
    rows = ("outcome", options.groups)
    tables = [
        _laid(model, data, "", model.title, main, rows),
        _figure(model, data, main),
        *(_by(data, model, found, name) for name in options.by if laid.column(name) in data.frame),
        *_quantiles(data, model, spec),
        *_dominance(data, model),
        _regressions(data, model, found),
        *_counted(data, model, found),
    ]
    said = [each for made in tables for each in findings(data, model, made)]
    return Answer(tuple(tables), tuple(said), methods(data, model))


def _spec(data: Data, model: Model, outcomes: tuple[str, ...]) -> PremiaSpec:
    options = model.options
    return PremiaSpec(
        outcomes=outcomes, status=_GROUPS, base=options.base,
        log_controls=tuple(laid.column(name) for name in options.controls),
        effects=laid.effect_columns(options.effects), owner="owner",
        by=tuple(laid.column(name) for name in options.by if laid.column(name) in data.frame),
    )  # fmt: skip


def _fitted(data: Data, sample: str, spec: PremiaSpec, options: Options) -> dict[str, Premia]:
    frame = data.of(sample)
    made = {POOLED: premia(frame, spec)}
    if options.firm_effects:
        made[FIRM_EFFECTS] = premia(frame, replace(spec, firm_effects=True, by=()))
    return made


def evidence(line: Premium) -> Evidence:
    """What disclosure control must know of a premium."""
    return Evidence("coefficient", line.firms, line.coefficient.degrees, line.coefficient.largest)


def _lines(data: Data, model: Model, found: dict[str, dict[str, Premia]], by: str) -> list[Line]:
    """The premia of all firms, or of the groups of `by` (a dimension, or year)."""
    lines = []
    for sample, made in found.items():
        whole = period(model, data.of(sample)["year"])
        for controls, one in made.items():
            for line in one.lines:
                if line.group.by != laid.column(by):
                    continue
                codes = {"outcome": line.group.outcome, model.options.groups: line.status}
                codes |= {"controls": controls} if model.options.firm_effects and not by else {}
                codes |= {by: line.group.code} if by not in ("", "year") else {}
                lines += _premium(sample, line.group.code if by == "year" else whole, line, codes)
    return lines


def _premium(sample: str, when: str, line: Premium, codes: dict[str, str]) -> list[Line]:
    one, behind = line.coefficient, evidence(line)
    return [
        *laid.interval(sample, when, "premium", (line.percent, line.low, line.high), behind, codes),
        Line(sample, when, "coefficient", one.estimate, behind, codes),
        Line(sample, when, "standard-error", one.std_error, behind, codes),
    ]


def _laid(
    model: Model, data: Data, part: str, title: str, lines: Sequence[Line], rows: Sequence[str],
    chart: Chart | None = None,
) -> Result:  # fmt: skip
    first = laid.several(lines, ("sample",))
    last = ["controls"] if any("controls" in line.codes for line in lines) else []
    return table(model, data.catalog, part, title, lines, (*first, *rows, *last), ("measure",), chart)


def _figure(model: Model, data: Data, lines: Sequence[Line]) -> Result:
    """The coefficient plot: premia with their intervals, of the pooled regressions."""
    drawn = [
        line for line in lines if line.statistic in HEADLINE and line.codes.get("controls", POOLED) == POOLED
    ]
    facet = "sample" if len(model.samples) > 1 else None
    chart = Chart("interval", model.options.groups, "outcome", facet, *HEADLINE)
    plain = [replace(line, codes={k: v for k, v in line.codes.items() if k != "controls"}) for line in drawn]
    return _laid(model, data, "figure", model.title, plain, ("outcome", model.options.groups), chart)


def _by(data: Data, model: Model, found: dict[str, dict[str, Premia]], name: str) -> Result:
    rows = ("period" if name == "year" else name, "outcome", model.options.groups)
    title = f"{model.title}, by {'year' if name == 'year' else data.title(name).lower()}"
    return _laid(model, data, f"by-{name}".replace("_", "-"), title, _lines(data, model, found, name), rows)


def _quantiles(data: Data, model: Model, spec: PremiaSpec) -> list[Result]:
    if not model.options.quantiles:
        return []
    from firmtrade.estimate.quantiles import quantile_premia

    plain = tuple(dict.fromkeys((name,) for effect in spec.effects for name in effect))
    lines = []
    for sample in model.samples:
        frame = data.of(sample)
        found = quantile_premia(frame, replace(spec, effects=plain), model.options.quantiles)
        for each in found.lines:
            codes = {
                "outcome": each.premium.group.outcome,
                model.options.groups: each.premium.status,
                "quantile": f"{each.quantile:g}",
            }
            lines += _premium(sample, period(model, frame["year"]), each.premium, codes)
    title = f"{model.title}, along the distribution"
    rows = ("outcome", model.options.groups, "quantile")
    drawn = [line for line in lines if line.statistic in HEADLINE]
    made = [_laid(model, data, "quantiles", title, lines, rows)]
    for outcome in dict.fromkeys(line.codes["outcome"] for line in drawn):
        here = [line for line in drawn if line.codes["outcome"] == outcome]
        facet = "sample" if len(model.samples) > 1 else model.options.groups
        chart = Chart("event", "quantile", None, facet, *HEADLINE)
        if facet == model.options.groups:
            named = f"{title}: {data.title(outcome).lower()}"
            made.append(
                _laid(model, data, f"quantiles-{outcome.replace('_', '-')}", named, here, rows, chart)
            )
    return made


def _dominance(data: Data, model: Model) -> list[Result]:
    asked = model.options.dominance
    if not asked or laid.column(asked) not in data.frame:
        return []
    from firmtrade.estimate.dominance import DominanceSpec, dominance

    outcome = laid.column(asked)
    within = tuple(
        dict.fromkeys(name for effect in laid.effect_columns(model.options.effects[:1]) for name in effect)
    )
    inside = tuple(name for name in within if name in data.frame and name != "year")
    spec = DominanceSpec(outcome, _GROUPS, model.options.base, inside, owner="owner")
    lines = []
    for sample in model.samples:
        for each in dominance(data.of(sample), spec).lines:
            codes = {"outcome": outcome, model.options.groups: each.status}
            behind = Evidence("test-statistic", each.firms)
            for statistic, value in (
                ("distribution-gap", each.gap),
                ("p-equal", each.p_two_sided),
                ("p-dominates", each.p_above),
                ("p-dominated", each.p_below),
            ):
                lines.append(Line(sample, each.year, statistic, value, behind, codes))
    title = f"Whether one distribution lies above the other: {data.title(outcome).lower()}"
    rows = ("period", model.options.groups)
    return [_laid(model, data, "dominance", title, lines, rows)] if lines else []


def _regressions(data: Data, model: Model, found: dict[str, dict[str, Premia]]) -> Result:
    """Firm-years, firms and explained variation of the regressions of all firms."""
    lines = []
    for sample, made in found.items():
        when = period(model, data.of(sample)["year"])
        for controls, one in made.items():
            for group, fit in one.fits:
                if group.by:
                    continue
                codes = {"outcome": group.outcome}
                codes |= {"controls": controls} if model.options.firm_effects else {}
                behind = Evidence("regression", fit.firms, fit.degrees)
                for statistic, value in (
                    ("observations-in-model", float(fit.observations)),
                    ("firms-in-model", float(fit.firms)),
                    ("r2-within", fit.r2_within),
                ):
                    lines.append(Line(sample, when, statistic, value, behind, codes))
    return _laid(model, data, "regressions", "What the regressions rest on", lines, ("outcome",))


def _counted(data: Data, model: Model, found: dict[str, dict[str, Premia]]) -> list[Result]:
    counted = []
    for sample, made in found.items():
        when = period(model, data.of(sample)["year"])
        for group, reasons in made[POOLED].left_out:
            if not group.by:
                counted.append((sample, when, {"outcome": group.outcome}, reasons))
    return laid.left_out(model, data, counted)
