"""Decompositions agree with a slow computation in fractions on any panel, and their parts add up."""

from __future__ import annotations

from typing import Any

import pytest

pandas = pytest.importorskip("pandas", reason="the extra econ is not installed")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from firmtrade.estimate.decompose.foster import VARIANTS, foster  # noqa: E402
from firmtrade.estimate.decompose.job_flows import job_flows  # noqa: E402
from firmtrade.estimate.decompose.margins import counts, margins  # noqa: E402
from firmtrade.estimate.decompose.melitz_polanec import melitz_polanec  # noqa: E402
from firmtrade.estimate.decompose.olley_pakes import olley_pakes  # noqa: E402
from firmtrade.estimate.decompose.parts import Decomposition  # noqa: E402
from reference import decompose as slow  # noqa: E402

COLUMNS = {"firm": "id", "year": "year", "productivity": "lp", "weight": "jobs"}
GROUPS = ("none", "export-only", "both")
EXACT = 1e-12  # relative to the largest part: sums of floating point against fractions

values = st.one_of(st.none(), st.floats(-8, 8).map(lambda value: round(value, 4)))
weights = st.one_of(st.none(), st.just(0.0), st.floats(0.5, 5e4).map(lambda value: round(value, 1)))


@st.composite
def panels(draw: Any, years: tuple[int, ...] = (2000, 2001, 2002)) -> list[slow.Row]:
    """Up to nine firms that come, go, switch their group and hide values."""
    rows: list[slow.Row] = []
    for firm in range(draw(st.integers(2, 9))):
        for year in years:
            if draw(st.integers(0, 3)):
                rows.append((f"f{firm}", year, draw(values), draw(weights), draw(st.sampled_from(GROUPS))))
    return rows


def framed(rows: list[slow.Row]) -> Any:
    frame = pandas.DataFrame(rows, columns=["id", "year", "lp", "jobs", "mode"])
    return frame.sample(frac=1, random_state=1).astype({"lp": "float64", "jobs": "float64"})


def assert_same(found: Decomposition, wanted: dict, period: str) -> None:
    got = {(part.term, part.group): part.value for part in found.parts if part.period == period}
    size = max([1.0, *(abs(float(value)) for value in wanted.values())])
    for key, value in wanted.items():
        if key in got or abs(value) > 0:
            assert got[key] == pytest.approx(float(value), abs=EXACT * size), key
    for key in set(got) - set(wanted):
        assert got[key] == pytest.approx(0, abs=EXACT * size), key


def assert_evidence(found: Decomposition, firms: int) -> None:
    for part in found.parts:
        assert 0 < part.firms <= firms
        assert part.largest is None or 1 / part.firms - 1e-9 <= part.largest <= 1


@given(panels())
@settings(max_examples=20)
def test_olley_pakes(rows: list[slow.Row]) -> None:
    found = olley_pakes(framed(rows), **COLUMNS, group="mode")
    wanted = slow.olley_pakes(rows)
    for year in {key[2] for key in wanted}:
        here = {(term, group): value for (term, group, date), value in wanted.items() if date == year}
        assert_same(found, here, str(year))
        split = found.value("mean", period=str(year)) + found.value("covariance", period=str(year))
        assert split == pytest.approx(found.value("aggregate", period=str(year)), abs=1e-11)
    assert sum(found.unknown.values()) == sum(row[2] is None or row[3] is None for row in rows)
    assert_evidence(found, len({row[0] for row in rows}))


@given(panels(), st.sampled_from(("start", "end", "apart")), st.booleans())
@settings(max_examples=25)
def test_melitz_polanec(rows: list[slow.Row], switchers: str, grouped: bool) -> None:
    group = "mode" if grouped else None
    found = melitz_polanec(framed(rows), **COLUMNS, start=2000, end=2002, group=group, switchers=switchers)
    turn = slow.Turnover(rows, 2000, 2002, switchers)
    assert found.unknown == {"2000-2002": turn.unknown}
    if not turn.stay:
        assert found.parts == () and "cannot be decomposed" in found.notes[0]
        return
    wanted = slow.melitz_polanec(rows, 2000, 2002, grouped, switchers)
    if not grouped:
        wanted = {key: value for key, value in wanted.items() if key[1] == "_T"}
    assert_same(found, wanted, "2000-2002")
    whole = [float(turn.level(date, list(turn.dates[date]))[0]) for date in (0, 1)]
    assert found.value("change") == pytest.approx(whole[1] - whole[0], abs=1e-11)
    if grouped:
        groups = [part.value for part in found.parts if part.term == "change" and part.group != "_T"]
        assert sum(groups) == pytest.approx(found.value("change"), abs=1e-11)
    assert_evidence(found, len({row[0] for row in rows}))


