"""Errors planted into published figures, by identities that are written out here by hand.

Nothing of firmtrade is used, so that the auditor is not asked about what it found itself. Each identity is a
residual that is zero but for rounding; a plant moves one printed cell until the residual is at least twice
what rounding allows.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Row = dict[str, str]
Residual = Callable[[list[float]], float]


@dataclass(frozen=True)
class Identity:
    """`cells` are row numbers; `residual` of their values is zero but for rounding."""

    kind: str
    cells: tuple[int, ...]
    residual: Residual


def read_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def identities(rows: list[Row]) -> list[Identity]:
    """The hand-written families of a report in the contract's columns."""
    return [*_growth(rows), *_modes(rows), *_sectors(rows), *_rings(rows), *_twice(rows), *_sizes(rows)]


def _growth(rows: list[Row]) -> list[Identity]:
    groups: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
    for n, row in enumerate(rows):
        key = (row["sample"], row["cohort"], row["flow"], row["status"], row["venture"])
        if row["measure"].startswith(("employment-g", "value-added-g", "productivity")):
            groups[key][f"{row['measure']} {row['period']}"] = n
    found = []
    for cells in groups.values():
        names = [f"{m}-growth 1998-2003" for m in ("employment", "value-added", "productivity")]
        found.append(
            Identity("growth", tuple(cells[n] for n in names),
                     lambda v: 100 * ((1 + v[1] / 100) / (1 + v[0] / 100) - 1) - v[2])
        )  # fmt: skip
        levels = ("productivity 1998", "productivity 2003", "productivity-change 1998-2003")
        if levels[0] in cells:
            found.append(
                Identity("levels", tuple(cells[n] for n in levels), lambda v: 100 * (v[1] / v[0] - 1) - v[2])
            )
    return found


def _modes(rows: list[Row]) -> list[Identity]:
    found = []
    for table in ("table-01", "table-17"):
        mine = [(n, row) for n, row in enumerate(rows) if row["table"] == table]
        for mode in ("both", "import-only", "export-only"):
            whole = [n for n, r in mine if r["mode"] == mode and r["scope"] == "_T"]
            parts = [n for n, r in mine if r["mode"] == mode and r["scope"] != "_T"]
            found.append(Identity("modes", (*whole, *parts), lambda v: v[0] - sum(v[1:])))
    total = [
        n for n, r in enumerate(rows) if r["table"] == "table-03" and _total(r, "manufacturing", "firms")
    ]
    modes = [n for n, r in enumerate(rows) if r["table"] == "table-01" and r["scope"] == "_T"]
    found.append(Identity("total", (*total, *modes), lambda v: v[0] - sum(v[1:])))
    return found


def _total(row: Row, sample: str, measure: str) -> bool:
    return row["activity"] == "_T" and row["sample"] == sample and row["measure"] == measure


def _sectors(rows: list[Row]) -> list[Identity]:
    found = []
    for table, sample in (("table-03", "manufacturing"), ("table-19", "services")):
        mine = [(n, row) for n, row in enumerate(rows) if row["table"] == table]
        firms = {r["activity"]: n for n, r in mine if r["measure"] == "firms" and r["activity"] != "_T"}
        total = [n for n, r in mine if _total(r, sample, "firms")]
        found.append(Identity("sectors", (*total, *firms.values()), lambda v: v[0] - sum(v[1:])))
        if table == "table-03":
            core = [n for n, r in mine if _total(r, "core-manufacturing", "firms")]
            inside = [n for code, n in firms.items() if "15" <= code <= "37"]
            found.append(Identity("core", (*core, *inside), lambda v: v[0] - sum(v[1:])))
        for flow in ("export", "import"):
            shares = {r["activity"]: n for n, r in mine if r["flow"] == flow and r["sample"] == sample}
            whole = shares.pop("_T")
            codes = sorted(shares)
            cells = (total[0], whole, *(firms[c] for c in codes), *(shares[c] for c in codes))
            found.append(Identity("weighted", cells, _weighted(len(codes))))
    return found


def _weighted(size: int) -> Residual:
    def residual(v: list[float]) -> float:
        parts = sum(n * s for n, s in zip(v[2 : 2 + size], v[2 + size :], strict=True))
        return (parts - v[0] * v[1]) / 100

    return residual


