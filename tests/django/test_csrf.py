"""CSRF: not for what no browser sends by itself, and always for what it does."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.models import User
from django.middleware.csrf import get_token
from django.test import (
    AsyncClient,
    AsyncRequestFactory,
    Client,
    RequestFactory,
    override_settings,
)

from cognito_guard import AuthorizationHeader, Guard
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.middleware import CognitoMiddleware
from cognito_guard_django.requests.csrf import forgery

from . import forged, views
from .conftest import Configure, bearer


@pytest.fixture(autouse=True)
def _cookie(configure: Configure) -> None:
    configure(USERS="stateless", COOKIE="token")
    views.calls.clear()


@pytest.fixture(params=["wsgi", "asgi"])
def post(request: pytest.FixtureRequest) -> Any:
    """Sends a POST as a browser or a script would, with CSRF checks on."""

    def _post(path: str, cookies: dict[str, str], **headers: str) -> Any:
        client: Any = (Client if request.param == "wsgi" else AsyncClient)(enforce_csrf_checks=True)
        client.cookies.load(cookies)
        send = client.post if request.param == "wsgi" else async_to_sync(client.post)
        return send(path, headers=headers)

    return _post


def csrf() -> tuple[dict[str, str], dict[str, str]]:
    """A CSRF cookie and the header that goes with it."""
    request = RequestFactory().get("/")
    token = get_token(request)
    return {settings.CSRF_COOKIE_NAME: request.META["CSRF_COOKIE"]}, {"X-CSRFToken": token}


@pytest.mark.parametrize("path", ["/me", "/ame", "/bare", "/abare"])
def test_the_authorization_header_needs_none(path: str, post: Any, pool: LocalUserPool) -> None:
    """No browser sends an Authorization header to another site's order."""
    assert post(path, {}, **bearer(pool.access_token())).status_code == 200


@pytest.mark.parametrize("path", ["/me", "/ame", "/bare", "/abare"])
def test_a_cookie_needs_one(path: str, post: Any, pool: LocalUserPool) -> None:
    """A browser sends the cookie by itself, so a forged request would carry it as well."""
    cookie = {"token": pool.access_token()}
    assert post(path, cookie).status_code == 403
    assert views.calls == []
    csrf_cookie, header = csrf()
    assert post(path, {**cookie, **csrf_cookie}).status_code == 403
    assert post(path, {**cookie, **csrf_cookie}, **header).status_code == 200


def test_no_credential_needs_one(post: Any) -> None:
    """Anonymous requests are checked as ever, also with a header that is none of ours."""
    assert post("/me", {}).status_code == 403
    assert post("/me", {}, Authorization="Basic YTpi").status_code == 403


def test_a_bad_header_is_no_way_around(post: Any) -> None:
    """A header that is refused does not waive the check; the view runs for none of these."""
    for value in ("Bearer junk", "Bearer", "Bearer a b"):
        assert post("/me", {}, Authorization=value).status_code in (400, 401)
    assert views.calls == []


def test_an_exempt_path_waives_nothing(
    post: Any, configure: Configure, pool: LocalUserPool
) -> None:
    """Where nobody looks at the header, it proves nothing."""
    configure(USERS="stateless", EXEMPT=["/me"])
    assert post("/me", {}, **bearer(pool.access_token())).status_code == 403


def test_a_session_needs_one(db: str, configure: Configure) -> None:
    """Sessions are checked as ever."""
    configure()
    client = Client(enforce_csrf_checks=True)
    client.force_login(
        User.objects.create_user("local"), "django.contrib.auth.backends.ModelBackend"
    )
    assert client.post("/me").status_code == 403


def test_wherever_the_middleware_stands(pool: LocalUserPool) -> None:
    """The order of the two middlewares changes nothing: the check comes last."""
    ours = "cognito_guard_django.middleware.CognitoMiddleware"
    theirs = "django.middleware.csrf.CsrfViewMiddleware"
    for order in ([ours, theirs], [theirs, ours]):
        with override_settings(MIDDLEWARE=order):
            client = Client(enforce_csrf_checks=True)
            assert client.post("/me", headers=bearer(pool.access_token())).status_code == 200
            client.cookies.load({"token": pool.access_token()})
            assert client.post("/me").status_code == 403


WAYS = [
    "/forged/plain",
    "/forged/rest",
    "/forged/exempt",
    "/forged/aexempt",
    "/forged/guarded-exempt",
    "/forged/exempt-guarded",
    "/forged/class",
    "/forged/ninja/order",
]
OURS = "cognito_guard_django.middleware.CognitoMiddleware"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"
OFF = "tests.django.forged.switched_off"
DONE = "tests.django.forged.done_already"


@pytest.mark.parametrize(
    "order",
    [[CSRF, OURS], [OURS, CSRF], [OURS], [OFF, OURS, CSRF], [CSRF, OURS, OFF], [DONE, CSRF, OURS]],
    ids=["before", "after", "missing", "switched off", "switched off later", "said to be done"],
)
@pytest.mark.parametrize("path", WAYS)
def test_whatever_switches_the_check_off(
    path: str, order: list[str], post: Any, pool: LocalUserPool
) -> None:
    """A POST of another site does nothing as the caller whose browser sent a cookie; with the
    token it does."""
    with override_settings(MIDDLEWARE=order):
        cookie = {"token": pool.access_token()}
        forged = post(path, cookie)
        assert (forged.status_code, views.calls) == (403, [])
        assert forged.json()["detail"].startswith("CSRF Failed: ")
        assert "Set-Cookie" not in forged.headers
        assert "token" not in forged.cookies
        csrf_cookie, header = csrf()
        evil = {**header, "Origin": "https://evil.example"}
        assert post(path, {**cookie, **csrf_cookie}, **evil).status_code == 403
        assert views.calls == []
        assert post(path, {**cookie, **csrf_cookie}, **header).status_code == 200
        assert len(views.calls) == 1


