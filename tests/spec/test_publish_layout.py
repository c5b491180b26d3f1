"""Cells -> grid. The tables drawn here are what a reader sees."""

from __future__ import annotations

import pytest

from firmtrade.errors import StudyError
from firmtrade.publish.layout import grid
from firmtrade.publish.notebook import table_text
from firmtrade.result import Cell, ReleasedTable, Result
from support_release import PUBLISHED, cell, growth_table, printed_release, share, size_table, table


def drawn(text: str) -> str:
    """A drawing without its indentation."""
    import textwrap

    return textwrap.dedent(text).strip("\n")


def lines(item: ReleasedTable) -> str:
    return table_text(item).partition("\n")[2]  # the title is not what these tests are about


def test_measure_beside_flow_is_skipped_where_the_flow_says_it() -> None:
    assert lines(size_table()) == drawn("""
        Manufacturing, 2002
        Flow                 0\u20139 FTE  10\u201349 FTE
        ---------------------------------------
        Intra-EU export (%)      5.0       22.3
        Intra-EU import (%)      6.2       17.8
        Number of firms       20,204      3,809
        ---------------------------------------
        Unknown: Size (2002): 3,114 firms.
        """)


def test_constant_attributes_move_into_the_context_and_signs_are_shown() -> None:
    assert lines(growth_table()) == drawn("""
        Manufacturing firms active in 1998 and 2003, export, 1998\u20132003
                  Employment  Value added
                      growth       growth
        Status    (% a year)   (% a year)
        ---------------------------------
        Traders         +1.1         +3.3
        Stopped         \u22120.9         \u22120.0
        New              n/a          n/a
        Constant           c            c
        ---------------------------------
        n/a: the figure does not exist: no firm in the group, or nothing to divide by.
        c: confidential: hidden to protect the firms behind it. Hidden is not zero.
        =Rates are compound and annual.
        """)


def test_columns_share_a_header_where_the_first_word_is_the_same() -> None:
    flows = ("import-intra", "import-extra", "export-intra", "export-extra")
    cells = [share(10.0, given=row, flow=column) for row in flows[:1] for column in flows]
    laid = grid(table("table-02", ("given",), ("flow",), cells))
    assert [g.parent.text if g.parent else None for g in laid.columns] == ["Import", "Export"]
    assert [h.text for h in laid.column_heads] == ["Intra-EU", "Extra-EU", "Intra-EU", "Extra-EU"]
    assert laid.unit == "%" and laid.context[0].label == "Share of firms"


def test_the_main_sample_and_the_margin_are_not_named() -> None:
    cells = [
        cell("firms", 7, activity="10"),
        cell("firms", 28284),
        cell("firms", 12879, sample="core-manufacturing"),
    ]
    laid = grid(table("table-03", ("sample", "activity"), ("measure",), cells))
    assert [h.text for h in laid.row_heads] == [
        "10 Mining of coal and lignite; extraction of peat",
        "Total",
        "Core manufacturing (NACE 15-37)",
    ]
    assert [h.total for h in laid.row_heads] == [False, True, True]


def test_samples_that_are_compared_are_all_named() -> None:
    cells = [
        cell("firms", 1, sample=s, region=r) for s in ("manufacturing", "services") for r in ("BE1", "BE2")
    ]
    laid = grid(table("figure-15", ("sample",), ("region",), cells))
    assert [h.text for h in laid.row_heads] == ["Manufacturing", "Services"]
    assert "Manufacturing" not in [part.label for part in laid.context]


def test_periods_share_a_header_and_the_main_period_is_not_repeated() -> None:
    where = {"sample": "manufacturing-stayers", "status": "constant"}
    cells = [
        cell("firms", 1, period="1998-2003", **where),
        cell("productivity", 53.1, "kEUR/FTE", 1, "1998", **where),
        cell("productivity", 58.7, "kEUR/FTE", 1, "2003", **where),
        cell("productivity-change", 10.5, "percent", 1, "1998-2003", **where),
    ]
    laid = grid(table("table-05", ("status",), ("measure", "period"), cells))
    assert [g.parent.text if g.parent else "" for g in laid.columns] == [
        "",
        "Labour productivity (1,000 EUR per FTE)",
        "",
    ]
    assert [h.text for h in laid.column_heads] == [
        "Number of firms",
        "1998",
        "2003",
        "Change of labour productivity (%)",
    ]


def test_rows_of_several_attributes_are_grouped_with_their_total() -> None:
    cells = [
        cell("firms", 9, activity="15"),
        cell("firms", 4, activity="15", size="0-9"),
        cell("firms", 5, activity="15", size="10-49"),
        cell("firms", 3, activity="45", size="0-9"),
        cell("firms", 2, activity="45", size="10-49"),
    ]
    laid = grid(table("a", ("activity", "size"), ("measure",), cells))
    assert [g.parent.text if g.parent else "" for g in laid.rows] == [
        "15 Food products and beverages",
        "45 Construction",
    ]
    assert [h.text for h in laid.row_heads] == ["Total", "0-9 FTE", "10-49 FTE", "0-9 FTE", "10-49 FTE"]


def test_columns_with_the_same_first_attribute_stand_together() -> None:
    cells = [
        cell(measure, 1, technology="low", venture=venture)
        for venture in ("inv", "dnv")
        for measure in ("firms", "participation")
    ]
    laid = grid(table("figure-22", ("technology",), ("measure", "venture"), cells))
    assert [g.parent.text if g.parent else "" for g in laid.columns] == ["Number of firms", "Share of firms"]


def test_a_place_without_a_figure_is_blank() -> None:
    cells = [
        cell("firms", 21814, mode="none"),
        cell("firms", 3133, mode="both"),
        cell("firms", 293, mode="both", scope="intra"),
    ]
    laid = grid(table("table-01", ("mode",), ("scope",), cells))
    assert laid.body[0][1] is None and laid.body[1][1] is not None
    assert [h.text for h in laid.column_heads] == ["Total", "Intra-EU only"]


def test_two_figures_in_one_place_are_refused() -> None:
    cells = [cell("firms", 1, size="0-9", mode="both"), cell("firms", 2, size="0-9", mode="none")]
    with pytest.raises(StudyError, match="two figures fall in row 0-9 and column firms"):
        grid(table("table-09", ("size",), ("measure",), cells))


def test_a_result_shows_codes_and_says_that_it_is_confidential() -> None:
    figures = (Cell("smes", "2002", {"size": "0-9"}, "mean-employment", 3.25, "FTE", 1, 7),)
    result = Result("t", "Employment", "smes", ("size",), ("measure",), figures)
    assert table_text(result).startswith("CONFIDENTIAL: not protected")
    assert "smes, 2002" in table_text(result) and "mean-employment" in table_text(result)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the printed cells (FIRMTRADE_SHARED) are not here")
def test_every_printed_cell_has_a_place() -> None:
    tables = [item for item in printed_release().tables if not item.is_figure]
    assert len(tables) == 31
    for item in tables:
        laid = grid(item)
        assert sum(found is not None for line in laid.body for found in line) == len(item.cells)
        texts = [head.text for group in laid.columns for head in group.heads]
        assert all(texts), item.name
