"""What the custodian sees and may try, on a drawn panel with a firm that is alone in its region."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from firmtrade.errors import DataError, DisclosureError, StudyError
from firmtrade.protect.classes import Words
from firmtrade.protect.inside import read_inside
from firmtrade.protect.merge import propose
from firmtrade.protect.rules import profile
from firmtrade.protect.whatif import varied, whatif
from firmtrade.protect.why import why
from firmtrade.study import Study
from support_custodian import STUDY, panel, study


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("custodian")
    return Study(study(folder), str(panel(folder))).run(folder / "out")


@pytest.fixture
def asked(tmp_path: Path) -> Study:
    return Study(study(tmp_path), str(panel(tmp_path)))


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def kept(release: Path) -> Path:
    return release.with_name("out-custody")


def test_inside_has_the_columns_of_outside_with_values_and_reasons(release: Path) -> None:
    outside, inside = rows(release / "tables.csv"), rows(kept(release) / "tables.csv")
    assert list(outside[0]) == list(inside[0])
    key = list(outside[0])[: list(outside[0]).index("value")]
    known = {tuple(row[name] for name in key): row for row in inside}
    assert len(known) == len(inside) == len(outside)
    for row in outside:
        mine = known[tuple(row[name] for name in key)]
        assert (mine["confidentiality"] == "F") == (row["confidentiality"] == "F")
        assert mine["value"] != ""
        if row["confidentiality"] == "F":
            assert float(mine["value"]) == float(row["value"])
    assert {row["confidentiality"] for row in outside} == {"F", "C"}
    assert {row["confidentiality"] for row in inside} == {"F", "A", "D"}
    canary = next(
        r for r in inside if (r["table"], r["region"], r["measure"]) == ("table-01", "BE1", "turnover")
    )
    assert (canary["value"], canary["confidentiality"]) == ("7777777.77", "A")


def test_every_sum_hidden_for_others_says_for_which(release: Path) -> None:
    found = read_inside(release)
    unsafe = {number for number, one in enumerate(found.sums) if one.rules}
    assert unsafe and len(unsafe) < len(found.sums)
    for number, one in enumerate(found.sums):
        if number in unsafe:
            assert one.needs, f"{one.words} is not alone in its sums, so something is hidden for it"
            assert one.proven[0] <= one.wanted[0] <= one.value <= one.wanted[1] <= one.proven[1]
        else:
            assert set(one.protects) <= unsafe
            assert one.protects
            assert all(number in found.sums[other].needs for other in one.protects)


def test_the_cost_counts_figures_and_value(release: Path) -> None:
    (table,) = [cost for cost in read_inside(release).costs if cost.table == "table-02"]
    assert (table.figures, table.hidden) == (11, 4)
    # 5 of 66 firms in two of the classes, and the total: 5 / (66 + 66).
    assert table.firms == pytest.approx(5 / 132, abs=1e-12)
    assert table.amounts == pytest.approx(2_500_010 / (2 * 36_676_913.77), abs=1e-12)


def test_the_page_is_marked_complete_and_needs_nothing(release: Path) -> None:
    page = (kept(release) / "custodian.html").read_text("utf-8")
    assert page.count("onfidential") + page.count("CONFIDENTIAL") >= 3
    assert "<script" not in page and "http" not in re.sub(r"http-equiv|http://www\.w3\.org", "", page)
    found = read_inside(release)
    for number, one in enumerate(found.sums):
        assert f'id="sum-{number}"' in page
        assert one.words.replace("&", "&amp;") in page
    assert page.count('<svg class="interval"') == len(found.sums)
    assert len(set(re.findall(r' id="([^"]+)"', page))) == len(re.findall(r' id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r' id="([^"]+)"', page))
    assert "canary" not in page, "it names no firm"


def test_the_page_escapes_what_a_study_says(tmp_path: Path) -> None:
    text = STUDY.replace('title = "Who exports"', 'title = "<b>Who</b>"').replace(
        "by region", "by <i>region</i>"
    )
    made = Study(study(tmp_path, text), str(panel(tmp_path))).run(tmp_path / "out")
    page = (kept(made) / "custodian.html").read_text("utf-8")
    assert "&lt;b&gt;Who" in page and "<b>Who" not in page and "<i>" not in page


def test_why_says_the_rule_what_is_short_and_what_is_left(release: Path) -> None:
    found = read_inside(release)
    text = "\n".join(why(found, "table-01", ["region=BE1", "measure=firms"]))
    assert "hidden (A), true value 1" in text
    assert "1 holding: 2 short of the 3 that frequency-3 asks for" in text
    assert re.search(r"between 0 and \d+; everything from 0 to 2 must stay possible", text)
    other = "\n".join(why(found, "table-02", ["size=100-249", "measure=firms"]))
    assert "hidden (D)" in other and "cannot be worked out: Number of firms, 50-99 FTE" in other
    shown = "\n".join(why(found, "table-02", ["size=0-9", "measure=firms"]))
    assert "shown, 35" in shown and "0 of 1 figures" in shown
    assert "canary" not in text + other


@pytest.mark.parametrize(
    ("table", "words", "message"),
    [
        ("table-2", [], "Did you mean 'table-02'"),
        ("table-02", ["sise=0-9"], "Did you mean 'size'"),
        ("table-02", ["size=0_9"], "Did you mean '0-9'"),
        ("table-02", ["0-9"], "is not written name=code"),
    ],
)
def test_why_names_the_nearest_word(release: Path, table: str, words: list[str], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        why(read_inside(kept(release)), table, words)


def test_what_is_not_a_custodians_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"There is no inside\.json"):
        read_inside(tmp_path)
    (tmp_path / "inside.json").write_text("{}", "utf-8")
    with pytest.raises(DataError, match="is damaged"):
        read_inside(tmp_path)


def test_whatif_has_the_run_itself_among_its_points_and_hides_more_the_stricter(
    release: Path, asked: Study
) -> None:
    with asked.evidence() as (compute, policy):
        tried = varied(policy.profile, ["frequency-3=2..8/3"])
        points = whatif(compute(None), policy, asked.spec.catalog, tried)
    run = read_inside(release)
    now = [point for point in points if point.now]
    assert [point.value for point in points if point.insiders] == [2, 3, 5, 8]
    assert [point.hidden for point in now if point.insiders] == [sum(f.status != "F" for f in run.figures)]
    assert [point.sums for point in now if point.insiders] == [len(run.sums)]
    unsafe = [point.unsafe for point in points if point.insiders]
    assert unsafe == sorted(unsafe) and unsafe[0] < unsafe[-1]
    pairs = zip((p for p in points if p.insiders), (p for p in points if not p.insiders), strict=True)
    assert all(inside.hidden >= outside.hidden for inside, outside in pairs)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("frequncy-3=2..10", "Did you mean 'frequency-3'"),
        ("frequency-3=two", r"write the numbers as 2\.\.10"),
        ("frequency-3=1..1000", "at most 50"),
        ("manual-20=5", "has no rule 'manual-20' to vary"),
    ],
)
def test_whatif_says_what_it_cannot_vary(text: str, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        varied(profile("business-statistics", 2024), [text])


def test_a_proposal_hides_in_a_run_what_it_says(tmp_path: Path, asked: Study) -> None:
    words = Words(asked.spec.catalog, asked.codes)
    with asked.evidence() as (compute, policy):
        found, without = propose(asked.spec.tables, ["table-02"], 0, compute, policy, words)
    (one,) = found
    assert not without and one.helps
    # Of the three pairs of neighbours, the one of which nothing is told now.
    assert one.toml() == 'size = ["0-9", "10-49", "50-99 | 100-249", "_T"]'
    assert (one.before.hidden, one.before.figures) == (4, 11)
    text = STUDY.replace('size = ["0-9", "10-49", "50-99", "100-249", "_T"]', one.toml())
    assert text != STUDY
    made = Study(study(tmp_path, text), str(panel(tmp_path))).run(tmp_path / "out")
    costs = {cost.table: cost for cost in read_inside(made).costs}
    assert (
        (one.here.hidden, one.here.figures) == (costs["table-02"].hidden, costs["table-02"].figures) == (0, 9)
    )
    total = sum(cost.hidden for cost in costs.values()), sum(cost.figures for cost in costs.values())
    assert (one.release[1].hidden, one.release[1].figures) == total


def test_merge_names_the_nearest_table(asked: Study) -> None:
    with asked.evidence() as (compute, policy), pytest.raises(StudyError, match="Did you mean 'table-02'"):
        propose(asked.spec.tables, ["table-2"], 0, compute, policy, Words(asked.spec.catalog, asked.codes))


def test_the_commands_are_marked_and_write_for_the_custodian_only(tmp_path: Path, release: Path) -> None:
    def firmtrade(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "firmtrade", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    source = (study(tmp_path), "--panel", panel(tmp_path))
    said = firmtrade("why", "table-02", "size=50-99", "--custody", release)
    assert said.returncode == 0 and said.stdout.startswith("CONFIDENTIAL")
    refused = firmtrade("whatif", *source, "--custody", release)
    assert refused.returncode == 12 and "is a release" in refused.stderr
    folder = tmp_path / "kept"
    tried = firmtrade("whatif", *source, "--rule", "percent-10=10,20", "--custody", folder)
    assert tried.returncode == 0 and tried.stdout.startswith("CONFIDENTIAL"), tried.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["whatif.csv", "whatif.html"]
    assert "onfidential" in (folder / "whatif.html").read_text("utf-8")
    assert {row["value"] for row in rows(folder / "whatif.csv")} == {"10.0", "20.0"}
    merged = firmtrade("merge", *source, "--share", "30")
    assert merged.returncode == 0 and "Combine size 50-99 with 100-249" in merged.stdout
    assert json.loads((release / "manifest.json").read_text("utf-8"))["protected"]


def test_the_custodians_folder_replaces_nothing_else(tmp_path: Path, asked: Study) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "diary.txt").write_text("not ours", "utf-8")
    with pytest.raises(DataError, match="holds something else"):
        asked.run(tmp_path / "out", custody=mine)
    assert (mine / "diary.txt").exists() and not (tmp_path / "out").exists()
    for out, custody in (("out", "out"), ("out", "out/kept"), ("kept/out", "kept")):
        with pytest.raises(DisclosureError, match="neither may lie in the other"):
            asked.run(tmp_path / out, custody=tmp_path / custody)
    assert not (tmp_path / "out").exists() and not (tmp_path / "kept").exists()
