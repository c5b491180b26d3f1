"""The parts of a decomposition, each with the evidence that disclosure control needs.

Every method here first works out what each firm contributes to each part, in a frame with the columns
`owner`, `period`, `term`, `group`, `value` and `weight`; `add_up` sums these. So each part is a known sum
over firms, parts add up by construction, and the largest contributor is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from firmtrade.estimate.extras import econ
from firmtrade.result import TOTAL


@dataclass(frozen=True)
class Part:
    """One figure of a decomposition.

    `value` is None where it is not defined (no firm, or a weight of zero). `firms` is the number of firms
    (of owners, where these are given) it is a sum over; `largest` the largest one's part of that sum, from
    0 to 1: the larger of its share in the absolute contributions and, where the figure is weighted, in the
    weights. `degrees` is None: nothing is estimated.
    """

    term: str
    group: str
    period: str
    value: float | None
    firms: int
    largest: float | None
    degrees: int | None = None


@dataclass(frozen=True)
class Decomposition:
    """Parts in reading order; `unknown` counts, per period, the firms left out for want of a value."""

    method: str
    parts: tuple[Part, ...]
    unknown: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def part(self, term: str, group: str = TOTAL, period: str | None = None) -> Part:
        """The part of that name, in the first period if none is given. KeyError if there is none."""
        for part in self.parts:
            if part.term == term and part.group == group and period in (None, part.period):
                return part
        raise KeyError((term, group, period))

    def value(self, term: str, group: str = TOTAL, period: str | None = None) -> float | None:
        """The value of `part(term, group, period)`."""
        return self.part(term, group, period).value


def add_up(rows: Any, terms: Sequence[str], grouped: bool) -> tuple[Part, ...]:
    """Sum the contributions in `rows` (owner, period, term, group, value, weight) by term and period.

    Gives the total over all firms and, if `grouped`, each group; a group without a firm in a term has no
    part there. `weight` may be NaN: the figure is not weighted.
    """
    pandas = econ("pandas", "a decomposition")
    if rows.empty:
        return ()
    whole = rows.assign(group=TOTAL)
    every = pandas.concat([whole, rows], ignore_index=True) if grouped else whole
    keys = ["period", "group", "term"]
    firms = every.groupby([*keys, "owner"], sort=True, as_index=False)[["value", "weight"]].sum(min_count=1)
    firms["size"] = firms["value"].abs()
    sums = firms.groupby(keys, sort=True).agg(
        value=("value", "sum"),
        firms=("owner", "size"),
        size=("size", "sum"),
        most=("size", "max"),
        weight=("weight", "sum"),
        heaviest=("weight", "max"),
    )
    order = {term: place for place, term in enumerate(terms)}
    found = [_part(key, row) for key, row in zip(sums.index, sums.itertuples(index=False), strict=True)]
    return tuple(
        sorted(found, key=lambda part: (part.period, part.group != TOTAL, part.group, order[part.term]))
    )


def _part(key: tuple[str, str, str], row: Any) -> Part:
    period, group, term = key
    largest = most(share(row.most, row.size), share(row.heaviest, row.weight))
    return Part(term, group, period, float(row.value), int(row.firms), largest)


def share(part: float, whole: float) -> float | None:
    """`part / whole`, or None where that is not defined."""
    return float(part) / float(whole) if whole > 0 and part == part else None


def most(*shares: float | None) -> float | None:
    """The largest of the shares that are known, at most 1 (rounding aside); None if none is."""
    known = [value for value in shares if value is not None]
    return min(1.0, max(known)) if known else None


def contributions(data: Any, term: str, value: Any, weight: Any = None, group: str = "group") -> Any:
    """The rows for `add_up` of one term: `data` has `owner`, `period` and the column `group`."""
    pandas = econ("pandas", "a decomposition")
    rows = {
        "owner": data["owner"],
        "period": data["period"],
        "group": data[group],
        "term": term,
        "value": value,
    }
    return pandas.DataFrame({**rows, "weight": float("nan") if weight is None else weight}, index=data.index)


def stack(rows: Iterable[Any]) -> Any:
    """The contributions of several terms in one frame."""
    pandas = econ("pandas", "a decomposition")
    full = [part for part in rows if not part.empty]
    empty = pandas.DataFrame(columns=["owner", "period", "group", "term", "value", "weight"])
    return pandas.concat(full, ignore_index=True) if full else empty
