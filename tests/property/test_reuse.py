"""Kept cells change nothing but the time: after any edit the release is that of a run without them.

The panel, the study or the rules are edited between runs; what was reused is what did not change. A run
without kept cells is the reference: the same bytes of the release, the same judgement of every figure.
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas
import pytest
from typer.testing import CliRunner

from firmtrade.cli import app
from firmtrade.describe.contents import contents
from firmtrade.describe.reuse import cells_of
from firmtrade.errors import DisclosureError
from firmtrade.publish.released import release_json
from firmtrade.study import Study
from reference.panels import random_panel
from support_custodian import panel, study

STUDY = """
title = "Who trades"
[panel]
classification = "NACE 1.1"
regions = ["BE1", "BE2", "BE3"]
[windows.growth]
t0 = 1998
t1 = 2000
outcome = 2001

[samples.stayers]
title = "Stayers"
expr = "smes and t0.employment > 0 and outcome.employment > 0 and t1.year is not null"
source = "own"

[parameters.few]
title = "Few people"
unit = "FTE"
source = "own"
values = [{ from = 1900, value = 50, source = "own" }]

[variables.years-abroad]
title = "Years with exports"
expr = "count(*) filter (where exporter)"
source = "own"

[dimensions.big]
title = "Size"
expr = "case when employment < few then 'few' else 'many' end"
source = "own"

[dimensions.abroad]
title = "Exported before"
expr = "case when years_abroad > 1 then 'yes' else 'no' end"
source = "own"

[measures.money]
title = "Money"
expr = "sum(turnover)"
unit = "EUR"
source = "own"

[measures.money-per-firm]
title = "Money"
expr = "money / firms"
unit = "EUR"
source = "own"

[measures.spread]
title = "Spread"
expr = "stddev_samp(turnover)"
unit = "EUR"
source = "own"

[tables.sums]
sample = "all-firms"
period = [1999, 2000, 2001]
measures = ["firms", "money", "money-per-firm"]
by = { big = ["few", "many", "_T"], flow = ["any", "_T"] }

[tables.middle]
sample = "all-firms"
period = [1999, 2000, 2001]
measures = ["median-productivity", "spread"]
by = { region = ["BE1", "BE2", "BE3", "_T"] }

[tables.growth]
sample = "stayers"
window = "growth"
measures = ["firms", "productivity-change"]
by = { flow = ["export"], status = ["traders", "constant", "new", "stopped", "non-traders"] }

