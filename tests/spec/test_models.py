"""A model is a question of the study: declared, answered with evidence, released figure by figure."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
from pathlib import Path

import pytest

from firmtrade.catalog import Catalog
from firmtrade.classify.expand import CONTRACT
from firmtrade.errors import StudyError
from firmtrade.estimate.lines import Line, table
from firmtrade.estimate.model import read_models
from firmtrade.protect.modelled import about, released_models
from firmtrade.protect.rules import profile
from firmtrade.result import Evidence, Finding, Modelled
from firmtrade.study import Study, make_study, read_study

ENTRY = {"kind": "premia", "sample": "manufacturing", "outcomes": ["employment"], "controls": []}
SAMPLES = {
    "manufacturing": {"title": "Manufacturing", "expr": "division between '10' and '45'", "source": "own"}
}
WORDS = Catalog.load({"samples": SAMPLES})


def refused(entry: dict, name: str = "premia") -> str:
    with pytest.raises(StudyError) as caught:
        read_models({name: entry}, "study.toml")
    return str(caught.value)


def test_an_unknown_kind_names_the_nearest() -> None:
    assert "Did you mean 'premia'" in refused({**ENTRY, "kind": "premium"})


def test_an_unknown_option_names_the_place_and_the_nearest() -> None:
    said = refused({**ENTRY, "outcome": ["employment"]})
    assert "[models.premia]" in said and "Did you mean 'outcomes'" in said


def test_a_wrong_type_names_the_option() -> None:
    assert "outcomes" in refused({**ENTRY, "outcomes": 3})


def test_a_model_without_sample_is_refused() -> None:
    assert "lacks sample" in refused({"kind": "premia"})


def test_years_are_two_in_order() -> None:
    assert "end before they begin" in refused({**ENTRY, "years": [2002, 1996]})


def test_like_copies_another_model() -> None:
    one, two = read_models({"a": ENTRY, "b": {"like": "a", "sample": "services"}}, "study.toml")
    assert (one.samples, two.samples) == (("manufacturing",), ("services",)) and one.options == two.options


# -- what may leave ------------------------------------------------------------------------------------


def modelled(*evidence: Evidence | None) -> Modelled:
    (model,) = read_models({"premia": ENTRY}, "study.toml")
    lines = [
        Line(
            "manufacturing", "2002", "premium", 10.0 + at, each or Evidence("coefficient", 0), {"mode": code}
        )
        for at, (code, each) in enumerate(zip(("both", "export-only", "import-only"), evidence, strict=False))
    ]
    made = table(model, WORDS, "", "Premia", lines, ("mode",))
    cells = tuple(
        cell if each else replace(cell, evidence=None)
        for cell, each in zip(made.cells, evidence, strict=True)
    )
    finding = Finding("premia", "shown", "Two-way traders are larger.", (("premia", 0), ("premia", 1)))
    return Modelled("premia", "premia", "Premia", (replace(made, cells=cells),), (finding,))


GOOD = Evidence("coefficient", 500, 400)


@pytest.mark.parametrize(
    "weak",
    [None, Evidence("coefficient", 2, 400), Evidence("coefficient", 500, 1)],
    ids=["no evidence", "two firms", "no freedom"],
)
def test_a_figure_without_enough_behind_it_is_hidden_and_the_sentence_with_it(weak: Evidence | None) -> None:
    rules = profile("research-output", 9999, {})
    (model,), judged = released_models([modelled(GOOD, weak)], WORDS, {}, rules)
    kept, hidden = model.tables[0].cells
    assert (kept.value, kept.confidentiality) == (10.0, "F")
    assert hidden.value is None and hidden.confidentiality != "F"
    assert model.findings == ()
    assert [figure.value for figure in judged] == [10.0, 11.0]


def test_a_sentence_leaves_with_all_its_figures() -> None:
    rules = profile("research-output", 9999, {})
    (model,), _ = released_models([modelled(GOOD, GOOD)], WORDS, {}, rules)
    assert [finding.verdict for finding in model.findings] == ["shown"]


def test_numbers_of_firms_are_told_to_two_digits() -> None:
    told = [about(number) for number in (0, 14, 96, 104, 987, 1049, 1051, 123456)]
    assert told == [0, 10, 100, 100, 990, 1000, 1100, 120000]


# -- from the panel to the files -----------------------------------------------------------------------


def panel(path: Path, lines: list[list[object]]) -> str:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(CONTRACT[:13])
        writer.writerows(lines)
    return str(path)


def lines(firms: int = 400, seed: int = 1) -> list[list[object]]:
    draw = random.Random(seed)
    found: list[list[object]] = []
    for firm in range(firms):
        trades = firm % 4
        for year in (2001, 2002):
            size = round(5 * 2 ** (trades > 0) * draw.lognormvariate(0, 0.3), 1)
            flows = [1000 if trades in (1, 3) else 0, 0, 1000 if trades in (2, 3) else 0, 0]
            found.append([f"F{firm:04}", year, "2811", "BE21", 1990, size, 1e6, 5e5, "true", *flows])
    return found


def study(text_of_models: dict[str, dict]) -> object:
    raw = {
        "title": "Models",
        "samples": SAMPLES,
        "models": text_of_models,
        "protect": {"profile": "research-output"},
    }
    return make_study(raw, "models", Path(), "study.toml")


def test_a_run_writes_models_in_another_file_than_tables(tmp_path: Path) -> None:
    source = panel(tmp_path / "p.csv", lines())
    out = Study(study({"premia": ENTRY}), panel=source).run(tmp_path / "out")
    with (out / "models.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = {(r["mode"], r["measure"]): float(r["value"]) for r in rows if r["table"] == "premia"}
    assert 80 < found["both", "premium"] < 125  # twice as large by construction
    assert found["both", "premium-low"] < 100 < found["both", "premium-high"]
    assert "premium" not in (out / "tables.csv").read_text()
    page = (out / "report.html").read_text()
    assert 'id="model-premia"' in page and "Bernard and Jensen" in page


def test_rows_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    ordered = lines()
    shuffled = random.Random(3).sample(ordered, len(ordered))
    outs = []
    for name, rows in (("a", ordered), ("b", shuffled)):
        source = panel(tmp_path / f"{name}.csv", rows)
        outs.append(Study(study({"premia": ENTRY}), panel=source).run(tmp_path / name))
    assert (outs[0] / "models.csv").read_bytes() == (outs[1] / "models.csv").read_bytes()


def test_what_a_panel_cannot_answer_is_said_in_the_report(tmp_path: Path) -> None:
    source = tmp_path / "p.csv"
    source.write_text("firm,year,employment\n" + "".join(f"F{n},2002,{n + 1}\n" for n in range(40)))
    sample = {"everybody": {"title": "Everybody", "expr": "employment > 0", "source": "own"}}
    raw = {"title": "Models", "samples": sample, "models": {"premia": {**ENTRY, "sample": "everybody"}}}
    out = Study(make_study(raw, "models", Path(), "study.toml"), panel=str(source)).run(tmp_path / "out")
    page = (out / "report.html").read_text()
    assert "Not answered" in page and "export_extra" in page


def test_no_model_means_no_models_file(tmp_path: Path) -> None:
    source = panel(tmp_path / "p.csv", lines(40))
    out = Study(study({}), panel=source).run(tmp_path / "out")
    assert not (out / "models.csv").exists()


def test_the_shipped_study_can_be_read_without_its_models_packages() -> None:
    assert all(model.options for model in read_study("belgium-2002").models)
