"""A publication as the files of a ledger's entry, and back."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import numpy as np

from firmtrade.describe.asks import Ask
from firmtrade.describe.computed import Backing
from firmtrade.protect.decide import Decided
from firmtrade.protect.ledger_model import (
    THIS,
    Amounts,
    Difference,
    Figure,
    Key,
    Publication,
    View,
    with_figures,
)  # fmt: skip
from firmtrade.protect.ledger_store import Entry
from firmtrade.protect.rules import Profile
from firmtrade.protect.system import NOTHING

COLUMNS = ("view", "aggregate", "sample", "window", "year", "codes", "measure", "point", "value", "status")
ROWS = ("identities", "owners", "years", "classes", "asked")
TOLD, HIDDEN = "told", "hidden"


def decided(given: Publication, parts: Sequence[Decided]) -> Publication:
    """The publication with what was hidden, what the rules ask, and the differences to earlier runs."""
    told: dict[tuple[str, Key], Figure] = {}
    differences: list[Difference] = []
    asked = {ask: each for each in parts for ask in each.part.system.places}
    for view in given.views:
        for name, amounts in view.amounts.items():
            for figure in amounts.figures:
                each = asked[figure.ask]
                column = each.part.system.places[figure.ask]
                up, down = _wanted(each).get(column, (0.0, 0.0))
                hidden = column != NOTHING and column in each.hidden
                told[name, figure.key] = replace(figure, hidden=hidden, up=up, down=down)
    for each in parts:
        for one, column in each.part.system.places.items():
            if isinstance(one, Difference) and THIS in (one.one[0], one.other[0]):
                up, down = _wanted(each).get(column, (0.0, 0.0))
                differences.append(replace(one, up=up, down=down))
    found = tuple(sorted(differences, key=lambda one: (one.one, one.other)))
    return replace(with_figures(given, told), differences=found)


def _wanted(each: Decided) -> dict[int, tuple[float, float]]:
    plan = each.plan
    found = zip(plan.columns.tolist(), plan.up.tolist(), plan.down.tolist(), strict=True)
    return {column: (up, down) for column, up, down in found}


def claim(given: Publication, profile: Profile, backing: Backing) -> str:
    """What makes a run the same as another: firms, amounts, figures, tables and rules; not its decisions."""
    content = hashlib.sha256()
    for name, array in sorted(arrays(given).items()):
        content.update(f"{name} {array.dtype} {array.shape}\n".encode())
        content.update(np.ascontiguousarray(array).tobytes())
    rules = [[rule.name, *sorted(f"{k}={v}" for k, v in rule.numbers.items())] for rule in profile.rules]
    tables = {name: [[repr(ask) for ask in asks] for asks in told] for name, told in backing.figures.items()}
    views = [described(view) for view in given.views]
    keys = [[figure.key for _, _, figure in _all(given)], views, rules, tables]
    content.update(json.dumps(keys, sort_keys=True).encode())
    return content.hexdigest()


def described(view: View) -> dict[str, Any]:
    """The structure of a view without its rows."""
    return {
        "window": view.window,
        "amounts": {
            name: {"decimals": one.decimals, "counts": one.counts, "parts": list(one.parts)}
            for name, one in view.amounts.items()
        },
    }


def _all(given: Publication) -> Iterable[tuple[int, str, Figure]]:
    for number, view in enumerate(given.views):
        for name, amounts in view.amounts.items():
            yield from ((number, name, figure) for figure in amounts.figures)


def figures(given: Publication) -> list[list[str]]:
    """The lines of figures.csv: every additive figure, with its value if it was told."""
    sums: dict[tuple[int, str], Any] = {}
    for number, view in enumerate(given.views):
        for name, amounts in view.amounts.items():
            total = np.zeros(int(view.classes.max(initial=-1)) + 2, dtype=np.int64)
            np.add.at(total, view.classes, amounts.values)
            sums[number, name] = total
    lines = []
    for number, name, figure in _all(given):
        sample, window, year, codes, measure, point = figure.key
        exact = int(sums[number, name][figure.members].sum())
        value = Decimal(exact).scaleb(-given.views[number].amounts[name].decimals)
        lines.append([
            str(number), name, sample, window, year, json.dumps(codes), measure, point,
            "" if figure.hidden else str(value), HIDDEN if figure.hidden else TOLD,
        ])  # fmt: skip
    return lines


def csv_bytes(lines: Sequence[Sequence[str]]) -> bytes:
    """Lines with the head of figures.csv."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *lines])
    return text.getvalue().encode()


def arrays(given: Publication) -> dict[str, Any]:
    """The firms of a publication with classes and amounts, and the classes of each figure."""
    found: dict[str, Any] = {}
    for number, view in enumerate(given.views):
        for name in ROWS:
            found[f"{number}/{name}"] = getattr(view, name)
        for place, amounts in enumerate(view.amounts.values()):
            at = f"{number}/{place}/"
            members = [figure.members for figure in amounts.figures]
            found[at + "values"], found[at + "known"] = amounts.values, amounts.known
            found[at + "start"] = np.cumsum([0, *map(len, members)]).astype(np.int64)
            found[at + "members"] = np.concatenate([*members, np.zeros(0, dtype=np.int64)])
            found[at + "up"] = np.array([figure.up for figure in amounts.figures], dtype=np.float64)
            found[at + "down"] = np.array([figure.down for figure in amounts.figures], dtype=np.float64)
    return found


def differences_as_json(given: Publication) -> list[dict[str, Any]]:
    """The differences to earlier runs."""
    return [asdict(one) for one in given.differences]


def publication(entry: Entry) -> Publication:
    """The publication of an entry."""
    kept, lines = entry.arrays(), entry.figures()
    by_part: dict[tuple[str, str], list[list[str]]] = {}
    for line in lines:
        by_part.setdefault((line[0], line[1]), []).append(line)
    views = []
    for number, said in enumerate(entry.said["views"]):
        amounts = {
            name: _amounts(one, kept, f"{number}/{place}/", by_part.get((str(number), name), []))
            for place, (name, one) in enumerate(sorted(said["amounts"].items()))
        }
        firms, owners, years, classes, asked = (kept[f"{number}/{name}"] for name in ROWS)
        views.append(View(said["window"], firms, owners, years, classes, asked, amounts))
    differences = tuple(
        Difference(_end(one["one"], entry), _end(one["other"], entry), one["up"], one["down"])
        for one in entry.said["differences"]
    )
    return Publication(entry.name, tuple(views), differences)


def _amounts(said: Mapping[str, Any], kept: Mapping[str, Any], at: str, lines: list[list[str]]) -> Amounts:
    start, members = kept[at + "start"].tolist(), kept[at + "members"]
    made = []
    for n, line in enumerate(lines):
        key = _key(line[2], line[3], line[4], json.loads(line[5]), line[6], line[7])
        up, down = float(kept[at + "up"][n]), float(kept[at + "down"][n])
        made.append(Figure(key, Ask(*key), members[start[n] : start[n + 1]], line[9] == HIDDEN, up, down))
    rows = (kept[at + "values"], kept[at + "known"])
    return Amounts(*rows, said["decimals"], said["counts"], tuple(said["parts"]), tuple(made))


def _key(sample: str, window: str, year: str, codes: Any, measure: str, point: str) -> Key:
    return (sample, window, year, tuple((name, code) for name, code in codes), measure, point)


def _end(said: Sequence[Any], entry: Entry) -> tuple[str, str, Key]:
    run, aggregate, key = said
    return (entry.name if run == THIS else run, aggregate, _key(*key))
