"""From trade cells to the panel's four flows, three-valued, and to numbers of partners and products."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.steps import Query, Step
from firmtrade.acquire.contract import FLOWS
from firmtrade.acquire.read import literal
from firmtrade.acquire.transactions.partners import partners
from firmtrade.acquire.transactions.products import UNKNOWN

#: Sums of three below this still have at most fourteen digits before the point.
_NARROW = 10**13
_FLOWS = ("import", "export")
#: A partner's trade inside the union, outside, and of unknown side.
_ON = {"intra": "intra", "extra": "not intra", "aside": "intra is null"}
#: (flow, side) of the panel's columns: import_intra is imports from inside the union.
_SIDES = tuple((name, *name.split("_")) for name in FLOWS)


def fold_query() -> Query:
    """A row for each firm and year that declares: sums by flow and side, numbers of partners and products.

    `import_aside` and `export_aside` are the trade of which nobody can tell on which side of the union it is.
    Only positive values are trade; a partner that is no country (not stated, confidential, at sea) is not
    counted among the partners.
    """
    countries = ", ".join(literal(one.code) for one in partners() if one.is_country)
    aside = [f"sum(case when flow = '{flow}' then aside end) as {flow}_aside" for flow in _FLOWS]
    sides = [f"sum(case when flow = '{flow}' then {side} end) as {name}" for name, flow, side in _SIDES]
    numbers = [
        f"count(case when flow = '{flow}' and country then 1 end) as {flow}_partners" for flow in _FLOWS
    ]
    products = [f"count(case when flow = '{flow}' then 1 end) as {flow}_products" for flow in _FLOWS]
    parts = ", ".join(f"sum(case when {on} then value end) as {part}" for part, on in _ON.items())
    by = "firm, year, flow, partner"
    return Query(
        "fold",
        (
            Step("traded", "select *\nfrom trade_cells\nwhere value > 0"),
            Step("sides", f"select {by}, {parts}\nfrom traded\ngroup by {by}"),
            Step("by_partner", f"select *, partner in ({countries}) as country\nfrom sides"),
            Step("sums", _by_firm([*sides, *aside, *numbers], "by_partner")),
            Step(
                "by_product",
                f"select distinct firm, year, flow, product\nfrom traded\nwhere product <> '{UNKNOWN}'",
            ),
            Step("products", _by_firm(products, "by_product")),
            Step(
                "fold",
                "select sums.*, p.import_products, p.export_products\nfrom sums\n"
                "left join products as p on sums.firm = p.firm and sums.year = p.year",
            ),
        ),
    )


def _by_firm(values: list[str], step: str) -> str:
    listed = ",\n  ".join(["firm", "year", *values])
    return f"select {listed}\nfrom {step}\ngroup by firm, year"


def make_fold(engine: DuckDB) -> None:
    """Make the table `trade_fold` from `trade_cells`; sums have 18 digits (fast) where all fit, else 38."""
    engine.execute(f"create or replace temporary table trade_fold as\n{fold_query().sql}")
    sums = [*FLOWS, "import_aside", "export_aside"]
    (largest,) = engine.rows(f"select {', '.join(f'max({name})' for name in sums)} from trade_fold")
    if all(value is None or value < _NARROW for value in largest):
        for name in sums:
            engine.execute(f"alter table trade_fold alter column {name} type decimal(18,4)")


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
    for flow in _FLOWS:
        none = " and ".join(f"({flows[f'{flow}_{side}']}) = 0" for side in ("intra", "extra"))
        for what in ("partners", "products"):
            number = f"{row}.{flow}_{what}"
            found[f"{flow}_{what}"] = f"case when {number} > 0 then {number} when {none} then 0 end"
    return found
