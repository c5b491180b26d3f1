"""Jobs created and destroyed by trade status: firms that grow, shrink, open and close."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from firmtrade.errors import Unanswerable
from firmtrade.estimate.data import Data
from firmtrade.estimate.decompose import lay
from firmtrade.estimate.kinds import Answer, Needs
from firmtrade.estimate.model import Model
from firmtrade.result import Chart

TITLE = "Jobs created and destroyed"
SOURCES = ("davis-haltiwanger-schuh-1996", "dynemp-2014")
HEADLINE = ("job-rate", "job-rate", "job-rate")
ROWS = "sample"
SUMS = (
    ("creation", "net", "destruction"),
    ("reallocation", "creation", "destruction"),
    ("excess", "creation", "destruction"),
    ("creation", "creation-entrants", "creation-continuing"),
    ("destruction", "destruction-exiters", "destruction-continuing"),
)


class Options(BaseModel):
    """Whose jobs, and over how many years."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    employment: str = Field("employment", description="what is counted")
    groups: str = Field(
        "mode", description="the dimension whose codes are told apart, as at the start; '': none"
    )
    lag: int = Field(1, ge=1, description="years between the two dates")


def needs(model: Model) -> Needs:
    """Employment and the groups."""
    options = model.options
    groups = {"groups": options.groups} if options.groups else {}
    return Needs({"employment": options.employment, **groups})


def answer(data: Data, model: Model) -> Answer:
    """Rates and jobs for each pair of years and group."""
    from firmtrade.estimate.decompose.job_flows import job_flows

    options = model.options
    found = {
        sample: job_flows(
            data.of(sample), firm="firm", year="year", employment="employment", owner="owner",
            group="groups" if options.groups else None, lag=options.lag,
        )
        for sample in model.samples
    }  # fmt: skip
    if not any(one.parts for one in found.values()):
        raise Unanswerable(f"It needs years that are {options.lag} apart, and there are none.")
    rates = lay.lines(found, "job-rate", options.groups, suffix="-rate")
    # Of jobs only the totals: flows are their rates times these, and would tell what a rate hides.
    jobs = lay.lines(found, "jobs", options.groups, ("size",))
    title = "Job flows, per cent of the mean of both dates"
    drawn = [
        line
        for line in rates
        if line.codes["part"] == "net" and (not options.groups or options.groups in line.codes)
    ]
    facet = "sample" if len(model.samples) > 1 else None
    chart = Chart("bar", "period", options.groups, facet)
    tables = (
        lay.laid(model, data, "", title, rates, options.groups),
        lay.laid(model, data, "figure", f"Net: {title.lower()}", drawn, options.groups, chart),
        lay.laid(model, data, "jobs", "Employment, mean of both dates", jobs, options.groups),
        lay.left_out(model, data, found, lay.owners(data, model.samples)),
    )
    ties = lay.ties(tables, options.groups, SUMS)
    return Answer(tables, methods=_methods(options), ties=ties)


def _methods(options: Options) -> str:
    return (
        f"Growth of {options.employment} is the change over the mean of both dates, {options.lag} year(s) "
        "apart: 2 for a firm that opens, -2 for one that closes (Davis, Haltiwanger and Schuh 1996; "
        "DynEmp). Creation sums what growing firms add, destruction what shrinking firms lose; net is "
        "creation less destruction, reallocation their sum, and excess what of it the net change does "
        "not need. A firm counts in the group of the first date, one that opens in that of the second. "
        "Opening and closing are in the sample: a firm that leaves it without closing counts as closed. "
        f"Firms with a row and unknown {options.employment} at one of the dates are left out and counted."
    )
