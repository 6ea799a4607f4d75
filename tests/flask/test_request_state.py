"""What is known of a request belongs to it alone, and is believed only from us."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask, copy_current_request_context, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_flask import CognitoGuard, current_identity

from .conftest import As


@pytest.fixture
def app(app: Flask, cognito: CognitoGuard) -> Flask:
    """An app with a view that says who is calling."""

    @app.get("/me")
    @cognito.required
    def me() -> str:
        return current_identity.display_name

    return app


def inner_call(app: Flask, environ: dict[str, Any]) -> Any:
    """Another request to the app, with the environ that is given."""
    with app.request_context(environ):
        return app.full_dispatch_request()


@pytest.mark.parametrize("change", ["removed", "another's"])
def test_a_copied_environ(change: str, app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """A request that is made from the environ of another one is a caller of its own."""

    @app.get("/batch")
    @cognito.required
    def batch() -> Any:
        environ = {**request.environ, "PATH_INFO": "/me"}
        del environ["HTTP_AUTHORIZATION"]
        if change == "another's":
            environ["HTTP_AUTHORIZATION"] = as_user("bob")["Authorization"]
        return inner_call(app, environ)

    answer = app.test_client().get("/batch", headers=as_user("alice"))
    if change == "removed":
        assert (answer.status_code, answer.json["reason"]) == (401, "missing_credentials")
    else:
        assert answer.text == "bob"


@pytest.mark.parametrize(
    "name", ["cognito_guard.verdict", "cognito_guard.challenge", "_cognito_guard"]
)
def test_an_environ_of_somebody_elses(
    name: str, app: Flask, guard: Guard, pool: LocalUserPool
) -> None:
    """Nothing that another middleware leaves in the environ is taken for a verdict."""
    identity = guard.verify(pool.access_token("mallory"))
    for planted in (identity, (guard, identity), "mallory"):
        answer = app.test_client().get("/me", environ_overrides={name: planted})
        assert (answer.status_code, answer.json["reason"]) == (401, "missing_credentials")


def test_an_attribute_of_somebody_elses(app: Flask, guard: Guard, pool: LocalUserPool) -> None:
    """Nor is what a request class has under our name."""

    class Planted(app.request_class):  # type: ignore[name-defined,misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._cognito_guard = (guard, guard.verify(pool.access_token("mallory")))

    app.request_class = Planted
    assert app.test_client().get("/me").status_code == 401


def test_apps_beside_each_other(app: Flask, other_pool: LocalUserPool, as_user: As) -> None:
    """Under a dispatcher each app has its own guard."""
    second = Flask("second")
    cognito = CognitoGuard(second, guard=Guard(other_pool.trust()))
    second.add_url_rule("/me", view_func=cognito.required(lambda: current_identity.display_name))
    client = Client(DispatcherMiddleware(app, {"/second": second}))
    theirs = {"Authorization": f"Bearer {other_pool.access_token('carol')}"}
    assert client.get("/me", headers=as_user()).text == "alice"
    assert client.get("/second/me", headers=as_user()).status_code == 401
    assert client.get("/second/me", headers=theirs).text == "carol"
    assert client.get("/me", headers=theirs).status_code == 401


def test_an_app_that_calls_another(app: Flask, other_pool: LocalUserPool, as_user: As) -> None:
    """An app that is called with the environ of another one's request looks for itself."""
    second = Flask("second")
    CognitoGuard(second, guard=Guard(other_pool.trust())).protect(second)
    second.add_url_rule("/me", view_func=lambda: "welcome")

    @app.before_request
    def delegate() -> Any:
        return inner_call(second, dict(request.environ))

    assert app.test_client().get("/me", headers=as_user()).status_code == 401


def test_a_thread_with_the_request(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """A thread that is given the request's context knows its caller; a request of its own does
    not."""
    said: list[Any] = []

    @app.get("/thread")
    @cognito.required
    def view() -> str:
        @copy_current_request_context
        def within() -> None:
            said.append(current_identity.display_name)
            with app.test_request_context("/me"):
                said.append(cognito.identify())

        thread = threading.Thread(target=within)
        thread.start()
        thread.join()
        return "done"

    assert app.test_client().get("/thread", headers=as_user("alice")).text == "done"
    assert (said[0], said[-1]) == ("alice", None)
