"""The release's pages as their readers meet them: by clicks from the overview, in four languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from firmtrade.serve.signin.door import Entrance
from firmtrade.serve.speak import LANGUAGES, tongue
from support_agency_app import served
from support_site import full_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright", reason="playwright drives the browser")
pytestmark = [pytest.mark.browser, pytest.mark.slow]

DESK, PHONE, NARROW = ({"width": w, "height": h} for w, h in ((1280, 900), (390, 844), (320, 700)))
#: Message of each page's title, and its path.
PAGES = {
    name: f"/{name}"
    for name in ("report", "regions", "status", "growth", "ventures", "models", "comparison", "catalog")
}
DEEPER = [
    "/",
    "/models/premia",
    "/models/refused",
    "/report/table-06",
    "/report/figure-19",
    "/catalog/participation",
    "/catalog?q=nothing+at+all",
    "/comparison?outcome=different",
    "/nowhere",
    *PAGES.values(),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(full_site(tmp_path_factory.mktemp("site")), Entrance()) as found:
        yield found


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Screenshots of every page, for people to look at."""
    return tmp_path_factory.mktemp("screenshots")


@contextmanager
def reader(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """A page that fails at its end if anything went wrong in the console or another host was asked."""
    context = browser.new_context(**{"viewport": DESK, "reduced_motion": "reduce", **options})
    page, wrong = context.new_page(), []  # type: ignore[var-annotated]
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request", lambda asked: None if asked.url.startswith((address, "data:")) else wrong.append(asked.url)
    )
    yield page
    context.close()
    assert [text for text in wrong if "404" not in text] == [], "console, or another host"


def name_of(path: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.strip("/")) or "overview"


def axe(page: Page) -> None:
    ships = pytest.importorskip("axe_playwright_python.sync_playwright", reason="it ships axe-core")
    page.evaluate("document.querySelectorAll('main details').forEach((each) => (each.open = true))")
    found = ships.Axe().run(page)
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_page_is_reached_by_clicks_in_every_language(
    browser: Browser, address: str, shots: Path, code: str
) -> None:
    say = tongue(code).say
    with reader(browser, address) as page:
        page.goto(address)
        page.get_by_role("link", name=code.upper(), exact=True).click()
        for name, path in PAGES.items():
            page.get_by_role("main").locator(f"a[href='{path}']").first.click()
            page.wait_for_url(address + path)
            assert page.get_by_role("heading", level=1).inner_text() == say(f"pages.{name}")
            assert page.locator("html").get_attribute("lang") == code
            page.screenshot(path=shots / f"{name}-{code}.png", full_page=True)
            page.go_back()
            assert page.url == f"{address}/", "the way back"
        menu = page.locator("nav").get_by_role("link", name=say("pages.growth"), exact=True)
        menu.click()
        page.wait_for_url("**/growth")
        assert menu.get_attribute("aria-current") == "page"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", DEEPER)
def test_axe_finds_nothing(browser: Browser, address: str, shots: Path, path: str, scheme: str) -> None:
    with reader(browser, address, color_scheme=scheme) as page:
        page.goto(address + path)
        axe(page)
        page.screenshot(path=shots / f"{name_of(path)}-{scheme}.png", full_page=True)


