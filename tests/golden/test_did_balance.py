"""Entropy balancing: LaLonde's trainees, and weights that are the unique solution of their problem."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from firmtrade.estimate.learning.balance import entropy_balance
from firmtrade.estimate.learning.pair import compare

LALONDE = find_spec("causaldata")


@pytest.mark.skipif(LALONDE is None, reason="pip install causaldata==0.1.5: a source package, so not locked")
def test_lalonde() -> None:
    """The trainees of the experiment against the population survey: a gain of 1,456 dollars; 1,794 were
    measured.

    Balanced on 12 covariates. Hainmueller's method on the data of Dehejia and Wahba (1999), as packaged by
    causaldata 0.1.5 (MIT); without weights the difference is -8,498.
    """
    assert LALONDE is not None and LALONDE.origin is not None
    folder = Path(LALONDE.origin).parent
    trainees, survey = (
        pd.read_stata(folder / name / f"{name}.dta") for name in ("nsw_mixtape", "cps_mixtape")
    )
    trainees = trainees[trainees["treat"] == 1]
    found = entropy_balance(covariates(trainees), covariates(survey))
    gain = trainees["re78"].mean() - found.weights @ survey["re78"].to_numpy()
    assert gain == pytest.approx(1456.434, abs=5e-4)
    assert found.effective == pytest.approx(259.9, abs=0.05)
    np.testing.assert_allclose(
        found.weights @ covariates(survey), covariates(trainees).mean(axis=0), atol=1e-8
    )
    assert trainees["re78"].mean() - survey["re78"].mean() == pytest.approx(-8497.516, abs=5e-4)


def covariates(frame: pd.DataFrame) -> np.ndarray:
    """Age and schooling with squares, marks of race, marriage and degree, earnings and whether there were
    any."""
    age, schooling, earned, earned_later = (frame[name] for name in ("age", "educ", "re74", "re75"))
    marks = [frame[name] for name in ("black", "hisp", "marr", "nodegree")]
    columns = [
        age,
        age**2,
        schooling,
        schooling**2,
        *marks,
        earned,
        earned_later,
        earned == 0,
        earned_later == 0,
    ]
    return np.column_stack(columns).astype(float)


@pytest.fixture
def drawn() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    return random.normal(0.4, 1.0, (80, 3)), random.normal(0.0, 1.2, (500, 3))


def test_means_are_balanced_and_weights_are_exponential(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    """Both together make the solution unique: log weights are linear in the covariates, and means are
    equal."""
    treated, controls = drawn
    found = entropy_balance(treated, controls)
    np.testing.assert_allclose(found.weights @ controls, treated.mean(axis=0), atol=1e-9)
    assert found.weights.sum() == pytest.approx(1, abs=1e-12)
    x = np.column_stack([np.ones(len(controls)), controls])
    fit = np.linalg.lstsq(x, np.log(found.weights), rcond=None)
    np.testing.assert_allclose(x @ fit[0], np.log(found.weights), atol=1e-9)
    assert 1 < found.effective < len(controls)
    assert found.furthest < 1e-9 < found.before


def test_a_column_that_repeats_another_changes_nothing(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    treated, controls = drawn
    twice = [np.column_stack([each, each[:, 0] + 2 * each[:, 1], np.ones(len(each))]) for each in drawn]
    np.testing.assert_allclose(
        entropy_balance(*twice).weights, entropy_balance(treated, controls).weights, atol=1e-10
    )


def test_no_overlap_is_an_answer(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    treated, controls = drawn
    assert "no overlap" in entropy_balance(treated + 20, controls).reason
    assert "varies among the treated only" in entropy_balance(treated[:, :1], np.ones((50, 1))).reason
    assert entropy_balance(treated[:0], controls).reason == "no treated firm"
    assert entropy_balance(treated, controls[:0]).reason == "no control"


def test_two_by_two_with_balanced_controls(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    """The effect is recovered where changes depend on covariates, and its error is that of repeated draws."""
    random = np.random.default_rng(1)
    errors, estimates = [], []
    for _draw in range(60):
        x = random.normal(0, 1, (600, 2))
        treated = random.random(600) < 1 / (1 + np.exp(1.5 - 0.7 * x[:, 0]))
        change = 0.3 * treated + x @ [0.5, -0.2] + random.normal(0, 0.4, 600)
        found = compare(change, treated, x, "balance")
        estimates.append(found.att)
        errors.append(np.sqrt((found.influence**2).mean() / 600))
    assert np.mean(estimates) == pytest.approx(0.3, abs=3 * np.std(estimates) / np.sqrt(60))
    assert np.mean(errors) == pytest.approx(np.std(estimates), rel=0.3)  # 60 draws: 9 % of sampling error
