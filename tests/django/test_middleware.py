"""CognitoMiddleware: who gets in, what a view sees, and on which thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings

from cognito_guard import ConfigurationError, Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.middleware import CognitoMiddleware

from . import project, views
from .asgi_client import AsyncClient
from .conftest import Configure, bearer

Ask = Callable[..., Any]

PREFLIGHT = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}


def _sync(path: str, method: str = "get", **headers: str) -> Any:
    return getattr(Client(raise_request_exception=False), method)(path, headers=headers)


def _async(path: str, method: str = "get", **headers: str) -> Any:
    client = AsyncClient(raise_request_exception=False)

    async def main() -> Any:
        return await getattr(client, method)(path, headers=headers)

    return asyncio.run(main())


@pytest.fixture(params=[_sync, _async], ids=["wsgi", "asgi"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Sends a request through all middleware, as under WSGI and as under ASGI."""
    found: Ask = request.param
    return found


@pytest.fixture(autouse=True)
def _stateless(configure: Configure) -> None:
    """No database here, unless a test asks for it."""
    configure(USERS="stateless")
    views.calls.clear()


def test_a_good_token(ask: Ask, pool: LocalUserPool) -> None:
    """The view sees the identity and the user."""
    answer = ask("/me", **bearer(pool.access_token("alice")))
    seen = answer.json()
    assert (seen["subject"], seen["user"]) == (pool.subject("alice"), "alice")
    assert seen["authenticated"] is True


@pytest.mark.parametrize(
    ("credential", "status", "reason"),
    [
        ("Bearer none", 401, "malformed_token"),
        ("Bearer", 400, "malformed_authorization"),
        ("Bearer a b", 400, "malformed_authorization"),
        ("Bearer t\xf6ken", 400, "malformed_authorization"),
    ],
)
@pytest.mark.parametrize("required", [True, False])
def test_a_bad_credential_is_always_refused(
    credential: str, status: int, reason: str, required: bool, ask: Ask, configure: Configure
) -> None:
    """Optional says only that a credential may be absent; the view runs for no bad one."""
    configure(USERS="stateless", REQUIRED=required)
    answer = ask("/me", Authorization=credential)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer error=")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Vary"] == "Authorization"
    assert views.calls == []


def test_no_keys(ask: Ask, configure: Configure, pool: LocalUserPool) -> None:
    """While no key can be had, the answer is 503 and says when to come back."""
    configure(USERS="stateless", JWKS="http://127.0.0.1:1/jwks.json")
    answer = ask("/me", **bearer(pool.access_token()))
    assert answer.status_code == 503
    assert "WWW-Authenticate" not in answer.headers
    assert int(answer.headers["Retry-After"]) >= 1


def test_nobody(ask: Ask, configure: Configure) -> None:
    """Without a credential the view runs for nobody, unless one is required."""
    assert ask("/me").json()["kind"] in ("AnonymousUser", "SimpleLazyObject")
    assert views.calls[0].identity is None  # type: ignore[attr-defined]
    configure(USERS="stateless", REQUIRED=True, REALM="orders")
    answer = ask("/me")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (
        401,
        'Bearer realm="orders"',
    )


@pytest.mark.parametrize("path", ["/me", "/static/me"])
def test_exempt(path: str, ask: Ask, configure: Configure, pool: LocalUserPool) -> None:
    """An exempt path is open to anybody, and a credential on it is not even looked at."""
    configure(USERS="stateless", REQUIRED=True, EXEMPT=["/me", "/static/*"])
    for headers in ({}, {"Authorization": "Bearer junk"}, bearer(pool.access_token())):
        assert ask(path, **headers).json()["subject"] is None


@pytest.mark.parametrize(
    "path",
    ["/ame", "/me/", "/ME", "/static", "/static/../me", "/static/./me", "/static/..\\me", "//me"],
)
def test_not_exempt(path: str, ask: Ask, configure: Configure) -> None:
    """A path that only looks like an exempt one is guarded."""
    configure(USERS="stateless", REQUIRED=True, EXEMPT=["/me", "/static/*"])
    assert ask(path).status_code == 401


@pytest.mark.parametrize(
    "path", ["/me", "/ame", "/dispatching", "/answering", "/preparing", "/mixed", "/decorated"]
)
def test_a_preflight_passes_and_runs_no_view(path: str, ask: Ask, configure: Configure) -> None:
    """Preflights carry no credential. Code that would take one for a call does not run."""
    configure(USERS="stateless", REQUIRED=True)
    answer = ask(path, "options", **PREFLIGHT)
    assert (answer.status_code, answer.content) == (204, b"")
    assert views.calls == []
    assert ask(path, "options", Origin="https://shop.example").status_code == 401
    assert ask(path, "get", **PREFLIGHT).status_code == 401


