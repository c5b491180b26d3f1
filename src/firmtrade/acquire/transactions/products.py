"""What a declaration calls its product, and the table that leads to another classification."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from firmtrade.acquire.lines import is_utf8
from firmtrade.acquire.transactions.periods import FIRST, LAST
from firmtrade.acquire.transactions.spec import PRODUCTS, Correspondence
from firmtrade.errors import DataError, nearest

UNKNOWN = "unknown"
#: How far the weights of a code may be from 1 in sum.
_SLACK = 1e-6


def tidy(text: str, products: str) -> str:
    """A code without points and blanks; one of CN or HS that lost its first zero gets it back."""
    if products == "other":
        return text.strip()
    code = text.replace(".", "").replace(" ", "").upper()
    return f"0{code}" if products in ("CN", "HS") and code.isdigit() and len(code) % 2 else code


def possible(code: str, products: str) -> bool:
    """Whether it can be a code of the classification: digits, and not too many."""
    most = PRODUCTS[products]
    if products == "other":
        return True
    # Codes such as 99SSSSS1 and 9950XXXX stand for goods that are put together.
    return code[:2].isdigit() and (not most or len(code) <= most)


@dataclass(frozen=True)
class Line:
    """One line of a correspondence: valid from month `since` (as 201107) to the year `last`."""

    source: str
    target: str
    weight: float
    since: int
    last: int

    def holds(self, year: int) -> bool:
        """Whether it is valid in some part of the year."""
        return self.since // 100 <= year <= self.last


def read_correspondence(spec: Correspondence, products: str, base: Path) -> list[Line]:
    """The lines of a correspondence table.

    Raises DataError for a file that is not there, a column that it lacks, a weight that is no share, and for
    weights of a code that do not add up to 1 in some year.
    """
    path = base / spec.file
    if not path.is_file():
        raise DataError(f"There is no correspondence table '{spec.file}' (looked for {path.resolve()}).")
    encoding = "utf-8-sig" if is_utf8(spec.encoding) else spec.encoding
    try:
        text = path.read_text(encoding=encoding)
    except UnicodeDecodeError:
        raise DataError(f"{path.name} is not {spec.encoding}. Say which encoding it has.") from None
    rows = csv.DictReader(text.splitlines(), delimiter=spec.delimiter or _delimiter(text))
    names = [name for name in (spec.source, spec.target, spec.weight, spec.start, spec.end) if name]
    for name in names:
        if name not in (rows.fieldnames or ()):
            found = rows.fieldnames or ()
            raise DataError(
                f"{path.name} has no column '{name}'.{nearest(name, found)} Columns: {', '.join(found)}."
            )
    # Some published tables repeat their header where another part begins.
    lines = [
        _line(spec, products, row, f"{path.name}, line {n}")
        for n, row in enumerate(rows, 2)
        if row[spec.source] != spec.source
    ]
    _refuse_weights(lines, spec, path.name)
    return lines


def _delimiter(text: str) -> str:
    header = text.split("\n", 1)[0]
    return max((",", ";", "\t", "|"), key=header.count)


def _line(spec: Correspondence, products: str, row: Mapping[str, str | None], where: str) -> Line:
    source, target = ((row[name] or "").strip() for name in (spec.source, spec.target))
    if not source or not target:
        raise DataError(f"{where}: a code is missing.")
    weight = 1.0
    if spec.weight:
        try:
            weight = float(row[spec.weight] or "")
        except ValueError:
            raise DataError(f"{where}: the weight '{row[spec.weight]}' is no number.") from None
        if not 0 <= weight <= 1:
            raise DataError(f"{where}: the weight {weight:g} is no share (0 to 1).")
    since = _date(row[spec.start], FIRST * 100, where) if spec.start else FIRST * 100
    last = _date(row[spec.end], LAST * 100, where) // 100 if spec.end else LAST
    return Line(tidy(source, products), tidy(target, spec.products), weight, since, last)


def _date(text: str | None, default: int, where: str) -> int:
    """Year and month, as 201107, of a date with day, month and year in either order; 2500 is no end."""
    if not (text or "").strip():
        return default
    parts = re.findall(r"[0-9]+", text or "")
    years = [int(part) for part in parts if len(part) == 4]
    if len(years) != 1 or len(parts) > 3:
        raise DataError(f"{where}: '{text}' is no date.")
    month = int(parts[1]) if len(parts) == 3 else 1
    return min(years[0], LAST) * 100 + month


def in_year(lines: list[Line], weighted: bool, year: int) -> dict[str, dict[str, float]]:
    """Code -> {code that it leads to: share} in a year. Without weights, of the line that begins last."""
    found: dict[str, dict[str, float]] = {}
    for line in sorted(lines, key=lambda line: line.since):
        if line.holds(year):
            known = found.setdefault(line.source, {})
            if not weighted and line.target not in known:
                known.clear()
            known[line.target] = line.weight
    return found


def _refuse_weights(lines: list[Line], spec: Correspondence, name: str) -> None:
    """In every year the shares of a code add up to 1; without weights a code leads to one other."""
    by_code: dict[str, list[Line]] = {}
    for line in lines:
        by_code.setdefault(line.source, []).append(line)
    for code, found in by_code.items():
        for since in sorted({line.since for line in found}):
            if spec.weight:
                _refuse_sum(code, [line for line in found if line.holds(since // 100)], since // 100, name)
            elif len(targets := {line.target for line in found if line.since == since}) > 1:
                raise DataError(
                    f"{name}: the code {code} leads to {', '.join(sorted(targets))} at once, and nothing "
                    f'says with which shares. Name the column of their weights: weight = "..."'
                )


def _refuse_sum(code: str, lines: list[Line], year: int, name: str) -> None:
    total = sum({(line.target): line.weight for line in lines}.values())
    if abs(total - 1) > _SLACK:
        targets = ", ".join(sorted({line.target for line in lines}))
        raise DataError(f"{name}: in {year} the weights of {code} ({targets}) add up to {total:g}, not 1.")
