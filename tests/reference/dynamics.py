"""All 98 series of exporter dynamics, slowly and obviously: dictionaries and loops, one firm after the other.

`series(lines, year)` gives {code: value}; None is what the lines do not tell. Written from the definitions of
the database and from nothing of the package.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

Value = float | None
COUNTRIES = frozenset({"DE", "FR", "US", "JP"})
STATS = ("i", "ii", "iii", "iv", "v")


@dataclass(frozen=True)
class Line:
    """One declaration of exports; month 0 is not known, product and partner 'unknown' neither."""

    firm: str
    year: int
    month: int
    partner: str
    product: str
    value: float


@dataclass
class World:
    """What firms export in one unit of a level of detail, and by which conventions it is looked at."""

    lines: Sequence[Line]
    exiter: str = "t"
    growth: str = "log"
    inverse: bool = False
    least: float = 1000.0
    inside: Callable[[Line], bool] = field(default=lambda line: True)

    def __post_init__(self) -> None:
        self.years = {line.year for line in self.lines}
        used = [line for line in self.lines if line.value > 0 and not line.product.startswith("27")]
        total: dict[tuple[str, int], float] = {}
        for line in used:
            total[line.firm, line.year] = total.get((line.firm, line.year), 0) + line.value
        self.used = [
            line for line in used if round(total[line.firm, line.year], 6) >= self.least and self.inside(line)
        ]
        self.sales: dict[tuple[str, int], float] = {}
        self.items: dict[str, dict[tuple[str, int], dict[str, float]]] = {"product": {}, "destination": {}}
        for line in self.used:
            key = (line.firm, line.year)
            self.sales[key] = self.sales.get(key, 0) + line.value
            if line.product != "unknown":
                sold = self.items["product"].setdefault(key, {})
                sold[line.product[:6]] = sold.get(line.product[:6], 0) + line.value
            if line.partner in COUNTRIES:
                sent = self.items["destination"].setdefault(key, {})
                sent[line.partner] = sent.get(line.partner, 0) + line.value

    def firms(self, year: int) -> list[str]:
        return sorted(firm for firm, when in self.sales if when == year)

    def exports(self, firm: str, year: int) -> bool:
        return (firm, year) in self.sales

    def of(self, what: str, firm: str, year: int) -> dict[str, float]:
        return self.items[what].get((firm, year), {})

    def grown(self, firm: str, early: int, late: int) -> float:
        a, b = self.sales[firm, early], self.sales[firm, late]
        return {"log": math.log(b / a), "rate": b / a - 1, "midpoint": 2 * (b - a) / (a + b)}[self.growth]


def quantile(values: Sequence[float], share: float, inverse: bool) -> float:
    ordered = sorted(values)
    if inverse:
        return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def describe(code: str, values: Iterable[float], world: World, how_many: int = 5) -> dict[str, Value]:
    listed = list(values)
    found: list[Value] = [None] * 5
    if listed:
        found = [
            sum(listed) / len(listed),
            statistics.median(listed),
            statistics.stdev(listed) if len(listed) > 1 else None,
            quantile(listed, 0.25, world.inverse),
            quantile(listed, 0.75, world.inverse),
        ]
    return {code + STATS[n]: found[n] for n in range(how_many)}


def series(world: World, year: int) -> dict[str, Value]:
    """Every series of one year."""
    w, t = world, year
    before, after = t - 1 in w.years, t + 1 in w.years
    exporters = w.firms(t)
    entrants = [f for f in exporters if not w.exports(f, t - 1)] if before else []
    incumbents = [f for f in exporters if w.exports(f, t - 1)] if before else []
    surviving = [f for f in entrants if w.exports(f, t + 1)] if after else []
    two_year = [f for f in incumbents if w.exports(f, t + 1)] if after else []
    if w.exiter == "t":
        exit_known, exit_year = before, t - 1
        exiters = [f for f in w.firms(t - 1) if not w.exports(f, t)] if before else []
        at_risk = len(w.firms(t - 1)) if before else 0
    else:
        exit_known, exit_year = after, t
        exiters = [f for f in exporters if not w.exports(f, t + 1)] if after else []
        at_risk = len(exporters) if after else 0
    # A unit in which nobody exported or has just stopped has no rows to tell anything by.
    seen = bool(exporters) or bool(exiters)
    told = before and seen
    found: dict[str, Value] = {
        "A1": len(exporters),
        "A2": len(entrants) if told else None,
        "A3": len(exiters) if exit_known and seen else None,
        "A4": len(surviving) if told and after else None,
        "A5": len(incumbents) if told else None,
    }
    groups = {"A6": exporters, "A7": entrants, "A9": surviving, "A10": incumbents}
    for code, group in groups.items():
        found |= describe(code, (w.sales[f, t] for f in group), w)
    found |= describe("A8", (w.sales[f, exit_year] for f in exiters), w)
    found |= describe("A11", (w.grown(f, t - 1, t) for f in incumbents), w)
    found |= describe("A12", (w.grown(f, t, t + 1) for f in surviving), w)
    found |= concentration(w, t, exporters)
    found["C1"] = share(len(entrants), len(exporters)) if told else None
    found["C2"] = share(len(exiters), at_risk) if exit_known else None
    found["C3"] = share(len(surviving), len(entrants)) if told and after else None
    total = sum(w.sales[f, t] for f in exporters)
    found["C4"] = share(sum(w.sales[f, t] for f in entrants), total) if told else None
    if told and not entrants:
        found["C4"] = 0.0
    for code, n in (("C5", 2), ("C6", 3)):
        known = before and all(t + k in w.years for k in range(1, n + 1))
        stay = [f for f in entrants if all(w.exports(f, t + k) for k in range(1, n + 1))]
        found[code] = share(len(stay), len(entrants)) if known else None
    for letter, what in (("D", "product"), ("E", "destination")):
        found |= of_each(w, t, letter, what, incumbents, surviving, two_year)
    return found


def share(part: float, whole: float) -> Value:
    return part / whole if whole else None


def concentration(w: World, t: int, exporters: list[str]) -> dict[str, Value]:
    sales = sorted((w.sales[f, t] for f in exporters), reverse=True)
    total = sum(sales)
    found: dict[str, Value] = {"B1": sum((v / total) ** 2 for v in sales) if sales else None}
    for code, p in (("B2i", 0.01), ("B2ii", 0.05), ("B2iii", 0.25)):
        found[code] = sum(sales[: math.ceil(p * len(sales))]) / total if sales else None
    for mine, theirs, what in (("B3", "B5", "product"), ("B4", "B6", "destination")):
        each = [len(w.of(what, f, t)) for f in exporters]
        found |= describe(mine, (n for n in each if n), w, 3)
        sellers: dict[str, int] = {}
        for f in exporters:
            for item in w.of(what, f, t):
                sellers[item] = sellers.get(item, 0) + 1
        found |= describe(theirs, sellers.values(), w, 3)
    return found


def of_each(
    w: World, t: int, letter: str, what: str, incumbents: list[str], surviving: list[str], two_year: list[str]
) -> dict[str, Value]:
    """New, dropped and surviving products (or destinations) of each firm, then described over firms."""

    def entry(firm: str, year: int) -> Value:
        now, then = w.of(what, firm, year), w.of(what, firm, year - 1)
        return share(len(now.keys() - then.keys()), len(now))

    def new_share(firm: str, year: int) -> Value:
        now, then = w.of(what, firm, year), w.of(what, firm, year - 1)
        if not now:
            return None
        return sum(now[item] for item in now.keys() - then.keys()) / w.sales[firm, year]

    def gone(firm: str) -> Value:
        now, then = w.of(what, firm, t), w.of(what, firm, t - 1)
        return share(len(then.keys() - now.keys()), len(then))

    def survival(firm: str) -> Value:
        fresh = w.of(what, firm, t).keys() - w.of(what, firm, t - 1).keys()
        return share(len(fresh & w.of(what, firm, t + 1).keys()), len(fresh))

    columns: list[list[Value]] = [
        [entry(f, t) for f in incumbents],
        [entry(f, t + 1) for f in surviving],
        [new_share(f, t) for f in incumbents],
        [new_share(f, t + 1) for f in surviving],
        [gone(f) for f in incumbents],
        [survival(f) for f in two_year],
    ]
    found: dict[str, Value] = {}
    for n, values in enumerate(columns, 1):
        found |= describe(f"{letter}{n}", (v for v in values if v is not None), w, 3)
    return found


def first_years(world: World, year: int) -> dict[str, list[float]]:
    """First and second years of the entrants of a year, by calendar and by months since the first."""
    w, t = world, year
    found: dict[str, list[float]] = {"first_raw": [], "first_full": [], "second_raw": [], "second_full": []}
    if t - 1 not in w.years:
        return found
    for firm in w.firms(t):
        # Every shipment of the firm counts, of years too in which it is no exporter.
        own = [
            (line.year * 12 + line.month - 1, line.value)
            for line in w.lines
            if line.firm == firm and line.value > 0 and line.month and not line.product.startswith("27")
        ]
        starts = [m for m, _ in own if m // 12 == t]
        if w.exports(firm, t - 1) or not starts:
            continue
        start = min(starts)
        first = sum(v for m, v in own if start <= m < start + 12)
        second = sum(v for m, v in own if start + 12 <= m < start + 24)
        if (start + 11) // 12 in w.years:
            found["first_raw"].append(w.sales[firm, t])
            found["first_full"].append(first)
            known = t + 1 in w.years and (start + 23) // 12 in w.years
            if known and w.exports(firm, t + 1) and second > 0:
                found["second_raw"].append(w.grown(firm, t, t + 1))
                found["second_full"].append(math.log(second / first))
    return found
