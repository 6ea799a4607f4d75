"""A Flask app whose users sign in at the Application Load Balancer in front of it.

The load balancer's rules: `authenticate-cognito` on the path `/login`; the same action everywhere
else with `OnUnauthenticatedRequest` set to `allow`. The settings come from the environment:

    COGNITO_ALB_ARNS=arn:aws:elasticloadbalancing:...:loadbalancer/app/... \
    COGNITO_ALB_CLIENT_ID=1example23456789 COGNITO_ALB_USER_POOL_ID=eu-west-1_AbC123xyz \
    LOGOUT_URL="https://DOMAIN/logout?client_id=1example23456789&logout_uri=https://APP/" \
        gunicorn "example_apps.behind_alb.app:create_app()"

`python -m example_apps.behind_alb` runs it behind a local load balancer.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Blueprint, Flask, current_app, redirect, render_template_string
from werkzeug.wrappers import Response

from cognito_guard import Guard
from cognito_guard_flask import CognitoGuard, current_identity

cognito = CognitoGuard()
pages = Blueprint("pages", __name__)

# What a session cookie of the load balancer does not hold is in a second one, and so on.
SESSION_COOKIES = [f"AWSELBAuthSessionCookie-{number}" for number in range(4)]

HOME = """<!doctype html>
<html lang="en">
<title>Orders</title>
{% if name %}
<p>Hello, <strong id="name">{{ name }}</strong>.</p>
<form method="post" action="/logout"><button id="logout">Log out</button></form>
{% else %}
<p>Hello, stranger. <a id="login" href="/login">Log in</a></p>
{% endif %}
"""


@pages.get("/")
@cognito.optional
def home() -> str:
    """A public page. It greets users who are signed in by name."""
    name = None
    if current_identity:
        name = current_identity.claims.get("name") or current_identity.display_name
    return render_template_string(HOME, name=name)


@pages.get("/login")
@cognito.required
def login() -> Response:
    """Every caller here is signed in: the load balancer lets nobody else through."""
    return redirect("/")


@pages.post("/logout")
def logout() -> Response:
    """End both sessions: the load balancer's, and the one at the user pool."""
    response = redirect(current_app.config["LOGOUT_URL"], 303)
    for cookie in SESSION_COOKIES:
        response.delete_cookie(cookie)
    return response


@pages.get("/admin")
@cognito.required(groups="admins")
def admin() -> dict[str, Any]:
    """Groups are in the access token, so the guard needs the user pool as well."""
    return {"admin": current_identity.subject}


def create_app(guard: Guard | None = None, logout_url: str | None = None) -> Flask:
    """Create the app, for your own guard or for a guard from the environment."""
    app = Flask(__name__)
    app.config["LOGOUT_URL"] = logout_url or os.environ["LOGOUT_URL"]
    cognito.init_app(app, guard=guard or Guard.from_env())
    app.register_blueprint(pages)
    return app
