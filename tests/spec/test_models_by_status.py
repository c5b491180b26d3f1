"""Premia, growth and self-selection as a study asks for them: from the panel to figures and sentences."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firmtrade.errors import StudyError
from firmtrade.estimate.growth_told import rounded_up
from firmtrade.estimate.laid import effect_columns
from firmtrade.estimate.model import read_models
from firmtrade.result import Modelled
from firmtrade.study import Study, make_study

SAMPLES = {"all": {"title": "All firms", "expr": "employment > 0", "source": "own"}}
COLUMNS = (
    "firm", "year", "activity", "region", "founded", "employment", "turnover", "value_added", "domestic",
    "import_intra", "import_extra", "export_intra", "export_extra",
)  # fmt: skip
YEARS = range(1998, 2006)


def panel(path: Path, firms: int = 240, seed: int = 5, drop: tuple[str, ...] = ()) -> str:
    """Firms by four of a kind: never trade, export always, start in 2001, stop in 2001. Exporters are half as
    large again, starters too before they start and grow by 5 % a year more; one in ten is gone in 2005."""
    rng = np.random.default_rng(seed)
    rows = []
    for firm in range(firms):
        kind = ("never", "always", "starts", "stops")[firm % 4]
        large = 1.5 if kind in ("always", "starts") else 1.0
        size = 20 * large * np.exp(rng.normal(0, 0.3))
        head = 50 * (1.3 if kind in ("always", "starts") else 1.0) * np.exp(rng.normal(0, 0.2))
        gone = rng.random() < 0.1
        for year in YEARS:
            if gone and year == 2005:
                continue
            grown = size * np.exp((0.05 if kind == "starts" else 0.0) * (year - 1998) + rng.normal(0, 0.03))
            exports = {"never": 0, "always": 9, "starts": 9 * (year >= 2001), "stops": 9 * (year < 2001)}[
                kind
            ]
            rows.append({
                "firm": f"F{firm:04}", "year": year, "activity": ("2811", "2511")[firm // 4 % 2],
                "region": ("BE21", "BE31")[firm // 8 % 2], "founded": 1980, "employment": round(grown, 2),
                "turnover": round(grown * head * 3, 1),
                "value_added": round(grown * head * np.exp(rng.normal(0, 0.05)), 1), "domestic": "true",
                "import_intra": 0, "import_extra": 0, "export_intra": exports, "export_extra": 0,
            })  # fmt: skip
    names = [name for name in COLUMNS if name not in drop]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(random.Random(seed).sample(rows, len(rows)))
    return str(path)


def study(source: str, **models: dict[str, Any]) -> Study:
    raw = {
        "title": "Models", "samples": SAMPLES, "models": models, "protect": {"profile": "research-output"},
    }  # fmt: skip
    return Study(make_study(raw, "models", Path(), "study.toml"), panel=source)


def answered(source: str, **entry: Any) -> Modelled:
    return study(source, one={"sample": "all", **entry}).model("one")


@pytest.fixture(scope="module")
def firms(tmp_path_factory: pytest.TempPathFactory) -> str:
    return panel(tmp_path_factory.mktemp("models") / "firms.csv")


def value(found: Modelled, part: str, measure: str, **codes: str) -> float | None:
    name = f"one-{part}" if part else "one"
    (made,) = [each for each in found.tables if each.name == name]
    (cell,) = [each for each in made.cells if each.measure == measure and dict(each.codes) == codes]
    return cell.value


def verdicts(found: Modelled) -> dict[str, str]:
    return {finding.question: finding.verdict for finding in found.findings}


# -- premia --------------------------------------------------------------------------------------------


def test_premia_answer_by_outcome_group_quantile_and_distribution(firms):
    found = answered(
        firms, kind="premia", by=["technology", "year"], firm_effects=True, quantiles=[0.5],
        dominance="labour_productivity",
    )  # fmt: skip
    assert found.refused == ""
    outcomes = ("employment", "turnover", "value-added", "labour-productivity")
    assert [each.name.removeprefix("one") for each in found.tables] == [
        "", "-figure", "-by-technology", "-by-year", "-quantiles",
        *[f"-quantiles-{name}" for name in outcomes], "-dominance", "-regressions",
    ]  # fmt: skip
    codes = {"outcome": "employment", "mode": "export-only", "controls": "pooled"}
    low, high = (value(found, "", f"premium-{end}", **codes) for end in ("low", "high"))
    assert 0 < low < value(found, "", "premium", **codes) < high
    assert verdicts(found)["all: labour_productivity: export-only"] == "above"
    assert "all else equal (95 % interval" in found.findings[0].text
    assert value(found, "regressions", "observations-in-model", outcome="turnover", controls="pooled") > 1800
    assert "clustered by firm" in found.methods and len(found.sources) == 5


def test_each_premium_has_evidence_of_both_sides(firms):
    found = answered(firms, kind="premia", outcomes=["employment"])
    evidence = found.tables[0].cells[0].evidence
    # 60 firms of each kind; starters and stoppers are on both sides: 180 with exports, 180 without
    assert (evidence.kind, evidence.firms) == ("coefficient", 180)
    assert evidence.degrees > 1500 and 0 < evidence.largest < 0.05


def test_what_the_panel_lacks_is_left_out_and_said(tmp_path):
    source = panel(tmp_path / "p.csv", 80, drop=("turnover", "region"))
    found = answered(source, kind="premia")
    assert {cell.codes["outcome"] for cell in found.tables[0].cells} == {
        "employment", "value_added", "labour_productivity",
    }  # fmt: skip
    assert "Turnover (needs turnover) and Region (needs region)" in found.methods


def test_no_outcome_is_no_answer(tmp_path):
    source = panel(tmp_path / "p.csv", 40, drop=("turnover",))
    assert "turnover" in answered(source, kind="premia", outcomes=["turnover"]).refused


def test_few_firms_are_hidden_and_their_sentences_with_them(tmp_path):
    source = panel(tmp_path / "p.csv", 32)  # 8 firms always export, 8 start, 8 stop: 24 with exports
    few = panel(tmp_path / "few.csv", 12)
    for path, hidden in ((source, False), (few, True)):
        out = study(path, one={"kind": "premia", "sample": "all", "outcomes": ["employment"]}).run(
            tmp_path / Path(path).stem
        )
        with (out / "models.csv").open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["measure"] == "premium"]
        assert all((row["value"] == "") == hidden for row in rows)
        assert ("all else equal (95" in (out / "report.html").read_text()) != hidden


def test_crossed_effects_are_written_with_an_x():
    assert effect_columns(["class-group x year", "region"]) == (("class_group", "year"), ("region",))


# -- growth --------------------------------------------------------------------------------------------


def test_growth_by_status_finds_what_was_planted(firms):
    found = answered(firms, kind="growth")
    assert found.refused == ""
    codes = {"outcome": "employment", "trade-change": "start", "measured": "log"}
    low, high = (value(found, "regression", f"growth-difference-{end}", **codes) for end in ("low", "high"))
    assert low < 5 < high and low > 0
    assert verdicts(found)["all: exporter: employment: start"] == "above"
    assert verdicts(found)["all: exporter: employment: stop"] == "open"
    assert "labour_productivity" in {cell.codes["outcome"] for cell in found.tables[0].cells}
    assert "in 1998 and in 2004; growth from 1998 to 2005" in found.methods


def test_readings_stand_side_by_side_without_and_with_exits(firms):
    found = answered(firms, kind="growth", outcomes=["employment"])
    codes = {"outcome": "employment", "trade-change": "start"}
    for reading in ("ratio-of-sums", "mean-firm", "median-firm"):
        stay = value(found, "", "growth-reading", **codes, reading=reading, exits="without")
        exit_ = value(found, "", "growth-reading", **codes, reading=reading, exits="with")
        assert 3 < stay < 7 and exit_ <= stay + 1e-9
    mean = [
        value(found, "", "growth-reading", **codes, reading="mean-firm", exits=e) for e in ("without", "with")
    ]
    assert mean[1] < mean[0] - 1


def test_without_a_year_after_the_status_there_are_no_exits(firms):
    found = answered(firms, kind="growth", outcomes=["employment"], until=2005)
    assert {cell.codes["exits"] for cell in found.tables[0].cells} == {"without"}
    assert "no firm with a status is gone" in found.methods


def test_the_status_must_be_told_inside_the_window(firms):
    with pytest.raises(StudyError, match="until = 1990 is not between 1998 and 2005"):
        answered(firms, kind="growth", until=1990)
    (model,) = read_models({"g": {"kind": "growth", "sample": "all", "years": [2001, 2001]}}, "s.toml")
    assert (
        "two years"
        in study(firms, g={"kind": "growth", "sample": "all", "years": [2001, 2001]}).model("g").refused
    )
    assert model.options.share == 0.25


def test_one_firm_that_makes_a_sum_is_told_without_its_exact_size(tmp_path):
    path = Path(panel(tmp_path / "p.csv", 120))
    lines = path.read_text().splitlines()
    place, stays = COLUMNS.index("employment"), {line[:5] for line in lines if line[6:10] == "2005"}
    firm = min(name for name in stays if int(name[1:]) % 4 == 2)
    for at, line in enumerate(lines[1:], 1):
        cells = line.split(",")
        if cells[0] == firm:  # a starter that grows from 200 to 1,800
            cells[place] = str(200 * 9 ** ((int(cells[1]) - 1998) / 7))
            lines[at] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n")
    found = answered(str(path), kind="growth", outcomes=["employment"])
    (flagged,) = [finding for finding in found.findings if finding.verdict == "fragile"]
    assert "started" in flagged.text and firm not in flagged.text
    moves = [cell.value for each in found.tables if each.name == "one-one-firm" for cell in each.cells]
    assert all(move == rounded_up(move) for move in moves)


@pytest.mark.parametrize(
    ("move", "told"),
    [(0.0, 0.1), (0.03, 0.1), (0.1, 0.1), (0.41, 0.5), (3.0, 3.0), (3.01, 4.0), (47.0, 50.0)],
)
def test_a_move_is_rounded_up_to_one_digit(move, told):
    assert rounded_up(move) == pytest.approx(told)


# -- selection -----------------------------------------------------------------------------------------


def test_starters_that_were_ahead_are_found_ahead(firms):
    found = answered(firms, kind="selection", flows=["exporter"])
    low, high = (
        value(found, "", f"premium-{end}", traded="exporter", lead="-3") for end in ("low", "high")
    )  # fmt: skip
    assert low < 30 < high and low > 0
    assert verdicts(found) == {
        "all: exporter: level before": "above", "all: exporter: growth before": "open",
    }  # fmt: skip
    (cohorts,) = [each for each in found.tables if each.name == "one-cohorts"]
    counts = {(cell.period, cell.codes["entry-cohort"]): cell.value for cell in cohorts.cells}
    assert counts["2001", "starters"] == 60 and counts["2002", "starters"] == 0
    assert "traded in none of the 3 years before" in found.methods


def test_a_flow_that_nobody_starts_is_no_answer(firms):
    assert "with starters" in answered(firms, kind="selection", flows=["importer"]).refused


def test_the_numbers_of_the_rule_are_options(firms):
    found = answered(firms, kind="selection", flows=["exporter"], before=2, after=1, again=1)
    (figure,) = [each for each in found.tables if each.name == "one-figure"]
    assert {cell.codes["lead"] for cell in figure.cells} == {"-2", "-1"}


def test_every_figure_has_evidence_and_every_sentence_rests_on_figures(firms):
    for kind, options in (
        ("premia", {"dominance": "turnover"}),
        ("growth", {}),
        ("selection", {"flows": ["exporter"]}),
    ):
        found = answered(firms, kind=kind, **options)
        sizes = {made.name: len(made.cells) for made in found.tables}
        assert all(cell.evidence is not None for made in found.tables for cell in made.cells)
        assert found.findings
        for finding in found.findings:
            assert finding.rests_on and all(at < sizes[name] for name, at in finding.rests_on)


def test_the_order_of_the_rows_does_not_matter(tmp_path):
    models = {
        "p": {"kind": "premia", "sample": "all", "quantiles": [0.5], "dominance": "turnover"},
        "g": {"kind": "growth", "sample": "all"},
        "s": {"kind": "selection", "sample": "all"},
    }
    source = Path(panel(tmp_path / "a.csv", 80))
    head, *rows = source.read_text().splitlines()
    (tmp_path / "b.csv").write_text("\n".join([head, *random.Random(9).sample(rows, len(rows))]) + "\n")
    one, other = (study(str(tmp_path / f"{name}.csv"), **models).models() for name in "ab")
    assert one == other
