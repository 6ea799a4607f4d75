"""Who is calling a view of REST framework: tokens, sessions, tests, and what others say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from django.urls import path
from rest_framework.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    SessionAuthentication,
)
from rest_framework.metadata import SimpleMetadata
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate

from cognito_guard import Guard, Identity
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.checks import HANDLER, MIDDLEWARE
from cognito_guard_django.rest_framework import (
    CognitoAuthentication,
    CognitoPermission,
    HasGroup,
    HasScope,
    HasSession,
)

from . import project
from .api import Seen, runs
from .conftest import Configure, bearer
from .test_csrf import csrf

WITHOUT = [name for name in project.MIDDLEWARE if name != MIDDLEWARE]
MODEL = "django.contrib.auth.backends.ModelBackend"
SIGNED_IN = "This API reads rights from a token, and the caller is signed in without one."
IN_TESTS = f"{SIGNED_IN} In tests: force_authenticate(user, token=identity)."

urlpatterns: list[Any] = []


@pytest.fixture(autouse=True, params=[WITHOUT, project.MIDDLEWARE], ids=["alone", "middleware"])
def _project(request: pytest.FixtureRequest, configure: Configure) -> Iterator[None]:
    """The framework alone, and behind our middleware."""
    configure(USERS="stateless", COOKIE="token")
    runs.clear()
    rest = {"EXCEPTION_HANDLER": HANDLER}
    with override_settings(MIDDLEWARE=request.param, ROOT_URLCONF=__name__, REST_FRAMEWORK=rest):
        yield


def serve(*permissions: Any, authentication: Any) -> None:
    """Let the client find a view with these permissions."""
    view = type(
        "View",
        (Seen,),
        {"permission_classes": permissions, "authentication_classes": authentication},
    )
    urlpatterns[:] = [path("", view.as_view())]


def identity(pool: LocalUserPool, **rights: Any) -> Identity:
    """What a test may give to ``force_authenticate``."""
    return Guard(pool.trust()).verify(pool.access_token("alice", **rights))


@pytest.fixture
def local(db: str, configure: Configure) -> Any:
    """A client with a session, and CSRF checks."""
    configure(COOKIE="token")
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(User.objects.create_user("local"), MODEL)
    return client


COGNITO, SESSION = CognitoAuthentication, SessionAuthentication


@pytest.mark.parametrize("order", [[COGNITO, SESSION], [SESSION, COGNITO]])
@pytest.mark.parametrize(
    "permission", [HasScope("s"), CognitoPermission, HasScope("s") & IsAuthenticated]
)
def test_a_session_is_no_token(order: Any, permission: Any, local: Any) -> None:
    """Whom only a session knows is told that a token is missing, with the challenge."""
    serve(permission, authentication=order)
    answer = local.get("/")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json() == {"detail": SIGNED_IN, "reason": "missing_credentials", "error": None}
    assert runs == []


def test_beside_a_permission_for_sessions(local: Any, pool: LocalUserPool) -> None:
    """Where somebody else's permission is content with the session, nobody asks for a token."""
    serve(HasScope("s") | IsAuthenticated, authentication=[COGNITO, SESSION])
    assert local.get("/").status_code == 200
    serve(HasScope("s") | IsAdminUser, authentication=[COGNITO, SESSION])
    assert local.get("/").json()["reason"] == "missing_credentials"


def test_no_token_could_ever_come(local: Any) -> None:
    """Where no authentication class reads tokens, the framework's own answer stays."""
    serve(HasScope("s"), authentication=[SESSION])
    answer = local.get("/")
    assert (answer.status_code, answer.headers.get("WWW-Authenticate")) == (403, None)


