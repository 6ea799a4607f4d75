"""What Django's session holds is of one user: it follows a sign-in, and reaches no other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.test import Client, override_settings
from django.urls import path

from cognito_guard import Guard
from cognito_guard.revocation import MemoryRevocationList
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.login.django_session import Tie, tie
from cognito_guard_django.sign_out import asign_out, sign_out

from .login_site import (
    SESSION,
    DjangoSite,
    Urls,
    aclient,
    asign_in,
    client,
    fill,
    login_site,
    sign_in,
)
from .project import MIDDLEWARE

STATELESS = {"USERS": "stateless", "STAFF_GROUPS": ["admins"]}
BESIDE = {"LOGIN_STORE": "cognito_guard.login.MemorySessionStore"}
ENGINES = {"db": {}, "cached_db": {}, "cache": {}, "signed_cookies": BESIDE}


async def afill(request: Any) -> HttpResponse:
    """Put something into Django's session, async."""
    await request.session.aset("cart", ["a book"])
    return HttpResponse()


async def asave(request: Any) -> HttpResponse:
    """The same, and save it."""
    await request.session.aset("cart", ["a book"])
    await request.session.asave()
    return HttpResponse()


def leave(request: Any) -> HttpResponse:
    """Signs the caller out, and looks at what is left."""
    sign_out(request)
    return _left(request)


async def aleave(request: Any) -> HttpResponse:
    """The same, async."""
    await asign_out(request)
    return _left(request)


def _left(request: Any) -> HttpResponse:
    said = [
        getattr(request, "login_session", None),
        request.identity,
        request.user.is_authenticated,
    ]
    return JsonResponse(said, safe=False)


def into(request: Any) -> HttpResponse:
    """Signs bob in, by other means."""
    login(request, User.objects.get(username="bob"), "django.contrib.auth.backends.ModelBackend")
    return HttpResponse()


def form(request: Any) -> HttpResponse:
    """The token of a form."""
    return HttpResponse(get_token(request))


def slow(request: Any) -> HttpResponse:
    """Something happens before it answers."""
    request.session["cart"] = ["a book"]
    MEANWHILE.pop()()
    return HttpResponse()


MEANWHILE: list[Callable[[], object]] = []


class MoreUrls:
    """With more ways to fill a session."""

    urlpatterns = [  # noqa: RUF012
        *Urls.urlpatterns,
        path("afill", afill),
        path("asave", asave),
        path("open/fill", fill),
        path("leave", leave),
        path("aleave", aleave),
        path("into", into),
        path("open/into", into),
        path("form", form),
        path("slow", slow),
    ]


def site_on(engine: str, own: dict[str, Any] | None = None, **settings: Any) -> Any:
    """The site, with Django's sessions in this."""
    return login_site(
        {**ENGINES[engine], **(own or {})},
        ROOT_URLCONF=MoreUrls,
        SESSION_ENGINE=f"django.contrib.sessions.backends.{engine}",
        **settings,
    )


@pytest.fixture(params=[{}, STATELESS], ids=["users", "stateless"])
def here(db: str, request: pytest.FixtureRequest) -> Iterator[DjangoSite]:
    """The site, with users and without."""
    with site_on("db", request.param) as one:
        yield one


def signed_in(username: str = "alice", **cookies: str) -> Client:
    """A browser of somebody who has signed in, with these cookies besides."""
    browser = client()
    sign_in(browser, username=username)
    for name, value in cookies.items():
        browser.cookies[name] = value
    return browser


def cart(browser: Client, where: str = "/me") -> Any:
    """What its session holds."""
    return browser.get(where).json()["cart"]


def end(browser: Client) -> None:
    """The sign-in ends, and the browser does not hear of it."""
    other = client()
    other.cookies[SESSION] = browser.cookies[SESSION].value
    assert other.post("/auth/logout").status_code == 303


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("own", [{}, STATELESS], ids=["users", "stateless"])
def test_session_of_another_sign_in(db: str, engine: str, own: dict[str, Any]) -> None:
    """It is empty for this one, gets another key when it is filled, and stays as it was for the
    other."""
    with site_on(engine, own):
        alice = signed_in()
        alice.get("/fill")
        ada = signed_in("ada", sessionid=alice.cookies["sessionid"].value)
        assert cart(ada) is None
        ada.cookies["sessionid"] = alice.cookies["sessionid"].value
        ada.get("/fill")
        assert cart(ada) == ["a book"]
        assert ada.cookies["sessionid"].value != alice.cookies["sessionid"].value
        assert cart(alice) == ["a book"]


