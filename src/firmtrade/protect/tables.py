"""A system from plain records and tables that break them down by hierarchies.

For the golden sets, for tests and for whoever has microdata but no study. A grouping says which
published codes a record's own code belongs to: `_T`, its section, its division; the groups need not
be nested.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from firmtrade.protect.system import System, build
from firmtrade.result import TOTAL

#: Record code -> the published codes that it is part of, besides the total.
Grouping = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Table:
    """A measure broken down by dimensions; `over` names the linked measures that it is the sum of."""

    by: tuple[str, ...]
    measure: str = "value"
    over: tuple[str, ...] = ()
    total: bool = True

    def parts(self) -> tuple[str, ...]:
        """The additive measures that make up this one."""
        return self.over or (self.measure,)


def flat(codes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """A grouping without levels: each code is published as it is."""
    return {code: (code,) for code in codes}


def nested(parents: Mapping[str, str], leaves: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """A grouping from child -> parent; a leaf is published, and so is each of its ancestors."""
    found = {}
    for leaf in leaves:
        chain = [leaf]
        while chain[-1] in parents:
            chain.append(parents[chain[-1]])
        found[leaf] = tuple(chain)
    return found


def system_of(
    records: Sequence[Mapping[str, str]],
    groupings: Mapping[str, Grouping],
    tables: Iterable[Table],
    signed: Iterable[str] = (),
    keys: Collection[Hashable] | None = None,
) -> System:
    """The system of `tables`; its keys are (measure, (dimension, code), ...) without dimensions at `_T`.

    The caller's row `k * len(records) + n` is record n's part in additive measure k, in the order of
    `measures_of(tables)`, so values come as one array after the other. With `keys` only these are published.
    """
    wanted = list(tables)
    measures = measures_of(wanted)
    base = {measure: number * len(records) for number, measure in enumerate(measures)}
    members: dict[Hashable, dict[int, int]] = {}
    for table in wanted:
        for number, record in enumerate(records):
            for codes in _cells(record, table, groupings):
                cell = members.setdefault((table.measure, *codes), {})
                for part in table.parts():
                    cell[base[part] + number] = 1
    if keys is not None:
        members = {key: rows for key, rows in members.items() if key in keys}
    negative = set(signed)
    flags = [measure in negative for measure in measures for _ in records]
    return build(members, len(measures) * len(records), signed=flags)


def measures_of(tables: Iterable[Table]) -> tuple[str, ...]:
    """The additive measures behind `tables`, in order."""
    return tuple(sorted({part for table in tables for part in table.parts()}))


def _cells(
    record: Mapping[str, str], table: Table, groupings: Mapping[str, Grouping]
) -> Iterable[tuple[tuple[str, str], ...]]:
    """The codes of every cell of `table` that a record is part of."""
    choices = []
    for dimension in table.by:
        groups = tuple(groupings[dimension].get(record[dimension], ()))
        choices.append((*groups, TOTAL) if table.total else groups)
    for codes in itertools.product(*choices):
        yield tuple(
            (dimension, code) for dimension, code in zip(table.by, codes, strict=True) if code != TOTAL
        )
