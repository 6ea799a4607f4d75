"""How headers reach Django: joined and renamed by WSGI servers, raw under ASGI."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import RequestFactory

from cognito_guard.testing import LocalUserPool
from cognito_guard_django.middleware import CognitoMiddleware
from cognito_guard_django.requests.headers import header_values

from .conftest import Configure


def wsgi(**environ: str) -> WSGIRequest:
    """A request as a WSGI server hands it over."""
    return WSGIRequest({**RequestFactory().get("/").environ, **environ})


def asgi(*headers: tuple[bytes, bytes]) -> ASGIRequest:
    """A request as an ASGI server hands it over."""
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": [*headers]}
    return ASGIRequest(scope, BytesIO())


def reason(request: Any) -> str:
    """Why the middleware refuses the request; empty if it does not."""
    answer = CognitoMiddleware(lambda _: HttpResponse(b"{}"))(request)
    found: str = json.loads(answer.content).get("reason", "")
    return found


@pytest.fixture(autouse=True)
def _required(configure: Configure) -> None:
    """A credential is required, and may be in a cookie."""
    configure(USERS="stateless", REQUIRED=True, COOKIE="token")


@pytest.mark.parametrize(
    ("make", "wanted"),
    [
        # Servers join repeated headers with a comma, with or without a space after it.
        (lambda good: wsgi(HTTP_AUTHORIZATION=f"Bearer {good}"), ""),
        (
            lambda good: wsgi(HTTP_AUTHORIZATION=f"Bearer {good},Bearer {good}"),
            "multiple_credentials",
        ),
        (
            lambda good: wsgi(HTTP_AUTHORIZATION=f"Basic YTpi, Bearer {good}"),
            "multiple_credentials",
        ),
        (lambda good: wsgi(HTTP_AUTHORIZATION=f"Bearer {good},"), "multiple_credentials"),
        # Latin-1, as PEP 3333 has it, and a text that no server would make.
        (lambda good: wsgi(HTTP_AUTHORIZATION="Bearer t\xc3\xb6ken"), "malformed_authorization"),
        (lambda good: wsgi(HTTP_AUTHORIZATION="Bearer tökén🦊"), "malformed_authorization"),
        (lambda good: wsgi(HTTP_COOKIE=f"a=b; token={good}"), ""),
        (lambda good: wsgi(HTTP_COOKIE=f"token={good}; token={good}"), "multiple_credentials"),
        (lambda good: wsgi(HTTP_COOKIE="token="), "missing_credentials"),
        (
            lambda good: wsgi(HTTP_COOKIE=f"token={good}", HTTP_AUTHORIZATION=f"Bearer {good}"),
            "multiple_credentials",
        ),
        # Only what came as a header counts.
        (lambda good: wsgi(AUTHORIZATION=f"Bearer {good}"), "missing_credentials"),
        (lambda good: wsgi(REMOTE_USER="admin"), "missing_credentials"),
        # Under ASGI every header is still there.
        (lambda good: asgi((b"authorization", b"Bearer " + good.encode())), ""),
        (lambda good: asgi((b"AUTHORIZATION", b"Bearer " + good.encode())), ""),
        (
            lambda good: asgi(*[(b"authorization", b"Bearer " + good.encode())] * 2),
            "multiple_credentials",
        ),
        (
            lambda good: asgi(
                (b"authorization", b"Basic YTpi"), (b"authorization", b"Bearer " + good.encode())
            ),
            "multiple_credentials",
        ),
        (lambda good: asgi((b"authorization", b"Bearer t\xf6ken")), "malformed_authorization"),
        (lambda good: asgi((b"http_authorization", b"Bearer x")), "missing_credentials"),
        (
            lambda good: asgi((b"cookie", b"a=b"), (b"cookie", b"token=" + good.encode())),
            "",
        ),
        (
            lambda good: asgi(*[(b"cookie", b"token=" + good.encode())] * 2),
            "multiple_credentials",
        ),
    ],
)
def test_credentials(make: Any, wanted: str, pool: LocalUserPool) -> None:
    """One credential is found wherever it may be, and two are never taken for one."""
    assert reason(make(pool.access_token())) == wanted


def test_underscores_are_no_hyphens_under_asgi() -> None:
    """``x_amzn_oidc_data`` is another header than ``x-amzn-oidc-data``."""
    request = asgi((b"x_amzn_oidc_data", b"forged"))
    assert header_values(request)("x-amzn-oidc-data") == []
    request = asgi((b"x-amzn-oidc-data", b"one"), (b"X-Amzn-Oidc-Data", b"two"))
    assert header_values(request)("x-amzn-oidc-data") == [b"one", b"two"]


def test_names_in_an_environ() -> None:
    """WSGI writes names in capitals with underscores."""
    request = wsgi(HTTP_X_AMZN_OIDC_DATA="one")
    assert header_values(request)("x-amzn-oidc-data") == ["one"]
    assert header_values(request)("authorization") == []
