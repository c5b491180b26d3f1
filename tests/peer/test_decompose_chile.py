"""Decompositions of the Chilean plants: they add up on real data and count the exporters that are known."""

from __future__ import annotations

from typing import Any

import pytest

pandas = pytest.importorskip("pandas", reason="the extra econ is not installed")

from firmtrade.estimate.decompose.job_flows import job_flows  # noqa: E402
from firmtrade.estimate.decompose.margins import margins  # noqa: E402
from firmtrade.estimate.decompose.melitz_polanec import melitz_polanec  # noqa: E402


@pytest.fixture(scope="module")
def plants(shared: Any) -> Any:
    path = shared / "data" / "chile-enia" / "panel.tsv"
    if not path.exists():
        pytest.skip("the Chilean panel is not beside the checkout (data/chile-enia/panel.tsv)")
    frame = pandas.read_csv(path, sep="\t")
    frame = frame[frame["d_e"] >= 0]
    flows = frame["d_e"].map({0: "no", 1: "export"}) + frame["d_m"].map({0: "", 1: " and import"})
    return frame.assign(mode=flows, year=frame["year"] + 1900)


def test_margins_count_the_known_starters_and_stoppers(plants: Any) -> None:
    years = {year: set(plants.loc[plants["year"] == year, "padron"]) for year in (1990, 1996)}
    stayed = plants[plants["padron"].isin(years[1990] & years[1996])]
    found = margins(stayed, firm="padron", year="year", value="rexport", start=1990, end=1996, group="mode")
    # The known numbers of plants in both years: 339 new, 139 stopped, 472 constant exporters.
    assert (found.part("entry").firms, found.part("exit").firms) == (339, 139)
    assert found.part("intensive").firms == 472
    sums = stayed.groupby("year")["rexport"].sum()
    assert found.value("change") == pytest.approx(sums[1996] - sums[1990], rel=1e-12)
    parts = sum(found.value(term) for term in ("entry", "exit", "up", "down"))
    assert parts == pytest.approx(found.value("change"), rel=1e-12)


def test_job_flows_are_the_change_of_employment(plants: Any) -> None:
    found = job_flows(plants, firm="padron", year="year", employment="L", group="mode")
    jobs = plants.groupby("year")["L"].sum()
    for year in range(1990, 1996):
        period = f"{year}-{year + 1}"
        assert found.value("net", period=period) == pytest.approx(jobs[year + 1] - jobs[year], abs=1e-6)
        groups = [part for part in found.parts if part.term == "net" and part.period == period]
        whole = next(part.value for part in groups if part.group == "_T")
        assert sum(part.value for part in groups if part.group != "_T") == pytest.approx(whole, abs=1e-6)


def test_growth_of_output_per_worker_adds_up(plants: Any) -> None:
    import numpy as np

    ready = plants[(plants["L"] > 0) & (plants["rY"] > 0)]
    ready = ready.assign(lp=np.log(ready["rY"] / ready["L"]))
    columns = {"firm": "padron", "year": "year", "productivity": "lp", "weight": "L"}
    found = melitz_polanec(ready, **columns, start=1990, end=1996, group="mode", switchers="apart")
    level = {year: np.average(rows["lp"], weights=rows["L"]) for year, rows in ready.groupby("year")}
    assert found.value("change") == pytest.approx(level[1996] - level[1990], abs=1e-10)
    assert found.part("within", "switched").firms > 100
