"""Noise for counts by cell key: the same group of firms has the same noise everywhere and in every run.

Each firm has a key: a keyed hash of its identifier, so that nobody without the secret can work the noise
out. The keys of a group's firms are added up, and the sum looks the group's noise up in a table that is
declared as data (Fraser and Wooton 2005; Marley and Leaver 2011). Asking again, in another table or year,
gives the same noise and so nothing to average out; a group with one firm more has noise of its own.
Figures do not add up.
"""

from __future__ import annotations

import hashlib
import hmac
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from firmtrade.describe.scan import KEYS
from firmtrade.errors import StudyError
from firmtrade.protect.rules import DEFINITIONS
from firmtrade.protect.system import Ints

TABLE = "bound-3"


@dataclass(frozen=True)
class Noise:
    """A perturbation table: `rows[n]` are the weights of the moves of count n + 1; the last for more."""

    bound: int
    variance: float
    rows: tuple[tuple[int, ...], ...]

    def moves(self, counts: Ints, keys: Ints) -> Ints:
        """How far each count is moved, by its group's key."""
        found = np.zeros(len(counts), dtype=np.int64)
        for place, weights in enumerate(self.rows):
            count = place + 1
            here = counts >= count if count == len(self.rows) else counts == count
            ends = np.cumsum(np.array(weights, dtype=np.int64))
            drawn = keys[here] * ends[-1] // KEYS  # below 2**63: weights add up to less than 2**31
            found[here] = np.searchsorted(ends, drawn, side="right") - len(weights) // 2
        return found

    def reach(self, count: int) -> int:
        """The largest move of a count."""
        return len(self.rows[min(count, len(self.rows)) - 1]) // 2 if count else 0

    def known(self, printed: int) -> tuple[int, int]:
        """The least and the largest true count of which `printed` may come, for who knows the table."""
        near = range(max(0, printed - self.bound), printed + self.bound + 1)
        possible = [count for count in near if abs(printed - count) <= self.reach(count)]
        return min(possible), max(possible)


def noise(name: str = TABLE) -> Noise:
    """The table `name` of the definitions, checked."""
    entry = tomllib.loads((DEFINITIONS / "perturbation.toml").read_text("utf-8"))[name]
    rows = tuple(tuple(row["weights"]) for row in entry["rows"])
    return checked(Noise(entry["bound"], entry["variance"], rows), entry, f"perturbation.toml, [{name}]")


def checked(made: Noise, entry: dict[str, Any], where: str) -> Noise:
    """The table, if it does what is said of all of them: a biased or unbounded one would not show."""
    for count, (row, weights) in enumerate(zip(entry["rows"], made.rows, strict=True), 1):
        wrong = row["count"] != count or len(weights) % 2 == 0 or min(weights) < 0
        if wrong or weights != weights[::-1] or len(weights) // 2 > min(count, made.bound):
            raise StudyError(
                f"{where}: the row of count {count} is not symmetric, or moves a count below zero or further "
                f"than {made.bound}. Rows are those of the counts 1, 2, 3 ... in order."
            )
    last = made.rows[-1]
    middle = len(last) // 2
    variance = sum(weight * (place - middle) ** 2 for place, weight in enumerate(last)) / sum(last)
    if abs(variance - made.variance) > 1e-4:
        raise StudyError(f"{where}: the variance is {variance:.6f}, and {made.variance} is declared.")
    return made


def record_key(secret: bytes) -> Callable[[str], int]:
    """The function that gives a firm's key from its identifier."""

    def key(firm: str) -> int:
        return int.from_bytes(hmac.digest(secret, firm.encode("utf-8"), hashlib.sha256)[:4], "big")

    return key


def perturbed(counts: Ints, keys: Ints, table: Noise) -> Ints:
    """Counts as they are printed."""
    return np.asarray(counts + table.moves(counts, keys), dtype=np.int64)
