"""One table in a notebook: a fragment that looks the same wherever it is shown."""

from __future__ import annotations

from firmtrade.publish.notebook import table_html, table_text
from firmtrade.result import Cell, Result
from support_release import WORDS, growth_table, size_table


def confidential() -> Result:
    figures = tuple(
        Cell("smes", "2002", {"size": size}, "firms", n, "count", 0, n) for size, n in (("<b>", 3), ("x", 4))
    )
    return Result("table-01", "Firms", "smes", ("size",), ("measure",), figures)


def test_a_released_table_has_a_caption_and_no_dangling_reference() -> None:
    html = table_html(growth_table(), WORDS)
    assert "<caption><strong>Table 6. Growth by export status, 1998\u20132003</strong>" in html
    assert "popovertarget" not in html and "CONFIDENTIAL" not in html and "+1.1" in html
    assert "Trade status" in html, "the words name the rows"


def test_a_result_is_marked_and_its_codes_are_escaped() -> None:
    html = table_html(confidential())
    assert 'class="confidential">CONFIDENTIAL' in html and "&lt;b&gt;" in html and "<b>" not in html
    assert table_text(confidential()).splitlines()[0].startswith("CONFIDENTIAL")


def test_changes_have_signs_where_the_definition_is_known() -> None:
    from support_release import cell, table

    change = table(
        "t", ("status",), ("measure",), [cell("productivity-change", 10.5, "percent", 1, status="new")]
    )
    assert "+10.5" in table_text(change, WORDS) and "+10.5" not in table_text(change)


def test_text_is_no_wider_than_a_terminal() -> None:
    for item in (growth_table(), size_table()):
        assert max(map(len, table_text(item).splitlines())) <= 100
