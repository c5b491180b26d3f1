"""One new indicator is one TOML entry of five lines, and it is everywhere: no Python knows its name."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmtrade import Study
from firmtrade.cli import app
from firmtrade.reference import write_reference
from firmtrade.study import studies
from support_manual import ROOT

ENTRY = """
[measures.spread-of-turnover]
title = "Spread of turnover, made up for a test"
expr = "max(turnover) filter (where exporter)"
unit = "EUR"
source = "own"
"""
TABLE = """
[tables.made-up]
title = "A table for a test"
sample = "manufacturing"
measures = ["firms", "spread-of-turnover"]
by = { region = ["BE2", "BE3"] }
period = 2002
"""
PANEL = """\
firm,year,activity,region,founded,employment,turnover,value_added,domestic,import_intra,import_extra,export_intra,export_extra
a,2002,2441,BE211,1990,10,1000000,300000,true,0,0,5,0
b,2002,2441,BE211,1990,20,3000000,900000,true,0,0,5,0
c,2002,4521,BE211,1990,30,9000000,900000,true,0,0,0,0
d,2002,5010,BE211,1990,30,8000000,900000,true,0,0,5,0
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A copy of the Belgian study with one more entry, and a table that asks for it."""
    path = tmp_path / "study.toml"
    path.write_text(studies()["belgium-2002"].read_text(encoding="utf-8") + ENTRY + TABLE, encoding="utf-8")
    return path


@pytest.fixture
def panel(tmp_path: Path) -> str:
    path = tmp_path / "firms.csv"
    path.write_text(PANEL, encoding="utf-8")
    return str(path)


def test_the_entry_has_five_lines() -> None:
    assert len(ENTRY.strip().splitlines()) == 5


def test_it_is_in_the_table(study: Path, panel: str) -> None:
    found = {
        (cell.codes["region"], cell.measure): (cell.value, cell.unit)
        for cell in Study(study, panel).table("made-up").cells
    }
    assert found["BE2", "spread-of-turnover"] == (3_000_000, "EUR")
    assert found["BE3", "spread-of-turnover"] == (None, "EUR")


def test_it_answers_a_question_of_a_notebook(study: Path, panel: str) -> None:
    asked = Study(study, panel)
    (cell,) = asked.table("spread-of-turnover", sample="manufacturing", period=2002).cells
    assert cell.value == 3_000_000


def test_it_is_listed_and_explained(study: Path) -> None:
    listed = CliRunner().invoke(app, ["list", "measures", "--study", str(study)])
    assert "spread-of-turnover" in listed.stdout
    told = CliRunner().invoke(app, ["explain", "spread-of-turnover", "--study", str(study)]).stdout
    assert "Spread of turnover, made up for a test" in told
    assert "highest turnover, where exporter" in told
    assert "no: needs all firms of the cell at once" in told
    assert "exporter (variable)" in told
    assert "made-up" in told
    assert "[measures.spread-of-turnover]" in told


def test_it_is_in_the_generated_reference(study: Path, tmp_path: Path) -> None:
    write_reference(tmp_path / "reference", str(study))
    pages = {path.stem: path.read_text(encoding="utf-8") for path in (tmp_path / "reference").iterdir()}
    section = pages["measures"].partition("## spread-of-turnover\n")[2]
    assert "`max(turnover) filter (where exporter)`" in section
    assert "[made-up](tables.md#made-up)" in section
    assert "[spread-of-turnover](measures.md#spread-of-turnover)" in pages["index"]
    assert "[spread-of-turnover](measures.md#spread-of-turnover)" in pages["tables"]
    exporter = pages["variables"].partition("## exporter\n")[2].partition("\n## ")[0]
    assert "[spread-of-turnover](measures.md#spread-of-turnover)" in exporter


def test_it_is_in_the_report(study: Path, panel: str, tmp_path: Path) -> None:
    asked = Study(study, panel)
    few = tuple(table for table in asked.spec.tables if table.name in ("made-up", "table-04"))
    asked.spec = replace(asked.spec, tables=few)
    out = asked.run(tmp_path / "out", unprotected="invented firms")
    with (out / "tables.csv").open(encoding="utf-8", newline="") as file:
        cells = [row for row in csv.DictReader(file) if row["measure"] == "spread-of-turnover"]
    values = {row["region"]: (float(row["value"] or "nan"), row["unit"]) for row in cells}
    assert values["BE2"] == (3_000_000, "EUR")
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Spread of turnover, made up for a test" in page
    assert "max(turnover) filter (where exporter)" in page, "the definition behind the word"
    assert "A table for a test" in page


def test_no_python_names_an_indicator() -> None:
    """House rule 1: what reads the definitions knows none of them."""
    import ast
    import tomllib

    folder = ROOT / "src" / "firmtrade"
    measures = tomllib.loads((folder / "definitions" / "measures.toml").read_text(encoding="utf-8"))
    columns = {"employment", "turnover", "value-added"}
    parts = ("_engine", "classify", "describe", "protect")
    files = [path for part in parts for path in (folder / part).rglob("*.py")]
    files += [folder / f"{name}.py" for name in ("catalog", "explain", "study", "words", "cli")]
    named = [
        f"{path.name}:{node.lineno} {node.value}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.replace("_", "-") in measures.keys() - columns
    ]
    assert named == []
