"""flask-cognito-lib: `CognitoAuth.verify_access_token`, its keys from a server on loopback.

Its key set lives as long as an application context, which is as long as a request. So it is
measured twice: in one context, with the keys at hand, and in a context for each call.
"""

from __future__ import annotations

from flask import Flask
from flask_cognito_lib import CognitoAuth
from flask_cognito_lib.config import Config
from worker import Worker, material

given = material()


class LocalConfig(Config):
    """Only the address of the keys differs: it is not a setting."""

    jwk_endpoint = given["jwks_url"]


app = Flask("benchmark")
app.config.update(
    SECRET_KEY="for the benchmark",
    AWS_REGION=given["region"],
    AWS_COGNITO_USER_POOL_ID=given["user_pool_id"],
    AWS_COGNITO_USER_POOL_CLIENT_ID=given["client_id"],
)
auth = CognitoAuth(app, cfg=LocalConfig())


def verify(token: str) -> None:
    """Its own checks."""
    auth.verify_access_token(token, leeway=0)


def in_a_request(token: str) -> None:
    """The same, where every request begins."""
    with app.app_context():
        auth.verify_access_token(token, leeway=0)


with app.app_context():
    Worker("flask-cognito-lib", given, {"verify": verify, "a context a call": in_a_request}).serve()
