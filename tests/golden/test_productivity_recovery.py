"""The estimators find what was put into a panel: small versions of benchmarks/productivity_recovery.py.

Bounds are three of the standard deviations that the study of many panels finds at this size.
"""

from __future__ import annotations

import pytest

pytest.importorskip("pandas", reason="the extra econ is not installed")
pytest.importorskip("scipy", reason="the extra econ is not installed")

from firmtrade.estimate.productivity.acf import acf
from firmtrade.estimate.productivity.panel import Inputs
from firmtrade.estimate.productivity.wooldridge import wooldridge
from reference.production import CAPITAL, LABOUR, PERSISTENCE, acf_panel

INPUTS = Inputs("id", "year", "y", ("l",), ("k",), "m")
WITH_EXPORTS = Inputs("id", "year", "y", ("l",), ("k",), "m", "exports")
SIZE = {"firms": 500, "years": 8}


@pytest.mark.parametrize("process", [1, 2, 3])
def test_timing_of_decisions_gives_the_elasticities(process: int) -> None:
    frame = acf_panel(11, process, **SIZE)
    found = acf(frame, INPUTS, replications=0)
    assert found.elasticity("l").value == pytest.approx(LABOUR, abs=0.06)
    assert found.elasticity("k").value == pytest.approx(CAPITAL, abs=0.1)
    assert frame["omega"].corr(found.productivity) > 0.9
    # Least squares starts at, and prodest would end at, the wage taken for productivity.
    assert len(found.roots) == 2 and found.roots[1][0] > 0.9


def test_both_equations_hold_where_labour_varies_apart() -> None:
    found = wooldridge(acf_panel(12, 2, **SIZE), INPUTS)
    assert found.elasticity("l").value == pytest.approx(LABOUR, abs=0.02)
    assert found.test.p > 0.01 and found.notes == ()


def test_both_equations_contradict_each_other_where_labour_is_decided_first() -> None:
    found = wooldridge(acf_panel(12, 1, **SIZE), INPUTS)
    assert found.test.p < 1e-6 and "contradict" in found.notes[0]


def test_exporting_raises_productivity_as_planted_and_not_where_it_does_not() -> None:
    effect = 0.1
    frame = acf_panel(13, 1, effect=effect, **SIZE)
    found = acf(frame, WITH_EXPORTS, replications=10)
    gain = found.elasticity("exporting")
    assert gain.value == pytest.approx(effect, abs=0.035)
    assert gain.low > 0
    assert found.elasticity("persistence").value == pytest.approx(PERSISTENCE, abs=0.08)
    idle = acf_panel(13, 1, effect=1e-9, **SIZE)  # the same firms export, and gain nothing
    assert acf(idle, WITH_EXPORTS, replications=0).elasticity("exporting").value == pytest.approx(
        0, abs=0.035
    )
