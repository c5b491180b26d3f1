"""The benchmark of scale compares like with like: every tool finds the same firms, every table is another."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks import scale
from benchmarks.cross_table import ours, pandas, sql
from benchmarks.many_tables import DIMENSIONS, MEASURES, entries
from benchmarks.panel import make_panel


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_panel(tmp_path_factory.mktemp("scale") / "panel.parquet", 20_000)


def test_every_tool_counts_the_same_firms(panel: Path) -> None:
    found = {work.__name__: work(panel)() for work in (ours, sql, pandas)}
    assert len(set(found.values())) == 1 and found["ours"] > 10_000, found


def test_ten_tables_ask_about_what_a_thousand_ask_about() -> None:
    thousand = entries(1000)
    assert len({str(entry) for entry in thousand.values()}) > 950
    ten = list(entries(10).values())
    assert {name for entry in ten for name in entry["by"]} == set(DIMENSIONS)
    assert len({entry["period"] for entry in ten}) >= 5
    assert len({measure for entry in ten for measure in entry["measures"]}) >= len(MEASURES) - 3


def test_what_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert scale._lacking("polars") == "polars is not installed"
    assert scale._lacking("datatable") == "R is not installed"
    assert scale._lacking("spark") == "pyspark is not installed"
    assert scale._lacking("ours") == ""
