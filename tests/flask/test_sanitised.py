"""What somebody's code sees of a preflight: what a browser sends with one, and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, request, request_started, session
from werkzeug.middleware.proxy_fix import ProxyFix

from cognito_guard import PREFLIGHT_HEADERS
from cognito_guard_flask import CognitoGuard

from .conftest import As
from .test_preflight import METHODS, PREFLIGHT

LADEN = PREFLIGHT | {
    "Cookie": "session=1",
    "X-HTTP-Method-Override": "POST",
    "X-Original-URL": "/other",
    "X-API-Key": "secret",
    "Content-Type": "application/x-www-form-urlencoded",
    "User-Agent": "test",
    "Access-Control-Request-Headers": "authorization",
}
BY_THE_SERVER = {
    "REMOTE_USER": "root",
    "AUTH_TYPE": "Basic",
    "RAW_URI": "/?_method=POST",
    "REQUEST_URI": "/?_method=POST",
}

Seen = list[dict[str, Any]]


def look(seen: Seen) -> None:
    """Note what there is of the request."""
    seen.append(
        {
            "method": request.method,
            "headers": {name.lower() for name, _ in request.headers},
            "query": request.query_string + request.full_path.partition("?")[2].encode(),
            "form": {**request.values},
            "body": request.get_data(),
            "cookies": {**request.cookies},
            "session": {**session},
            "server": BY_THE_SERVER.keys() & request.environ.keys(),
            "auth": request.authorization,
        }
    )


def before(app: Flask, seen: Seen) -> None:
    """A hook before requests."""
    app.before_request(lambda: look(seen))


def preprocessor(app: Flask, seen: Seen) -> None:
    """A hook for the values in a URL."""
    app.url_value_preprocessor(lambda endpoint, values: look(seen))


def after(app: Flask, seen: Seen) -> None:
    """A hook after requests."""
    app.after_request(lambda response: (look(seen), response)[1])


def teardown(app: Flask, seen: Seen) -> None:
    """A hook at the very end."""
    app.teardown_request(lambda error: look(seen))


def signal(app: Flask, seen: Seen) -> None:
    """A signal of Flask's."""

    def hear(sender: Any, **_: Any) -> None:
        look(seen)

    app.extensions["kept alive"] = hear  # signals hold weak references
    request_started.connect(hear, app)


def view(app: Flask, seen: Seen) -> None:
    """An open view that takes OPTIONS."""
    app.add_url_rule("/open", "open", lambda: look(seen) or "open", methods=METHODS)


PLACES = [before, preprocessor, after, teardown, signal, view]


def guarded(app: Flask, cognito: CognitoGuard) -> None:
    """By a decorator."""
    app.add_url_rule("/", "me", cognito.required(lambda: "welcome"), methods=METHODS)


def protected(app: Flask, cognito: CognitoGuard) -> None:
    """With its blueprint."""
    blueprint = Blueprint("shop", __name__)
    cognito.protect(blueprint)
    blueprint.add_url_rule("/", "me", lambda: "welcome")
    app.register_blueprint(blueprint)


@pytest.mark.parametrize("place", PLACES, ids=lambda one: one.__name__)
@pytest.mark.parametrize("guard_it", [guarded, protected], ids=lambda one: one.__name__)
def test_what_is_seen(
    place: Callable[[Flask, Seen], None],
    guard_it: Any,
    app: Flask,
    cognito: CognitoGuard,
    as_user: As,
) -> None:
    """Whoever looks at a preflight finds no credential, cookie, session, query or body."""
    seen: Seen = []
    app.secret_key = "for the session"
    place(app, seen)
    guard_it(app, cognito)
    client = app.test_client()
    with client.session_transaction() as stored:
        stored["user"] = 1
    seen.clear()
    path = "/open" if place is view else "/"
    answer = client.options(
        f"{path}?_method=POST",
        headers=LADEN | as_user(),
        data="_method=POST",
        environ_overrides=BY_THE_SERVER,
    )
    assert answer.status_code == 200
    assert seen == [
        {
            "method": "OPTIONS",
            "headers": {
                *("host", "origin", "user-agent"),
                *("access-control-request-method", "access-control-request-headers"),
            },
            "query": b"",
            "form": {},
            "body": b"",
            "cookies": {},
            "session": {},
            "server": set(),
            "auth": None,
        }
    ]
    assert seen[0]["headers"] <= PREFLIGHT_HEADERS


def test_other_requests_arrive_whole(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """What is no preflight keeps all that it has, and so do the middlewares outside."""
    seen: Seen = []
    outside: list[dict[str, Any]] = []
    before(app, seen)
    guarded(app, cognito)
    inner = app.wsgi_app

    def middleware(environ: Any, start_response: Any) -> Any:
        answer = inner(environ, start_response)
        outside.append(environ)
        return answer

    app.wsgi_app = middleware  # type: ignore[method-assign]
    client = app.test_client()
    no_preflight = {name: value for name, value in LADEN.items() if name != "Origin"}
    for headers in (no_preflight, LADEN):
        client.options("/?a=1", headers=headers | as_user(), data="b=2")
    assert (seen[0]["query"], seen[0]["form"]) == (b"a=1a=1", {"a": "1", "b": "2"})
    assert seen[0]["auth"].type == "bearer"
    for environ in outside:
        assert environ["QUERY_STRING"] == "a=1"
        assert environ["HTTP_AUTHORIZATION"].startswith("Bearer ")


@pytest.mark.parametrize("order", ["before", "after"])
def test_behind_a_proxy(order: str, cognito: CognitoGuard) -> None:
    """What a proxy says of host and scheme is believed as ever, whoever was there first."""
    app = Flask(__name__, host_matching=True, static_host="static.example")
    if order == "after":
        cognito.init_app(app)
    app.wsgi_app = ProxyFix(app.wsgi_app, x_host=1, x_proto=1)  # type: ignore[method-assign]
    if order == "before":
        cognito.init_app(app)
    urls: list[str] = []
    app.after_request(lambda response: (urls.append(request.base_url), response)[1])
    app.add_url_rule("/", "me", cognito.required(lambda: "welcome"), host="shop.example")
    forwarded = {"X-Forwarded-Host": "shop.example", "X-Forwarded-Proto": "https"}
    answer = app.test_client().options("/", headers=PREFLIGHT | forwarded)
    assert (answer.status_code, urls) == (200, ["https://shop.example/"])
    assert set(answer.allow) == {"GET", "HEAD", "OPTIONS"}
