"""Who starts to trade and when, drawn firm by firm: 1 trades, 0 does not, ? unknown, . no record."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from firmtrade.errors import DataError
from firmtrade.estimate.learning.cohorts import Cohorts, Start, cohorts, flag_numbers, select, two_way


def drawn(*histories: str) -> pd.DataFrame:
    """Firms f0, f1, .. from 2001 on."""
    flags = {"1": True, "0": False, "?": None}
    rows = [
        (f"f{firm}", 2001 + at, flags[mark])
        for firm, history in enumerate(histories)
        for at, mark in enumerate(history)
        if mark != "."
    ]
    return pd.DataFrame(rows, columns=["firm", "year", "export"])


def sorted_out(*histories: str, rule: Start | None = None) -> Cohorts:
    return cohorts(drawn(*histories), "firm", "year", "export", rule)


@pytest.mark.parametrize(
    ("history", "kind", "start"),
    [
        ("000111", "starter", 2004),
        ("001010", "starter", 2003),  # the first start, whatever comes after
        ("000000", "never", None),
        ("100000", "left-censored", None),  # traded in the first observed year
        ("010000", "left-censored", None),  # one year without is not two
        ("..0011", "starter", 2005),
        ("..0111", "left-censored", None),  # its first record is one year before
        ("0?0111", "undetermined", None),  # did it trade in the second year?
        ("?00111", "starter", 2004),  # two known years without are what is asked
        ("00.011", "undetermined", None),  # a year without a record before the start
        ("0000?0", "undetermined", None),
        ("0000.0", "never", None),  # in no year with a record
        ("00?111", "undetermined", None),  # started in the third year or the fourth
    ],
)
def test_kinds(history: str, kind: str, start: int | None) -> None:
    found = sorted_out(history)
    assert found.kind.tolist() == [kind]
    assert found.start.tolist() == [start if start else np.inf]


def test_three_years_without_are_stricter_than_two() -> None:
    assert sorted_out("001111", rule=Start(3)).kind.tolist() == ["left-censored"]
    assert sorted_out("0001111", rule=Start(3)).kind.tolist() == ["starter"]


@pytest.mark.parametrize(
    ("history", "kind"),
    [
        ("001110", "starter"),  # two of the three years after
        ("001010", "brief"),
        ("00101", "undetermined"),  # one of two so far; the panel ends
        ("0011?1", "starter"),
        ("0010?1", "undetermined"),
        ("00100.", "brief"),  # two known years without leave at most one with
    ],
)
def test_the_years_after_a_start(history: str, kind: str) -> None:
    assert sorted_out(history, rule=Start(2, after=2, within=3)).kind.tolist() == [kind]


def test_stops_are_counted_and_by_default_ignored() -> None:
    histories = ("001101", "001111", "000000")
    ignored = sorted_out(*histories)
    assert ignored.stopped == 1 and ignored.kind.tolist() == ["starter", "starter", "never"]
    dropped = sorted_out(*histories, rule=Start(stops="drop"))
    assert dropped.stopped == 1 and dropped.kind.tolist() == ["brief", "starter", "never"]
    censored = sorted_out(*histories, rule=Start(stops="censor"))
    assert censored.until.tolist() == [2004, np.inf, np.inf]


def test_only_starters_and_firms_that_never_trade_are_compared() -> None:
    frame = drawn("001101", "100000", "000000", "0?0000")
    found = cohorts(frame, "firm", "year", "export", Start(stops="censor"))
    kept = select(frame, "firm", "year", found)
    assert kept.groupby("firm")["year"].agg(["min", "max"]).to_dict() == {
        "min": {"f0": 2001, "f2": 2001},
        "max": {"f0": 2004, "f2": 2006},
    }
    assert kept.groupby("firm")["start"].first().to_dict() == {"f0": 2003.0, "f2": np.inf}
    assert found.counts == (
        ("starter", 1),
        ("never", 1),
        ("left-censored", 1),
        ("undetermined", 1),
        ("brief", 0),
    )


def test_a_year_that_the_whole_panel_lacks_is_a_year_without_records() -> None:
    frame = drawn("000111", "000000")
    kinds = cohorts(frame[frame["year"] != 2003], "firm", "year", "export").kind.tolist()
    assert kinds == ["undetermined", "never"]


def test_two_way_trade_is_a_three_valued_and() -> None:
    exports = pd.Series([True, True, True, False, False, None])
    imports = pd.Series([True, False, None, False, None, None])
    assert two_way(exports, imports)[:2].tolist() == [1.0, 0.0]
    assert np.isnan(two_way(exports, imports)).tolist() == [False, False, True, False, False, True]


@pytest.mark.parametrize("dtype", ["boolean", "object", "Float64", "float64"])
def test_flags_of_any_kind_of_column(dtype: str) -> None:
    numbers = flag_numbers(pd.Series([True, False, None], dtype="boolean").astype(dtype, errors="ignore"))
    np.testing.assert_array_equal(numbers, [1.0, 0.0, np.nan])


def test_the_order_of_rows_does_not_matter() -> None:
    frame = drawn("000111", "001010", "000000", "100000", "0?0111")
    one = cohorts(frame, "firm", "year", "export")
    other = cohorts(frame.sample(frac=1, random_state=1), "firm", "year", "export")
    assert one.kind.tolist() == other.kind.tolist() and one.start.tolist() == other.start.tolist()


def test_a_firm_with_two_rows_for_a_year_is_refused() -> None:
    frame = drawn("000111")
    with pytest.raises(DataError, match="Firm f0 has more than one row for 2003"):
        cohorts(pd.concat([frame, frame.iloc[[2]]]), "firm", "year", "export")
