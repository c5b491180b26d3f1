"""Microdata and tables of the disclosure golden sets, as the tests read them."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np

from firmtrade.protect.evidence import Contributions, Evidence, evidence_of, numbered, scaled
from firmtrade.protect.system import build
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


def drawn(seed: int, firms: int = 120, shape: tuple[int, ...] = (6, 4), zeros: bool = False):
    """(system, row values, evidence) of a random panel with skewed values, cross-classified."""
    random = np.random.default_rng(seed)
    names = [f"d{n}" for n in range(len(shape))]
    records = [
        {
            **{
                name: f"{name}{random.integers(size) * random.integers(2)}"
                for name, size in zip(names, shape, strict=True)
            },
            "value": str(int(np.exp(random.normal(3, 1.5))) + (0 if zeros else 1)),
            "hold": f"h{random.integers(firms)}",
        }
        for _ in range(firms)
    ]
    groupings = {
        name: {
            code: (code, f"{name}-odd" if int(code[len(name) :]) % 2 else f"{name}-even") for code in codes_
        }
        for name in names
        for codes_ in [sorted({record[name] for record in records})]
    }
    return problem(records, groupings, [Table(tuple(names))], "value", "hold")


def columns_of(system) -> list[dict[int, int]]:
    """The columns of a system as mappings from row to weight."""
    return [
        dict(zip(*(part.tolist() for part in system.columns.line(number)), strict=True))
        for number in range(len(system.columns))
    ]


def insee(folder: Path):
    """INSEE's four linked tables as (system, values, evidence): cells are rows, sums are relations.

    Nobody gives us the cells behind both activity and region, so the tables are linked by their
    margins only, as they are for an attacker.
    """
    activity, regions = read(folder / "activity_corr_table.csv"), read(folder / "nuts23_fr_corr_table.csv")
    parts: dict[str, dict[str, list[str]]] = {
        "ACTIVITY": _parts((r["A10"], r["A21"], r["A88"]) for r in activity),
        "NUTS": _parts((r["NUTS2"], r["NUTS3"]) for r in regions),
        "CJ": {"Total": ["LL", "PA", "SP"]},
        "SIZE": {"Total": ["tr1", "tr2", "tr3"]},
    }
    cells: dict[tuple, dict[str, str]] = {}
    for table in (("ACTIVITY", "CJ"), ("ACTIVITY", "SIZE"), ("NUTS", "CJ"), ("NUTS", "SIZE")):
        for r in read(
            folder / f"turnover_{table[0].lower().replace('activity', 'act')}_{table[1].lower()}.csv"
        ):
            cells[tuple(sorted(codes(r, table)))] = r
    keys = sorted(cells)
    place = {key: number for number, key in enumerate(keys)}
    relations = {}
    for key in keys:
        for dimension, levels in parts.items():
            rest = tuple(pair for pair in key if pair[0] != dimension)
            children = [
                tuple(sorted((*rest, (dimension, code))))
                for code in levels.get(dict(key).get(dimension, "Total"), ())
            ]
            there = tuple(place[child] for child in children if child in place)
            if there and dimension in {name for other in there for name, _ in keys[other]} - {
                n for n, _ in rest
            }:
                relations[(place[key], there)] = {place[key]: 1} | dict.fromkeys(there, -1)
    system = build({key: [number] for key, number in place.items()}, len(keys), list(relations.values()))
    given = Contributions(
        np.arange(len(keys)), np.arange(len(keys)), scaled((cells[k]["TOT"] for k in keys), 4)
    )
    total = system.fold(given.values)
    most = system.fold(scaled((cells[k]["MAX"] for k in keys), 4))
    units = system.fold(np.array([int(float(cells[k]["N_OBS"])) for k in keys]))
    nobody = np.full(len(total), -1)
    evidence = Evidence(
        units,
        total,
        np.column_stack([most, 0 * most]),
        np.column_stack([nobody, nobody]),
        nobody,
        0 * total,
        nobody,
    )
    return system, total, evidence


def _parts(chains) -> dict[str, list[str]]:
    """code -> the codes that it is the sum of, from chains of codes, the widest first."""
    found: dict[str, dict[str, None]] = {}
    for chain in chains:
        for upper, lower in itertools.pairwise(("Total", *chain)):
            if upper != lower:
                found.setdefault(upper, {})[lower] = None
    return {upper: sorted(lower) for upper, lower in found.items()}
