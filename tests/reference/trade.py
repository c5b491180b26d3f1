"""What linking declarations with a register gives, by dictionaries. Shares nothing with the package.

A declaration is a dict: firm, year, month (0 for a yearly figure), flow, partner (our code), product,
value, quantity. What is unknown is None.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

Line = dict[str, Any]

SIX = ("BE", "DE", "FR", "IT", "LU", "NL")
#: (who, first month, last month) as 200405.
MEMBERS = [
    *((code, 195801, 999912) for code in SIX),
    *((code, 197301, 999912) for code in ("DK", "IE")),
    ("GB", 197301, 202001),
    ("GR", 198101, 999912),
    *((code, 198601, 999912) for code in ("ES", "PT")),
    *((code, 199501, 999912) for code in ("AT", "FI", "SE")),
    *((code, 200405, 999912) for code in ("CY", "CZ", "EE", "HU", "LT", "LV", "MT", "PL", "SI", "SK")),
    *((code, 200701, 999912) for code in ("BG", "RO")),
    ("HR", 201307, 999912),
]
INSIDE, OUTSIDE = ("QR", "QV", "QY"), ("QS", "QW", "QZ")
NOWHERE = ("unknown", "QU", "QX", "QQ", "QP")


def members(month: int) -> set[str]:
    """Who is in the union in a month."""
    return {code for code, first, last in MEMBERS if first <= month <= last}


def inside(code: str, year: int, month: int) -> bool | None:
    """Whether a partner is in the union; a yearly figure is judged by December."""
    if code in INSIDE or code in OUTSIDE:
        return code in INSIDE
    if code in NOWHERE:
        return None
    return code in members(year * 100 + (month or 12))


def cells(lines: Iterable[Line]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Sums, first month and number of lines, by firm, year, flow, partner, product and side."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for line in lines:
        side = inside(line["partner"], line["year"], line["month"])
        key = (line["firm"], line["year"], line["flow"], line["partner"], line["product"], side)
        cell = found.setdefault(
            key, {"value": Decimal(0), "quantity": None, "first_month": None, "declarations": 0}
        )
        cell["value"] += line["value"]
        if line["quantity"] is not None:
            cell["quantity"] = (cell["quantity"] or Decimal(0)) + line["quantity"]
        if line["month"]:
            cell["first_month"] = min(cell["first_month"] or 12, line["month"])
        cell["declarations"] += 1
    return found


def panel(
    lines: list[Line],
    register: list[dict[str, Any]],
    complete: Callable[[str, int], bool],
    threshold: Callable[[str, int], Decimal | None],
    known_activity: Callable[[Any], bool],
) -> dict[tuple[str, int], dict[str, Any]]:
    """A row for each firm and year of the register or of the declarations."""
    by_firm: dict[tuple[str, int], list[tuple[tuple[Any, ...], Decimal]]] = defaultdict(list)
    for key, cell in cells(lines).items():
        if cell["value"] > 0:
            by_firm[key[0], key[1]].append((key, cell["value"]))
    records = {(record["firm"], record["year"]): record for record in register}
    rows = {}
    for firm, year in sorted({*by_firm, *records}):
        traded, record = by_firm.get((firm, year), []), records.get((firm, year))
        row: dict[str, Any] = {"in_register": record is not None, "activity": (record or {}).get("activity")}
        row |= _flows(traded, lambda flow, year=year: complete(flow, year))
        row["coverage"] = _coverage(traded, row["activity"], year, threshold, known_activity)
        rows[firm, year] = row
    return rows


def _flows(traded: list[tuple[tuple[Any, ...], Decimal]], complete: Callable[[str], bool]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for flow in ("import", "export"):
        mine = [(key, value) for key, value in traded if key[2] == flow]
        aside = sum((value for key, value in mine if key[5] is None), Decimal(0))
        for side, want in (("intra", True), ("extra", False)):
            known = sum((value for key, value in mine if key[5] is want), Decimal(0))
            name = f"{flow}_{side}"
            row[name] = known if known > 0 else None if aside > 0 or not complete(name) else Decimal(0)
        none = row[f"{flow}_intra"] == 0 and row[f"{flow}_extra"] == 0
        partners = {key[3] for key, _ in mine} - {*INSIDE, *OUTSIDE, *NOWHERE}
        products = {key[4] for key, _ in mine} - {"unknown"}
        row[f"{flow}_partners"] = len(partners) or (0 if none else None)
        row[f"{flow}_products"] = len(products) or (0 if none else None)
        both = complete(f"{flow}_intra") and complete(f"{flow}_extra")
        row[f"declared_{flow}"] = sum((v for _, v in mine), Decimal(0)) if traded or both else None
    return row


def _coverage(
    traded: list[tuple[tuple[Any, ...], Decimal]],
    activity: Any,
    year: int,
    threshold: Callable[[str, int], Decimal | None],
    known_activity: Callable[[Any], bool],
) -> str:
    if not traded:
        return "not-declaring"
    if not known_activity(activity):
        return "unknown-activity"
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for key, value in traded:
        side = {True: "intra", False: "extra", None: "aside"}[key[5]]
        sums[f"{key[2]}_{side}"] += value
    for flow, value in sums.items():
        limit = None if flow.endswith("aside") else threshold(flow, year)
        if limit is None or value >= limit:
            return "above"
    return "below"


def match_rates(
    rows: dict[tuple[str, int], dict[str, Any]], year: int, flow: str
) -> tuple[int, int, Decimal, Decimal]:
    """(firms that declare the flow, those in the register, their value, value of those in the register)."""
    column = f"declared_{flow}"
    mine = [row for (_, when), row in rows.items() if when == year and (row[column] or 0) > 0]
    matched = [row for row in mine if row["in_register"]]
    total = sum((row[column] for row in mine), Decimal(0))
    return len(mine), len(matched), total, sum((row[column] for row in matched), Decimal(0))


def stress(
    rows: dict[tuple[str, int], dict[str, Any]], limits: dict[str, Decimal]
) -> dict[tuple[str, int], dict[str, Any]]:
    """The rows if flows below a limit were not declared and no declaration meant no trade."""
    found = {}
    for key, row in rows.items():
        changed = dict(row)
        for flow, limit in limits.items():
            if row[flow] is not None and 0 < row[flow] < limit:
                changed[flow] = Decimal(0)
        found[key] = changed
    return found


def moves(rows: dict[tuple[str, int], dict[str, Any]], flow: str, year: int) -> dict[str, tuple[int, int]]:
    """(numerator, denominator) of participation, entry, exit and survival of a flow, from a year on."""

    def trades(firm: str, when: int) -> bool | None:
        row = rows.get((firm, when))
        return None if row is None or row[flow] is None else row[flow] > 0

    first = [firm for firm, when in rows if when == year]
    entrants = [firm for firm in first if trades(firm, year) is False and trades(firm, year + 1) is True]
    before = [firm for firm in first if trades(firm, year) is True]
    gone = [firm for firm in before if trades(firm, year + 1) is False or (firm, year + 1) not in rows]
    return {
        "participation": (len(before), len(first)),
        "entry": (len(entrants), sum(trades(firm, year + 1) is True for firm in first)),
        "exit": (len(gone), len(before)),
        "survival": (sum(trades(firm, year + 2) is True for firm in entrants), len(entrants)),
    }
