"""Published cells by key, and the interval that a printed number stands for."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path


@dataclass(frozen=True)
class Cell:
    """One printed number: its key, the number, and how many decimals are printed."""

    key: dict[str, str]
    value: Decimal
    decimals: int

    def interval(self, margin: float = 0.0) -> tuple[float, float]:
        """Numbers that are printed so, less a part `margin` of the half width on each side."""
        half = 0.5 * 10.0**-self.decimals
        return float(self.value) - half * (1 - margin), float(self.value) + half * (1 - margin)


def read(path: Path) -> list[Cell]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [Cell(row, Decimal(row["value"]), int(row["decimals"])) for row in rows]


def of(cells: list[Cell], *tables: str) -> list[Cell]:
    return [cell for cell in cells if cell.key["table"] in tables]
