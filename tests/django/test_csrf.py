"""CSRF: not for what no browser sends by itself, and always for what it does."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.models import User
from django.middleware.csrf import get_token
from django.test import AsyncClient, Client, RequestFactory, override_settings

from cognito_guard.testing import LocalUserPool

from . import views
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
