"""Lines of declarations that cannot be: totals, values below zero, lines without a firm, repeats."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.transactions.partners import UNKNOWN
from firmtrade.acquire.transactions.products import UNKNOWN as NO_PRODUCT
from firmtrade.assemble.check_report import Example, Problem
from firmtrade.assemble.trade.check_codes import SHOWN, lines
from firmtrade.assemble.trade.declarations import Declarations

#: Lines that lack a code, the largest first, of which is asked whether they are a total.
_SUSPECTS = 500
#: How far a total may be from the sum of its parts, as a share of it: totals are printed rounded.
_ROUNDING = Decimal("0.00001")
#: A total has at least so many parts: two lines of the same value are no sum of each other.
_PARTS = 3


def line_problems(engine: DuckDB, found: Declarations, net: bool = False) -> Iterator[Problem]:
    """Every problem of single lines: counted over the cells, looked up where there are any.

    `net`: negative values are corrections, which take back other lines.
    """
    counts = _counts(engine, found)
    totals = _totals(engine, found) if counts["suspects"] else []
    told = len(totals)
    yield from _told(found, totals)
    if counts["firmless"] > sum(example.firm is None for example in totals):
        yield _listed(engine, found, "missing-firm", "stop", "lines without a firm", "firm is null", "value",
                      "Give each line its firm, or leave such lines out:  drop = [{ column = \"firm\", "
                      "missing = true }]  in [transactions].")  # fmt: skip
    yield from _undated(engine, found, told) if counts["undated"] else ()
    yield from _faults(engine, found, net) if counts["faults"] else ()
    if counts["partnerless"] and "partner" in found.panel.columns and not told:
        yield _listed(engine, found, "missing-partner", "warn", "lines without a partner: on which side of "
                      "the union their trade is nobody can tell", f"partner = '{UNKNOWN}'", "value",
                      "Nothing to do if the source does not know it. A code for it may be mapped:  codes = "
                      '{ partner = { "..." = "QV" } }  in [transactions].')  # fmt: skip
    yield from _repeats(engine, found)


def _counts(engine: DuckDB, found: Declarations) -> dict[str, int]:
    asked = {
        "firmless": "coalesce(sum(declarations) filter (where firm is null), 0)",
        "partnerless": f"coalesce(sum(declarations) filter (where partner = '{UNKNOWN}'), 0)",
        "undated": "coalesce(sum(declarations) filter (where year is null or flow is null), 0)",
        "suspects": f"count(*) filter (where {_LACKING})",
    }
    row = engine.rows(f"select {', '.join(asked.values())} from trade_cells")[0]
    ((faults,),) = engine.rows(f"select count(*) from {found.panel.rows} where value is null or value < 0")
    return {"faults": faults, **{name: int(value) for name, value in zip(asked, row, strict=True)}}


_LACKING = (
    f"firm is null or partner = '{UNKNOWN}' or product = '{NO_PRODUCT}' or year is null or flow is null"
)


def _totals(engine: DuckDB, found: Declarations) -> list[Example]:
    """Lines that are the sum of others: they say nothing but a value, or lack a code and equal such a sum."""
    have = [name for name in ("firm", "partner", "product") if name in found.panel.columns]
    nothing = {
        "firm": "firm is null",
        "partner": f"partner = '{UNKNOWN}'",
        "product": f"product = '{NO_PRODUCT}'",
    }
    empty = " and ".join(nothing[name] for name in have)
    suspects = engine.rows(
        f"select __file, __row, firm, year, month, flow, value, {empty} from transactions_rows "
        f"where ({_LACKING}) and value > 0 order by value desc, __file, __row limit {_SUSPECTS}"
    )
    ((whole, number),) = engine.rows("select sum(value), sum(declarations) from trade_cells")
    hits = []
    for file, row, firm, year, month, flow, value, bare in suspects:
        why = "no firm, partner or product" if bare and len(have) > 1 else ""
        why = why or _equals(engine, value, (whole, number), firm, year, month, flow)
        if why:
            hits.append(Example(found.panel.place(file, row), firm, year, f"{value:,.2f}: {why}"))
    return hits


def _told(found: Declarations, hits: list[Example]) -> Iterator[Problem]:
    if hits:
        have = [name for name in ("firm", "partner", "product") if name in found.panel.columns]
        remedy = (
            "A total among the lines counts everything twice. Take it out of the file, or leave it out:  "
            f'drop = [{{ column = "{_named(found, have)}", missing = true }}]  in [transactions].'
        )
        title = "lines that are a total of others"
        yield Problem("total-row", "stop", title, len(hits), remedy, "value", tuple(hits[:SHOWN]))


def _named(found: Declarations, have: list[str]) -> str:
    """The column whose emptiness tells a total best."""
    return "partner" if "partner" in have else have[-1]


def _equals(
    engine: DuckDB,
    value: Decimal,
    whole: tuple[Decimal, int],
    firm: str | None,
    year: int | None,
    month: int | None,
    flow: str | None,
) -> str:
    """Which sum of other lines a line's value is; '' if none."""
    if _same(value, whole[0] - value) and whole[1] > _PARTS:
        return "the sum of all other lines"
    conditions = {
        f"the sum of the other {flow}s": f"flow = '{flow}'",
        f"the sum of the other {flow}s of {year}": f"flow = '{flow}' and year = {year}",
    }
    if month is not None:
        conditions[f"the sum of the other {flow}s of {year}-{month:02d}"] = (
            f"flow = '{flow}' and year = {year} and month = {month}"
        )
    for what, condition in conditions.items() if flow and year is not None else ():
        if firm is None and _sums(engine, condition, value, []):
            return what
    if firm is not None and flow and year is not None:
        inside = f"firm = $1 and flow = '{flow}' and year = {year}"
        if _sums(engine, inside, value, [firm]):
            return f"the sum of the firm's other {flow}s of {year}"
    return ""