@pytest.mark.parametrize("where", ["/fill", "/open/fill", "/afill", "/asave"])
@pytest.mark.parametrize("then", ["the end", "another user"])
def test_session_that_was_lost(here: DjangoSite, where: str, then: str) -> None:
    """What comes into the next one belongs to the sign-in as well."""
    browser = signed_in()
    browser.cookies.pop("sessionid", None)
    browser.get(where)
    if where != "/open/fill":
        assert cart(browser) == ["a book"]
    if then == "the end":
        end(browser)
        assert cart(browser) is None
    sign_in(browser, username="ada", prompt="login")
    assert cart(browser) is None


def test_same_user_once_more(here: DjangoSite) -> None:
    """Who signs in anew goes on with what there is."""
    browser = signed_in()
    browser.get("/fill")
    sign_in(browser, prompt="login")
    assert cart(browser) == ["a book"]
    sign_in(browser, username="ada", prompt="login")
    assert cart(browser) is None
    browser.get("/fill")
    browser.post("/auth/logout")
    assert cart(browser) is None


@pytest.mark.parametrize("where", ["/leave", "/aleave"])
def test_apps_own_sign_out(here: DjangoSite, where: str) -> None:
    """It leaves nothing, nor for the rest of the request."""
    browser = signed_in()
    browser.get("/fill")
    key = browser.cookies["sessionid"].value
    assert browser.post(where).json() == [None, None, False]
    assert not Session.objects.filter(session_key=key).exists()
    assert cart(browser) is None


@pytest.mark.parametrize("where", ["/leave", "/aleave"])
def test_apps_own_sign_out_of_a_token(db: str, where: str) -> None:
    """Its user is nobody for the rest of the request; Django's session beside it is another's."""
    pool = LocalUserPool()
    guard = Guard(pool.trust(), revocations=MemoryRevocationList())
    settings = {"GUARD": guard}
    browser = client()
    with override_settings(COGNITO_GUARD=settings, ROOT_URLCONF=MoreUrls):
        token = {"authorization": f"Bearer {pool.access_token()}"}
        browser.get("/open/fill")
        key = browser.cookies["sessionid"].value
        assert browser.post(where, headers=token).json() == [None, None, False]
        assert browser.post(where, headers=token).json()["reason"] == "revoked"
        assert browser.cookies["sessionid"].value == key


def test_session_of_a_visitor(here: DjangoSite) -> None:
    """Whoever plants one does not see what comes into it."""
    visitor = client()
    visitor.get("/fill")
    key = visitor.cookies["sessionid"].value
    browser = signed_in(sessionid=key)
    assert cart(browser) == ["a book"]
    assert browser.cookies["sessionid"].value != key
    end(browser)
    assert cart(browser) is None
    assert cart(visitor, "/open/me") == ["a book"]


def test_session_of_a_password(here: DjangoSite) -> None:
    """Of a user who has signed in by other means: it is not seen, also not by the next sign-in."""
    User.objects.create_user("bob", password="secret")
    bob = client()
    assert bob.login(username="bob", password="secret")
    bob.get("/fill")
    key = bob.cookies["sessionid"].value
    assert cart(signed_in(sessionid=key)) is None
    assert cart(bob) == ["a book"]
    # A cookie of ours that is left over makes it nobody's else on paths that are exempt.
    bob.cookies[SESSION] = "A" * 43
    bob.get("/open/fill")
    assert bob.get("/me").json()["user"] == "bob"
    sign_in(bob)
    assert cart(bob) is None


@pytest.mark.parametrize("where", ["/into", "/open/into"])
@pytest.mark.parametrize("how", ["/fill", "/open/fill"])
def test_password_after_a_sign_in(here: DjangoSite, where: str, how: str) -> None:
    """Django empties only what another user of its own has left. What came of a sign-in that it
    does not know of goes as well."""
    User.objects.create_user("bob")
    browser = signed_in()
    browser.cookies.pop("sessionid", None)
    browser.get(how)
    browser.post(where)
    seen = browser.get("/me").json()
    assert (seen["user"], seen["cart"]) == ("bob", None)
    browser.get("/fill")
    assert cart(browser) == ["a book"]


