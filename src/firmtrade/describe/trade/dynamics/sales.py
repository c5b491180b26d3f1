"""What exporters sell: the sums that every level of detail of exporter dynamics is made from.

`product_sales` and `destination_sales` have a row for each exporter, year and product (or destination);
`kept_sales` for each product and destination, for what needs both. One text for all engines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from firmtrade._engine.steps import Step
from firmtrade.describe.trade.dynamics.spec import LEVELS, DynamicsSpec

#: What a firm sells and where it sells it, and the sums by each of them.
WHATS = ("product", "destination")
#: Digits of sums where nothing else is said.
WIDE = 38
#: The level of a study's own unions.
UNION = "union"


def sales_steps(
    spec: DynamicsSpec,
    least: Mapping[int, float],
    countries: Iterable[str],
    unknown: str,
    by_product: str = "trade_cells",
    digits: int = WIDE,
) -> tuple[Step, ...]:
    """The sums, over the relation `trade_cells`; see `dynamics_query` for the arguments.

    `by_product` is a relation of which sums by product may be made; sums have so many `digits`. `years` says
    of each observed year from which value on a firm is an exporter, and whether the years around are
    observed; `large` are the exporters of each year.
    """
    known = ", ".join(
        f"({year}, {least[year]!r}, {', '.join(_true(year + n in least) for n in (-1, 1, 2, 3))})"
        for year in sorted(least)
    )
    product = f"case when c.product <> {quoted([unknown])} then substring(c.product, 1, 6) end"
    destination = f"case when c.partner in ({quoted(countries)}) then c.partner end"
    where = f"where c.flow = 'export' and c.value > 0{dropped(spec, 'c.product')}"
    large = "from {0} as s join large as l on s.firm = l.firm and s.year = l.year".format
    return (
        Step("years", f"select * from (values {known}) as y(year, least, has_0, has_1, has_2, has_3)"),
        Step("product_sums", _summed("product", product, by_product, where, digits)),
        Step(
            "large",
            "select s.firm, s.year from product_sums as s join years as y on s.year = y.year\n"
            "group by s.firm, s.year, y.least having sum(s.value) >= y.least",
        ),
        Step("product_sales", f"select s.firm, s.year, s.product, s.value\n{large('product_sums')}"),
        Step("destination_sums", _summed("destination", destination, "trade_cells", where, digits)),
        Step(
            "destination_sales", f"select s.firm, s.year, s.destination, s.value\n{large('destination_sums')}"
        ),
        Step(
            "kept_sales",
            f"select c.firm, c.year, {product} as product,\n  {destination} as destination, c.value\n"
            f"from trade_cells as c join large as l on c.firm = l.firm and c.year = l.year\n{where}",
        ),
    )


def _summed(what: str, value: str, cells: str, where: str, digits: int) -> str:
    total = f"cast(sum(c.value) as decimal({digits}, 6))"
    return (
        f"select c.firm, c.year, {value} as {what}, {total} as value\nfrom {cells} as c {where}\n"
        f"group by c.firm, c.year, {value}"
    )


def dropped(spec: DynamicsSpec, column: str) -> str:
    """SQL: the products that are left out are not among these."""
    return "".join(f" and substring({column}, 1, {len(code)}) <> {quoted([code])}" for code in spec.without)


def quoted(codes: Iterable[str]) -> str:
    """Codes as SQL, with commas between."""
    return ", ".join("'" + code.replace("'", "''") + "'" for code in codes)


def _true(value: bool) -> str:
    return "true" if value else "false"


def parts(spec: DynamicsSpec, level: str) -> list[tuple[str, str, str]]:
    """(code of a unit, condition of its rows, sales to read) of a level, as SQL over product and destination.

    A level has one such part, that of a study's unions one for each of them.
    """
    if level != UNION:
        return [(LEVELS[level], "", "destination" if level == "destination" else "product")]
    found = []
    for name, union in spec.unions.items():
        for what, codes in union.items():
            starts = (f"substring(product, 1, {len(code)}) = {quoted([code])}" for code in codes)
            to = what == "destinations"
            inside = f"destination in ({quoted(codes)})" if to else f"({' or '.join(starts)})"
            found.append((quoted([name]), inside, "destination" if to else "product"))
    return found


def levels(spec: DynamicsSpec) -> tuple[str, ...]:
    """The levels of a study, that of its unions the last."""
    return (*spec.levels, *([UNION] if spec.unions else []))


def part_rows(spec: DynamicsSpec, level: str, what: str = "") -> str:
    """The sales of a level's units: firm, part, year, value; with `what` by product (or destination) too.

    Where the unit is a beginning of the product, or the destination itself, the sums by it will do; where
    both are asked about, only the single sales can tell.
    """
    made = []
    for part, inside, of in parts(spec, level):
        needed = {of} if inside or part != LEVELS["country"] else set()
        needed |= {what} if what else set()
        source = "kept_sales" if len(needed) > 1 else f"{next(iter(needed), 'product')}_sales"
        tests = [f"{one} is not null" for one in (part, what) if one and not one.startswith("'")]
        where = " and ".join([*tests, *([inside] if inside else [])])
        by = f", {what}" if what else ""
        rows = f"from {source}{f' where {where}' if where else ''}"
        if source == f"{what or part}_sales":  # one row for each already
            made.append(f"select firm, {part} as part, year{by}, value {rows}")
            continue
        grouped = "" if part.startswith("'") else f", {part}"
        made.append(
            f"select firm, {part} as part, year{by}, sum(value) as value {rows}\n"
            f"group by firm, year{by}{grouped}"
        )
    return "\nunion all\n".join(made)
