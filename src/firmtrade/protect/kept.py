"""The structure of a release as the custodian keeps it, and the attack on what was released with it.

`structure.zip` has, for each system, its columns, equations, exact row values, what the rules ask and who
fills a column alone; `figures.json` says which columns each figure of tables.csv is worked out from. A
figure that is shown shows all columns that it is worked out from: so a release that was altered, or made
by somebody else from the same data, is attacked as it is.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from firmtrade.errors import DataError
from firmtrade.protect import certificate
from firmtrade.protect.attack import Interval, Report, attack
from firmtrade.protect.attacker import printed
from firmtrade.protect.audit import audit
from firmtrade.protect.decide import Decided
from firmtrade.protect.evidence import Evidence
from firmtrade.protect.packed import packed
from firmtrade.protect.primary import Plan
from firmtrade.protect.protected import Custody
from firmtrade.protect.suppress import Effort
from firmtrade.protect.system import Ints, Sparse, System
from firmtrade.result import TOTAL, ReleasedCell

STRUCTURE, INDEX = "structure.zip", "figures.json"
_SPARSE = ("start", "index", "weight")
_EVIDENCE = ("units", "total", "largest", "holder", "sole", "negative", "asked")
_PLAN = ("columns", "up", "down")


@dataclass(frozen=True)
class KeptPart:
    """One system of a release, read back. `known`: between what the true numbers of firms must be, if they
    are printed rounded or perturbed."""

    name: str
    system: System
    rows: np.ndarray
    plan: Plan
    evidence: Evidence
    decimals: int
    accepted: frozenset[tuple[int, int]]
    known: tuple[Ints, Ints] | None = None

    def leaks(self, report: Report) -> list[Interval]:
        """What can be bounded too closely, but for the (column, holding) that the custodian let pass.

        Of rounded and perturbed numbers, what is known exactly: that some have less room than the rules
        ask for is known when the release is made, and is in its summary.
        """
        insiders = [case for case in report.insiders if (case.column, case.holding) not in self.accepted]
        cases = [*report.unprotected, *insiders]
        return [case for case in cases if self.known is None or case.exact]


@dataclass(frozen=True)
class Found:
    """What the attack on a release with its structure finds."""

    reports: tuple[tuple[KeptPart, Report], ...]
    shown: tuple[str, ...]  # figures that are shown though a column behind them must be hidden
    changed: tuple[str, ...]  # figures whose value is not the custodian's
    unproven: tuple[str, ...]  # what the stored proofs do not prove, checked without a solver

    @property
    def leaks(self) -> int:
        """How many unsafe columns are not protected, counting those that a contributor knows exactly."""
        return sum(
            sum(part.known is None or case.exact for case in report.unprotected)
            + sum(case.exact for case in report.insiders)
            for part, report in self.reports
        )


def write_structure(custody: Custody, folder: Path) -> None:
    """Write both files; the bytes follow from the content."""
    arrays = {
        f"{number:03}/{name}": array
        for number, part in enumerate(custody.parts)
        for name, array in sorted(_arrays(part).items())
    }
    (folder / STRUCTURE).write_bytes(packed(arrays))
    index = {
        "parts": [
            {
                "name": part.part.aggregate,
                "decimals": part.part.decimals,
                "reasons": part.plan.reasons,
                "accepted": sorted({(column, holding) for column, _, holding in part.pattern.exposed}),
                "changed": part.counts is not None,
            }
            for part in custody.parts
        ],
        "figures": [_indexed(custody, figure.table, figure.cell, figure) for figure in custody.figures],
    }
    text = json.dumps(index, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    (folder / INDEX).write_text(text + "\n", encoding="utf-8", newline="\n")


def _arrays(part: Decided) -> dict[str, Any]:
    system = part.part.system
    found = {f"columns-{name}": getattr(system.columns, name) for name in _SPARSE}
    found |= {f"relations-{name}": getattr(system.relations, name) for name in _SPARSE}
    found |= {f"evidence-{name}": getattr(part.part.evidence, name) for name in _EVIDENCE}
    found |= {f"plan-{name}": getattr(part.plan, name) for name in _PLAN}
    if part.counts is not None:
        found |= {"known-low": part.counts.low, "known-high": part.counts.high}
    return found | {"rows": part.part.rows, "signed": system.signed}


def _indexed(custody: Custody, table: str, cell: ReleasedCell, figure: Any) -> list[Any]:
    """[key of the figure, its value, (part, column) of each sum that it is worked out from]."""
    place = {id(part): number for number, part in enumerate(custody.parts)}
    where = (custody.decisions.where(ask) for ask in figure.asks)
    columns = [[place[id(each)], column] for each, column in (one for one in where if one is not None)]
    # What is worked out from changed numbers of firms is printed so, and not as the custodian knows it.
    changed = any(custody.parts[part].counts is not None for part, _ in columns)
    value = cell.value if changed else figure.value
    value = None if value is None else float(value)
    return [_key(table, cell.sample, cell.period, cell.codes, cell.measure), value, columns]


def _key(table: str, sample: str, period: str, codes: Mapping[str, str], measure: str) -> str:
    told = ", ".join(f"{name} {code}" for name, code in sorted(codes.items()) if code != TOTAL)
    return " | ".join([table, f"{sample} {period}", *([told] if told else []), measure])


def read_structure(folder: Path) -> tuple[list[KeptPart], dict[str, tuple[float | None, list[list[int]]]]]:
    """The systems of a release and its figures by key, from the custodian's folder."""
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        with zipfile.ZipFile(folder / STRUCTURE) as file:
            parts = [_read_part(file, number, entry) for number, entry in enumerate(index["parts"])]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as wrong:
        raise DataError(
            f"{folder} is not the custodian's folder of a release, or is damaged: {wrong}. It is the folder "
            f"that `firmtrade run` wrote beside the release."
        ) from None
    return parts, {key: (value, columns) for key, value, columns in index["figures"]}


