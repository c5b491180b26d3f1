"""R's survival package, and the leukemia remissions of the textbooks."""

from __future__ import annotations

import pandas as pd
import pytest

from firmtrade.estimate.survival.kaplan_meier import curves
from firmtrade.estimate.survival.logrank import logrank
from support_survival import GOLDEN, differences, expected, ours


@pytest.mark.slow
def test_figures_are_those_of_r():
    theirs = expected((GOLDEN / "expected.csv").read_text("utf-8"))
    assert len(theirs) > 600
    assert differences(ours(pd.read_csv(GOLDEN / "durations.csv")), theirs) == []


# Weeks of remission under 6-mercaptopurine and placebo, '+' where it went on: Freireich et al. (1963), The
# effect of 6-mercaptopurine on the duration of steroid-induced remissions in acute leukemia, Blood 21,
# 699-716; an example of Gehan (1965), Cox (1972) and the textbooks since.
TREATED = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


@pytest.fixture(scope="module")
def remissions():
    rows = [
        {"firm": f"{group}{at}", "group": group, "entry": 0, "exit": int(weeks.strip("+")),
         "event": int("+" not in weeks)}
        for group, line in (("treated", TREATED), ("placebo", PLACEBO))
        for at, weeks in enumerate(line.split())
    ]  # fmt: skip
    return pd.DataFrame(rows)


# As printed to six digits, hence half a unit of the sixth.
SURVIVAL = {6: 0.857143, 7: 0.806723, 10: 0.752941, 13: 0.690196, 16: 0.627451, 22: 0.537815, 23: 0.448179}


@pytest.mark.parametrize(("week", "share"), SURVIVAL.items())
def test_kaplan_meier_of_the_remissions(remissions, week, share):
    treated = {curve.group: curve for curve in curves(remissions, "group")}["treated"]
    step = treated.at(week)
    assert step.time == week
    assert step.survival == pytest.approx(share, abs=5.1e-7)


def test_greenwood_and_numbers_at_risk_of_the_remissions(remissions):
    treated = {curve.group: curve for curve in curves(remissions, "group")}["treated"]
    assert treated.at(6).error == pytest.approx(0.076360, abs=5.1e-7)
    assert [step.at_risk for step in treated.steps if step.events] == [21, 17, 15, 12, 11, 7, 6]
    assert (treated.median, treated.spells, treated.events) == (23, 21, 9)


def test_logrank_of_the_remissions(remissions):
    found = logrank(remissions, "group")
    assert found.chi2 == pytest.approx(16.7929, abs=5.1e-5)  # as printed to four digits
    assert [group.observed for group in found.groups] == [21, 9]
