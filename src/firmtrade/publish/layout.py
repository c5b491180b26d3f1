"""From cells to a grid: which figure stands in which row and column, and what the headers say.

A table names the attributes of its rows and columns. A header joins the labels of its attributes and
leaves out what the reader already knows: what the whole table is about goes into the line below the
title (the context), and '_T' parts are dropped. Columns and rows that share their first part are grouped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import groupby

from firmtrade.errors import StudyError
from firmtrade.publish.numbers import unit_text
from firmtrade.result import TOTAL, Cell, ReleasedCell, ReleasedTable, Result

AnyCell = Cell | ReleasedCell
AnyTable = ReleasedTable | Result
Key = tuple[str, ...]
#: Of each position in a key: how many keys are the same but for it.
Alike = Mapping[int, Counter[Key]]
Labels = Mapping[str, Mapping[str, str]]

_NOT_A_DIMENSION = ("sample", "period", "measure")


@dataclass(frozen=True)
class Part:
    """One attribute's value in a header: ('size', '0-9', '0-9 FTE'). `named` is False for a bare code."""

    attribute: str
    code: str
    label: str
    named: bool = True

    @property
    def opening(self) -> str:
        """The label at the start of a header: with a capital, unless it is a code and not a word."""
        return capital(self.label) if self.named else self.label


@dataclass(frozen=True)
class Head:
    """A row's or column's header. `total` is a margin: no dimension is broken down by."""

    parts: tuple[Part, ...]
    unit: str = ""
    total: bool = False

    @property
    def text(self) -> str:
        """The header as one line: 'Labour productivity, 1998 (1,000 EUR per FTE)'."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    @property
    def name(self) -> str:
        """The header without its unit."""
        return ", ".join([self.parts[0].opening, *(part.label for part in self.parts[1:])])


@dataclass(frozen=True)
class Group:
    """Neighbouring headers under a common one; `parent` is None where a header stands alone."""

    parent: Head | None
    heads: tuple[Head, ...]


@dataclass(frozen=True)
class Grid:
    """A laid-out table: `body[i][j]` belongs to the i-th row head and j-th column head (groups flattened).

    None in the body is a place that the table does not ask for; it is left blank. `stub` names the row
    attributes, `context` what holds for every cell, `unit` the unit when the measure is in the context.
    """

    rows: tuple[Group, ...]
    columns: tuple[Group, ...]
    body: tuple[tuple[AnyCell | None, ...], ...]
    stub: tuple[str, ...]
    context: tuple[Part, ...]
    unit: str

    @property
    def row_heads(self) -> tuple[Head, ...]:
        """Row headers without their groups."""
        return tuple(head for group in self.rows for head in group.heads)

    @property
    def column_heads(self) -> tuple[Head, ...]:
        """Column headers without their groups."""
        return tuple(head for group in self.columns for head in group.heads)


def capital(text: str) -> str:
    """Start with a capital letter, leaving 'kEUR' and 'eCommerce' alone."""
    return text[:1].upper() + text[1:] if text[1:2].islower() or text[1:2] in "- " else text


def label(labels: Labels, attribute: str, code: str) -> str:
    """What a reader sees of a code; the code itself where nothing else is known."""
    return labels.get(attribute, {}).get(code, "Total" if code == TOTAL else code)


def labels_of(table: AnyTable) -> Labels:
    """The table's labels; a Result has none."""
    return table.labels if isinstance(table, ReleasedTable) else {}


def grid(table: AnyTable) -> Grid:
    """Lay a table out.

    Raises:
        StudyError: two figures fall in the same place, so that `rows` and `columns` do not tell them apart.
    """
    known = _Known(table)
    row_keys, column_keys = _keys(table, table.rows), _keys(table, table.columns)
    places = _places(table)
    rows, columns = known.heads(table.rows, row_keys), known.heads(table.columns, column_keys)
    return Grid(
        rows=_grouped(rows, split=None),
        columns=_grouped(columns, split=labels_of(table)),
        body=tuple(tuple(places.get((row, column)) for column in column_keys) for row in row_keys),
        stub=tuple(name for name in table.rows if known.varies(name) and name not in ("sample", "measure")),
        context=known.context(shown={part for head in (*rows, *columns) for part in head.parts}),
        unit=known.common_unit(),
    )