def _rings(rows: list[Row]) -> list[Identity]:
    flows = ("import-intra", "import-extra", "export-intra", "export-extra")
    found = []
    for table in ("table-02", "table-18"):
        at = {(r["flow"], r["given"]): n for n, r in enumerate(rows) if r["table"] == table}
        for left_out in flows:
            a, b, c = (flow for flow in flows if flow != left_out)
            cells = tuple(at[pair] for pair in ((a, b), (b, c), (c, a), (b, a), (c, b), (a, c)))
            found.append(Identity("ring", cells, lambda v: v[0] * v[1] * v[2] / (v[3] * v[4] * v[5]) - 1))
    return found


def _twice(rows: list[Row]) -> list[Identity]:
    at: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for n, row in enumerate(rows):
        if row["measure"] == "firms":
            at[tuple(v for k, v in row.items() if k not in ("table", "value", "line"))].append(n)
    return [
        Identity("twice", tuple(cells), lambda v: v[0] - v[1]) for cells in at.values() if len(cells) == 2
    ]


def _sizes(rows: list[Row]) -> list[Identity]:
    total = [n for n, r in enumerate(rows) if r["table"] == "table-19" and _total(r, "services", "firms")]
    parts = [n for n, r in enumerate(rows) if r["table"] == "table-20" and r["measure"] == "firms"]
    return [Identity("sizes", (*total, *parts), lambda v: v[0] - sum(v[1:]))]


def plant(rows: list[Row], number: int, seed: int) -> tuple[list[Row], list[int]]:
    """A copy with `number` errors, and the row numbers of the cells that are wrong."""
    rng = random.Random(seed)
    known = identities(rows)
    held = [i for i in known if abs(i.residual(_values(rows, i))) <= _allowed(rows, i) + 1e-9]
    copy = [dict(row) for row in rows]
    wrong: list[int] = []
    while len(wrong) < number:
        identity = rng.choice(held)
        cell = rng.choice(identity.cells)
        value = None if cell in wrong else _moved(rows, identity, cell, rng)
        if value is None:
            continue
        before = copy[cell]["value"]
        copy[cell]["value"] = value
        # Two errors in one row of growth rates can cancel: then no arithmetic could find either.
        if all(_shows(copy, held, n) for n in (*wrong, cell)):
            wrong.append(cell)
        else:
            copy[cell]["value"] = before
    return copy, sorted(wrong)


def _shows(rows: list[Row], known: list[Identity], cell: int) -> bool:
    """Whether an identity that covers the cell is off by at least twice what rounding allows."""
    return any(
        abs(i.residual(_values(rows, i))) >= max(2 * _allowed(rows, i) - 1e-9, 1e-9)
        for i in known
        if cell in i.cells
    )


def _values(rows: list[Row], identity: Identity) -> list[float]:
    return [float(rows[n]["value"]) for n in identity.cells]


def _half(row: Row) -> float:
    return 0.0 if row["unit"] == "count" else 0.5 * 10.0 ** -int(row["decimals"])


def _allowed(rows: list[Row], identity: Identity) -> float:
    """The largest residual that rounding gives, to first order."""
    values = _values(rows, identity)
    at = identity.residual(values)
    total = 0.0
    for place, n in enumerate(identity.cells):
        moved = list(values)
        moved[place] += _half(rows[n])
        total += abs(identity.residual(moved) - at)
    return total


def _moved(rows: list[Row], identity: Identity, cell: int, rng: random.Random) -> str | None:
    """The nearest printed value with at least twice the residual; None if it makes no sense."""
    row, values = rows[cell], _values(rows, identity)
    place, unit = identity.cells.index(cell), 10.0 ** -int(row["decimals"])
    needed = max(2 * _allowed(rows, identity), 1e-9)
    sign = rng.choice((-1, 1))
    for steps in range(1, 3000):
        moved = list(values)
        moved[place] += sign * steps * unit
        if moved[place] < 0 and row["measure"] in ("firms", "participation", "productivity"):
            return None
        if row["measure"] == "participation" and moved[place] > 100:
            return None
        if abs(identity.residual(moved)) >= needed:
            return f"{moved[place]:.{row['decimals']}f}"
    return None
