"""The agency's commands as somebody else meets them: files in, stage, segment, proposal and trace out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from firmtrade.cli import app
from firmtrade.errors import FirmtradeError
from support_register import csv

WHO = ("--user", "an", "--purpose", "advice")
Command = Callable[..., str]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command in a folder with a register; returns what it prints. `code` is its exit code."""
    monkeypatch.chdir(tmp_path)
    for name in ("FIRMTRADE_USER", "FIRMTRADE_PURPOSE", "FIRMTRADE_REGISTER"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, ["support", *words])
        if isinstance(done.exception, FirmtradeError):  # main() says it and leaves with its code
            assert done.exception.exit_code == code, done.exception
            return str(done.exception)
        assert done.exit_code == code, (done.output, done.exception)
        return str(done.output if code == 2 else done.stdout)

    run("init", "agency.db", "--user", "an")
    csv(tmp_path / "firms.csv", "id,name,founded_on,growth_ambition", "F1,One,2021-04-01,yes", "F2,Two,,")
    rows = ("F1,2021,export,no,", "F1,2022,export,no,", "F1,2023,export,no,",
            "F2,2022,export,yes,100", "F2,2023,export,no,", "F9,2023,export,no,")  # fmt: skip
    csv(tmp_path / "exports.csv", "firm_id,year,flow,traded,value", *rows)
    answers = ("W1,yes,", "W2,yes,", "W3,yes,documented", "W4,yes,accounts", "P1,yes,documented",
               "P2,yes,documented", "A1,yes,", "A2,yes,", "D1,yes,accounts", "D2,yes,", "M3,,")  # fmt: skip
    csv(tmp_path / "answers.csv", "question,answer,evidence", *answers)
    return run


def filled(command: Command) -> None:
    command("import", "firms", "firms.csv", "--origin", "firm", "--user", "an")
    command("import", "exports", "exports.csv", "--origin", "firm", "--user", "an", code=11)


def told(command: Command, *words: str) -> Any:
    return json.loads(command(*words, *WHO, "--json"))


def test_from_files_to_a_proposal_with_its_trace(command: Command) -> None:
    filled(command)
    found = told(command, "segment", "F1", "--date", "2024-03-01")
    assert (found["stage"]["code"], found["segment"]) == ("never", "not-asked")
    found = told(command, "assess", "F1", "--date", "2024-02-01", "--answers", "answers.csv")
    assert (found["readiness"], found["documented"], found["next"]["total"]) == ("ready", "unknown", 0)
    assert [gate["met"] for gate in found["gates"]] == ["yes"] * 6
    assert (
        found["answers"]["W4"] == {"answer": "yes", "evidence": "accounts"} and "M3" not in found["answers"]
    )
    found = told(command, "segment", "F1", "--date", "2024-03-01")
    assert found["segment"] == "ready"
    assert [(each["segment"], each["holds"]) for each in found["trace"]] == [
        ("not-asked", "no"), ("not-interested", "no"), ("ready", "yes")]  # fmt: skip
    assert found["facts"]["stage"] == {"value": "never", "where": "exports 2021-2023"}
    made = told(command, "propose", "F1", "--date", "2024-03-01")
    made_for = {(each["rule"], each["measure"]): each for each in made["proposals"]
                if each["outcome"] == "propose"}  # fmt: skip
    assert set(made_for) == {
        ("first-plan", "plan-coaching"), ("first-plan", "starter-grant"),
        ("ambitious-new-firm", "plan-coaching"), ("ambitious-new-firm", "starter-grant"),
        ("ambitious-new-firm", "partner-search")}  # fmt: skip
    grant = made_for["first-plan", "starter-grant"]
    assert (grant["type"], grant["recommendations"]) == ("financial", ["02", "05"])
    assert [part["read"] for part in grant["trace"]["parts"]] == ["ready", "300000"]
    assert {each["id"] for each in grant["contrary"]} == {"carrasco-roa-2016", "bernard-jensen-1999"}
    command("decide", "F1", "starter-grant", "accepted", "--rule", "first-plan", "--date", "2024-03-01", *WHO)
    rows = told(command, "history", "proposals", "F1|2024-03-01|first-plan|starter-grant")
    assert [row["decision"] for row in rows] == ["open", "accepted"] and rows[1]["decided_by"] == "an"


def test_numbers_without_names_unless_asked_for(command: Command) -> None:
    filled(command)
    numbers = told(command, "segment", "--date", "2024-03-01")
    assert numbers["firms"]["not-asked"] == 1 and numbers["firms"]["stopped"] == 1
    assert sum(numbers["firms"].values()) == 2 and "named" not in numbers
    named = told(command, "segment", "--date", "2024-03-01", "--list")["named"]
    assert named["stopped"] == ["F2"]
    text = command("segment", "--date", "2024-03-01", *WHO)
    assert "Stopped exporting" in text and "F2" not in text


