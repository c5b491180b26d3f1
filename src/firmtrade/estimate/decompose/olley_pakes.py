"""Olley and Pakes (1996): aggregate productivity is the mean firm's plus a covariance with size.

Olley, G. S. and Pakes, A. (1996), The dynamics of productivity in the telecommunications equipment
industry, Econometrica 64(6), 1263-1297. Between groups: Collard-Wexler, A. and De Loecker,
J. (2015), Reallocation and technology: evidence from the US steel industry, American Economic Review
105(1), 131-171.
"""

from __future__ import annotations

from typing import Any

from firmtrade.estimate.decompose.frame import read
from firmtrade.estimate.decompose.parts import Decomposition, Part, add_up, contributions, most, stack
from firmtrade.estimate.decompose.weights import known, shares
from firmtrade.result import TOTAL

TERMS = ("aggregate", "mean", "covariance", "group-mean", "between", "share")


def olley_pakes(
    frame: Any,
    *,
    firm: str,
    year: str,
    productivity: str,
    weight: str,
    group: str | None = None,
    owner: str | None = None,
) -> Decomposition:
    """Split the share-weighted mean of `productivity` (a log) in each year, and in each group of it.

    With s the share of `weight` (employment, value added) within the year, and within the group for a
    group's parts: aggregate = sum(s * p) = mean(p) + sum((s - 1/n) * (p - mean(p))): the parts `mean` and
    `covariance`. With groups, the year's aggregate is also `group-mean`, the plain mean of the groups'
    aggregates, plus `between`, the covariance of their aggregates with their shares; `share` is the
    group's share of the weight. Firms without productivity, or without a weight, are counted as unknown.
    """
    data = read(frame, firm, year, {"p": productivity, "w": weight}, group, owner=owner)
    data["period"] = data["year"].map(str)
    usable = known(data, "p", "w", weight)
    missing = {period: int(count) for period, count in (~usable).groupby(data["period"]).sum().items()}
    data = data[usable].copy()
    totals = add_up(_rows(data, ["period"]), TERMS, grouped=False)
    if not group:
        return Decomposition("olley-pakes", totals, missing)
    groups = [part for part in add_up(_rows(data, ["period", "group"]), TERMS, True) if part.group != TOTAL]
    groups = [*groups, *add_up(_share(data), TERMS, True)]
    wanted = [part for part in groups if part.group != TOTAL]
    return Decomposition("olley-pakes", _ordered([*totals, *_between(totals, wanted), *wanted]), missing)


def _rows(data: Any, by: list[str]) -> Any:
    """What each firm adds to the aggregate, the mean and the covariance of its year (and group)."""
    size = data.groupby(by)["w"].transform("size")
    mean = data.groupby(by)["p"].transform("mean")
    part = shares(data, by, "w")
    return stack(
        [
            contributions(data, "aggregate", part * data["p"], data["w"]),
            contributions(data, "mean", data["p"] / size),
            contributions(data, "covariance", (part - 1 / size) * (data["p"] - mean), data["w"]),
        ]
    )


def _share(data: Any) -> Any:
    return contributions(data, "share", shares(data, ["period"], "w"), data["w"])


def _between(totals: tuple[Part, ...], groups: list[Part]) -> list[Part]:
    """The plain mean of the groups' aggregates, and the covariance of aggregates and shares, per year."""
    found = []
    for period in sorted({part.period for part in groups}):
        here = {(part.term, part.group): part for part in groups if part.period == period}
        names = sorted({group for _, group in here})
        level = [here["aggregate", name].value or 0.0 for name in names]
        size = [here["share", name].value or 0.0 for name in names]
        mean = sum(level) / len(level)
        spread = sum((s - 1 / len(names)) * (value - mean) for s, value in zip(size, level, strict=True))
        firms = next(part.firms for part in totals if part.period == period)
        largest = most(*(here["aggregate", name].largest for name in names))
        found += [
            Part("group-mean", TOTAL, period, mean, firms, largest),
            Part("between", TOTAL, period, spread, firms, largest),
        ]
    return found


def _ordered(parts: list[Part]) -> tuple[Part, ...]:
    order = {term: place for place, term in enumerate(TERMS)}
    return tuple(
        sorted(parts, key=lambda part: (part.period, part.group != TOTAL, part.group, order[part.term]))
    )
