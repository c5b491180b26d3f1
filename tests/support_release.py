"""A made-up Release for the tests of what is published: small by hand, or all printed cells of the seed.

Nothing here is computed from firms, so that a test of a page or a file does not depend on a query.
"""

from __future__ import annotations

import csv
import os
from dataclasses import replace
from pathlib import Path

from firmtrade.result import (
    DIMENSIONS,
    TOTAL,
    Attrition,
    AttritionStep,
    Chart,
    Match,
    Provenance,
    Published,
    Release,
    ReleasedCell,
    ReleasedTable,
    Unknown,
    Word,
)

ROOT = Path(__file__).resolve().parent.parent
PUBLISHED = Path(os.environ.get("FIRMTRADE_SHARED", ROOT.parent / "shared")) / "seed" / "published.csv"

LABELS = {
    "sample": {
        "manufacturing": "Manufacturing",
        "core-manufacturing": "Core manufacturing (NACE 15-37)",
        "services": "Services",
        "services-any-owner": "Services, any owner",
        "manufacturing-stayers": "Manufacturing firms active in 1998 and 2003",
        "services-stayers": "Services firms active in 1998 and 2003",
        "manufacturing-started-1998": "Manufacturing firms started in 1998",
    },
    "measure": {
        "firms": "Number of firms",
        "participation": "Share of firms",
        "productivity": "Labour productivity",
        "productivity-change": "Change of labour productivity",
        "employment-growth": "Employment growth",
        "value-added-growth": "Value added growth",
        "productivity-growth": "Labour productivity growth",
    },
    "flow": {
        "any": "import or export",
        "import": "import",
        "export": "export",
        "import-intra": "intra-EU import",
        "import-extra": "extra-EU import",
        "export-intra": "intra-EU export",
        "export-extra": "extra-EU export",
    },
    "mode": {
        "none": "no internationalization",
        "both": "both import & export",
        "import-only": "import only",
        "export-only": "export only",
    },
    "scope": {"intra": "intra-EU only", "extra": "extra-EU only", "both": "intra- and extra-EU"},
    "size": {"0-9": "0-9 FTE", "10-49": "10-49 FTE", "50-99": "50-99 FTE", "100-249": "100-249 FTE"},
    "age": {
        "0-4": "0-4 years",
        "5-9": "5-9 years",
        "10-14": "10-14 years",
        "15-19": "15-19 years",
        "20+": "20 years or more",
    },
    "technology": {
        "high": "high technology",
        "medium-high": "medium-high technology",
        "medium-low": "medium-low technology",
        "low": "low technology",
    },
    "region": {"BE1": "Brussels-Capital Region", "BE2": "Flemish Region", "BE3": "Walloon Region"},
    "status": {
        "traders": "traders",
        "constant": "constant",
        "new": "new",
        "stopped": "stopped",
        "non-traders": "non-traders",
    },
    "cohort": {
        "1993-1997": "started 1993-1997 (6-10 years)",
        "1988-1992": "started 1988-1992 (11-15 years)",
        "1983-1987": "started 1983-1987 (16-20 years)",
        "before-1983": "started before 1983 (over 20 years)",
    },
    "venture": {"inv": "international new venture", "dnv": "domestic new venture"},
    "activity": {
        "10": "10 Mining of coal and lignite; extraction of peat",
        "15": "15 Food products and beverages",
        "19": "19 Tanning and dressing of leather; luggage, handbags, saddlery, harness and footwear",
        "24": "24 Chemicals and chemical products",
        "45": "45 Construction",
        "51": "51 Wholesale trade and commission trade, except of motor vehicles",
    },
}
LABELS["given"] = LABELS["flow"]

_REPORT = "Internationalization of Belgian SMEs, section 5.3.1"


MEANINGS = {
    "traders": "traded in the last year of the status",
    "constant": "traded in the first year and in the last year of the status",
    "new": "did not trade in the first year and traded in the last year of the status",
    "stopped": "traded in the first year and did not in the last year of the status",
    "non-traders": "did not trade in the last year of the status",
}


def word(
    name: str, kind: str, title: str, text: str, formula: str = "", unit: str = "", source: str = _REPORT
) -> Word:
    codes = LABELS.get(name, {}) if kind == "dimension" else {}
    return Word(name, kind, title, text, formula, unit, source, codes, MEANINGS if name == "status" else {})


