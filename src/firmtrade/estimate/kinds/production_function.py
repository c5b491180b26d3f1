"""Total factor productivity: the production function, and what exporting does to productivity."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from firmtrade.estimate.data import Data
from firmtrade.estimate.kinds import Answer, Needs
from firmtrade.estimate.lines import Line, period, table
from firmtrade.estimate.model import Model
from firmtrade.result import Chart, Evidence, Finding, Result

TITLE = "Total factor productivity"
SOURCES = (
    "ackerberg-caves-frazer-2015",
    "kim-luo-su-2019",
    "wooldridge-2009",
    "levinsohn-petrin-2003",
    "de-loecker-2013",
)
HEADLINE = ("exporting-effect", "exporting-effect-low", "exporting-effect-high")
ROWS = "sample"
ENDS = ("", "-low", "-high")


class Options(BaseModel):
    """Columns of the production function (positive amounts, taken as logs), and the method."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    output: str = Field("value_added", description="value added, deflated where the panel has it so")
    free: tuple[str, ...] = Field(("employment",), description="inputs that react within the year")
    state: tuple[str, ...] = Field(("capital",), description="inputs that were decided before")
    proxy: str = Field("materials", description="what rises with productivity")
    exporting: str = Field("exporter", description="the status in the productivity process; '': none")
    method: Literal["ackerberg-caves-frazer", "wooldridge", "wooldridge-second"] = Field(
        "ackerberg-caves-frazer", description="which estimator"
    )
    degree: int = Field(3, ge=1, le=4, description="of the polynomials")
    replications: int = Field(50, ge=0, description="resamples of firms for standard errors")


def needs(model: Model) -> Needs:
    """Output, inputs and the proxy; the trade status where the panel can tell."""
    options = model.options
    inputs = {f"input_{at}": name for at, name in enumerate((*options.free, *options.state))}
    status = {"exporting": options.exporting} if options.exporting else {}
    needed = {"output": options.output, **inputs, "proxy": options.proxy}
    return Needs(needed, status, further=tuple(needed.values()))


def answer(data: Data, model: Model) -> Answer:
    """Elasticities and effects of each sample, which is taken to have one production function."""
    with_status = bool(model.options.exporting) and "exporting" not in data.lacking
    found = {sample: _estimated(data.of(sample), model.options, with_status) for sample in model.samples}
    when = {sample: period(model, data.of(sample)["year"]) for sample in model.samples}
    tables = [_elasticities(data, model, found, when)]
    if with_status:
        tables.append(_effects(data, model, found, when))
    tables.append(_sizes(data, model, found, when))
    findings = _findings(tables[1]) if with_status else ()
    return Answer(
        tuple(tables), findings, _methods(model.options, with_status, found), _RULE if findings else ""
    )


_RULE = (
    "Exporting is said to raise (lower) next year's productivity if the 95 % interval of its mean effect "
    "lies above (below) nought; otherwise the data cannot tell."
)


def _estimated(frame: Any, options: Options, with_status: bool) -> Any:
    import numpy as np

    from firmtrade.estimate.productivity.acf import acf
    from firmtrade.estimate.productivity.panel import Inputs
    from firmtrade.estimate.productivity.wooldridge import wooldridge

    frees = len(options.free)
    names = [f"input_{at}" for at in range(frees + len(options.state))]
    logged = {name: np.log(frame[name].where(frame[name] > 0)) for name in ("output", *names, "proxy")}
    inputs = Inputs(
        "firm", "year", "output", tuple(names[:frees]), tuple(names[frees:]), "proxy",
        "exporting" if with_status else None, owner="owner",
    )  # fmt: skip
    said = {"degree": options.degree, "replications": options.replications}
    if options.method == "ackerberg-caves-frazer":
        return acf(frame.assign(**logged), inputs, **said)
    equations = "both" if options.method == "wooldridge" else "second"
    return wooldridge(frame.assign(**logged), inputs, equations=equations, **said)


def _evidence(one: Any) -> Evidence:
    return Evidence("coefficient", one.firms, one.degrees, one.largest)


def _elasticities(data: Data, model: Model, found: dict[str, Any], when: dict[str, str]) -> Result:
    names = (*model.options.free, *model.options.state, "scale")
    lines = []
    for sample, made in found.items():
        for name, one in zip(names, (*made.elasticities, made.scale), strict=True):
            for end, value in zip(ENDS, (one.value, one.low, one.high), strict=True):
                lines.append(
                    Line(sample, when[sample], f"elasticity{end}", value, _evidence(one), {"input": name})
                )
    chart = Chart(
        "interval",
        "input",
        "sample" if len(found) > 1 else None,
        None,
        "elasticity",
        "elasticity-low",
        "elasticity-high",
    )
    notes = [note for made in found.values() for note in made.notes]
    title = "Elasticities of value added"
    rows = ("sample", "input") if len(found) > 1 else ("input",)
    return table(model, data.catalog, "", title, lines, rows, chart=chart, notes=tuple(dict.fromkeys(notes)))


