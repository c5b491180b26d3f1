"""Fourteen firms whose tables can be worked out on paper, to check the reference itself.

A flow pattern is written in the order import intra, import extra, export intra, export extra: `1` traded, `0`
known not to have, `?` unknown. The worked figures stand beside the cell they explain.
"""

from __future__ import annotations

import pandas

from reference.belgium import Key, cell_key

_FIRMS = """
firm  year  activity  region  founded  employment  turnover  value_added  domestic  flows
A     1998  24.41     BE211   1990     10          1e6       500000       yes       0010
A     2002  24.41     BE211   1990     12          1e6       600000       yes       0110
A     2003  24.41     BE211   1990     10          1e6       805255       yes       0000
B     1998  28        BE10    1998     5           ?         200000       yes       0000
B     2002  28        BE10    1998     8           ?         250000       yes       0001
B     2003  28        BE10    1998     160         6e7       48600000     no        0000
C     1998  45        BE351   1998     4           9e5       160000       yes       0000
C     2002  45        BE351   1998     9.99        9e5       ?            yes       0000
C     2003  75        BE351   1998     35          9e5       ?            yes       0000
D     1998  15.11     BE3     1970     32          9e5       320000       yes       0001
D     2002  1511      BE3     1970     ?           9e5       300000       yes       ?000
D     2003  1511      BE3     1970     1           9e5       10000        yes       0000
E     2002  35.3      BE25    1998     10          9e5       1            yes       1111
E     2003  35.3      BE25    1998     20          9e5       1            yes       1111
F     1998  35        BE25    1982     17          9e5       ?            yes       00?0
F     2002  35        BE25    1982     50          9e5       1            yes       101?
F     2003  35        BE25    1982     854         9e5       594745       yes       1010
G     2002  72.2      BE1     1999     100         9e5       1            no        1100
H     2002  72.2      BE1     1999     100         50000000  1            yes       1100
I     2002  52        BE1     1983     249.9       9e5       1            yes       00?0
J     2002  01        BE1     1983     20          9e5       1            yes       1111
K     2002  74        BE1     1983     250         9e5       1            yes       1111
L     2002  7487      BE1     1983     1           9e5       1            ?         0000
M     2002  10        BE1     1983     0.99        9e5       1            yes       1111
N     2002  14        ?       1999     1           9e5       1            yes       0000
"""


def hand_panel() -> pandas.DataFrame:
    """The firms above in the contract's columns; a flow that is there has the value 7."""
    header, *lines = (line.split() for line in _FIRMS.strip().splitlines())
    records = [
        dict(zip(header, (None if cell == "?" else cell for cell in line), strict=True)) for line in lines
    ]
    panel = pandas.DataFrame(records)
    for place, name in enumerate(("import_intra", "import_extra", "export_intra", "export_extra")):
        panel[name] = panel["flows"].str[place].map({"0": 0.0, "1": 7.0})
    for name in ("employment", "turnover", "value_added"):
        panel[name] = panel[name].astype("float64")
    panel["domestic"] = panel["domestic"].map({"yes": True, "no": False}).astype("boolean")
    return panel.astype({"year": "int32", "founded": "int32"}).drop(columns="flows")


def hand_cells() -> dict[Key, float | None]:
    """Cells worked out on paper."""
    return {**_cross_sections(), **_services(), **_window(), **_figures()}


def _cross_sections() -> dict[Key, float | None]:
    """Manufacturing in 2002: A B C D E F N; M is too small. Unknown are the mode of D, the scope of F."""
    firms = {"none": 2, "both": 3, "import-only": 0, "export-only": 1}  # C N; A E F; -; B
    scopes = {"intra": 0, "extra": 0, "both": 2}  # of the three that do both: A and E
    one = ("table-01", "manufacturing", 2002, "firms")
    two = ("table-02", "manufacturing", 2002, "participation")
    three, four = ("table-03", "manufacturing", 2002), ("table-04", "manufacturing", 2002)
    cells = {cell_key(*one, mode=mode): count for mode, count in firms.items()}
    cells |= {cell_key(*one, mode="both", scope=scope): count for scope, count in scopes.items()}
    return cells | {
        cell_key(*one, mode="export-only", scope="extra"): 1,
        cell_key(*two, given="import-intra", flow="import-intra"): 100,
        cell_key(
            *two, given="import-intra", flow="export-extra"
        ): 50,  # E of E, F; the export of F is unknown
        cell_key(*two, given="import-extra", flow="import-intra"): 50,  # E of A, E
        cell_key(*two, given="import-extra", flow="export-intra"): 100,
        cell_key(*three, "firms"): 7,
        cell_key(*three, "participation", flow="export"): 57.142857142857,  # A B E F of 7
        cell_key(*three, "participation", flow="import"): 42.857142857143,  # A E F of 7
        cell_key("table-03", "core-manufacturing", 2002, "firms"): 5,  # A B D E F
        cell_key(*three, "firms", activity="35"): 2,
        cell_key(*three, "participation", activity="35", flow="export"): 100,
        cell_key(*three, "participation", activity="15", flow="import"): 0,  # unknown is not yes
        cell_key(*three, "firms", activity="12"): 0,
        cell_key(*three, "participation", activity="12", flow="export"): None,
        cell_key(*four, "firms", size="0-9"): 3,  # B C N
        cell_key(*four, "firms", size="10-49"): 2,  # A E
        cell_key(*four, "firms", size="50-99"): 1,  # F
        cell_key(*four, "firms", size="100-249"): 0,
        cell_key(*four, "participation", size="0-9", flow="export-extra"): 33.333333333333,  # B of 3
        cell_key(*four, "participation", size="10-49", flow="import-intra"): 50,  # E of A, E
    }


