"""Mixed units are suspected where a part of an amount is in thousands, and never for skewed data alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firmtrade.assemble.check_report import Problem
from support_panels import check, write_parquet

COLUMNS = ("firm", "year", "employment", "turnover", "value_added", "export_intra")


def panel(seed: int = 1, firms: int = 300, spread: float = 1.0, trade: float = 2.0) -> list[list[Any]]:
    """Firms over four years, log-normal; `spread` and `trade` are standard deviations of the log."""
    draw = np.random.default_rng(seed)
    rows: list[list[Any]] = []
    for firm in range(firms):
        size, level, flow = draw.normal(2, 1.2), draw.normal(11.5, spread), draw.normal(11, trade)
        for year in range(1998, 2002):
            employment = float(np.exp(size + draw.normal(0, 0.1)))
            turnover = employment * float(np.exp(level + draw.normal(0, 0.2)))
            export = float(np.exp(flow + draw.normal(0, 0.8))) if firm % 3 == 0 else 0.0
            rows.append([f"f{firm}", year, employment, turnover, 0.3 * turnover, export])
    return rows


def suspected(tmp_path: Path, rows: list[list[Any]]) -> dict[str, Problem]:
    report = check(write_parquet(tmp_path / "panel.parquet", rows, COLUMNS, {"firm": "varchar"}))
    return {problem.column: problem for problem in report.warnings if problem.rule == "mixed-units"}


@pytest.mark.parametrize("spread", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_skewed_data_are_not_suspected(tmp_path: Path, spread: float, seed: int) -> None:
    assert suspected(tmp_path, panel(seed, spread=spread, trade=3.0)) == {}


def test_heavy_tails_are_not_suspected(tmp_path: Path) -> None:
    rows = panel()
    draw = np.random.default_rng(5)
    for row in rows:
        row[3] = row[2] * 1e4 * float(draw.pareto(0.8) + 1)
        row[5] = float(draw.pareto(0.5)) * 1e3 if row[5] else 0.0
    assert suspected(tmp_path, rows) == {}


def test_a_few_firms_are_not_suspected(tmp_path: Path) -> None:
    rows = [
        ["a", 2001, 1.0, 5e7, 1e6, 0.0],
        ["b", 2001, 250.0, 1e4, 1e3, 1e6],
        ["a", 2002, 1.0, 5e4, 1e3, 1.0],
    ]
    assert suspected(tmp_path, rows) == {}


def test_one_year_in_thousands(tmp_path: Path) -> None:
    rows = panel()
    for row in rows:
        if row[1] == 2000:
            row[3] /= 1000
    found = suspected(tmp_path, rows)
    assert list(found) == ["turnover"]
    assert "by a factor of about 1000 in 2000, 2001" in found["turnover"].title
    assert "the year before, then" in str(found["turnover"].examples[0])
    assert "units = { turnover = 1000 }" in found["turnover"].remedy


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9])
def test_some_firms_in_thousands(tmp_path: Path, share: float) -> None:
    rows = panel(spread=0.6)
    for row in rows:
        if int(row[0][1:]) < share * 300:
            row[3] /= 1000
            row[4] /= 1000
    found = suspected(tmp_path, rows)
    assert set(found) == {"turnover", "value_added"}
    assert "per employee" in found["turnover"].title


@pytest.mark.parametrize("spread", [0.5, 2.0])
def test_some_rows_in_thousands(tmp_path: Path, spread: float) -> None:
    rows = panel(spread=spread)
    for number, row in enumerate(rows):
        if number % 40 == 0:
            row[3] *= 1000
    assert list(suspected(tmp_path, rows)) == ["turnover"]


def test_a_flow_in_thousands_in_one_year(tmp_path: Path) -> None:
    rows = panel()
    for row in rows:
        if row[1] == 1999:
            row[5] *= 1000
    assert list(suspected(tmp_path, rows)) == ["export_intra"]


def test_the_reference_of_a_large_panel_is_a_sample_of_firms(tmp_path: Path) -> None:
    rows = panel(firms=2500)
    for row in rows:
        if row[1] >= 2000:
            row[3] *= 1000
    assert list(suspected(tmp_path, rows)) == ["turnover"]
