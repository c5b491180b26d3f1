"""Cells of a release gathered by what they are about, so that a page finds them without knowing any table.

A page says which dimensions may vary in what it shows; all else that tells cells apart makes a group, which
the reader chooses by its title. Cells are shown as they were released; nothing is computed from them here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from firmtrade.publish.layout import capital
from firmtrade.publish.numbers import typeset
from firmtrade.result import TOTAL, Release, ReleasedCell, ReleasedTable, Word
from firmtrade.serve.speak import Tongue

Key = tuple[tuple[str, str], ...]
Place = tuple[str, str, str, frozenset[tuple[str, str]]]


@dataclass(frozen=True)
class Group:
    """Cells that differ in the free attributes only. `fixed` are the attributes that they share."""

    fixed: Key
    cells: tuple[ReleasedCell, ...]
    like: ReleasedTable  # a table that has them: its labels are theirs
    order: Mapping[str, tuple[str, ...]]  # codes of each dimension, as its definition lists them

    @property
    def key(self) -> str:
        """Its name in an address, the same in every run."""
        return ".".join(code for _, code in self.fixed)

    def title(self, tongue: Tongue, words: Mapping[str, Word]) -> str:
        """'Share of firms, manufacturing SMEs, import or export, 2002'."""
        parts = [_said(name, code, self.like, words, tongue) for name, code in self.fixed]
        return capital(typeset(", ".join(parts)))

    def codes(self, attribute: str) -> tuple[str, ...]:
        """The codes of an attribute, in the order of the cells, the total first."""
        seen = dict.fromkeys(cell.attribute(attribute) for cell in self.cells)
        if attribute == "period":
            return tuple(sorted(seen))
        order = [*self.order.get(attribute, ()), *self.like.labels.get(attribute, {})]
        known = sorted(seen, key=lambda code: order.index(code) if code in order else len(order))
        return tuple(sorted(known, key=lambda code: code != TOTAL))

    def only(self, **codes: str) -> tuple[ReleasedCell, ...]:
        """The cells with these codes."""
        return tuple(c for c in self.cells if all(c.attribute(n) == code for n, code in codes.items()))

    def arranged(self, rows: tuple[str, ...], columns: tuple[str, ...]) -> ReleasedTable:
        """The cells as a table of their own, with the labels they have in theirs."""
        ranks = {name: {code: at for at, code in enumerate(self.codes(name))} for name in (*rows, *columns)}
        cells = sorted(self.cells, key=lambda c: [ranks[n][c.attribute(n)] for n in (*rows, *columns)])
        return replace(self.like, name="shown", title="", sample=self.cells[0].sample, rows=rows,
                       columns=columns, cells=tuple(cells), unknowns=(), notes=(), chart=None)  # fmt: skip


def _said(name: str, code: str, like: ReleasedTable, words: Mapping[str, Word], tongue: Tongue) -> str:
    if name in ("sample", "measure") and code in words:
        return tongue.word(words[code].title)
    return tongue.word(like.labels.get(name, {}).get(code, code))


def groups(
    release: Release, free: Iterable[str], wanted: Callable[[ReleasedCell], bool], models: bool = False
) -> tuple[Group, ...]:
    """The wanted cells of the release's tables, by all that they share besides the `free` attributes.

    A figure that several tables have is there once. Groups come in the order of the tables.
    """
    loose, order = set(free), {word.name: tuple(word.codes) for word in release.words.values()}
    found: dict[Key, dict[Place, ReleasedCell]] = {}
    like: dict[Key, ReleasedTable] = {}
    for table in release.all_tables if models else release.tables:
        for cell in filter(wanted, table.cells):
            fixed = _fixed(cell, loose)
            found.setdefault(fixed, {}).setdefault(_place(cell), cell)
            like[fixed] = _labelled(like.get(fixed), table)
    return tuple(Group(fixed, tuple(cells.values()), like[fixed], order) for fixed, cells in found.items())


def _labelled(known: ReleasedTable | None, table: ReleasedTable) -> ReleasedTable:
    """The first table, with the labels of the others that it does not have itself."""
    if known is None:
        return table
    merged = {name: {**labels, **known.labels.get(name, {})} for name, labels in table.labels.items()}
    return replace(known, labels={**known.labels, **merged})


def _fixed(cell: ReleasedCell, free: set[str]) -> Key:
    named = [("measure", cell.measure), ("sample", cell.sample), ("period", cell.period)]
    codes = sorted((name, code) for name, code in cell.codes.items() if code != TOTAL)
    return tuple((name, code) for name, code in (*named[:2], *codes, named[2]) if name not in free)


def _place(cell: ReleasedCell) -> Place:
    codes = frozenset((name, code) for name, code in cell.codes.items() if code != TOTAL)
    return cell.measure, cell.sample, cell.period, codes


def chosen(found: tuple[Group, ...], key: str) -> Group | None:
    """The group with this key; the first for none; None where there is no such group."""
    if not found:
        return None
    return next((group for group in found if group.key == key), None if key else found[0])


def has(cell: ReleasedCell, dimension: str) -> bool:
    """Whether the cell is broken down by the dimension."""
    return cell.codes.get(dimension, TOTAL) != TOTAL
