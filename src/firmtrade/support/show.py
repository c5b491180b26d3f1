"""What the agency's commands print: readable tables. JSON is made beside, from the same objects."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from firmtrade.support.register import kinds
from firmtrade.support.words import evidence

if TYPE_CHECKING:
    from rich.console import Console

    from firmtrade.support.readiness.instrument import Instrument
    from firmtrade.support.readiness.profile import Points
    from firmtrade.support.register.load import Loaded
    from firmtrade.support.register.room import Room
    from firmtrade.support.service.assess import Assessed
    from firmtrade.support.service.entry import EntryCase
    from firmtrade.support.service.propose import Proposal, Proposed
    from firmtrade.support.service.segment import Segmented
    from firmtrade.support.stages import Stage

#: Width where the output is no terminal: the same text everywhere.
WIDTH = 110


def console() -> Console:
    """Where people read; plain text of a fixed width in a pipe."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else WIDTH
    return Console(highlight=False, markup=False, emoji=False, width=width)


def table(
    title: str, header: Sequence[str], lines: Iterable[Sequence[Any]], right: Sequence[int] = ()
) -> None:
    """A table; the columns `right` hold numbers."""
    from rich import box
    from rich.table import Table

    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold", pad_edge=False)
    for place, name in enumerate(header):
        made.add_column(name, justify="right" if place in right else "left", overflow="fold")
    for line in lines:
        made.add_row(*[_cell(value) for value in line])
    console().print(made)


def _cell(value: Any) -> str:
    value = kinds.plain(value)
    return "" if value is None else f"{value:,g}" if isinstance(value, float) else str(value)


def say(text: str) -> None:
    """A line; long ones are wrapped between words."""
    console().print(text)


def rows(title: str, found: Sequence[Mapping[str, Any]]) -> None:
    """Rows of the register, or of its logs."""
    if not found:
        say(f"{title}: none.")
        return
    table(title, list(found[0]), [list(row.values()) for row in found])


def loaded(done: Loaded) -> None:
    """What an import did, and each row that it did not take."""
    verb = "would be" if done.dry else "are"
    faults = f"{len(done.rejected)} fault" + ("" if len(done.rejected) == 1 else "s")
    say(
        f"{done.file} -> {done.table}: {done.read} rows read; {done.new} {verb} new, {done.changed} changed, "
        f"{done.same} as before, {done.carried_on} from an earlier run, {faults}."
    )
    if done.rejected:
        table(
            "Rejected",
            ["row", "column", "reason", "remedy"],
            [(each.row, each.column, each.reason, each.remedy) for each in done.rejected],
            [0],
        )


def instrument(found: Instrument) -> None:
    """The questions with their gates and sources."""
    say(f"{found.id} {found.version}: {found.title}. See {found.page}" if found.page else found.title)
    for name, dimension in found.dimensions.items():
        table(
            dimension.title,
            ["id", "question", "speaks for it", "gate", "source"],
            [(each.id, each.text, each.best, each.gate, each.source) for each in found.of_dimension(name)],
        )


def assessed(firm: str, found: Assessed) -> None:
    """Profile, gates and next steps of a firm."""
    if found.profile is None or found.steps is None:
        say(f"{firm}: {found.state} ({found.note}).")
        return
    profile = found.profile
    say(
        f"{firm}: {found.state} ({found.note}, {profile.instrument} {profile.version}). "
        f"On documents and accounts alone: {profile.documented}."
    )
    table(
        "Gates: all must be met, and no total replaces one",
        ["gate", "met", "failed", "open"],
        [(each.title, each.met, " ".join(each.failed), " ".join(each.open)) for each in profile.gates],
    )
    table(
        "Points: from all unknown answers bad to all good",
        ["dimension", "points", "of", "answered", "stated", "documented", "accounts"],
        [_points(each) for each in (*profile.dimensions, profile.total)],
        [1, 2, 3, 4, 5, 6],
    )
    if profile.weakest:
        titles = {each.name: each.title for each in profile.dimensions}
        say("Weakest: " + "; ".join(titles[name] for name in profile.weakest))
    steps(found)


