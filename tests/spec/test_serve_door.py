"""The door of the web application: tickets, accounts, sessions, tokens, throttle, and what is refused."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from firmtrade import cli
from firmtrade.errors import DataError, StudyError
from firmtrade.serve import run
from firmtrade.serve.app import application
from firmtrade.serve.run import Where, entrance
from firmtrade.serve.signin.accounts import Accounts, person_of
from firmtrade.serve.signin.door import NOBODY, Entrance
from firmtrade.serve.signin.rights import READER, ROLES, Right
from firmtrade.serve.signin.sessions import DAY, IDLE, MOST, Sessions
from firmtrade.serve.signin.throttle import FREE, LONGEST, Throttle
from firmtrade.serve.site import Site
from support_release import release, size_table
from support_serve import token

WORDS = "four words make one"
BASE = "https://127.0.0.1"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Accounts:
    made = Accounts(tmp_path_factory.mktemp("accounts") / "accounts.json")
    for role in ROLES:
        made.add(role, [role], False, WORDS)
    return made


def way(accounts: Accounts, **more: Any) -> Entrance:
    return Entrance(stranger=NOBODY, accounts=accounts, secure=True, **more)


def client(made: Entrance, base: str = BASE) -> TestClient:
    app = application(Site(release(size_table()), Path("out")), entrance=made)
    return TestClient(app, base_url=base, raise_server_exceptions=False, follow_redirects=False)


def sign_in(browser: TestClient, name: str, password: str = WORDS, **more: str) -> Any:
    form = {"token": token(browser.get("/sign-in").text), "name": name, "password": password, **more}
    return browser.post("/sign-in", data=form)


# -- coming in


def test_nobody_is_sent_to_the_sign_in_page_and_back(accounts: Accounts) -> None:
    browser = client(way(accounts))
    sent = browser.get("/?sample=x")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?back=%2F%3Fsample%3Dx")
    done = sign_in(browser, "reader", back="/?sample=x")
    assert (done.status_code, done.headers["location"]) == (303, "/?sample=x")
    assert "Signed in as reader" in browser.get("/").text


@pytest.mark.parametrize(
    ("name", "password"), [("reader", "wrong"), ("nobody", WORDS), ("", ""), ("reader", "x" * 999)]
)
def test_a_wrong_name_and_a_wrong_password_look_the_same(
    accounts: Accounts, name: str, password: str
) -> None:
    browser = client(way(accounts))
    answer = sign_in(browser, name, password)
    assert answer.status_code == 401 and "The name or the password is not right." in answer.text
    assert browser.get("/").status_code == 303


def test_the_sessions_name_is_new_after_the_sign_in_and_worth_nothing_after_sign_out(
    accounts: Accounts,
) -> None:
    browser = client(way(accounts))
    browser.get("/sign-in")
    before = browser.cookies["__Host-session"]
    sign_in(browser, "reader")
    inside = browser.cookies["__Host-session"]
    assert inside != before

    fixed = client(way(accounts))
    fixed.cookies.set("__Host-session", before)
    assert fixed.get("/").status_code == 303

    page = browser.get("/")
    assert browser.post("/sign-out", data={"token": token(page.text)}).headers["location"] == "/sign-in"
    browser.cookies.set("__Host-session", inside)
    assert browser.get("/").status_code == 303


def test_the_cookie_is_closed_to_scripts_other_sites_and_plain_http(accounts: Accounts) -> None:
    said = client(way(accounts)).get("/sign-in").headers["set-cookie"].lower()
    assert said.startswith("__host-session=")
    assert {"httponly", "secure", "samesite=strict", "path=/"} <= {part.strip() for part in said.split(";")}
    assert "domain" not in said


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil"])
def test_the_way_back_is_ours(accounts: Accounts, back: str) -> None:
    assert sign_in(client(way(accounts)), "reader", back=back).headers["location"] == "/"


def test_a_ticket_opens_once() -> None:
    made = Entrance(ticket="abc", owner=person_of("me", ROLES, True))
    first, second = client(made, "http://127.0.0.1"), client(made, "http://127.0.0.1")
    assert first.get("/open?ticket=wrong").status_code == 403
    assert first.get("/accounts").status_code == 403
    assert first.get("/open?ticket=abc").status_code == 303
    assert first.get("/accounts").status_code == 200
    assert second.get("/open?ticket=abc").status_code == 403
    assert second.get("/open?ticket=").status_code == 403


# -- forms


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"origin": "null"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_of_another_site_changes_nothing(accounts: Accounts, headers: dict[str, str]) -> None:
    browser = client(way(accounts))
    form = {"token": token(browser.get("/sign-in").text), "name": "reader", "password": WORDS}
    assert browser.post("/sign-in", data=form, headers=headers).status_code == 403
    assert browser.post("/sign-in", data=form, headers={"origin": BASE}).status_code == 303


@pytest.mark.parametrize("given", ["", "x", "é", "None"])
def test_a_form_without_its_token_changes_nothing(accounts: Accounts, given: str) -> None:
    browser = client(way(accounts))
    browser.get("/sign-in")
    form = {"token": given, "name": "reader", "password": WORDS}
    assert browser.post("/sign-in", data=form).status_code == 403


def test_the_token_of_another_session_is_refused(accounts: Accounts) -> None:
    made = way(accounts)
    one, other = client(made), client(made)
    stolen = token(one.get("/sign-in").text)
    other.get("/sign-in")
    form = {"token": stolen, "name": "reader", "password": WORDS}
    assert other.post("/sign-in", data=form).status_code == 403


def test_a_body_that_is_too_long_or_no_form_is_refused(accounts: Accounts) -> None:
    browser = client(way(accounts))
    page = browser.get("/sign-in")
    assert browser.post("/sign-in", content=b"x" * 1_100_000).status_code == 413
    for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
        answer = browser.post("/sign-in", content=f"token={token(page.text)}", headers={"content-type": kind})
        assert answer.status_code == 403, kind
    many = "&".join(f"a{n}=1" for n in range(3000))
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.post("/sign-in", content=many, headers=kind).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_other_methods_change_nothing(accounts: Accounts, method: str) -> None:
    assert client(way(accounts)).request(method, "/sign-in").status_code in (403, 405)


# -- rights


def routes(app: Any) -> list[tuple[str, Any]]:
    return [(route.path, route.endpoint) for route in app.routes if hasattr(route, "endpoint")]


def test_every_route_says_who_may_see_it(accounts: Accounts) -> None:
    app = application(Site(release(size_table()), Path("out"), "sqlite://"), entrance=way(accounts))
    silent = [path for path, page in routes(app) if not hasattr(page, "needs")]
    assert not silent, "decorate these with needs(Right...) or public"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_refused_what_is_not_theirs(accounts: Accounts, role: str) -> None:
    browser = client(way(accounts))
    sign_in(browser, role)
    for path, page in routes(browser.app):
        if "{" in path or page.needs is None:
            continue
        answer = browser.get(path)
        if page.needs in ROLES[role]:
            assert answer.status_code != 403, path
        else:
            assert answer.status_code in (403, 405), path


def test_export_is_a_right_of_its_own() -> None:
    for role in ROLES:
        assert not person_of("x", [role], False).may(Right.EXPORT)
        assert person_of("x", [role], True).may(Right.EXPORT)


# -- sessions and throttle


def test_a_session_ends_when_it_is_idle_and_after_a_day() -> None:
    clock = Clock()
    kept = Sessions(clock)
    name = kept.begin(READER)
    clock.now += IDLE
    assert kept.find(name)
    clock.now += IDLE + 1
    assert kept.find(name) is None
    name = kept.begin(READER)
    for _ in range(int(DAY / IDLE) + 1):
        assert kept.find(name)
        clock.now += IDLE
    assert kept.find(name) is None


def test_sessions_of_nobody_make_room_before_those_of_people() -> None:
    kept = Sessions(Clock())
    inside = kept.begin(person_of("me", ["reader"], False))
    for _ in range(MOST + 5):
        kept.begin(NOBODY)
    assert kept.find(inside) and len(kept._kept) == MOST
    kept.end_all_of("me")
    assert kept.find(inside) is None


def test_wrong_passwords_wait_longer_each_time_and_by_address_too(accounts: Accounts) -> None:
    clock = Clock()
    made = way(accounts, throttle=Throttle(clock))
    browser = client(made)
    for _ in range(FREE):
        assert sign_in(browser, "reader", "wrong").status_code == 401
    # Neither the right password nor another name helps now.
    assert sign_in(browser, "reader").status_code == 429
    assert sign_in(browser, "adviser").status_code == 429
    clock.now += 2
    assert sign_in(browser, "reader").status_code == 303
    throttle = Throttle(clock)
    for _ in range(60):
        throttle.wrong("x")
    assert throttle.wait("x") == LONGEST and throttle.wait("y") == 0


# -- accounts


def test_the_file_of_accounts_is_closed_and_holds_no_password(accounts: Accounts) -> None:
    text = accounts.path.read_text(encoding="utf-8")
    assert WORDS not in text and "$argon2id$" in text
    assert accounts.path.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_an_open_file_of_accounts_is_refused(tmp_path: Path) -> None:
    kept = Accounts(tmp_path / "accounts.json")
    kept.add("me", ["reader"], False, WORDS)
    kept.path.chmod(0o644)
    with pytest.raises(DataError, match="chmod 600"):
        kept.all()


@pytest.mark.parametrize(
    ("name", "roles", "password", "said"),
    [
        ("me", ["adviser"], "short", "12 to 256 characters"),
        ("me", ["advisor"], WORDS, "Did you mean 'adviser'"),
        ("me", [], WORDS, "at least one role"),
        ("a b", ["reader"], WORDS, "cannot be the name"),
        ("", ["reader"], WORDS, "cannot be the name"),
    ],
)
def test_accounts_that_will_not_do(
    tmp_path: Path, name: str, roles: list[str], password: str, said: str
) -> None:
    with pytest.raises(DataError, match=re.escape(said)):
        Accounts(tmp_path / "accounts.json").add(name, roles, False, password)
    assert not list(tmp_path.iterdir())


def test_accounts_by_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = ["--file", str(tmp_path / "a.json")]
    ran = CliRunner()
    done = ran.invoke(
        cli.app, ["accounts", "add", "an", "--role", "adviser", "--export", *file], input=f"{WORDS}\n"
    )
    assert done.exit_code == 0, done.output
    assert WORDS not in done.output
    assert ran.invoke(cli.app, ["accounts", "list", *file]).output == "an: adviser (takes lists away)\n"
    assert ran.invoke(cli.app, ["accounts", "remove", "an", *file]).exit_code == 0
    assert isinstance(ran.invoke(cli.app, ["accounts", "remove", "an", *file]).exception, DataError)


# -- where it listens


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "trade.example"])
def test_beyond_this_machine_it_wants_tls_and_sign_in(host: str, tmp_path: Path) -> None:
    site, pem = Site(release(size_table()), Path("out")), tmp_path / "x.pem"
    kept = Accounts(tmp_path / "accounts.json")
    kept.add("me", ["reader"], False, WORDS)
    for where in (Where(host), Where(host, certificate=pem, key=pem), Where(host, accounts=kept.path)):
        with pytest.raises(StudyError, match="TLS and sign-in"):
            entrance(site, where)
    made = entrance(site, Where(host, certificate=pem, key=pem, accounts=kept.path))
    assert made.stranger is NOBODY and made.secure


def test_on_this_machine_a_release_is_open_and_a_register_wants_its_ticket() -> None:
    made = release(size_table())
    plain = entrance(Site(made, Path("out")), Where())
    assert plain.stranger is READER and not plain.ticket
    agency = entrance(Site(made, Path("out"), "register.db"), Where())
    assert agency.ticket and agency.owner.may(Right.EXPORT) and not agency.stranger.may(Right.FIRMS)
    assert agency.ticket in run.address(Where(), 8484, agency)
    assert agency.ticket not in repr(agency)


def test_accounts_that_are_not_there_are_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="firmtrade accounts add"):
        entrance(Site(release(size_table()), Path("out")), Where(accounts=tmp_path / "none.json"))


def test_what_the_register_refuses_is_said_in_its_words(accounts: Accounts, tmp_path: Path) -> None:
    made = Site(release(size_table()), Path("out"), str(tmp_path / "none.db"))
    browser = TestClient(
        application(made, entrance=way(accounts)), base_url=BASE, raise_server_exceptions=False
    )
    sign_in(browser, "adviser")
    form = {"token": token(browser.get("/").text), "purpose": "x", "firm": "*", "back": "/agency"}
    answer = browser.post("/purpose", data=form)
    assert answer.status_code == 422 and "none.db" in answer.text and "Traceback" not in answer.text
