"""What the commands on follow-up and impact print. JSON is made beside, from the same objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from firmtrade.support import show
from firmtrade.support.impact import cost as costs
from firmtrade.support.impact.judge import LEVELS
from firmtrade.support.impact.power import sample_size
from firmtrade.support.impact.specification import COMPARISONS, SHARES

if TYPE_CHECKING:
    from firmtrade.estimate.learning.events import Effect
    from firmtrade.support.impact.follow import Followed
    from firmtrade.support.impact.lottery import Draw
    from firmtrade.support.impact.opening import Impact, Planned
    from firmtrade.support.impact.specification import Specification, Stored


def specified(found: Stored, plan: Planned) -> None:
    """A stored specification, and what it can show."""
    asked = found.specification
    state = "Stored" if found.fresh else "Was stored already"
    show.say(f"{state}: {found.id}, at {found.stored_at:%Y-%m-%d %H:%M:%S} by {found.stored_by}")
    show.say(f"SHA-256 {asked.hash}")
    show.say(f"Question: {asked.question}")
    show.say(f"Compared: {', '.join(asked.measures)} with {COMPARISONS[asked.comparison]}; outcome: "
             f"{SHARES.get(asked.outcome, asked.outcome)}; years 0 to {asked.horizon}, checked {asked.lead} "
             "before.")  # fmt: skip
    planned(asked, plan)
    show.say(f"Open its outcomes: firmtrade support impact {found.id}")


def planned(asked: Specification, plan: Planned) -> None:
    """Power before the estimate."""
    show.say(f"Power: {plan.supported} supported firms and {plan.others} to compare with show, with 80 % "
             "probability "
             f"(two-sided, 5 %), a difference of at least")  # fmt: skip
    for given, value in plan.detectable.items():
        show.say(f"  {amount(value, asked)} at {given}")
    if plan.enough is False:
        show.say(
            f"  Too few for what would matter ({amount(asked.matters, asked)}): no effect found will say "
            "little."
        )
        if asked.share and asked.expected is not None and asked.matters is not None:
            each = sample_size(asked.expected, min(1.0, asked.expected + asked.matters))
            show.say(f"  {each:,.0f} firms on each side would do.")
    for reason, number in plan.left_out.items():
        show.say(f"  Left out: {number} ({reason})")
    if plan.took_up is not None and plan.took_up < 1:
        show.say(f"  {100 * plan.took_up:.0f} % of those that were granted or offered it had it; the effect "
                 "is that of "
                 f"the grant or offer.")  # fmt: skip


def amount(value: float | None, asked: Specification) -> str:
    """A difference as it is read: points of a share, or per cent."""
    if value is None or np.isnan(value):
        return "none that is possible"
    return f"{100 * value:.1f} points" if asked.share else f"{100 * float(np.expm1(value)):.1f} %"


def impact(made: Impact) -> None:
    """An opened evaluation: power, effect, checks, what not to trust, cost and warnings."""
    asked = made.stored.specification
    show.say(f"{made.stored.id}: {asked.question}")
    show.say(f"Stored {made.stored.stored_at:%Y-%m-%d} by {made.stored.stored_by}; opened for the "
             f"{_ordinal(made.number)} time; trade until {made.until}.")  # fmt: skip
    planned(asked, made.planned)
    show.say(f"\n{made.sentence}\n")
    if made.found is None or made.judged is None:
        return
    show.table("Checks: the word 'impact' needs all of them", ["check", "holds", "found"],
               [(each.name, each.holds, each.text) for each in made.judged.checks])  # fmt: skip
    show.say(_known(made))
    show.say(f"Level {made.judged.level} of 5 on the Maryland scale: {made.judged.grade}.")
    _effects(made)
    _beside(made)
    if made.cost is not None:
        show.say(f"Cost, {asked.horizon} years after: {costs.told(made.cost)}")
    elif asked.share:
        show.say("Cost of one more: not told where the word 'impact' is withheld.")
    for warning in made.spill.warnings():
        show.say(warning)
    if made.unlinked is not None:
        show.say(f"Without linked firms: {_interval(made.unlinked, made)}.")
    if made.tries > 1:
        show.say(f"{made.tries} specifications of these measures have been opened; allowing for that, p = "
                 f"{made.p_family:.3g}.")  # fmt: skip


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")


def _known(made: Impact) -> str:
    """Whose outcome is known at the horizon; a firm that has ended has accounts no more."""
    assert made.found is not None
    asked, seen = made.stored.specification, made.found.observed
    if any(np.isnan(seen.get(side, np.nan)) for side in ("supported", "others")):
        return f"No supported firm has reached {asked.horizon} years yet, or there is none without support."
    told = (f"Known {asked.horizon} years on: the outcome of {100 * seen['supported']:.0f} % of the "
            f"supported firms and of {100 * seen['others']:.0f} % of those without support.")  # fmt: skip
    if not asked.share:
        told += " Firms that ended have no accounts any more: this is about those that are still there."
    return told


def _effects(made: Impact) -> None:
    assert made.found is not None
    unit = 100.0 if made.stored.specification.share else 1.0
    lines = [(_since(each.key), *_figures(each, unit)) for each in made.found.events]
    lines += [(f"granted {each.key}", *_figures(each, unit)) for each in made.found.groups]
    lines.append(("mean of the years 0 and on", *_figures(made.found.average, unit)))
    title = "Effect, " + ("in points" if unit > 1 else "in log points") + ", against the year before"
    show.table(title, ["years since", "effect", "error", "95 % from", "to", "supported", "others"], lines,
               [1, 2, 3, 4, 5, 6])  # fmt: skip


def _since(key: int | None) -> str:
    return str(key)


def _figures(each: Effect, unit: float) -> tuple[Any, ...]:
    digits = 1 if unit > 1 else 3
    numbers = [f"{unit * value:.{digits}f}" for value in (each.att, each.std_error, each.low, each.high)]
    return (*numbers, each.treated, each.firms - each.treated)


def _interval(each: Effect, made: Impact) -> str:
    asked = made.stored.specification
    return f"{amount(each.att, asked)} ({amount(each.low, asked)} to {amount(each.high, asked)})"


def _beside(made: Impact) -> None:
    """How far it may be trusted, and the figures that are not to be."""
    assert made.found is not None
    asked, found = made.stored.specification, made.found
    if found.breakdown is not None:
        told = "more than tried" if np.isinf(found.breakdown) else f"{found.breakdown:.2f}"
        show.say("It would no longer be told from none if, from one year to the next, the groups drifted "
                 "apart by more "
                 f"than {told} times their largest movement before.")  # fmt: skip
    if found.slope is not None:
        most = abs(found.slope.expected) + 1.96 * found.slope.std_error_expected
        show.say(f"A difference in trends that the years before cannot exclude would account for up to "
                 f"{amount(most, asked)}.")  # fmt: skip
    plain = found.untrusted
    show.table("Not to trust, told because it is asked for", ["figure", "value", "level"], [
        ("supported less other firms", amount(plain.difference, asked), 1),
        ("supported firms after less before", amount(plain.before_after, asked), 1),
        ("two-way regression, which compares late with early starters", amount(plain.two_way, asked), "-"),
    ])  # fmt: skip


def followed(found: Followed, listed: int) -> None:
    """Follow-ups, missed years, and survival to the regular exporter."""
    plan = found.planned
    show.say(f"Follow-ups on {found.day}: {plan['done']} done, {plan['overdue']} overdue, {plan['coming']} "
             "to come; "
             f"{found.never} cases of support ended a year ago or more and were never followed "
             "up.")  # fmt: skip
    if found.overdue and listed:
        show.table(
            "Overdue, the oldest first",
            ["firm", "support", "due", "days"],
            [(each.firm_id, each.support_id, each.due, each.days) for each in found.overdue[:listed]],
            [3],
        )
    show.say(f"Missed a year: {len(found.missed)} supported firms exported afterwards and did not in "
             f"{found.until}; of "
             f"{len(found.unknown)} it is not known.")  # fmt: skip
    if found.missed and listed:
        show.table(
            "Call these: they exported after their support and stopped",
            ["firm", "supported", "last exported"],
            [(each.firm_id, each.supported, each.exported) for each in found.missed[:listed]],
            [1, 2],
        )
    _curves(found)
    if found.bands:
        show.say(
            "What firms say would have come without help, in per cent of it (a firm's own word; "
            "compares nothing "
            "and never counts as impact): " + ", ".join(f"{name}: {n}" for name, n in found.bands.items())
        )


def _curves(found: Followed) -> None:
    if not found.curves:
        show.say("Too few supported firms for a curve.")
        return
    years = sorted({step.time for curve in found.curves for step in curve.steps})
    lines = [(f"{year:g}", *(cell for curve in found.curves for cell in _at(curve, year))) for year in years]
    header = ["years"]
    for curve in found.curves:
        header += [f"{curve.group}, %", "95 %", "at risk"]
    show.table(
        "Regular exporters by years since the support (Kaplan-Meier)", header, lines, range(1, len(header))
    )
    if found.test is not None and found.test.chi2 is not None:
        show.say(f"Log-rank: chi2 {found.test.chi2:.2f}, p {found.test.p:.3g}; {found.unmatched} supported "
                 "firms have no "
                 f"match. Level {found.level}: {LEVELS[found.level]}.")  # fmt: skip
    else:
        show.say("Nothing is compared: how many would be regular exporters without is not known. Level "
                 f"{found.level}: "
                 f"{LEVELS[found.level]}.")  # fmt: skip
    show.say(f"{found.already} firms were regular exporters before, and are not in the curve.")


def _at(curve: Any, year: float) -> Sequence[str]:
    step = curve.at(year)
    if step is None or year > curve.steps[-1].time:
        return ("", "", "")
    span = "" if step.low is None else f"{100 * (1 - step.high):.1f} to {100 * (1 - step.low):.1f}"
    return (f"{100 * (1 - step.survival):.1f}", span, str(step.at_risk))


def drawn(found: Draw, listed: int) -> None:
    """A draw, and how anybody can repeat it."""
    first = found.tickets[0]
    state = "written down" if found.recorded else "NOT written down (--record does that)"
    show.say(f"{found.id}: {found.places} places, {state}. Seed: {found.seed}")
    show.say(f"SHA-256 of the entrants, sorted, one a line: {found.entrants_hash}")
    show.say(f"To check a ticket: printf '{found.seed}|{first.firm_id}' | sha256sum gives "
             f"{first.ticket[:16]}...; the "
             f"lowest tickets win.")  # fmt: skip
    show.table(
        "In the order of their tickets",
        ["rank", "firm", "ticket", "arm"],
        [(each.rank, each.firm_id, each.ticket[:16], each.arm) for each in found.tickets[:listed]],
        [0],
    )
    left = len(found.tickets) - listed
    if left > 0:
        show.say(f"and {left} more (--list N)")


def overview(found: Sequence[Mapping[str, Any]]) -> None:
    """All stored specifications."""
    if not found:
        show.say("No specification is stored yet: firmtrade support specify")
        return
    show.table(
        "Stored specifications",
        ["id", "question", "stored", "opened", "what may be said", "level"],
        [
            (
                each["id"],
                each["question"],
                each["stored_at"][:10],
                each["opened"],
                each["said"] or ("no estimate" if each["opened"] else "not opened yet"),
                each["level"],
            )
            for each in found
        ],
        [3, 5],
    )
