"""Melitz and Polanec (2015): survivors, entrants and exiters in the change of aggregate productivity.

Melitz, M. J. and Polanec, S. (2015), Dynamic Olley-Pakes productivity decomposition with entry and exit,
RAND Journal of Economics 46(2), 362-375. Between groups of survivors: the midpoint
shift-share of Griliches, Z. and Regev, H. (1995), Firm productivity in Israeli industry 1979-1988,
Journal of Econometrics 65(1), 175-203, around the survivors' mean aggregate.
"""

from __future__ import annotations

from typing import Any

from firmtrade.estimate.decompose.parts import Decomposition, add_up, contributions, stack
from firmtrade.estimate.decompose.turnover import turnover
from firmtrade.estimate.decompose.weights import shares

TERMS = ("change", "within", "reallocation", "between-groups", "entry", "exit")


def melitz_polanec(
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
) -> Decomposition:
    """The parts of the change of the weighted mean of `productivity` (a log) from `start` to `end`.

    Without `group`: change = within + reallocation + entry + exit, where within is the change of the
    plain mean of survivors, reallocation the change of their covariance with the share of `weight`,
    entry the entrants' share times their lead over the survivors at the end, exit the exiters' share
    times the survivors' lead over them at the start.

    With `group` (trade status) the same is done inside each group g of survivors, and between groups:
    change of S_g * P_g = mean(S_g) * (within_g + reallocation_g) + change(S_g) * (mean(P_g) - mean(P)),
    with S_g the group's share of the survivors' weight, P_g its aggregate, P the survivors' aggregate and
    means over the two dates; the last is `between-groups`. Entrants and exiters are compared with all
    survivors. All parts add up, over terms and over groups: the `within` of the total is then the sum
    over groups, weighted by S_g, and not the plain mean of all survivors. `switchers` says where a
    survivor that changed group is counted: see `turnover`. A panel's entrants are firms without a row at
    the start, born or not; without survivors nothing is compared, and there are no parts.
    """
    columns = {"firm": firm, "year": year, "productivity": productivity, "weight": weight}
    firms, unknown = turnover(frame, columns, start, end, group, switchers, owner)
    method = "melitz-polanec"
    counted = {f"{start}-{end}": unknown}
    if not (firms["role"] == "survivor").any():
        note = f"No firm is known in both {start} and {end}: the change cannot be decomposed."
        return Decomposition(method, (), counted, (note,))
    terms = TERMS if group else tuple(term for term in TERMS if term != "between-groups")
    parts = add_up(_contributions(firms, bool(group)), terms, grouped=bool(group))
    return Decomposition(method, parts, counted)


def _contributions(firms: Any, grouped: bool) -> Any:
    """What each firm adds to each term, and their sum as `change`."""
    stay = firms[firms["role"] == "survivor"].copy()
    level = {date: float((shares(stay, ["period"], f"w{date}") * stay[f"p{date}"]).sum()) for date in (0, 1)}
    rows = [*_inside(stay), *([_between(stay, level)] if grouped else []), *_turned_over(firms, level)]
    found = stack(rows)
    return stack([found, found.assign(term="change")])


def _inside(stay: Any) -> list[Any]:
    """Within and reallocation of each group of survivors, weighted by its mean share."""
    by = ["period", "group"]
    size = stay.groupby(by)["p0"].transform("size")
    outer = [shares(stay, ["period"], f"w{date}") for date in (0, 1)]
    scale = sum(part.groupby(stay["group"]).transform("sum") for part in outer) / 2
    spread = []
    for date in (0, 1):
        mean = stay.groupby(by)[f"p{date}"].transform("mean")
        spread.append((shares(stay, by, f"w{date}") - 1 / size) * (stay[f"p{date}"] - mean))
    within = scale * (stay["p1"] - stay["p0"]) / size
    weight = (outer[0] + outer[1]) / 2
    return [
        contributions(stay, "within", within),
        contributions(stay, "reallocation", scale * (spread[1] - spread[0]), weight),
    ]


def _between(stay: Any, level: dict[int, float]) -> Any:
    """The change of each firm's share times its group's lead over all survivors (means of the dates)."""
    outer = [shares(stay, ["period"], f"w{date}") for date in (0, 1)]
    mean = 0.0
    for date in (0, 1):
        inner = shares(stay, ["period", "group"], f"w{date}") * stay[f"p{date}"]
        mean = mean + inner.groupby(stay["group"]).transform("sum") / 2
    lead = mean - (level[0] + level[1]) / 2
    return contributions(stay, "between-groups", (outer[1] - outer[0]) * lead, (outer[0] + outer[1]) / 2)


def _turned_over(firms: Any, level: dict[int, float]) -> list[Any]:
    rows = []
    for role, term, date, sign in (("entrant", "entry", 1, 1.0), ("exiter", "exit", 0, -1.0)):
        there = firms[firms[f"there{date}"]]
        part = shares(there, ["period"], f"w{date}")
        value = sign * part * (there[f"p{date}"] - level[date])
        rows.append(contributions(there, term, value, part)[there["role"] == role])
    return rows
