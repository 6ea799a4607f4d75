"""flask-login: its ``current_user`` can be the caller of an API, beside users with a session."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, Request
from flask.testing import FlaskClient
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user

from cognito_guard import Identity
from cognito_guard_flask import CognitoGuard, current_identity

from .conftest import As


class Member(UserMixin):
    """A user of the app's own."""

    id = "member"
    display_name = "a member"


@pytest.fixture
def client(app: Flask, cognito: CognitoGuard) -> FlaskClient:
    """An app that lets in who has a session or a token, as its page in the documentation says."""
    app.secret_key = "secret"
    login = LoginManager(app)
    login.user_loader(lambda user_id: Member() if user_id == Member.id else None)

    @login.request_loader
    def load_caller(request: Request) -> Identity | None:
        return cognito.identify()

    @login.unauthorized_handler
    def refuse() -> Any:
        return cognito.enforce()

    @app.get("/me")
    @login_required
    def me() -> str:
        return str(current_user.display_name)

    @app.get("/home")
    def home() -> str:
        return "somebody" if current_user.is_authenticated else "nobody"

    @app.get("/both")
    @login_required
    def both() -> dict[str, bool]:
        return {"same": current_user == current_identity}

    @app.post("/sign-in")
    def sign_in() -> str:
        login_user(Member())
        return "welcome"

    return app.test_client()


def test_a_token(client: FlaskClient, as_user: As) -> None:
    """A caller with a good token is flask-login's current user, and ours."""
    assert client.get("/me", headers=as_user("alice")).text == "alice"
    assert client.get("/home", headers=as_user("alice")).text == "somebody"
    assert client.get("/both", headers=as_user("alice")).json == {"same": True}


def test_nobody(client: FlaskClient) -> None:
    """Nobody is anonymous to flask-login, and refused with the challenge where a user is needed."""
    assert client.get("/home").text == "nobody"
    answer = client.get("/me")
    assert (answer.status_code, answer.json["reason"]) == (401, "missing_credentials")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_bad_token(client: FlaskClient, as_user: As) -> None:
    """A token that is there and bad is refused, where anybody may come as well."""
    for path in ("/me", "/home"):
        answer = client.get(path, headers=as_user(expires_in=-1))
        assert (answer.status_code, answer.json["reason"]) == (401, "token_expired")
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_session(client: FlaskClient) -> None:
    """A user with a session needs no token."""
    assert client.post("/sign-in").text == "welcome"
    assert client.get("/me").text == "a member"


def test_a_token_makes_no_session(client: FlaskClient, as_user: As) -> None:
    """Who came with a token once is nobody again without it."""
    assert client.get("/me", headers=as_user("alice")).text == "alice"
    assert client.get("/me").status_code == 401