WORDS = {
    w.name: w
    for w in [
        word(
            "firms",
            "measure",
            "Number of firms",
            "Firms of the sample with a record in the year.",
            "count(*)",
            "count",
        ),
        word(
            "participation",
            "measure",
            "Share of firms",
            "Percentage of the firms of the row that have the flow; a "
            "firm whose flow is unknown counts among the firms of the row only.",
            "100 * firms / total(firms, flow)",
            "percent",
        ),
        word(
            "productivity",
            "measure",
            "Labour productivity",
            "Value added per full-time equivalent, as a ratio of sums, in thousand euro.",
            "paired_value_added / paired_employment / 1000",
            "kEUR/FTE",
        ),
        word(
            "productivity-change",
            "measure",
            "Change of labour productivity",
            "Change over the whole window.",
            "100 * (outcome.productivity / t0.productivity - 1)",
            "percent",
        ),
        word(
            "employment-growth",
            "measure",
            "Employment growth",
            "Compound annual growth rate of the group's employment.",
            "100 * (power(last_employment / first_employment, 1 / window_years) - 1)",
            "percent/year",
        ),
        word(
            "value-added-growth",
            "measure",
            "Value added growth",
            "Compound annual growth rate of the group's value added.",
            "100 * (power(last_value_added / first_value_added, 1 / window_years) - 1)",
            "percent/year",
        ),
        word(
            "productivity-growth",
            "measure",
            "Labour productivity growth",
            "Compound annual growth rate of the group's value added per full-time equivalent.",
            "100 * (power(outcome.productivity / t0.productivity, 1 / window_years) - 1)",
            "percent/year",
        ),
        word(
            "flow",
            "dimension",
            "Trade flow",
            "A firm may have several: these groups overlap, so their numbers of firms do not add up.",
        ),
        word("given", "dimension", "Among firms with the flow", "The firms that the percentage is taken of."),
        word("mode", "dimension", "Mode of internationalization", "Each firm has one mode."),
        word(
            "scope",
            "dimension",
            "Geographical scope",
            "Over all flows of the firm: partners inside the union only, outside only, or both.",
        ),
        word(
            "size",
            "dimension",
            "Size class",
            "Full-time equivalents; half-open intervals, so 9.9 is below 10.",
            "case when employment < 10 then '0-9' when employment < 50 then '10-49' end",
        ),
        word("age", "dimension", "Age class", "Year of observation minus year of foundation."),
        word(
            "technology",
            "dimension",
            "Technology intensity",
            "OECD / Eurostat classes by NACE Rev. 1.1 division.",
            source="OECD (1997), Revision of the high-technology sector and product classification",
        ),
        word("region", "dimension", "Region", "NUTS 1 region of the firm's seat.", "substr(region, 1, 3)"),
        word("activity", "dimension", "Activity", "Division of NACE Rev. 1.1.", "division"),
        word(
            "status",
            "dimension",
            "Trade status",
            "Only the two end years count. 'No' contains those who stopped: it is about the end year.",
            source="Bernard and Jensen (1999), Journal of International Economics 47",
        ),
        word(
            "cohort",
            "dimension",
            "Founding cohort",
            "By year of foundation; the report counts the age in 2003.",
        ),
        word(
            "venture",
            "dimension",
            "New venture",
            "International: founded in 1998 or later and exporting; domestic: "
            "founded then and known not to export.",
        ),
        word(
            "manufacturing",
            "sample",
            "Manufacturing",
            "Domestic SMEs with at least one full-time equivalent, NACE Rev. 1.1 divisions 10-45.",
        ),
        word("core-manufacturing", "sample", "Core manufacturing", "As manufacturing, divisions 15-37."),
        word(
            "services",
            "sample",
            "Services",
            "Domestic SMEs with at least one full-time equivalent, divisions 50-74.",
        ),
        word(
            "manufacturing-stayers",
            "sample",
            "Manufacturing firms active in 1998 and 2003",
            "Positive employment in 1998 and in 2003, a record in 2002, and in the sector in 1998.",
        ),
        word(
            "sme-turnover",
            "parameter",
            "Turnover limit of SMEs",
            "Below 50 million euro.",
            "50000000",
            "EUR",
            "Commission Recommendation 2003/361/EC",
        ),
    ]
}


