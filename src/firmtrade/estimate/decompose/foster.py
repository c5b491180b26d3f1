"""Foster, Haltiwanger and Krizan (2001), and Griliches and Regev (1995): shift-share of firms.

Foster, L., Haltiwanger, J. C. and Krizan, C. J. (2001), Aggregate productivity growth: lessons from
microeconomic evidence, in: New Developments in Productivity Analysis, University of Chicago Press,
303-372; Griliches, Z. and Regev, H. (1995), Journal of Econometrics 65(1), 175-203.
"""

from __future__ import annotations

from typing import Any

from firmtrade.errors import StudyError
from firmtrade.estimate.decompose.parts import Decomposition, add_up, contributions, stack
from firmtrade.estimate.decompose.turnover import turnover
from firmtrade.estimate.decompose.weights import shares

TERMS = ("change", "within", "between", "cross", "entry", "exit")
VARIANTS = ("foster-haltiwanger-krizan", "griliches-regev")


def foster(
    frame: Any,
    *,
    firm: str,
    year: str,
    productivity: str,
    weight: str,
    start: int,
    end: int,
    group: str | None = None,
    switchers: str = "start",
    owner: str | None = None,
    variant: str = "foster-haltiwanger-krizan",
) -> Decomposition:
    """The parts of the change of the weighted mean of `productivity` from `start` to `end`, firm by firm.

    With s the firm's share of `weight` and p its productivity, `foster-haltiwanger-krizan` takes the
    start as base: within = s0 * dp, between = ds * (p0 - P0), cross = ds * dp, entry = s1 * (p1 - P0),
    exit = -s0 * (p0 - P0), with P0 the aggregate at the start. `griliches-regev` takes the mean of the
    dates (within = mean(s) * dp, between = ds * (mean(p) - mean(P)), no cross term), which errors of
    measurement in the weight disturb less. Parts add up over terms and groups; groups, switchers and
    unknown firms as in `melitz_polanec`. Here entrants are compared with the base and not with the
    survivors of their date, so that in growing aggregates entry looks better than it is (Melitz and
    Polanec 2015).
    """
    if variant not in VARIANTS:
        raise StudyError(f"variant must be one of {', '.join(VARIANTS)}, not '{variant}'.")
    columns = {"firm": firm, "year": year, "productivity": productivity, "weight": weight}
    firms, unknown = turnover(frame, columns, start, end, group, switchers, owner)
    counted = {f"{start}-{end}": unknown}
    if not (firms["there0"].any() and firms["there1"].any()):
        note = f"There are no firms in {start} or in {end}: the change cannot be decomposed."
        return Decomposition(variant, (), counted, (note,))
    found = stack(_contributions(firms, midpoint=variant == VARIANTS[1]))
    rows = stack([found, found.assign(term="change")])
    return Decomposition(variant, add_up(rows, TERMS, grouped=bool(group)), counted)


def _contributions(firms: Any, midpoint: bool) -> list[Any]:
    for date in (0, 1):
        there = firms[firms[f"there{date}"]]
        firms[f"s{date}"] = shares(there, ["period"], f"w{date}").reindex(firms.index).fillna(0.0)
    level = [float((firms[f"s{date}"] * firms[f"p{date}"]).sum()) for date in (0, 1)]
    base = (level[0] + level[1]) / 2 if midpoint else level[0]
    stay = firms[firms["role"] == "survivor"]
    shift, growth = stay["s1"] - stay["s0"], stay["p1"] - stay["p0"]
    mean = (stay["s0"] + stay["s1"]) / 2
    old = (stay["p0"] + stay["p1"]) / 2 if midpoint else stay["p0"]
    rows = [
        contributions(stay, "within", (mean if midpoint else stay["s0"]) * growth, mean),
        contributions(stay, "between", shift * (old - base), mean),
    ]
    if not midpoint:
        rows.append(contributions(stay, "cross", shift * growth, mean))
    enter, leave = (firms[firms["role"] == role] for role in ("entrant", "exiter"))
    return [
        *rows,
        contributions(enter, "entry", enter["s1"] * (enter["p1"] - base), enter["s1"]),
        contributions(leave, "exit", -leave["s0"] * (leave["p0"] - base), leave["s0"]),
    ]
