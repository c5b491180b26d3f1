"""Finest cells added up to tables: exact, whatever the size of amounts and whatever the codes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from firmtrade import Study
from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.steps import Query, Step
from firmtrade.describe import answer
from firmtrade.errors import StudyError
from support_panels import write_parquet

COLUMNS = ("firm", "year", "employment", "value_added", "label", "big", "small")
KINDS = {
    "firm": "varchar", "year": "integer", "employment": "decimal(18, 2)", "value_added": "decimal(18, 2)",
    "label": "varchar", "big": "decimal(38, 2)", "small": "bigint",
}  # fmt: skip
HUGE = Decimal("12345678901234567890123456789.12")
#: One sum of these, rounded on the way to 28 digits or to a float, loses the cent.
ROWS: tuple[tuple[Any, ...], ...] = (
    ("1", 2002, 9.9, Decimal("-500.25"), "l'Est", HUGE, -3),
    ("2", 2002, 10, Decimal("0.00"), "l'Est", Decimal("-12345678901234567890123456789.11"), 4),
    ("3", 2002, None, Decimal("7.50"), "été", HUGE, None),
    ("4", 2002, 249.9, None, "unknown", Decimal("92233720368547758.08"), 9_000_000_000_000_000_000),
    ("5", 2002, 250, Decimal("2.00"), None, None, 9_000_000_000_000_000_000),
    ("6", 2002, None, None, 'say "x"', None, None),
)  # fmt: skip
WORDS = """
[panel.columns]
label = "label"
big = "big"
small = "small"

[dimensions.label]
title = "Label"
expr = "label"
codes = { "l'Est" = "East", "été" = "Summer", 'say "x"' = "Says" }
source = "own"

[dimensions.sign]
title = "Sign"
expr = "case when small < 0 then 'n''est pas' when small >= 0 then 'à plus' end"
source = "own"