def cell(
    measure: str,
    value: float | None,
    unit: str = "count",
    decimals: int = 0,
    period: str = "2002",
    sample: str = "manufacturing",
    conf: str = "F",
    reason: str = "",
    **codes: str,
) -> ReleasedCell:
    return ReleasedCell(sample, period, codes, measure, value, unit, decimals, conf, reason)


def table(
    name: str,
    rows: tuple[str, ...],
    columns: tuple[str, ...],
    cells: list[ReleasedCell],
    title: str = "A table",
    **more: object,
) -> ReleasedTable:
    return ReleasedTable(name, title, cells[0].sample, rows, columns, tuple(cells), LABELS, **more)  # type: ignore[arg-type]


def share(value: float | None, period: str = "2002", **codes: str) -> ReleasedCell:
    return cell("participation", value, "percent", 1, period=period, **codes)


def no_size(sample: str) -> Unknown:
    return Unknown(sample, "2002", "size", None, 3114, {"size": "unknown"}, "firms")


def size_table() -> ReleasedTable:
    """Shares by flow and size, and numbers of firms: the measure stands in the rows, beside the flow."""
    cells = [
        share(value, flow=flow, size=size)
        for flow, values in {"export-intra": (5.04, 22.25), "import-intra": (6.15, 17.8)}.items()
        for size, value in zip(("0-9", "10-49"), values, strict=True)
    ]
    cells += [cell("firms", 20204, size="0-9"), cell("firms", 3809, size="10-49")]
    return table(
        "table-04",
        ("flow", "measure"),
        ("size",),
        cells,
        "Firms per size class (2002)",
        unknowns=(no_size("manufacturing"),),
        section="Size",
    )


def growth_table() -> ReleasedTable:
    """Growth rates with their signs, one hidden and one that does not exist."""
    kinds = ("employment-growth", "value-added-growth")
    values = {"traders": (1.1, 3.25), "stopped": (-0.9, -0.04), "new": (None, None)}
    cells = []
    for status, pair in values.items():
        where = {"flow": "export", "status": status, "sample": "manufacturing-stayers", "period": "1998-2003"}
        cells += [
            cell(kind, value, "percent/year", 1, **where) for kind, value in zip(kinds, pair, strict=True)
        ]
    hidden = {
        "flow": "export",
        "status": "constant",
        "sample": "manufacturing-stayers",
        "period": "1998-2003",
    }
    cells += [
        cell(kind, None, "percent/year", 1, conf="C", reason="fewer than 3 firms", **hidden) for kind in kinds
    ]
    return table(
        "table-06",
        ("flow", "status"),
        ("measure",),
        cells,
        "Growth by export status, 1998-2003",
        notes=("=Rates are compound and annual.",),
        section="Growth",
    )


def bar_figure() -> ReleasedTable:
    cells = [
        share(10.0 * at + 5, flow=flow, size=size)
        for at, size in enumerate(("0-9", "10-49", "50-99"))
        for flow in ("export", "import")
    ]
    return table(
        "figure-19",
        ("size",),
        ("flow",),
        cells,
        "Firms that trade, per size class (2002)",
        chart=Chart("bar", "size", "flow"),
        section="Size",
    )


def provenance(synthetic: str = "Made-up figures; no firm stands behind them.") -> Provenance:
    return Provenance(
        {"panel.parquet": "ab" * 32}, {"read": 812345, "kept": 812001}, "cd" * 32, "0.1.0", synthetic
    )


ATTRITION = (
    Attrition(
        "manufacturing",
        "Domestic manufacturing SMEs",
        "2002",
        (
            AttritionStep("records of the year", 98211, 0),
            AttritionStep("NACE Rev. 1.1 divisions 10-45", 31877, 12),
            AttritionStep("at least 1 full-time equivalent, or unknown", 29030, 0),
            AttritionStep("domestically owned", 28284, 7),
        ),
    ),
)