def _sums(engine: DuckDB, condition: str, value: Decimal, parameters: list[str]) -> bool:
    relation = "transactions_rows" if "month" in condition else "trade_cells"
    number = "count(*)" if "month" in condition else "sum(declarations)"
    ((total, parts),) = engine.rows(
        f"select sum(value), {number} from {relation} where {condition}", list(parameters)
    )
    return total is not None and parts > _PARTS and _same(value, total - value)


def _same(value: Decimal, total: Decimal) -> bool:
    return abs(value - total) <= max(abs(total) * _ROUNDING, Decimal("0.5"))


def _undated(engine: DuckDB, found: Declarations, told: int) -> Iterator[Problem]:
    """Lines without a period or a flow; those with one that is not known are told as such."""
    for name in ("period" if "period" in found.panel.columns else "year", "flow"):
        at = found.panel.rows
        ((count,),) = engine.rows(f"select count(*) from {at} where {name} is null")
        if count <= told:
            continue
        rows = engine.rows(
            f"select __file, __row, firm, null, cast(value as varchar) from {at} where {name} is null "
            f"order by __file, __row limit {SHOWN}"
        )
        shown = tuple(Example(found.panel.place(file, row), *rest) for file, row, *rest in rows)
        remedy = f"Give each line its {name}, or leave such lines out with  drop  in [transactions]."
        yield Problem(f"missing-{name}", "stop", f"lines without a {name}", count, remedy, name, shown)


def _faults(engine: DuckDB, found: Declarations, net: bool) -> Iterator[Problem]:
    count, shown = lines(engine, found, "value < 0", "value")
    if count and net:
        yield from _netted(engine, count)
    elif count:
        yield Problem(
            "negative-value", "stop", "lines with a negative value", count,
            'Corrections that take back other lines? Say  corrections = "net"  in [transactions], and they '
            "are taken off the firm's trade of that year, flow, partner and product. Or leave them out:  "
            'drop = [{ column = "value", below = 0 }].', "value", shown,
        )  # fmt: skip
    count, shown = lines(engine, found, "value is null and __bad is null", "partner")
    if count:
        yield Problem(
            "missing-value", "warn", "lines without a value", count,
            "They add nothing to any sum. Correct the source, or leave them out with  drop.", "value", shown,
        )  # fmt: skip


def _netted(engine: DuckDB, count: int) -> Iterator[Problem]:
    """What corrections took back, and where they took back more than there was."""
    yield Problem("netted", "info", "lines with a negative value, taken off the firm's trade of that year, "
                  "flow, partner and product", count, "Nothing to do if they are corrections.")  # fmt: skip
    ((cells,),) = engine.rows("select count(*) from trade_cells where value < 0")
    if cells:
        rows = engine.rows(
            "select firm, year, flow || ' ' || partner || ' ' || product || ': ' || cast(value as varchar) "
            "from trade_cells where value < 0 order by value, firm, year, flow, partner, product "
            f"limit {SHOWN}"
        )
        shown = tuple(Example("net of corrections", firm, year, told) for firm, year, told in rows)
        yield Problem(
            "below-zero", "warn", "sums of firm, year, flow, partner and product that corrections leave "
            "below zero", cells,
            "They count as no trade. Does the correction name another partner, product or year than the line "
            "that it takes back?", "value", shown,
        )  # fmt: skip


def _listed(
    engine: DuckDB,
    found: Declarations,
    rule: str,
    severity: str,
    title: str,
    condition: str,
    about: str,
    remedy: str,
) -> Problem:
    count, shown = lines(engine, found, condition, about)
    return Problem(rule, severity, title, count, remedy, about, shown)


def _repeats(engine: DuckDB, found: Declarations) -> Iterator[Problem]:
    """Lines that are equal in everything; only cells with more lines than months can hold some."""
    cell = "firm, year, flow, partner, product"
    engine.execute(
        f"create or replace temporary table trade_suspects as select distinct {cell} "
        f"from trade_cells where declarations > bit_count(months)"
    )
    same = f"{cell}, month, value, quantity"
    engine.execute(
        f"create or replace temporary table trade_repeats as select {same}, count(*) as n "
        f"from transactions semi join trade_suspects using ({cell}) group by {same} having count(*) > 1"
    )
    ((extra,),) = engine.rows("select coalesce(sum(n - 1), 0) from trade_repeats")
    if extra:
        yield Problem(
            "repeated-line", "warn", "lines that repeat another in everything", int(extra),
            "Each is counted. If a file was delivered twice, take one copy out.", "value",
            _repeated(engine, found, same),
        )  # fmt: skip
    engine.execute("drop table trade_suspects")
    engine.execute("drop table trade_repeats")


def _repeated(engine: DuckDB, found: Declarations, same: str) -> tuple[Example, ...]:
    """The first repeated lines, each with the places where it stands."""
    first = f"select *, row_number() over (order by {same}) as k from trade_repeats order by k limit {SHOWN}"
    names = [f"t.{name} is not distinct from r.{name}" for name in same.split(", ")]
    rows = engine.rows(
        f"select r.firm, r.year, r.n, list([__file, __row] order by __file, __row), r.k from ({first}) as r "
        f"join transactions_rows as t on {' and '.join(names)} group by all order by r.k"
    )
    return tuple(_example(found, firm, year, n, places[:4]) for firm, year, n, places, _ in rows)


def _example(found: Declarations, firm: str, year: int, count: int, places: list[tuple[int, int]]) -> Example:
    shown = [found.panel.place(file, row) for file, row in places]
    return Example(shown[0], firm, year, f"{count} lines: {'; '.join(shown)}{'; ...' if count > 4 else ''}")
