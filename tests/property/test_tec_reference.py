"""All tables of the study tec: as loops over the declarations give them, counts exactly."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from firmtrade.errors import StudyError
from firmtrade.result import Result
from firmtrade.study import Study
from firmtrade.study_file import make_study, read_raw
from reference import tec, trade
from support_trade import write

FIRMS, YEAR = tuple("ABCDEFG"), 2020
PARTNERS = ("DE", "FR", "GB", "US", "QV", "QU", "unknown")
PRODUCTS = ("01012100", "84713000", "84719000", "unknown")
lines = st.builds(
    lambda firm, year, month, flow, partner, product, cents: {
        "firm": firm, "year": year, "month": month, "flow": flow, "partner": partner, "product": product,
        "value": Decimal(cents) / 100, "quantity": None,
    },
    st.sampled_from(FIRMS), st.sampled_from((2019, YEAR, YEAR)), st.sampled_from((1, 2, 12)),
    st.sampled_from(("import", "export")), st.sampled_from(PARTNERS), st.sampled_from(PRODUCTS),
    st.integers(0, 20_000),
)  # fmt: skip
declarations = st.lists(lines, min_size=1, max_size=40).filter(
    lambda found: any(line["year"] == YEAR for line in found)
)
records = st.dictionaries(
    st.sampled_from((*FIRMS, "H")),
    st.tuples(st.sampled_from(("2511", "4690", "6201", None)), st.sampled_from((True, False, None))),
    min_size=1,
)
accounts = st.dictionaries(
    st.sampled_from(FIRMS),
    st.tuples(st.sampled_from((0, 9, 10, 49, 50, 249, 250)), st.sampled_from((0, 100, 200, 400))),
    min_size=1,
)
#: A whole study for each example: what fails is not made smaller, which would take minutes.
DRAW = (Phase.explicit, Phase.generate)


def study(folder: Path, rows: list[trade.Line], register: Any, books: Any) -> Study:
    told = [
        (r["firm"], f"{r['year']}{r['month']:02d}", r["flow"], None if r["partner"] == "unknown" else
         r["partner"], None if r["product"] == "unknown" else r["product"], r["value"], None)
        for r in rows
    ]  # fmt: skip
    write(folder / "t.csv", told)
    write(folder / "r.csv", [(firm, YEAR, *found) for firm, found in register.items()],
          ("firm", "year", "activity", "domestic"))  # fmt: skip
    write(folder / "a.csv", [(firm, YEAR, *found) for firm, found in books.items()],
          ("firm", "year", "employment", "turnover"))  # fmt: skip
    raw, name, _, file = read_raw("tec")
    sources = {part: str(folder / f"{part[0]}.csv") for part in ("transactions", "register", "accounts")}
    return Study(make_study(raw, name, folder, file), threads=1, sources=sources)


def told(result: Result, down: str, across: str) -> tec.Table:
    """(row, column) -> (firms, value) of a table, without what is empty."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for cell in result.cells:
        if cell.period == str(YEAR):
            at = (cell.codes.get(down, "_T"), cell.codes.get(across, "_T"))
            found.setdefault(at, {})["firms" if cell.measure == "firms" else "value"] = cell.value
    return {
        at: (int(c["firms"]), Decimal(str(round(c["value"], 2)))) for at, c in found.items() if c["firms"]
    }


def rows_of(rows: list[trade.Line], register: Any, books: Any) -> dict[tuple[str, int], dict[str, Any]]:
    listed = [{"firm": firm, "year": YEAR, "activity": activity} for firm, (activity, _) in register.items()]
    found = trade.panel(rows, listed, lambda *_: True, lambda *_: None, lambda code: code is not None)
    for (firm, year), row in found.items():
        if year == YEAR:
            row["domestic"] = register.get(firm, (None, None))[1]
            row["employment"], row["turnover"] = books.get(firm, (None, None))
    return found


