"""Printed figures: tables in the contract's columns, each value with the decimals it was printed with.

Three further columns are optional. `low` and `high` are the interval in which the truth may lie, for a
figure that is not printed as a plain number ('about 12 %', 'less than 6 %'); where both are empty the truth
is within half a unit of the last decimal. `note` is what is to be said of the figure: where it stands, what
contradicts it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

from firmtrade.errors import DataError, DisclosureError, nearest
from firmtrade.result import DIMENSIONS, TOTAL

FREE = "F"  # SDMX CL_CONF_STATUS: free for publication
_FIXED = ("table", "sample", "period", "measure", "value", "unit", "decimals")
_OTHER = (*_FIXED, "confidentiality", "reason", "low", "high", "note")


@dataclass(frozen=True)
class Figure:
    """One printed cell. `codes` are its dimensions without `_T`; `line` is where it stands in the file.

    `value` is exact (None: printed as missing or hidden); the truth is within half a unit of its last
    decimal, or in `interval`. `file` is the number of the file among those that are read together,
    `source` its name.
    """

    line: int
    table: str
    sample: str
    period: str
    codes: tuple[tuple[str, str], ...]
    measure: str
    value: Fraction | None
    unit: str
    decimals: int
    confidentiality: str = FREE
    interval: tuple[Fraction, Fraction] | None = None
    note: str = ""
    file: int = 0
    source: str = ""

    @property
    def half(self) -> Fraction:
        """Half a unit of the last printed decimal; a printed number of firms is exact."""
        if self.unit == "count" and self.decimals == 0:
            return Fraction(0)
        return Fraction(1, 2) / 10**self.decimals

    @property
    def bounds(self) -> tuple[Fraction, Fraction]:
        """What the figure may have been before it was rounded."""
        value = self.value or Fraction(0)
        return self.interval or (value - self.half, value + self.half)

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands, over all files that are read together."""
        return self.file, self.line

    def missed(self, value: float) -> float:
        """How far a value lies outside what the figure may have been."""
        low, high = self.bounds
        return max(float(low) - value, value - float(high))

    @property
    def key(self) -> tuple[object, ...]:
        """What the figure is about, and where it stands; the same in two files."""
        return (self.table, self.sample, self.period, self.codes, self.measure)

    @property
    def row(self) -> str:
        """The row key in words: 'manufacturing 2002, size 0-9, flow export-intra'."""
        parts = [f"{self.sample} {self.period}", *(f"{name} {code}" for name, code in self.codes)]
        return ", ".join(parts)

    @property
    def text(self) -> str:
        """The value as it was printed."""
        if self.value is None:
            return "missing"
        wide = (
            "" if self.interval is None else f" ({' to '.join(f'{float(end):,g}' for end in self.interval)})"
        )
        return f"{float(self.value):,.{self.decimals}f}{wide}"

    def __str__(self) -> str:
        return f"{self.table} | {self.row} | {self.measure} {self.text}"


def read_all(paths: Iterable[str | Path]) -> list[Figure]:
    """The figures of several files, to be read together."""
    return [figure for number, path in enumerate(paths) for figure in read_figures(path, number)]


def read_figures(path: str | Path, number: int = 0) -> list[Figure]:
    """The figures of a CSV file in the contract's columns, or of the folder of a run."""
    path = Path(path)
    path = path / "tables.csv" if path.is_dir() else path
    if not path.exists():
        raise DataError(
            f"There is no file {path}. Give a CSV file, or the folder of a run (with tables.csv)."
        )
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = list(reader.fieldnames or ())
            _check_header(names, path)
            dimensions = [name for name in names if name not in _OTHER]
            return [_figure(row, dimensions, path, reader.line_num, number) for row in reader]
    except UnicodeDecodeError:
        raise DataError(f"{path.name} is not text in UTF-8. Save it as 'CSV UTF-8'.") from None


def _check_header(names: list[str], path: Path) -> None:
    lacking = [name for name in _FIXED if name not in names]
    if lacking:
        raise DataError(
            f"{path.name}, line 1: the column {lacking[0]} is missing.{nearest(lacking[0], names)} "
            f"Columns: table, sample, period, dimensions such as {', '.join(DIMENSIONS[:3])}, measure, "
            f"value, unit, decimals."
        )


def _figure(row: dict[str, str], dimensions: Iterable[str], path: Path, line: int, number: int) -> Figure:
    if None in row or None in row.values():
        raise DataError(f"{path.name}, line {line}: the number of fields differs from that of the header.")
    codes = tuple(sorted((d, row[d].strip()) for d in dimensions if row[d].strip() not in ("", TOTAL)))
    try:
        text = row["value"].strip()
        value = Fraction(Decimal(text)) if text else None
        decimals = int(row["decimals"])
    except (InvalidOperation, ValueError, OverflowError):
        raise DataError(
            f"{path.name}, line {line}: value '{row['value']}' with decimals '{row['decimals']}' is not a "
            f"number. A value is written 1234.5, without separators; decimals is how many are printed."
        ) from None
    status = row.get("confidentiality", FREE).strip() or FREE
    if value is not None and status != FREE:
        raise DisclosureError(
            f"{path.name}, line {line}: the figure is confidential ({status}), and the file has its value. "
            "It is for the custodian of the data only: what is made of it would tell the figure. Give the "
            "figures as they were published, such as the folder of the release."
        )
    return Figure(
        line, row["table"].strip(), row["sample"].strip(), row["period"].strip(), codes,
        row["measure"].strip(), value, row["unit"].strip(), decimals,
        status, _interval(row, value, path, line),
        row.get("note", "").strip(), number, path.name,
    )  # fmt: skip


def _interval(
    row: dict[str, str], value: Fraction | None, path: Path, line: int
) -> tuple[Fraction, Fraction] | None:
    """The interval that a line gives, or None where it gives none."""
    texts = [row.get(name, "").strip() for name in ("low", "high")]
    if not any(texts):
        return None
    try:
        low, high = (Fraction(Decimal(text)) for text in texts)
    except (InvalidOperation, ValueError, OverflowError):
        raise DataError(
            f"{path.name}, line {line}: low '{texts[0]}' and high '{texts[1]}' are not two numbers. Give "
            f"both ends of the interval in which the truth may lie, or neither: it is then as printed."
        ) from None
    if value is None or not low <= value <= high:
        raise DataError(
            f"{path.name}, line {line}: the value '{row['value']}' is not between low '{texts[0]}' and high "
            f"'{texts[1]}'."
        )
    return low, high
