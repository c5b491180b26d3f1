"""What the agency wrote down itself: assessments, barriers, follow-ups, groups, links, aid of others."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from firmtrade.support.demo.population import Population, firm_id
from firmtrade.support.demo.write import Rows, day_of
from firmtrade.support.impact.follow import MIDDLES
from firmtrade.support.readiness.instrument import Instrument, instruments
from firmtrade.support.register.register import Register
from firmtrade.support.rules.vocabulary import barriers

INSTRUMENT = "first-export"
_BODIES = ("Innovation agency", "Start-up fund", "Energy fund")


def tell(register: Register, found: Population, day: date) -> None:
    """Write it into a register that `write.fill` has filled."""
    rng = np.random.default_rng(found.plan.seed + 2)
    alive = np.flatnonzero(found.alive[:, -1])
    heads, answers = _assessments(rng, found, alive, day)
    register.add_many("assessments", heads)
    register.add_many("answers", answers, origin="firm")
    register.add_many("barriers", _barriers(rng, alive, day), origin="firm")
    register.add_many("follow_ups", _follow_ups(register, rng, found, day))
    groups, members = _groups(rng, alive)
    register.add_many("undertakings", groups)
    register.add_many("members", members)
    register.add_many("links", _links(register, rng, found, alive))
    register.add_many("aid", _aid(rng, alive), origin="public-register")


def _assessments(
    rng: np.random.Generator, found: Population, alive: np.ndarray, day: date
) -> tuple[Rows, Rows]:
    """Firms without exports, assessed in the last two years, some twice; a second time goes better."""
    instrument = instruments()[INSTRUMENT]
    quiet = alive[~found.exports[alive].any(axis=1)]
    chosen = np.sort(rng.choice(quiet, min(len(quiet), found.plan.firms // 10), replace=False))
    heads: Rows = []
    lines: Rows = []
    for firm in chosen:
        skill = rng.normal(1.6, 1.3)
        twice = rng.random() < 0.3
        last = day - timedelta(days=int(rng.integers(10, 340 if twice else 720)))
        days = [last - timedelta(days=int(rng.integers(380, 500))), last] if twice else [last]
        for number, on in enumerate(days):
            head = {
                "firm_id": firm_id(firm),
                "instrument": INSTRUMENT,
                "instrument_version": instrument.version,
                "on_date": on,
                "mode": "adviser",
                "assessor": f"adviser {1 + int(firm) % 6}",
            }
            heads.append(head)
            lines += _answers(rng, instrument, f"{head['firm_id']}|{INSTRUMENT}|{on}", skill + 1.2 * number)
    return heads, lines


def _answers(rng: np.random.Generator, instrument: Instrument, head: str, skill: float) -> Rows:
    """Answers, of which one in twenty is left open; one in four rests on documents."""
    found: Rows = []
    for question in instrument.questions:
        luck, known, proof = rng.random(3)
        if known < 0.05:
            continue
        good = luck < 1 / (1 + np.exp(-skill - 0.8 * (question.id == "W1")))
        if question.scale:
            answer = str(question.best if good else question.scale[0])
        else:
            answer = question.polarity if good else {"yes": "no", "no": "yes"}[question.polarity]
        found.append({"assessment_id": head, "question": question.id, "answer": answer,
                      "evidence": "documented" if proof < 0.25 else "stated"})  # fmt: skip
    return found


def _barriers(rng: np.random.Generator, alive: np.ndarray, day: date) -> Rows:
    """What firms say is in their way; half of it is overcome in the end."""
    found: Rows = []
    names = sorted(barriers())
    weights = 1 / np.arange(2, 2 + len(names))
    for firm in np.sort(rng.choice(alive, len(alive) // 8, replace=False)):
        for name in rng.choice(names, 3, replace=False, p=weights / weights.sum()):
            told = day - timedelta(days=int(rng.integers(20, 900)))
            over = told + timedelta(days=int(rng.integers(30, 700))) if rng.random() < 0.5 else None
            row: dict[str, Any] = {
                "firm_id": firm_id(firm), "barrier": str(name), "on_date": told,
                "severity": int(rng.integers(0, 4)), "resolved_on": over if over and over <= day else None,
            }  # fmt: skip
            if name == "red-tape":
                row["admin_hours"] = int(rng.integers(4, 60))
            found.append(row)
    return found


def _follow_ups(register: Register, rng: np.random.Generator, found: Population, day: date) -> Rows:
    """A year after its end support is followed up, except for one case in ten; most are done in time."""
    made: Rows = []
    bands = list(MIDDLES)
    for row in register.read("support"):
        skip, done, band, market = rng.random(4)
        due = row["ended"] + timedelta(days=365)
        if skip < 0.1 or due > day + timedelta(days=400):
            continue
        number = int(row["firm_id"][1:]) - 1
        year = min(due.year, found.plan.last) - found.plan.first
        entry: dict[str, Any] = {
            "id": f"V{row['id'][1:]}",
            "firm_id": row["firm_id"],
            "support_id": row["id"],
            "due": due,
        }
        if due <= day and done < 0.85:
            entry |= {"done_on": min(day, due + timedelta(days=int(20 * done))),
                      "exported": "yes" if found.exports[number, year] else "no",
                      "new_market": "yes" if market < 0.2 else "no",
                      "without_help": bands[int(band * len(bands))]}  # fmt: skip
        made.append(entry)
    return made


def _groups(rng: np.random.Generator, alive: np.ndarray) -> tuple[Rows, Rows]:
    """Some firms belong to a group."""
    chosen = rng.choice(alive, 2 * (len(alive) // 60), replace=False).reshape(-1, 2)
    groups: Rows = [{"id": f"G{i + 1:03d}", "name": f"Synthetic group {i + 1}"} for i in range(len(chosen))]
    members: Rows = [{"undertaking_id": f"G{i + 1:03d}", "firm_id": firm_id(firm), "since": date(2010, 1, 1)}
                     for i, pair in enumerate(chosen) for firm in pair]  # fmt: skip
    return groups, members


def _links(register: Register, rng: np.random.Generator, found: Population, alive: np.ndarray) -> Rows:
    """Links between firms and partners abroad or at home, some of them brokered by coaching."""
    exporters = alive[found.exports[alive, -1]]
    coached = register.read("support", measure_id="M-COACHING")
    made: Rows = []
    for number, firm in enumerate(rng.choice(exporters, len(exporters) // 6, replace=False)):
        since = day_of(int(rng.integers(2017, 2023)), float(rng.random()))
        made.append(
            {"firm_id": firm_id(firm), "partner": f"Partner {number + 1}", "kind": "agent", "since": since}
        )
    for number, row in enumerate(coached[:: max(1, len(coached) // 60)]):
        since = row["ended"] + timedelta(days=30)
        ends = rng.random() < 0.35
        partner = firm_id(int(rng.choice(exporters))) if rng.random() < 0.3 else f"Multinational {number + 1}"
        made.append(
            {
                "firm_id": row["firm_id"],
                "partner": partner,
                "kind": "supplier-to-multinational",
                "since": since,
                "until": since + timedelta(days=int(rng.integers(100, 1200))) if ends else None,
                "brokered_by": row["id"],
            }
        )
    return made


def _aid(rng: np.random.Generator, alive: np.ndarray) -> Rows:
    """De minimis aid of other bodies."""
    return [
        {
            "id": f"X{number + 1:04d}",
            "firm_id": firm_id(firm),
            "granted_on": day_of(int(rng.integers(2019, 2024)), float(rng.random())),
            "amount": int(rng.integers(2, 90)) * 1000,
            "grantor": _BODIES[int(rng.integers(0, 3))],
        }
        for number, firm in enumerate(rng.choice(alive, len(alive) // 14, replace=False))
    ]
