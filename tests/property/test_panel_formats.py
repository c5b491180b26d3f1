"""Whatever the values: CSV, Stata and Parquet give one panel, and the check agrees with a slow reference."""

from __future__ import annotations

import csv
import math
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmtrade.errors import DataError
from support_panels import content, opened, write_csv, write_parquet, write_statistics

#: A tenth of the profile's examples: each one opens files in several formats.
FEW = settings.default.max_examples // 10
QUICK = settings(max_examples=FEW, suppress_health_check=[HealthCheck.function_scoped_fixture])

names = st.text(
    st.characters(codec="latin-1", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=12
)
#: Identifiers that no format takes for something else (a number loses '.0', 'NaN' is text here).
firms = names.filter(lambda name: not name.replace(".", "").isdigit())
amounts = st.one_of(st.none(), st.just(0.0), st.floats(0, 9e11), st.floats(0, 1e6).map(lambda x: round(x, 2)))


def columns(*more: Any) -> Any:
    return st.tuples(
        firms, st.integers(1950, 2050), st.sampled_from(["15.12", "01", "74", None]),
        st.sampled_from(["BE10", "BE211", None]), st.one_of(st.none(), st.integers(1500, 2050)),
        st.one_of(st.none(), st.floats(0, 9e8)), amounts, amounts,
        st.sampled_from([True, False, None]), amounts, amounts, amounts, amounts,
    )  # fmt: skip


panels = st.lists(columns(), min_size=1, max_size=8, unique_by=lambda row: (row[0], row[1]))


@QUICK
@given(panels)
def test_every_format_gives_the_same_panel(tmp_path: Path, rows: list[tuple[Any, ...]]) -> None:
    expected = content(write_parquet(tmp_path / "p.parquet", rows))
    assert content(write_csv(tmp_path / "p.csv", rows)) == expected
    latin = write_csv(tmp_path / "l.csv", rows, delimiter=";", decimal=",", encoding="latin-1", end="\r\n")
    assert content(latin, decimal=",", encoding="latin-1") == expected
    assert content(write_statistics(tmp_path / "p.dta", rows)) == expected


@QUICK
@given(panels, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(tmp_path: Path, rows: list[tuple[Any, ...]], random: Any) -> None:
    shuffled = random.sample(rows, len(rows))
    assert content(write_csv(tmp_path / "p.csv", rows)) == content(write_csv(tmp_path / "s.csv", shuffled))


@QUICK
@given(st.lists(st.floats(-9e11, 9e11), min_size=1, max_size=20))
def test_amounts_are_the_nearest_millionth(tmp_path: Path, values: list[float]) -> None:
    rows = [(f"f{n}", 2001, value) for n, value in enumerate(values)]
    with opened(write_csv(tmp_path / "p.csv", rows, ("firm", "year", "turnover"))) as it:
        found = dict(it.rows("firm, turnover"))
    for firm, _, value in rows:
        exact = Decimal(value).quantize(Decimal("0.000001"), ROUND_HALF_UP)
        # A double near 1e12 is itself no better than 1e-4 apart from its neighbours.
        assert abs(found[firm] - exact) <= max(Decimal("0.000001"), Decimal(math.ulp(value)))


@QUICK
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1995, 2003)), min_size=1, max_size=25),
       st.sampled_from([0, 200]))  # fmt: skip
def test_duplicates_and_gaps_equal_a_count_by_hand(
    tmp_path: Path, keys: list[tuple[str, int]], far: int
) -> None:
    keys = [(firm, year - far * (firm == "a")) for firm, year in keys]  # years too far apart for the bits
    by_hand = Counter(keys)
    years = {firm: {year for other, year in keys if other == firm} for firm, _ in keys}
    gaps = sum(max(seen) - min(seen) + 1 > len(seen) for seen in years.values())
    with opened(write_csv(tmp_path / "p.csv", keys, ("firm", "year"))) as it:
        report = it.report()
    duplicates = [problem.count for problem in report.problems if problem.rule == "duplicate-firm-year"]
    assert duplicates == [n for n in [sum(count > 1 for count in by_hand.values())] if n]
    assert report.facts["gaps"] == gaps
    assert (report.rows, report.firms, report.years) == (
        len(keys),
        len(years),
        len({year for _, year in keys}),
    )


texts = st.text(st.sampled_from('a1;,."\n\r\t |é\0'), max_size=60)


@settings(max_examples=6 * FEW, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts)
def test_text_is_read_whole_or_refused(tmp_path: Path, body: str) -> None:
    """No line is ever swallowed: Python's strict csv reader is the slow reference."""
    path = tmp_path / "p.csv"
    path.write_bytes(b"firm;year;x\n" + body.encode())
    with path.open(encoding="utf-8", newline="") as file:
        try:
            expected = [row for row in csv.reader(file, delimiter=";", strict=True) if row][1:]
        except csv.Error:
            expected = []
    whole = "\0" not in body and expected and all(len(row) == 3 for row in expected)
    if not whole:
        with pytest.raises(DataError), opened(path, delimiter=";"):
            pass
        return
    with opened(path, delimiter=";", columns={"x": "x"}) as it:
        found = it.engine.rows("select firm from panel_rows order by __file, __row")
    assert [firm for (firm,) in found] == [_firm(row[0]) for row in expected]


def _firm(cell: str) -> str | None:
    """What becomes of an identifier: blanks around it are taken away, an empty one is missing."""
    return cell.strip(" ") or None


keys = ["files", "units", "columns", "codes", "drop", "delimiter", "x", "missing"]
plain = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
anything = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@QUICK
@given(st.dictionaries(st.sampled_from(keys), anything))
def test_any_panel_entry_is_read_or_refused_in_our_words(entry: dict[str, Any]) -> None:
    from firmtrade.acquire.source import PanelSpec
    from firmtrade.errors import StudyError

    try:
        PanelSpec.read(entry)
    except StudyError as error:
        assert str(error)
