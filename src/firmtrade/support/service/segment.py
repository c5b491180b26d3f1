"""Segments: which one a firm is in, why, and what to ask where it cannot be told; numbers over all firms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from firmtrade.support import truth
from firmtrade.support.register.register import Register
from firmtrade.support.rules.condition import Fact, Facts, Trace, work_out
from firmtrade.support.rules.rule import RuleBook, read_rules
from firmtrade.support.service.facts import Known, known

UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class Segmented:
    """A firm's segment: the conditions tried up to the first that holds, and what to ask if none could.

    `code` is a segment or 'undetermined'; `possible` are the segments that it may be in.
    """

    firm_id: str
    code: str
    title: str
    traces: tuple[tuple[str, Trace], ...]
    possible: tuple[str, ...]
    ask: tuple[str, ...]
    known: Known


def segment_of(facts: Facts, book: RuleBook) -> tuple[str, tuple[tuple[str, Trace], ...], tuple[str, ...]]:
    """(segment, conditions tried with their traces, segments that are possible)."""
    traces = []
    possible = []
    for name, segment in book.segments.items():
        trace = work_out(segment.when, facts)
        traces.append((name, trace))
        if trace.holds == truth.NO:
            continue
        possible.append(name)
        if trace.holds == truth.YES:
            break
    found = possible[0] if len(possible) == 1 and traces[-1][1].holds == truth.YES else UNDETERMINED
    return found, tuple(traces), tuple(possible)


def segmented(firm: Known, book: RuleBook) -> Segmented:
    """The segment of a firm whose facts are known. Its facts gain 'segment'."""
    code, traces, possible = segment_of(firm.facts, book)
    where = "segments.toml" if code != UNDETERMINED else f"undetermined: {firm.stage.reason}"
    firm.facts["segment"] = Fact(None if code == UNDETERMINED else code, where, possible)
    title = book.segments[code].title if code != UNDETERMINED else "Cannot be told"
    unknown = {fact for _, trace in traces for fact in trace.unknown()} if code == UNDETERMINED else set()
    ask = tuple(book.words[fact].ask for fact in sorted(unknown))
    return Segmented(firm.dossier.firm_id, code, title, traces, possible, ask, firm)


def segment(
    register: Register, firm_id: str, day: date, year: int | None = None, regular: int | None = None,
    book: RuleBook | None = None,
) -> Segmented:  # fmt: skip
    """The segment of a firm on a day. `year` is the last year of trade looked at, else the register's."""
    book = book or read_rules()
    year = register.horizon(day) if year is None else year
    dossier = register.dossier(firm_id, "segment")
    room = register.room(firm_id, day)
    return segmented(known(dossier, day, year, book.instrument, room, regular), book)


def population(
    register: Register, day: date, year: int | None = None, regular: int | None = None,
    book: RuleBook | None = None, with_room: bool = False,
) -> list[Segmented]:  # fmt: skip
    """The segment of every firm that had not ended by `day`, by id. Named firms: service zone only."""
    book = book or read_rules()
    year = register.horizon(day) if year is None else year
    firms = [each for each in register.dossiers("segment") if not _ended(each.firm["ended_on"], day)]
    found = register.rooms([each.firm_id for each in firms], day) if with_room else {}
    return [
        segmented(known(each, day, year, book.instrument, found.get(each.firm_id), regular), book)
        for each in firms
    ]


def _ended(ended_on: date | None, day: date) -> bool:
    return ended_on is not None and ended_on < day


def counts(firms: list[Segmented], book: RuleBook | None = None) -> Mapping[str, int]:
    """Firms by segment, all segments and 'undetermined' told; they add up to the number of firms."""
    found = Counter(each.code for each in firms)
    return {name: found[name] for name in (*(book or read_rules()).segments, UNDETERMINED)}
