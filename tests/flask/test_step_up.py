"""Sign-ins that must be strong enough, in the keywords of the extension."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask

from cognito_guard import ConfigurationError
from cognito_guard_flask import CognitoGuard

from .conftest import As

TWO = "urn:cognito:loa:2"
BOTH = f'acr_values="{TWO} urn:cognito:loa:3 urn:cognito:loa:4", max_age="60"'


def test_the_whole_of_a_blueprint(cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """``protect`` takes the same keywords, and gives one challenge for all of them."""
    shop = Blueprint("shop", __name__)
    shop.add_url_rule("/shop", view_func=lambda: "welcome")
    cognito.protect(shop, acr=TWO, max_age=60)
    app.register_blueprint(shop)
    client = app.test_client()

    weak = client.get("/shop", headers=as_user(level=1, auth_time=1))
    assert weak.headers["WWW-Authenticate"] == (
        f'Bearer error="insufficient_user_authentication", {BOTH}'
    )
    assert client.get("/shop", headers=as_user(level=2)).status_code == 200


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ({"mfa": True}, {"mfa": True}),
        ({"acr": TWO, "max_age": 60}, {"acr": TWO}),
        ({"mfa": False, "max_age": 60}, {"max_age": 60}),
    ],
)
def test_what_a_hook_has_asked_for(
    outer: dict[str, Any], inner: dict[str, Any], cognito: CognitoGuard, app: Flask, as_user: As
) -> None:
    """A view may ask for a part of what its blueprint does."""
    shop = Blueprint("shop", __name__)
    shop.add_url_rule("/shop", view_func=cognito.required(**inner)(lambda: "welcome"))
    cognito.protect(shop, **outer)
    app.register_blueprint(shop)

    assert app.test_client().get("/shop", headers=as_user(level=4)).text == "welcome"
    assert app.test_client().get("/shop", headers=as_user()).status_code in (200, 401)


@pytest.mark.parametrize("wrong", [{"acr": "gold"}, {"mfa": "true"}, {"mfa": None}, {"max_age": 0}])
def test_wrong_keywords(wrong: dict[str, Any], cognito: CognitoGuard, app: Flask) -> None:
    """What says nothing is an error where it is written."""
    with pytest.raises(ConfigurationError):
        cognito.required(**wrong)
    with pytest.raises(ConfigurationError):
        cognito.login_required(**wrong)
    with pytest.raises(ConfigurationError):
        cognito.protect(app, **wrong)
