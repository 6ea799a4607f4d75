"""``require_live_user``, ``IsLiveUser`` and ``fill_new_users`` for Django: Cognito is asked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework.test import APIRequestFactory, force_authenticate

from cognito_guard import ConfigurationError, Guard
from cognito_guard.aws import LiveUsers, UserApi
from cognito_guard.testing import LocalUser, LocalUserPool, PoolServer, TokenFault
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.live import alive_user, live_user, require_live_user
from cognito_guard_django.models import CognitoUserLink
from cognito_guard_django.profiles import fill_new_users
from cognito_guard_django.rest_framework import HasGroup
from cognito_guard_django.rest_framework.live import IsLiveUser

from .api import Seen
from .asgi_client import AsyncClient
from .conftest import bearer
from .login_site import client as browser_client
from .login_site import login_site, sign_in
from .project import MIDDLEWARE

ADA = LocalUser(
    "ada",
    email="ada@lovelace.example",
    claims={"given_name": "Ada", "family_name": "Lovelace"},
)


def urls(live: LiveUsers) -> Any:
    """A module of URLs."""

    @cognito_required(groups="admins")
    @require_live_user(live)
    def admin(request: HttpRequest) -> HttpResponse:
        return HttpResponse("admin")

    @require_live_user(live)
    async def alone(request: HttpRequest) -> HttpResponse:
        return HttpResponse("alone")

    def inside(request: HttpRequest) -> HttpResponse:
        return HttpResponse(live_user(request, live).username)

    async def ainside(request: HttpRequest) -> HttpResponse:
        return HttpResponse((await alive_user(request, live)).username)

    @method_decorator(require_live_user(live), name="get")
    class Class(View):
        def get(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse("class")

    class Rest(Seen):
        permission_classes = (HasGroup("admins") & IsLiveUser(live),)

    class Named(Seen):
        permission_classes = (IsLiveUser(live),)
        required_groups = "admins"

    class Urls:
        urlpatterns = [  # noqa: RUF012
            path("named", Named.as_view()),
            path("admin", admin),
            path("alone", alone),
            path("inside", inside),
            path("ainside", ainside),
            path("class", Class.as_view()),
            path("rest", Rest.as_view()),
        ]

    return Urls


@pytest.fixture(scope="module")
def keys() -> LocalUserPool:
    """A pool whose keys all of these tests use."""
    return LocalUserPool()


@pytest.fixture
def desk(keys: LocalUserPool) -> LocalUserPool:
    """A pool whose users a test may change."""
    keys.users = {"ada": ADA}
    return keys


@pytest.fixture
def server(desk: LocalUserPool) -> Iterator[PoolServer]:
    """Its door."""
    with desk.listen() as server:
        yield server


@pytest.fixture
def api(server: PoolServer) -> Iterator[UserApi]:
    """What asks it."""
    api = UserApi(server.trust())
    yield api
    api.close()


@pytest.fixture
def live(api: UserApi, server: PoolServer, db: str) -> Iterator[LiveUsers]:
    """A project that asks it, about a token once in a test, however long that takes."""
    live = LiveUsers(api, max_age=3600)
    guard = Guard(server.trust())
    with override_settings(COGNITO_GUARD={"GUARD": guard}, ROOT_URLCONF=urls(live)):
        yield live


Get = Callable[..., Any]


def get(path: str, token: str | None = None) -> Any:
    """By WSGI."""
    return Client().get(path, headers={} if token is None else bearer(token))


def aget(path: str, token: str | None = None) -> Any:
    """By ASGI."""
    return asyncio.run(AsyncClient().get(path, headers={} if token is None else bearer(token)))


PATHS = ["/admin", "/named", "/alone", "/inside", "/ainside", "/class", "/rest"]


@pytest.mark.parametrize("get", [get, aget])
@pytest.mark.usefixtures("live")
def test_a_sign_out(get: Get, api: UserApi, server: PoolServer) -> None:
    """Then 401; without the scope 403, and 503 where Cognito says nothing."""
    token = server.access_token("ada", groups=["admins"])
    for path_ in PATHS:
        assert get(path_, token).status_code == 200, path_
    assert server.requests["api"] == 1
    stranger = server.access_token("ada")
    for path_ in ("/admin", "/named", "/rest"):
        assert get(path_, stranger).status_code == 403
    for path_ in PATHS:
        assert get(path_).status_code == 401
    assert server.requests["api"] == 1
    out = server.access_token("ada", groups=["admins"])
    api.global_sign_out(out)
    bare = server.access_token("ada", groups=["admins"], scopes=["openid"])
    for path_ in PATHS:
        answer = get(path_, out)
        assert (answer.status_code, answer.json()["reason"]) == (401, "revoked"), path_
        answer = get(path_, bare)
        assert (answer.status_code, answer.json()["reason"]) == (403, "missing_scope"), path_
        assert 'scope="aws.cognito.signin.user.admin"' in answer["WWW-Authenticate"]
    fresh = [server.access_token("ada", groups=["admins"]) for _ in PATHS]
    with server.failing(TokenFault.TOO_MANY_REQUESTS, at="api"):
        for path_, one in zip(PATHS, fresh, strict=True):
            answer = get(path_, one)
            assert answer.status_code == 503, path_
            assert int(answer["Retry-After"]) >= 1  # longer each time that Cognito is asked


def test_mistakes(live: LiveUsers, api: UserApi, server: PoolServer) -> None:
    """Are told."""
    wrong: Any
    for wrong in (api, 30, None):
        for makes in (require_live_user, IsLiveUser, lambda one: live_user(HttpRequest(), one)):
            with pytest.raises(ConfigurationError):
                makes(wrong)
    for wrong in (live, None):
        with pytest.raises(ConfigurationError):
            fill_new_users(wrong)
    request = APIRequestFactory().get("/rest")
    identity = Guard(server.trust()).verify(server.access_token("ada"))
    force_authenticate(request, User(username="ada"), token=identity)

    class Rest(Seen):
        permission_classes = (IsLiveUser(live),)

    with pytest.raises(ConfigurationError, match="IsLiveUser needs the token"):
        Rest.as_view()(request)


def test_sessions(db: str) -> None:
    """Whoever is signed in is asked about by the session's own token."""
    scopes = ["openid", "aws.cognito.signin.user.admin"]
    with login_site({"LOGIN_SCOPES": scopes}) as here:
        live = LiveUsers(UserApi(here.server.trust()))

        class Urls:
            urlpatterns = [  # noqa: RUF012
                *urls(live).urlpatterns,
                *here_urls(),
            ]

        with override_settings(ROOT_URLCONF=Urls):
            browser = browser_client()
            sign_in(browser)
            assert browser.get("/alone").status_code == 200
            assert here.server.requests["api"] == 1
            here.pool.users["alice"] = replace(here.pool.users["alice"], enabled=False)
            live._known.clear()
            assert browser.get("/alone").status_code == 401
        live.api.close()


