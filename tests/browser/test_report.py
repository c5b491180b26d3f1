"""The report as its reader meets it: in Chromium, on a desk and on a phone, by mouse, keyboard and touch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from firmtrade.publish import write
from support_release import PUBLISHED, printed_release, release, with_published

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytest.importorskip("playwright", reason="playwright drives the browser")
pytestmark = pytest.mark.browser

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
TERM, TIP = "#table-06 thead .term >> nth=1", "#tip-employment-growth"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The printed report where its cells are here, else the small one and nothing less."""
    full = with_published(printed_release() if PUBLISHED.exists() else release())
    return (write(full, tmp_path_factory.mktemp("browser") / "out") / "report.html").as_uri()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    return (write(release(), tmp_path_factory.mktemp("browser") / "out") / "report.html").as_uri()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport=DESK, reduced_motion="reduce", offline=True)  # type: ignore[arg-type]
    yield made
    made.close()


def opened(browser: Browser, url: str, viewport: dict[str, int], **options: object) -> Page:
    made = browser.new_context(viewport=viewport, reduced_motion="reduce", offline=True, **options)  # type: ignore[arg-type]
    page = made.new_page()
    page.goto(url)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing(browser: Browser, report: str, viewport: dict[str, int], scheme: str) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python ships axe-core"
    )
    page = opened(browser, report, viewport, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    found = axe.Axe().run(page)
    page.context.close()
    assert found.violations_count == 0, found.generate_report()


def test_nothing_is_requested_but_the_page_itself(browser: Browser, report: str) -> None:
    made = browser.new_context()
    page = made.new_page()
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(report, wait_until="networkidle")
    made.close()
    assert asked == [report] and errors == []


@pytest.mark.parametrize(
    "viewport", [DESK, PHONE, {"width": 320, "height": 700}], ids=["desk", "phone", "narrow"]
)
def test_the_page_does_not_scroll_sideways(browser: Browser, report: str, viewport: dict[str, int]) -> None:
    page = opened(browser, report, viewport)
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    width = page.evaluate("document.documentElement.scrollWidth")
    page.context.close()
    assert width <= viewport["width"]


def test_a_definition_opens_by_keyboard_and_closes_by_escape(context: BrowserContext, small: str) -> None:
    page = context.new_page()
    page.goto(small)
    page.locator("#table-06 thead .term").first.focus()
    page.keyboard.press("Tab")
    assert page.locator(TIP).is_visible(), "focus shows it"
    assert "Compound annual growth" in page.locator(TIP).inner_text()
    page.keyboard.press("Escape")
    assert not page.locator(TIP).is_visible()
    page.keyboard.press("Enter")
    assert page.locator(TIP).is_visible(), "Enter shows it again"
    assert page.evaluate("document.activeElement.classList.contains('term')"), "the reader's place is kept"


def test_a_definition_opens_by_mouse_and_can_be_reached_by_it(context: BrowserContext, small: str) -> None:
    page = context.new_page()
    page.goto(small)
    page.locator(TERM).hover()
    page.locator(TIP).wait_for(state="visible")
    page.locator(TIP).hover()
    page.wait_for_timeout(400)
    assert page.locator(TIP).is_visible(), "it stays while the pointer is on it (WCAG 1.4.13)"
    page.mouse.move(2, 2)
    page.locator(TIP).wait_for(state="hidden")


def test_a_definition_opens_by_tap_and_leads_to_the_full_one(browser: Browser, small: str) -> None:
    page = opened(browser, small, PHONE, has_touch=True, is_mobile=True)
    page.locator(TERM).tap()
    assert page.locator(TIP).is_visible()
    box = page.locator(TIP).bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    page.locator(f"{TIP} a").tap()
    assert page.url.endswith("#word-employment-growth")
    page.context.close()


@pytest.mark.parametrize("how", ["focus", "hover", "click"])
def test_definitions_open_without_javascript(browser: Browser, small: str, how: str) -> None:
    page = opened(browser, small, DESK, java_script_enabled=False)
    if how == "focus":
        for _ in range(60):  # there is no script to put the focus there
            page.keyboard.press("Tab")
            if page.locator("#table-06 [popovertarget=tip-employment-growth]:focus-visible").count():
                break
    else:
        getattr(page.locator(TERM), how)()
    assert page.locator(TIP).is_visible()
    page.context.close()


def test_no_definition_is_cut_off(browser: Browser, small: str) -> None:
    page = opened(browser, small, DESK)
    for term in page.locator("main .term").all():
        term.focus()
        term.press("Enter")
        box = page.locator(".tip:popover-open").bounding_box()
        assert box and box["x"] >= 0 and box["y"] >= 0, term.inner_text()
        assert box["x"] + box["width"] <= DESK["width"] and box["y"] + box["height"] <= DESK["height"]
        term.press("Escape")
    page.context.close()


def test_a_table_downloads_as_csv(context: BrowserContext, small: str, tmp_path: Path) -> None:
    page = context.new_page()
    page.goto(small)
    with page.expect_download() as started:
        page.locator("#table-04 a[download]").click()
    started.value.save_as(tmp_path / "t.csv")
    assert started.value.suggested_filename == "table-04.csv"
    assert (tmp_path / "t.csv").read_bytes().startswith(b"table,sample,period,")


def test_print_hides_what_paper_cannot_use(context: BrowserContext, small: str) -> None:
    page = context.new_page()
    page.goto(small)
    page.emulate_media(media="print")
    assert not page.locator(".downloads").first.is_visible()
    assert page.locator("nav.side").is_visible() and not page.locator("nav.top").is_visible()
    assert page.locator("details.data table").first.is_visible(), "a figure's data are printed"
