"""Margins of the growth of trade: firms that start and stop, and those that go on.

Bernard, A. B., Jensen, J. B., Redding, S. J. and Schott, P. K. (2009), The margins of US trade, American
Economic Review 99(2), 487-493; Eaton, J., Eslava, M., Kugler, M. and Tybout, J. (2007), Export dynamics in
Colombia: firm-level evidence, NBER Working Paper 13531 (growth rates on the mean of both dates).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from firmtrade.errors import DataError, StudyError
from firmtrade.estimate.decompose.frame import read
from firmtrade.estimate.decompose.parts import Decomposition, Part, add_up, contributions, most, stack
from firmtrade.estimate.extras import econ
from firmtrade.result import TOTAL


def margins(
    frame: Any,
    *,
    firm: str,
    year: str,
    value: str,
    start: int,
    end: int,
    levels: Sequence[str] = (),
    group: str | None = None,
    owner: str | None = None,
) -> Decomposition:
    """The change of the sum of `value` from `start` to `end`, by margin, in the unit of `value`.

    By firms: `entry` (trades at the end only), `exit` (at the start only; negative), `up` and `down` of
    those that trade at both. With `levels`, such as ("partner", "product"), `frame` has one row per firm,
    year and combination, and what a firm that goes on gains and loses is split further, in that order:
    `partner-added` and `partner-dropped` are trade with partners that the firm had at one date only, then
    `product-added` and `product-dropped` among the partners it keeps, and `up` and `down` among the
    combinations it keeps. All margins add up to `change`; `extensive` is the sum of what was added and
    dropped, `intensive` that of up and down. `start` and `end` are the totals of both dates.

    A firm without a row does not trade, as in customs data. A value that is missing is not zero: its firm
    is left out at both dates and counted as unknown. `group` is the firm's at the start, else at the end;
    at the first of its rows where they differ. Raises DataError for a negative value.
    """
    if not start < end:
        raise StudyError(f"A change needs a start before its end, not {start} and {end}.")
    data = read(frame, firm, year, {"value": value}, group, levels, owner)
    data = data[data["year"].isin((start, end))]
    if (data["value"] < 0).any():
        row = data[data["value"] < 0].iloc[0]
        raise DataError(
            f"'{value}' is negative for firm {row['firm']} in {row['year']}: a flow is zero or more."
        )
    unknown = sorted(data.loc[data["value"].isna(), "firm"].unique())
    data = data[~data["firm"].isin(unknown) & (data["value"] > 0)]
    flows = _flows(data, start, end, len(levels))
    flows["period"] = f"{start}-{end}"
    terms = margin_terms(levels)
    rows = stack([*_totals(flows), *_margins(flows, levels)])
    return Decomposition("margins", add_up(rows, terms, bool(group)), {f"{start}-{end}": len(unknown)})


def margin_terms(levels: Sequence[str]) -> tuple[str, ...]:
    """The names of the margins in reading order, for data with these levels below the firm."""
    below = [f"{level}-{what}" for level in levels for what in ("added", "dropped")]
    return ("start", "end", "change", "extensive", "intensive", "entry", "exit", *below, "up", "down")


def _flows(data: Any, start: int, end: int, depth: int) -> Any:
    """One row per firm and combination with its value at both dates (zero if it does not trade then)."""
    keys = ["firm", *(f"level{place}" for place in range(depth))]
    sides = [data.loc[data["year"] == date, [*keys, "value"]] for date in (start, end)]
    flows = sides[0].merge(sides[1], on=keys, how="outer", suffixes=("0", "1"), sort=True)
    flows = flows.fillna({"value0": 0.0, "value1": 0.0})
    first = data.drop_duplicates("firm").set_index("firm")  # sorted: the start, if there is one
    return flows.assign(**{name: flows["firm"].map(first[name]) for name in ("group", "owner")})


def _totals(flows: Any) -> list[Any]:
    return [
        contributions(flows[flows["value0"] > 0], "start", flows["value0"]),
        contributions(flows[flows["value1"] > 0], "end", flows["value1"]),
        contributions(flows, "change", flows["value1"] - flows["value0"]),
    ]


def _margins(flows: Any, levels: Sequence[str]) -> list[Any]:
    """Each combination's change under the first level, from the firm down, that is new or gone."""
    names = [("entry", "exit"), *((f"{level}-added", f"{level}-dropped") for level in levels)]
    keys = ["firm", *(f"level{place}" for place, _ in enumerate(levels))]
    change = flows["value1"] - flows["value0"]
    left = change == change
    rows = []
    for depth, (gained, lost) in enumerate(names, start=1):
        sums = flows.groupby(keys[:depth], sort=False)[["value0", "value1"]].transform("sum")
        for term, side in ((gained, "value0"), (lost, "value1")):
            here = left & (sums[side] == 0)
            rows += [contributions(flows[here], name, change[here]) for name in (term, "extensive")]
            left = left & ~here
    for term, here in (("up", left & (change > 0)), ("down", left & (change < 0))):
        rows += [contributions(flows[here], name, change[here]) for name in (term, "intensive")]
    return rows


