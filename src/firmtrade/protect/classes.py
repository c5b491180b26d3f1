"""Classes of a table's dimensions combined: which are neighbours, and what the table is then.

A combined class is written as its parts with a stroke between: `50-99 | 100-249`.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from firmtrade.catalog import Catalog
from firmtrade.describe.cells import Codes
from firmtrade.describe.spec import Block, Table
from firmtrade.result import TOTAL, UNKNOWN

UNION = " | "


@dataclass(frozen=True)
class Words:
    """What is known of dimensions and their codes."""

    catalog: Catalog
    codes: Codes


def dimensions(table: Table, words: Words) -> list[str]:
    """The dimensions of a table whose classes do not overlap, so that they may be combined."""
    names = dict.fromkeys(name for block in table.blocks for name, _ in block.by)
    plain = {name: words.catalog.get(name.rpartition(".")[2], "dimension") for name in names}
    return [name for name in names if not plain[name].overlaps]


def combined(table: Table, dimension: str, words: Words) -> Iterator[tuple[Table, tuple[str, ...]]]:
    """(the table with two neighbouring classes combined, the classes then), for each pair of neighbours."""
    longest = classes_of(table, dimension, words)
    classes = [code for code in longest if code not in (TOTAL, UNKNOWN)]
    if len(classes) < 3:
        return  # two classes combined are no breakdown
    for one, other in itertools.pairwise(classes):
        codes = _joined(longest, one, other)
        yield _with(table, dimension, one, other, words), codes


def classes_of(table: Table, dimension: str, words: Words) -> tuple[str, ...]:
    """The codes of a dimension in the table; those of its block that has most."""
    listed = {
        tuple(words.codes.listed(dimension, codes, f"table {table.name}"))
        for block in table.blocks
        for name, codes in block.by
        if name == dimension
    }
    return max(sorted(listed), key=len)


def _joined(codes: Sequence[str], one: str, other: str) -> tuple[str, ...]:
    if one not in codes or other not in codes:
        return tuple(codes)
    return tuple(f"{one}{UNION}{other}" if code == one else code for code in codes if code != other)


def _with(table: Table, dimension: str, one: str, other: str, words: Words) -> Table:
    def block(given: Block) -> Block:
        by = []
        for name, codes in given.by:
            listed = tuple(words.codes.listed(name, codes, f"table {table.name}"))
            by.append((name, _joined(listed, one, other) if name == dimension else codes))
        return replace(given, by=tuple(by))

    return replace(table, blocks=tuple(block(given) for given in table.blocks))


def everywhere(table: Table, dimension: str, unions: Sequence[list[str]], words: Words) -> Table:
    """The table with the same classes combined, where it has them all."""
    made = table
    for parts in unions:
        joined = parts[0]
        for part in parts[1:]:
            made = _with(made, dimension, joined, part, words)
            joined = f"{joined}{UNION}{part}"
    names = {name for block in table.blocks for name, _ in block.by}
    return made if dimension in names else table


def hidden_still(
    hide: Sequence[Mapping[str, str]], dimension: str, codes: Sequence[str], tables: Collection[str]
) -> tuple[Mapping[str, str], ...]:
    """The entries of `hide`, and the same for the combined classes of `tables` that the named ones are in.

    Whoever hides a class hides the class that it becomes a part of; an entry may then name nothing any more.
    """
    name = dimension.rpartition(".")[2]
    unions = {code: set(code.split(UNION)) for code in codes if UNION in code}
    found = list(hide)
    for entry in hide:
        named = set(str(entry.get(name, "")).split(UNION))
        for code in (code for code, parts in unions.items() if named <= parts):
            found += [
                {**entry, "table": table, name: code}
                for table in sorted(tables)
                if entry.get("table", table) == table
            ]
    return tuple(entry for n, entry in enumerate(found) if entry not in found[:n])
