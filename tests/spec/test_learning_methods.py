"""The parts of the study of learning, on panels so small or so regular that the answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from firmtrade.errors import DataError
from firmtrade.estimate.learning.cell import level, made
from firmtrade.estimate.learning.cohorts import cohorts, select
from firmtrade.estimate.learning.detectable import detectable
from firmtrade.estimate.learning.did import group_time_effects
from firmtrade.estimate.learning.events import aggregate, event_path
from firmtrade.estimate.learning.fading import lasting, responses
from firmtrade.estimate.learning.honest import Path, relative_magnitudes, smoothness
from firmtrade.estimate.learning.levels import level_gaps
from firmtrade.estimate.learning.pair import compare
from firmtrade.estimate.learning.shapes import Design
from firmtrade.estimate.learning.staying import stay_weights
from firmtrade.estimate.learning.trends import slope
from firmtrade.estimate.learning.wide import Wide, widen
from support_planted import panel, truth


def firms(*rows: tuple[str, float, list[float | None]]) -> Wide:
    """(firm, first year or nought, outcome from 2001 on; None: no record)."""
    lines = [
        (name, 2001 + at, value, start)
        for name, start, values in rows
        for at, value in enumerate(values)
        if value is not None
    ]
    return widen(pd.DataFrame(lines, columns=["firm", "year", "y", "start"]), "firm", "year", "y", "start")


# Group-time effects


def test_firms_enter_a_comparison_with_both_of_its_years() -> None:
    wide = firms(
        ("a", 2003, [1, 1, 4]),
        ("b", 2003, [1, 2, None]),  # gone in 2003: not in ATT(2003, 2003), but in the year before
        ("c", 0, [0, 1, 2]),
        ("d", 0, [None, 3, 3]),
    )
    found = {cell.time: cell for cell in group_time_effects(wide).cells}
    assert (found[2003].att, found[2003].treated, found[2003].controls) == (3 - 0.5, 1, 2)
    assert (found[2002].att, found[2002].treated, found[2002].controls) == (0.5 - 1, 2, 1)
    balanced = group_time_effects(wide, Design(panel="balanced"))
    assert balanced.gaps == 2 and {cell.time: cell.att for cell in balanced.cells} == {2002: -1, 2003: 2}


def test_firms_that_start_later_are_controls_until_then() -> None:
    wide = firms(("a", 2002, [0, 5, 5]), ("b", 2003, [0, 1, 9]), ("c", 0, [0, 3, 3]))
    either = {(c.group, c.time): c for c in group_time_effects(wide).cells}
    never = {(c.group, c.time): c for c in group_time_effects(wide, Design("never")).cells}
    assert (either[2002, 2002].att, never[2002, 2002].att) == (5 - 2, 5 - 3)
    assert either[2002, 2003].att == never[2002, 2003].att == 5 - 3


def test_without_firms_that_never_start_the_last_group_is_no_treated_group() -> None:
    wide = firms(("a", 2002, [0, 5, 5]), ("b", 2003, [0, 1, 9]))
    found = group_time_effects(wide).cells
    assert [(c.group, c.time, c.att) for c in found if not c.reason] == [(2002, 2002, 5 - 1)]
    assert [c.reason for c in found if c.reason] == ["no control"]
    with pytest.raises(DataError, match="not-yet"):
        group_time_effects(wide, Design("never"))


def test_firms_that_start_in_the_first_year_are_left_out_and_counted() -> None:
    wide = firms(("a", 2001, [9, 9, 9]), ("b", 2002, [0, 1, 1]), ("c", 0, [0, 0, 0]))
    found = group_time_effects(wide)
    assert found.early == 1 and found.firms == 2 and set(found.sizes) == {2002}


def test_no_starter_is_an_error_that_says_so() -> None:
    with pytest.raises(DataError, match="No firm starts"):
        group_time_effects(firms(("a", 0, [1, 2, 3])))


def test_a_firm_with_two_starts_is_refused() -> None:
    frame = pd.DataFrame({"firm": ["a", "a"], "year": [2001, 2002], "y": [1.0, 2.0], "start": [0.0, 2002.0]})
    with pytest.raises(DataError, match="more than one first year"):
        widen(frame, "firm", "year", "y", "start")


def test_evidence_counts_owners() -> None:
    lines = [(f"f{i}", y, i + y, 2002.0 if i < 2 else 0.0, i // 2) for i in range(4) for y in (2001, 2002)]
    frame = pd.DataFrame(lines, columns=["firm", "year", "y", "start", "owner"])
    (cell,) = group_time_effects(widen(frame, "firm", "year", "y", "start", owner="owner")).cells
    assert (cell.treated, cell.controls, cell.firms) == (1, 1, 2)


def test_categories_that_one_side_lacks_are_left_out() -> None:
    treated = np.array([1, 1, 0, 0, 0, 0], dtype=bool)
    change = np.array([5.0, 50.0, 1.0, 3.0, 70.0, 2.0])
    industry = pd.get_dummies(pd.Series(list("abaaca"))).to_numpy(dtype=float)
    for method in ("reg", "ipw", "dr"):
        found = compare(change, treated, industry, method)  # type: ignore[arg-type]
        assert found.kept.tolist() == [True, False, True, True, False, True]
        assert found.att == pytest.approx(5 - 2)


def test_covariates_that_tell_both_sides_apart_give_no_effect() -> None:
    treated = np.arange(40) < 15
    found = compare(np.ones(40), treated, np.arange(40.0)[:, None], "dr")
    assert np.isnan(found.att) and "separate" in found.reason


@pytest.mark.parametrize("method", ["dr", "ipw", "reg", "balance"])
def test_errors_are_those_of_repeated_draws(method: str) -> None:
    random = np.random.default_rng(8)
    estimates, errors = [], []
    for _draw in range(150):
        x = random.normal(0, 1, (300, 1))
        treated = random.random(300) < 1 / (1 + np.exp(1 - 0.8 * x[:, 0]))
        change = treated + x[:, 0] + random.normal(0, 0.5 + 0.5 * treated)
        found = compare(change, treated, x, method)  # type: ignore[arg-type]
        estimates.append(found.att)
        errors.append(np.sqrt((found.influence**2).mean() / 300))
    assert np.mean(estimates) == pytest.approx(1, abs=3 * np.std(estimates) / np.sqrt(150))
    assert np.mean(errors) == pytest.approx(np.std(estimates), rel=0.2)  # 150 draws: 6 % of sampling error


@pytest.fixture(scope="module")
def drawn() -> Wide:
    frame = panel(truth("both", firms=800, years=8, seed=1))
    rows = select(frame, "firm", "year", cohorts(frame, "firm", "year", "export"))
    return widen(rows, "firm", "year", "lp", "start")


def test_the_average_is_the_event_study_weighted_by_starters(drawn: Wide) -> None:
    effects = group_time_effects(drawn, Design(base="universal"))
    path = event_path(effects)
    assert path is not None
    average = aggregate(effects, "simple", latest=5).overall
    assert path.weights @ path.estimates[path.before :] == pytest.approx(average.att, abs=1e-12)
    assert path.times[: path.before] == tuple(range(-path.before - 1, -1))


def test_rows_in_another_order_give_the_same_digits(drawn: Wide) -> None:
    frame = panel(truth("both", firms=800, years=8, seed=1)).sample(frac=1, random_state=9)
    rows = select(frame, "firm", "year", cohorts(frame, "firm", "year", "export"))
    other = widen(rows, "firm", "year", "lp", "start")
    assert group_time_effects(drawn).cells == group_time_effects(other).cells


# Levels before the start


def test_levels_are_compared_among_firms_that_live_to_the_start() -> None:
    wide = firms(
        ("a", 2003, [4, 5, 6]),
        ("b", 0, [1, 2, 3]),
        ("c", 0, [1, 0, None]),  # gone in 2003
    )
    assert made(wide, level(wide, 2003, 2002), Design(method="reg")).effect.att == 3
    gaps = aggregate(level_gaps(wide), "dynamic")
    assert [(part.key, part.att) for part in gaps.parts] == [(-2, 3), (-1, 3)]


# Trends, fading, staying


def path(estimates: list[float], before: int, error: float = 0.01) -> Path:
    after = len(estimates) - before
    times = (*range(-before - 1, -1), *range(after))
    size = len(estimates)
    covariance = error**2 * (np.eye(size) + 0.5)  # all share the noise of the base year
    return Path(times, np.array(estimates), covariance, np.full(after, 1 / after), 100)


def test_a_linear_trend_is_all_of_the_effect() -> None:
    found = slope(path([-0.06, -0.04, -0.02, 0.02, 0.04], 3))
    assert found is not None
    assert found.slope == pytest.approx(0.02)
    assert found.expected == pytest.approx(0.03)
    assert found.beyond == pytest.approx(0, abs=1e-12)


def test_a_jump_is_none_of_the_trend() -> None:
    found = slope(path([0, 0, 0, 0.1, 0.1], 3))
    assert found is not None
    assert (found.slope, found.beyond) == (pytest.approx(0), pytest.approx(0.1))
    assert slope(path([0.1, 0.1], 0)) is None


def test_beyond_the_trend_is_the_sensitivity_interval_at_nought() -> None:
    event = path([0.01, -0.02, 0.005, 0.06, 0.09], 3)
    found, interval = slope(event), smoothness(event, (0.0,)).bounds[0]
    assert found is not None
    assert (interval.low + interval.high) / 2 == pytest.approx(found.beyond)
    assert (interval.high - interval.low) / 2 == pytest.approx(1.959964 * found.std_error_beyond, rel=1e-6)


def test_sensitivity_widens_and_breaks_down_where_it_says() -> None:
    event = path([0.01, -0.01, 0.0, 0.09, 0.11], 3)
    for method in (smoothness, relative_magnitudes):
        found = method(event, (0.0, 0.01, 0.5, 1.0))
        assert all(
            a.low >= b.low and a.high <= b.high for a, b in zip(found.bounds, found.bounds[1:], strict=False)
        )
        inside, outside = method(event, (found.breakdown * 0.99, found.breakdown * 1.01)).bounds
        assert inside.low > 0 > outside.low


def test_one_year_before_and_one_after_is_enough() -> None:
    event = path([0.01, 0.2], 1)
    assert relative_magnitudes(event, (1.0,)).bounds[0].low > 0
    assert smoothness(event, (0.01,)).bounds[0].low > 0


def test_shocks_fade_as_they_were_made_to() -> None:
    random = np.random.default_rng(2)
    shocks = np.zeros((4000, 12))
    for year in range(1, 12):
        shocks[:, year] = 0.7 * shocks[:, year - 1] + random.normal(0, 1, 4000)
    wide = Wide(
        np.arange(4000),
        np.arange(12),
        shocks,
        np.full(4000, np.inf),
        np.empty((0, 4000, 12)),
        (),
        np.arange(4000),
    )
    np.testing.assert_allclose(responses(wide, 4), 0.7 ** np.arange(5), atol=0.03)  # 3 standard errors
    fading_away = path([0, 0, *(0.2 * 0.7 ** np.arange(5))], 2)
    part, error = lasting(wide, fading_away)
    assert abs(part) < 2 * error
    part, error = lasting(wide, path([0, 0, *[0.2] * 5], 2))
    assert part == pytest.approx(0.2, abs=0.01) and part > 2 * error


def test_firms_that_stay_stand_for_those_like_them_that_started() -> None:
    """Where last year's outcome decides, the weighted mean of those that stay is the mean of all."""
    random = np.random.default_rng(4)
    n = 20000
    outcome = random.normal(0, 1, (n, 3))
    starts = random.random(n) < 1 / (1 + np.exp(1 - outcome[:, 1]))
    wide = Wide(
        np.arange(n),
        np.arange(3),
        outcome,
        np.where(starts, 2.0, np.inf),
        np.empty((0, n, 3)),
        (),
        np.arange(n),
    )
    stay = np.isinf(wide.start)
    weights = stay_weights(wide)[stay, 2]
    assert outcome[stay, 1].mean() < -0.2
    assert np.average(outcome[stay, 1], weights=weights) == pytest.approx(0, abs=0.03)  # 3 standard errors
    assert weights.sum() == pytest.approx(n, rel=0.02)


def test_the_smallest_detectable_effect_is_2_8_standard_errors() -> None:
    assert detectable(1.0) == pytest.approx(2.801585, abs=1e-6)
    assert detectable(0.5, power=0.9, alpha=0.01) == pytest.approx(0.5 * (2.575829 + 1.281552), abs=1e-6)
