"""Trade by enterprise characteristics, by loops over declarations. Shares nothing with the package.

Works on what `reference.trade` gives: cells by firm, year, flow, partner, product and side, and the panel's
rows. A table is a dict from (row code, column code) to (number of enterprises, value), '_T' being all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

Cell = tuple[str, Decimal, dict[str, Any]]  # firm, value, what is asked of it
Table = dict[tuple[str, str], tuple[int, Decimal]]


def activity(row: dict[str, Any]) -> str:
    division = (row.get("activity") or "")[:2]
    if not division:
        return "unknown"
    if division in ("45", "46", "47"):
        return "G"
    return "B-E" if 5 <= int(division) <= 39 else "A_F_H-U"


def size(row: dict[str, Any]) -> str:
    staff = row.get("employment")
    if staff is None:
        return "unknown"
    limits = ((10, "0-9"), (50, "10-49"), (250, "50-249"))
    return next((name for limit, name in limits if staff < limit), "250+")


def detailed(row: dict[str, Any]) -> str:
    return (row.get("activity") or "")[:2] or "unknown"


def ownership(row: dict[str, Any]) -> str:
    return {True: "domestic", False: "foreign", None: "unknown"}[row.get("domestic")]


def partner_number(flow: str) -> Callable[[dict[str, Any]], str]:
    def of(row: dict[str, Any]) -> str:
        number = row[f"{flow}_partners"]
        if not number:
            return "unknown"
        classes = ((1, "1"), (2, "2"), (5, "3-5"), (9, "6-9"), (14, "10-14"), (20, "15-20"))
        return next((name for most, name in classes if number <= most), "21+")

    return of


def trader(row: dict[str, Any]) -> str:
    imports, exports = ((row[f"declared_{flow}"] or 0) > 0 for flow in ("import", "export"))
    return "two-way" if imports and exports else "importer-only" if imports else "exporter-only"


def intensity(row: dict[str, Any]) -> str:
    if not row.get("turnover"):
        return "unknown"
    share = row["declared_export"] / Decimal(row["turnover"])
    limits = ((Decimal("0.25"), "0-25"), (Decimal("0.5"), "25-50"), (Decimal("0.75"), "50-75"))
    return next((name for limit, name in limits if share < limit), "75+")


def partners(key: tuple[Any, ...]) -> set[str]:
    """The partner codes that a cell (firm, year, flow, partner, product, side) belongs to."""
    return {"WORLD", key[3], {True: "INT_EU", False: "EXT_EU", None: "NAL"}[key[5]]}


def chapters(key: tuple[Any, ...]) -> set[str]:
    return {key[4] if key[4] == "unknown" else key[4][:2]}


def table(
    cells: dict[tuple[Any, ...], dict[str, Any]],
    rows: dict[tuple[str, int], dict[str, Any]],
    year: int,
    flow: str,
    down: Callable[[tuple[Any, ...], dict[str, Any]], Iterable[str]],
    across: Callable[[dict[str, Any]], str],
) -> Table:
    """Numbers of distinct enterprises and sums of value by the codes of each cell."""
    firms: dict[tuple[str, str], set[str]] = {}
    values: dict[tuple[str, str], Decimal] = {}
    for key, cell in cells.items():
        if key[1] != year or key[2] != flow or cell["value"] <= 0:
            continue
        row = rows[key[0], year]
        for one in {*down(key, row), "_T"}:
            for other in {"_T", across(row)}:
                firms.setdefault((one, other), set()).add(key[0])
                values[one, other] = values.get((one, other), Decimal(0)) + cell["value"]
    return {at: (len(found), values[at]) for at, found in firms.items()}


def largest(values: Iterable[Decimal], number: int) -> float | None:
    """Per cent of the total that the largest so many have."""
    ordered = sorted((value for value in values if value and value > 0), reverse=True)
    return float(100 * sum(ordered[:number]) / sum(ordered)) if ordered else None


def participation(
    rows: dict[tuple[str, int], dict[str, Any]], year: int
) -> Iterator[tuple[tuple[str, str], tuple[int, int, int]]]:
    """(activity, size) -> (enterprises of the register, exporters, importers)."""
    mine = [row for (_, when), row in rows.items() if when == year and row["in_register"]]
    for one in ("_T", "B-E", "G", "A_F_H-U", "unknown"):
        for other in ("_T", "0-9", "10-49", "50-249", "250+", "unknown"):
            found = [r for r in mine if one in ("_T", activity(r)) and other in ("_T", size(r))]
            flows = [sum((r[f"declared_{f}"] or 0) > 0 for r in found) for f in ("export", "import")]
            yield (one, other), (len(found), *flows)
