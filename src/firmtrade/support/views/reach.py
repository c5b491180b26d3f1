"""Views about whom the agency reaches: awareness, new firms, international new ventures, links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from firmtrade.support import truth
from firmtrade.support.impact.follow import LEAST, to_regular
from firmtrade.support.service.flags import Life, lives
from firmtrade.support.service.segment import Segmented
from firmtrade.support.views.context import Context, name_of
from firmtrade.support.views.view import Figure, Listed, View, share
from firmtrade.support.words import stage_rule


def awareness(about: Context) -> View:
    """01: firms that never exported, and how many of them were reached."""
    never = about.never()
    reached = [each for each in never if was_reached(each, about.day)]
    by_segment = Counter(each.code for each in never)
    of_those = Counter(each.code for each in reached)
    reach = Listed(
        "Reach by segment", ("segment", "title", "firms", "reached"),
        tuple((code, segment.title, by_segment[code], of_those[code])
              for code, segment in about.book.segments.items() if by_segment[code]),
        firms=False,
    )  # fmt: skip
    untouched = [each for each in never if not was_reached(each, about.day)]
    figures = (
        share(
            len(reached), len(never), "Firms without exports that were reached", "firms that never exported"
        ),
        Figure("Never reached", len(untouched)),
    )
    return View("01", about.day, figures, (reach, _invitations(about, untouched)), _no_score(about))


def was_reached(firm: Segmented, day: date) -> bool:
    """Whether an assessment, an application or support of the firm by that day is on record."""
    dossier = firm.known.dossier
    return (
        any(row["on_date"] <= day for row in dossier.of("assessments"))
        or any(row["received_at"].date() <= day for row in dossier.of("applications"))
        or any(row["started"] <= day for row in dossier.of("support"))
    )


def _invitations(about: Context, untouched: Sequence[Segmented]) -> Listed:
    """The last draw of invitations; where there is none, the firms that could be invited."""
    draws = about.register.read("draws", kind="invitation")
    draws = sorted(
        (row for row in draws if row["on_date"] <= about.day), key=lambda row: (row["on_date"], row["id"])
    )
    if draws:
        head = draws[-1]
        drawn = about.register.read("drawn", draw_id=head["id"])
        lines = sorted(drawn, key=lambda row: row["rank"])
        return Listed(
            f"Drawn on {head['on_date']} ({head['id']}): whom to invite, and whom to compare with",
            ("rank", "firm", "arm"),
            tuple((row["rank"], row["firm_id"], row["arm"]) for row in lines),
        )
    rows = tuple((each.firm_id, name_of(each), each.code, *about.chance(each.firm_id)) for each in untouched)
    return Listed(
        "Could be invited, by a draw: firmtrade support lottery --invite 100 --seed SEED",
        ("firm", "name", "segment", "first export, %", "band"),
        rows,
    )


def _no_score(about: Context) -> tuple[str, ...]:
    return (f"No exporting score: {about.no_score}",) if about.no_score else ()


def new_firms(about: Context) -> View:
    """04: new firms with the wish to grow, ready or just begun."""
    aged = [each for each in about.firms if about.fact(each, "new-firm") is not None]
    young = [each for each in aged if about.fact(each, "new-firm") == truth.YES]
    found = [
        each
        for each in young
        if about.fact(each, "growth-ambition") == truth.YES and each.code in ("ready", "new")
    ]
    since = about.back(3)
    spent = {each.firm_id: sum(_cost(row) for row in about.support(each, since)) for each in aged}
    theirs, total = sum(spent[each.firm_id] for each in young), sum(spent.values())
    unknown = sum(about.fact(each, "growth-ambition") is None for each in young)
    figures = (
        Figure("New firms that want to grow and are ready or have begun", len(found)),
        share(len(young), len(aged), "New firms among all", "firms of which the foundation is known"),
        Figure("Their share of what was spent in three years", 100 * theirs / total if total else None, "%",
               f"EUR {theirs:,.0f} of {total:,.0f} for firms of which the foundation is known"),
        Figure("New firms of which it is not known whether they want to grow", unknown),
    )  # fmt: skip
    rows = tuple(
        (each.firm_id, name_of(each), each.code, about.fact(each, "age"), *about.chance(each.firm_id))
        for each in found
    )
    listed = Listed(
        "New firms to look to", ("firm", "name", "segment", "age", "first export, %", "band"), rows
    )
    return View("04", about.day, figures, (listed,), _no_score(about))


def _cost(row: Any) -> float:
    amount = row["amount_paid"] if row["amount_paid"] is not None else row["amount_granted"]
    return float(amount or 0) + float(row["cost_to_agency"] or 0)


def ventures(about: Context) -> View:
    """06: international new ventures that export, and whether such firms stay."""
    active = [
        each
        for each in about.firms
        if about.fact(each, "venture") == truth.YES and each.code in ("new", "occasional", "regular")
    ]
    regular = sum(each.code == "regular" for each in active)
    figures = (
        Figure("International new ventures that export", len(active)),
        share(regular, len(active), "of them regular exporters", "such firms"),
        *_staying(about),
    )
    rows = tuple((each.firm_id, name_of(each), each.code, about.fact(each, "age"),
                  about.fact(each, "destinations")) for each in active)  # fmt: skip
    listed = Listed("International new ventures", ("firm", "name", "segment", "age", "countries"), rows)
    return View("06", about.day, figures, (listed,))


def _staying(about: Context) -> tuple[Figure, ...]:
    """Of firms whose first export was seen: the share regular five years later, ventures and others."""
    if about.year is None:
        return ()
    rule = stage_rule(about.day)
    sides: dict[bool, list[bool]] = {True: [], False: []}
    for life in lives(about.register, "view").values():
        first = first_export(life)
        if first is None or life.founded is None or first + 4 > about.year:
            continue
        spell = to_regular(life, first, first + 4, rule.regular)
        if spell is not None and (spell[1] or spell[0] == 5):
            sides[first - life.founded <= rule.venture].append(spell[1])
    titles = {
        True: "Regular exporters in the five years from their first export: ventures",
        False: "the others",
    }
    return tuple(
        share(sum(found), len(found), titles[which], "whose first export and five years are on record")
        if len(found) >= LEAST
        else Figure(titles[which], None, "%", f"fewer than {LEAST} firms")
        for which, found in sides.items()
    )


def first_export(life: Life) -> int | None:
    """The year of an export that was seen to be the first: all known years before it are no."""
    known = sorted(life.flags)
    years = [year for year in known if life.flags[year] == truth.YES]
    if not years:
        return None
    before = [life.at(year) for year in range(min(known), years[0])]
    seen = bool(before) or (life.founded is not None and life.founded == years[0])
    return years[0] if seen and set(before) <= {truth.NO} else None


def links(about: Context) -> View:
    """12: links that were brokered and live, and pairs that might be linked."""
    rows = [row for row in about.register.read("links") if row["since"] <= about.day]
    ripe = [row for row in rows if row["brokered_by"] and row["since"] <= about.back(2)]
    alive = sum(row["until"] is None or row["until"] >= _after_two(row["since"]) for row in ripe)
    linked = {row["firm_id"] for row in rows if row["until"] is None or row["until"] >= about.day}
    pairs = _pairs(about, linked)
    figures = (
        share(alive, len(ripe), "Brokered links that lived two years", "brokered two years ago or more"),
        Figure(
            "Links on record now",
            len([row for row in rows if row["until"] is None or row["until"] >= about.day]),
            "links",
        ),
        Figure("Candidate pairs", len(pairs), "pairs"),
    )
    listed = Listed(
        "Ready firms and beginners without a link, and a regular exporter of their industry and region",
        ("firm", "name", "segment", "regular exporter", "name of it", "industry", "region"),
        tuple(pairs),
    )
    return View("12", about.day, figures, (listed,))


def _after_two(day: Any) -> Any:
    try:
        return day.replace(year=day.year + 2)
    except ValueError:  # 29 February
        return day.replace(year=day.year + 2, day=28)


def _pairs(about: Context, linked: set[str]) -> list[tuple[Any, ...]]:
    """For each firm the regular exporter of its industry and region with the most countries, then by id."""
    best: dict[tuple[str, str], tuple[float, str]] = {}
    for each in about.firms:
        place = _place(each)
        if each.code == "regular" and place:
            key = (-float(about.fact(each, "destinations") or 0), each.firm_id)
            best[place] = min(key, best.get(place, key))
    found = []
    for each in about.firms:
        place = _place(each)
        if each.code in ("ready", "new") and place in best and each.firm_id not in linked and place:
            other = about.by_id[best[place][1]]
            found.append((each.firm_id, name_of(each), each.code, other.firm_id, name_of(other), *place))
    return found


def _place(firm: Segmented) -> tuple[str, str] | None:
    row = firm.known.dossier.firm
    return (row["activity"], row["region"]) if row["activity"] and row["region"] else None
