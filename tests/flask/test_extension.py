"""CognitoGuard and the app factory: where its guard comes from, and what it keeps to itself."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from cognito_guard import ConfigurationError, Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_flask import CognitoGuard, current_identity

from .conftest import As, bearer


def with_me(app: Flask, cognito: CognitoGuard, rule: str = "/me") -> Flask:
    """The app, with a guarded view that says who is calling."""

    @cognito.required
    def me() -> dict[str, Any]:
        return {"subject": current_identity.subject}

    app.add_url_rule(rule, endpoint=rule, view_func=me)
    return app


def settings_for(pool: LocalUserPool, prefix: str = "COGNITO_") -> dict[str, Any]:
    """The settings in ``app.config`` that make a guard for a pool."""
    return {
        f"{prefix}USER_POOL_ID": pool.user_pool_id,
        f"{prefix}CLIENT_IDS": [pool.client_id],
        f"{prefix}JWKS": pool.jwks(),
    }


def test_settings_in_the_config(pool: LocalUserPool) -> None:
    """``init_app`` makes a guard of the app's settings."""
    app, cognito = Flask(__name__), CognitoGuard()
    app.config.update(settings_for(pool), COGNITO_REALM="orders")
    cognito.init_app(app)
    client = with_me(app, cognito).test_client()
    answer = client.get("/me", headers=bearer(pool.access_token("alice")))
    assert answer.json == {"subject": pool.subject("alice")}
    assert client.get("/me").headers["WWW-Authenticate"] == 'Bearer realm="orders"'


