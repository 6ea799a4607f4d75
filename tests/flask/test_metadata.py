"""The protected resource metadata (RFC 9728) at the origin's root, wherever the app is."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask
from flask_cors import CORS
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from cognito_guard import ConfigurationError, Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_flask import CognitoGuard, ResourceMetadata

from .conftest import bearer

RESOURCE = "https://api.example.com/shop"
PATH = "/.well-known/oauth-protected-resource/shop"


@pytest.fixture
def guard(pool: LocalUserPool) -> Guard:
    """A guard that knows what API it is for."""
    return Guard(pool.trust(), resource=RESOURCE)


def whole(guard: Guard) -> Any:
    """All of an app is protected, and has a route for everything."""
    app = Flask(__name__)
    cognito = CognitoGuard(app, guard=guard)
    cognito.protect(app)
    app.add_url_rule("/<path:path>", view_func=lambda path: path, methods=["GET", "POST"])
    return app


def blueprint(guard: Guard) -> Any:
    """The views are under a prefix, and one host is all that there is."""
    app = Flask(__name__, host_matching=True, static_host="shop.example")
    cognito, views = CognitoGuard(app, guard=guard), Blueprint("shop", __name__)
    cognito.protect(views)
    views.add_url_rule("/me", view_func=lambda: "me", host="<any>")
    app.register_blueprint(views, url_prefix="/shop")
    return app


def mounted(guard: Guard) -> Any:
    """The app is mounted in another, and the metadata is around both."""
    app = Flask(__name__)
    CognitoGuard(app, guard=guard).protect(app)
    return ResourceMetadata(DispatcherMiddleware(Flask("outer"), {"/shop": app}), guard=guard)


APPS = [whole, blueprint, mounted]


@pytest.mark.parametrize("make", APPS, ids=lambda make: make.__name__)
def test_at_the_root(make: Any, guard: Guard) -> None:
    """It is where the challenges say, open to anybody, and what the app has there makes way."""
    client = Client(make(guard))
    for headers in ({}, bearer("junk"), {"Host": "evil.example"}):
        answer = client.get(PATH, headers=headers)
        assert (answer.status_code, answer.json["resource"]) == (200, RESOURCE)  # type: ignore[index]
    refusal = client.get("/shop/me")
    assert refusal.status_code == 401
    url = f"https://api.example.com{PATH}"
    assert refusal.headers.getlist("WWW-Authenticate") == [f'Bearer resource_metadata="{url}"']


@pytest.mark.parametrize("make", APPS, ids=lambda make: make.__name__)
def test_behind_a_prefix(make: Any, guard: Guard) -> None:
    """A server's ``SCRIPT_NAME`` is no part of what the app is asked for."""
    answer = Client(make(guard)).get(PATH, environ_overrides={"SCRIPT_NAME": "/api"})
    assert (answer.status_code, answer.json["resource"]) == (200, RESOURCE)  # type: ignore[index]


@pytest.mark.parametrize("make", APPS, ids=lambda make: make.__name__)
def test_nothing_near_it(make: Any, guard: Guard) -> None:
    """Other paths are as guarded as before."""
    client = Client(make(guard))
    for path in (PATH.removesuffix("/shop"), f"{PATH}/", f"/x{PATH}"):
        assert client.get(path).status_code in (401, 404)


def test_one_of_each_guard(pool: LocalUserPool, other_pool: LocalUserPool) -> None:
    """Two guards in one app describe an API each."""
    app = Flask(__name__)
    for name, one in (("a", pool), ("b", other_pool)):
        CognitoGuard(app, guard=Guard(one.trust(), resource=f"https://api.example.com/{name}"))
    for name, one in (("a", pool), ("b", other_pool)):
        answer = app.test_client().get(f"/.well-known/oauth-protected-resource/{name}").json
        assert answer["authorization_servers"] == [one.issuer]


def test_settings(pool: LocalUserPool) -> None:
    """`app.config` has the same names as the environment."""
    app = Flask(__name__)
    app.config["COGNITO_USER_POOL_ID"] = pool.user_pool_id
    app.config["COGNITO_CLIENT_IDS"] = [pool.client_id]
    app.config["COGNITO_RESOURCE"] = RESOURCE
    app.config["COGNITO_RESOURCE_SCOPES"] = ["orders/read"]
    CognitoGuard(app)
    assert app.test_client().get(PATH).json["scopes_supported"] == ["orders/read"]


def test_beside_cors(guard: Guard) -> None:
    """Flask-CORS, which says for itself who may read the app, takes nothing away."""
    app = whole(guard)
    CORS(app, origins=["https://shop.example"])
    answer = app.test_client().get(PATH, headers={"Origin": "https://inspector.example"})
    assert answer.headers.getlist("Access-Control-Allow-Origin") == ["*"]


def test_for_a_resource_only(pool: LocalUserPool) -> None:
    """There must be something to serve."""
    for guard in (Guard(pool.trust()), None):
        with pytest.raises(ConfigurationError, match="with a resource"):
            ResourceMetadata(Flask(__name__), guard=guard)  # type: ignore[arg-type]
