"""custodian.html and whatif.html: what is hidden and why, for the custodian only, never published.

A page is written into the custodian's folder beside what it is made of. It is one file, works without
script and network, and prints with its mark on every sheet.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from firmtrade.catalog import Catalog
from firmtrade.protect import Custody
from firmtrade.protect.inside import (
    FILE,
    TABLES,
    Cost,
    Figure,
    HiddenSum,
    Inside,
    inside,
    inside_csv,
    inside_json,
)
from firmtrade.protect.whatif import Point
from firmtrade.publish.html import environment, template_text
from firmtrade.publish.pictures import Line, bar, interval, lines
from firmtrade.result import Release

STATUSES = {
    "A": "fewer holdings than allowed",
    "O": "one or two holdings dominate",
    "M": "another rule for single figures",
    "D": "hidden for others' sake",
    "U": "unreliable or otherwise not told",
}


def custodian_files(kept: Custody, release: Release, catalog: Catalog) -> dict[str, str]:
    """The page, the true values, and what `firmtrade why` answers from, by file name."""
    found = inside(kept, release, catalog)
    return {FILE: inside_json(found), TABLES: inside_csv(found), "custodian.html": custodian_page(found)}


def custodian_page(found: Inside) -> str:
    """The page."""
    return confidential("custodian.html", it=_view(found))


def confidential(template: str, **values: Any) -> str:
    """A page of the custodian from one of its templates."""
    from markupsafe import Markup

    styles = {"css": "report.css", "own_css": "confidential.css"}
    css = {name: Markup(template_text(file)) for name, file in styles.items()}
    return environment().get_template(template).render(**css, **values)


def _view(found: Inside) -> dict[str, Any]:
    hidden = [figure for figure in found.figures if figure.status != "F"]
    broken = Counter(name for one in found.sums for name in one.rules)
    titles = {cost.table: cost.title for cost in found.costs}
    return {
        "study": found.study,
        "profile": found.profile,
        "figures": f"{len(found.figures):,}",
        "hidden": f"{len(hidden):,}",
        "tiles": _tiles(found, len(hidden)),
        "rules": [
            {**rule, "limits": _limits(rule["numbers"]), "broken": f"{broken[rule['name']]:,}"}
            for rule in found.rules
        ],
        "costs": [_cost(cost) for cost in found.costs],
        "groups": _groups(found.sums),
        "tables": _tables(hidden, titles, found.sums),
        "statuses": list(STATUSES.items()),
    }


def _tiles(found: Inside, hidden: int) -> list[dict[str, Any]]:
    unsafe = sum(bool(one.rules) for one in found.sums)
    share = f"{_percent(hidden / len(found.figures))}" if found.figures else "0 %"
    leaks, insiders = found.attack["insiders left"], found.attack["attacked by insiders"]
    outsiders = found.attack["outsiders left"]
    return [
        _tile(f"of the {len(found.figures):,} figures are hidden ({share})", hidden),
        _tile(f"of the {found.attack['columns']:,} sums behind them are unsafe", unsafe),
        _tile("sums more are hidden for their sake", len(found.sums) - unsafe),
        _tile("can be worked out too closely by an outsider", outsiders, not outsiders),
        _tile(f"by one of the {insiders:,} contributors who fill a hidden sum alone", leaks, not leaks),
    ]


def _tile(what: str, number: int, good: bool = False) -> dict[str, Any]:
    return {"what": what, "number": f"{number:,}", "good": good}


def _limits(numbers: Mapping[str, float]) -> str:
    names = {"least": "at least {}", "margin": "protected by {} per cent", "percent": "{} per cent",
             "largest": "the {} largest"}  # fmt: skip
    return ", ".join(names.get(name, name + " {}").format(f"{value:g}") for name, value in numbers.items())


def _cost(cost: Cost) -> dict[str, Any]:
    share = cost.hidden / cost.figures if cost.figures else 0.0
    return {
        "table": cost.table,
        "title": cost.title,
        "figures": f"{cost.figures:,}",
        "hidden": f"{cost.hidden:,}",
        "share": _percent(share),
        "bar": bar(share),
        "firms": "" if cost.firms is None else _percent(cost.firms),
        "amounts": "" if cost.amounts is None else _percent(cost.amounts),
        "anchor": f"hidden-{cost.table}" if cost.hidden else "",
    }


def _groups(sums: Sequence[HiddenSum]) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number, one in enumerate(sums):
        groups[f"{one.what}: {one.who}" if one.who else one.what].append(_sum(number, one, sums))
    return [{"title": title, "sums": found} for title, found in groups.items()]


def _sum(number: int, one: HiddenSum, sums: Sequence[HiddenSum]) -> dict[str, Any]:
    others = one.needs if one.rules else one.protects
    said = f"{len(others):,} hidden for it" if one.rules else f"protects {len(others):,} unsafe"
    digits = 0 if one.counts else 2
    return {
        "number": number,
        "words": one.words,
        "kind": "primary" if one.rules else "secondary",
        "reasons": [reason[:1].upper() + reason[1:] for reason in one.reasons],
        "links": [_link(other, sums, one.who, one.what) for other in others],
        "links_said": said,
        "value": _number(one.value, digits),
        "wanted": [_number(end, digits) for end in one.wanted] if one.rules else [],
        "proven": _proven(one, digits),
        "picture": interval(one.value, one.wanted if one.rules else None, one.proven, digits),
    }


def _link(number: int, sums: Sequence[HiddenSum], who: str, what: str = "") -> dict[str, Any]:
    """A hidden sum by its words; what it is and whom it is about is said where that is not known anyway."""
    one = sums[number]
    apart = f" ({one.who})" if one.who and not one.who.startswith(who) else ""
    known = one.what == what and not apart
    return {"number": number, "words": one.words if known else f"{one.what}, {one.words}{apart}"}


def _tables(
    hidden: Iterable[Figure], titles: Mapping[str, str], sums: Sequence[HiddenSum]
) -> list[dict[str, Any]]:
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for figure in hidden:
        value = "" if figure.value is None else f"{figure.value:,.{max(figure.decimals, 0)}f}"
        links = [_link(number, sums, figure.who) for number in figure.sums]
        tables[figure.table].append(
            {
                "words": figure.words,
                "who": figure.who,
                "value": value,
                "status": figure.status,
                "links": links,
                "rules": "" if links else "; ".join(figure.rules),
            }
        )
    return [
        {
            "name": name,
            "title": titles.get(name, ""),
            "anchor": f"hidden-{name}",
            "figures": found,
            "said": f"{len(found):,} hidden figure{'' if len(found) == 1 else 's'}",
        }
        for name, found in tables.items()
    ]


def _proven(one: HiddenSum, digits: int) -> list[str]:
    """The attacker's interval; an end that is nowhere near the value is not worth its digits."""
    if one.proven[1] - one.proven[0] > 1000 * max(1.0, abs(one.value)):
        return ["more than 1,000 times the value"]
    return [_number(end, digits) for end in one.proven]


