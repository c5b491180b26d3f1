"""What disclosure control must know of a view: which finest cells each sum is over, and whose they are.

Finest cells that no sum tells apart are one class. Values are whole numbers (cents, tenths of an FTE), so
that everything said of them is exact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmtrade._engine.engine import Engine
from firmtrade._engine.steps import Query, Step
from firmtrade.describe.asks import COUNT, Ask
from firmtrade.describe.listing import Listing, listing
from firmtrade.describe.members import Flags, Ints, Members
from firmtrade.describe.scan import KEYS, Scan
from firmtrade.errors import EngineError

ASKED = "asked"  # who asked for confidentiality, beside the aggregates


@dataclass(frozen=True)
class Sums:
    """One additive aggregate of a view over classes of finest cells, with the asks that are sums of it.

    `members[n]` are the classes of `asks[n]`; `totals` those of a sample in a year (or over the window), by
    which views of the same firms are tied together. All aggregates of a view have the same classes, and
    `parts` are those whose sum this aggregate is (exports: to the union and to elsewhere).

    Of each class: `values` and `sizes` (absolute) times 10 ** `decimals`; `units`, the owners of one firm,
    and `below`, those of them with less than zero. `owned` lists (class, owner, value) of the largest of
    these owners and of all owners of several firms; `several` says which entries are of the latter, and
    `asked` is the largest owner of one firm that asked for confidentiality (-1: none did); `asking` are the
    owners of several firms that did.
    `counts`: the aggregate is a number of firms; `keys`, if wanted, are the sums of its firms' keys.
    """

    view: str
    window: str
    aggregate: str
    parts: tuple[str, ...]
    counts: bool
    asks: tuple[Ask, ...]
    members: tuple[Ints, ...]
    totals: Mapping[tuple[str, str], Ints]
    values: Ints
    sizes: Ints
    units: Ints
    below: Ints
    decimals: int
    owned: tuple[Ints, tuple[str, ...], Ints]
    several: Flags
    asked: Ints
    asking: frozenset[str]
    keys: Ints | None = None


Rows = list[tuple[Any, ...]]


def finest(
    engine: Engine, scan: Scan, table: str, asks: Sequence[Ask], owners: Callable[[], Rows] | None = None
) -> tuple[list[Sums], list[Listing]]:
    """The sums behind the additive `asks` of a view whose cube is `table`; its firms if they are listed.

    `owners` gives the rows of the owners of several firms, where they need not be computed anew.
    """
    if not asks:  # a view of medians only, which have evidence of their own
        return [], []
    cube = scan.cube
    by_aggregate: dict[str, list[Ask]] = defaultdict(list)
    for ask in asks:
        function, column = cube.aggregate_column(ask)
        if function == "sum":
            by_aggregate[column].append(ask)
    classes = _Classes(Members(engine, cube, table, [*asks, *_all_of_samples(asks)]), asks)
    several = _several(engine, scan, classes.membership, owners) if scan.grouped else None
    sums = [
        _sums(engine, table, classes, several, column, found)
        for column, found in sorted(by_aggregate.items())
    ]
    if scan.keyed:
        columns = sorted(by_aggregate)
        sums = [
            replace(one, keys=_keys(engine, table, classes, column))
            for column, one in zip(columns, sums, strict=True)
        ]
    if not scan.listed:
        return sums, []
    inside, wanted = classes.membership.inside, set(by_aggregate)
    return sums, [listing(engine, scan, inside, classes.of_cell, wanted, asks[0].window)]


def _all_of_samples(asks: Sequence[Ask]) -> list[Ask]:
    """The number of firms of each sample and year (or window) that is asked about."""
    return list(dict.fromkeys(Ask(ask.sample, ask.window, ask.year, (), COUNT) for ask in asks))


class _Classes:
    """The finest cells of a view in classes that no published sum tells apart."""

    def __init__(self, membership: Members, asks: Sequence[Ask]) -> None:
        self.membership = membership
        self.totals = _all_of_samples(asks)
        flags = {ask: membership.of(ask) for ask in (*asks, *self.totals)}
        distinct = {line.tobytes(): line for line in flags.values()}
        self.of_cell, self.number = _numbered(np.array([*distinct.values()]))
        self._members = {key: np.unique(self.of_cell[line]) for key, line in distinct.items()}
        self._keys = {ask: line.tobytes() for ask, line in flags.items()}

    def members(self, ask: Ask) -> Ints:
        """The classes of an ask."""
        return self._members[self._keys[ask]]


def _sums(
    engine: Engine,
    table: str,
    classes: _Classes,
    several: Mapping[str, list[Any]] | None,
    column: str,
    asks: list[Ask],
) -> Sums:
    membership, class_of = classes.membership, classes.of_cell
    kinds = {where: (name, value) for name, value, where in membership.cube.aggregates.values()}
    name, value = kinds[column]
    wanted = [column, f"units_{column}", f"top_{column}"]
    wanted += [f"size_{column}", f"below_{column}"] if name == "sum" else [column, "0"]
    wanted.append(f"asked_{column}")
    sql = f"select {', '.join(wanted)}\nfrom {table} where {membership.inside}\norder by rowid"
    rows = engine.rows_of_table(Query("evidence", (Step("evidence", sql),)))
    more, asking = (several or {}).get(column, []), frozenset((several or {}).get(ASKED, []))
    largest = [
        (place, owner["holder"], owner["value"]) for place, row in enumerate(rows) for owner in row[2] or ()
    ]
    decimals = _decimals([row[0] for row in rows] + [value for _, _, value in largest + more])
    return Sums(
        view=membership.cube.name,
        window=asks[0].window,
        aggregate=f"{name}({value})",
        parts=_parts(name, value),
        counts=name != "sum",
        asks=tuple(asks),
        members=tuple(classes.members(ask) for ask in asks),
        totals={(ask.sample, ask.year): classes.members(ask) for ask in classes.totals},
        values=_added(class_of, classes.number, [row[0] for row in rows], decimals),
        sizes=_added(class_of, classes.number, [row[3] for row in rows], decimals),
        units=_added(class_of, classes.number, [row[1] for row in rows], 0),
        below=_added(class_of, classes.number, [row[4] for row in rows], 0),
        decimals=decimals,
        owned=(
            class_of[[place for place, _, _ in largest + more]],
            tuple(owner for _, owner, _ in largest + more),
            _whole([value for _, _, value in largest + more], decimals),
        ),
        several=np.repeat([False, True], [len(largest), len(more)]),
        asked=_largest(class_of, classes.number, [row[5] for row in rows], decimals),
        asking=asking,
    )


def _keys(engine: Engine, table: str, classes: _Classes, column: str) -> Ints:
    """The sum of the keys of the firms in each class, kept below KEYS."""
    sql = f"select keys_{column}\nfrom {table} where {classes.membership.inside}\norder by rowid"
    rows = engine.rows_of_table(Query("keys", (Step("keys", sql),)))
    return _added(classes.of_cell, classes.number, [row[0] for row in rows], 0) % KEYS


def _parts(name: str, value: str) -> tuple[str, ...]:
    """The aggregates whose sum an aggregate is: those of the terms of `sum(a + b)`."""
    import sqlglot
    from sqlglot import exp

    if name != "sum":
        return ()
    tree, found = sqlglot.parse_one(value).unnest(), []
    while isinstance(tree, exp.Add):
        found.append(tree.expression.unnest())
        tree = tree.this.unnest()
    terms = [tree, *reversed(found)] if found else []
    return tuple(f"sum({term.sql(comments=False)})" for term in terms)


def _numbered(flags: NDArray[np.bool_]) -> tuple[Ints, int]:
    """Cells that the same asks are over get one number; their count."""
    packed = np.ascontiguousarray(np.packbits(flags, axis=0).T)
    _, numbers = np.unique(packed, axis=0, return_inverse=True)
    numbers = numbers.reshape(-1)
    return numbers.astype(np.int64), int(numbers.max(initial=-1)) + 1


def _added(class_of: Ints, size: int, values: Sequence[Any], decimals: int) -> Ints:
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, class_of, _whole(values, decimals))
    return total


def _largest(class_of: Ints, size: int, values: Sequence[Any], decimals: int) -> Ints:
    """The largest value of each class; -1 where there is none."""
    found = np.full(size, -1, dtype=np.int64)
    known = np.array([value is not None for value in values], dtype=bool)
    np.maximum.at(found, class_of[known], _whole(values, decimals)[known])
    return found


def _decimals(values: Sequence[Any]) -> int:
    """Digits after the point that some value really has."""
    decimal = (value for value in values if isinstance(value, Decimal) and value)
    return max([0, *(-int(value.normalize().as_tuple().exponent) for value in decimal)])


def _whole(values: Sequence[Any], decimals: int) -> Ints:
    """Exact whole numbers; nothing is nobody's."""
    factor = 10 ** max(decimals, 0)
    found = [int(value * factor) if value is not None else 0 for value in values]
    if any(abs(value) >= 2**62 for value in found):
        raise EngineError(
            "A total has more digits than disclosure control can keep exactly. Give amounts in thousands: "
            "units = { turnover = 1000 } in [panel], or fewer decimals."
        )
    return np.array(found, dtype=np.int64)


def _several(
    engine: Engine, scan: Scan, membership: Members, owners: Callable[[], Rows] | None
) -> dict[str, list[Any]]:
    """For each aggregate: (finest cell, owner, value) of the owners of several firms; ASKED: who asked."""
    names = scan.columns
    listed = ", ".join(names)
    sql = f"select {listed or '1'}\nfrom cube_{scan.cube.name} where {membership.inside}\norder by rowid"
    cells = engine.rows_of_table(Query("finest cells", (Step("cells", sql),)))
    place = {row: number for number, row in enumerate(cells)}
    sums = [column for _, _, column in scan.cube.aggregates.values()]
    found: dict[str, list[Any]] = {ASKED: [], **{column: [] for column in sums}}
    rows = owners() if owners else engine.rows(scan.owners_of_several)
    for row in sorted(rows, key=lambda row: str(row[len(names)])):
        cell = place.get(row[: len(names)])
        found[ASKED] += [row[len(names)]] if row[len(names) + 1] else []
        for column, value in zip(sums, row[len(names) + 2 :], strict=True):
            if cell is not None and value is not None and not (column.startswith("n") and not value):
                found[column].append((cell, row[len(names)], value))
    return found