def _effects(data: Data, model: Model, found: dict[str, Any], when: dict[str, str]) -> Result:
    import math

    lines = []
    for sample, made in found.items():
        for one in made.exporting:
            if one.name == "persistence":
                continue
            for end, value in zip(ENDS, (one.value, one.low, one.high), strict=True):
                percent = None if value is None else 100 * math.expm1(value)
                lines.append(
                    Line(
                        sample,
                        when[sample],
                        f"exporting-effect{end}",
                        percent,
                        _evidence(one),
                        {"at": one.name},
                    )
                )
    chart = Chart(
        "interval",
        "at",
        "sample" if len(found) > 1 else None,
        None,
        f"exporting-effect{ENDS[0]}",
        f"exporting-effect{ENDS[1]}",
        f"exporting-effect{ENDS[2]}",
    )
    rows = ("sample", "at") if len(found) > 1 else ("at",)
    return table(
        model,
        data.catalog,
        "exporting",
        "Effect of exporting on next year's productivity",
        lines,
        rows,
        chart=chart,
    )


def _sizes(data: Data, model: Model, found: dict[str, Any], when: dict[str, str]) -> Result:
    lines = []
    for sample, made in found.items():
        behind = Evidence("coefficient", made.firms, made.scale.degrees)
        lines.append(Line(sample, when[sample], "firms-in-model", float(made.firms), behind))
        if made.test is not None:
            lines.append(Line(sample, when[sample], "overidentification", made.test.p, behind))
    return table(model, data.catalog, "size", "What the estimates rest on", lines, ("sample",))


def _findings(effects: Result) -> tuple[Finding, ...]:
    found = []
    at = {(cell.sample, cell.codes["at"], cell.measure): place for place, cell in enumerate(effects.cells)}
    for sample in dict.fromkeys(cell.sample for cell in effects.cells):
        places = [at[sample, "exporting", f"exporting-effect{end}"] for end in ENDS]
        value, low, high = (effects.cells[place].value for place in places)
        if value is None or low is None or high is None:
            continue
        verdict = "raises" if low > 0 else "lowers" if high < 0 else "cannot tell"
        said = {
            "raises": "Exporting raises next year's total factor productivity",
            "lowers": "Exporting lowers next year's total factor productivity",
            "cannot tell": "The data cannot tell whether exporting changes total factor productivity",
        }[verdict]
        text = f"{said}: {value:+.1f} % ({low:+.1f} to {high:+.1f})."
        rests = tuple((effects.name, place) for place in places)
        found.append(Finding(f"{sample}: exporting and productivity", verdict, text, rests))
    return tuple(found)


_HOW = {
    "ackerberg-caves-frazer": (
        "What nobody foresees is taken out by a polynomial in inputs and proxy; elasticities are those "
        "at which the news in productivity is unrelated to free inputs of the year before and to state "
        "inputs (Ackerberg, Caves and Frazer 2015). Their moments have more than one solution (Kim, Luo "
        "and Su 2019): of those found from several starting points, the one whose smallest elasticity is "
        "largest is taken."
    ),
    "wooldridge": (
        "Output is explained by free inputs and a polynomial in state and proxy of the year, and by all "
        "inputs and a polynomial of the year before, both estimated together (Wooldridge 2009; Levinsohn "
        "and Petrin 2003)."
    ),
    "wooldridge-second": (
        "Output is explained by all inputs and a polynomial in state and proxy of the year before, free "
        "inputs instrumented by those of the year before (Wooldridge 2009, second equation; Levinsohn "
        "and Petrin 2003)."
    ),
}


def _methods(options: Options, with_status: bool, found: dict[str, Any]) -> str:
    inputs = ", ".join((*options.free, *options.state))
    status = (
        f" Last year's {options.exporting} is in the law of motion of productivity, alone and with powers "
        "of productivity (De Loecker 2013); its effect is the mean over firms."
        if with_status
        else " The panel cannot tell who exports: no trade status is in the law of motion of productivity."
        if options.exporting
        else ""
    )
    drawn = f" Standard errors are from {options.replications} resamples of firms with a fixed seed."
    formula = " Standard errors of elasticities are clustered by firm."
    errors = (
        drawn
        if options.method == "ackerberg-caves-frazer"
        else formula + (drawn.replace("errors", "errors of effects") if with_status else "")
    )
    failed = sum(made.failed for made in found.values())
    lost = f" {failed} of them had no solution and were left out." if failed else ""
    return (
        f"Log {options.output} is a Cobb-Douglas function of {inputs} with year effects, the same for all "
        f"firms of a sample; {options.proxy} stands for productivity that only the firm knows. "
        f"{_HOW[options.method]}{status}{errors}{lost} Amounts of nought are not known in logs: such "
        "firm-years are left out."
    )
