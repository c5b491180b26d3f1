"""Slow, obvious decompositions, in exact fractions and one `if` per condition: what the fast ones must give.

Written from the papers' formulas; shares nothing with the package. A panel is a list of rows (firm,
year, value, weight, group), with None for what is not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import groupby

Row = tuple[str, int, float | None, float | None, str]


def mean(values: Iterable[Fraction]) -> Fraction:
    values = list(values)
    return sum(values, Fraction(0)) / len(values)


def shares(weights: list[Fraction]) -> list[Fraction]:
    """Shares of the total; equal ones if it is zero."""
    total = sum(weights)
    return [weight / total if total else Fraction(1, len(weights)) for weight in weights]


def aggregate(pairs: list[tuple[Fraction, Fraction]]) -> tuple[Fraction, Fraction, Fraction]:
    """The weighted mean of (value, weight) pairs, their plain mean, and the covariance between the two."""
    part = shares([weight for _, weight in pairs])
    plain = mean(value for value, _ in pairs)
    whole = sum(s * value for s, (value, _) in zip(part, pairs, strict=True))
    spread = sum(
        (s - Fraction(1, len(pairs))) * (value - plain) for s, (value, _) in zip(part, pairs, strict=True)
    )
    return whole, plain, spread


def olley_pakes(panel: list[Row]) -> dict[tuple[str, str, int], Fraction]:
    """(term, group, year) -> value, with group _T for all firms."""
    found: dict[tuple[str, str, int], Fraction] = {}
    known = [(y, g, Fraction(p), Fraction(w)) for _, y, p, w, g in panel if p is not None and w is not None]
    for year in {row[0] for row in known}:
        here = [row for row in known if row[0] == year]
        names = sorted({row[1] for row in here})
        sizes = shares([sum((w for _, g, _, w in here if g == name), Fraction(0)) for name in names])
        if not sum(w for *_, w in here):  # equal shares of firms, not of groups
            sizes = [Fraction(sum(g == name for _, g, *_ in here), len(here)) for name in names]
        for name in ["_T", *names]:
            pairs = [(p, w) for _, g, p, w in here if name in ("_T", g)]
            for term, value in zip(("aggregate", "mean", "covariance"), aggregate(pairs), strict=True):
                found[term, name, year] = value
        levels = [found["aggregate", name, year] for name in names]
        found |= {("share", name, year): size for name, size in zip(names, sizes, strict=True)}
        found["group-mean", "_T", year] = mean(levels)
        found["between", "_T", year] = sum(
            (size - Fraction(1, len(names))) * (level - mean(levels))
            for size, level in zip(sizes, levels, strict=True)
        )
    return found


class Turnover:
    """Survivors, entrants and exiters between two years, with shares of all firms of each date."""

    def __init__(self, panel: list[Row], start: int, end: int, switchers: str) -> None:
        dates = [{row[0]: row for row in panel if row[1] == year} for year in (start, end)]
        bad = {firm for date in dates for firm, row in date.items() if row[2] is None or row[3] is None}
        self.unknown = len(bad)
        self.dates = [{firm: row for firm, row in date.items() if firm not in bad} for date in dates]
        self.stay = sorted(set(self.dates[0]) & set(self.dates[1]))
        self.enter = sorted(set(self.dates[1]) - set(self.dates[0]))
        self.leave = sorted(set(self.dates[0]) - set(self.dates[1]))
        self.share = []
        for date in self.dates:
            part = shares([Fraction(row[3]) for row in date.values()])
            self.share.append(dict(zip(date, part, strict=True)))
        self.switchers = switchers

    def value(self, firm: str, date: int) -> Fraction:
        return Fraction(self.dates[date][firm][2])

    def group(self, firm: str) -> str:
        if firm in self.enter:
            return self.dates[1][firm][4]
        if firm in self.leave:
            return self.dates[0][firm][4]
        first, last = (self.dates[date][firm][4] for date in (0, 1))
        if first != last and self.switchers == "apart":
            return "switched"
        return last if self.switchers == "end" else first

    def level(self, date: int, firms: list[str]) -> tuple[Fraction, Fraction, Fraction]:
        return aggregate([(self.value(firm, date), Fraction(self.dates[date][firm][3])) for firm in firms])


def melitz_polanec(panel: list[Row], start: int, end: int, grouped: bool, switchers: str) -> dict:
    """(term, group) -> value; the method needs a survivor."""
    turn = Turnover(panel, start, end, switchers)
    found: dict[tuple[str, str], Fraction] = {}

    def add(term: str, group: str, value: Fraction) -> None:
        for key in [(term, "_T"), (term, group), ("change", "_T"), ("change", group)]:
            found[key] = found.get(key, Fraction(0)) + value

    survivors = [turn.level(date, turn.stay)[0] for date in (0, 1)]
    by_group = groupby(sorted(turn.stay, key=turn.group), key=turn.group) if grouped else [("all", turn.stay)]
    inner = [
        dict(zip(turn.stay, shares([Fraction(turn.dates[d][f][3]) for f in turn.stay]), strict=True))
        for d in (0, 1)
    ]
    for name, members in by_group:
        firms = list(members)
        before, after = (turn.level(date, firms) for date in (0, 1))
        size = [sum(inner[date][firm] for firm in firms) for date in (0, 1)]
        half = (size[0] + size[1]) / 2
        add("within", name, half * (after[1] - before[1]))
        add("reallocation", name, half * (after[2] - before[2]))
        if grouped:
            lead = (before[0] + after[0]) / 2 - (survivors[0] + survivors[1]) / 2
            add("between-groups", name, (size[1] - size[0]) * lead)
    for firm in turn.enter:
        add("entry", turn.group(firm), turn.share[1][firm] * (turn.value(firm, 1) - survivors[1]))
    for firm in turn.leave:
        add("exit", turn.group(firm), turn.share[0][firm] * (survivors[0] - turn.value(firm, 0)))
    return found


def foster(panel: list[Row], start: int, end: int, switchers: str, midpoint: bool) -> dict:
    """(term, group) -> value; the method needs firms at both dates."""
    turn = Turnover(panel, start, end, switchers)
    found: dict[tuple[str, str], Fraction] = {}

    def add(term: str, firm: str, value: Fraction) -> None:
        group = turn.group(firm)
        for key in [(term, "_T"), (term, group), ("change", "_T"), ("change", group)]:
            found[key] = found.get(key, Fraction(0)) + value

    level = [turn.level(date, list(turn.dates[date]))[0] for date in (0, 1)]
    base = (level[0] + level[1]) / 2 if midpoint else level[0]
    for firm in turn.stay:
        s0, s1 = (turn.share[date][firm] for date in (0, 1))
        p0, p1 = (turn.value(firm, date) for date in (0, 1))
        if midpoint:
            add("within", firm, (s0 + s1) / 2 * (p1 - p0))
            add("between", firm, (s1 - s0) * ((p0 + p1) / 2 - base))
        else:
            add("within", firm, s0 * (p1 - p0))
            add("between", firm, (s1 - s0) * (p0 - base))
            add("cross", firm, (s1 - s0) * (p1 - p0))
    for firm in turn.enter:
        add("entry", firm, turn.share[1][firm] * (turn.value(firm, 1) - base))
    for firm in turn.leave:
        add("exit", firm, -turn.share[0][firm] * (turn.value(firm, 0) - base))
    return found


Flow = tuple[str, int, str, str, float | None]  # firm, year, partner, product, value


def margins(flows: list[Flow], start: int, end: int) -> tuple[dict[str, Fraction], int]:
    """Margin -> change of value over firms, partners and products, and the number of unknown firms."""
    bad = {firm for firm, year, _, _, value in flows if year in (start, end) and value is None}
    kept = [row for row in flows if row[0] not in bad and row[4]]
    found: dict[str, Fraction] = {}
    for firm, partner, product in sorted(
        {(row[0], row[2], row[3]) for row in kept if row[1] in (start, end)}
    ):

        def trade(date: int, *key: str) -> Fraction:
            rows = [row for row in kept if row[1] == date and (row[0], row[2], row[3])[: len(key)] == key]
            return sum((Fraction(row[4]) for row in rows), Fraction(0))

        before, after = (trade(date, firm, partner, product) for date in (start, end))
        margin = "up" if after > before else "down"
        for name, key in (
            ("product", (firm, partner, product)),
            ("partner", (firm, partner)),
            ("firm", (firm,)),
        ):
            gained, lost = ("entry", "exit") if name == "firm" else (f"{name}-added", f"{name}-dropped")
            if not trade(start, *key):
                margin = gained
            elif not trade(end, *key):
                margin = lost
        if after != before:
            found[margin] = found.get(margin, Fraction(0)) + after - before
    return found, len(bad)


def job_flows(panel: list[Row], year: int, lag: int) -> tuple[dict[tuple[str, str], Fraction], int]:
    """(term, group) -> jobs from year to year + lag, and how many are unknown; value is employment."""
    dates = [{row[0]: row for row in panel if row[1] == date} for date in (year, year + lag)]
    found: dict[tuple[str, str], Fraction] = {}
    unknown = 0
    for firm in sorted(set(dates[0]) | set(dates[1])):
        rows = [date.get(firm) for date in dates]
        if any(row is not None and row[2] is None for row in rows):
            unknown += 1
            continue
        before, after = (Fraction(row[2]) if row else Fraction(0) for row in rows)
        if not before and not after:
            continue
        size = (before + after) / 2
        growth = (after - before) / size
        terms = {"size": size, "net": after - before, "reallocation": abs(after - before)}
        if growth > 0:
            terms["creation"] = growth * size
            terms["creation-entrants" if growth == 2 else "creation-continuing"] = growth * size
        if growth < 0:
            terms["destruction"] = -growth * size
            terms["destruction-exiters" if growth == -2 else "destruction-continuing"] = -growth * size
        for term, value in terms.items():
            for group in ("_T", (rows[0] if before else rows[1])[4]):
                found[term, group] = found.get((term, group), Fraction(0)) + value
    for group in {group for _, group in found}:
        net, moved = found["net", group], found["reallocation", group]
        found["excess", group] = moved - abs(net)
    return found, unknown
