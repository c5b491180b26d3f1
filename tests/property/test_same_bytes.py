"""The same firms give the same bytes: all that is published and all that the custodian keeps.

Over repeats, orders of rows, file formats and numbers of threads, by suppression and with perturbed numbers.
Only the hash of the input file may follow from the file; here it is held still.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from firmtrade.study import Study
from reference.panels import write_all
from support_small import STUDY, drawn_panel

KEYED = 'method = "cell-key"\nsecret = "../key"\n'


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One random panel with holdings, in several formats and orders."""
    found = write_all(drawn_panel(), tmp_path_factory.mktemp("files"))
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
