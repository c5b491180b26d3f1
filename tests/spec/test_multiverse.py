"""A question under every registered definition: which are tried, what range, what flips."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from firmtrade.catalog import Catalog
from firmtrade.errors import StudyError
from firmtrade.result import Modelled
from firmtrade.study import Study, make_study

SAMPLES = {"everybody": {"title": "Everybody", "expr": "employment > 0", "source": "own"}}
MODELS = {
    "size": {
        "kind": "premia",
        "sample": "everybody",
        "groups": "exporting",
        "base": "no",
        "outcomes": ["employment"],
        "controls": [],
    },
    "size-again": {"kind": "multiverse", "sample": "everybody", "question": "size"},
}
#: Only whether a firm exports, so that every figure is worked out by hand.
WORDS = {
    "dimensions": {
        "exporting": {
            "title": "Exports",
            "source": "own",
            "expr": "case when exporter then 'yes' when not exporter then 'no' end",
            "codes": {"yes": "exports", "no": "does not"},
        }
    }
}


def panel(path: Path, small: int, large: int) -> str:
    """Firms of 10 that do not export, of `small` that export 1,000 (of 1 million) and of `large` that
    export 100,000: 40 each, sizes 2 % up and down so that there is something to estimate."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        names = "firm year activity founded employment turnover value_added domestic"
        writer.writerow([*names.split(), "import_intra", "import_extra", "export_intra", "export_extra"])
        for group, (size, exports) in enumerate(((10, 0), (small, 1000), (large, 100000))):
            for firm in range(40):
                wobble = size * (1.02 if firm % 2 else 1 / 1.02)
                flows = [0, 0, exports, 0]
                writer.writerow([f"F{group}{firm:02}", 2002, "2811", 1990, wobble, 1e6, 5e5, "true", *flows])
    return str(path)


def answer(tmp_path: Path, small: int, large: int, **more: Any) -> Modelled:
    raw = {"title": "Again", "samples": SAMPLES, "models": MODELS, **WORDS, **more}
    study = Study(make_study(raw, "again", tmp_path, "study.toml"), panel(tmp_path / "p.csv", small, large))
    return study.model("size-again")


def values(found: Modelled, measure: str) -> list[float]:
    return [cell.value for cell in found.tables[0].cells if cell.measure == measure]


def test_a_conclusion_that_depends_on_the_definition_is_named(tmp_path: Path) -> None:
    # Exporters of 5 and of 20 are on average as large as the others (10); those of 20 alone are not.
    found = answer(tmp_path, small=5, large=20)
    any_exports, above_5000, above_share = values(found, "estimate")
    assert any_exports == pytest.approx(0, abs=1e-6)
    assert above_5000 == pytest.approx(100 * (20 / (10 * 5) ** 0.5 - 1), abs=1e-6)
    assert above_share == above_5000
    (finding,) = found.findings
    assert finding.verdict == "flips"
    assert "5,000" in finding.text and "5 %" in finding.text


def test_a_conclusion_that_holds_under_all_is_said_to(tmp_path: Path) -> None:
    (finding,) = answer(tmp_path, small=20, large=20).findings
    assert finding.verdict == "above" and "all 3 combinations" in finding.text


def test_the_numbers_of_universes_are_counted(tmp_path: Path) -> None:
    found = answer(tmp_path, small=5, large=20)
    counted = {cell.codes["conclusion"]: cell.value for cell in found.tables[1].cells}
    assert counted == {"above": 2, "below": 0, "open": 1}


def test_a_study_adds_its_own_alternative(tmp_path: Path) -> None:
    own = {
        "exporter-of-much": {
            "title": "Exporter of much",
            "of": "exporter",
            "expr": "export_intra > 50000",
            "source": "own",
        }
    }
    notes = answer(tmp_path, 5, 20, alternatives=own).tables[0].notes
    assert "4: Exporter of much." in notes


def test_a_definition_that_leaves_nothing_to_compare_is_said_to_have_no_answer(tmp_path: Path) -> None:
    own = {
        "exporter-of-too-much": {
            "title": "Exporter of too much",
            "of": "exporter",
            "expr": "export_intra > 1000000",
            "source": "own",
        }
    }
    notes = answer(tmp_path, 5, 20, alternatives=own).tables[0].notes
    assert "No answer: Exporter of too much." in notes


def test_an_option_of_the_model_has_alternatives_too(tmp_path: Path) -> None:
    own = {
        "base-yes": {"title": "Against exporters", "of": "base", "expr": "yes", "source": "own"},
    }
    found = answer(tmp_path, 20, 20, alternatives=own)
    assert any("Against exporters" in note for note in found.tables[0].notes)
    assert {cell.codes["conclusion"]: cell.value for cell in found.tables[1].cells}["below"] == 3


def test_an_alternative_of_nothing_is_refused() -> None:
    own = {"x": {"title": "X", "of": "exporterr", "expr": "exports > 1", "source": "own"}}
    with pytest.raises(StudyError, match="Did you mean 'exporter'"):
        Catalog.load({"alternatives": own}).instead("x")


def test_the_question_must_be_there(tmp_path: Path) -> None:
    models = {**MODELS, "size-again": {**MODELS["size-again"], "question": "sise"}}
    with pytest.raises(StudyError, match="Did you mean 'size'"):
        answer(tmp_path, 5, 20, models=models)
