"""The explorer as its reader meets it: real clicks, the keyboard alone, a phone, dark mode, downloads.

Screenshots are left in the folder of the test (pytest's tmp_path): they are there to be looked at.
"""

from __future__ import annotations

import csv
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support_explore import drawn

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright", reason="playwright drives the browser")
pytestmark = pytest.mark.browser

DESK, PHONE, NARROW = ({"width": w, "height": 900} for w in (1280, 390, 320))
CROSSED = "/explore?sample=smes&measure=firms&period=2002&rows=region&columns=size"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("explore")
    return drawn(made).run(made / "out")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    """The application on a free port of this machine."""
    import uvicorn

    from firmtrade.serve.app import application
    from firmtrade.serve.site import open_site

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(32)
        running = uvicorn.Server(uvicorn.Config(application(open_site(folder)), log_level="error"))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not running.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        running.should_exit = True
        thread.join(10)


@pytest.fixture
def opened(browser: Browser, server: str):
    """Open a page of the server; what the browser complains of fails the test."""
    contexts, wrong = [], []

    def one(path: str, viewport: dict[str, int] = DESK, **options: object) -> Page:
        made = browser.new_context(
            viewport=viewport, reduced_motion="reduce", base_url=server, accept_downloads=True,
            permissions=["clipboard-read", "clipboard-write"], **options,
        )  # type: ignore[arg-type]  # fmt: skip
        contexts.append(made)
        page = made.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(path)
        return page

    yield one
    for context in contexts:
        context.close()
    assert not wrong


def shown(page: Page) -> list[list[str]]:
    """The table as it is printed, row by row."""
    return page.evaluate(
        """() => [...document.querySelectorAll('#table tr')].map((row) =>
             [...row.cells].map((cell) => { const copy = cell.cloneNode(true);
               copy.querySelectorAll('.unseen, sup').forEach((one) => one.remove());
               return copy.textContent.trim(); }))"""
    )


def choose(page: Page, label: str, option: str) -> None:
    """Choose as a reader does, and wait until the table has followed."""
    before, select = page.url, page.get_by_label(label, exact=True)
    if select.locator("option:checked").inner_text() == option:
        return
    select.select_option(label=option)
    page.wait_for_function("before => location.href !== before", arg=before)
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_choose_see_bookmark(opened, tmp_path: Path) -> None:
    page = opened("/explore")
    page.locator("#pick-measure summary").click()
    page.get_by_role("checkbox", name="Employment", exact=True).check()
    page.wait_for_function("() => location.search.includes('measure=firms,employment')")
    page.get_by_role("checkbox", name="Number of firms", exact=True).uncheck()
    page.wait_for_function("() => location.search.includes('measure=employment')")
    choose(page, "Rows", "Region")
    choose(page, "Columns", "Size class")
    table, address = shown(page), page.url
    assert len(table) > 4 and "c" in {text for row in table for text in row}, "hidden figures look hidden"
    page.screenshot(path=tmp_path / "chosen.png", full_page=True)
    page.reload()
    assert shown(page) == table and page.url == address
    other = opened(address[address.index("/explore") :])
    assert shown(other) == table
    page.go_back()
    page.wait_for_function("before => location.href !== before", arg=address)
    page.wait_for_function("() => document.getElementById('pick-columns').value !== 'size'")
    page.go_forward()
    page.wait_for_function("() => document.getElementById('pick-columns').value === 'size'")
    assert shown(page) == table


def test_without_a_script_the_form_does_it(opened) -> None:
    page = opened("/explore", java_script_enabled=False)
    page.locator("#pick-rows").select_option("region")
    page.get_by_role("button", name="Show", exact=True).click()
    assert "rows=region" in page.url and page.locator("#table tbody tr").count() > 2


def test_the_download_has_the_figures_of_tables_csv(opened, folder: Path, tmp_path: Path) -> None:
    page = opened(CROSSED)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV", exact=True).click()
    waiting.value.save_as(tmp_path / "table.csv")
    taken = rows(tmp_path / "table.csv")
    kept = {tuple(row.items()) for row in rows(folder / "tables.csv")}
    released = [row for row in taken if row["table"] != "made"]
    assert len(released) > 10 and all(tuple(row.items()) in kept for row in released)
    printed = {text.replace(",", "") for row in shown(page) for text in row}
    assert {row["value"] for row in taken if row["value"]} <= printed


@pytest.mark.parametrize("name", ["XLSX", "SDMX-CSV", "SVG", "PNG"])
def test_each_file_can_be_taken(name: str, opened, tmp_path: Path) -> None:
    page = opened(CROSSED)
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name, exact=True).click()
    waiting.value.save_as(tmp_path / name)
    assert (tmp_path / name).stat().st_size > 500


def test_the_table_is_copied_for_a_spreadsheet(opened) -> None:
    page = opened(CROSSED)
    page.get_by_role("button", name="Copy the table").click()
    page.get_by_text("Copied.").first.wait_for()
    lines = page.evaluate("() => navigator.clipboard.readText()").splitlines()
    assert [line.split("\t") for line in lines[1:]] == shown(page)


def test_the_keyboard_is_enough(opened, tmp_path: Path) -> None:
    page = opened("/explore")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skip to the content
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "pick-rows":
            break
    before = page.url
    page.keyboard.press("ArrowDown")
    page.wait_for_function("before => location.href !== before", arg=before)
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")
    assert page.evaluate("document.activeElement.id") == "pick-rows", "the reader's place is kept"
    page.locator(".term").first.focus()
    page.keyboard.press("Enter")
    word = page.locator(".word:popover-open")
    assert word.count() == 1 and word.inner_text()
    page.screenshot(path=tmp_path / "word.png")
    page.keyboard.press("Escape")
    assert page.locator(".word:popover-open").count() == 0


def test_a_word_opens_by_tap_and_leads_to_the_words_in_it(opened) -> None:
    page = opened(CROSSED.replace("=firms", "=participation").replace("size", "flow"), PHONE, has_touch=True)
    page.get_by_role("button", name="Share of firms").first.tap()
    page.locator("#word-participation").get_by_role("button", name="Number of firms").tap()
    word = page.locator("#word-firms")
    box = word.bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    word.get_by_role("button", name="Close").tap()
    assert not word.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE, NARROW], ids=["desk", "phone", "narrow"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    viewport: dict[str, int], scheme: str, opened, tmp_path: Path
) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python ships axe-core"
    )
    page = opened(f"{CROSSED}", viewport, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('#recipe').forEach((each) => (each.open = true))")
    found = axe.Axe().run(page)
    page.screenshot(path=tmp_path / "page.png", full_page=True)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    page.locator("#pick-measure summary").click()
    page.screenshot(path=tmp_path / "open.png")
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_an_address_that_is_wrong_says_so(opened, server: str, browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(viewport=DESK, base_url=server)
    page = context.new_page()
    answer = page.goto("/explore?rows=sise")
    assert answer and answer.status == 400
    assert "Did you mean" in page.get_by_role("alert").inner_text()
    page.screenshot(path=tmp_path / "wrong.png")
    context.close()


def test_print_has_the_table_and_the_chart_only(opened, tmp_path: Path) -> None:
    page = opened(CROSSED)
    page.emulate_media(media="print")
    assert page.locator("#table").is_visible() and not page.locator("#choose").is_visible()
    page.screenshot(path=tmp_path / "print.png", full_page=True)