@pytest.mark.parametrize("engine", ENGINES)
def test_late_answer(db: str, engine: str) -> None:
    """A request of one user is answered after another one has signed in: the browser takes the
    cookie of that answer."""
    with site_on(engine):
        browser = client(raise_request_exception=False)
        sign_in(browser)
        tab = client()
        for name, one in browser.cookies.items():
            tab.cookies[name] = one.value
        MEANWHILE.append(lambda: sign_in(tab, username="ada", prompt="login"))
        late = browser.get("/slow")
        for name, one in late.cookies.items():
            tab.cookies[name] = one.value
        assert tab.get("/me").json()["identity"] == "ada"
        assert cart(tab) is None


def test_session_that_is_saved_each_time(here: DjangoSite) -> None:
    """Nobody reads it before it is saved."""
    alice = signed_in()
    alice.get("/fill")
    with override_settings(SESSION_SAVE_EVERY_REQUEST=True):
        ada = signed_in("ada", sessionid=alice.cookies["sessionid"].value)
        for where in ("/change", "/change"):
            assert ada.get(where).content == b"changed"
        assert cart(ada) is None
    assert cart(alice) == ["a book"]


class Reader:
    """Reads the session before we can look."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        """See the class."""
        request.session.get("cart")
        return self.get_response(request)


def test_session_that_was_read_already(here: DjangoSite) -> None:
    """By a middleware before ours."""
    alice = signed_in()
    alice.get("/fill")
    with override_settings(MIDDLEWARE=[MIDDLEWARE[0], f"{__name__}.Reader", *MIDDLEWARE[1:]]):
        ada = signed_in("ada", sessionid=alice.cookies["sessionid"].value)
        assert cart(ada) is None


def test_asgi(here: DjangoSite) -> None:
    """The same in async views."""

    async def visit() -> None:
        alice, ada = aclient(), aclient()
        await asign_in(alice)
        await alice.get("/afill")
        assert (await alice.get("/ame")).json()["cart"] == ["a book"]
        await asign_in(ada, username="ada")
        ada.cookies["sessionid"] = alice.cookies["sessionid"].value
        assert (await ada.get("/ame")).json()["cart"] is None
        await ada.get("/asave")
        assert (await ada.get("/ame")).json()["cart"] == ["a book"]

    asyncio.run(visit())


def test_session_of_another_make() -> None:
    """What is no session of Django's is left alone."""
    kept = {"cart": ["a book"]}
    tie(SimpleNamespace(session=kept), Tie("mark", "user"))
    assert kept == {"cart": ["a book"]}


def test_forms_of_the_user_before(here: DjangoSite) -> None:
    """The token of a form is good for one sign-in."""
    browser = client(enforce_csrf_checks=True)
    sign_in(browser)
    own = {"origin": "http://localhost"}
    token = {"csrfmiddlewaretoken": browser.get("/form").content.decode()}
    assert browser.post("/change", token, headers=own).status_code == 200
    sign_in(browser, username="ada", prompt="login")
    assert browser.post("/change", token, headers=own).status_code == 403


def fetch_metadata(mode: str, dest: str, site: str = "cross-site") -> dict[str, str]:
    """What a browser says of a request."""
    return {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest}


@pytest.mark.parametrize(
    ("headers", "stays"),
    [
        (fetch_metadata("no-cors", "image"), True),
        (fetch_metadata("navigate", "iframe"), True),
        # Our cookie would have come along with these.
        (fetch_metadata("navigate", "document"), False),
        (fetch_metadata("cors", "empty", "same-origin"), False),
        ({}, False),
    ],
)
@pytest.mark.parametrize("where", ["/me", "/ame"])
def test_other_sites_end_nothing(
    here: DjangoSite, where: str, headers: dict[str, str], stays: bool
) -> None:
    """Django's session may come along with what they cause (``SESSION_COOKIE_SAMESITE``), and the
    sign-in does not."""
    browser = signed_in()
    browser.get("/fill")
    caused = client()
    caused.cookies["sessionid"] = browser.cookies["sessionid"].value
    reply = caused.get(where, headers=headers).json()
    assert (reply["user"], reply["identity"]) == (None, None)
    assert cart(browser) == (["a book"] if stays else None)
    assert Session.objects.count() > 0
