"""A protected release as its custodian sees it: what is hidden, by which rule, for whose sake, at what cost.

Plain data: the custodian's page draws it, `firmtrade why` answers from it, and `tables.csv` of the
custodian's folder has the true values in the columns of the public file. It names no firm and no holding.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from firmtrade.catalog import Catalog
from firmtrade.describe.asks import Ask, plain
from firmtrade.errors import DataError
from firmtrade.protect.broken import broken
from firmtrade.protect.decide import Decided, Decisions, counted
from firmtrade.protect.protected import Custody, Judged
from firmtrade.protect.witness import effects_of
from firmtrade.result import DIMENSIONS, TOTAL, Release

FILE, TABLES = "inside.json", "tables.csv"
#: Smaller effects of a witness, relative to what it moves the figure that it protects, are the solver's dust.
DUST = 1e-6


@dataclass(frozen=True)
class HiddenSum:
    """A hidden sum. `wanted` and `proven` are (low, high): what must stay possible, what an attacker knows.

    `reasons` say which rules it breaks and by how much; a sum without any is hidden for the sake of those
    in `protects` (places in the list of hidden sums); `needs` are those that are hidden for its own sake.
    """

    what: str
    who: str
    words: str
    counts: bool
    value: float
    wanted: tuple[float, float]
    proven: tuple[float, float]
    holdings: int
    rules: tuple[str, ...]
    reasons: tuple[str, ...]
    protects: tuple[int, ...]
    needs: tuple[int, ...]


@dataclass(frozen=True)
class Figure:
    """A figure of the release; `sums` are the places of the hidden sums that it is worked out from."""

    table: str
    sample: str
    period: str
    codes: Mapping[str, str]
    measure: str
    words: str
    who: str
    value: float | None
    unit: str
    decimals: int
    status: str
    rules: tuple[str, ...]
    sums: tuple[int, ...]


@dataclass(frozen=True)
class Cost:
    """What hiding costs a table. `firms` and `amounts`: the shares of the sums behind it that are hidden.

    Shares are between 0 and 1, of the numbers of firms and (the mean over all of them) of other sums; None
    where the table has none.
    """

    table: str
    title: str
    figures: int
    hidden: int
    firms: float | None
    amounts: float | None


@dataclass(frozen=True)
class Inside:
    """All that the custodian is shown."""

    study: str
    profile: str
    rules: tuple[Mapping[str, Any], ...]
    attack: Mapping[str, int]
    costs: tuple[Cost, ...]
    sums: tuple[HiddenSum, ...]
    figures: tuple[Figure, ...]


def inside(custody: Custody, release: Release, catalog: Catalog) -> Inside:
    """The custodian's view of `release`, in the words of `catalog`."""
    words = _Words(catalog)
    places = {
        (id(part), column): number
        for number, (part, column) in enumerate(
            (part, column) for part in custody.parts for column in sorted(part.hidden)
        )
    }
    rules = tuple(
        {"name": rule.name, "title": rule.title, "source": rule.source, "kind": rule.kind,
         "numbers": {name: float(value) for name, value in rule.numbers.items()}}
        for rule in custody.policy.profile.rules
    )  # fmt: skip
    return Inside(
        release.title,
        custody.policy.profile.title,
        rules,
        counted(custody.parts)
        | {"outsiders left": sum(len(part.report.unprotected) for part in custody.parts)},
        tuple(_costs(custody, release)),
        tuple(sum_ for part in custody.parts for sum_ in _sums(part, custody, places, words)),
        tuple(_figure(judged, custody, places, words) for judged in custody.figures),
    )


def _sums(
    part: Decided, custody: Custody, places: Mapping[tuple[int, int], int], words: _Words
) -> Iterator[HiddenSum]:
    needs = needed_by(part)
    protects: dict[int, list[int]] = defaultdict(list)
    for unsafe, others in needs.items():
        for other in others:
            protects[other].append(unsafe)

    def numbers(columns: Sequence[int]) -> tuple[int, ...]:
        return tuple(sorted(places[id(part), column] for column in columns))

    rules = {rule.name: rule for rule in custody.policy.profile.rules}
    evidence = part.part.evidence
    for column in sorted(part.hidden):
        case = part.intervals[column]
        ends = (case.value, case.wanted_low, case.wanted_high, case.low, case.high)
        value, least, most, low, high = (float(x) for x in part.part.in_units(list(ends)))  # type: ignore[arg-type]
        names = part.rules.get(column, ())
        ask = part.part.system.names[column]
        yield HiddenSum(
            *(words.of(ask) if isinstance(ask, Ask) else (part.part.aggregate, "", str(ask))),
            part.part.counts,
            value,
            (least, most),
            (low, high),
            int(evidence.units[column]),
            names,
            tuple(broken(name, rules.get(name), evidence, column) for name in names),
            numbers(protects[column]) if not names else (),
            numbers(sorted(needs.get(column, ()))),
        )


def needed_by(part: Decided) -> dict[int, set[int]]:
    """For each unsafe column the others that move with it in the tables that prove it protected."""
    found: dict[int, set[int]] = defaultdict(set)
    system = part.part.system
    moved = [effects_of(system, rows, moves) for rows, moves in part.pattern.witnesses]
    for proof in part.pattern.proofs:
        columns, effects = moved[proof.witness]
        own = abs(float(effects[columns == proof.column].sum()))
        real = columns[abs(effects) > DUST * own]
        found[proof.column] |= set(real.tolist()) & part.hidden - {proof.column}
    return found