def rates(found: Decomposition, midpoint: bool = False) -> Decomposition:
    """Each margin as a percentage of the group's total at the start, or of the mean of both dates.

    The midpoint rate lies between -200 and 200 and treats growth and decline alike (Eaton et al. 2007).
    A part is None where that total is zero or absent.
    """
    base = {(part.period, part.group, part.term): part for part in found.parts}
    parts = []
    for part in found.parts:
        if part.term in ("start", "end"):
            continue
        ends = [base.get((part.period, part.group, term)) for term in ("start", "end")]
        first, last = ((side.value or 0.0) if side else 0.0 for side in ends)
        whole = (first + last) / 2 if midpoint else first
        value = 100 * part.value / whole if part.value is not None and whole > 0 else None
        used = ends if midpoint else ends[:1]
        largest = most(part.largest, *(side.largest for side in used if side))
        parts.append(Part(part.term, part.group, part.period, value, part.firms, largest))
    return Decomposition("margin-rates", tuple(parts), found.unknown, found.notes)


def counts(
    frame: Any, *, firm: str, year: str, value: str, start: int, end: int, levels: Sequence[str] = ()
) -> Decomposition:
    """The change of the log of total `value` as changes of logs of counts and of the mean (100 * log points).

    ln X = ln(firms) + ln(partners per firm) + ln(products per firm and partner) + ln(mean value): `firms`,
    `<level>-per-firm` and so on, and `mean`; they add up to `change` (Bernard et al. 2009).
    Firms with a missing value at either date are left out and counted. No parts if nothing is traded at
    one of the dates.
    """
    numpy = econ("numpy", "margins")
    data = read(frame, firm, year, {"value": value}, None, levels)
    data = data[data["year"].isin((start, end))]
    unknown = sorted(data.loc[data["value"].isna(), "firm"].unique())
    data = data[~data["firm"].isin(unknown) & (data["value"] > 0)]
    period = f"{start}-{end}"
    sides = [data[data["year"] == date] for date in (start, end)]
    if any(side.empty for side in sides):
        return Decomposition(
            "counts", (), {period: len(unknown)}, (f"Nothing is traded in {start} or {end}.",)
        )
    keys = ["firm", *(f"level{place}" for place, _ in enumerate(levels))]
    logs = numpy.log(
        [
            [len(side.drop_duplicates(keys[:depth])) for depth in range(1, len(keys) + 1)]
            + [side["value"].sum()]
            for side in sides
        ]
    )
    change = 100 * (logs[1] - logs[0])
    steps = numpy.diff(change, prepend=0.0)
    names = (
        "firms",
        *(f"{level}-per-{upper}" for level, upper in zip(levels, ["firm", *levels], strict=False)),
        "mean",
    )
    firms = int(data["firm"].nunique())
    shares = [side.groupby("firm")["value"].sum() for side in sides]
    largest = most(*(float(share.max() / share.sum()) for share in shares))
    parts = [Part("change", TOTAL, period, float(change[-1]), firms, largest)]
    parts += [
        Part(name, TOTAL, period, float(step), firms, largest)
        for name, step in zip(names, steps, strict=True)
    ]
    return Decomposition("counts", tuple(parts), {period: len(unknown)})
