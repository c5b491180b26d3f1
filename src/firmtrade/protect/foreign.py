"""Attack a release that somebody else made, knowing only what is printed.

The file has the columns of tables.csv; a hidden figure has no value and a confidentiality other than F.
How the figures add up is inferred, and the report says from what:

- proven: in each margin of a table that is wholly visible, the codes of the dimension add up to `_T`;
- partial: they do with a rest, such as the firms whose code is unknown, which is a figure of its own;
- assumed: no margin is wholly visible and none contradicts it, so an attacker would try it too;
- refuted: a margin does not add up (groups that overlap, a code list with levels): not used.

A structure file says it instead, and names levels and sums of measures that cannot be seen in the keys.
"""

from __future__ import annotations

import csv
import itertools
import tomllib
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from math import ceil, floor
from pathlib import Path

import numpy as np

from firmtrade.errors import DataError, DisclosureError, StudyError
from firmtrade.protect.attack import Interval, Report, attack
from firmtrade.protect.attacker import Printed, fitting
from firmtrade.protect.program import INFINITY
from firmtrade.protect.system import System, build
from firmtrade.result import TOTAL, UNKNOWN

FIXED = ("table", "sample", "period", "measure", "value", "unit", "decimals", "confidentiality")
Group = tuple[str, str, str]  # table, measure, dimension
#: sample, period, measure, and the (dimension, code) pairs that are not `_T`.
Key = tuple[str, str, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Figure:
    """One printed figure: None is hidden; `half` is half a unit of its last decimal."""

    key: Key
    value: Decimal | None
    hidden: bool
    unit: str
    half: Decimal


@dataclass(frozen=True)
class Structure:
    """What a custodian says of how figures add up.

    `levels[dimension][code]` are the codes that make up a code (`_T` for the total); `sums[measure]`
    the measures that make up a measure; `signed` are the measures that may be negative.
    """

    levels: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    sums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    signed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Leak:
    """A hidden figure that can be bounded too closely."""

    key: Key
    low: float
    high: float
    exact: bool


@dataclass(frozen=True)
class ForeignReport:
    """The hidden figures that leak, how many there are, and what the attack rests on."""

    leaks: tuple[Leak, ...]
    hidden: int
    figures: int
    equations: int
    proven: tuple[Group, ...]
    partial: tuple[Group, ...]
    assumed: tuple[Group, ...]
    refuted: tuple[Group, ...]
    attacks: tuple[tuple[System, Report], ...]


def attack_release(
    path: Path, structure: Path | None = None, *, closer_than: float = 0.1, seconds: float | None = 60.0
) -> ForeignReport:
    """Attack the file `path`; report hidden figures known to within `closer_than` of their middle."""
    figures, tables = read(path)
    given = read_structure(structure) if structure else Structure()
    equations, verdicts = _equations(figures, tables, given)
    parts = _parts(figures, equations, given)
    try:
        for system, shown in parts:
            fitting(system, shown, seconds)
    except DisclosureError:
        if ASSUMED not in verdicts.values():
            raise
        # What was only assumed cannot all be right: go on with what is proven.
        equations, verdicts = _equations(figures, tables, given, assume=False)
        parts = _parts(figures, equations, given)
    attacks = [(system, attack(system, shown, exact=True, seconds=seconds)) for system, shown in parts]
    leaks, hidden = [], 0
    for system, report in attacks:
        for interval in report.outsider:
            figure = figures.get(system.names[interval.column])  # type: ignore[call-overload]
            hidden += figure is not None  # else it is a rest, which is no figure of the release
            leak = figure and _leak(figure, interval, closer_than)
            leaks += [leak] if leak else []
    proven, partial, assumed, refuted = (
        tuple(sorted(group for group, said in verdicts.items() if said == verdict)) for verdict in VERDICTS
    )
    counts = (hidden, len(figures), len(equations))
    return ForeignReport(tuple(leaks), *counts, proven, partial, assumed, refuted, tuple(attacks))


def _leak(figure: Figure, interval: Interval, closer_than: float) -> Leak | None:
    exact = interval.exact or (
        figure.unit == "count" and floor(interval.high + 1e-6) <= ceil(interval.low - 1e-6)
    )
    width, middle = interval.high - interval.low, (interval.high + interval.low) / 2
    near = exact or width / 2 <= closer_than * abs(middle)
    return Leak(figure.key, interval.low, interval.high, exact) if near else None


LONGER = "*"  # marks a level that may not be assumed
PROVEN, PARTIAL, ASSUMED, REFUTED = VERDICTS = ("proven", "partial", "assumed", "refuted")


def read(path: Path) -> tuple[dict[Key, Figure], dict[tuple[str, str], list[Key]]]:
    """The figures of a file by key, and the keys of each (table, measure)."""
    figures: dict[Key, Figure] = {}
    tables: dict[tuple[str, str], list[Key]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        missing = [name for name in FIXED if name not in (rows.fieldnames or ())]
        if missing:
            raise DataError(
                f"{path.name} lacks the columns {', '.join(missing)}; it needs those of tables.csv."
            )
        dimensions = [name for name in rows.fieldnames or () if name not in FIXED]
        for row in rows:
            figure = _figure(row, dimensions, f"{path.name}, line {rows.line_num}")
            before = figures.setdefault(figure.key, figure)
            if before.hidden and not figure.hidden:
                figures[figure.key] = figure  # hidden in one table and printed in another
            keys = tables.setdefault((row["table"], row["measure"]), [])
            keys.append(figure.key)
    return figures, tables


def _figure(row: Mapping[str, str], dimensions: Iterable[str], where: str) -> Figure:
    codes = tuple(sorted((name, row[name]) for name in dimensions if row[name] not in ("", TOTAL)))
    text, status = row["value"].strip(), row["confidentiality"].strip() or "F"
    try:
        value = Decimal(text) if text else None
        half = Decimal(5).scaleb(-int(row["decimals"]) - 1)
    except (InvalidOperation, ValueError) as wrong:
        raise DataError(
            f"{where}: value '{text}' with decimals '{row['decimals']}' is not a number."
        ) from wrong
    hidden = value is None and status != "F"
    # A figure that does not exist (no firm in the group) adds nothing.
    value = Decimal(0) if value is None and not hidden else value
    return Figure((row["sample"], row["period"], row["measure"], codes), value, hidden, row["unit"], half)


def read_structure(path: Path) -> Structure:
    """A structure file: [levels.DIMENSION] with CODE = [codes], [sums] with MEASURE = [measures], signed."""
    entries = tomllib.loads(path.read_text("utf-8"))
    unknown = set(entries) - {"levels", "sums", "signed"}
    if unknown:
        raise StudyError(
            f"{path.name}: unknown entries {', '.join(sorted(unknown))}; use levels, sums, signed."
        )
    levels = {
        dimension: {code: tuple(parts) for code, parts in codes.items()}
        for dimension, codes in entries.get("levels", {}).items()
    }
    sums = {measure: tuple(parts) for measure, parts in entries.get("sums", {}).items()}
    return Structure(levels, sums, frozenset(entries.get("signed", ())))


Equation = tuple[Key, tuple[Key, ...]]  # a figure and the figures that it is the sum of


def _equations(
    figures: Mapping[Key, Figure],
    tables: Mapping[tuple[str, str], list[Key]],
    given: Structure,
    assume: bool = True,
) -> tuple[list[Equation], dict[Group, str]]:
    found: dict[Equation, None] = {}
    verdicts: dict[Group, str] = {}
    unknown = {(key[0], key[1], name) for key in figures for name, code in key[3] if code == UNKNOWN}
    for (table, measure), keys in sorted(tables.items()):
        dimensions = sorted({name for key in keys for name, _ in key[3]})
        whole: dict[str, list[Equation]] = {}
        for dimension in dimensions:
            if dimension in given.levels:
                for code, parts in given.levels[dimension].items():
                    found.update(dict.fromkeys(_level(figures, keys, dimension, code, parts)))
                continue
            for label, margins in _families(figures, keys, dimension):
                verdict = _verdict(figures, margins, dimension)
                if verdict in (PROVEN, ASSUMED) and any(_open(one, dimension, unknown) for one in margins):
                    verdict = PARTIAL
                if verdict == ASSUMED and not (assume and label[-1:] != LONGER):
                    verdict = REFUTED
                verdicts[table, measure, label.rstrip(LONGER)] = verdict
                if verdict == PARTIAL:
                    margins = [_with_rest(one, dimension) for one in margins]
                if verdict != REFUTED:
                    found.update(dict.fromkeys(margins))
                    if label == dimension:
                        whole[dimension] = margins
        found.update(dict.fromkeys(_of_rests(whole)))
    for key in figures:
        addends = tuple((key[0], key[1], part, key[3]) for part in given.sums.get(key[2], ()))
        if addends and all(part in figures for part in addends):
            found[key, addends] = None
    return list(found), verdicts


def _open(margin: Equation, dimension: str, unknown: Collection[tuple[str, str, str]]) -> bool:
    """Whether firms of a total may be in none of its codes: the release speaks of unknown ones elsewhere."""
    total, parts = margin
    listed = any((dimension, UNKNOWN) in part[3] for part in parts)
    return not listed and (total[0], total[1], dimension) in unknown


def _rest(key: Key, dimension: str) -> Key:
    """The firms of a figure that are in no code of a dimension."""
    return (*key[:3], tuple(sorted((*key[3], (dimension, UNKNOWN)))))


def _with_rest(margin: Equation, dimension: str) -> Equation:
    rest = _rest(margin[0], dimension)
    return margin if rest in margin[1] else (margin[0], (*margin[1], rest))


def _of_rests(whole: Mapping[str, list[Equation]]) -> Iterator[Equation]:
    """The rests by one dimension add up over the codes of every other one, as the figures themselves do."""
    for one in sorted(whole):
        rests = {part for _, parts in whole[one] for part in parts if (one, UNKNOWN) in part[3]}
        for other in sorted(set(whole) - {one} if rests else ()):
            for total, parts in whole[other]:
                if _rest(total, one) in rests:
                    yield _rest(total, one), tuple(_rest(part, one) for part in parts)


def _families(
    figures: Mapping[Key, Figure], keys: list[Key], dimension: str
) -> Iterator[tuple[str, list[Equation]]]:
    """Ways in which the codes of a dimension may add up: all of them, else level by level.

    Levels are codes of one length, as in most classifications, and codes that begin like a shorter one.
    """
    whole = _margins(figures, keys, dimension)
    if not whole or _verdict(figures, whole, dimension) != REFUTED:
        if whole:
            yield dimension, whole
        return
    yield dimension, whole
    codes = sorted({code for key in keys for name, code in key[3] if name == dimension})
    lengths = sorted({len(code) for code in codes})
    for length in lengths if len(lengths) > 1 else ():
        level = [key for key in keys if len(dict(key[3]).get(dimension, "")) == length]
        # That longer codes cover everything is believed only where it can be seen.
        mark = "" if length == lengths[0] else LONGER
        yield f"{dimension}, codes of {length} characters{mark}", _margins(figures, level, dimension)
    for shorter, longer in itertools.pairwise(lengths):
        for parent in (code for code in codes if len(code) == shorter):
            parts = tuple(code for code in codes if len(code) == longer and code.startswith(parent))
            nested = _level(figures, keys, dimension, parent, parts)
            if nested:
                yield f"{dimension}, parts of {parent}", nested


def _margins(figures: Mapping[Key, Figure], keys: Iterable[Key], dimension: str) -> list[Equation]:
    """Each `_T` of a dimension with the codes that stand in the same table with the same other codes.

    A note of how many firms are unknown is no breakdown.
    """
    parts: dict[Key, dict[Key, None]] = {}
    for key in keys:
        rest = tuple(pair for pair in key[3] if pair[0] != dimension)
        if rest != key[3]:
            parts.setdefault((key[0], key[1], key[2], rest), {})[key] = None
    return [
        (total, tuple(sorted(addends)))
        for total, addends in sorted(parts.items())
        if total in figures and not all((dimension, UNKNOWN) in key[3] for key in addends)
    ]


def _level(
    figures: Mapping[Key, Figure], keys: Iterable[Key], dimension: str, code: str, parts: tuple[str, ...]
) -> list[Equation]:
    """A code of a structure file and those that make it up, for each combination of other codes."""
    found = []
    others = {(*key[:3], tuple(pair for pair in key[3] if pair[0] != dimension)) for key in keys}
    for sample, period, measure, rest in sorted(others):

        def key_of(name: str, rest: tuple[tuple[str, str], ...] = rest) -> tuple[tuple[str, str], ...]:
            return rest if name == TOTAL else tuple(sorted((*rest, (dimension, name))))

        total = (sample, period, measure, key_of(code))
        addends = tuple((sample, period, measure, key_of(part)) for part in parts)
        present = tuple(key for key in addends if key in figures)
        if total in figures and present:
            found.append((total, present))
    return found


def _verdict(figures: Mapping[Key, Figure], margins: list[Equation], dimension: str) -> str:
    whole, short = 0, False
    for total, parts in margins:
        shown = [figures[key] for key in (total, *parts)]
        difference = _value(figures[total]) - sum((_value(figures[key]) for key in parts), Decimal(0))
        slack = sum((figure.half for figure in shown), Decimal(0))
        if not any(figure.hidden for figure in shown):
            whole += 1
            if difference > slack:
                if any((dimension, UNKNOWN) in part[3] for part in parts):
                    return REFUTED  # with the unknown ones it should add up
                short = True
        if not figures[total].hidden and difference < -slack:
            return REFUTED
    if short:
        return PARTIAL
    return PROVEN if whole else ASSUMED


def _value(figure: Figure) -> Decimal:
    return figure.value if figure.value is not None else Decimal(0)


def _rounded(figures: Mapping[Key, Figure], equations: list[Equation]) -> frozenset[str]:
    """The measures whose visible sums hold only up to rounding."""
    near = Decimal("1e-9")
    found: set[str] = set()
    for total, parts in equations:
        shown = [figures[key] for key in (total, *parts) if key in figures]
        if len(shown) > len(parts) and not any(figure.hidden for figure in shown):
            difference = abs(_value(shown[0]) - sum((_value(figure) for figure in shown[1:]), Decimal(0)))
            if difference > near * max(Decimal(1), abs(_value(shown[0]))):
                found.update(figure.key[2] for figure in shown)
    return frozenset(found)


def _parts(
    figures: Mapping[Key, Figure], equations: list[Equation], given: Structure
) -> list[tuple[System, Printed]]:
    """A system for each set of measures that no equation ties to others: they may differ much in size."""
    tied = {key[2]: key[2] for key in figures}

    def first(measure: str) -> str:
        while tied[measure] != measure:
            measure = tied[measure]
        return measure

    for total, parts in equations:
        for part in parts:
            tied[first(part[2])] = first(total[2])
    found = []
    for name in sorted({first(measure) for measure in tied}):
        own = {key: figure for key, figure in figures.items() if first(key[2]) == name}
        among = [equation for equation in equations if first(equation[0][2]) == name]
        if among or any(figure.hidden for figure in own.values()):
            found.append(_system(own, among, given))
    return found


def _system(
    figures: Mapping[Key, Figure], equations: list[Equation], given: Structure
) -> tuple[System, Printed]:
    """Each figure is a row of its own; equations are relations between them."""
    rounded = _rounded(figures, equations)
    keys = sorted({key for total, parts in equations for key in (total, *parts)})
    linked = set(keys)
    keys += sorted(key for key, figure in figures.items() if figure.hidden and key not in linked)
    place = {key: number for number, key in enumerate(keys)}
    members: dict[Hashable, list[int]] = {key: [number] for key, number in place.items()}
    relations = [{place[total]: 1} | {place[part]: -1 for part in parts} for total, parts in equations]
    negative = given.signed | {key[2] for key, figure in figures.items() if _value(figure) < 0}
    system = build(members, len(keys), relations, [key[2] in negative for key in keys])
    low, high = np.full(len(system.columns), -INFINITY), np.full(len(system.columns), INFINITY)
    for key in keys:
        figure, column = figures.get(key), system.places[key]
        if figure is not None and not figure.hidden:
            half = float(figure.half) if key[2] in rounded else 0.0
            low[column], high[column] = float(_value(figure)) - half, float(_value(figure)) + half
    return system, Printed(low, high)
