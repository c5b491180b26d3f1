"""Assessments: write answers down, read the last ones, say what they mean and what would come next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from firmtrade.errors import DataError
from firmtrade.support.readiness.instrument import NO, YES, Instrument, versions
from firmtrade.support.readiness.profile import READY, Answer, Answers, Profile, profile
from firmtrade.support.readiness.steps import NextSteps, next_steps
from firmtrade.support.register.dossier import Dossier
from firmtrade.support.register.register import Register
from firmtrade.support.register.rows import Row

NOT_ASSESSED, NOT_INTERESTED, OPEN = "not-assessed", "not-interested", "open"


@dataclass(frozen=True)
class Assessed:
    """A firm's last assessment by a day: answers, profile and next steps; all None if there is none.

    `note` says which assessment it is, or why there is none.
    """

    firm_id: str
    row: Row | None
    answers: Answers
    profile: Profile | None
    steps: NextSteps | None
    note: str = ""

    @property
    def state(self) -> str:
        """not-assessed, not-interested, ready, not-ready or open (no gate failed, an answer missing)."""
        if self.profile is None:
            return NOT_ASSESSED
        if self.profile.interested == NO:
            return NOT_INTERESTED
        return OPEN if self.profile.readiness == "unknown" else self.profile.readiness

    @property
    def documented(self) -> str | None:
        """Whether the firm is ready on documents and accounts alone; None if that is open."""
        if self.profile is None or self.profile.documented == "unknown":
            return None
        return YES if self.profile.documented == READY else NO


def assessed(dossier: Dossier, instrument: Instrument, day: date) -> Assessed:
    """The firm's last assessment by this instrument up to a day, read with the version it was made with.

    Where that version is not at hand nothing is read from it, and `note` says so.
    """
    made = [row for row in dossier.of("assessments")
            if row["instrument"] == instrument.id and row["on_date"] <= day]  # fmt: skip
    if not made:
        return Assessed(dossier.firm_id, None, {}, None, None, "no assessment")
    last = max(made, key=lambda row: (row["on_date"], row["id"]))
    version = last["instrument_version"]
    used = instrument if version == instrument.version else versions().get((instrument.id, version))
    if used is None:
        note = (
            f"assessment {last['id']} was made with version {version} of {instrument.id}, which is not here"
        )
        return Assessed(dossier.firm_id, None, {}, None, None, note)
    told = [row for row in dossier.of("answers") if row["assessment_id"] == last["id"]]
    answers, unread = _read(told, used)
    note = f"assessment {last['id']}" + (f"; cannot be read: {', '.join(unread)}" if unread else "")
    found = profile(used, answers)
    return Assessed(dossier.firm_id, last, answers, found, next_steps(used, answers), note)


def _read(told: Iterable[Row], used: Instrument) -> tuple[dict[str, Answer], list[str]]:
    """(answers by question, those that the instrument does not know: they stay unknown and are told)."""
    answers, unread = {}, []
    for row in told:
        try:
            value = used.question(row["question"]).read(row["answer"])
        except DataError:
            unread.append(f"{row['question']} = {row['answer']}")
        else:
            answers[row["question"]] = Answer(value, row["evidence"])
    return answers, unread


def record(
    register: Register,
    firm_id: str,
    instrument: Instrument,
    answers: Mapping[str, Answer],
    day: date,
    mode: str = "adviser",
) -> Assessed:
    """Write an assessment down: all its answers or none. Answers are added to one of the same day."""
    from firmtrade.support.register import rows
    from firmtrade.support.register.schema import entity

    checked = {name: instrument.question(name).read(answer.value) for name, answer in answers.items()}
    dossier = register.dossier(firm_id, "assess")
    head = rows.checked(entity("assessments"), {
        "firm_id": firm_id, "instrument": instrument.id, "instrument_version": instrument.version,
        "on_date": day, "mode": mode, "assessor": register.user})  # fmt: skip
    given = [rows.checked(entity("answers"), {
        "assessment_id": head["id"], "question": name, "answer": checked[name],
        "evidence": answers[name].evidence}) for name in checked]  # fmt: skip
    stamp = register.stamp()
    with register.transaction() as connection:
        if not rows.by_id(connection, "assessments", [head["id"]]):
            rows.insert(connection, entity("assessments"), [head], stamp)
        known = rows.by_id(connection, "answers", [row["id"] for row in given], lock=True)
        rows.insert(connection, entity("answers"), [row for row in given if row["id"] not in known], stamp)
        for row in given:
            if row["id"] in known and any(
                known[row["id"]][name] != row[name] for name in ("answer", "evidence")
            ):
                rows.change(connection, entity("answers"), known[row["id"]], row, stamp)
    return assessed(register.dossier(dossier.firm_id, "assess"), instrument, day)
