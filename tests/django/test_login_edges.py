"""Sign-in where less, or more, is around: no users, async stores, REST framework, its keys down."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.backends.cache import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from django.utils import timezone
from django.views import View
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.response import Response

from cognito_guard import AccessDenied, LoginTooWeak, Reason, require_acr, require_recent_login
from cognito_guard.login import MemorySessionStore
from cognito_guard.testing import Fault
from cognito_guard_django import enforce
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.login.decorators import login_required
from cognito_guard_django.login.django_session import end_all
from cognito_guard_django.login.mixins import LoginRequiredMixin
from cognito_guard_django.login.signals import signed_in_elsewhere, signed_out
from cognito_guard_django.rest_framework import CognitoAuthentication, CognitoPermission
from cognito_guard_django.sign_out import sign_out

from .login_site import (
    SESSION,
    DjangoSite,
    Urls,
    aclient,
    asign_in,
    client,
    login_site,
    sign_in,
)

PAGE = {"accept": "text/html", "sec-fetch-mode": "navigate"}
OWN, EVIL = {"origin": "http://localhost"}, {"origin": "https://evil.example"}


def who(request: Any) -> HttpResponse:
    """Who asks."""
    return HttpResponse(request.identity.username)


@login_required(policy=require_recent_login(300))
def recent(request: Any) -> HttpResponse:
    """For who has signed in just now."""
    return who(request)


@login_required
def strong(request: Any) -> HttpResponse:
    """The view itself wants a stronger sign-in, for all but who is signed out by then."""
    if "leave" in request.GET:
        sign_out(request)
    caller = request.identity
    if caller is None:
        raise LoginTooWeak(Reason.LOGIN_TOO_WEAK, "Sign in again.", acr_values=["a"])
    enforce(request, require_acr("urn:cognito:loa:3"))
    raise AssertionError


@cognito_required
def strong_api(request: Any) -> HttpResponse:
    """The same, and no page."""
    enforce(request, require_acr("urn:cognito:loa:3"))
    raise AssertionError


class Editors(LoginRequiredMixin, View):
    """For editors."""

    required_groups = "editors"

    async def get(self, request: Any) -> HttpResponse:
        """See the class."""
        return who(request)


@api_view(["POST"])
@authentication_classes([CognitoAuthentication])
@permission_classes([CognitoPermission])
def rest(request: Any) -> Response:
    """A view of REST framework's."""
    return Response({"user": request.auth.username})


class MoreUrls:
    """With more views."""

    urlpatterns = [  # noqa: RUF012
        *Urls.urlpatterns,
        path("recent", recent),
        path("strong", strong),
        path("strong-api", strong_api),
        path("editors", Editors.as_view()),
        path("rest", rest),
    ]


@pytest.fixture
def here(db: str) -> Iterator[DjangoSite]:
    """The site, with more views."""
    with login_site(ROOT_URLCONF=MoreUrls) as one:
        yield one


def test_pages(here: DjangoSite) -> None:
    """Persons are led to the sign-in, scripts are refused; a sign-in that is too old is asked for
    again."""
    browser = client()
    for where in ("recent", "editors"):
        sent = browser.get(f"/{where}?a=1", headers=PAGE)
        assert (sent.status_code, sent["Cache-Control"]) == (302, "no-store")
        assert sent["Location"] == f"/auth/login?next=%2F{where}%3Fa%3D1"
        assert "Cookie" in sent["Vary"]
        assert browser.get(f"/{where}").status_code == 401
        assert browser.post(f"/{where}", headers=PAGE).status_code == 401
    sign_in(browser)
    assert browser.get("/recent", headers=PAGE).content == b"alice"
    assert browser.get("/editors", headers=PAGE).status_code == 403
    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        sent = browser.get("/recent", headers=PAGE)
        asks = "&prompt=login&step_up=login_too_old&max_age=300"
        assert sent["Location"] == f"/auth/login?next=%2Frecent{asks}"
        assert browser.get("/recent").status_code == 401
        token = here.server.access_token(client_id="web", auth_time=1)
        headers = {**PAGE, "authorization": f"Bearer {token}"}
        assert browser.get("/recent", headers=headers).status_code == 401


