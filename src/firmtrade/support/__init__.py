"""The agency's side: from who trades to whom to support, in two zones that never meet.

The **service zone** (register, service, readiness, rules, entry_mode, score, impact, views) holds what a firm
gave the agency or what is public, and may name a firm: its functions take a Register. The **statistics
zone** (statistics) speaks of confidential panels and only counts: it makes words for a Study. What both use
is pure (stages). `demo` is an agency of firms that never were.

    from datetime import date
    from firmtrade.support import Register, propose, segment

    with Register.open("agency.db", user="an", purpose="intake") as register:
        segment(register, "F1", date(2024, 3, 1))
        propose(register, "F1", date(2024, 3, 1))
"""

from __future__ import annotations

from typing import Any

_HOMES = {
    "Register": "register",
    "StageRule": "stages",
    "stage": "stages",
    "read_instrument": "readiness.instrument",
    "profile": "readiness.profile",
    "next_steps": "readiness.steps",
    "read_rules": "rules.rule",
    "assessed": "service.assess",
    "segment": "service.segment",
    "population": "service.segment",
    "propose": "service.propose",
    "propose_all": "service.propose",
    "decide": "service.propose",
    "entry_case": "service.entry",
    "stage_words": "statistics.stages",
    "exporting_score": "score.scoring:score",
    "Specification": "impact.specification",
    "store_specification": "impact.specification:store",
    "open_outcomes": "impact.opening",
    "follow_up": "impact.follow",
    "draw_call": "impact.lottery",
    "view": "views.gather",
    "twelve_views": "views.gather:views",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Public names, imported when they are first asked for: one zone does not load the other."""
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from importlib import import_module

    home, _, own = _HOMES[name].partition(":")
    return getattr(import_module(f"{__name__}.{home}"), own or name)