@pytest.mark.slow
@settings(max_examples=12, phases=DRAW, deadline=None)
@given(declarations, records, accounts)
def test_all_tables_as_by_loops(rows: list[trade.Line], register: Any, books: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tables = {result.name: result for result in study(Path(folder), rows, register, books).tables()}
    cells, panel = trade.cells(rows), rows_of(rows, register, books)
    for flow in ("import", "export"):
        number = tec.partner_number(flow)
        asked = {
            "01": ("tec-size", lambda _, row: {tec.size(row)}),
            "03": ("partner", lambda key, _: tec.partners(key)),
            "04": (f"{flow}-partner-number", lambda _, row, of=number: {of(row)}),
            "05": ("chapter", lambda key, _: tec.chapters(key)),
            "06": ("trader-type", lambda _, row: {tec.trader(row)}),
            "07": ("ownership", lambda _, row: {tec.ownership(row)}),
            "08": ("export-intensity", lambda _, row: {tec.intensity(row)}),
            "09": ("activity", lambda _, row: {tec.detailed(row)}),
            "10": ("partner", lambda key, _: tec.partners(key)),
        }
        for code, (dimension, down) in asked.items():
            result = tables.get("ext-tec08" if code == "08" else f"ext-tec{code}-{flow}")
            if result is None or (code == "08" and flow == "import"):
                continue
            by_size = code == "10"
            across = tec.size if by_size else (lambda _: "_T") if code == "09" else tec.activity
            expected = tec.table(cells, panel, YEAR, flow, down, across)
            shown = told(result, dimension, "tec-size" if by_size else "tec-activity")
            listed = {c.codes.get(dimension, "_T") for c in result.cells}
            assert shown == {at: cell for at, cell in expected.items() if at[0] in listed}, (code, flow)
        _concentration(tables[f"ext-tec02-{flow}"], panel, flow)
    _participation(tables["participation-by-size"], panel)


def _concentration(result: Result, panel: Any, flow: str) -> None:
    for cell in result.cells:
        code, number = cell.codes.get("tec-activity", "_T"), int(cell.measure.split("-")[1])
        mine = [row for (_, year), row in panel.items() if year == YEAR and code in ("_T", tec.activity(row))]
        share = tec.largest((row[f"declared_{flow}"] for row in mine), number)
        assert cell.value == (None if share is None else pytest.approx(share, abs=1e-6)), cell


def _participation(result: Result, panel: Any) -> None:
    shown: dict[tuple[str, str], dict[str, Any]] = {}
    for cell in result.cells:
        at = (cell.codes.get("tec-activity", "_T"), cell.codes.get("tec-size", "_T"))
        shown.setdefault(at, {})[cell.measure] = cell.value
    for at, (firms, exporters, importers) in tec.participation(panel, YEAR):
        told_here = shown[at]
        assert told_here["firms"] == firms
        assert told_here["exporting-enterprises"] == exporters
        assert told_here["importing-enterprises"] == importers
        rate = told_here["export-participation"]
        assert rate == (None if not firms else pytest.approx(100 * exporters / firms, abs=1e-6))


ROWS = [
    {"firm": firm, "year": YEAR, "month": 1, "flow": "export", "partner": partner, "product": "01012100",
     "value": Decimal(10), "quantity": None}
    for firm, partner in (("A", "DE"), ("A", "FR"), ("B", "FR"), ("C", "US"))
]  # fmt: skip
BOOKS = {"A": (9, 100)}
REGISTER = {"A": ("2511", True), "B": ("4690", False)}


def test_a_union_of_partners_counts_each_firm_once(tmp_path: Path) -> None:
    by = {"partner": ["DE", "FR", "FR | DE", "DE | FR | US"]}
    result = study(tmp_path, ROWS, REGISTER, BOOKS).table("firms", by, "exports-by-partner", YEAR)
    assert [cell.value for cell in result.cells] == [1, 2, 2, 3]


def test_a_sum_over_partners_is_refused_and_the_union_offered(tmp_path: Path) -> None:
    asked = study(tmp_path, ROWS, REGISTER, BOOKS)
    with pytest.raises(StudyError, match=r"do not add up.*the union: 'DE \| FR'"):
        asked.table("firms", {"partner": ["DE + FR"]}, "exports-by-partner", YEAR)


def test_partners_need_a_sample_of_partners(tmp_path: Path) -> None:
    asked = study(tmp_path, ROWS, REGISTER, BOOKS)
    with pytest.raises(StudyError, match="Use a sample of partners: exports-by-partner"):
        asked.table("firms", {"partner": ["DE"]}, "exporting-firms", YEAR)
    with pytest.raises(StudyError, match="one by one"):
        asked.table("median-employment", {"partner": ["DE"]}, "exports-by-partner", YEAR)
    with pytest.raises(StudyError, match="Use a sample of products"):
        asked.table("firms", {"partner": ["DE"], "chapter": ["01"]}, "exports-by-partner", YEAR)


@pytest.mark.parametrize(
    "expr", ["top_count_share(declared_export, 0)", "top_count_share(declared_export, 0.5)"]
)
def test_a_number_of_firms_is_whole(expr: str) -> None:
    from firmtrade.catalog import Catalog

    entry = {"title": "x", "expr": expr, "unit": "percent", "source": "own"}
    with pytest.raises(StudyError, match="needs a number of firms"):
        Catalog.load({"measures": {"x": entry}})
