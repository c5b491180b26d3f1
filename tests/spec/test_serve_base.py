"""The web application's frame: hosts, headers, languages, errors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from firmtrade.serve.app import application
from firmtrade.serve.guard import HEADERS
from firmtrade.serve.site import Site
from firmtrade.serve.speak import LANGUAGES, tongue
from support_release import release, size_table


@pytest.fixture
def client() -> TestClient:
    site = Site(release(size_table()), Path("out"))
    return TestClient(application(site), base_url="http://127.0.0.1", raise_server_exceptions=False)


@pytest.mark.parametrize("path", ["/", "/nothing", "/static/app.css", "/static/../app.py"])
def test_every_answer_has_the_headers(client: TestClient, path: str) -> None:
    answer = client.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value, name
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_a_foreign_host_is_refused(client: TestClient) -> None:
    assert client.get("/", headers={"host": "rebound.example"}).status_code == 421
    assert client.get("/", headers={"host": "localhost:8484"}).status_code == 200


def test_the_package_is_not_to_be_read_through_the_assets(client: TestClient) -> None:
    for path in ("/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static//etc/passwd"):
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_speaks_the_language_that_was_asked_for(client: TestClient, code: str) -> None:
    answer = client.get("/", headers={"accept-language": f"xx, {code};q=0.8"})
    assert f'<html lang="{code}">' in answer.text and tongue(code).say("base.skip") in answer.text


def test_the_chosen_language_is_kept(client: TestClient) -> None:
    answer = client.get("/language", params={"to": "fr", "back": "/"})
    assert answer.url.path == "/" and '<html lang="fr">' in answer.text


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example/", "/\\evil.example", "x", "/a\nb"]
)
def test_no_way_back_leads_elsewhere(client: TestClient, back: str) -> None:
    answer = client.get("/language", params={"to": "nl", "back": back}, follow_redirects=False)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_each_language_has_the_same_messages_and_values(code: str) -> None:
    def values(text: str) -> list[str]:
        return sorted(re.findall(r"\{(\w*)\}", text))

    english, other = tongue("en").messages, tongue(code).messages
    assert sorted(other) == sorted(english)
    for key, text in english.items():
        assert values(other[key]) == values(text), key
        assert other[key].strip(), key


def test_numbers_are_written_as_the_language_does() -> None:
    written = {code: tongue(code).number(-1234567.891, 1) for code in LANGUAGES}
    assert written["en"] == "-1,234,567.9" and written["nl"] == "-1.234.567,9"
    assert written["de"] == "-1.234.567,9" and written["fr"].replace("\u202f", " ") == "-1 234 567,9"
