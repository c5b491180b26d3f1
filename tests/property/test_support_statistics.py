"""Stages counted by a study on a panel are those of the pure function; unknown ones are counted as such."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from firmtrade import Study
from firmtrade.support.stages import StageRule, stage
from firmtrade.support.statistics.stages import as_toml, stage_words

YEAR = 2004


def study(folder: Path, panel: str, rule: StageRule) -> Study:
    """A study by the stage of exporting, of a panel of these lines."""
    (folder / "panel.csv").write_text(panel, encoding="utf-8")
    text = f"""title = "Stages"
[panel]
files = "panel.csv"
classification = "NACE 1.1"
{as_toml(stage_words(YEAR, rule))}
[tables.stages]
title = "Firms by stage"
sample = "all-firms"
period = {YEAR}
measures = ["firms"]
by = {{ export-stage = "all" }}
"""
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return Study(folder / "study.toml")


@pytest.mark.parametrize("rule", [StageRule(), StageRule(regular=5), StageRule(2, 3, 3)])
def test_a_study_counts_the_stages_of_the_pure_function(tmp_path: Path, rule: StageRule) -> None:
    chance = random.Random(2009)
    lines = ["firm,year,founded,export_intra,export_extra"]
    expected = Counter[str]()
    for number in range(400):
        founded = chance.choice([None, 1990, 1999, 2001, 2002, 2003, 2004])
        first = max(chance.choice([1997, 2000, 2001, 2003]), founded or 0)
        likely = chance.choice([0.05, 0.5, 0.95])
        flags = {}
        for year in range(first, YEAR + 1):
            if year < YEAR and chance.random() < 0.05:
                continue  # a year without a row
            known = chance.random() > 0.08
            value = chance.random() < likely
            flags[year] = "unknown" if not known else "yes" if value else "no"
            cells = (f"{5 * value}", "0") if known else ("", "0")
            lines.append(f"f{number},{year},{founded or ''},{cells[0]},{cells[1]}")
        expected[stage(flags, YEAR, rule, founded).code] += 1
    table = study(tmp_path, "\n".join(lines) + "\n", rule).table("stages")
    found = {cell.codes["export-stage"]: cell.value for cell in table.cells}
    unknown = sum(each.firms or 0 for each in table.unknowns if each.dimension == "export-stage")
    assert found | {"undetermined": unknown} == {code: expected[code] for code in (*found, "undetermined")}
    assert len(expected) == 6 and min(expected.values()) >= 5, expected  # every stage is there
