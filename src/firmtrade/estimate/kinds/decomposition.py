"""Where productivity growth comes from: survivors, shares moving between them, entry and exit, by status."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from firmtrade.errors import Unanswerable
from firmtrade.estimate.data import Data
from firmtrade.estimate.decompose import lay
from firmtrade.estimate.kinds import Answer, Needs
from firmtrade.estimate.model import Model
from firmtrade.result import Finding, Result

TITLE = "Where productivity growth comes from"
SOURCES = (
    "olley-pakes-1996",
    "melitz-polanec-2015",
    "griliches-regev-1995",
    "foster-haltiwanger-krizan-2001",
)
HEADLINE = ("contribution", "contribution", "contribution")
ROWS = "sample"
WHOLE = ("change",)
LEVELS = ("aggregate", "mean", "covariance")
SUMS = (("change", "within", "reallocation", "between-groups", "between", "cross", "entry", "exit"), LEVELS)


class Options(BaseModel):
    """What is decomposed, by which weight, into which groups, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    productivity: str = Field("value_added / employment", description="a positive amount, taken as log")
    weight: str = Field("employment", description="firms' shares are shares of this")
    groups: str = Field("mode", description="the dimension whose codes contribute; '': none")
    switchers: Literal["start", "end", "apart"] = Field(
        "start", description="where a survivor counts that changed its group: where it was, is, or apart"
    )
    method: Literal["melitz-polanec", "foster-haltiwanger-krizan", "griliches-regev"] = Field(
        "melitz-polanec", description="which decomposition of the change"
    )


def needs(model: Model) -> Needs:
    """Productivity, the weight and the groups."""
    options = model.options
    groups = {"groups": options.groups} if options.groups else {}
    return Needs({"productivity": options.productivity, "weight": options.weight, **groups})


def answer(data: Data, model: Model) -> Answer:
    """The change between the first and the last year, and each year's level."""
    from firmtrade.estimate.decompose.olley_pakes import olley_pakes

    options = model.options
    changes, grouped, levels = {}, {}, {}
    for sample in model.samples:
        frame, columns = _logged(data.of(sample))
        start, end = lay.ends(model, frame)
        if start == end:
            raise Unanswerable("It needs two years, and the panel or the model has one.")
        changes[sample] = _change(frame, columns, options, start, end, None)
        if options.groups:
            grouped[sample] = _change(frame, columns, options, start, end, "groups")
        levels[sample] = olley_pakes(frame, **columns, group="groups" if options.groups else None)
    tables = _tables(data, model, changes, grouped, levels)
    finding = _finding(tables[0], model, data.catalog.get("part", "coordinate").codes)
    return Answer(tables, finding, _methods(options), ties=lay.ties(tables, options.groups, SUMS))


def _logged(frame: Any) -> tuple[Any, dict[str, Any]]:
    import numpy as np

    positive = frame["productivity"].where(frame["productivity"] > 0)
    columns = {"firm": "firm", "year": "year", "productivity": "log", "weight": "weight", "owner": "owner"}
    return frame.assign(log=np.log(positive)), columns


def _change(
    frame: Any, columns: dict[str, Any], options: Options, start: int, end: int, group: str | None
) -> Any:
    from firmtrade.estimate.decompose.foster import foster
    from firmtrade.estimate.decompose.melitz_polanec import melitz_polanec

    said = {**columns, "start": start, "end": end, "group": group, "switchers": options.switchers}
    if options.method == "melitz-polanec":
        return melitz_polanec(frame, **said)
    return foster(frame, **said, variant=options.method)


def _tables(
    data: Data, model: Model, changes: lay.Found, grouped: lay.Found, levels: lay.Found
) -> tuple[Result, ...]:
    groups = model.options.groups
    plain = lay.lines(changes, "contribution", None)
    made = [lay.laid(model, data, "", "Parts of the change of aggregate productivity", plain, None)]
    if groups:
        parts = [line for line in lay.lines(grouped, "contribution", groups) if groups in line.codes]
        title = "Parts of the change of aggregate productivity, by group"
        made.append(lay.laid(model, data, "by-group", title, parts, groups))
        made.append(lay.bars(model, data, "figure", title, parts, groups, WHOLE))
    else:
        made.append(lay.bars(model, data, "figure", "Parts of the change", plain, None, WHOLE))
    level = lay.lines(levels, "productivity-level", groups, LEVELS)
    made.append(
        lay.laid(model, data, "levels", "Aggregate productivity, the mean firm and covariance", level, groups)
    )
    if groups:
        share = lay.lines(levels, "weight-share", groups, ("share",))
        made.append(lay.laid(model, data, "shares", "Shares of the weight", share, groups))
    return (*made, lay.left_out(model, data, changes, lay.owners(data, model.samples)))


def _finding(parts: Result, model: Model, names: Any) -> tuple[Finding, ...]:
    """One sentence for each sample: the change, and its parts from the largest to the smallest."""
    found = []
    for sample in model.samples:
        here = [(at, cell) for at, cell in enumerate(parts.cells) if cell.sample == sample]
        value = {cell.codes["part"]: cell.value or 0.0 for _, cell in here}
        if "change" not in value:
            continue
        rest = sorted((name for name in value if name != "change"), key=lambda name: -abs(value[name]))
        said = ", ".join(f"{names[name]} {value[name]:+.3f}" for name in rest)
        text = f"Aggregate log productivity changed by {value['change']:+.3f} ({here[0][1].period}): {said}."
        found.append(
            Finding(
                f"{sample}: where growth comes from", rest[0], text, tuple((parts.name, at) for at, _ in here)
            )
        )
    return tuple(found)


_HOW = {
    "melitz-polanec": (
        "The change is that of the plain mean of firms known at both dates (within), of their covariance "
        "with the share of the weight (reallocation), and what entrants and exiters add by differing "
        "from these firms at their own date (Melitz and Polanec 2015). By group, within and reallocation "
        "are those inside each group, weighted by its mean share, and shifts of shares between groups "
        "are valued at the mean of both dates (Griliches and Regev 1995), so that parts add up over "
        "parts and over groups."
    ),
    "foster-haltiwanger-krizan": (
        "Each firm's change is split at the shares and levels of the start (Foster, Haltiwanger and "
        "Krizan 2001); entrants and exiters are compared with the aggregate of the start."
    ),
    "griliches-regev": (
        "Each firm's change is split at the mean of shares and levels of both dates (Griliches and Regev "
        "1995); entrants and exiters are compared with the mean aggregate."
    ),
}
_SWITCHERS = {
    "start": "in the group they were in at the start",
    "end": "in the group they are in at the end",
    "apart": "as a group of their own",
}


def _methods(options: Options) -> str:
    groups = (
        f" Firms that change their group count {_SWITCHERS[options.switchers]}." if options.groups else ""
    )
    return (
        f"Aggregate productivity is the mean of the log of {options.productivity}, weighted by "
        f"{options.weight}. In each year it is the plain mean of firms plus the covariance of "
        "productivity with the share of the weight (Olley and Pakes 1996). "
        f"{_HOW[options.method]}{groups} Entrants are firms of the sample without a row in the first "
        "year, exiters those without one in the last; firms with a value that is not known, or "
        "productivity of nought or less, at a date at which they have a row are left out of both dates "
        "and counted."
    )
