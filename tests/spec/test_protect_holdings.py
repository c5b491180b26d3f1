"""Firms of one holding are one: who knows one of them knows the group."""

from __future__ import annotations

import pytest

from firmtrade.errors import DataError, StudyError
from firmtrade.protect.inside import read_inside
from firmtrade.protect.why import why
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


def released(folder, holding, more="", asked=(), lacking=False):
    """The protected release of a panel; `holding(region, number)` is whose a firm is, `asked` who asked."""
    lines = ["firm,year,activity,region,employment,holding" + ("" if lacking else ",confidential")]
    for region, firms in REGIONS.items():
        for number in range(firms):
            owner = holding(region, number)
            said = "" if lacking else f",{str((region, number) in asked).lower()}"
            # One firm of each region is far larger than the others, and has less than 85 per cent of it.
            size = 100 if number == 0 else 10 + number
            lines.append(f"{region}-{number},2002,1511,{region},{size},{owner}{said}")
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


PASSIVE = '[protect]\nprofile = "trade-passive"'


def test_a_firm_that_asked_is_protected_where_it_has_most_of_a_figure(tmp_path):
    found = released(tmp_path, lambda region, number: "", PASSIVE, asked={("BE1", 0)})
    assert found["BE1", "employment"] == "C", "100 of 133 are above 70 per cent"
    assert found["BE1", "firms"] == "F", "one of four firms is not"
    nobody = released(tmp_path, lambda region, number: "", PASSIVE)
    small = released(tmp_path, lambda region, number: "", PASSIVE, asked={("BE3", 4)})
    assert set(nobody.values()) == set(small.values()) == {"F"}


def test_a_group_of_firms_that_asked_counts_with_all_its_firms(tmp_path):
    found = released(tmp_path, lambda region, number: "g" if number < 2 else "", PASSIVE, asked={("BE2", 1)})
    assert found["BE2", "employment"] == "C", "111 of 153 with the group's other firm"


def test_without_knowing_who_asked_passive_protection_is_refused(tmp_path):
    with pytest.raises(DataError, match="needs the column 'confidential'"):
        released(tmp_path, lambda region, number: "", PASSIVE, lacking=True)


def test_figures_are_hidden_by_name(tmp_path):
    by_name = '[protect]\nhide = [{ table = "regions", region = "BE3", measure = "firms" }]'
    found = released(tmp_path, lambda region, number: "", by_name)
    assert found["BE3", "firms"] == "C" and found["BE3", "employment"] == "F"
    assert list(found.values()).count("C") == 2, "and one other, or the total would tell it"
    with pytest.raises(StudyError, match="no figure of the study is"):
        released(tmp_path, lambda region, number: "", '[protect]\nhide = [{ region = "BE9" }]')


def test_a_median_is_hidden_by_name_though_nothing_adds_up_to_it(tmp_path):
    median = '[measures.middle]\ntitle = "M"\nexpr = "median(employment)"\nunit = "FTE"\nsource = "own"\n'
    table = '[tables.medians]\nsample = "all-firms"\nperiod = 2002\nmeasures = ["middle"]\nby = ["region"]\n'
    (tmp_path / "panel.csv").write_text(
        "firm,year,activity,region,employment\n"
        + "".join(f"{r}-{n},2002,1511,{r},{10 + n}\n" for r, firms in REGIONS.items() for n in range(9)),
        "utf-8",
    )
    text = f'title = "x"\n[panel]\nclassification = "NACE 1.1"\n{median}{table}[protect]\n'
    (tmp_path / "study.toml").write_text(text + 'hide = [{ table = "medians", region = "BE2" }]', "utf-8")
    study = Study(tmp_path / "study.toml", str(tmp_path / "panel.csv"))
    (made,) = study.release().tables
    found = {cell.codes["region"]: (cell.value, cell.confidentiality) for cell in made.cells}
    assert found == {"BE1": (14, "F"), "BE2": (None, "C"), "BE3": (14, "F")}
    study.run(tmp_path / "out")
    told = why(read_inside(tmp_path / "out"), "medians", ["region=BE2"])
    assert "the custodian names it" in "\n".join(told)


def test_a_median_may_be_all_that_a_study_asks_for(tmp_path):
    """No sum is published, so that no finest cell needs evidence; this used to stop in the engine."""
    rows = "".join(f"{n},2002,1511,BE1,{10 + n}\n" for n in range(9))
    (tmp_path / "panel.csv").write_text("firm,year,activity,region,employment\n" + rows, "utf-8")
    text = 'title = "x"\n[panel]\nclassification = "NACE 1.1"\n'
    text += '[measures.middle]\ntitle = "M"\nexpr = "median(employment)"\nunit = "FTE"\nsource = "own"\n'
    text += '[tables.medians]\nsample = "all-firms"\nperiod = 2002\nmeasures = ["middle"]\n'
    (tmp_path / "study.toml").write_text(text, "utf-8")
    (made,) = Study(tmp_path / "study.toml", str(tmp_path / "panel.csv")).release().tables
    assert [(cell.value, cell.confidentiality) for cell in made.cells] == [(14, "F")]


def test_to_hide_by_name_needs_a_rule_that_says_how_well(tmp_path):
    """A profile without one used to leave the named figures shown."""
    profile = '[protect.profiles.bare]\ntitle = "Bare"\nrules = ["frequency-3", "absolute-values"]\n'
    hide = '[protect]\nprofile = "bare"\nhide = [{ region = "BE3", measure = "firms" }]\n'
    with pytest.raises(StudyError, match="Add manual-20"):
        released(tmp_path, lambda region, number: "", hide + profile)


@pytest.mark.parametrize("profile, hidden", [("business-statistics", set()), ("research-output", {"C"})])
def test_the_study_names_its_profile(tmp_path, profile, hidden):
    found = released(tmp_path, lambda region, number: "", f'[protect]\nprofile = "{profile}"')
    assert set(found.values()) - {"F"} == hidden
