"""The same firms give the same bytes: all that is published and all that the custodian keeps.

Over repeats, orders of rows, file formats and numbers of threads, by suppression and with perturbed numbers.
Only the hash of the input file may follow from the file; here it is held still.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from firmtrade.study import Study
from reference.panels import random_panel, write_all

STUDY = """
title = "Who trades"
[panel]
classification = "NACE 1.1"
regions = ["BE1", "BE2", "BE3"]
[windows.growth]
t0 = 1998
t1 = 2002
outcome = 2003

[samples.stayers]
title = "Stayers"
expr = "smes and t0.employment > 0 and outcome.employment > 0 and t1.year is not null"
source = "own"

[tables.counts]
sample = "smes"
period = 2002
measures = ["firms", "participation", "median-productivity"]
by = { size = ["0-9", "10-49", "_T"], flow = ["export", "import"] }

[tables.sums]
sample = "all-firms"
period = [1998, 2002]
measures = ["turnover", "productivity"]
by = { region = ["BE1", "BE2", "BE3", "_T"], size = ["0-9", "10-49", "50-99", "100-249", "_T"] }

[tables.growth]
sample = "stayers"
window = "growth"
measures = ["firms", "productivity-change"]
by = { flow = ["export"], status = ["traders", "constant", "new", "stopped", "non-traders"] }

[tables.figure-01]
sample = "all-firms"
period = 2002
measures = ["turnover"]
by = { activity = "all" }
chart = { kind = "bar", x = "activity" }

[protect]
hide = [{ table = "sums", region = "BE2", size = "0-9", period = "2002", measure = "turnover" }]
"""
KEYED = 'method = "cell-key"\nsecret = "../key"\n'


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One random panel with holdings, in several formats and orders."""
    drawn = random_panel(11, 200)
    drawn["holding"] = [f"h{firm}" if ord(firm[-1]) % 3 else "group" for firm in drawn["firm"]]
    found = write_all(drawn, tmp_path_factory.mktemp("files"))
    return {name: str(path) for name, path in found.items() if name != "csv-latin-1"}


def everything(folder: Path) -> dict[str, str]:
    """The hash of each file that a run leaves beside its study, but for the cells that the next run reads:
    these are found again by how the file is read."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for place in ("out", "out-custody")
        for path in sorted((folder / place).rglob("*"))
        if path.is_file() and path.parent.name != "cells"
    }


@pytest.mark.slow
@pytest.mark.parametrize("method", ["", KEYED], ids=["suppression", "cell key"])
def test_the_same_firms_give_the_same_bytes(
    method: str, files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmtrade.assemble.panel.hashes", lambda located: {"panel": "0" * 64})
    (tmp_path / "key").write_bytes(b"a secret of more than sixteen bytes")
    (tmp_path / "study").mkdir()
    study = tmp_path / "study" / "study.toml"
    study.write_text(STUDY + method, "utf-8")
    runs = [("parquet", 1), ("shuffled", 2)]
    runs += [] if method else [("parquet", 1), ("csv", 1), ("stata", 2)]
    first: dict[str, str] = {}
    for number, (name, threads) in enumerate(runs):
        out = tmp_path / str(number) / "out"
        Study(study, files[name], threads=threads).run(out)
        found = everything(out.parent)
        first = first or found
        assert sorted(found) == sorted(first)
        assert [file for file in found if found[file] != first[file]] == [], (name, threads)
    assert b",C\n" in (tmp_path / "0" / "out" / "tables.csv").read_bytes(), "something is hidden"
    kept = {name.rpartition("/")[2] for name in first}
    assert {
        "tables.csv",
        "report.pdf",
        "figure-01.png",
        "proof-01.zip",
        "structure.zip",
        "hidden.csv",
    } <= kept
    assert ("counts.csv" in kept) == bool(method)
