"""From sums of trade cells to the panel's four flows, three-valued, and numbers of partners and products."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.steps import Query, Step
from firmtrade.acquire.contract import FLOWS
from firmtrade.acquire.read import literal
from firmtrade.acquire.transactions.partners import partners
from firmtrade.acquire.transactions.products import UNKNOWN
from firmtrade.assemble.trade.cells import SCALE
from firmtrade.assemble.trade.lookups import WIDE, with_narrow_sums

_FLOWS = ("import", "export")
_KNOWN = f"product <> '{UNKNOWN}'"
#: A partner's trade inside the union, outside, and of unknown side.
_ON = {"intra": "intra", "extra": "not intra", "aside": "intra is null"}
#: (flow, side) of the panel's columns: import_intra is imports from inside the union.
_SIDES = tuple((name, *name.split("_")) for name in FLOWS)


def fold_query(moved: Iterable[tuple[int, str]] | None = None, digits: int = WIDE) -> Query:
    """A row for each firm and year that declares: sums by flow and side, numbers of partners and products.

    `import_aside` and `export_aside` are the trade of which nobody can tell on which side of the union it is;
    `declared_import` and `declared_export` all that is declared. Only positive values are trade; a partner
    that is no country (not stated, confidential, at sea) is not counted among the partners. `moved`: partners
    that are on several sides within a year, as (year, partner); not known if None. Such a partner is one.
    """
    known = f"partner in ({', '.join(literal(one.code) for one in partners() if one.is_country)})"
    sums = {f"{flow}_{side}": f"flow = '{flow}' and {on}" for flow in _FLOWS for side, on in _ON.items()}
    values = [f"sum(case when {on} then value end) as {name}" for name, on in sums.items()]
    by_partner = "from trade_by_partner group by firm, year"
    steps = [
        Step("traded", _by_firm([*values, *_counts(f"{known} and ", "partners")], by_partner)),
        Step(
            "sold",
            _by_firm(_counts("", "products"), f"from trade_by_product where {_KNOWN} group by firm, year"),
        ),
    ]
    less, join = "", ""
    pairs = None if moved is None else sorted(moved)
    if pairs is None or pairs:
        where = known
        if pairs:
            years, codes = (sorted(set(one)) for one in zip(*pairs, strict=True))
            where += f" and year in ({', '.join(map(str, years))})"
            where += f" and partner in ({', '.join(map(literal, codes))})"
        twice = f"select firm, year, flow, count(*) - 1 as n\nfrom trade_by_partner where {where}\n"
        twice += "group by firm, year, flow, partner having count(*) > 1"
        steps.append(Step("twice", twice))
        again = [f"sum(case when flow = '{flow}' then n else 0 end) as {flow}_partners" for flow in _FLOWS]
        steps.append(Step("again", _by_firm(again, "from twice group by firm, year")))
        less = " - coalesce(a.{0}_partners, 0)"
        join = "\nleft join again as a on t.firm = a.firm and t.year = a.year"
    kind = f"decimal({digits}, {SCALE})"
    listed = ["t.firm", "t.year", *(f"cast(t.{name} as {kind}) as {name}" for name in sums)]
    for flow in _FLOWS:
        all_of = " + ".join(f"coalesce(t.{flow}_{side}, 0)" for side in _ON)
        listed.append(f"cast({all_of} as {kind}) as declared_{flow}")
        listed.append(f"cast(t.{flow}_partners{less.format(flow)} as bigint) as {flow}_partners")
        listed.append(f"s.{flow}_products")
    last = "select " + ",\n  ".join(listed) + "\nfrom traded as t\n"
    last += f"left join sold as s on t.firm = s.firm and t.year = s.year{join}"
    return Query("fold", (*steps, Step("fold", last)))


def _by_firm(values: list[str], rest: str) -> str:
    return "select " + ",\n  ".join(["firm", "year", *values]) + f"\n{rest}"


def _counts(condition: str, what: str) -> list[str]:
    return [f"count(case when {condition}flow = '{flow}' then 1 end) as {flow}_{what}" for flow in _FLOWS]


def make_fold(engine: DuckDB, kind: str = "table") -> None:
    """Make the table (or view) `trade_fold` from sums of trade cells."""
    if kind == "view":
        engine.execute(f"create or replace temporary view trade_fold as\n{fold_query().sql}")
        return
    moved = engine.rows(
        "select year, partner from (select distinct year, partner, intra from trade_by_partner) as d "
        "where year is not null group by year, partner having count(*) > 1"
    )

    def statement(digits: int) -> str:
        return f"create or replace temporary table trade_fold as\n{fold_query(moved, digits).sql}"

    with_narrow_sums(engine, statement)


def flow_values(complete: Callable[[str], Iterable[int]], row: str, year: str) -> dict[str, str]:
    """SQL of each of the panel's flows over a `row` of the fold (NULL for a firm-year without declarations).

    A positive sum is known. Without one, the flow is unknown if some trade may belong to it; else it is
    zero where declarations are complete, and unknown where a firm below the threshold need not declare.
    """
    found = {}
    for name, flow, _ in _SIDES:
        years = in_years(year, complete(name))
        zero = f"when {years} then 0 " if years else ""
        found[name] = (
            f"case when {row}.{name} > 0 then {row}.{name} when {row}.{flow}_aside > 0 then null {zero}end"
        )
    return found


def number_values(flows: dict[str, str], row: str) -> dict[str, str]:
    """SQL of numbers of partners and products: as declared, 0 for a firm known not to trade, or unknown."""
    found = {}
    for flow in ("import", "export"):
        none = " and ".join(f"({flows[f'{flow}_{side}']}) = 0" for side in ("intra", "extra"))
        for what in ("partners", "products"):
            number = f"{row}.{flow}_{what}"
            found[f"{flow}_{what}"] = f"case when {number} > 0 then {number} when {none} then 0 end"
    return found


def silent_values(complete: Callable[[str], Iterable[int]], year: str) -> dict[str, str]:
    """SQL of flows, numbers and all trade of a firm-year without declarations: 0 if that is none, or unknown.

    What holds for both sides of the union, such as the number of partners, is 0 where both are complete.
    """
    found = {}
    for flow in _FLOWS:
        sides = {name: set(complete(name)) for name, of, _ in _SIDES if of == flow}
        both = set.intersection(*sides.values())
        of_both = dict.fromkeys((f"{flow}_partners", f"{flow}_products", f"declared_{flow}"), both)
        for name, years in {**sides, **of_both}.items():
            listed = in_years(year, years)
            found[name] = f"case when {listed} then 0 end" if listed else "null"
    return found


def in_years(year: str, years: Iterable[int]) -> str:
    """SQL: whether a year is one of these; '' if there are none. Spans, which are quicker than a list."""
    spans: list[list[int]] = []
    for one in sorted(years):
        if spans and one == spans[-1][1] + 1:
            spans[-1][1] = one
        else:
            spans.append([one, one])
    tests = " or ".join(f"{year} between {first} and {last}" for first, last in spans)
    return f"({tests})" if len(spans) > 1 else tests