def test_the_view_of_a_page(here: DjangoSite) -> None:
    """It leads a browser to a stronger sign-in, which is there by a session; nobody else."""
    browser = client()
    sign_in(browser)
    sent = browser.get("/strong?a=1", headers=PAGE)
    asks = "&prompt=login&step_up=login_too_weak&acr_values="
    assert sent["Location"].startswith(f"/auth/login?next=%2Fstrong%3Fa%3D1{asks}")
    assert (sent.status_code, sent["Cache-Control"]) == (302, "no-store")
    assert "Cookie" in sent["Vary"]
    headers = {**PAGE, "authorization": f"Bearer {here.server.access_token(client_id='web')}"}
    for refused in (
        browser.get("/strong"),
        browser.post("/strong", headers={**PAGE, **OWN}),
        browser.get("/strong", headers=headers),
        browser.get("/strong-api", headers=PAGE),
        browser.get("/strong?leave", headers=PAGE),
    ):
        assert (refused.status_code, refused.json()["reason"]) == (401, "login_too_weak")


def test_rest_framework(here: DjangoSite) -> None:
    """Its views know the session, and take no requests of other sites."""
    browser = client(enforce_csrf_checks=True)
    assert browser.post("/rest", headers=OWN).status_code == 401
    sign_in(browser)
    assert browser.post("/rest", headers=OWN).json() == {"user": "alice"}
    assert browser.post("/rest", headers=EVIL).status_code == 403


class Rewriting:
    """Makes another method of a request, after it was decided about."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        """Do so."""
        if "method" in request.GET:
            request.method = request.GET["method"]
        return self.get_response(request)


def test_another_method(here: DjangoSite) -> None:
    """What is made a change of afterwards is looked at as one."""
    from .project import MIDDLEWARE

    order = [*MIDDLEWARE, f"{__name__}.Rewriting"]
    with override_settings(MIDDLEWARE=order):
        browser = client(enforce_csrf_checks=True)
        sign_in(browser)
        changed = browser.get("/change-exempt?method=POST")
        assert changed.json()["reason"] == "cross_site_request"
        assert browser.get("/rest?method=POST", headers=EVIL).status_code == 403


def test_keys_that_cannot_be_had(here: DjangoSite) -> None:
    """503: a page for a person, problem details for a script, and nobody is signed out."""
    browser = client()
    sign_in(browser)
    for path_, agent in (("/me", {}), ("/me", PAGE), ("/ame", {}), ("/ame", PAGE)):
        fresh = override_settings(COGNITO_GUARD=here.settings())  # a guard without keys
        with here.server.failing(Fault.SERVER_ERROR), fresh:
            reply = browser.get(path_, headers=agent)
        assert reply.status_code == 503
        assert ("text/html" in reply["Content-Type"]) is bool(agent)
        assert "Cookie" in reply["Vary"]
    assert browser.get("/me").json()["identity"] == "alice"


def refuse_later(user: Any, identity: Any) -> bool:
    """A hook that lets nobody stay."""
    raise AccessDenied(Reason.CHECK_FAILED, "Not today.")


def test_caller_whom_a_check_refuses_may_sign_in_anew(here: DjangoSite) -> None:
    """Whose token the guard takes no more is led to the sign-in, not in circles."""
    browser = client()
    sign_in(browser)
    checked = here.server.trust(checks=[lambda identity: False])
    from cognito_guard import Guard

    with override_settings(COGNITO_GUARD=here.settings(GUARD=Guard(checked))):
        assert browser.get("/me").status_code == 401
        assert browser.get("/auth/login")["Location"].startswith(here.server.domain)
        assert browser.post("/auth/logout").status_code == 303
    with override_settings(COGNITO_GUARD=here.settings(USER_HOOK=refuse_later)):
        assert sign_in(client()).status_code == 403


def test_stateless(db: str) -> None:
    """Nobody is stored; what Django's session holds gets another key, and goes with the sign-in."""
    bare: dict[str, Any] = {"STAFF_GROUPS": ["admins"], "USERS": "stateless"}
    with login_site(bare) as here:
        browser = client()
        browser.get("/fill")
        key = browser.session.session_key
        assert sign_in(browser).status_code == 303
        assert browser.session.session_key != key
        seen = browser.get("/me").json()
        assert (seen["user"], seen["cart"]) == ("alice", ["a book"])
        browser.post("/auth/logout")
        assert browser.get("/me").json()["cart"] is None
        order = [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "cognito_guard_django.middleware.CognitoMiddleware",
        ]
        with override_settings(MIDDLEWARE=order):
            browser = client()
            browser.get("/fill")
            sign_in(browser)
            assert browser.get("/api").json()["cart"] == ["a book"]
            assert browser.get("/open/me").json()["user"] is None
            browser.post("/auth/logout")
            assert browser.get("/me").json()["cart"] is None
        assert here.server.requests["revoke"] == 2


