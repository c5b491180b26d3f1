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
#: A partner's trade inside the union, outside, and of unknown side.
_ON = {"intra": "intra", "extra": "not intra", "aside": "intra is null"}
#: (flow, side) of the panel's columns: import_intra is imports from inside the union.
_SIDES = tuple((name, *name.split("_")) for name in FLOWS)


def fold_query(moved: bool = True, digits: int = WIDE) -> Query:
    """A row for each firm and year that declares: sums by flow and side, numbers of partners and products.

    `import_aside` and `export_aside` are the trade of which nobody can tell on which side of the union it is;
    `declared_import` and `declared_export` all that is declared. Only positive values are trade; a partner
    that is no country (not stated, confidential, at sea) is not counted among the partners. `moved`: a
    partner may be on both sides within a year, and is one partner.
    """
    known = ", ".join(literal(one.code) for one in partners() if one.is_country)
    country, product = f"partner in ({known})", f"product <> '{UNKNOWN}'"
    sums = {f"{flow}_{side}": f"flow = '{flow}' and {on}" for flow in _FLOWS for side, on in _ON.items()}
    sums |= {f"declared_{flow}": f"flow = '{flow}'" for flow in _FLOWS}
    values = [f"cast(sum(case when {on} then value end) as decimal({digits}, {SCALE})) as {name}"
              for name, on in sums.items()]  # fmt: skip
    values += [f"count(case when flow = '{flow}' and {one} then 1 end) as {flow}_{one}s"
               for one in ("partner", "product") for flow in _FLOWS]  # fmt: skip
    traded = "select firm, year, flow, intra, value"
    apart = "select firm, year, flow, cast(null as boolean) as intra, null as value"
    steps = []
    rows = [f"{traded}, {country} as partner, false as product\nfrom trade_by_partner"]
    if moved:
        distinct = "select distinct firm, year, flow, partner\nfrom trade_by_partner"
        steps = [Step("once", f"{distinct} where {country}")]
        rows = [
            f"{traded}, false as partner, false as product\nfrom trade_by_partner",
            f"{apart}, true as partner, false as product\nfrom once",
        ]
    rows.append(f"{apart}, false as partner, true as product\nfrom trade_by_product where {product}")
    listed = ",\n  ".join(["firm", "year", *values])
    steps.append(Step("rows", "\nunion all\n".join(rows)))
    return Query("fold", (*steps, Step("fold", f"select {listed}\nfrom rows group by firm, year")))


def make_fold(engine: DuckDB, kind: str = "table") -> None:
    """Make the table (or view) `trade_fold` from sums of trade cells."""
    if kind == "view":
        engine.execute(f"create or replace temporary view trade_fold as\n{fold_query().sql}")
        return
    moved = engine.rows(
        "select 1 from trade_by_partner group by year, partner "
        "having count(distinct coalesce(cast(intra as integer), 2)) > 1 limit 1"
    )

    def statement(digits: int) -> str:
        return f"create or replace temporary table trade_fold as\n{fold_query(bool(moved), digits).sql}"

    with_narrow_sums(engine, statement)


def flow_values(complete: Callable[[str], Iterable[int]], row: str, year: str) -> dict[str, str]:
    """SQL of each of the panel's flows over a `row` of the fold (NULL for a firm-year without declarations).

    A positive sum is known. Without one, the flow is unknown if some trade may belong to it; else it is
    zero where declarations are complete, and unknown where a firm below the threshold need not declare.
    """
    found = {}
    for name, flow, _ in _SIDES:
        years = ", ".join(str(one) for one in sorted(complete(name)))
        zero = f"when {year} in ({years}) then 0 " if years else ""
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
