"""Relations with a row for each firm, year, flow and partner (or chapter), made from sums of trade cells.

Each row has all that the panel says of the firm in the year, and of its own: `traded` ('import', 'export'),
`traded_value`, and `partner_code` with `intra` (inside the union, outside, NULL: nobody can tell), or
`chapter_code` (the first two digits of the product). A partner that joins or leaves in the year has a row
on either side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.steps import Query, Step
from firmtrade.acquire.transactions.products import UNKNOWN

#: What the rows of each relation are told apart by, as SQL over the sums that they are made from.
KEYS: Mapping[str, Mapping[str, str]] = {
    "partners": {"partner_code": "cast(partner as varchar)", "intra": "intra"},
    "products": {
        "chapter_code": f"case when product = '{UNKNOWN}' then '{UNKNOWN}' else substring(product, 1, 2) end"
    },
}
#: A firm's rows in order, as a text: the first is the one that is counted, so nested groups share it where
#: they can. No two rows of a firm, year and flow have the same.
_ORDER = {
    "partners": "case when intra then '0' when not intra then '1' else '2' end || partner_code",
    "products": "chapter_code",
}
_SUMS = {"partners": "trade_by_partner", "products": "trade_by_product"}


def details_query(relation: str, once: Mapping[str, str], years: Iterable[str]) -> Query:
    """The rows of the years that are asked about.

    `once` gives further columns, each true for a firm's first row that meets a condition.
    """
    keys, order = KEYS[relation], _ORDER[relation]
    asked = ", ".join(sorted(years)) or "null"
    first = next(iter(keys))
    # The sums by partner are what is asked for; those by product are of single products.
    single = relation == "partners"
    value = "value" if single else "sum(value)"
    grouped = "" if single else "\ngroup by " + ", ".join(["firm", "year", "flow", *keys.values()])
    named = ", ".join(["firm", "year", "flow as traded", *(f"{sql} as {name}" for name, sql in keys.items())])
    own = ["traded", *keys, "traded_value"]
    inside = [f"coalesce({condition}, false) as {name}" for name, condition in once.items()]
    placed = ",\n  ".join(["c.*", f"{order} as place", *inside])
    # The first row of each group is told by one grouping, before the panel's many columns are joined.
    firsts = ["min(place) as once", *(f"min(case when {name} then place end) as {name}" for name in once)]
    of_key = f"o.place = min(o.place) over (partition by o.firm, o.year, o.traded, o.{first})"
    told = [f"o.{name}" for name in ("firm", "year", *own)]
    told += [f"coalesce(o.place = s.{name}, false) as {name}" for name in ("once", *once)]
    told.append(f"{of_key if len(keys) > 1 else 'true'} as once_of_key")
    shown = ", ".join(f"f.{name}" for name in (*own, "once", "once_of_key", *once))
    panel = "join panel as p on {0}.firm = p.firm and {0}.year = p.year".format
    firm = ("firm", "year", "traded")
    same = " and ".join(f"o.{name} = s.{name}" for name in firm)
    return Query(
        f"firm {relation}",
        (
            Step("c", f"select {named}, {value} as traded_value\nfrom {_SUMS[relation]}\n"
                      f"where year in ({asked}){grouped}"),
            Step("o", f"select {placed}\nfrom c {panel('c')}"),
            Step("s", f"select {', '.join([*firm, *firsts])}\nfrom o group by {', '.join(firm)}"),
            Step("f", f"select {', '.join(told)}\nfrom o join s on {same}"),
            Step("rows", f"select p.*, {shown}\nfrom f {panel('f')}"),
        ),
    )  # fmt: skip


def make_details(
    engine: DuckDB, relation: str, once: Mapping[str, str], years: Iterable[str]
) -> frozenset[str]:
    """Make the table `firm_partners` or `firm_products` of these years; returns its columns."""
    table = f"firm_{relation}"
    engine.execute(
        f"create or replace temporary table {table} as\n{details_query(relation, once, years).sql}"
    )
    return frozenset(engine.describe(table))
