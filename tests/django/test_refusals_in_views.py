"""A view that refuses for itself, and who is believed about who is calling."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import cache_page

from cognito_guard import (
    AccessDenied,
    AuthError,
    ConfigurationError,
    Guard,
    KeysUnavailable,
    LoginTooOld,
    Reason,
    require_groups,
    require_recent_login,
)
from cognito_guard import enforce as ask_policy
from cognito_guard.testing import LocalUserPool
from cognito_guard_django import enforce, get_guard
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.middleware import CognitoMiddleware
from cognito_guard_django.mixins import CognitoRequiredMixin

from . import others, project, views
from .conftest import Configure, bearer

DENIED = AccessDenied(Reason.MISSING_GROUP, "Not from here.")
OLD = LoginTooOld(Reason.LOGIN_TOO_OLD, "Sign in again.", max_age=60)
REFUSALS: list[tuple[Exception, int, str]] = [
    (DENIED, 403, 'Bearer error="insufficient_scope"'),
    (OLD, 401, 'Bearer error="insufficient_user_authentication", max_age="60"'),
    (KeysUnavailable(7), 503, ""),
]

raised: list[Exception] = []


def fail(request: Any) -> HttpResponse:
    """A view that raises what the test says, after it has written something."""
    if connection.settings_dict["NAME"]:
        Group.objects.create(name="written")
    raise raised[-1]


async def afail(request: Any) -> HttpResponse:
    """The same, async, and without a database."""
    raise raised[-1]


class Failing(View):
    """The same in a class."""

    def get(self, request: Any) -> HttpResponse:
        """As above."""
        return fail(request)


class Mixed(CognitoRequiredMixin, Failing):
    """The same behind the mixin."""


def admins(request: Any) -> HttpResponse:
    """Asks for more inside."""
    identity = enforce(request, require_groups("admins"))
    return HttpResponse(identity.subject)


def anybody(request: Any) -> HttpResponse:
    """Asks for a caller only."""
    return HttpResponse(enforce(request).subject)


async def policy(request: Any) -> HttpResponse:
    """Asks the engine's own function."""
    ask_policy(require_groups("admins"), request.identity)
    ask_policy(require_recent_login(300), request.identity)
    return HttpResponse()


urlpatterns = [
    path("plain", fail),
    path("async", afail),
    path("decorated", cognito_required(fail)),
    path("adecorated", cognito_required(afail)),
    path("class", Failing.as_view()),
    path("mixed", Mixed.as_view()),
    path("atomic", transaction.atomic(cognito_required(fail))),
    path("admins", admins),
    path("anybody", anybody),
    path("policy", policy),
    path("cached", cache_page(60)(cognito_required(views.me))),
]
PATHS = ["/plain", "/decorated", "/class", "/mixed", "/atomic"]


@pytest.fixture(autouse=True)
def _urls(configure: Configure) -> Iterator[None]:
    configure(USERS="stateless")
    views.calls.clear()
    with override_settings(ROOT_URLCONF=__name__):
        yield


def get(path: str, token: str | None = None) -> Any:
    """Ask; an error in a view is a 500."""
    headers = {} if token is None else bearer(token)
    return Client(raise_request_exception=False).get(path, headers=headers)


def aget(path: str, token: str | None = None) -> Any:
    """The same under ASGI."""
    headers = {} if token is None else bearer(token)
    client = AsyncClient(raise_request_exception=False)
    return async_to_sync(client.get)(path, headers=headers)


@pytest.mark.parametrize(("error", "status", "header"), REFUSALS)
@pytest.mark.parametrize("path", [*PATHS, "/async", "/adecorated"])
def test_what_is_raised_is_the_answer(
    path: str, error: Exception, status: int, header: str, db: str, pool: LocalUserPool
) -> None:
    """Whatever the view, and under either server."""
    raised.append(error)
    for ask in (get, aget):
        answer = ask(path, pool.access_token())
        assert isinstance(error, AuthError | KeysUnavailable)
        assert (answer.status_code, answer.json()["reason"]) == (status, error.reason)
        assert answer.headers.get("WWW-Authenticate", "") == header
        assert (answer.headers.get("Retry-After") == "7") is (status == 503)
        assert answer.headers["Cache-Control"] == "no-store"
        Group.objects.all().delete()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("atomic", [True, False])
def test_a_refusal_rolls_back(path: str, atomic: bool, db: str, pool: LocalUserPool) -> None:
    """What the view wrote in a transaction is gone, as with any other exception."""
    raised.append(DENIED)
    connection.settings_dict["ATOMIC_REQUESTS"] = atomic
    try:
        assert get(path, pool.access_token()).status_code == 403
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False
    assert Group.objects.exists() is not (atomic or path == "/atomic")


@pytest.mark.parametrize("path", [*PATHS, "/async", "/adecorated"])
@pytest.mark.parametrize(
    "error", [KeyError("sub"), PermissionError(), ConfigurationError("x"), ValueError()]
)
def test_other_errors_are_none_of_ours(
    path: str, error: Exception, db: str, pool: LocalUserPool
) -> None:
    """A mistake in a view is a 500."""
    raised.append(error)
    assert get(path, pool.access_token()).status_code == 500
    assert aget(path, pool.access_token()).status_code == 500
    Group.objects.all().delete()