[tables.followed]
sample = "all-firms"
period = 2000
measures = ["firms"]
by = { abroad = ["yes", "no", "_T"] }
"""


def drawn(seed: int) -> pandas.DataFrame:
    """A panel with holdings of several firms."""
    panel = random_panel(seed, firms=90)
    panel = panel[panel["year"].between(1997, 2001)]
    panel["holding"] = [f"h{hash_of(firm) % 40}" for firm in panel["firm"]]
    return panel


def hash_of(firm: str) -> int:
    return int(re.sub(r"\D", "", firm) or 0)


class Place:
    """A study and a panel in a folder, run with the kept cells and without."""

    def __init__(self, folder: Path, many: bool) -> None:
        self.folder, self.many = folder, many
        self.cells = folder / "cells"
        self.text = STUDY
        self.panel = drawn(5)

    def write(self) -> str:
        """The panel as one file, or as a file for each year."""
        data = self.folder / "panel"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        for year, part in self.panel.groupby("year") if self.many else [("all", self.panel)]:
            part.to_parquet(data / f"{year}.parquet", index=False)
        return str(data)

    def run(self, cells: Path | None) -> tuple[bytes, list[Any], str]:
        """(the release, how each figure was judged, what was reused)."""
        file = self.folder / "study.toml"
        file.write_text(self.text, encoding="utf-8")
        asked = Study(file, self.source)
        with cells_of(cells or False, self.folder, self.folder / "out") as used:
            release, kept = asked._release(None, used)
            reused = used.deliver()
        assert kept is not None
        judged = [(one.table, one.cell.codes, one.value, one.decision) for one in kept.figures]
        return release_json(release), judged, reused

    def compared(self) -> str:
        """What a run with kept cells reuses, after it was found equal to one without."""
        self.source = self.write()
        release, judged, reused = self.run(self.cells)
        again, expected, nothing = self.run(None)
        assert release == again and judged == expected and nothing == ""
        return reused


@pytest.fixture(params=[False, True], ids=["one file", "a file for each year"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(tmp_path, request.param)


def scans(reused: str) -> tuple[int, int]:
    """(scans that were reused, all scans)."""
    first = re.fullmatch(r"(\d+) scans made; their cells are kept for the next run", reused)
    if first:
        return 0, int(first[1])
    found = re.match(r"(\d+) of (\d+) scans reused", reused)
    assert found, reused
    return int(found[1]), int(found[2])


def changed_row(place: Place, year: int) -> None:
    at = place.panel.index[(place.panel["year"] == year) & place.panel["turnover"].notna()][0]
    place.panel.loc[at, "turnover"] += 1


@pytest.mark.slow
def test_an_edit_computes_what_depends_on_it(place: Place) -> None:
    done, total = scans(place.compared())
    assert done == 0
    assert scans(place.compared()) == (total, total), "nothing has changed"

    place.panel = place.panel.sample(frac=1, random_state=1)
    assert scans(place.compared()) == (total, total), "another order of rows is the same panel"

    changed_row(place, 1999)
    reused = place.compared()
    # Of the years two of three; the window looks at 1998, 2000 and 2001; histories look at all years.
    assert "years: 2 of 3 years reused" in reused
    window = [name for name in ("window growth", "owners of window growth") if f"{name}:" in reused]
    assert not window and 0 < scans(reused)[0] < total

    changed_row(place, 1997)
    reused = place.compared()
    assert "2 of 3" not in reused, "no table asks about 1997 but those of histories"
    assert scans(reused)[0] >= total - 2


@pytest.mark.slow
def test_an_edit_of_the_study_computes_what_depends_on_it(tmp_path: Path) -> None:
    place = Place(tmp_path, many=False)
    _, total = scans(place.compared())
    place.text = STUDY.replace("money / firms", "firms / money")
    assert scans(place.compared()) == (total, total), "arithmetic is done after the scans"

    place.text = STUDY.replace("sum(turnover)", "sum(value_added)")
    assert 0 < scans(place.compared())[0] < total
    place.text = STUDY.replace("value = 50,", "value = 60,")
    assert 0 < scans(place.compared())[0] < total
    place.text = STUDY.replace("employment < few", "employment <= few")
    assert 0 < scans(place.compared())[0] < total

    place.text = STUDY
    place.compared()
    place.text = STUDY + '[protect]\nprofile = "research-output"\n'
    assert scans(place.compared()) == (total, total), "rules are applied after the scans"


def test_a_year_that_is_added_is_scanned(place: Place) -> None:
    whole = place.panel
    place.panel = whole[whole["year"] < 2001]
    place.text = STUDY.replace("[1999, 2000, 2001]", "[1999, 2000]")
    place.text = place.text.replace("outcome = 2001", "outcome = 2000").replace("t1 = 2000", "t1 = 1999")
    _, total = scans(place.compared())
    place.panel = whole
    done, _ = scans(place.compared())
    assert total - 2 <= done < total, "all but histories: no table asks about the new year"
    place.text = place.text.replace("[1999, 2000]", "[1999, 2000, 2001]")
    reused = place.compared()
    assert "years: 2 of 3 years reused" in reused
    assert re.search(r"median-productivity of all-firms \(\w+\): 2 of 3 years reused", reused)


EDITS: dict[str, Callable[[Place, random.Random], None]] = {
    "a row": lambda place, draw: changed_row(place, draw.choice([1997, 1998, 1999, 2000, 2001])),
    "a firm less": lambda place, draw: setattr(
        place, "panel", place.panel.drop(index=draw.choice(list(place.panel.index)))
    ),
    "a holding": lambda place, draw: place.panel.__setitem__(
        "holding", ["x" if draw.random() < 0.1 else one for one in place.panel["holding"]]
    ),
    "a measure": lambda place, draw: place.__dict__.update(
        text=STUDY.replace("sum(turnover)", draw.choice(["sum(employment)", "sum(value_added + turnover)"]))
    ),
    "a dimension": lambda place, draw: place.__dict__.update(
        text=STUDY.replace("employment < few", f"employment < few + {draw.randrange(9)}")
    ),
    "a parameter": lambda place, draw: place.__dict__.update(
        text=STUDY.replace("value = 50,", f"value = {draw.randrange(5, 99)},")
    ),
    "a year": lambda place, draw: place.__dict__.update(
        text=STUDY.replace("[1999, 2000, 2001]", str(draw.sample([1997, 1998, 1999, 2000, 2001], 3)))
    ),
    "units": lambda place, draw: place.__dict__.update(
        text=STUDY.replace("[windows", f"[panel.units]\nturnover = {draw.choice([10, 1000])}\n[windows", 1)
    ),
    "other columns": lambda place, draw: place.__dict__.update(
        panel=place.panel.drop(columns="region", errors="ignore")
    ),
}  # fmt: skip


@pytest.mark.slow
def test_random_edits_give_the_bytes_of_a_run_without_kept_cells(place: Place) -> None:
    draw = random.Random(int(place.many))
    place.compared()
    for name in draw.sample(sorted(EDITS), len(EDITS)):
        EDITS[name](place, draw)
        place.compared()


def test_a_broken_file_is_computed_anew_and_said(place: Place) -> None:
    place.compared()
    files = sorted(place.cells.glob("*.parquet"))
    files[0].write_bytes(files[0].read_bytes()[:-1])
    broken = bytearray(files[1].read_bytes())
    broken[len(broken) // 2] ^= 1
    files[1].write_bytes(bytes(broken))
    (place.cells / "years.json").write_text("x\n{}", encoding="utf-8")
    assert "2 broken files of kept cells were computed anew" in place.compared()
    assert "broken" not in place.compared()


def test_only_a_new_file_is_read_to_see_what_has_changed(tmp_path: Path) -> None:
    place = Place(tmp_path, many=True)
    whole, place.panel = place.panel, place.panel[place.panel["year"] < 2001]
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    known: dict[str, Any] = {}
    for rows, hashed in ((place.panel, (4, 4)), (whole, (1, 5)), (whole, (0, 5))):
        place.panel = rows
        asked = Study(tmp_path / "study.toml", place.write())
        with asked._opened() as (engine, opened, _):
            found = contents(engine, opened, known)
            assert (found.hashed, found.files) == hashed
            assert found.years == contents(engine, opened, {}).years
        known = dict(found.index)


def test_what_an_edit_leaves_unused_is_removed(place: Place) -> None:
    place.compared()
    before = {path.name for path in place.cells.iterdir()}
    place.text = STUDY.replace("sum(turnover)", "sum(value_added)")
    place.compared()
    place.text = STUDY
    place.compared()
    assert {path.name for path in place.cells.iterdir()} == before


def test_only_the_owner_reads_kept_cells(place: Place, tmp_path: Path) -> None:
    place.compared()
    assert place.cells.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in place.cells.glob("*.parquet"))
    place.cells.chmod(0o755)
    with pytest.raises(DisclosureError, match="can be read by others"):
        place.compared()


def test_a_run_that_stops_leaves_what_was_kept_as_it_was(place: Place) -> None:
    place.compared()
    before = {path.name: path.read_bytes() for path in place.cells.iterdir()}
    changed_row(place, 2000)
    place.source = place.write()
    asked = Study(place.folder / "study.toml", place.source)
    with pytest.raises(KeyError), cells_of(place.cells, place.folder, place.folder / "out") as used:
        asked._release(None, used)
        raise KeyError
    assert {path.name: path.read_bytes() for path in place.cells.iterdir()} == before


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "cells" not in path.relative_to(folder).parts
    }


def test_the_command_says_what_it_reused_and_writes_the_same(tmp_path: Path) -> None:
    file, data = study(tmp_path), panel(tmp_path)
    base = ["run", str(file), "--panel", str(data), "--out", str(tmp_path / "out")]
    told, made = [], []
    for further in ([], [], ["--no-cache"], ["--cache", str(tmp_path / "mine")]):
        done = CliRunner().invoke(app, [*base, *further])
        assert done.exit_code == 0, done.output
        told.append(done.output.splitlines()[0])
        # In the custodian's folder unless another is named, and never in the release.
        assert bool(list((tmp_path / "out-custody").rglob("*.parquet"))) == (not further)
        assert not list((tmp_path / "out").rglob("*.parquet"))
        made.append((files_of(tmp_path / "out"), files_of(tmp_path / "out-custody")))
    first = "1 scans made; their cells are kept for the next run."
    assert told[:2] == [first, "1 of 1 scans reused."]
    assert told[2].startswith("The report is in") and told[3] == first
    assert all(each == made[0] for each in made)
    inside = CliRunner().invoke(app, [*base, "--cache", str(tmp_path / "out" / "cells")])
    assert isinstance(inside.exception, DisclosureError)


def test_an_open_run_keeps_nothing_that_is_not_asked_for(tmp_path: Path) -> None:
    asked = Study(study(tmp_path), str(panel(tmp_path)))
    asked.run(tmp_path / "out", "a test")
    assert asked.reused == "" and not (tmp_path / "out-custody").exists()
