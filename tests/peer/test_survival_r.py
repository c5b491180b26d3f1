"""R's survival package gives the same figures on durations that were drawn anew, and its stored ones."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from golden.survival.make_durations import durations
from support_survival import GOLDEN, differences, expected, ours


@pytest.fixture(scope="module")
def r():
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip("no Rscript: apt-get install r-base-core r-cran-survival")
    asked = subprocess.run([rscript, "-e", "library(survival)"], capture_output=True, check=False)
    if asked.returncode:
        pytest.skip("R lacks the package survival: apt-get install r-cran-survival")
    return rscript


def figures_of_r(r, path):
    script = GOLDEN / "make.R"
    done = subprocess.run([r, str(script), str(path)], capture_output=True, check=True, text=True)
    return expected(done.stdout)


@pytest.mark.slow
def test_figures_of_other_durations(r, tmp_path):
    frame = durations(1972)
    frame.to_csv(tmp_path / "durations.csv", index=False)
    theirs = figures_of_r(r, tmp_path / "durations.csv")
    assert len(theirs) > 600
    assert differences(ours(frame), theirs) == []


@pytest.mark.slow
def test_stored_figures_are_what_r_gives_now(r):
    now = figures_of_r(r, GOLDEN / "durations.csv")
    assert differences(now, expected((GOLDEN / "expected.csv").read_text("utf-8"))) == []
