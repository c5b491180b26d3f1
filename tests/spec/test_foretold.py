"""What `whatif` and `merge` foretell is what a run does: hidden by name, by each method, with a ledger."""

from __future__ import annotations

import hashlib
import random
import shutil
from pathlib import Path

import pytest

from firmtrade.errors import DisclosureError
from firmtrade.protect import Custody
from firmtrade.protect.classes import Words, hidden_still
from firmtrade.protect.merge import propose
from firmtrade.protect.whatif import Point, as_text, varied, whatif
from firmtrade.study import Study
from spec.test_ledger import PARTS, WHOLE, few_large
from support_custodian import STUDY, lines
from support_ledger import release, study

HIDE = """hide = [
    { table = "table-02", size = "10-49", measure = "value-added" }, { measure = "turnover", region = "BE2" },
]"""
#: What the study says under [protect], and whether there is an earlier publication.
WAYS = {
    "as it is": ("", False),
    "by name": (HIDE, False),
    "small counts": (f'method = "small-count-rounding"\nbase = 3\n{HIDE}', False),
    "controlled": ('method = "controlled-rounding"\nbase = 3', False),
    "cell key": ('method = "cell-key"\nsecret = "../key"', False),
    "ledger": ("", True),
    "ledger, by name": ('hide = [{ table = "table-02", size = "100-249", measure = "firms" }]', True),
}
#: The rule of the profile with another number.
RULE = """
[protect.rules.frequency-3]
title = "At least {least} holdings"
rule = "frequency"
source = "own"
values = [{{ from = 1900, least = {least}, margin = 30, source = "own" }}]
"""


def written(folder: Path, protect: str, text: str = STUDY, rule: str = "") -> Path:
    """The study in a folder of its own, with a secret outside it."""
    place = folder / "study"
    place.mkdir(exist_ok=True)
    (folder / "key").write_bytes(b"a secret of more than sixteen bytes")
    file = place / "study.toml"
    file.write_text(f"{text}\n[protect]\n{protect}\n{rule}", "utf-8")
    return file


def panels(folder: Path) -> tuple[str, str]:
    """The drawn panel, and the same without some of its firms: an earlier one had them."""
    head, *rows = lines()
    gone = set(random.Random(4).sample(rows[1:61], 6))
    places = folder / "earlier.csv", folder / "panel.csv"
    for place, kept in zip(places, (rows, [row for row in rows if row not in gone]), strict=True):
        place.write_text("\n".join([head, *kept]) + "\n", "utf-8")
    return str(places[0]), str(places[1])


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str, Path | None]:
    """(what [protect] says, the panel, the ledger with an earlier publication)."""
    protect, recorded = WAYS[request.param]
    earlier, panel = panels(tmp_path)
    ledger = tmp_path / "ledger" if recorded else None
    if ledger:
        Study(written(tmp_path, ""), earlier, ledger=ledger).release()
    return protect, panel, ledger


