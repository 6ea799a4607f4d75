"""Refusals are HTTP exceptions: an app may render them, and their headers stay what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, jsonify, session
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    ServiceUnavailable,
    Unauthorized,
)
from werkzeug.test import TestResponse

from cognito_guard import (
    AccessDenied,
    Guard,
    InvalidRequest,
    InvalidToken,
    KeysUnavailable,
    MissingCredentials,
    Reason,
    RemoteKeySet,
)
from cognito_guard.testing import LocalUserPool
from cognito_guard_flask import CognitoGuard, Refusal, current_identity

from ..engine.silence import assert_unsaid, secrets_of
from .conftest import bearer

Ask = Callable[[Flask, str], TestResponse]

OWN = ("WWW-Authenticate", "Retry-After", "Cache-Control", "Vary")

REFUSALS: dict[str, tuple[type[HTTPException], type[Exception], Reason]] = {
    "nobody": (Unauthorized, MissingCredentials, Reason.MISSING_CREDENTIALS),
    "malformed": (BadRequest, InvalidRequest, Reason.MALFORMED_AUTHORIZATION),
    "junk": (Unauthorized, InvalidToken, Reason.MALFORMED_TOKEN),
    "no scope": (Forbidden, AccessDenied, Reason.MISSING_SCOPE),
    "no keys": (ServiceUnavailable, KeysUnavailable, Reason.KEYS_UNAVAILABLE),
}

each_refusal = pytest.mark.parametrize("name", REFUSALS)


@pytest.fixture(scope="module")
def unreachable() -> LocalUserPool:
    """A user pool whose keys cannot be had."""
    return LocalUserPool("eu-west-1_Unreachable")


@pytest.fixture
def make_app(pool: LocalUserPool, unreachable: LocalUserPool) -> Callable[[], Flask]:
    """Makes an app with a view behind a scope, for the users of both pools."""

    def no_connection(url: str) -> bytes:
        raise OSError

    def make() -> Flask:
        keys = RemoteKeySet("https://keys.example/jwks.json", get=no_connection)
        guard = Guard(pool.trust(), unreachable.trust(jwks=keys))
        app = Flask(__name__)
        cognito = CognitoGuard(app, guard=guard)
        app.add_url_rule("/", view_func=cognito.required(scopes="a/b")(lambda: "welcome"))
        return app

    return make


@pytest.fixture
def app(make_app: Callable[[], Flask]) -> Flask:
    """One of them."""
    return make_app()


@pytest.fixture
def ask(pool: LocalUserPool, unreachable: LocalUserPool) -> Ask:
    """Sends the request that is refused in the way of that name."""
    headers = {
        "nobody": {},
        "malformed": {"Authorization": "Bearer"},
        "junk": bearer("junk"),
        "no scope": bearer(pool.access_token()),
        "no keys": bearer(unreachable.access_token()),
    }
    return lambda app, name: app.test_client().get("/", headers=headers[name])


def own_headers(answer: TestResponse) -> dict[str, list[str]]:
    """The headers of the contract."""
    return {name: answer.headers.getlist(name) for name in OWN}


@each_refusal
def test_the_exception(app: Flask, ask: Ask, name: str) -> None:
    """A refusal is the exception of its status, with reason, detail, challenge and cause."""
    kind, cause, reason = REFUSALS[name]
    seen: list[Refusal] = []

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> Refusal:
        seen.append(refusal)
        return refusal

    answer = ask(app, name)
    (refusal,) = seen
    assert isinstance(refusal, kind)
    assert isinstance(refusal.__cause__, cause)
    assert refusal.reason is reason
    assert refusal.description == refusal.challenge.problem["detail"]
    assert answer.status_code == refusal.code == refusal.challenge.status
    assert answer.data == refusal.challenge.body


@each_refusal
def test_the_answer(app: Flask, ask: Ask, name: str) -> None:
    """Where the app says nothing, the answer is the challenge: its headers, and problem details."""
    answer = ask(app, name)
    assert answer.content_type == "application/problem+json"
    assert answer.json["reason"] == REFUSALS[name][2]
    headers = own_headers(answer)
    assert len(headers["WWW-Authenticate"]) == (name != "no keys")
    assert len(headers["Retry-After"]) == (name == "no keys")
    assert (headers["Cache-Control"], headers["Vary"]) == (["no-store"], ["Authorization"])


def by_status(app: Flask, handler: Any) -> None:
    """An error handler for each status."""
    for status in (400, 401, 403, 503):
        app.register_error_handler(status, handler)


def by_class(app: Flask, handler: Any) -> None:
    """One for all HTTP exceptions."""
    app.register_error_handler(HTTPException, handler)


def by_our_class(app: Flask, handler: Any) -> None:
    """One for refusals."""
    app.register_error_handler(Refusal, handler)


def as_json(error: Any) -> Any:
    """What many apps do."""
    return jsonify(message=error.description, reason=error.reason), error.code


def as_text(error: HTTPException) -> Response:
    """With headers of its own that are in the way."""
    headers = {"Cache-Control": "public, max-age=60", "Vary": "Accept"}
    return Response(error.description, error.code, headers)


def patched(error: HTTPException) -> Response:
    """As in Flask's documentation of generic handlers."""
    response = error.get_response()
    response.data = b"{}"
    response.content_type = "application/json"
    return response  # type: ignore[return-value]