[samples.nobody]
title = "Nobody"
expr = "employment > 1000"
source = "own"
"""
MEASURES = {
    "big-sum": "sum(big)",
    "big-min": "min(big)",
    "big-max": "max(big)",
    "small-sum": "sum(small)",
    "small-min": "min(small)",
    "small-max": "max(small)",
    "small-count": "count(small)",
    "gained-least": "min(value_added)",
    "gained-median": "median(value_added)",
    "last-label": "max(label)",
    "lost": "sum(value_added) filter (where value_added < 0)",
}


# --- helpers ------------------------------------------------------------------------------------------------


def study(folder: Path, tables: str) -> Study:
    measures = "".join(
        f'[measures.{name}]\ntitle = "{name}"\nexpr = "{expr}"\nunit = "EUR"\nsource = "own"\n'
        for name, expr in MEASURES.items()
    )
    path = folder / "study.toml"
    path.write_text(WORDS + measures + tables, encoding="utf-8")
    panel = write_parquet(folder / "panel.parquet", ROWS, COLUMNS, KINDS)
    return Study(path, panel=str(panel))


def asked(folder: Path, measures: list[str], by: str = "{}", sample: str = "all-firms") -> dict[Any, Any]:
    """(codes in the order of their dimensions, measure) -> value."""
    table = f'[tables.one]\nsample = "{sample}"\nperiod = 2002\nmeasures = {measures}\nby = {by}\n'
    cells = study(folder, table).table("one").cells
    return {(*(code for _, code in sorted(c.codes.items())), c.measure): c.value for c in cells}


# --- amounts ------------------------------------------------------------------------------------------------


def test_sums_of_38_digits_are_exact(tmp_path: Path) -> None:
    found = asked(tmp_path, ["big-sum"], """{ label = ["l'Est", "été", "_T"] }""")
    total = sum(Fraction(row[5]) for row in ROWS if row[5] is not None)
    assert found == {
        ("l'Est", "big-sum"): 0.01,
        ("été", "big-sum"): float(HUGE),
        ("big-sum",): float(total),
    }


def test_sums_beyond_64_bits_of_values_within_them(tmp_path: Path) -> None:
    found = asked(tmp_path, ["small-sum", "small-max", "small-count"])
    assert found["small-sum",] == float(18_000_000_000_000_000_001)
    assert found["small-max",] == 9e18
    assert found["small-count",] == 4


def test_smallest_and_largest_values(tmp_path: Path) -> None:
    measures = ["big-min", "big-max", "small-min", "gained-least"]
    found = asked(tmp_path, measures, """{ label = ["l'Est", "été", 'say "x"', "_T"] }""")
    assert [found["l'Est", name] for name in measures] == [-float(HUGE), float(HUGE), -3, -500.25]
    assert [found["été", name] for name in measures] == [float(HUGE), float(HUGE), None, 7.5]
    assert [found['say "x"', name] for name in measures] == [None] * 4
    assert [found[(name,)] for name in measures] == [-float(HUGE), float(HUGE), -3, -500.25]


def test_a_sum_of_no_known_value_is_no_figure_and_a_number_of_nobody_is_nought(tmp_path: Path) -> None:
    measures = ["firms", "big-sum", "lost", "small-min", "small-count", "gained-median"]
    nobody = asked(tmp_path, measures, sample="nobody")
    assert nobody == {(name,): 0 if name in ("firms", "small-count") else None for name in measures}
    unknown = asked(tmp_path, measures, """{ label = ['say "x"', "été"] }""")
    assert [unknown['say "x"', name] for name in measures] == [1, None, None, None, 0, None]
    assert [unknown["été", name] for name in measures] == [1, float(HUGE), None, None, 0, 7.5]


def test_the_largest_of_texts_is_no_measure(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"max\(label\) is not a number but a VARCHAR"):
        asked(tmp_path, ["last-label"])


# --- codes --------------------------------------------------------------------------------------------------


def test_codes_with_apostrophes_and_letters_beyond_ascii(tmp_path: Path) -> None:
    by = """{ label = ["l'Est", "été", "_T"], sign = ["n'est pas", "à plus", "unknown"] }"""
    found = asked(tmp_path, ["firms"], by)
    assert {key[:-1]: n for key, n in found.items() if n} == {
        ("l'Est", "n'est pas"): 1,
        ("l'Est", "à plus"): 1,
        ("été", "unknown"): 1,
        ("n'est pas",): 1,
        ("à plus",): 3,
        ("unknown",): 2,
    }


def test_a_panel_that_writes_unknown_means_that_the_code_is_not_known(tmp_path: Path) -> None:
    """Firms 4 and 5: one is written 'unknown', the other lacks a label. Their table is that of one group."""
    measures = ["firms", "big-sum", "small-min", "gained-median"]
    by = """{ label = ["unknown", "été", 'say "x"', "été | unknown"] }"""
    found = asked(tmp_path, measures, by)
    assert [found["unknown", name] for name in measures] == [2, 92233720368547758.08, 9e18, 2]
    assert [found["été", name] for name in measures] == [1, float(HUGE), None, 7.5]
    assert [found["été | unknown", name] for name in measures[:3]] == [
        3,
        float(Fraction(HUGE) + Fraction("92233720368547758.08")),
        9e18,
    ]


@pytest.mark.parametrize("many", [1, 2, 7])
def test_combinations_of_codes_are_numbered_as_they_occur(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    codes = """["l'Est", "été", 'say "x"', "unknown", "_T"]"""
    by = f"""{{ label = {codes}, sign = ["n'est pas", "à plus", "unknown", "_T"], size = "all" }}"""
    measures = ["firms", "big-sum", "small-sum", "gained-least"]
    expected = asked(tmp_path, measures, by)
    monkeypatch.setattr(answer, "MANY", many)
    assert asked(tmp_path, measures, by) == expected
    assert sum(value or 0 for key, value in expected.items() if key[-1] == "firms" and len(key) == 2) > 0


# --- scans that are not ended -------------------------------------------------------------------------------


def test_what_fails_while_queries_are_made_stops_the_one_that_runs() -> None:
    """The first scan runs while the next is planned; an error there is told at once."""
    long = "select count(*) from range(1000000) a, range(1000000) b where (a.range * b.range) % 7 = 3"

    def queries() -> Iterator[tuple[str, Query]]:
        yield "long", Query("long", (Step("long", long),))
        raise StudyError("what is wrong with the second")

    started = monotonic()
    with DuckDB(threads=1) as engine:
        with pytest.raises(StudyError, match="wrong with the second"):
            list(engine.tables(queries()))
        assert engine.rows("select 1") == [(1,)]
    assert monotonic() - started < 30  # the query by itself takes an hour
