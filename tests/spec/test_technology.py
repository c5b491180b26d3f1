"""Technology and knowledge intensity of each vintage of the classifications, on drawn codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmtrade.acquire.classification import divisions
from firmtrade.errors import StudyError
from firmtrade.study import Study

# Class -> codes, after Eurostat's lists (annexes by NACE Rev. 2; glossary of KIS by NACE Rev. 1.1) and the
# OECD's (Scoreboard 2009, by ISIC Rev. 3).
TECHNOLOGY = {
    "technology": (
        "NACE 1.1",
        {
            "high": "24.42 30.02 35.30",
            "medium-high": "24.14 24 35.20",
            "medium-low": "35.11 28.75",
            "low": "15 37",
            "none": "45.21 72",
        },
    ),
    "technology-isic-3-1": (
        "ISIC 3.1",
        {
            "high": "2423 3530 353 33",
            "medium-high": "2424 242 3592",
            "medium-low": "3511 2710",
            "low": "2211 37",
            "none": "45",
        },
    ),
    "technology-nace-2": (
        "NACE 2",
        {
            "high": "21.20 26",
            "medium-high": "30.30 20",
            "medium-low": "33.12 19",
            "low": "32.50 10",
            "none": "62",
        },
    ),
    "technology-nace-2-1": (
        "NACE 2.1",
        {
            "high": "21.20 26",
            "medium-high": "30.31",
            "medium-low": "33.12",
            "low": "31",
            "none": "62",
        },
    ),
    "technology-isic-4": (
        "ISIC 4",
        {
            "high": "2100 2610",
            "medium-high": "29",
            "medium-low": "2410 33",
            "low": "18",
            "none": "6201",
        },
    ),
}
KNOWLEDGE = {
    "knowledge-nace-1-1": (
        "NACE 1.1",
        {
            "intensive": "61 62.10 64.20 67 70 74.11 80 92",
            "less-intensive": "63 75 90 52",
            "none": "45 15.11",
        },
    ),
    "knowledge-isic-3-1": (
        "ISIC 3.1",
        {
            "intensive": "6420 73",
            "less-intensive": "6010 55",
            "none": "41",
        },
    ),
    "knowledge-nace-2": (
        "NACE 2",
        {
            "intensive": "50 58 66 75 78 80 93",
            "less-intensive": "49 53.10 68 77 81 94",
            "none": "43 26",
        },
    ),
    "knowledge-nace-2-1": (
        "NACE 2.1",
        {
            "intensive": "62.10 63",
            "less-intensive": "46 95.31",
            "none": "28",
        },
    ),
    "knowledge-isic-4": (
        "ISIC 4",
        {
            "intensive": "6201 7500",
            "less-intensive": "4510",
            "none": "0111",
        },
    ),
}
CASES = {**TECHNOLOGY, **KNOWLEDGE}


def _counted(tmp_path: Path, dimension: str, classification: str, codes: list[str]) -> dict[str, float]:
    rows = [f"f{number},2010,{code}" for number, code in enumerate(codes)]
    (tmp_path / "firms.csv").write_text("\n".join(["firm,year,activity", *rows, ""]), encoding="utf-8")
    (tmp_path / "study.toml").write_text(
        f'[panel]\nfiles = "firms.csv"\nclassification = "{classification}"\n[tables.t]\n'
        f'sample = "all-firms"\nperiod = 2010\nmeasures = ["firms"]\n'
        f'by = {{ {dimension} = ["all", "unknown"] }}\n',
        encoding="utf-8",
    )
    (result,) = Study(tmp_path / "study.toml").tables()
    return {cell.codes[dimension]: float(cell.value or 0) for cell in result.cells}


@pytest.mark.parametrize("dimension", CASES)
def test_each_class_has_the_codes_that_its_source_says(tmp_path: Path, dimension: str) -> None:
    classification, drawn = CASES[dimension]
    # Each code has another number of firms, so that two mistakes do not make up for one another.
    codes = [(code, found) for found, listed in drawn.items() for code in listed.split()]
    firms = [code for number, (code, _) in enumerate(codes, 1) for _ in range(number)]
    counted = _counted(tmp_path, dimension, classification, firms)
    expected = dict.fromkeys(counted, 0)
    for number, (_, found) in enumerate(codes, 1):
        expected[found] += number
    assert counted == expected


@pytest.mark.parametrize("dimension", CASES)
def test_every_division_has_a_class(tmp_path: Path, dimension: str) -> None:
    """Manufacturing has a technology class, services one of knowledge; no division is left out."""
    classification, _ = CASES[dimension]
    old = classification in ("NACE 1.1", "ISIC 3.1")
    # Where manufacturing and services lie: 15-37 and 50 on, or 10-33 and 45 on.
    made, served = (range(15, 38), range(50, 100)) if old else (range(10, 34), range(45, 100))
    asked = made if dimension in TECHNOLOGY else served
    codes = [code for code in divisions(classification) if int(code) in asked]
    counted = _counted(tmp_path, dimension, classification, codes)
    assert counted["none"] == counted["unknown"] == 0
    others = [code for code in divisions(classification) if int(code) not in asked]
    counted = _counted(tmp_path, dimension, classification, others)
    assert counted["none"] == len(others)


def test_codes_of_another_classification_are_not_taken_for_these(tmp_path: Path) -> None:
    """Division 21 is pharmaceuticals in NACE Rev. 2 and paper in Rev. 1.1."""
    assert _counted(tmp_path, "technology-nace-2", "NACE 2", ["21"])["high"] == 1
    with pytest.raises(StudyError, match="is about codes of NACE 2 or ISIC 4, and this panel's"):
        _counted(tmp_path, "technology-nace-2", "NACE 1.1", ["21"])
