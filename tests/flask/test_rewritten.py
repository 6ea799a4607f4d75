"""Hooks that lead a request to another endpoint after ``protect`` has looked at it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask, request

from cognito_guard import Guard, require_groups
from cognito_guard_flask import CognitoGuard

from .conftest import As
from .test_preflight import METHODS, PREFLIGHT

TO_ADMIN = {"X-Original-URL": "/admin/orders"}


def rewriting(app: Flask) -> None:
    """A hook that leads a request to the URL that it names."""

    @app.before_request
    def rewrite() -> None:
        lead_on(app)


def lead_on(app: Flask) -> None:
    """Lead it there now."""
    if path := request.headers.get("X-Original-URL"):
        adapter = app.url_map.bind_to_environ(request.environ)
        request.url_rule, request.view_args = adapter.match(path, return_rule=True)


def pages(app: Flask, ran: list[str]) -> Blueprint:
    """A blueprint with a view that notes that it ran, and an open page beside it."""
    admin = Blueprint("admin", __name__, url_prefix="/admin")
    view: Any = lambda: ran.append("ran") or "orders"  # noqa: E731
    admin.add_url_rule("/orders", "orders", view, methods=METHODS)
    app.add_url_rule("/health", "health", lambda: "healthy", methods=METHODS)
    return admin


def in_the_app(app: Flask, cognito: CognitoGuard, ran: list[str]) -> None:
    """The app is protected, with an exempt page."""
    cognito.protect(app, groups="admins", exempt=["health"])
    app.register_blueprint(pages(app, ran))


def in_the_blueprint(app: Flask, cognito: CognitoGuard, ran: list[str]) -> None:
    """The blueprint is protected, and the page outside of it is not."""
    admin = pages(app, ran)
    cognito.protect(admin, groups="admins")
    app.register_blueprint(admin)


def in_both(app: Flask, cognito: CognitoGuard, ran: list[str]) -> None:
    """Either asks for something of its own."""
    cognito.protect(app, exempt=["health"])
    in_the_blueprint(app, cognito, ran)


def nested(app: Flask, cognito: CognitoGuard, ran: list[str]) -> None:
    """A blueprint within the one that is protected."""
    inner = pages(app, ran)
    outer = Blueprint("outer", __name__)
    cognito.protect(outer, policy=require_groups("admins"))
    outer.register_blueprint(inner)
    app.register_blueprint(outer)


each_protected = pytest.mark.parametrize(
    "protected", [in_the_app, in_the_blueprint, in_both, nested], ids=lambda one: one.__name__
)


@each_protected
@pytest.mark.parametrize("order", ["before", "after"])
def test_a_hook(protected: Any, order: str, app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """What an open page is rewritten to needs the caller that it always needs."""
    ran: list[str] = []
    if order == "before":
        rewriting(app)
    protected(app, cognito, ran)
    if order == "after":
        rewriting(app)
    client = app.test_client()
    assert client.get("/health").text == "healthy"
    for headers, status in (({}, 401), (as_user(), 403), ({"Authorization": "Bearer x"}, 401)):
        assert client.get("/health", headers=TO_ADMIN | headers).status_code == status
        assert client.get("/admin/orders", headers=headers).status_code == status
    assert ran == []
    ada = as_user(groups=["admins"])
    assert client.get("/health", headers=TO_ADMIN | ada).text == "orders"


@each_protected
def test_a_handler_of_errors(
    protected: Any, app: Flask, cognito: CognitoGuard, as_user: As
) -> None:
    """One that leads a request on to a view lets nobody in either."""
    ran: list[str] = []
    protected(app, cognito, ran)

    def lead(error: Exception) -> Any:
        lead_on(app)
        return app.dispatch_request()

    open_pages = Blueprint("open", __name__)
    open_pages.register_error_handler(KeyError, lead)
    open_pages.add_url_rule("/missing", "missing", lambda: {}["no"])
    app.register_blueprint(open_pages)
    client = app.test_client()
    assert client.get("/missing", headers=TO_ADMIN).status_code == 401
    assert ran == []
    ada = as_user(groups=["admins"])
    assert client.get("/missing", headers=TO_ADMIN | ada).text == "orders"


@each_protected
def test_a_preflight(protected: Any, app: Flask, cognito: CognitoGuard) -> None:
    """A preflight to an open page runs nothing of what it is rewritten to."""
    ran: list[str] = []
    protected(app, cognito, ran)

    @app.before_request
    def rewrite() -> None:
        request.url_rule, _ = app.url_map.bind("x").match("/admin/orders", return_rule=True)

    answer = app.test_client().options("/health", headers=PREFLIGHT)
    assert (answer.status_code, answer.data, ran) == (200, b"", [])


def test_a_view_that_lost_its_guard(app: Flask, cognito: CognitoGuard) -> None:
    """A view that answers 500 because its guard is lost does so on every way to it."""
    rewriting(app)
    app.add_url_rule("/health", "health", lambda: "healthy")
    lost: Any = app.get("/admin/orders", endpoint="orders")(lambda: "orders")
    cognito.required(lost)
    client = app.test_client()
    assert client.get("/health", headers=TO_ADMIN).status_code == 500
    assert client.get("/health").text == "healthy"


def test_a_policy_is_asked_once(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """Where nobody leads a request elsewhere, nothing is asked twice."""
    asked: list[str] = []

    def policy(identity: Any) -> None:
        asked.append(identity.username)

    cognito.protect(app, policy=policy)
    app.add_url_rule("/health", "health", lambda: "healthy")
    assert app.test_client().get("/health", headers=as_user("alice")).text == "healthy"
    assert asked == ["alice"]


def test_a_preprocessor_that_chooses_the_view(guard: Guard) -> None:
    """One that the app had before the extension may put another view in place, which is looked at
    as well."""
    app, lost = Flask(__name__), lambda: "orders"

    @app.url_value_preprocessor
    def choose(endpoint: str | None, values: object) -> None:
        if "beta" in request.args:
            app.view_functions["orders"] = lost

    CognitoGuard(app, guard=guard).required(lost)
    app.add_url_rule("/orders", "orders", lambda: "stable")
    client = app.test_client()
    assert client.get("/orders").text == "stable"
    assert client.get("/orders?beta").status_code == 500
