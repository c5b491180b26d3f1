"""Cells, fold, union, coverage, match rates and stress: as dictionaries give them, exactly."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from firmtrade.study import Study
from firmtrade.study_file import make_study
from firmtrade.study_stress import stress_spec
from reference import trade
from support_trade import linked, write

FIRMS, YEARS = ("A", "B", "C", "D"), (2003, 2004, 2005, 2013, 2020)
PARTNERS = ("DE", "PL", "HR", "GB", "US", "QV", "QS", "QU", "unknown")
PRODUCTS = ("01012100", "84713000", "unknown")
LIMITS = {
    ("import_intra", 2004): Decimal(50),
    ("export_intra", 2004): Decimal(120),
    ("import_intra", 2005): Decimal(80),
}

lines = st.builds(
    lambda firm, year, month, flow, partner, product, cents, mass: {
        "firm": firm, "year": year, "month": month, "flow": flow, "partner": partner, "product": product,
        "value": Decimal(cents) / 100, "quantity": None if mass is None else Decimal(mass),
    },
    st.sampled_from(FIRMS), st.sampled_from(YEARS), st.sampled_from((0, 1, 2, 4, 5, 7, 12)),
    st.sampled_from(("import", "export")), st.sampled_from(PARTNERS), st.sampled_from(PRODUCTS),
    st.integers(0, 20_000), st.none() | st.integers(0, 9),
)  # fmt: skip
declarations = st.lists(lines, min_size=1, max_size=25)
records = st.dictionaries(
    st.tuples(st.sampled_from((*FIRMS, "E")), st.sampled_from(YEARS)),
    st.sampled_from(("1511", "5110", "99", None)),
)
#: A whole study for each example: what fails is not made smaller, which would take minutes.
DRAW = (Phase.explicit, Phase.generate)
COMPLETE: tuple[Any, ...] = (
    True,
    (),
    ["export"],
    ["import_extra"],
    {"export": "2003-2005", "import_intra": True},
)


def complete(said: Any, flow: str, year: int, declared: set[int]) -> bool:
    """Said without years, it holds for the years of which there are declarations."""
    direction = flow.split("_")[0]
    if isinstance(said, dict):
        said = said.get(flow, said.get(direction, False))
        if isinstance(said, str):
            return 2003 <= year <= 2005
    elif not isinstance(said, bool):
        said = flow in said or direction in said
    return bool(said) and year in declared


def files(folder: Path, rows: list[trade.Line], register: dict[tuple[str, int], Any]) -> None:
    told = [
        (r["firm"], f"{r['year']}{r['month']:02d}" if r["month"] else r["year"], r["flow"],
         None if r["partner"] == "unknown" else r["partner"],
         None if r["product"] == "unknown" else r["product"], r["value"], r["quantity"])
        for r in rows
    ]  # fmt: skip
    write(folder / "t.csv", told)
    write(folder / "r.csv", [(*key, code) for key, code in register.items()], ("firm", "year", "activity"))


def parts(said: Any) -> dict[str, Any]:
    values = [{"flow": flow, "from": year, "until": year, "value": float(value), "source": "own"}
              for (flow, year), value in LIMITS.items()]  # fmt: skip
    return {
        "transactions": {"files": "t.csv", "products": "CN", "home": "BE", "complete": said},
        "register": {"files": "r.csv", "classification": "NACE 1.1"},
        "thresholds": {"values": values},
    }


def known_activity(code: Any) -> bool:
    return code in ("1511", "5110", "99")


@settings(max_examples=30)
@given(declarations, records.filter(bool), st.sampled_from(COMPLETE))
def test_cells_and_panel(rows: list[trade.Line], register: dict[tuple[str, int], Any], said: Any) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files(folder, rows, register)
        with linked(folder, **parts(said)) as it:
            sums = ("value", "quantity", "first_month", "declarations")
            cells = it.rows(f"firm, year, flow, partner, product, intra, {', '.join(sums)}", "trade_cells")
            found = {tuple(row[:6]): dict(zip(sums, row[6:], strict=True)) for row in cells}
            names = [*trade_columns, "coverage", "in_register", "activity"]
            panel = {tuple(row[:2]): dict(zip(names, row[2:], strict=True))
                     for row in it.rows(f"firm, year, {', '.join(names)}")}  # fmt: skip
    assert found == trade.cells(rows)
    register_rows = [
        {"firm": firm, "year": year, "activity": code} for (firm, year), code in register.items()
    ]
    expected = trade.panel(
        rows, register_rows,
        lambda flow, year: complete(said, flow, year, {row["year"] for row in rows}),
        lambda flow, year: LIMITS.get((flow, year)), known_activity,
    )  # fmt: skip
    assert panel.keys() == expected.keys()
    for key, row in expected.items():
        assert {name: panel[key][name] for name in row} == row, key


trade_columns = [
    "import_intra", "import_extra", "export_intra", "export_extra", "import_partners", "export_partners",
    "import_products", "export_products", "declared_import", "declared_export",
]  # fmt: skip


def _study(said: Any) -> dict[str, Any]:
    sample = {"everybody": {"title": "Everybody", "expr": "year is not null", "source": "own"}}
    return {**parts(said), "samples": sample}


@settings(max_examples=6, phases=DRAW)
@given(declarations, records.filter(bool))
def test_match_rates(rows: list[trade.Line], register: dict[tuple[str, int], Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files(folder, [row | {"value": row["value"] + 1} for row in rows], register)
        spec = make_study(_study(True), "made-up", folder, "study.toml")
        found = {}
        for table in Study(spec, threads=2).tables(check=False):
            for cell in table.cells:
                found[table.name, cell.period, cell.codes.get("declared", ""), cell.measure] = cell.value
    listed = [{"firm": firm, "year": year, "activity": code} for (firm, year), code in register.items()]
    expected = trade.panel(
        [row | {"value": row["value"] + 1} for row in rows], listed,
        lambda flow, year: year in {row["year"] for row in rows},
        lambda flow, year: LIMITS.get((flow, year)), known_activity,
    )  # fmt: skip
    for year in {row["year"] for row in rows}:
        for flow in ("import", "export"):
            firms, matched, value, known = trade.match_rates(expected, year, flow)
            assert found["link-rate", str(year), flow, "firms"] == firms
            assert found["link-rate", str(year), flow, "matched-firms"] == matched
            rate = found["link-value", str(year), "", f"{flow}-match-rate"]
            assert rate is None if not value else abs(rate - float(100 * known / value)) < 1e-9


@settings(max_examples=5, phases=DRAW)
@given(
    st.lists(lines.map(lambda line: line | {"year": 2003 + line["year"] % 3}), min_size=8, max_size=25),
    records,
)
def test_stress(rows: list[trade.Line], register: dict[tuple[str, int], Any]) -> None:
    register = {(firm, 2003 + year % 3): code for (firm, year), code in register.items()} or {
        ("A", 2003): "1511"
    }
    listed = [{"firm": firm, "year": year, "activity": code} for (firm, year), code in register.items()]
    declared = {row["year"] for row in rows}
    before = trade.panel(rows, listed, lambda flow, year: year in declared, lambda *_: None, known_activity)
    after = trade.stress(before, {"import_intra": Decimal(60), "export_intra": Decimal(90)})
    years = {year for _, year in before}
    if not {2003, 2004, 2005} <= years:
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files(folder, rows, register)
        (folder / "study.toml").write_text(
            '[transactions]\nfiles = "t.csv"\nproducts = "CN"\nhome = "BE"\ncomplete = true\n'
            '[register]\nfiles = "r.csv"\n', encoding="utf-8"
        )  # fmt: skip
        limits = {"import_intra": 60.0, "export_intra": 90.0}
        spec = stress_spec(folder / "study.toml", limits, "as given", "no-trade", "all-firms")
        found = {(table.name, cell.period, cell.measure): cell.value
                 for table in Study(spec, threads=2).tables(check=False) for cell in table.cells}  # fmt: skip
    for flow in ("import", "export"):
        for when, panel in (("before", before), ("after", after)):
            for figure, (top, _) in trade.moves(panel, f"{flow}_intra", 2003).items():
                table = f"stress-{figure}-{flow}-intra"
                period = "2003" if figure == "participation" else "2003-2005"
                assert found[table, period, f"{table}-{when}-top"] == top, (figure, flow, when)
