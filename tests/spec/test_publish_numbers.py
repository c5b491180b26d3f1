"""How a figure is printed: value, decimals, sign -> text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrade.publish.numbers import (
    MINUS,
    cell_text,
    csv_value,
    excel_format,
    is_change,
    printed,
    rounded,
    typeset,
    unit_text,
)
from support_release import WORDS, cell


@pytest.mark.parametrize(
    ("value", "decimals", "signed", "text"),
    [
        (21814, 0, False, "21,814"),
        (1234567.5, 0, False, "1,234,568"),
        (2.675, 2, False, "2.68"),  # half up on the decimal that is written, not on the binary float
        (0.5, 0, False, "1"),
        (62.25, 1, False, "62.3"),
        (1.1, 1, True, "+1.1"),
        (-0.94, 1, True, f"{MINUS}0.9"),
        (-0.04, 1, True, f"{MINUS}0.0"),  # as the printed report: the direction is known
        (0.0, 1, True, "0.0"),
        (0.04, 1, True, "+0.0"),
        (-5.0, 1, False, f"{MINUS}5.0"),
        (1e22, 0, False, "10,000,000,000,000,000,000,000"),
        (1e-7, 3, False, "0.000"),
    ],
)
def test_printed(value: float, decimals: int, signed: bool, text: str) -> None:
    assert printed(value, decimals, signed) == text


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 6))
def test_rounding_is_nearest_for_every_float(value: float, decimals: int) -> None:
    from decimal import Decimal

    step = Decimal(1).scaleb(-decimals)
    assert abs(rounded(value, decimals) - Decimal(repr(value))) * 2 <= step


def test_no_figure_has_two_symbols() -> None:
    assert cell_text(cell("firms", None)) == "n/a"
    assert cell_text(cell("firms", None, conf="C")) == "c"
    assert cell_text(cell("firms", 3.0, conf="C")) == "c", "a value behind a status is never printed"


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("count", ""),
        ("percent", "%"),
        ("percent/year", "% a year"),
        ("kEUR/FTE", "1,000 EUR per FTE"),
        ("EUR", "EUR"),
        ("MEUR", "million EUR"),
        ("FTE", "FTE"),
        ("kCLP/FTE", "1,000 CLP per FTE"),
    ],
)
def test_units_in_words(unit: str, text: str) -> None:
    assert unit_text(unit) == text


def test_a_change_is_read_off_the_expression() -> None:
    assert is_change("percent/year")
    assert is_change("percent", WORDS["productivity-change"])
    assert not is_change("percent", WORDS["participation"])
    assert not is_change("kEUR/FTE", WORDS["productivity"])


def test_excel_prints_the_same_signs() -> None:
    assert excel_format(0) == f'#,##0;"{MINUS}"#,##0;#,##0'
    assert excel_format(1, signed=True) == f'+#,##0.0;"{MINUS}"#,##0.0;#,##0.0'


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_csv_keeps_every_float(value: float) -> None:
    assert float(csv_value(value, "percent")) == value


def test_csv_counts_have_no_point() -> None:
    assert csv_value(21814.0, "count") == "21814"
    assert csv_value(21814.0, "percent") == "21814.0"
    assert csv_value(None, "count") == ""


def test_ranges_are_set_with_a_dash_and_dates_are_not() -> None:
    assert typeset("NACE 10-45, 1998-2003") == "NACE 10\u201345, 1998\u20132003"
    assert typeset("2002-05-01 and B-12") == "2002-05-01 and B-12"
