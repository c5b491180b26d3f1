"""All 98 series of exporter dynamics, and first years by months, as a slow reference gives them."""

from __future__ import annotations

import csv
import statistics
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from firmtrade.describe.spec import read_table
from firmtrade.describe.trade.dynamics.spec import EXITERS, GROWTHS
from firmtrade.study import Study
from firmtrade.study_file import make_study, read_raw
from reference.dynamics import Line, World, first_years, series
from support_trade import write

FIRMS = tuple(f"F{n}" for n in range(8))
YEARS = (2001, 2002, 2003, 2004, 2006)  # with a hole: what is asked of 2005 is not known
PARTNERS = ("DE", "FR", "US", "QU", "unknown")
PRODUCTS = ("010121", "010129", "847130", "270112", "unknown")

lines = st.builds(
    Line, st.sampled_from(FIRMS), st.sampled_from(YEARS), st.integers(1, 12), st.sampled_from(PARTNERS),
    st.sampled_from(PRODUCTS), st.sampled_from((400.0, 700.25, 1000.0, 5200.5, 81_000.0)),
)  # fmt: skip
declarations = st.lists(lines, min_size=30, max_size=90)
#: A whole study for each example: what fails is not made smaller, which would take minutes.
DRAW = (Phase.explicit, Phase.generate)
UNITS = {
    "export-hs2": lambda code: lambda line: line.product[:2] == code,
    "export-destination": lambda code: lambda line: line.partner == code,
}


def all_codes() -> list[str]:
    """The codes of the study's measures."""
    raw = read_raw("exporter-dynamics")[0]
    found = [str(word["source"]).partition("#")[2] for word in raw["measures"].values()]
    return [code for code in found if code]


def study(folder: Path, rows: list[Line], dynamics: dict[str, Any]) -> Study:
    told = [(r.firm, f"{r.year}{r.month:02d}", "export", None if r.partner == "unknown" else r.partner,
             None if r.product == "unknown" else r.product, r.value, None) for r in rows]  # fmt: skip
    write(folder / "t.csv", told)
    raw, name, _, file = read_raw("exporter-dynamics")
    raw["transactions"] = {"files": "t.csv", "products": "HS"}
    raw["dynamics"] = {**raw["dynamics"], **dynamics}
    return Study(make_study(raw, name, folder, file), threads=1)


def asked(period: list[str]) -> list[Any]:
    """The 98 series of the country, and of each chapter and destination."""
    codes = all_codes()
    plain = [c.lower() for c in codes if c[:2] not in ("B5", "B6")]
    entries: list[dict[str, Any]] = [
        {"sample": "exporters", "measures": plain},
        {"sample": "exported-products", "measures": ["b5i", "b5ii", "b5iii"]},
        {"sample": "exported-destinations", "measures": ["b6i", "b6ii", "b6iii"]},
        {"sample": "exporters-by-hs2", "measures": plain, "by": ["export-hs2"]},
        {"sample": "exporters-by-destination", "measures": plain, "by": ["export-destination"]},
    ]
    return [read_table(f"t{n}", {**entry, "title": "", "period": period}, "test")
            for n, entry in enumerate(entries)]  # fmt: skip


def same(ours: float | None, theirs: float | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)


@pytest.mark.slow
@settings(max_examples=10, phases=DRAW)
@given(declarations, st.sampled_from(EXITERS), st.sampled_from(GROWTHS), st.booleans())
def test_every_series_is_that_of_the_reference(
    rows: list[Line], exiter: str, growth: str, inverse: bool
) -> None:
    rows = [*rows, Line("F0", 2002, 3, "DE", "010121", 5000.0), Line("F0", 2003, 3, "DE", "847130", 900.0)]
    years = sorted({line.year for line in rows})
    quartiles = "inverse" if inverse else "interpolated"
    with tempfile.TemporaryDirectory() as name:
        made = study(Path(name), rows, {"exiter": exiter, "growth": growth, "quartiles": quartiles})
        results = made.tables(asked([str(year) for year in years]))
    printed = {code.lower(): code for code in all_codes()}
    expected: dict[tuple[Any, ...], dict[str, float | None]] = {}
    wrong, compared = [], 0
    for result in results:
        for cell in result.cells:
            unit = (*cell.codes.items(), cell.period)
            if unit not in expected:
                (inside,) = [UNITS[name](code) for name, code in cell.codes.items()] or [lambda _: True]
                world = World(rows, exiter, growth, inverse, inside=inside)
                expected[unit] = series(world, int(cell.period))
            code = printed[cell.measure]
            compared += 1
            if not same(cell.value, expected[unit][code]):
                wrong.append((code, *unit, cell.value, expected[unit][code]))
    assert compared > 98 * len(years)
    assert not wrong, wrong[:5]


def test_there_are_98_series_with_the_names_of_the_database(shared: Path) -> None:
    with (shared / "data" / "reference" / "edd-series.csv").open(encoding="utf-8") as file:
        printed = {row["code"]: row["title"] for row in csv.DictReader(file)}
    raw = read_raw("exporter-dynamics")[0]
    titles = {code: raw["measures"][code.lower()]["title"] for code in all_codes()}
    assert len(printed) == 98
    assert titles == {code: f"{code} {title}" for code, title in printed.items()}
    in_tables = [m for table in raw["tables"].values() for block in table.get("cells", [table])
                 for m in block["measures"]]  # fmt: skip
    assert {code.lower() for code in printed} <= set(in_tables)


@settings(max_examples=10, phases=DRAW)
@given(declarations)
def test_first_years_are_those_of_the_reference(rows: list[Line]) -> None:
    years = sorted({line.year for line in rows})
    with tempfile.TemporaryDirectory() as name:
        made = study(Path(name), rows, {})
        if not any(line.value >= 1000 for line in rows):
            return
        result = made.table("partial-year")
    world = World(rows)
    for cell in result.cells:
        found = first_years(world, int(cell.period))
        which, _, rest = cell.measure.partition("-")
        values = found[rest.removeprefix("of-").replace("-year-", "_")]
        expected: float | None = len(values)
        if which == "mean":
            expected = sum(values) / len(values) if values else None
        elif which == "median":
            expected = statistics.median(values) if values else None
        assert same(cell.value, expected), (cell, expected)
    assert len(result.cells) == 10 * len(years)