def _points(each: Points) -> tuple[Any, ...]:
    low, high = f"{each.low:g}", f"{each.high:g}"
    span = low if low == high else f"{low} to {high}"
    counted = f"{each.answered} of {each.asked}"
    return (each.title, span, each.most, counted, *each.grades.values())


def steps(found: Assessed) -> None:
    """The smallest sets of answers that would make the firm ready."""
    if found.steps is None or not found.steps.total:
        return
    more = "" if found.steps.total == 1 else f" (one of {found.steps.total} smallest sets)"
    table(
        f"Next: it would be ready if these answers changed together{more}",
        ["question", "now", "then", "text"],
        [(each.question, each.now, each.then, each.text) for each in found.steps.sets[0]],
    )


def stage(found: Stage) -> None:
    """A stage with what it rests on."""
    say(f"Stage at {found.year}: {found.text}" + (f" ({found.reason})" if found.reason else ""))
    known = "since the foundation" if found.complete else f"since {found.since}"
    say(
        f"Years observed: {known}; years in a row: {found.in_a_row}; permanent: {found.permanent}; "
        f"international new venture: {found.venture}."
    )


def segmented(found: Segmented, whole: bool) -> None:
    """A firm's segment and the conditions that led to it: those that hold or may, or the whole trace."""
    say(f"{found.firm_id}: {found.code} - {found.title}")
    stage(found.known.stage)
    say(f"Readiness: {found.known.assessed.state} ({found.known.assessed.note})")
    say("Conditions tried (+ holds, - does not, ? not known):")
    for name, trace in found.traces:
        if trace.holds == "no" and not whole:
            continue
        say(f"  {name}")
        for line in trace.lines(2):
            say(line)
    if found.possible and found.code == "undetermined":
        say("Possible: " + ", ".join(found.possible))
    for ask in found.ask:
        say(f"Ask: {ask}")


def counts(found: Mapping[str, int], titles: Mapping[str, str], what: str) -> None:
    """Firms by segment."""
    lines = [(name, titles.get(name, "Cannot be told"), number) for name, number in found.items()]
    table(what, ["segment", "title", "firms"], [*lines, ("", "All", sum(found.values()))], [2])


def proposed(made: Proposed, traces: bool) -> None:
    """What the rules say of a firm: proposals, what to ask, what is not for now; a block for each rule."""
    found = made.segmented
    say(f"{found.firm_id} on {made.day}: {found.code} - {found.title}")
    titles = {"propose": "Proposed", "not-now": "Not now", "ask": "If it were known"}
    for outcome in ("propose", "not-now", "ask"):
        blocks: dict[str, list[Proposal]] = {}
        for each in made.of(outcome):
            blocks.setdefault(each.rule, []).append(each)
        for block in blocks.values():
            _block(block, titles[outcome], traces)
    say("\nNone of this is a decision: firmtrade support decide FIRM MEASURE accepted|declined|overridden")


def _block(block: Sequence[Proposal], title: str, traces: bool) -> None:
    """What one rule says: its measures, why, for and against."""
    one = block[0]
    named = ", ".join(f"{each.title} [{each.measure}]" for each in block)
    say(f"\n{title}: {named}")
    say(f"  rule {one.rule} {one.version}, recommendation {', '.join(one.recommendations)}: {one.why}")
    for each in block:
        if each.outcome == "propose":
            offers = "; ".join(f"{title} [{name}]" for name, title in each.offered)
            say(f"  {each.measure} is offered by {offers or 'nobody on record'}")
        for name in each.against:
            say(f"  {each.measure}: the rule {name} says not now")
    for ask in one.ask:
        say(f"  ask: {ask}")
    for word, names in (("for", one.evidence), ("against", one.contrary)):
        for name in names if one.outcome != "ask" or traces else ():
            say(f"  {word}: {cited(name)}")
    if traces:
        for line in one.trace.lines(2):
            say(line)


