"""What the agency's commands tell as JSON, and the sheets of answers that they read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firmtrade.errors import DataError
from firmtrade.support import show
from firmtrade.support.entry_mode.modes import modes
from firmtrade.support.entry_mode.table import table33
from firmtrade.support.readiness.instrument import GRADES
from firmtrade.support.readiness.profile import Answer
from firmtrade.support.register.kinds import plain
from firmtrade.support.rules.rule import Rule, RuleBook
from firmtrade.support.rules.vocabulary import barriers, measures

if TYPE_CHECKING:
    from firmtrade.support.register.room import Room
    from firmtrade.support.service.assess import Assessed
    from firmtrade.support.service.segment import Segmented


def read_answers(path: str) -> dict[str, Answer]:
    """Answers of a CSV file or workbook with the columns question, answer and perhaps evidence.

    Questions without an answer are left out: they are unknown. Raises DataError for other columns, and for
    a question that is answered twice.
    """
    from firmtrade.support.register.sheet import read_sheet
    from firmtrade.support.register.zones import a_file, refuse_panel

    sheet = read_sheet(a_file(path))
    refuse_panel(sheet.header, sheet.file)
    if not {"question", "answer"} <= set(sheet.header):
        raise DataError(f"{sheet.file} needs the columns question and answer. Has {', '.join(sheet.header)}.")
    found: dict[str, Answer] = {}
    for line, cells in sheet.rows:
        row = dict(zip(sheet.header, cells, strict=False))
        question, answer, evidence = (row.get(name) for name in ("question", "answer", "evidence"))
        if question is None or answer is None:
            continue
        grade = str(evidence or "stated").strip().lower()
        if grade not in GRADES:
            raise DataError(f"{sheet.file}, row {line}: '{evidence}' is no evidence: {', '.join(GRADES)}.")
        if isinstance(answer, bool):
            answer = "yes" if answer else "no"
        name = str(question).strip()
        if name in found:
            raise DataError(f"{sheet.file}, row {line}: {name} is answered twice. Keep one of the two rows.")
        found[name] = Answer(str(answer).strip().lower(), grade)
    return found


def assessed_json(found: Assessed) -> dict[str, Any]:
    """An assessment: state, gates, points by dimension, next steps."""
    told: dict[str, Any] = {"firm": found.firm_id, "readiness": found.state, "note": found.note}
    if found.profile is None or found.steps is None:
        return told
    profile = found.profile
    return told | {
        "instrument": profile.instrument,
        "version": profile.version,
        "documented": profile.documented,
        "interested": profile.interested,
        "weakest": list(profile.weakest),
        "band": profile.band,
        "gates": [
            {
                "gate": each.name,
                "title": each.title,
                "met": each.met,
                "failed": list(each.failed),
                "open": list(each.open),
            }
            for each in profile.gates
        ],
        "dimensions": [_points_json(each) for each in profile.dimensions],
        "total": _points_json(profile.total),
        "next": {
            "sets": [[vars(step) for step in steps] for steps in found.steps.sets],
            "total": found.steps.total,
        },
        "answers": {
            name: {"answer": each.value, "evidence": each.evidence}
            for name, each in sorted(found.answers.items())
        },
    }


def _points_json(each: Any) -> dict[str, Any]:
    return {**vars(each), "grades": dict(each.grades)}


def segmented_json(found: Segmented) -> dict[str, Any]:
    """A segment with its trace, the stage and the facts that were read."""
    stage = found.known.stage
    return {
        "firm": found.firm_id,
        "segment": found.code,
        "title": found.title,
        "stage": {**vars(stage), "text": stage.text},
        "readiness": found.known.assessed.state,
        "possible": list(found.possible),
        "ask": list(found.ask),
        "trace": [{"segment": name, **trace.plain()} for name, trace in found.traces],
        "facts": {
            name: {"value": fact.value, "where": fact.where}
            for name, fact in sorted(found.known.facts.items())
            if fact.value is not None
        },
    }


def room_json(found: Room) -> dict[str, Any]:
    """De minimis room with the grants that count."""
    return {
        "firm": found.firm_id,
        "date": found.day.isoformat(),
        "undertaking": found.undertaking,
        "members": list(found.members),
        "since": found.since.isoformat(),
        "ceiling": plain(found.ceiling),
        "used": plain(found.used),
        "room": plain(found.left),
        "over": plain(found.over),
        "unknown": list(found.unknown),
        "source": found.source,
        "grants": [
            {
                "firm": each.firm_id,
                "granted_on": each.granted_on.isoformat(),
                "amount": plain(each.amount),
                "by": each.by,
            }
            for each in found.grants
        ],
    }


def checked_text(book: RuleBook) -> str:
    """That all examples came out, and how many there are."""
    examples = sum(len(each.examples) for each in book.segments.values())
    examples += sum(len(each.examples) for each in book.rules.values())
    return f"{len(book.segments)} segments and {len(book.rules)} rules: all {examples} examples come out."


def show_rules(book: RuleBook, name: str) -> None:
    """One rule, or all segments, rules, measures and barriers."""
    if name:
        _show_rule(book, name)
        return
    show.table(
        "Segments, tried in this order",
        ["segment", "code", "title", "next"],
        [(each, segment.code, segment.title, segment.next) for each, segment in book.segments.items()],
    )
    show.table(
        "Rules",
        ["rule", "rec.", "says", "measures", "title"],
        [
            (each, " ".join(rule.recommendations), rule.outcome, ", ".join(rule.measures), rule.title)
            for each, rule in book.rules.items()
        ],
    )
    show.table(
        "Measures (answers_to in the table measures)",
        ["measure", "type", "title"],
        [(each, measure.type, measure.title) for each, measure in measures().items()],
    )
    show.table(
        "Barriers (table barriers)",
        ["barrier", "title", "source"],
        [(each, barrier.title, barrier.source) for each, barrier in barriers().items()],
    )


def _show_rule(book: RuleBook, name: str) -> None:
    from firmtrade.errors import StudyError, nearest
    from firmtrade.support.rules.condition import work_out

    entry = book.rules.get(name) or book.segments.get(name)
    if entry is None:
        known = [*book.rules, *book.segments]
        raise StudyError(f"There is no rule or segment '{name}'.{nearest(name, known)}")
    show.say(f"{name} {entry.version}: {entry.title}")
    if isinstance(entry, Rule):
        numbers = ", ".join(entry.recommendations)
        until = f" to {entry.valid_to}" if entry.valid_to else ""
        show.say(
            f"{entry.outcome}: {', '.join(entry.measures)}; recommendation {numbers}; margin {entry.margin}; "
            f"in force from {entry.valid_from}{until}; {entry.author}"
        )
        show.say(f"Why: {entry.why}")
        for word, names in (("For", entry.evidence), ("Against", entry.contrary)):
            for each in names:
                show.say(f"{word}: {show.cited(each)}")
    else:
        show.say(f"{entry.text} Next: {entry.next}")
    show.say("When (all facts unknown):")
    for line in work_out(entry.when, {}).lines(1):
        show.say(line.removesuffix(": not known"))


def show_entry_questions() -> None:
    """What Table 33 asks, and what a mode asks of the firm."""
    table = table33()
    show.table(
        "Table 33: --answer QUESTION=ANSWER",
        ["question", "answers", "asks"],
        [
            (name, ", ".join(answers), table.variables[variable].question)
            for name, (variable, answers) in table.asked().items()
        ],
    )
    show.table(
        "What the firm can carry: --can NEED=yes or no",
        ["need", "asks"],
        [(name, need.question) for name, need in modes().needs.items()],
    )
