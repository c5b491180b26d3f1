"""The custodian's pages as their reader meets them: accessible, marked, complete without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from firmtrade.protect.whatif import Point
from firmtrade.publish.custodian import whatif_page
from firmtrade.study import Study
from support_custodian import panel, study

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("playwright", reason="playwright drives the browser")
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("custodian")
    Study(study(folder), str(panel(folder))).run(folder / "out")
    points = [
        Point("frequency-3", value, value == 3, insiders, 5, 9, 32, int(10 + value), 0.1, 0.2, 0)
        for value in (2, 3, 5)
        for insiders in (True, False)
    ]
    tried = folder / "whatif.html"
    tried.write_text(whatif_page("Who exports", points), encoding="utf-8")
    page: Path = folder / "out-custody" / "custodian.html"
    return {"custodian": page.as_uri(), "whatif": tried.as_uri()}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["custodian", "whatif"])
def test_axe_finds_nothing(
    browser: Browser, pages: dict[str, str], name: str, width: int, scheme: str
) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python ships axe-core"
    )
    made = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", offline=True
    )
    page = made.new_page()
    page.goto(pages[name])
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    found = axe.Axe().run(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    mark = page.locator(".mark").bounding_box()
    made.close()
    assert found.violations_count == 0, found.generate_report()
    assert wide <= width, "the page itself does not scroll sideways"
    assert mark is not None and mark["y"] >= 0
