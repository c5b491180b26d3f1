"""The tables of the report on the internationalization of Belgian SMEs, from a panel of firms, with pandas.

    python benchmarks/analyst_script.py PANEL.parquet [TABLES.csv]

What an analyst at a statistical office writes who has pandas and the file, and hands to a colleague: right
numbers and readable code, nothing tuned. It shares no line with the package. One row of the panel is one firm
in one year; the result is one long table: what a number is about (`_T`: not broken down) and its `value`.

Missing is not zero. A flow is yes, no or unknown, and so are its unions: pandas' nullable booleans follow the
three-valued logic. `yes()` and `no()` below turn an answer into a selection of firms, and leave the unknown
out of both. An unknown flow so stays in the number of firms and never enters the numerator of a share.
"""

import sys

import numpy as np
import pandas as pd

COLUMNS = [
    *("firm", "year", "activity", "region", "founded", "employment", "turnover", "value_added", "domestic"),
    *("import_intra", "import_extra", "export_intra", "export_extra"),
]
KEYS = [
    *("table", "sample", "period", "activity", "region", "size", "age", "cohort"),
    *("technology", "mode", "scope", "flow", "given", "status", "venture", "measure"),
]

PARTS = ["import-intra", "import-extra", "export-intra", "export-extra"]
MANUFACTURING = ["10", "11", "12", "13", "14", *(str(n) for n in range(15, 38)), "40", "41", "45"]
SERVICES = ["50", "51", "52", "55", *(str(n) for n in range(60, 68)), *(str(n) for n in range(70, 75))]
COHORTS = ["1993-1997", "1988-1992", "1983-1987", "before-1983"]  # in the order of their tables
MODES = ["none", "import-only", "export-only", "both"]
SCOPES = ["none", "intra", "extra", "both"]
RATES = ["employment-growth", "value-added-growth", "productivity-growth"]

# OECD / Eurostat by NACE Rev. 1.1. Three digits where the panel has them (pharmaceuticals, aerospace and
# shipbuilding differ from the rest of their division), else two.
TECHNOLOGY_OF_GROUP = {"244": "high", "353": "high", "351": "medium-low"}
TECHNOLOGY_OF_DIVISION = {
    **dict.fromkeys(["30", "32", "33"], "high"),
    **dict.fromkeys(["24", "29", "31", "34", "35"], "medium-high"),
    **dict.fromkeys(["23", "25", "26", "27", "28"], "medium-low"),
    **dict.fromkeys(["15", "16", "17", "18", "19", "20", "21", "22", "36", "37"], "low"),
}


# --- the panel ----------------------------------------------------------------------------------------------


def yes(answer):
    """The firms for which the answer is known to be yes."""
    return answer.fillna(False).astype(bool)


def no(answer):
    """The firms for which the answer is known to be no."""
    return yes(~answer)


def read_panel(path):
    """The panel with its flows, divisions and samples."""
    panel = pd.read_parquet(path, columns=COLUMNS, dtype_backend="numpy_nullable")
    amounts = ["employment", "turnover", "value_added"]
    panel[amounts] = panel[amounts].astype("Float64")  # some files have them as decimals
    panel["code"] = panel["activity"].str.replace(".", "", regex=False)
    panel["division"] = panel["code"].str[:2]
    return add_samples(add_flows(panel))


def add_flows(panel):
    """Each flow as yes / no / unknown: positive, known and zero, or missing."""
    for part in PARTS:
        panel[part] = panel[part.replace("-", "_")] > 0
    panel["import"] = panel["import-intra"] | panel["import-extra"]
    panel["export"] = panel["export-intra"] | panel["export-extra"]
    panel["any"] = panel["import"] | panel["export"]
    panel["intra"] = panel["import-intra"] | panel["export-intra"]
    panel["extra"] = panel["import-extra"] | panel["export-extra"]
    return panel