def _figure(judged: Judged, custody: Custody, places: Mapping[tuple[int, int], int], words: _Words) -> Figure:
    cell = judged.cell
    where = (custody.decisions.where(ask) for ask in judged.decision.asks)
    behind = {places[id(part), column] for part, column in (one for one in where if one is not None)}
    return Figure(
        judged.table,
        cell.sample,
        cell.period,
        dict(sorted(cell.codes.items())),
        cell.measure,
        words.figure(judged),
        words.sample(cell.sample),
        None if judged.value is None else float(judged.value),
        cell.unit,
        cell.decimals,
        judged.decision.status,
        judged.decision.rules,
        tuple(sorted(behind)),
    )


def _costs(custody: Custody, release: Release) -> Iterator[Cost]:
    by_table: dict[str, list[Judged]] = defaultdict(list)
    for judged in custody.figures:
        by_table[judged.table].append(judged)
    for table in release.tables:
        figures = by_table[table.name]
        hidden = sum(judged.decision.hidden for judged in figures)
        firms, amounts = value_hidden(custody.decisions, (ask for judged in figures for ask in judged.asks))
        yield Cost(table.name, table.title, len(figures), hidden, firms, amounts)


def value_hidden(decisions: Decisions, asks: Iterable[Ask]) -> tuple[float | None, float | None]:
    """The hidden share of the sums of `asks`: of numbers of firms, and of amounts (the mean over these)."""
    behind: dict[int, set[int]] = defaultdict(set)
    for found in (decisions.where(ask) for ask in asks):
        if found is not None:
            behind[id(found[0])].add(found[1])
    shares: dict[bool, list[float]] = {True: [], False: []}
    for part in decisions.parts:
        columns = behind[id(part)]
        size = abs(part.part.values)
        total = int(size[sorted(columns)].sum())
        if total:
            shares[part.part.counts].append(int(size[sorted(columns & part.hidden)].sum()) / total)
    firms, amounts = (sum(found) / len(found) if found else None for found in (shares[True], shares[False]))
    return firms, amounts


class _Words:
    """What the custodian reads for a sum or a figure: the titles of the words, not their names."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def of(self, ask: Ask) -> tuple[str, str, str]:
        """('Number of firms', 'Manufacturing SMEs, 2002', 'intra-EU export, 50-99 FTE')."""
        what = "Number of firms" if ask.aggregate == "*" else self._title(ask.aggregate, "measure")
        point = f" ({ask.point})" if ask.point else ""
        who = f"{self.sample(ask.sample)}, {ask.year or ask.window}{point}"
        return what, who, self._codes({plain(name): code for name, code in ask.codes}) or "all"

    def figure(self, judged: Judged) -> str:
        """A figure of a table in words."""
        cell = judged.cell
        codes = self._codes({name: code for name, code in cell.codes.items() if code != TOTAL})
        return ", ".join(part for part in (self._title(cell.measure, "measure"), codes, cell.period) if part)

    def sample(self, name: str) -> str:
        """The title of a sample."""
        return self._title(name, "sample")

    def _title(self, name: str, kind: str) -> str:
        found = self.catalog.find(name, kind)
        return found.title if found else name

    def _codes(self, codes: Mapping[str, str]) -> str:
        flow = self._label("flow", codes["flow"]) if "flow" in codes else "trade"
        shown = {name: self._label(name, code).replace("{flow}", flow) for name, code in codes.items()}
        if any("{flow}" in self._label(name, code) for name, code in codes.items()):
            shown.pop("flow", None)  # 'stopped export' says it
        return ", ".join(shown.values())

    def _label(self, name: str, code: str) -> str:
        found = self.catalog.find(name, "dimension")
        parts = [part.strip() for part in code.split("|")]
        if found is None or not all(part in found.codes for part in parts):
            return f"{found.title.lower() if found else name} {' or '.join(parts)}"  # 'activity 41'
        return " or ".join(found.codes[part] for part in parts)


def inside_json(found: Inside) -> str:
    """As it is kept; the bytes follow from the content."""
    return json.dumps(asdict(found), ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def read_inside(folder: Path) -> Inside:
    """What is kept in the custodian's folder, or in the one that belongs to the release `folder`."""
    places = (folder, folder.with_name(f"{folder.name}-custody"))
    path = next((place / FILE for place in places if (place / FILE).exists()), None)
    if path is None:
        raise DataError(
            f"There is no {FILE} in {folder} or in {places[1].name} beside it. Give the release, or the "
            f"folder that a protected `firmtrade run` wrote for the custodian: --custody DIR-custody"
        )
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        for kind, name in ((Cost, "costs"), (HiddenSum, "sums"), (Figure, "figures")):
            raw[name] = tuple(kind(**_tuples(entry)) for entry in raw[name])
        return Inside(**raw)
    except (OSError, ValueError, TypeError, KeyError) as wrong:
        raise DataError(f"{path} is damaged, or of another version of firmtrade: {wrong}") from None


def _tuples(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}


def inside_csv(found: Inside) -> str:
    """Every figure with its true value, in the columns of tables.csv; `confidentiality` says why.

    F free; A fewer firms than allowed; O one dominates; M another rule for single figures; D hidden for
    others' sake; U anything else (SDMX CL_CONF_STATUS).
    """
    further = sorted({name for figure in found.figures for name in figure.codes} - set(DIMENSIONS))
    names = (*DIMENSIONS, *further)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["table", "sample", "period", *names, "measure", "value", "unit", "decimals", "confidentiality"]
    )
    for figure in found.figures:
        codes = [figure.codes.get(name, TOTAL) for name in names]
        value = "" if figure.value is None else repr(figure.value)
        told = [figure.measure, value, figure.unit, figure.decimals, figure.status]
        writer.writerow([figure.table, figure.sample, figure.period, *codes, *told])
    return text.getvalue()
