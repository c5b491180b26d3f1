"""Proposals: which measures the rules propose for a firm, which not now, and why; and who decided.

A rule that holds proposes, or says not now; one that cannot be told says what to ask; one that does not
hold says nothing. Every proposal has its trace. Nothing is decided here: an adviser accepts, declines or
overrides, by name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from firmtrade.errors import DataError, nearest
from firmtrade.support import truth
from firmtrade.support.register import rows
from firmtrade.support.register.register import Register
from firmtrade.support.register.schema import entity
from firmtrade.support.rules.condition import Trace, work_out
from firmtrade.support.rules.rule import Rule, RuleBook, in_force, read_rules
from firmtrade.support.rules.vocabulary import measures
from firmtrade.support.service.segment import Segmented, population, segment
from firmtrade.support.words import evidence

PROPOSE, NOT_NOW, ASK = "propose", "not-now", "ask"


@dataclass(frozen=True)
class Proposal:
    """What a rule says of a measure for a firm.

    `outcome` is propose, not-now or ask; `ask` is what to find out first; `offered` are the agency's own
    measures of this kind on that day (id and title); `against` are rules that say not now to the same
    measure. `inputs_hash` is the SHA-256 of the facts that the rule read.
    """

    firm_id: str
    measure: str
    title: str
    outcome: str
    rule: str
    version: str
    why: str
    recommendations: tuple[str, ...]
    trace: Trace
    evidence: tuple[str, ...]
    contrary: tuple[str, ...]
    ask: tuple[str, ...]
    offered: tuple[tuple[str, str], ...]
    against: tuple[str, ...]
    margin: str
    inputs_hash: str


@dataclass(frozen=True)
class Proposed:
    """All proposals for a firm on a day: propose first, then ask, then not now; in the order of the rules."""

    segmented: Segmented
    day: date
    proposals: tuple[Proposal, ...]

    def of(self, outcome: str) -> list[Proposal]:
        """The proposals with this outcome."""
        return [each for each in self.proposals if each.outcome == outcome]


def propose(
    register: Register, firm_id: str, day: date, year: int | None = None, regular: int | None = None,
    book: RuleBook | None = None,
) -> Proposed:  # fmt: skip
    """What the rules in force on `day` say of a firm."""
    book = book or read_rules()
    found = segment(register, firm_id, day, year, regular, book)
    return proposed(found, book, day, offered(register, day))


def propose_all(
    register: Register, day: date, year: int | None = None, regular: int | None = None,
    book: RuleBook | None = None,
) -> list[Proposed]:  # fmt: skip
    """What the rules say of every firm that had not ended by `day`, by id; each table is read once."""
    book = book or read_rules()
    firms = population(register, day, year, regular, book, with_room=True)
    there = offered(register, day)
    return [proposed(each, book, day, there) for each in firms]


def proposed(
    found: Segmented, book: RuleBook, day: date, there: Mapping[str, tuple[tuple[str, str], ...]]
) -> Proposed:
    """What the rules in force on `day` say of a firm whose segment is known."""
    held = [(name, rule, work_out(rule.when, found.known.facts)) for name, rule in in_force(book, day)]
    not_now = [(name, rule) for name, rule, trace in held
               if rule.outcome == NOT_NOW and trace.holds == truth.YES]  # fmt: skip
    later = {measure: name for name, rule in not_now for measure in rule.measures}
    made = [
        _proposal(found, book, name, rule, trace, measure, there, later)
        for name, rule, trace in held
        if trace.holds != truth.NO and not (rule.outcome == NOT_NOW and trace.holds == truth.UNKNOWN)
        for measure in rule.measures
    ]
    order = {PROPOSE: 0, ASK: 1, NOT_NOW: 2}
    return Proposed(found, day, tuple(sorted(made, key=lambda each: order[each.outcome])))


def _proposal(
    found: Segmented, book: RuleBook, name: str, rule: Rule, trace: Trace, measure: str,
    there: Mapping[str, tuple[tuple[str, str], ...]], later: Mapping[str, str],
) -> Proposal:  # fmt: skip
    outcome = ASK if trace.holds == truth.UNKNOWN else rule.outcome
    facts = sorted(set(trace.unknown()))
    ask = [book.words[fact].ask for fact in facts if fact != "segment"]
    ask += found.ask if "segment" in facts else ()
    against = (later[measure],) if measure in later and rule.outcome == PROPOSE else ()
    return Proposal(
        firm_id=found.firm_id, measure=measure, title=measures()[measure].title, outcome=outcome, rule=name,
        version=rule.version, why=rule.why, recommendations=rule.recommendations, trace=trace,
        evidence=rule.evidence, contrary=rule.contrary, ask=tuple(dict.fromkeys(ask)),
        offered=there.get(measure, ()), against=against, margin=rule.margin,
        inputs_hash=_hash(found, rule, name),
    )  # fmt: skip


def _hash(found: Segmented, rule: Rule, name: str) -> str:
    read = {fact: found.known.facts[fact].value if fact in found.known.facts else None
            for fact, _, _ in rule.when.facts()}  # fmt: skip
    text = json.dumps({"rule": name, "version": rule.version, "facts": read}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def offered(register: Register, day: date) -> dict[str, tuple[tuple[str, str], ...]]:
    """The agency's own measures by the measure of the rules that they are, on a day."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in register.read("measures"):
        if (
            row["answers_to"]
            and row["valid_from"] <= day
            and (row["valid_to"] is None or day <= row["valid_to"])
        ):
            found.setdefault(row["answers_to"], []).append((row["id"], row["title"]))
    return {name: tuple(entries) for name, entries in found.items()}


