"""A study: extending another, asking tables, and what is refused."""

from __future__ import annotations

import pytest

from firmtrade import Study
from firmtrade.errors import FirmtradeError, StudyError
from firmtrade.study import read_study
from firmtrade.study_sources import panel_spec

ROWS = """firm,year,activity,region,founded,employment,turnover,value_added,domestic,\
import_intra,import_extra,export_intra,export_extra
a,2002,1511,BE211,1990,12,1000000,400000,true,0,0,5,0
b,2002,1511,BE100,1999,5,500000,200000,true,0,0,0,0
c,2002,2911,BE310,1980,30,2000000,900000,true,1,1,1,1
"""


@pytest.fixture
def panel(tmp_path):
    file = tmp_path / "panel.csv"
    file.write_text(ROWS, encoding="utf-8")
    return str(file)


def written(tmp_path, text, name="mine.toml"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


def values(result):
    return {tuple(sorted(cell.codes.items())): cell.value for cell in result.cells}


def test_a_study_extends_a_built_in_one(tmp_path, panel):
    mine = written(
        tmp_path,
        """
extends = "belgium-2002"
title = "Ours"
[measures.turnover-of-the-median-firm]
title = "Turnover of the median firm"
expr = "median(turnover)"
unit = "EUR"
source = "own"
[tables.turnover]
sample = "manufacturing"
period = 2002
measures = ["turnover-of-the-median-firm"]
""",
    )
    study = Study(mine, panel)
    assert study.spec.title == "Ours"
    assert {table.name for table in study.spec.tables} >= {"table-01", "figure-26", "turnover"}
    assert values(study.table("turnover")) == {(): 1_000_000}


def test_a_study_that_extends_itself_is_refused(tmp_path):
    mine = written(tmp_path, 'extends = "mine.toml"')
    with pytest.raises(StudyError, match="extends itself"):
        read_study(mine)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("titel = 'x'", "Did you mean 'title'"),
        ("[windows.w]\nt0 = 1998", "t0, t1 and outcome"),
        ("[windows.w]\nt0 = 2003\nt1 = 2002\noutcome = 1998", "must hold"),
        ("[tables.t]\nsample = 'smes'\nmeasure = ['firms']", "Did you mean 'measures'"),
        ("[tables.t]\nmeasures = ['firms']", "lacks sample"),
        ("[tables.t]\nsample = 'smes'", "lacks measures"),
        ("[tables.T_1]\nsample = 'smes'\nmeasures = ['firms']", "lower-case"),
        ("[panel]\nfiels = 'x'", "Did you mean 'files'"),
        ("[protect]\nsynthetc = 'x'", "Did you mean 'synthetic'"),
        ("x = ", "not a TOML file"),
    ],
)
def test_what_is_wrong_with_a_study_is_said(tmp_path, text, said):
    with pytest.raises(FirmtradeError, match=said):
        panel_spec(Study(written(tmp_path, text)).spec)


def test_a_table_of_measures_by_dimensions(panel):
    study = Study("belgium-2002", panel)
    found = study.table("firms", by=["mode"], sample="manufacturing", period=2002)
    assert values(found)[("mode", "none"),] == 1
    assert values(found)[("mode", "both"),] == 1


def test_the_union_of_overlapping_flows_is_exact_and_their_sum_refused(panel):
    study = Study("belgium-2002", panel)
    union = {"flow": ["import-intra | export-intra"]}
    assert list(values(study.table("firms", by=union, sample="manufacturing", period=2002)).values()) == [2]
    with pytest.raises(StudyError, match=r"do not add up.*'import-intra \| export-intra'"):
        study.table(
            "firms", by={"flow": ["import-intra + export-intra"]}, sample="manufacturing", period=2002
        )


def test_a_result_prints_but_says_that_it_is_confidential(panel):
    result = Study("belgium-2002", panel).table("firms", by=["mode"], sample="manufacturing", period=2002)
    assert "CONFIDENTIAL" in repr(result)
    assert "onfidential" in result._repr_html_() or "CONFIDENTIAL" in result._repr_html_()
    assert not hasattr(result, "to_csv")


def test_without_a_reason_a_run_is_protected(tmp_path, panel):
    study = Study("belgium-2002", panel)
    release = study.release()
    assert release.protected and "Disclosure control: Business statistics" in release.protection
    small = [c for t in release.tables for c in t.cells if c.unit == "count" and c.value in (1, 2)]
    assert small == []
    assert not release.attrition and not release.warnings, "they count single firms"
    study.run(tmp_path / "out")
    assert (tmp_path / "out-custody" / "figures.csv").exists()


def test_attrition_counts_each_step(panel):
    found = {a.sample: a for a in Study("belgium-2002", panel).attrition()}
    steps = found["manufacturing"].steps
    assert [step.left for step in steps] == [3, 3, 3, 3, 3, 3]
    assert "Domestically owned" in found["manufacturing"].text()


def test_tables_without_their_columns_are_said_not_guessed(tmp_path):
    file = tmp_path / "short.csv"
    rows = [line.split(",") for line in ROWS.splitlines()]
    region = rows[0].index("region")
    file.write_text("\n".join(",".join(row[:region] + row[region + 1 :]) for row in rows) + "\n")
    release = Study("belgium-2002", str(file)).release("made up")
    said = [text for text in release.warnings if "is not answered" in text]
    assert said == ["figure-15 is not answered: region needs region, which this panel does not have"]
    assert "figure-15" not in {table.name for table in release.tables}


def test_a_panel_that_answers_nothing_is_an_error(tmp_path):
    file = tmp_path / "short.csv"
    file.write_text("firm,year\na,2002\n")
    with pytest.raises(StudyError, match="No table can be answered"):
        Study("belgium-2002", str(file)).release("made up")