def test_force_authenticate(pool: LocalUserPool) -> None:
    """In tests, a user alone has no rights of a token; with an identity, he has those."""
    user = User(username="test")
    serve(HasScope("s"), authentication=[COGNITO])
    client = APIClient()
    client.force_authenticate(user)
    answer = client.get("/")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json()["detail"] == IN_TESTS
    client.force_authenticate(user, token="a text")
    assert client.get("/").status_code == 401
    client.force_authenticate(user, token=identity(pool))
    assert client.get("/").json()["reason"] == "missing_scope"
    client.force_authenticate(user, token=identity(pool, scopes=["s"]))
    assert client.get("/").json() == {"subject": pool.subject("alice"), "user": "test"}
    request = APIRequestFactory().get("/")
    force_authenticate(request, user, token=identity(pool, scopes=["s"]))
    assert urlpatterns[0].callback(request).status_code == 200


BOTH = HasSession | HasScope("s")


@pytest.mark.parametrize("order", [[COGNITO, SESSION], [SESSION, COGNITO]])
@pytest.mark.parametrize("permission", [BOTH, HasScope("s") | HasSession])
def test_session_or_scope(order: Any, permission: Any, local: Any, pool: LocalUserPool) -> None:
    """A session needs the CSRF token as ever, a bearer token needs the scope."""
    serve(permission, authentication=order)
    assert local.get("/").json()["user"] == "local"
    runs.clear()
    assert local.post("/").status_code == 403
    assert runs == []
    cookie, header = csrf()
    local.cookies.load(cookie)
    assert local.post("/", headers=header).status_code == 200
    client = APIClient(enforce_csrf_checks=True)
    good, bad = (bearer(pool.access_token("alice", scopes=scopes)) for scopes in (["s"], ["t"]))
    assert client.post("/", headers=good).status_code == 200
    runs.clear()
    answer = client.post("/", headers=bad)
    assert (answer.status_code, answer.json()["reason"]) == (403, "missing_scope")
    assert client.get("/").json()["reason"] == "missing_credentials"
    assert runs == []


def test_a_token_is_no_session(local: Any, pool: LocalUserPool) -> None:
    """A caller with a token has its rights and not those of a session that comes along."""
    serve(BOTH, authentication=[COGNITO, SESSION])
    answer = local.get("/", headers=bearer(pool.access_token("alice")))
    assert answer.json()["reason"] == "missing_scope"
    serve(HasSession, authentication=[COGNITO, SESSION])
    assert local.get("/").status_code == 200
    runs.clear()
    assert local.get("/", headers=bearer(pool.access_token("alice"))).status_code == 403
    assert APIClient().get("/").status_code == 401
    assert runs == []


def test_a_session_in_tests(pool: LocalUserPool) -> None:
    """``force_authenticate(user)`` counts as a session, with a token it does not."""
    serve(HasSession, authentication=[COGNITO, SESSION])
    client = APIClient()
    client.force_authenticate(User(username="test"))
    assert client.get("/").status_code == 200
    client.force_authenticate(User(username="test"), token=identity(pool))
    assert client.get("/").status_code == 403


class NoCsrf(SessionAuthentication):
    """A class that many projects have copied."""

    def enforce_csrf(self, request: Any) -> None:
        return


class Delegating(BaseAuthentication):
    """One that asks ours in its own code."""

    def authenticate(self, request: Any) -> Any:
        return CognitoAuthentication().authenticate(request)


class Below(CognitoAuthentication):
    """A class below ours."""


@pytest.mark.parametrize(
    "order",
    [
        [COGNITO],
        [NoCsrf, COGNITO],
        [COGNITO, NoCsrf],
        [BasicAuthentication, COGNITO],
        [Delegating],
        [Below],
        [NoCsrf],
        [BasicAuthentication],
    ],
)
def test_a_cookie_needs_the_csrf_token(order: Any, pool: LocalUserPool) -> None:
    """Whatever authentication classes a view has, a forged request has no rights of a cookie."""
    serve(HasGroup("a"), authentication=order)
    client = APIClient(enforce_csrf_checks=True)
    client.cookies.load({"token": pool.access_token("alice", groups=["a"])})
    assert client.post("/").status_code in (401, 403)
    assert runs == []
    cookie, header = csrf()
    client.cookies.load(cookie)
    granted = client.post("/", headers=header).status_code
    assert granted == 200 or not any(isinstance(one(), COGNITO | Delegating) for one in order)


