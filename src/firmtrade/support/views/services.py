"""Views about what is offered: tailored support, one file with other bodies, the range of services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from firmtrade.support import truth
from firmtrade.support.rules.vocabulary import barriers, measures
from firmtrade.support.service.facts import known
from firmtrade.support.service.propose import PROPOSE, proposed
from firmtrade.support.service.segment import Segmented, segmented
from firmtrade.support.views.context import Context, name_of
from firmtrade.support.views.view import Figure, Listed, View, share

TYPES = ("information", "promotion", "financial", "inward-investment", "counselling")
SERIOUS = 2
#: Recommendations whose proposals are for everybody: they are no tailoring.
_GENERAL = {"01"}


def tailored(about: Context) -> View:
    """05: what is proposed for each firm, and whether support that was given fits."""
    since = about.back(1)
    every = [(each, row) for each in about.firms for row in about.support(each, since)]
    given = [(each, row) for each, row in every if about.measures[row["measure_id"]]["answers_to"]]
    fits = sum(_fits(about, each, row) for each, row in given)
    individual = sum(about.measures[row["measure_id"]]["individual"] == truth.YES for _, row in every)
    figures = (
        share(fits, len(given), "Support of the last twelve months that a rule would have proposed", "cases"),
        share(individual, len(every), "Support made for one firm", "cases of the last twelve months"),
    )
    rows = tuple(
        (each.firm_id, name_of(each), each.code, ", ".join(found))
        for each in about.firms if (found := _for(about, each))
    )  # fmt: skip
    listed = Listed(
        "What the rules propose for a firm beyond a first contact (firmtrade support propose FIRM: why)",
        ("firm", "name", "segment", "measures"),
        rows,
    )
    warnings = [] if every else ["No support began in the last twelve months."]
    if len(given) < len(every):
        warnings.append(
            f"{len(every) - len(given):,} cases are left out of the first number: their measure does not say "
            "which one of the rules it is (answers_to in the table measures)."
        )
    return View("05", about.day, figures, (listed,), tuple(warnings))


def _for(about: Context, firm: Segmented) -> list[str]:
    if firm.code == "not-asked":
        return []
    found = [each.measure for each in about.proposals[firm.firm_id].of(PROPOSE)
             if not set(each.recommendations) & _GENERAL]  # fmt: skip
    return list(dict.fromkeys(found))


def _fits(about: Context, firm: Segmented, row: Mapping[str, Any]) -> bool:
    """Whether a rule of today proposes this measure from what was known on the day the support began."""
    wanted = about.measures[row["measure_id"]]["answers_to"]
    day = row["started"]
    then = known(firm.known.dossier, day, about.register.horizon(day), about.book.instrument,
                 about.register.room(firm.firm_id, day))  # fmt: skip
    said = proposed(segmented(then, about.book), about.book, about.day, {})
    return any(each.measure == wanted for each in said.of(PROPOSE))


def one_file(about: Context) -> View:
    """07: firms that another body supported, with and without support here."""
    aid = [row for row in about.register.read("aid") if row["granted_on"] <= about.day]
    there: dict[str, list[Mapping[str, Any]]] = {}
    for row in aid:
        if row["firm_id"] in about.by_id:
            there.setdefault(row["firm_id"], []).append(row)
    both = [firm for firm in there if about.support(about.by_id[firm])]
    only = sorted(firm for firm in there if not about.support(about.by_id[firm]))
    innovates = [each for each in about.firms if about.fact(each, "innovative") == truth.YES]
    figures = (
        share(len(both), len(there), "Supported elsewhere and here", "firms with aid from another body"),
        share(sum(bool(about.support(each)) for each in innovates), len(innovates),
              "Innovative firms with support here", "firms that say that they innovate"),
    )  # fmt: skip
    rows = tuple(
        (
            firm,
            name_of(about.by_id[firm]),
            about.by_id[firm].code,
            ", ".join(sorted({row["grantor"] for row in there[firm]})),
            max(row["granted_on"] for row in there[firm]),
        )
        for firm in only
    )
    listed = Listed(
        "Supported by another body and not here", ("firm", "name", "segment", "body", "last aid"), rows
    )
    return View("07", about.day, figures, (listed,))


def needs(about: Context) -> Mapping[str, set[str]]:
    """Barrier -> the types of support that rules propose where it is named."""
    found: dict[str, set[str]] = {name: set() for name in barriers()}
    for rule in about.book.rules.values():
        for fact, _, _ in rule.when.facts():
            name = fact.removeprefix("barrier.")
            if name in found and rule.outcome == PROPOSE:
                found[name] |= {measures()[measure].type for measure in rule.measures}
    return found


def open_barriers(about: Context, firm: Segmented) -> list[Mapping[str, Any]]:
    """The serious barriers of a firm, as it named each last, that are not overcome."""
    last: dict[str, Mapping[str, Any]] = {}
    for row in firm.known.dossier.of("barriers"):
        if row["on_date"] <= about.day and row["on_date"] >= last.get(row["barrier"], row)["on_date"]:
            last[row["barrier"]] = row
    return [
        row
        for _, row in sorted(last.items())
        if row["severity"] >= SERIOUS and (row["resolved_on"] is None or row["resolved_on"] > about.day)
    ]


def services(about: Context) -> View:
    """08: what firms need and what they get, by type; firms that need something and got nothing."""
    types = needs(about)
    needed: Counter[str] = Counter()
    unserved = []
    for each in about.firms:
        found = open_barriers(about, each)
        needed.update(kind for row in found for kind in sorted(types[row["barrier"]]))
        if found and not about.support(each, min(row["on_date"] for row in found)):
            unserved.append(
                (each.firm_id, name_of(each), each.code, ", ".join(row["barrier"] for row in found))
            )
    figures = (
        Figure("Firms with a serious barrier and no support since they named it", len(unserved)),
        share(
            needed["information"] + needed["counselling"],
            sum(needed.values()),
            "Need that calls for information or advice",
            "needs",
        ),
    )
    listed = Listed("Unserved", ("firm", "name", "segment", "barriers"), tuple(unserved))
    return View("08", about.day, figures, (_by_type(about, needed), listed))


def _by_type(about: Context, needed: Counter[str]) -> Listed:
    """Spending, cases and firms of three years by type, beside the need; the gap is need less cases."""
    since = about.back(3)
    cases: Counter[str] = Counter()
    euro: Counter[str] = Counter()
    firms: dict[str, set[str]] = {kind: set() for kind in TYPES}
    for each in about.firms:
        for row in about.support(each, since):
            kind = about.measures[row["measure_id"]]["type"]
            amount = row["amount_paid"] if row["amount_paid"] is not None else row["amount_granted"]
            cases[kind] += 1
            euro[kind] += round(float(amount or 0) + float(row["cost_to_agency"] or 0))
            firms[kind].add(each.firm_id)
    every, need = sum(cases.values()), sum(needed.values())
    rows = []
    for kind in TYPES:
        asked = 100 * needed[kind] / need if need else None
        got = 100 * cases[kind] / every if every else None
        gap = None if asked is None or got is None else round(asked - got, 1)
        rows.append((kind, needed[kind], cases[kind], len(firms[kind]), euro[kind], gap))
    header = (
        "type",
        "needs",
        "cases in three years",
        "firms",
        "EUR",
        "share of needs less share of cases, points",
    )
    return Listed("Need and supply by type of support", header, tuple(rows), firms=False)
