"""All figures of a release, each once, by what they are about; nothing else can be looked up.

A figure that stands in several tables is one figure. It is hidden if one of them hides it, and not told if
they disagree. The tables of models have a dimension more, the table, for their figures are of that model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from firmtrade.publish.numbers import is_hidden
from firmtrade.publish.table_csv import figures
from firmtrade.result import TOTAL, UNKNOWN, Release, ReleasedCell, ReleasedTable, Word
from firmtrade.serve.site import Site

#: The dimension that tells the tables of models apart.
MODEL = "model"
Codes = tuple[tuple[str, str], ...]


class Key(NamedTuple):
    """What a figure is about. `codes` are sorted, without dimensions that are not broken down."""

    sample: str
    period: str
    measure: str
    codes: Codes

    @property
    def dimensions(self) -> frozenset[str]:
        """The dimensions that the figure is broken down by."""
        return frozenset(name for name, _ in self.codes)

    def attribute(self, name: str) -> str:
        """The sample, period, measure, or the code of a dimension."""
        if name in ("sample", "period", "measure"):
            return str(getattr(self, name))
        return dict(self.codes).get(name, TOTAL)

    def but(self, **codes: str) -> Key:
        """The same with other codes, of which `_T` takes a dimension away."""
        return self._replace(codes=plain({**dict(self.codes), **codes}))


@dataclass(frozen=True)
class Entry:
    """A released figure and the tables in which it stands; `differs` if they tell different values."""

    cell: ReleasedCell
    tables: tuple[str, ...]
    differs: bool = False


#: (sample, measure, period), the figures of which have certain dimensions in common.
Place = tuple[str, str, str]


@dataclass
class Index:
    """The figures of a release by their key, and what is there to choose from."""

    release: Release
    cells: dict[Key, Entry] = field(default_factory=dict)
    shapes: dict[Place, dict[frozenset[str], list[Key]]] = field(default_factory=dict)
    order: dict[str, dict[str, int]] = field(default_factory=dict)
    tables: dict[str, ReleasedTable] = field(default_factory=dict)
    points: dict[tuple[str, str], str] = field(default_factory=dict)  # of a sample's dimension
    labelled: dict[str, dict[str, str]] = field(default_factory=dict)  # as the first table says it

    @property
    def words(self) -> Mapping[str, Word]:
        """The definitions of the release."""
        return self.release.words

    def codes(self, attribute: str, found: Iterable[str]) -> list[str]:
        """These codes in the order of the definition, then of the tables; unknown and total at the end."""
        order = self.order.get(attribute, {})
        last = {UNKNOWN: 1, TOTAL: 2}
        return sorted(set(found), key=lambda code: (last.get(code, 0), order.get(code, len(order)), code))

    def samples(self) -> list[str]:
        """The samples that have figures, in the order of the tables."""
        return self.codes("sample", {sample for sample, _, _ in self.shapes})

    def measures(self, sample: str) -> list[str]:
        """The measures of a sample."""
        return self.codes("measure", {m for s, m, _ in self.shapes if s == sample})

    def periods(self, sample: str, measures: Iterable[str]) -> list[str]:
        """The periods in which a sample has some of these measures, the earliest first."""
        asked = set(measures)
        return sorted({p for s, m, p in self.shapes if s == sample and m in asked})

    def shape(self, place: Place) -> Mapping[frozenset[str], list[Key]]:
        """The figures of a sample, measure and period by their dimensions."""
        return self.shapes.get(place, {})

    def labels(self, keys: Iterable[Key]) -> dict[str, dict[str, str]]:
        """What a reader sees of codes, as the tables say it in which these figures stand."""
        names = dict.fromkeys(
            name for key in keys if key in self.cells for name in self.cells[key].tables[:1]
        )
        found: dict[str, dict[str, str]] = {}
        for table in (self.tables[name] for name in names):
            for attribute, labels in table.labels.items():
                found[attribute] = {**labels, **found.get(attribute, {})}
        return found


def plain(codes: Mapping[str, str]) -> Codes:
    """Codes as a key has them."""
    return tuple(sorted((name, code) for name, code in codes.items() if code != TOTAL))


def indexed(release: Release) -> Index:
    """The index of a release."""
    index = Index(release)
    # What is counted as unknown stands below the figures of a table, and so in the lists of choices.
    for table in release.all_tables:
        for cell in table.cells:
            _ordered(index, cell.sample, cell.period, cell.measure)
    for table in release.tables:
        _add(index, table, {})
    for model in release.models:
        for table in model.tables:
            if not _repeats(table, model.tables):
                _add(index, table, {MODEL: table.name})
    for name, word in release.words.items():
        if word.codes:
            known = index.order.get(name, {})
            index.order[name] = {code: at for at, code in enumerate(dict.fromkeys((*word.codes, *known)))}
    for key in index.cells:
        place = index.shapes.setdefault((key.sample, key.measure, key.period), {})
        place.setdefault(key.dimensions, []).append(key)
    return index


def index_of(site: Site) -> Index:
    """The index of the release that a site shows, made at first use."""
    if "explore" not in site.kept:
        site.kept["explore"] = indexed(site.release)
    found: Index = site.kept["explore"]
    return found


def _repeats(table: ReleasedTable, others: Iterable[ReleasedTable]) -> bool:
    """Whether a figure of a model draws what one of its tables has."""
    mine = {_about(cell) for cell in table.cells}
    rest = (one for one in others if not one.is_figure)
    return table.is_figure and any(mine <= {_about(cell) for cell in one.cells} for one in rest)


def _about(cell: ReleasedCell) -> Key:
    return Key(cell.sample, cell.period, cell.measure, plain(cell.codes))


def _add(index: Index, table: ReleasedTable, further: Mapping[str, str]) -> None:
    index.tables[table.name] = table
    for cell in figures(table):
        key = _about(cell).but(**further)
        _put(index, key, cell, table.name, _elsewhere(index, table, key))
        _ordered(index, cell.sample, cell.period, cell.measure)
        for name, code in key.codes:
            order = index.order.setdefault(name, {})
            order.setdefault(code, len(order))
    for attribute, labels in table.labels.items():
        known = index.labelled.setdefault(attribute, {})
        for code, label in labels.items():
            known.setdefault(code, label)
    if further:
        index.labelled.setdefault(MODEL, {})[table.name] = table.title


def _ordered(index: Index, *names: str) -> None:
    for attribute, name in zip(("sample", "period", "measure"), names, strict=True):
        order = index.order.setdefault(attribute, {})
        order.setdefault(name, len(order))


def _elsewhere(index: Index, table: ReleasedTable, key: Key) -> bool:
    """Whether a dimension is meant at another point of the window than in an earlier table of the sample.

    The codes look the same and are of other firms: such figures are not told, and nothing is made of them.
    """
    at = [((key.sample, name), table.points.get(name, name)) for name in key.dimensions]
    return any(index.points.setdefault(place, point) != point for place, point in at)


def _put(index: Index, key: Key, cell: ReleasedCell, table: str, elsewhere: bool) -> None:
    known = index.cells.get(key)
    if known is None:
        index.cells[key] = Entry(cell, (table,), elsewhere)
        return
    hidden = next((one for one in (known.cell, cell) if is_hidden(one)), None)
    kept = hidden or max(known.cell, cell, key=lambda one: (one.decimals, one is known.cell))
    differs = known.differs or elsewhere or (hidden is None and known.cell.value != cell.value)
    index.cells[key] = Entry(kept, tuple(dict.fromkeys((*known.tables, table))), differs)
