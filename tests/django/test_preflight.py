"""Preflights where a credential is required: nobody's code runs for one, whatever stands around."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.contrib.flatpages import middleware as flatpages
from django.contrib.redirects import middleware as redirects
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client, override_settings

from cognito_guard.testing import LocalUserPool

from . import others, project, views
from .asgi_client import AsyncClient
from .conftest import Configure, bearer

OURS = "cognito_guard_django.middleware.CognitoMiddleware"
CORS = "corsheaders.middleware.CorsMiddleware"
FLAT = "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware"
MOVED = "django.contrib.redirects.middleware.RedirectFallbackMiddleware"
HERE = "tests.django.others"
PREFLIGHT = {
    "Origin": "https://shop.example",
    "Access-Control-Request-Method": "POST",
    "X-HTTP-Method-Override": "POST",
    "Cookie": "sessionid=1; token=2",
    "Accept-Language": "de",
}


@pytest.fixture(autouse=True)
def _required(configure: Configure) -> None:
    configure(USERS="stateless", REQUIRED=True, EXEMPT=["/health"], COOKIE="token")
    views.calls.clear()
    others.seen.clear()


@pytest.fixture(params=["wsgi", "asgi"])
def send(request: pytest.FixtureRequest) -> Any:
    """Sends a preflight with all that an attacker may add to one."""

    def _send(path: str, order: list[str], **more: Any) -> Any:
        sync = request.param == "wsgi"
        client: Any = (Client if sync else AsyncClient)(raise_request_exception=False)
        options = client.options if sync else async_to_sync(client.options)
        with override_settings(MIDDLEWARE=order, **more):
            return options(f"{path}?_method=POST", "a=b", "text/plain", headers=PREFLIGHT)

    return _send


FALLBACKS: list[tuple[list[str], dict[str, Any]]] = [
    ([OURS, f"{HERE}.overriding"], {}),
    ([OURS, f"{HERE}.rewriting"], {}),
    ([f"{HERE}.rewriting", OURS], {}),
    ([OURS, f"{HERE}.other_urls"], {}),
    ([f"{HERE}.other_urls", OURS], {}),
    ([OURS], {"ROOT_URLCONF": "tests.django.other_urls"}),
    (["django.middleware.common.CommonMiddleware", OURS], {"APPEND_SLASH": True}),
    ([OURS, "django.middleware.common.CommonMiddleware"], {"APPEND_SLASH": True}),
    (["django.middleware.locale.LocaleMiddleware", OURS], {}),
    ([OURS, "django.middleware.locale.LocaleMiddleware"], {}),
    ([OURS, f"{HERE}.page"], {}),
    ([OURS, f"{HERE}.streamed"], {}),
    ([OURS, f"{HERE}.missing"], {"ROOT_URLCONF": "tests.django.other_urls"}),
    ([OURS, f"{HERE}.broken"], {"ROOT_URLCONF": "tests.django.other_urls"}),
    ([f"{HERE}.ViewCaller", OURS], {}),
    ([OURS, f"{HERE}.ViewCaller"], {}),
    (project.MIDDLEWARE, {}),
]


@pytest.mark.parametrize("path", ["/me", "/nowhere", "/me/", "/decorated", "/spa"])
@pytest.mark.parametrize(("order", "more"), FALLBACKS)
def test_nothing_runs(path: str, order: list[str], more: dict[str, Any], send: Any) -> None:
    """No view, no fallback and no handler of errors, and nothing of theirs is in the answer."""
    answer = send(path, order, **more)
    assert views.calls == []
    assert b"".join(answer) == b""
    assert "page" not in answer.cookies
    assert answer.status_code == (500 if f"{HERE}.broken" in order else answer.status_code)
    assert answer.status_code in (200, 204, 404, 500)


@pytest.mark.parametrize("path", ["/me", "/ame", "/bare", "/spa", "/nowhere"])
def test_another_method_made_of_it(path: str, send: Any) -> None:
    """What says that it is a POST, whatever it was, is one without a credential."""
    answer = send(path, [OURS, f"{HERE}.to_post"])
    assert (answer.status_code, answer.json()["reason"]) == (401, "missing_credentials")
    assert views.calls == []


@pytest.mark.parametrize("order", ["outside", "inside"])
@pytest.mark.parametrize("path", ["/me", "/nowhere"])
def test_django_cors_headers(order: str, path: str, send: Any) -> None:
    """The usual middleware for CORS answers it, wherever it stands."""
    chain = [CORS, OURS] if order == "outside" else [OURS, CORS]
    allowed = {"CORS_ALLOWED_ORIGINS": ["https://shop.example"], "CORS_ALLOW_CREDENTIALS": True}
    answer = send(path, chain, **allowed)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert views.calls == []
    others_site = send(path, chain, CORS_ALLOWED_ORIGINS=["https://other.example"])
    assert "Access-Control-Allow-Origin" not in others_site.headers


def test_what_is_left_of_it(send: Any, pool: LocalUserPool) -> None:
    """Middlewares behind see what a browser sends with a preflight, from nobody, and no more."""
    send("/me", [*project.MIDDLEWARE, f"{HERE}.overriding"])
    (request,) = others.seen
    assert isinstance(request, WSGIRequest | ASGIRequest)
    assert set(request.headers) == {
        "Origin",
        "Access-Control-Request-Method",
        "Accept-Language",
        *(["Host"] if isinstance(request, ASGIRequest) else []),
    }
    assert (request.method, request.path, request.get_host()) == ("OPTIONS", "/me", "testserver")
    assert (dict(request.GET), request.COOKIES, request.body) == ({}, {}, b"")
    assert (dict(request.POST), dict(request.FILES)) == ({}, {})
    assert request.content_type == ""
    assert request.META["QUERY_STRING"] == ""
    assert not request.user.is_authenticated
    assert dict(request.session.items()) == {}
    assert request.identity is None  # type: ignore[attr-defined]
    if isinstance(request, ASGIRequest):
        assert request.scope["query_string"] == b""
        assert {name for name, _ in request.scope["headers"]} <= {
            *(b"origin", b"access-control-request-method", b"accept-language", b"host"),
        }
    else:
        assert request.environ is request.META
        assert request.environ["wsgi.input"].read() == b""


def test_a_session_does_not_come_along(db: str) -> None:
    """Nobody whom a session knows is behind a preflight."""
    client = Client()
    client.force_login(
        User.objects.create_user("local"), "django.contrib.auth.backends.ModelBackend"
    )
    with override_settings(MIDDLEWARE=[*project.MIDDLEWARE, f"{HERE}.overriding"]):
        client.options("/me", headers={name: PREFLIGHT[name] for name in list(PREFLIGHT)[:2]})
    (request,) = others.seen
    assert not request.user.is_authenticated
    assert "_auth_user_id" not in request.session
    # The session itself is still there.
    with override_settings(COGNITO_GUARD={**_settings(), "REQUIRED": False}):
        assert client.get("/me").json()["user"] == "local"


def _settings() -> dict[str, Any]:
    from django.conf import settings

    found: dict[str, Any] = settings.COGNITO_GUARD
    return found


def test_https_stays_https() -> None:
    """A preflight is not sent from one scheme to the other because a header is gone."""
    secure = {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}
    order = [OURS, "django.middleware.security.SecurityMiddleware"]
    with override_settings(MIDDLEWARE=order, SECURE_SSL_REDIRECT=True, **secure):
        headers = {**PREFLIGHT, "X-Forwarded-Proto": "https"}
        assert Client().options("/me", headers=headers).status_code == 204
        assert async_to_sync(AsyncClient().options)("/me", headers=headers).status_code == 204
        assert Client().options("/me", headers=PREFLIGHT).status_code == 301


@pytest.mark.parametrize("path", ["/page/", "/nowhere"])
@pytest.mark.parametrize("order", [[FLAT, MOVED, OURS], [OURS, FLAT, MOVED]])
def test_pages_for_what_is_not_found(
    path: str, order: list[str], send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Django's own fallbacks, flat pages and redirects, find nothing that is not found."""
    asked: list[Any] = []
    for module in (flatpages, redirects):
        monkeypatch.setattr(module, "get_current_site", asked.append, raising=False)
    monkeypatch.setattr(flatpages, "flatpage", lambda *_: asked.append(1))
    assert send(path, order).status_code == 204
    assert asked == []