def _key(cell: AnyCell, attributes: Sequence[str]) -> Key:
    return tuple(cell.attribute(name) for name in attributes)


def _keys(table: AnyTable, attributes: Sequence[str]) -> tuple[Key, ...]:
    """Keys in the order of the cells, with those that share their first attribute next to each other."""
    keys = dict.fromkeys(_key(cell, attributes) for cell in table.cells)
    first = {start: n for n, start in enumerate(dict.fromkeys(key[:1] for key in keys))}
    return tuple(sorted(keys, key=lambda key: first[key[:1]]))


def _places(table: AnyTable) -> dict[tuple[Key, Key], AnyCell]:
    places: dict[tuple[Key, Key], AnyCell] = {}
    for cell in table.cells:
        place = (_key(cell, table.rows), _key(cell, table.columns))
        if place in places:
            raise StudyError(
                f"{table.name}: two figures fall in row {' / '.join(place[0])} and column "
                f"{' / '.join(place[1])}. Name the attribute that tells them apart in 'rows' or 'columns'."
            )
        places[place] = cell
    return places


class _Known:
    """What holds for the whole table, so that headers need not repeat it."""

    def __init__(self, table: AnyTable) -> None:
        self.table = table
        self.labels = labels_of(table)
        names = dict.fromkeys((*_NOT_A_DIMENSION, *table.rows, *table.columns))
        names.update(dict.fromkeys(name for cell in table.cells for name in cell.codes))
        self.seen = {name: tuple(dict.fromkeys(c.attribute(name) for c in table.cells)) for name in names}
        self.main_period = _most_common([cell.period for cell in table.cells])

    def varies(self, name: str) -> bool:
        """Whether an attribute tells cells apart."""
        return len(self.seen[name]) > 1

    def part(self, name: str, code: str) -> Part:
        return Part(name, code, label(self.labels, name, code), code in self.labels.get(name, {}))

    def context(self, shown: Set[Part]) -> tuple[Part, ...]:
        """What the line below the title says, unless a header does: measure, sample, fixed codes, period."""
        fixed = [n for n, codes in self.seen.items() if len(codes) == 1 and codes[0] != TOTAL]
        measure = [self.part("measure", self.seen["measure"][0])] if "measure" in fixed else []
        codes = [self.part(n, self.seen[n][0]) for n in fixed if n not in _NOT_A_DIMENSION]
        period = [self.part("period", self.main_period)] if self.main_period else []
        sample = [self.part("sample", self.table.sample)]
        return (*measure, *(part for part in (*sample, *codes, *period) if part not in shown))

    def common_unit(self) -> str:
        """The unit, where the measure stands in the context."""
        units = {cell.unit for cell in self.table.cells}
        return unit_text(units.pop()) if not self.varies("measure") and len(units) == 1 else ""

    def heads(self, attributes: Sequence[str], keys: Sequence[Key]) -> tuple[Head, ...]:
        # A table may have ten thousand rows: what is asked of all others is counted once.
        alike = {
            at: Counter(_but(key, at) for key in keys)
            for at, name in enumerate(attributes)
            if name in _NOT_A_DIMENSION
        }
        units = self._units(attributes)
        return tuple(self._head(attributes, key, alike, units.get(key, "")) for key in keys)

    def _head(self, attributes: Sequence[str], key: Key, alike: Alike, unit: str) -> Head:
        pairs = list(zip(attributes, key, strict=True))
        said = [self._is_said(attributes, key, alike, at) for at in range(len(key))]
        shown = [self.part(*pair) for pair, known in zip(pairs, said, strict=True) if not known]
        dimensions = [code for name, code in pairs if name not in _NOT_A_DIMENSION]
        measured = any(part.attribute == "measure" for part in shown)
        total = bool(dimensions) and set(dimensions) == {TOTAL} and not measured
        return Head(tuple(shown) or self._rest(pairs), unit, total)

    def _rest(self, pairs: Sequence[tuple[str, str]]) -> tuple[Part, ...]:
        """A header from which everything was left out still needs a word."""
        if any(code == TOTAL for _, code in pairs):
            return (Part("", TOTAL, "Total"),)
        return (self.part(*pairs[-1]),) if pairs else (Part("", TOTAL, "Total"),)

    def _is_said(self, attributes: Sequence[str], key: Key, alike: Alike, at: int) -> bool:
        """Whether the part at position `at` of a key is known without saying it."""
        name, code = attributes[at], key[at]
        if code == TOTAL or not self.varies(name):
            return True
        if name not in _NOT_A_DIMENSION:
            return False
        alone = alike[at][_but(key, at)] == 1
        if name == "sample":
            margin = len(key) > 1 and set(_but(key, at)) == {TOTAL}
            return code == self.table.sample and (alone or margin)
        if name == "period":
            return alone and code == self.main_period
        flow = key[attributes.index("flow")] if "flow" in attributes else TOTAL
        return name == "measure" and alone and flow != TOTAL

    def _units(self, attributes: Sequence[str]) -> dict[Key, str]:
        """The unit of the cells under each key, where it is one and the measure differs from cell to cell."""
        if "measure" not in attributes or not self.varies("measure"):
            return {}
        units: dict[Key, set[str]] = {}
        for cell in self.table.cells:
            units.setdefault(_key(cell, attributes), set()).add(cell.unit)
        return {key: unit_text(*found) for key, found in units.items() if len(found) == 1}


