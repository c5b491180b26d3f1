"""Growth by status: differences like those of dummies; three readings that a hand can check, with exits."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from firmtrade.errors import DataError
from firmtrade.estimate.growth import LOG, MIDPOINT, GrowthSpec, growth
from firmtrade.estimate.growth_readings import MEAN, MEDIAN, RATIO, Bootstrap, readings
from support_premia import window_firms

SPEC = GrowthSpec("start", "end", "status", "neither", 5, gone="gone")
FULL = replace(SPEC, log_controls=("start", "age"), effects=(("industry",),))
NO_DRAWS = Bootstrap(replications=50)


def firms(*rows: tuple[str, float, float | None, bool]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["status", "start", "end", "gone"])
    return frame.assign(firm=[f"F{at}" for at in range(len(frame))], gone=frame["gone"].astype(float))


def read(frame, spec=SPEC, **options):
    found = readings(frame, spec, **{"draw": NO_DRAWS, **options})
    return {(line.code, line.status, line.reading, line.exits): line for line in found.lines}


# -- the regression ------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", [LOG, MIDPOINT])
def test_differences_are_those_of_dummies_and_the_formula(measure):
    frame = window_firms(200).sort_values("firm")
    found = growth(frame, FULL, measure)
    end = frame["end"].where(frame["gone"] == 0, 0.0)
    if measure == LOG:
        frame, end = frame[frame["gone"] == 0], end[frame["gone"] == 0]
        y = (np.log(end) - np.log(frame["start"])) / 5
    else:
        y = 2 * (end - frame["start"]) / (end + frame["start"]) / 5
    statuses = ["both", "start", "stop"]
    x = np.column_stack(
        [
            *[(frame["status"] == status) * 1.0 for status in statuses],
            np.log(frame["start"]),
            np.log(frame["age"]),
            *[(frame["industry"] == code) * 1.0 for code in range(5)],
        ]
    )
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ x.T @ y.to_numpy()
    scores = x * (y.to_numpy() - x @ beta)[:, None]
    rows = len(y)
    factor = (rows - 1) / (rows - x.shape[1]) * rows / (rows - 1)
    error = np.sqrt(np.diag(bread @ scores.T @ scores @ bread) * factor)
    for at, status in enumerate(statuses):
        line = next(line for line in found.lines if line.status == status)
        assert line.points == pytest.approx(100 * beta[at], abs=1e-8)
        assert line.coefficient.std_error == pytest.approx(error[at], abs=1e-8)
        assert line.measure == measure and line.low < line.points < line.high
    assert found.fit.observations == rows


def test_planted_differences_are_in_their_intervals():
    planted = {"start": 4.0, "both": 2.0, "stop": -3.0}
    inside = [
        line.low < planted[line.status] < line.high
        for seed in range(30)
        for line in growth(window_firms(400, seed=seed), FULL).lines
    ]
    # 90 intervals of 95 %: fewer than 80 of them has a probability of about 0.5 % (binomial), were they sure
    assert len(inside) == 90 and sum(inside) >= 80


def test_who_is_left_out_is_counted_and_exits_only_where_they_have_no_logarithm():
    frame = firms(
        *[("neither", 10 + at, 11.0 + at, False) for at in range(20)],
        *[("start", 10 + at, 13.0 + at, False) for at in range(20)],
        ("start", 5, None, True), ("start", 5, None, False), ("start", 0, 3, False), ("start", 5, 0, False),
        ("both", None, 4, False),
    )  # fmt: skip
    frame.loc[0, "status"] = None
    logged, mid = growth(frame, SPEC, LOG), growth(frame, SPEC, MIDPOINT)
    assert {each.reason: each.rows for each in logged.left_out} == {
        "start is unknown at the start": 1,
        "gone at the end: no logarithm": 1,
        "start is unknown at the end": 1,
        "start is zero or negative": 1,
        "start is zero at the end: no logarithm": 1,
        "status is unknown": 1,
    }
    assert "gone at the end: no logarithm" not in {each.reason for each in mid.left_out}
    assert mid.fit.observations == logged.fit.observations + 2  # the exit and the firm that shrank to nought


def test_a_ratio_is_the_growth_of_the_ratio_and_an_exit_has_none():
    frame = window_firms(300)
    rng = np.random.default_rng(1)
    frame["head0"], frame["head1"] = rng.uniform(5, 50, (2, 300))
    spec = GrowthSpec("start", "end", "status", "neither", 5, "head0", "head1", "gone")
    plain = frame[frame["gone"] == 0].assign(
        start=lambda f: f["start"] / f["head0"], end=lambda f: f["end"] / f["head1"]
    )
    assert [line.points for line in growth(frame, spec).lines] == pytest.approx(
        [line.points for line in growth(plain, SPEC).lines]
    )
    assert growth(frame, spec, MIDPOINT).fit.observations == len(plain)


def test_a_firm_that_stands_twice_is_refused():
    frame = window_firms(20)
    frame.loc[0, "firm"] = frame.loc[1, "firm"]
    with pytest.raises(DataError, match="repeat"):
        growth(frame, SPEC)


# -- three readings ------------------------------------------------------------------------------------

HAND = firms(
    ("start", 100, 200, False), ("start", 10, 10, False), ("start", 10, 5, False), ("start", 40, None, True),
    ("neither", 10, 20, False), ("neither", 10, None, False),
)  # fmt: skip


def yearly(factor: float, years: float = 5) -> float:
    return 100 * (factor ** (1 / years) - 1)


def test_the_readings_by_hand():
    found = read(HAND)
    value = {key[1:]: line.value for key, line in found.items()}
    assert value["start", RATIO, False] == pytest.approx(yearly(215 / 120))
    assert value["start", RATIO, True] == pytest.approx(yearly(215 / 160))
    # mid-point rates: 2/3, 0, -2/3 and, gone, -2
    assert value["start", MEAN, False] == pytest.approx(0)
    assert value["start", MEDIAN, False] == pytest.approx(0)
    assert value["start", MEAN, True] == pytest.approx(yearly((2 - 0.5) / (2 + 0.5)))
    assert value["start", MEDIAN, True] == pytest.approx(yearly((2 - 1 / 3) / (2 + 1 / 3)))
    assert value["neither", RATIO, True] == pytest.approx(yearly(2))
    assert found["", "start", RATIO, True].firms == 4 and found["", "start", RATIO, False].firms == 3
    assert found["", "start", RATIO, True].largest == pytest.approx(200 / 215)


def test_a_group_of_which_all_are_gone_shrinks_to_nothing():
    found = read(firms(*[("start", 10, None, True)] * 5))
    assert {line.value for line in found.values()} == {-100.0}


def test_the_end_of_a_firm_is_unknown_unless_it_is_known_to_be_gone():
    left_out = readings(HAND, SPEC, draw=NO_DRAWS).left_out
    assert [(each.reason, each.rows) for each in left_out] == [("the end is unknown", 1)]
    assert all(
        not line.exits for line in readings(HAND, GrowthSpec("start", "end", "status", "neither", 5)).lines
    )


def test_productivity_is_a_ratio_of_sums_and_ends_with_the_firm():
    frame = HAND.assign(h0=[10.0, 1, 1, 4, 1, 1], h1=[10.0, 2, 1, None, 1, None])
    spec = GrowthSpec("start", "end", "status", "neither", 5, "h0", "h1", "gone")
    found = read(frame, spec)
    assert found["", "start", RATIO, False].value == pytest.approx(yearly((215 / 13) / (120 / 12)))
    assert found["", "start", RATIO, True].value == pytest.approx(yearly((215 / 13) / (160 / 16)))
    assert found["", "start", MEAN, True].firms == 3  # the fourth has no productivity at the end
    assert found["", "start", MEAN, True].value == found["", "start", MEAN, False].value


def test_negative_sums_have_no_growth_and_negative_firms_no_rate():
    frame = firms(
        ("start", -5, 10, False), ("start", 3, -1, False), ("both", 10, 20, False), ("both", 10, -5, False)
    )
    found = read(frame)
    assert found["", "start", RATIO, False].value is None
    assert found["", "start", MEAN, False].value is None
    assert found["", "both", RATIO, False].value == pytest.approx(yearly(15 / 20))
    assert found["", "both", MEAN, False].value == pytest.approx(yearly(2))
    assert found["", "both", MEAN, False].firms == 1


def test_groups_are_cells_of_their_own():
    frame = window_firms(300)
    found = read(frame, by=("industry",))
    inside = frame[(frame["industry"] == 3) & (frame["status"] == "start") & (frame["gone"] == 0)]
    line = found["3", "start", RATIO, False]
    assert line.value == pytest.approx(yearly(inside["end"].sum() / inside["start"].sum()))
    assert line.by == "industry" and line.firms == len(inside)


# -- how sure, and who makes it ------------------------------------------------------------------------


def test_the_bootstrap_is_that_of_a_slow_one():
    frame = window_firms(80).query("status == 'neither' and gone == 0").sort_values("firm")
    line = read(frame, draw=Bootstrap(4000))["", "neither", MEDIAN, False]
    ratio = read(frame, draw=Bootstrap(4000))["", "neither", RATIO, False]
    rng = np.random.default_rng(99)
    start, end = frame["start"].to_numpy(), frame["end"].to_numpy()
    slow = []
    for _ in range(4000):
        at = rng.integers(0, len(start), len(start))
        rate = np.median(2 * (end[at] - start[at]) / (end[at] + start[at]))
        slow.append((yearly(end[at].sum() / start[at].sum()), yearly((2 + rate) / (2 - rate))))
    sums, medians = np.array(slow).T
    # ends of an interval from 4,000 draws have an error of their own: about a twentieth of the width
    for one, values in ((ratio, sums), (line, medians)):
        low, high = np.quantile(values, [0.025, 0.975])
        assert one.low == pytest.approx(low, abs=(high - low) / 15)
        assert one.high == pytest.approx(high, abs=(high - low) / 15)


def test_intervals_do_not_depend_on_the_order_of_rows_or_on_the_other_groups():
    frame = window_firms(200)
    expected = readings(frame, SPEC, by=("industry",))
    assert readings(frame.sample(frac=1, random_state=9), SPEC, by=("industry",)) == expected
    alone = readings(frame[frame["status"] == "start"], SPEC)
    assert alone.lines == tuple(
        line for line in expected.lines if line.status == "start" and line.by == ""
    )  # fmt: skip
    again = readings(frame, SPEC, draw=Bootstrap(seed=2)).lines[0]
    assert (again.low, again.high) != (expected.lines[0].low, expected.lines[0].high)


def test_blocks_of_the_bootstrap_are_one_bootstrap(monkeypatch):
    import firmtrade.estimate.growth_readings as module

    frame = window_firms(100)
    expected = readings(frame, SPEC)
    monkeypatch.setattr(module, "BLOCK", 1000)
    assert readings(frame, SPEC) == expected


def test_intervals_cover_the_growth_of_the_population():
    inside = []
    for seed in range(40):
        found = read(window_firms(300, seed=seed, exits=0.0), draw=Bootstrap(300))
        line = found["", "neither", MEDIAN, False]
        # the median firm has the mean size, so that its log grows by 0.01 a year
        inside.append(line.low < yearly(math.exp(0.05)) < line.high)
    assert sum(inside) >= 34  # of 40 at 95 %: fewer has a probability of about 0.3 %


def test_one_firm_that_makes_the_cell_is_flagged_but_not_named():
    frame = firms(*[("start", 10, 9, False)] * 30, ("start", 50, 500, False), *[("both", 10, 11, False)] * 30)
    found = read(frame)
    start, both = found["", "start", RATIO, False].fragile, found["", "both", RATIO, False].fragile
    assert start.flagged and start.flips
    assert start.move == pytest.approx(yearly(770 / 350) - yearly(270 / 300))
    assert not both.flagged and not both.flips and both.move == pytest.approx(0, abs=1e-9)
    assert found["", "start", MEDIAN, False].fragile is None
    assert read(frame, share=100.0)["", "start", RATIO, False].fragile.flagged  # it changes the sign


def test_a_group_of_one_firm_has_no_flag_and_its_evidence_says_one():
    line = read(firms(("start", 10, 20, False)))["", "start", RATIO, False]
    assert line.fragile is None and line.firms == 1 and line.largest == 1.0
