"""Changes of identifier: which firm an old number is today."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.transactions.spec import IdentifiersSpec
from firmtrade.assemble.panel import open_panel
from firmtrade.errors import DataError


def open_identifiers(engine: DuckDB, spec: IdentifiersSpec, source: str | None, base: Path) -> int:
    """Make the table `trade_identifiers` (old, new): each old identifier with the firm's latest one.

    A chain of changes leads to its end. Raises DataError for a cycle, and for an old identifier that
    becomes two. Returns the number of changes.
    """
    panel = open_panel(engine, spec, source, base)
    rows = engine.rows(
        f"select distinct old, new from {panel.rows} "
        f"where old is not null and new is not null order by old, new"
    )
    changes: dict[str, str] = {}
    for old, new in rows:
        if changes.setdefault(old, new) != new:
            raise DataError(
                f"{panel.name}: {old} becomes {changes[old]} and {new}. An identifier becomes one other only."
            )
    engine.execute("create or replace temporary table trade_identifiers (old varchar, new varchar)")
    pairs = latest(changes, panel.name)
    if pairs:
        engine.execute(
            "insert into trade_identifiers "
            "select unnest(cast($1 as varchar[])), unnest(cast($2 as varchar[]))",
            [list(pairs), list(pairs.values())],
        )
    return len(pairs)


def latest(changes: Mapping[str, str], name: str) -> dict[str, str]:
    """The end of the chain that each identifier starts; raises DataError for a chain without an end."""
    found: dict[str, str] = {}
    for start in changes:
        trail = [start]
        while trail[-1] in changes:
            following = changes[trail[-1]]
            if following in trail:
                cycle = " -> ".join((*trail[trail.index(following) :], following))
                raise DataError(
                    f"{name}: the identifiers {cycle} become each other. Correct one of the changes."
                )
            trail.append(following)
        found[start] = trail[-1]
    return found
