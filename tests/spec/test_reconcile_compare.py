"""A run against published figures, and two runs against each other, as a user calls them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmtrade.cli import app
from firmtrade.reconcile import against_published, between_runs, read_figures

HEAD = "table,sample,period,size,mode,measure,value,unit,decimals"
PRINTED = """
t1,manufacturing,2002,_T,none,firms,60,count,0
t1,manufacturing,2002,_T,both,firms,40,count,0
t2,manufacturing,2002,0-9,_T,productivity,53.1,kEUR/FTE,1
t2,manufacturing,2002,10-49,_T,productivity,-0.2,kEUR/FTE,1
"""
RUN = """
t1,manufacturing,2002,_T,none,firms,61,count,0
t2,manufacturing,2002,0-9,_T,productivity,53.05,kEUR/FTE,1
t2,manufacturing,2002,10-49,_T,productivity,-0.15,kEUR/FTE,1
t2,manufacturing,2002,50-99,_T,productivity,70.0,kEUR/FTE,1
t9,manufacturing,2002,_T,none,firms,61,count,0
"""


def written(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "tables.csv").write_text(HEAD + text, encoding="utf-8")
    return folder


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    return written(tmp_path / "printed", PRINTED), written(tmp_path / "run", RUN)


def test_equal_within_the_printed_rounding(sides: tuple[Path, Path]) -> None:
    found = against_published(read_figures(sides[0]), read_figures(sides[1]), ("published", "run"))
    outcomes = [pair.outcome for pair in found.pairs]
    assert outcomes == ["different", "missing right", "equal", "equal", "missing left"]
    assert found.beside == 1 and found.differs


def test_two_runs_are_compared_exactly(sides: tuple[Path, Path]) -> None:
    found = between_runs(read_figures(sides[0]), read_figures(sides[1]), ("a", "b"))
    assert [float(pair.moved) for pair in found.pairs if pair.moved] == pytest.approx([1, -0.05, 0.05])
    assert sum(pair.outcome == "missing left" for pair in found.pairs) == 2


def test_reconcile_with_a_run_writes_table_page_and_csv(sides: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    published = sides[0] / "tables.csv"
    done = CliRunner().invoke(app, ["reconcile", str(published), "--run", str(sides[1]), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "60 -> 61 (+1)" in done.output and "2 equal, 1 different, 1 only in tables.csv" in done.output
    names = ["audit.csv", "audit.txt", "comparison.csv", "reconcile.html"]
    assert sorted(path.name for path in out.iterdir()) == names
    page = (out / "reconcile.html").read_text(encoding="utf-8")
    assert "60 -&gt; 61 (+1)" in page and "<script" not in page and "http" not in page.split("</style>")[1]


def test_reconcile_leaves_with_13_where_nothing_explains(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(
        f"{HEAD}\nt1,services,2002,_T,_T,firms,5,count,0\nt2,services,2002,_T,_T,firms,6,count,0\n"
    )
    done = CliRunner().invoke(app, ["reconcile", str(path)])
    assert done.exit_code == 13
    assert "t1 | services 2002 | firms 5" in done.output


def test_diff_says_what_moved_and_leaves_with_13(sides: tuple[Path, Path], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["diff", *map(str, sides), "--out", str(tmp_path / "out")])
    assert done.exit_code == 13
    assert "53.1 -> 53.0500 (-0.05)" in done.output and "only in" in done.output
    assert (tmp_path / "out" / "reconcile.html").exists()
    same = CliRunner().invoke(app, ["diff", str(sides[0]), str(sides[0] / "tables.csv")])
    assert same.exit_code == 0 and "4 equal" in same.output


def test_a_cell_that_was_hidden_has_moved(tmp_path: Path) -> None:
    head = HEAD + ",confidentiality"
    row = "\nt1,manufacturing,2002,_T,none,firms,{0},count,0,{1}\n"
    for name, value, status in (("a.csv", "60", "F"), ("b.csv", "", "C")):
        (tmp_path / name).write_text(head + row.format(value, status), encoding="utf-8")
    done = CliRunner().invoke(app, ["diff", str(tmp_path / "a.csv"), str(tmp_path / "b.csv")])
    assert done.exit_code == 13 and "60 -> no figure status F -> C" in done.output


def test_a_folder_without_tables_is_an_error(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["diff", str(tmp_path), str(tmp_path)])
    assert done.exit_code != 0 and "There is no file" in str(done.exception)
