"""Django's own ``logout()`` and ``login()`` end a sign-in, wherever they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import alogin, alogout, login, logout
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.auth.views import LogoutView
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse, JsonResponse
from django.test import override_settings
from django.urls import path
from django.utils import timezone
from rest_framework.decorators import api_view
from rest_framework.response import Response

from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.login import signals
from cognito_guard_django.login.configured import configured

from .conftest import bearer
from .login_site import (
    SESSION,
    DjangoSite,
    Urls,
    at_the_pool,
    client,
    login_site,
    me,
    sign_in,
)
from .project import MIDDLEWARE

NOBODY = {"user": None, "identity": None, "session": False, "cart": None}
BACKEND = "django.contrib.auth.backends.ModelBackend"


def out(request: Any) -> HttpResponse:
    """Signs out as Django does, and says who is there afterwards."""
    logout(request)
    request.session["cart"] = ["what came afterwards"]
    return me(request)


async def aout(request: Any) -> HttpResponse:
    """The same, async."""
    await alogout(request)
    user = await request.auser()
    return JsonResponse({"user": user.is_authenticated, "identity": request.identity})


def into(request: Any) -> HttpResponse:
    """Signs somebody in by other means."""
    name = request.GET.get("name", "bob")
    login(request, User.objects.get(username=name), BACKEND)
    return me(request)


async def ainto(request: Any) -> HttpResponse:
    """The same, async."""
    await alogin(request, await User.objects.aget(username="bob"), BACKEND)
    return JsonResponse({"user": (await request.auser()).get_username()})


@api_view(["POST"])
def rest_out(request: Any) -> Response:
    """Signs out in a view of REST framework's."""
    logout(request)
    return Response({})


@cognito_required
def leaving(request: Any) -> HttpResponse:
    """A page that only callers see, and that they leave."""
    logout(request)
    return HttpResponse("bye")


WAYS_OUT = {"out": out, "aout": aout, "view": LogoutView.as_view(), "rest": rest_out}
WAYS_IN = {"into": into, "ainto": ainto}


class MoreUrls:
    """With Django's own ways, where we look at who is calling and where not."""

    urlpatterns = [  # noqa: RUF012
        *Urls.urlpatterns,
        path("leaving", leaving),
        *(path(f"{name}", view) for name, view in {**WAYS_OUT, **WAYS_IN}.items()),
        *(path(f"open/{name}", view) for name, view in {**WAYS_OUT, **WAYS_IN}.items()),
    ]


@pytest.fixture
def here(db: str) -> Iterator[DjangoSite]:
    """The site, with these ways, and with bob, who has a password."""
    User.objects.create_user("bob")
    with login_site(ROOT_URLCONF=MoreUrls) as one:
        yield one


def assert_over(here: DjangoSite, browser: Any, kept: str) -> None:
    """The sign-in is over for the browser, and for whoever has copied its cookie."""
    assert browser.cookies[SESSION].value == ""
    for cookie in (None, kept):
        if cookie is not None:
            browser.cookies[SESSION] = cookie
        reply = browser.get("/me").json()
        assert (reply["identity"], reply["session"]) == (None, False)
    assert here.server.requests["revoke"] == 1


@pytest.mark.parametrize("with_token", [False, True], ids=["alone", "beside a token"])
@pytest.mark.parametrize("where", [f"/{how}{name}" for how in ("", "open/") for name in WAYS_OUT])
def test_logout(here: DjangoSite, where: str, with_token: bool) -> None:
    """On any path, with whichever credential."""
    browser = client()
    sign_in(browser)
    kept = browser.cookies[SESSION].value
    token = here.server.access_token("ada", client_id="web") if with_token else None
    reply = browser.post(where, headers=None if token is None else bearer(token))
    assert reply.status_code in (200, 302)
    if where.endswith("/out"):
        assert reply.json() == {**NOBODY, "cart": ["what came afterwards"]}
        # It is nobody's, and stays.
        assert browser.get("/me").json()["cart"] == ["what came afterwards"]
    if where.endswith("/aout"):
        assert reply.json() == {"user": False, "identity": None}
    assert_over(here, browser, kept)


@pytest.mark.parametrize("where", [f"/{how}{name}" for how in ("", "open/") for name in WAYS_IN])
def test_login_of_another_user(here: DjangoSite, where: str) -> None:
    """The last one counts, from the next line on."""
    browser = client()
    sign_in(browser)
    browser.get("/fill")
    kept = browser.cookies[SESSION].value
    assert browser.post(where).json()["user"] == "bob"
    assert browser.get("/me").json() == {**NOBODY, "user": "bob"}
    assert_over(here, browser, kept)
    assert browser.get("/me").json()["user"] == "bob"


def test_login_of_the_same_user(here: DjangoSite) -> None:
    """Who comes in another way as well goes on, with what the session holds."""
    browser = client()
    sign_in(browser)
    browser.get("/fill")
    subject = here.pool.subject("alice")
    known = {**NOBODY, "user": subject, "cart": ["a book"]}
    assert browser.post(f"/into?name={subject}").json() == known
    assert browser.get("/me").json() == known


