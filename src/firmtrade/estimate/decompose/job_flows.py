"""Jobs created and destroyed, on the mean of employment at both dates.

Davis, S. J., Haltiwanger, J. C. and Schuh, S. (1996), Job Creation and Destruction, MIT Press; the index of
growth in [-2, 2] also in Criscuolo, C., Gal, P. N. and Menon, C. (2014), The dynamics of employment
growth: new evidence from 18 countries (DynEmp), OECD Science, Technology and Industry Policy Papers 14.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from firmtrade.errors import DataError, StudyError
from firmtrade.estimate.decompose.frame import read
from firmtrade.estimate.decompose.parts import Decomposition, Part, add_up, contributions, most
from firmtrade.result import TOTAL

SUMS = (
    "size",
    "creation",
    "destruction",
    "net",
    "reallocation",
    "excess",
    "creation-entrants",
    "creation-continuing",
    "destruction-exiters",
    "destruction-continuing",
)


def job_flows(
    frame: Any,
    *,
    firm: str,
    year: str,
    employment: str,
    group: str | None = None,
    lag: int = 1,
    owner: str | None = None,
) -> Decomposition:
    """Jobs created and destroyed between each year and `lag` years later, by group, as jobs and as rates.

    With E0 and E1 a firm's employment (zero without a row) and Z = (E0 + E1) / 2, its growth is
    g = (E1 - E0) / Z in [-2, 2]: 2 for an entrant, -2 for an exiter. `creation` sums E1 - E0 of growing
    firms, `destruction` E0 - E1 of shrinking ones; net = creation - destruction, reallocation = creation +
    destruction, excess = reallocation - |net|. Each is given as jobs and, divided by the sum of Z of the
    group, as `<term>-rate` in per cent; `size` is that sum. Creation is split into entrants and
    continuing firms, destruction into exiters and continuing firms; a firm with employment zero is not there.

    `group` is that of the first date, of an entrant that of the second, so that a firm that starts to
    trade while growing creates jobs among those that did not trade. A firm that has a row with unknown
    employment at one of the dates is left out and counted. Raises DataError for negative employment.
    """
    if lag < 1:
        raise StudyError(f"lag must be a year or more, not {lag}.")
    data = read(frame, firm, year, {"e": employment}, group, owner=owner)
    if (data["e"] < 0).any():
        row = data[data["e"] < 0].iloc[0]
        raise DataError(f"'{employment}' is negative for firm {row['firm']} in {row['year']}.")
    firms, unknown = _pairs(data, lag)
    # One period and term after the other: all at once would take ten times the panel's memory.
    each = (rows for _, part in firms.groupby("period", sort=True) for rows in _contributions(part))
    found = [part for rows in each for part in add_up(rows, SUMS, bool(group))]
    found.sort(key=lambda part: (part.period, part.group != TOTAL, part.group))
    flows = _with_excess(found)
    return Decomposition("job-flows", _with_rates(flows), unknown)


def _pairs(data: Any, lag: int) -> tuple[Any, dict[str, int]]:
    """One row per firm and pair of years with employment at both, and the number of unknown firms."""
    years = set(data["year"].unique().tolist())
    starts = sorted(year for year in years if year + lag in years)
    columns = ["firm", "year", "e", "group", "owner"]
    first = data.loc[data["year"].isin(starts), columns].assign(there=True)
    last = data[columns].assign(year=data["year"] - lag, there=True)
    last = last[last["year"].isin(starts)]
    both = first.merge(last, on=["firm", "year"], how="outer", suffixes=("0", "1"), sort=True)
    both["period"] = both["year"].map(lambda year: f"{year}-{year + lag}")
    missing = (both["there0"].notna() & both["e0"].isna()) | (both["there1"].notna() & both["e1"].isna())
    both["owner"] = both["owner1"].fillna(both["owner0"])
    counted = missing.groupby(both["period"]).sum()
    firms = both[~missing].fillna({"e0": 0.0, "e1": 0.0})
    firms = firms[(firms["e0"] > 0) | (firms["e1"] > 0)].reset_index(drop=True)
    firms["group"] = firms["group0"].where(firms["e0"] > 0, firms["group1"])
    return firms, {period: int(count) for period, count in counted.items()}


def _contributions(firms: Any) -> list[Any]:
    change = firms["e1"] - firms["e0"]
    grows, shrinks = change > 0, change < 0
    enters, leaves = firms["e0"] == 0, firms["e1"] == 0
    picked = {
        "creation": (grows, change),
        "destruction": (shrinks, -change),
        "reallocation": (grows | shrinks, change.abs()),
        "creation-entrants": (enters, change),
        "creation-continuing": (grows & ~enters, change),
        "destruction-exiters": (leaves, -change),
        "destruction-continuing": (shrinks & ~leaves, -change),
    }
    size = (firms["e0"] + firms["e1"]) / 2
    return [contributions(firms, "size", size)] + [
        contributions(firms[here], term, value[here]) for term, (here, value) in picked.items()
    ]


def _with_excess(parts: Sequence[Part]) -> list[Part]:
    """Add net and excess, and zeros (of all firms of the group) for what nobody did."""
    found = {(part.period, part.group, part.term): part for part in parts}
    flows = []
    for period, group in dict.fromkeys((part.period, part.group) for part in parts):
        size = found[period, group, "size"]
        zero = {term: Part(term, group, period, 0.0, size.firms, size.largest) for term in SUMS}
        here = {term: found.get((period, group, term), zero[term]) for term in SUMS}
        made, lost = here["creation"].value or 0.0, here["destruction"].value or 0.0
        sums = {
            "reallocation": made + lost,
            "net": made - lost,
            "excess": made + lost - abs(made - lost),
        }
        moved = here["reallocation"]
        for term, value in sums.items():
            here[term] = replace(moved, term=term, value=value)
        flows += [here[term] for term in SUMS]
    return flows


def _with_rates(flows: list[Part]) -> tuple[Part, ...]:
    """Each flow, and after it its rate: per cent of the group's mean employment of both dates."""
    size = {(part.period, part.group): part for part in flows if part.term == "size"}
    parts = []
    for part in flows:
        parts.append(part)
        whole = size[part.period, part.group]
        if part.term != "size" and part.value is not None and whole.value:
            rate = 100 * part.value / whole.value
            largest = most(part.largest, whole.largest)
            parts.append(replace(part, term=f"{part.term}-rate", value=rate, largest=largest))
    return tuple(parts)
