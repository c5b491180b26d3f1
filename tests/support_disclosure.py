"""Microdata and tables of the disclosure golden sets, as the tests read them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from firmtrade.protect.evidence import Contributions, evidence_of, numbered, scaled
from firmtrade.protect.tables import Table, flat, system_of


def read(path: Path, **options) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, **options))


def synth(folder: Path, size: int):
    """The drawn panel: division x size x region with the sectors of the divisions."""
    records = read(folder / "synth" / f"panel_{size}.csv")
    groupings = {
        "div": {r["div"]: (r["div"], r["sec"]) for r in records},
        "size": flat(r["size"] for r in records),
        "reg": flat(r["reg"] for r in records),
    }
    return problem(records, groupings, [Table(("div", "size", "reg"))], "value", "hold")


def problem(records, groupings, tables, value, holding, decimals=0, keys=None):
    """(system, row values, evidence) of records with one measure; `keys` are published (all if None)."""
    system = system_of(records, groupings, tables, keys=keys)
    values = scaled((r[value] for r in records), decimals)
    holdings = numbered(r[holding] for r in records) if holding else np.arange(len(records))
    given = Contributions(np.arange(len(records)), holdings, values)
    return system, system.fold(values), evidence_of(system, given)


def hierarchy(path: Path) -> dict[str, str]:
    """child -> parent of a tau-ARGUS hierarchy file: one @ per level."""
    parents: dict[str, str] = {}
    chain: list[str] = []
    for line in path.read_text("utf-8").splitlines():
        depth = len(line) - len(line.lstrip("@"))
        code = line.lstrip("@").strip()
        if not code:
            continue
        chain[depth:] = [code]
        if depth:
            parents[code] = chain[depth - 1]
    return parents


def codes(record: dict[str, str], by: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The key of a cell from a peer's row: without the dimensions at the total."""
    return tuple((name, record[name]) for name in by if record[name].lower() != "total")