class Middleware:
    """Signs out where the query says so: on the way in, or right before the view."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        """See the class."""
        if "timeout" in request.GET:
            logout(request)
        return self.get_response(request)

    def process_view(self, request: Any, view: Any, args: object, kwargs: object) -> None:
        """See the class."""
        if "late" in request.GET:
            logout(request)


def with_middleware(place: int, **own: Any) -> Any:
    """Such a middleware before ours (0), or behind it (1)."""
    at = MIDDLEWARE.index("cognito_guard_django.middleware.CognitoMiddleware") + place
    order = [*MIDDLEWARE[:at], f"{__name__}.Middleware", *MIDDLEWARE[at:]]
    return override_settings(MIDDLEWARE=order, **own)


@pytest.mark.parametrize("place", [0, 1], ids=["before", "behind"])
@pytest.mark.parametrize("when", ["timeout", "late"])
def test_logout_in_a_middleware(here: DjangoSite, place: int, when: str) -> None:
    """The view sees nobody, and so do the next ones."""
    with with_middleware(place):
        browser = client()
        sign_in(browser)
        kept = browser.cookies[SESSION].value
        assert browser.get(f"/me?{when}").json() == NOBODY
        assert_over(here, browser, kept)
        sign_in(browser)
        assert browser.get(f"/api?{when}").status_code == 401
        assert browser.get(f"/ame?{when}").json() == NOBODY


@pytest.mark.parametrize("place", [0, 1], ids=["before", "behind"])
@pytest.mark.parametrize("when", ["timeout", "late"])
def test_nobody_is_let_in_where_a_credential_is_required(
    here: DjangoSite, place: int, when: str
) -> None:
    """Who was signed out on the way is refused as any other nobody."""
    with with_middleware(place, COGNITO_GUARD=here.settings(REQUIRED=True)):
        browser = client()
        sign_in(browser)
        for where in ("/me", "/ame"):
            reply = browser.get(f"{where}?{when}")
            assert (reply.status_code, reply.json()["reason"]) == (401, "missing_credentials")


def test_logout_of_a_token(here: DjangoSite) -> None:
    """Where there is no session to end, the caller is nobody all the same, and it is no fault."""
    headers = bearer(here.server.access_token("ada", client_id="web"))
    raw = {name: value for name, value in here.settings().items() if "LOGIN" not in name}
    for own in (here.settings(), raw):
        with with_middleware(1, COGNITO_GUARD=own):
            assert client().get("/leaving", headers=headers).content == b"bye"
            assert client().get("/leaving?timeout", headers=headers).status_code == 401


@pytest.mark.parametrize("where", ["/into", "/open/into"])
def test_login_while_the_store_is_down(
    here: DjangoSite, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other user is not signed in, also not later, when the sign-in is over."""
    browser = client()
    sign_in(browser)
    store = configured().sessions._driver._store  # type: ignore[union-attr]
    with monkeypatch.context() as patch:
        patch.setattr(type(store), "remove", _down)
        assert browser.post(where).status_code == 503
    assert browser.get("/me").json()["identity"] == "alice"
    with time_machine.travel(timezone.now() + timedelta(hours=9)):
        assert browser.get("/me").json() == NOBODY


def _down(*_: object) -> bool:
    raise ConnectionError


def test_whoever_hears_of_the_login_may_log_out(here: DjangoSite) -> None:
    """The sign-in is refused then, and leaves nothing."""

    def refuse(request: Any, **_: object) -> None:
        logout(request)

    user_logged_in.connect(refuse)
    try:
        browser = client()
        assert sign_in(browser).status_code == 403
    finally:
        user_logged_in.disconnect(refuse)
    assert SESSION not in browser.cookies
    assert browser.get("/me").json() == NOBODY
    assert here.server.requests["revoke"] == 1


def test_app_that_is_not_installed(db: str) -> None:
    """Where users are stored nowhere, no app of ours is needed to hear Django."""
    for signal, receiver in (
        (user_logged_in, signals.signed_in_elsewhere),
        (user_logged_out, signals.signed_out),
    ):
        name = f"{signals.__name__}.{receiver.__name__}"
        assert signal.disconnect(dispatch_uid=name)  # what the app has done
    with login_site(
        {"USERS": "stateless", "STAFF_GROUPS": ["admins"]}, ROOT_URLCONF=MoreUrls
    ) as here:
        WSGIHandler()
        browser = client()
        sign_in(browser)
        kept = browser.cookies[SESSION].value
        assert browser.post("/leaving").content == b"bye"
        assert_over(here, browser, kept)


@pytest.mark.parametrize(
    "prepare",
    [lambda token: {"authorization": "Basic YTpi"}, bearer],
    ids=["another scheme", "a token"],
)
def test_sign_out_beside_another_credential(
    here: DjangoSite, prepare: Callable[[str], dict[str, str]]
) -> None:
    """It says who calls, and not that the browser stays signed in; neither does a new sign-in."""
    headers = prepare(here.server.access_token("ada", client_id="web"))
    for where in ("/auth/logout", "/admin/logout/"):
        browser = client()
        sign_in(browser)
        kept = browser.cookies[SESSION].value
        revoked = here.server.requests["revoke"]
        assert browser.post(where, headers=headers).status_code == 303
        assert here.server.requests["revoke"] == revoked + 1
        browser.cookies[SESSION] = kept
        assert browser.get("/me").json() == NOBODY
    browser = client()
    sign_in(browser)
    kept = browser.cookies[SESSION].value
    back = at_the_pool(browser.get("/auth/login?prompt=login")["Location"])
    assert browser.get(back, headers=headers).status_code == 303
    assert browser.get("/me").json()["identity"] == "alice"
    browser.cookies[SESSION] = kept
    assert browser.get("/me").json() == NOBODY
