"""The study belgium-2002 as an analyst would script it in pandas: what the package is measured against.

Written to be fast: the file is read once, codes are categories, flows are columns of truth values that all
groups share, and no loop runs over firms. Its numbers are tested against the slow reference.

    python benchmarks/pandas_script.py PANEL.parquet [TABLES.csv]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy
import pandas

KEYS = [
    *("table", "sample", "period", "activity", "region", "size", "age", "cohort"),
    *("technology", "mode", "scope", "flow", "given", "status", "venture", "measure"),
]
COLUMNS = [
    *("firm", "year", "activity", "region", "founded", "employment", "turnover", "value_added"),
    *("domestic", "import_intra", "import_extra", "export_intra", "export_extra"),
]
PARTS = ["import-intra", "import-extra", "export-intra", "export-extra"]
MANUFACTURING = ["10", "11", "12", "13", "14", *map(str, range(15, 38)), "40", "41", "45"]
SERVICES = [*("50", "51", "52", "55", *map(str, range(60, 68))), *map(str, range(70, 75))]
SIZES = ["0-9", "10-49", "50-99", "100-249"]
AGES = ["0-4", "5-9", "10-14", "15-19", "20+"]
COHORTS = ["before-1983", "1983-1987", "1988-1992", "1993-1997"]
CLASSES = ["high", "medium-high", "medium-low", "low"]
REGIONS = ["BE1", "BE2", "BE3"]


def tables(path: str | Path) -> pandas.DataFrame:
    """Tables 1-31 and Figures 15-26 of a panel file, one row a cell: the key columns and `value`."""
    panel = prepare(read(path))
    now = panel[panel["year"] == 2002]
    parts = [
        *modes(now),
        *conditional(now),
        *sectors(now),
        *sizes_and_ages(now),
        *regions(now),
        *technology(now),
        *evolution(panel),
        *stayers(panel),
    ]
    cells = pandas.concat(parts, ignore_index=True)
    cells[KEYS] = cells[KEYS].astype(object).where(cells[KEYS].notna(), "_T").astype(str)
    return cells[[*KEYS, "value"]].sort_values(KEYS, ignore_index=True)


# --- the panel, once ----------------------------------------------------------------------------------------


def read(path: str | Path) -> pandas.DataFrame:
    """The columns that the study needs, text of few values as categories."""
    panel = pandas.read_parquet(path, columns=COLUMNS, engine="pyarrow")
    return panel.astype({"activity": "category", "region": "category"})


def prepare(panel: pandas.DataFrame) -> pandas.DataFrame:
    """Flows, samples and classes as columns; each code is worked out once, not once a firm."""
    divisions = panel["activity"].cat.categories.map(_division)
    division = numpy.append(divisions.astype("int16"), 0)[panel["activity"].cat.codes]
    employment, turnover = panel["employment"], panel["turnover"]
    small = (employment.isna() | ((employment >= 1) & (employment < 250))) & ~(turnover >= 50_000_000)
    sme = small & panel["domestic"].fillna(False).astype(bool)
    out = panel[["firm", "year", "founded", "employment", "value_added"]].copy()
    out["manufacturing"] = sme & (division >= 10) & (division <= 45)
    out["core-manufacturing"] = sme & (division >= 15) & (division <= 37)
    out["manufacturing-without-construction"] = sme & (division >= 10) & (division <= 41)
    out["services"] = sme & (division >= 50) & (division <= 74)
    out["services-any-owner"] = small & (division >= 50) & (division <= 74)
    out["medium-sized-manufacturing"] = out["manufacturing"] & (employment >= 50)
    out["manufacturing-new-ventures"] = out["manufacturing"] & (panel["founded"] >= 1998).fillna(False)
    out["activity"] = _recode(panel["activity"], _division, MANUFACTURING + SERVICES)
    out["technology"] = _recode(panel["activity"], _technology, CLASSES)
    out["region"] = _recode(panel["region"], lambda code: code[:3], REGIONS)
    return _flows(out, panel)


def _recode(column: pandas.Series, rule: Callable[[str], str | None], codes: list[str]) -> pandas.Categorical:
    """Apply a rule to the categories of a column; what it does not put among the codes is missing."""
    targets = pandas.Index(codes).get_indexer([rule(code) for code in column.cat.categories])
    return pandas.Categorical.from_codes(numpy.append(targets, -1)[column.cat.codes], codes)


def _division(code: str) -> str:
    return code.replace(".", "")[:2]


def _technology(code: str) -> str | None:
    code = code.replace(".", "")
    if code[:3] in ("244", "353"):
        return "high"
    if code[:3] == "351":
        return "medium-low"
    of_division = {
        "high": (30, 32, 33),
        "medium-high": (24, 29, 31, 34, 35),
        "medium-low": (23, 25, 26, 27, 28),
    }
    of_division["low"] = (*range(15, 23), 36, 37)
    return next((name for name, divisions in of_division.items() if int(code[:2]) in divisions), None)


def _flows(out: pandas.DataFrame, panel: pandas.DataFrame) -> pandas.DataFrame:
    """Each flow as two truth values, traded and known not to have: unknown is neither."""
    for part in PARTS:
        value = panel[part.replace("-", "_")]
        out[part], out[f"no {part}"] = value > 0, value == 0
    unions = {
        "import": ("import-intra", "import-extra"),
        "export": ("export-intra", "export-extra"),
        "intra": ("import-intra", "export-intra"),
        "extra": ("import-extra", "export-extra"),
        "any": ("import", "export"),
    }
    for union, (one, other) in unions.items():
        out[union] = out[one] | out[other]
        out[f"no {union}"] = out[f"no {one}"] & out[f"no {other}"]
    return out


# --- cross-sections -----------------------------------------------------------------------------------------


def _cells(
    values: pandas.Series | pandas.DataFrame, table: str, sample: str, **labels: object
) -> pandas.DataFrame:
    """A series or a frame of flows, by its index, in long form under the key columns."""
    if isinstance(values, pandas.DataFrame):
        values = values.rename_axis(columns="flow").stack()
    cells = values.rename("value").reset_index()
    labels = {"period": "2002", "measure": "participation"} | labels
    return cells.assign(table=table, sample=sample, **labels).reindex(columns=[*KEYS, "value"])


def _total(firms: pandas.DataFrame, flows: list[str]) -> pandas.Series:
    return (100 * firms[flows].mean()).rename_axis("flow")


def _shares(firms: pandas.DataFrame, by: str, flows: list[str], codes: list[str]) -> pandas.DataFrame:
    return 100 * firms.groupby(by, observed=True)[flows].mean().reindex(pandas.Index(codes, name=by))


def _counts(firms: pandas.DataFrame, by: str, codes: list[str]) -> pandas.Series:
    return firms.groupby(by, observed=True).size().reindex(pandas.Index(codes, name=by), fill_value=0)


def modes(now: pandas.DataFrame) -> list[pandas.DataFrame]:
    """Tables 1 and 17, Figures 16 and 23."""
    parts = []
    plan = (("table-01", "figure-16", "manufacturing"), ("table-17", "figure-23", "services-any-owner"))
    for table, figure, sample in plan:
        firms = now[now[sample]]
        mode = {
            "none": firms["no import"] & firms["no export"],
            "both": firms["import"] & firms["export"],
            "import-only": firms["import"] & firms["no export"],
            "export-only": firms["export"] & firms["no import"],
        }
        scope = {
            "intra": firms["intra"] & firms["no extra"],
            "extra": firms["extra"] & firms["no intra"],
            "both": firms["intra"] & firms["extra"],
        }
        by_mode = pandas.Series({name: rows.sum() for name, rows in mode.items()}).rename_axis("mode")
        pairs = product(list(mode)[1:], scope)
        by_scope = pandas.Series({(m, s): (mode[m] & scope[s]).sum() for m, s in pairs})
        parts += [_cells(by_mode, name, sample, measure="firms") for name in (table, figure)]
        parts.append(_cells(by_scope.rename_axis(["mode", "scope"]), table, sample, measure="firms"))
    return parts


def conditional(now: pandas.DataFrame) -> list[pandas.DataFrame]:
    """Tables 2 and 18: how many of those with one flow have the other, from the counts of all pairs."""
    parts = []
    for table, sample in (("table-02", "manufacturing"), ("table-18", "services-any-owner")):
        flows = now[now[sample]][PARTS].astype("float64")
        together = flows.T @ flows
        of_given = numpy.diag(together)[:, None]
        shares = 100 * together / numpy.where(of_given == 0, numpy.nan, of_given)
        parts.append(_cells(shares.rename_axis("given"), table, sample))
    return parts


def sectors(now: pandas.DataFrame) -> list[pandas.DataFrame]:
    """Tables 3 and 19."""
    parts, flows = [], ["export", "import"]
    plan = (("table-03", "manufacturing", MANUFACTURING), ("table-19", "services", SERVICES))
    for table, sample, codes in plan:
        firms = now[now[sample]]
        parts.append(_cells(_shares(firms, "activity", flows, codes), table, sample))
        parts.append(_cells(_counts(firms, "activity", codes), table, sample, measure="firms"))
    for table, sample in (
        *((table, sample) for table, sample, _ in plan),
        ("table-03", "core-manufacturing"),
    ):
        firms = now[now[sample]]
        parts.append(_cells(_total(firms, flows), table, sample))
        parts.append(_cells(pandas.Series([len(firms)]), table, sample, measure="firms"))
    return parts


def sizes_and_ages(now: pandas.DataFrame) -> list[pandas.DataFrame]:
    """Tables 4 and 20, Figures 18, 19, 25 and 26."""
    parts = []
    plan = (
        ("table-04", "figure-19", "figure-18", "manufacturing"),
        ("table-20", "figure-26", "figure-25", "services"),
    )
    for table, by_size, by_age, sample in plan:
        firms = now[now[sample]]
        age = firms["year"] - firms["founded"].astype("float64")
        firms = firms.assign(
            size=pandas.cut(firms["employment"], [1, 10, 50, 100, 250], right=False, labels=SIZES),
            age=pandas.cut(age, [-numpy.inf, 5, 10, 15, 20, numpy.inf], right=False, labels=AGES),
        )
        shares = _shares(firms, "size", PARTS, SIZES)
        parts += [_cells(shares, name, sample) for name in (table, by_size)]
        parts.append(_cells(_counts(firms, "size", SIZES), table, sample, measure="firms"))
        parts.append(_cells(_shares(firms, "age", PARTS, AGES), by_age, sample))
    return parts


def regions(now: pandas.DataFrame) -> list[pandas.DataFrame]:
    """Figure 15."""
    samples = ("manufacturing", "manufacturing-without-construction", "services")
    return [_cells(_shares(now[now[s]], "region", ["any"], REGIONS), "figure-15", s) for s in samples]


def technology(now: pandas.DataFrame) -> list[pandas.DataFrame]:
    """Figures 20, 21 and 22."""
    parts, flows = [], [*PARTS, "import", "export"]
    for figure, sample in (("figure-20", "manufacturing"), ("figure-21", "medium-sized-manufacturing")):
        parts.append(_cells(_shares(now[now[sample]], "technology", flows, CLASSES), figure, sample))
    sample = "manufacturing-new-ventures"
    firms = now[now[sample]].rename(columns={"export": "inv", "no export": "dnv"})
    groups = firms.groupby("technology", observed=True)[["inv", "dnv"]]
    classes = pandas.Index(CLASSES, name="technology")
    ventures = {
        "firms": groups.sum().reindex(classes, fill_value=0),
        "venture-share": 100 * groups.mean().reindex(classes),
    }
    for measure, frame in ventures.items():
        parts.append(
            _cells(frame.rename_axis(columns="venture").stack(), "figure-22", sample, measure=measure)
        )
    return parts


def evolution(panel: pandas.DataFrame) -> list[pandas.DataFrame]:
    """Figures 17 and 24."""
    parts, years = [], list(range(1996, 2003))
    for figure, sample in (("figure-17", "manufacturing"), ("figure-24", "services")):
        shares = _shares(panel[panel[sample]], "year", PARTS, years)
        shares.index = shares.index.astype(str).rename("period")
        cells = _cells(shares, figure, sample).drop(columns="period")
        parts.append(cells.assign(period=shares.stack().index.get_level_values(0)))
    return parts


# --- the window 1998, 2002, 2003 ----------------------------------------------------------------------------

SUMS = [
    "employment",
    "employment_end",
    "added",
    "added_end",
    "level",
    "level_by",
    "level_end",
    "level_end_by",
]


def stayers(panel: pandas.DataFrame) -> list[pandas.DataFrame]:
    """Tables 5-16 and 21-31: firms of 1998 that are on record in 2002 and employ in 2003."""
    window, parts = _window(panel), []
    plan = [("manufacturing", "export", 6, "table-05"), ("manufacturing", "import", 12, None)]
    plan += [("services", "export", 22, "table-21"), ("services", "import", 27, None)]
    for sector, flow, first, levels in plan:
        sums = _status_sums(window[window[sector]], flow)
        sample = f"{sector}-stayers"
        growth = _growth(sums).assign(flow=flow)
        tables = [f"table-{first + place:02}" for place in range(5)]
        growth["table"] = growth["cohort"].map(dict(zip(["_T", *COHORTS[::-1]], tables, strict=True)))
        parts.append(growth.assign(sample=sample, period="1998-2003"))
        overall = sums.xs("_T", level="cohort")
        parts.append(
            _cells(overall["firms"], tables[0], sample, flow=flow, period="1998-2003", measure="firms")
        )
        if levels:
            parts += _levels(overall, levels, sample, flow)
    started = window[window["manufacturing"] & (window["founded"] == 1998)]
    ventures = {"inv": started["export_last"], "dnv": started["no export_last"]}
    sums = pandas.DataFrame({name: started.loc[rows, SUMS].sum() for name, rows in ventures.items()}).T
    growth = _growth(sums.rename_axis("venture"))
    parts.append(growth.assign(table="table-11", sample="manufacturing-started-1998", period="1998-2003"))
    return parts


def _window(panel: pandas.DataFrame) -> pandas.DataFrame:
    """One row a firm; a sum is prepared as a column that holds only the firms it is taken over."""
    flows = ["import", "no import", "export", "no export"]
    start = panel[
        (panel["year"] == 1998) & (panel["manufacturing"] | panel["services"]) & (panel["employment"] > 0)
    ]
    start = start[["firm", "founded", "employment", "value_added", "manufacturing", "services", *flows]]
    last = panel.loc[panel["year"] == 2002, ["firm", *flows]]
    end = panel.loc[
        (panel["year"] == 2003) & (panel["employment"] > 0), ["firm", "employment", "value_added"]
    ]
    firms = start.merge(last, on="firm", suffixes=("", "_last")).merge(end, on="firm", suffixes=("", "_end"))
    added = firms["value_added"].notna() & firms["value_added_end"].notna()
    firms["added"], firms["added_end"] = (
        firms["value_added"].where(added),
        firms["value_added_end"].where(added),
    )
    firms["level"], firms["level_end"] = firms["value_added"], firms["value_added_end"]
    firms["level_by"] = firms["employment"].where(firms["value_added"].notna())
    firms["level_end_by"] = firms["employment_end"].where(firms["value_added_end"].notna())
    founded = firms["founded"].astype("float64")
    edges = [-numpy.inf, 1983, 1988, 1993, 1998]
    firms["cohort"] = pandas.cut(founded, edges, right=False, labels=COHORTS)
    return firms


def _status_sums(firms: pandas.DataFrame, flow: str) -> pandas.DataFrame:
    """Sums and number of firms by status and founding cohort, all cohorts together as `_T`."""
    first, not_first = firms[flow], firms[f"no {flow}"]
    last, not_last = firms[f"{flow}_last"], firms[f"no {flow}_last"]
    statuses = {
        "traders": last,
        "constant": first & last,
        "new": not_first & last,
        "stopped": first & not_last,
        "non-traders": not_last,
    }
    found = {}
    for status, rows in statuses.items():
        here = firms.loc[rows, [*SUMS, "cohort"]].assign(firms=1)
        by_cohort = here.groupby("cohort", observed=False).sum()
        by_cohort.index = by_cohort.index.astype(str)
        by_cohort.loc["_T"] = here.drop(columns="cohort").sum()
        found[status] = by_cohort
    return pandas.concat(found, names=["status", "cohort"])


def _growth(sums: pandas.DataFrame) -> pandas.DataFrame:
    """Compound annual growth in percent over five years; none from or to a loss."""
    rates = pandas.DataFrame(
        {
            "employment-growth": _annual(sums["employment"], sums["employment_end"]),
            "value-added-growth": _annual(sums["added"], sums["added_end"]),
            "productivity-growth": _annual(*_productivity(sums)),
        }
    )
    return rates.rename_axis(columns="measure").stack().rename("value").reset_index()


def _productivity(sums: pandas.DataFrame) -> tuple[pandas.Series, pandas.Series]:
    start = sums["level"] / sums["level_by"].where(sums["level_by"] != 0) / 1000
    return start, sums["level_end"] / sums["level_end_by"].where(sums["level_end_by"] != 0) / 1000


def _annual(start: pandas.Series, end: pandas.Series) -> pandas.Series:
    return 100 * ((end.where(end >= 0) / start.where(start > 0)) ** (1 / 5) - 1)


def _levels(sums: pandas.DataFrame, table: str, sample: str, flow: str) -> list[pandas.DataFrame]:
    start, end = _productivity(sums)
    change = 100 * (end / start.where(start > 0) - 1)
    of_year = [("1998", start), ("2003", end)]
    parts = [_cells(v, table, sample, flow=flow, period=y, measure="productivity") for y, v in of_year]
    parts.append(_cells(change, table, sample, flow=flow, period="1998-2003", measure="productivity-change"))
    parts.append(_cells(sums["firms"], table, sample, flow=flow, period="1998-2003", measure="firms"))
    return parts


def main(arguments: list[str]) -> None:
    """Compute the tables of a panel file and print them, or write them as CSV."""
    found = tables(arguments[0])
    if len(arguments) > 1:
        found.to_csv(arguments[1], index=False)
    else:
        print(found.to_string())


if __name__ == "__main__":
    main(sys.argv[1:])