def release(*tables: ReleasedTable, **changes: object) -> Release:
    """A small release of the given tables (by default one of each kind)."""
    fields: dict[str, object] = {
        "study": "belgium-2002",
        "title": "Internationalization of Belgian SMEs",
        "subtitle": "Imports, exports and the growth of small and medium-sized firms, 1996-2003",
        "source": "VIO database",
        "tables": tables or (size_table(), growth_table(), bar_figure()),
        "dimensions": DIMENSIONS,
        "words": WORDS,
        "attrition": ATTRITION,
        "warnings": ("12 firm-years have a foundation year after the year of observation.",),
        "protected": False,
        "protection": "Not protected: synthetic panel",
        "provenance": provenance(),
    }
    return Release(**{**fields, **changes})  # type: ignore[arg-type]


# -- the printed report ------------------------------------------------------------------------------

_GROWTH = ("flow", "status")
_AXES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    **{f"table-{at:02}": (("cohort", *_GROWTH), ("measure",)) for at in range(1, 32)},
    **{f"table-{at:02}": (_GROWTH, ("measure", "period")) for at in (5, 6, 12, 21, 22, 27)},
    **{f"table-{at:02}": (("mode",), ("scope",)) for at in (1, 17)},
    **{f"table-{at:02}": (("given",), ("flow",)) for at in (2, 18)},
    **{f"table-{at:02}": (("sample", "activity"), ("flow", "measure")) for at in (3, 19)},
    **{f"table-{at:02}": (("flow", "measure"), ("size",)) for at in (4, 20)},
    "table-11": (("venture",), ("measure",)),
}
_TITLES = {
    1: "Mode of internationalization of Belgian SMEs in manufacturing (2002)",
    2: "Percentage of exporting and importing manufacturing SMEs with other international activities (2002)",
    3: "Percentage of exporting and importing manufacturing SMEs per sector (2002)",
    4: "Percentage of importing and exporting manufacturing SMEs per size class (2002)",
    5: "Labour productivity in manufacturing SMEs (value added per FTE)",
    6: "Change in employment and value added in manufacturing SMEs: CAGR 1998-2003",
    11: "Evolution of employment, value added and labour productivity of international and domestic new "
    "ventures, 1998-2003",
    17: "Mode of internationalization of Belgian SMEs in services (2002)",
    18: "Percentage of exporting and importing services SMEs with other international activities (2002)",
    19: "Percentage of exporting and importing services SMEs per sector (2002)",
    20: "Percentage of importing and exporting services SMEs per size class (2002)",
    21: "Labour productivity in services SMEs (value added per FTE)",
}
_FLOWS = ("import-intra", "import-extra", "export-intra", "export-extra")


def printed_release() -> Release:
    """All 614 printed cells of the seed as a release, and made-up figures (they are not printed)."""
    tables = [_printed(name, cells) for name, cells in _printed_cells().items()]
    return release(*sorted([*tables, *_figures()], key=_place))


def _place(item: ReleasedTable) -> tuple[str, str]:
    order = ["Manufacturing: mode and scope", "Manufacturing: operating characteristics", "Services"]
    return (f"{order.index(item.section)}", item.name.replace("figure", "table-00"))


def _printed_cells() -> dict[str, list[ReleasedCell]]:
    found: dict[str, list[ReleasedCell]] = {}
    with PUBLISHED.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            codes = {name: row[name] for name in DIMENSIONS if row[name] != TOTAL}
            figure = ReleasedCell(
                row["sample"],
                row["period"],
                codes,
                row["measure"],
                float(row["value"]),
                row["unit"],
                int(row["decimals"]),
            )
            found.setdefault(row["table"], []).append(figure)
    return found


def _printed(name: str, cells: list[ReleasedCell]) -> ReleasedTable:
    at = int(name[-2:])
    rows, columns = _AXES[name]
    title = _TITLES.get(at, f"{LABELS['sample'][cells[0].sample]}: CAGR 1998-2003")
    sections = ["Manufacturing: mode and scope", "Manufacturing: operating characteristics", "Services"]
    unknowns = (no_size(cells[0].sample),) if at == 4 else ()
    return table(
        name,
        rows,
        columns,
        cells,
        title,
        unknowns=unknowns,
        section=sections[0 if at < 5 else 1 if at < 17 else 2],
    )


