"""``protect``: a whole app or blueprint by one call, and the endpoints that are exempt."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask

from cognito_guard import ConfigurationError
from cognito_guard_flask import CognitoGuard, current_identity

from .conftest import As

BAD = {"Authorization": "Bearer junk"}


def add(scaffold: Flask | Blueprint, *endpoints: str) -> None:
    """Add a view for each endpoint, at its own name."""
    for endpoint in endpoints:
        scaffold.add_url_rule(f"/{endpoint}", endpoint, lambda: "welcome")


def test_an_app(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """Every view of the app needs a caller, also in blueprints and what was added later."""
    cognito.protect(app)
    blueprint = Blueprint("shop", __name__, url_prefix="/shop")
    add(app, "me")
    add(blueprint, "orders")
    app.register_blueprint(blueprint)
    client = app.test_client()
    for path in ("/me", "/shop/orders", "/static/site.css"):
        assert client.get(path).status_code == 401
    for path in ("/me", "/shop/orders"):
        assert client.get(path, headers=as_user()).text == "welcome"


def test_who_is_calling(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """Behind ``protect``, ``current_identity`` is the caller."""
    cognito.protect(app)
    app.add_url_rule("/me", view_func=lambda: current_identity.display_name)
    assert app.test_client().get("/me", headers=as_user("alice")).text == "alice"


def test_urls_that_lead_nowhere(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """Nobody can find out which URLs a protected app has; a caller can."""
    cognito.protect(app)
    app.add_url_rule("/folder/", view_func=lambda: "welcome")
    client = app.test_client()
    for method, path, status in [
        ("GET", "/no", 404),
        ("POST", "/folder/", 405),
        ("GET", "/folder", 308),
    ]:
        assert client.open(path, method=method).status_code == 401
        assert client.open(path, method=method, headers=as_user()).status_code == status


def test_a_requirement(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """``protect`` takes what ``required`` takes, and views may ask for more."""
    cognito.protect(app, groups="staff", policy=lambda identity: not identity.is_machine)
    add(app, "desk")
    app.add_url_rule("/safe", view_func=cognito.required(scopes="safe/open")(lambda: "welcome"))
    client = app.test_client()
    staff, trusted = as_user(groups=["staff"]), as_user(groups=["staff"], scopes=["safe/open"])
    assert client.get("/desk", headers=as_user()).json["reason"] == "missing_group"
    assert client.get("/desk", headers=staff).text == "welcome"
    assert client.get("/safe", headers=staff).json["reason"] == "missing_scope"
    assert client.get("/safe", headers=trusted).text == "welcome"


def test_a_blueprint(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """A blueprint is protected with those nested in it, and the rest of the app is not."""
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    cognito.protect(outer)
    add(app, "open")
    add(outer, "closed")
    add(inner, "below")
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    client = app.test_client()
    assert [client.get(path).status_code for path in ("/open", "/closed", "/below", "/no")] == [
        200,
        401,
        401,
        404,
    ]
    assert client.get("/below", headers=as_user()).text == "welcome"


@pytest.mark.parametrize(
    ("exempt", "open_paths"),
    [
        (["health"], {"/health"}),
        (["shop.health"], {"/shop/health"}),
        (["shop.desk.health"], {"/shop/desk/health"}),
        (["health", "shop.health"], {"/health", "/shop/health"}),
        (["heal", "healthy", "Health", "/health", "shop", "desk.health", "*", "shop.*"], set()),
        ((name for name in ["health"]), {"/health"}),
        (frozenset(), set()),
    ],
    ids=["app", "blueprint", "nested", "two", "similar", "generator", "nothing"],
)
def test_exempt_from_an_app(
    exempt: Any, open_paths: set[str], app: Flask, cognito: CognitoGuard, as_user: As
) -> None:
    """In an app, endpoints are exempt by their exact names, and nothing else is."""
    cognito.protect(app, exempt=exempt)
    assert_open(nested(app), open_paths, as_user)


@pytest.mark.parametrize(
    ("exempt", "open_paths"),
    [
        (["health"], {"/health", "/shop/health"}),
        (["shop.health"], {"/health", "/shop/health"}),
        (["desk.health"], {"/health", "/shop/desk/health"}),
        (["shop.desk.health"], {"/health", "/shop/desk/health"}),
        (["desk", "shop"], {"/health"}),
    ],
    ids=["short", "full", "short nested", "full nested", "blueprints"],
)
def test_exempt_from_a_blueprint(
    exempt: list[str], open_paths: set[str], app: Flask, cognito: CognitoGuard, as_user: As
) -> None:
    """In a blueprint they may be named as inside it; a nested blueprint's namesake is not meant."""
    shop = Blueprint("shop", __name__, url_prefix="/shop")
    cognito.protect(shop, exempt=exempt)
    assert_open(nested(app, shop), open_paths, as_user)


