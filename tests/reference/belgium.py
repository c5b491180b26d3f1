"""A slow, obvious computation of the study belgium-2002, to check the fast one against.

It is written from the published tables and their definitions alone and shares nothing with the package: one
dictionary per firm and year, one `if` per condition, exact fractions for every sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import pandas

from reference.firm_year import (
    PARTS,
    Row,
    age_of,
    cohort_of,
    firm_year,
    mode_of,
    region_of,
    sample_of,
    scope_of,
    size_of,
    stayers_of,
    technology_of,
)

COLUMNS = (
    *("table", "sample", "period", "activity", "region", "size", "age", "cohort"),
    *("technology", "mode", "scope", "flow", "given", "status", "venture", "measure"),
)
Key = tuple[str, ...]
Cells = dict[Key, int | float | None]

MANUFACTURING = ["10", "11", "12", "13", "14", *(str(n) for n in range(15, 38)), "40", "41", "45"]
SERVICES = [
    *("50", "51", "52", "55", "60", "61", "62", "63", "64"),
    *("65", "66", "67", "70", "71", "72", "73", "74"),
]
SIZES = ("0-9", "10-49", "50-99", "100-249")
AGES = ("0-4", "5-9", "10-14", "15-19", "20+")
COHORTS = ("1993-1997", "1988-1992", "1983-1987", "before-1983")
CLASSES = ("high", "medium-high", "medium-low", "low")
MODES = ("none", "both", "import-only", "export-only")
SCOPES = ("intra", "extra", "both")
STATUSES = ("traders", "constant", "new", "stopped", "non-traders")


def reference(panel: pandas.DataFrame) -> Cells:
    """Every cell of Tables 1-31 and Figures 15-26 for a panel of firm-years in the contract's columns.

    Counts are whole numbers; shares and growth are in percent, productivity in 1000 currency units per
    full-time equivalent. A cell that has no value (an empty group, a growth from nothing) is None.
    """
    rows = [firm_year(record) for record in panel.to_dict("records")]
    parts = (_modes, _conditional, _sectors, _sizes, _levels, _growth, _ventures, *_FIGURES)
    return {key: value for part in parts for key, value in part(rows)}


# --- measures -----------------------------------------------------------------------------------------------


def cell_key(table: str, sample: str, period: object, measure: str, **groups: str) -> Key:
    given = {"table": table, "sample": sample, "period": str(period), "measure": measure, **groups}
    assert set(given) <= set(COLUMNS)
    return tuple(given.get(column, "_T") for column in COLUMNS)


def _percent(part: int, whole: int) -> float | None:
    return None if whole == 0 else 100 * part / whole


def _participation(rows: list[Row], flow: str) -> float | None:
    """Percentage of the rows known to have the flow; an unknown flow counts below, not above."""
    return _percent(sum(row["flows"][flow] is True for row in rows), len(rows))


def _in_status(firm: dict[str, Row], flow: str, status: str) -> bool:
    first, last = firm["start"]["flows"][flow], firm["status"]["flows"][flow]
    return {
        "traders": last is True,
        "constant": first is True and last is True,
        "new": first is False and last is True,
        "stopped": first is True and last is False,
        "non-traders": last is False,
    }[status]


def _sum(values: Iterable[Fraction]) -> Fraction:
    """The exact sum: fractions with the same denominator are added as whole numbers."""
    over: dict[int, int] = {}
    for value in values:
        over[value.denominator] = over.get(value.denominator, 0) + value.numerator
    return sum((Fraction(total, denominator) for denominator, total in over.items()), Fraction(0))


def _level(firms: list[dict[str, Row]], when: str) -> Fraction | None:
    """Value added per full-time equivalent, in 1000, of the firms where both are known in that year."""
    known = [
        f[when] for f in firms if f[when]["value_added"] is not None and f[when]["employment"] is not None
    ]
    employment = _sum(row["employment"] for row in known)
    if employment == 0:
        return None
    return _sum(row["value_added"] for row in known) / employment / 1000


def _change(start: Fraction | None, end: Fraction | None) -> float | None:
    """Total change in percent; there is none from nothing or from a loss."""
    if start is None or end is None or start <= 0:
        return None
    return float(100 * (end / start - 1))


def _annual(start: Fraction | None, end: Fraction | None) -> float | None:
    """Compound annual growth over the five years in percent; there is none from or to a loss."""
    if start is None or end is None or start <= 0 or end < 0:
        return None
    return 100 * (float(end / start) ** (1 / 5) - 1)


def _growth_of(firms: list[dict[str, Row]]) -> dict[str, float | None]:
    added = [
        f for f in firms if f["start"]["value_added"] is not None and f["end"]["value_added"] is not None
    ]

    def total(which: list[dict[str, Row]], when: str, name: str) -> Fraction:
        return _sum(f[when][name] for f in which)

    return {
        "employment-growth": _annual(total(firms, "start", "employment"), total(firms, "end", "employment")),
        "value-added-growth": _annual(
            total(added, "start", "value_added"), total(added, "end", "value_added")
        ),
        "productivity-growth": _annual(_level(firms, "start"), _level(firms, "end")),
    }


# --- tables -------------------------------------------------------------------------------------------------

Answer = Iterator[tuple[Key, int | float | None]]


def _modes(rows: list[Row]) -> Answer:
    for table, sample in (("table-01", "manufacturing"), ("table-17", "services-any-owner")):
        firms = sample_of(rows, sample)
        for mode in MODES:
            here = [row for row in firms if mode_of(row) == mode]
            yield cell_key(table, sample, 2002, "firms", mode=mode), len(here)
            if mode == "none":
                continue
            for scope in SCOPES:
                count = sum(scope_of(row) == scope for row in here)
                yield cell_key(table, sample, 2002, "firms", mode=mode, scope=scope), count


def _conditional(rows: list[Row]) -> Answer:
    for table, sample in (("table-02", "manufacturing"), ("table-18", "services-any-owner")):
        firms = sample_of(rows, sample)
        for given in PARTS:
            here = [row for row in firms if row["flows"][given] is True]
            for flow in PARTS:
                yield (
                    cell_key(table, sample, 2002, "participation", flow=flow, given=given),
                    _participation(here, flow),
                )


def _sectors(rows: list[Row]) -> Answer:
    plan = (("table-03", "manufacturing", MANUFACTURING), ("table-03", "core-manufacturing", []))
    plan += (("table-19", "services", SERVICES),)
    for table, sample, divisions in plan:
        whole = sample_of(rows, sample)
        for activity in ("_T", *divisions):
            firms = [row for row in whole if activity in ("_T", row["division"])]
            yield cell_key(table, sample, 2002, "firms", activity=activity), len(firms)
            for flow in ("export", "import"):
                key = cell_key(table, sample, 2002, "participation", activity=activity, flow=flow)
                yield key, _participation(firms, flow)


def _sizes(rows: list[Row]) -> Answer:
    for table, sample in (("table-04", "manufacturing"), ("table-20", "services")):
        whole = sample_of(rows, sample)
        for size in SIZES:
            firms = [row for row in whole if size_of(row) == size]
            yield cell_key(table, sample, 2002, "firms", size=size), len(firms)
            for flow in PARTS:
                yield (
                    cell_key(table, sample, 2002, "participation", size=size, flow=flow),
                    _participation(firms, flow),
                )


def _levels(rows: list[Row]) -> Answer:
    for table, sector in (("table-05", "manufacturing"), ("table-21", "services")):
        sample, stayers = f"{sector}-stayers", stayers_of(rows, sector)
        for status in STATUSES:
            firms = [firm for firm in stayers if _in_status(firm, "export", status)]
            group = {"flow": "export", "status": status}
            start, end = _level(firms, "start"), _level(firms, "end")
            yield cell_key(table, sample, "1998-2003", "firms", **group), len(firms)
            yield (
                cell_key(table, sample, 1998, "productivity", **group),
                None if start is None else float(start),
            )
            yield cell_key(table, sample, 2003, "productivity", **group), None if end is None else float(end)
            yield cell_key(table, sample, "1998-2003", "productivity-change", **group), _change(start, end)


def _growth(rows: list[Row]) -> Answer:
    """The table of all firms, which counts them too, and the four of the founding cohorts after it."""
    plan = (("manufacturing", "export", 6), ("manufacturing", "import", 12))
    plan += (("services", "export", 22), ("services", "import", 27))
    for sector, flow, number in plan:
        stayers = stayers_of(rows, sector)
        for table, cohort in enumerate(("_T", *COHORTS), start=number):
            of_cohort = [firm for firm in stayers if cohort in ("_T", cohort_of(firm["start"]))]
            for status in STATUSES:
                firms = [firm for firm in of_cohort if _in_status(firm, flow, status)]
                place = (f"table-{table:02}", f"{sector}-stayers", "1998-2003")
                group = {"flow": flow, "status": status, "cohort": cohort}
                if cohort == "_T":
                    yield cell_key(*place, "firms", **group), len(firms)
                for measure, value in _growth_of(firms).items():
                    yield cell_key(*place, measure, **group), value


def _ventures(rows: list[Row]) -> Answer:
    started = [firm for firm in stayers_of(rows, "manufacturing") if firm["start"]["founded"] == 1998]
    for venture, exports in (("inv", True), ("dnv", False)):
        firms = [firm for firm in started if firm["status"]["flows"]["export"] is exports]
        for measure, value in _growth_of(firms).items():
            yield (
                cell_key("table-11", "manufacturing-started-1998", "1998-2003", measure, venture=venture),
                value,
            )


# --- figures ------------------------------------------------------------------------------------------------


def _by_region(rows: list[Row]) -> Answer:
    for sample in ("manufacturing", "manufacturing-without-construction", "services"):
        whole = sample_of(rows, sample)
        for region in ("BE1", "BE2", "BE3"):
            firms = [row for row in whole if region_of(row) == region]
            key = cell_key("figure-15", sample, 2002, "participation", region=region, flow="any")
            yield key, _participation(firms, "any")


def _mode_shares(rows: list[Row]) -> Answer:
    for figure, sample in (("figure-16", "manufacturing"), ("figure-23", "services-any-owner")):
        whole = sample_of(rows, sample)
        for mode in MODES:
            count = sum(mode_of(row) == mode for row in whole)
            yield cell_key(figure, sample, 2002, "firms", mode=mode), count


def _evolution(rows: list[Row]) -> Answer:
    for figure, sample in (("figure-17", "manufacturing"), ("figure-24", "services")):
        for year in range(1996, 2003):
            firms = sample_of(rows, sample, year)
            for flow in PARTS:
                yield cell_key(figure, sample, year, "participation", flow=flow), _participation(firms, flow)


def _by_age_and_size(rows: list[Row]) -> Answer:
    plan = (("figure-18", "manufacturing", "age"), ("figure-25", "services", "age"))
    plan += (("figure-19", "manufacturing", "size"), ("figure-26", "services", "size"))
    for figure, sample, dimension in plan:
        classify, codes = (age_of, AGES) if dimension == "age" else (size_of, SIZES)
        whole = sample_of(rows, sample)
        for code in codes:
            firms = [row for row in whole if classify(row) == code]
            for flow in PARTS:
                key = cell_key(figure, sample, 2002, "participation", flow=flow, **{dimension: code})
                yield key, _participation(firms, flow)


def _by_technology(rows: list[Row]) -> Answer:
    for figure, sample in (("figure-20", "manufacturing"), ("figure-21", "medium-sized-manufacturing")):
        whole = sample_of(rows, sample)
        for technology in CLASSES:
            firms = [row for row in whole if technology_of(row) == technology]
            for flow in (*PARTS, "import", "export"):
                key = cell_key(figure, sample, 2002, "participation", technology=technology, flow=flow)
                yield key, _participation(firms, flow)


def _new_ventures(rows: list[Row]) -> Answer:
    sample = "manufacturing-new-ventures"
    whole = sample_of(rows, sample)
    for technology in CLASSES:
        firms = [row for row in whole if technology_of(row) == technology]
        for venture, exports in (("inv", True), ("dnv", False)):
            count = sum(row["flows"]["export"] is exports for row in firms)
            group = {"technology": technology, "venture": venture}
            yield cell_key("figure-22", sample, 2002, "firms", **group), count
            yield cell_key("figure-22", sample, 2002, "venture-share", **group), _percent(count, len(firms))


_FIGURES = (_by_region, _mode_shares, _evolution, _by_age_and_size, _by_technology, _new_ventures)
