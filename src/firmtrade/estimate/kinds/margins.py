"""Where the growth of trade comes from: firms that start and stop, markets won, given up and kept."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from firmtrade.errors import Unanswerable
from firmtrade.estimate.data import Data
from firmtrade.estimate.decompose import lay
from firmtrade.estimate.kinds import Answer, Needs
from firmtrade.estimate.model import Model
from firmtrade.result import Finding, Result

TITLE = "Margins of the growth of trade"
SOURCES = ("bernard-jensen-redding-schott-2009", "eaton-eslava-kugler-tybout-2007")
HEADLINE = ("margin-rate", "margin-rate", "margin-rate")
ROWS = "sample"
SUMS = (
    ("change", "extensive", "intensive"),
    ("extensive", "entry", "exit", "market-added", "market-dropped"),
    ("intensive", "up", "down"),
)
WHOLE = ("start", "end", "change", "extensive", "intensive")


class Options(BaseModel):
    """Which flows, and whose."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    values: tuple[str, ...] = Field(
        ("exports",), description="what is traded; several are the markets that firms win and give up"
    )
    groups: str = Field("", description="a dimension whose codes contribute, as at the start; '': none")
    yearly: bool = Field(True, description="from year to year; false: from the first to the last year")


def needs(model: Model) -> Needs:
    """The flows and the groups."""
    options = model.options
    groups = {"groups": options.groups} if options.groups else {}
    return Needs({**{f"value_{at}": name for at, name in enumerate(options.values)}, **groups})


def answer(data: Data, model: Model) -> Answer:
    """All margins in currency units and as midpoint growth rates."""
    from firmtrade.estimate.decompose.margins import rates
    from firmtrade.estimate.decompose.parts import Decomposition

    sums, shares = {}, {}
    for sample in model.samples:
        every = [
            _margins(data.of(sample), model, start, end) for start, end in _spans(model, data.of(sample))
        ]
        parts = tuple(part for one in every for part in one.parts)
        unknown = {period: count for one in every for period, count in one.unknown.items()}
        sums[sample] = Decomposition("margins", parts, unknown)
        shares[sample] = rates(sums[sample], midpoint=True)
    groups = model.options.groups
    word = data.catalog.find(model.options.values[0], "variable", "measure")
    # Of amounts only the totals: the parts are their rates times these, and would tell what a rate hides.
    unit = word.unit if word and word.unit else None
    amounts = lay.lines(sums, "margin", groups, ("start", "end"), unit=unit)
    percent = lay.lines(shares, "margin-rate", groups)
    title = "Margins of the growth of trade, per cent of the mean of both dates"
    tables = (
        lay.laid(model, data, "", title, percent, groups),
        _figure(data, model, title, percent),
        lay.laid(model, data, "amounts", "What is traded at both dates", amounts, groups),
        lay.left_out(model, data, sums, lay.owners(data, model.samples)),
    )
    ties = lay.ties(tables, groups, SUMS)
    return Answer(tables, _findings(tables[0]), _methods(model), ties=ties)


def _spans(model: Model, frame: Any) -> list[tuple[int, int]]:
    first, last = lay.ends(model, frame)
    if first == last:
        raise Unanswerable("It needs two years, and the panel or the model has one.")
    years = sorted(int(year) for year in frame["year"].unique() if first <= year <= last)
    return list(pairwise(years)) if model.options.yearly else [(first, last)]


def _margins(frame: Any, model: Model, start: int, end: int) -> Any:
    import pandas

    from firmtrade.estimate.decompose.margins import margins

    columns = ["firm", "year", "owner", *(["groups"] if model.options.groups else [])]
    several = len(model.options.values) > 1
    for at, name in enumerate(model.options.values):
        if frame[f"value_{at}"].dropna().isin((0, 1)).all():
            raise Unanswerable(f"It needs values of {name}, of which the panel only says yes or no.")
    long = pandas.concat(
        [
            frame[columns].assign(market=str(at), value=frame[f"value_{at}"])
            for at in range(len(model.options.values))
        ],
        ignore_index=True,
    )
    said: dict[str, Any] = {name: name for name in ("firm", "year", "value", "owner")}
    said |= {"start": start, "end": end}
    group = "groups" if model.options.groups else None
    if several:
        return margins(long, **said, levels=("market",), group=group)
    return margins(long.drop(columns="market"), **said, group=group)


def _figure(data: Data, model: Model, title: str, percent: list[Any]) -> Result:
    """Stacked bars over periods; with groups, over groups, each period in a panel of its own."""
    from firmtrade.result import Chart

    if model.options.groups:
        return lay.bars(model, data, "figure", title, percent, model.options.groups, WHOLE)
    drawn = [line for line in percent if line.codes["part"] not in WHOLE]
    facet = "sample" if len(model.samples) > 1 else None
    return lay.laid(model, data, "figure", title, drawn, None, Chart("stacked", "period", "part", facet))


def _findings(made: Result) -> tuple[Finding, ...]:
    found = []
    total = {
        (cell.sample, cell.period, cell.codes["part"]): (at, cell)
        for at, cell in enumerate(made.cells)
        if set(cell.codes) == {"part"}
    }
    for (sample, period, part), (at, cell) in total.items():
        wide = total.get((sample, period, "extensive"))
        if part != "change" or cell.value is None:
            continue
        said, rests = "", [(made.name, at)]
        if wide and wide[1].value is not None:
            said = f", of which {wide[1].value:+.1f} by starting and stopping"
            rests.append((made.name, wide[0]))
        text = f"Trade changed by {cell.value:+.1f} % of the mean of both dates ({period}){said}."
        found.append(
            Finding(f"{sample}: growth of trade", "up" if cell.value > 0 else "down", text, tuple(rests))
        )
    return tuple(found)


def _methods(model: Model) -> str:
    markets = (
        " Of firms that trade at both dates, markets that they have at one date only are set apart from "
        "those they keep."
        if len(model.options.values) > 1
        else ""
    )
    return (
        f"The change of the sum of {' and '.join(model.options.values)} is split into firms that trade at "
        f"the end only (entry), at the start only (exit), and at both (Bernard et al. 2009).{markets} All "
        "parts add up to the change. Rates are on the mean of both dates (Eaton et al. 2007). A firm of "
        "the sample without a row in a year does not trade in it; one with a value that is not known is "
        "left out at both dates and counted."
    )
