"""report.html: one page, complete in itself, that says where its figures come from."""

from __future__ import annotations

import base64
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from firmtrade.publish import write
from firmtrade.publish.charts import draw
from firmtrade.publish.html import render
from firmtrade.publish.table_csv import tables_csv
from support_release import bar_figure, release, size_table


class Page(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str, name: str) -> list[str]:
        return [value for found, attrs in self.tags if found == tag and (value := attrs.get(name))]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    out: Path = write(release(), tmp_path_factory.mktemp("html") / "out")
    return (out / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_nothing_is_fetched(text: str, page: Page) -> None:
    for tag, attrs in page.tags:
        for name in ("src", "srcset", "poster", "data", "action", "xlink:href"):
            assert name not in attrs, (tag, attrs)
    assert page.all("link", "href") == ["data:,"], "an empty icon, so that no browser asks a server for one"
    assert not re.search(r"@import|url\((?!#)", text)
    assert "default-src 'none'" in text
    known = {"tables.xlsx", "tables.csv", "report.pdf", "manifest.json"}
    for target in page.all("a", "href"):
        assert target in known or target.startswith(("#", "figures/", "data:text/csv;")), target


def test_ids_are_unique_and_every_reference_is_met(page: Page) -> None:
    ids = Counter(attrs["id"] for _, attrs in page.tags if "id" in attrs)
    assert max(ids.values()) == 1
    wanted = {target[1:] for target in page.all("a", "href") if target.startswith("#")}
    for _, attrs in page.tags:
        for name in ("aria-labelledby", "aria-describedby", "popovertarget"):
            wanted |= set((attrs.get(name) or "").split())
    assert wanted <= set(ids), wanted - set(ids)


def test_every_table_has_a_caption_scopes_and_its_own_download(text: str, page: Page) -> None:
    tags = Counter(tag for tag, _ in page.tags)
    assert tags["table"] == tags["caption"] == 4, "three tables and one sample"
    assert all(attrs.get("scope") for tag, attrs in page.tags if tag == "th")
    links = dict(
        zip(
            page.all("a", "download"),
            [t for t in page.all("a", "href") if t.startswith("data:")],
            strict=True,
        )
    )
    content = base64.b64decode(links["table-04.csv"].partition("base64,")[2])
    assert content == tables_csv(release(), size_table())


def test_the_state_of_the_release_stands_before_the_first_table(text: str) -> None:
    top = text[: text.index("<main")]
    assert "Not protected: synthetic panel" in top and "Made-up figures; no firm stands behind them." in top
    assert "12 firm-years have a foundation year" in top


def test_a_protected_release_of_a_real_panel_shows_no_alarm() -> None:
    from support_release import provenance

    calm = release(
        size_table(), protected=True, protection="minimum of 3 firms", warnings=(), provenance=provenance("")
    )
    top = render(calm, {}).partition("<main")[0]
    assert "Confidentiality</strong> minimum of 3 firms" in top
    assert 'class="flag"' not in top and "Synthetic data" not in top


def test_the_word_in_a_header_leads_to_its_definition(text: str) -> None:
    assert 'popovertarget="tip-employment-growth"' in text
    tip = re.search(r'<div class="tip" id="tip-employment-growth" popover>.*?</div>', text)
    assert tip and "Compound annual growth rate" in tip[0] and 'href="#word-employment-growth"' in tip[0]
    assert (
        "100 * (power(last_employment / first_employment" in text.partition('id="word-employment-growth"')[2]
    )


def test_a_code_has_its_own_meaning(text: str) -> None:
    button = re.search(r'popovertarget="tip-status--(\d)"[^>]*>Stopped<', text)
    assert button
    tip = re.search(rf'<div class="tip" id="tip-status--{button[1]}" popover>.*?</div>', text)
    assert tip and "Traded in the first year and did not in the last" in tip[0]
    assert "<em>Trade status.</em>" in tip[0] and 'href="#word-status"' in tip[0]
    assert "<code>stopped</code> stopped: traded in the first year" in text.replace("Traded", "traded")


def test_units_unknowns_and_symbols_are_explained(page: Page) -> None:
    words = " ".join(" ".join(page.words).split())
    assert "(% a year)" in words and "Size class (2002): 3,114 firms." in words
    assert "the figure does not exist" in words and "Hidden is not zero." in words


def test_a_figure_is_an_image_with_a_name_and_its_data(page: Page, text: str) -> None:
    svgs = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert len(svgs) == 2 and all(
        a["role"] == "img" and a["aria-labelledby"] and a["aria-describedby"] for a in svgs
    )
    assert '<details class="data">' in text and "Data of Figure 19" in text


def test_samples_and_provenance_are_printed(page: Page) -> None:
    words = " ".join(" ".join(page.words).split())
    assert "NACE Rev. 1.1 divisions 10-45" in words and "31,877" in words and "66,334" in words
    assert "ab" * 32 in words and "cd" * 32 in words and "812,345" in words


def test_the_page_of_a_figure_alone() -> None:
    item = bar_figure()
    assert render(release(item), {item.name: draw(item, release().words)}).count("<svg") == 2