def _figures() -> list[ReleasedTable]:
    section = "Manufacturing: mode and scope"
    regions = [
        share(v, flow="any", region=r, sample=s)
        for s, values in {
            "manufacturing": (26.6, 20.1, 26.4),
            "core-manufacturing": (47.2, 38.9, 40.6),
            "services": (27.4, 20.7, 30.5),
        }.items()
        for r, v in zip(("BE2", "BE3", "BE1"), values, strict=True)
    ]
    years = [
        share(v, flow=f, period=p)
        for p, values in {"1996": (19.0, 17.2, 12.1, 12.8), "2002": (12.2, 13.1, 11.8, 12.9)}.items()
        for f, v in zip(_FLOWS, values, strict=True)
    ]
    sizes = [
        share(v, flow=f, size=s)
        for s, values in {
            "0-9": (6.2, 6.6, 5.0, 4.0),
            "10-49": (17.8, 19.4, 22.2, 19.5),
            "50-99": (60.6, 52.3, 42.0, 44.2),
            "100-249": (75.1, 64.9, 59.1, 59.4),
        }.items()
        for f, v in zip(_FLOWS, values, strict=True)
    ]
    ages = [
        share(v, flow=f, age=a)
        for a, values in {
            "0-4": (4.2, 5.1, 5.9, 5.2),
            "5-9": (8.1, 9.0, 9.9, 9.1),
            "10-14": (10.9, 11.7, 11.5, 11.8),
            "15-19": (12.6, 14.1, 12.7, 13.9),
            "20+": (15.0, 17.0, 14.1, 15.9),
        }.items()
        for f, v in zip(_FLOWS, values, strict=True)
    ]
    modes = [
        cell("firms", v, mode=m, scope=s)
        for m, values in {
            "both": (293, 218, 2622),
            "import-only": (822, 315, 500),
            "export-only": (614, 728, 358),
        }.items()
        for s, v in zip(("intra", "extra", "both"), values, strict=True)
    ]
    make = lambda at, rows, columns, cells, title, chart: table(  # noqa: E731
        f"figure-{at}", rows, columns, cells, title, chart=chart, section=section
    )
    return [
        make(
            15,
            ("sample",),
            ("region",),
            regions,
            "Percentage of internationalized firms in Flanders, Wallonia and Brussels (2002)",
            Chart("bar", "region", "sample"),
        ),
        make(
            16,
            ("mode",),
            ("scope",),
            modes,
            "Mode of internationalization of Belgian SMEs in manufacturing (2002)",
            Chart("stacked", "mode", "scope"),
        ),
        make(
            17,
            ("flow",),
            ("period",),
            years,
            "Evolution in geographical scope in internationalization of Belgian "
            "manufacturing SMEs (1996-2002)",
            Chart("line", "period", "flow"),
        ),
        make(
            18,
            ("flow",),
            ("age",),
            ages,
            "Percentage of exporting and importing manufacturing SMEs per age class (2002)",
            Chart("bar", "age", "flow"),
        ),
        make(
            19,
            ("flow",),
            ("size",),
            sizes,
            "Percentage of importing and exporting manufacturing SMEs per size class (2002)",
            Chart("bar", "size", "flow"),
        ),
    ]


def with_published(made: Release) -> Release:
    """The release as if its tables had been published, all cells equal but three of the first table."""
    outcomes = {0: "different", 1: "hidden", 2: "missing"}
    matches = [
        _match(table.name, cell, outcomes.get(at, "equal") if table is made.tables[0] else "equal")
        for table in made.tables
        if not table.is_figure
        for at, cell in enumerate(table.cells)
        if cell.value is not None
    ]
    found = Published("published.csv", "0" * 64, "the report, Tables 1-31", tuple(matches))
    return replace(made, published=found)


def _match(table: str, cell: ReleasedCell, outcome: str) -> Match:
    value = cell.value or 0.0
    return Match(
        table, cell.sample, cell.period, cell.codes, cell.measure, value,
        {"different": value + 1, "equal": value}.get(outcome), cell.unit, cell.decimals, outcome,
        "printed <twice> & contradicted" if outcome == "different" else "",
    )  # fmt: skip
