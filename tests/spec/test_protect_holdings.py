"""Firms of one holding are one: who knows one of them knows the group."""

from __future__ import annotations

import pytest

from firmtrade.study import Study

STUDY = """
title = "Firms by region"
[panel]
classification = "NACE 1.1"
[tables.regions]
title = "Firms and employment by region"
sample = "all-firms"
period = 2002
measures = ["firms", "employment"]
by = {{ region = ["BE1", "BE2", "BE3", "_T"] }}
{more}
"""
REGIONS = {"BE1": 4, "BE2": 6, "BE3": 9}


def released(folder, holding, more=""):
    """The protected release of a panel; `holding(region, number)` is whose a firm is."""
    lines = ["firm,year,activity,region,employment,holding"]
    for region, firms in REGIONS.items():
        for number in range(firms):
            owner = holding(region, number)
            lines.append(f"{region}-{number},2002,1511,{region},{10 + number},{owner}")
    (folder / "panel.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "study.toml").write_text(STUDY.format(more=more), encoding="utf-8")
    (table,) = Study(folder / "study.toml", str(folder / "panel.csv")).release().tables
    return {(cell.codes.get("region", "_T"), cell.measure): cell.confidentiality for cell in table.cells}


def test_without_holdings_each_firm_is_its_own(tmp_path):
    assert set(released(tmp_path, lambda region, number: "").values()) == {"F"}


def test_a_region_of_one_group_is_hidden_and_another_with_it(tmp_path):
    found = released(tmp_path, lambda region, number: "group" if region == "BE1" else "")
    assert found["BE1", "firms"] == found["BE1", "employment"] == "C"
    for measure in ("firms", "employment"):
        assert [found[region, measure] for region in ("BE2", "BE3", "_T")].count("C") == 1


def test_a_group_with_firms_in_two_regions_counts_once_in_their_union(tmp_path):
    """Two firms of a group and one other in a region: two holdings, so it is hidden."""
    owners = {("BE1", 0): "g", ("BE1", 1): "g", ("BE1", 2): "g", ("BE2", 0): "g"}
    found = released(tmp_path, lambda region, number: owners.get((region, number), ""))
    assert found["BE1", "firms"] == "C", "four firms, two holdings"


@pytest.mark.parametrize("profile, hidden", [("business-statistics", set()), ("research-output", {"C"})])
def test_the_study_names_its_profile(tmp_path, profile, hidden):
    found = released(tmp_path, lambda region, number: "", f'[protect]\nprofile = "{profile}"')
    assert set(found.values()) - {"F"} == hidden
