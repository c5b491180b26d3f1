"""Codes of declarations that are not known, with the nearest that is and the lines that have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.read import literal
from firmtrade.acquire.transactions import partners
from firmtrade.acquire.transactions.products import UNKNOWN, possible
from firmtrade.acquire.transactions.spec import TransactionsSpec
from firmtrade.assemble.check_report import Example, Problem
from firmtrade.assemble.trade.declarations import Declarations

#: Lines shown for each problem, and codes named in it.
SHOWN, NAMED = 5, 12


def code_problems(engine: DuckDB, spec: TransactionsSpec, found: Declarations) -> Iterator[Problem]:
    """Periods, flows and partners that mean nothing to us, sums of partners, and the country itself."""
    wrong = [raw for raw, when in found.periods.items() if when is None]
    if wrong:
        yield _unknown_period(engine, found, wrong)
    flows = [raw for raw, flow in found.flows.items() if not flow]
    if flows:
        written = ", ".join(f'"{raw}" = "import"' for raw in flows[:2])
        yield _problem(
            engine, found, "unknown-flow", "flow", flows, "flows that are neither import nor export",
            f"Say what each means:  codes = {{ flow = {{ {written} }} }}  in [transactions].",
        )  # fmt: skip
    lost = [raw for raw, partner in found.partners.items() if partner is None]
    if lost:
        yield _unknown_partner(engine, found, lost)
    sums = [raw for raw, partner in found.partners.items() if partner and partner.kind == "sums"]
    if sums:
        yield _problem(
            engine, found, "sum-partner", "partner", sums, "lines whose partner is a sum of partners",
            "Such a line counts its parts twice. Leave it out:  drop = [{ column = \"partner\", equals = "
            f"{sums[0]!r} }}]  in [transactions].",
        )  # fmt: skip
    yield from _own_country(engine, spec, found)


def _own_country(engine: DuckDB, spec: TransactionsSpec, found: Declarations) -> Iterator[Problem]:
    """Imports of the country's own goods that come back, or a mistake: the study says which."""
    own = [raw for raw, partner in found.partners.items() if partner and partner.code == found.home]
    if own and spec.own_country == "refuse":
        yield _problem(
            engine, found, "own-country", "partner", own, f"lines whose partner is {found.home} itself",
            "Goods of the country that come back (re-imports), or a mistake. Say what they are:  "
            "own_country = "
            '"intra", "extra" or "leave-out"  in [transactions].',
        )  # fmt: skip


def _unknown_period(engine: DuckDB, found: Declarations, wrong: list[Any]) -> Problem:
    names = ["period"] if "period" in found.panel.columns else ["year"]
    seen = [raw[0] for raw in wrong if raw[0] is not None]
    remedy = (
        "Periods are years, months or days: 2002, 200205, 2002-05, 2002-05-31. Correct the source, or leave "
        f'such lines out:  drop = [{{ column = "{names[0]}", equals = [...] }}]  in [transactions].'
    )
    return _problem(engine, found, "unknown-period", names[0], seen, "periods that cannot be read", remedy)


def _unknown_partner(engine: DuckDB, found: Declarations, lost: list[str]) -> Problem:
    near = {raw: hint for raw in lost[:NAMED] if (hint := partners.near(str(raw)))}
    hints = "; ".join(f"is '{raw}' {hint}?" for raw, hint in near.items())
    written = ", ".join(f'"{raw}" = "..."' for raw in lost[:2])
    remedy = (
        f"{hints[:1].upper()}{hints[1:]} " if hints else ""
    ) + f"Say which country each is:  codes = {{ partner = {{ {written} }} }}  in [transactions]."
    title = f"lines of {len(lost):,} partners that are not known ({_some(lost)})"
    return _problem(engine, found, "unknown-partner", "partner", lost, title, remedy)


def product_problems(engine: DuckDB, spec: TransactionsSpec, found: Declarations) -> Iterator[Problem]:
    """Codes that the classification cannot have, and those that the correspondence does not lead from."""
    if found.uncorresponded:
        table = spec.correspondence.file if spec.correspondence else ""
        title = f"product codes that {table} does not have ({_some(found.uncorresponded)})"
        remedy = (
            "Their trade is of an unknown product. Complete the table, or take the one of the declared years."
        )
        yield Problem("no-correspondence", "warn", title, len(found.uncorresponded), remedy, "product")
    if "product" not in found.panel.columns or spec.products == "other" or spec.correspondence:
        return
    seen = [code for (code,) in engine.rows("select distinct product from trade_cells order by 1")]
    wrong = [code for code in seen if code and code != UNKNOWN and not possible(code, spec.products)]
    if wrong:
        count, shown = lines(engine, found, f"product in ({_listed(wrong)})", "product")
        title = f"lines with product codes that {spec.products} cannot have ({_some(wrong)})"
        remedy = 'Is products in [transactions] the right classification? Other codes:  products = "other".'
        yield Problem("impossible-product", "warn", title, count, remedy, "product", shown)


def _problem(
    engine: DuckDB, found: Declarations, rule: str, column: str, raw: list[Any], title: str, remedy: str
) -> Problem:
    kind = found.panel.columns[column]
    wrong = ", ".join(f"cast({literal(one)} as {kind})" for one in raw) or "null"
    at = f"{found.panel.rows}"
    ((count,),) = engine.rows(f"select count(*) from {at} where {column} in ({wrong})")
    rows = engine.rows(
        f"select __file, __row, firm, cast({column} as varchar) from {at} where {column} in ({wrong}) "
        f"order by __file, __row limit {SHOWN}"
    )
    shown = tuple(Example(found.panel.place(file, row), firm, None, value) for file, row, firm, value in rows)
    return Problem(rule, "stop", title, count, remedy, column, shown)


def lines(engine: DuckDB, found: Declarations, condition: str, about: str) -> tuple[int, tuple[Example, ...]]:
    """(number of lines for which a condition over `transactions_rows` holds, the first of them)."""
    ((count,),) = engine.rows(f"select count(*) from transactions_rows where {condition}")
    rows = engine.rows(
        f"select __file, __row, firm, year, cast({about} as varchar) from transactions_rows "
        f"where {condition} order by __file, __row limit {SHOWN}"
    )
    return count, tuple(Example(found.panel.place(file, row), *rest) for file, row, *rest in rows)


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(map(literal, codes))


def _some(codes: Iterable[Any]) -> str:
    named = [str(code) for code in codes]
    return ", ".join(named[:NAMED]) + (f" and {len(named) - NAMED:,} more" if len(named) > NAMED else "")
