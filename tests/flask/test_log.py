"""A refusal is found in the log, with the request that it was."""

from __future__ import annotations

import logging

import pytest
from flask import Blueprint, Flask

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_flask import CognitoGuard

from .conftest import bearer


@pytest.fixture
def cognito(pool: LocalUserPool) -> CognitoGuard:
    """With a guard that has said nothing yet."""
    return CognitoGuard(guard=Guard(pool.trust()))


@pytest.fixture
def app(cognito: CognitoGuard) -> Flask:
    """An app without views."""
    app = Flask(__name__)
    cognito.init_app(app)
    return app


def test_refusal_is_seen_by_default(
    app: Flask, cognito: CognitoGuard, pool: LocalUserPool, caplog: pytest.LogCaptureFixture
) -> None:
    """As a warning, with method and path, and without the query or the token."""
    caplog.set_level(logging.WARNING)
    inner = Blueprint("inner", __name__, url_prefix="/inner")
    inner.post("/<token>")(cognito.required(groups="admins")(lambda token: token))
    app.register_blueprint(inner)
    token, client = pool.access_token(), app.test_client()
    for path in ("17", token):
        told = client.post(f"/inner/{path}?code=s3cret", headers=bearer(token))
        assert told.status_code == 403
    client.post("/inner/17", environ_overrides={"SCRIPT_NAME": "/shop"}, headers=bearer(token))
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("WARNING", "refused with 403: missing_group (POST /inner/17)"),
        ("WARNING", "refused with 403: missing_group (POST /inner/...)"),
        ("WARNING", "refused with 403: missing_group (POST /shop/inner/17)"),
    ]


def test_everyday_refusals_are_info(
    app: Flask, cognito: CognitoGuard, pool: LocalUserPool, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody is to be woken by a client that has not signed in yet."""
    caplog.set_level(logging.INFO, "cognito_guard")
    app.add_url_rule("/orders", view_func=cognito.required(lambda: "orders"))
    client = app.test_client()
    client.get("/orders")
    client.get("/orders", headers=bearer(pool.access_token(expires_in=-60)))
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("INFO", "refused with 401: missing_credentials (GET /orders)"),
        ("INFO", "refused with 401: token_expired (GET /orders)"),
    ]
