"""Sign-in with Django's users and sessions: who is who, and what ends when."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from math import inf
from typing import Any

import pytest
import time_machine
from django.contrib.auth import BACKEND_SESSION_KEY, SESSION_KEY, alogout, login, logout
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connections
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone

from cognito_guard import ConfigurationError
from cognito_guard.testing import Fault, LocalUser
from cognito_guard_django.login.configured import configured

from .login_site import (
    SESSION,
    DjangoSite,
    Urls,
    aclient,
    asign_in,
    at_the_pool,
    client,
    login_site,
    sign_in,
)

NOBODY = {"user": None, "identity": None, "session": False, "cart": None}


@pytest.fixture
def here(db: str) -> Iterator[DjangoSite]:
    """The site."""
    with login_site() as one:
        yield one


def alice(here: DjangoSite, **more: Any) -> dict[str, Any]:
    """What is known of alice."""
    subject = here.pool.subject("alice")
    return {"user": subject, "identity": "alice", "session": True, "cart": None, **more}


def test_sign_in_brings_names(here: DjangoSite) -> None:
    """An access token has none, so they come from the ID token; and stay, and are renewed."""
    for first, verified, wanted in (
        ("Alice", True, ("Alice", "Liddell", "alice@example.com")),
        ("Alicia", False, ("Alicia", "Liddell", "alice@example.com")),
    ):
        claims = {"given_name": first, "family_name": "Liddell", "email_verified": verified}
        here.pool.users["alice"] = LocalUser("alice", email="alice@example.com", claims=claims)
        browser = client()
        sign_in(browser, "/page")
        assert browser.get("/me").json() == alice(here)
        assert User.objects.values_list("first_name", "last_name", "email").get() == wanted


def test_sign_in_and_out(here: DjangoSite) -> None:
    """Django's user is there, the session has a new key, and all of it ends."""
    browser = client()
    browser.get("/fill")
    before = browser.session.session_key
    sent_away = browser.get("/page?a=1")
    assert sent_away["Location"] == "/auth/login?next=/page%3Fa%3D1"
    came_back = sign_in(browser, "/page?a=1")
    assert (came_back.status_code, came_back["Location"]) == (303, "/page?a=1")
    assert came_back["Cache-Control"] == "no-store"
    assert browser.session.session_key != before
    assert Session.objects.filter(session_key=before).count() == 0
    assert browser.session[BACKEND_SESSION_KEY].endswith(".CognitoBackend")
    user = User.objects.get()
    assert browser.session[SESSION_KEY] == str(user.pk)
    assert user.last_login is not None
    for where in ("/page", "/me", "/ame", "/api"):
        assert browser.get(where).json() == alice(here, cart=["a book"])
    ended = browser.post("/auth/logout")
    assert ended.status_code == 303
    assert ended["Location"].startswith(f"{here.server.domain}/logout?")
    assert here.server.requests["revoke"] == 1
    assert browser.get("/me").json() == NOBODY
    assert browser.get("/page").status_code == 302
    # What is left is the note that the state was used.
    assert Session.objects.count() == 1


def test_signed_in_browser_is_led_on(here: DjangoSite) -> None:
    """To its page, unless it is to be asked again; also by a callback that it has used."""
    browser = client()
    started = browser.get("/auth/login", {"next": "/page?x"})
    callback = at_the_pool(started["Location"])
    assert browser.get(callback)["Location"] == "/page?x"
    assert browser.get(callback)["Location"] == "/page?x"
    assert browser.get("/auth/login?next=/me")["Location"] == "/me"
    again = browser.get("/auth/login?next=/me&prompt=login&login_hint=alice&lang=x_x")
    assert "prompt=login" in again["Location"]
    first = browser.cookies[SESSION].value
    assert sign_in(browser, prompt="login").status_code == 303
    assert browser.cookies[SESSION].value != first


def test_session_over_takes_djangos_with_it(here: DjangoSite) -> None:
    """Whoever ended it: nothing of the user stays in the browser."""
    for way in ("me", "ame"):
        browser = client()
        sign_in(browser)
        browser.get("/fill")
        key = browser.session.session_key
        other = client()
        other.cookies[SESSION] = browser.cookies[SESSION].value
        other.post("/auth/logout")
        reply = browser.get(f"/{way}")
        assert reply.json() == NOBODY
        assert SESSION not in reply.cookies
        assert Session.objects.filter(session_key=key).count() == 0


