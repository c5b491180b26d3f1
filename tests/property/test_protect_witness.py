"""A protected release against an attacker who shares nothing with the package, and its own tables undone."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from firmtrade.study import Study
from reference.attacker import FEW, bounds
from reference.panels import random_panel
from support_quick import without_reports


@pytest.fixture(scope="module", params=[(11, 700), (12, 1500)])
def released(request, tmp_path_factory):
    """A random panel and the folder of its protected release."""
    folder = tmp_path_factory.mktemp("protected")
    panel = random_panel(*request.param)
    panel.to_parquet(folder / "panel.parquet")
    with without_reports():
        out = Study("belgium-2002", str(folder / "panel.parquet")).run(folder / "out")
    return panel, out


def test_no_number_of_one_or_two_firms_can_be_worked_out(released) -> None:
    panel, out = released
    found = bounds(panel, out / "tables.csv")
    assert len(found) > 10, "a panel so small has groups of one and two firms"
    close = [(name, number, least, most) for name, number, least, most in found if most - least < 1 - 1e-6]
    assert close == []
    # A number that is known to be one or two must stay so: both sides of it are possible.
    assert [one for one in found if one[3] < one[1] + 1 - 1e-6 or one[2] > one[1] - 1 + 1e-6] == []


def test_the_attacker_sees_what_suppression_hides(released, tmp_path: Path) -> None:
    """The same attack on the tables with only the unsafe numbers hidden finds them: the test can fail."""
    panel, out = released
    inside = {}
    with (out.with_name("out-custody") / "figures.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            inside[row["table"], row["sample"], row["period"], row["codes"], row["measure"]] = row
    with (out / "tables.csv").open(encoding="utf-8", newline="") as file:
        cells = list(csv.DictReader(file))
    fixed = {"table", "sample", "period", "measure", "value", "unit", "decimals", "confidentiality"}
    for cell in cells:
        codes = "; ".join(f"{name}={cell[name]}" for name in sorted(set(cell) - fixed) if cell[name] != "_T")
        known = inside[cell["table"], cell["sample"], cell["period"], codes, cell["measure"]]
        if known["status"] == "D":
            cell |= {"value": known["value"], "confidentiality": "F"}
    naive = tmp_path / "tables.csv"
    with naive.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(cells[0]))
        writer.writeheader()
        writer.writerows(cells)
    found = bounds(panel, naive)
    assert [one for one in found if one[3] - one[2] < 1e-6], "without secondary suppression some are exact"


def test_small_numbers_are_hidden_wherever_they_stand(released) -> None:
    _, out = released
    with (out / "tables.csv").open(encoding="utf-8", newline="") as file:
        cells = list(csv.DictReader(file))
    counts = [cell for cell in cells if cell["unit"] == "count" and cell["value"]]
    assert not [cell for cell in counts if 0 < float(cell["value"]) < FEW]
    assert {cell["confidentiality"] for cell in cells} == {"F", "C"}
    assert all((cell["value"] == "") for cell in cells if cell["confidentiality"] == "C")
