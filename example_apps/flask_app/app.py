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
    """Anybody may come here. `home` is exempt below, so no token is looked at."""
    return {"hello": "world"}


@api.get("/me")
def me() -> dict[str, Any]:
    """Any caller with a good token: `protect` has seen to that. `current_identity` says who."""
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
    """A user pool group: who the user is. Functions that are async work as well."""
    return {"admin": current_identity.subject}


@cognito.required(roles="editor")
class Editor(MethodView):
    """A role in `custom:role`. Make sure that users cannot write that attribute."""

    def get(self) -> dict[str, Any]:
        """Every method of the class is guarded."""
        return {"editor": current_identity.subject}


api.add_url_rule("/editor", view_func=Editor.as_view("editor"))


def create_app(guard: Guard | None = None) -> Flask:
    """The app, for a guard of your own or for the one that the environment describes."""
    app = Flask(__name__)
    cognito.init_app(app, guard=guard or Guard.from_env())
    cognito.protect(app, exempt=["api.home"])
    app.register_blueprint(api)
    return app