async def as_nothing(error: HTTPException) -> tuple[str, int]:
    """An async handler, with a body of nothing."""
    return "", error.code or 0


def failing(error: HTTPException) -> Response:
    """A 503 asks for its own time to wait."""
    return Response("", error.code, {"Retry-After": "3600"} if error.code == 503 else {})


@each_refusal
@pytest.mark.parametrize(
    "handler", [as_json, as_text, patched, as_nothing, failing], ids=lambda each: each.__name__
)
@pytest.mark.parametrize(
    "register", [by_status, by_class, by_our_class], ids=lambda each: each.__name__
)
def test_error_handlers(
    make_app: Callable[[], Flask], ask: Ask, name: str, handler: Any, register: Any
) -> None:
    """An app's own error handler writes the body, and the challenge's headers are there still."""
    expected = ask(make_app(), name)
    app = make_app()
    register(app, handler)
    answer = ask(app, name)
    assert answer.status_code == expected.status_code
    assert answer.data != expected.data
    wanted = own_headers(expected)
    if handler is as_text:
        wanted["Vary"] = ["Accept, Authorization"]
    assert own_headers(answer) == wanted


def test_a_challenge_of_the_apps_own(app: Flask, ask: Ask) -> None:
    """A challenge that the app adds, for another scheme, stands beside ours."""
    own = {"WWW-Authenticate": 'Basic realm="desk"'}
    app.register_error_handler(401, lambda error: Response("", 401, own))
    answer = ask(app, "nobody")
    assert answer.headers.getlist("WWW-Authenticate") == ['Basic realm="desk"', "Bearer"]


@pytest.mark.parametrize("status", [200, 302, 403])
def test_another_status(app: Flask, ask: Ask, status: int) -> None:
    """An error handler that answers with another status has its own way, and no challenge."""
    app.register_error_handler(401, lambda error: Response("sign in", status))
    answer = ask(app, "nobody")
    assert answer.status_code == status
    assert own_headers(answer) == {name: [] for name in OWN}


def test_other_errors_are_left_alone(app: Flask, cognito: CognitoGuard) -> None:
    """A 401 of the app's own, in a view that let its caller in, is none of ours."""
    cognito.init_app(app)
    app.add_url_rule("/own", "own", cognito.optional(lambda: ("", 401)))
    assert own_headers(app.test_client().get("/own")) == {name: [] for name in OWN}


def test_beside_a_session(app: Flask, ask: Ask) -> None:
    """What Flask adds for its session stands beside ours."""
    app.secret_key = "secret"

    @app.errorhandler(401)
    def refused(error: HTTPException) -> Any:
        session["refused"] = True
        return error

    assert set(ask(app, "nobody").vary) == {"Authorization", "Cookie"}


def test_the_caller_in_an_error_handler(app: Flask, ask: Ask) -> None:
    """An error handler may ask who was refused: somebody without a scope, or nobody known."""

    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> Any:
        return current_identity.display_name if current_identity else "nobody", error.code

    assert {name: ask(app, name).text for name in REFUSALS} == {
        "nobody": "nobody",
        "malformed": "nobody",
        "junk": "nobody",
        "no scope": "alice",
        "no keys": "nobody",
    }


def test_a_refusal_says_nothing_secret(app: Flask, ask: Ask, pool: LocalUserPool) -> None:
    """Neither the texts of a refusal nor its answer repeat anything of the token."""
    seen: list[str] = []

    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> Refusal:
        seen.extend([str(error), repr(error), repr(vars(error))])
        return error

    token = pool.access_token()
    answer = app.test_client().get("/", headers=bearer(token))
    assert_unsaid(" ".join([*seen, answer.text, str(answer.headers)]), secrets_of(token), "Refusal")
    assert len(seen) == 3


TRAPS = ["TRAP_HTTP_EXCEPTIONS", "TRAP_BAD_REQUEST_ERRORS"]


@each_refusal
@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize("handler", [None, Refusal, HTTPException, Exception])
def test_nothing_traps_a_refusal(
    make_app: Callable[[], Flask], ask: Ask, name: str, trap: str, handler: Any
) -> None:
    """Settings that trap errors change nothing about refusals, with a handler of errors or without;
    other errors are trapped as ever."""
    apps = [make_app(), make_app()]
    apps[1].config[trap] = True
    if handler is not None:
        for each in apps:
            each.register_error_handler(handler, lambda error: (f"own {error.code}", error.code))
    plain, trapped = (ask(each, name) for each in apps)
    assert (trapped.status, trapped.data) == (plain.status, plain.data)
    assert own_headers(trapped) == own_headers(plain)


@pytest.mark.parametrize("trap", TRAPS)
def test_other_errors_are_trapped(app: Flask, trap: str) -> None:
    """What a view raises itself comes out, for those who look for it."""
    app.config[trap] = True

    def view() -> None:
        raise BadRequest

    app.add_url_rule("/bad", view_func=view)
    assert app.test_client().get("/bad").status_code == 500
