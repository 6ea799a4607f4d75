"""Errors of the engine that an app raises are answered as the refusals that they stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, abort
from flask.views import MethodView
from werkzeug.exceptions import HTTPException

from cognito_guard import (
    AccessDenied,
    AuthError,
    CognitoGuardError,
    Guard,
    InvalidToken,
    KeysUnavailable,
    LoginTooOld,
    MissingCredentials,
    enforce,
    require_groups,
)
from cognito_guard_flask import CognitoGuard, Refusal, current_identity

from .conftest import As

DENIED = AccessDenied("missing_group", "Admins only.")
(LOGIN_TOO_OLD,) = LoginTooOld.reasons

Raise = Callable[[], Any]
Raised = Callable[[Flask, CognitoGuard, Raise], None]


def in_a_view(app: Flask, cognito: CognitoGuard, fail: Raise) -> None:
    """A guarded function."""
    app.add_url_rule("/", "view", cognito.required(fail))


def in_an_async_view(app: Flask, cognito: CognitoGuard, fail: Raise) -> None:
    """A guarded async function."""

    @app.get("/")
    @cognito.required
    async def view() -> Any:
        return fail()


def in_an_open_view(app: Flask, cognito: CognitoGuard, fail: Raise) -> None:
    """A function that nobody guards."""
    app.add_url_rule("/", "view", fail)


def in_a_class(app: Flask, cognito: CognitoGuard, fail: Raise) -> None:
    """A class."""

    class View(MethodView):
        def get(self) -> Any:
            return fail()

    app.add_url_rule("/", view_func=View.as_view("view"))


def in_a_blueprint(app: Flask, cognito: CognitoGuard, fail: Raise) -> None:
    """A view of a protected blueprint."""
    blueprint = Blueprint("shop", __name__)
    cognito.protect(blueprint)
    blueprint.add_url_rule("/", "view", fail)
    app.register_blueprint(blueprint)


def in_a_hook(app: Flask, cognito: CognitoGuard, fail: Raise) -> None:
    """A hook before each request."""
    app.before_request(fail)


def in_a_preprocessor(app: Flask, cognito: CognitoGuard, fail: Raise) -> None:
    """A hook on the values of the URL."""
    app.url_value_preprocessor(lambda endpoint, values: fail())


def in_an_error_handler(app: Flask, cognito: CognitoGuard, fail: Raise) -> None:
    """The handler of another error."""
    app.register_error_handler(404, lambda error: fail())


def in_an_error_handler_of_a_class(app: Flask, cognito: CognitoGuard, fail: Raise) -> None:
    """The handler of an error that a view has raised."""
    app.add_url_rule("/", "view", lambda: {}["no"])
    app.register_error_handler(KeyError, lambda error: fail())


PLACES: list[Raised] = [
    in_a_view,
    in_an_async_view,
    in_an_open_view,
    in_a_class,
    in_a_blueprint,
    in_a_hook,
    in_a_preprocessor,
    in_an_error_handler,
    in_an_error_handler_of_a_class,
]

each_place = pytest.mark.parametrize("place", PLACES, ids=lambda each: each.__name__)

ERRORS: list[AuthError | KeysUnavailable] = [
    MissingCredentials("missing_credentials", "Who is it?"),
    InvalidToken("token_expired", "It has expired."),
    AccessDenied("missing_group", "Admins only."),
    AccessDenied("missing_scope", "A scope is missing.", scopes=("orders/write",)),
    LoginTooOld(LOGIN_TOO_OLD, "Sign in again.", max_age=300),
    KeysUnavailable(),
]


def failing(error: Exception) -> Raise:
    """A function that raises it."""

    def fail() -> Any:
        raise error

    return fail


@pytest.mark.parametrize("error", ERRORS, ids=lambda each: str(each.reason))
@each_place
def test_raised(
    place: Raised,
    error: AuthError | KeysUnavailable,
    app: Flask,
    cognito: CognitoGuard,
    guard: Guard,
    as_user: As,
) -> None:
    """Wherever an error of the engine is raised, it is answered to the byte as the guard says."""
    place(app, cognito, failing(error))
    answer = app.test_client().get("/", headers=as_user())
    expected = guard.challenge(error)
    assert (answer.status_code, answer.data) == (expected.status, expected.body)
    assert answer.content_type == "application/problem+json"
    assert {name: answer.headers[name] for name, _ in expected.headers} == dict(expected.headers)


@each_place
def test_refused(place: Raised, app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """A refusal is one wherever it is raised, in an error handler too."""
    place(app, cognito, lambda: cognito.enforce(require_groups("admins")))
    answer = app.test_client().get("/", headers=as_user())
    assert (answer.status_code, answer.json["reason"]) == (403, "missing_group")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope"'


def test_the_engines_enforce(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """``enforce`` of the engine works in a view as ``enforce`` of the extension does."""

    @app.get("/")
    @cognito.required
    def view() -> str:
        enforce(require_groups("admins"), current_identity)
        return "welcome"

    client = app.test_client()
    answer = client.get("/", headers=as_user())
    assert (answer.status_code, answer.json["reason"]) == (403, "missing_group")
    assert client.get("/", headers=as_user(groups=["admins"])).text == "welcome"


@pytest.mark.parametrize("kind", [AccessDenied, AuthError, CognitoGuardError])
@pytest.mark.parametrize("scope", ["app", "blueprint"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_handlers_of_the_apps_own(
    kind: type[Exception], scope: str, when: str, cognito: CognitoGuard, as_user: As
) -> None:
    """An app's own handler for the error has its way, whenever it was registered."""
    app, blueprint = Flask(__name__), Blueprint("shop", __name__)
    blueprint.add_url_rule("/", view_func=failing(DENIED), endpoint="view")
    if when == "after":
        cognito.init_app(app)
    scaffold: Flask | Blueprint = app if scope == "app" else blueprint
    scaffold.register_error_handler(kind, lambda error: (f"own: {error.reason}", 418))
    app.register_blueprint(blueprint)
    if when == "before":
        cognito.init_app(app)
    answer = app.test_client().get("/", headers=as_user())
    assert (answer.status_code, answer.text) == (418, "own: missing_group")


