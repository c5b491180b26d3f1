"""View 09: what is overdue, how many stay, and what evaluations have found. It opens no outcome itself."""

from __future__ import annotations

import json
from typing import Any

from firmtrade.errors import MissingExtra
from firmtrade.support.impact.follow import REFUSED, SUPPORTED, Followed, follow_up
from firmtrade.support.impact.judge import may_say
from firmtrade.support.impact.opening import openings
from firmtrade.support.impact.specification import SHARES, Specification
from firmtrade.support.views.context import Context
from firmtrade.support.views.view import Figure, Listed, View


def followed(about: Context) -> View:
    """09: follow-ups, survival to the regular exporter, evaluations that were opened."""
    try:
        found = follow_up(about.register, about.day)
    except MissingExtra as error:
        return View("09", about.day, (Figure("Follow-ups that are overdue", None, "firms", str(error)),), ())
    figures = (
        Figure(
            "Follow-ups that are overdue",
            found.planned["overdue"],
            "cases",
            f"{found.planned['done']} are done",
        ),
        Figure("Support that ended a year ago or more and was never followed up", found.never, "cases"),
        Figure("Supported firms that exported and missed the last year", len(found.missed)),
        *_regular(found),
    )
    overdue = Listed(
        "Overdue, the oldest first",
        ("firm", "support", "due", "days"),
        tuple((each.firm_id, each.support_id, each.due, each.days) for each in found.overdue),
    )
    missed = Listed(
        "Call these: they exported after their support and stopped",
        ("firm", "supported", "last exported"),
        tuple((each.firm_id, each.supported, each.exported) for each in found.missed),
    )
    beside = found.curve(REFUSED) is not None
    level = (
        f"The shares after five years are of level {found.level} of 5 on the Maryland scale"
        + (": supported firms beside refused ones." if beside else ": nothing is compared."),
    )
    lists = (evaluations(about), overdue, missed)
    return View("09", about.day, figures, lists, level if found.curves else ())


def _regular(found: Followed) -> tuple[Figure, ...]:
    """Regular exporters five years after the beginning of the support, by Kaplan and Meier."""
    figures = []
    for group in (SUPPORTED, REFUSED):
        curve = found.curve(group)
        step = curve.at(5.0) if curve and curve.steps[-1].time >= 5 else None
        if step is not None and curve is not None:
            figures.append(
                Figure(
                    f"Regular exporters after five years: {group}",
                    100 * (1 - step.survival),
                    "%",
                    f"{curve.firms:,} firms",
                )
            )
    return tuple(figures)


def evaluations(about: Context) -> Listed:
    """The last opening of each specification: what was found, in words that may be used."""
    last: dict[str, tuple[Any, Specification]] = {}
    for row, asked in openings(about.register):
        if row["recorded_at"].date() <= about.day:
            last[row["specification_id"]] = (json.loads(row["result"]), asked)
    rows = []
    for name, (result, asked) in last.items():
        judged, effect = result["judged"], result["effect"]
        if judged is None or effect is None:
            rows.append((name, asked.question, asked.outcome, "no estimate", "", "", None))
            continue
        unit = 100 if asked.outcome in SHARES else 1
        told = [f"{unit * effect[each]:.{1 if unit > 1 else 3}f}" for each in ("effect", "low", "high")]
        rows.append(
            (
                name,
                asked.question,
                asked.outcome,
                may_say(judged["word"], effect["low"], effect["high"]),
                told[0],
                f"{told[1]} to {told[2]}",
                judged["level"],
            )
        )
    return Listed(
        "Evaluations that were specified beforehand and opened (points, or log points for accounts)",
        ("specification", "question", "outcome", "what may be said", "effect", "95 %", "level"),
        tuple(rows),
        firms=False,
    )
