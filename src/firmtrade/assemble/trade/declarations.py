"""Declarations with their codes looked up: the relation `transactions`.

What the source calls periods, flows, partners and products is read once, as a list of distinct codes; each
code is worked out in Python and joined back. So a view over a billion lines of Parquet stays a view, and no
line of it is ever in Python. `transactions_rows` has the place of each line besides (file and row).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.read import literal
from firmtrade.acquire.transactions import partners, periods, products
from firmtrade.acquire.transactions.spec import TransactionsSpec
from firmtrade.assemble.panel import Panel, open_panel
from firmtrade.assemble.trade.blocs import Bloc, bloc
from firmtrade.assemble.trade.lookups import make_code, make_lookup
from firmtrade.errors import DataError, StudyError

#: A column with more different codes than this is not what the study says that it is.
MOST = 20_000
#: Types of the codes of partners and products.
PARTNER, PRODUCT = "trade_partner", "trade_product"
#: Periods before and after which the union is another are apart; see `_spans`.
Period = tuple[int, int]


@dataclass(frozen=True)
class Declarations:
    """Opened declarations.

    `periods`, `flows`, `partners` and `products` lead from the source's codes to ours (None: not known).
    `union` is the bloc, `home` the declaring country ('' if none is named).
    """

    panel: Panel
    union: Bloc
    home: str
    periods: Mapping[Any, Period | None] = field(repr=False)
    flows: Mapping[str, str]
    partners: Mapping[str, partners.Partner | None] = field(repr=False)
    products: Mapping[str, str] = field(repr=False)
    uncorresponded: tuple[str, ...] = ()

    @property
    def years(self) -> tuple[int, ...]:
        """The years that are declared."""
        return tuple(sorted({found[0] for found in self.periods.values() if found}))


def open_declarations(
    engine: DuckDB,
    spec: TransactionsSpec,
    source: str | None,
    base: Path,
    blocs: Mapping[str, Any],
    identifiers: bool = False,
) -> Declarations:
    """Make the relations `transactions` and `transactions_rows`.

    `source` (from the command line) overrides the study's files, `blocs` are the study's own unions. With
    `identifiers` the table `trade_identifiers` (old, new) gives firms their latest identifier. Raises
    DataError for a source that cannot be read or lacks a column; wrong codes are left to the check.
    """
    union = bloc(spec.union, blocs, "[transactions], union")
    home = _home(spec)
    panel = open_panel(engine, spec, source, base)
    _refuse_lacking(panel)
    found = Declarations(
        panel, union, home,
        periods=_periods(engine, panel),
        flows=_flows(engine, spec, panel),
        partners=_partners(engine, spec, panel),
        products=_products(engine, spec, panel),
    )  # fmt: skip
    spans = _spans(found, spec)
    _period_table(engine, panel, found, spans)
    _partner_table(engine, spec, found, spans)
    lacking = _product_table(engine, spec, found, base)
    _view(engine, spec, found, len(set(spans.values())) > 1, identifiers)
    return replace(found, uncorresponded=lacking)


def _home(spec: TransactionsSpec) -> str:
    if not spec.home:
        return ""
    found = partners.find(spec.home)
    if found is None or not found.is_country:
        near = partners.near(spec.home)
        hint = f" Did you mean {near}?" if near else ""
        raise StudyError(f"[transactions], home: '{spec.home}' is no country.{hint}")
    return found.code


def _refuse_lacking(panel: Panel) -> None:
    """A period and a flow are needed; partners and products need not be known."""
    have = panel.columns
    if "period" not in have and "year" not in have:
        raise DataError(
            f'{panel.name} has no period. Say which column it is:  columns = {{ period = "..." }}  (or year '
            f"and month)  in [transactions]; for a file of one year  constant = {{ period = 2002 }}."
        )  # fmt: skip
    if "flow" not in have:
        raise DataError(
            f"{panel.name} does not say which declarations are imports and which exports. Say which column "
            f'does:  columns = {{ flow = "..." }}  in [transactions]; a file of exports has  constant = '
            f'{{ flow = "export" }}.'
        )


def _distinct(engine: DuckDB, panel: Panel, names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    listed = ", ".join(names)
    known = " or ".join(f"{name} is not null" for name in names)
    found = engine.rows(
        f"select distinct {listed} from {panel.rows} where {known} order by {listed} limit {MOST + 1}"
    )
    if len(found) > MOST:
        what = " and ".join(names)
        raise DataError(
            f"{panel.name}: the column of {what} has more than {MOST:,} different values, such as "
            f"{', '.join(repr(row[0]) for row in found[:3])}. Is it the right one?"
        )
    return found


def _period_columns(panel: Panel) -> tuple[str, ...]:
    if "period" in panel.columns:
        return ("period",)
    return ("year", "month") if "month" in panel.columns else ("year",)


def _periods(engine: DuckDB, panel: Panel) -> dict[Any, Period | None]:
    names = _period_columns(panel)
    found: dict[Any, Period | None] = {}
    for row in _distinct(engine, panel, names):
        if len(row) == 1:
            found[row] = periods.period(str(row[0]))
        else:
            year, month = row
            text = f"{year}" if month is None else f"{year}-{str(month).rjust(2, '0')}"
            found[row] = periods.period(text) if year is not None else None
    return found


def _flows(engine: DuckDB, spec: TransactionsSpec, panel: Panel) -> dict[str, str]:
    own = {str(theirs): str(ours) for theirs, ours in spec.mapped("flow").items()}
    for theirs, ours in own.items():
        if ours not in ("import", "export"):
            raise StudyError(f"[transactions], codes.flow: {theirs} is '{ours}'; write import or export.")
    found = {}
    for (raw,) in _distinct(engine, panel, ("flow",)):
        text = str(raw).removesuffix(".0")
        found[raw] = own.get(str(raw), own.get(text, periods.flow(text)))
    return found


def _partners(engine: DuckDB, spec: TransactionsSpec, panel: Panel) -> dict[str, partners.Partner | None]:
    if "partner" not in panel.columns:
        return {}
    own = {str(theirs): str(ours) for theirs, ours in spec.mapped("partner").items()}
    for theirs, ours in own.items():
        if ours != partners.UNKNOWN and partners.find(ours) is None:
            raise StudyError(f"[transactions], codes.partner: {theirs} is '{ours}', which is no partner.")
    unknown = partners.Partner(partners.UNKNOWN, "special", "not stated")
    found: dict[str, partners.Partner | None] = {}
    for (raw,) in _distinct(engine, panel, ("partner",)):
        text = own.get(str(raw), str(raw))
        found[raw] = unknown if text.lower() == partners.UNKNOWN else partners.find(text)
    return found


def _products(engine: DuckDB, spec: TransactionsSpec, panel: Panel) -> dict[str, str]:
    """Each code and ours for it; empty for codes of no known classification that stay as they are."""
    if "product" not in panel.columns:
        return {}
    own = {str(theirs): str(ours) for theirs, ours in spec.mapped("product").items()}
    if spec.products == "other" and not (own or spec.digits or spec.correspondence):
        return {}
    seen = engine.rows(f"select distinct product from {panel.rows} where product is not null")
    found = {raw: own.get(str(raw)) or products.tidy(str(raw), spec.products) for (raw,) in seen}
    stays = not (spec.digits or spec.correspondence) and all(raw == code for raw, code in found.items())
    if stays and len(found) > MOST:
        return {}
    return dict(sorted(found.items(), key=lambda pair: str(pair[0])))


def _spans(found: Declarations, spec: TransactionsSpec) -> dict[Any, int]:
    """A number for each period; periods of one number have the same union."""
    members = sorted(found.union.spans)
    numbers: dict[tuple[bool | None, ...], int] = {}
    spans = {}
    for raw, when in found.periods.items():
        if when is not None:
            union = tuple(found.union.holds(code, *when, spec.joining) for code in members)
            spans[raw] = numbers.setdefault(union, len(numbers))
    return spans


def _period_table(engine: DuckDB, panel: Panel, found: Declarations, spans: Mapping[Any, int]) -> None:
    names = _period_columns(panel)
    columns = [(f"raw_{name}", panel.columns[name]) for name in names]
    columns += [("year", "integer"), ("month", "integer"), ("span", "integer")]
    rows = [
        (*raw, when[0], when[1] or None, spans[raw])
        for raw, when in found.periods.items()
        if when is not None
    ]
    make_lookup(engine, "trade_periods", columns, rows)


def _partner_table(
    engine: DuckDB, spec: TransactionsSpec, found: Declarations, spans: Mapping[Any, int]
) -> None:
    kind = found.panel.columns.get("partner", "VARCHAR")
    whens = {span: found.periods[raw] for raw, span in spans.items()}
    rows = []
    for raw, partner in found.partners.items():
        if partner is None or partner.kind == "sums":
            continue
        for span, when in sorted(whens.items()):
            assert when is not None
            rows.append((raw, span, partner.code, _inside(spec, found, partner.code, when)))
    columns = [("raw", kind), ("span", "integer"), ("partner", "varchar"), ("intra", "boolean")]
    make_lookup(engine, "trade_partners", columns, rows)
    make_code(engine, PARTNER, "trade_partners", "partner", partners.UNKNOWN)


def _inside(spec: TransactionsSpec, found: Declarations, code: str, when: Period) -> bool | None:
    if code == found.home:
        return {"intra": True, "extra": False}.get(spec.own_country)
    return found.union.holds(code, *when, spec.joining)


def _product_table(
    engine: DuckDB, spec: TransactionsSpec, found: Declarations, base: Path
) -> tuple[str, ...]:
    """Where each product code leads to (by year with a correspondence); returns codes that lead nowhere."""
    if not found.products:
        return ()
    columns = [("raw", found.panel.columns["product"]), ("year", "integer"), ("product", "varchar"),
               ("weight", "decimal(18,9)")]  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    lacking: set[str] = set()
    if spec.correspondence is None:
        rows = [(raw, None, _cut(code, spec.digits), None) for raw, code in found.products.items()]
    else:
        lines = products.read_correspondence(spec.correspondence, spec.products, base)
        rows, lacking = _led(found, spec, lines)
    make_lookup(engine, "trade_products", columns, rows)
    make_code(engine, PRODUCT, "trade_products", "product", products.UNKNOWN)
    return tuple(sorted(lacking))


def _led(
    found: Declarations, spec: TransactionsSpec, lines: list[products.Line]
) -> tuple[list[tuple[Any, ...]], set[str]]:
    """(where each code leads to in each year, codes that lead nowhere)."""
    weighted = bool(spec.correspondence and spec.correspondence.weight)
    rows: list[tuple[Any, ...]] = []
    lacking: set[str] = set()
    for year in found.years:
        leads = products.in_year(lines, weighted, year)
        for raw, code in found.products.items():
            targets = leads.get(code)
            if targets is None:
                lacking.add(code)
            for target, weight in sorted((targets or {}).items()):
                share = repr(weight) if weighted else None
                rows.append((raw, year, _cut(target, spec.digits), share))
    return rows, lacking


def _cut(code: str, digits: int) -> str:
    return code[:digits] if digits else code


def _view(
    engine: DuckDB, spec: TransactionsSpec, found: Declarations, several: bool, identifiers: bool
) -> None:
    """The lookups as joins; a line whose code is not known stays, with NULL, for the check to show."""
    have = found.panel.columns
    names = _period_columns(found.panel)
    equal = "is not distinct from" if len(names) > 1 else "="
    same = " and ".join(f"d.{name} {equal} p.raw_{name}" for name in names)
    joins = [f"left join trade_periods as p on {same}"]
    values = {"firm": "d.firm", "year": "p.year", "month": "p.month", "flow": _flow_case(found)}
    if identifiers:
        joins.append("left join trade_identifiers as i on d.firm = i.old")
        values["firm"] = "coalesce(i.new, d.firm)"
    unknown = f"cast({literal(partners.UNKNOWN)} as {PARTNER})"
    values |= {"partner": unknown, "intra": "cast(null as boolean)"}
    if "partner" in have:
        on = "d.partner = c.raw" + (" and p.span = c.span" if several else "")
        joins.append(f"left join trade_partners as c on {on}")
        values["partner"] = f"case when d.partner is null then {unknown} else c.partner end"
        values["intra"] = "c.intra"
    values |= _product_values(spec, found, joins)
    listed = ", ".join(f"{sql} as {name}" for name, sql in values.items())
    kept = ""
    if found.home and spec.own_country == "leave-out" and "partner" in have:
        kept = f" where c.partner is distinct from {literal(found.home)}"
    further = "d.__bad, d.__file, d.__row"
    engine.execute(
        f"create or replace view transactions_rows as select {listed}, {further} "
        f"from {found.panel.rows} as d {' '.join(joins)}{kept}"
    )
    engine.execute(
        f"create or replace view transactions as select {', '.join(values)} from transactions_rows"
    )


def _flow_case(found: Declarations) -> str:
    kind = "enum ('export', 'import')"
    whens = [
        f"when {literal(raw)} then cast({literal(flow)} as {kind})"
        for raw, flow in found.flows.items()
        if flow
    ]
    return f"case d.flow {' '.join(whens)} end" if whens else "cast(null as varchar)"


def _product_values(spec: TransactionsSpec, found: Declarations, joins: list[str]) -> dict[str, str]:
    have = found.panel.columns
    value, quantity = "d.value", "d.quantity" if "quantity" in have else "cast(null as decimal(18,6))"
    product, unknown = (
        "cast(d.product as varchar)" if "product" in have else "null",
        literal(products.UNKNOWN),
    )
    if found.products:
        dated = spec.correspondence is not None
        joins.append(
            f"left join trade_products as g on d.product = g.raw{' and p.year = g.year' if dated else ''}"
        )
        product, unknown = "g.product", f"cast({unknown} as {PRODUCT})"
        if spec.correspondence and spec.correspondence.weight:
            share = "coalesce(g.weight, 1)"
            value, quantity = (f"cast({sql} * {share} as decimal(38,6))" for sql in (value, quantity))
    return {
        "product": f"coalesce({product}, {unknown})",
        "value": value,
        "quantity": quantity,
    }
