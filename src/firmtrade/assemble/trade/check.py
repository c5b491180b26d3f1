"""The check of declarations, register and accounts: every problem at once, with the lines that cause it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.contract import FLOWS
from firmtrade.acquire.transactions.spec import TransactionsSpec
from firmtrade.assemble.check import unusable
from firmtrade.assemble.check_report import MARK, CheckReport, Problem
from firmtrade.assemble.trade.check_codes import code_problems, product_problems
from firmtrade.assemble.trade.check_lines import line_problems
from firmtrade.assemble.trade.check_parts import link_notes, part_problems
from firmtrade.assemble.trade.declarations import Declarations
from firmtrade.assemble.trade.linked import Linked, TradeSpec

_ORDER = {"stop": 0, "warn": 1, "info": 2}


@dataclass(frozen=True)
class TradeReport(CheckReport):
    """All problems of a trade register; `rows` declarations of `firms` firms in `years` years."""

    panel: str = field(default="", kw_only=True)

    def text(self) -> str:
        """Everything that was found, for the terminal."""
        lines = super().text().splitlines()
        first = 1 if lines[0] == MARK else 0
        lines[first] = lines[first].replace(" firm-years of ", " declarations of ")
        return "\n".join([*lines[: first + 1], self.panel, *lines[first + 1 :]])


def check_trade(engine: DuckDB, spec: TradeSpec, linked: Linked, notes: bool = True) -> TradeReport:
    """Every problem of a trade register. Nothing is changed and nothing raised: see `CheckReport.stops`.

    Without `notes` nothing is said of how the sources fit: a run prints only what is wrong.
    """
    found = linked.declarations
    problems = [
        *_in_part(_unusable(engine, spec.transactions, found)),
        *code_problems(engine, spec.transactions, found),
        *line_problems(engine, found, spec.transactions.corrections == "net"),
        *product_problems(engine, spec.transactions, found),
        *part_problems(engine, spec, linked),
        *(link_notes(engine, spec, linked) if notes else ()),
        *_notes(spec.transactions, linked),
    ]
    problems.sort(key=lambda problem: _ORDER[problem.severity])
    ((rows, firms),) = engine.rows(
        "select coalesce(sum(declarations), 0), count(distinct firm) from trade_cells"
    )
    years = found.years
    facts = {"first year": years[0], "last year": years[-1]} if years else {}
    return TradeReport(
        tuple(problems), int(rows), firms, len(years), facts, linked.panel.name, dict(linked.panel.dropped),
        panel=_size(engine) if notes else "",
    )  # fmt: skip


def _size(engine: DuckDB) -> str:
    ((records, members),) = engine.rows("select count(*), count(distinct firm) from panel_noted")
    return f"Linked to a panel of {records:,} firm-years of {members:,} firms."


def _unusable(engine: DuckDB, spec: TransactionsSpec, found: Declarations) -> Iterator[Problem]:
    if not found.panel.checked:
        return
    ((count,),) = engine.rows("select count(*) from transactions_rows where __bad is not null")
    yield from unusable(engine, replace(found.panel, rows="transactions_rows"), spec, count)


def _in_part(problems: Iterator[Problem]) -> Iterator[Problem]:
    for found in problems:
        yield replace(found, remedy=found.remedy.replace("[panel]", "[transactions]"))


def _notes(spec: TransactionsSpec, linked: Linked) -> Iterator[Problem]:
    """How the declarations were read where the study leaves it open."""
    found = linked.declarations
    for note in found.panel.notes:
        yield Problem("settled", "info", note, 0, "Nothing to do if that is right.")
    unknown = [flow for flow in FLOWS if not spec.complete_years(flow, found.years) >= set(found.years)]
    if unknown:
        yield Problem(
            "not-complete", "info",
            f"a firm that declares none of {', '.join(unknown)} is read as unknown, not as no trade", 0,
            "If everybody declares, so that no declaration means no trade, write  complete = true  (or the "
            "flows, or "
            "the years of each)  in [transactions].",
        )  # fmt: skip
    if linked.renamed:
        yield Problem(
            "renamed", "info", f"{linked.renamed:,} identifiers have changed; each firm has its latest", 0,
            "Nothing to do.",
        )  # fmt: skip
    yield from _joining(spec, found)
    yield from _thresholds(linked)


def _thresholds(linked: Linked) -> Iterator[Problem]:
    """Of which years no threshold is known: there nobody is below it."""
    years = linked.declarations.years
    for flow in ("import_intra", "export_intra"):
        lacking = [year for year in years if linked.thresholds.of(flow, year) is None]
        if lacking and len(lacking) < len(years):
            yield Problem(
                "unknown-threshold", "warn",
                f"no reporting threshold of {flow} is known for {', '.join(map(str, lacking))}: in these "
                f"years "
                "no firm counts as below it", 0,
                "Give it:  values = [{ flow = ..., from = ..., until = ..., value = ..., source = ... }]  in "
                "[thresholds].",
            )  # fmt: skip


def _joining(spec: TransactionsSpec, found: Declarations) -> Iterator[Problem]:
    yearly = {when[0] for when in found.periods.values() if when and not when[1]}
    moved = [month for month, _, _ in found.union.changes() if month // 100 in yearly and month % 100 != 1]
    if moved:
        years = ", ".join(str(month // 100) for month in moved)
        yield Problem(
            "joining", "info", f"the union changes within {years}, and the declarations are yearly: its "
            "members "
            f"are those of {spec.joining}" if spec.joining != "unknown" else
            f"the union changes within {years}: trade with those who join or leave is on an unknown side", 0,
            'Another rule is  joining = "december", "january" or "unknown"  in [transactions].',
        )  # fmt: skip
