"""One hidden figure of a release after the other is shown: `firmtrade attack` must notice each time.

Whether a figure was necessary is not asked of the package: an attacker of its own bounds every unsafe number
of firms and sum by linear programs over the classes of firms, and lets firms alone in a hidden number use
it. Where he finds that something is told the attack must find it too, and not only see that the release is
not the one that the proofs are about.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from firmtrade.protect.custodian import attacked
from firmtrade.study import Study, make_study, studies
from reference.attacker import bounds, known_to_contributors, narrow_sums
from reference.firm_year import SAMPLES, firm_year, region_of, size_of
from reference.panels import random_panel

TABLES = """
[tables.numbers]
sample = "manufacturing"
period = 2002
measures = "firms"
by = { size = ["0-9", "10-49", "50-99", "100-249", "_T"], region = ["BE1", "BE2", "BE3", "_T"] }

[tables.shares]
sample = "manufacturing"
period = 2002
measures = "participation"
by = { size = ["0-9", "10-49", "50-99", "100-249"], flow = ["export", "import", "any"] }

[tables.amounts]
sample = "manufacturing"
period = 2002
measures = "turnover"
by = { size = ["0-9", "10-49", "50-99", "100-249", "_T"], region = ["BE1", "BE2", "BE3", "_T"] }
"""
FIXED = {"table", "sample", "period", "measure", "value", "unit", "decimals", "confidentiality"}
Cells = list[dict[str, str]]


@pytest.fixture(scope="module", params=[(21, 150), (22, 250), (23, 350)], ids=str)
def released(request, tmp_path_factory):
    """(a random panel, the folder of its protected release)."""
    folder = tmp_path_factory.mktemp("mutated")
    panel = random_panel(*request.param)
    panel.to_parquet(folder / "panel.parquet")
    belgium = studies()["belgium-2002"]
    raw = tomllib.loads(belgium.read_text("utf-8")) | tomllib.loads(TABLES) | {"published": ""}
    study = make_study(raw, "mutated", belgium.parent, "study.toml")
    return panel, Study(study, str(folder / "panel.parquet")).run(folder / "out")


def read(file: Path) -> Cells:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def write(file: Path, cells: Cells) -> Path:
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(cells[0]))
        writer.writeheader()
        writer.writerows(cells)
    return file


def mutations(out: Path, folder: Path):
    """(the figure, the release in which it is shown) for each figure that is hidden for others' sake."""
    cells, inside = read(out / "tables.csv"), read(out.with_name("out-custody") / "tables.csv")
    folder.mkdir()
    for number, (cell, true) in enumerate(zip(cells, inside, strict=True)):
        assert {k: cell[k] for k in cell if k not in ("value", "confidentiality")} == {
            k: true[k] for k in true if k not in ("value", "confidentiality")
        }
        if true["confidentiality"] == "D":
            shown = {**cell, "value": true["value"], "confidentiality": "F"}
            place = folder / str(number)
            place.mkdir()
            write(place / "tables.csv", [*cells[:number], shown, *cells[number + 1 :]])
            yield shown, place


def told(panel, tables: Path) -> list[str]:
    """What may not be known and is: by an outsider, or exactly by a firm that fills a hidden number alone."""
    near = 1e-6
    numbers = [
        name
        for name, number, least, most in bounds(panel, tables)
        if least > number - 1 + near or most < number + 1 - near
    ]
    return [*numbers, *known_to_contributors(panel, tables), *sums(panel, tables)]


def sums(panel, tables: Path) -> list[str]:
    """Sums of turnover that are bounded too closely."""
    rows = [firm_year(record) for record in panel[panel["year"] == 2002].to_dict("records")]
    groups: dict[tuple, list[float]] = {}
    for row in rows:
        if SAMPLES["manufacturing"](row) and row["turnover"] is not None:
            groups.setdefault((size_of(row), region_of(row)), []).append(row["turnover"])
    cells = [cell for cell in read(tables) if cell["measure"] == "turnover"]
    columns = [
        [
            n
            for n, key in enumerate(groups)
            if all(code in ("_T", own) for code, own in zip(codes, key, strict=True))
        ]
        for codes in ((cell["size"], cell["region"]) for cell in cells)
    ]
    shown = [cell["confidentiality"] == "F" for cell in cells]
    found = narrow_sums(list(groups.values()), columns, shown)
    return [f"turnover of {cells[n]['size']}, {cells[n]['region']}" for n in found]


@pytest.mark.slow
def test_each_figure_that_is_shown_is_noticed(released, tmp_path: Path) -> None:
    panel, out = released
    kept = out.with_name("out-custody")
    assert attacked(out, None, None)[0] == 0
    assert told(panel, out / "tables.csv") == []
    necessary, tried = 0, 0
    for cell, place in mutations(out, tmp_path / "shown"):
        leaks, lines = attacked(place, kept, None)
        said = "\n".join(lines)
        assert leaks and "No hidden figure can be worked out" not in said, cell
        known = told(panel, place / "tables.csv")
        if known:
            assert "can be worked out:" in said, (cell, known)
        else:
            assert "can be worked out:" in said or "the proof is of a release that hides more" in said
        necessary, tried = necessary + bool(known), tried + 1
    assert tried >= 10, tried
    assert necessary >= tried / 2, (necessary, tried)


def test_the_command_says_so_too(released, tmp_path: Path) -> None:
    _, out = released
    place = next(iter(mutations(out, tmp_path / "shown")))[1]
    command = [sys.executable, "-m", "firmtrade", "attack"]
    kept = [str(place), "--custody", str(out.with_name("out-custody"))]
    done = subprocess.run([*command, *kept], capture_output=True, text=True, check=False)
    assert done.returncode == 13, done.stdout + done.stderr
    assert "leaks." in done.stdout and done.stdout.startswith("CONFIDENTIAL")
    fine = subprocess.run([*command, str(out)], capture_output=True, text=True, check=False)
    assert fine.returncode == 0 and "No hidden figure can be worked out" in fine.stdout
