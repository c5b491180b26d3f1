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
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from firmtrade._engine.duckdb import DuckDB
from firmtrade.publish import write
from firmtrade.study import Study
from support_custodian import CANARY, CLOSED, STUDY, lines, panel, study
from support_traces import MARK, contents, said, traces, unpacked


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
    source = panel(tmp_path)
    study(tmp_path, text)
    done = run(tmp_path, source)
    assert done.code == 0, done.err
    assert traces(said(stdout=done.out, stderr=done.err)) == []
    assert traces(contents(tmp_path / "public" / "out")) == []
    assert done.scratch == [], "temporary files are left behind"
    assert traces(done.called_in) == []
    assert sorted(path.name for path in (tmp_path / "public").iterdir()) == ["out", "out-custody"]


@dataclass(frozen=True)
class Done:
    """A run in a folder of its own: exit code, what it said, and the files that it left where."""

    code: int
    out: str
    err: str
    scratch: list[str]
    called_in: list[tuple[str, bytes]]


def run(tmp_path: Path, source: Path, *arguments: object, folder: str = "public") -> Done:
    """`firmtrade run` as a process that has nothing but its own places to write in."""
    scratch, home = tmp_path / f"tmp of {folder}", tmp_path / "home"
    scratch.mkdir()
    home.mkdir(exist_ok=True)
    places = {"TMPDIR": str(scratch), "HOME": str(home), "XDG_CACHE_HOME": str(home)}
    command = [sys.executable, "-m", "firmtrade", "run", str(study_of(source)), "--panel", str(source)]
    command += ["--out", str(tmp_path / folder / "out"), *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=home, env={**os.environ, **places}
    )
    left = [path.name for path in scratch.rglob("*")]
    return Done(done.returncode, done.stdout, done.stderr, left, list(contents(home)))


def study_of(panel: Path) -> Path:
    return panel.with_name("study.toml")


def stopped(tmp_path: Path, how: str) -> tuple[Done, int]:
    """A run that stops, and the exit code that it should have."""
    source = panel(tmp_path)
    study(tmp_path)
    if how == "profile":
        study(tmp_path, STUDY + '\n[protect]\nprofile = "business-statistic"\n')
        return run(tmp_path, source), 10
    if how == "hide":
        study(tmp_path, STUDY + '\n[protect]\nhide = [{ table = "table-01", region = "BE9" }]\n')
        return run(tmp_path, source), 10
    if how == "in the way":
        (tmp_path / "public" / "out").mkdir(parents=True)
        (tmp_path / "public" / "out" / "diary.txt").write_text("not ours", "utf-8")
        return run(tmp_path, source), 11
    if how == "broken":
        head, first, *rows = lines()
        source.write_text("\n".join([head, first, first, *rows]) + "\n", "utf-8")
        return run(tmp_path, source), 11
    if how == "overflow":
        source.write_text(source.read_text("utf-8").replace("7777777.77", "7777777.77e30"), "utf-8")
        return run(tmp_path, source), 11
    # What was told before is to be hidden now.
    first = run(tmp_path, source, "--ledger", tmp_path / "ledger", folder="first")
    assert first.code == 0, first.err
    study(tmp_path, STUDY + '\n[protect]\nhide = [{ table = "table-02", size = "0-9", measure = "firms" }]\n')
    return run(tmp_path, source, "--ledger", tmp_path / "ledger"), 12


@pytest.mark.parametrize("how", ["profile", "hide", "in the way", "broken", "overflow", "ledger"])
def test_a_run_that_stops_leaves_nothing_and_tells_nothing(tmp_path: Path, how: str) -> None:
    """Rows of a panel that is wrong are the custodian's own, and are shown to him under a mark."""
    done, code = stopped(tmp_path, how)
    assert done.code == code, done.err
    assert done.scratch == [] and traces(done.called_in) == []
    public = tmp_path / "public"
    left = sorted(path.name for path in public.rglob("*")) if public.exists() else []
    assert left == (["diary.txt", "out"] if how == "in the way" else [])
    found = traces(said(stdout=done.out, stderr=done.err))
    assert bool(found) == (how in ("broken", "overflow"))
    assert not found or MARK in done.err.partition("canary")[0]
    assert "Traceback" not in done.err


def test_what_memory_does_not_hold_goes_where_only_we_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with DuckDB(memory="100MB", threads=1) as engine:
        (place,) = engine.rows("select current_setting('temp_directory')")[0]
        engine.execute("create table t as select hash(i) as a, hash(i + 1) as b from range(8000000) r(i)")
        assert any(Path(place).iterdir()), "the test could not fail"
        assert Path(place).parent.stat().st_mode & 0o077 == 0
        assert list(tmp_path.iterdir()) == []
    assert not Path(place).parent.exists()


def test_published_figures_beside_hidden_ones_tell_nothing(tmp_path: Path) -> None:
    """Whether a hidden figure equals what was once published is not told either."""
    head = "table,sample,period,region,measure,value,unit,decimals\n"
    rows = "table-01,smes,2002,BE1,turnover,1234567,EUR,0\ntable-01,smes,2002,BE2,firms,34,count,0\n"
    (tmp_path / "before.csv").write_text(head + rows, "utf-8")
    text = f'published = {{ file = "before.csv", source = "a leaflet" }}\n{CLOSED}'
    made = Study(study(tmp_path, text), str(panel(tmp_path))).run(tmp_path / "out")
    assert b"hidden" in (made / "comparison.csv").read_bytes()
    assert traces(contents(made)) == []


def test_the_search_looks_into_metadata(tmp_path: Path) -> None:
    """The canary as a title is found in the properties of the workbook and the PDF, and in a PNG's text."""
    text = CLOSED.replace('title = "Who exports"', f'title = "Who is {CANARY}"')
    made = Study(study(tmp_path, text), str(panel(tmp_path))).run(tmp_path / "out")
    where = {name for name, _ in traces(contents(made))}
    assert "tables.xlsx: docProps/core.xml" in where
    assert any(name.startswith("report.pdf") for name in where)
    assert {"report.html", "manifest.json"} <= where
    picture = (made / "figures" / "figure-01.png").read_bytes()
    body = b"Comment\0\0" + zlib.compress(CANARY.encode())
    chunk = len(body).to_bytes(4) + b"zTXt" + body + zlib.crc32(b"zTXt" + body).to_bytes(4)
    assert traces(unpacked("a.png", picture)) == []
    assert traces(unpacked("a.png", picture[:33] + chunk + picture[33:]))


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
