"""The contract's app in Flask, guarded view by view, and protected as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket
from typing import Any

from flask import Flask

from cognito_guard import require_acr, require_recent_login
from cognito_guard.sign_out import SignedOut
from cognito_guard_flask import CognitoGuard, current_identity
from cognito_guard_flask.login import login_blueprint, login_session
from example_apps.serving_wsgi import serve_wsgi

from ..site import Adapter, Running


def make(site: Running) -> Flask:
    """The app, each view with a guard of its own."""
    app = Flask(__name__)
    cognito = CognitoGuard(app, guard=site.guard, login=site.sessions)
    app.register_blueprint(login_blueprint(cognito), url_prefix="/auth")

    @app.get("/")
    @cognito.optional
    def home() -> Any:
        return {"user": current_identity.username if current_identity else None}

    @app.get("/me")
    @cognito.required
    def me() -> Any:
        return {"subject": current_identity.subject, "username": current_identity.username}

    @app.post("/change")
    @cognito.required
    def change() -> Any:
        return {"changed": current_identity.username}

    def told(done: SignedOut) -> Any:
        problem = None if done.problem is None else type(done.problem).__name__
        user = current_identity.username if current_identity else None
        return {"url": done.url, "at_cognito": done.at_cognito, "problem": problem, "user": user}

    @app.post("/leave")
    @cognito.required
    def leave() -> Any:
        return told(cognito.sign_out())

    @app.post("/everywhere")
    @cognito.required
    def leave_everywhere() -> Any:
        return told(cognito.sign_out(everywhere=True, user_api=site.user_api))

    @app.route("/page", methods=["GET", "POST"])
    @cognito.login_required
    def page() -> Any:
        return {"user": current_identity.username}

    @app.get("/admin")
    @cognito.login_required(groups="admins")
    def admin() -> Any:
        return {"user": current_identity.username}

    @app.get("/refunds")
    @cognito.login_required(mfa=True)
    def refunds() -> Any:
        return {"user": current_identity.username}

    @app.get("/payouts")
    @cognito.login_required(acr="urn:cognito:loa:3", max_age=300)
    def payouts() -> Any:
        return {"user": current_identity.username}

    @app.route("/transfers", methods=["GET", "POST"])
    @cognito.login_required
    def transfers() -> Any:
        cognito.enforce(require_acr("urn:cognito:loa:3") & require_recent_login(300))
        return {"user": current_identity.username}

    @app.get("/profile")
    @cognito.required
    def profile() -> Any:
        session = login_session()
        if session is None:
            return {"session": None}
        return {
            "email": session.profile["email"],
            "started_at": session.started_at,
            "token": session.access_token.count(".") == 2,
        }

    @app.get("/health")
    def health() -> Any:
        return {"user": None}

    return app


@contextmanager
def _serve(site: Running, listener: socket) -> Iterator[None]:
    with serve_wsgi(make(site), listener):
        yield


ADAPTERS = [Adapter("flask-waitress", _serve)]
