"""The audit of recoded activities: which firms, and how much, have a code that may be several, by sector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from firmtrade._engine.engine import Engine
from firmtrade.acquire.source import PanelSpec
from firmtrade.assemble.check_report import Problem

#: Old sectors that are shown, those with most firms first.
SHOWN = 10
#: Amounts that are told beside the number of firms, where the relation has them.
AMOUNTS = ("turnover", "declared_export", "declared_import")
#: How a code was settled, in the order in which it is told.
BASES: Mapping[str, str] = {
    "own": "the firm's own code of another year",
    "single": "one code only is possible",
    "modal": "the likeliest of several",
    "weighted": "one of several, drawn by their shares",
    "ambiguous": "several are possible: not settled",
    "unlisted": "not in the correspondence",
    "reported": "and in {wanted} already",
}
#: The firms that break: their code may be several, and no code of their own says which.
BROKEN = ("modal", "weighted", "ambiguous", "unlisted")


def recode_notes(
    engine: Engine, spec: PanelSpec, relation: str, columns: Mapping[str, str]
) -> Iterator[Problem]:
    """What recoding did to a relation of firms and years; nothing where the part has no vintages."""
    if not spec.vintages or "activity_basis" not in columns:
        return
    told = [name for name in AMOUNTS if name in columns]
    amounts = "".join(f", coalesce(sum({name}), 0)" for name in told)
    counted = {
        basis: numbers
        for basis, *numbers in engine.rows(
            f"select activity_basis, count(*), count(distinct firm){amounts} from {relation} "
            "where activity_basis is not null group by 1"
        )
    }
    others = ", ".join(dict.fromkeys(one.classification for one in spec.vintages))
    yield Problem(
        "recoded", "info",
        f"firm-years with an activity of {others}, led to {spec.classification}: "
        + "; ".join(_line(basis, counted[basis], told, spec) for basis in BASES if basis in counted),
        sum(numbers[0] for basis, numbers in counted.items() if basis != "reported"),
        "Give a correspondence of classes with shares (file, weight in vintages), or codes of both "
        'classifications for some year, to settle more. How: recode = "modal", "weighted" or "own" in '
        f"{spec.part}.",
    )  # fmt: skip
    yield from _broken(engine, spec, relation, told)


def _line(basis: str, numbers: list[object], told: list[str], spec: PanelSpec) -> str:
    records, firms, *amounts = numbers
    worth = "".join(f", {name} {float(str(value)):,.0f}" for name, value in zip(told, amounts, strict=True))
    return f"{BASES[basis].format(wanted=spec.classification)}: {records:,} of {firms:,} firms{worth}"


def _broken(engine: Engine, spec: PanelSpec, relation: str, told: list[str]) -> Iterator[Problem]:
    """The firms that break, by the division that they were reported in.

    A note and no warning: warnings are printed in the report, and these counts are not protected.
    """
    amounts = "".join(
        f", coalesce(sum({name}) filter (where broken), 0), coalesce(sum({name}), 0)" for name in told
    )
    bases = ", ".join(f"'{basis}'" for basis in BROKEN)
    rows = engine.rows(
        "select division, count(distinct firm) filter (where broken) as n, "
        f"count(distinct firm){amounts} from "
        f"(select *, substring(activity_reported, 1, 2) as division, activity_basis in ({bases}) as broken "
        f"from {relation} where activity_basis <> 'reported') group by 1 having n > 0 "
        "order by n desc, division nulls last"
    )
    if not rows:
        return
    shown = [_sector(row, told) for row in rows[:SHOWN]]
    more = f"; and {len(rows) - SHOWN:,} more" if len(rows) > SHOWN else ""
    yield Problem(
        "broken-activity", "info",
        f"divisions in which firms have a code that may be several of {spec.classification}, by number of "
        f"such firms: {'; '.join(shown)}{more}", len(rows),
        "Aggregates by activity break there. The dimension activity-basis tells these firms apart in any "
        "table.",
    )  # fmt: skip


def _sector(row: tuple[object, ...], told: list[str]) -> str:
    division, broken, firms, *amounts = row
    shares = []
    for place, name in enumerate(told):
        part, whole = (float(str(value)) for value in amounts[2 * place : 2 * place + 2])
        if whole:
            shares.append(f"{100 * part / whole:.0f} % of {name}")
    worth = f" ({', '.join(shares)})" if shares else ""
    return f"{division or '?'}: {broken:,} of {firms:,} firms{worth}"