def _but(key: Key, at: int) -> Key:
    return key[:at] + key[at + 1 :]


def _most_common(items: Sequence[str]) -> str:
    """The item that is more frequent than any other, or ''."""
    ranked = Counter(items).most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return ""
    return ranked[0][0]


def _grouped(heads: Sequence[Head], split: Labels | None) -> tuple[Group, ...]:
    """Put neighbours that share their first part under one header."""
    pairs = [(head, _split(head, split) if split is not None else head.parts) for head in heads]
    groups: list[Group] = []
    for first, run in groupby(pairs, key=lambda pair: pair[1][0]):
        members = list(run)
        if len(members) == 1:
            groups.append(Group(None, (members[0][0],)))
        else:
            groups.append(_group(first, members))
    return tuple(groups)


def _group(first: Part, members: Sequence[tuple[Head, tuple[Part, ...]]]) -> Group:
    units = {head.unit for head, _ in members}
    shared = units.pop() if len(units) == 1 else ""
    rest = Part(first.attribute, TOTAL, "Total")
    heads = tuple(
        Head(parts[1:] or (rest,), "" if shared else head.unit, head.total or len(parts) == 1)
        for head, parts in members
    )
    return Group(Head((first,), shared), heads)


def _split(head: Head, labels: Labels) -> tuple[Part, ...]:
    """Take 'intra-EU import' (code `import-intra`) apart into 'import' and 'intra-EU'.

    Only where the label has the word that the code begins with at one of its ends.
    """
    part = head.parts[0]
    base = part.code.partition("-")[0]
    if len(head.parts) > 1 or part.attribute in _NOT_A_DIMENSION or base == part.code:
        return head.parts
    name = label(labels, part.attribute, base)
    for rest in (part.label.removesuffix(f" {name}"), part.label.removeprefix(f"{name} ")):
        if rest not in (part.label, ""):
            return (Part(part.attribute, base, name), Part(part.attribute, part.code, rest))
    return head.parts
