"""Django REST framework: authentication, permissions, and refusals that keep their challenge."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import include, path
from rest_framework.test import APIClient

from cognito_guard import ConfigurationError, Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.checks import HANDLER, MIDDLEWARE
from cognito_guard_django.rest_framework import HasScope

from . import api, project
from .conftest import Configure, bearer
from .test_csrf import csrf

urlpatterns = [path("drf/", include(api))]

WITHOUT = [name for name in project.MIDDLEWARE if name != MIDDLEWARE]

GROUP = 'Bearer error="insufficient_scope"'
SCOPE = 'Bearer error="insufficient_scope", scope="orders/read"'
PREFLIGHT = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}


@pytest.fixture(autouse=True, params=[WITHOUT, project.MIDDLEWARE], ids=["alone", "middleware"])
def _project(request: pytest.FixtureRequest, configure: Configure) -> Iterator[None]:
    """The framework alone, and behind a middleware that has asked the guard already."""
    configure(USERS="stateless", COOKIE="token")
    api.runs.clear()
    rest = {
        "EXCEPTION_HANDLER": HANDLER,
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    }
    with override_settings(MIDDLEWARE=request.param, ROOT_URLCONF=__name__, REST_FRAMEWORK=rest):
        yield


def get(where: str, token: str | None = None, **headers: str) -> Any:
    """Ask a view."""
    if token is not None:
        headers.update(bearer(token))
    return APIClient().get(f"/drf/{where}", headers=headers)


def check(answer: Any, status: int, challenge: str | None, reason: str | None) -> None:
    """Hold an answer against the contract."""
    assert answer.status_code == status
    assert answer.headers.get("WWW-Authenticate") == challenge
    if reason is None:
        return
    body = answer.json()
    assert body["reason"] == reason
    assert body["detail"].endswith(".")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Authorization" in answer.headers["Vary"]
    assert api.runs == []


def tokens(pool: LocalUserPool) -> dict[str, str]:
    """Callers with different rights."""
    return {
        "alice": pool.access_token("alice"),
        "ada": pool.access_token("ada", groups=["admins"]),
        "carl": pool.access_token("carl", groups=["clerks"]),
        "reader": pool.access_token("rita", scopes=["orders/read"]),
        "editor": pool.access_token("eve", role="editor"),
        "both": pool.access_token(
            "bea", groups=["admins", "clerks"], scopes=["orders/read"], role="editor"
        ),
    }


def test_who_it_is(pool: LocalUserPool) -> None:
    """``request.user`` is the user, ``request.auth`` the identity."""
    answer = get("me", tokens(pool)["alice"])
    assert answer.json() == {"subject": pool.subject("alice"), "user": "alice"}


@pytest.mark.parametrize(
    ("credential", "status", "challenge", "reason"),
    [
        (None, 401, "Bearer", "missing_credentials"),
        ("Basic YTpi", 401, "Bearer", "missing_credentials"),
        ("Bearer", 400, 'Bearer error="invalid_request"', "malformed_authorization"),
        (
            "Bearer none",
            401,
            'Bearer error="invalid_token", '
            'error_description="A signed token has three parts, separated by dots."',
            "malformed_token",
        ),
    ],
)
@pytest.mark.parametrize("where", ["me", "ours", "group", "session-first", "session-too"])
def test_bad_credentials(
    where: str, credential: str | None, status: int, challenge: str, reason: str
) -> None:
    """Status and challenge are those of the contract, whichever authentication class is first."""
    headers = {} if credential is None else {"Authorization": credential}
    check(get(where, **headers), status, challenge, reason)


def test_optional(pool: LocalUserPool) -> None:
    """A view for anybody sees nobody without a credential, and no bad one passes."""
    assert get("anybody").json() == {"subject": None, "user": ""}
    assert get("anybody", tokens(pool)["alice"]).json()["user"] == "alice"
    api.runs.clear()
    check(get("anybody", "junk"), 401, get("me", "junk")["WWW-Authenticate"], "malformed_token")


def test_no_keys(configure: Configure, pool: LocalUserPool) -> None:
    """A key outage is 503 with a time to come back, and no 401 that logs everybody out."""
    configure(USERS="stateless", JWKS="http://127.0.0.1:1/jwks.json")
    answer = get("me", pool.access_token())
    check(answer, 503, None, "keys_unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    ("where", "allowed", "denied", "challenge", "reason"),
    [
        ("ours", ["alice"], [], None, None),
        ("group", ["ada", "both"], ["alice", "carl"], GROUP, "missing_group"),
        ("scope", ["reader", "both"], ["alice", "ada"], SCOPE, "missing_scope"),
        ("role", ["editor", "both"], ["alice", "ada"], GROUP, "missing_role"),
        ("any-of", ["ada", "carl"], ["alice"], GROUP, "missing_group"),
        ("all-of", ["both"], ["ada", "carl"], GROUP, "missing_group"),
        ("group-and-scope", ["both"], ["reader"], GROUP, "missing_group"),
        ("group-and-scope", ["both"], ["ada"], SCOPE, "missing_scope"),
        ("group-or-scope", ["ada", "reader"], ["alice"], SCOPE, "missing_scope"),
        ("group-or-django", ["ada"], ["alice"], GROUP, "missing_group"),
        ("three", ["ada", "editor"], ["alice"], GROUP, "missing_group"),
        ("two-classes", ["both"], ["reader"], GROUP, "missing_group"),
        ("two-classes", ["both"], ["ada"], SCOPE, "missing_scope"),
        ("by-attribute", ["both"], ["ada"], SCOPE, "missing_scope"),
        ("by-attribute", ["both"], ["reader"], GROUP, "missing_group"),
        ("by-attributes", ["both"], ["ada"], SCOPE, "missing_scope"),
        ("function", ["reader"], ["ada"], SCOPE, "missing_scope"),
        ("group-and-django", [], ["ada", "alice"], None, None),
    ],
)
def test_permissions(
    where: str,
    allowed: list[str],
    denied: list[str],
    challenge: str | None,
    reason: str | None,
    pool: LocalUserPool,
) -> None:
    """Permissions combine, with each other and with the framework's own, and keep their reason."""
    for name in allowed:
        assert get(where, tokens(pool)[name]).status_code == 200
    api.runs.clear()
    for name in denied:
        check(get(where, tokens(pool)[name]), 403, challenge, reason)
        assert api.runs == []


