"""Views about what stands in the way: barriers and the cost of entry, and the agency's own red tape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from firmtrade.support.rules.vocabulary import barriers
from firmtrade.support.service.segment import Segmented
from firmtrade.support.views.context import Context, name_of
from firmtrade.support.views.services import SERIOUS, open_barriers
from firmtrade.support.views.view import Figure, Listed, View, middle, share

WORST = 3


def in_the_way(about: Context) -> View:
    """10: barriers named, overcome, and firms that the same barrier keeps from exporting."""
    named = [row for each in about.firms for row in _named(about, each)]
    over = [row for row in named if row["over"]]
    days = [(row["resolved_on"] - row["on_date"]).days for row in over if row["resolved_on"] is not None]
    blocked = [
        (each, row) for each in about.firms for row in open_barriers(about, each) if row["severity"] == WORST
    ]
    most = Counter(row["barrier"] for _, row in blocked).most_common()
    worst = min((name for name, number in most if number == most[0][1]), default="")
    figures = (
        share(
            len(over),
            len(named),
            "Serious barriers that are overcome",
            "serious barriers, each once for a firm",
        ),
        Figure("Days until they were, in the middle", middle(days), "days", f"{len(days):,} with a day"),
        Figure("Cost of entry into a market", None, "EUR", "not on record"),
    )
    return View("10", about.day, figures, (_by_barrier(named, over), _blocked(blocked, worst)))


def _named(about: Context, firm: Segmented) -> list[Mapping[str, Any]]:
    """Each barrier that a firm ever named as serious, once: the day on which it first did, whether it is
    overcome (or named as slight or none since), and on which day it was."""
    told = [row for row in firm.known.dossier.of("barriers") if row["on_date"] <= about.day]
    still = {row["barrier"] for row in open_barriers(about, firm)}
    found: list[Mapping[str, Any]] = []
    for name in sorted({row["barrier"] for row in told if row["severity"] >= SERIOUS}):
        mine = [row for row in told if row["barrier"] == name]
        ends = [row["resolved_on"] for row in mine if row["resolved_on"] and row["resolved_on"] <= about.day]
        found.append({
            "barrier": name, "over": name not in still,
            "on_date": min(row["on_date"] for row in mine if row["severity"] >= SERIOUS),
            "resolved_on": max(ends) if ends and name not in still else None,
        })  # fmt: skip
    return found


def _by_barrier(named: Sequence[Mapping[str, Any]], over: Sequence[Mapping[str, Any]]) -> Listed:
    times = Counter(row["barrier"] for row in named)
    done = Counter(row["barrier"] for row in over)
    rows = sorted(
        ((name, title.title, times[name], done[name]) for name, title in barriers().items() if times[name]),
        key=lambda row: (-row[2], row[0]),
    )
    return Listed("Serious barriers", ("barrier", "title", "named", "overcome"), tuple(rows), firms=False)


def _blocked(blocked: Sequence[tuple[Segmented, Mapping[str, Any]]], worst: str) -> Listed:
    title = barriers()[worst].title if worst else "no barrier"
    rows = tuple((each.firm_id, name_of(each), each.code, row["on_date"]) for each, row in blocked
                 if row["barrier"] == worst)  # fmt: skip
    return Listed(f"Kept from exporting by the barrier that keeps most: {title}",
                  ("firm", "name", "segment", "named on"), rows)  # fmt: skip


def red_tape(about: Context) -> View:
    """11: what the agency asks of firms and how long it takes."""
    since = about.back(3)
    rows = [row for row in about.register.read("applications")
            if since <= row["received_at"].date() <= about.day]  # fmt: skip
    waits = [(row["decided_at"] - row["received_at"]).days for row in rows
             if row["decided_at"] is not None and row["decided_at"].date() <= about.day]  # fmt: skip
    asked = sum(about.measures[row["measure_id"]]["questions_asked"] or 0 for row in rows)
    again = _again(about)
    figures = (
        Figure(
            "Days from application to decision, in the middle",
            middle(waits),
            "days",
            f"{len(waits):,} applications decided in three years",
        ),
        Figure(
            "Questions answered to apply, in three years", asked, "questions", f"{len(rows):,} applications"
        ),
        Figure(
            "Questions asked again of firms that had answered them",
            sum(row[-1] for row in again),
            "questions",
            f"{len(again):,} firms that applied for the same measure more than once",
        ),
        Figure(
            "Hours of red tape, in the middle",
            middle(_hours(about)),
            "hours",
            f"{len(_hours(about)):,} firms told them",
        ),
    )
    listed = Listed(
        "Asked again: the answers are on file",
        ("firm", "name", "measure", "applications", "questions"),
        tuple(again),
    )
    return View("11", about.day, figures, (_by_measure(about), listed))


def _hours(about: Context) -> list[float]:
    return [
        float(row["admin_hours"])
        for each in about.firms
        for row in each.known.dossier.of("barriers")
        if row["admin_hours"] is not None and row["on_date"] <= about.day
    ]


def _again(about: Context) -> list[tuple[Any, ...]]:
    """Firms that applied for a measure more than once, with the questions they were asked twice."""
    found = []
    for each in about.firms:
        times = Counter(row["measure_id"] for row in each.known.dossier.of("applications")
                        if row["received_at"].date() <= about.day)  # fmt: skip
        for measure, number in sorted(times.items()):
            questions = about.measures[measure]["questions_asked"]
            if number > 1 and questions:
                found.append((each.firm_id, name_of(each), measure, number, (number - 1) * questions))
    return found


def _by_measure(about: Context) -> Listed:
    """Questions and documents of each measure, for EUR 1,000 of the largest grant where there is one."""
    rows = []
    for name, row in sorted(about.measures.items()):
        if row["valid_from"] > about.day or (row["valid_to"] is not None and row["valid_to"] < about.day):
            continue
        questions, most = row["questions_asked"], row["max_amount"]
        each = round(float(1000 * questions / most), 1) if questions and most else None
        rows.append((name, row["title"], questions, row["documents_asked"], each))
    header = ("measure", "title", "questions", "documents", "questions for EUR 1,000")
    return Listed("What a measure asks", header, tuple(rows), firms=False)
