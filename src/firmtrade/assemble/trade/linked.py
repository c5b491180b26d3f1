"""Declarations, register and accounts linked: the relation `panel` of a trade register.

One row for each firm and year that is in the register or declares trade. Everything that works on a panel
works on it; `transactions` and `trade_cells` are there besides, for what a panel cannot hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.steps import Query, Step
from firmtrade.acquire.contract import CONTRACT, FLOWS, LINKED
from firmtrade.acquire.transactions.spec import AccountsSpec, IdentifiersSpec, RegisterSpec, TransactionsSpec
from firmtrade.assemble.panel import Panel, open_panel
from firmtrade.assemble.trade.cells import make_cells
from firmtrade.assemble.trade.coverage import coverage_value, known_activity
from firmtrade.assemble.trade.declarations import Declarations, open_declarations
from firmtrade.assemble.trade.fold import flow_values, make_fold, number_values
from firmtrade.assemble.trade.identifiers import open_identifiers
from firmtrade.assemble.trade.thresholds import Thresholds, thresholds
from firmtrade.errors import StudyError

#: Columns of a study's parts that say where a row comes from, not what a firm is.
_OWN = ("firm", "year", "ceased")


@dataclass(frozen=True)
class TradeSpec:
    """The parts of a study about a trade register; `sources` (of the command line) override their files."""

    transactions: TransactionsSpec
    register: RegisterSpec | None
    accounts: AccountsSpec | None
    identifiers: IdentifiersSpec | None
    blocs: Mapping[str, Any]
    thresholds: Mapping[str, Any]
    base: Path
    file: str
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def classification(self) -> str:
        """The classification of activities: the register's, else that of the accounts."""
        parts = (self.register, self.accounts)
        return next((part.classification for part in parts if part and part.classification), "")


@dataclass(frozen=True)
class Linked:
    """What was linked. `panel` is an ordinary one; `register` and `accounts` may be missing."""

    panel: Panel
    declarations: Declarations
    register: Panel | None
    accounts: Panel | None
    thresholds: Thresholds
    renamed: int = 0


def read_trade(parts: Mapping[str, Any], base: Path, file: str, sources: Mapping[str, str]) -> TradeSpec:
    """The parts of a study file, checked; one that only the command line names has our column names."""

    def asked(name: str) -> Any:
        return parts.get(name) or ({} if name in sources else None)

    register, accounts, identifiers = asked("register"), asked("accounts"), asked("identifiers")
    return TradeSpec(
        TransactionsSpec.read(asked("transactions") or {}),
        None if register is None else RegisterSpec.read(register),
        None if accounts is None else AccountsSpec.read(accounts),
        None if identifiers is None else IdentifiersSpec.read(identifiers),
        parts.get("blocs") or {},
        parts.get("thresholds") or {},
        base,
        file,
        sources,
    )


def open_linked(engine: DuckDB, spec: TradeSpec) -> Linked:
    """Make `transactions`, `trade_cells` and `panel`. Raises DataError for a source that cannot be read."""
    named = spec.sources.get
    renamed = 0
    if spec.identifiers:
        renamed = open_identifiers(engine, spec.identifiers, named("identifiers"), spec.base)
    found = open_declarations(
        engine, spec.transactions, named("transactions"), spec.base, spec.blocs, bool(spec.identifiers)
    )
    register = _opened(engine, spec, spec.register)
    accounts = _opened(engine, spec, spec.accounts)
    _refuse_twins(register, accounts)
    make_cells(engine, bool(found.panel.checked))
    make_fold(engine)
    limits = thresholds(spec.thresholds, found.home, spec.file)
    linked = Linked(_described(found, register, accounts), found, register, accounts, limits, renamed)
    engine.execute(f"create or replace temporary table panel_rows as\n{panel_query(spec, linked).sql}")
    engine.execute("create or replace view panel as select * from panel_rows")
    columns = engine.describe("panel")
    return Linked(_with_columns(linked.panel, columns), found, register, accounts, limits, renamed)


def _opened(engine: DuckDB, spec: TradeSpec, part: RegisterSpec | AccountsSpec | None) -> Panel | None:
    if part is None:
        return None
    named = spec.sources.get(part.relation)
    return open_panel(engine, part, named, spec.base, renamed=bool(spec.identifiers))


def _refuse_twins(register: Panel | None, accounts: Panel | None) -> None:
    """A column of both would be one or the other: the study says which."""
    both = sorted(
        (register.columns if register else {}).keys() & (accounts.columns if accounts else {}).keys()
    )
    both = [name for name in both if name not in _OWN]
    if both:
        raise StudyError(
            f"{both[0]} is a column of the register and of the accounts. Say which is meant: give the other "
            f'one another name, as in  [register] columns = {{ register_{both[0]} = "..." }}'
        )


def _described(found: Declarations, register: Panel | None, accounts: Panel | None) -> Panel:
    """The panel as its sources describe it; its columns are read off the relation when it is there."""
    opened = [part for part in (found.panel, register, accounts) if part]

    def hashes() -> dict[str, str]:
        return {name: digest for part in opened for name, digest in part.hashes().items()}

    return Panel(
        columns={}, flags=frozenset(), missing={},
        files=tuple(path for part in opened for path in part.files),
        name=" with ".join(part.name for part in opened), synthetic=_synthetic(opened),
        dropped={f"{part.name}: {why}": n for part in opened for why, n in part.dropped.items()},
        checked=(), hashes=hashes, place=found.panel.place, notes=(),
    )  # fmt: skip