@pytest.mark.parametrize("where", ["refusing", "owned"])
def test_a_view_may_refuse_for_itself(where: str, pool: LocalUserPool) -> None:
    """What the view decides is not put down to a permission that was content."""
    check(get(where, tokens(pool)["alice"]), 403, None, None)


@pytest.mark.parametrize(
    ("raises", "status"), [("framework", 429), ("denied", 403), ("django", 403), ("not found", 404)]
)
def test_a_permission_may_raise(raises: str, status: int, pool: LocalUserPool) -> None:
    """What another permission raises is the answer, and no error of the server."""
    check(get(f"quota?raises={raises}", tokens(pool)["alice"]), status, None, None)
    assert api.runs == []


def test_a_permission_without_names(pool: LocalUserPool) -> None:
    """``HasScope`` by itself, on a view that names no scopes, would require nothing: an error."""
    with pytest.raises(ConfigurationError, match="required_scopes"):
        get("without-attribute", tokens(pool)["both"])
    for wrong in ((1,), ("a b",), ("",)):
        with pytest.raises(ConfigurationError):
            HasScope(*wrong)


def test_another_way_to_log_in(db: str, configure: Configure, pool: LocalUserPool) -> None:
    """Other authentication classes keep their challenge, and their users are no identities."""
    configure()
    User.objects.create_user("local", password="secret")
    basic = {"Authorization": "Basic " + base64.b64encode(b"local:secret").decode()}
    assert get("basic-first", **basic).json() == {"subject": None, "user": "local"}
    assert get("basic-first", tokens(pool)["alice"]).status_code == 200
    assert get("basic-first")["WWW-Authenticate"] == 'Basic realm="api"'
    assert get("basic-only-any")["WWW-Authenticate"] == 'Basic realm="api"'
    check(get("basic-only", **basic), 403, None, None)


def test_a_token_is_verified_once(pool: LocalUserPool) -> None:
    """Behind the middleware, nobody asks the guard or the database again."""
    asked: list[object] = []
    guard = Guard(pool.trust(checks=[asked.append]))
    with override_settings(COGNITO_GUARD={"USERS": "stateless", "GUARD": guard}):
        assert get("me", tokens(pool)["alice"]).status_code == 200
    assert len(asked) == 1


def test_one_query(db: str, configure: Configure, pool: LocalUserPool) -> None:
    """A caller who has been here costs one query."""
    configure()
    token = tokens(pool)["alice"]
    assert get("me", token).json()["user"] == pool.subject("alice")
    with CaptureQueriesContext(connection) as captured:
        get("me", token)
    assert len(captured) == 1