@pytest.mark.parametrize("rewrite", ["rewriting", "other_urls"])
def test_an_exempt_path_that_is_rewritten(rewrite: str, pool: LocalUserPool) -> None:
    """What leads elsewhere after the decision is decided about again."""
    with override_settings(MIDDLEWARE=[OURS, f"{HERE}.{rewrite}"]):
        for get in (Client().get, async_to_sync(AsyncClient().get)):
            views.calls.clear()
            answer = get("/health")
            assert (answer.status_code, answer.json()["reason"]) == (401, "missing_credentials")
            assert get("/health", headers={"Authorization": "Bearer junk"}).status_code == 401
            assert get("/health", headers=PREFLIGHT).status_code in (400, 401)
            assert views.calls == []
            good = get("/health", headers=bearer(pool.access_token("alice")))
            assert good.json()["user"] == "alice"
        forged = Client(enforce_csrf_checks=True)
        forged.cookies.load({"token": pool.access_token()})
        assert forged.post("/health").status_code == 403
        options = Client().options("/health", headers=PREFLIGHT)
        assert (options.status_code, len(views.calls)) == (204, 1)
    # Before ours, it is the path that counts where it leads to.
    with override_settings(MIDDLEWARE=[f"{HERE}.rewriting", OURS]):
        assert Client().get("/health").status_code == 401
