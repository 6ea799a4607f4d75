"""One view that is guarded by a decorator here, and protected with its app or blueprint there."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_flask import CognitoGuard
from cognito_guard_flask.views import BEHIND

from .conftest import As


def tall(identity: Any) -> None:
    """A policy."""


def small(identity: Any) -> None:
    """Another one."""


ALL = {"groups": ["admins"], "scopes": "a", "roles": ("editor",), "policy": tall}

COVERED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({}, {"groups": "admins"}),
    ({"groups": "admins"}, {"groups": ["staff", "admins"]}),
    ({"groups": {"admins"}}, {"groups": ("admins",)}),
    ({"scopes": "a"}, ALL),
    ({"roles": "editor", "policy": tall}, ALL),
    (ALL, ALL),
]

WEAKER: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"groups": "admins"}, {}),
    ({"groups": "admins"}, {"groups": "staff"}),
    ({"groups": ["admins", "staff"]}, {"groups": "staff"}),
    ({"groups": "admins"}, {"roles": "admins"}),
    ({"policy": tall}, {"policy": small}),
    ({"policy": tall}, {}),
    (ALL, {**ALL, "roles": "other"}),
]


def orders() -> str:
    """The view."""
    return "orders"


def guarded_and_protected(
    app: Flask, cognito: CognitoGuard, required: dict[str, Any], protected: dict[str, Any]
) -> None:
    """``/my`` is guarded, and ``/admin/orders`` is the same view in a protected blueprint."""
    admin = Blueprint("admin", __name__, url_prefix="/admin")
    cognito.protect(admin, exempt=["open"], **protected)
    view: Any = lambda: orders()  # noqa: E731  not the one of another test
    admin.add_url_rule("/orders", "orders", view)
    admin.add_url_rule("/open", "open", view)
    app.add_url_rule("/my", "my", cognito.required(**required)(view))
    app.register_blueprint(admin)


@pytest.mark.parametrize(("required", "protected"), COVERED)
def test_covered(
    required: Any, protected: Any, app: Flask, cognito: CognitoGuard, as_user: As
) -> None:
    """What protects the bare view asks for all that the decorator does: nothing is lost. Where the
    endpoint is exempt, everything is."""
    guarded_and_protected(app, cognito, required, protected)
    ada = as_user(groups=["admins", "staff"], scopes=["a"], role="editor")
    client = app.test_client()
    for path in ("/my", "/admin/orders"):
        assert client.get(path).status_code == 401
        assert client.get(path, headers=ada).text == "orders"
    assert client.get("/admin/open", headers=ada).status_code == 500


@pytest.mark.parametrize(("required", "protected"), WEAKER)
def test_weaker(
    required: Any, protected: Any, app: Flask, cognito: CognitoGuard, as_user: As
) -> None:
    """It asks for less: the requirement of the decorator was lost, which is an error."""
    guarded_and_protected(app, cognito, required, protected)
    client = app.test_client()
    ada = as_user(groups=["admins", "staff"], scopes=["a"], role="editor")
    assert client.get("/my").status_code == 401
    assert client.get("/admin/orders", headers=ada).status_code == 500


def test_two_guards_of_one_view(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """All that guards it anywhere has to be asked for."""
    view = lambda: "orders"  # noqa: E731
    app.add_url_rule("/a", "a", cognito.required(view))
    once = iter(["admins"])  # as a list that is read only once
    app.add_url_rule("/b", "b", cognito.required(groups=once)(view))
    shop = Blueprint("shop", __name__)
    cognito.protect(shop)
    shop.add_url_rule("/c", "c", view)
    app.register_blueprint(shop)
    client = app.test_client()
    assert [client.get(path).status_code for path in ("/a", "/b")] == [401, 401]
    assert client.get("/c", headers=as_user(groups=["admins"])).status_code == 500


def test_two_apps(guard: Guard, as_user: As) -> None:
    """What another app's extension asks for is its own affair, as long as this app asks as well."""
    statuses = {}
    for protects in (True, False):
        view = lambda: "orders"  # noqa: E731
        first, second = Flask("first"), Flask("second")
        ours, theirs = CognitoGuard(first, guard=guard), CognitoGuard(second, guard=guard)
        first.add_url_rule("/", "orders", ours.required(groups="admins")(view))
        if protects:
            theirs.protect(second)
        second.add_url_rule("/", "orders", view)
        assert first.test_client().get("/", headers=as_user()).status_code == 403
        statuses[protects] = second.test_client().get("/", headers=as_user()).status_code
    assert statuses == {True: 200, False: 500}


def test_two_extensions(app: Flask, cognito: CognitoGuard, pool: LocalUserPool) -> None:
    """Of two extensions of one app, one does not ask for what the other one does."""
    staff = CognitoGuard(app, guard=Guard(LocalUserPool("eu-west-1_Staff").trust()))
    view = lambda: "orders"  # noqa: E731
    app.add_url_rule("/staff", "staff", staff.required(view))
    shop = Blueprint("shop", __name__)
    cognito.protect(shop)
    shop.add_url_rule("/orders", "orders", view)
    app.register_blueprint(shop)
    headers = {"Authorization": f"Bearer {pool.access_token()}"}
    assert app.test_client().get("/orders", headers=headers).status_code == 500


def test_a_view_that_is_guarded_for_each_request(
    app: Flask, cognito: CognitoGuard, as_user: As
) -> None:
    """Somebody may decorate one function again and again: little is kept of that."""
    inner = lambda: "inner"  # noqa: E731
    app.add_url_rule("/", "view", lambda: cognito.required(policy=lambda identity: None)(inner)())
    client = app.test_client()
    for _ in range(150):
        assert client.get("/", headers=as_user()).text == "inner"
    assert len(BEHIND.of(inner)) == 100
    assert client.get("/").status_code == 401