def test_settings_in_the_environment(pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Flask reads from ``FLASK_*`` variables, JSON and all, is understood."""
    with pool.serve() as keys:
        monkeypatch.setenv("FLASK_COGNITO_USER_POOL_ID", pool.user_pool_id)
        monkeypatch.setenv("FLASK_COGNITO_CLIENT_IDS", f'["{pool.client_id}"]')
        monkeypatch.setenv("FLASK_COGNITO_JWKS", keys.url)
        app = Flask(__name__)
        app.config.from_prefixed_env()
        client = with_me(app, CognitoGuard(app)).test_client()
        assert client.get("/me", headers=bearer(pool.access_token())).status_code == 200


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"COGNITO_CLIENT_IDS": []}, "COGNITO_CLIENT_IDS must not be empty"),
        ({"COGNITO_CLIENT_IDS": "1example23456789"}, "COGNITO_CLIENT_IDS must be a list"),
        ({"COGNITO_USER_POOL_ID": "nonsense"}, "COGNITO_USER_POOL_ID must be"),
        ({"COGNITO_SPLIT_ROLES": "false"}, "COGNITO_SPLIT_ROLES must be True or False"),
        ({"COGNITO_CLIENT_ID": "1"}, "did you mean COGNITO_CLIENT_IDS"),
        ({"COGNITO_TOKEN_USE": None}, "COGNITO_TOKEN_USE must not be None"),
        ({"COGNITO_ENABLED": False}, "unknown setting COGNITO_ENABLED"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_settings(pool: LocalUserPool, changes: dict[str, Any], message: str) -> None:
    """A setting that is wrong, empty or unknown stops the app at ``init_app``."""
    app = Flask(__name__)
    app.config.update(settings_for(pool) | changes)
    with pytest.raises(ConfigurationError, match=message):
        CognitoGuard(app)


def test_no_settings_at_all() -> None:
    """An app without settings does not start; it is not left open."""
    with pytest.raises(ConfigurationError, match="COGNITO_USER_POOL_ID is missing"):
        CognitoGuard(Flask(__name__))


def test_what_is_no_guard() -> None:
    """Whatever else is given for a guard is refused, a falsy thing included."""
    for wrong in ("eu-west-1_AbC123xyz", False, 0, CognitoGuard):
        with pytest.raises(ConfigurationError, match=r"must be a cognito_guard\.Guard"):
            CognitoGuard(guard=wrong)  # type: ignore[arg-type]
        with pytest.raises(ConfigurationError, match=r"must be a cognito_guard\.Guard"):
            CognitoGuard().init_app(Flask(__name__), guard=wrong)  # type: ignore[arg-type]


def test_several_apps(pool: LocalUserPool, other_pool: LocalUserPool, guard: Guard) -> None:
    """One extension serves several apps, each with its own guard."""
    cognito = CognitoGuard(guard=guard)
    first, second, third = (Flask(name) for name in ("first", "second", "third"))
    cognito.init_app(first)
    cognito.init_app(second, guard=Guard(other_pool.trust()))
    third.config.update(settings_for(other_pool))
    CognitoGuard().init_app(third)  # an extension of its own, in the same process
    for app in (first, second):
        with_me(app, cognito)
    tokens = [pool.access_token(), other_pool.access_token()]
    assert [
        [app.test_client().get("/me", headers=bearer(token)).status_code for token in tokens]
        for app in (first, second)
    ] == [[200, 401], [401, 200]]


def test_two_guards_in_one_app(pool: LocalUserPool, other_pool: LocalUserPool) -> None:
    """Two extensions guard their own views of one app; neither lets the other's callers in."""
    app = Flask(__name__)
    app.config.update(settings_for(pool), **settings_for(other_pool, "STAFF_"))
    customers = CognitoGuard(app)
    staff = CognitoGuard(app, prefix="STAFF_")
    with_me(with_me(app, customers, "/shop"), staff, "/desk")
    tokens = [pool.access_token(), other_pool.access_token()]
    assert [
        [app.test_client().get(path, headers=bearer(token)).status_code for token in tokens]
        for path in ("/shop", "/desk")
    ] == [[200, 401], [401, 200]]


def test_each_guard_judges_for_itself(pool: LocalUserPool, other_pool: LocalUserPool) -> None:
    """Where two guards are asked in one request, the one's verdict is not taken for the other's."""
    app = Flask(__name__)
    customers = CognitoGuard(app, guard=Guard(pool.trust()))
    staff = CognitoGuard(app, guard=Guard(other_pool.trust()))

    @app.get("/both")
    @customers.required
    @staff.required
    def both() -> str:
        raise AssertionError("nobody has a token of both pools")

    for one in (pool, other_pool):
        answer = app.test_client().get("/both", headers=bearer(one.access_token()))
        assert (answer.status_code, answer.json["reason"]) == (401, "unknown_issuer")


def test_a_second_init_app(app: Flask, cognito: CognitoGuard) -> None:
    """``init_app`` twice for one app is a mistake, and said to be one."""
    with pytest.raises(ConfigurationError, match="twice"):
        cognito.init_app(app)


def test_without_init_app(as_user: As, guard: Guard) -> None:
    """An app that the extension does not know answers 500, and lets nobody pass."""
    app, cognito = Flask(__name__), CognitoGuard(guard=guard)
    app.add_url_rule("/", view_func=cognito.required(lambda: "welcome"))
    for headers in ({}, as_user()):
        assert app.test_client().get("/", headers=headers).status_code == 500


@pytest.mark.parametrize("setting", ["TESTING", "DEBUG", "LOGIN_DISABLED"])
def test_no_switch(app: Flask, cognito: CognitoGuard, setting: str) -> None:
    """No setting of Flask's, or of an extension's, switches the guard off."""
    app.config[setting] = True
    assert with_me(app, cognito).test_client().get("/me").status_code == 401


def test_no_request_on_the_extension(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """A request leaves no trace on what requests share: not on the extension, nor on the app."""
    client = with_me(app, cognito).test_client()
    before = (dict(vars(cognito)), dict(app.extensions["cognito_guard"]))
    assert client.get("/me", headers=as_user("alice")).status_code == 200
    assert (dict(vars(cognito)), dict(app.extensions["cognito_guard"])) == before
