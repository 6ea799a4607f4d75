"""``sign_out`` in every adapter: the verb that an app calls, and what is signed out by it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from cognito_guard import RevocationsUnavailable
from cognito_guard.testing import Fault

from .browser import Browser, Reply
from .cases import SESSION, ada_token
from .site import Site

WAYS = ["/leave", "/everywhere"]


@pytest.fixture(autouse=True)
def later(here: Site) -> Iterator[None]:
    """The sites are for all tests of the module: whoever comes next signs in in another second."""
    yield
    here.revocations.error = None
    here.pass_time(2)


def with_token(here: Site, browser: Browser, token: str, path: str = "/me") -> Reply:
    """What a script asks with a token of its own."""
    method = "POST" if path in WAYS else "GET"
    return browser.send(method, path, {"Authorization": f"Bearer {token}"})


def copy_of(here: Site, browser: Browser) -> Browser:
    """A browser that somebody has put the same cookie into."""
    copy = here.browser()
    copy.cookies[SESSION] = browser.cookies[SESSION]
    return copy


def is_over(here: Site, browser: Browser, token: str) -> None:
    """A session is gone, here and in another worker, and what a script got from it is refused."""
    assert browser.username() is None
    assert browser.fetch("/me").status == 401
    assert browser.visit("/page?a=1").path == "/auth/login?next=%2Fpage%3Fa%3D1"
    for origin in (here.origin, here.second):
        reply = with_token(here, here.browser(), token, f"{origin}/me")
        assert (reply.status, "revoked" in reply.text) == (401, True)


@pytest.mark.parametrize("path", WAYS)
def test_session(here: Site, alice: Browser, path: str) -> None:
    """It ends, with its cookie, its token and its refresh token; in this request already."""
    copy, token = copy_of(here, alice), here.token_of(alice)
    revoked = here.server.requests["revoke"]
    reply = alice.fetch(path, "POST")
    assert reply.status == 200, reply.text
    everywhere = path == "/everywhere"
    said = reply.json
    assert urlsplit(said.pop("url")).path == "/logout"
    assert said == {"at_cognito": everywhere, "problem": None, "user": None}
    assert SESSION not in alice.cookies
    assert here.server.requests["revoke"] == revoked + 1
    is_over(here, copy, token)


def test_other_sign_ins_of_the_user(here: Site, alice: Browser) -> None:
    """They stay, until they are meant as well: then all of them are over, wherever they are."""
    phone, laptop = here.signed_in(), here.signed_in()
    token = here.token_of(laptop)
    alice.fetch("/leave", "POST")
    assert (phone.username(), laptop.username()) == ("alice", "alice")
    assert phone.fetch("/everywhere", "POST").json["at_cognito"] is True
    is_over(here, laptop, token)
    here.pass_time(1)
    assert here.signed_in().username() == "alice"


def test_bearer_token(here: Site, alice: Browser) -> None:
    """It is refused from then on. The session of the browser that brought it is another matter."""
    token, other = ada_token(here), ada_token(here)
    reply = with_token(here, alice, token, "/leave")
    assert reply.json == {"url": None, "at_cognito": False, "problem": None, "user": None}
    for origin in (here.origin, here.second):
        refusal = with_token(here, alice, token, f"{origin}/me")
        assert (refusal.status, "revoked" in refusal.text) == (401, True)
    assert with_token(here, alice, other).status == 200
    assert alice.username() == "alice"


def test_bearer_token_everywhere(here: Site, browser: Browser) -> None:
    """The user's sessions are over as well."""
    alice = here.signed_in()
    token = here.token_of(alice)
    copy = copy_of(here, alice)
    assert with_token(here, browser, token, "/everywhere").json["at_cognito"] is True
    is_over(here, copy, token)


def test_token_that_cognito_does_not_take(here: Site, browser: Browser) -> None:
    """Without the scope, the user is signed out here, and the app is told that this was all."""
    token = here.server.access_token("ada", scopes=["openid"], client_id=here.client.client_id)
    said = with_token(here, browser, token, "/everywhere").json
    assert said == {"url": None, "at_cognito": False, "problem": "ScopeMissing", "user": None}
    assert "revoked" in with_token(here, browser, token).text


def test_cognito_that_fails(here: Site, alice: Browser) -> None:
    """Here the user is signed out, and the app is told of the rest."""
    copy, token = copy_of(here, alice), here.token_of(alice)
    with here.server.failing(Fault.SERVER_ERROR):
        reply = alice.fetch("/everywhere", "POST")
    assert reply.status == 200
    assert (reply.json["at_cognito"], reply.json["problem"]) == (False, "UserApiUnavailable")
    is_over(here, copy, token)


@pytest.mark.parametrize("path", WAYS)
def test_list_that_is_away(here: Site, alice: Browser, path: str) -> None:
    """503, as more than nothing is asked for; the session is gone nevertheless, at the pool too."""
    copy = copy_of(here, alice)
    revoked = here.server.requests["revoke"]
    here.revocations.error = RevocationsUnavailable(7)
    reply = alice.fetch(path, "POST")
    assert (reply.status, reply.all("Retry-After")) == (503, ["7"])
    assert "revocations_unavailable" in reply.text
    assert here.server.requests["revoke"] == revoked + 1
    assert copy.username() is None


def test_list_that_is_away_and_a_token(here: Site, browser: Browser) -> None:
    """Nobody was signed out, and a second attempt does it."""
    token = ada_token(here)
    here.revocations.error = RevocationsUnavailable()
    assert with_token(here, browser, token, "/leave").status == 503
    assert with_token(here, browser, token).status == 200
    here.revocations.error = None
    assert with_token(here, browser, token, "/leave").status == 200
    assert with_token(here, browser, token).status == 401


def test_store_that_fails(here: Site, alice: Browser) -> None:
    """503; and the list is written all the same, so that the session is over by its token."""
    token = here.token_of(alice)

    def fail(name: str, key: str) -> None:
        if name == "remove":
            raise ConnectionError(key)

    with here.before_store(fail):
        reply = alice.fetch("/leave", "POST")
    assert reply.status == 503, reply.text
    assert "sessions_unavailable" in reply.text
    is_over(here, alice, token)


@pytest.mark.parametrize("path", WAYS)
def test_nobody(here: Site, browser: Browser, path: str) -> None:
    """There is nobody to sign out."""
    assert browser.fetch(path, "POST").status == 401


@pytest.mark.parametrize("path", WAYS)
def test_page_of_another_site(here: Site, alice: Browser, path: str) -> None:
    """It signs nobody out."""
    assert alice.fetch(path, "POST", by="cross-site").status == 403
    assert alice.username() == "alice"


def test_route_of_the_sign_in(here: Site, alice: Browser) -> None:
    """``/auth/logout`` leaves no token behind either, whatever the list does."""
    copy, token = copy_of(here, alice), here.token_of(alice)
    alice.submit("/auth/logout")
    is_over(here, copy, token)
    other = here.signed_in()
    copy = copy_of(here, other)
    here.revocations.error = ConnectionError("redis://user:password@10.0.0.7")
    assert urlsplit(other.submit("/auth/logout").location).path == "/logout"
    assert copy.username() is None


def test_signed_out_by_somebody_else(here: Site, alice: Browser) -> None:
    """A session whose token is on the list is over: at the pool too, and with any later token."""
    token = here.token_of(alice)
    revoked = here.server.requests["revoke"]
    with_token(here, here.browser(), token, "/leave")
    is_over(here, alice, token)
    assert here.server.requests["revoke"] == revoked + 1
    here.expire()
    assert alice.username() is None
