"""Does a run of belgium-2002 give, for any panel, the numbers of the slow and obvious computation?"""

from __future__ import annotations

import csv
import importlib.util
import math
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pandas
import pytest
from typer.testing import CliRunner

from firmtrade.cli import app
from firmtrade.publish.table_csv import tables_csv
from firmtrade.study import Study
from reference.belgium import COLUMNS, MODES, PARTS, Cells, Key, cell_key, reference
from reference.by_hand import hand_cells, hand_panel
from reference.panels import FLOWS, random_panel, write_all

# Shares and growth are printed with one decimal; both sides sum exactly, so only the last root differs.
TOLERANCE = 1e-6


# --- helpers ------------------------------------------------------------------------------------------------


REASON = "random test panel"


def command(panel: Path, out: Path) -> list[str]:
    return ["run", "belgium-2002", "--panel", str(panel), "--out", str(out), "--unprotected", REASON]


def run(panel: Path, out: Path) -> bytes:
    """Run the study on a panel with everything that it writes, and return its tables.csv."""
    done = CliRunner().invoke(app, command(panel, out))
    assert done.exit_code == 0, done.output
    return (out / "tables.csv").read_bytes()


def run_apart(root: Path, panel: Path, out: Path) -> bytes:
    """The same as a user would: a process of its own, in the folder of the output."""
    paths = [str(root / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-m", "firmtrade", *command(panel, out)],
        cwd=out.parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.args}\n{done.stdout}\n{done.stderr}"
    return (out / "tables.csv").read_bytes()


def tables_of(panel: Path) -> bytes:
    """The tables.csv of a run, without the report and its figures."""
    return tables_csv(Study("belgium-2002", panel=str(panel)).release(REASON))


def cells_of(tables: bytes) -> Cells:
    """The cells of a tables.csv by key; a cell that is also split by a dimension of its own is left out."""
    about = {*COLUMNS, "value", "unit", "decimals", "confidentiality"}
    cells: Cells = {}
    for row in csv.DictReader(tables.decode("utf-8").splitlines()):
        if any(value != "_T" for name, value in row.items() if name not in about):
            continue
        key = tuple(row[column] for column in COLUMNS)
        assert key not in cells, f"twice in tables.csv: {shown(key)}"
        cells[key] = float(row["value"]) if row["value"] else None
    return cells


def shown(key: Key) -> str:
    return " ".join(f"{name}={code}" for name, code in zip(COLUMNS, key, strict=True) if code != "_T")


def close(expected: float | None, found: float | None) -> bool:
    if expected is None or found is None:
        return expected is found
    return math.isclose(expected, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def compare(expected: Cells, found: Cells) -> None:
    """Fail with the list of the cells that are missing and of those that differ."""
    missing = [shown(key) for key in expected if key not in found]
    assert not missing, f"{len(missing)} of {len(expected)} cells are missing:\n" + "\n".join(missing)
    wrong = [
        f"{shown(key)}: {found[key]}, not {value}"
        for key, value in expected.items()
        if not close(value, found[key])
    ]
    assert not wrong, f"{len(wrong)} of {len(expected)} cells differ:\n" + "\n".join(wrong)


def saved(panel: pandas.DataFrame, folder: Path) -> Path:
    path = folder / "panel.parquet"
    panel.to_parquet(path, index=False)
    return path


def known_everywhere(seed: int) -> pandas.DataFrame:
    """A panel in which nothing is unknown, on which the identities of the report hold exactly."""
    panel = random_panel(seed)
    values = {name: panel[name].fillna(0.0) for name in FLOWS}
    values["employment"] = panel["employment"].fillna(5.0)
    values["value_added"] = panel["value_added"].fillna(1.0).clip(lower=1.0)
    return panel.assign(**values)


# --- the reference itself -----------------------------------------------------------------------------------


def test_reference_gives_the_cells_worked_out_on_paper() -> None:
    compare(hand_cells(), reference(hand_panel()))


def test_reference_has_every_published_key_and_division_12(shared: Path) -> None:
    with (shared / "seed" / "published.csv").open(encoding="utf-8", newline="") as file:
        published = {tuple(row[column] for column in COLUMNS) for row in csv.DictReader(file)}
    tables = {key for key in reference(hand_panel()) if key[0].startswith("table")}
    place = ("table-03", "manufacturing", 2002)
    flows = [cell_key(*place, "participation", activity="12", flow=flow) for flow in ("export", "import")]
    assert tables - published == {cell_key(*place, "firms", activity="12"), *flows}
    assert published <= tables
    assert len(tables) == 617


def test_random_panels_hold_every_pattern_of_flows_and_every_limit() -> None:
    panel = random_panel(1)
    assert not panel.duplicated(["firm", "year"]).any()
    known = (panel[list(FLOWS)] > 0).astype("object").where(panel[list(FLOWS)].notna())
    for year in (1998, 2002):
        assert len(known[panel["year"] == year].drop_duplicates()) == 81
    for limit in (0.5, 0.99, 1, 9.9, 9.99, 10, 49.9, 50, 99.9, 100, 249.9, 250, 300):
        assert (panel["employment"] == limit).sum() > 10, limit
    assert (panel["turnover"] == 50_000_000).any()
    assert panel.isna().any()[["region", "activity", "founded", "employment", "turnover", "domestic"]].all()


@pytest.mark.parametrize("seed", [1, 2])
def test_modes_and_sectors_add_up_when_nothing_is_unknown(seed: int) -> None:
    cells = reference(known_everywhere(seed))
    for table, sample, other in (
        ("table-01", "manufacturing", "table-03"),
        ("table-19", "services", "table-19"),
    ):
        total = cells[cell_key(other, sample, 2002, "firms")]
        if table == "table-01":
            assert sum(cells[cell_key(table, sample, 2002, "firms", mode=mode)] for mode in MODES) == total
        sectors = [v for k, v in cells.items() if k[0] == other and k[3] != "_T" and k[-1] == "firms"]
        assert sum(sectors) == total
    for mode in MODES[1:]:
        of_mode = [v for k, v in cells.items() if k[0] == "table-17" and k[9] == mode and k[10] != "_T"]
        assert sum(of_mode) == cells[cell_key("table-17", "services-any-owner", 2002, "firms", mode=mode)]


@pytest.mark.parametrize("seed", [1, 2])
def test_shares_of_pairs_agree_both_ways(seed: int) -> None:
    """P(a|b) P(b) = P(b|a) P(a): the family F05 of the audit."""
    cells = reference(random_panel(seed))

    def pair(flow: str, given: str) -> float:
        whole = cells[cell_key("figure-17", "manufacturing", 2002, "participation", flow=given)]
        return (
            whole
            * cells[cell_key("table-02", "manufacturing", 2002, "participation", flow=flow, given=given)]
        )

    for one in PARTS:
        for other in PARTS:
            assert pair(one, other) == pytest.approx(pair(other, one), rel=1e-12)


@pytest.mark.parametrize("seed", [1, 2])
def test_growth_of_productivity_is_that_of_its_parts(seed: int) -> None:
    """(1 + value added) / (1 + employment) - 1 = productivity (F01), and five of it are the change (F03)."""
    cells = reference(known_everywhere(seed))
    rates = [key for key in cells if key[-1] == "productivity-growth" and cells[key] is not None]
    assert len(rates) > 80
    for key in rates:
        added, employment = (cells[(*key[:-1], f"{name}-growth")] for name in ("value-added", "employment"))
        assert (1 + cells[key] / 100) * (1 + employment / 100) == pytest.approx(1 + added / 100, rel=1e-12)
    for table, levels in (("table-06", "table-05"), ("table-22", "table-21")):
        for key in (key for key in rates if key[0] == table):
            change = cells[(levels, *key[1:-1], "productivity-change")]
            assert (1 + cells[key] / 100) ** 5 == pytest.approx(1 + change / 100, rel=1e-12)


@pytest.mark.parametrize("seed", [1, 2])
def test_statuses_add_up_when_nothing_is_unknown(seed: int) -> None:
    cells = reference(known_everywhere(seed))
    for table in ("table-06", "table-12", "table-22", "table-27"):
        count = {key[13]: value for key, value in cells.items() if key[0] == table and key[-1] == "firms"}
        assert count["traders"] == count["constant"] + count["new"]
        assert 0 < count["stopped"] < count["non-traders"]


# --- the command against the reference ----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "firms"), [(1, 1500), (2, 1500), (3, 400), (4, 60), (5, 8)])
def test_run_agrees_with_the_reference(tmp_path: Path, seed: int, firms: int) -> None:
    """Of the largest and the smallest panel with the report and its figures."""
    panel = random_panel(seed, firms)
    file = saved(panel, tmp_path)
    tables = run(file, tmp_path / "out") if seed in (1, 5) else tables_of(file)
    compare(reference(panel), cells_of(tables))


@pytest.mark.slow
def test_run_agrees_with_what_was_worked_out_on_paper(root: Path, tmp_path: Path) -> None:
    panel = hand_panel()
    found = cells_of(run_apart(root, saved(panel, tmp_path), tmp_path / "out"))
    compare(hand_cells(), found)
    compare(reference(panel), found)


@pytest.mark.slow
def test_run_takes_a_flow_as_traded_or_not_traded(tmp_path: Path) -> None:
    panel = random_panel(6, 400, flows="boolean")
    found = cells_of(run(saved(panel, tmp_path), tmp_path / "out"))
    compare(reference(panel), found)
    compare(reference(random_panel(6, 400)), found)


@pytest.mark.slow
def test_run_gives_the_same_bytes_for_every_format_and_row_order(tmp_path: Path) -> None:
    files = write_all(random_panel(7, 400), tmp_path)
    tables = {name: tables_of(path) for name, path in files.items() if name != "parquet"}
    tables["parquet"] = run(files["parquet"], tmp_path / "out")
    assert set(tables) == set(files)
    different = [name for name, content in tables.items() if content != tables["parquet"]]
    assert not different, f"tables.csv differs from that of the Parquet file for: {', '.join(different)}"


# --- the analyst's script, against which the package is measured --------------------------------------------


def benchmark(root: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, root / "benchmarks" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("seed", "firms"), [(1, 1500), (3, 400), (4, 60), (5, 8)])
def test_pandas_script_agrees_with_the_reference(root: Path, tmp_path: Path, seed: int, firms: int) -> None:
    panel = random_panel(seed, firms)
    tables = benchmark(root, "pandas_script").tables(saved(panel, tmp_path))
    found = {
        tuple(key): None if math.isnan(value) else value for *key, value in tables.itertuples(index=False)
    }
    assert len(found) == len(tables)
    expected = reference(panel)
    compare(expected, found)
    assert len(found) == len(expected)


def test_large_panel_is_the_same_twice_and_fills_the_tables(root: Path, tmp_path: Path) -> None:
    make_panel = benchmark(root, "panel").make_panel
    one, two = (make_panel(tmp_path / f"{name}.parquet", rows=40_003, seed=5) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    panel = pandas.read_parquet(one)
    assert len(panel) == 40_003
    assert not panel.duplicated(["firm", "year"]).any()
    assert not (panel["founded"] > panel["year"]).any()
    assert panel["employment"].isna().mean() == pytest.approx(0.05, abs=0.01)
    assert panel[list(FLOWS)].isna().mean().mean() == pytest.approx(0.02, abs=0.005)
    found = benchmark(root, "pandas_script").tables(one)
    assert found["value"].notna().mean() > 0.9
