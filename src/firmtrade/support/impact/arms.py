"""Who is compared with whom: supported firms and their comparison, by year. No outcome is read here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from firmtrade.errors import DataError
from firmtrade.support.impact.specification import Specification
from firmtrade.support.register.register import Register
from firmtrade.support.register.rows import Row


@dataclass(frozen=True)
class Pool:
    """Firms that are compared among each other: the supported ones of a year, and their comparison."""

    year: int
    supported: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class Arms:
    """`pools` for comparisons within a year's applications or a draw; empty where all firms are compared.

    `starts`: the first year of support of each firm that ever had it; `left_out` counts firms by reason;
    `took_up`: of the firms that were granted it (or offered, by a draw), the share that had the support;
    `crossed`: comparison firms that had it later all the same.
    """

    pools: tuple[Pool, ...]
    starts: Mapping[str, int]
    left_out: Mapping[str, int]
    took_up: float | None = None
    crossed: int = 0
    others: tuple[str, ...] = field(default=(), repr=False)

    @property
    def supported(self) -> set[str]:
        """All supported firms of the comparison."""
        if self.pools:
            return {firm for pool in self.pools for firm in pool.supported}
        return set(self.starts)

    @property
    def compared(self) -> set[str]:
        """All firms that serve as a comparison, some of them before their own support."""
        if self.pools:
            return {firm for pool in self.pools for firm in pool.others}
        return set(self.others) | set(self.starts)


def arms(register: Register, asked: Specification) -> Arms:
    """The firms of a specification. DataError where there is nobody on one side."""
    given = first_years(register, asked.measures)
    if asked.comparison == "draw":
        found = _drawn(register, asked, given)
    elif asked.comparison == "refused":
        found = _applied(register, asked, given)
    else:
        firms = (
            () if asked.comparison == "later" else tuple(register.columns("firms", ("id",), "impact")["id"])
        )
        found = Arms((), given, {}, others=tuple(firm for firm in firms if firm not in given))
    if not found.supported or not found.compared:
        side = "supported firm" if not found.supported else "firm to compare with"
        raise DataError(f"There is no {side} for '{asked.question}' ({asked.comparison}).")
    return found


def first_years(register: Register, measures: Iterable[str]) -> dict[str, int]:
    """The first year in which each firm had support by one of the measures."""
    told = register.columns("support", ("firm_id", "started"), "impact", measure_id=list(measures))
    found: dict[str, int] = {}
    for firm, started in zip(told["firm_id"], told["started"], strict=True):
        found[firm] = min(started.year, found.get(firm, started.year))
    return found


def _year(moment: date | datetime) -> int:
    return moment.year


def _applied(register: Register, asked: Specification, given: Mapping[str, int]) -> Arms:
    """Applicants of a year: granted against refused and waiting ones, until these are granted too."""
    where: dict[str, list[str]] = {"measure_id": list(asked.measures)}
    if asked.calls:
        where["call_id"] = list(asked.calls)
    told = register.columns("applications", ("firm_id", "received_at", "decision"), "impact", **where)
    left: Counter[str] = Counter()
    granted: dict[str, int] = {}
    without: dict[int, set[str]] = {}
    for firm, received, decision in zip(*told.values(), strict=True):
        year = _year(received)
        if decision == "granted":
            granted[firm] = min(year, granted.get(firm, year))
        elif decision in ("refused", "waiting"):
            without.setdefault(year, set()).add(firm)
        else:
            left["application withdrawn"] += 1
    starts = dict(granted)
    for firm, year in given.items():
        starts[firm] = min(year, starts.get(firm, year))
    pools = []
    for year in sorted(set(granted.values())):
        mine = sorted(firm for firm, first in granted.items() if first == year and starts[firm] >= year)
        left["had the support before"] += sum(
            first == year and starts[firm] < year for firm, first in granted.items()
        )
        others = sorted(firm for firm in without.get(year, ()) if starts.get(firm, year + 1) > year)
        if not others:
            left["granted in a year in which nobody was refused"] += len(mine)
        elif mine:
            pools.append(Pool(year, tuple(mine), tuple(others)))
    firms = {firm for pool in pools for firm in pool.supported}
    crossed = sum(firm in starts for firm in {firm for pool in pools for firm in pool.others})
    took = sum(firm in given for firm in firms) / len(firms) if firms else None
    return Arms(tuple(pools), starts, {name: n for name, n in left.items() if n}, took, crossed)


def _drawn(register: Register, asked: Specification, given: Mapping[str, int]) -> Arms:
    """The arms as they were drawn, whatever became of the firms: an effect of the offer."""
    head: Row = register.get("draws", asked.draw)
    told = register.columns("drawn", ("firm_id", "arm"), "impact", draw_id=asked.draw)
    sides: dict[str, list[str]] = {"offered": [], "control": []}
    for firm, arm in zip(*told.values(), strict=True):
        sides[arm].append(firm)
    year = head["on_date"].year
    offered, control = (tuple(sorted(firms)) for firms in sides.values())
    took = sum(firm in given for firm in offered) / len(offered) if offered else None
    starts = dict.fromkeys(offered, year)
    return Arms((Pool(year, offered, control),), starts, {}, took, sum(firm in given for firm in control))
