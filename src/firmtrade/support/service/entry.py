"""Entry mode for a firm, a market and a product: Table 33, the modes it can carry, kept with the firm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from firmtrade.support.entry_mode.modes import Candidate, candidates
from firmtrade.support.entry_mode.table import Control, control, table33
from firmtrade.support.register import rows
from firmtrade.support.register.register import Register
from firmtrade.support.register.schema import entity


@dataclass(frozen=True)
class EntryCase:
    """The degree of control that the answers point to, and the modes of that band for this firm."""

    control: Control
    candidates: tuple[Candidate, ...]


def entry_case(answers: Mapping[str, str], can: Mapping[str, str]) -> EntryCase:
    """Table 33 for answers by question, and its modes; `can` says yes or no for each need of a mode."""
    found = control(answers)
    return EntryCase(found, candidates(found.band, can))


def as_json(case: EntryCase) -> dict[str, Any]:
    """A case for JSON. H and L come first; fractions are written as such and as numbers."""
    found = case.control
    return {
        "high": found.high, "low": found.low,
        "certain": {"high": found.certain_high, "low": found.certain_low},
        "answered": found.answered, "index": _number(found.index),
        "interval": [_number(end) for end in found.interval], "band": found.band, "why": found.why,
        "firm": found.firm, "blocks": {name: _number(value) for name, value in found.blocks.items()},
        "block_mean": _number(found.block_mean), "band_if_repeated_row_counts": found.twice,
        "pivots": [{"size": each.size, "among": list(each.among), "to": each.to, "sets": each.sets}
                   for each in found.pivots],
        "votes": [{"variable": each.variable, "block": each.block, "vote": each.vote,
                   "certain": each.certain, "why": each.why} for each in found.votes],
        "candidates": [{"mode": each.mode, "title": each.title, "state": each.state,
                        "reasons": list(each.reasons)} for each in case.candidates],
        "source": f"{table33().source}, {table33().place}",
    }  # fmt: skip


def _number(value: Fraction | None) -> dict[str, Any] | None:
    return None if value is None else {"fraction": str(value), "value": float(value)}


def record(
    register: Register, firm_id: str, market: str, product: str, day: date, answers: Mapping[str, str],
    can: Mapping[str, str],
) -> EntryCase:  # fmt: skip
    """Work a case out and write it down with its answers; on a day that has one it is replaced."""
    case = entry_case(answers, can)
    register.dossier(firm_id, "entry-mode")
    table = entity("entry_cases")
    row = rows.checked(table, {
        "firm_id": firm_id, "market": market, "product": product, "on_date": day,
        "answers": json.dumps({"table33": dict(answers), "can": dict(can)}, sort_keys=True),
        "result": json.dumps(as_json(case), sort_keys=True)})  # fmt: skip
    with register.transaction() as connection:
        known = rows.by_id(connection, table.name, [row["id"]], lock=True)
        if row["id"] not in known:
            rows.insert(connection, table, [row], register.stamp())
        elif known[row["id"]]["answers"] != row["answers"]:
            rows.change(connection, table, known[row["id"]], row, register.stamp())
    return case
