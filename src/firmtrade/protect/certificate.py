"""The proof that goes with a release: tables that an attacker cannot tell from the true one.

Whoever has the confidential values can check it without a solver: one sparse product shows that every
witness leaves the visible figures as they are and moves each unsafe one as far as its rule asks. It
stays inside, since it holds true values of hidden figures. The bytes depend on the content only.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from firmtrade.errors import CheckError
from firmtrade.protect.evidence import NOBODY, Evidence
from firmtrade.protect.insider import reach
from firmtrade.protect.local import Known
from firmtrade.protect.packed import packed
from firmtrade.protect.primary import Plan
from firmtrade.protect.suppress import Pattern
from firmtrade.protect.system import Flags, Floats, Ints, System
from firmtrade.protect.witness import effects_of

NEAR = 1e-6  # relative to the distance that is proven
_ARRAYS = ("hidden", "start", "rows", "moves", "column", "sign", "distance", "witness", "times", "open")
_FLOATS = ("moves", "distance", "times")


@dataclass(frozen=True)
class Certificate:
    """Witnesses line by line (start, rows, moves) and proofs: times[k] x witness[k] moves column[k].

    `open` are (column, sign, holding) in rows of three: insiders that the pattern does not keep out.
    """

    hidden: Ints
    start: Ints
    rows: Ints
    moves: Floats
    column: Ints
    sign: Ints
    distance: Floats
    witness: Ints
    times: Floats
    open: Ints

    def write(self, path: Path) -> None:
        """Store the arrays in a zip file that is the same for the same content."""
        path.write_bytes(packed({name: getattr(self, name) for name in _ARRAYS}))


def certificate(pattern: Pattern) -> Certificate:
    """The certificate of a pattern."""
    sizes = [len(rows) for rows, _ in pattern.witnesses]
    proofs = pattern.proofs
    return Certificate(
        pattern.hidden,
        np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))).astype(np.int64),
        np.concatenate([np.zeros(0, dtype=np.int64), *(rows for rows, _ in pattern.witnesses)]),
        np.concatenate([np.zeros(0), *(moves for _, moves in pattern.witnesses)]),
        np.array([proof.column for proof in proofs], dtype=np.int64),
        np.array([proof.sign for proof in proofs], dtype=np.int64),
        np.array([proof.distance for proof in proofs], dtype=np.float64),
        np.array([proof.witness for proof in proofs], dtype=np.int64),
        np.array([proof.times for proof in proofs], dtype=np.float64),
        np.array(pattern.exposed, dtype=np.int64).reshape(-1, 3),
    )


def read(path: Path) -> Certificate:
    """The certificate in a file."""
    try:
        with zipfile.ZipFile(path) as file:
            arrays = {
                name: np.lib.format.read_array(io.BytesIO(file.read(f"{name}.npy")), allow_pickle=False)
                for name in _ARRAYS
            }
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as wrong:
        raise CheckError(f"{path.name} is not a certificate, or is damaged: {wrong}") from wrong
    return Certificate(**arrays)


def check(
    given: Certificate,
    system: System,
    values: Ints,
    plan: Plan,
    evidence: Evidence | None = None,
    known: Known | None = None,
    *,
    insiders: float = 0.5,
    accepted: Sequence[int] = (),
) -> list[str]:
    """What the certificate does not prove; an empty list is a proof.

    `values` are the true row values, `plan` what the rules ask. With `evidence` it must also prove that
    no insider narrows an unsafe figure below `insiders` times its distance, but for the cases it lists.
    """
    faults = _shape_faults(given, system)
    if faults:
        return faults
    hidden = np.zeros(len(system.columns), dtype=bool)
    hidden[given.hidden] = True
    effects = _effects(given, system)
    good = _possible(given, system, values.astype(np.float64), effects, hidden, known or Known())
    proven: dict[tuple[int, int], list[tuple[float, int]]] = {}
    for number in np.flatnonzero(good).tolist():
        column, sign, witness = int(given.column[number]), int(given.sign[number]), int(given.witness[number])
        far = effects.get((witness, column), 0.0) * given.times[number] * sign
        proven.setdefault((column, sign), []).append((float(far), witness))
    moved = _groups(effects, evidence)
    listed = {(int(a), int(b), int(c)) for a, b, c in given.open.tolist()}
    for column, up, down in zip(plan.columns.tolist(), plan.up.tolist(), plan.down.tolist(), strict=True):
        if not hidden[column]:
            faults.append(f"column {column} is unsafe and not hidden")
        elif column not in accepted:
            for sign, distance in ((1, up), (-1, down)):
                ways = proven.get((column, sign), [])
                faults += _unproven(column, sign, distance, ways, moved, evidence, insiders, listed)
    return faults


def _unproven(
    column: int,
    sign: int,
    distance: float,
    ways: list[tuple[float, int]],
    moved: dict[int, set[int]],
    evidence: Evidence | None,
    insiders: float,
    listed: set[tuple[int, int, int]],
) -> list[str]:
    """What is missing for one column and direction."""
    if distance <= 0:
        return []
    if not any(far >= distance * (1 - NEAR) for far, _ in ways):
        return [f"column {column}: no witness moves it {'up' if sign > 0 else 'down'} by {distance:.6g}"]
    if evidence is None or insiders <= 0:
        return []
    faults = []
    everybody = set.union(*(moved.get(witness, set()) for _, witness in ways))
    for holding in sorted(everybody - {int(evidence.sole[column])}):
        need = distance * insiders * reach(evidence, column, holding) * (1 - NEAR)
        kept_out = any(far >= need and holding not in moved.get(witness, set()) for far, witness in ways)
        if not kept_out and need > 0 and (column, sign, holding) not in listed:
            faults.append(f"column {column}: a holding that fills hidden figures alone can narrow it")
    return faults


def _shape_faults(given: Certificate, system: System) -> list[str]:
    """Numbers that point at nothing."""
    ranges = (
        (given.hidden, len(system.columns)),
        (given.column, len(system.columns)),
        (given.rows, system.rows),
        (given.witness, len(given.start) - 1),
    )
    wrong = any(len(part) and not (part.min() >= 0 and part.max() < end) for part, end in ranges)
    wrong |= not (len(given.rows) == len(given.moves) == given.start[-1])
    wrong |= len({len(p) for p in (given.column, given.sign, given.distance, given.witness, given.times)}) > 1
    wrong |= any(not np.isfinite(getattr(given, name)).all() for name in _FLOATS)
    return ["the certificate belongs to another release"] if wrong else []


def _effects(given: Certificate, system: System) -> dict[tuple[int, int], float]:
    """(witness, column) -> how much the column moves."""
    found: dict[tuple[int, int], float] = {}
    for witness in range(len(given.start) - 1):
        part = slice(given.start[witness], given.start[witness + 1])
        columns, effects = effects_of(system, given.rows[part], given.moves[part])
        found.update({(witness, int(c)): float(e) for c, e in zip(columns, effects, strict=True)})
    return found


def _possible(
    given: Certificate,
    system: System,
    values: Floats,
    effects: dict[tuple[int, int], float],
    hidden: Flags,
    known: Known,
) -> Flags:
    """The proofs whose table could be the true one, as far as an attacker can see."""
    witnesses = len(given.start) - 1
    visible = np.zeros(witnesses)
    for (witness, column), effect in effects.items():
        if not hidden[column]:
            visible[witness] = max(visible[witness], abs(effect))
    relation = np.zeros(witnesses)
    least, most = np.full(witnesses, -np.inf), np.full(witnesses, np.inf)
    for witness in range(witnesses):
        part = slice(given.start[witness], given.start[witness + 1])
        moves = np.zeros(system.rows)
        moves[given.rows[part]] = given.moves[part]
        relation[witness] = np.abs(system.relations.times(moves)).max(initial=0.0)
        for (index, weight), low, high in zip(known.lines, known.low, known.high, strict=True):
            change = float(weight @ moves[index])
            if change:
                ends = sorted((low / change, high / change))
                least[witness], most[witness] = max(least[witness], ends[0]), min(most[witness], ends[1])
    good = np.zeros(len(given.column), dtype=bool)
    for number, (witness, times) in enumerate(zip(given.witness.tolist(), given.times.tolist(), strict=True)):
        part = slice(given.start[witness], given.start[witness + 1])
        rows, moves = given.rows[part], given.moves[part] * times
        near = NEAR * abs(effects.get((witness, int(given.column[number])), 0.0) * times)
        stays = max(visible[witness], relation[witness]) * abs(times) <= near
        positive = system.signed[rows] | (values[rows] + moves >= -near)
        within = least[witness] * (1 + NEAR) <= times <= most[witness] * (1 + NEAR)
        good[number] = stays and bool(positive.all()) and within
    return good


def _groups(effects: dict[tuple[int, int], float], evidence: Evidence | None) -> dict[int, set[int]]:
    """The holdings that fill something alone which a witness moves."""
    found: dict[int, set[int]] = {}
    if evidence is not None:
        size: dict[int, float] = {}
        for (witness, _), effect in effects.items():
            size[witness] = max(size.get(witness, 0.0), abs(effect))
        for (witness, column), effect in effects.items():
            owner = int(evidence.sole[column])
            if owner != NOBODY and abs(effect) > NEAR / 10 * size[witness]:
                found.setdefault(witness, set()).add(owner)
    return found
