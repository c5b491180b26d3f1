"""Group-time effects, aggregations, pre-tests and two-way effects: the numbers of R did 2.5.0 on mpdta.

The reference files are made by the script generate_reference.R of the project csdid (MIT); the simulated set
of theirs is not among the data, so that its rows are not compared. Where the shared data are absent, the last
test compares with diff-diff, another implementation, on a panel that is drawn here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from firmtrade.estimate.learning.bands import uniform_bands
from firmtrade.estimate.learning.cohorts import cohorts, select
from firmtrade.estimate.learning.did import group_time_effects
from firmtrade.estimate.learning.events import aggregate
from firmtrade.estimate.learning.shapes import Design, GroupTimes
from firmtrade.estimate.learning.trends import pretest
from firmtrade.estimate.learning.twfe import two_way, two_way_events
from firmtrade.estimate.learning.wide import Wide, widen
from support_planted import panel, truth

SETTINGS = {
    "mpdta_nev_dr": ("never", "dr", ()),
    "mpdta_nyt_dr": ("not-yet", "dr", ()),
    "mpdta_nev_reg_cov": ("never", "reg", ("lpop",)),
    "mpdta_nev_ipw": ("never", "ipw", ()),
}
KINDS = ("simple", "group", "dynamic", "calendar")


@pytest.fixture(scope="module")
def golden(shared: Path) -> Path:
    return shared / "data" / "did-golden"


def mpdta(golden: Path, covariates: tuple[str, ...] = ()) -> Wide:
    frame = pd.read_csv(golden / "mpdta.csv")
    return widen(frame, "countyreal", "year", "lemp", "first.treat", covariates)


def effects(golden: Path, setting: str) -> GroupTimes:
    controls, method, covariates = SETTINGS[setting]
    return group_time_effects(mpdta(golden, covariates), Design(controls, method))  # type: ignore[arg-type]


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_group_time_effect(golden: Path, setting: str) -> None:
    expected = pd.read_csv(golden / "ref_attgt.csv")
    expected = expected[expected["scenario"] == setting].set_index(["group", "t"])
    found = {(cell.group, cell.time): cell for cell in effects(golden, setting).cells}
    assert set(found) == set(expected.index)
    for key, row in expected.iterrows():
        assert found[key].att == pytest.approx(row["att"], abs=1e-9)
        assert found[key].std_error == pytest.approx(row["se"], abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("setting", SETTINGS)
def test_every_aggregation(golden: Path, setting: str, kind: str) -> None:
    expected = pd.read_csv(golden / "ref_aggte.csv")
    expected = expected[(expected["scenario"] == setting) & (expected["type"] == kind)]
    found = aggregate(effects(golden, setting), kind)  # type: ignore[arg-type]
    first = expected.iloc[0]
    assert found.overall.att == pytest.approx(first["overall_att"], abs=1e-9)
    assert found.overall.std_error == pytest.approx(first["overall_se"], abs=1e-9)
    wanted = expected.dropna(subset=["egt"])
    assert [part.key for part in found.parts] == wanted["egt"].astype(int).tolist()
    np.testing.assert_allclose([part.att for part in found.parts], wanted["att_egt"], atol=1e-9)
    np.testing.assert_allclose([part.std_error for part in found.parts], wanted["se_egt"], atol=1e-9)


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_pretest(golden: Path, setting: str) -> None:
    expected = pd.read_csv(golden / "ref_pretest.csv").set_index("scenario").loc[setting]
    found = pretest(effects(golden, setting))
    assert found.degrees == 5
    assert found.statistic == pytest.approx(expected["W"], abs=1e-9)
    assert found.p == pytest.approx(expected["Wpval"], abs=1e-5)  # the reference has five digits


def test_with_a_covariate_doubly_robust_and_weighted(golden: Path) -> None:
    # csdid 0.4.3 has -0.04175177 (dr); diff-diff 3.13 has -0.0417514971 (dr) and -0.0417770822 (ipw).
    wide = mpdta(golden, ("lpop",))
    found = {
        method: aggregate(group_time_effects(wide, Design("never", method)), "simple").overall  # type: ignore[arg-type]
        for method in ("dr", "ipw")
    }
    assert found["dr"].att == pytest.approx(-0.04175177, abs=1e-8)
    assert found["dr"].std_error == pytest.approx(0.0115029, abs=1e-6)
    assert found["ipw"].att == pytest.approx(-0.0417770822, abs=1e-9)
    assert found["ipw"].std_error == pytest.approx(0.0114997194, abs=1e-9)


def test_evidence_says_how_many_firms_are_compared(golden: Path) -> None:
    found = effects(golden, "mpdta_nev_dr")
    assert {(cell.treated, cell.controls, cell.firms) for cell in found.cells if cell.group == 2004} == {
        (20, 309, 329)
    }
    whole = aggregate(found, "simple").overall
    assert (whole.treated, whole.firms) == (191, 500)


def test_the_number_not_to_trust(golden: Path) -> None:
    wide = mpdta(golden)
    found = two_way(wide)
    assert found.estimate == pytest.approx(-0.0365489, abs=1e-7)  # pyfixest 0.60: -0.036549 (0.013255)
    # Our error counts the year effects, pyfixest's does not: k is 6 here and 2 there, of 2,500 rows.
    same = found.std_error * np.sqrt((2500 - 6) / (2500 - 2))
    assert same == pytest.approx(0.013255, abs=5e-7)
    events = {each.key: each.estimate for each in two_way_events(wide)}
    assert events[0] == pytest.approx(-0.01814393, abs=1e-8)
    assert events[3] == pytest.approx(-0.09224679, abs=1e-8)


def test_bands_are_wider_than_intervals_and_the_same_every_time(golden: Path) -> None:
    found = aggregate(effects(golden, "mpdta_nev_dr"), "dynamic")
    bands = uniform_bands(found, seed=1)
    assert bands == uniform_bands(found, seed=1)
    # csdid's bootstrap has critical values of about 2.6 to 2.7 here; seven normal parts independent: 2.69.
    assert 2.4 < bands.critical < 2.9
    # Twenty firms start in 2004: the quartiles of their random signs are not quite those of a normal law.
    np.testing.assert_allclose(bands.std_errors, [part.std_error for part in found.parts], rtol=0.2)


# Without the shared data


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    frame = panel(truth("both", firms=600, years=6, seed=3))
    return select(frame, "firm", "year", cohorts(frame, "firm", "year", "export"))


@pytest.mark.parametrize("method", ["dr", "ipw", "reg"])
@pytest.mark.parametrize("controls", ["never", "not-yet"])
def test_another_implementation_agrees(drawn: pd.DataFrame, method: str, controls: str) -> None:
    diff_diff = pytest.importorskip("diff_diff")
    peer = diff_diff.CallawaySantAnna(
        control_group={"never": "never_treated", "not-yet": "not_yet_treated"}[controls],
        estimation_method=method,
    )
    frame = drawn.assign(g=np.where(np.isinf(drawn["start"]), 0, drawn["start"]).astype(int))
    theirs = peer.fit(
        frame, outcome="lp", unit="firm", time="year", first_treat="g", covariates=["size"]
    ).group_time_effects
    wide = widen(drawn, "firm", "year", "lp", "start", ("size",))
    ours = group_time_effects(wide, Design(controls, method))  # type: ignore[arg-type]
    assert {(cell.group, cell.time) for cell in ours.cells} == set(theirs)
    # Their doubly robust estimate is 3e-8 off ours and csdid's; the others agree to 1e-12.
    close = 1e-6 if method == "dr" else 1e-10
    for cell in ours.cells:
        assert cell.att == pytest.approx(theirs[cell.group, cell.time]["effect"], abs=close)
        assert cell.std_error == pytest.approx(theirs[cell.group, cell.time]["se"], abs=close)


def test_a_group_time_effect_is_a_difference_of_mean_changes(drawn: pd.DataFrame) -> None:
    wide = widen(drawn, "firm", "year", "lp", "start")
    changes = drawn.pivot(index="firm", columns="year", values="lp")
    start = drawn.groupby("firm")["start"].first()
    for cell in group_time_effects(wide, Design("never")).cells:
        change = changes[cell.time] - changes[cell.base]
        by_hand = change[start == cell.group].mean() - change[np.isinf(start)].mean()
        assert cell.att == pytest.approx(by_hand, abs=1e-12)