def _read_part(file: zipfile.ZipFile, number: int, entry: Mapping[str, Any]) -> KeptPart:
    def array(name: str) -> Any:
        return np.lib.format.read_array(io.BytesIO(file.read(f"{number:03}/{name}.npy")), allow_pickle=False)

    rows, signed = array("rows"), array("signed")
    columns, relations = (
        Sparse(array(f"{what}-start"), array(f"{what}-index"), array(f"{what}-weight"), len(rows))
        for what in ("columns", "relations")
    )
    numbers = np.arange(len(columns), dtype=np.int64)
    system = System(columns, relations, signed, tuple(numbers.tolist()), numbers, np.arange(len(rows)))
    reasons = tuple(tuple(one) for one in entry["reasons"])
    plan = Plan(array("plan-columns"), array("plan-up"), array("plan-down"), reasons)
    evidence = Evidence(*(array(f"evidence-{name}") for name in _EVIDENCE))
    accepted = frozenset((int(column), int(holding)) for column, holding in entry["accepted"])
    known = (array("known-low"), array("known-high")) if entry["changed"] else None
    return KeptPart(entry["name"], system, rows, plan, evidence, int(entry["decimals"]), accepted, known)


def attack_kept(tables: Path, folder: Path) -> Found:
    """Attack the release in `tables` (tables.csv) with the structure in the custodian's `folder`."""
    parts, figures = read_structure(folder)
    visible = [np.zeros(len(part.system.columns), dtype=bool) for part in parts]
    changed, told = [], {}
    for key, value, text, hidden in _read(tables):
        if key not in figures:
            raise DataError(f"{tables.name}: {key} is no figure of the release that {folder} is about.")
        known, columns = figures[key]
        told[key] = [] if hidden else columns
        if value is not None and (known is None or abs(value - known) > 1e-9 * max(1.0, abs(known))):
            changed.append(f"{key}: {text} is printed")
        for part, column in told[key]:
            visible[part][column] = True
    reports = [(part, _attacked(part, shown)) for part, shown in zip(parts, visible, strict=True)]
    unsafe = [{case.column for case in part.leaks(report)} for part, report in reports]
    bare = [key for key, columns in told.items() if any(column in unsafe[part] for part, column in columns)]
    unproven: list[str] = []
    for number, (one, shown) in enumerate(zip(parts, visible, strict=True), 1):
        unproven += _unproven(folder, number, one, shown)
    return Found(tuple(reports), tuple(bare), tuple(changed), tuple(unproven))


def _unproven(folder: Path, number: int, part: KeptPart, visible: np.ndarray) -> list[str]:
    """What the stored proof of a part does not prove of the release as it lies there."""
    if part.known is not None:  # what is printed changed has an audit and no proof
        return []
    proof = certificate.read(folder / f"proof-{number:02}.zip")
    if visible[proof.hidden].any():
        return [f"{part.name}: the proof is of a release that hides more"]
    share = Effort().insiders
    faults = certificate.check(proof, part.system, part.rows, part.plan, part.evidence, insiders=share)
    return [f"{part.name}: {fault}" for fault in faults]


def _attacked(part: KeptPart, visible: np.ndarray) -> Report:
    if part.known is not None:
        return audit(part.system, part.rows, *part.known, part.plan, part.evidence)
    values = part.system.columns.times(part.rows).astype(np.float64)
    shown = printed(values, np.flatnonzero(~visible))
    return attack(part.system, shown, part.plan, rows=part.rows, evidence=part.evidence)


def _read(tables: Path) -> Iterator[tuple[str, float | None, str, bool]]:
    """(key, value, its text, whether it is hidden) of each figure. A value that is printed is not hidden."""
    fixed = ("table", "sample", "period", "measure", "value", "unit", "decimals", "confidentiality")
    with tables.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        names: Sequence[str] = reader.fieldnames or ()
        lacking = [name for name in fixed if name not in names]
        if lacking:
            raise DataError(f"{tables.name}, line 1: the column {lacking[0]} is missing.")
        for row in reader:
            codes = {name: row[name] for name in names if name not in fixed and row[name] not in ("", TOTAL)}
            key = _key(row["table"], row["sample"], row["period"], codes, row["measure"])
            text = row["value"].strip()
            yield key, float(text) if text else None, text, not text and row["confidentiality"] != "F"
