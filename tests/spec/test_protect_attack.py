"""`firmtrade attack`: a release as it lies there, with the structure that the custodian kept."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys

import pytest

from firmtrade.study import Study
from reference.panels import random_panel
from support_quick import without_reports


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A protected release of a random panel of 700 firms; beside it the custodian's folder."""
    folder = tmp_path_factory.mktemp("attacked")
    random_panel(5, 700).to_parquet(folder / "panel.parquet")
    with without_reports():
        return Study("belgium-2002", str(folder / "panel.parquet")).run(folder / "out")


def attacked(*arguments):
    command = [sys.executable, "-m", "firmtrade", "attack", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path, cells):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(cells[0]))
        writer.writeheader()
        writer.writerows(cells)


def altered(released, folder, change):
    """A copy of the release with its custody, in which `change` has altered the cells of tables.csv."""
    shutil.copytree(released, folder / "out")
    shutil.copytree(released.with_name("out-custody"), folder / "out-custody")
    cells = rows(folder / "out" / "tables.csv")
    change(cells)
    write(folder / "out" / "tables.csv", cells)
    return folder / "out"


def inside(released):
    """(table, sample, period, codes, measure) -> what the custodian has of a figure."""
    kept = rows(released.with_name("out-custody") / "figures.csv")
    return {(r["table"], r["sample"], r["period"], r["codes"], r["measure"]): r for r in kept}


FIXED = {"table", "sample", "period", "measure", "value", "unit", "decimals", "confidentiality"}


def known(cell, figures):
    codes = "; ".join(f"{name}={cell[name]}" for name in sorted(set(cell) - FIXED) if cell[name] != "_T")
    return figures[cell["table"], cell["sample"], cell["period"], codes, cell["measure"]]


def test_a_release_withstands(released):
    done = attacked(released)
    assert (done.returncode, done.stderr) == (0, "")
    assert "The stored proofs hold; no solver was needed" in done.stdout
    assert "No hidden figure can be worked out." in done.stdout


def test_each_unsafe_figure_that_is_shown_is_noticed(released, tmp_path):
    figures = inside(released)

    def show_one(cells):
        cell = next(c for c in cells if known(c, figures)["status"] == "A" and c["measure"] == "firms")
        cell |= {"value": known(cell, figures)["value"], "confidentiality": "F"}

    done = attacked(altered(released, tmp_path, show_one))
    assert done.returncode == 13
    assert "gives away what must be hidden" in done.stdout


def test_secondary_figures_that_are_shown_again_are_noticed(released, tmp_path):
    figures = inside(released)

    def show_all(cells):
        for cell in cells:
            if known(cell, figures)["status"] == "D":
                cell |= {"value": known(cell, figures)["value"], "confidentiality": "F"}

    done = attacked(altered(released, tmp_path, show_all))
    assert done.returncode == 13
    assert "an outsider knows it is between" in done.stdout
    assert "the proof is of a release that hides more" in done.stdout


def test_a_figure_that_was_changed_is_named(released, tmp_path):
    def change(cells):
        cell = next(c for c in cells if c["table"] == "table-01" and c["value"])
        cell["value"] = str(float(cell["value"]) + 1)

    done = attacked(altered(released, tmp_path, change))
    assert done.returncode == 13
    assert "not the custodian's figure" in done.stdout and "table-01" in done.stdout


def test_without_custody_the_structure_is_inferred(released, tmp_path):
    """One hidden cell in a row whose total is shown is known exactly."""
    cells = [
        {"table": "t", "sample": "s", "period": "2002", "size": size, "measure": "firms", "value": value,
         "unit": "count", "decimals": "0", "confidentiality": "F" if value else "C"}
        for size, value in (("_T", "30"), ("small", "18"), ("large", ""))
    ]  # fmt: skip
    write(tmp_path / "tables.csv", cells)
    done = attacked(tmp_path / "tables.csv")
    assert done.returncode == 13
    assert "known exactly" in done.stdout
    write(tmp_path / "tables.csv", [{**c, "value": "", "confidentiality": "C"} for c in cells])
    assert attacked(tmp_path / "tables.csv").returncode == 0


def test_another_release_is_refused(released, tmp_path):
    def rename(cells):
        cells[0]["table"] = "table-99"

    done = attacked(altered(released, tmp_path, rename))
    assert done.returncode == 11
    assert "is no figure of the release" in done.stderr
