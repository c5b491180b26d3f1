"""Spells of trading by named choices, and the share of new traders that still trades."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmtrade.errors import StudyError
from firmtrade.estimate.survival.histories import SpellChoices
from firmtrade.estimate.survival.kaplan_meier import curves
from firmtrade.estimate.survival.spells import spells, still_trading, wilson
from reference import spells as slow

FIRST = 2000


def panel(**lines):
    """Firms as strings from 2000 on: '1' trade, '0' none, '?' unknown, '.' no row."""
    rows = [
        {"firm": firm, "year": FIRST + at, "trades": {"1": True, "0": False, "?": None}[sign]}
        for firm, line in lines.items()
        for at, sign in enumerate(line)
        if sign != "."
    ]
    return pd.DataFrame(rows).astype({"trades": "object"})


def found(frame, choices=None, **options):
    made = spells(frame, "trades", choices or SpellChoices(spells="all"), **options)
    columns = ["firm", "start", "entry", "exit", "event"]
    return [tuple(row) for row in made.frame[columns].itertuples(index=False)]


def test_a_spell_ends_in_the_first_year_without_trade():
    assert found(panel(a="0110")) == [("a", 2001, 0, 2, 1)]


def test_a_spell_that_runs_at_the_end_is_censored_at_the_years_that_have_passed():
    assert found(panel(a="0111", b="0000")) == [("a", 2001, 0, 2, 0)]


def test_a_start_in_the_last_year_was_never_at_risk():
    made = spells(panel(a="0001", b="0110"), "trades")
    assert list(made.frame["firm"]) == ["b"]
    assert made.counts["never at risk (started when the follow-up ends)"] == 1


@pytest.mark.parametrize(("left", "expected"), [("drop", []), ("restart", [("a", 2000, 0, 2, 1)])])
def test_a_spell_whose_start_was_not_seen(left, expected):
    assert found(panel(a="1100"), SpellChoices(left=left, spells="all")) == expected


def test_a_spell_that_is_known_to_have_begun_before_enters_late():
    frame = panel(a="1100").assign(since=1995)
    choices = SpellChoices(left="truncate", spells="all")
    assert found(frame, choices, since="since") == [("a", 2000, 5, 7, 1)]
    with pytest.raises(StudyError, match="since"):
        spells(frame, "trades", choices)


def test_a_firm_that_trades_in_its_first_year_starts_there():
    frame = panel(a="110", b="110").assign(founded=[2000] * 3 + [1990] * 3)
    assert found(frame, founded="founded") == [("a", 2000, 0, 2, 1)]


def test_first_spells_only_or_those_that_begin_again():
    frame = panel(a="0101100", b="1101000")
    assert found(frame) == [("a", 2001, 0, 1, 1), ("a", 2003, 0, 2, 1), ("b", 2003, 0, 1, 1)]
    # Of b the first spell ran before the panel: what follows is its second.
    assert found(frame, SpellChoices(spells="first")) == [("a", 2001, 0, 1, 1)]


def test_a_gap_of_a_year_open_or_closed():
    frame = panel(a="010110000")
    assert found(frame) == [("a", 2001, 0, 1, 1), ("a", 2003, 0, 2, 1)]
    assert found(frame, SpellChoices(gap="close", spells="all")) == [("a", 2001, 0, 4, 1)]


def test_a_stop_at_the_end_cannot_be_told_from_a_gap():
    frame = panel(a="0110", b="0111")
    assert found(frame, SpellChoices(gap="close")) == [("a", 2001, 0, 1, 0), ("b", 2001, 0, 1, 0)]


def test_a_firm_that_is_gone_has_no_gap():
    frame = panel(a="011.", b="0000")
    assert found(frame, SpellChoices(gap="close")) == [("a", 2001, 0, 2, 1)]


def test_an_unknown_year_ends_what_is_known_of_a_spell():
    frame = panel(a="011?1100", b="011.1100")
    expected = [("a", 2001, 0, 1, 0), ("b", 2001, 0, 1, 0)]
    assert found(frame) == expected
    closed = found(frame, SpellChoices(unknown="close", spells="all"))
    assert closed == [("a", 2001, 0, 5, 1), ("b", 2001, 0, 5, 1)]


def test_years_without_a_row_may_be_years_without_trade():
    assert found(panel(a=".11.", b="0000"), SpellChoices(absent="no")) == [("a", 2001, 0, 2, 1)]


def test_a_firm_that_leaves_ends_its_spell_or_not():
    frame = panel(a="011..", b="00000")
    assert found(frame) == [("a", 2001, 0, 2, 1)]
    assert found(frame, SpellChoices(death="censor")) == [("a", 2001, 0, 1, 0)]


def test_a_new_trader_may_need_years_without_trade_before():
    frame = panel(a="0100110", b="0001110")
    choices = SpellChoices(before=3, spells="all")
    assert found(frame, choices) == [("b", 2003, 0, 3, 1)]
    made = spells(frame, "trades", choices)
    assert made.counts["left out, too few years known to be without trade before"] == 2


def test_what_became_of_every_spell_adds_up():
    made = spells(panel(a="1101", b="0110", c="0111", d="01011"), "trades", SpellChoices(spells="first"))
    counts = dict(made.counts)
    left = sum(value for name, value in counts.items() if name.startswith(("left out", "never")))
    assert counts["spells"] == left + counts["followed"]
    assert counts["followed"] == counts["ended"] + counts["censored"] == len(made.frame)


def test_columns_are_those_of_the_starting_year():
    frame = panel(a="0110").assign(size=["s", "m", "l", "l"])
    assert list(spells(frame, "trades", keep=("size",)).frame["size"]) == ["m"]


def test_an_unknown_choice_is_refused():
    with pytest.raises(StudyError, match="Did you mean 'close'"):
        SpellChoices(gap="closed")


flags = st.dictionaries(st.integers(0, 8), st.sampled_from([1, 0, -1]), min_size=2, max_size=9)
choices_drawn = st.builds(
    SpellChoices,
    left=st.sampled_from(["drop", "restart"]),
    gap=st.sampled_from(["open", "close"]),
    longest_gap=st.integers(1, 2),
    unknown=st.sampled_from(["censor", "close"]),
    absent=st.sampled_from(["unknown", "no"]),
    death=st.sampled_from(["end", "censor"]),
    spells=st.sampled_from(["first", "all"]),
    before=st.integers(1, 3),
)


def told(flags, years, founded, choices):
    found = slow.known(flags, years, founded, choices.absent, choices.death, choices.before)
    if choices.unknown == "close":
        found = slow.close(found, slow.UNKNOWN, 1)
    if choices.gap == "close":
        found = slow.close(found, slow.NO, choices.longest_gap)
        found = slow.shorten(found, choices.longest_gap, max(flags), choices.death)
    return found


@pytest.mark.slow
@given(st.lists(st.tuples(flags, st.none() | st.integers(-3, 9)), min_size=1, max_size=4), choices_drawn)
@settings(max_examples=300)
def test_spells_are_those_of_a_loop_over_each_firm(firms, choices):
    rows = [
        {"firm": at, "year": year, "trades": {1: 1.0, 0: 0.0, -1: np.nan}[sign], "founded": founded}
        for at, (line, founded) in enumerate(firms)
        for year, sign in sorted(line.items(), reverse=True)
    ]
    frame = pd.DataFrame(rows).astype({"founded": "float64"})
    years = range(frame["year"].min(), frame["year"].max() + 1)
    expected = [
        (at, start, 0, length, int(ended))
        for at, (line, founded) in enumerate(firms)
        for start, length, ended, _ in slow.spells(
            told(line, years, founded, choices), choices.before, choices.spells == "first", choices.left
        )
    ]
    assert found(frame, choices, founded="founded") == expected


def test_shares_that_still_trade_in_two_readings():
    frame = panel(a="01111", b="01011", c="01000", d="01?11", e="00001")
    shares = {(s.years, s.reading): s for s in still_trading(frame, "trades")}
    one = shares[1, "continuously"]
    assert (one.starters, one.trading, one.unknown) == (3, 1, 1)
    three, there = shares[3, "continuously"], shares[3, "in-that-year"]
    assert (three.starters, three.trading, three.unknown) == (3, 1, 1)
    assert (there.starters, there.trading, there.unknown) == (4, 3, 0)
    assert (there.firms, there.trading_firms) == (4, 3)


def test_a_firm_that_left_no_longer_trades():
    frame = panel(a="011..", b="01111")
    assert still_trading(frame, "trades", after=(2,))[0].share == 0.5
    censored = still_trading(frame, "trades", SpellChoices(death="censor"), after=(2,))[0]
    assert (censored.share, censored.unknown) == (1.0, 1)


def test_shares_by_group_and_owner():
    frame = panel(a="011", b="010", c="011").assign(size=["s"] * 6 + ["l"] * 3, owner=[1] * 6 + [2] * 3)
    shares = still_trading(frame, "trades", after=(1,), group="size", unit="owner")
    assert [(s.group, s.starters, s.firms, s.largest) for s in shares[::2]] == [
        ("l", 1, 1, 1.0),
        ("s", 2, 1, 1.0),
    ]


@given(st.lists(st.lists(st.sampled_from([0, 1]), min_size=7, max_size=7), min_size=3, max_size=12))
@settings(max_examples=50)
def test_without_censoring_the_curve_is_the_continuous_share(lines):
    # Starts in 2001 only, all followed to 2006: nobody is censored before.
    rows = [
        {"firm": at, "year": 2000 + year, "trades": value}
        for at, line in enumerate(lines)
        for year, value in enumerate([0, 1, *line[2:]])
    ]
    frame = pd.DataFrame(rows)
    curve = curves(spells(frame, "trades").frame)[0]
    for share in still_trading(frame, "trades", after=(1, 2, 3, 4, 5)):
        if share.reading == "continuously":
            step = curve.at(share.years)
            assert (step.survival if step else 1.0) == pytest.approx(share.share, abs=1e-12)


def test_wilson_interval():
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 is 0.2553 to 0.3662.
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 0) == (None, None)