def content(folder: Path | None) -> dict[str, str]:
    files = sorted(folder.rglob("*")) if folder else []
    return {str(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.is_file()}


def run(study: Path, panel: str, ledger: Path | None, name: str) -> Custody | str:
    """What the custodian keeps of a run with a copy of the ledger, or why it stopped."""
    copy = study.parents[1] / f"ledger-{name}"
    if ledger:
        shutil.copytree(ledger, copy)
    try:
        # As `run` does it, without the report.
        return Study(study, panel, ledger=copy if ledger else None)._release(None)[1]
    except DisclosureError as error:
        return str(error)


def counts(kept: Custody) -> dict[str, int]:
    """What a run hid, in the fields of a Point."""
    return {
        "unsafe": sum(len(part.plan) for part in kept.parts),
        "sums": sum(len(part.hidden) for part in kept.parts),
        "figures": len(kept.figures),
        "hidden": len(kept.hidden),
    }


def test_whatif_foretells_the_run_with_that_number(way, tmp_path: Path) -> None:
    protect, panel, ledger = way
    before = content(ledger)
    asked = Study(written(tmp_path, protect), panel, ledger=ledger)
    with asked.evidence() as (compute, policy):
        tried = varied(policy.profile, ["frequency-3=3,5"])
        points = whatif(compute(None), policy, asked.spec.catalog, tried)
    assert content(ledger) == before, "to ask is not to publish"
    told = [point for point in points if point.insiders]
    assert [point.value for point in told] == [3, 5]
    for point in told:
        study = written(tmp_path, protect, rule=RULE.format(least=int(point.value)))
        made = run(study, panel, ledger, f"{point.value:g}")
        assert isinstance(made, str) == bool(point.refused), made
        if isinstance(made, Custody):
            assert counts(made) == {name: getattr(point, name) for name in counts(made)}


def test_whatif_is_not_the_same_for_all(tmp_path: Path) -> None:
    """The comparison above could fail: each way of protecting hides something else."""
    found: dict[str, list[Point]] = {}
    for name, (protect, recorded) in WAYS.items():
        if not recorded:
            _, panel = panels(tmp_path)
            asked = Study(written(tmp_path, protect), panel)
            with asked.evidence() as (compute, policy):
                tried = varied(policy.profile, ["frequency-3=3"])
                found[name] = whatif(compute(None), policy, asked.spec.catalog, tried)
    hidden = {name: points[0].hidden for name, points in found.items()}
    assert hidden["by name"] > hidden["as it is"] > hidden["small counts"] > hidden["controlled"]
    assert hidden["cell key"] == hidden["controlled"]


def test_merge_foretells_the_run_with_these_classes(way, tmp_path: Path) -> None:
    protect, panel, ledger = way
    before = content(ledger)
    asked = Study(written(tmp_path, protect), panel, ledger=ledger)
    with asked.evidence() as (compute, policy):
        words = Words(asked.spec.catalog, asked.codes)
        found, without = propose(asked.spec.tables, ["table-02"], 0, compute, policy, words)
    assert content(ledger) == before
    for one in found:
        text = STUDY.replace('size = ["0-9", "10-49", "50-99", "100-249", "_T"]', one.toml())
        assert text != STUDY
        said = f"{protect.partition('hide')[0]}\n{one.hide_toml()}" if one.hide else protect
        made = run(written(tmp_path, said, text), panel, ledger, "merged")
        assert isinstance(made, str) == bool(one.refused), made
        if isinstance(made, Custody):
            here = [figure.decision.hidden for figure in made.figures if figure.table == "table-02"]
            assert (one.here.hidden, one.here.figures) == (sum(here), len(here))
            assert not one.others, "no other table has classes of size"
            assert (one.release[1].hidden, one.release[1].figures) == (len(made.hidden), len(made.figures))
    assert found or "controlled" in protect or "cell-key" in protect, (found, without)


def test_a_class_that_is_hidden_stays_hidden_as_a_part_of_another() -> None:
    hide = (
        {"table": "table-02", "size": "50-99", "measure": "firms"},
        {"size": "100-249"},
        {"region": "BE1"},
        {"table": "other", "size": "50-99"},
    )
    codes = ("0-9", "50-99 | 100-249", "_T")
    assert hidden_still(hide, "t1.size", codes, ["table-02", "table-03"]) == (
        *hide,
        {"table": "table-02", "size": "50-99 | 100-249", "measure": "firms"},
        {"table": "table-02", "size": "50-99 | 100-249"},
        {"table": "table-03", "size": "50-99 | 100-249"},
    )
    again = ({"size": "10-49 | 50-99"},)
    assert hidden_still(again, "size", ["10-49 | 50-99 | 100-249"], ["a"])[1:] == (
        {"size": "10-49 | 50-99 | 100-249", "table": "a"},
    )


def test_where_a_run_stops_it_is_said(tmp_path: Path) -> None:
    """What was published before leaves too little for two large firms."""
    ledger = tmp_path / "ledger"
    parts = PARTS.replace('["small", "_T"]', '["small", "middle", "_T"]')
    release(tmp_path, few_large(), ledger, parts)
    asked = Study(study(tmp_path, WHOLE), str(tmp_path / "panel.csv"), ledger=ledger)
    with asked.evidence() as (compute, policy):
        points = whatif(compute(None), policy, asked.spec.catalog, varied(policy.profile, ["frequency-3=3"]))
    assert all(point.refused for point in points)
    assert "stops: " in "\n".join(as_text(points))
    with pytest.raises(DisclosureError, match="published before"):
        asked.release()
