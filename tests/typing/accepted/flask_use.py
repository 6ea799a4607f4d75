"""What an application writes with Flask, and the types that it gets."""

# pyright: strict

from typing import assert_type

from flask import Blueprint, Flask
from flask.views import MethodView

from cognito_guard import Guard, Identity, Reason, require_groups, require_roles
from cognito_guard_flask import CognitoGuard, Refusal, current_identity

cognito = CognitoGuard()
staff = CognitoGuard(guard=Guard.from_env(), prefix="STAFF_")
shop = Blueprint("shop", __name__)


@shop.get("/me")
@cognito.required
def me() -> dict[str, str | None]:
    """Any caller."""
    assert_type(current_identity, Identity)
    return {"sub": current_identity.subject, "name": current_identity.username}


@shop.get("/orders/<int:number>")
@cognito.required(groups="admins", scopes=["orders/read"], roles=("editor",), max_age=300)
async def order(number: int) -> str:
    """A requirement, for an async function with an argument."""
    return f"{number} {current_identity.subject}"


@cognito.required(policy=require_groups("a") | require_roles("b"))
class Editor(MethodView):
    """A policy, for a class."""

    def get(self) -> str:
        """A method."""
        return cognito.enforce(require_groups("a")).subject


@shop.get("/news")
@cognito.optional
def news() -> str:
    """Anybody; who sends a token is known."""
    assert_type(cognito.identify(), Identity | None)
    return current_identity.display_name if current_identity else "stranger"


def create_app(guard: Guard) -> Flask:
    """An app factory."""
    app = Flask(__name__)
    cognito.init_app(app)
    staff.init_app(app, guard=guard)
    cognito.protect(shop, groups="staff", acr="urn:cognito:loa:2", exempt=["news"])
    staff.protect(app, exempt={"shop.news"})
    shop.add_url_rule("/editor", view_func=Editor.as_view("editor"))

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> tuple[str, int]:
        assert_type(refusal.reason, Reason)
        return str(refusal.reason), refusal.challenge.status

    return app


assert_type(me(), dict[str, str | None])
assert_type(Editor().get(), str)
