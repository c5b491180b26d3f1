"""The check of the business register and the accounts, and of how they fit the declarations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.source import PanelSpec
from firmtrade.assemble.check import check_panel
from firmtrade.assemble.check_recode import recode_notes
from firmtrade.assemble.check_report import Example, Problem
from firmtrade.assemble.panel import Panel
from firmtrade.assemble.trade.linked import Linked, TradeSpec

_SHOWN = 5
#: What is told of a panel only; recoded activities are told once, of the linked firms with their values.
_OF_PANELS = ("gaps", "missing-column", "value-added-above-turnover", "recoded", "broken-activity")


def part_problems(engine: DuckDB, spec: TradeSpec, linked: Linked) -> Iterator[Problem]:
    """Problems of single records, records that stand twice, and firms with two identifiers in one year."""
    last = max(linked.declarations.years, default=2000)
    for part, panel in ((spec.register, linked.register), (spec.accounts, linked.accounts)):
        if part is not None and panel is not None:
            yield from _problems(engine, part, panel, last)
    if spec.identifiers:
        for part, panel in ((spec.register, linked.register), (spec.accounts, linked.accounts)):
            if part is not None and panel is not None:
                yield from _merged(engine, part, panel)


def _problems(engine: DuckDB, part: PanelSpec, panel: Panel, last: int) -> Iterator[Problem]:
    """As those of a panel; a register without years is looked at as one of the last year."""
    timeless = "year" not in panel.columns
    if timeless:
        rows = f"{part.relation}_dated"
        engine.execute(f"create or replace view {rows} as select *, {last} as year from {panel.rows}")
        panel = replace(panel, rows=rows, columns={**panel.columns, "year": "INTEGER"})
    report = check_panel(engine, replace(panel, missing={}), part)
    for found in report.problems:
        if found.rule in _OF_PANELS:
            continue
        title = f"{part.part} {found.title}"
        if timeless and found.rule == "duplicate-firm-year":
            title = f"{part.part} firms that stand more than once"
        yield replace(found, title=title, remedy=found.remedy.replace("[panel]", part.part))


def _merged(engine: DuckDB, part: PanelSpec, panel: Panel) -> Iterator[Problem]:
    """Firms of which two identifiers have a record in the same year: a merger, not a change of identifier."""
    year = "s.year" if "year" in panel.columns else "cast(null as integer)"
    twice = (
        f"select coalesce(i.new, s.firm) as firm, {year} as year, count(distinct s.firm) as n, "
        f"string_agg(distinct s.firm, ', ' order by s.firm) as names from {panel.rows} as s "
        f"left join trade_identifiers as i on s.firm = i.old group by all having count(distinct s.firm) > 1"
    )
    ((count,),) = engine.rows(f"select count(*) from ({twice})")
    if count:
        rows = engine.rows(f"select firm, year, names from ({twice}) order by firm, year limit {_SHOWN}")
        shown = tuple(Example(panel.name, firm, when, names) for firm, when, names in rows)
        yield Problem(
            "two-identifiers", "stop", f"{part.part} firms with two identifiers in one year", count,
            "An identifier that changes is not used any more. Take such a pair out of [identifiers], or "
            "add up "
            "the records.", "firm", shown,
        )  # fmt: skip


def link_notes(engine: DuckDB, spec: TradeSpec, linked: Linked) -> Iterator[Problem]:
    """How the sources fit: who is not in the register, whose accounts are not used, whose activity breaks.

    Makes the table `panel_noted`: the columns of the panel that this is about.
    """
    names = "firm, year, in_register, declared_import, declared_export, coverage"
    rows = f"select {names} from {linked.panel.rows}"
    engine.execute(f"create or replace temporary table panel_noted as {rows}")
    for part in (spec.register, spec.accounts):
        if part is not None:
            yield from recode_notes(engine, part, linked.panel.rows, linked.panel.columns)
    if linked.register:
        ((firms, matched, value, known),) = engine.rows(
            "select count(*), count(*) filter (where in_register), sum(v), sum(v) filter (where in_register) "
            "from (select distinct firm, year, in_register, declared_import + declared_export as v "
            "from panel_noted where coverage <> 'not-declaring')"
        )
        if firms and matched < firms:
            shares = 100 * matched / firms, 100 * float(known or 0) / float(value)
            title = (
                "declaring firm-years without a record in the register "
                f"(matched: {shares[0]:.1f} % of them, {shares[1]:.1f} % of value)"
            )
            remedy = "They are in the population 'activity unknown'."
            yield Problem("unmatched", "info", title, firms - matched, remedy)
    if linked.register and linked.accounts:
        ((unused,),) = engine.rows(
            "select count(*) from accounts as a "
            "left join panel_noted as p using (firm, year) where p.firm is null"
        )
        if unused and not spec.identifiers:
            yield Problem(
                "unused-accounts", "info", "records of accounts of firm-years outside the register and the "
                "declarations", unused, "They are left out: the register says which firms there are.",
            )  # fmt: skip