def add_samples(panel):
    """SMEs by sector. Unknown employment or turnover does not exclude a firm, an unknown owner does."""
    employment, turnover = panel["employment"], panel["turnover"]
    small = yes(employment.isna() | ((employment >= 1) & (employment < 250)))
    small &= yes(turnover.isna() | (turnover < 50_000_000))
    domestic = yes(panel["domestic"])
    in_services = yes(panel["division"].between("50", "74"))
    panel["manufacturing"] = small & domestic & yes(panel["division"].between("10", "45"))
    panel["services"] = small & domestic & in_services
    # Tables 17 and 18 of the report, and Figure 23, do not leave foreign-owned firms out.
    panel["services-any-owner"] = small & in_services
    return panel


def classify(firms):
    """The classes of the tables. What is unknown, or has no class, is missing and so in none of them."""
    age, ages = firms["year"] - firms["founded"], ["0-4", "5-9", "10-14", "15-19", "20+"]
    sizes = ["0-9", "10-49", "50-99", "100-249"]
    technology = firms["code"].str[:3].map(TECHNOLOGY_OF_GROUP)
    technology = technology.fillna(firms["division"].map(TECHNOLOGY_OF_DIVISION))
    return firms.assign(
        mode=which(firms["import"], firms["export"], MODES),
        scope=which(firms["intra"], firms["extra"], SCOPES),
        size=pd.cut(firms["employment"], [0, 10, 50, 100, 250], right=False, labels=sizes),
        age=pd.cut(age, [0, 5, 10, 15, 20, np.inf], right=False, labels=ages),
        technology=classes(technology, ["high", "medium-high", "medium-low", "low"]),
        region=classes(firms["region"].str[:3], ["BE1", "BE2", "BE3"]),
        venture=ventures_of(firms["export"]),
        total=pd.Categorical(["_T"] * len(firms), ["_T"]),
    )


def classes(values, codes):
    """The values as one of the codes, which are tabulated even where they have no firm."""
    return pd.Categorical(values.where(values.isin(codes)), codes)


def which(one, other, words):
    """Neither, one, the other or both, in these words; missing where either answer is unknown."""
    cases = [no(one) & no(other), yes(one) & no(other), no(one) & yes(other), yes(one) & yes(other)]
    return classes(pd.Series(np.select(cases, words, default="unknown")), words)


def ventures_of(exports):
    """International or domestic: of firms that are young enough to be a venture."""
    return classes(exports.map({True: "inv", False: "dnv"}), ["inv", "dnv"])


def cells(values, table, sample, period, measure, **fixed):
    """Rows of the result from a Series whose index says what each value is about."""
    frame = values.rename("value").astype("float64").reset_index()
    frame = frame.assign(table=table, sample=sample, measure=measure, **fixed)
    if period is not None:
        frame["period"] = period
    return frame.reindex(columns=[*KEYS, "value"], fill_value="_T").astype(dict.fromkeys(KEYS, "str"))


def count(firms, by):
    """Number of firms in each class; an empty class has none."""
    return firms.groupby(by, observed=False).size()


def shares(firms, by, flows):
    """Percentage of the firms of each class with each flow. An unknown flow counts among the firms only."""
    traded = firms[flows].apply(yes)
    share = 100 * traded.groupby(firms[by], observed=False).mean()
    return share.rename_axis(columns="flow").unstack()


def participation(firms, table, sample, by, flows, period="2002", **fixed):
    return cells(shares(firms, by, flows), table, sample, period, "participation", **fixed)


# --- tables of one year -------------------------------------------------------------------------------------