@given(panels(), st.sampled_from(("start", "end", "apart")), st.sampled_from(VARIANTS))
@settings(max_examples=20)
def test_foster(rows: list[slow.Row], switchers: str, variant: str) -> None:
    found = foster(
        framed(rows), **COLUMNS, start=2000, end=2002, group="mode", switchers=switchers, variant=variant
    )
    turn = slow.Turnover(rows, 2000, 2002, switchers)
    if not all(turn.dates):
        assert found.parts == ()
        return
    wanted = slow.foster(rows, 2000, 2002, switchers, midpoint=variant == VARIANTS[1])
    assert_same(found, wanted, "2000-2002")
    whole = [float(turn.level(date, list(turn.dates[date]))[0]) for date in (0, 1)]
    assert found.value("change") == pytest.approx(whole[1] - whole[0], abs=1e-11)


@st.composite
def trades(draw: Any) -> list[slow.Flow]:
    """Flows of up to six firms with three partners and two products, some zero and a few unknown."""
    rows: list[slow.Flow] = []
    amount = st.one_of(st.just(0.0), st.floats(0.01, 1e7).map(lambda value: round(value, 2)))
    for firm in range(draw(st.integers(1, 6))):
        for year in (2000, 2003):
            for partner in "ABC":
                for product in "xy":
                    if draw(st.booleans()):
                        hidden = not draw(st.integers(0, 40))
                        rows.append((f"f{firm}", year, partner, product, None if hidden else draw(amount)))
    return rows


@given(trades())
@settings(max_examples=25)
def test_margins(rows: list[slow.Flow]) -> None:
    frame = pandas.DataFrame(rows, columns=["id", "year", "partner", "product", "value"])
    frame = frame.astype({"value": "float64", "year": "int64"}).sample(frac=1, random_state=2)
    columns = {"firm": "id", "year": "year", "value": "value", "start": 2000, "end": 2003}
    found = margins(frame, **columns, levels=("partner", "product"))
    wanted, unknown = slow.margins(rows, 2000, 2003)
    assert found.unknown == {"2000-2003": unknown}
    got = {part.term: part.value for part in found.parts}
    size = max([1.0, got.get("start", 0.0), got.get("end", 0.0)])
    sums = {"start", "end", "change", "extensive", "intensive"}
    for term in (set(got) | set(wanted)) - sums:
        assert got[term] == pytest.approx(float(wanted[term]), abs=EXACT * size), term
    if got:
        change = got.get("end", 0.0) - got.get("start", 0.0)
        assert got["change"] == pytest.approx(change, abs=EXACT * size)
        assert sum(got[t] for t in set(got) - sums) == pytest.approx(change, abs=EXACT * size)
        wide = got.get("extensive", 0.0) + got.get("intensive", 0.0)
        assert wide == pytest.approx(change, abs=EXACT * size)
    logs = counts(frame, **columns, levels=("partner", "product"))
    if logs.parts:
        steps = [part.value for part in logs.parts if part.term != "change"]
        assert sum(steps) == pytest.approx(logs.value("change"), abs=1e-9)


@given(panels(), st.sampled_from((1, 2)))
@settings(max_examples=20)
def test_job_flows(rows: list[slow.Row], lag: int) -> None:
    jobs = [(firm, year, weight, None, group) for firm, year, _, weight, group in rows]
    frame = framed([(firm, year, 0.0, weight, group) for firm, year, weight, _, group in jobs])
    found = job_flows(frame, firm="id", year="year", employment="jobs", group="mode", lag=lag)
    for year in (2000, 2001):
        period = f"{year}-{year + lag}"
        if not {year, year + lag} <= {row[1] for row in rows}:
            continue
        wanted, unknown = slow.job_flows(jobs, year, lag)
        assert found.unknown.get(period, 0) == unknown
        got = {(part.term, part.group): part.value for part in found.parts if part.period == period}
        levels = {key: value for key, value in got.items() if not key[0].endswith("-rate")}
        size = max([1.0, *(float(value) for key, value in wanted.items() if key[0] == "size")])
        for key in set(levels) | set(wanted):
            assert levels[key] == pytest.approx(float(wanted.get(key, 0)), abs=EXACT * size), key
        for (term, group), value in got.items():
            if term == "net":
                assert value == got["creation", group] - got["destruction", group], "exact, to the last digit"
                assert -200 <= got["net-rate", group] <= 200
    assert_evidence(found, len({row[0] for row in rows}))
