"""A Flask app with a JSON view."""

from __future__ import annotations

from typing import Any

from flask import Flask

from . import CLIENT_ID, FORM, JWKS_URL, REGION, USER_POOL_ID

app = Flask("benchmark")


def hello() -> dict[str, str]:
    """Answer."""
    return {"hello": "world"}


view: Any = hello

if FORM == "flask-cognito-lib":
    from flask_cognito_lib import CognitoAuth
    from flask_cognito_lib.config import Config
    from flask_cognito_lib.decorators import auth_required
    from flask_cognito_lib.exceptions import AuthorisationRequiredError

    class LocalConfig(Config):
        """Only the address of the keys differs: it is not a setting."""

        jwk_endpoint = JWKS_URL

    app.config.update(
        SECRET_KEY="for the benchmark",
        AWS_REGION=REGION,
        AWS_COGNITO_USER_POOL_ID=USER_POOL_ID,
        AWS_COGNITO_USER_POOL_CLIENT_ID=CLIENT_ID,
    )
    CognitoAuth(app, cfg=LocalConfig())
    view = auth_required()(hello)

    @app.errorhandler(AuthorisationRequiredError)
    def refused(error: Exception) -> tuple[str, int]:
        """As its own example answers."""
        return "refused", 401

elif FORM == "cognito_guard":
    from cognito_guard import Guard
    from cognito_guard_flask import CognitoGuard

    view = CognitoGuard(app, guard=Guard.from_env()).required(hello)

app.add_url_rule("/", view_func=view)