@pytest.mark.parametrize("viewport", [PHONE, NARROW], ids=["phone", "narrow"])
def test_every_page_is_readable_on_a_phone(
    browser: Browser, address: str, shots: Path, viewport: dict[str, int]
) -> None:
    with reader(browser, address, viewport=viewport, has_touch=True, locale="de-DE") as page:
        for path in DEEPER:
            page.goto(address + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
            page.screenshot(path=shots / f"{name_of(path)}-{viewport['width']}.png", full_page=True)
        page.locator("details.menu > summary").tap()
        page.get_by_role("link", name="Wachstum", exact=True).first.tap()
        page.wait_for_url("**/growth")
        axe(page)


def test_a_choice_is_in_the_address_and_the_way_back_leads_to_the_one_before(
    browser: Browser, address: str
) -> None:
    with reader(browser, address) as page:
        page.goto(f"{address}/growth")
        choice = page.get_by_label("Figure", exact=True)
        first = choice.input_value()
        other = next(
            value
            for value in choice.locator("option").evaluate_all("all => all.map(one => one.value)")
            if value != first
        )
        choice.select_option(other)
        page.get_by_role("button", name="Show").click()
        page.wait_for_url(f"**show={other}*")
        assert page.get_by_label("Figure", exact=True).input_value() == other
        page.go_back()
        assert page.get_by_label("Figure", exact=True).input_value() == first


def test_the_keyboard_reaches_the_content_and_the_tables(browser: Browser, address: str) -> None:
    with reader(browser, address) as page:
        page.goto(f"{address}/report/table-06")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        for _ in range(8):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.className") == "scroll":
                break
        assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Table 6")


def test_a_hidden_region_looks_hidden_and_the_values_are_printed(browser: Browser, address: str) -> None:
    with reader(browser, address) as page:
        page.goto(f"{address}/regions")
        assert {*page.locator("svg.places text.value").all_text_contents()} == {"24.5", "c", "24.3"}
        hatched = page.locator("path.step-hidden")
        assert "hatch" in hatched.evaluate("path => getComputedStyle(path).fill")


def test_published_figures_are_filtered_and_lead_to_their_table(browser: Browser, address: str) -> None:
    with reader(browser, address) as page:
        page.goto(f"{address}/comparison")
        page.get_by_label("Outcome", exact=True).select_option("different")
        page.get_by_role("button", name="Show").click()
        row = page.locator("table.compared tbody tr")
        assert row.count() == 1 and "Different" in row.inner_text()
        row.get_by_role("link").click()
        page.wait_for_url(f"{address}/report/table-04")


def test_the_catalog_is_searched_and_a_word_leads_on(browser: Browser, address: str, shots: Path) -> None:
    with reader(browser, address) as page:
        page.goto(f"{address}/catalog")
        page.get_by_label("Search").fill("share of firms")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Share of firms", exact=True).click()
        page.wait_for_url(f"{address}/catalog/participation")
        page.get_by_role("main").get_by_role("link", name=re.compile("^Table 4")).click()
        assert page.get_by_role("heading", level=1).inner_text().startswith("Table 4")


def test_files_are_downloaded_as_they_were_written(browser: Browser, address: str, tmp_path: Path) -> None:
    with reader(browser, address) as page:
        page.goto(f"{address}/report")
        with page.expect_download() as started:
            page.get_by_role("link", name=re.compile("tables.csv")).first.click()
        started.value.save_as(tmp_path / "tables.csv")
        assert (tmp_path / "tables.csv").read_bytes().startswith(b"table,sample,period,")
        page.goto(f"{address}/report/table-04")
        with page.expect_download() as started:
            page.get_by_role("link", name="Download CSV").click()
        assert started.value.suggested_filename == "table-04.csv"


def test_the_report_s_own_page_works_under_its_policy(browser: Browser, address: str) -> None:
    with reader(browser, address) as page:
        page.goto(f"{address}/report")
        page.get_by_role("link", name=re.compile("report.html")).first.click()
        page.wait_for_url(f"{address}/files/report.html")
        assert page.evaluate("document.documentElement.classList.contains('js')"), "its script runs"
        assert page.locator("main").evaluate("main => getComputedStyle(main).display") == "block"
        with page.expect_download() as started:
            page.get_by_role("link", name="Excel").click()
        assert started.value.suggested_filename == "tables.xlsx"


def test_pages_work_without_javascript(browser: Browser, address: str) -> None:
    with reader(browser, address, java_script_enabled=False) as page:
        for path in PAGES.values():
            page.goto(address + path)
            assert page.get_by_role("heading", level=1).count() == 1, path
        page.goto(f"{address}/catalog")
        page.get_by_label("Search").fill("employment")
        page.get_by_role("button", name="Find").click()
        page.wait_for_url("**q=employment*")


def test_paper_has_no_menus_and_all_figures(browser: Browser, address: str, shots: Path) -> None:
    with reader(browser, address) as page:
        for path in DEEPER:
            page.goto(address + path)
            page.emulate_media(media="print")
            for gone in (".languages", ".menu", ".controls", ".downloads"):
                assert not page.locator(gone).first.is_visible(), (path, gone)
            page.screenshot(path=shots / f"{name_of(path)}-print.png", full_page=True)
            page.emulate_media(media="screen")
