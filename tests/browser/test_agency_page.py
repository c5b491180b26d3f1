"""The page of the twelve views as its reader meets it: accessible, marked, and printed whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firmtrade.support.demo.run import PAGE
from support_agency import demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("playwright", reason="playwright drives the browser")
pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(browser: Browser, width: int, scheme: str) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python ships axe-core"
    )
    made = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", offline=True
    )
    page = made.new_page()
    page.goto((demo(300).folder / PAGE).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    found = axe.Axe().run(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    mark = page.locator(".mark").bounding_box()
    made.close()
    assert found.violations_count == 0, found.generate_report()
    assert wide <= width, "the page itself does not scroll sideways"
    assert mark is not None and mark["y"] >= 0


def test_print_shows_what_is_folded(browser: Browser) -> None:
    page = browser.new_page()
    page.goto((demo(300).folder / PAGE).as_uri())
    page.emulate_media(media="print")
    folded = page.locator("details.list table").first
    assert folded.is_visible()
    page.close()
