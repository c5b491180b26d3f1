"""A figure: Chart -> Vega-Lite -> SVG, with a text alternative, in colours that can be told apart."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from firmtrade.errors import StudyError
from firmtrade.publish.charts import NARROW, PALETTE, WIDE, alternative, draw, drawable, inline, rows, spec
from firmtrade.result import Chart, ReleasedTable
from support_release import WORDS, bar_figure, cell, share, table


def luminance(color: str) -> float:
    """Relative luminance of '#rrggbb' (WCAG 2.2)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("color", PALETTE)
def test_every_colour_can_be_seen_on_white(color: str) -> None:
    assert contrast(color, "#ffffff") >= 3


def test_neighbouring_colours_differ_in_lightness_not_only_in_hue() -> None:
    assert all(contrast(one, other) >= 1.5 for one, other in pairwise(PALETTE[:5]))


def kinds() -> list[ReleasedTable]:
    years = [
        share(10.0 + at, period=str(year), flow=flow)
        for at, year in enumerate((1996, 1999, 2002))
        for flow in ("import", "export")
    ]
    modes = [
        cell("firms", 100 * at, mode=mode, scope=scope)
        for at, (mode, scope) in enumerate(
            (m, s) for m in ("both", "import-only") for s in ("intra", "extra")
        )
    ]
    return [
        bar_figure(),
        table("f", ("flow",), ("period",), years, chart=Chart("line", "period", "flow")),
        table("f", ("mode",), ("scope",), modes, chart=Chart("stacked", "mode", "scope")),
        table("f", ("flow",), ("period",), years, chart=Chart("bar", "period", facet="flow")),
        table("f", ("mode",), ("measure",), modes[:1], chart=Chart("bar", "mode")),
    ]


@pytest.mark.parametrize("item", kinds(), ids=lambda item: item.chart.kind)
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_kind_draws_without_a_word_from_vega(
    item: ReleasedTable, width: int, capfd: pytest.CaptureFixture[str]
) -> None:
    import vl_convert

    svg = vl_convert.vegalite_to_svg(spec(item, WORDS, width), show_warnings=True, allowed_base_urls=[])
    assert svg.startswith("<svg") and capfd.readouterr().err == ""
    drawn = float(svg.partition(' width="')[2].partition('"')[0])
    assert drawn <= width + 90, "the figure must fit its page"


def test_a_figure_is_the_same_each_time() -> None:
    assert draw(bar_figure(), WORDS) == draw(bar_figure(), WORDS)


def test_codes_keep_the_order_of_the_cells() -> None:
    encoding = spec(bar_figure(), WORDS, WIDE)["layer"][0]["encoding"]
    assert encoding["x"]["sort"] == ["0\u20139 FTE", "10\u201349 FTE", "50\u201399 FTE"]
    assert encoding["color"]["scale"]["domain"] == ["Export", "Import"]


def test_a_hidden_bar_has_its_symbol_and_no_value() -> None:
    cells = [share(12.0, size="0-9"), replace(share(None, size="10-49"), confidentiality="C")]
    item = table("figure-1", ("size",), ("measure",), cells, chart=Chart("bar", "size"))
    assert [(row["value"], row["text"]) for row in rows(item, WORDS)] == [(12.0, "12.0"), (0, "c")]
    assert "1 confidential" in alternative(item, WORDS)


def test_of_two_measures_the_one_that_is_not_a_count_is_drawn() -> None:
    cells = [cell("firms", 160, technology="low"), share(9.5, technology="low")]
    item = table("figure-22", ("technology",), ("measure",), cells, chart=Chart("bar", "technology"))
    assert [found.value for found in drawable(item).cells] == [9.5]


def test_two_figures_on_one_mark_are_refused() -> None:
    cells = [share(9.5, technology="low", flow=flow) for flow in ("import", "export")]
    item = table("figure-22", ("technology",), ("flow",), cells, chart=Chart("bar", "technology"))
    with pytest.raises(StudyError, match=r"figure-22: two figures fall on the same mark .* \(low\)"):
        drawable(item)


def test_the_alternative_says_what_is_drawn() -> None:
    text = alternative(bar_figure(), WORDS)
    assert text.startswith("Bar chart: Share of firms (%) by size class and trade flow.")
    assert "Highest: 25.0 (50\u201399 FTE, export). Lowest: 5.0 (0\u20139 FTE, export)." in text


def test_an_inline_figure_has_a_name_and_ids_of_its_own() -> None:
    svg = inline(
        '<svg class="marks"><g id="a" role="x"/><use clip-path="url(#a)"/></svg>',
        "f1",
        "A < B",
        "Text & more",
    )
    assert svg.startswith(
        '<svg role="img" aria-labelledby="f1-title" aria-describedby="f1-desc" class="marks">'
    )
    assert '<title id="f1-title">A &lt; B</title><desc id="f1-desc">Text &amp; more</desc>' in svg
    assert '<g id="f1-a"/>' in svg and "url(#f1-a)" in svg