def here_urls() -> list[Any]:
    """Those of the sign-in."""
    from .login_site import Urls

    return list(Urls.urlpatterns)


# New users.


@pytest.fixture
def filling(live: LiveUsers, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A project that fills their profiles."""
    import sys

    monkeypatch.setattr(sys.modules[__name__], "fill", fill_new_users(live.api), raising=False)
    with override_settings(MIDDLEWARE=[*MIDDLEWARE, f"{__name__}.fill"]):
        yield


@pytest.mark.parametrize("get", [get, aget])
@pytest.mark.usefixtures("filling")
def test_a_new_user(get: Get, server: PoolServer, desk: LocalUserPool) -> None:
    """Is filled in the first request, and in no other."""
    before = server.requests["api"]
    token = server.access_token("ada")
    assert get("/none", token).status_code == 404
    user = User.objects.get()
    assert (user.email, user.first_name, user.last_name) == (
        "ada@lovelace.example",
        "Ada",
        "Lovelace",
    )
    assert user.username == desk.subject("ada")
    desk.users["ada"] = replace(ADA, email="other@lovelace.example")
    get("/none", token)
    get("/none", server.access_token("ada"))
    assert User.objects.get().email == "ada@lovelace.example"
    assert server.requests["api"] == before + 1


@pytest.mark.usefixtures("filling")
def test_what_is_not_filled(server: PoolServer, desk: LocalUserPool) -> None:
    """An address that is not verified; a name that is all in one is the first."""
    claims = {"name": "Ada Lovelace", "email_verified": False}
    desk.users["ada"] = replace(ADA, claims=claims)
    get("/none", server.access_token("ada"))
    user = User.objects.get()
    assert (user.email, user.first_name, user.last_name) == ("", "Ada Lovelace", "")
    desk.users["bob"] = LocalUser("bob", claims={"email_verified": False})
    get("/none", server.access_token("bob"))
    assert User.objects.get(username=desk.subject("bob")).first_name == ""
    before = server.requests["api"]
    get("/none", server.machine_token())
    get("/none")
    assert server.requests["api"] == before


@pytest.mark.parametrize("get", [get, aget])
@pytest.mark.usefixtures("filling")
def test_cognito_says_nothing(
    get: Get, server: PoolServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The request goes on."""
    with (
        caplog.at_level(logging.WARNING, "cognito_guard"),
        server.failing(TokenFault.TOO_MANY_REQUESTS, at="api"),
    ):
        assert get("/none", server.access_token("ada")).status_code == 404
    assert User.objects.get().email == ""
    (record,) = [one for one in caplog.records if "profile" in one.getMessage()]
    assert record.getMessage().endswith("LiveCheckUnavailable")


@pytest.mark.usefixtures("filling")
def test_what_the_database_does_not_take(
    server: PoolServer, monkeypatch: pytest.MonkeyPatch, desk: LocalUserPool
) -> None:
    """Is left out."""
    save = User.save

    def refuse(self: User, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("update_fields"):
            raise DatabaseError
        save(self, *args, **kwargs)

    monkeypatch.setattr(User, "save", refuse)
    assert get("/none", server.access_token("ada")).status_code == 404
    assert User.objects.get().email == ""


@pytest.mark.usefixtures("filling")
def test_rows_that_others_write(desk: LocalUserPool, server: PoolServer) -> None:
    """A user whom an administrator has linked keeps what he has."""
    user = User.objects.create(username="ada", email="hers@example.com")
    CognitoUserLink.objects.create(user=user, issuer=server.issuer, subject=desk.subject("ada"))
    get("/none", server.access_token("ada"))
    assert User.objects.get().email == "hers@example.com"
