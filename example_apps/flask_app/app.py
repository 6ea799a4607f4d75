"""A Flask app whose callers come from a user pool.

The settings come from the environment:

    COGNITO_USER_POOL_ID=eu-west-1_AbC123xyz COGNITO_CLIENT_IDS=1example23456789 \
        gunicorn "example_apps.flask_app.app:create_app()"
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask
from flask.views import MethodView

from cognito_guard import Guard
from cognito_guard_flask import CognitoGuard, current_identity

cognito = CognitoGuard()
api = Blueprint("api", __name__)


@api.get("/")
def home() -> dict[str, Any]:
    """Open to everybody: `home` is exempt below, so no token is checked."""
    return {"hello": "world"}


@api.get("/me")
def me() -> dict[str, Any]:
    """Any caller with a valid token: `protect` requires it. `current_identity` is the caller."""
    return {
        "subject": current_identity.subject,
        "username": current_identity.username,
        "groups": current_identity.groups,
        "scopes": current_identity.scopes,
        "roles": current_identity.roles,
        "machine": current_identity.is_machine,
    }


@api.get("/orders")
@cognito.required(scopes="orders/read")
def orders() -> dict[str, Any]:
    """A scope: what the client was allowed to do."""
    return {"orders": []}


@api.get("/admin")
@cognito.required(groups="admins")
async def admin() -> dict[str, Any]:
    """A user pool group: who the user is. Async functions work as well."""
    return {"admin": current_identity.subject}


@cognito.required(roles="editor")
class Editor(MethodView):
    """A role in `custom:role`. Make sure that users cannot write this attribute."""

    def get(self) -> dict[str, Any]:
        """Every method of the class is protected."""
        return {"editor": current_identity.subject}


@api.get("/refunds")
@cognito.required(mfa=True)
def refunds() -> dict[str, Any]:
    """Several factors: how the user signed in."""
    return {"refunds": []}


@api.get("/payouts")
@cognito.required(acr="urn:cognito:loa:3", max_age=300)
def payouts() -> dict[str, Any]:
    """A sign-in of this level or a higher one, in the last five minutes."""
    return {"payouts": []}


api.add_url_rule("/editor", view_func=Editor.as_view("editor"))


def create_app(guard: Guard | None = None) -> Flask:
    """Return the app, for your own guard or for the one that the environment describes."""
    app = Flask(__name__)
    cognito.init_app(app, guard=guard or Guard.from_env())
    cognito.protect(app, exempt=["api.home"])
    app.register_blueprint(api)
    return app
