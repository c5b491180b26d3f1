"""Which figures tell too much by themselves, and how far they must be protected."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from firmtrade.catalog import Catalog
from firmtrade.errors import DataError, StudyError
from firmtrade.protect.evidence import NOBODY, Contributions, evidence_of, numbered, scaled
from firmtrade.protect.primary import Request, primary
from firmtrade.protect.rules import DEFINITIONS, of_rules, profile, rule
from firmtrade.protect.system import build


def cell(values, holdings=None, requests=(), rules=(), **request):
    """The plan of one figure that `values` add up to."""
    numbers = scaled(values, 2)
    owners = numbered(holdings or [str(n) for n in range(len(values))])
    rows = np.arange(len(values))
    system = build({"cell": rows.tolist()}, len(values), signed=[v < 0 for v in numbers])
    asking = [int(owners[n]) for n in requests]
    evidence = evidence_of(system, Contributions(rows, owners, numbers), requests=asking)
    total = system.columns.times(system.fold(numbers))
    return primary(total, evidence, of_rules("test", list(rules)), Request(**request)), evidence


P10 = rule("percent", percent=10)


def test_the_manuals_example_is_safe_by_unit_and_unsafe_by_holding():
    # tau-ARGUS manual: 700, 200, 60, 40, 10; the first two belong to one holding; p% = 10.
    values = [700, 200, 60, 40, 10]
    assert not len(cell(values, rules=[P10])[0])  # 110 is left, 70 is asked
    plan, _ = cell(values, ["A", "A", "B", "C", "D"], rules=[P10])
    assert plan.columns.tolist() == [0]  # 50 is left, 90 is asked
    assert plan.up.tolist() == [4000] == plan.down.tolist()  # hundredths


@pytest.mark.parametrize(
    ("rules", "values", "safe"),
    [
        ([P10], [100, 50, 10], True),  # exactly 10 is left: safe at equality
        ([P10], [100, 50, "9.99"], False),
        ([rule("frequency", least=3, margin=30)], [5, 5, 5], True),
        ([rule("frequency", least=3, margin=30)], [5, 5], False),
        ([rule("dominance", largest=1, percent=85)], [85, 15], True),
        ([rule("dominance", largest=1, percent=85)], ["85.01", "14.99"], False),
        ([rule("dominance", largest=2, percent=90)], [50, 41, 9], False),
        ([rule("zero", margin=1)], [0, 0, 0], False),
        ([rule("zero", margin=1)], [0, 0, "0.01"], True),
    ],
)
def test_strictness(rules, values, safe):
    assert bool(len(cell(values, rules=rules)[0])) is not safe


def test_distances_by_rule():
    assert cell([10, 10], rules=[rule("frequency", least=3, margin=30)])[0].up.tolist() == [600]
    dominated = cell([99, 1], rules=[rule("dominance", largest=1, percent=80)])[0]
    assert dominated.up.tolist() == pytest.approx([100 / 80 * 9900 - 10000])
    both = cell([99, 1], rules=[P10, rule("dominance", largest=1, percent=80)])[0]
    assert both.reasons == (("percent", "dominance"),)
    assert both.up.tolist() == pytest.approx([2375])  # the larger of 990 and 2375
    wide = cell([100], rules=[rule("dominance", largest=1, percent=40)])[0]
    assert (wide.up.tolist(), wide.down.tolist()) == ([15000], [10000])  # not below zero


def test_request_rule_asks_for_the_traders_wish():
    passive = [rule("request", percent=70, least=3, margin=20)]
    assert not len(cell([90, 5, 5], rules=passive)[0])
    assert len(cell([90, 5, 5], rules=passive, requests=[0])[0])
    assert not len(cell([70, 20, 10], rules=passive, requests=[0])[0])  # equality is safe
    assert len(cell([70, 30], rules=passive, requests=[1])[0])  # fewer than three, and one asked


def test_figures_with_negative_parts_are_unsafe_unless_a_rule_judges_absolute_values():
    mixed = [100, -80, 60, 50]
    assert cell(mixed, rules=[P10])[0].reasons == (("mixed signs",),)
    assert not len(cell(mixed, rules=[P10, rule("signs")])[0])


def test_manual_and_group_rules():
    plan, _ = cell([5, 5, 5, 5], rules=[rule("manual", margin=20)], manual=frozenset({0}))
    assert plan.up.tolist() == [400]
    plan, _ = cell([1] * 5, rules=[rule("group", percent=90, margin=20)], groups=((0, 0),))
    assert plan.columns.tolist() == [0]


def test_a_count_is_protected_by_whole_numbers():
    plan, _ = cell(["0.01", "0.01"], rules=[rule("frequency", least=3, margin=30)], whole=np.array([True]))
    assert (plan.up.tolist(), plan.down.tolist()) == ([1], [1])


def test_evidence_is_by_holding_and_exact():
    _, evidence = cell(["0.10", "0.20", "-0.05", 0], ["b", "a", "b", "c"])
    assert evidence.units.tolist() == [3]
    assert evidence.total.tolist() == [25]
    assert evidence.largest.tolist() == [[20, 5, 0]]
    assert evidence.holder.tolist() == [[0, 1, 2]]
    assert evidence.sole.tolist() == [NOBODY]
    assert cell([5, 0])[1].sole.tolist() == [0]  # the others have nothing: the holding knows the figure
    with pytest.raises(DataError, match="more than 2 decimals"):
        scaled(["0.125"], 2)


def test_profiles_are_data():
    default = profile("business-statistics", 2024)
    assert [rule.kind for rule in default.rules] == ["frequency", "percent", "manual", "signs"]
    assert default.of("percent")[0]["percent"] == 10
    assert profile("trade-passive", 2024).of("request")[0]["percent"] == 70
    research = profile("research-output", 2024)
    assert (research.of("frequency")[0].whole("least"), research.of("degrees")[0].whole("least")) == (10, 10)
    assert research.of("group")[0]["percent"] == 90
    local = {"profiles": {"mine": {"title": "Mine", "rules": ["dominance-1-85"]}}}
    assert profile("mine", 2024, local).rules[0]["percent"] == 85


def test_names_and_numbers_of_rules_are_checked():
    with pytest.raises(StudyError, match=r"no protection profile 'busines-statistics'.*business-statistics"):
        profile("busines-statistics", 2024)
    with pytest.raises(StudyError, match=r"no rule 'percent-1'.*percent-10"):
        profile("x", 2024, {"profiles": {"x": {"title": "", "rules": ["percent-1"]}}})
    with pytest.raises(StudyError, match="takes percent, each once"):
        rule("percent", margin=10)
    with pytest.raises(StudyError, match="no numbers for 1800"):
        profile("business-statistics", 1800)


def test_a_rule_that_looks_further_than_the_evidence_is_refused():
    with pytest.raises(DataError, match="4 largest holdings"):
        cell([5, 5], rules=[rule("dominance", largest=4, percent=90)])


def test_every_rule_names_a_source_that_is_there():
    catalog = Catalog.load()
    for kind in ("rules", "profiles"):
        for entry in tomllib.loads((DEFINITIONS / f"{kind}.toml").read_text("utf-8")).values():
            for source in (entry["source"], *(value["source"] for value in entry.get("values", ()))):
                assert catalog.citation(source)
