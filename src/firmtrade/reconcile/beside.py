"""Published figures beside the cells of a release: what the report prints below each table.

Made from what was released and nothing else: a hidden cell is said to be hidden and is not compared, so that
neither 'equal' nor 'different' gives away what it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from firmtrade.errors import StudyError, nearest
from firmtrade.reconcile.compare import EQUAL, against_published
from firmtrade.reconcile.figures import Figure, read_figures
from firmtrade.result import TOTAL, Match, Published, ReleasedTable

_KEYS = ("file", "source")


def shipped(entry: Any, places: Iterable[Path], study: str) -> dict[str, str]:
    """A study's entry `published`: the file, in the first place that has it, and where it was published.

    `file` is empty where the study ships none. An entry that was read already stays as it is.
    """
    entry = entry if isinstance(entry, Mapping) else {"file": entry}
    for key, value in entry.items():
        if key not in _KEYS or not isinstance(value, str):
            raise StudyError(
                f"{study}: published is the name of a file, or {{ file = ..., source = ... }}, all texts."
                f"{nearest(key, _KEYS)}"
            )
    if not entry.get("file"):
        return {"file": "", "source": ""}
    file = next((place / entry["file"] for place in places if (place / entry["file"]).is_file()), None)
    if file is None:
        raise StudyError(
            f"{study}: published names '{entry['file']}', and there is no such file beside the study. It "
            f'is a CSV in the columns of tables.csv with what was printed; published = "" is none.'
        )
    return {"file": str(file), "source": entry.get("source", "")}


def files(given: Sequence[Path], entry: Mapping[str, str], study: str) -> list[Path]:
    """The files of published figures to read: those that are given, else the one that the study ships."""
    if given:
        return list(given)
    if not entry.get("file"):
        raise StudyError(
            f"The study '{study}' ships no published figures. Name a CSV of them: "
            f"firmtrade reconcile PUBLISHED.csv --study {study}"
        )
    return [Path(entry["file"])]


@dataclass(frozen=True)
class Shipped:
    """The published figures of a study, read."""

    path: Path
    source: str
    figures: tuple[Figure, ...]

    def beside(self, tables: Iterable[ReleasedTable]) -> Published:
        """Every published figure with the released cell of the same key."""
        released = list(_figures(tables))
        hidden = {figure.key for figure in released if figure.confidentiality != "F"}
        pairs = against_published(self.figures, released, (self.path.name, "this run")).pairs
        found = [
            _match(pair.left, pair.right, pair.outcome == EQUAL, pair.left.key in hidden)
            for pair in pairs
            if pair.left is not None
        ]
        digest = hashlib.sha256(self.path.read_bytes()).hexdigest()
        return Published(self.path.name, digest, self.source, tuple(found))


def read_shipped(entry: Mapping[str, str]) -> Shipped | None:
    """The figures that a study ships; None where it ships none."""
    if not entry.get("file"):
        return None
    path = Path(entry["file"])
    return Shipped(path, entry["source"], tuple(read_figures(path)))


def _match(printed: Figure, here: Figure | None, equal: bool, hidden: bool) -> Match:
    outcome = "hidden" if hidden else "missing" if here is None else "equal" if equal else "different"
    value = None if here is None or here.value is None or hidden else float(here.value)
    published = None if printed.value is None else float(printed.value)
    return Match(
        printed.table, printed.sample, printed.period, dict(printed.codes), printed.measure, published, value,
        printed.unit, printed.decimals, outcome, printed.note,
    )  # fmt: skip


def _figures(tables: Iterable[ReleasedTable]) -> Iterator[Figure]:
    """The released cells as figures; a value is the decimal that tables.csv has."""
    for table in tables:
        for cell in table.cells:
            codes = tuple(sorted((name, code) for name, code in cell.codes.items() if code != TOTAL))
            value = None if cell.value is None else Fraction(Decimal(repr(float(cell.value))))
            yield Figure(
                0, table.name, cell.sample, cell.period, codes, cell.measure, value, cell.unit, cell.decimals,
                cell.confidentiality,
            )  # fmt: skip
