"""What rules may ask of a firm, read from its dossier at a day. What is not on record is unknown (None)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from firmtrade.support import truth
from firmtrade.support.readiness.instrument import Instrument
from firmtrade.support.register.dossier import Dossier
from firmtrade.support.register.room import Room
from firmtrade.support.rules.condition import Fact
from firmtrade.support.rules.vocabulary import barriers
from firmtrade.support.service.assess import Assessed, assessed
from firmtrade.support.service.history import mode_of, stage_of, years
from firmtrade.support.stages import REGULAR, UNDETERMINED, Stage
from firmtrade.support.words import parameter, stage_rule


@dataclass(frozen=True)
class Known:
    """A firm at a day: its facts by name, and the parts that they were read from."""

    dossier: Dossier
    day: date
    year: int | None
    stage: Stage
    assessed: Assessed
    facts: dict[str, Fact]


def known(
    dossier: Dossier, day: date, year: int | None, instrument: Instrument, room: Room | None = None,
    regular: int | None = None,
) -> Known:  # fmt: skip
    """The facts of a firm at a day; `year` is the year that its stage is about.

    `room` is what de minimis aid it may still be granted, where that was worked out. `regular` is how many
    years in a row make a regular exporter, if not the parameter's.
    """
    stage = stage_of(dossier, year, stage_rule(day, regular))
    found = assessed(dossier, instrument, day)
    facts = dict(_stage(stage, year))
    facts |= dict(_assessment(found, instrument))
    facts |= dict(_firm(dossier, day))
    facts |= dict(_trade(dossier, day, year, stage))
    facts |= {f"barrier.{name}": _barrier(dossier, name, day) for name in barriers()}
    facts |= dict(_support(dossier, day, room))
    return Known(dossier, day, year, stage, found, facts)


def _truth(value: str | None, where: str) -> Fact:
    return Fact(None if value in (None, truth.UNKNOWN) else value, where)


def _stage(stage: Stage, year: int | None) -> Iterator[tuple[str, Fact]]:
    where = f"exports {stage.since}-{year}" if stage.code != UNDETERMINED else stage.reason
    yield "stage", Fact(None if stage.code == UNDETERMINED else stage.code, where, stage.possible)
    entry = stage.entry if stage.entry not in ("", truth.UNKNOWN) else None
    yield "entry", Fact(entry, where)
    yield "permanent", _truth(stage.permanent, where)
    yield "venture", _truth(stage.venture, f"founded, and {where}")
    row = float(stage.in_a_row)
    yield "years-in-a-row", Fact(None if stage.code == UNDETERMINED and not stage.in_a_row else row, where)


def _assessment(found: Assessed, instrument: Instrument) -> Iterator[tuple[str, Fact]]:
    where = found.note
    yield "readiness", Fact(found.state, where)
    yield "documented", Fact(found.documented, where)
    gates = {gate.name: gate.met for gate in found.profile.gates} if found.profile else {}
    for name in instrument.gates:
        yield f"gate.{name}", _truth(gates.get(name), where)
    for question in instrument.questions:
        answer = found.answers.get(question.id)
        value = answer.value if answer and answer.value in (truth.YES, truth.NO) else None
        yield f"answer.{question.id}", Fact(value, where)


def _firm(dossier: Dossier, day: date) -> Iterator[tuple[str, Fact]]:
    firm, where = dossier.firm, f"firms {dossier.firm_id}"
    founded = firm["founded_on"]
    age = None
    if founded is not None and founded <= day:
        age = float(day.year - founded.year - ((day.month, day.day) < (founded.month, founded.day)))
    yield "age", Fact(age, where)
    limits = {name: parameter(name, day)["years"] for name in ("new-firm", "old-firm")}
    yield "new-firm", Fact(None if age is None else truth.of(age <= limits["new-firm"]), where)
    yield "old-firm", Fact(None if age is None else truth.of(age >= limits["old-firm"]), where)
    yield "growth-ambition", _truth(firm["growth_ambition"], where)
    yield "innovative", _truth(firm["innovative"], where)


def _trade(dossier: Dossier, day: date, year: int | None, stage: Stage) -> Iterator[tuple[str, Fact]]:
    where = f"exports {year}"
    yield "mode", Fact(mode_of(dossier, year), where)
    export = years(dossier, "export").get(year or 0)
    countries = export.destinations if export else None
    yield "destinations", Fact(None if countries is None else float(countries), where)
    turnover = next((float(row["value"]) for row in dossier.of("accounts")
                     if row["year"] == year and row["item"] == "turnover"), None)  # fmt: skip
    share = 100 * export.value / turnover if export and export.value is not None and turnover else None
    limits = parameter("committed", day)
    least = (limits["share"], limits["destinations"])
    yield (
        "committed",
        Fact(_committed(stage, share, countries, *least), where),
    )


def _committed(
    stage: Stage, share: float | None, countries: int | None, least_share: float, least_countries: int
) -> str | None:
    """Yes for a regular exporter above either limit, no if known to be below both or not regular."""
    if stage.code == UNDETERMINED:
        return None
    tests = (truth.of(None if share is None else share >= least_share),
             truth.of(None if countries is None else countries >= least_countries))  # fmt: skip
    found = truth.every([truth.of(stage.code == REGULAR), truth.some(tests)])
    return None if found == truth.UNKNOWN else found


def _barrier(dossier: Dossier, name: str, day: date) -> Fact:
    """Yes if the firm named it last as slight or more and it is not overcome; no if it said it is none."""
    told = [row for row in dossier.of("barriers") if row["barrier"] == name and row["on_date"] <= day]
    if not told:
        return Fact(None, "not asked")
    last = max(told, key=lambda row: row["on_date"])
    over = last["resolved_on"] is not None and last["resolved_on"] <= day
    return Fact(truth.of(last["severity"] > 0 and not over), f"barriers {last['id']}")


def _support(dossier: Dossier, day: date, room: Room | None) -> Iterator[tuple[str, Fact]]:
    left = None if room is None or room.unknown else float(room.left)
    alone = "" if room is None or room.undertaking else ", no group on record"
    yield "room", Fact(left, f"de minimis on {day}{alone}")
    given = [row for row in dossier.of("support") if row["started"] <= day]
    yield "had-support", Fact(truth.of(bool(given)), "support")
    due = [row for row in dossier.of("follow_ups")
           if row["due"] <= day and (row["done_on"] is None or row["done_on"] > day)]  # fmt: skip
    yield "follow-up-due", Fact(truth.of(bool(due)), "follow_ups")
    links = [row for row in dossier.of("links")
             if row["since"] <= day and (row["until"] is None or row["until"] >= day)]  # fmt: skip
    # That no link is on record does not say that the firm has none.
    ended = truth.NO if dossier.of("links") else None
    yield "linked", Fact(truth.YES if links else ended, "links")