def year_tables(panel):
    firms = classify(panel[(panel["year"] == 2002) & (panel["manufacturing"] | panel["services-any-owner"])])
    manufacturing, services = firms[firms["manufacturing"]], firms[firms["services"]]
    manufacturing = manufacturing.assign(activity=classes(manufacturing["division"], MANUFACTURING))
    services = services.assign(activity=classes(services["division"], SERVICES))
    without = manufacturing[manufacturing["division"] != "45"]
    core = manufacturing[manufacturing["division"].between("15", "37")]
    medium = manufacturing[yes(manufacturing["employment"] >= 50)]
    any_owner, both = firms[firms["services-any-owner"]], ["export", "import"]
    return [
        participation(manufacturing, "figure-15", "manufacturing", "region", ["any"]),
        participation(without, "figure-15", "manufacturing-without-construction", "region", ["any"]),
        participation(services, "figure-15", "services", "region", ["any"]),
        *mode_tables(manufacturing, "figure-16", "table-01", "manufacturing"),
        *conditional_shares(manufacturing, "table-02", "manufacturing"),
        *firms_and_shares(manufacturing, "table-03", "manufacturing", "activity", both),
        *firms_and_shares(manufacturing, "table-03", "manufacturing", "total", both),
        *firms_and_shares(core, "table-03", "core-manufacturing", "total", both),
        participation(manufacturing, "figure-18", "manufacturing", "age", PARTS),
        participation(manufacturing, "figure-19", "manufacturing", "size", PARTS),
        *firms_and_shares(manufacturing, "table-04", "manufacturing", "size", PARTS),
        participation(manufacturing, "figure-20", "manufacturing", "technology", both + PARTS),
        participation(medium, "figure-21", "medium-sized-manufacturing", "technology", both + PARTS),
        *new_ventures(manufacturing[yes(manufacturing["founded"] >= 1998)]),
        *ventures_of_second_type(panel, manufacturing[yes(manufacturing["founded"].between(1993, 1997))]),
        *mode_tables(any_owner, "figure-23", "table-17", "services-any-owner"),
        *conditional_shares(any_owner, "table-18", "services-any-owner"),
        *firms_and_shares(services, "table-19", "services", "activity", both),
        *firms_and_shares(services, "table-19", "services", "total", both),
        participation(services, "figure-25", "services", "age", PARTS),
        *firms_and_shares(services, "table-20", "services", "size", PARTS),
        participation(services, "figure-26", "services", "size", PARTS),
    ]


def firms_and_shares(firms, table, sample, by, flows):
    """Number of firms in each class, and the shares of them with each flow."""
    number = cells(count(firms, by), table, sample, "2002", "firms")
    return [number, participation(firms, table, sample, by, flows)]


def mode_tables(firms, figure, table, sample):
    """Firms by mode, and by mode and scope."""
    by_mode = count(firms, "mode")
    by_scope = count(firms, ["mode", "scope"]).drop("none", level="mode").drop("none", level="scope")
    return [
        cells(by_mode, figure, sample, "2002", "firms"),
        cells(by_mode, table, sample, "2002", "firms"),
        cells(by_scope, table, sample, "2002", "firms"),
    ]


def conditional_shares(firms, table, sample):
    """Of the firms with one flow, the share that has the other."""
    having = {given: firms[yes(firms[given])] for given in PARTS}
    return [participation(some, table, sample, "total", PARTS, given=given) for given, some in having.items()]


def evolution(panel, figure, sample):
    """Shares of firms with each flow, year by year, 1996 to 2002."""
    firms = panel[panel[sample]]
    firms = firms.assign(period=classes(firms["year"], range(1996, 2003)))
    return participation(firms, figure, sample, "period", PARTS, period=None)


def new_ventures(firms):
    """Manufacturing SMEs founded in 1998 or later: how many are international, and with which scope."""
    sample, international = "manufacturing-new-ventures", firms[firms["venture"] == "inv"]
    by_technology = count(firms, ["technology", "venture"])
    return [
        *number_and_share(by_technology, count(firms, "technology"), "figure-22", sample),
        *number_and_share(count(firms, "total"), len(firms), "ventures", sample),
        *number_and_share(count(firms, "venture"), len(firms), "ventures", sample),
        scope_of_ventures(international, "export", sample),
        scope_of_ventures(international, "import", sample),
    ]


def number_and_share(number, of_firms, table, sample):
    place = (table, sample, "2002")
    return [cells(number, *place, "firms"), cells(100 * number / of_firms, *place, "venture-share")]