@pytest.mark.parametrize("ask", [get, aget])
def test_enforce(ask: Any, pool: LocalUserPool) -> None:
    """One verb inside of a view: the caller, or the refusal."""
    alice, ada = pool.access_token("alice"), pool.access_token("ada", groups=["admins"])
    assert ask("/admins", ada).content.decode() == pool.subject("ada")
    assert ask("/admins", alice).json()["reason"] == "missing_group"
    assert ask("/admins").headers["WWW-Authenticate"] == "Bearer"
    assert ask("/anybody", alice).status_code == 200
    assert ask("/anybody").status_code == 401
    assert ask("/policy", alice).status_code == 403
    old = pool.access_token("ada", groups=["admins"], claims={"auth_time": 1})
    assert ask("/policy", old).json()["reason"] == "login_too_old"


def test_enforce_without_the_middleware(pool: LocalUserPool) -> None:
    """A project that forgot the middleware is told."""
    request = RequestFactory().get("/", headers=bearer(pool.access_token()))
    with pytest.raises(ConfigurationError, match="MIDDLEWARE"):
        enforce(request)
    with pytest.raises(ConfigurationError, match="MIDDLEWARE"):
        enforce({"type": "websocket"})


def test_the_guard_of_the_settings(pool: LocalUserPool) -> None:
    """It has a public handle, and is one and the same."""
    assert isinstance(get_guard(), Guard)
    assert get_guard() is get_guard()
    assert get_guard().verify(pool.access_token("alice")).username == "alice"


def _claim(pool: LocalUserPool) -> Any:
    """An identity that is as good as any, but was put where it is by somebody else."""
    return get_guard().verify(pool.access_token("mallory", groups=["admins"]))


@pytest.mark.parametrize("view", [views.admins, views.Mixed.as_view(), admins])
def test_an_identity_of_somebody_elses_is_not_believed(view: Any, pool: LocalUserPool) -> None:
    """Not the attribute, not what looks like a verdict, and not what has every attribute."""
    request: Any = RequestFactory().get("/")
    request.identity = _claim(pool)
    with pytest.raises(ConfigurationError, match="MIDDLEWARE"):
        view(request)
    request._cognito_guard_verdict = request._cognito_guard_caller = MagicMock()
    with pytest.raises(ConfigurationError, match="MIDDLEWARE"):
        view(request)
    assert views.calls == []


@pytest.mark.parametrize("where", ["before", "behind"])
@pytest.mark.parametrize("name", ["identity", "identity_only"])
def test_a_middleware_with_an_idea_of_its_own(
    where: str, name: str, pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``request.identity`` is what the guard says, wherever another middleware says otherwise."""
    monkeypatch.setattr(others.IDENTITY, "value", _claim(pool))
    theirs, ours = f"tests.django.others.{name}", project.MIDDLEWARE[3]
    order = [theirs, ours] if where == "before" else [ours, theirs]
    alice, ada = pool.access_token("alice"), pool.access_token("ada", groups=["admins"])
    with override_settings(MIDDLEWARE=order, ROOT_URLCONF="tests.django.urls"):
        for path in ("/admins", "/aadmins", "/mixed", "/decorated"):
            assert get(path).status_code == 401
            assert get(path, alice).status_code == 403
            assert get(path, ada).json()["subject"] == pool.subject("ada")


def test_an_expired_cookie_is_dropped(configure: Configure, pool: LocalUserPool) -> None:
    """The page for signing in opens again: the browser forgets what is refused, and nothing else
    makes it do so."""
    configure(USERS="stateless", COOKIE="token", COOKIE_PATH="/", COOKIE_DOMAIN="a.example")
    expired = pool.access_token(expires_in=-1)
    for client, send in (
        (browser := Client(), browser.get),
        (abrowser := AsyncClient(), async_to_sync(abrowser.get)),
    ):
        client.cookies.load({"token": expired})
        answer = send("/anybody")
        assert (answer.status_code, answer.json()["reason"]) == (401, "token_expired")
        assert answer.headers["Vary"] == "Authorization, Cookie"
        dropped = answer.cookies["token"]
        assert (dropped.value, dropped["max-age"], dropped["path"]) == ("", "0", "/")
        assert dropped["domain"] == "a.example"
        # What came in the header, is good, or cannot be judged, has no cookie to drop.
        client.cookies.clear()
        assert not send("/anybody", headers=bearer(expired)).cookies
        client.cookies.load({"token": pool.access_token()})
        denied = send("/admins")
        assert (denied.status_code, bool(denied.cookies)) == (403, False)
    configure(USERS="stateless", COOKIE="token", JWKS="http://127.0.0.1:1/jwks.json")
    unknown = Client()
    unknown.cookies.load({"token": pool.access_token()})
    answer = unknown.get("/anybody")
    assert (answer.status_code, bool(answer.cookies)) == (503, False)


def test_a_cache_around_a_guarded_view(configure: Configure, pool: LocalUserPool) -> None:
    """``cache_page`` above the guard keeps each caller's page apart from everybody's, whatever the
    credential is in."""
    configure(USERS="stateless", COOKIE="token")
    alice, bob, nobody = Client(), Client(), Client()
    alice.cookies.load({"token": pool.access_token("alice")})
    bob.cookies.load({"token": pool.access_token("bob")})
    assert alice.get("/cached").json()["user"] == "alice"
    assert nobody.get("/cached").status_code == 401
    assert bob.get("/cached").json()["user"] == "bob"
    assert len(views.calls) == 2
    assert alice.get("/cached").json()["user"] == "alice"
    assert len(views.calls) == 2
    cache.clear()


def test_what_is_no_response(pool: LocalUserPool) -> None:
    """What a class with async methods gives is not touched before it is awaited."""

    @method_decorator(cognito_required, name="dispatch")
    class Async(View):
        async def get(self, request: Any) -> HttpResponse:
            return HttpResponse("async")

    request = RequestFactory().get("/", headers=bearer(pool.access_token()))
    answer = asyncio.run(CognitoMiddleware(Async.as_view())(request))
    assert answer.content == b"async"