def test_djangos_session_alone_is_nobody(here: DjangoSite) -> None:
    """A copy of Django's cookie, without the one of the sign-in."""
    browser, thief = client(), client()
    sign_in(browser)
    thief.cookies["sessionid"] = browser.cookies["sessionid"].value
    assert thief.get("/open/me").json() == NOBODY
    assert thief.get("/open/ame").json() == NOBODY
    assert thief.get("/auth/login?next=/me")["Location"].startswith(here.server.domain)
    basic = {"authorization": "Basic YTpi"}
    assert thief.get("/me", headers=basic).json() == NOBODY
    assert browser.get("/me", headers=basic).json() == NOBODY
    assert browser.get("/me").json() == alice(here)
    assert thief.get("/me").json() == NOBODY


def test_djangos_session_lost(here: DjangoSite) -> None:
    """The sign-in goes on without it."""
    browser = client()
    sign_in(browser)
    del browser.cookies["sessionid"]
    assert browser.get("/page").json() == alice(here)


def test_sessions_of_others_stay(here: DjangoSite) -> None:
    """Who signs in by a password, and whoever is nobody, is left alone."""
    User.objects.create_user("bob", password="secret")
    browser = client()
    assert browser.login(username="bob", password="secret")
    for where in ("/me", "/ame", "/open/me", "/open/ame"):
        assert browser.get(where).json() == {**NOBODY, "user": "bob"}
    visitor = client()
    visitor.get("/fill")
    assert visitor.get("/me").json() == {**NOBODY, "cart": ["a book"]}
    visitor.post("/auth/logout")
    assert visitor.get("/me").json() == NOBODY


def test_exempt_and_bearer(here: DjangoSite) -> None:
    """An exempt path knows nobody; a bearer token alone counts."""
    browser = client()
    sign_in(browser)
    assert browser.get("/open/me").json() == NOBODY
    assert browser.get("/open/ame").json() == NOBODY
    token = here.server.access_token("ada", client_id="web")
    reply = browser.get("/me", headers={"authorization": f"Bearer {token}"})
    assert reply.json()["identity"] == "ada"
    assert not reply.json()["session"]
    assert browser.get("/me").json() == alice(here)


def test_inactive_user_is_not_signed_in(here: DjangoSite) -> None:
    """Neither at the callback nor later; the session that had begun is ended."""
    browser = client()
    sign_in(browser)
    User.objects.update(is_active=False)
    refused = browser.get("/me")
    assert (refused.status_code, refused.json()["reason"]) == (403, "check_failed")
    other = client()
    revoked = here.server.requests["revoke"]
    reply = sign_in(other)
    assert reply.status_code == 403
    assert "access_denied" in reply.content.decode()
    assert here.server.requests["revoke"] == revoked + 1
    assert SESSION not in other.cookies
    assert "sessionid" not in other.cookies