class Forging(BaseAuthentication):
    """One that makes up an identity, or has verified it in its own way."""

    identity: Any = None

    def authenticate(self, request: Any) -> Any:
        return User(username="forged"), self.identity


class Replacing(CognitoAuthentication):
    """One that changes what ours has found."""

    identity: Any = None

    def authenticate(self, request: Any) -> Any:
        found = super().authenticate(request)
        return None if found is None else (found[0], self.identity)


@pytest.mark.parametrize("kind", [Forging, Replacing])
def test_nobody_elses_identity(kind: Any, pool: LocalUserPool) -> None:
    """``request.auth`` counts where a guard of ours has verified it for this request."""
    own = type("Own", (kind,), {"identity": identity(pool, groups=["a"], scopes=["s"])})
    for permission in (HasGroup("a"), HasScope("s") | HasGroup("a"), CognitoPermission):
        serve(permission, authentication=[own])
        for headers in ({}, bearer(pool.access_token("bob"))):
            assert APIClient().get("/", headers=headers).status_code in (401, 403)
    assert runs == []


def test_set_by_the_view(pool: LocalUserPool) -> None:
    """Nor does one that code before the permissions puts there."""
    rights = identity(pool, groups=["a"])

    class Setting(Seen):
        permission_classes = (HasGroup("a"),)

        def check_permissions(self, request: Any) -> None:
            request.auth = rights
            request._request.identity = rights
            super().check_permissions(request)

    urlpatterns[:] = [path("", Setting.as_view())]
    assert APIClient().get("/", headers=bearer(pool.access_token("bob"))).status_code == 401
    assert APIClient().get("/").status_code == 401
    assert runs == []


def test_delegated(pool: LocalUserPool) -> None:
    """One that ours has found counts, whoever asked it."""
    serve(HasGroup("a"), authentication=[Delegating])
    good = bearer(pool.access_token("alice", groups=["a"]))
    assert APIClient().get("/", headers=good).status_code == 200
    assert APIClient().get("/", headers=bearer(pool.access_token("alice"))).status_code == 403


def test_found_by_the_middleware(pool: LocalUserPool) -> None:
    """Behind our middleware, session authentication first is no obstacle to a token's rights."""
    serve(HasGroup("a"), authentication=[SESSION, COGNITO])
    good = bearer(pool.access_token("alice", groups=["a"]))
    assert APIClient().get("/", headers=good).status_code == 200
    answer = APIClient().get("/", headers=bearer(pool.access_token("alice")))
    assert answer.json()["reason"] == "missing_group"


def test_a_request_by_hand(pool: LocalUserPool) -> None:
    """A request without a view is authenticated all the same."""
    from rest_framework.request import Request

    headers = bearer(pool.access_token("alice"))
    made = Request(APIRequestFactory().get("/", headers=headers), authenticators=[COGNITO()])
    assert made.auth.subject == pool.subject("alice")


class Described(SimpleMetadata):
    """Code of the project's that ``OPTIONS`` would run."""

    def determine_metadata(self, request: Any, view: Any) -> Any:
        runs.append("metadata")
        return {}


def test_preflights(pool: LocalUserPool) -> None:
    """A preflight gets nothing where the framework answers, and runs no code of the project's."""
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    for permission in (HasScope("s"), HasSession, BOTH, HasScope("s") & HasSession):
        serve(permission, authentication=[COGNITO, SESSION])
        answer = APIClient().options("/", headers=headers)
        assert (answer.status_code, answer.content) == (204, b"")
        assert APIClient().options("/").status_code == 401
        own = type("Own", (urlpatterns[0].callback.cls,), {"metadata_class": Described})
        urlpatterns[:] = [path("", own.as_view())]
        assert APIClient().options("/", headers=headers).status_code == 401
    assert runs == []