@pytest.mark.parametrize("where", ["ours", "group", "scope", "creating", "action"])
def test_a_preflight_passes(where: str, pool: LocalUserPool) -> None:
    """A preflight gets an empty answer; no view runs, and other methods do not pass with it."""
    answer = APIClient().options(f"/drf/{where}", headers=PREFLIGHT)
    assert (answer.status_code, answer.headers.get("WWW-Authenticate")) == (204, None)
    # Whoever may not post is told nothing of what he could post.
    assert answer.content == b""
    told = APIClient().options(f"/drf/{where}", headers=bearer(tokens(pool)["ada"]))
    assert where != "creating" or "POST" in told.json()["actions"]
    assert APIClient().options(f"/drf/{where}").status_code == 401
    assert APIClient().get(f"/drf/{where}", headers=PREFLIGHT).status_code == 401
    assert api.runs == []


@pytest.mark.parametrize("where", ["options-function", "options-action"])
def test_a_view_that_answers_options_itself(where: str, pool: LocalUserPool) -> None:
    """What runs the same code as GET wants the same token."""
    answer = APIClient().options(f"/drf/{where}", headers=PREFLIGHT)
    check(answer, 401, "Bearer", "missing_credentials")
    admin = bearer(tokens(pool)["ada"])
    assert APIClient().options(f"/drf/{where}", headers=admin).status_code == 200
    assert api.runs == [f"/drf/{where}"]
    # A browser sends no credential with a preflight, so the middleware passes none on.
    alone = settings.MIDDLEWARE == WITHOUT
    answer = APIClient().options(f"/drf/{where}", headers={**PREFLIGHT, **admin})
    assert answer.status_code == (200 if alone else 401)


@pytest.mark.parametrize("where", ["group", "function", "options-function", "options-action"])
def test_a_preflight_where_all_is_guarded(
    where: str, configure: Configure, pool: LocalUserPool
) -> None:
    """A middleware that requires a token lets no view see a preflight."""
    configure(USERS="stateless", REQUIRED=True)
    with override_settings(MIDDLEWARE=[MIDDLEWARE]):
        answer = APIClient().options(f"/drf/{where}", headers=PREFLIGHT)
    assert (answer.status_code, api.runs) == (204, [])


def post(cookies: dict[str, str], where: str = "me", **headers: str) -> Any:
    """Send a POST as a browser or a script would, with CSRF checks on."""
    client = APIClient(enforce_csrf_checks=True)
    client.cookies.load(cookies)
    return client.post(f"/drf/{where}", headers=headers)


@pytest.mark.parametrize("where", ["me", "ours", "session-too"])
def test_csrf(where: str, pool: LocalUserPool) -> None:
    """The framework's views are exempt from Django's check; the cookie is checked all the same."""
    assert post({}, where, **bearer(tokens(pool)["alice"])).status_code == 200
    api.runs.clear()
    cookie = {"token": tokens(pool)["alice"]}
    answer = post(cookie, where)
    assert (answer.status_code, api.runs) == (403, [])
    assert "CSRF" in answer.json()["detail"]
    csrf_cookie, header = csrf()
    assert post({**cookie, **csrf_cookie}, where).status_code == 403
    assert post({**cookie, **csrf_cookie}, where, **header).status_code == 200
    client = APIClient(enforce_csrf_checks=True)
    client.cookies.load(cookie)
    assert client.get(f"/drf/{where}").status_code == 200


def test_without_the_exception_handler(pool: LocalUserPool) -> None:
    """Also with the framework's own handler, status and challenge of a bad token are right."""
    with override_settings(REST_FRAMEWORK={}):
        answer = get("me", "junk")
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith('Bearer error="invalid_token"')
        assert get("me")["WWW-Authenticate"] == "Bearer"
        assert get("group", tokens(pool)["alice"]).status_code == 403


def test_other_errors_are_the_frameworks(pool: LocalUserPool) -> None:
    """What is no refusal of ours is answered as ever."""
    answer = APIClient().put("/drf/me", headers=bearer(tokens(pool)["alice"]))
    assert (answer.status_code, list(answer.json())) == (405, ["detail"])


@pytest.mark.parametrize("permission", [HasScope("a"), HasScope], ids=["instance", "class"])
def test_no_negation(permission: Any) -> None:
    """Not having a scope is no permission: who has no token at all would have it."""
    with pytest.raises(ConfigurationError, match="~"):
        ~permission