def test_rejected_rows_are_written_down_and_told_by_the_exit_code(command: Command, tmp_path: Path) -> None:
    command("import", "firms", "firms.csv", "--origin", "firm", "--user", "an")
    words = ("import", "exports", "exports.csv", "--origin", "firm", "--user", "an")
    shown = command(*words, "--dry-run", "--report", "bad.csv", code=11)
    assert "5 would be new" in shown and "Import firms first" in shown
    assert (
        (tmp_path / "bad.csv")
        .read_text(encoding="utf-8")
        .splitlines()[1]
        .startswith("exports.csv,7,firm_id,")
    )
    shown = command(*words, "--part", "2", code=11)
    said = [line for line in shown.splitlines() if line.endswith("in the register")]
    assert said == [f"{done} of 5 rows are in the register" for done in (2, 4, 5)]
    assert "5 from an earlier run" in command(*words, code=11)


def test_who_looks_must_say_so_and_is_logged(command: Command) -> None:
    filled(command)
    assert "--user" in command("segment", "F1", code=2)
    assert "--purpose" in command("propose", "F1", "--user", "an", code=2)
    command("propose", "F1", *WHO)
    command("entry-mode", "F1", "--market", "DE", "--product", "x", "-a", "competition=atomistic", *WHO)
    looks = told(command, "log", "F1")
    assert {(look["who"], look["purpose"]) for look in looks} == {("an", "advice")}
    assert [look["action"] for look in looks] == ["segment", "room", "entry-mode"]


def test_a_panel_is_refused_with_the_code_of_disclosure(command: Command, tmp_path: Path) -> None:
    csv(tmp_path / "panel.csv", "firm,year,turnover,export_intra", "F1,2002,5,1")
    words = ("--origin", "firm", "--user", "an")
    assert "collected for statistics" in command("import", "firms", "panel.csv", *words, code=12)
    assert "collected for statistics" in command("import", "firms", "sqlite:///p.db", *words, code=12)
    said = command("import", "firms", "firms.csv", "--origin", "statistics", "--user", "an", code=11)
    assert "cannot be the origin" in said
    assert "is a panel" in command("entry-mode", "--answers", "panel.csv", code=12)


def test_entry_mode_without_a_firm_keeps_nothing(command: Command) -> None:
    words = ["cultural-distance=small", "geographical-distance=small", "environment=favourable",
             "sales-potential=high", "production-cost=high", "competition=atomistic",
             "marketing-infrastructure=poor"]  # fmt: skip
    found = json.loads(command("entry-mode", *(part for word in words for part in ("-a", word)), "--json"))
    assert (found["high"], found["low"], found["answered"], found["band"]) == (4, 2, 6, "none")
    assert found["index"] == {"fraction": "1/3", "value": pytest.approx(1 / 3, abs=1e-12)}
    assert told(command, "log") == []
    assert "asked in parts" in command("entry-mode", "-a", "distance=small", code=11)
    assert "--market" in command("entry-mode", "F1", *WHO, code=2)
    assert "cultural-distance" in command("entry-mode", "--questions")


def test_words_are_shown_and_checked(command: Command, tmp_path: Path) -> None:
    assert "examples come out" in command("rules", "--check")
    shown = command("rules", "invite")
    assert "Against: Breinlich" in shown and "? segment is not-asked" in shown
    assert "Did you mean 'invite'" in command("rules", "invit", code=10)
    assert "W1" in command("instrument")
    sheet = command("instrument", "--csv").splitlines()
    assert sheet[0] == "question,answer,evidence,text" and len(sheet) == 29
    assert "firm_id,year,flow" in command("tables", "exports", "--csv")
    assert "Did you mean 'exports'" in command("tables", "export", code=11)
    found = json.loads(command("stage", "000111", "--last", "2023", "--json"))
    assert (found["code"], found["in_a_row"], found["history"]) == ("occasional", 3, "started")
    assert "[dimensions.export-stage]" in command("stage-words", "2002")


def test_the_program_itself_says_errors_in_one_line(tmp_path: Path) -> None:
    """Once through the real program: exit code, no traceback, the message on standard error."""
    environment = {**os.environ, "FIRMTRADE_USER": "an", "FIRMTRADE_PURPOSE": "advice"}
    done = subprocess.run([sys.executable, "-m", "firmtrade", "support", "segment", "F1"], cwd=tmp_path,
                          capture_output=True, text=True, check=False, env=environment)  # fmt: skip
    assert (done.returncode, done.stdout) == (11, "")
    assert done.stderr.strip() == (
        "firmtrade: There is no register agency.db. Make one: firmtrade support init agency.db"
    )


def test_an_answer_that_is_given_twice_is_refused(command: Command, tmp_path: Path) -> None:
    filled(command)
    csv(tmp_path / "twice.csv", "question,answer", "W1,yes", "P1,no", "W1,no")
    said = command("assess", "F1", "--answers", "twice.csv", *WHO, code=11)
    assert said == "twice.csv, row 4: W1 is answered twice. Keep one of the two rows."
    assert "W1 is given twice" in command("assess", "F1", "-a", "W1=yes", "-a", "W1=no", *WHO, code=2)
