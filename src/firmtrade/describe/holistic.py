"""Medians, quantiles, deviations, concentration: none can be rolled up, each has its own named query."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from firmtrade._engine.engine import Engine
from firmtrade._engine.steps import Query, Step
from firmtrade.describe.answer import Value
from firmtrade.describe.asks import Ask
from firmtrade.describe.behind import Behind, columns, read
from firmtrade.describe.groups import Groups, Term
from firmtrade.describe.members import code_of

#: Aggregates that tell of the sizes of firms beside each other.
_SHARED = ("top_share", "top_count_share", "stddev_samp", "herfindahl")

#: From the rows of a view to a query about them; and its rows, for these asks.
Make = Callable[[tuple[Step, ...]], Query]
Apart = Callable[[Make, list[Ask]], list[tuple[Any, ...]]]


def answer_holistic(
    engine: Engine,
    rows: tuple[Step, ...],
    groups: Groups,
    asks: Iterable[Ask],
    evidence: bool = False,
    apart: Apart | None = None,
) -> dict[Ask, tuple[Value, Behind]]:
    """The value of each ask whose aggregate needs all firms at once (None for an empty group), and what
    stands behind it: how many firms, and where `evidence` is asked for how much of it the largest are.

    `apart` gives the rows of a query where they need not be computed anew.
    """
    batches: dict[str, tuple[Query, list[Ask]]] = {}
    for ask in asks:
        query = holistic_query(rows, groups, ask)
        batches.setdefault(query.sql, (query, []))[1].append(ask)
    found: dict[Ask, tuple[Value, Behind]] = {}
    for _, batch in batches.values():
        rows_of = apart or (lambda make, asks: engine.rows(make(rows)))
        known = len(groups.split(batch[0])[0]) + (1 if batch[0].year else 0)
        made = rows_of(partial(holistic_query, groups=groups, ask=batch[0]), batch)
        values = {tuple(map(code_of, row[:known])): row[known:] for row in made}
        if evidence and evidence_query(rows, groups, batch[0]):
            shares = rows_of(partial(_shares, groups=groups, ask=batch[0]), batch)
            told = {tuple(map(code_of, row[:known])): row[known:] for row in shares}
            values = {key: (*row, *told.get(key, ())) for key, row in values.items()}
        for ask in batch:
            exclusive, _ = groups.split(ask)
            key = (*([ask.year] if ask.year else []), *(exclusive[name] for name in sorted(exclusive)))
            value, *behind = values.get(key, (None, 0))
            found[ask] = (None if value is None else float(value), read(behind))
    return found


def holistic_query(rows: tuple[Step, ...], groups: Groups, ask: Ask) -> Query:
    """Firms of the group, then the aggregate by the exclusive dimensions."""
    member, by, name, values = _members(groups, ask)
    last = _last(name, values, by)
    return Query(f"{ask.aggregate} of {ask.sample}", (*rows, member, *last))


def _shares(rows: tuple[Step, ...], groups: Groups, ask: Ask) -> Query:
    query = evidence_query(rows, groups, ask)
    assert query is not None, "asked for only where there is one"
    return query


def evidence_query(rows: tuple[Step, ...], groups: Groups, ask: Ask) -> Query | None:
    """The shares of the largest firms in what a figure is made of; None for one that is judged otherwise."""
    member, by, name, values = _members(groups, ask)
    if name not in _SHARED:
        return None
    top = ""
    if name == "top_share":
        top = f"ceil({float(values[1].sql)} * firms)"
    elif name == "top_count_share":
        top = str(int(values[1].sql))
    counted = "x is not null" if name == "stddev_samp" else "x > 0"
    (step, text), told = columns("counted", by, top)
    listed = "".join(f"{column}, " for column in by)
    grouped = f"\ngroup by {', '.join(by)}" if by else ""
    return Query(
        f"largest behind {ask.aggregate} of {ask.sample}",
        (
            *rows,
            member,
            Step("counted", f"select *\nfrom members where {counted}"),
            Step(step, text),
            Step("largest", f"select {listed}{told}\nfrom {step}{grouped}"),
        ),
    )


def _members(groups: Groups, ask: Ask) -> tuple[Step, list[str], str, list[Term]]:
    """(the step with the value x of each firm of a group, what groups are told apart by, the aggregate)."""
    exclusive, conditions = groups.split(ask)
    name, values, filtered = groups.aggregate(ask)
    steps = [term for _, term in groups.conditions(ask.sample, ask.window)]
    where = " and ".join(f"({term.sql})" for term in [*steps, *conditions, *([filtered] if filtered else [])])
    keys = {f"g{n}": groups.dimension(d, ask.window).sql for n, d in enumerate(sorted(exclusive))}
    columns = [*(["year"] if ask.year else []), *(f"{sql} as {key}" for key, sql in keys.items())]
    value = f"cast({values[0].sql} as double) as x"
    member = Step("members", f"select {', '.join([*columns, value])}\nfrom rows where {where}")
    return member, [*(["year"] if ask.year else []), *keys], name, values


def _last(name: str, values: list[Term], by: list[str]) -> tuple[Step, ...]:
    listed = "".join(f"{column}, " for column in by)
    grouped = f"\ngroup by {', '.join(by)}" if by else ""
    if name == "top_share":
        # Of p times their number, rounded up, there is always one.
        return _top_share(f"ceil({float(values[1].sql)} * firms)", by, listed, grouped)
    if name == "top_count_share":
        return _top_share(str(int(values[1].sql)), by, listed, grouped)
    if name in ("stddev_samp", "herfindahl"):
        return _deviation(by, listed, grouped) if name == "stddev_samp" else _herfindahl(by, listed, grouped)
    share = "0.5" if name == "median" else values[1].sql
    how = "percentile_disc" if name == "quantile_disc" else "percentile_cont"
    quantile = f"{how}({share}) within group (order by x)"
    return (
        Step(
            "quantile",
            f"select {listed}{quantile} as v, count(*) as n\nfrom members where x is not null{grouped}",
        ),
    )


def _top_share(number: str, by: list[str], listed: str, grouped: str) -> tuple[Step, ...]:
    """Per cent of the total held by the largest of the firms with a positive value, so many as `number`.

    A share p of the firms is p times their number, rounded up (the convention of the Chilean figures that
    the tests check; Mayer and Ottaviano 2007 do not say). Fewer firms than `number` hold everything.
    """
    over = f"partition by {', '.join(by)}" if by else ""
    exact = "cast(x as decimal(38, 6))"
    ranked = (
        f"select {listed}{exact} as x, row_number() over ({over} order by x desc) as place,\n"
        f"  count(*) over ({over}) as firms\nfrom members where x > 0"
    )
    top = f"sum(case when place <= {number} then x end)"
    return (
        Step("ranked", ranked),
        Step(
            "top",
            f"select {listed}100 * cast({top} as double) / nullif(cast(sum(x) as double), 0) as v,\n"
            f"  count(*) as n\nfrom ranked{grouped}",
        ),
    )


def _deviation(by: list[str], listed: str, grouped: str) -> tuple[Step, ...]:
    """The sample standard deviation, divisor n - 1, as Stata's; of one firm there is none.

    Engines add doubles in any order, so that their own function has other last digits from run to run. Here
    deviations are measured by the largest of the group, squared and added as exact decimals.
    """
    over = f"partition by {', '.join(by)}" if by else ""
    exact = "cast(x as decimal(38, 9))"
    mean = f"cast(sum({exact}) over ({over}) as double) / count(*) over ({over})"
    widest = f"max(abs(away)) over ({over})"
    part = "away / nullif(widest, 0)"
    square = f"cast({part} * ({part}) as decimal(38, 18))"
    spread = f"sqrt(cast(sum({square}) as double) / nullif(count(*) - 1, 0))"
    return (
        Step("away", f"select {listed}x - {mean} as away\nfrom members where x is not null"),
        Step("widest", f"select {listed}away, {widest} as widest\nfrom away"),
        Step(
            "deviation",
            f"select {listed}case when count(*) < 2 then null when max(widest) = 0 then 0\n"
            f"  else max(widest) * {spread} end as v,\n"
            f"  count(*) as n\nfrom widest{grouped}",
        ),
    )


def _herfindahl(by: list[str], listed: str, grouped: str) -> tuple[Step, ...]:
    """The sum of squared shares of the firms with a positive value, from 1 / n to 1 (Hirschman 1964)."""
    over = f"partition by {', '.join(by)}" if by else ""
    total = f"cast(sum(cast(x as decimal(38, 6))) over ({over}) as double)"
    square = "cast(share * share as decimal(38, 18))"
    return (
        Step("shares", f"select {listed}x / {total} as share\nfrom members where x > 0"),
        Step(
            "herfindahl",
            f"select {listed}cast(sum({square}) as double) as v, count(*) as n\nfrom shares{grouped}",
        ),
    )
