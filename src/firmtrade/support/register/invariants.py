"""What must hold within a row, beyond the kinds of its fields: days in order, decisions with who and when."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

from firmtrade.errors import nearest
from firmtrade.support.register.kinds import Refused
from firmtrade.support.rules.vocabulary import barriers, measures

Row = Mapping[str, Any]

#: Two days or times of a table, of which the second may not come before the first.
ORDERED = {
    "firms": (("founded_on", "ended_on"),),
    "members": (("since", "until"),),
    "barriers": (("on_date", "resolved_on"),),
    "measures": (("valid_from", "valid_to"),),
    "calls": (("opens", "closes"),),
    "applications": (("received_at", "decided_at"),),
    "support": (("started", "ended"),),
    "plans": (("started", "ended"),),
    "links": (("since", "until"),),
}
PHASES = ("assess", "plan", "implement", "monitor")


def check(name: str, row: Row, before: Row | None = None) -> None:
    """Raise Refused if a row cannot be (`column` names the field); `before` is the version it replaces."""
    for first, second in ORDERED.get(name, ()):
        early, late = row.get(first), row.get(second)
        if early is not None and late is not None and late < early:
            raise _refused(second, f"{second} is before {first}", "Correct one of the two")
    found = _CHECKS.get(name)
    if found:
        found(row, before)


def _refused(column: str, reason: str, remedy: str) -> Refused:
    return Refused(reason, remedy, column)


def _exports(row: Row, before: Row | None) -> None:
    if row.get("value") and row["traded"] != "yes":
        raise _refused(
            "traded", f"a value of {row['value']} and traded {row['traded']}", "Write yes, or no value"
        )
    if row.get("destinations") and row["traded"] == "no":
        raise _refused("traded", "destinations and no trade", "Write yes, or leave destinations empty")


def _word(row: Row, column: str, known: Collection[str]) -> None:
    value = row.get(column)
    if value is not None and value not in known:
        raise _refused(
            column, f"'{value}' is not known", f"One of {', '.join(known)}.{nearest(value, known)}"
        )


def _measures(row: Row, before: Row | None) -> None:
    _word(row, "answers_to", measures())


def _follow_ups(row: Row, before: Row | None) -> None:
    _word(row, "barrier", barriers())


def _barriers(row: Row, before: Row | None) -> None:
    _word(row, "barrier", barriers())
    if row["severity"] > 3:
        raise _refused("severity", f"severity {row['severity']} is above 3", "Write 0, 1, 2 or 3")


def _applications(row: Row, before: Row | None) -> None:
    if row["decision"] in ("granted", "refused") and row.get("decided_at") is None:
        raise _refused(
            "decided_at", f"{row['decision']} without the time of the decision", "Add when it was decided"
        )


def _support(row: Row, before: Row | None) -> None:
    if row.get("amount_granted") and row.get("granted_on") is None:
        raise _refused("granted_on", "a grant without the day on which the right to it was given",
                       "Add the day: state aid is counted from it")  # fmt: skip


def _plans(row: Row, before: Row | None) -> None:
    if before is None or row["phase"] == before["phase"]:
        return
    step = PHASES.index(row["phase"]) - PHASES.index(before["phase"])
    if step != 1:
        raise _refused("phase", f"a plan does not go from {before['phase']} to {row['phase']}",
                       f"Begin a new plan; the phases are {', '.join(PHASES)}")  # fmt: skip


def _proposals(row: Row, before: Row | None) -> None:
    if row["decision"] != "open" and not (row.get("decided_by") or "").strip():
        raise _refused("decided_by", "a decision without the adviser who took it", "Name the adviser")
    if row["decision"] == "overridden" and not (row.get("reason") or "").strip():
        raise _refused("reason", "a rule was overridden without a reason", "Give the reason")


def _specifications(row: Row, before: Row | None) -> None:
    _fingerprint(row, "spec")


def _openings(row: Row, before: Row | None) -> None:
    _fingerprint(row, "result")


def _fingerprint(row: Row, column: str) -> None:
    """What is fixed carries its own SHA-256, so that nobody has to trust the row."""
    if hashlib.sha256(row[column].encode()).hexdigest() != row[f"{column}_hash"]:
        raise _refused(f"{column}_hash", f"{column}_hash is not the SHA-256 of {column}",
                       "Let firmtrade write it: firmtrade support specify")  # fmt: skip


def _draws(row: Row, before: Row | None) -> None:
    if row["places"] > row["entrants"]:
        raise _refused("places", f"{row['places']} places for {row['entrants']} entrants",
                       "Without more entrants than places nothing is drawn")  # fmt: skip


def _users(row: Row, before: Row | None) -> None:
    if row["role"] == "admin" and row.get("until") is not None:
        raise _refused("until", "an admin with a last day would leave nobody to give roles",
                       "Leave it empty; change the role once there is another admin")  # fmt: skip


_CHECKS: dict[str, Callable[[Row, Row | None], None]] = {
    "exports": _exports,
    "barriers": _barriers,
    "measures": _measures,
    "follow_ups": _follow_ups,
    "applications": _applications,
    "support": _support,
    "plans": _plans,
    "proposals": _proposals,
    "specifications": _specifications,
    "openings": _openings,
    "draws": _draws,
    "users": _users,
}
