"""Sensitivity to violated parallel trends: the figures of HonestDiD on the Medicaid expansion of 2014.

Source of the figures: the README of R's HonestDiD (0.2.x), which rounds to three digits, and pyfixest with
Python's honestdid 0.1.1, which gives five; both on ehec_data of Mixtape-Sessions, Advanced-DID (MIT).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from firmtrade.estimate.learning import honest
from firmtrade.estimate.learning.did import group_time_effects
from firmtrade.estimate.learning.events import event_path
from firmtrade.estimate.learning.honest import relative_magnitudes, smoothness
from firmtrade.estimate.learning.shapes import Design
from firmtrade.estimate.learning.wide import widen

SMOOTH = {
    0.00: (0.02599, 0.06070),
    0.01: (0.01316, 0.07869),
    0.02: (0.00282, 0.09075),
    0.03: (-0.00718, 0.10075),
    0.04: (-0.01718, 0.11075),
    0.05: (-0.02718, 0.12075),
}
RELATIVE = {0.5: (0.0241, 0.0673), 1.0: (0.0171, 0.0720), 1.5: (0.00859, 0.0796), 2.0: (-0.00107, 0.0883)}


@pytest.fixture(scope="module")
def medicaid(shared: Path) -> honest.Path:
    """The event study of the 2014 expansion against states that had not expanded by 2015; effect of the first
    year."""
    frame = pd.read_stata(shared / "data" / "did-golden" / "ehec.dta", convert_categoricals=False)
    frame["year"] = frame["year"].astype(int)
    frame = frame[(frame["year"] < 2016) & (frame["yexp2"] != 2015)]
    frame = frame.assign(start=np.where(frame["yexp2"] == 2014, 2014, 0))
    wide = widen(frame, "stfips", "year", "dins", "start")
    path = event_path(group_time_effects(wide, Design("never", base="universal")), earliest=-6)
    assert path is not None
    # With one cohort these are the two-way coefficients, whose errors have the small-sample factor of fixest:
    # 43 states, 344 rows, 15 coefficients without the state effects.
    factor = 43 / 42 * 343 / (344 - 15)
    return replace(path, covariance=path.covariance * factor, weights=np.array([1.0, 0.0]))


def test_the_event_study(medicaid: honest.Path) -> None:
    assert medicaid.times == (-6, -5, -4, -3, -2, 0, 1)
    np.testing.assert_allclose(medicaid.estimates[-2:], [0.046447, 0.069206], atol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(medicaid.covariance))[-2:], [0.009152, 0.010350], atol=1e-6)


def test_smoothness(medicaid: honest.Path) -> None:
    found = smoothness(medicaid, tuple(SMOOTH))
    # 3e-5: honestdid finds its optimum on a grid; R's figures agree within their three digits (2e-4).
    np.testing.assert_allclose([(b.low, b.high) for b in found.bounds], list(SMOOTH.values()), atol=3e-5)
    assert 0.02 < found.breakdown < 0.03


def test_relative_magnitudes(medicaid: honest.Path) -> None:
    found = relative_magnitudes(medicaid, tuple(RELATIVE))
    # 1e-3: R's ends lie on a grid whose steps are 0.04 standard errors (4e-4), and its first-stage critical
    # value is the 99.5 % quantile of 1,000 draws, which moves them by as much again.
    np.testing.assert_allclose([(b.low, b.high) for b in found.bounds], list(RELATIVE.values()), atol=1e-3)
    assert found.breakdown == pytest.approx(2, abs=0.1)


def test_no_shorter_interval_is_found_by_another_search(medicaid: honest.Path) -> None:
    """The optimum of a convex function: random steps from it never shorten the interval."""
    bound = smoothness(medicaid, (0.01,)).bounds[0]
    random = np.random.default_rng(0)
    half = (bound.high - bound.low) / 2
    for _try in range(200):
        weights = np.concatenate([random.normal(0, 0.3, medicaid.before), medicaid.weights])
        weights[medicaid.before - 1] = 0  # the year -2 makes the estimate unbiased under a linear trend:
        weights[medicaid.before - 1] = float(weights @ (np.array(medicaid.times) + 1))
        assert half <= _half_length(medicaid, weights, 0.01) + 1e-12


def _half_length(path: honest.Path, weights: np.ndarray, m: float) -> float:
    """Worst bias by brute force: every second difference of the trend is at M or -M."""
    since = np.array(path.times) + 1
    kinks = np.arange(since[0] + 1, since[-1])
    bends = np.column_stack(
        [np.where(kink >= 0, np.maximum(since - kink, 0), np.maximum(kink - since, 0)) for kink in kinks]
    )
    bends[:, kinks == 0] = np.maximum(-since, 0)[:, None]  # the slope after the base year is the free one
    error = np.sqrt(weights @ path.covariance @ weights)
    return float(error * honest.folded_quantile(m * np.abs(weights @ bends).sum() / error, 0.05))


@pytest.mark.parametrize("bias", [0.0, 0.3, 2.0, 7.9, 8.1, 40.0])
def test_folded_normal_quantiles(bias: float) -> None:
    stats = pytest.importorskip("scipy.stats")
    expected = np.sqrt(stats.ncx2.ppf(0.95, 1, max(bias, 1e-12) ** 2))
    assert honest.folded_quantile(bias, 0.05) == pytest.approx(expected, abs=1e-6)
