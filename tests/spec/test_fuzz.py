"""Wrong and malicious input, in a short version of `make fuzz`; a part of it through the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from fuzz import malice, panels
from fuzz.__main__ import KINDS, tally
from support_ledger import study

SEED = 2026
TIMES = {"panel": 100, "study": 150, "definition": 100}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_wrong_is_refused_in_words_or_read_as_it_stands(tmp_path: Path, kind: str) -> None:
    found = tally(kind, SEED, TIMES[kind], tmp_path)
    assert not found.wrong and found.times == TIMES[kind]
    assert len(found.seen) > 1, "nothing but refusals would say little"


@pytest.mark.slow
def test_malice_is_refused_or_of_no_harm(tmp_path: Path) -> None:
    groups = malice.all_tried(tmp_path)
    assert not [group.wrong for group in groups if group.wrong]
    assert sum(group.refused for group in groups) > 80


def test_the_slow_computation_can_differ(tmp_path: Path) -> None:
    """A panel of which a row is left out is told from the whole."""
    path = panels.example(Random("0"), tmp_path)
    content = b"firm,year,activity,region,employment,turnover\nF1,2002,1511,BE1,5,10\nF2,2002,1511,BE1,7,\n"
    path.write_bytes(content)
    made = panels.slowly(content)
    assert (made["firms", "BE1", "0-9"], made["turnover", "_T", "_T"]) == (2, 10)
    found = panels.Study(study(tmp_path, panels.STUDY), str(path)).tables()[0]
    panels.compare(made, found)
    with pytest.raises(AssertionError):
        panels.compare(panels.slowly(content.replace(b",10", b",11")), found)


@pytest.mark.slow
def test_the_command_line_shows_no_traceback(root: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    for number in range(6):
        panel = panels.example(Random(f"command {number}"), tmp_path)
        command = [
            sys.executable,
            "-m",
            "firmtrade",
            "check",
            str(panel),
            "--study",
            str(study(tmp_path, panels.STUDY)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode in (0, 10, 11), done.stderr
        assert "Traceback" not in done.stderr + done.stdout


def test_the_page_is_that_of_the_program(root: Path) -> None:
    page = (root / "docs" / "fuzz.md").read_text(encoding="utf-8")
    assert "--examples 10000 --seed" in page and "No example failed." in page