class Awaited:
    """An async store."""

    def __init__(self) -> None:
        self.memory = MemorySessionStore()

    async def read(self, key: str) -> bytes | None:
        """As of a store."""
        return self.memory.read(key)

    async def add(self, key: str, value: bytes, seconds: float) -> bool:
        """As of a store."""
        return self.memory.add(key, value, seconds)

    async def replace(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """As of a store."""
        return self.memory.replace(key, old, new, seconds)

    async def remove(self, key: str, value: bytes | None = None) -> bool:
        """As of a store."""
        return self.memory.remove(key, value)


@pytest.mark.parametrize("own", [{}, {"LOGIN_STORE": Awaited}], ids=["framework", "async"])
def test_whole_way_under_asgi(db: str, own: dict[str, Any]) -> None:
    """Sign-in, refresh across the expiry, sign-out, with either store."""
    with login_site(own) as here:

        async def visit() -> None:
            browser = aclient()
            await asign_in(browser)
            later = time_machine.travel(timezone.now() + timedelta(hours=1, seconds=5))
            with later:
                assert (await browser.get("/ame")).json()["identity"] == "alice"
                assert here.server.requests["token"] == 2
                assert (await browser.get("/auth/login?next=/me"))["Location"] == "/me"
                assert (await browser.post("/auth/logout")).status_code == 303
                assert (await browser.get("/ame")).json()["identity"] is None
            assert SESSION not in browser.cookies or not browser.cookies[SESSION].value

        asyncio.run(visit())
        assert here.server.requests["revoke"] == 1


def test_no_users_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a project without ``django.contrib.auth``, Django's session ends by itself."""
    kept = SessionStore()
    kept["cart"] = ["a book"]
    request = SimpleNamespace(session=kept)
    monkeypatch.setattr(
        "cognito_guard_django.login.django_session.apps.is_installed", lambda name: False
    )
    end_all(request)
    assert "cart" not in kept
    end_all(SimpleNamespace())


def test_signal_without_a_request() -> None:
    """Whoever sends it by hand."""
    signed_out(None, request=None)
    signed_in_elsewhere(None, request=None)


def test_urls_are_missing(here: DjangoSite) -> None:
    """A page says what to add; a failure leads home."""
    from cognito_guard import ConfigurationError

    browser = client()
    sign_in(browser)
    urls = type("Few", (), {"urlpatterns": [path("recent", recent), path("me", who)]})
    with override_settings(ROOT_URLCONF=urls):
        with pytest.raises(ConfigurationError, match="urlpatterns"):
            client().get("/recent", headers=PAGE)
        with (
            here.server.failing(Fault.SERVER_ERROR),
            override_settings(COGNITO_GUARD=here.settings()),
        ):
            assert '<a href="/">' in browser.get("/me", headers=PAGE).content.decode()
    assert Session.objects.count() > 0
