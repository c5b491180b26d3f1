"""Premia: by how much traders exceed firms that do not trade, all else equal (Bernard and Jensen 1999)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from firmtrade.estimate.data import Data
from firmtrade.estimate.kinds import Answer, Needs
from firmtrade.estimate.lines import Line, period, table
from firmtrade.estimate.model import Model
from firmtrade.result import Chart, Evidence

TITLE = "Premia of trading"
SOURCES = ("bernard-jensen-1999",)
HEADLINE = ("premium", "premium-low", "premium-high")
ROWS = "sample"


class Options(BaseModel):
    """`outcomes` in logarithms, by `groups` against `base`; `controls` that are held equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    outcomes: tuple[str, ...] = Field(
        ("employment",), description="panel columns or variables, taken as logs"
    )
    groups: str = Field("mode", description="the dimension whose codes are compared")
    base: str = Field("none", description="the code that the others are compared with")
    industry: str = Field("class_group", description="the industry that is held equal, by year")


def needs(model: Model) -> Needs:
    """The outcomes, the groups and the industry."""
    options = model.options
    return Needs(
        {**{name: name for name in options.outcomes}, "groups": options.groups, "industry": options.industry}
    )


def answer(data: Data, model: Model) -> Answer:
    """One regression for each outcome and sample."""
    lines: list[Line] = []
    for sample in model.samples:
        for outcome in model.options.outcomes:
            lines += _lines(data, model, sample, outcome)
    chart = Chart("interval", "mode", "outcome", measure="premium", low="premium-low", high="premium-high")
    made = table(model, data.catalog, "", model.title, lines, ("outcome", "mode"), chart=chart)
    return Answer((made,), methods="Log outcome on the mode of trade.")


def _lines(data: Data, model: Model, sample: str, outcome: str) -> list[Line]:
    import numpy as np
    import pyfixest as pf

    frame = data.of(sample)
    frame = frame.loc[(frame[outcome] > 0) & frame["groups"].notna()]
    ready = frame.assign(
        y=np.log(frame[outcome]), cell=frame["industry"].astype(str) + frame["year"].astype(str)
    )
    fit: Any = pf.feols(f"y ~ i(groups, ref='{model.options.base}') | cell", ready, vcov={"CRV1": "firm"})
    found = fit.tidy()
    lines = []
    for name, row in found.iterrows():
        code = str(name).split("::")[-1]
        evidence = Evidence("coefficient", int(ready.loc[ready["groups"] == code, "owner"].nunique()), 100)
        b, low, high = row["Estimate"], row["2.5%"], row["97.5%"]
        codes = {"mode": code, "outcome": outcome}
        when = period(model, ready["year"])
        for statistic, value in (
            ("premium", 100 * np.expm1(b)),
            ("premium-low", 100 * np.expm1(low)),
            ("premium-high", 100 * np.expm1(high)),
            ("coefficient", b),
            ("standard-error", row["Std. Error"]),
        ):
            lines.append(Line(sample, when, statistic, float(value), evidence, codes))
    return lines
