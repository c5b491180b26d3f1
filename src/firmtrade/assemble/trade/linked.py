"""Declarations, register and accounts linked: the relation `panel` of a trade register.

One row for each firm and year that is in the register or declares trade. Everything that works on a panel
works on it; `transactions` and `trade_cells` are there besides, for what a panel cannot hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.steps import Query, Step
from firmtrade.acquire.classification import division_length
from firmtrade.acquire.contract import CONTRACT, FLOWS, LINKED
from firmtrade.acquire.transactions.spec import AccountsSpec, IdentifiersSpec, RegisterSpec, TransactionsSpec
from firmtrade.assemble.panel import Panel, open_panel
from firmtrade.assemble.trade.cells import make_cells, make_coarser
from firmtrade.assemble.trade.coverage import above_value, coverage_value, known_activity
from firmtrade.assemble.trade.declarations import Declarations, open_declarations
from firmtrade.assemble.trade.fold import flow_values, make_fold, number_values, silent_values
from firmtrade.assemble.trade.identifiers import open_identifiers
from firmtrade.assemble.trade.thresholds import Thresholds, thresholds
from firmtrade.errors import StudyError

#: What the register and the accounts say, by firm and year.
RECORDS, FILED = "trade_records", "trade_filed"
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

    @property
    def told_by(self) -> Mapping[str, str]:
        """Column of the panel -> relation (by firm and year) that it is taken from as it is."""
        relations = {"r": RECORDS, "a": FILED}
        return {name: relations[sql.partition(".")[0]] for name, sql in _described_by(self).items()}


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


def open_linked(
    engine: DuckDB, spec: TradeSpec, quantities: bool = True, folded: bool = True, panel: bool = True
) -> Linked:
    """Make `transactions`, `trade_cells` and `panel`. Raises DataError for a source that cannot be read.

    `trade_records` and `trade_filed` are what the register and the accounts say of a firm and year. Without
    `quantities` the cells have values only. Without `panel` the panel is a view, worked out by each query
    until `keep_panel` keeps what is asked of it; without `folded` so are the sums by firm and year: for a
    study that asks little of them.
    """
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
    make_cells(engine, quantities)
    kind = "table" if folded else "view"
    make_coarser(engine, kind)
    make_fold(engine, kind)
    limits = thresholds(spec.thresholds, found.home, spec.file)
    linked = Linked(_described(found, register, accounts), found, register, accounts, limits, renamed)
    for made in (*_records(spec, linked), *_accounts(spec, linked)):
        engine.execute(f"create or replace temporary view {made.name} as\n{made.sql}")
    query = panel_query(spec, linked, _divisions(engine, spec, linked))
    kind = "table" if panel else "view"
    engine.execute(f"create or replace temporary {kind} panel_rows as\n{query.sql}")
    engine.execute("create or replace view panel as select * from panel_rows")
    columns = engine.describe("panel")
    return Linked(_with_columns(linked.panel, columns), found, register, accounts, limits, renamed)


def keep_panel(engine: DuckDB, linked: Linked, asked: Iterable[str]) -> None:
    """Keep the columns of the panel that are asked for, in a table: the relation `panel` has no others."""
    listed = ", ".join(name for name in linked.panel.columns if name in {"firm", "year", *asked})
    rows = f"select {listed} from {linked.panel.rows}"
    engine.execute(f"create or replace temporary table panel_kept as {rows}")
    engine.execute("create or replace view panel as select * from panel_kept")


def _divisions(engine: DuckDB, spec: TradeSpec, linked: Linked) -> list[str]:
    """The beginnings of codes of activities, as long as those of divisions; looked at once, not by firm."""
    relation = linked.told_by.get("activity")
    if not relation or not spec.classification:
        return []
    length = division_length(spec.classification)
    code = f"substring(activity, 1, {length})"
    rows = engine.rows(f"select distinct {code} from {relation} where activity is not null")
    return sorted(code for (code,) in rows)


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


def panel_query(spec: TradeSpec, linked: Linked, divisions: Iterable[str]) -> Query:
    """The panel: firm-years of the register and those that declare, with accounts, flows and coverage.

    `divisions` are the beginnings of codes of activities that there are.
    """
    # Who declares is joined to the register (or else the accounts) from both sides.
    base = "r" if linked.register else "a" if linked.accounts else ""
    firm, year = (f"coalesce({base}.{key}, f.{key})" if base else f"f.{key}" for key in ("firm", "year"))
    years, of = linked.declarations.years, spec.transactions
    silent = silent_values(lambda flow: of.complete_years(flow, years), year)
    values = {"firm": firm, "year": year, **_described_by(linked)}
    values |= {name: f"case when f.firm is null then {sql} else f.{name} end" for name, sql in silent.items()}
    activity = values.get("activity", "cast(null as varchar)")
    known = known_activity(activity, spec.classification, divisions)
    values["coverage"] = coverage_value("f.firm is not null", known, "f.above")
    values["in_register"] = "r.firm is not null" if linked.register else "cast(null as boolean)"
    listed = ",\n  ".join(f"{sql} as {name}" for name, sql in values.items())
    on = "on {0}.firm = {1}.firm and {0}.year = {1}.year".format
    text = f"select {listed}\nfrom declared as f"
    if base:
        text += f"\nfull join {RECORDS if linked.register else FILED} as {base} {on('f', base)}"
    if linked.register and linked.accounts:
        text += f"\nleft join {FILED} as a on {firm} = a.firm and {year} = a.year"
    return Query("panel", (_declared(spec, linked), Step("panel", text)))


def _declared(spec: TradeSpec, linked: Linked) -> Step:
    """What is known of the flows of firm-years that declare; worked out before the register is joined."""
    years, of = linked.declarations.years, spec.transactions
    flows = flow_values(lambda flow: of.complete_years(flow, years), "f", "f.year")
    values = {**flows, **number_values(flows, "f"), "above": above_value(linked.thresholds, years, "f")}
    listed = ",\n  ".join(f"{sql} as {name}" for name, sql in values.items())
    declared = "f.declared_import, f.declared_export"
    return Step("declared", f"select f.firm, f.year, {declared},\n  {listed}\nfrom trade_fold as f")


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
        return [Step(RECORDS, f"select s.year, {listed}\nfrom register as s{join}")]
    alive = [f"(s.{name} is null or s.{name} {sign} y.year)"
             for name, sign in (("founded", "<="), ("ceased", ">=")) if name in have]  # fmt: skip
    years = ", ".join(f"({year})" for year in linked.declarations.years) or "(null)"
    where = f"\nwhere {' and '.join(alive)}" if alive else ""
    lived = f"cross join (values {years}) as y(year){where}"
    return [Step(RECORDS, f"select y.year, {listed}\nfrom register as s{join}\n{lived}")]


def _accounts(spec: TradeSpec, linked: Linked) -> list[Step]:
    if not linked.accounts:
        return []
    names = [name for name in linked.accounts.columns if name != "firm"]
    firm, join = _firm(spec, "s")
    listed = ", ".join([f"{firm} as firm", *(f"s.{name}" for name in names)])
    return [Step(FILED, f"select {listed}\nfrom accounts as s{join}")]