@pytest.mark.parametrize("path", ["/plain-class", "/nowhere", "/me/"])
def test_a_preflight_leads_nowhere_else(path: str, ask: Ask, configure: Configure) -> None:
    """Not to a class that leaves OPTIONS to Django, and not to a page for what is not found."""
    configure(USERS="stateless", REQUIRED=True)
    answer = ask(path, "options", **PREFLIGHT)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Allow" not in answer.headers


def test_a_preflight_reaches_open_views(ask: Ask, configure: Configure) -> None:
    """Where nothing is required, the view may answer itself."""
    configure(USERS="stateless", REQUIRED=True, EXEMPT=["/ame"])
    assert ask("/ame", "options", **PREFLIGHT).status_code == 200
    configure(USERS="stateless")
    assert ask("/plain-class", "options", **PREFLIGHT).headers["Allow"] == "GET, HEAD, OPTIONS"
    assert ask("/me", "options", **PREFLIGHT).status_code == 200


def test_errors_in_a_view_stay_errors(ask: Ask, pool: LocalUserPool) -> None:
    """The view is outside the authentication: its mistakes are 500, and never 401 or 403."""
    assert ask("/broken", **bearer(pool.access_token())).status_code == 500


@pytest.mark.parametrize("path", ["/me", "/ame"])
def test_no_change_of_threads(path: str, configure: Configure, pool: LocalUserPool) -> None:
    """Verification and the view of the same kind run on the thread that took the request."""
    threads: list[int] = []

    def check(identity: object) -> None:
        threads.append(threading.get_ident())

    configure(USERS="stateless", CHECKS=[check])
    alone = ["cognito_guard_django.middleware.CognitoMiddleware"]
    with override_settings(MIDDLEWARE=alone):
        ask = _sync if path == "/me" else _async
        seen = ask(path, **bearer(pool.access_token())).json()
    assert threads == [seen["thread"]] == [threading.get_ident()]


def test_the_guard_is_built_once(ask: Ask, pool: LocalUserPool) -> None:
    """However many requests come, the guard is the same."""
    made: list[Guard] = []

    def make() -> Guard:
        made.append(Guard(pool.trust()))
        return made[-1]

    with override_settings(COGNITO_GUARD={"USERS": "stateless", "GUARD": make}):
        for _ in range(3):
            assert ask("/me", **bearer(pool.access_token())).status_code == 200
    assert len(made) == 1


def test_wrong_settings_stop_the_start(configure: Configure) -> None:
    """Not the first request finds out, but the server when it loads the middleware."""
    configure(CLIENT_IDS=[])
    with pytest.raises(ConfigurationError, match="CLIENT_IDS"):
        CognitoMiddleware(lambda request: HttpResponse())


def test_a_session_stays_without_a_credential(
    db: str, configure: Configure, pool: LocalUserPool
) -> None:
    """Whom a session knows stays who he is; a token goes before the session."""
    configure()
    local = User.objects.create_user("local")
    client = Client()
    client.force_login(local, "django.contrib.auth.backends.ModelBackend")
    seen = client.get("/me").json()
    assert (seen["user"], seen["subject"]) == ("local", None)
    seen = client.get("/me", headers=bearer(pool.access_token("alice"))).json()
    assert seen["user"] == seen["subject"] == pool.subject("alice")
    assert client.get("/me", headers={"Authorization": "Bearer junk"}).status_code == 401
    assert client.get("/me").json()["user"] == "local"


@pytest.mark.parametrize(
    "apps", [None, ["rest_framework"]], ids=["with django.contrib.auth", "without it"]
)
def test_without_sessions(apps: list[str] | None, pool: LocalUserPool) -> None:
    """Without AuthenticationMiddleware, ``request.user`` is there all the same."""
    seen: list[Any] = []

    def view(request: Any) -> HttpResponse:
        seen.append(request.user)
        return HttpResponse()

    override = {} if apps is None else {"INSTALLED_APPS": apps}
    with override_settings(**override):
        middleware = CognitoMiddleware(view)
        middleware(RequestFactory().get("/"))
        middleware(RequestFactory().get("/", headers=bearer(pool.access_token("alice"))))
    nobody, alice = seen
    assert (nobody.is_authenticated, nobody.is_anonymous, nobody.is_active) == (False, True, False)
    assert (nobody.pk, nobody.get_username(), nobody.is_staff) == (None, "", False)
    assert str(nobody) == "AnonymousUser"
    assert nobody.has_perms(["a.b"]) is False
    assert alice.is_authenticated is True


def test_auser(pool: LocalUserPool) -> None:
    """Async views may await ``request.auser()``, and find the same user."""
    seen = _async("/ame", **bearer(pool.access_token("alice"))).json()
    assert (seen["user"], seen["kind"]) == ("alice", "CognitoUser")


def test_the_order_of_this_project() -> None:
    """What these tests run is what the documentation tells people to write."""
    names = [name.rpartition(".")[2] for name in project.MIDDLEWARE]
    assert names.index("AuthenticationMiddleware") < names.index("CognitoMiddleware")