def scope_of_ventures(ventures, flow, sample):
    """Of the international ventures with the flow: only within the union, only outside, both."""
    firms = ventures[yes(ventures[flow])]
    intra, extra = firms[f"{flow}-intra"], firms[f"{flow}-extra"]
    kinds = {"intra-only": intra & ~extra, "extra-only": extra & ~intra, "both": intra & extra}
    kinds = {f"{flow}-{kind}": answer for kind, answer in kinds.items()}
    firms, fixed = firms.assign(**kinds), {"given": flow, "venture": "inv"}
    return participation(firms, "ventures-scope", sample, "total", list(kinds), **fixed)


def ventures_of_second_type(panel, firms):
    """Manufacturing SMEs founded 1993-1997: was the first export within five years of foundation?

    Yes if the firm was seen exporting in one of those years; no only if it was observed in all six of them
    without exporting; otherwise unknown.
    """
    history = panel[panel["firm"].isin(firms["firm"])]
    early = history[yes(history["year"].between(history["founded"], history["founded"] + 5))]
    years = early.groupby("firm")["export"].agg(exporting="sum", known="count")
    years = years.reindex(firms["firm"], fill_value=0)
    kinds = ["inv-second-type", "dnv-second-type"]
    words = np.select([years["exporting"] > 0, years["known"] == 6], kinds, default="unknown")
    number = count(firms.assign(venture=classes(pd.Series(words), kinds)), "venture")
    return number_and_share(number, len(firms), "ventures-second-type", "manufacturing-founded-1993-1997")


# --- tables of the window 1998-2002, outcome 2003 -----------------------------------------------------------


def stayers(panel, sector):
    """SMEs of the sector in 1998, with a record in 2002 and employment in 1998 and 2003; one row per firm."""
    columns = ["firm", "employment", "value_added"]
    year, employing = panel["year"], yes(panel["employment"] > 0)
    first = panel.loc[(year == 1998) & employing & panel[sector], [*columns, "founded", "export", "import"]]
    trade = panel.loc[year == 2002, ["firm", "export", "import"]]
    last = panel.loc[(year == 2003) & employing, columns]
    firms = first.merge(trade, on="firm", suffixes=("_1998", "_2002"), validate="one_to_one")
    firms = firms.merge(last, on="firm", suffixes=("_1998", "_2003"), validate="one_to_one")
    founded_before = [-np.inf, 1983, 1988, 1993, 1998]
    firms["cohort"] = pd.cut(firms["founded"], founded_before, right=False, labels=COHORTS[::-1])
    for one_year, other in (("1998", "2003"), ("2003", "1998")):
        added, added_then = firms[f"value_added_{one_year}"], firms[f"value_added_{other}"]
        # Growth of value added is about the firms that have it in both years; productivity in a year is
        # about those that have it in that year (employment is known, or the firm would not be here).
        firms[f"both_added_{one_year}"] = added.where(added_then.notna())
        firms[f"paired_employment_{one_year}"] = firms[f"employment_{one_year}"].where(added.notna())
    return firms


def by_status(firms, flow):
    """The firms once for each status that they have: the groups overlap (a new exporter is an exporter)."""
    first, last = firms[f"{flow}_1998"], firms[f"{flow}_2002"]
    groups = {
        "traders": yes(last),
        "constant": yes(first) & yes(last),
        "new": no(first) & yes(last),
        "stopped": yes(first) & no(last),
        "non-traders": no(last),
    }
    firms = pd.concat([firms[chosen].assign(status=status) for status, chosen in groups.items()])
    return firms.assign(status=classes(firms["status"], list(groups)))