def _number(value: float, digits: int) -> str:
    return f"{value:,.{digits if abs(value) < 10_000 else 0}f}"


def _percent(share: float) -> str:
    return f"{100 * share:,.1f} %"


def whatif_csv(points: Sequence[Point]) -> str:
    """What each number of a rule hides, for a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [part.name for part in fields(Point)]
    writer.writerow(names)
    writer.writerows([getattr(point, name) for name in names] for point in points)
    return text.getvalue()


def whatif_page(title: str, points: Sequence[Point]) -> str:
    """A picture and a table for each rule that was varied."""
    rules = list(dict.fromkeys(point.rule for point in points))
    return confidential("whatif.html", study=title, rules=[_varied(name, points) for name in rules])


def _varied(name: str, points: Sequence[Point]) -> dict[str, Any]:
    mine = [point for point in points if point.rule == name]
    drawn = [
        Line(title, tuple((p.value, 100 * p.hidden / p.figures) for p in mine if p.insiders is inside))
        for inside, title in ((True, "protected from contributors too"), (False, "from outsiders only"))
    ]
    for title, pick in (("firms", "hidden share of the firms counted"), ("amounts", "of the amounts")):
        shares = [(p.value, getattr(p, title)) for p in mine if p.insiders]
        if all(share is not None for _, share in shares):
            drawn.append(Line(pick, tuple((x, 100 * share) for x, share in shares)))
    now = next((point.value for point in mine if point.now), None)
    pairs = [(p, q) for p in mine for q in mine if p.insiders and not q.insiders and p.value == q.value]
    return {
        "name": name,
        "picture": lines(drawn, f"number of {name}", now, f"share hidden by the number of {name}"),
        "legend": [line.name for line in drawn],
        "rows": [
            {
                "value": f"{p.value:g}",
                "now": p.now,
                "unsafe": f"{p.unsafe:,}",
                "hidden": f"{p.hidden:,} ({_percent(p.hidden / p.figures)})",
                "outsiders": f"{q.hidden:,} ({_percent(q.hidden / q.figures)})",
                "firms": "" if p.firms is None else _percent(p.firms),
                "amounts": "" if p.amounts is None else _percent(p.amounts),
                "refused": f"{p.refused:,}",
            }
            for p, q in pairs
        ],
    }
