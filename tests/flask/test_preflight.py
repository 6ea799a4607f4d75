"""CORS: preflights pass, guarded views do not run for them, and flask-cors works beside us."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, request
from flask.views import MethodView
from flask_cors import CORS, cross_origin
from werkzeug.exceptions import HTTPException

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
    """In a protected app, a preflight for a URL that leads nowhere is answered like any other."""
    cognito.protect(app)
    app.add_url_rule("/", view_func=lambda: "welcome", provide_automatic_options=False)
    client = app.test_client()
    for path in ("/no", "/", "/%00"):
        answer = client.options(path, headers=PREFLIGHT)
        assert (answer.status_code, answer.data) == (200, b"")


def with_handler(kind: Any) -> Callable[[Flask, Callable[[], Any]], None]:
    """An error handler that answers with a page, as single-page apps have it."""

    def add(app: Flask, page: Callable[[], Any]) -> None:
        app.register_error_handler(kind, lambda error: page())

    return add


def hook_before(app: Flask, page: Callable[[], Any]) -> None:
    """A hook that answers before any view."""
    app.before_request(page)


def catch_all(app: Flask, page: Callable[[], Any]) -> None:
    """A route for everything that has none."""
    app.add_url_rule("/<path:path>", view_func=lambda path: page(), methods=METHODS)


FALLBACKS = {
    "404": with_handler(404),
    "405": with_handler(405),
    "HTTPException": with_handler(HTTPException),
    "Exception": with_handler(Exception),
    "a hook": hook_before,
    "a route for all": catch_all,
}


@pytest.mark.parametrize("fallback", FALLBACKS)
@pytest.mark.parametrize("path", ["/no", "/only-post", "/folder", "/static/no"])
@pytest.mark.parametrize("order", ["before", "after"])
def test_fallback_pages(
    fallback: str, path: str, order: str, app: Flask, cognito: CognitoGuard
) -> None:
    """In a protected app, a preflight brings nobody a page, in whatever order it was made."""
    calls: list[str] = []

    def page() -> str:
        calls.append("run")
        return "welcome"

    if order == "before":
        FALLBACKS[fallback](app, page)
    cognito.protect(app)
    if order == "after":
        FALLBACKS[fallback](app, page)
    app.add_url_rule(
        "/only-post", "only-post", page, methods=["POST"], provide_automatic_options=False
    )
    app.add_url_rule("/folder/", "folder", page)
    client = app.test_client()
    answer = client.options(path, headers=PREFLIGHT, data="welcome")
    assert (answer.status_code, answer.data, calls) == (200, b"", [])
    # For other requests hooks run in their order, and a handler of refusals renders them.
    if fallback in ("404", "405", "a route for all") or (fallback, order) == ("a hook", "after"):
        assert client.get(path).status_code == 401
        assert calls == []


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_body_from_a_hook_that_follows(order: str, cognito: CognitoGuard) -> None:
    """Hooks after a request may add headers to the answer to a preflight, and no body, whether
    they are older than the extension or not."""
    app = Flask(__name__)
    if order == "after":
        cognito.init_app(app)

    @app.after_request
    def wrap(response: Response) -> Response:
        headers = [*response.headers, ("X-Own", "1")]
        return Response(b"wrapped " + response.data, response.status, headers)

    if order == "before":
        cognito.init_app(app)
    cognito.protect(app)
    answer = app.test_client().options("/", headers=PREFLIGHT)
    assert (answer.data, answer.headers["X-Own"]) == (b"", "1")


def test_a_method_that_is_rewritten(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """A preflight that something makes a call of, outside of Flask or inside, is refused."""
    calls: list[str] = []
    app.add_url_rule("/", view_func=lambda: calls.append("run") or "welcome", methods=["POST"])
    cognito.protect(app)
    inner = app.wsgi_app

    def override(environ: Any, start_response: Any) -> Any:
        environ["REQUEST_METHOD"] = environ.get("HTTP_X_METHOD", environ["REQUEST_METHOD"])
        return inner(environ, start_response)

    app.wsgi_app = override  # type: ignore[method-assign]
    client = app.test_client()
    headers = PREFLIGHT | {"X-Method": "POST"}
    assert client.options("/", headers=headers).status_code == 401
    assert calls == []
    assert client.options("/", headers=headers | as_user()).text == "welcome"


@pytest.mark.parametrize("caller", ["nobody", "alice"])
def test_a_method_that_a_hook_rewrites(
    caller: str, app: Flask, cognito: CognitoGuard, as_user: As
) -> None:
    """A hook that makes a call of a preflight makes no guarded view run, whatever it carries."""

    @app.before_request
    def override() -> None:
        request.environ["REQUEST_METHOD"] = "GET"

    app.add_url_rule("/", view_func=cognito.required(lambda: "welcome"), methods=METHODS)
    headers = PREFLIGHT | (as_user() if caller == "alice" else {})
    assert app.test_client().options("/", headers=headers).data == b""


def test_an_exempt_endpoint_may_answer(app: Flask, cognito: CognitoGuard) -> None:
    """An exempt endpoint, and what is outside of a protected blueprint, answers as it likes."""
    blueprint = Blueprint("shop", __name__)
    cognito.protect(blueprint, exempt=["open"])
    blueprint.add_url_rule("/open", "open", lambda: "open", methods=METHODS)
    app.register_blueprint(blueprint)
    app.add_url_rule("/outside", "outside", lambda: "outside", methods=METHODS)
    client = app.test_client()
    assert client.options("/open", headers=PREFLIGHT).text == "open"
    assert client.options("/outside", headers=PREFLIGHT).text == "outside"


def test_host_matching(cognito: CognitoGuard) -> None:
    """An app with routes for hosts is protected on the others too."""
    app = Flask(__name__, host_matching=True, static_host="static.example")
    cognito.init_app(app)
    cognito.protect(app)
    app.register_error_handler(404, lambda error: ("welcome", 200))
    app.add_url_rule("/", view_func=lambda: "welcome", host="shop.example", methods=METHODS)
    client = app.test_client()
    for host in ("shop.example", "other.example"):
        answer = client.options("/", base_url=f"http://{host}", headers=PREFLIGHT)
        assert (answer.status_code, answer.data) == (200, b"")
        assert client.get("/", base_url=f"http://{host}").status_code == 401


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