def _synthetic(opened: list[Panel]) -> str:
    """What the sources say of being synthetic: only if all of them say so."""
    said = [part.synthetic for part in opened]
    return "; ".join(dict.fromkeys(said)) if all(said) else ""


def _with_columns(panel: Panel, columns: Mapping[str, str]) -> Panel:
    from dataclasses import replace

    known = tuple(column.name for column in CONTRACT)
    missing = {name: "" for name in known if name not in columns and name not in ("holding", "confidential")}
    return replace(panel, columns=columns, missing=missing)


def panel_query(spec: TradeSpec, linked: Linked) -> Query:
    """The panel: firm-years of the register and those that declare, with accounts, flows and coverage."""
    years = linked.declarations.years
    steps = [*_records(spec, linked), *_accounts(spec, linked)]
    keys = ["select firm, year from trade_fold"]
    keys += ["select firm, year from records"] if linked.register else []
    keys += ["select firm, year from filed"] if linked.accounts and not linked.register else []
    steps.append(Step("keys", "\nunion\n".join(keys)))
    transactions = spec.transactions
    flows = flow_values(lambda flow: transactions.complete_years(flow, years), "f", "k.year")
    values = {
        "firm": "k.firm",
        "year": "k.year",
        **_described_by(linked),
        **flows,
        **number_values(flows, "f"),
    }
    activity = values.get("activity", "cast(null as varchar)")
    known = known_activity(activity, spec.classification)
    values["coverage"] = coverage_value(linked.thresholds, years, "f", "k.year", known)
    values["in_register"] = "r.firm is not null" if linked.register else "cast(null as boolean)"
    values |= {f"declared_{flow}": _declared(flow) for flow in ("import", "export")}
    listed = ",\n  ".join(f"{sql} as {name}" for name, sql in values.items())
    joins = ["left join trade_fold as f on k.firm = f.firm and k.year = f.year"]
    joins += ["left join records as r on k.firm = r.firm and k.year = r.year"] if linked.register else []
    joins += ["left join filed as a on k.firm = a.firm and k.year = a.year"] if linked.accounts else []
    text = f"select {listed}\nfrom keys as k\n" + "\n".join(joins)
    return Query("panel", (*steps, Step("panel", text)))


def _declared(flow: str) -> str:
    """All that a firm declares of a flow, on whichever side of the union."""
    parts = [f"coalesce(f.{flow}_{side}, 0)" for side in ("intra", "extra", "aside")]
    return f"case when f.firm is not null then {' + '.join(parts)} end"


def _described_by(linked: Linked) -> dict[str, str]:
    """What the register and the accounts say of a firm, in the contract's order, further columns after it."""
    found = {}
    for row, part in (("r", linked.register), ("a", linked.accounts)):
        for name in part.columns if part else ():
            if name not in (*_OWN, *FLOWS, *LINKED):
                found[name] = f"{row}.{name}"
    order = {column.name: place for place, column in enumerate(CONTRACT)}
    return dict(sorted(found.items(), key=lambda pair: (order.get(pair[0], len(order)), pair[0])))


def _firm(spec: TradeSpec, row: str) -> tuple[str, str]:
    """(a firm's latest identifier, the join that gives it)."""
    if not spec.identifiers:
        return f"{row}.firm", ""
    return f"coalesce(i.new, {row}.firm)", f" left join trade_identifiers as i on {row}.firm = i.old"


def _records(spec: TradeSpec, linked: Linked) -> list[Step]:
    """The register's records by firm and year; a register without years has one in each year of a life."""
    if not linked.register:
        return []
    have = linked.register.columns
    names = [name for name in have if name not in ("firm", "year")]
    firm, join = _firm(spec, "s")
    listed = ", ".join([f"{firm} as firm", *(f"s.{name}" for name in names)])
    if "year" in have:
        return [Step("records", f"select s.year, {listed}\nfrom register as s{join}")]
    alive = [f"(s.{name} is null or s.{name} {sign} y.year)"
             for name, sign in (("founded", "<="), ("ceased", ">=")) if name in have]  # fmt: skip
    years = ", ".join(f"({year})" for year in linked.declarations.years) or "(null)"
    where = f"\nwhere {' and '.join(alive)}" if alive else ""
    return [
        Step("years", f"select * from (values {years}) as y(year)"),
        Step("records", f"select y.year, {listed}\nfrom register as s{join}\ncross join years as y{where}"),
    ]


def _accounts(spec: TradeSpec, linked: Linked) -> list[Step]:
    if not linked.accounts:
        return []
    names = [name for name in linked.accounts.columns if name != "firm"]
    firm, join = _firm(spec, "s")
    listed = ", ".join([f"{firm} as firm", *(f"s.{name}" for name in names)])
    return [Step("filed", f"select {listed}\nfrom accounts as s{join}")]
