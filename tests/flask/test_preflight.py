"""CORS: preflights pass, guarded views do not run for them, and flask-cors works beside us."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.views import MethodView
from flask_cors import CORS, cross_origin

from cognito_guard_flask import CognitoGuard

from .conftest import As

SHOP = "https://shop.example"
PREFLIGHT = {"Origin": SHOP, "Access-Control-Request-Method": "GET"}
METHODS = ["GET", "OPTIONS"]
SAFE = ["GET", "HEAD"]

Guarded = Callable[[CognitoGuard, Flask, Callable[[], str]], None]


def by_decorator(cognito: CognitoGuard, app: Flask, view: Callable[[], str]) -> None:
    """A view that is guarded."""
    app.add_url_rule("/", view_func=cognito.required(view))


def that_takes_options(cognito: CognitoGuard, app: Flask, view: Callable[[], str]) -> None:
    """A guarded view that would answer ``OPTIONS`` itself."""
    app.add_url_rule("/", view_func=cognito.required(view), methods=METHODS)


def class_with_options(cognito: CognitoGuard, app: Flask, view: Callable[[], str]) -> None:
    """A guarded class that would."""

    @cognito.required
    class Both(MethodView):
        def get(self) -> str:
            return view()

        def options(self) -> str:
            return view()

    app.add_url_rule("/", view_func=Both.as_view("both"))


def in_an_app(cognito: CognitoGuard, app: Flask, view: Callable[[], str]) -> None:
    """A view in an app that is protected."""
    cognito.protect(app)
    app.add_url_rule("/", view_func=view, methods=METHODS)


def in_a_blueprint(cognito: CognitoGuard, app: Flask, view: Callable[[], str]) -> None:
    """A view in a blueprint that is."""
    blueprint = Blueprint("shop", __name__)
    cognito.protect(blueprint)
    blueprint.add_url_rule("/", view_func=view, methods=METHODS)
    app.register_blueprint(blueprint)


each_guarded = pytest.mark.parametrize(
    "guarded",
    [by_decorator, that_takes_options, class_with_options, in_an_app, in_a_blueprint],
    ids=lambda each: each.__name__,
)


@each_guarded
def test_preflight(guarded: Guarded, app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """A preflight is answered as Flask answers it, and no guarded view runs without a caller."""
    calls = []
    guarded(cognito, app, lambda: calls.append("run") or "welcome")
    client = app.test_client()
    answer = client.options("/", headers=PREFLIGHT)
    assert (answer.status_code, answer.data) == (200, b"")
    assert set(answer.allow) == {"GET", "HEAD", "OPTIONS"}
    assert "WWW-Authenticate" not in answer.headers
    assert calls == []
    assert client.get("/", headers=as_user() | PREFLIGHT).text == "welcome"


@each_guarded
@pytest.mark.parametrize("missing", PREFLIGHT)
def test_what_is_no_preflight(
    guarded: Guarded, missing: str, app: Flask, cognito: CognitoGuard
) -> None:
    """``OPTIONS`` without both headers, or another method with them, opens no guarded view."""
    calls = []
    guarded(cognito, app, lambda: calls.append("run") or "welcome")
    client = app.test_client()
    headers = {name: value for name, value in PREFLIGHT.items() if name != missing}
    # Flask answers `OPTIONS` itself for a view that does not; the guard is on the view then.
    status = 200 if guarded is by_decorator else 401
    assert client.options("/", headers=headers).status_code == status
    assert [client.open("/", method=one, headers=PREFLIGHT).status_code for one in SAFE] == [
        401
    ] * 2
    assert calls == []


def test_a_preflight_to_nowhere(app: Flask, cognito: CognitoGuard) -> None:
    """In a protected app, a preflight for a URL that leads nowhere is Flask's to answer."""
    cognito.protect(app)
    app.add_url_rule("/", view_func=lambda: "welcome", provide_automatic_options=False)
    client = app.test_client()
    assert client.options("/no", headers=PREFLIGHT).status_code == 404
    assert client.options("/", headers=PREFLIGHT).status_code == 405


def test_an_optional_view_may_answer(app: Flask, cognito: CognitoGuard) -> None:
    """A view that anybody may see answers ``OPTIONS`` as it likes."""
    view = cognito.optional(lambda: "mine")
    app.add_url_rule("/", view_func=view, methods=METHODS)
    assert app.test_client().options("/", headers=PREFLIGHT).text == "mine"


def for_the_app(cognito: CognitoGuard, app: Flask) -> None:
    """flask-cors for the whole app, which is protected."""
    CORS(app, origins=[SHOP], expose_headers=["WWW-Authenticate"])
    cognito.protect(app)
    app.add_url_rule("/", view_func=lambda: "welcome")


def for_a_view(cognito: CognitoGuard, app: Flask) -> None:
    """flask-cors for one view, outside of its guard."""
    view: Any = cognito.required(lambda: "welcome")
    app.add_url_rule("/", "view", cross_origin(origins=[SHOP])(view))


@pytest.mark.parametrize("cors", [for_the_app, for_a_view], ids=lambda each: each.__name__)
def test_flask_cors(
    cors: Callable[[CognitoGuard, Flask], None], app: Flask, cognito: CognitoGuard, as_user: As
) -> None:
    """flask-cors answers the preflight, and its headers are on the answer that follows."""
    cors(cognito, app)
    client = app.test_client()
    asked = PREFLIGHT | {"Access-Control-Request-Headers": "authorization"}
    preflight = client.options("/", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == SHOP
    assert preflight.headers["Access-Control-Allow-Headers"] == "authorization"
    answer = client.get("/", headers=as_user() | {"Origin": SHOP})
    assert (answer.text, answer.headers["Access-Control-Allow-Origin"]) == ("welcome", SHOP)


def test_a_page_can_read_a_refusal(app: Flask, cognito: CognitoGuard) -> None:
    """With flask-cors for the app, a refusal carries its headers beside our own."""
    for_the_app(cognito, app)
    answer = app.test_client().get("/", headers={"Origin": SHOP})
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    assert answer.headers["Access-Control-Expose-Headers"] == "WWW-Authenticate"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "Authorization" in answer.headers["Vary"]
