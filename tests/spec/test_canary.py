"""Nothing of a hidden firm leaves: in no byte of the public folder, no message, no file left behind.

A canary firm fills a region alone. First its name and its values are looked for everywhere. Then the run is
repeated with other values of the canary, in tables without totals: every public byte must stay the same, so
that no axis, order, tooltip or file's metadata can tell of them either.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from firmtrade.publish import write
from firmtrade.study import Study
from support_custodian import CANARY, CLOSED, STUDY, panel, study
from support_traces import contents, said, traces


def test_the_traces_are_found_where_nothing_is_hidden(tmp_path: Path) -> None:
    """The search itself can fail: it finds the canary in each kind of file of an unprotected run."""
    made = Study(study(tmp_path, CLOSED), str(panel(tmp_path))).run(
        tmp_path / "out", unprotected="a drawn panel"
    )
    seen = {name.partition(":")[0] for name, _ in traces(contents(made))}
    assert {"tables.csv", "tables.xlsx", "report.html", "figure-01.svg"} <= seen
    if shutil.which("pdftotext"):
        assert "report.pdf" in seen


@pytest.mark.parametrize("text", [STUDY, CLOSED], ids=["totals", "closed"])
def test_no_byte_of_a_protected_run_has_a_trace(tmp_path: Path, text: str) -> None:
    scratch, home = tmp_path / "tmp", tmp_path / "home"
    scratch.mkdir()
    home.mkdir()
    places = {"TMPDIR": str(scratch), "HOME": str(home), "XDG_CACHE_HOME": str(home)}
    source = (str(study(tmp_path, text)), "--panel", str(panel(tmp_path)))
    command = [sys.executable, "-m", "firmtrade", "run", *source, "--out", str(tmp_path / "public" / "out")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=home, env={**os.environ, **places}
    )
    assert done.returncode == 0, done.stderr
    assert traces(said(stdout=done.stdout, stderr=done.stderr)) == []
    assert traces(contents(tmp_path / "public" / "out")) == []
    left = [path.name for path in scratch.rglob("*")]
    assert left == [], "temporary files are left behind"
    assert traces(contents(home)) == []
    assert sorted(path.name for path in (tmp_path / "public").iterdir()) == ["out", "out-custody"]


def test_an_error_does_not_name_the_canary(tmp_path: Path) -> None:
    """A release that is stopped says why without values; a panel that is wrong is the custodian's own."""
    text = STUDY + '\n[protect]\nprofile = "business-statistic"\n'
    source = (str(study(tmp_path, text)), "--panel", str(panel(tmp_path)))
    command = [sys.executable, "-m", "firmtrade", "run", *source, "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 10
    assert "business-statistics" in done.stderr
    assert traces(said(stdout=done.stdout, stderr=done.stderr)) == []


def test_the_public_bytes_do_not_depend_on_what_is_hidden(tmp_path: Path) -> None:
    made = []
    for value in ("7777777.77", "3333.33", "49999999.99"):
        folder = tmp_path / value / "study"  # the folder lends the study its name
        folder.mkdir(parents=True)
        release = Study(study(folder, CLOSED), str(panel(folder, value))).release()
        # The hash of the panel, and nothing else, may follow from the values.
        release = replace(release, provenance=replace(release.provenance, inputs={}))
        out = write(release, folder / "out")
        made.append(
            {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}
        )
    hidden = [cell for table in release.tables for cell in table.cells if cell.confidentiality != "F"]
    assert {cell.codes["region"] for cell in hidden} == {"BE1"}, (
        "the canary's figures are hidden, and no others"
    )
    assert len(hidden) == 9
    for other in made[1:]:
        assert sorted(other) == sorted(made[0])
        assert [name for name in other if other[name] != made[0][name]] == []


def test_readers_see_one_symbol_and_one_footnote(tmp_path: Path) -> None:
    made = Study(study(tmp_path), str(panel(tmp_path))).run(tmp_path / "out")
    page = (made / "report.html").read_text("utf-8")
    cells = re.findall(r'<td class="hidden"[^>]*>(.*?)</td>', page, re.S)
    assert len(cells) >= 13
    assert len(set(cells)) == 1, "one symbol for all reasons"
    assert not re.findall(r'<td class="hidden"[^>]*(?:title|aria-label|data-)', page)
    for word in ("frequency-3", "percent-10", "secondary", "dominance", "2 short", "hidden for"):
        assert word not in page
    with zipfile.ZipFile(made / "tables.xlsx") as file:
        names = file.namelist()
    assert not [name for name in names if "comment" in name.lower()], "no notes on cells"
    assert CANARY not in page
