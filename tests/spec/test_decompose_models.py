"""Decompositions and production functions as a study asks for them: from the panel to the report."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pandas", reason="the extra econ is not installed")
pytest.importorskip("scipy", reason="the extra econ is not installed")

import numpy as np

from firmtrade.study import Study, make_study
from reference.production import acf_panel

SAMPLES = {"all": {"title": "All firms", "expr": "firm is not null", "source": "own"}}


@pytest.fixture(scope="module")
def panel(tmp_path_factory: Any) -> Path:
    """500 firms with capital and materials; exporting adds 0.1 to log productivity; some rows are lost."""
    frame = acf_panel(5, 1, firms=500, years=6, effect=0.1)
    frame = frame[np.random.default_rng(1).random(len(frame)) > 0.05]
    columns = {
        "firm": "F" + frame["id"].astype(str),
        "year": frame["year"],
        "activity": "2811",
        "region": "BE21",
        "founded": 1990,
        "employment": np.exp(frame["l"]).round(3),
        "turnover": (3000 * np.exp(frame["y"])).round(2),
        "value_added": (1000 * np.exp(frame["y"])).round(2),
        "domestic": "true",
        "import_intra": np.where(frame["id"] % 5 < 2, 100, 0),
        "import_extra": 0,
        "export_intra": (frame["exports"] * 100 * np.exp(frame["y"])).round(2),
        "export_extra": np.where(frame["id"] % 3 == frame["year"] % 3, frame["exports"] * 50.0, 0),
        "capital": (1000 * np.exp(frame["k"])).round(2),
        "materials": (1000 * np.exp(frame["m"])).round(2),
    }
    path = tmp_path_factory.mktemp("panel") / "panel.csv"
    frame.assign(**columns)[list(columns)].to_csv(path, index=False)
    return path


MODELS = {
    "growth": {"kind": "decomposition", "sample": "all", "years": [2000, 2005]},
    "shares": {"like": "growth", "method": "foster-haltiwanger-krizan", "switchers": "apart"},
    "alone": {"like": "growth", "groups": ""},
    "trade": {"kind": "margins", "sample": "all"},
    "markets": {
        "kind": "margins", "sample": "all", "values": ["export_intra", "export_extra"], "yearly": False,
    },
    "jobs": {"kind": "job-flows", "sample": "all"},
    "tfp": {"kind": "production-function", "sample": "all", "replications": 10},
}  # fmt: skip


def run(panel: Path, models: dict[str, Any], out: Path, protect: dict[str, Any]) -> Path:
    extra = {"columns": {"capital": "capital", "materials": "materials"}}
    raw = {"title": "Models", "samples": SAMPLES, "models": models, "protect": protect, "panel": extra}
    return Study(make_study(raw, "models", Path(), "study.toml"), panel=str(panel)).run(
        out, unprotected=None if protect else "a test on drawn data"
    )


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "models.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def told(panel: Path, tmp_path_factory: Any) -> tuple[Path, dict[tuple[str, ...], float]]:
    """A run without protection: table, period, part, group, measure -> value."""
    out = run(panel, MODELS, tmp_path_factory.mktemp("run") / "out", {})
    found = {
        (row["table"], row["period"], row["part"], row["mode"], row["measure"]): float(row["value"])
        for row in rows(out)
        if row["value"] and row["input"] == "_T" and row["at"] == "_T"
    }
    return out, found


def of(found: dict[tuple[str, ...], float], table: str, period: str, group: str = "_T") -> dict[str, float]:
    return {
        key[2]: value for key, value in found.items() if (key[0], key[1], key[3]) == (table, period, group)
    }


def test_parts_of_growth_add_up_over_parts_and_groups(told: Any) -> None:
    _, found = told
    for name in ("growth", "shares"):
        whole = of(found, name, "2000-2005")
        assert sum(value for part, value in whole.items() if part != "change") == pytest.approx(
            whole["change"]
        )
        groups = {key[3] for key in found if key[0] == f"{name}-by-group"}
        assert {"none", "both", "export-only", "import-only"} <= groups
        by_group = [of(found, f"{name}-by-group", "2000-2005", group) for group in groups]
        assert sum(one["change"] for one in by_group) == pytest.approx(whole["change"])
        levels = [of(found, f"{name}-levels", year)["aggregate"] for year in ("2000", "2005")]
        assert levels[1] - levels[0] == pytest.approx(whole["change"])
    assert "switched" in {key[3] for key in found if key[0] == "shares-by-group"}


def test_margins_and_job_flows_add_up(told: Any) -> None:
    _, found = told
    for year in range(2000, 2005):
        period = f"{year}-{year + 1}"
        trade = of(found, "trade", period)
        assert trade["extensive"] + trade["intensive"] == pytest.approx(trade["change"])
        ends = of(found, "trade-amounts", period)
        middle = (ends["start"] + ends["end"]) / 2
        assert trade["change"] == pytest.approx(100 * (ends["end"] - ends["start"]) / middle)
        jobs = of(found, "jobs", period)
        assert jobs["creation"] - jobs["destruction"] == pytest.approx(jobs["net"])
    assert {"market-added", "market-dropped"} & set(of(found, "markets", "2000-2005"))


def test_exporting_raises_productivity_as_planted(told: Any) -> None:
    out, _ = told
    here = [row for row in rows(out) if row["model"] == "tfp"]
    mean = {row["measure"]: float(row["value"]) for row in here if row["at"] == "exporting"}
    assert mean["exporting-effect-low"] < 10.5 < mean["exporting-effect-high"]
    labour = {row["measure"]: float(row["value"]) for row in here if row["input"] == "employment"}
    assert labour["elasticity"] == pytest.approx(0.6, abs=0.06)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Exporting raises next year&#39;s total factor productivity" in page or (
        "Exporting raises next year's total factor productivity" in page
    )
    assert "Ackerberg, Caves and Frazer (2015)" in page and "Kim, Luo and Su" in page


def test_every_figure_is_drawn_and_every_method_told(told: Any) -> None:
    out, _ = told
    drawn = {path.stem for path in (out / "figures").glob("*.svg")}
    assert {"growth-figure", "shares-figure", "trade-figure", "jobs-figure", "tfp", "tfp-exporting"} <= drawn
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Not answered" not in page
    for said in (
        "Melitz and Polanec",
        "Griliches and Regev",
        "Davis, Haltiwanger and Schuh",
        "Bernard et al.",
    ):
        assert said in page


def test_what_is_hidden_does_not_follow_from_what_is_told(panel: Path, tmp_path: Path) -> None:
    models = {name: MODELS[name] for name in ("growth", "trade", "jobs")}
    out = run(panel, models, tmp_path / "out", {"profile": "research-output"})
    hidden: dict[tuple[str, str, str], list[str]] = {}
    for row in rows(out):
        if row["table"] == "growth-by-group" and row["confidentiality"] != "F":
            hidden.setdefault(("group", row["mode"], row["period"]), []).append(row["part"])
            hidden.setdefault(("part", row["part"], row["period"]), []).append(row["mode"])
    told = {row["table"]: set() for row in rows(out)}
    for row in rows(out):
        if row["confidentiality"] == "F":
            told[row["table"]].add((row["mode"], row["part"], row["period"]))
    parts = {key for key in told["growth-by-group"] if key[1] != "change"}
    assert told["growth-figure"] == parts, "the figure shows what the table tells, and no more"
    few = {key: cells for key, cells in hidden.items() if key[0] == "group"}
    assert few, "of so few entrants and exiters in a group nothing is told"
    assert all(len(cells) > 1 for cells in few.values()), "a single part would be a subtraction away"


def test_the_order_of_rows_does_not_matter(panel: Path, tmp_path: Path) -> None:
    lines = panel.read_text(encoding="utf-8").splitlines()
    other = tmp_path / "other.csv"
    other.write_text("\n".join([lines[0], *random.Random(2).sample(lines[1:], len(lines) - 1)]) + "\n")
    models = {name: MODELS[name] for name in ("growth", "markets", "jobs")}
    outs = [run(path, models, tmp_path / name, {}) for name, path in (("a", panel), ("b", other))]
    assert (outs[0] / "models.csv").read_bytes() == (outs[1] / "models.csv").read_bytes()


def test_a_panel_without_capital_says_so(panel: Path, tmp_path: Path) -> None:
    import pandas

    bare = tmp_path / "bare.csv"
    pandas.read_csv(panel).drop(columns=["capital", "materials"]).to_csv(bare, index=False)
    raw = {"title": "Models", "samples": SAMPLES, "models": {"tfp": MODELS["tfp"]}}
    out = Study(make_study(raw, "models", Path(), "study.toml"), panel=str(bare)).run(
        tmp_path / "out", unprotected="a test on drawn data"
    )
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Not answered" in page and "capital, materials, which the panel does not have" in page