def test_fault_at_the_callback_leaves_no_session(here: DjangoSite) -> None:
    """Whatever else goes wrong when Django's session begins."""
    browser = client()
    other = override_settings(AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend"])
    with other, pytest.raises(ConfigurationError, match="CognitoBackend"):
        sign_in(browser)
    assert here.server.requests["revoke"] == 1
    bare = [one for one in BARE if "Auth" not in one]
    with (
        override_settings(MIDDLEWARE=bare),
        pytest.raises(ConfigurationError, match="SessionMiddleware"),
    ):
        sign_in(client())


BARE = [
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cognito_guard_django.middleware.CognitoMiddleware",
]


def out(request: Any) -> HttpResponse:
    """Signs out as Django does."""
    logout(request)
    return HttpResponse()


async def aout(request: Any) -> HttpResponse:
    """The same, async."""
    await alogout(request)
    return HttpResponse()


def into(request: Any) -> HttpResponse:
    """Signs bob in, by other means."""
    login(request, User.objects.get(username="bob"), "django.contrib.auth.backends.ModelBackend")
    return HttpResponse()


class MoreUrls:
    """With Django's own ways."""

    urlpatterns = [  # noqa: RUF012
        *Urls.urlpatterns,
        path("out", out),
        path("aout", aout),
        path("into", into),
    ]


@pytest.mark.parametrize("where", ["/out", "/aout", "/admin/logout/"])
def test_djangos_logout_ends_the_sign_in(here: DjangoSite, where: str) -> None:
    """However it is called."""
    with override_settings(ROOT_URLCONF=MoreUrls):
        browser = client()
        sign_in(browser, username="ada")
        kept = browser.cookies[SESSION].value
        browser.post(where)
        assert browser.get("/me").json() == NOBODY
        browser.cookies[SESSION] = kept
        assert browser.get("/me").json() == NOBODY
        assert here.server.requests["revoke"] == 1


def test_another_sign_in_ends_the_sign_in(here: DjangoSite) -> None:
    """The last one counts."""
    User.objects.create_user("bob")
    with override_settings(ROOT_URLCONF=MoreUrls):
        browser = client()
        sign_in(browser)
        browser.post("/into")
        assert browser.get("/me").json() == {**NOBODY, "user": "bob"}
        sign_in(browser)
        assert browser.get("/me").json() == alice(here)


def test_logout_while_the_store_is_down(here: DjangoSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is signed out, and whoever asked is told so."""
    with override_settings(ROOT_URLCONF=MoreUrls):
        browser = client()
        sign_in(browser)
        store = configured().sessions._driver._store  # type: ignore[union-attr]

        def fail(*_: object) -> bool:
            raise ConnectionError

        with monkeypatch.context() as patch:
            patch.setattr(type(store), "remove", fail)
            assert browser.post("/out").status_code == 503
            assert browser.post("/auth/logout").status_code == 503
        assert browser.get("/me").json() == alice(here)


@pytest.mark.parametrize("where", ["/auth/logout", "/change", "/change-exempt"])
def test_forged_requests(here: DjangoSite, where: str) -> None:
    """A request of another site is refused; so is one without Django's token where Django wants
    it."""
    browser = client(enforce_csrf_checks=True)
    sign_in(browser)
    own, evil = {"origin": "http://localhost"}, {"origin": "https://evil.example"}
    browser.cookies["csrftoken"] = "t" * 32
    token = {"csrfmiddlewaretoken": "t" * 32}
    for headers in (evil, {}, {"sec-fetch-site": "same-site", **own}):
        refused = browser.post(where, token, headers=headers)
        assert refused.status_code == 403
    assert browser.get("/me").json() == alice(here)
    if where != "/change-exempt":
        assert browser.post(where, headers=own).status_code == 403
    assert browser.post(where, token, headers=own).status_code in (200, 303)


def test_sign_out_of_a_script(here: DjangoSite) -> None:
    """A failure is told to a script as problem details."""
    browser = client(enforce_csrf_checks=True)
    sign_in(browser)
    browser.cookies["csrftoken"] = "t" * 32
    headers = {
        "origin": "http://localhost",
        "x-csrftoken": "t" * 32,
        "sec-fetch-site": "cross-site",
    }
    reply = browser.post("/auth/logout", headers=headers)
    assert reply.json()["reason"] == "cross_site_request"
    page = browser.post("/auth/logout", headers={**headers, "accept": "text/html"})
    assert page["Content-Type"].startswith("text/html")


def test_refresh(here: DjangoSite) -> None:
    """Across the expiry of the access token, and with the pool down."""
    browser = client()
    sign_in(browser)
    later = time_machine.travel(timezone.now() + timedelta(hours=1, seconds=5))
    with later, here.server.failing(Fault.SERVER_ERROR, at="token"):
        page = browser.get("/me", headers={"accept": "text/html"})
        assert page.status_code == 503
        assert "You have not been signed out" in page.content.decode()
        reply = browser.get("/ame")
        assert (reply.status_code, reply.json()["reason"]) == (503, "refresh_unavailable")
        assert int(reply["Retry-After"]) >= 1
    refreshing = configured().sessions._staying._refreshing  # type: ignore[union-attr]
    # What waits after a failure has waited.
    refreshing._backoff._clock = refreshing._outage._clock = lambda: inf
    with time_machine.travel(timezone.now() + timedelta(hours=1, minutes=2)):
        assert browser.get("/me").json() == alice(here)


def test_atomic_requests_undo_nothing(here: DjangoSite) -> None:
    """What is signed out stays so, and what was refreshed too, whatever the view does."""
    connection = connections["default"]
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    try:
        browser = client(raise_request_exception=False)
        assert sign_in(browser).status_code == 303
        with override_settings(ROOT_URLCONF=BreakingUrls):
            assert browser.post("/out").status_code == 500
        assert browser.get("/me").json() == NOBODY
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False


def broken(request: Any) -> HttpResponse:
    """Signs out, and fails."""
    logout(request)
    raise ValueError


class BreakingUrls:
    """With a view that fails."""

    urlpatterns = [*Urls.urlpatterns, path("out", broken)]  # noqa: RUF012


def test_under_asgi(here: DjangoSite) -> None:
    """The same with an event loop."""

    async def visit() -> None:
        browser = aclient()
        assert (await asign_in(browser))["Location"] == "/ame"
        for where in ("/me", "/ame", "/page", "/api"):
            assert (await browser.get(where)).json() == alice(here)
        assert (await browser.get("/open/ame")).json() == NOBODY
        basic = {"authorization": "Basic YTpi"}
        assert (await browser.get("/ame", headers=basic)).json() == NOBODY
        other = aclient()
        other.cookies[SESSION] = browser.cookies[SESSION].value
        assert (await other.post("/auth/logout")).status_code == 303
        reply = await browser.get("/ame")
        assert reply.json() == NOBODY
        assert SESSION not in reply.cookies

    asyncio.run(visit())


def test_admin(here: DjangoSite) -> None:
    """Members of the staff come in through the pool; others are not led around in circles."""
    browser = client()
    sent = browser.get("/admin/")
    assert sent["Location"] == "/admin/login/?next=/admin/"
    sent = browser.get(sent["Location"])
    assert sent["Location"] == "/auth/login?next=%2Fadmin%2F"
    sign_in(browser, "/admin/", username="ada")
    assert browser.get("/admin/").status_code == 200
    assert browser.get("/admin/login/")["Location"] == "/admin/"
    assert browser.get("/admin/login/?next=//evil.example")["Location"] == "/"
    assert browser.get("/admin/logout/").status_code == 405
    assert browser.post("/admin/logout/")["Location"].startswith(here.server.domain)
    assert browser.get("/admin/").status_code == 302
    sign_in(browser)
    assert browser.get("/admin/").status_code == 302
    assert browser.get("/admin/login/?next=/admin/").status_code == 403


def test_login_required_middleware(here: DjangoSite) -> None:
    """Django's own lets people sign in."""
    order = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        *BARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    with override_settings(MIDDLEWARE=order):
        browser = client()
        assert browser.get("/me").status_code == 302
        assert sign_in(browser).status_code == 303
        assert browser.get("/me").json() == alice(here)


def test_required_lets_people_sign_in(db: str) -> None:
    """Who has signed in has a credential."""
    with login_site({"REQUIRED": True}) as here:
        browser = client()
        assert browser.get("/me").status_code == 401
        sign_in(browser)
        assert browser.get("/me").json() == alice(here)
        browser.cookies[SESSION] = "A" * 43
        reply = browser.get("/me")
        assert reply.status_code == 401
        assert SESSION not in reply.cookies
        assert "Cookie" in reply["Vary"]


@pytest.mark.parametrize("engine", ["cached_db", "cache"])
def test_other_engines(db: str, engine: str) -> None:
    """Sessions in a cache."""
    name = f"django.contrib.sessions.backends.{engine}"
    with login_site(SESSION_ENGINE=name) as here:
        browser = client()
        sign_in(browser)
        assert browser.get("/me").json() == alice(here)
        browser.post("/auth/logout")
        assert browser.get("/me").json() == NOBODY


def test_signed_cookies_beside_a_store_of_ones_own(db: str) -> None:
    """Django's session is in the browser, and the sign-in is not: a copy is worth nothing."""
    own = {"LOGIN_STORE": "cognito_guard.login.MemorySessionStore"}
    name = "django.contrib.sessions.backends.signed_cookies"
    with login_site(own, SESSION_ENGINE=name) as here:
        browser = client()
        sign_in(browser)
        assert browser.get("/me").json() == alice(here)
        kept = dict(browser.cookies)
        browser.post("/auth/logout")
        browser.cookies["sessionid"] = kept["sessionid"].value
        assert browser.get("/me").json() == NOBODY
        assert Session.objects.count() == 0


def test_no_sign_in_no_change(db: str, here: DjangoSite) -> None:
    """Without settings of sign-in, nothing of it happens."""
    raw = {name: value for name, value in here.settings().items() if "LOGIN" not in name}
    with override_settings(COGNITO_GUARD=raw):
        browser = Client(headers={"host": "localhost"})
        with pytest.raises(AttributeError, match="login_session"):
            browser.get("/me")
        reply = browser.get("/page")
        assert reply["Vary"] == "Cookie, Authorization" or reply["Vary"] == "Authorization, Cookie"
        with pytest.raises(ConfigurationError, match="has no settings of sign-in"):
            browser.get("/auth/login")