def _services() -> dict[Key, float | None]:
    """Whoever owns them: G I L, the mode of I unknown. Domestic: I. H has turnover, K staff at the limit."""
    seventeen, twenty = ("table-17", "services-any-owner", 2002, "firms"), ("table-20", "services", 2002)
    return {
        cell_key(*seventeen, mode="none"): 1,
        cell_key(*seventeen, mode="import-only"): 1,
        cell_key(*seventeen, mode="import-only", scope="both"): 1,
        cell_key(*seventeen, mode="both"): 0,
        cell_key("table-19", "services", 2002, "firms"): 1,
        cell_key("table-19", "services", 2002, "firms", activity="72"): 0,
        cell_key(*twenty, "firms", size="100-249"): 1,
        cell_key(*twenty, "participation", size="100-249", flow="export-intra"): 0,
    }


def _window() -> dict[Key, float | None]:
    """Stayers: A (constant exporter), B (new), C (never), D (stopped), F (exports, unknown in 1998)."""

    def status(table: int, code: str, measure: str, period: object = "1998-2003", cohort: str = "_T") -> Key:
        group = {"flow": "export", "status": code, "cohort": cohort}
        return cell_key(f"table-{table:02}", "manufacturing-stayers", period, measure, **group)

    counts = {"traders": 3, "constant": 1, "new": 1, "stopped": 1, "non-traders": 2}
    eleven = ("table-11", "manufacturing-started-1998", "1998-2003")
    return {status(6, code, "firms"): count for code, count in counts.items()} | {
        status(6, "constant", "employment-growth"): 0,  # 10 to 10
        status(6, "constant", "value-added-growth"): 10,  # 500,000 x 1.1^5 = 805,255
        status(5, "constant", "productivity-change"): 61.051,
        status(5, "constant", "productivity", 2003): 80.5255,
        status(6, "new", "employment-growth"): 100,  # 5 x 2^5 = 160
        status(6, "new", "value-added-growth"): 200,  # 200,000 x 3^5 = 48,600,000
        status(6, "new", "productivity-growth"): 50,  # 40 x 1.5^5 = 303.75
        status(6, "stopped", "employment-growth"): -50,  # 32 to 1
        status(5, "stopped", "productivity-change"): 0,
        status(6, "traders", "employment-growth"): 100,  # 10 + 5 + 17 = 32 to 10 + 160 + 854 = 1024
        status(5, "traders", "productivity", 1998): 46.666666666667,  # 700,000 / 15: that of F is unknown
        status(5, "traders", "productivity", 2003): 48.828125,  # 50,000,000 / 1024
        status(5, "traders", "productivity-change"): 4.631696428571,
        status(6, "non-traders", "employment-growth"): 0,  # C and D: 4 + 32 to 35 + 1
        status(6, "non-traders", "value-added-growth"): -50,  # D alone: that of C is unknown in 2003
        status(5, "non-traders", "productivity", 1998): 13.333333333333,  # 480,000 / 36
        status(5, "non-traders", "productivity", 2003): 10,  # D alone
        status(8, "constant", "value-added-growth", cohort="1988-1992"): 10,
        status(10, "stopped", "employment-growth", cohort="before-1983"): -50,
        status(10, "traders", "value-added-growth", cohort="before-1983"): None,  # F has none in 1998
        status(7, "traders", "employment-growth", cohort="1993-1997"): None,
        cell_key(*eleven, "employment-growth", venture="inv"): 100,  # B
        cell_key(*eleven, "value-added-growth", venture="inv"): 200,
        cell_key(
            *eleven, "employment-growth", venture="dnv"
        ): 54.31267884,  # C: 4 to 35, and 1.5431267884^5 = 8.75
        cell_key(*eleven, "productivity-growth", venture="dnv"): None,
    }


def _figures() -> dict[Key, float | None]:
    def share(figure: str, sample: str, flow: str, **group: str) -> Key:
        return cell_key(figure, sample, 2002, "participation", flow=flow, **group)

    core = "manufacturing-without-construction"
    ventures = (
        "figure-22",
        "manufacturing-new-ventures",
        2002,
    )  # B C E N, of which only B and E have a class
    return {
        share("figure-15", "manufacturing", "any", region="BE1"): 100,  # B
        share("figure-15", "manufacturing", "any", region="BE2"): 100,  # A E F
        share("figure-15", "manufacturing", "any", region="BE3"): 0,  # C no, D unknown
        share("figure-15", core, "any", region="BE3"): 0,  # D
        share("figure-18", "manufacturing", "export-extra", age="0-4"): 50,  # B E of B C E N
        share("figure-18", "manufacturing", "export-intra", age="20+"): 50,  # F, exactly 20, of D F
        share("figure-20", "manufacturing", "import-extra", technology="high"): 100,  # A (24.4) and E (35.3)
        share("figure-20", "manufacturing", "export", technology="medium-high"): 100,  # F
        share("figure-21", "medium-sized-manufacturing", "export-extra", technology="medium-high"): 0,
        share("figure-21", "medium-sized-manufacturing", "export", technology="high"): None,
        cell_key(*ventures, "firms", technology="high", venture="inv"): 1,
        cell_key(*ventures, "venture-share", technology="high", venture="inv"): 100,
        cell_key(*ventures, "firms", technology="high", venture="dnv"): 0,
        cell_key(*ventures, "venture-share", technology="medium-high", venture="dnv"): None,
        cell_key("figure-16", "manufacturing", 2002, "firms", mode="both"): 3,
        cell_key(
            "figure-17", "manufacturing", 1998, "participation", flow="export-extra"
        ): 20,  # D of A B C D F
    }
