"""The agency's pages as an adviser meets them: sign in, fill in, propose, override, wait, be refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from firmtrade.serve.signin.door import NOBODY, Entrance
from firmtrade.support.demo.run import run
from firmtrade.support.register import Register
from support_agency_app import DAY, WORDS, agency_site, people, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright", reason="playwright drives the browser")
pytestmark = [pytest.mark.browser, pytest.mark.slow]

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 320, "height": 700}


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("agency") / "demo", firms=300).folder / "agency.db"


@pytest.fixture(scope="module")
def address(register: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    accounts = people(tmp_path_factory.mktemp("accounts"))
    site = agency_site(register)
    with served(site, Entrance(stranger=NOBODY, accounts=accounts)) as found:
        yield found
    site.kept["register"].close()


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Screenshots of every page, for people to look at."""
    return tmp_path_factory.mktemp("screenshots")


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Any]:
    """Sign in as a role, in a browser of its own."""
    made = []

    def as_role(role: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": DESK, "reduced_motion": "reduce", **options})
        made.append(context)
        page = context.new_page()
        page.errors = []  # type: ignore[attr-defined]
        page.on("console", lambda said: page.errors.append(said.text) if said.type == "error" else None)  # type: ignore[attr-defined]
        page.on("pageerror", lambda error: page.errors.append(str(error)))  # type: ignore[attr-defined]
        page.goto(f"{address}/agency")
        page.get_by_label("Name").fill(role)
        page.get_by_label("Password").fill(WORDS)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        return page

    yield as_role
    for context in made:
        context.close()


def say_why(page: Page, why: str = "advice to the firm") -> None:
    page.get_by_label("Purpose").fill(why)
    page.get_by_role("button", name="Go on").click()


def to_a_firm(page: Page, segment: str = "") -> str:
    page.goto(f"{page.url.split('/', 3)[0]}//{page.url.split('/', 3)[2]}/firms?segment={segment}")
    page.locator("tbody th a").first.click()
    if page.get_by_label("Purpose").count():
        say_why(page)
    return page.url.rpartition("/")[2]


def test_an_adviser_finds_a_firm_proposes_and_overrides(visit: Any, register: Path, shots: Path) -> None:
    page = visit("adviser")
    assert "Why do you look at lists of firms?" in page.locator("h1").inner_text()
    page.screenshot(path=shots / "purpose.png")
    say_why(page, "the week's work")
    page.screenshot(path=shots / "home.png", full_page=True)
    page.get_by_label("Name or id").fill("S000")
    page.get_by_role("button", name="Find").click()
    assert "q=S000" in page.url
    page.screenshot(path=shots / "firms.png", full_page=True)
    page.locator("tbody th a").first.click()
    say_why(page)
    firm = page.url.rpartition("/")[2]
    page.get_by_role("button", name="Write these down").click()
    page.screenshot(path=shots / "firm.png", full_page=True)
    page.get_by_text("Conditions and evidence").first.click()

    page.evaluate("document.querySelectorAll('#recorded ~ article details').forEach((e) => (e.open = true))")
    first = page.locator("form.decide").first
    measure = first.locator("input[name=measure]").input_value()
    first.get_by_role("button", name="Override").click()
    assert page.get_by_role("alert").inner_text().strip(), "an override needs a reason"
    first = page.locator("form.decide").first
    first.get_by_label("Reason").fill("They <b>asked</b> for it; '--")
    first.get_by_role("button", name="Override").click()
    assert "overridden" in page.locator("#recorded ~ article").first.inner_text()
    assert "They <b>asked</b> for it; '--" in page.locator("section[aria-labelledby=recorded]").inner_text()

    with Register.open(register, "test", "look") as book:
        decided = [row for row in book.read("proposals", firm_id=firm) if row["decision"] == "overridden"]
        assert {row["measure"] for row in decided} == {measure}
        assert {row["decided_by"] for row in decided} == {"adviser"}
        looks = [row for row in book.looks(firm) if row["who"] == "adviser"]
    assert {row["purpose"] for row in looks} == {"advice to the firm"}
    # The browser itself says that an answer was 422; nothing else went wrong.
    assert len(page.errors) == 1 and "422" in page.errors[0]


def test_the_questionnaire_becomes_an_assessment(visit: Any, register: Path, shots: Path) -> None:
    page = visit("adviser")
    say_why(page)
    firm = to_a_firm(page, "not-asked")
    page.get_by_role("link", name="Questionnaire").click()
    page.screenshot(path=shots / "questionnaire.png", full_page=True)
    for group in page.locator("fieldset").all():
        group.get_by_label("yes", exact=True).check()
    page.locator("select[name=W1-evidence]").select_option("documented")
    page.get_by_role("button", name="Save").click()
    assert page.url.endswith(f"/firms/{firm}#readiness")
    page.locator("#readiness").scroll_into_view_if_needed()
    page.screenshot(path=shots / "readiness.png")
    with Register.open(register, "test", "look") as book:
        made = book.read("assessments", firm_id=firm, on_date=DAY)
        answers = {row["question"]: row for row in book.read("answers", assessment_id=made[0]["id"])}
    assert made[0]["assessor"] == "adviser" and answers["W1"]["evidence"] == "documented"
    assert {row["answer"] for row in answers.values()} == {"yes"}


def test_entry_mode_counts_at_each_answer_and_keeps_it_in_the_address(visit: Any, shots: Path) -> None:
    page = visit("adviser")
    say_why(page)
    page.get_by_role("link", name="Entry mode").click()
    assert "Too few answers" in page.locator("#result h2").inner_text()
    groups = page.locator(".questions fieldset").all()[:14]
    for group in groups:
        group.locator("input[type=radio]").nth(1).check()
    # Not wait_for_function: it evaluates a text in the page, which the page's policy forbids.
    for _ in range(300):
        page.wait_for_timeout(50)
        if page.url.count("=") >= 14 and "Too few" not in page.locator("#result h2").inner_text():
            break
    said = page.locator("#result").inner_text()
    assert re.search(r"For high control\s+\d+", said)
    page.screenshot(path=shots / "entry.png", full_page=True)
    page.reload()
    assert page.locator("#result").inner_text() == said
    page.get_by_label("Firm").fill("S00001")
    page.get_by_label("Market").fill("fr")
    page.get_by_label("Product").fill("beer")
    page.get_by_role("button", name="Save").click()
    say_why(page)
    assert page.get_by_label("Product").input_value() == "beer", "nothing that was typed is lost"
    page.get_by_role("button", name="Save").click()
    assert page.url.endswith("/firms/S00001#entry")
    assert "FR, beer" in page.locator("section[aria-labelledby=entry]").inner_text()


def test_entry_mode_works_without_javascript(browser: Browser, visit: Any, address: str) -> None:
    page = visit("adviser", java_script_enabled=False)
    page.goto(f"{address}/entry-mode")
    for group in page.locator(".questions fieldset").all()[:14]:
        group.locator("input[type=radio]").nth(2).check()
    page.get_by_role("button", name="Count").click()
    assert "Too few answers" not in page.locator("#result h2").inner_text()


def test_long_work_is_watched_and_can_be_stopped(visit: Any, address: str, shots: Path) -> None:
    page = visit("analyst")
    say_why(page, "evaluation")
    page.goto(f"{address}/views/09")
    page.get_by_role("button", name="Work it out").click()
    assert "It is being worked out" in page.locator("#work").inner_text() or "/views/09" in page.url
    page.screenshot(path=shots / "work.png")
    page.wait_for_url("**/views/09", timeout=60_000)
    assert "overdue" in page.locator("dl.marks").inner_text()
    page.screenshot(path=shots / "view.png", full_page=True)

    page.goto(f"{address}/views")
    page.get_by_role("button", name="Work all twelve out").click()
    page.get_by_role("button", name="Stop").click()
    assert "It was stopped" in page.locator("#work").inner_text()
    page.screenshot(path=shots / "stopped.png")


def test_a_programme_and_an_evaluation_with_its_guard(visit: Any, address: str, shots: Path) -> None:
    page = visit("analyst")
    say_why(page, "evaluation")
    page.get_by_role("link", name="Programmes").click()
    page.screenshot(path=shots / "programmes.png", full_page=True)
    page.locator("tbody th a").first.click()
    page.get_by_role("button", name="Work it out").click()
    page.wait_for_url("**/programmes/*", timeout=60_000)
    page.screenshot(path=shots / "programme.png", full_page=True)
    page.goto(f"{address}/programmes")
    page.get_by_role("link", name="Do stands at fairs raise turnover?").click()
    page.screenshot(path=shots / "evaluation.png", full_page=True)
    assert page.locator(".verdict.impact").count() == 0, "planted as no effect: never called impact"
    chart = page.get_by_role("img", name="Effect by year since the support (log points)")
    assert chart.count() == 1, "one of the wide and the narrow drawing"
    rows = page.locator("#since ~ .since tbody tr").count()
    assert rows and chart.locator(".mark title").count() == rows
    assert "what is drawn is an association" in page.locator("figcaption").inner_text()
    page.set_viewport_size({"width": 360, "height": 800})
    assert chart.count() == 1 and chart.bounding_box()["width"] <= 360


PATHS = ("/agency", "/firms", "/programmes", "/views", "/log", "/accounts", "/firms.csv", "/entry-mode")
THEIRS = {
    "reader": {"/entry-mode"},
    "adviser": {"/agency", "/firms", "/views", "/entry-mode"},
    "analyst": {"/agency", "/firms", "/programmes", "/views", "/entry-mode"},
    "custodian": {"/log", "/accounts", "/entry-mode"},
    "exporter": {"/agency", "/firms", "/programmes", "/views", "/entry-mode", "/firms.csv"},
}


@pytest.mark.parametrize("role", THEIRS)
def test_each_role_sees_its_own_and_is_refused_the_rest(
    visit: Any, address: str, role: str, shots: Path
) -> None:
    page = visit(role)
    for path in PATHS:
        found = page.request.get(f"{address}{path}")
        assert (found.status != 403) == (path in THEIRS[role]), (role, path, found.status)
    page.goto(f"{address}/log" if role != "custodian" else f"{address}/firms")
    assert "This page is not yours to see" in page.locator("h1").inner_text()
    page.screenshot(path=shots / f"refused-{role}.png")


def test_the_custodian_sees_who_looked(visit: Any, address: str, shots: Path) -> None:
    page = visit("custodian")
    page.goto(f"{address}/log")
    say_why(page, "yearly audit")
    assert (
        "custodian" in page.locator("tbody").inner_text()
        and "yearly audit" in page.locator("tbody").inner_text()
    )
    page.screenshot(path=shots / "log.png", full_page=True)
    page.goto(f"{address}/accounts")
    page.screenshot(path=shots / "accounts.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(
    visit: Any, address: str, scheme: str, shots: Path
) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python ships axe"
    )
    page = visit("exporter", color_scheme=scheme, viewport=PHONE)
    wrong = []

    def look(name: str) -> None:
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        found = axe.Axe().run(page)
        if found.violations_count:
            wrong.append(f"{name}: {found.generate_report()}")
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            wrong.append(f"{name} scrolls sideways")
        page.screenshot(path=shots / f"phone-{scheme}-{name}.png", full_page=True)

    look("purpose")
    say_why(page)
    for name in (
        "agency",
        "firms",
        "programmes",
        "views",
        "views/02",
        "entry-mode?competition=oligopolistic",
    ):
        page.goto(f"{address}/{name}")
        look(re.sub(r"\W", "-", name))
    to_a_firm(page, "ready")
    look("firm")
    page.goto(f"{address}/programmes")
    page.get_by_role("link", name="Do stands at fairs raise turnover?").click()
    look("evaluation")
    page.goto(f"{address}/sign-in")
    look("sign-in")
    assert not wrong, "\n".join(wrong)
