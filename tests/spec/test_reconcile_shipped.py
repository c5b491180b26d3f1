"""A study ships what was published: found from its file, inherited, compared from released cells only."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmtrade.cli import app
from firmtrade.errors import DataError, StudyError
from firmtrade.reconcile import audit, read_all, read_figures, setting
from firmtrade.reconcile.beside import read_shipped
from firmtrade.reconcile.finding import NOTHING
from firmtrade.result import ReleasedCell, ReleasedTable
from firmtrade.study import Study, read_study

HEAD = "table,sample,period,size,flow,measure,value,unit,decimals,low,high,note\n"
PRINTED = HEAD + "t1,all-firms,2002,_T,_T,firms,3,count,0,,,counted by hand\n"
PANEL = "firm,year,employment\na,2002,5\nb,2002,6\n"
STUDY = 'published = "printed.csv"\n[tables.t1]\nsample = "all-firms"\nperiod = 2002\nmeasures = "firms"\n'


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "base").mkdir()
    for name, text in {"base/study.toml": STUDY, "base/printed.csv": PRINTED, "firms.csv": PANEL}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / "base" / "study.toml"


def released(study: Path, panel: Path) -> dict[str, object]:
    found = Study(study, str(panel)).release("made up").published
    return (
        {"outcomes": [m.outcome for m in found.matches], "notes": [m.note for m in found.matches]}
        if found
        else {}
    )


def test_a_run_is_compared_with_what_the_study_ships(study: Path, tmp_path: Path) -> None:
    found = released(study, tmp_path / "firms.csv")
    assert found == {"outcomes": ["different"], "notes": ["counted by hand"]}


def test_a_study_that_extends_it_inherits_the_file_and_may_do_without(study: Path, tmp_path: Path) -> None:
    child = tmp_path / "child.toml"
    child.write_text('extends = "base/study.toml"\ntitle = "ours"\n', encoding="utf-8")
    assert released(child, tmp_path / "firms.csv")["outcomes"] == ["different"]
    child.write_text('extends = "base/study.toml"\npublished = ""\n', encoding="utf-8")
    assert released(child, tmp_path / "firms.csv") == {}
    (tmp_path / "own.csv").write_text(PRINTED.replace(",3,", ",2,"), encoding="utf-8")
    child.write_text('extends = "base/study.toml"\npublished = { file = "own.csv" }\n', encoding="utf-8")
    assert released(child, tmp_path / "firms.csv")["outcomes"] == ["equal"]


def test_a_copy_of_a_built_in_study_alone_finds_its_figures(tmp_path: Path, root: Path) -> None:
    text = (root / "studies/belgium-2002/study.toml").read_text(encoding="utf-8")
    (tmp_path / "copy.toml").write_text(text, encoding="utf-8")
    assert Path(read_study(tmp_path / "copy.toml").published["file"]).is_file()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ('"nowhere.csv"', "no such file beside the study"),
        ("3", "all texts"),
        ("{ fiel = 'a' }", "Did you mean 'file'"),
    ],
)
def test_a_wrong_entry_is_a_clear_error(study: Path, said: str, error: str) -> None:
    study.write_text(STUDY.replace('"printed.csv"', said), encoding="utf-8")
    with pytest.raises(StudyError, match=error):
        read_study(study)


def test_wrong_columns_are_said_before_the_panel_is_read(study: Path) -> None:
    (study.parent / "printed.csv").write_text("table,sampel\n", encoding="utf-8")
    with pytest.raises(DataError, match="column sample is missing"):
        Study(study, "no-such-panel.csv").release("made up")


def test_a_hidden_cell_is_never_compared(study: Path) -> None:
    shipped = read_shipped(read_study(study).published)
    assert shipped
    for value in (None, 3.0):  # a value that slipped through is not looked at either
        cell = ReleasedCell("all-firms", "2002", {}, "firms", value, "count", 0, "C", "too few firms")
        (match,) = shipped.beside(
            [ReleasedTable("t1", "", "all-firms", (), ("measure",), (cell,), {})]
        ).matches
        assert (match.outcome, match.value) == ("hidden", None)
    assert [m.outcome for m in shipped.beside([]).matches] == ["missing"]


def test_belgium_ships_the_614_cells_of_the_report(shared: Path, root: Path) -> None:
    ours, seed = ([], [])
    for path, into in (
        (root / "studies/belgium-2002/published.csv", ours),
        (shared / "seed/published.csv", seed),
    ):
        with path.open(encoding="utf-8", newline="") as file:
            into += list(csv.DictReader(file))
    assert len(ours) == 614
    assert [{k: v for k, v in row.items() if k != "note"} for row in ours] == seed


def test_what_the_population_gives_up_has_its_note(root: Path) -> None:
    from firmtrade.synthesize.solution import given_up

    figures = read_figures(root / "studies" / "belgium-2002" / "published.csv")
    noted = {(f.table, dict(f.codes)["status"], f.measure) for f in figures if f.note}
    keys = [entry["key"] for entry in given_up()["table"]]
    assert noted == {(key["table"], key["status"], key["measure"]) for key in keys}


def test_reconcile_needs_no_file_where_the_study_ships_one(study: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["reconcile", "--study", str(study)])
    assert done.exit_code == 0 and "Audit of printed.csv: 1 figures" in done.output
    study.write_text(STUDY.replace('published = "printed.csv"\n', ""), encoding="utf-8")
    done = CliRunner().invoke(app, ["reconcile", "--study", str(study)])
    assert done.exit_code and "ships no published figures" in str(done.exception)


# -- figures of the text


def test_several_files_are_read_together(tmp_path: Path) -> None:
    for name, value in (("a.csv", 5), ("b.csv", 6)):
        line = f"{name[0]},all-firms,2002,_T,_T,firms,{value},count,0,,,\n"
        (tmp_path / name).write_text(HEAD + line, encoding="utf-8")
    done = CliRunner().invoke(app, ["reconcile", str(tmp_path / "a.csv"), str(tmp_path / "b.csv")])
    assert done.exit_code == 13 and "a prints 5; b prints 6; misses by 1 firms" in done.output
    assert [f.place for f in read_all([tmp_path / "a.csv", tmp_path / "b.csv"])] == [(0, 2), (1, 2)]


@pytest.mark.parametrize(("low", "high", "held"), [("30", "40", True), ("", "", False), ("30", "32", False)])
def test_an_interval_is_wider_or_narrower_than_rounding(
    tmp_path: Path, low: str, high: str, held: bool
) -> None:
    """'About 32 %' may be 33.3; 32 %, and 'at most 32 %', may not."""
    text = "{0},all-firms,2002,_T,{1},{2},{3},{4},0,{5},{6},\n"
    lines = [
        text.format("t", "_T", "firms", 3, "count", "", ""),
        text.format("t", "export", "firms", 1, "count", "", ""),
    ]
    lines += [text.format("text", "export", "participation", 32, "percent", low, high)]
    (tmp_path / "p.csv").write_text(HEAD + "".join(lines), encoding="utf-8")
    spec = read_study("belgium-2002")
    found = audit(
        read_figures(tmp_path / "p.csv"), spec.tables, setting(spec.catalog, spec.windows, "NACE 1.1")
    )
    assert any(f.verdict == NOTHING for f in found.findings) is not held


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        ("1", "", "are not two numbers"),
        ("a", "9", "are not two numbers"),
        ("5", "9", "is not between low '5'"),
    ],
)
def test_a_wrong_interval_is_named_with_its_line(tmp_path: Path, low: str, high: str, said: str) -> None:
    (tmp_path / "p.csv").write_text(HEAD + f"t,all-firms,2002,_T,_T,firms,3,count,0,{low},{high},\n")
    with pytest.raises(DataError, match=rf"p.csv, line 2.*{said}"):
        read_figures(tmp_path / "p.csv")


def test_a_union_of_codes_is_the_sum_of_its_parts(tmp_path: Path) -> None:
    sizes = {"50-99": 8, "100-249": 3, "50-99|100-249": 12}
    lines = [f"t,manufacturing,2002,{size},_T,firms,{n},count,0,,,\n" for size, n in sizes.items()]
    (tmp_path / "p.csv").write_text(HEAD + "".join(lines), encoding="utf-8")
    spec = read_study("belgium-2002")
    found = audit(
        read_figures(tmp_path / "p.csv"), spec.tables, setting(spec.catalog, spec.windows, "NACE 1.1")
    )
    assert [(f.kind, f.misses) for f in found.violated] == [("sum", 1.0)]
