"""Production functions against R on the same rows (productivity/make_golden.R says how they were made).

Ackerberg, Caves and Frazer: the functions of CRAN's prodest 1.0.2. Wooldridge: his equations written out with
R's matrices; prodest's own version leaves capital out of the proxy's polynomial, which he does not.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

pandas = pytest.importorskip("pandas", reason="the extra econ is not installed")
pytest.importorskip("scipy", reason="the extra econ is not installed")

from firmtrade.errors import StudyError, Unanswerable  # noqa: E402
from firmtrade.estimate.productivity.acf import acf  # noqa: E402
from firmtrade.estimate.productivity.panel import Inputs, missing  # noqa: E402
from firmtrade.estimate.productivity.wooldridge import wooldridge  # noqa: E402

FOLDER = Path(__file__).with_name("productivity")
INPUTS = Inputs("id", "year", "y", ("l",), ("k",), "m")
PLAIN = Inputs("id", "year", "y", ("l",), ("k",), "m", year_effects=False)


@pytest.fixture(scope="module")
def panel() -> Any:
    return pandas.read_csv(FOLDER / "panel.csv")


@pytest.fixture(scope="module")
def golden() -> dict[tuple[str, str], float]:
    with (FOLDER / "golden.csv").open(encoding="utf-8", newline="") as file:
        return {(row["what"], row["name"]): float(row["value"]) for row in csv.DictReader(file)}


def test_ackerberg_caves_frazer_is_prodest_s(panel: Any, golden: Any) -> None:
    found = acf(panel, PLAIN, degree=2, replications=0)
    for name in ("l", "k"):
        value = found.elasticity(name).value
        assert value == pytest.approx(golden["acf", name], abs=1e-8)
        # prodest stops searching when its criterion falls by less than 1e-8 of itself.
        assert value == pytest.approx(golden["acf-prodest", name], abs=1e-4)
    assert found.roots[1] == pytest.approx([golden["acf-other", "l"], golden["acf-other", "k"]], abs=1e-6)
    assert "2 solutions" in found.notes[0]


@pytest.mark.parametrize("equations", ["second", "both"])
def test_wooldridge_is_the_textbook_s(panel: Any, golden: Any, equations: str) -> None:
    found = wooldridge(panel, INPUTS, degree=2, equations=equations)
    for name in ("l", "k"):
        one = found.elasticity(name)
        assert one.value == pytest.approx(golden[equations, name], abs=1e-8)
        assert one.error == pytest.approx(golden[f"{equations}-error", name], rel=1e-7)
        assert (one.firms, one.largest) == (found.firms, None) and one.low < one.value < one.high
    if equations == "both":
        assert found.test.statistic == pytest.approx(golden["both-hansen", "j"], rel=1e-6)
        assert found.test.degrees == 1
    else:
        assert found.test is None


def test_lags_do_not_reach_over_a_gap(panel: Any) -> None:
    found = wooldridge(panel, INPUTS, degree=2)
    years = panel.groupby("id")["year"].agg(list)
    assert found.observations == sum(year - 1 in own for own in years for year in own)


def test_an_unknown_value_is_counted_and_ends_a_lag(panel: Any) -> None:
    holed = panel.copy()
    holed.loc[holed.index[5], "m"] = None
    found = wooldridge(holed, INPUTS, degree=2)
    assert found.unknown == 1 and wooldridge(panel, INPUTS, degree=2).unknown == 0
    assert found.productivity.isna().sum() == 1
    value = panel["y"] - sum(panel[one.name] * one.value for one in found.elasticities)
    assert found.productivity.dropna().to_numpy() == pytest.approx(value.drop(holed.index[5]).to_numpy())


def test_neither_the_order_of_rows_nor_the_run_matters(panel: Any) -> None:
    inputs = Inputs("id", "year", "y", ("l",), ("k",), "m", "exports")
    again = panel.sample(frac=1, random_state=5)
    for method in (acf, wooldridge):
        one, two = (method(rows, inputs, degree=2, replications=3) for rows in (panel, again))
        assert one == two
    assert (
        one.elasticity("exporting").error
        != wooldridge(panel, inputs, degree=2, replications=3, seed=1).elasticity("exporting").error
    )


def test_what_the_panel_lacks_is_said(panel: Any) -> None:
    assert missing(panel, INPUTS) is None
    for method in (acf, wooldridge):
        with pytest.raises(Unanswerable, match=r"needs 'k', 'm', which the panel does not have\. Capital"):
            method(panel.drop(columns=["k", "m"]), INPUTS)
        with pytest.raises(Unanswerable, match="two years in a row"):
            method(panel[panel["year"] == 2002], INPUTS)
        with pytest.raises(Unanswerable, match="too few firm-years"):
            method(panel[panel["id"] < 4], INPUTS)
    with pytest.raises(StudyError, match="equations must be one of both, second"):
        wooldridge(panel, INPUTS, equations="first")