def _place(place: str) -> str:
    """What stands after '#': a recommendation, a table or a chapter of the report."""
    if place.startswith("T"):
        return f", Table {place[1:]}"
    return "" if not place else f", recommendation {place}" if len(place) == 2 else f", chapter {place}"


def cited(name: str) -> str:
    """Evidence for a reader: who, where, how much of it was read, and what it found."""
    key, _, place = name.partition("#")
    source = evidence()[key]
    if place:
        return f"{source.short or source.citation}{_place(place)}"
    read = "" if source.read == "full" else " (abstract read)"
    return f"{source.short or source.citation}{read}: {source.finding}"


def room(found: Room) -> None:
    """De minimis room with the grants that count."""
    group = (
        f"undertaking {found.undertaking}: {', '.join(found.members)}"
        if found.undertaking
        else ("no group is on record, so the firm is taken alone: ask")
    )
    say(f"{found.firm_id} on {found.day} ({group})")
    say(
        f"Room {_euro(found.left)} of {_euro(found.ceiling)}; used {_euro(found.used)} since {found.since} "
        f"({cited(found.source).split(':')[0]})."
    )
    if found.over:
        say(f"The ceiling is exceeded by {_euro(found.over)}.")
    if found.unknown:
        say(f"Without an amount, so the room may be smaller: {', '.join(found.unknown)}.")
    if found.grants:
        table(
            "Grants that count",
            ["granted on", "firm", "EUR", "by"],
            [(each.granted_on, each.firm_id, f"{each.amount:,.2f}", each.by) for each in found.grants],
            [2],
        )


def _euro(amount: Any) -> str:
    return f"EUR {amount:,.2f}"


def entry(case: EntryCase) -> None:
    """Table 33: marks first, then what they leave open, then modes."""
    from firmtrade.support.entry_mode.table import table33

    found = case.control
    headings = {row.variable: row.heading for row in table33().rows}
    table(
        "Table 33 (Sleuwaegen 1997): marks",
        ["variable", "control", "mark"],
        [
            (
                headings[vote.variable],
                {1: "high", -1: "low"}.get(vote.vote, f"no vote: {vote.why}"),
                "certain" if vote.certain else "inferred",
            )
            for vote in found.votes
        ],
    )
    say(
        f"High {found.high}, low {found.low} of 13 (certain columns only: {found.certain_high} and "
        f"{found.certain_low}); index {_fraction(found.index)}, between {_fraction(found.interval[0])} and "
        f"{_fraction(found.interval[1])} whatever the unknown answers are."
    )
    blocks = ", ".join(f"{table33().blocks[name]} {_fraction(value)}" for name, value in found.blocks.items())
    say(f"By blocks: {blocks}; mean {_fraction(found.block_mean)}.")
    firm = " whatever the unknown answers are" if found.firm else ", and unknown answers could change it"
    say(f"Degree of control: {found.band}" + (f" ({found.why})" if found.why else firm) + ".")
    for pivot in found.pivots:
        names = ", ".join(pivot.among)
        say(f"To {pivot.to} if {pivot.size} of these answers turned: {names}.")
    if found.band != "none":
        say(f"If the row that is printed twice counted twice: {found.twice}.")
    if case.candidates:
        table(
            "Modes of this band (a convention of ours; never one answer alone)",
            ["mode", "", "why"],
            [(each.title, each.state, "; ".join(each.reasons)) for each in case.candidates],
        )
    say("The table is of 1997, 16 of its 28 marks are inferred, and counting all the same is our convention.")


def _fraction(value: Fraction | None) -> str:
    return "-" if value is None else f"{value} ({float(value):+.2f})"


def versions(title: str, found: Sequence[Mapping[str, Any]]) -> None:
    """Versions of a row side by side would be wide: the first whole, then what each changed."""
    before: Mapping[str, Any] = {}
    for row in found:
        head = f"{title}, version {row['version']} of {row['recorded_at']} by {row['recorded_by']}"
        changed = [
            (name, value)
            for name, value in row.items()
            if before.get(name) != value and name not in ("version", "recorded_at", "recorded_by")
        ]
        table(head, ["column", "value"], changed)
        before = row
