"""The command line as a person meets it: messages, exit codes, silence in a pipe."""

from __future__ import annotations

import subprocess
import sys

import pytest


def firmtrade(*arguments, cwd=None):
    command = [sys.executable, "-m", "firmtrade", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


@pytest.fixture
def panel(tmp_path):
    """Three firms in 2002, one of them foreign, as CSV in the contract's columns."""
    file = tmp_path / "panel.csv"
    file.write_text(
        "firm,year,activity,region,founded,employment,turnover,value_added,domestic,"
        "import_intra,import_extra,export_intra,export_extra\n"
        "a,2002,1511,BE211,1990,12,1000000,400000,true,0,0,5,0\n"
        "b,2002,1511,BE100,1999,5,500000,200000,true,0,0,0,0\n"
        "c,2002,2911,BE310,1980,30,2000000,900000,false,1,1,1,1\n",
        encoding="utf-8",
    )
    return file


def study(folder, text):
    file = folder / "study.toml"
    file.write_text(text, encoding="utf-8")
    return file


SIMPLE = """
title = "Who exports"
[panel]
classification = "NACE 1.1"
[tables.exporters]
title = "Exporters by size"
sample = "smes"
period = 2002
measures = ["firms", "participation"]
by = { size = "all", flow = "export" }
"""


def test_help_teaches():
    done = firmtrade("--help")
    assert done.returncode == 0
    for command in ("run", "check", "list", "explain", "init"):
        assert command in done.stdout


def test_run_is_quiet_in_a_pipe_and_says_where_the_report_is(tmp_path, panel):
    done = firmtrade(
        "run",
        study(tmp_path, SIMPLE),
        "--panel",
        panel,
        "--out",
        tmp_path / "out",
        "--unprotected",
        "made up",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip().endswith("report.html")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "report.html",
        "report.pdf",
        "tables.xlsx",
        "tables.csv",
        "figures",
        "manifest.json",
        "release.json",
    }
    assert "made up" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("reason", [[], ["--unprotected", "  "]])
def test_a_panel_that_is_not_synthetic_leaves_protected_only(tmp_path, panel, reason):
    done = firmtrade("run", study(tmp_path, SIMPLE), "--panel", panel, "--out", tmp_path / "out", *reason)
    assert (done.returncode, done.stderr) == (0, "")
    text = (tmp_path / "out" / "tables.csv").read_text(encoding="utf-8")
    assert ",firms,,count,0,C" in text and ",firms,1," not in text and ",firms,2," not in text
    assert "Disclosure control" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    attacked = firmtrade("attack", tmp_path / "out")
    assert (attacked.returncode, attacked.stderr) == (0, "")
    assert "No hidden figure can be worked out." in attacked.stdout


def test_unknown_study_offers_the_nearest(tmp_path):
    done = firmtrade("run", "belgium-2020", "--out", tmp_path / "out")
    assert done.returncode == 10
    assert "Did you mean 'belgium-2002'?" in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_panel_is_a_data_error(tmp_path):
    done = firmtrade("run", "belgium-2002", "--panel", tmp_path / "none.parquet", "--out", tmp_path / "out")
    assert done.returncode == 11
    assert "none.parquet" in done.stderr


def test_duplicate_firm_years_stop_the_run(tmp_path, panel):
    lines = panel.read_text(encoding="utf-8").splitlines()
    panel.write_text("\n".join([*lines, lines[1]]) + "\n", encoding="utf-8")
    checked = firmtrade("check", panel)
    assert checked.returncode == 11
    assert "a" in checked.stdout and "2002" in checked.stdout
    done = firmtrade(
        "run", study(tmp_path, SIMPLE), "--panel", panel, "--out", tmp_path / "out", "--unprotected", "x"
    )
    assert done.returncode == 11
    assert not (tmp_path / "out").exists()


def test_a_sound_panel_passes_the_check(panel):
    assert firmtrade("check", panel).returncode == 0


def test_list_and_explain():
    listed = firmtrade("list", "measures")
    assert "participation" in listed.stdout
    card = firmtrade("explain", "participation").stdout
    assert "100 * firms / total(firms, flow)" in card
    assert "table-04" in card
    missed = firmtrade("explain", "partecipation")
    assert missed.returncode == 10
    assert "Did you mean 'participation'?" in missed.stderr


def test_explain_sql_shows_named_steps():
    shown = firmtrade("explain", "table-06", "--sql").stdout
    for step in ("t0 as (", "t1 as (", "outcome as (", "finest as ("):
        assert step in shown


def test_init_writes_a_study_and_does_not_overwrite_it(tmp_path, panel):
    done = firmtrade("init", panel, "--out", tmp_path / "study.toml")
    assert done.returncode == 0, done.stderr
    assert firmtrade("check", panel, "--study", tmp_path / "study.toml").returncode == 0
    done = firmtrade("run", tmp_path / "study.toml", "--out", tmp_path / "out", "--unprotected", "made up")
    assert done.returncode == 0, done.stderr
    assert "participation-by-size" in (tmp_path / "out" / "tables.csv").read_text(encoding="utf-8")
    again = firmtrade("init", panel, "--out", tmp_path / "study.toml")
    assert again.returncode == 11
    assert "exists" in again.stderr


def test_debug_shows_each_step(tmp_path, panel):
    done = firmtrade(
        "run",
        study(tmp_path, SIMPLE),
        "--panel",
        panel,
        "--out",
        tmp_path / "out",
        "--unprotected",
        "x",
        "--debug",
    )
    assert done.returncode == 0
    assert "step finest" in done.stdout


def test_version():
    assert firmtrade("--version").stdout.startswith("firmtrade 0.")
