"""[models.learning] in a study: from a panel to verdicts, tables and a figure that may leave."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from firmtrade.study import Study, make_study
from support_planted import panel, truth

SAMPLES = {
    "everybody": {"title": "Everybody", "expr": "year > 0", "source": "own"},
    "drinks": {"title": "Drinks", "expr": "division = '15'", "source": "own"},
}
ENTRY = {"kind": "learning", "sample": "everybody"}


def contract(frame: pd.DataFrame) -> pd.DataFrame:
    """A planted panel as a panel of the contract: productivity times employment is value added."""
    people = np.exp(frame["size"]).clip(lower=1).round(1)
    return pd.DataFrame(
        {
            "firm": frame["firm"],
            "year": frame["year"],
            "activity": frame["industry"].map({"a": "1511", "b": "2811", "c": "2411", "d": "3011"}),
            "employment": people,
            "value_added": (people * np.exp(frame["lp"]) * 50000).round(2),
            "export_intra": frame["export"] * 1000,
            "export_extra": 0,
        }
    )


def run(folder: Path, frame: pd.DataFrame, entry: dict[str, Any], **more: Any) -> Path:
    frame.to_csv(folder / "panel.csv", index=False)
    raw = {
        "title": "Learning",
        "samples": SAMPLES,
        "models": {"learning": {**ENTRY, **entry}},
        "protect": {"profile": "research-output"},
        **more,
    }
    return Study(make_study(raw, "learning", Path(), "study.toml"), panel=str(folder / "panel.csv")).run(
        folder / "out"
    )


def rows(out: Path, table: str) -> list[dict[str, str]]:
    with (out / "models.csv").open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["table"] == table]


@pytest.fixture(scope="module")
def both() -> pd.DataFrame:
    return contract(panel(truth("both", firms=1500, seed=2, stop=0.1)))


def test_verdicts_tables_and_figure(both: pd.DataFrame, tmp_path: Path) -> None:
    out = run(tmp_path, both, {})
    page = (out / "report.html").read_text()
    assert "Self-selection into exporting: shown." in page
    assert "Learning by exporting: shown." in page
    findings = json.loads((out / "manifest.json").read_text())["findings"]["learning"]
    assert findings == {"everybody export selection": "shown", "everybody export learning": "shown"}
    assert "How this was decided" in page and "Thresholds are strict" in page
    assert "Callaway and Sant" in page and (out / "figures" / "learning.svg").exists()
    found = {
        row["comparison"]: float(row["value"])
        for row in rows(out, "learning-estimates")
        if row["measure"] == "learning-effect"
    }
    assert set(found) == {"same-trends", "same-level", "balanced", "two-way-effects"}
    assert found["same-trends"] == pytest.approx(100 * np.expm1(0.12), abs=4)  # two standard errors
    events = {row["since-start"] for row in rows(out, "learning")}
    assert {"-5", "-1", "0", "5"} <= events
    bounds = [row for row in rows(out, "learning-sensitivity") if row["measure"] == "bound-low"]
    assert len(bounds) == 8
    history = {row["history"]: row["value"] for row in rows(out, "learning-history")}
    assert float(history["starter"]) % 10 == 0 and float(history["stopped"]) > 0


def test_growth_cannot_tell_and_says_why(tmp_path: Path) -> None:
    out = run(tmp_path, contract(panel(truth("growth", firms=1500, seed=2, trend=0.06))), {"controls": []})
    page = (out / "report.html").read_text()
    assert "Learning by exporting: cannot tell." in page
    assert "already moved apart before the start" in page


def test_rows_in_another_order_give_the_same_bytes(both: pd.DataFrame, tmp_path: Path) -> None:
    outs = []
    for at, frame in enumerate((both, both.sample(frac=1, random_state=5))):
        folder = tmp_path / str(at)
        folder.mkdir()
        outs.append(run(folder, frame, {"controls": []}))
    assert (outs[0] / "models.csv").read_bytes() == (outs[1] / "models.csv").read_bytes()


def test_several_flows_and_samples_stand_side_by_side(both: pd.DataFrame, tmp_path: Path) -> None:
    frame = both.assign(import_intra=both["export_intra"].where(both["year"] > 2003, 0), import_extra=0)
    flows = {"export": "exporter", "import": "importer", "both": "exporter and importer"}
    out = run(tmp_path, frame, {"flows": flows, "samples": ["everybody", "drinks"], "controls": []})
    estimates = rows(out, "learning-estimates")
    assert {row["started"] for row in estimates} == {"export", "import", "both"}
    assert {row["sample"] for row in estimates} == {"everybody", "drinks"}
    assert (out / "figures" / "learning-everybody.svg").exists()
    assert "Learning by exporting and importing" in (out / "report.html").read_text()


def test_a_handful_of_starters_is_no_finding(tmp_path: Path) -> None:
    """Eight starters: neither their effect nor a sentence about it may leave."""
    frame = panel(truth("neither", firms=400, seed=1, hazard=0.004))
    out = run(tmp_path, contract(frame), {"controls": []})
    assert all(row["confidentiality"] != "F" for row in rows(out, "learning-estimates"))
    assert "Learning by exporting" not in (out / "report.html").read_text()


def test_no_starter_is_said(tmp_path: Path) -> None:
    frame = contract(panel(truth("neither", firms=200, seed=1))).assign(export_intra=0)
    out = run(tmp_path, frame, {})
    history = {row["history"]: row for row in rows(out, "learning-history")}
    assert float(history["never"]["value"]) == 200
    assert not rows(out, "learning-estimates")


def test_what_the_panel_lacks_is_said(both: pd.DataFrame, tmp_path: Path) -> None:
    page = (run(tmp_path, both.drop(columns="value_added"), {}) / "report.html").read_text()
    assert "Not answered" in page and "value_added" in page


def test_a_control_that_the_panel_lacks_is_left_out_and_named(both: pd.DataFrame, tmp_path: Path) -> None:
    page = (run(tmp_path, both, {"controls": ["division", "region"]}) / "report.html").read_text()
    assert "Not held equal" in page and "Learning by exporting: shown." in page


def test_an_outcome_that_is_no_logarithm_is_told_in_its_units(both: pd.DataFrame, tmp_path: Path) -> None:
    out = run(tmp_path, both, {"outcome": "ln(value_added / employment)", "logs": False, "controls": []})
    units = {row["unit"] for row in rows(out, "learning-estimates") if row["measure"] == "learning-effect"}
    assert units == {"units of the outcome"}