@pytest.mark.parametrize("kind", [403, HTTPException, Refusal])
def test_handlers_of_refusals(kind: Any, app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """The handler that renders refusals renders these as well."""
    app.add_url_rule("/", "view", failing(DENIED))
    app.register_error_handler(kind, lambda error: (f"own: {error.reason}", error.code))
    answer = app.test_client().get("/")
    assert (answer.status_code, answer.text) == (403, "own: missing_group")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope"'


def test_a_handler_for_any_exception(app: Flask, cognito: CognitoGuard) -> None:
    """A handler for any exception is given the refusal, as it is given other HTTP exceptions."""
    app.add_url_rule("/", "view", failing(DENIED))
    app.register_error_handler(Exception, lambda error: error)
    assert app.test_client().get("/").json["reason"] == "missing_group"


def test_a_handler_that_refuses_itself(app: Flask, cognito: CognitoGuard) -> None:
    """A handler of refusals that refuses does not go round in circles."""
    app.register_error_handler(Refusal, lambda error: cognito.enforce())
    app.register_error_handler(404, lambda error: cognito.enforce())
    answer = app.test_client().get("/")
    assert (answer.status_code, answer.json["reason"]) == (401, "missing_credentials")


def test_a_handler_that_fails(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """A handler of the app's own for an error of the engine may raise another one."""
    app.add_url_rule("/", "view", failing(DENIED))
    app.register_error_handler(AuthError, failing_handler)
    answer = app.test_client().get("/")
    assert (answer.status_code, answer.json["reason"]) == (401, "token_expired")


def failing_handler(error: Exception) -> Any:
    """Answers one error with another."""
    raise InvalidToken("token_expired", "Another one.")


def test_a_handler_that_raises_it_again(app: Flask, cognito: CognitoGuard) -> None:
    """And if it raises the same again, the answer is a 500 as for any error."""

    def again(error: Exception) -> Any:
        raise error

    app.add_url_rule("/", "view", failing(DENIED))
    app.register_error_handler(AuthError, again)
    assert app.test_client().get("/").status_code == 500


def test_the_realm_of_the_guard_that_looked(pool: Any, other_pool: Any) -> None:
    """Where an app has two guards, the challenge is that of the one that knows the caller."""
    app = Flask(__name__)
    first = CognitoGuard(app, guard=Guard(pool.trust(), realm="first"))
    second = CognitoGuard(app, guard=Guard(other_pool.trust(), realm="second"))
    fail = failing(DENIED)
    for name, cognito in (("first", first), ("second", second)):
        app.add_url_rule(f"/{name}", name, cognito.optional(fail))
    app.add_url_rule("/nobody", "nobody", failing(DENIED))
    for path, realm in (("first", "first"), ("second", "second"), ("nobody", "first")):
        challenge = app.test_client().get(f"/{path}").headers["WWW-Authenticate"]
        assert challenge == f'Bearer realm="{realm}", error="insufficient_scope"'


def test_other_http_errors(app: Flask, cognito: CognitoGuard) -> None:
    """Errors that are not the engine's are as they were."""
    app.add_url_rule("/", "view", lambda: abort(418))
    app.add_url_rule("/broken", "broken", failing(KeyError("sub")))
    client = app.test_client()
    assert client.get("/").status_code == 418
    assert client.get("/broken").status_code == 500


def test_too_late_for_a_refusal(cognito: CognitoGuard, app: Flask) -> None:
    """After the view there is nothing to refuse: a hook's error is a 500, and a stream breaks."""

    def stream() -> Any:
        yield "begun"
        raise DENIED

    @app.after_request
    def late(response: Any) -> Any:
        if response.status_code == 404:
            raise DENIED
        return response

    app.add_url_rule("/stream", "stream", stream)
    answer = app.test_client().get("/stream", buffered=False)
    assert answer.status_code == 200
    with pytest.raises(AccessDenied):
        b"".join(answer.iter_encoded())
    assert app.test_client().get("/no").status_code == 500
