"""The drawn firms as rows of a register: trade, accounts, calls, applications, support."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from firmtrade.support.demo.population import LOTTERY_SEED, REGIONS, SECTORS, Population, firm_id
from firmtrade.support.impact.lottery import draw, fingerprint
from firmtrade.support.register.register import Register

Rows = list[Mapping[str, Any]]
Array = np.ndarray
#: Programme -> (measure, title, the measure of the rules that it is, type, questions, documents, cost, grant)
MEASURES = {
    "starter": ("M-STARTER", "Starter package", "starter-grant", "financial", 42, 7, 900, 9000),
    "coaching": ("M-COACHING", "Coaching to an export plan", "plan-coaching", "counselling", 12, 2, 4200, 0),
    "fair": ("M-FAIR", "Stand at a trade fair", "trade-fair", "promotion", 9, 1, 2600, 0),
}
_OLD = date(2010, 1, 1)


def fill(register: Register, found: Population) -> None:
    """Write the firms and what programmes did into an empty register."""
    rng = np.random.default_rng(found.plan.seed + 1)
    register.add_many("firms", list(firms(found, rng)), origin="public-register")
    register.add_many("exports", list(exports(found, rng)), origin="firm")
    register.add_many("accounts", list(accounts(found, rng)), origin="public-accounts")
    register.add_many("measures", list(measures()))
    register.add_many("calls", list(calls(found)))
    applied, given = applications(found, rng)
    register.add_many("applications", applied)
    register.add_many("support", given + list(stands(found, rng)))
    heads, lines = drawn(found)
    register.add_many("draws", heads)
    register.add_many("drawn", lines)


def day_of(year: int, share: float) -> date:
    """The day of a year after this share of it."""
    return date(year, 1, 1) + timedelta(days=int(share * 364))


def firms(found: Population, rng: np.random.Generator) -> Iterator[Mapping[str, Any]]:
    """The firms; of some the wish to grow or the foundation is not known."""
    codes = list(SECTORS)
    within, innovates, known = (rng.random(found.plan.firms) for _ in range(3))
    for i in range(found.plan.firms):
        yield {
            "id": firm_id(i), "name": f"Synthetic firm {i + 1}",
            "enterprise_no": f"{i + 1:010d}",
            "founded_on": day_of(int(found.founded[i]), within[i]) if known[i] < 0.985 else None,
            "ended_on": date(int(found.ended[i]) - 1, 12, 31) if found.ended[i] else None,
            "activity": f"{codes[found.sector[i]]}.{1 + i % 3}0", "region": REGIONS[found.region[i]],
            "natural_person": "no",
            "growth_ambition": "unknown" if known[i] > 0.7 else "yes" if found.ambition[i] else "no",
            "innovative": "unknown" if innovates[i] > 0.6 else "yes" if innovates[i] < 0.15 else "no",
        }  # fmt: skip


def exports(found: Population, rng: np.random.Generator) -> Iterator[Mapping[str, Any]]:
    """Trade by year: three firms in a hundred have a year that is not known, or not on record."""
    n, t = found.alive.shape
    doubt = rng.random((n, t))
    more = rng.poisson(1.2, (n, t))
    share: Array = rng.beta(1.5, 5, (n, t))
    buys: Array = np.asarray(rng.random(n))
    for i in range(n):
        for year in np.flatnonzero(found.alive[i]):
            if doubt[i, year] < 0.004:
                continue
            trades = bool(found.exports[i, year])
            row: dict[str, Any] = {
                "firm_id": firm_id(i),
                "year": found.plan.first + int(year),
                "flow": "export",
                "traded": "unknown" if doubt[i, year] < 0.01 else "yes" if trades else "no",
            }
            if row["traded"] == "yes":
                row |= {"value": round(float(share[i, year] * _turnover(found, i, int(year))), 2),
                        "destinations": 1 + int(more[i, year])}  # fmt: skip
            yield row
        if found.alive[i, -1] and buys[i] < 0.7:
            yield {"firm_id": firm_id(i), "year": found.plan.last, "flow": "import",
                   "traded": "yes" if buys[i] < 0.18 + 0.3 * found.exports[i, -1] else "no"}  # fmt: skip


def _turnover(found: Population, i: int, year: int) -> float:
    return float(np.exp(found.size[i, year] + found.productivity[i, year] + 11.9))


def accounts(found: Population, rng: np.random.Generator) -> Iterator[Mapping[str, Any]]:
    """Accounts as they are filed: small firms leave turnover and wages out, equity may be negative."""
    n, t = found.alive.shape
    noise = rng.normal(0, 1, (5, n, t))
    filed = rng.random((n, t))
    staff = np.exp(found.size)
    worth = np.exp(found.size + 0.8 * found.productivity + 11.2 + 0.25 * noise[0])
    items: dict[str, Array] = {
        "employment": np.round(staff, 1),
        "total-assets": np.round(worth),
        "equity": np.round(worth * (0.3 + 0.25 * found.productivity + 0.18 * noise[1])),
        "cash": np.round(worth * np.exp(-2.3 + 0.5 * found.productivity + 0.5 * noise[2])),
        "turnover": np.round(np.exp(found.size + found.productivity + 11.9)),
        "wages": np.round(staff * np.exp(10.6 + 0.5 * found.productivity + 0.1 * noise[3])),
    }
    whole = staff > 9
    for i in range(n):
        for year in np.flatnonzero(found.alive[i]):
            if filed[i, year] < 0.02:
                continue
            for item, values in items.items():
                if item in ("turnover", "wages") and not (whole[i, year] or filed[i, year] > 0.9):
                    continue
                yield {"firm_id": firm_id(i), "year": found.plan.first + int(year), "item": item,
                       "value": float(values[i, year])}  # fmt: skip


def measures() -> Iterator[Mapping[str, Any]]:
    """The three programmes, and two of another body."""
    for name, title, answers, kind, questions, documents, cost, grant in MEASURES.values():
        yield {"id": name, "title": title, "answers_to": answers, "type": kind, "provider": "The agency",
               "individual": "yes" if kind == "counselling" else "no",
               "state_aid": "de-minimis" if grant else "none", "unit_cost": cost,
               "max_amount": grant or None, "questions_asked": questions, "documents_asked": documents,
               "valid_from": _OLD}  # fmt: skip
    for name, title, answers, kind in (
        ("M-INNO", "Innovation voucher", "innovation-support", "counselling"),
        ("M-CREDIT", "Export credit insurance", "export-credit", "financial"),
    ):
        yield {"id": name, "title": title, "answers_to": answers, "type": kind, "provider": "Another body",
               "state_aid": "none", "valid_from": _OLD, "questions_asked": 30}  # fmt: skip


def _opens(year: int) -> datetime:
    return datetime(year, 2, 3, 9, tzinfo=UTC)


def calls(found: Population) -> Iterator[Mapping[str, Any]]:
    """One call for each round of applications."""
    for each in found.applied:
        lottery = each.programme == "coaching"
        yield {"id": f"C-{each.programme.upper()}-{each.year}", "measure_id": MEASURES[each.programme][0],
               "opens": _opens(each.year), "closes": _opens(each.year) + timedelta(days=21),
               "places": int(each.granted.sum()), "selection": "lottery" if lottery else "first-come",
               "seed": LOTTERY_SEED if lottery else None}  # fmt: skip


def applications(found: Population, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """(applications with their time of arrival and the decision, support that was given)."""
    applied: Rows = []
    given: Rows = []
    for each in found.applied:
        measure, cost, grant = MEASURES[each.programme][0], *MEASURES[each.programme][6:]
        decided = _opens(each.year) + timedelta(days=35)
        delay, hours, dearer = (rng.random(len(each.firm)) for _ in range(3))
        for at, firm in enumerate(each.firm):
            won = bool(each.granted[at])
            name = f"A-{each.programme[0].upper()}{each.year}-{firm + 1:05d}"
            why = "not drawn" if each.programme == "coaching" else "no places left"
            applied.append(
                {
                    "id": name,
                    "firm_id": firm_id(firm),
                    "call_id": f"C-{each.programme.upper()}-{each.year}",
                    "measure_id": measure,
                    "received_at": _opens(each.year) + timedelta(minutes=int(each.hour[at] * 28800)),
                    "decision": "granted" if won else "refused",
                    "decided_at": decided,
                    "decided_by": "board",
                    "reason": None if won else why,
                }
            )
            if won:
                started = decided.date() + timedelta(days=10 + int(delay[at] * 150))
                given.append(
                    {
                        "id": f"U{name[1:]}",
                        "firm_id": firm_id(firm),
                        "measure_id": measure,
                        "application_id": name,
                        "started": started,
                        "ended": started + timedelta(days=300),
                        "granted_on": decided.date() if grant else None,
                        "amount_granted": grant or None,
                        "amount_paid": grant or None,
                        "cost_to_agency": round(cost * (0.7 + 0.6 * dearer[at])),
                        "hours": 4 + int(30 * hours[at]),
                        "officer": f"adviser {1 + firm % 6}",
                    }
                )
    return applied, given


def stands(found: Population, rng: np.random.Generator) -> Iterator[Mapping[str, Any]]:
    """Stands at fairs: nobody applied, growing firms asked for them."""
    for year, chosen in found.fair.items():
        when = rng.random(len(chosen))
        for at, firm in enumerate(chosen):
            started = day_of(year, 0.1 + 0.8 * when[at])
            yield {"id": f"U-F{year}-{firm + 1:05d}", "firm_id": firm_id(firm), "measure_id": "M-FAIR",
                   "started": started, "ended": started + timedelta(days=4), "cost_to_agency": 2600,
                   "hours": 6, "markets": "DE", "officer": f"adviser {1 + firm % 6}"}  # fmt: skip


def drawn(found: Population) -> tuple[Rows, Rows]:
    """The lottery as the register keeps it: the draw, and every ticket."""
    heads: Rows = []
    lines: Rows = []
    for each in found.applied:
        if each.programme != "coaching":
            continue
        call = f"C-COACHING-{each.year}"
        entrants = [firm_id(firm) for firm in each.firm]
        tickets = draw(LOTTERY_SEED, entrants, int(each.granted.sum()))
        heads.append(
            {
                "id": f"call-{call}",
                "kind": "call",
                "call_id": call,
                "seed": LOTTERY_SEED,
                "on_date": _opens(each.year).date() + timedelta(days=22),
                "places": int(each.granted.sum()),
                "seed_source": "numbers of a public lottery",
                "entrants": len(entrants),
                "entrants_hash": fingerprint(entrants),
            }
        )
        lines += [{"draw_id": f"call-{call}", **vars(one)} for one in tickets]
    return heads, lines