def growth(firms, by):
    """Levels of productivity and growth rates of each group, all from sums over its firms."""
    names = ("employment", "value_added", "both_added", "paired_employment")
    amounts = [f"{name}_{year}" for name in names for year in (1998, 2003)]
    total = firms.groupby(by, observed=False)[amounts].sum().astype("float64")
    level_1998 = total["value_added_1998"] / total["paired_employment_1998"] / 1000
    level_2003 = total["value_added_2003"] / total["paired_employment_2003"] / 1000
    result = {
        "productivity-1998": level_1998,
        "productivity-2003": level_2003,
        "productivity-change": 100 * (ratio(level_1998, level_2003) - 1),
        "employment-growth": annual(total["employment_1998"], total["employment_2003"]),
        "value-added-growth": annual(total["both_added_1998"], total["both_added_2003"]),
        "productivity-growth": annual(level_1998, level_2003),
    }
    return pd.DataFrame(result)


def ratio(first, last):
    """Last over first; there is none from nothing or from a loss."""
    return (last / first).where(first > 0)


def annual(first, last):
    """Compound annual growth over the five years, in per cent; there is none from or to a loss."""
    change = ratio(first, last)
    return 100 * (change.where(change >= 0) ** (1 / 5) - 1)


def level_table(firms, table, sample):
    """Labour productivity by export status."""
    firms = by_status(firms, "export")
    result = growth(firms, "status")
    columns = {
        ("1998-2003", "firms"): count(firms, "status"),
        ("1998", "productivity"): result["productivity-1998"],
        ("2003", "productivity"): result["productivity-2003"],
        ("1998-2003", "productivity-change"): result["productivity-change"],
    }
    return [cells(values, table, sample, *column, flow="export") for column, values in columns.items()]


def growth_tables(firms, flow, first_table, sample):
    """Growth by status of the flow: a table of all firms, and after it one for each founding cohort."""
    firms = by_status(firms, flow)
    result, cohorts = growth(firms, "status"), growth(firms, ["cohort", "status"])
    table, place = f"table-{first_table:02}", (sample, "1998-2003")
    answer = [cells(count(firms, "status"), table, *place, "firms", flow=flow)]
    answer += [cells(result[rate], table, *place, rate, flow=flow) for rate in RATES]
    for number, cohort in enumerate(COHORTS, start=first_table + 1):
        of_cohort, table = cohorts.loc[cohort], f"table-{number:02}"
        answer += [cells(of_cohort[rate], table, *place, rate, flow=flow, cohort=cohort) for rate in RATES]
    return answer


def started_1998(firms):
    """Growth and size of the ventures founded in 1998, by whether they exported in 2002."""
    firms = firms[yes(firms["founded"] == 1998)]
    firms = firms.assign(venture=ventures_of(firms["export_2002"]))
    result, groups = growth(firms, "venture"), firms.groupby("venture", observed=False)
    sample, window = "manufacturing-started-1998", "1998-2003"
    return [
        *(cells(result[rate], "table-11", sample, window, rate) for rate in RATES),
        cells(groups.size(), "ventures-size", sample, window, "firms"),
        cells(groups["employment_1998"].mean(), "ventures-size", sample, "1998", "mean-employment"),
        cells(groups["employment_2003"].mean(), "ventures-size", sample, "2003", "mean-employment"),
    ]


def window_tables(panel):
    manufacturing, services = stayers(panel, "manufacturing"), stayers(panel, "services")
    return [
        *level_table(manufacturing, "table-05", "manufacturing-stayers"),
        *growth_tables(manufacturing, "export", 6, "manufacturing-stayers"),
        *started_1998(manufacturing),
        *growth_tables(manufacturing, "import", 12, "manufacturing-stayers"),
        *level_table(services, "table-21", "services-stayers"),
        *growth_tables(services, "export", 22, "services-stayers"),
        *growth_tables(services, "import", 27, "services-stayers"),
    ]


def tables(path):
    """Every cell of the study as one long table."""
    panel = read_panel(path)
    parts = [
        *year_tables(panel),
        evolution(panel, "figure-17", "manufacturing"),
        evolution(panel, "figure-24", "services"),
        *window_tables(panel),
    ]
    return pd.concat(parts, ignore_index=True)


if __name__ == "__main__":
    _, panel_file, *out = sys.argv
    tables(panel_file).to_csv(*(out or [sys.stdout]), index=False)
