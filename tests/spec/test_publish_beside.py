"""Published figures beside the released ones: in the page, the PDF's data, the workbook, CSV and manifest."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from firmtrade.publish import write
from firmtrade.publish.beside import below, comparison_csv, counts, said, section
from firmtrade.publish.view import report
from firmtrade.result import Release
from support_release import growth_table, provenance, release, size_table, with_published


@pytest.fixture(scope="module")
def made() -> Release:
    return with_published(release(growth_table(), size_table()))


@pytest.fixture(scope="module")
def folder(made: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(made, tmp_path_factory.mktemp("beside") / "out")


def test_each_table_says_how_many_published_cells_it_reproduces(made: Release) -> None:
    cells = len([cell for cell in size_table().cells if cell.value is not None])
    assert below(made.tables[1], made) == f"{cells} of {cells} published cells reproduced."


def test_a_cell_that_is_not_reproduced_is_named_with_both_values(made: Release) -> None:
    text = below(made.tables[0], made)
    total = len(made.published.of(made.tables[0].name)) if made.published else 0
    assert text.startswith(
        f"{total - 3} of {total} published cells reproduced, 1 hidden here and not compared, "
    )
    assert "Not reproduced: " in text and "published +1.1, here +2.1 (printed <twice>" in text
    assert "not in this run" in text


def test_another_panel_need_not_reproduce_anything(made: Release) -> None:
    real = replace(made, provenance=provenance(synthetic=""))
    assert "published cells are equal" not in below(made.tables[0], made)
    assert "cells equal within rounding" in below(real.tables[0], real)
    assert "Different: " in below(real.tables[0], real) and "eproduced" not in below(real.tables[0], real)
    found = section(real)
    assert found and found["heads"] == ["Published", "Equal", "Different", "Hidden here", "Not in this run"]


def test_a_study_without_published_figures_says_nothing(tmp_path: Path) -> None:
    made = release(size_table())
    assert below(made.tables[0], made) == "" and section(made) is None
    assert report(made)["published"] is None
    out = write(made, tmp_path / "out")
    assert not (out / "comparison.csv").exists()
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["published"] is None
    assert "ublished" not in (out / "report.html").read_text(encoding="utf-8").split("</style>")[1]


def test_the_page_has_the_lines_the_section_and_escapes_notes(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.count('<span class="key">Published</span>') == 2
    assert 'id="published"' in page and 'href="#published"' in page
    assert "printed &lt;twice&gt; &amp; contradicted" in page and "<twice>" not in page


def test_comparison_csv_has_every_published_cell_and_no_hidden_value(folder: Path, made: Release) -> None:
    lines = list(csv.DictReader(io.StringIO((folder / "comparison.csv").read_text(encoding="utf-8"))))
    assert made.published and len(lines) == len(made.published.matches)
    assert [line["outcome"] for line in lines[:4]] == ["different", "hidden", "missing", "equal"]
    assert [line["value"] == "" for line in lines[:4]] == [False, True, True, False]
    assert comparison_csv(made) == (folder / "comparison.csv").read_bytes()


def test_the_workbook_has_a_sheet_of_them(folder: Path, made: Release) -> None:
    sheet = openpyxl.load_workbook(folder / "tables.xlsx")["Published"]
    rows = list(sheet.iter_rows(min_row=5, values_only=True))
    assert made.published and len(rows) == len(made.published.matches)
    assert rows[0][2:5] == (1.1, 2.1, "different") and rows[1][3] is None


def test_the_manifest_counts_them(folder: Path, made: Release) -> None:
    found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert made.published
    total = len(made.published.matches)
    wanted = {"cells": total, "equal": total - 3, "different": 1, "hidden": 1, "missing": 1}
    assert found["published"] == {"file": "published.csv", "sha256": "0" * 64, **wanted}
    assert "comparison.csv" in found["outputs"]


def test_one_cell_is_one_cell(made: Release) -> None:
    assert made.published
    one = made.published.matches[3:4]
    assert said(one, True) == "1 of 1 published cell reproduced"
    assert counts(one) == {"cells": 1, "equal": 1, "different": 0, "hidden": 0, "missing": 0}


def test_long_lists_are_cut_and_say_so(made: Release) -> None:
    assert made.published
    matches = tuple(replace(match, outcome="different") for match in made.published.matches)
    worse = replace(made, published=replace(made.published, matches=matches))
    cells = len(worse.published.of(made.tables[1].name)) if worse.published else 0
    assert cells > 4 and f"and {cells - 4} more" in below(made.tables[1], worse)