def test_exempt_under_any_name(app: Flask, cognito: CognitoGuard) -> None:
    """A blueprint that is registered twice has its exemptions twice."""
    shop = Blueprint("shop", __name__)
    cognito.protect(shop, exempt=["health"])
    add(shop, "health", "me")
    app.register_blueprint(shop, url_prefix="/v1", name="v1")
    app.register_blueprint(shop, url_prefix="/v2", name="v2")
    client = app.test_client()
    for version in ("v1", "v2"):
        assert client.get(f"/{version}/health").status_code == 200
        assert client.get(f"/{version}/me").status_code == 401


def test_an_endpoint_with_a_dot(app: Flask, cognito: CognitoGuard) -> None:
    """An endpoint that only looks as if it were a blueprint's is exempt by its whole name."""
    cognito.protect(app, exempt=["open.health"])
    app.add_url_rule("/open", "open.health", lambda: "welcome")
    app.add_url_rule("/closed", "closed.health", lambda: "welcome")
    client = app.test_client()
    assert [client.get(path).status_code for path in ("/open", "/closed")] == [200, 401]


def test_an_exempt_view_may_be_guarded(app: Flask, cognito: CognitoGuard) -> None:
    """An exempt endpoint is not looked at by ``protect``, and has the guard that it asks for."""
    cognito.protect(app, exempt=["home", "open"])
    app.add_url_rule("/home", "home", cognito.optional(lambda: str(bool(current_identity))))
    app.add_url_rule("/open", "open", lambda: "welcome")
    client = app.test_client()
    assert client.get("/home").text == "False"
    assert client.get("/home", headers=BAD).status_code == 401
    assert client.get("/open", headers=BAD).text == "welcome"


@pytest.mark.parametrize("exempt", ["health", b"health", None, 1, [""], [None], [["health"]], [1]])
def test_wrong_exemptions(exempt: Any, app: Flask, cognito: CognitoGuard) -> None:
    """What is no list of names is an error at start-up; a text's letters would be none."""
    with pytest.raises(ConfigurationError, match="exempt must be a list of endpoint names"):
        cognito.protect(app, exempt=exempt)


@pytest.mark.parametrize("wrong", [None, "app", lambda: "view"], ids=["None", "text", "view"])
def test_what_cannot_be_protected(wrong: Any, cognito: CognitoGuard) -> None:
    """Only an app or a blueprint can be protected."""
    with pytest.raises(ConfigurationError, match="a Flask app or a Blueprint"):
        cognito.protect(wrong)


def test_too_late(app: Flask, cognito: CognitoGuard) -> None:
    """What has been registered, or has answered, can be protected no longer, and Flask says so."""
    blueprint = Blueprint("shop", __name__)
    app.register_blueprint(blueprint)
    with pytest.raises(AssertionError):
        cognito.protect(blueprint)
    app.test_client().get("/")
    with pytest.raises(AssertionError):
        cognito.protect(app)


def nested(app: Flask, shop: Blueprint | None = None) -> Flask:
    """Three endpoints named ``health`` and ``me`` each: in an app, a blueprint, and one inside."""
    shop = shop or Blueprint("shop", __name__, url_prefix="/shop")
    desk = Blueprint("desk", __name__, url_prefix="/desk")
    for scaffold in (app, shop, desk):
        add(scaffold, "health")
    shop.register_blueprint(desk)
    app.register_blueprint(shop)
    return app


def assert_open(app: Flask, open_paths: set[str], as_user: As) -> None:
    """Anybody may see these, only callers the others."""
    client = app.test_client()
    for path in ("/health", "/shop/health", "/shop/desk/health"):
        assert client.get(path).status_code == (200 if path in open_paths else 401), path
        assert client.get(path, headers=as_user()).status_code == 200
