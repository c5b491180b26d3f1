"""Lifetimes from firm-years: late entry, exits, gaps, mergers, yearly status; and curves of drawn lives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmtrade.errors import DataError, StudyError
from firmtrade.estimate.survival.kaplan_meier import curves, incidence
from firmtrade.estimate.survival.lifetimes import LifetimeChoices, lifetimes, yearly
from firmtrade.estimate.survival.logrank import logrank
from reference import spells as slow

AGE = LifetimeChoices()
BASE = LifetimeChoices(clock="base")


def panel(founded=None, **years):
    rows = [{"firm": firm, "year": year} for firm, seen in years.items() for year in seen]
    frame = pd.DataFrame(rows)
    return frame.assign(founded=frame["firm"].map(founded or {}).astype("float64"))


def lives(frame, choices=AGE, **options):
    made = lifetimes(frame, choices, founded="founded", **options)
    columns = ["firm", "entry", "exit", "event"]
    return [tuple(row) for row in made.frame[columns].itertuples(index=False)], dict(made.counts)


def test_a_firm_older_than_the_panel_enters_at_its_age():
    frame = panel({"old": 1990, "new": 2001}, old=[2000, 2001], new=[2001, 2002, 2003])
    assert lives(frame)[0] == [("new", 0, 2, 0), ("old", 10, 12, 1)]


def test_unknown_and_impossible_founding_years_are_left_out_and_counted():
    frame = panel({"a": 1990, "late": 2002}, a=[2000, 2003], late=[2001, 2003], b=[2000, 2003])
    found, counts = lives(frame)
    assert [firm for firm, *_ in found] == ["a"]
    assert counts["founding year unknown"] == 1
    assert counts["founded after it was first seen"] == 1


def test_a_firm_of_the_last_year_only_was_never_at_risk():
    found, counts = lives(panel({"a": 2000, "b": 1999}, a=[2000, 2003], b=[2003]))
    assert [firm for firm, *_ in found] == ["a"]
    assert counts["never at risk (first seen when the follow-up ends)"] == 1


def test_time_since_a_base_year():
    frame = panel(None, a=[2000, 2001, 2002], b=[2000, 2001, 2002, 2003], c=[2002], d=[2001, 2002])
    choices = LifetimeChoices(clock="base", base=2001)
    assert lives(frame, choices)[0] == [("a", 0, 2, 1), ("b", 0, 2, 0), ("d", 0, 2, 1)]


@pytest.mark.parametrize(
    ("gap", "expected"),
    [("bridge", ("a", 0, 6, 0)), ("exit", ("a", 0, 2, 1)), ("censor", ("a", 0, 1, 0))],
)
def test_a_gap_is_bridged_an_exit_or_the_end_of_the_follow_up(gap, expected):
    frame = panel({"a": 2000, "b": 1990}, a=[2000, 2001, 2004, 2005, 2006], b=[2000, 2006])
    found, counts = lives(frame, LifetimeChoices(gap=gap))
    assert found[0] == expected
    assert counts["firms with a gap that is bridged"] == (2 if gap == "bridge" else 0)


def test_an_exit_that_takes_two_years_cannot_be_seen_in_the_last_year():
    frame = panel(
        {"a": 2000, "b": 2000, "c": 2000}, a=[2000, 2001, 2002, 2004], b=[2000, 2001, 2003], c=[2000]
    )
    choices = LifetimeChoices(absence=2, gap="exit")
    # Followed to 2003: b is absent in 2004 only, which may be a gap.
    assert lives(frame, choices)[0] == [("a", 0, 3, 0), ("b", 0, 3, 0), ("c", 0, 1, 1)]


REASONS = {"bankrupt": "death", "taken-over": "merger"}


def leaving():
    frame = panel(None, a=[2000, 2001], b=[2000, 2001], c=[2000, 2001], d=[2000, 2001, 2002])
    return frame.assign(why=[None, "bankrupt", None, "taken-over", None, None, None, None, "taken-over"])


@pytest.mark.parametrize(
    ("merger", "unknown", "events"),
    [
        ("censor", "death", [1, 0, 1, 0]),
        ("compete", "censor", [1, 2, 0, 0]),
        ("death", "death", [1, 1, 1, 0]),
    ],
)
def test_merger_against_death(merger, unknown, events):
    choices = LifetimeChoices(clock="base", reasons=REASONS, merger=merger, unknown_reason=unknown)
    found, counts = lives(leaving(), choices, reason="why")
    assert found == [(f, 0, 2, e) for f, e in zip("abcd", events, strict=True)]
    assert (counts["exits by merger"], counts["exits for a reason not known"]) == (1, 1)


def test_whether_mergers_are_censored_or_compete_the_hazard_of_death_is_the_same():
    censored, competing = (
        lifetimes(leaving(), LifetimeChoices(clock="base", reasons=REASONS, merger=m), reason="why").frame
        for m in ("censor", "compete")
    )
    a, b = curves(censored)[0], curves(competing)[0]
    assert [(s.at_risk, s.events) for s in a.steps] == [(s.at_risk, s.events) for s in b.steps] == [(4, 2)]


def test_the_codes_of_reasons_must_be_told():
    with pytest.raises(StudyError, match="does not say what its codes mean"):
        lifetimes(leaving(), BASE, reason="why")
    with pytest.raises(StudyError, match="is not a choice"):
        LifetimeChoices(reasons={"x": "deth"})


def test_yearly_status_stands_before_the_exit():
    frame = panel({"a": 1999, "b": 2000}, a=[2000, 2001, 2003], b=[2001, 2002, 2003, 2004])
    frame = frame.assign(mode=["none", "both", "one", "none", "none", "both", "both"])
    made = yearly(frame, founded="founded", keep=("mode",))
    columns = ["firm", "year", "entry", "exit", "event", "mode"]
    assert [tuple(row) for row in made.frame[columns].itertuples(index=False)] == [
        ("a", 2000, 1, 2, 0, "none"),
        ("a", 2001, 2, 4, 0, "both"),  # holds over the gap of 2002
        ("a", 2003, 4, 5, 1, "one"),
        ("b", 2001, 1, 2, 0, "none"),
        ("b", 2002, 2, 3, 0, "none"),
        ("b", 2003, 3, 4, 0, "both"),
    ]


def test_the_group_is_that_of_the_starting_year():
    frame = panel({"a": 1999}, a=[2000, 2001, 2003]).assign(mode=["none", "both", "both"])
    assert list(lifetimes(frame, founded="founded", keep=("mode",)).frame["mode"]) == ["none"]


def test_what_cannot_be_used_is_refused():
    frame = panel({"a": 1999}, a=[2000, 2001])
    with pytest.raises(StudyError, match="needs the founding year"):
        lifetimes(frame, AGE)
    with pytest.raises(StudyError, match=r"needs the column 'foundd'.* Did you mean 'founded'"):
        lifetimes(frame, AGE, founded="foundd")
    with pytest.raises(DataError, match="1 rows repeat a firm and year"):
        lifetimes(pd.concat([frame, frame.iloc[:1]]), AGE, founded="founded")


years_of_a_firm = st.sets(st.integers(2000, 2008), min_size=1)


@pytest.mark.slow
@given(
    st.lists(st.tuples(years_of_a_firm, st.integers(0, 20)), min_size=1, max_size=5),
    st.sampled_from(["bridge", "exit", "censor"]),
    st.integers(1, 3),
)
@settings(max_examples=80)
def test_lifetimes_are_those_of_a_loop_over_each_firm(firms, gap, absence):
    rows = [
        {"firm": at, "year": year, "founded": min(seen) - age}
        for at, (seen, age) in enumerate(firms)
        for year in sorted(seen, reverse=True)
    ]
    frame = pd.DataFrame(rows)
    last = int(frame["year"].max())
    expected = []
    for at, (seen, age) in enumerate(firms):
        life = slow.lifetime(seen, last, min(seen) - age, gap, absence)
        if life is not None:
            expected.append((at, life[0], life[1], int(life[2])))
    choices = LifetimeChoices(gap=gap, absence=absence)
    assert lives(frame, choices)[0] == expected
    cut = yearly(frame, choices, founded="founded").frame
    whole = cut.groupby("firm").agg(entry=("entry", "min"), exit=("exit", "max"), event=("event", "sum"))
    assert [tuple(row) for row in whole.reset_index().itertuples(index=False)] == expected
    assert (cut["exit"] - cut["entry"]).sum() == sum(exit - entry for _, entry, exit, _ in expected)


def drawn(seed, firms=400):
    draw = np.random.default_rng(seed)
    entry = draw.integers(0, 5, firms)
    lasts = draw.integers(1, 8, firms)
    cause = draw.choice([0, 1, 2], firms)
    group = draw.choice(["a", "b", "c"], firms)
    return pd.DataFrame(
        {"firm": np.arange(firms) // 2, "entry": entry, "exit": entry + lasts, "event": cause, "group": group}
    )


def test_causes_add_up_to_all_exits():
    frame = drawn(1)
    deaths, mergers = incidence(frame)
    left = curves(frame.assign(event=(frame["event"] > 0).astype(int)))[0]
    for death, merger, step in zip(deaths.steps, mergers.steps, left.steps, strict=True):
        assert death.survival + merger.survival == pytest.approx(1 - step.survival, abs=1e-12)


def test_incidence_of_one_cause_is_one_minus_survival_with_the_same_error():
    frame = drawn(2).assign(event=lambda rows: (rows["event"] == 1).astype(int))
    one, left = incidence(frame, causes=(1,))[0], curves(frame)[0]
    assert left.errors == "by firm"
    for step, other in zip(one.steps, left.steps, strict=True):
        assert step.survival == pytest.approx(1 - other.survival, abs=1e-12)
        assert step.error == pytest.approx(other.error, abs=1e-12)


def test_a_curve_from_a_later_age_is_the_conditional_one():
    frame = drawn(3)
    whole, later = curves(frame)[0], curves(frame, since=4)[0]
    base = whole.at(4).survival
    for step in later.steps:
        assert step.survival == pytest.approx(whole.at(step.time).survival / base, abs=1e-12)


def test_evidence_counts_firms_and_owners():
    frame = pd.DataFrame({"firm": [1, 1, 2], "owner": [7, 7, 7], "entry": 0, "exit": [1, 2, 2], "event": 1})
    first, second = curves(frame)[0].steps
    assert (first.at_risk, first.firms, first.events, first.event_firms) == (3, 2, 1, 1)
    assert (second.at_risk, second.firms, second.event_firms) == (2, 2, 2)
    assert first.largest == pytest.approx(2 / 3)
    assert curves(frame, unit="owner")[0].steps[0].firms == 1


def test_the_order_of_rows_does_not_matter():
    frame = drawn(4)
    other = frame.sample(frac=1, random_state=1)
    assert curves(frame, "group") == curves(other, "group")
    assert logrank(frame, "group") == logrank(other, "group")


def test_groups_that_are_not_known_are_left_out_or_shown():
    frame = drawn(5).assign(group=lambda rows: rows["group"].where(rows["group"] != "c"))
    assert [curve.group for curve in curves(frame, "group")] == ["a", "b"]
    assert [curve.group for curve in curves(frame, "group", unknown=True)] == ["a", "b", "unknown"]


def test_logrank_says_why_it_cannot_tell():
    apart = pd.DataFrame(
        {"firm": [1, 2], "entry": [0, 5], "exit": [3, 9], "event": [1, 1], "group": ["a", "b"]}
    )
    found = logrank(apart, "group")
    assert (found.chi2, found.p) == (None, None)
    assert "never at risk together" in found.why
    assert logrank(apart.assign(event=0), "group").why == "there are too few events"
    with pytest.raises(StudyError, match="needs two groups"):
        logrank(apart.iloc[:1], "group")
