"""Views about readiness: firms that are ready, and firms that lack something."""

from __future__ import annotations

from collections import Counter
from typing import Any

from firmtrade.support import truth
from firmtrade.support.service.assess import assessed
from firmtrade.support.service.segment import Segmented
from firmtrade.support.views.context import Context, name_of
from firmtrade.support.views.view import Figure, Listed, View, share


def ready(about: Context) -> View:
    """02: firms that meet every gate, new exporters beside; what rests on documents comes first."""
    counted = Counter(each.code for each in about.firms)
    found = sorted((each for each in about.firms if each.code in ("ready", "new")), key=_order)
    figures = (
        Figure("Ready for a first export", counted["ready"]),
        Figure("New exporters", counted["new"]),
        Figure("Not ready", counted["not-ready"]),
        Figure("Not known: assessment open", counted["open"]),
        Figure("Not known: never asked", counted["not-asked"]),
    )
    rows = tuple((each.firm_id, name_of(each), each.code, *_evidence(each), *about.chance(each.firm_id))
                 for each in found)  # fmt: skip
    header = ("firm", "name", "segment", "on documents", "answered", "open", "first export, %", "band")
    listed = Listed(
        "Firms to talk to; what rests on documents first. The score beside decides nothing", header, rows
    )
    warnings = (
        [f"No exporting score: {about.no_score}"]
        if about.no_score
        else [
            "A high probability may mean that the firm needs no help; the question is most open in the "
            "middle."
        ]
    )
    return View("02", about.day, figures, (listed,), tuple(warnings))


def _order(firm: Segmented) -> tuple[Any, ...]:
    """Documented first, then by how many answers there are; ready before new; then by id."""
    found = firm.known.assessed
    answered = found.profile.total.answered if found.profile else 0
    return (firm.code != "ready", found.documented != truth.YES, -answered, firm.firm_id)


def _evidence(firm: Segmented) -> tuple[str, str, str]:
    """(whether it is ready on documents alone, answers of questions, questions that are open)."""
    found = firm.known.assessed
    if found.profile is None:
        return "", "", "not assessed"
    total = found.profile.total
    open_ones = [question for gate in found.profile.gates for question in gate.open]
    return found.documented or "open", f"{total.answered} of {total.asked}", " ".join(open_ones)


def capabilities(about: Context) -> View:
    """03: firms that lack something, and what; how many have moved in a year."""
    lacking = [each for each in about.firms if each.code == "not-ready"]
    were, moved = _moved(about)
    titles = {name: gate.title.split(":")[0] for name, gate in about.book.instrument.gates.items()}
    failed = Counter(gate.name for each in lacking for gate in _gates(each))
    figures = (
        share(
            moved,
            were,
            "Not ready a year ago and ready now",
            "firms that were not ready and were assessed again",
        ),
        Figure("Not ready now", len(lacking)),
    )
    by_gate = Listed(
        "What is lacking",
        ("gate", "firms"),
        tuple((titles[name], failed[name]) for name in titles if failed[name]),
        firms=False,
    )
    rows = tuple(
        (
            each.firm_id,
            name_of(each),
            ", ".join(titles[gate.name] for gate in _gates(each)),
            " ".join(question for gate in _gates(each) for question in gate.failed),
            _proposed(about, each, "03"),
        )
        for each in lacking
    )
    listed = Listed("Firm by firm: what is missing, and what is proposed for it",
                    ("firm", "name", "gates", "questions", "measures"), rows)  # fmt: skip
    return View("03", about.day, figures, (by_gate, listed))


def _gates(firm: Segmented) -> list[Any]:
    """The gates that a firm fails."""
    profile = firm.known.assessed.profile
    return [gate for gate in profile.gates if gate.met == truth.NO] if profile else []


def _proposed(about: Context, firm: Segmented, recommendation: str) -> str:
    """Measures that rules of a recommendation propose for a firm."""
    found = [each.measure for each in about.proposals[firm.firm_id].of("propose")
             if recommendation in each.recommendations]  # fmt: skip
    return ", ".join(dict.fromkeys(found))


def _moved(about: Context) -> tuple[int, int]:
    """(firms that were not ready a year ago and were assessed since, those of them that are ready now)."""
    before = about.back(1)
    were = moved = 0
    for each in about.firms:
        days = [row["on_date"] for row in each.known.dossier.of("assessments") if row["on_date"] <= about.day]
        if len(days) < 2 or min(days) > before or max(days) <= before:
            continue
        was = assessed(each.known.dossier, about.book.instrument, before).state
        if was == "not-ready":
            were += 1
            moved += each.known.assessed.state == "ready"
    return were, moved
