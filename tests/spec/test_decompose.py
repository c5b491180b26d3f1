"""What the parts of a decomposition mean: panels of a few firms, and the parts worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

pandas = pytest.importorskip("pandas", reason="the extra econ is not installed")

from firmtrade.errors import DataError, StudyError, Unanswerable  # noqa: E402
from firmtrade.estimate.decompose.foster import foster  # noqa: E402
from firmtrade.estimate.decompose.job_flows import job_flows  # noqa: E402
from firmtrade.estimate.decompose.margins import counts, margins, rates  # noqa: E402
from firmtrade.estimate.decompose.melitz_polanec import melitz_polanec  # noqa: E402
from firmtrade.estimate.decompose.olley_pakes import olley_pakes  # noqa: E402

COLUMNS = {"firm": "id", "year": "year", "productivity": "lp", "weight": "jobs"}

#: A and B stay, C leaves, D enters; E's productivity is not known in 2005.
FIRMS = [
    ("A", 2000, 1.0, 30, "none"), ("A", 2005, 2.0, 30, "both"),
    ("B", 2000, 2.0, 10, "both"), ("B", 2005, 2.0, 20, "both"),
    ("C", 2000, 0.0, 10, "none"), ("D", 2005, 3.0, 50, "both"),
    ("E", 2000, 9.0, 99, "none"), ("E", 2005, None, 99, "none"),
]  # fmt: skip


@pytest.fixture
def firms() -> Any:
    return pandas.DataFrame(FIRMS, columns=["id", "year", "lp", "jobs", "mode"])


def values(found: Any, group: str = "_T", period: str | None = None) -> dict[str, float]:
    parts = [part for part in found.parts if part.group == group and period in (None, part.period)]
    return {part.term: round(part.value, 12) for part in parts}


def test_the_aggregate_is_the_mean_firm_and_a_covariance_with_size(firms: Any) -> None:
    found = olley_pakes(firms[firms["id"].isin(["A", "B"])], **COLUMNS, group="mode")
    assert values(found, period="2000") == {
        "aggregate": 1.25, "mean": 1.5, "covariance": -0.25, "group-mean": 1.5, "between": -0.25,
    }  # fmt: skip
    assert values(found, "none", "2000") == {"aggregate": 1, "mean": 1, "covariance": 0, "share": 0.75}
    assert found.part("aggregate", period="2000").largest == 0.75, "A has three quarters of the jobs"


def test_unknown_productivity_is_counted_not_guessed(firms: Any) -> None:
    found = olley_pakes(firms, **COLUMNS)
    assert found.unknown == {"2000": 0, "2005": 1}
    assert found.part("aggregate", period="2005").firms == 3


def test_survivors_entrants_and_exiters(firms: Any) -> None:
    found = melitz_polanec(firms, **COLUMNS, start=2000, end=2005)
    assert values(found) == {"change": 1.5, "within": 0.5, "reallocation": 0.25, "entry": 0.5, "exit": 0.25}
    assert found.unknown == {"2000-2005": 1}, "E is left out of both dates: its change is not known"
    entry = found.part("entry")
    assert (entry.firms, entry.largest, entry.degrees) == (1, 1.0, None)


def test_a_firm_that_switches_counts_where_it_was_or_apart(firms: Any) -> None:
    before = melitz_polanec(firms, **COLUMNS, start=2000, end=2005, group="mode")
    assert {part.group for part in before.parts} == {"_T", "none", "both"}
    # A is the only survivor that did not trade: share 3/4 -> 3/5, productivity 1 -> 2; survivors 1.25 -> 2.
    assert values(before, "none") == {
        "change": 0.94375, "within": 0.675, "reallocation": 0, "between-groups": 0.01875, "exit": 0.25,
    }  # fmt: skip
    apart = melitz_polanec(firms, **COLUMNS, start=2000, end=2005, group="mode", switchers="apart")
    assert values(apart, "switched")["within"] == 0.675
    assert values(apart, "none") == {"change": 0.25, "exit": 0.25}
    assert sum(values(apart, group)["change"] for group in ("none", "both", "switched")) == 1.5


def test_firm_by_firm_from_the_start(firms: Any) -> None:
    # Shares at the start: A 0.6, B 0.2, C 0.2, aggregate 1; at the end: A 0.3, B 0.2, D 0.5.
    found = foster(firms, **COLUMNS, start=2000, end=2005)
    assert values(found) == {
        "change": 1.5, "within": 0.6, "between": 0, "cross": -0.3, "entry": 1.0, "exit": 0.2,
    }  # fmt: skip
    middle = foster(firms, **COLUMNS, start=2000, end=2005, variant="griliches-regev")
    assert values(middle) == {
        "change": 1.5, "within": 0.45, "between": 0.075, "entry": 0.625, "exit": 0.35,
    }  # fmt: skip


def test_nothing_to_compare(firms: Any) -> None:
    found = melitz_polanec(firms[firms["id"].isin(["C", "D"])], **COLUMNS, start=2000, end=2005)
    assert found.parts == () and "No firm is known in both 2000 and 2005" in found.notes[0]


#: Firm 1 adds a partner and a product, 2 starts, 3 stops, 4 hides a value.
TRADE = [
    ("1", 2000, "FR", "x", 10.0), ("1", 2001, "FR", "x", 7.0), ("1", 2001, "FR", "y", 5.0),
    ("1", 2001, "DE", "x", 4.0), ("2", 2001, "FR", "x", 2.0), ("3", 2000, "NL", "z", 8.0),
    ("4", 2000, "FR", "x", 50.0), ("4", 2001, "FR", "x", None),
]  # fmt: skip


def test_margins_of_firms_partners_and_products() -> None:
    frame = pandas.DataFrame(TRADE, columns=["id", "year", "partner", "product", "value"])
    columns = {"firm": "id", "year": "year", "value": "value", "start": 2000, "end": 2001}
    found = margins(frame, **columns, levels=("partner", "product"))
    assert values(found) == {
        "start": 18, "end": 18, "change": 0, "extensive": 3, "intensive": -3, "entry": 2, "exit": -8,
        "partner-added": 4, "product-added": 5, "down": -3,
    }  # fmt: skip
    assert found.unknown == {"2000-2001": 1}
    assert found.part("change").firms == 3
    assert values(rates(found))["entry"] == round(100 * 2 / 18, 12)
    logs = values(counts(frame, **columns, levels=("partner", "product")))
    assert set(logs) == {"change", "firms", "partner-per-firm", "product-per-partner", "mean"}
    assert logs["firms"] == 0 and logs["change"] == 0


def test_margins_of_firms_alone() -> None:
    sums = pandas.DataFrame(TRADE, columns=["id", "year", "partner", "product", "value"])
    sums = sums.groupby(["id", "year"], as_index=False)["value"].sum()
    found = margins(sums[sums["id"] != "4"], firm="id", year="year", value="value", start=2000, end=2001)
    assert values(found) == {
        "start": 18, "end": 18, "change": 0, "extensive": -6, "intensive": 6, "entry": 2, "exit": -8, "up": 6,
    }  # fmt: skip


#: A grows, B shrinks, C closes, D opens, E's employment is not known, F has none.
JOBS = [
    ("A", 2000, 10.0, "both"), ("A", 2001, 20.0, "both"), ("B", 2000, 10.0, "none"), ("B", 2001, 5.0, "both"),
    ("C", 2000, 5.0, "none"), ("D", 2001, 4.0, "both"), ("E", 2000, 7.0, "none"), ("E", 2001, None, "none"),
    ("F", 2000, 0.0, "none"), ("F", 2001, 0.0, "none"),
]  # fmt: skip


def test_job_flows() -> None:
    frame = pandas.DataFrame(JOBS, columns=["id", "year", "jobs", "mode"])
    found = job_flows(frame, firm="id", year="year", employment="jobs", group="mode")
    got = values(found)
    sums = ("size", "creation", "destruction", "net", "reallocation", "excess")
    assert {term: got[term] for term in sums} == {
        "size": 27, "creation": 14, "destruction": 10, "net": 4, "reallocation": 24, "excess": 20,
    }  # fmt: skip
    assert got["creation-entrants"] == 4 and got["destruction-exiters"] == 5
    assert got["net-rate"] == round(100 * 4 / 27, 12)
    assert found.unknown == {"2000-2001": 1}
    both = values(found, "both")
    assert (both["net"], both["size"]) == (14, 17), (
        "B shrank as a firm that did not trade; D trades when it opens"
    )
    assert found.part("creation").largest == 10 / 14
    assert (found.part("creation").firms, found.part("creation-rate").largest) == (2, 10 / 14)


def test_the_order_of_rows_does_not_matter(firms: Any) -> None:
    arguments = {**COLUMNS, "start": 2000, "end": 2005, "group": "mode"}
    again = firms.sample(frac=1, random_state=3)
    assert melitz_polanec(firms, **arguments) == melitz_polanec(again, **arguments)


def test_what_cannot_be_read_says_so(firms: Any) -> None:
    with pytest.raises(StudyError, match=r"needs the column 'job'.* Did you mean 'jobs'\?"):
        olley_pakes(firms, **{**COLUMNS, "weight": "job"})
    with pytest.raises(Unanswerable, match="weight 'jobs' is negative"):
        olley_pakes(firms.assign(jobs=-1), **COLUMNS)
    with pytest.raises(DataError, match="firm A has 2000 more than once"):
        olley_pakes(pandas.concat([firms, firms]), **COLUMNS)
    with pytest.raises(StudyError, match="start before its end"):
        melitz_polanec(firms, **COLUMNS, start=2005, end=2000)
    with pytest.raises(StudyError, match="switchers must be one of"):
        melitz_polanec(firms, **COLUMNS, start=2000, end=2005, switchers="middle")
    with pytest.raises(DataError, match="'jobs' is negative for firm A in 2000"):
        job_flows(firms.assign(jobs=-1), firm="id", year="year", employment="jobs")
