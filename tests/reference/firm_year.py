"""What one firm is in one year, for the slow computation of belgium-2002: its flows, groups and samples.

Shares nothing with the package. What is unknown is None everywhere: a flow is True (traded), False (known not
to have traded) or None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas

Row = dict[str, Any]

PARTS = ("import-intra", "import-extra", "export-intra", "export-extra")


def firm_year(record: Row) -> Row:
    """The record with None for what is missing, exact numbers, and what is derived from it alone."""
    row = {name: None if pandas.isna(value) else value for name, value in record.items()}
    for name in ("employment", "turnover", "value_added"):
        row[name] = _exact(row[name])
    for name in ("year", "founded"):
        row[name] = None if row[name] is None else int(row[name])
    row["domestic"] = None if row["domestic"] is None else bool(row["domestic"])
    row["code"] = None if row["activity"] is None else row["activity"].replace(".", "")
    row["division"] = None if row["code"] is None else row["code"][:2]
    row["flows"] = _flows(row)
    row["below limits"] = _below_limits(row)  # here, because every sample asks and fractions compare slowly
    return row


def _exact(value: Any) -> Fraction | None:
    """The decimal number that a float shows, so that sums are exact."""
    if value is None:
        return None
    return Fraction(value if isinstance(value, Decimal) else Decimal(str(float(value))))


def _flows(row: Row) -> dict[str, bool | None]:
    flow = {name: _traded(row[name.replace("-", "_")]) for name in PARTS}
    flow["import"] = _either(flow["import-intra"], flow["import-extra"])
    flow["export"] = _either(flow["export-intra"], flow["export-extra"])
    flow["intra"] = _either(flow["import-intra"], flow["export-intra"])
    flow["extra"] = _either(flow["import-extra"], flow["export-extra"])
    flow["any"] = _either(flow["import"], flow["export"])
    return flow


def _traded(value: Any) -> bool | None:
    return None if value is None else bool(value > 0)


def _either(one: bool | None, other: bool | None) -> bool | None:
    """Three-valued 'or': yes if either is yes, no if both are no, else unknown."""
    if one is True or other is True:
        return True
    if one is None or other is None:
        return None
    return False


def size_of(row: Row) -> str | None:
    employment = row["employment"]
    if employment is None or employment >= 250:
        return None
    return (
        "0-9"
        if employment < 10
        else "10-49"
        if employment < 50
        else "50-99"
        if employment < 100
        else "100-249"
    )


def age_of(row: Row) -> str | None:
    if row["founded"] is None:
        return None
    age = row["year"] - row["founded"]
    return (
        "0-4" if age < 5 else "5-9" if age < 10 else "10-14" if age < 15 else "15-19" if age < 20 else "20+"
    )


def cohort_of(row: Row) -> str | None:
    founded = row["founded"]
    if founded is None or founded > 1997:
        return None
    if founded < 1983:
        return "before-1983"
    return "1983-1987" if founded <= 1987 else "1988-1992" if founded <= 1992 else "1993-1997"


def technology_of(row: Row) -> str | None:
    """OECD/Eurostat by NACE Rev. 1.1: by three digits where the code has them, else by two."""
    group, division = row["code"][:3], int(row["division"])
    if group in ("244", "353") or division in (30, 32, 33):
        return "high"
    if group == "351":
        return "medium-low"
    if division in (24, 29, 31, 34, 35):
        return "medium-high"
    if division == 23 or 25 <= division <= 28:
        return "medium-low"
    if 15 <= division <= 22 or division in (36, 37):
        return "low"
    return None


def region_of(row: Row) -> str | None:
    return None if row["region"] is None else row["region"][:3]


def mode_of(row: Row) -> str:
    imports, exports = row["flows"]["import"], row["flows"]["export"]
    if imports is None or exports is None:
        return "unknown"
    if imports and exports:
        return "both"
    return "import-only" if imports else "export-only" if exports else "none"


def scope_of(row: Row) -> str:
    intra, extra = row["flows"]["intra"], row["flows"]["extra"]
    if intra is None or extra is None:
        return "unknown"
    if intra and extra:
        return "both"
    return "intra" if intra else "extra" if extra else "none"


# --- samples ------------------------------------------------------------------------------------------------


def _below_limits(row: Row) -> bool:
    employment, turnover = row["employment"], row["turnover"]
    if employment is not None and not 1 <= employment < 250:
        return False
    return turnover is None or turnover < 50_000_000


def _sme(row: Row) -> bool:
    return row["domestic"] is True and row["below limits"]


def _between(row: Row, first: int, last: int) -> bool:
    return row["division"] is not None and first <= int(row["division"]) <= last


SAMPLES: dict[str, Callable[[Row], bool]] = {
    "manufacturing": lambda row: _sme(row) and _between(row, 10, 45),
    "core-manufacturing": lambda row: _sme(row) and _between(row, 15, 37),
    "manufacturing-without-construction": lambda row: _sme(row) and _between(row, 10, 41),
    "services": lambda row: _sme(row) and _between(row, 50, 74),
    "services-any-owner": lambda row: row["below limits"] and _between(row, 50, 74),
    "medium-sized-manufacturing": lambda row: (
        _sme(row)
        and _between(row, 10, 45)
        and row["employment"] is not None
        and 50 <= row["employment"] < 250
    ),
    "manufacturing-new-ventures": lambda row: (
        _sme(row) and _between(row, 10, 45) and row["founded"] is not None and row["founded"] >= 1998
    ),
}


def sample_of(rows: Iterable[Row], name: str, year: int = 2002) -> list[Row]:
    return [row for row in rows if row["year"] == year and SAMPLES[name](row)]


def stayers_of(rows: list[Row], sector: str) -> list[dict[str, Row]]:
    """Firms of the window: judged in 1998, on record in 2002, employing in 1998 and 2003."""
    by_firm = {(row["firm"], row["year"]): row for row in rows}
    found = []
    for start in sample_of(rows, sector, 1998):
        status, end = by_firm.get((start["firm"], 2002)), by_firm.get((start["firm"], 2003))
        if status is None or end is None:
            continue
        if all(row["employment"] is not None and row["employment"] > 0 for row in (start, end)):
            found.append({"start": start, "status": status, "end": end})
    return found