@pytest.mark.parametrize("path", ["/forged/exempt", "/forged/aexempt", "/forged/class"])
def test_an_exempt_view_without_a_credential(
    path: str, post: Any, configure: Configure, pool: LocalUserPool
) -> None:
    """A web hook that nobody's browser calls stays what it is, with a token of its own as well."""
    assert post(path, {}).status_code == 200
    assert post(path, {"other": "cookie"}).status_code == 200
    assert post(path, {}, **bearer(pool.access_token())).status_code == 200
    configure(USERS="stateless", COOKIE="token", EXEMPT=[path])
    assert post(path, {"token": pool.access_token()}).status_code == 200
    assert all(request.identity is None for request in (views.calls[0], views.calls[-1]))  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["put", "patch", "delete", "post", "purge"])
def test_every_method_that_changes_something(method: str, pool: LocalUserPool) -> None:
    """Also one that nobody has heard of; those that change nothing need no token."""
    client = Client(enforce_csrf_checks=True)
    client.cookies.load({"token": pool.access_token()})
    assert client.generic(method.upper(), "/forged/exempt").status_code == 403
    assert views.calls == []
    for safe in ("GET", "HEAD", "OPTIONS"):
        assert client.generic(safe, "/forged/exempt").status_code == 200


@pytest.mark.parametrize("path", ["/forged/exempt", "/forged/guarded-exempt", "/forged/aexempt"])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_method_that_changes_afterwards(
    path: str, asynchronous: bool, pool: LocalUserPool
) -> None:
    """A link that a middleware behind ours makes a POST of is a POST."""
    client: Any = (AsyncClient if asynchronous else Client)(enforce_csrf_checks=True)
    client.cookies.load({"token": pool.access_token()})
    get = async_to_sync(client.get) if asynchronous else client.get
    with override_settings(MIDDLEWARE=[OURS, "tests.django.forged.overriding"]):
        assert get(f"{path}?_method=DELETE").status_code == 403
        assert views.calls == []
        assert get(path).status_code == 200


def test_a_method_that_a_decorator_changes(pool: LocalUserPool) -> None:
    """Between the middleware and ``cognito_required``, too."""
    guarded = cognito_required(forged.view)

    def view(request: Any) -> Any:
        request.method = "POST"
        return guarded(request)

    request = RequestFactory().get("/", headers={"Cookie": f"token={pool.access_token()}"})
    assert CognitoMiddleware(view)(request).status_code == 403
    assert views.calls == []


def test_the_test_client_decides_for_itself(pool: LocalUserPool) -> None:
    """Django's client checks nothing unless it is told to, and so do we."""
    client = Client()
    client.cookies.load({"token": pool.access_token()})
    assert client.post("/forged/exempt").status_code == 200


@pytest.mark.parametrize("factory", [RequestFactory(), AsyncRequestFactory()])
def test_without_the_middleware_only_a_test_client_says_no(factory: Any) -> None:
    """What REST framework asks without our middleware: a request of Django's test kit may say that
    it is none of another site's; one that came over the network may not."""
    request = factory.post("/")
    assert forgery(request) is not None
    request._dont_enforce_csrf_checks = True
    assert forgery(request) is None
    assert request._dont_enforce_csrf_checks is True
    request._stream = BytesIO()
    assert forgery(request) is not None
    assert request._dont_enforce_csrf_checks is True
    assert not hasattr(request, "csrf_processing_done")


def test_the_load_balancers_session(configure: Configure) -> None:
    """The cookie behind its headers is one that a browser sends by itself."""
    alb = LocalLoadBalancer()
    with override_settings(COGNITO_GUARD={"GUARD": Guard(alb.trust()), "USERS": "stateless"}):
        client = Client(enforce_csrf_checks=True)
        headers = {name: str(value) for name, value in alb.headers("alice").items()}
        assert client.get("/forged/exempt", headers=headers).status_code == 200
        assert client.post("/forged/exempt", headers=headers).status_code == 403
        csrf_cookie, header = csrf()
        client.cookies.load(csrf_cookie)
        answer = client.post("/forged/exempt", headers={**headers, **header})
        assert answer.status_code == 200


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_token_in_the_session_or_in_the_body(
    asynchronous: bool, db: str, pool: LocalUserPool
) -> None:
    """Wherever Django looks for the token, we do."""
    client: Any = (AsyncClient if asynchronous else Client)(enforce_csrf_checks=True)
    client.cookies.load({"token": pool.access_token()})
    post = async_to_sync(client.post) if asynchronous else client.post
    cookie, header = csrf()
    client.cookies.load(cookie)
    body = {"csrfmiddlewaretoken": header["X-CSRFToken"]}
    assert post("/forged/exempt", body).status_code == 200
    with override_settings(
        CSRF_USE_SESSIONS=True, SESSION_ENGINE="django.contrib.sessions.backends.db"
    ):
        assert post("/forged/exempt", body).status_code == 403


def test_a_carrier_that_browsers_send_by_themselves(post: Any, pool: LocalUserPool) -> None:
    """A proxy may make a bearer token of its own cookie. Whoever says so of the carrier, for one
    guard or later, has every request checked."""
    carrier: Any = AuthorizationHeader()
    guard = Guard(pool.trust(), carriers=[carrier])
    headers = bearer(pool.access_token())
    with override_settings(COGNITO_GUARD={"GUARD": guard, "USERS": "stateless"}):
        assert post("/me", {}, **headers).status_code == 200
        carrier.ambient = True
        assert post("/me", {}, **headers).status_code == 403
