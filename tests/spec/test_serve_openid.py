"""Sign-in through an identity provider: only what it signed for us, now, lets somebody in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from firmtrade.errors import StudyError
from firmtrade.serve.app import application
from firmtrade.serve.signin.door import NOBODY, Entrance
from firmtrade.serve.signin.openid import Provider, read_provider
from firmtrade.serve.site import Site
from support_issuer import Issuer
from support_release import release, size_table
from support_serve import token

FILE = """[openid]
issuer = "{issuer}"
client = "firmtrade"
claim = "groups"
export = ["trade-export"]
[openid.roles]
adviser = ["trade-advisers"]
custodian = ["trade-custodians", "it"]
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.close()


@pytest.fixture
def provider(issuer: Issuer, tmp_path: Path) -> Provider:
    issuer.claims, issuer.wrong = {"preferred_username": "an", "groups": ["trade-advisers"]}, ""
    (tmp_path / "openid.toml").write_text(FILE.format(issuer=issuer.address), encoding="utf-8")
    return read_provider(tmp_path / "openid.toml")


def browser(provider: Provider) -> TestClient:
    made = Entrance(stranger=NOBODY, provider=provider, secure=True)
    app = application(Site(release(size_table()), Path("out")), entrance=made)
    return TestClient(app, base_url="https://127.0.0.1", follow_redirects=False)


def leave_for(client: TestClient, back: str = "/") -> str:
    """Press the button; where the browser is sent."""
    form = {"token": token(client.get("/sign-in").text), "back": back}
    sent = client.post("/sign-in/provider", data=form)
    assert sent.status_code == 302
    return sent.headers["location"]


def test_who_the_provider_knows_comes_in_with_the_roles_of_their_groups(
    issuer: Issuer, provider: Provider
) -> None:
    client = browser(provider)
    assert client.get("/").status_code == 303
    there = leave_for(client, back="/?x=1")
    assert there.startswith(f"{issuer.address}/authorize?")
    before = client.cookies["__Host-session"]
    came = client.get("/sign-in/back", params=issuer.authorize(there))
    assert (came.status_code, came.headers["location"]) == (303, "/?x=1")
    assert client.cookies["__Host-session"] != before
    assert "Signed in as an" in client.get("/").text
    assert client.get("/accounts").status_code == 403


def test_a_group_of_custodians_administers(issuer: Issuer, provider: Provider) -> None:
    issuer.claims["groups"] = "it"
    client = browser(provider)
    client.get("/sign-in/back", params=issuer.authorize(leave_for(client)))
    assert issuer.address in client.get("/accounts").text


@pytest.mark.parametrize("wrong", ["issuer", "audience", "nonce", "expired", "signature", "none"])
def test_a_token_that_is_not_for_us_lets_nobody_in(issuer: Issuer, provider: Provider, wrong: str) -> None:
    client = browser(provider)
    there = leave_for(client)
    issuer.wrong = wrong
    came = client.get("/sign-in/back", params=issuer.authorize(there))
    assert came.status_code == 403 and "did not let you in" in came.text
    assert client.get("/").status_code == 303


@pytest.mark.parametrize("claims", [{"groups": ["others"]}, {"groups": []}, {"preferred_username": ""}])
def test_somebody_without_a_role_or_a_name_stays_outside(
    issuer: Issuer, provider: Provider, claims: dict[str, object]
) -> None:
    issuer.claims |= claims
    client = browser(provider)
    assert client.get("/sign-in/back", params=issuer.authorize(leave_for(client))).status_code == 403


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(issuer: Issuer, provider: Provider) -> None:
    one, other = browser(provider), browser(provider)
    answer = issuer.authorize(leave_for(one))
    leave_for(other)
    assert other.get("/sign-in/back", params=answer).status_code == 403
    assert one.get("/sign-in/back", params={**answer, "state": "x"}).status_code == 403
    assert browser(provider).get("/sign-in/back", params=answer).status_code == 303  # no session: to the form
    assert one.get("/sign-in/back", params={"error": "access_denied"}).status_code == 403


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not describe an identity provider"),
        ("[openid]\nissuer = 'https://x'\n", "needs client, roles"),
        (FILE.format(issuer="http://x.example"), "must be an https address"),
        (FILE.format(issuer="https://x").replace("adviser =", "advisor ="), "no role 'advisor'"),
        ("[openid]\nsecret = 'x'\n", "has no entry 'secret'"),
    ],
)
def test_a_file_that_will_not_do_says_why(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "openid.toml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=said):
        read_provider(tmp_path / "openid.toml")
