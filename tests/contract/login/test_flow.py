"""Signing in and out in every adapter, and what is in the answers besides."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from urllib.parse import parse_qsl, urlsplit

import pytest

from cognito_guard.testing import Fault

from ...leaks import holds_token
from ...raw import UPGRADE, ask, bearer
from .browser import Browser, Reply
from .cases import MADE_UP, SESSION, ada_token
from .site import Site

COOKIE = {"path=/", "httponly", "samesite=lax"}


def attributes(line: str) -> set[str]:
    """The attributes of a cookie, in whatever order and case a framework writes them."""
    return {one.strip().lower() for one in line.split(";")[1:]}


def test_sign_in_stay_sign_out(here: Site, browser: Browser) -> None:
    """The whole way: who signs in is known to every view, until they sign out, everywhere."""
    sent_away = browser.visit("/page?tab=1")
    started = browser.visit(sent_away.location)
    (cookie,) = started.all("Set-Cookie")
    assert cookie.startswith("cognito_login_token=")
    assert attributes(cookie) > COOKIE
    came_back = browser.visit(browser.authenticate(started.location))
    assert came_back.path == "/page?tab=1"
    (cookie,) = came_back.all("Set-Cookie")
    assert cookie.startswith(f"{SESSION}=")
    assert attributes(cookie) > COOKIE
    for reply in (started, came_back):
        assert reply.all("Cache-Control") == ["no-store"]
        assert not holds_token(reply.text)

    assert browser.visit(came_back.location).json == {"user": "alice"}
    subject = browser.fetch("/me").json["subject"]
    assert browser.fetch("/me").json == {"subject": subject, "username": "alice"}
    assert browser.fetch("/profile").json == {
        "email": "alice@example.com",
        "started_at": here.clock.now,
        "token": True,
    }
    assert browser.fetch("/change", "POST").json == {"changed": "alice"}
    assert here.signed_in("ada").visit("/admin").json == {"user": "ada"}

    revoked = here.server.requests["revoke"]
    ended = browser.submit("/auth/logout")
    assert ended.all("Cache-Control") == ["no-store"]
    (cookie,) = ended.all("Set-Cookie")
    assert cookie.startswith((f"{SESSION}=;", f'{SESSION}="";'))
    assert attributes(cookie) == {
        *COOKIE,
        *("max-age=0", "expires=thu, 01 jan 1970 00:00:00 gmt"),
    }
    assert here.server.requests["revoke"] == revoked + 1
    parts = urlsplit(ended.location)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{here.server.domain}/logout"
    assert dict(parse_qsl(parts.query))["logout_uri"] == f"{here.origin}/"
    assert browser.visit(ended.location).location == f"{here.origin}/"
    assert browser.username() is None
    assert browser.visit("/page").path.startswith("/auth/login?")


def test_sign_out_without_a_session(here: Site, browser: Browser) -> None:
    """Who is signed in at the pool alone can leave there."""
    assert urlsplit(browser.submit("/auth/logout").location).path == "/logout"


@pytest.mark.parametrize("down", ["token", "revoke"])
def test_sign_out_while_the_pool_fails(here: Site, alice: Browser, down: str) -> None:
    """The session is gone all the same."""
    with here.server.failing(Fault.SERVER_ERROR, at=down):  # type: ignore[arg-type]
        assert urlsplit(alice.submit("/auth/logout").location).path == "/logout"
    assert alice.username() is None


def test_new_session_for_each_sign_in(here: Site, alice: Browser) -> None:
    """Who is to sign in again is asked again, gets a new session, and the old one has ended."""
    first = alice.cookies[SESSION]
    url = alice.begin("/page", prompt="login")
    assert dict(parse_qsl(urlsplit(url).query))["prompt"] == "login"
    alice.visit(alice.authenticate(url))
    assert alice.cookies[SESSION] != first
    copy = here.browser()
    copy.cookies[SESSION] = first
    assert copy.username() is None


def test_hint_that_nobody_can_ask_with(here: Site, browser: Browser) -> None:
    """It is left out, and what else the link says still counts."""
    query = dict(parse_qsl(urlsplit(browser.begin("/page", lang="\0", prompt="login")).query))
    assert "lang" not in query
    assert query["prompt"] == "login"


def test_copied_cookie_ends_with_its_session(here: Site, alice: Browser) -> None:
    """The cookie is all there is to a session: a copy is the session, and ends with it."""
    copy = here.browser()
    copy.cookies[SESSION] = alice.cookies[SESSION]
    assert copy.username() == "alice"
    alice.submit("/auth/logout")
    assert copy.username() is None


@pytest.mark.parametrize("path", ["/", "/me", "/page"])
def test_cookie_of_no_session_stays(here: Site, browser: Browser, path: str) -> None:
    """Whatever is answered: the answer may come late, and drop the cookie of a new sign-in."""
    browser.cookies[SESSION] = MADE_UP
    for reply in (browser.fetch(path), browser.visit(path)):
        assert reply.all("Set-Cookie") == []
    assert browser.cookies[SESSION] == MADE_UP


@pytest.mark.parametrize("path", ["/", "/me", "/page", "/profile"])
def test_vary(here: Site, alice: Browser, path: str) -> None:
    """Caches are told that the cookie counts, for whoever asks."""
    for browser in (alice, here.browser()):
        for reply in (browser.fetch(path), browser.visit(path)):
            assert "cookie" in reply.vary


def test_pages_are_not_kept(here: Site, alice: Browser) -> None:
    """After the sign-out, the back button shows none of them."""
    assert alice.visit("/page").all("Cache-Control") == ["no-store"]


def test_exempt(here: Site, alice: Browser) -> None:
    """An exempt path knows nobody, asks nothing, and says nothing of cookies."""
    here.store.calls.clear()
    reply = alice.fetch("/health")
    assert reply.json == {"user": None}
    assert "cookie" not in reply.vary
    assert here.store.calls == []


@pytest.mark.parametrize("path", ["/", "/me", "/page", "/profile"])
def test_request_costs_one_read(here: Site, alice: Browser, path: str) -> None:
    """However many ask who is calling, the store is asked once."""
    here.store.calls.clear()
    assert alice.fetch(path).status == 200
    assert here.store.calls == ["read"]


def test_bearer_token_has_no_session(here: Site, alice: Browser) -> None:
    """Not even beside a cookie; and the store is not asked."""
    here.store.calls.clear()
    headers = {"Authorization": f"Bearer {ada_token(here)}"}
    assert alice.send("GET", "/profile", headers).json == {"session": None}
    assert alice.send("GET", "/me", headers).json["username"] == "ada"
    assert here.store.calls == []


def test_other_methods(here: Site, alice: Browser) -> None:
    """What else is asked of the routes is 405, and changes nothing."""
    for path, method in (("login", "POST"), ("callback", "POST"), ("logout", "PUT")):
        reply = alice.send(method, f"/auth/{path}", {"Sec-Fetch-Site": "same-origin"})
        assert reply.status == 405
    assert alice.username() == "alice"


def test_two_hundred_tabs(here: Site, browser: Browser) -> None:
    """They all begin; those that are finished are finished in any order."""
    urls = [browser.begin(f"/page?tab={tab}") for tab in range(200)]
    for tab in (199, 0, 77):
        assert browser.visit(browser.authenticate(urls[tab])).path == f"/page?tab={tab}"
    assert browser.username() == "alice"


def test_two_callbacks_at_once(here: Site, browser: Browser) -> None:
    """One signs in, the other one is told that this happened before."""
    url = browser.authenticate(browser.begin())
    twins = [here.browser(), here.browser()]
    start = Barrier(2)

    def come_back(twin: Browser) -> Reply:
        twin.cookies.update(browser.cookies)
        start.wait()
        return twin.visit(url)

    with ThreadPoolExecutor(2) as threads:
        replies = sorted(threads.map(come_back, twins), key=lambda reply: reply.status)
    assert replies[0].path == "/page"
    assert replies[1].status == 400
    assert "login_replayed" in replies[1].text
    assert sorted(str(twin.username()) for twin in twins) == ["None", "alice"]


def test_two_workers_refresh_at_once(here: Site, alice: Browser) -> None:
    """With rotation on, one refresh leaves the machine, and both requests succeed."""
    assert alice.send("GET", f"{here.second}/me", {}).status == 200
    with here.rotating():
        for _ in range(3):
            here.expire()
            asked = here.server.requests["token"]
            start = Barrier(4)

            def fetch(origin: str, start: Barrier = start) -> int:
                start.wait()
                return alice.send("GET", f"{origin}/me", {}).status

            with ThreadPoolExecutor(4) as threads:
                statuses = [*threads.map(fetch, [here.origin, here.second] * 2)]
            assert statuses == [200] * 4
            assert here.server.requests["token"] == asked + 1
    assert alice.username() == "alice"


def test_slow_store_holds_up_nobody_else(here: Site, alice: Browser) -> None:
    """While one request waits for it, others are answered."""
    reached, go_on = Event(), Event()

    def wait(name: str, key: str) -> None:
        reached.set()
        assert go_on.wait(60)

    with here.before_store(wait), ThreadPoolExecutor(1) as threads:
        slow = threads.submit(alice.fetch, "/me")
        try:
            assert reached.wait(60)
            assert here.browser().fetch("/health").status == 200
        finally:
            go_on.set()
        assert slow.result().status == 200


def _handshake(here: Site, *lines: bytes) -> int:
    return ask(here.origin, "/ws", [*UPGRADE, *lines]).status


def test_websocket(here: Site, alice: Browser) -> None:
    """A session opens a WebSocket for a page of the own site alone. A bearer token needs none."""
    if not here.adapter.websockets:
        pytest.skip("no WebSockets here")
    cookie = f"Cookie: {SESSION}={alice.cookies[SESSION]}".encode("ascii")
    own = f"Origin: {here.origin}".encode("ascii")
    token = bearer(ada_token(here))
    assert _handshake(here, cookie, own) == 101
    assert _handshake(here, own) == 401
    for lines in ([], [b"Origin: https://evil.example"], [b"Origin: null"]):
        here.refused.clear()
        assert _handshake(here, cookie, *lines) == 403
        assert here.refused == [("cross_site_request", 403)]
        assert _handshake(here, cookie, token, *lines) == 101
    assert alice.username() == "alice"