def as_json(proposal: Proposal) -> dict[str, Any]:
    """A proposal for JSON, with the evidence written out."""
    return {
        "measure": proposal.measure, "title": proposal.title, "type": measures()[proposal.measure].type,
        "outcome": proposal.outcome, "rule": proposal.rule, "rule_version": proposal.version,
        "why": proposal.why, "recommendations": list(proposal.recommendations), "margin": proposal.margin,
        "trace": proposal.trace.plain(), "evidence": [_cited(name) for name in proposal.evidence],
        "contrary": [_cited(name) for name in proposal.contrary], "ask": list(proposal.ask),
        "offered": [{"id": each, "title": title} for each, title in proposal.offered],
        "against": list(proposal.against), "inputs_hash": proposal.inputs_hash,
    }  # fmt: skip


def _cited(name: str) -> dict[str, str]:
    key, _, place = name.partition("#")
    source = evidence()[key]
    found = {"id": key, "citation": source.citation, "read": source.read, "finding": source.finding}
    if place:
        found["place"] = place
    return found


def record(register: Register, made: Proposed) -> int:
    """Write proposals down as open ones, those of the same day are left as they are; returns how many."""
    given = [
        rows.checked(entity("proposals"), {
            "firm_id": each.firm_id, "on_date": made.day, "rule": each.rule, "rule_version": each.version,
            "measure": each.measure, "outcome": each.outcome, "inputs_hash": each.inputs_hash,
            "trace": json.dumps(as_json(each), sort_keys=True), "decision": "open"})
        for each in made.proposals
    ]  # fmt: skip
    with register.transaction() as connection:
        known = rows.by_id(connection, "proposals", [row["id"] for row in given])
        fresh = [row for row in given if row["id"] not in known]
        return rows.insert(connection, entity("proposals"), fresh, register.stamp())


def decide(
    register: Register, firm_id: str, day: date, measure: str, decision: str, reason: str = "",
    instead: str = "", rule: str = "",
) -> list[str]:  # fmt: skip
    """Write down what the register's user decided of the proposals for a measure; returns their ids.

    decision: accepted, declined or overridden; an override needs a reason and may name another measure.
    A rule's 'not-now' can be overridden like any other proposal. DataError if nothing of the kind is open.
    """
    open_ones = [row for row in register.read("proposals", firm_id=firm_id, on_date=day)
                 if row["measure"] == measure and rule in ("", row["rule"])]  # fmt: skip
    if not open_ones:
        there = sorted({row["measure"] for row in register.read("proposals", firm_id=firm_id, on_date=day)})
        raise DataError(
            f"There is no proposal of '{measure}' for {firm_id} on {day}.{nearest(measure, there)} "
            f"Proposals of that day: {', '.join(there) or 'none; make them: firmtrade support propose'}."
        )
    if instead and instead not in measures():
        raise DataError(f"There is no measure '{instead}'.{nearest(instead, measures())}")
    changes: dict[str, Any] = {
        "decision": decision,
        "decided_by": register.user,
        "decided_at": register.stamp().at,
        "reason": reason or None,
        "instead": instead or None,
    }
    for row in open_ones:
        register.change("proposals", row["id"], row["version"], **changes)
    return [row["id"] for row in open_ones]
